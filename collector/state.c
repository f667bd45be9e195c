/* SPDX-License-Identifier: Apache-2.0 */
/* See state.h. The one function that moves a probe's confirmed health. */
#include "collector/state.h"

static bool is_good(enum health health)
{
    return health == HEALTH_UP || health == HEALTH_DEGRADED;
}

/* How many runs in a row it takes to believe `to`. */
static int runs_needed(const struct state *s, enum health to, int rise, int fall)
{
    if (to == HEALTH_DOWN)
        return fall;
    if (s->confirmed == HEALTH_UNKNOWN)
        return 1;
    /* Up and degraded are both answers: to go from one to the other takes what recovery takes. */
    return rise;
}

static void note_unknown(struct state *s, const struct verdict *v)
{
    if (s->unknown_since.ns == 0)
        s->unknown_since = v->started;
}

static void count_towards(struct state *s, enum health health)
{
    if (s->candidate == health) {
        s->streak++;
        return;
    }
    /* A degraded run in the middle of a recovery still counts towards recovering. */
    s->streak =
        is_good(s->candidate) && is_good(health) && s->streak > 0 ? s->streak + 1 : 1;
    s->candidate = health;
}

static bool state_move(struct state *s, const struct verdict *v, int rise, int fall)
{
    if (v->health == HEALTH_UNKNOWN) {
        note_unknown(s, v);
        return false;
    }
    s->unknown_since = (struct wall){0};

    if (v->health == s->confirmed) {
        s->candidate = HEALTH_UNKNOWN;
        s->streak = 0;
        return false;
    }
    count_towards(s, v->health);
    if (s->streak < runs_needed(s, v->health, rise, fall))
        return false;

    s->confirmed = v->health;
    s->candidate = HEALTH_UNKNOWN;
    s->streak = 0;
    s->since = v->started;
    return true;
}

void state_confirm(struct state *s, struct verdict *v, int rise, int fall)
{
    v->changed = state_move(s, v, rise, fall);
    v->confirmed = s->confirmed;
    v->since = s->since;
}

bool state_is_unconfirmed(const struct state *s)
{
    return s->streak > 0;
}

int state_runs_needed(const struct state *s, int rise, int fall)
{
    return runs_needed(s, s->candidate, rise, fall);
}
