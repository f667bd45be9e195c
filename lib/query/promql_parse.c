/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From text to a typed tree: operators by precedence (Pratt), and what an operand is made of. Called when a
 * configuration is loaded and for each query of the API. Evaluates nothing.
 */
#include <string.h>
#include <strings.h>

#include "lib/query/promql_parser.h"

const char *promql_type_name(enum promql_type type)
{
    static const char *const names[] = {"scalar", "vector", "matrix", "string"};
    return names[type];
}

/* ---- the parser's steps ---- */

bool parser_step(struct parser *p)
{
    return promql_next_word(&p->r, &p->word);
}

bool parser_at(const struct parser *p, const char *mark)
{
    return p->word.kind == WORD_MARK && !strcmp(p->word.text, mark);
}

bool parser_at_name(const struct parser *p, const char *name)
{
    return p->word.kind == WORD_NAME && !strcasecmp(p->word.text, name);
}

static const char *shown_word(struct parser *p)
{
    if (p->word.kind == WORD_END)
        return "the end";
    const size_t len = p->word.to - p->word.from;
    return arena_printf(p->r.arena, "'%.*s'", (int)(len < 40 ? len : 40),
                        p->r.text + p->word.from);
}

bool parser_expected(struct parser *p, const char *what)
{
    return promql_fault_at(&p->r, p->word.from, "", "%s is expected here, not %s", what,
                           shown_word(p));
}

bool parser_take(struct parser *p, const char *mark)
{
    return parser_at(p, mark) ? parser_step(p) : parser_expected(p, mark);
}

struct promql_node *parser_node(struct parser *p, enum promql_kind kind, size_t at,
                                size_t arg_count)
{
    struct promql_node *n = arena_alloc(p->r.arena, sizeof(*n));
    n->kind = kind;
    n->at = (uint32_t)at;
    n->id = (uint32_t)p->node_count++;
    n->arg_count = (uint32_t)arg_count;
    n->args = arena_alloc(p->r.arena, (arg_count + 1) * sizeof(struct promql_node *));
    return n;
}

struct promql_node *parser_finish(struct parser *p, struct promql_node *n)
{
    n->depth = 1;
    for (size_t i = 0; i < n->arg_count; i++) {
        if (n->args[i]->depth >= n->depth)
            n->depth = n->args[i]->depth + 1;
    }
    if (n->depth > PROMQL_MAX_DEPTH || p->node_count > PROMQL_MAX_NODES) {
        promql_fault_at(&p->r, n->at, "record a part of it as a series of its own",
                        "the expression is too large from here on");
        return NULL;
    }
    return promql_type_node(&p->r, n) ? n : NULL;
}

/* (label, label) */
bool parser_labels(struct parser *p, struct names *ret)
{
    const char *items[PROMQL_MAX_ARGS];
    size_t count = 0;
    if (!parser_take(p, "("))
        return false;
    while (!parser_at(p, ")")) {
        const bool is_text = p->word.kind == WORD_TEXT;
        if (!is_text && (p->word.kind != WORD_NAME || strchr(p->word.text, ':')))
            return parser_expected(p, "a label");
        if (count == PROMQL_MAX_ARGS)
            return parser_expected(p, "the end of a list of 64 labels");
        items[count++] = p->word.text;
        if (!parser_step(p))
            return false;
        if (!parser_at(p, ")") && !parser_take(p, ","))
            return false;
    }
    ret->items = arena_memdup(p->r.arena, items, (count + 1) * sizeof(items[0]));
    ret->count = count;
    return parser_step(p);
}

/* ---- operators ---- */

struct binding {
    enum promql_op op;
    int power; /* binds tighter the higher it is */
};

static bool binding_of(const struct parser *p, struct binding *ret)
{
    static const int powers[] = {
        [OP_OR] = 1,         [OP_AND] = 2,       [OP_UNLESS] = 2,
        [OP_EQUAL] = 3,      [OP_NOT_EQUAL] = 3, [OP_LESS] = 3,
        [OP_LESS_EQUAL] = 3, [OP_GREATER] = 3,   [OP_GREATER_EQUAL] = 3,
        [OP_ADD] = 4,        [OP_SUBTRACT] = 4,  [OP_MULTIPLY] = 5,
        [OP_DIVIDE] = 5,     [OP_MODULO] = 5,    [OP_ATAN2] = 5,
        [OP_POWER] = 6,
    };
    for (size_t i = 0; i < ARRAY_LEN(powers); i++) {
        const char *text = promql_op_text((enum promql_op)i);
        if (!parser_at(p, text) && !parser_at_name(p, text))
            continue;
        *ret = (struct binding){(enum promql_op)i, powers[i]};
        return true;
    }
    return false;
}

