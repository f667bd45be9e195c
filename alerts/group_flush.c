/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells what a group has to tell: chooses the kind of notice, puts it and the group's new memory into one
 * transaction, and removes members of which nothing is left to tell. This file keeps the contract (docs/alerting.md,
 * Told and held): an end goes to whoever was told of the beginning, whatever holds or mutes it by now, and to nobody
 * else.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "lib/base/units.h"

struct flush { /* in its arena */
    struct dispatch *d;
    struct alert_group *g;
    enum flush_cause cause;
    struct review review;
    struct wall now;
    struct ledger_txn *txn;
    struct arena *arena;
    struct list *gathered; /* the member that comes next; NULL: not begun */
    struct member **firing, **ended, **missed;
    size_t firing_count, ended_count, missed_count;
    bool is_told;
    size_t remembered, ended_forgotten, missed_forgotten; /* how many of each */
};

static bool is_tellable(const struct member *m)
{
    return m->is_routed && !member_is_held(m) &&
           (m->is_told || !m->alert->status.is_unconfirmed);
}

static void gather_member(struct flush *f, struct member *m)
{
    if (member_fires(m)) {
        if (is_tellable(m) && (m->is_told || !f->g->is_muted))
            f->firing[f->firing_count++] = m;
    } else if (m->is_told) {
        f->ended[f->ended_count++] = m;
    } else if (m->is_missed && !f->g->is_muted) {
        f->missed[f->missed_count++] = m;
    }
}

