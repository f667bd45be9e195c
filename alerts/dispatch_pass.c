/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time passes over all groups: each member is judged, storms gather, what is due is told, and what has changed is written.
 * In slices: a rule may have fired thousands of alerts at once, in one group or in one each. Called through dispatch.h;
 * decides nothing itself.
 */
#include "alerts/dispatch_impl.h"

enum pass_phase { PASS_SURVEY, PASS_JUDGE, PASS_GATHER, PASS_TELL, PASS_SAVE, PASS_OVER };
enum pass_telling { /* in this order; what there is to tell is looked at before each that needs it */
                    TELL_LOOK,
                    TELL_NEWS,
                    TELL_LOOK_AGAIN,
                    TELL_REMINDER,
                    TELL_LOOK_LAST,
                    TELL_STEPS,
                    TELL_OVER
};

struct dispatch_pass {
    struct dispatch *d;
    struct wall now;
    struct ledger_txn *txn;
    struct arena *arena;   /* this is in it */
    struct arena *scratch; /* of one group */
    enum pass_phase phase;
    struct list *group;  /* that comes next, in PASS_JUDGE, TELL and SAVE */
    struct list *member; /* of that group; NULL: it has not begun */
    struct storm storm;
    enum pass_telling telling;
    struct reviewing reviewing;
    struct review review; /* of that group */
    struct flush *flush;  /* of that group; NULL: none */
    struct escalating escalating;
    struct buf row; /* of that group, half written */
    struct wall next;
};

static void enter(struct dispatch_pass *p, enum pass_phase phase)
{
    p->phase = phase;
    p->group = p->d->groups.next;
    p->member = NULL;
}

static bool is_at_end(const struct dispatch_pass *p)
{
    return p->group == &p->d->groups;
}

/* ---- judging ---- */

static bool judge_all(struct dispatch_pass *p, const struct slice *slice)
{
    for (; !is_at_end(p); p->group = p->group->next) {
        if (!group_judge(p->d, GROUP_OF(p->group), &p->member, p->now, p->txn, p->scratch,
                         slice))
            return false;
        arena_reset(p->scratch);
    }
    return true;
}

/* ---- telling ---- */

/* A group whose former notice is not on disk yet waits for that. */
static bool may_tell(struct dispatch_pass *p, struct alert_group *g)
{
    if (g->in_flight && g->in_flight != p->txn)
        return false;
    if (p->now.ns < p->d->wait_until.ns) {
        p->next = wall_earlier(p->next, p->d->wait_until);
        return false;
    }
    if (g->last_told.ns > p->now.ns) /* the clock was set back */
        g->last_told = p->now;
    p->next = wall_earlier(p->next, g->muted_until);
    return true;
}

/* Is there news to be told now? Else notes when. */
static bool has_news(struct dispatch_pass *p, struct alert_group *g)
{
    const struct review *r = &p->review;
    if (!review_has_news(g, r)) {
        if (r->unseen == 0)
            g->flush_at = (struct wall){0};
        return false;
    }
    const struct wall at = group_flush_time(g, r, p->now);
    if (at.ns <= p->now.ns)
        return true;
    if (at.ns != g->flush_at.ns) {
        g->flush_at = at;
        g->is_changed = true;
    }
    p->next = wall_earlier(p->next, at);
    return false;
}

static bool has_reminder(struct dispatch_pass *p, const struct alert_group *g)
{
    const struct wall at = group_remind_time(g, &p->review);
    if (at.ns && at.ns <= p->now.ns)
        return true;
    p->next = wall_earlier(p->next, at);
    return false;
}

static bool look(struct dispatch_pass *p, const struct alert_group *g,
                 const struct slice *slice)
{
    return group_review(&p->reviewing, p->d, g, p->now, slice, &p->review);
}

/* True when it is told, and then comes next, unless the group is gone with it. */
static bool flush(struct dispatch_pass *p, struct alert_group *g, enum pass_telling next,
                  const struct slice *slice)
{
    if (!p->flush) {
        if (!overlay_survey_hidden(p->d->overlay, p->now, slice) ||
            !failing_look(p->d, slice))
            return false;
        p->flush =
            flush_begin(p->d, g, &p->review, FLUSH_NEWS, p->now, p->txn, p->scratch);
    }
    if (!flush_go(p->flush, slice))
        return false;
    p->telling = flush_end(p->flush) ? next : TELL_OVER;
    p->flush = NULL;
    return true;
}

static bool tell_steps(struct dispatch_pass *p, struct alert_group *g,
                       const struct slice *slice)
{
    struct wall next;
    if (!escalate(&p->escalating, p->d, g, &p->review, p->now, p->txn, p->scratch, slice,
                  &next))
        return false;
    p->next = wall_earlier(p->next, next);
    p->telling = TELL_OVER;
    return true;
}

