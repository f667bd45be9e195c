/* SPDX-License-Identifier: Apache-2.0 */
/* See evaluation.h. Which group is due, over reloads; what happens to it then is evaluation_step.c's. */
#include "alerts/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/evaluation_impl.h"
#include "lib/base/memory.h"

/* When the pool takes nothing more, the loop asks again after this. */
#define AGAIN_AFTER (100 * NSEC_PER_MSEC)
#define PINNED_APART 2000 /* series */
/* Waking a thread costs more than evaluating a usual group: about so many groups share a slot. */
#define SHARE_A_SLOT 8

/* ---- life ---- */

struct evaluation *evaluation_create(struct history *h, struct book *book,
                                     struct offload offload,
                                     const struct evaluation_hooks *hooks)
{
    struct evaluation *e = memory_take(sizeof(*e));
    *e = (struct evaluation){
        .history = h,
        .book = book,
        .offload = offload,
        .hooks = *hooks,
        .by_rule = map_create(),
        .touched = map_create(),
    };
    list_init(&e->steps);
    list_init(&e->ready);
    return e;
}

static void group_finish(struct group_state *g)
{
    for (size_t i = 0; i < g->rule_count; i++)
        free(g->rules[i].error);
    free(g->rules);
    free(g->selectors);
    free(g->key);
}

void evaluation_destroy(struct evaluation *e)
{
    if (!e)
        return;
    LIST_EACH (it, &e->steps)
        step_destroy(LIST_ITEM(it, struct step, link));
    for (size_t i = 0; i < e->group_count; i++)
        group_finish(&e->groups[i]);
    free(e->groups);
    map_destroy(e->by_rule);
    map_destroy(e->touched);
    free(e);
}

void evaluation_on_done(struct evaluation *e, void (*fn)(void *ctx), void *ctx)
{
    e->on_done = fn;
    e->on_done_ctx = ctx;
}

bool evaluation_is_idle(const struct evaluation *e)
{
    return list_empty(&e->steps);
}

/* ---- the grid ---- */

/* Groups of one interval are spread over its slots by their names. */
static nsec phase_of(const struct group_state *g, size_t group_count)
{
    const uint64_t slots = 1 + group_count / SHARE_A_SLOT;
    return (nsec)(bytes_hash64(bytes_of(g->key)) % slots) * (g->interval / (nsec)slots);
}

/* The first slot of its grid after `after`. */
static struct wall next_slot(const struct group_state *g, struct wall after)
{
    const nsec since = (after.ns - g->phase) / g->interval;
    return (struct wall){(since + 1) * g->interval + g->phase};
}

/* A clock that went back: the slot is further away than any can be. */
static bool is_far(const struct group_state *g, struct wall now)
{
    return g->next.ns - now.ns > g->interval;
}

static void leave_slot(struct evaluation *e, struct group_state *g, struct wall now)
{
    const nsec lag = now.ns - g->next.ns;
    if (lag >= g->interval)
        e->stats.missed += (uint64_t)(lag / g->interval);
    if (lag > e->stats.worst_lag)
        e->stats.worst_lag = lag;
    g->next = next_slot(g, now);
}

/* ---- adopting ---- */

static bool reads_name(const struct promql *q, const char *name)
{
    size_t count = 0;
    const struct selector *const *selectors = q ? promql_selectors(q, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct matchers m = selectors[i]->matchers;
        bool may = true;
        for (size_t k = 0; k < m.count; k++) {
            if (!strcmp(m.items[k].name, "__name__"))
                may = may && matcher_matches(&m.items[k], name);
        }
        if (may)
            return true;
    }
    return false;
}

static bool is_step_end(const struct rule_group *g, size_t at)
{
    if (!g->rules[at]->is_recording)
        return false;
    for (size_t i = at + 1; i < g->count; i++) {
        if (reads_name(g->rules[i]->expr, g->rules[at]->name) ||
            reads_name(g->rules[i]->resolve_when, g->rules[at]->name))
            return true;
    }
    return false;
}

static size_t put_selectors(const struct promql *q, const struct selector **list)
{
    size_t count = 0;
    const struct selector *const *items = q ? promql_selectors(q, &count) : NULL;
    for (size_t i = 0; list && i < count; i++)
        list[i] = items[i];
    return count;
}

