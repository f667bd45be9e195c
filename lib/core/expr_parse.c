/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From words to a tree, with CEL's precedence: ?: || && relations + * unary and then members.
 * Called by expr_compile; knows nothing of names and types.
 */
#include <assert.h>
#include <string.h>

#include "lib/core/expr_tree.h"

struct parser {
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
    size_t last;        /* where the one before ended */
    unsigned depth;
};

struct nodes {
    struct node **items;
    size_t count, size;
};

static bool parse_choose(struct parser *p, struct node **ret_node);

static bool fault(struct parser *p, size_t at, const char *why)
{
    return expr_fault(p->lexer.text, at, p->lexer.e, "%s", why);
}

static bool advance(struct parser *p)
{
    p->last = p->token.to;
    return lexer_next(&p->lexer, &p->token);
}

static bool at_mark(const struct parser *p, const char *mark)
{
    return p->token.kind == TOKEN_MARK && strcmp(p->token.mark, mark) == 0;
}

static struct bytes token_text(const struct parser *p)
{
    return (struct bytes){p->lexer.text + p->token.from, p->token.to - p->token.from};
}

static bool at_name(const struct parser *p, const char *name)
{
    return p->token.kind == TOKEN_NAME && bytes_is(token_text(p), name);
}

/* What stands where something else was expected. */
static bool unexpected(struct parser *p, const char *expected)
{
    static const struct {
        const char *word, *advice;
    } words[] = {{"and", "; write &&"}, {"or", "; write ||"},  {"not", "; write !"},
                 {"is", "; write =="},  {"AND", "; write &&"}, {"OR", "; write ||"}};
    const struct bytes text = token_text(p);
    const char *advice = "";
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (at_name(p, words[i].word))
            advice = words[i].advice;
    }
    if (p->token.kind == TOKEN_END)
        return expr_fault(p->lexer.text, p->token.from, p->lexer.e,
                          "the expression ends where %s is expected", expected);
    return expr_fault(p->lexer.text, p->token.from, p->lexer.e,
                      "expected %s, found %.*s%s", expected,
                      (int)(text.len < 40 ? text.len : 40), text.ptr, advice);
}

static bool expect(struct parser *p, const char *mark, const char *expected)
{
    if (!at_mark(p, mark))
        return unexpected(p, expected);
    return advance(p);
}

/* ---- nodes ---- */

static void nodes_add(struct parser *p, struct nodes *nodes, struct node *n)
{
    assert(n); /* a parser that says true has set its node */
    if (nodes->count == nodes->size) {
        nodes->size = nodes->size ? nodes->size * 2 : 4;
        struct node **items = arena_alloc(p->lexer.arena, nodes->size * sizeof(*items));
        if (nodes->count)
            memcpy(items, nodes->items, nodes->count * sizeof(*items));
        nodes->items = items;
    }
    nodes->items[nodes->count++] = n;
}

static bool make(struct parser *p, enum node_kind kind, size_t from,
                 const struct nodes *args, struct node **ret_node)
{
    size_t depth = 0;
    for (size_t i = 0; i < args->count; i++) {
        if (args->items[i]->depth > depth)
            depth = args->items[i]->depth;
    }
    if (depth >= EXPR_DEPTH_MAX)
        return fault(p, from, "this is nested more than 64 deep; split it");
    struct node *n = arena_alloc(p->lexer.arena, sizeof(*n));
    *n = (struct node){.kind = kind, .from = from, .to = p->last, .depth = depth + 1};
    n->args = args->items;
    n->count = args->count;
    *ret_node = n;
    return true;
}

static bool make_pair(struct parser *p, enum node_kind kind, enum operator_kind op,
                      struct node *left, struct node *right, struct node **ret_node)
{
    assert(left && right);
    struct nodes args = {0};
    nodes_add(p, &args, left);
    nodes_add(p, &args, right);
    if (!make(p, kind, left->from, &args, ret_node))
        return false;
    (*ret_node)->op = op;
    return true;
}

/* ---- from the inside out ---- */

