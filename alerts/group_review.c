/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group has to tell, and from when on it may: the overlay's judgement of each member, the windows of its route,
 * the timers group_wait, group_interval and repeat_interval. Called by dispatch; puts nothing into the outbox.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "alerts/rule.h"

/* What was told is judged again this often only: it can wait, and there may be many. */
#define JUDGE_TOLD_EVERY NSEC_PER_SEC

/* ---- members ---- */

bool member_is_held(const struct member *m)
{
    return m->held != OVERLAY_NONE || m->rule_window;
}

static const struct interval *window_of(const struct member *m, struct wall now)
{
    const struct rule *rule = m->alert->rule;
    const struct interval *active = rule ? rule->active : NULL;
    return active && !interval_holds(active, now) ? active : NULL;
}

/* Somebody asked not to hear of it for a while: when that ends, they want to know whether it is over. */
static bool is_asked_for(enum overlay_kind kind)
{
    return kind == OVERLAY_SILENCED || kind == OVERLAY_MAINTENANCE;
}

static void add_labels(struct buf *json, struct labels labels)
{
    buf_add_text(json, ",\"labels\":{");
    for (size_t i = 0; i < labels.count; i++) {
        buf_add_text(json, i ? "," : "");
        buf_add_json(json, bytes_of(labels.items[i].name));
        buf_add_byte(json, ':');
        buf_add_json(json, bytes_of(labels.items[i].value));
    }
    buf_add_byte(json, '}');
}

static void note_hold(const struct member *m, struct wall now, struct ledger_txn *txn)
{
    struct buf facts = BUF_MAX((size_t)1 << 16);
    buf_add_text(&facts, "{\"key\":");
    buf_add_json(&facts, bytes_of(m->key));
    buf_add_text(&facts, ",\"alert\":");
    buf_add_json(&facts, bytes_of(m->alert->name));
    buf_add_text(&facts, ",\"receiver\":");
    buf_add_json(&facts, bytes_of(m->group->receiver_name));
    buf_add_text(&facts, ",\"by\":");
    buf_add_json(&facts, bytes_of(overlay_kind_name(m->held)));
    buf_add_text(&facts, ",\"why\":");
    buf_add_json(&facts, bytes_of(m->held_by));
    add_labels(&facts, m->labels);
    buf_add_byte(&facts, '}');
    ledger_note(txn, now, "suppressed", facts.overflow ? "{}" : buf_text(&facts));
    buf_finish(&facts);
}

/* It is well again, and fires by keep_firing_for alone: what held it so far goes on, so that nobody is told of what was
 * over before it could be said. */
static bool is_fading(const struct member *m)
{
    return !m->is_told && member_is_held(m) && m->alert->status.keep_until.ns;
}

static void member_judge(struct dispatch *d, struct member *m, struct wall now,
                         struct ledger_txn *txn, struct arena *arena)
{
    if (!member_fires(m))
        return;
    if (is_fading(m)) {
        m->judged_at = now;
        return;
    }
    const enum overlay_kind before = m->held;
    const struct overlay_verdict v = overlay_judge(d->overlay, m->alert, now, arena);
    m->judged_at = now;
    m->held = v.kind;
    m->held_until = v.until;
    snprintf(m->held_by, sizeof(m->held_by), "%s", v.by ? v.by : "");
    m->rule_window = window_of(m, now);
    m->was_held |= !m->is_told && member_is_held(m);
    if (m->is_told && before != v.kind && is_asked_for(before))
        m->is_renewed = true;
    if (before != v.kind && v.kind != OVERLAY_NONE)
        note_hold(m, now, txn);
    if (before != v.kind)
        m->group->is_changed = true;
}

static bool needs_judging(const struct dispatch *d, const struct member *m,
                          struct wall now)
{
    if (m->group->is_changed) /* one of them may hide another */
        return true;
    const bool overlay_moved = d->overlay_due.ns && now.ns >= d->overlay_due.ns;
    const nsec age = now.ns - m->judged_at.ns;
    return !m->is_told || member_is_held(m) || overlay_moved || age >= JUDGE_TOLD_EVERY ||
           age < 0;
}

/* ---- windows ---- */

/* The window that keeps the route from telling anything now, and when that may change; NULL: none. */
static const struct interval *closed_window(const struct route *r, struct wall now,
                                            struct wall *ret_until)
{
    const struct interval *window = NULL;
    struct wall until = {0};
    bool is_active = !r->active || !*r->active;
    for (const struct interval *const *i = r->active; i && *i; i++) {
        is_active |= interval_holds(*i, now);
        until = wall_earlier(until, interval_next(*i, now));
    }
    if (!is_active)
        window = *r->active;
    for (const struct interval *const *i = r->mute; i && *i; i++) {
        if (interval_holds(*i, now))
            window = *i;
        until = wall_earlier(until, interval_next(*i, now));
    }
    *ret_until = until;
    return window;
}

static bool has_windows(const struct route *r)
{
    return r && ((r->active && *r->active) || (r->mute && *r->mute));
}

static size_t told_count(const struct alert_group *g)
{
    size_t count = 0;
    LIST_EACH (it, &g->members)
        count += MEMBER_OF(it)->is_told && member_fires(MEMBER_OF(it));
    return count;
}

