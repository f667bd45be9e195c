/* SPDX-License-Identifier: Apache-2.0 */
/* See alert.h. One function moves an alert; one helper a state says how. */
#include "alerts/alert.h"

#include "alerts/rule.h"

/* A pending alert keeps the time it earned over a stop of healthd that is no longer than this. */
#define DOWNTIME_MAX NSEC_PER_HOUR

const char *alert_state_name(enum alert_state state)
{
    switch (state) {
    case ALERT_INACTIVE:
        return "inactive";
    case ALERT_PENDING:
        return "pending";
    case ALERT_FIRING:
        return "firing";
    case ALERT_RESOLVED:
        return "resolved";
    }
    return "inactive";
}

const char *change_name(enum change change)
{
    switch (change) {
    case CHANGE_NONE:
        return "none";
    case CHANGE_PENDING:
        return "pending";
    case CHANGE_FIRED:
        return "fired";
    case CHANGE_HELD:
        return "held";
    case CHANGE_RESOLVED:
        return "resolved";
    case CHANGE_DROPPED:
        return "dropped";
    }
    return "none";
}

static nsec since(struct wall now, struct wall earlier)
{
    return now.ns - earlier.ns;
}

static enum change fire(struct alert_status *s, struct wall at)
{
    s->state = ALERT_FIRING;
    s->fired_at = at;
    s->resolved_at = (struct wall){0};
    s->keep_until = (struct wall){0};
    s->end_reason = "";
    return CHANGE_FIRED;
}

static enum change resolve(struct alert_status *s, struct wall at, const char *reason)
{
    s->state = ALERT_RESOLVED;
    s->resolved_at = at;
    s->keep_until = (struct wall){0};
    s->unknown_since = (struct wall){0};
    s->is_unconfirmed = false;
    s->end_reason = reason;
    return CHANGE_RESOLVED;
}

static enum change drop(struct alert_status *s)
{
    s->state = ALERT_INACTIVE;
    s->earned = 0;
    s->unknown_since = (struct wall){0};
    s->is_unconfirmed = false;
    return CHANGE_DROPPED;
}

/* Unknown from now on, or still; true when that has lasted for as long as the rule allows. A clock that went back
 * starts the wait anew. */
static bool unknown_is_over(struct alert_status *s, const struct alert_timing *timing,
                            struct wall at)
{
    if (s->unknown_since.ns == 0 || s->unknown_since.ns > at.ns)
        s->unknown_since = at;
    return since(at, s->unknown_since) >= timing->no_data_after;
}

static enum change observe_quiet(struct alert_status *s,
                                 const struct alert_timing *timing,
                                 const struct observation *o)
{
    if (o->truth != TRUTH_TRUE)
        return CHANGE_NONE;
    s->value = o->value;
    s->active_at = s->earned_at = o->at;
    s->earned = 0;
    s->unknown_since = (struct wall){0};
    s->is_unconfirmed = false;
    if (timing->hold_for <= 0)
        return fire(s, o->at);
    s->state = ALERT_PENDING;
    return CHANGE_PENDING;
}

/* The time since the last observation counts when both were true: neither a stop of healthd, nor a gap in what is
 * known, nor a step of the clock does. */
static void earn(struct alert_status *s, const struct alert_timing *timing,
                 struct wall at)
{
    nsec step = since(at, s->earned_at);
    if (s->is_unconfirmed && step > DOWNTIME_MAX) {
        s->earned = 0;
        s->active_at = at;
    }
    if (s->is_unconfirmed || s->unknown_since.ns || step < 0)
        step = 0;
    if (timing->longest_step > 0 && step > timing->longest_step)
        step = timing->longest_step;
    s->earned += step;
    s->earned_at = at;
}

static enum change observe_pending(struct alert_status *s,
                                   const struct alert_timing *timing,
                                   const struct observation *o)
{
    switch (o->truth) {
    case TRUTH_FALSE:
        return drop(s);
    case TRUTH_TRUE:
        earn(s, timing, o->at);
        s->value = o->value;
        s->unknown_since = (struct wall){0};
        s->is_unconfirmed = false;
        return s->earned >= timing->hold_for ? fire(s, o->at) : CHANGE_NONE;
    case TRUTH_UNKNOWN:
        break;
    }
    if (!unknown_is_over(s, timing, o->at))
        return CHANGE_NONE;
    switch ((enum no_data)timing->no_data) {
    case NO_DATA_KEEP:
        return CHANGE_NONE;
    case NO_DATA_ALERT:
        return fire(s, o->at);
    case NO_DATA_RESOLVE:
        return drop(s);
    }
    return CHANGE_NONE;
}

/* False for the first time starts the wait of keep_firing_for; a clock that went back shortens none. */
static bool is_kept(struct alert_status *s, const struct alert_timing *timing,
                    struct wall at)
{
    const nsec keep = timing->keep_firing_for;
    if (keep <= 0)
        return false;
    if (s->keep_until.ns == 0 || s->keep_until.ns > at.ns + keep)
        s->keep_until = wall_add(at, keep);
    return at.ns < s->keep_until.ns;
}

static enum change observe_firing(struct alert_status *s,
                                  const struct alert_timing *timing,
                                  const struct observation *o)
{
    const bool was_known = s->unknown_since.ns == 0;
    if (o->truth == TRUTH_UNKNOWN) {
        s->keep_until = (struct wall){0}; /* nobody saw it false all that time */
        if (unknown_is_over(s, timing, o->at) && timing->no_data == NO_DATA_RESOLVE)
            return resolve(s, o->at, "no data");
        return was_known ? CHANGE_HELD : CHANGE_NONE;
    }
    s->unknown_since = (struct wall){0};
    s->is_unconfirmed = false;
    if (o->truth == TRUTH_TRUE) {
        s->value = o->value;
        s->keep_until = (struct wall){0};
        return CHANGE_NONE;
    }
    if (is_kept(s, timing, o->at) || !o->may_resolve)
        return CHANGE_NONE;
    return resolve(s, o->at, "");
}

enum change alert_observe(struct alert_status *s, const struct alert_timing *timing,
                          const struct observation *o)
{
    switch (s->state) {
    case ALERT_INACTIVE:
    case ALERT_RESOLVED:
        return observe_quiet(s, timing, o);
    case ALERT_PENDING:
        return observe_pending(s, timing, o);
    case ALERT_FIRING:
        return observe_firing(s, timing, o);
    }
    return CHANGE_NONE;
}

enum change alert_end(struct alert_status *s, struct wall at, const char *reason)
{
    switch (s->state) {
    case ALERT_INACTIVE:
    case ALERT_RESOLVED:
        return CHANGE_NONE;
    case ALERT_PENDING:
        return drop(s);
    case ALERT_FIRING:
        return resolve(s, at, reason);
    }
    return CHANGE_NONE;
}