#define SIGN_POWER 5 /* -a * b is (-a) * b, and -a ^ b is -(a ^ b) */

static bool parse_group_side(struct parser *p, struct promql_matching *m)
{
    const bool is_left = parser_at_name(p, "group_left");
    if (!is_left && !parser_at_name(p, "group_right"))
        return true;
    if (!m->is_given)
        return promql_fault_at(
            &p->r, p->word.from, "write on(…) or ignoring(…) before it",
            "group_%s needs labels to match by", is_left ? "left" : "right");
    m->many = is_left ? SIDE_LEFT : SIDE_RIGHT;
    return parser_step(p) && (!parser_at(p, "(") || parser_labels(p, &m->include));
}

/* bool, on, ignoring, group_left, group_right */
static bool parse_modifiers(struct parser *p, struct promql_node *n)
{
    struct promql_matching *m = &n->matching;
    if (parser_at_name(p, "bool")) {
        n->is_bool = true;
        if (!parser_step(p))
            return false;
    }
    m->is_on = parser_at_name(p, "on");
    m->is_given = m->is_on || parser_at_name(p, "ignoring");
    if (m->is_given && (!parser_step(p) || !parser_labels(p, &m->labels)))
        return false;
    return parse_group_side(p, m);
}

static struct promql_node *parse_sign(struct parser *p, int depth)
{
    const bool is_minus = parser_at(p, "-");
    struct promql_node *n =
        parser_node(p, is_minus ? PROMQL_NEGATE : PROMQL_PLUS, p->word.from, 1);
    if (!parser_step(p))
        return NULL;
    n->args[0] = parser_expression(p, SIGN_POWER, depth + 1);
    return n->args[0] ? parser_finish(p, n) : NULL;
}

static struct promql_node *parse_binary(struct parser *p, struct promql_node *left,
                                        struct binding b, int depth)
{
    struct promql_node *n = parser_node(p, PROMQL_BINARY, p->word.from, 2);
    const int right_power = b.op == OP_POWER ? b.power - 1 : b.power;
    n->op = b.op;
    n->args[0] = left;
    if (!parser_step(p) || !parse_modifiers(p, n))
        return NULL;
    n->args[1] = parser_expression(p, right_power, depth + 1);
    return n->args[1] ? parser_finish(p, n) : NULL;
}

struct promql_node *parser_expression(struct parser *p, int power, int depth)
{
    struct binding b;
    if (depth > PROMQL_MAX_DEPTH) {
        promql_fault_at(&p->r, p->word.from, "record a part of it as a series of its own",
                        "this is nested too deeply");
        return NULL;
    }
    const bool is_signed = parser_at(p, "-") || parser_at(p, "+");
    struct promql_node *left =
        is_signed ? parse_sign(p, depth) : parser_operand(p, depth);
    while (left && binding_of(p, &b) && b.power > power)
        left = parse_binary(p, left, b, depth);
    return left;
}

const struct promql *promql_parse(struct arena *arena, const char *text,
                                  struct promql_fault *ret_fault)
{
    struct parser p = {.r = {.arena = arena, .text = text, .fault = ret_fault}};
    if (strlen(text) > PROMQL_MAX_TEXT) {
        p.r.text = "";
        promql_fault_at(&p.r, 0, "", "an expression has at most %d bytes, this one %zu",
                        PROMQL_MAX_TEXT, strlen(text));
        return NULL;
    }
    if (!parser_step(&p))
        return NULL;
    struct promql *q = arena_alloc(arena, sizeof(*q));
    const struct promql_node *root = parser_expression(&p, 0, 0);
    if (root && p.word.kind != WORD_END)
        parser_expected(&p, "an operator or the end");
    if (!root || p.r.has_fault)
        return NULL;
    q->root = root;
    q->node_count = p.node_count;
    promql_finish(arena, q);
    return q;
}
