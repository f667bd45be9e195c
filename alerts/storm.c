/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storms: when five or more critical alerts come to a paging receiver within 30 s, those that were not told yet share a
 * digest that names each, instead of ringing once for each. The digest is a group: what comes while the storm lasts joins
 * it, and it ends when all its members have. Called by dispatch before it flushes.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"

#define STORM_COUNT 5
#define STORM_SPAN (30 * NSEC_PER_SEC)

static bool is_fresh_critical(const struct member *m)
{
    return !m->is_told && m->is_routed && member_fires(m) && !member_is_held(m) &&
           !m->alert->status.is_unconfirmed &&
           severity_is_critical(severity_of(m->labels));
}

static bool is_due(const struct alert_group *g, const struct ledger_txn *txn)
{
    return g->kind == GROUP_ALERT && !g->is_open && !g->is_muted && g->receiver &&
           (!g->in_flight || g->in_flight == txn);
}

static bool is_recent(const struct alert_group *g, struct wall now)
{
    return g->is_open && now.ns - g->opened_at.ns < STORM_SPAN &&
           now.ns >= g->opened_at.ns;
}

/* Critical alerts of the receiver: those to be told now, and those told in the last 30 s. */
static void count_critical(const struct dispatch *d, const char *receiver_name,
                           struct wall now, const struct ledger_txn *txn, size_t *ret_due,
                           size_t *ret_recent)
{
    *ret_due = *ret_recent = 0;
    LIST_EACH (g_it, &d->groups) {
        const struct alert_group *g = GROUP_OF(g_it);
        if (strcmp(g->receiver_name, receiver_name) != 0)
            continue;
        LIST_EACH (it, &g->members) {
            const struct member *m = MEMBER_OF(it);
            if (is_due(g, txn))
                *ret_due += is_fresh_critical(m);
            else if (g->kind != GROUP_LABELS && is_recent(g, now))
                *ret_recent += severity_is_critical(m->severity);
        }
    }
}

/* The digest of the storm that lasts, else a new one: its lane is named by the alert it begins with. */
static struct alert_group *digest_for(struct dispatch *d, const struct alert_group *first,
                                      struct wall now)
{
    char lane[LANE_SIZE];
    LIST_EACH (it, &d->groups) {
        struct alert_group *g = GROUP_OF(it);
        if (g->kind == GROUP_DIGEST && g->is_open &&
            !strcmp(g->receiver_name, first->receiver_name) &&
            now.ns - g->last_told.ns < STORM_SPAN)
            return g;
    }
    const struct member *m = MEMBER_OF(first->members.next);
    lane_of_parts((const char *const[]){"digest", m->key}, 2, lane);
    struct alert_group *g = group_find(d, first->receiver_name, lane);
    if (!g)
        g = group_create(d, GROUP_DIGEST, first->receiver_name, lane, first->route_key,
                         (struct labels){0});
    g->route = first->route;
    g->receiver = first->receiver;
    return g;
}

static bool all_fresh_critical(const struct alert_group *g)
{
    LIST_EACH (it, &g->members) {
        if (!is_fresh_critical(MEMBER_OF(it)))
            return false;
    }
    return !list_empty(&g->members);
}

/* One after the other, until the last group: those that have been told something are passed over. */
static bool gather_some(struct storm *s, struct dispatch *d, struct wall now,
                        struct ledger_txn *txn, const struct slice *slice)
{
    while (s->at != &d->groups) {
        struct alert_group *g = GROUP_OF(s->at);
        s->at = s->at->next;
        if (strcmp(g->receiver_name, s->receiver) != 0 || !is_due(g, txn) ||
            !all_fresh_critical(g))
            continue;
        if (!s->digest)
            s->digest = digest_for(d, g, now);
        LIST_EACH (m, &g->members)
            member_move(d, MEMBER_OF(m), s->digest);
        group_forget(g, txn);
        group_destroy(d, g);
        if (slice_is_over(slice))
            return false;
    }
    if (s->digest)
        s->digest->is_changed = true;
    return true;
}

/* The first paging receiver after `after` in order of name that has something to be told; NULL: none. */
static const char *next_receiver(const struct dispatch *d, const char *after)
{
    const char *next = NULL;
    LIST_EACH (it, &d->groups) {
        const struct alert_group *g = GROUP_OF(it);
        if (g->kind != GROUP_ALERT || g->is_open || !g->receiver ||
            (after && strcmp(g->receiver->name, after) <= 0))
            continue;
        if (!next || strcmp(g->receiver->name, next) < 0)
            next = g->receiver->name;
    }
    return next;
}

bool storm_gather(struct storm *s, struct dispatch *d, struct wall now,
                  struct ledger_txn *txn, const struct slice *slice)
{
    for (;;) {
        size_t due, recent;
        if (s->at && !gather_some(s, d, now, txn, slice))
            return false;
        s->at = NULL;
        s->digest = NULL;
        s->receiver = next_receiver(d, s->receiver);
        if (!s->receiver)
            return true;
        count_critical(d, s->receiver, now, txn, &due, &recent);
        if (due > 0 && due + recent >= STORM_COUNT)
            s->at = d->groups.next;
    }
}
