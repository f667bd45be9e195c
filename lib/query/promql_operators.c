/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each operator and aggregation is called and what an operator makes of two numbers. Tables and arithmetic, for
 * the other promql_*.c.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/query/promql_tree.h"

static const char *const op_texts[] = {
    [OP_OR] = "or",         [OP_AND] = "and",      [OP_UNLESS] = "unless",
    [OP_EQUAL] = "==",      [OP_NOT_EQUAL] = "!=", [OP_LESS] = "<",
    [OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">",    [OP_GREATER_EQUAL] = ">=",
    [OP_ADD] = "+",         [OP_SUBTRACT] = "-",   [OP_MULTIPLY] = "*",
    [OP_DIVIDE] = "/",      [OP_MODULO] = "%",     [OP_ATAN2] = "atan2",
    [OP_POWER] = "^",
};

const char *promql_op_text(enum promql_op op)
{
    return op_texts[op];
}

bool promql_op_is_comparison(enum promql_op op)
{
    return op >= OP_EQUAL && op <= OP_GREATER_EQUAL;
}

bool promql_op_is_set(enum promql_op op)
{
    return op <= OP_UNLESS;
}

static bool compare(enum promql_op op, double left, double right)
{
    if (op == OP_EQUAL)
        return left == right;
    if (op == OP_NOT_EQUAL)
        return left != right;
    if (op == OP_LESS)
        return left < right;
    if (op == OP_LESS_EQUAL)
        return left <= right;
    return op == OP_GREATER ? left > right : left >= right;
}

double promql_op_apply(enum promql_op op, double left, double right, bool *ret_keeps)
{
    *ret_keeps = true;
    switch (op) {
    case OP_ADD:
        return left + right;
    case OP_SUBTRACT:
        return left - right;
    case OP_MULTIPLY:
        return left * right;
    case OP_DIVIDE:
        return left / right; /* by IEEE 754, also by zero: the build has no such trap */
    case OP_MODULO:
        return fmod(left, right);
    case OP_ATAN2:
        return atan2(left, right);
    case OP_POWER:
        return pow(left, right);
    case OP_EQUAL:
    case OP_NOT_EQUAL:
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        *ret_keeps = compare(op, left, right);
        return left;
    case OP_OR:
    case OP_AND:
    case OP_UNLESS:
        break;
    }
    return left;
}

static const struct {
    const char *name;
    bool takes;
    enum promql_type type;
} aggregations[] = {
    [AGGREGATE_SUM] = {.name = "sum"},
    [AGGREGATE_AVG] = {.name = "avg"},
    [AGGREGATE_MIN] = {.name = "min"},
    [AGGREGATE_MAX] = {.name = "max"},
    [AGGREGATE_COUNT] = {.name = "count"},
    [AGGREGATE_GROUP] = {.name = "group"},
    [AGGREGATE_STDDEV] = {.name = "stddev"},
    [AGGREGATE_STDVAR] = {.name = "stdvar"},
    [AGGREGATE_TOPK] = {"topk", true, PROMQL_SCALAR},
    [AGGREGATE_BOTTOMK] = {"bottomk", true, PROMQL_SCALAR},
    [AGGREGATE_QUANTILE] = {"quantile", true, PROMQL_SCALAR},
    [AGGREGATE_COUNT_VALUES] = {"count_values", true, PROMQL_STRING},
};

const char *promql_aggregation_text(enum promql_aggregation a)
{
    return aggregations[a].name;
}

bool promql_aggregation_find(const char *name, enum promql_aggregation *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(aggregations); i++) {
        if (strcasecmp(aggregations[i].name, name) != 0)
            continue;
        *ret = (enum promql_aggregation)i;
        return true;
    }
    return false;
}

bool promql_aggregation_takes(enum promql_aggregation a, enum promql_type *ret_type)
{
    *ret_type = aggregations[a].type;
    return aggregations[a].takes;
}

bool promql_constant(const struct promql_node *n, double *ret_value)
{
    double left, right;
    bool keeps;
    if (n->kind == PROMQL_NUMBER) {
        *ret_value = n->number;
        return true;
    }
    if (n->kind == PROMQL_NEGATE || n->kind == PROMQL_PLUS) {
        if (!promql_constant(n->args[0], &left))
            return false;
        *ret_value = n->kind == PROMQL_NEGATE ? -left : left;
        return true;
    }
    if (n->kind != PROMQL_BINARY || promql_op_is_comparison(n->op) ||
        !promql_constant(n->args[0], &left) || !promql_constant(n->args[1], &right))
        return false;
    *ret_value = promql_op_apply(n->op, left, right, &keeps);
    return true;
}

bool promql_is_reserved(const char *name)
{
    static const char *const words[] = {"bool",        "on",    "ignoring", "group_left",
                                        "group_right", "atan2", "inf",      "nan"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!strcasecmp(words[i], name))
            return true;
    }
    return false;
}
