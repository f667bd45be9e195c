/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which types fit: each node is judged once its parts are, so that a fault of types is found when the expression is
 * loaded. Then what is known of the whole: its selectors, and how far back each can read.
 */
#include <string.h>

#include "lib/query/promql_functions.h"

static const char *shown(enum promql_type type)
{
    static const char *const names[] = {"a number", "a vector", "a range of samples",
                                        "a text"};
    return names[type];
}

static bool wants(struct promql_reader *r, const struct promql_node *n,
                  enum promql_type type, const char *who)
{
    if (n->type == type)
        return true;
    const char *hint = "";
    if (type == PROMQL_MATRIX)
        hint = "say how far back, as in name[5m]";
    else if (type == PROMQL_VECTOR && n->type == PROMQL_MATRIX)
        hint = "a range needs a function over it, such as rate(name[5m])";
    else if (type == PROMQL_VECTOR && n->type == PROMQL_SCALAR)
        hint = "vector(…) makes a vector of a number";
    else if (type == PROMQL_SCALAR && n->type == PROMQL_VECTOR)
        hint = "scalar(…) makes a number of a vector with one element";
    return promql_fault_at(r, n->at, hint, "%s takes %s here, and this is %s", who,
                           shown(type), shown(n->type));
}

static bool type_call(struct promql_reader *r, struct promql_node *n)
{
    const struct promql_function *f = n->function;
    if (n->arg_count < f->least || n->arg_count > f->most) {
        const bool is_few = n->arg_count < f->least;
        const unsigned limit = is_few ? f->least : f->most;
        return promql_fault_at(
            r, n->at, "", "%s() takes %s%u argument%s, and got %u", f->name,
            f->least == f->most ? "" : (is_few ? "at least " : "at most "), limit,
            limit == 1 ? "" : "s", n->arg_count);
    }
    char who[64];
    snprintf(who, sizeof(who), "%s()", f->name);
    for (size_t i = 0; i < n->arg_count; i++) {
        const size_t nth = i < ARRAY_LEN(f->takes) ? i : ARRAY_LEN(f->takes) - 1;
        if (!wants(r, n->args[i], f->takes[nth], who))
            return false;
    }
    n->type = f->result;
    return !f->judge || f->judge(r, n);
}

static bool type_aggregate(struct promql_reader *r, struct promql_node *n)
{
    const char *name = promql_aggregation_text(n->aggregation);
    enum promql_type type;
    n->type = PROMQL_VECTOR;
    if (!wants(r, n->args[0], PROMQL_VECTOR, name))
        return false;
    if (!promql_aggregation_takes(n->aggregation, &type))
        return true;
    if (!wants(r, n->args[1], type, name))
        return false;
    if (type == PROMQL_STRING && !promql_is_label_name(n->args[1]->text))
        return promql_fault_at(r, n->args[1]->at, "use letters, digits and _",
                               "'%.60s' cannot be a label", n->args[1]->text);
    return true;
}

static bool judge_matching(struct promql_reader *r, const struct promql_node *n)
{
    const struct promql_matching *m = &n->matching;
    if (promql_op_is_set(n->op) && m->many != SIDE_NONE)
        return promql_fault_at(r, n->at, "leave group_left or group_right out",
                               "%s works on whole groups", promql_op_text(n->op));
    for (size_t i = 0; m->is_on && i < m->labels.count; i++) {
        for (size_t k = 0; k < m->include.count; k++) {
            if (!strcmp(m->labels.items[i], m->include.items[k]))
                return promql_fault_at(r, n->at, "leave it out of the second list",
                                       "the label %.60s is in on() and in group_%s()",
                                       m->labels.items[i],
                                       m->many == SIDE_LEFT ? "left" : "right");
        }
    }
    return true;
}

static bool type_binary(struct promql_reader *r, struct promql_node *n)
{
    const enum promql_type left = n->args[0]->type, right = n->args[1]->type;
    const char *op = promql_op_text(n->op);
    const bool are_numbers = left == PROMQL_SCALAR && right == PROMQL_SCALAR;
    for (size_t i = 0; i < 2; i++) {
        const struct promql_node *side = n->args[i];
        const bool is_number = side->type == PROMQL_SCALAR && !promql_op_is_set(n->op);
        if (!is_number && !wants(r, side, PROMQL_VECTOR, op))
            return false;
    }
    if (n->is_bool && !promql_op_is_comparison(n->op))
        return promql_fault_at(r, n->at, "leave bool out",
                               "bool goes with comparisons, not with %s", op);
    if (are_numbers && promql_op_is_comparison(n->op) && !n->is_bool)
        return promql_fault_at(r, n->at, "write bool after the operator",
                               "two numbers are compared with %s bool", op);
    if (n->matching.is_given && (left == PROMQL_SCALAR || right == PROMQL_SCALAR))
        return promql_fault_at(r, n->at, "leave on() or ignoring() out",
                               "labels are matched between two vectors, and one side "
                               "of %s is a number",
                               op);
    n->type = are_numbers ? PROMQL_SCALAR : PROMQL_VECTOR;
    return judge_matching(r, n);
}