/* Items up to the closing mark, which is taken. */
static bool parse_items(struct parser *p, const char *close, struct nodes *items)
{
    while (!at_mark(p, close)) {
        struct node *item = NULL;
        if (items->count >= EXPR_LIST_MAX)
            return fault(p, p->token.from, "a list has at most 1000 elements");
        if (!parse_choose(p, &item))
            return false;
        nodes_add(p, items, item);
        if (at_mark(p, close))
            break;
        if (!expect(p, ",", *close == ')' ? "',' or ')'" : "',' or ']'"))
            return false;
    }
    return advance(p);
}

static bool parse_call(struct parser *p, size_t from, const char *name,
                       struct node *receiver, struct node **ret_node)
{
    struct nodes args = {0};
    if (receiver)
        nodes_add(p, &args, receiver);
    if (!advance(p) || !parse_items(p, ")", &args) ||
        !make(p, NODE_CALL, from, &args, ret_node))
        return false;
    (*ret_node)->name = name;
    (*ret_node)->method = receiver != NULL;
    return true;
}

static bool parse_primary(struct parser *p, struct node **ret_node)
{
    const size_t from = p->token.from;
    struct nodes args = {0};
    if (p->token.kind == TOKEN_LITERAL) {
        const struct value value = p->token.value;
        if (!advance(p) || !make(p, NODE_LITERAL, from, &args, ret_node))
            return false;
        (*ret_node)->value = value;
        return true;
    }
    if (p->token.kind == TOKEN_NAME) {
        const struct bytes text = token_text(p);
        if (bytes_is(text, "not") || bytes_is(text, "in"))
            return unexpected(p, "a value");
        const char *name = arena_strndup(p->lexer.arena, text.ptr, text.len);
        if (!advance(p))
            return false;
        if (at_mark(p, "("))
            return parse_call(p, from, name, NULL, ret_node);
        if (!make(p, NODE_NAME, from, &args, ret_node))
            return false;
        (*ret_node)->name = name;
        return true;
    }
    if (at_mark(p, "(")) {
        if (!advance(p) || !parse_choose(p, ret_node) || !expect(p, ")", "')'"))
            return false;
        (*ret_node)->from = from;
        (*ret_node)->to = p->last;
        return true;
    }
    if (at_mark(p, "["))
        return advance(p) && parse_items(p, "]", &args) &&
               make(p, NODE_LIST, from, &args, ret_node);
    return unexpected(p, "a value");
}

static bool parse_member(struct parser *p, struct node **n)
{
    assert(*n);
    if (!advance(p))
        return false;
    if (p->token.kind != TOKEN_NAME)
        return unexpected(p, "a name (write a[\"b-c\"] for names with other characters)");
    const struct bytes text = token_text(p);
    const char *name = arena_strndup(p->lexer.arena, text.ptr, text.len);
    struct node *object = *n;
    if (!advance(p))
        return false;
    if (at_mark(p, "("))
        return parse_call(p, object->from, name, object, n);
    struct nodes args = {0};
    nodes_add(p, &args, object);
    if (!make(p, NODE_MEMBER, object->from, &args, n))
        return false;
    (*n)->name = name;
    return true;
}

static bool parse_postfix(struct parser *p, struct node **ret_node)
{
    if (!parse_primary(p, ret_node))
        return false;
    for (;;) {
        if (at_mark(p, ".")) {
            if (!parse_member(p, ret_node))
                return false;
        } else if (at_mark(p, "[")) {
            struct node *index = NULL;
            if (!advance(p) || !parse_choose(p, &index) || !expect(p, "]", "']'") ||
                !make_pair(p, NODE_INDEX, OP_NONE, *ret_node, index, ret_node))
                return false;
        } else {
            return true;
        }
    }
}

static bool parse_unary(struct parser *p, struct node **ret_node)
{
    const size_t from = p->token.from;
    const bool minus = at_mark(p, "-");
    if (!minus && !at_mark(p, "!"))
        return parse_postfix(p, ret_node);
    if (++p->depth > EXPR_DEPTH_MAX)
        return fault(p, from, "this is nested more than 64 deep; split it");
    struct node *operand = NULL;
    if (!advance(p) || !parse_unary(p, &operand))
        return false;
    p->depth--;
    struct nodes args = {0};
    nodes_add(p, &args, operand);
    return make(p, minus ? NODE_NEGATE : NODE_NOT, from, &args, ret_node);
}

