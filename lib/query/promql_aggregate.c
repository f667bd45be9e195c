/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sum, avg, topk and the other aggregations: elements fall into groups by their labels, and each group gives one
 * element, or its largest ones. Called by promql_eval.c. How each value is made is in promql_group.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/promql_group.h"

static struct label_set *group_of(struct evaluation *ev, const struct promql_node *n,
                                  struct label_set *set)
{
    struct set_map *map = &ev->states[n->id].made;
    return n->is_without ? set_without(ev, map, set, &n->grouping, true)
                         : set_with_only(ev, map, set, &n->grouping);
}

/* ---- one element a group ---- */

static void fold(struct evaluation *ev, const struct promql_node *n,
                 const struct answer *in, struct answer *ret)
{
    const uint64_t stamp = next_stamp(ev);
    struct group *groups = work_for(ev, n, in->count * sizeof(*groups));
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++) {
        struct label_set *set = group_of(ev, n, in->items[i].set);
        if (set->stamp != stamp) {
            set->stamp = stamp;
            set->slot = count;
            groups[count++] = (struct group){.set = set};
        }
        group_add(&groups[set->slot], n->aggregation, ev->opts.compat,
                  in->items[i].value);
    }
    ret->items = room_for(ev, n, count);
    ret->count = count;
    for (size_t i = 0; i < count; i++)
        ret->items[i] = (struct element){
            groups[i].set, group_value(&groups[i], n->aggregation, ev->opts.compat)};
}

/* ---- all elements of a group together ---- */

struct member {
    size_t group, order; /* order: in the input */
    struct element x;
};

/* A NaN is less than any number. */
static int value_order(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(b) != 0) - (isnan(a) != 0);
    return (a > b) - (a < b);
}

static int member_order(const struct member *a, const struct member *b, int values)
{
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (values != 0)
        return values;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int smallest_first(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    return member_order(a, b, value_order(a->x.value, b->x.value));
}

/* NaN is last here, too. */
static int smallest_number_first(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    const bool is_nan = isnan(a->x.value) || isnan(b->x.value);
    const int order = value_order(a->x.value, b->x.value);
    return member_order(a, b, is_nan ? -order : order);
}

static int largest_first(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    return member_order(a, b, value_order(b->x.value, a->x.value));
}

static struct member *members_of(struct evaluation *ev, const struct promql_node *n,
                                 const struct answer *in)
{
    const uint64_t stamp = next_stamp(ev);
    struct member *members =
        work_for(ev, n, in->count * (sizeof(*members) + sizeof(double)));
    size_t groups = 0;
    for (size_t i = 0; i < in->count; i++) {
        struct label_set *set = group_of(ev, n, in->items[i].set);
        if (set->stamp != stamp) {
            set->stamp = stamp;
            set->slot = groups++;
        }
        members[i] = (struct member){.group = set->slot, .order = i, .x = in->items[i]};
    }
    return members;
}

static void choose(struct evaluation *ev, const struct promql_node *n,
                   const struct answer *in, size_t wanted, struct answer *ret)
{
    struct member *members = members_of(ev, n, in);
    size_t taken = 0;
    qsort(members, in->count, sizeof(*members),
          n->aggregation == AGGREGATE_TOPK ? largest_first : smallest_number_first);
    ret->items = room_for(ev, n, in->count);
    for (size_t i = 0; i < in->count; i++) {
        taken = i > 0 && members[i].group == members[i - 1].group ? taken + 1 : 1;
        if (taken <= wanted)
            ret->items[ret->count++] = members[i].x;
    }
}

static bool choose_some(struct evaluation *ev, const struct promql_node *n,
                        const struct answer *in, double number, struct answer *ret)
{
    if (isnan(number) || number >= 9223372036854775808.0 ||
        number <= -9223372036854775808.0)
        return err_set(ev->e,
                       "%s needs a whole number of elements, and its first argument "
                       "is %g",
                       promql_aggregation_text(n->aggregation), number);
    if (number >= 1)
        choose(ev, n, in, (size_t)number, ret);
    return true;
}

static void quantiles(struct evaluation *ev, const struct promql_node *n,
                      const struct answer *in, double phi, struct answer *ret)
{
    struct member *members = members_of(ev, n, in);
    double *values = (double *)(void *)(members + in->count);
    size_t count = 0;
    if (isnan(phi) || phi < 0 || phi > 1)
        warn(ev, "quantile() has a first argument outside 0..1");
    qsort(members, in->count, sizeof(*members), smallest_first);
    ret->items = room_for(ev, n, in->count);
    for (size_t i = 0; i < in->count; i++) {
        values[count++] = members[i].x.value;
        if (i + 1 < in->count && members[i + 1].group == members[i].group)
            continue;
        ret->items[ret->count++] = (struct element){group_of(ev, n, members[i].x.set),
                                                    quantile_of(phi, values, count)};
        count = 0;
    }
}

/* ---- how many have which value ---- */

static struct labels labels_of_value(struct evaluation *ev, const struct promql_node *n,
                                     const struct element *x)
{
    const char *name = n->args[1]->text;
    struct buf text = BUF_MAX(400);
    promql_add_decimal(x->value, &text);
    const struct label over = {name, arena_strdup(ev->arena, buf_text(&text))};
    buf_finish(&text);
    const struct labels under =
        n->is_without
            ? labels_filtered(
                  ev, labels_merge(ev->arena, x->set->labels, (struct labels){&over, 1}),
                  &n->grouping, false, true)
            : labels_merge(ev->arena,
                           labels_filtered(ev, x->set->labels, &n->grouping, true, false),
                           (struct labels){&over, 1});
    return under;
}

static void count_values(struct evaluation *ev, const struct promql_node *n,
                         const struct answer *in, struct answer *ret)
{
    const uint64_t stamp = next_stamp(ev);
    ret->items = room_for(ev, n, in->count);
    for (size_t i = 0; i < in->count; i++) {
        const struct labels l = labels_of_value(ev, n, &in->items[i]);
        struct label_set *set = set_known(ev, set_make(ev, l));
        if (set->stamp != stamp) {
            set->stamp = stamp;
            set->slot = ret->count;
            ret->items[ret->count++] = (struct element){set, 0};
        }
        ret->items[set->slot].value++;
    }
}

bool evaluate_aggregate(struct evaluation *ev, const struct promql_node *n, int64_t now,
                        struct answer *ret)
{
    const enum promql_aggregation a = n->aggregation;
    struct answer in;
    double number = 0;
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    if (n->arg_count > 1 && !evaluate_number(ev, n->args[1], now, &number))
        return false;
    if (in.count == 0)
        return true;
    if (a == AGGREGATE_TOPK || a == AGGREGATE_BOTTOMK)
        return choose_some(ev, n, &in, number, ret);
    if (a == AGGREGATE_QUANTILE)
        quantiles(ev, n, &in, number, ret);
    else if (a == AGGREGATE_COUNT_VALUES)
        count_values(ev, n, &in, ret);
    else
        fold(ev, n, &in, ret);
    return true;
}
