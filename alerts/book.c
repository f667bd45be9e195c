/* SPDX-License-Identifier: Apache-2.0 */
/* See book.h. From a rule's result to observations: what is there, what is not, and what nobody knows. */
#include "alerts/book.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book_impl.h"
#include "lib/base/memory.h"

/* How often at most a pending alert's row is renewed for the time that it earned. */
#define SAVE_PENDING_EVERY (30 * NSEC_PER_SEC)

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
    free(b->shelves);
    free(b);
}

bool book_restore(struct book *b, const char *key, const char *json, struct err *e)
{
    return row_read(b, key, json, e);
}

/* ---- one observation ---- */

/* What a row tells; not the time that pending alerts earn, and not values. */
static bool status_moved(const struct alert_status *a, const struct alert_status *b)
{
    return a->state != b->state || a->active_at.ns != b->active_at.ns ||
           a->keep_until.ns != b->keep_until.ns ||
           a->unknown_since.ns != b->unknown_since.ns;
}

static bool is_worth_saving(const struct kept *k, const struct alert_status *before,
                            struct wall now)
{
    const struct alert_status *s = &k->alert.status;
    if (status_moved(before, s))
        return s->state != ALERT_INACTIVE || before->state != ALERT_INACTIVE;
    return s->state == ALERT_PENDING && now.ns - k->saved_at.ns >= SAVE_PENDING_EVERY;
}

static struct alert_timing timing_of(const struct rule *r)
{
    return (struct alert_timing){
        .hold_for = r->hold_for,
        .keep_firing_for = r->keep_firing_for,
        .no_data = r->no_data,
        .no_data_after = r->no_data_after,
        .longest_step = 3 * r->group->interval,
    };
}

static void observe(struct book *b, struct kept *k, const struct alert_timing *timing,
                    const struct observation *o, struct ledger_txn *txn)
{
    const struct alert_status before = k->alert.status;
    const enum change change = alert_observe(&k->alert.status, timing, o);
    if (is_worth_saving(k, &before, o->at))
        kept_save(k, o->at, txn);
    if (change != CHANGE_NONE && b->changed)
        b->changed(b->ctx, &k->alert, change);
}

/* ---- a rule's elements ---- */

struct element {
    struct labels labels; /* final */
    struct annotation_data data;
    bool is_no_data; /* made because nobody knows, not by the expression */
};

struct elements {
    struct element *items;
    size_t count;
};

static int element_order(const void *a, const void *b)
{
    return alert_labels_order(((const struct element *)a)->labels,
                              ((const struct element *)b)->labels);
}

static struct element make_element(const struct rule *r, struct labels labels,
                                   double value, struct arena *arena)
{
    struct element x = {
        .data = {.labels = alert_labels_clean(labels, arena), .value = value}};
    x.labels = alert_labels(r, &x.data, arena);
    return x;
}

static struct elements elements_of(const struct rule *r, const struct promql_result *in,
                                   struct arena *arena)
{
    struct elements list = {arena_alloc(arena, (in->count + 2) * sizeof(*list.items)), 0};
    for (size_t i = 0; i < in->count; i++) {
        const struct promql_series *s = &in->items[i];
        if (s->count > 0)
            list.items[list.count++] =
                make_element(r, s->labels, s->points[s->count - 1].value, arena);
    }
    return list;
}

static bool elements_are_sound(const struct rule *r, const struct elements *list,
                               struct err *e)
{
    const size_t limit = r->group->limit;
    if (limit && list->count > limit)
        return err_set(e, "the rule gives %zu alerts, and its group allows %zu",
                       list->count, limit);
    for (size_t i = 1; i < list->count; i++) {
        if (element_order(&list->items[i - 1], &list->items[i]))
            continue;
        struct buf text = BUF_MAX(400);
        labels_print(list->items[i].labels, &text);
        err_set(e,
                "two elements have the same labels {%s} once the rule's labels are put "
                "over them: drop a label from 'labels', or aggregate",
                buf_text(&text));
        buf_finish(&text);
        return false;
    }
    return true;
}

static bool elements_have(const struct elements *list, struct labels labels)
{
    const struct element key = {.labels = labels};
    return list->count &&
           bsearch(&key, list->items, list->count, sizeof(key), element_order);
}

/* ---- one evaluation ---- */

struct applying {
    struct book *b;
    struct shelf *shelf;
    const struct rule *rule;
    const struct coverage_view *coverage;
    struct alert_timing timing;
    struct elements elements, resolve;
    struct wall now;
    struct ledger_txn *txn;
    struct arena *arena;
};

static bool is_known(const struct applying *x, struct labels labels)
{
    return !x->coverage || x->coverage->is_known(x->coverage->ctx, x->rule, labels);
}

static bool is_gone(const struct applying *x, struct labels labels)
{
    return x->coverage && x->coverage->is_gone &&
           x->coverage->is_gone(x->coverage->ctx, x->rule, labels);
}

/* With no_data: alert, not knowing is an element of its own. */
static void add_no_data(struct applying *x)
{
    static const struct label mark[] = {{"no_data", "true"}};
    if (x->rule->no_data != NO_DATA_ALERT || is_known(x, (struct labels){0}))
        return;
    struct element *element = &x->elements.items[x->elements.count++];
    *element = make_element(x->rule, (struct labels){mark, 1}, 0, x->arena);
    element->is_no_data = true;
}

