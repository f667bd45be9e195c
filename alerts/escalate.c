/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escalation: when nobody has taken what a group told for so long, its route's next receiver is told as well, and from
 * then on hears of it as everybody else: its end, too. Due times are counted from the first notice and survive a
 * restart. In slices: the group may have thousands of members. Called by dispatch.
 */
#include "alerts/dispatch_impl.h"

enum retelling_phase { RETELL_JOIN, RETELL_JUDGE, RETELL_REVIEW, RETELL_FLUSH };

struct
    retelling { /* one step: what waits in a group joins those of another receiver, which are told */
    struct alert_group *from;
    const struct receiver *to;
    enum retelling_phase phase;
    /* that comes next, of from or of the group that is judged; NULL: not begun */
    struct list *member;
    struct alert_group *told[NOTICE_MAX_ALERTS];
    size_t count, at; /* of told */
    struct reviewing reviewing;
    struct review review; /* of told[at] */
    struct flush *flush;  /* of told[at] */
};

static bool is_waiting(const struct dispatch *d, const struct member *m, struct wall now)
{
    return m->is_told && m->is_routed && member_fires(m) && !member_is_held(m) &&
           !m->alert->status.is_unconfirmed && !ack_of(d->overlay, m->alert, now);
}

static void join(struct retelling *x, struct dispatch *d, const struct member *m)
{
    struct alert_group *g = alert_join_receiver(d, m->alert, x->from->route, x->to);
    const struct member *there = member_find(d, x->to->name, m->key);
    bool is_new = g && there && !there->is_told;
    for (size_t i = 0; i < x->count; i++)
        is_new &= x->told[i] != g;
    if (is_new)
        x->told[x->count++] = g;
}

static bool join_all(struct retelling *x, struct dispatch *d, struct wall now,
                     const struct slice *slice)
{
    if (!x->member)
        x->member = x->from->members.next;
    while (x->member != &x->from->members) {
        const struct member *m = MEMBER_OF(x->member);
        x->member = x->member->next;
        if (is_waiting(d, m, now) && x->count < ARRAY_LEN(x->told))
            join(x, d, m);
        if (slice_is_over(slice))
            return false;
    }
    x->member = NULL;
    for (size_t i = 0; i < x->count; i++) {
        x->told[i]->is_escalation = true;
        if (!x->told[i]->is_open)
            x->told[i]->opened_at = x->from->opened_at;
    }
    return true;
}

/* True when all are told. */
static bool retell(struct retelling *x, struct dispatch *d, struct wall now,
                   struct ledger_txn *txn, struct arena *arena, const struct slice *slice)
{
    if (x->phase == RETELL_JOIN) {
        if (!join_all(x, d, now, slice))
            return false;
        x->phase = RETELL_JUDGE;
    }
    for (; x->at < x->count; x->at++, x->phase = RETELL_JUDGE) {
        struct alert_group *g = x->told[x->at];
        if (x->phase == RETELL_JUDGE) {
            if (!group_judge(d, g, &x->member, now, txn, arena, slice))
                return false;
            x->phase = RETELL_REVIEW;
        }
        if (x->phase == RETELL_REVIEW) {
            if (!group_review(&x->reviewing, d, g, now, slice, &x->review))
                return false;
            x->flush = flush_begin(d, g, &x->review, FLUSH_ESCALATION, now, txn, arena);
            x->phase = RETELL_FLUSH;
        }
        if (!flush_go(x->flush, slice))
            return false;
        (void)flush_end(x->flush);
    }
    return true;
}

/* The step of g that comes next; NULL: none. */
static const struct escalation *next_step(const struct alert_group *g)
{
    const struct escalation *e = g->route->escalate;
    for (size_t taken = 0; e && e->to && taken < g->escalated; taken++)
        e++;
    return e && e->to ? e : NULL;
}

static bool may_escalate(const struct alert_group *g, const struct review *r)
{
    return g->is_open && !g->is_escalation && g->route && g->route->escalate &&
           !g->is_muted && r->remindable > 0;
}

/* False when no step is due; *ret_next is when one is. */
static bool step_begin(struct escalating *x, struct alert_group *g, struct wall now,
                       struct arena *arena, struct wall *ret_next)
{
    const struct escalation *e = next_step(g);
    if (!e)
        return false;
    const struct wall due = wall_add(g->opened_at, e->after);
    if (due.ns > now.ns) {
        *ret_next = due;
        return false;
    }
    g->escalated++;
    x->step = arena_alloc(arena, sizeof(*x->step));
    *x->step = (struct retelling){.from = g, .to = e->to};
    return true;
}

bool escalate(struct escalating *x, struct dispatch *d, struct alert_group *g,
              const struct review *r, struct wall now, struct ledger_txn *txn,
              struct arena *arena, const struct slice *slice, struct wall *ret_next)
{
    *ret_next = (struct wall){0};
    if (!x->step && !may_escalate(g, r))
        return true;
    while (x->step || step_begin(x, g, now, arena, ret_next)) {
        if (!retell(x->step, d, now, txn, arena, slice))
            return false;
        x->step = NULL;
        g->is_changed = true;
    }
    return true;
}
