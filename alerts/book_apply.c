/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a rule's result to observations of its alerts: what is there, what is not, and what nobody knows. The part of
 * the book that evaluation calls; moves alerts only through alert_observe.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book_impl.h"

/* How often at most a pending alert's row is renewed for the time that it earned. */
#define SAVE_PENDING_EVERY (30 * NSEC_PER_SEC)

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

static struct element make_element(const struct book *b, const struct rule *r,
                                   struct labels labels, double value,
                                   struct arena *arena)
{
    struct element x = {.data = {.labels = alert_labels_clean(labels, arena),
                                 .value = value,
                                 .external_labels = b->external_labels,
                                 .external_url = b->external_url}};
    x.labels = alert_labels(r, &x.data, arena);
    return x;
}

static struct elements elements_of(const struct book *b, const struct rule *r,
                                   const struct promql_result *in, struct arena *arena)
{
    struct elements list = {arena_alloc(arena, (in->count + 2) * sizeof(*list.items)), 0};
    for (size_t i = 0; i < in->count; i++) {
        const struct promql_series *s = &in->items[i];
        if (s->count > 0)
            list.items[list.count++] =
                make_element(b, r, s->labels, s->points[s->count - 1].value, arena);
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
    *element = make_element(x->b, x->rule, (struct labels){mark, 1}, 0, x->arena);
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

static size_t new_count(const struct applying *x)
{
    size_t count = 0;
    for (size_t i = 0; i < x->elements.count; i++)
        count += !kept_find(x->shelf, x->elements.items[i].labels);
    return count;
}

static bool prepare(struct applying *x, const struct rule_outcome *o, struct err *e)
{
    x->elements = elements_of(x->b, x->rule, &o->result, x->arena);
    x->resolve = elements_of(x->b, x->rule, &o->resolve, x->arena);
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
    shelf_sweep(x->b, x->shelf, kept_is_quiet, x->now, x->txn);
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
