/* SPDX-License-Identifier: Apache-2.0 */
/* See book.h. What is in it: over its life, over configurations, and for readers. Observing is book_apply.c's. */
#include "alerts/book.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/book_impl.h"
#include "lib/base/memory.h"

/* ---- life ---- */

struct book *book_create(book_change *changed, void *ctx)
{
    struct book *b = memory_take(sizeof(*b));
    *b = (struct book){
        .changed = changed, .ctx = ctx, .by_key = map_create(), .by_rule = map_create()};
    return b;
}

void book_destroy(struct book *b)
{
    if (!b)
        return;
    for (const struct map_entry *x = NULL; (x = map_next(b->by_rule, x));)
        shelf_destroy(x->value);
    map_destroy(b->by_rule);
    map_destroy(b->by_key);
    arena_destroy(b->externals);
    free(b->shelves);
    free(b);
}

void book_set_externals(struct book *b, struct labels labels, const char *url)
{
    struct arena *arena = arena_create(0);
    b->external.labels = labels_copy(arena, labels);
    b->external.url = arena_strdup(arena, url);
    arena_destroy(b->externals);
    b->externals = arena;
}

struct book_externals book_externals(const struct book *b, struct arena *arena)
{
    return (struct book_externals){labels_copy(arena, b->external.labels),
                                   arena_strdup(arena, b->external.url)};
}

bool book_restore(struct book *b, const char *key, const char *json, struct err *e)
{
    return row_read(b, key, json, e);
}

/* ---- a new configuration ---- */

static void end_one(struct book *b, struct kept *k, struct wall now,
                    struct ledger_txn *txn)
{
    const enum change change = alert_end(&k->alert.status, now, "removed");
    if (change == CHANGE_NONE)
        return;
    kept_save(k, now, txn);
    if (b->changed)
        b->changed(b->ctx, &k->alert, change);
}

static void end_all(struct book *b, struct shelf *s, struct wall now,
                    struct ledger_txn *txn)
{
    s->rule = NULL;
    for (size_t i = 0; i < s->count; i++) {
        s->items[i]->alert.rule = NULL;
        end_one(b, s->items[i], now, txn);
    }
    (void)shelf_sweep(b, s, &(size_t){0}, kept_is_quiet, now, txn, NULL);
}

static void start_again(struct shelf *s, struct wall now, struct ledger_txn *txn)
{
    for (size_t i = 0; i < s->count; i++) {
        struct alert_status *status = &s->items[i]->alert.status;
        if (status->state != ALERT_PENDING)
            continue;
        status->earned = 0;
        status->earned_at = status->active_at = now;
        kept_save(s->items[i], now, txn);
    }
}

static void adopt_rule(struct book *b, const struct rule *r, struct wall now,
                       struct ledger_txn *txn)
{
    struct shelf *s = shelf_make(b, r->id);
    const uint64_t canonical = bytes_hash64(bytes_of(r->canonical));
    if (s->canonical && s->canonical != canonical)
        start_again(s, now, txn);
    s->canonical = canonical;
    s->rule = r;
    for (size_t i = 0; i < s->count; i++)
        s->items[i]->alert.rule = r;
    b->shelves[b->shelf_count++] = s;
}

static size_t rule_count(const struct rules *rules)
{
    size_t count = 0;
    for (size_t i = 0; i < rules->count; i++)
        count += rules->groups[i]->count;
    return count;
}

static void adopt_rules(struct book *b, const struct rules *rules, struct wall now,
                        struct ledger_txn *txn)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        for (size_t k = 0; k < g->count; k++) {
            if (!g->rules[k]->is_recording)
                adopt_rule(b, g->rules[k], now, txn);
        }
    }
}

void book_adopt(struct book *b, const struct rules *rules, struct wall now,
                struct ledger_txn *txn)
{
    for (const struct map_entry *x = NULL; (x = map_next(b->by_rule, x));)
        ((struct shelf *)x->value)->rule = NULL;
    const size_t most = rule_count(rules) + map_count(b->by_rule);
    b->shelves = memory_grow(b->shelves, (most + 1) * sizeof(struct shelf *));
    b->shelf_count = 0;
    adopt_rules(b, rules, now, txn);
    for (const struct map_entry *x = NULL; (x = map_next(b->by_rule, x));) {
        struct shelf *s = x->value;
        if (!s->rule) {
            end_all(b, s, now, txn);
            b->shelves[b->shelf_count++] = s;
        }
    }
}