static void apply_element(struct applying *x, const struct element *element)
{
    struct alert_timing timing = x->timing;
    /* That something is missing is known only once it could have been there. */
    const bool is_unknown = isnan(element->data.value) ||
                            (x->rule->reads_absence && !is_known(x, (struct labels){0}));
    const struct observation o = {
        .truth = is_unknown ? TRUTH_UNKNOWN : TRUTH_TRUE,
        .value = element->data.value,
        .at = x->now,
    };
    struct kept *k = kept_find(x->shelf, element->labels);
    if (!k && is_unknown)
        return;
    k = k ? k : kept_make(x->b, x->shelf, x->rule->name, element->labels);
    k->round = x->b->round;
    if (!is_unknown)
        kept_set_annotations(k, alert_annotations(x->rule, &element->data, x->arena));
    if (element->is_no_data)
        timing.hold_for = x->rule->no_data_after;
    observe(x->b, k, &timing, &o, x->txn);
}

static void apply_absent(struct applying *x, struct kept *k)
{
    const struct labels labels = k->alert.labels;
    const bool may_resolve = !x->rule->resolve_when ||
                             elements_have(&x->resolve, labels) || is_gone(x, labels);
    const struct observation o = {
        .truth = is_known(x, labels) ? TRUTH_FALSE : TRUTH_UNKNOWN,
        .may_resolve = may_resolve,
        .at = x->now,
    };
    observe(x->b, k, &x->timing, &o, x->txn);
}

static bool is_quiet(const struct kept *k, struct wall now)
{
    return k->alert.status.state == ALERT_INACTIVE;
}

static size_t new_count(const struct applying *x)
{
    size_t count = 0;
    for (size_t i = 0; i < x->elements.count; i++)
        count += !kept_find(x->shelf, x->elements.items[i].labels);
    return count;
}

static bool prepare(struct applying *x, const struct rule_outcome *o, struct err *e)
{
    x->elements = elements_of(x->rule, &o->result, x->arena);
    x->resolve = elements_of(x->rule, &o->resolve, x->arena);
    add_no_data(x);
    qsort(x->elements.items, x->elements.count, sizeof(struct element), element_order);
    qsort(x->resolve.items, x->resolve.count, sizeof(struct element), element_order);
    if (map_count(x->b->by_key) + new_count(x) > BOOK_MAX_ALERTS)
        return err_set(e, "there would be more than %d alerts", BOOK_MAX_ALERTS);
    return elements_are_sound(x->rule, &x->elements, e);
}

static void apply(struct applying *x)
{
    x->b->round++;
    for (size_t i = 0; i < x->elements.count; i++)
        apply_element(x, &x->elements.items[i]);
    for (size_t i = 0; i < x->shelf->count; i++) {
        struct kept *k = x->shelf->items[i];
        k->alert.rule = x->rule;
        if (k->round != x->b->round)
            apply_absent(x, k);
    }
    shelf_sweep(x->b, x->shelf, is_quiet, x->now, x->txn);
}

bool book_apply(struct book *b, const struct rule_outcome *o,
                const struct coverage_view *coverage, struct wall now,
                struct ledger_txn *txn, struct err *e)
{
    if (o->failed)
        return err_set(e, "%s", o->why.text);
    struct arena *arena = arena_create(0);
    struct applying x = {
        .b = b,
        .shelf = shelf_find(b, o->rule->id),
        .rule = o->rule,
        .coverage = coverage,
        .timing = timing_of(o->rule),
        .now = now,
        .txn = txn,
        .arena = arena,
    };
    const bool is_sound = x.shelf && x.shelf->rule == o->rule && prepare(&x, o, e);
    if (is_sound)
        apply(&x);
    else if (!x.shelf || x.shelf->rule != o->rule)
        err_set(e, "the rule is not one of the current configuration");
    arena_destroy(arena);
    return is_sound;
}

/* ---- a new configuration ---- */

static void end_all(struct book *b, struct shelf *s, struct wall now,
                    struct ledger_txn *txn)
{
    s->rule = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct kept *k = s->items[i];
        const enum change change = alert_end(&k->alert.status, now, "removed");
        k->alert.rule = NULL;
        if (change == CHANGE_NONE)
            continue;
        kept_save(k, now, txn);
        if (b->changed)
            b->changed(b->ctx, &k->alert, change);
    }
    shelf_sweep(b, s, is_quiet, now, txn);
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

static void shelf_each(const struct shelf *s, void (*fn)(void *ctx, struct alert *a),
                       void *ctx)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i]->alert.status.state != ALERT_INACTIVE)
            fn(ctx, &s->items[i]->alert);
    }
}

void book_each(const struct book *b, void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    for (size_t i = 0; i < b->shelf_count; i++)
        shelf_each(b->shelves[i], fn, ctx);
}

void book_each_of(const struct book *b, const struct rule *r,
                  void (*fn)(void *ctx, struct alert *a), void *ctx)
{
    const struct shelf *s = shelf_find(b, r->id);
    if (s)
        shelf_each(s, fn, ctx);
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

void book_expire(struct book *b, struct wall now, struct ledger_txn *txn)
{
    for (size_t i = 0; i < b->shelf_count; i++)
        shelf_sweep(b, b->shelves[i], is_over, now, txn);
    forget_empty(b);
}