/* Takes the group's current step and sets the one that follows. False when the slice ended before the step was done. */
static bool tell_step(struct dispatch_pass *p, struct alert_group *g,
                      const struct slice *slice)
{
    switch (p->telling) {
    case TELL_LOOK:
        if (!p->reviewing.member && !may_tell(p, g)) {
            p->telling = TELL_OVER;
            return true;
        }
        if (!look(p, g, slice))
            return false;
        p->next = wall_earlier(p->next, p->review.window_next);
        p->telling = has_news(p, g) ? TELL_NEWS : TELL_REMINDER;
        return true;
    case TELL_NEWS:
        return flush(p, g, TELL_LOOK_AGAIN, slice);
    case TELL_LOOK_AGAIN:
        if (!look(p, g, slice))
            return false;
        p->telling = TELL_REMINDER;
        return true;
    case TELL_REMINDER:
        if (p->flush || has_reminder(p, g))
            return flush(p, g, TELL_LOOK_LAST, slice);
        p->telling = TELL_STEPS;
        return true;
    case TELL_LOOK_LAST:
        if (!look(p, g, slice))
            return false;
        p->next = wall_earlier(p->next, group_remind_time(g, &p->review));
        p->telling = TELL_STEPS;
        return true;
    case TELL_STEPS:
        return tell_steps(p, g, slice);
    case TELL_OVER:
        break;
    }
    return true;
}

/* True when all of the group is told, or it is gone. */
static bool tell_group(struct dispatch_pass *p, struct alert_group *g,
                       const struct slice *slice)
{
    while (p->telling != TELL_OVER) {
        if (!tell_step(p, g, slice))
            return false;
    }
    return true;
}

static bool tell_all(struct dispatch_pass *p, const struct slice *slice)
{
    while (!is_at_end(p)) {
        struct list *next = p->group->next;
        if (!tell_group(p, GROUP_OF(p->group), slice))
            return false;
        p->telling = TELL_LOOK;
        p->group = next;
        arena_reset(p->scratch);
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

/* ---- writing ---- */

static bool save_group(struct dispatch_pass *p, struct alert_group *g,
                       const struct slice *slice)
{
    if (!p->member) {
        group_row_begin(g, &p->row);
        p->member = g->members.next;
    }
    while (p->member != &g->members) {
        group_row_add(MEMBER_OF(p->member), &p->row);
        p->member = p->member->next;
        if (slice_is_over(slice))
            return false;
    }
    group_row_end(g, &p->row, p->txn);
    g->is_changed = false;
    return true;
}

static bool save_all(struct dispatch_pass *p, const struct slice *slice)
{
    for (; !is_at_end(p); p->group = p->group->next) {
        struct alert_group *g = GROUP_OF(p->group);
        if (g->is_changed && !save_group(p, g, slice))
            return false;
        p->member = NULL;
    }
    return true;
}

void dispatch_save_changed(struct dispatch *d, struct ledger_txn *txn)
{
    LIST_EACH (it, &d->groups) {
        struct alert_group *g = GROUP_OF(it);
        if (g->is_changed)
            group_save(g, txn);
        g->is_changed = false;
    }
}

/* ---- the pass ---- */

struct dispatch_pass *dispatch_pass_begin(struct dispatch *d, struct wall now,
                                          struct ledger_txn *txn)
{
    struct arena *arena = arena_create(0);
    struct dispatch_pass *p = arena_alloc(arena, sizeof(*p));
    *p = (struct dispatch_pass){
        .d = d, .now = now, .txn = txn, .arena = arena, .scratch = arena_create(0)};
    failing_forget(d);
    d->is_passing = true;
    enter(p, PASS_SURVEY);
    return p;
}

/* True when the phase is over. */
static bool phase_go(struct dispatch_pass *p, const struct slice *slice)
{
    switch (p->phase) {
    case PASS_SURVEY:
        return list_empty(&p->d->groups) || overlay_survey(p->d->overlay, p->now, slice);
    case PASS_JUDGE:
        return judge_all(p, slice);
    case PASS_GATHER:
        return p->now.ns < p->d->wait_until.ns ||
               storm_gather(&p->storm, p->d, p->now, p->txn, slice);
    case PASS_TELL:
        return tell_all(p, slice);
    case PASS_SAVE:
        return save_all(p, slice);
    case PASS_OVER:
        break;
    }
    return true;
}

bool dispatch_pass_go(struct dispatch_pass *p, const struct slice *slice)
{
    while (p->phase != PASS_OVER) {
        if (!phase_go(p, slice))
            return false;
        enter(p, (enum pass_phase)(p->phase + 1));
    }
    return true;
}

struct wall dispatch_pass_end(struct dispatch_pass *p)
{
    struct dispatch *d = p->d;
    d->overlay_due = overlay_next(d->overlay, p->now);
    const struct wall next = wall_earlier(p->next, d->overlay_due);
    d->is_passing = false;
    failing_forget(d);
    arena_destroy(p->scratch);
    arena_destroy(p->arena);
    return next;
}

struct wall dispatch_advance(struct dispatch *d, struct wall now, struct ledger_txn *txn)
{
    struct dispatch_pass *p = dispatch_pass_begin(d, now, txn);
    (void)dispatch_pass_go(p, NULL);
    return dispatch_pass_end(p);
}
