/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escalation: when nobody has taken what a group told for so long, its route's next receiver is told as well, and from
 * then on hears of it as everybody else: its end, too. Due times are counted from the first notice and survive a
 * restart. Called by dispatch.
 */
#include "alerts/dispatch_impl.h"

static bool is_waiting(const struct dispatch *d, const struct member *m, struct wall now)
{
    return m->is_told && m->is_routed && member_fires(m) && !member_is_held(m) &&
           !m->alert->status.is_unconfirmed && !ack_of(d->overlay, m->alert, now);
}

static size_t waiting_count(const struct dispatch *d, const struct alert_group *g,
                            struct wall now)
{
    size_t count = 0;
    LIST_EACH (it, &g->members)
        count += is_waiting(d, MEMBER_OF(it), now);
    return count;
}

static void take_step(struct dispatch *d, struct alert_group *from,
                      const struct receiver *to, struct wall now, struct ledger_txn *txn,
                      struct arena *arena)
{
    struct alert_group *told[NOTICE_MAX_ALERTS];
    size_t count = 0;
    LIST_EACH (it, &from->members) {
        struct member *m = MEMBER_OF(it);
        if (!is_waiting(d, m, now) || count == ARRAY_LEN(told))
            continue;
        struct alert_group *g = alert_join_receiver(d, m->alert, from->route, to);
        const struct member *there = member_find(d, to->name, m->key);
        bool is_new = g && there && !there->is_told;
        for (size_t i = 0; i < count; i++)
            is_new &= told[i] != g;
        if (is_new)
            told[count++] = g;
    }
    for (size_t i = 0; i < count; i++) {
        told[i]->is_escalation = true;
        if (!told[i]->is_open)
            told[i]->opened_at = from->opened_at;
        group_judge(d, told[i], now, txn, arena);
        (void)group_flush(d, told[i], FLUSH_ESCALATION, now, txn, arena);
    }
}

struct wall escalate(struct dispatch *d, struct alert_group *g, struct wall now,
                     struct ledger_txn *txn, struct arena *arena)
{
    const struct wall never = {0};
    if (!g->is_open || g->is_escalation || !g->route || !g->route->escalate ||
        g->is_muted || waiting_count(d, g, now) == 0)
        return never;
    for (;;) {
        size_t step = 0;
        const struct escalation *e = g->route->escalate;
        while (e && e->to && step < g->escalated) {
            e++;
            step++;
        }
        if (!e || !e->to)
            return never;
        const struct wall due = wall_add(g->opened_at, e->after);
        if (due.ns > now.ns)
            return due;
        g->escalated++;
        take_step(d, g, e->to, now, txn, arena);
        g->is_changed = true;
    }
}