static void collect_selectors(struct group_state *g)
{
    size_t count = 0;
    for (size_t i = 0; i < g->group->count; i++)
        count += put_selectors(g->group->rules[i]->expr, NULL) +
                 put_selectors(g->group->rules[i]->resolve_when, NULL);
    g->selectors = memory_take((count + 1) * sizeof(*g->selectors));
    for (size_t i = 0; i < g->group->count; i++) {
        const struct rule *r = g->group->rules[i];
        g->selector_count += put_selectors(r->expr, &g->selectors[g->selector_count]);
        g->selector_count +=
            put_selectors(r->resolve_when, &g->selectors[g->selector_count]);
    }
}

static char *group_key(const struct rule_group *g)
{
    const size_t size = strlen(g->file) + strlen(g->name) + 2;
    char *key = memory_take(size);
    snprintf(key, size, "%s/%s", g->file, g->name);
    return key;
}

/* What a rule was last found to be goes on, when it is the same rule. */
static struct rule_state rule_start(struct evaluation *e, const struct rule_group *g,
                                    size_t at)
{
    const struct rule *r = g->rules[at];
    struct rule_state *before = map_get(e->by_rule, bytes_of(r->id));
    struct rule_state state = {.canonical = bytes_hash64(bytes_of(r->canonical)),
                               .is_step_end = is_step_end(g, at),
                               .health = {.last_error = ""}};
    if (!before || before->canonical != state.canonical)
        return state;
    state.health = before->health;
    state.error = before->error;
    before->error = NULL;
    return state;
}

static void group_start(struct evaluation *e, struct group_state *g,
                        const struct rules *rules, size_t at, struct wall now)
{
    const struct rule_group *group = rules->groups[at];

    *g = (struct group_state){.group = group,
                              .rule_count = group->count,
                              .interval = group->interval,
                              .key = group_key(group)};
    g->rules = memory_take((group->count + 1) * sizeof(*g->rules));
    for (size_t i = 0; i < group->count; i++)
        g->rules[i] = rule_start(e, group, i);
    collect_selectors(g);
    g->phase = phase_of(g, rules->count);
    g->next = next_slot(g, now);
}

static void take_over(struct evaluation *e, struct group_state *g,
                      struct group_state *before)
{
    if (before) {
        g->owner = before->owner;
        g->evaluated = before->evaluated;
        before->owner = NULL;
        if (before->interval == g->interval)
            g->next = before->next;
    }
    if (!g->owner)
        g->owner = history_owner(e->history, (struct labels){0});
}

static void leave_group(struct evaluation *e, struct group_state *g, struct wall now)
{
    LIST_EACH (it, &e->steps) {
        struct step *s = LIST_ITEM(it, struct step, link);
        if (s->group == g)
            s->group = NULL;
    }
    if (g->owner)
        history_owner_end(g->owner, wall_to_ms(now));
}

static void index_rules(struct evaluation *e)
{
    map_destroy(e->by_rule);
    e->by_rule = map_create();
    for (size_t i = 0; i < e->group_count; i++) {
        struct group_state *g = &e->groups[i];
        for (size_t k = 0; k < g->group->count; k++)
            map_put(e->by_rule, bytes_of(g->group->rules[k]->id), &g->rules[k]);
    }
}

static struct map *groups_by_key(const struct evaluation *e)
{
    struct map *by_key = map_create();
    for (size_t i = 0; i < e->group_count; i++)
        map_put(by_key, bytes_of(e->groups[i].key), &e->groups[i]);
    return by_key;
}

void evaluation_adopt(struct evaluation *e, const struct rules *rules,
                      enum promql_compat compat, struct wall now)
{
    struct group_state *groups = memory_take((rules->count + 1) * sizeof(*groups));
    struct map *before = groups_by_key(e);
    for (size_t i = 0; i < rules->count; i++) {
        group_start(e, &groups[i], rules, i, now);
        take_over(e, &groups[i], map_get(before, bytes_of(groups[i].key)));
    }
    for (size_t i = 0; i < e->group_count; i++) {
        leave_group(e, &e->groups[i], now);
        group_finish(&e->groups[i]);
    }
    map_destroy(before);
    free(e->groups);
    e->groups = groups;
    e->group_count = rules->count;
    e->turn = 0;
    e->compat = compat;
    index_rules(e);
}

