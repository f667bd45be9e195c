/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators between numbers, and between a number and each element of a vector. Two vectors are promql_match.c's.
 * Called by promql_eval.c.
 */
#include <string.h>

#include "lib/query/promql_evaluation.h"

static double number_of(const struct promql_node *n, double left, double right)
{
    bool keeps;
    const double value = promql_op_apply(n->op, left, right, &keeps);
    return promql_op_is_comparison(n->op) ? keeps : value;
}

/* A comparison keeps the element's value, whichever side it stands on. */
static bool apply_number(struct evaluation *ev, const struct promql_node *n,
                         const struct answer *vector, double number, bool is_number_left,
                         struct answer *ret)
{
    const bool is_comparison = promql_op_is_comparison(n->op);
    const bool drops_name = n->is_bool || !is_comparison;
    struct set_map *made = &ev->states[n->id].made;
    ret->items = room_for(ev, n, vector->count);
    for (size_t i = 0; i < vector->count; i++) {
        struct element x = vector->items[i];
        bool keeps;
        const double value = is_number_left
                                 ? promql_op_apply(n->op, number, x.value, &keeps)
                                 : promql_op_apply(n->op, x.value, number, &keeps);
        if (n->is_bool)
            x.value = keeps;
        else if (!is_comparison)
            x.value = value;
        else if (!keeps)
            continue;
        if (drops_name)
            x.set = set_without_metric(ev, made, x.set);
        ret->items[ret->count++] = x;
    }
    return !drops_name || elements_differ(ev, ret->items, ret->count);
}

bool evaluate_binary(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     struct answer *ret)
{
    struct answer left, right;
    if (!evaluate(ev, n->args[0], now, &left) || !evaluate(ev, n->args[1], now, &right))
        return false;
    const bool is_left_number = n->args[0]->type == PROMQL_SCALAR;
    const bool is_right_number = n->args[1]->type == PROMQL_SCALAR;
    if (is_left_number && is_right_number) {
        ret->number = number_of(n, left.number, right.number);
        return true;
    }
    if (is_left_number)
        return apply_number(ev, n, &right, left.number, true, ret);
    if (is_right_number)
        return apply_number(ev, n, &left, right.number, false, ret);
    if (promql_op_is_set(n->op))
        return match_sets(ev, n, &left, &right, ret);
    return match_vectors(ev, n, &left, &right, ret);
}
