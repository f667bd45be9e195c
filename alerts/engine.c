/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See engine.h. Who calls whom, in which order and in which transaction; the parts beside it (engine_impl.h) do the rest.
 * Whatever may call back in a deep stack (a commit that is done at once, an answer that comes at once) only asks to be
 * woken.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/engine_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

/* After a start: until every probe has run, and until all rules have been looked at. */
#define FIRST_RUNS_WITHIN (10 * NSEC_PER_SEC)
#define FIRST_LOOK_WITHIN (30 * NSEC_PER_SEC)
/* Of the history, between two looks at a slice. */
#define PREPARING (NSEC_PER_MSEC / 2)

/* ---- time and transactions ---- */

void engine_wake(struct engine *e, struct wall at)
{
    if (!e->is_stopped)
        e->io.wake(e->io.ctx, at);
}

struct commit { /* on its way to the disk */
    struct engine *engine;
    struct ledger_txn *txn; /* known by its address only */
};

static void on_committed(void *ctx, bool is_durable)
{
    const struct commit *c = ctx;
    struct engine *e = c->engine;
    e->commits--;
    dispatch_committed(e->dispatch, c->txn);
    e->work.is_due = true;
    engine_wake(e, e->now);
    free(ctx);
}

struct ledger_txn *engine_begin(struct engine *e, struct wall now)
{
    e->now = now;
    e->txn = e->work.txn ? e->work.txn : ledger_begin(e->ledger);
    return e->txn;
}

void engine_put(struct engine *e, struct ledger_txn *txn)
{
    if (ledger_is_empty(txn)) {
        ledger_abandon(txn);
        return;
    }
    struct commit *c = memory_take(sizeof(*c));
    *c = (struct commit){e, txn};
    e->commits++;
    ledger_commit(txn, on_committed, c);
}

void engine_commit(struct engine *e, struct ledger_txn *txn)
{
    e->txn = NULL;
    e->work.is_due = true;
    if (txn != e->work.txn) /* else it is committed when all of it is there */
        engine_put(e, txn);
    engine_wake(e, e->now);
}

/* ---- a new configuration ---- */

