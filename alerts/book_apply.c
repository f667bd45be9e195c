/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a rule's result to observations of its alerts: what is there, what is not, and what nobody knows. The part of
 * the book that evaluation calls; moves alerts only through alert_observe.
 */
#include <math.h>

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

/* ---- one evaluation ---- */

struct book_pass {
    struct book *b;
    struct shelf *shelf;
    const struct rule *rule;
    const struct coverage_view *coverage;
    struct alert_timing timing;
    struct elements elements, resolving;
    struct wall now;
    struct ledger_txn *txn;
    struct arena *arena; /* this is in it */
    bool has_room;       /* for all elements, in the book */
    bool is_full;        /* it has none: nothing is observed */
    size_t counted;      /* elements that were looked up, to tell how many are new */
    size_t fresh;        /* of these */
    /* How far it is: elements, then what was none, then those that went. */
    size_t element, place, absent, swept;
};

static bool is_known(const struct book_pass *x, struct labels labels)
{
    return !x->coverage || x->coverage->is_known(x->coverage->ctx, x->rule, labels);
}

static bool is_gone(const struct book_pass *x, struct labels labels)
{
    return x->coverage && x->coverage->is_gone &&
           x->coverage->is_gone(x->coverage->ctx, x->rule, labels);
}

static bool is_removed(const struct book_pass *x, struct labels labels)
{
    return x->coverage && x->coverage->is_removed &&
           x->coverage->is_removed(x->coverage->ctx, x->rule, labels);
}

/* The alert of the element; NULL: it is new. Elements and alerts are in one order: the place only goes on. */
static struct kept *kept_of(struct book_pass *x, const struct element *element)
{
    x->place = shelf_place(x->shelf, x->place, element->labels);
    struct kept *k = x->place < x->shelf->count ? x->shelf->items[x->place] : NULL;
    return k && labels_equal(k->alert.labels, element->labels) ? k : NULL;
}

static void apply_element(struct book_pass *x, const struct element *element)
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
    struct kept *k = kept_of(x, element);
    if ((!k && is_unknown) || is_removed(x, element->labels))
        return;
    if (!k)
        k = kept_put(x->b, x->shelf, x->place, x->rule->name, element->labels);
    k->round = x->b->round;
    if (!is_unknown)
        kept_set_annotations(k, element->annotations);
    if (element->is_no_data)
        timing.hold_for = x->rule->no_data_after;
    observe(x->b, k, &timing, &o, x->txn);
}

static void apply_absent(struct book_pass *x, struct kept *k)
{
    k->alert.rule = x->rule;
    if (k->round == x->b->round)
        return;
    const struct labels labels = k->alert.labels;
    const bool may_resolve = !x->rule->resolve_when ||
                             elements_have(&x->resolving, labels) || is_gone(x, labels);
    const struct observation o = {
        .truth = is_known(x, labels) ? TRUTH_FALSE : TRUTH_UNKNOWN,
        .may_resolve = may_resolve,
        .at = x->now,
    };
    observe(x->b, k, &x->timing, &o, x->txn);
}

/* Whether the book has room for all elements; looks for those that it has only when that decides. */
static bool find_room(struct book_pass *x, const struct slice *slice)
{
    const size_t kept = map_count(x->b->by_key);
    if (kept + x->elements.count <= BOOK_MAX_ALERTS) {
        x->has_room = true;
        return true;
    }
    while (x->counted < x->elements.count) {
        x->fresh += !kept_of(x, &x->elements.items[x->counted++]);
        if (slice_is_over(slice))
            return false;
    }
    x->place = 0;
    x->has_room = kept + x->fresh <= BOOK_MAX_ALERTS;
    x->is_full = !x->has_room;
    return true;
}

static bool prepare(struct book_pass *x, struct rule_outcome *o, struct err *e)
{
    const struct book_externals externals = book_externals(x->b, x->arena);
    if (!o->has_elements)
        book_elements(o, &externals, x->arena);
    /* With no_data: alert, not knowing is an element of its own. */
    if (x->rule->no_data == NO_DATA_ALERT && !is_known(x, (struct labels){0}))
        elements_add_no_data(&o->elements, x->rule, &externals, x->arena);
    x->elements = o->elements;
    x->resolving = o->resolving;
    return elements_are_sound(x->rule, &x->elements, e);
}

bool book_pass_go(struct book_pass *p, const struct slice *slice)
{
    if (!p->has_room && !p->is_full && !find_room(p, slice))
        return false;
    if (p->is_full)
        return true;
    while (p->element < p->elements.count) {
        apply_element(p, &p->elements.items[p->element++]);
        if (slice_is_over(slice))
            return false;
    }
    while (p->absent < p->shelf->count) {
        apply_absent(p, p->shelf->items[p->absent++]);
        if (slice_is_over(slice))
            return false;
    }
    return shelf_sweep(p->b, p->shelf, &p->swept, kept_is_quiet, p->now, p->txn, slice);
}

bool book_pass_end(struct book_pass *p, struct err *e)
{
    if (!p)
        return false;
    const bool is_full = p->is_full;
    arena_destroy(p->arena);
    return !is_full || err_set(e, "there would be more than %d alerts", BOOK_MAX_ALERTS);
}

struct book_pass *book_pass_begin(struct book *b, struct rule_outcome *o,
                                  const struct coverage_view *coverage, struct wall now,
                                  struct ledger_txn *txn, struct err *e)
{
    struct shelf *shelf = shelf_find(b, o->rule->id);
    if (o->failed || !shelf || shelf->rule != o->rule) {
        (void)err_set(e, "%s",
                      o->failed ? o->why.text
                                : "the rule is not one of the current configuration");
        return NULL;
    }
    struct arena *arena = arena_create(0);
    struct book_pass *p = arena_alloc(arena, sizeof(*p));
    *p = (struct book_pass){
        .b = b,
        .shelf = shelf,
        .rule = o->rule,
        .coverage = coverage,
        .timing = timing_of(o->rule),
        .now = now,
        .txn = txn,
        .arena = arena,
    };
    if (!prepare(p, o, e)) {
        arena_destroy(arena);
        return NULL;
    }
    b->round++;
    return p;
}

bool book_apply(struct book *b, struct rule_outcome *o,
                const struct coverage_view *coverage, struct wall now,
                struct ledger_txn *txn, struct err *e)
{
    struct book_pass *p = book_pass_begin(b, o, coverage, now, txn, e);
    if (p)
        (void)book_pass_go(p, NULL);
    return book_pass_end(p, e);
}
