/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operands of an expression: numbers, texts, selectors, calls, aggregations, parentheses, and the range, offset
 * and @ behind them. Called by promql_parse.c.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/query/promql_parser.h"

/* ---- behind an operand ---- */

static bool duration_word(struct parser *p, const char *what, int64_t *ret_ms)
{
    if (p->word.kind == WORD_NUMBER)
        return promql_fault_at(&p->r, p->word.from, "give it a unit: 30s, 5m, 1h",
                               "%s needs a unit", what);
    if (p->word.kind != WORD_DURATION)
        return parser_expected(p, "a duration");
    *ret_ms = p->word.ms;
    return parser_step(p);
}

static bool span_word(struct parser *p, const char *what, int64_t *ret_ms)
{
    const size_t at = p->word.from;
    if (!duration_word(p, what, ret_ms))
        return false;
    return *ret_ms > 0 ||
           promql_fault_at(&p->r, at, "", "%s must be longer than 0", what);
}

static bool has_modifier(const struct promql_node *n)
{
    return n->has_offset || n->pinned != AT_NONE;
}

static struct promql_node *parse_subquery(struct parser *p, struct promql_node *inner,
                                          int64_t range_ms)
{
    struct promql_node *n = parser_node(p, PROMQL_SUBQUERY, inner->at, 1);
    n->args[0] = inner;
    n->range_ms = range_ms;
    if (!parser_step(p))
        return NULL;
    if (!parser_at(p, "]") && !span_word(p, "a subquery's step", &n->step_ms))
        return NULL;
    return parser_take(p, "]") ? parser_finish(p, n) : NULL;
}

/* [5m] or [1h:1m], at the bracket. */
static struct promql_node *parse_range(struct parser *p, struct promql_node *n)
{
    const size_t at = p->word.from;
    int64_t range_ms = 0;
    if (!parser_step(p) || !span_word(p, "a range", &range_ms))
        return NULL;
    if (parser_at(p, ":"))
        return parse_subquery(p, n, range_ms);
    if (n->kind != PROMQL_SELECTOR || n->is_parens || n->range_ms) {
        promql_fault_at(&p->r, at, "a subquery has a colon: [5m:] or [5m:1m]",
                        "a range goes with a series' name");
        return NULL;
    }
    if (has_modifier(n)) {
        promql_fault_at(&p->r, at, "write name[5m] offset 1h",
                        "the range stands before offset and @");
        return NULL;
    }
    n->range_ms = range_ms;
    return parser_take(p, "]") ? parser_finish(p, n) : NULL;
}

static bool judge_modifier(struct parser *p, const struct promql_node *n,
                           const char *what)
{
    const bool fits = n->kind == PROMQL_SELECTOR || n->kind == PROMQL_SUBQUERY;
    return (fits && !n->is_parens) ||
           promql_fault_at(&p->r, p->word.from, "put it behind each series",
                           "%s goes with a series or a subquery", what);
}

static bool given_twice(struct parser *p, const char *what)
{
    return promql_fault_at(&p->r, p->word.from, "", "%s is given twice", what);
}

static bool parse_offset(struct parser *p, struct promql_node *n)
{
    if (!judge_modifier(p, n, "offset"))
        return false;
    if (n->has_offset)
        return given_twice(p, "offset");
    if (!parser_step(p))
        return false;
    const bool is_negative = parser_at(p, "-");
    if ((is_negative || parser_at(p, "+")) && !parser_step(p))
        return false;
    if (!duration_word(p, "an offset", &n->offset_ms))
        return false;
    n->has_offset = true;
    if (is_negative)
        n->offset_ms = -n->offset_ms;
    return true;
}

/* @ start() and @ end(). */
static bool parse_bound(struct parser *p, struct promql_node *n)
{
    n->pinned = parser_at_name(p, "start") ? AT_START : AT_END;
    return parser_step(p) && parser_take(p, "(") && parser_take(p, ")");
}