/* ---- advancing ---- */

void group_done(struct evaluation *e, struct group_state *g)
{
    g->is_running = false;
    g->has_ended = true;
    if (g->at < g->group->count)
        g->is_touched = true; /* the pool was full: soon again */
    else if (!g->has_failed)
        history_end_others(g->owner, wall_to_ms(g->evaluated) -
                                         g->group->query_offset / NSEC_PER_MSEC);
}

/* A slot is evaluated for its own time, so that results stand on the grid. Times rise strictly, by whole milliseconds;
 * a clock that went back is followed. */
static struct wall time_of(const struct group_state *g, struct wall now, bool is_slot)
{
    const struct wall at = is_slot ? g->next : now;
    if (wall_to_ms(at) > wall_to_ms(g->evaluated) ||
        g->evaluated.ns - now.ns > NSEC_PER_SEC)
        return at;
    return wall_to_ms(now) > wall_to_ms(g->evaluated)
               ? now
               : wall_add(g->evaluated, NSEC_PER_MSEC);
}

static void group_run(struct evaluation *e, struct group_state *g, struct wall now)
{
    const bool is_due = now.ns >= g->next.ns;
    const struct wall at = time_of(g, now, is_due && !g->is_touched);
    if (is_due)
        leave_slot(e, g, now);
    g->is_touched = false;
    g->is_running = true;
    g->has_failed = false;
    g->at = 0;
    g->read = 0;
    g->evaluated = at;
    g->begun = now;
    e->stats.evaluations++;
    e->stats.last = now;
    if (g->group->count == 0 || !step_start(e, g))
        group_done(e, g);
}

static struct wall earlier(struct wall a, struct wall b)
{
    return a.ns < b.ns ? a : b;
}

static bool should_run(const struct group_state *g, struct wall now)
{
    const bool is_wanted = g->is_touched && now.ns >= group_rested(g, now).ns;
    return !g->is_running && (is_wanted || now.ns >= g->next.ns);
}

/* When it should run next, as far as it can be told. */
static struct wall next_run(const struct group_state *g, struct wall now)
{
    if (g->is_running)
        return wall_add(now, g->interval);
    if (!g->is_touched)
        return g->next;
    const struct wall at = group_rested(g, now);
    return at.ns > now.ns ? earlier(at, g->next) : wall_add(now, AGAIN_AFTER);
}

struct wall evaluation_advance(struct evaluation *e, struct wall now,
                               const struct slice *slice)
{
    struct wall next = {INT64_MAX};
    touches_spread(e);
    for (size_t i = 0; i < e->group_count; i++) {
        const size_t at = (e->turn + i) % e->group_count;
        struct group_state *g = &e->groups[at];
        group_rest(g, now);
        if (is_far(g, now))
            g->next = next_slot(g, now);
        if (should_run(g, now) && slice_is_over(slice)) {
            e->turn = at;
            return now;
        }
        if (should_run(g, now))
            group_run(e, g, now);
        group_rest(g, now);
        next = earlier(next, next_run(g, now));
    }
    return next;
}

/* ---- results ---- */

bool evaluation_has_come(const struct evaluation *e)
{
    return !list_empty(&e->ready);
}

/* Finishing such a step takes long: it unpins what the group has read, and the next step is begun, which pins as much. So it
 * gets a slice of its own. */
static bool pins_much(const struct step *s)
{
    return s->group && s->group->read > PINNED_APART;
}

bool evaluation_apply(struct evaluation *e, struct ledger_txn *txn,
                      const struct slice *slice)
{
    struct step *s = LIST_ITEM(e->ready.next, struct step, ready);
    if (!s->is_applied) {
        if (s->group && !step_apply(s, txn, slice))
            return false;
        s->is_applied = true;
        if (slice_is_over(slice) || (slice && pins_much(s)))
            return false;
    }
    step_finish(s);
    return true;
}

/* ---- reading ---- */

struct rule_health evaluation_rule(const struct evaluation *e, const struct rule *r)
{
    const struct rule_state *state = map_get(e->by_rule, bytes_of(r->id));
    return state ? state->health : (struct rule_health){.last_error = ""};
}

struct evaluation_stats evaluation_stats_take(struct evaluation *e)
{
    const struct evaluation_stats stats = e->stats;
    e->stats.worst_lag = 0;
    return stats;
}
