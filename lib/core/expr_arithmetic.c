/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What + - * / % mean: a table of the types they take and what comes out, for the compiler, and the sums themselves. Called
 * by expr_types.c and expr_eval.c. Converts nothing but a text beside a time.
 */
#include <math.h>
#include <string.h>

#include "lib/core/expr_tree.h"

static const struct {
    enum operator_kind op;
    enum value_type a, b, result;
} sums[] = {
    {OP_ADD, VALUE_NUMBER, VALUE_NUMBER, VALUE_NUMBER},
    {OP_ADD, VALUE_DURATION, VALUE_DURATION, VALUE_DURATION},
    {OP_ADD, VALUE_TIME, VALUE_DURATION, VALUE_TIME},
    {OP_ADD, VALUE_DURATION, VALUE_TIME, VALUE_TIME},
    {OP_ADD, VALUE_SIZE, VALUE_SIZE, VALUE_SIZE},
    {OP_ADD, VALUE_PERCENT, VALUE_PERCENT, VALUE_PERCENT},
    {OP_ADD, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
    {OP_SUB, VALUE_NUMBER, VALUE_NUMBER, VALUE_NUMBER},
    {OP_SUB, VALUE_DURATION, VALUE_DURATION, VALUE_DURATION},
    {OP_SUB, VALUE_TIME, VALUE_DURATION, VALUE_TIME},
    {OP_SUB, VALUE_TIME, VALUE_TIME, VALUE_DURATION},
    {OP_SUB, VALUE_TIME, VALUE_TEXT, VALUE_DURATION}, /* now - json.updated_at */
    {OP_SUB, VALUE_TEXT, VALUE_TIME, VALUE_DURATION},
    {OP_SUB, VALUE_SIZE, VALUE_SIZE, VALUE_SIZE},
    {OP_SUB, VALUE_PERCENT, VALUE_PERCENT, VALUE_PERCENT},
    {OP_MUL, VALUE_NUMBER, VALUE_NUMBER, VALUE_NUMBER},
    {OP_MUL, VALUE_DURATION, VALUE_NUMBER, VALUE_DURATION},
    {OP_MUL, VALUE_NUMBER, VALUE_DURATION, VALUE_DURATION},
    {OP_MUL, VALUE_SIZE, VALUE_NUMBER, VALUE_SIZE},
    {OP_MUL, VALUE_NUMBER, VALUE_SIZE, VALUE_SIZE},
    {OP_DIV, VALUE_NUMBER, VALUE_NUMBER, VALUE_NUMBER},
    {OP_DIV, VALUE_DURATION, VALUE_NUMBER, VALUE_DURATION},
    {OP_DIV, VALUE_DURATION, VALUE_DURATION, VALUE_NUMBER},
    {OP_DIV, VALUE_SIZE, VALUE_NUMBER, VALUE_SIZE},
    {OP_DIV, VALUE_SIZE, VALUE_SIZE, VALUE_NUMBER},
    {OP_DIV, VALUE_NUMBER, VALUE_SIZE, VALUE_NUMBER},
    {OP_MOD, VALUE_NUMBER, VALUE_NUMBER, VALUE_NUMBER},
};

bool arithmetic_type(enum operator_kind op, enum value_type a, enum value_type b,
                     enum value_type *ret_type)
{
    size_t fitting = 0;
    for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
        if (sums[i].op != op || (sums[i].a != a && !type_is_open(a)) ||
            (sums[i].b != b && !type_is_open(b)))
            continue;
        *ret_type =
            fitting++ && *ret_type != sums[i].result ? VALUE_JSON : sums[i].result;
    }
    return fitting > 0;
}

static double amount(const struct value *v)
{
    return v->type == VALUE_DURATION || v->type == VALUE_TIME ? (double)v->ns : v->number;
}

static double calculate(enum operator_kind op, double a, double b)
{
    if (op == OP_ADD)
        return a + b;
    if (op == OP_SUB)
        return a - b;
    if (op == OP_MUL)
        return a * b;
    return op == OP_DIV ? a / b : fmod(a, b);
}

static bool eval_concat(struct eval *ev, const struct node *n, const struct value *a,
                        const struct value *b, struct value *ret_value)
{
    const size_t len = a->text.len + b->text.len;
    if (!eval_work(ev, n, len / 32))
        return false;
    char *text = arena_try_alloc(ev->arena, len + 1);
    if (!text)
        return eval_fail(ev, n, "this text is too long");
    if (a->text.len)
        memcpy(text, a->text.ptr, a->text.len);
    if (b->text.len)
        memcpy(text + a->text.len, b->text.ptr, b->text.len);
    *ret_value = value_text((struct bytes){text, len});
    return true;
}

/* A text on one side of a time is one. */
static bool read_time(struct eval *ev, const struct node *n, struct value *v)
{
    if (v->type == VALUE_TEXT && !value_to_time(v, v))
        return eval_fail(ev, n, "%s is no time such as 2026-11-21T03:04:05Z",
                         value_brief(v, ev->arena));
    return true;
}

bool eval_arithmetic(struct eval *ev, const struct node *n, const struct value *a,
                     const struct value *b, struct value *ret_value)
{
    enum value_type type;
    if (a->type == VALUE_JSON || b->type == VALUE_JSON ||
        !arithmetic_type(n->op, a->type, b->type, &type))
        return eval_refuse_pair(ev, n, a, b, operator_advice(a->type, b->type));
    if (type == VALUE_TEXT)
        return eval_concat(ev, n, a, b, ret_value);
    struct value left = *a, right = *b;
    if (!read_time(ev, n, &left) || !read_time(ev, n, &right))
        return false;
    const bool divides = n->op == OP_DIV || n->op == OP_MOD;
    if (divides && amount(&right) == 0)
        return eval_fail(ev, n, "%s is 0", node_text(ev->x, n->args[1], ev->arena));

    const double result = calculate(n->op, amount(&left), amount(&right));
    const bool in_ns = type == VALUE_DURATION || type == VALUE_TIME;
    if (!isfinite(result) || (in_ns && fabs(result) > 9.2e18))
        return eval_fail(ev, n, "the result is too large");
    *ret_value = (struct value){.type = type, .number = result};
    if (in_ns &&
        n->op == OP_ADD) /* exactly: doubles keep nanoseconds for 104 days only */
        ret_value->ns = left.ns + right.ns;
    else if (in_ns && n->op == OP_SUB)
        ret_value->ns = left.ns - right.ns;
    else if (in_ns)
        ret_value->ns = (int64_t)result;
    return true;
}