static bool number_word(const struct word *w, double *ret)
{
    *ret = w->number;
    if (w->kind == WORD_NUMBER)
        return true;
    if (w->kind != WORD_NAME ||
        (strcasecmp(w->text, "inf") != 0 && strcasecmp(w->text, "nan") != 0))
        return false;
    *ret = strcasecmp(w->text, "inf") == 0 ? (double)INFINITY : (double)NAN;
    return true;
}

static bool parse_at(struct parser *p, struct promql_node *n)
{
    double seconds;
    if (!judge_modifier(p, n, "@"))
        return false;
    if (n->pinned != AT_NONE)
        return given_twice(p, "@");
    if (!parser_step(p))
        return false;
    if (parser_at_name(p, "start") || parser_at_name(p, "end"))
        return parse_bound(p, n);
    const bool is_negative = parser_at(p, "-");
    if ((is_negative || parser_at(p, "+")) && !parser_step(p))
        return false;
    if (!number_word(&p->word, &seconds))
        return parser_expected(p, "a time in seconds, start() or end()");
    if (!isfinite(seconds) || seconds > 9e12)
        return promql_fault_at(&p->r, p->word.from, "", "this is no time");
    n->pinned = AT_TIME;
    n->pinned_ms = llround((is_negative ? -seconds : seconds) * 1000);
    return parser_step(p);
}

static struct promql_node *parse_behind(struct parser *p, struct promql_node *n)
{
    while (n) {
        if (parser_at(p, "["))
            n = parse_range(p, n);
        else if (parser_at_name(p, "offset"))
            n = parse_offset(p, n) ? n : NULL;
        else if (parser_at(p, "@"))
            n = parse_at(p, n) ? n : NULL;
        else
            return n;
    }
    return NULL;
}

/* ---- operands ---- */

static struct promql_node *parse_selector(struct parser *p, const struct word *name)
{
    const bool has_list = parser_at(p, "{");
    const size_t at = name ? name->from : p->word.from;
    struct promql_node *n = parser_node(p, PROMQL_SELECTOR, at, 0);
    n->selector = arena_alloc(p->r.arena, sizeof(*n->selector));
    if (!promql_read_matchers(&p->r, name, has_list, &n->selector->matchers))
        return NULL;
    if (has_list && !parser_step(p))
        return NULL;
    return parser_finish(p, n);
}

/* (a, b); the word is the bracket. */
static bool parse_arguments(struct parser *p, struct promql_node *n, int depth)
{
    struct promql_node *args[PROMQL_MAX_ARGS];
    size_t count = 0;
    if (!parser_take(p, "("))
        return false;
    while (!parser_at(p, ")")) {
        if (count == PROMQL_MAX_ARGS)
            return parser_expected(p, "the end of a list of 64 arguments");
        args[count] = parser_expression(p, 0, depth + 1);
        if (!args[count++])
            return false;
        if (parser_at(p, ")"))
            break;
        if (!parser_at(p, ","))
            return parser_expected(p, "a comma or )");
        if (!parser_step(p))
            return false;
        if (parser_at(p, ")"))
            return parser_expected(p, "an argument");
    }
    n->args = arena_memdup(p->r.arena, args, (count + 1) * sizeof(args[0]));
    n->arg_count = (uint32_t)count;
    return parser_step(p);
}

static struct promql_node *parse_call(struct parser *p, const struct word *name,
                                      int depth)
{
    struct promql_node *n = parser_node(p, PROMQL_CALL, name->from, 0);
    n->function = promql_function_find(name->text);
    if (!n->function) {
        promql_function_unknown(&p->r, name);
        return NULL;
    }
    return parse_arguments(p, n, depth) ? parser_finish(p, n) : NULL;
}