static enum operator_kind operator_at(const struct parser *p, enum operator_kind first,
                                      enum operator_kind last)
{
    for (enum operator_kind op = first; op <= last; op++) {
        if (op == OP_IN ? at_name(p, "in") : at_mark(p, operator_text(op)))
            return op;
    }
    return OP_NONE;
}

static bool parse_product(struct parser *p, struct node **ret_node)
{
    if (!parse_unary(p, ret_node))
        return false;
    enum operator_kind op;
    while ((op = operator_at(p, OP_MUL, OP_MOD)) != OP_NONE) {
        struct node *right = NULL;
        if (!advance(p) || !parse_unary(p, &right) ||
            !make_pair(p, NODE_ARITHMETIC, op, *ret_node, right, ret_node))
            return false;
    }
    return true;
}

static bool parse_sum(struct parser *p, struct node **ret_node)
{
    if (!parse_product(p, ret_node))
        return false;
    enum operator_kind op;
    while ((op = operator_at(p, OP_ADD, OP_SUB)) != OP_NONE) {
        struct node *right = NULL;
        if (!advance(p) || !parse_product(p, &right) ||
            !make_pair(p, NODE_ARITHMETIC, op, *ret_node, right, ret_node))
            return false;
    }
    return true;
}

static bool parse_relation(struct parser *p, struct node **ret_node)
{
    struct node *right = NULL;
    if (!parse_sum(p, ret_node))
        return false;
    const enum operator_kind op = operator_at(p, OP_EQ, OP_IN);
    if (op == OP_NONE)
        return true;
    if (!advance(p) || !parse_sum(p, &right) ||
        !make_pair(p, NODE_RELATION, op, *ret_node, right, ret_node))
        return false;
    if (operator_at(p, OP_EQ, OP_IN) != OP_NONE)
        return fault(p, p->token.from, "comparisons do not chain; write a < b && b < c");
    return true;
}

/* a && b && c is one node, so that long chains are not deep. */
static bool parse_chain(struct parser *p, enum node_kind kind, struct node **ret_node)
{
    const char *mark = kind == NODE_AND ? "&&" : "||";
    const size_t from = p->token.from;
    struct nodes args = {0};
    for (;;) {
        struct node *part = NULL;
        if (!(kind == NODE_AND ? parse_relation(p, &part)
                               : parse_chain(p, NODE_AND, &part)))
            return false;
        nodes_add(p, &args, part);
        if (!at_mark(p, mark))
            break;
        if (!advance(p))
            return false;
    }
    *ret_node = args.items[0];
    return args.count == 1 || make(p, kind, from, &args, ret_node);
}

static bool parse_choose(struct parser *p, struct node **ret_node)
{
    const size_t from = p->token.from;
    struct node *part = NULL;
    if (++p->depth > EXPR_DEPTH_MAX)
        return fault(p, from, "this is nested more than 64 deep; split it");
    if (!parse_chain(p, NODE_OR, ret_node))
        return false;
    if (at_mark(p, "?")) {
        struct nodes args = {0};
        nodes_add(p, &args, *ret_node);
        if (!advance(p) || !parse_choose(p, &part) ||
            !expect(p, ":", "':' (as in a ? b : c)"))
            return false;
        nodes_add(p, &args, part);
        if (!parse_choose(p, &part))
            return false;
        nodes_add(p, &args, part);
        if (!make(p, NODE_CHOOSE, from, &args, ret_node))
            return false;
    }
    p->depth--;
    return true;
}

bool expr_parse(struct arena *arena, const char *text, struct node **ret_root,
                struct err *e)
{
    struct parser p = {.lexer = {.text = text, .arena = arena, .e = e}};
    if (strlen(text) > EXPR_TEXT_MAX)
        return err_set(e, "the expression has %zu bytes; at most %d are allowed",
                       strlen(text), EXPR_TEXT_MAX);
    struct node *root = NULL;
    if (!advance(&p) || !parse_choose(&p, &root))
        return false;
    if (p.token.kind != TOKEN_END)
        return unexpected(&p, "an operator or the end");
    *ret_root = root;
    return true;
}