/* The courier knows receivers by name: one may be gone when a dead letter needs its fallback. */
static void adopt_receivers(struct engine *e, const struct alerting *a, struct wall now)
{
    const struct receiver *const *fallback = a->routing.fallback;
    struct arena *arena = arena_create(0);
    size_t count = 0;
    while (fallback && fallback[count])
        count++;
    const char **names = arena_alloc(arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = fallback[i]->name;
    courier_adopt(e->courier, &a->receivers, &(struct texts){names, count}, now);
    arena_destroy(arena);
}

bool engine_is_quiet(const struct engine *e)
{
    return !e->work.txn && evaluation_is_idle(e->evaluation);
}

bool engine_prepare(struct engine *e, const struct alerting *a, const struct slice *slice)
{
    if (e->prepared != a) {
        history_set_limits(e->history, &a->history);
        history_protect_begin(e->history, a->rules.selectors, a->rules.selector_count);
    }
    e->prepared = a;
    while (!history_protect_go(e->history, slice ? PREPARING : INT64_MAX)) {
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

void engine_adopt(struct engine *e, const struct alerting *a, struct wall now)
{
    const struct dispatch_words words = engine_words(e, a);
    work_finish(e);
    (void)engine_prepare(e, a, NULL);
    e->prepared = NULL;
    struct ledger_txn *txn = engine_begin(e, now);
    reach_adopt(e->reach, &a->receivers);
    overlay_adopt(e->overlay, &a->routing, now);
    overlay_set_zone(e->overlay, a->zone ? a->zone : zone_utc);
    overlay_touch(e->overlay);
    book_set_externals(e->book, a->external_labels, words.external_url);
    book_adopt(e->book, &a->rules, now, txn);
    removed_adopt(e, a, txn);
    dispatch_adopt(e->dispatch, &a->routing, &words, txn);
    overlay_touch(e->overlay); /* what it worked out meanwhile */
    evaluation_adopt(e->evaluation, &a->rules, a->compat, now);
    adopt_receivers(e, a, now);
    deadman_adopt(e->deadman, a->routing.deadman.conf, a->routing.deadman.every, now);
    if (!e->alerting) { /* not before: a start that fails leaves no thread behind */
        dispatch_wait(e->dispatch, wall_add(now, FIRST_LOOK_WITHIN));
        keeping_start(e, now);
    }
    e->alerting = a;
    e->adopted = now;
    engine_commit(e, txn);
    engine_wake(e, now);
}

/* ---- verdicts ---- */

struct history_owner *engine_owner(struct engine *e, struct labels labels)
{
    return subject_make(e, labels)->owner;
}

void engine_owner_end(struct engine *e, struct history_owner *owner, struct wall now)
{
    e->now = now;
    evaluation_touch(e->evaluation, owner);
    subject_end(e, subject_of(e, owner), now);
    e->work.is_moved = true;
    engine_wake(e, now);
}

void engine_publish(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b,
                    struct history_publication *ret_samples)
{
    subject_publish(subject_of(e, owner), v, b, ret_samples);
}

void engine_observe(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b, struct wall now)
{
    struct subject *s = subject_of(e, owner);
    e->now = now;
    if (deploys_are_seen(e->overlay, v, now)) {
        struct ledger_txn *txn = engine_begin(e, now);
        deploys_see(e->overlay, v, now, txn);
        engine_commit(e, txn);
    }
    if (subject_observe(e, s, v, b, now)) {
        evaluation_touch(e->evaluation, owner);
        e->work.is_moved = true;
        engine_wake(e, now);
    }
    if (v->health == HEALTH_DOWN)
        overlay_probe_fell(e->overlay, s->name, now);
}

void engine_verdict(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b, struct wall now)
{
    struct history_publication samples;
    engine_publish(e, owner, v, b, &samples);
    history_publication_go(&samples, INT64_MAX);
    engine_observe(e, owner, v, b, now);
}

void engine_parent_ran(struct engine *e, const char *probe, struct wall now)
{
    e->now = now;
    overlay_parent_ran(e->overlay, probe, now);
    e->work.is_due = true;
    engine_wake(e, now);
}

/* ---- the first look ---- */

/* Nobody is told anything before all has been looked at once: what inhibits has to be known before what it hides. */
static bool has_looked(const struct engine *e)
{
    const struct rules *rules = &e->alerting->rules;
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        for (size_t k = 0; k < g->count; k++) {
            const struct rule_health health = evaluation_rule(e->evaluation, g->rules[k]);
            if (!health.was_evaluated || health.last.ns < e->looking_since.ns)
                return false;
        }
    }
    return true;
}

/* Once every probe has run, or had time to, all rules are evaluated out of turn. */
static void look_first(struct engine *e, struct wall now)
{
    if (e->looking_since.ns)
        return;
    if (e->not_run > 0 && now.ns - e->started.ns < FIRST_RUNS_WITHIN) {
        engine_wake(e, wall_add(e->started, FIRST_RUNS_WITHIN));
        return;
    }
    e->looking_since = now;
    evaluation_touch_all(e->evaluation);
}

static void note_first_look(struct engine *e, struct wall now)
{
    if (e->has_looked || !e->looking_since.ns || !has_looked(e))
        return;
    e->has_looked = true;
    dispatch_wait(e->dispatch, now);
    e->work.is_due = true;
}

/* ---- time ---- */

void engine_advance(struct engine *e, struct wall now)
{
    struct wall next;
    if (e->is_stopped || !e->alerting)
        return;
    e->now = now;
    next = keeping_advance(e, now);
    next = wall_earlier(next, drills_advance(e, now));
    if (keeping_is_ready(e, now)) {
        look_first(e, now);
        next = wall_earlier(next, evaluation_advance(e->evaluation, now, work_slice(e)));
        note_first_look(e, now);
    }
    next = wall_earlier(next, work_look(e, now));
    work_go(e);
    next = wall_earlier(next, overlay_next(e->overlay, now));
    next = wall_earlier(next, courier_advance(e->courier, now));
    next = wall_earlier(next, engine_deadman_advance(e, now));
    if (next.ns)
        engine_wake(e, next);
}

/* ---- the parts ---- */

struct history *engine_history(struct engine *e)
{
    return e->history;
}

struct book *engine_book(struct engine *e)
{
    return e->book;
}

struct overlay *engine_overlay(struct engine *e)
{
    return e->overlay;
}

struct dispatch *engine_dispatch(struct engine *e)
{
    return e->dispatch;
}

struct evaluation *engine_evaluation(struct engine *e)
{
    return e->evaluation;
}

struct outbox *engine_outbox(struct engine *e)
{
    return e->outbox;
}

struct courier *engine_courier(struct engine *e)
{
    return e->courier;
}

struct deadman *engine_deadman(struct engine *e)
{
    return e->deadman;
}

struct ledger *engine_ledger(struct engine *e)
{
    return e->ledger;
}

const struct alerting *engine_alerting(const struct engine *e)
{
    return e->alerting;
}