static bool parse_grouping(struct parser *p, struct promql_node *n, bool *ret_given)
{
    *ret_given = parser_at_name(p, "by") || parser_at_name(p, "without");
    if (!*ret_given)
        return true;
    n->is_without = parser_at_name(p, "without");
    return parser_step(p) && parser_labels(p, &n->grouping);
}

/* Its parameter comes first in the text, and second in args. */
static bool order_arguments(struct parser *p, struct promql_node *n)
{
    enum promql_type type;
    const size_t wanted = promql_aggregation_takes(n->aggregation, &type) ? 2 : 1;
    if (n->arg_count != wanted)
        return promql_fault_at(&p->r, n->at,
                               wanted == 2 ? "as in topk(3, name)" : "as in sum(name)",
                               "%s takes %zu argument%s, and got %u",
                               promql_aggregation_text(n->aggregation), wanted,
                               wanted == 1 ? "" : "s", n->arg_count);
    if (wanted == 2) {
        struct promql_node *parameter = n->args[0];
        n->args[0] = n->args[1];
        n->args[1] = parameter;
    }
    return true;
}

static struct promql_node *parse_aggregate(struct parser *p, const struct word *name,
                                           int depth)
{
    struct promql_node *n = parser_node(p, PROMQL_AGGREGATE, name->from, 0);
    bool is_given;
    promql_aggregation_find(name->text, &n->aggregation);
    if (!parse_grouping(p, n, &is_given) || !parse_arguments(p, n, depth) ||
        !order_arguments(p, n))
        return NULL;
    if (!is_given && !parse_grouping(p, n, &is_given))
        return NULL;
    return parser_finish(p, n);
}

static struct promql_node *parse_number(struct parser *p, double number)
{
    struct promql_node *n = parser_node(p, PROMQL_NUMBER, p->word.from, 0);
    n->number = number;
    return parser_step(p) ? parser_finish(p, n) : NULL;
}

static struct promql_node *parse_name(struct parser *p, int depth)
{
    const struct word name = p->word;
    enum promql_aggregation a;
    double number;
    if (number_word(&name, &number))
        return parse_number(p, number);
    if (promql_is_reserved(name.text)) {
        parser_expected(p, "a series, a number or a function");
        return NULL;
    }
    if (!parser_step(p))
        return NULL;
    const bool is_called = parser_at(p, "(");
    if (promql_aggregation_find(name.text, &a) &&
        (is_called || parser_at_name(p, "by") || parser_at_name(p, "without")))
        return parse_aggregate(p, &name, depth);
    return is_called ? parse_call(p, &name, depth) : parse_selector(p, &name);
}

static struct promql_node *parse_parens(struct parser *p, int depth)
{
    if (!parser_step(p))
        return NULL;
    struct promql_node *n = parser_expression(p, 0, depth + 1);
    if (!n || !parser_take(p, ")"))
        return NULL;
    n->is_parens = true;
    return n;
}

static struct promql_node *parse_text(struct parser *p)
{
    struct promql_node *n = parser_node(p, PROMQL_TEXT, p->word.from, 0);
    n->text = p->word.text;
    return parser_step(p) ? parser_finish(p, n) : NULL;
}

static struct promql_node *parse_front(struct parser *p, int depth)
{
    switch (p->word.kind) {
    case WORD_NUMBER:
        return parse_number(p, p->word.number);
    case WORD_DURATION: /* Prometheus 3: seconds */
        return parse_number(p, (double)p->word.ms / 1000);
    case WORD_TEXT:
        return parse_text(p);
    case WORD_NAME:
        return parse_name(p, depth);
    case WORD_MARK:
        if (parser_at(p, "("))
            return parse_parens(p, depth);
        if (parser_at(p, "{"))
            return parse_selector(p, NULL);
        break;
    case WORD_END:
        break;
    }
    parser_expected(p, "a series, a number or a function");
    return NULL;
}

struct promql_node *parser_operand(struct parser *p, int depth)
{
    return parse_behind(p, parse_front(p, depth));
}