void book_end(struct book *b, bool (*fn)(void *ctx, const struct alert *a), void *ctx,
              struct wall now, struct ledger_txn *txn)
{
    for (size_t i = 0; i < b->shelf_count; i++) {
        struct shelf *s = b->shelves[i];
        for (size_t k = 0; k < s->count; k++) {
            if (fn(ctx, &s->items[k]->alert))
                end_one(b, s->items[k], now, txn);
        }
        (void)shelf_sweep(b, s, &(size_t){0}, kept_is_quiet, now, txn, NULL);
    }
}

void book_save(struct book *b, struct wall now, struct ledger_txn *txn)
{
    for (const struct map_entry *x = NULL; (x = map_next(b->by_key, x));) {
        struct kept *k = x->value;
        if (k->alert.status.state == ALERT_PENDING)
            kept_save(k, now, txn);
    }
}

/* ---- reading ---- */

struct alert *book_find(const struct book *b, const char *key)
{
    struct kept *k = map_get(b->by_key, bytes_of(key));
    return k ? &k->alert : NULL;
}

static bool shelf_walk(const struct shelf *s, size_t *at,
                       void (*fn)(void *ctx, struct alert *a), void *ctx,
                       const struct slice *slice)
{
    while (*at < s->count) {
        struct alert *a = &s->items[(*at)++]->alert;
        if (a->status.state != ALERT_INACTIVE)
            fn(ctx, a);
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

void book_each(const struct book *b, void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    (void)book_walk(b, &(struct book_cursor){0}, fn, ctx, NULL);
}

bool book_walk(const struct book *b, struct book_cursor *c,
               void (*fn)(void *ctx, struct alert *a), void *ctx,
               const struct slice *slice)
{
    for (; c->shelf < b->shelf_count; c->shelf++) {
        if (!shelf_walk(b->shelves[c->shelf], &c->item, fn, ctx, slice))
            return false;
        c->item = 0;
    }
    return true;
}

void book_each_of(const struct book *b, const struct rule *r,
                  void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    (void)book_walk_of(b, r, &(size_t){0}, fn, ctx, NULL);
}

bool book_walk_of(const struct book *b, const struct rule *r, size_t *at,
                  void (*fn)(void *ctx, struct alert *a), void *ctx,
                  const struct slice *slice)
{
    const struct shelf *s = shelf_find(b, r->id);
    return !s || shelf_walk(s, at, fn, ctx, slice);
}

size_t book_count(const struct book *b, enum alert_state state)
{
    size_t count = 0;
    for (const struct map_entry *x = NULL; (x = map_next(b->by_key, x));)
        count += ((const struct kept *)x->value)->alert.status.state == state;
    return count;
}

void alert_hold(struct alert *a)
{
    a->holds++;
}

void alert_release(struct book *b, struct alert *a)
{
    if (a->holds > 0)
        a->holds--;
}

static bool is_over(const struct kept *k, struct wall now)
{
    const struct alert_status *s = &k->alert.status;
    return s->state == ALERT_INACTIVE ||
           (s->state == ALERT_RESOLVED &&
            now.ns - s->resolved_at.ns >= BOOK_KEEP_RESOLVED);
}

/* A rule that is gone goes with its last alert. */
static void forget_empty(struct book *b)
{
    size_t left = 0;
    for (size_t i = 0; i < b->shelf_count; i++) {
        struct shelf *s = b->shelves[i];
        if (s->rule || s->count > 0) {
            b->shelves[left++] = s;
            continue;
        }
        map_remove(b->by_rule, bytes_of(s->rule_id));
        shelf_destroy(s);
    }
    b->shelf_count = left;
}

bool book_expire(struct book *b, struct wall now, struct ledger_txn *txn,
                 const struct slice *slice)
{
    for (size_t i = 0; i < b->shelf_count; i++) {
        if (!shelf_sweep(b, b->shelves[i], &(size_t){0}, is_over, now, txn, slice))
            return false;
    }
    forget_empty(b);
    return true;
}