static bool type_sign(struct promql_reader *r, struct promql_node *n)
{
    n->type = n->args[0]->type;
    if (n->type == PROMQL_SCALAR || n->type == PROMQL_VECTOR)
        return true;
    return wants(r, n->args[0], PROMQL_VECTOR, "a sign");
}

bool promql_type_node(struct promql_reader *r, struct promql_node *n)
{
    switch (n->kind) {
    case PROMQL_NUMBER:
        n->type = PROMQL_SCALAR;
        return true;
    case PROMQL_TEXT:
        n->type = PROMQL_STRING;
        return true;
    case PROMQL_SELECTOR:
        n->type = n->range_ms ? PROMQL_MATRIX : PROMQL_VECTOR;
        return true;
    case PROMQL_SUBQUERY:
        n->type = PROMQL_MATRIX;
        return wants(r, n->args[0], PROMQL_VECTOR, "a subquery");
    case PROMQL_CALL:
        return type_call(r, n);
    case PROMQL_AGGREGATE:
        return type_aggregate(r, n);
    case PROMQL_BINARY:
        return type_binary(r, n);
    case PROMQL_NEGATE:
    case PROMQL_PLUS:
        return type_sign(r, n);
    }
    return false;
}

/* ---- the whole ---- */

struct reaching { /* what lies above a node */
    /* how far the times it is evaluated at lie before and after the query's */
    nsec back, ahead;
    bool is_within;  /* a subquery */
    bool is_pinned;  /* to a time of its own, which may be any time ago */
    unsigned rolled; /* what the function around it reads of five-minute points */
};

/* Far enough for anything that is kept, and callers may add to it. */
#define REACH_MAX (100 * 365 * NSEC_PER_DAY)

static nsec limited(nsec reach)
{
    if (reach < 0)
        return 0;
    return reach > REACH_MAX ? REACH_MAX : reach;
}

/* The times that n reads at, from those it is evaluated at. */
static struct reaching reach_of(const struct promql_node *n, struct reaching above)
{
    const bool is_past = n->offset_ms >= 0;
    const nsec size = limited((is_past ? n->offset_ms : -n->offset_ms) * NSEC_PER_MSEC);
    const nsec offset = is_past ? size : -size;
    above.is_pinned |= n->pinned == AT_TIME;
    above.back = limited(above.back + offset);
    above.ahead = limited(above.ahead - offset);
    return above;
}

static void finish_selector(struct promql *q, const struct promql_node *n,
                            struct reaching at)
{
    struct selector *s = n->selector;
    s->range = n->range_ms * NSEC_PER_MSEC;
    s->reach = limited(at.back + limited(s->range ? s->range : PROMQL_LOOKBACK));
    s->ahead = at.ahead;
    if (at.is_pinned)
        s->reach = s->ahead = REACH_MAX;
    s->is_last_only = s->range == 0 && !at.is_within;
    s->rolled = at.rolled;
    if (s->reach > q->reach)
        q->reach = s->reach;
    q->selectors[q->selector_count++] = s;
}

static void finish_node(struct promql *q, const struct promql_node *n,
                        struct reaching above)
{
    struct reaching at = above;
    if (n->kind == PROMQL_SELECTOR || n->kind == PROMQL_SUBQUERY)
        at = reach_of(n, above);
    if (n->kind == PROMQL_SELECTOR)
        finish_selector(q, n, at);
    if (n->kind == PROMQL_SUBQUERY) {
        at.back = limited(at.back + limited(n->range_ms * NSEC_PER_MSEC));
        at.is_within = true;
    }
    at.rolled = n->kind == PROMQL_CALL ? n->function->rolled : 0;
    for (size_t i = 0; i < n->arg_count; i++)
        finish_node(q, n->args[i], at);
}

void promql_finish(struct arena *arena, struct promql *q)
{
    q->selectors =
        arena_alloc(arena, (q->node_count + 1) * sizeof(const struct selector *));
    finish_node(q, q->root, (struct reaching){0});
}