/* What came and went behind a window that drops is forgotten when it opens; what fires still is told then. */
static void window_opens(struct dispatch *d, struct alert_group *g)
{
    LIST_EACH (it, &g->members) {
        struct member *m = MEMBER_OF(it);
        if (g->was_muted_open && m->is_told && member_fires(m))
            m->is_renewed = true;
        m->was_held |= !m->is_told;
        if (m->is_missed && !g->route->holds_while_inactive)
            member_remove(d, m);
    }
    g->was_muted_open = false;
}

void group_look_at_windows(struct dispatch *d, struct alert_group *g, struct wall now)
{
    const bool was_muted = g->is_muted;
    if (!has_windows(g->route)) {
        g->is_muted = false;
        g->muted_until = (struct wall){0};
        return;
    }
    if (g->muted_until.ns && now.ns < g->muted_until.ns)
        return;
    g->window = closed_window(g->route, now, &g->muted_until);
    g->is_muted = g->window != NULL;
    if (!was_muted && g->is_muted)
        g->was_muted_open = told_count(g) > 0;
    if (was_muted && !g->is_muted)
        window_opens(d, g);
}

void member_look(struct dispatch *d, struct member *m, struct wall now,
                 struct ledger_txn *txn, struct arena *arena)
{
    if (needs_judging(d, m, now))
        member_judge(d, m, now, txn, arena);
}

bool group_judge(struct dispatch *d, struct alert_group *g, struct list **member,
                 struct wall now, struct ledger_txn *txn, struct arena *arena,
                 const struct slice *slice)
{
    if (!*member) {
        group_look_at_windows(d, g, now);
        *member = g->members.next;
    }
    while (*member != &g->members) {
        struct member *m = MEMBER_OF(*member);
        *member = (*member)->next;
        member_look(d, m, now, txn, arena);
        if (slice_is_over(slice))
            return false;
    }
    *member = NULL;
    return true;
}

/* ---- the whole ---- */

static bool is_acknowledged(const struct dispatch *d, const struct member *m,
                            struct wall now)
{
    return ack_of(d->overlay, m->alert, now) != NULL;
}

static void note_release(const struct member *m, struct review *r)
{
    if (m->was_held)
        r->released = wall_earlier(r->released, m->fired_at);
}

static void review_firing(struct dispatch *d, const struct member *m, struct wall now,
                          struct review *r)
{
    const bool is_free =
        m->is_routed && !member_is_held(m) && !m->alert->status.is_unconfirmed;
    if (m->is_told) {
        r->told++;
        r->renewed += is_free && m->is_renewed;
        r->worse += is_free && strcmp(m->severity, m->present_severity) != 0;
        r->remindable += is_free && !is_acknowledged(d, m, now);
    } else if (is_free) {
        r->fresh++;
        note_release(m, r);
    } else {
        r->unseen += m->is_routed && m->alert->status.is_unconfirmed;
    }
}

static void review_member(struct dispatch *d, const struct member *m, struct wall now,
                          struct review *r)
{
    r->members++;
    if (m->rule_window)
        r->window_next = wall_earlier(r->window_next, interval_next(m->rule_window, now));
    if (member_fires(m)) {
        review_firing(d, m, now, r);
    } else if (m->is_told) {
        r->ended++;
    } else if (m->is_missed) {
        r->missed++;
        note_release(m, r);
    }
}

bool group_review(struct reviewing *x, struct dispatch *d, const struct alert_group *g,
                  struct wall now, const struct slice *slice, struct review *ret)
{
    if (!x->member) {
        *ret = (struct review){0};
        x->member = g->members.next;
    }
    while (x->member != &g->members) {
        review_member(d, MEMBER_OF(x->member), now, ret);
        x->member = x->member->next;
        if (slice_is_over(slice))
            return false;
    }
    x->member = NULL;
    return true;
}

bool review_has_news(const struct alert_group *g, const struct review *r)
{
    if (r->ended > 0)
        return true;
    return !g->is_muted && r->fresh + r->missed + r->renewed + r->worse > 0;
}

static bool is_paging(const struct alert_group *g)
{
    return g->kind != GROUP_LABELS;
}

static nsec wait_of(const struct alert_group *g)
{
    return g->route && !is_paging(g) ? g->route->group_wait : 0;
}

static nsec interval_of(const struct alert_group *g)
{
    return g->route && !is_paging(g) ? g->route->group_interval : 0;
}

static struct wall wall_later(struct wall a, struct wall b)
{
    return a.ns > b.ns ? a : b;
}

/* A time further away than its own timer was set before the clock was: it is due. What was held has waited long enough
 * when group_wait has passed since it fired. */
struct wall group_flush_time(const struct alert_group *g, const struct review *r,
                             struct wall now)
{
    const nsec longest = wait_of(g) > interval_of(g) ? wait_of(g) : interval_of(g);
    const bool is_strange = g->flush_at.ns > wall_add(now, longest).ns;
    if (r->renewed > 0 || is_strange)
        return now;
    if (r->released.ns)
        return wall_later(now, wall_add(r->released, wait_of(g)));
    if (g->flush_at.ns)
        return g->flush_at;
    if (!g->is_open)
        return wall_add(now, wait_of(g));
    const struct wall next = wall_add(g->last_told, interval_of(g));
    return next.ns > now.ns && g->last_told.ns <= now.ns ? next : now;
}

/* A paging receiver reminds by itself. */
struct wall group_remind_time(const struct alert_group *g, const struct review *r)
{
    const nsec repeat = g->route ? g->route->repeat_interval : 0;
    if (is_paging(g) || !g->is_open || repeat == 0 || r->remindable == 0 || g->is_muted)
        return (struct wall){0};
    return wall_add(g->last_told, repeat);
}