static bool gather(struct flush *f, const struct slice *slice)
{
    const size_t count = f->review.members + 1;
    if (!f->gathered) {
        f->firing = arena_alloc(f->arena, count * sizeof(struct member *));
        f->ended = arena_alloc(f->arena, count * sizeof(struct member *));
        f->missed = arena_alloc(f->arena, count * sizeof(struct member *));
        f->gathered = f->g->members.next;
    }
    while (f->gathered != &f->g->members) {
        gather_member(f, MEMBER_OF(f->gathered));
        f->gathered = f->gathered->next;
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

static const char *escalation_reason(struct flush *f)
{
    return arena_printf(f->arena, "nobody took it for %s",
                        duration_text_short(f->arena, f->now.ns - f->g->opened_at.ns));
}

/* Alertmanager's words, for those who read its webhooks; ours where it has none. */
static const char *reason_of(struct flush *f, enum notice_kind kind)
{
    const struct review *r = &f->review;
    if (f->cause == FLUSH_ESCALATION)
        return escalation_reason(f);
    if (kind == NOTICE_TRIGGER)
        return "first notification";
    if (kind == NOTICE_RESOLVE)
        return "all alerts resolved";
    if (kind == NOTICE_REMINDER)
        return r->renewed > 0 ? "no longer held" : "repeat interval elapsed";
    if (r->fresh > 0)
        return "new alerts added";
    return r->ended > 0 ? "some alerts resolved" : "severity changed";
}

static bool is_only_about_ends(const struct flush *f, enum notice_kind kind)
{
    const struct review *r = &f->review;
    return kind == NOTICE_RESOLVE || (kind == NOTICE_UPDATE && r->fresh + r->worse == 0);
}

static void put_notice(struct flush *f, enum notice_kind kind,
                       const struct notice_parts *parts)
{
    struct notice_parts own = *parts;
    own.kind = kind;
    own.reason = reason_of(f, kind);
    if (!f->g->receiver->send_resolved) {
        if (is_only_about_ends(f, kind))
            return;
        own.ended_count = 0;
    }
    ledger_notice(f->txn, notice_make(f->d, f->g, &own, f->now, f->arena));
    f->g->last_told = f->now;
}

/* ---- memory ---- */

static void remember(struct member *m)
{
    m->is_told = true;
    m->is_renewed = false;
    m->fired_at = m->alert->status.fired_at;
    snprintf(m->severity, sizeof(m->severity), "%s", m->present_severity);
}

static bool remember_all(struct flush *f, const struct slice *slice)
{
    while (f->remembered < f->firing_count) {
        remember(f->firing[f->remembered++]);
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

static bool forget_all(struct dispatch *d, struct member **members, size_t count,
                       size_t *done, const struct slice *slice)
{
    while (*done < count) {
        member_remove(d, members[(*done)++]);
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

static void close_group(struct alert_group *g)
{
    g->is_open = false;
    g->escalated = 0;
    g->opened_at = (struct wall){0};
}

/* ---- kinds ---- */

/* The group is not open, and what fires opens it; the same notice names what came and went meanwhile. */
static void tell_trigger(struct flush *f)
{
    const struct notice_parts parts = {.firing = f->firing,
                                       .firing_count = f->firing_count,
                                       .ended = f->missed,
                                       .ended_count = f->missed_count};
    put_notice(f, NOTICE_TRIGGER, &parts);
    f->g->is_open = true;
    f->g->opened_at = f->now;
}

/* Everything was over before anybody was told: the receiver hears the beginning and the end, in order. */
static void tell_past(struct flush *f)
{
    const struct notice_parts begun = {.firing = f->missed,
                                       .firing_count = f->missed_count};
    const struct notice_parts over = {.ended = f->missed, .ended_count = f->missed_count};
    put_notice(f, NOTICE_TRIGGER, &begun);
    put_notice(f, NOTICE_RESOLVE, &over);
}

/* Lists the members that were told and those that came and went: all are over. */
static struct notice_parts all_ended(const struct flush *f)
{
    struct member **ended =
        arena_alloc(f->arena, (f->ended_count + f->missed_count + 1) * sizeof(*ended));
    for (size_t i = 0; i < f->ended_count; i++)
        ended[i] = f->ended[i];
    for (size_t i = 0; i < f->missed_count; i++)
        ended[f->ended_count + i] = f->missed[i];
    return (struct notice_parts){.ended = ended,
                                 .ended_count = f->ended_count + f->missed_count};
}

static void tell_end(struct flush *f)
{
    const struct notice_parts parts = all_ended(f);
    put_notice(f, NOTICE_RESOLVE, &parts);
    close_group(f->g);
}

static void tell_update(struct flush *f)
{
    const struct review *r = &f->review;
    const bool is_news = r->fresh + r->ended + r->worse + f->missed_count > 0;
    struct notice_parts parts = all_ended(f);
    parts.firing = f->firing;
    parts.firing_count = f->firing_count;
    put_notice(f, is_news ? NOTICE_UPDATE : NOTICE_REMINDER, &parts);
}

static void tell(struct flush *f)
{
    const size_t still = f->review.told;
    if (!f->g->is_open && f->firing_count > 0)
        tell_trigger(f);
    else if (!f->g->is_open && f->missed_count > 0)
        tell_past(f);
    else if (!f->g->is_open)
        return;
    else if (f->firing_count == 0 && still == 0)
        tell_end(f);
    else
        tell_update(f);
}

struct flush *flush_begin(struct dispatch *d, struct alert_group *g,
                          const struct review *r, enum flush_cause cause, struct wall now,
                          struct ledger_txn *txn, struct arena *arena)
{
    struct flush *f = arena_alloc(arena, sizeof(*f));
    *f = (struct flush){.d = d,
                        .g = g,
                        .cause = cause,
                        .review = *r,
                        .now = now,
                        .txn = txn,
                        .arena = arena};
    return f;
}

bool flush_go(struct flush *f, const struct slice *slice)
{
    if (!f->is_told) {
        if (!gather(f, slice))
            return false;
        f->is_told = true;
        if (f->g->receiver)
            tell(f);
        if (slice_is_over(slice))
            return false;
    }
    return remember_all(f, slice) &&
           forget_all(f->d, f->ended, f->ended_count, &f->ended_forgotten, slice) &&
           forget_all(f->d, f->missed, f->missed_count, &f->missed_forgotten, slice);
}

bool flush_end(struct flush *f)
{
    struct alert_group *g = f->g;
    g->flush_at = (struct wall){0};
    g->in_flight = f->txn;
    if (list_empty(&g->members)) {
        group_forget(g, f->txn);
        group_destroy(f->d, g);
        return false;
    }
    g->is_changed = true;
    return true;
}
