/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Works out the types in an expression and refuses, with column and advice, what could never be
 * evaluated. Called once, by expr_compile. What only a run can know (JSON, maps) is left to it.
 */
#include <string.h>

#include "lib/core/expr_names.h"

static bool check_index(struct checker *c, struct node *n)
{
    const struct node *whole = c->whole;
    c->whole = NULL;
    const bool fine = check_node(c, n->args[0]) && check_node(c, n->args[1]);
    c->whole = whole;
    if (!fine)
        return false;
    n->type = VALUE_JSON;
    const enum value_type type = n->args[0]->type, index = n->args[1]->type;
    const bool by_number =
        index == VALUE_NUMBER && (type == VALUE_LIST || type_is_open(type));
    const bool by_name = index == VALUE_TEXT && (type == VALUE_MAP || type_is_open(type));
    const bool open = type_is_open(index) &&
                      (type == VALUE_LIST || type == VALUE_MAP || type_is_open(type));
    return by_number || by_name || open ||
           expr_fault(c->x->text, n->args[1]->from, c->e,
                      "%s is %s, it cannot be indexed by %s", text_of(c, n->args[0]),
                      type_phrase(type), type_phrase(index));
}

/* ---- calls ---- */

static bool check_condition(struct checker *c, const struct node *n)
{
    return n->type == VALUE_BOOL || type_is_open(n->type) ||
           expr_fault(c->x->text, n->from, c->e,
                      "%s is %s, not true or false; compare it with something",
                      text_of(c, n), type_phrase(n->type));
}

static bool check_has(struct checker *c, struct node *n)
{
    n->kind = NODE_HAS;
    n->type = VALUE_BOOL;
    if (n->count != 1)
        return expr_fault(c->x->text, n->from, c->e, "write has(json.name)");
    if (!check_node(c, n->args[0]))
        return false;
    const enum node_kind kind = n->args[0]->kind;
    return kind == NODE_VAR || kind == NODE_MEMBER || kind == NODE_INDEX ||
           expr_fault(c->x->text, n->args[0]->from, c->e,
                      "has() asks for something by its path: has(json.name)");
}

static bool check_elements(struct checker *c, struct node *n)
{
    const bool all = strcmp(n->name, "all") == 0;
    n->kind = all ? NODE_ALL : NODE_EXISTS;
    n->type = VALUE_BOOL;
    if (n->count != 3 || n->args[1]->kind != NODE_NAME)
        return expr_fault(c->x->text, n->from, c->e,
                          "write list.%s(x, x.state == \"up\")", n->name);
    if (c->local_count == EXPR_LOCALS_MAX)
        return expr_fault(c->x->text, n->from, c->e,
                          "exists and all nest at most %d deep", EXPR_LOCALS_MAX);
    if (!check_node(c, n->args[0]))
        return false;
    if (!type_is_open(n->args[0]->type) && n->args[0]->type != VALUE_LIST)
        return expr_fault(c->x->text, n->args[0]->from, c->e, "%s is %s, not a list",
                          text_of(c, n->args[0]), type_phrase(n->args[0]->type));
    n->slot = c->local_count;
    c->locals[c->local_count++] = n->args[1]->name;
    const bool fine = check_node(c, n->args[2]) && check_condition(c, n->args[2]);
    c->local_count--;
    return fine;
}

/* Patterns, and literals that a function would never take: duration("5 minutes"). */
static bool check_literals(struct checker *c, struct node *n)
{
    const struct function *f = n->function;
    if (f->compile && n->args[1]->kind == NODE_LITERAL) {
        n->compiled = f->compile(c->arena, n->args[1]->value.text, c->e);
        if (n->compiled)
            return true;
        const struct err why = *c->e;
        return expr_fault(c->x->text, n->args[1]->from, c->e, "%s", why.text);
    }
    if (n->count != 1 || n->args[0]->kind != NODE_LITERAL)
        return true;
    struct eval ev;
    struct value value;
    eval_init(&ev, c->x, NULL, (struct wall){0}, c->arena);
    return f->call(&ev, n, &n->args[0]->value, &value) ||
           expr_fault(c->x->text, n->args[0]->from, c->e, "%s", ev.why);
}

static bool check_call(struct checker *c, struct node *n)
{
    if (strcmp(n->name, "has") == 0)
        return check_has(c, n);
    if (strcmp(n->name, "exists") == 0 || strcmp(n->name, "all") == 0)
        return check_elements(c, n);
    const struct function *f = n->function = function_find(n->name);
    for (size_t i = 0; i < n->count; i++) {
        if (!check_node(c, n->args[i]))
            return false;
    }
    if (!f)
        return unknown_function(c, n);
    if (n->count < f->min || n->count > f->max)
        return expr_fault(c->x->text, n->from, c->e, "write %s", f->usage);
    for (size_t i = 0; i < n->count; i++) {
        const enum value_type type = n->args[i]->type;
        if (!type_is_open(type) && !function_arg_fits(f, i, type))
            return expr_fault(c->x->text, n->args[i]->from, c->e, "%s is %s; write %s",
                              text_of(c, n->args[i]), type_phrase(type), f->usage);
    }
    n->type = f->result;
    if (f->result == VALUE_JSON && n->args[0]->type != VALUE_LIST)
        n->type = n->args[0]->type; /* abs, min, max: as what they are given */
    return check_literals(c, n);
}

/* ---- operators ---- */

static const char *phrase(enum value_type type)
{
    return type_is_open(type) ? "JSON" : type_phrase(type);
}

/* What to do about a literal is simpler than what to do about a value. */
static const char *literal_advice(const struct node *literal, enum value_type other)
{
    double number;
    if (literal->kind != NODE_LITERAL)
        return NULL;
    if (other == VALUE_NUMBER && literal->type == VALUE_TEXT &&
        bytes_to_double(literal->value.text, &number))
        return "write the number without quotes";
    if (other == VALUE_DURATION && literal->type == VALUE_NUMBER)
        return "give it a unit, as in 800ms or 5m";
    return NULL;
}

static bool refuse_pair(struct checker *c, const struct node *n, const char *advice)
{
    const struct node *a = n->args[0], *b = n->args[1];
    const char *simpler = literal_advice(a, b->type);
    if (!simpler)
        simpler = literal_advice(b, a->type);
    if (simpler)
        advice = simpler;
    return expr_fault(c->x->text, n->from, c->e, "%s is %s and %s is %s%s%s",
                      text_of(c, a), phrase(a->type), text_of(c, b), phrase(b->type),
                      *advice ? "; " : "", advice);
}

/* status in ["200"]: no element can be equal. */
static bool check_in_list(struct checker *c, const struct node *n)
{
    const struct node *left = n->args[0], *list = n->args[1];
    const struct node *wrong = NULL;
    if (list->kind != NODE_LIST || type_is_open(left->type))
        return true;
    for (size_t i = 0; i < list->count; i++) {
        if (!relation_refusal(OP_EQ, left->type, list->args[i]->type))
            return true;
        wrong = wrong ? wrong : list->args[i];
    }
    return !wrong || expr_fault(c->x->text, wrong->from, c->e, "%s is %s and %s is %s",
                                text_of(c, left), type_phrase(left->type),
                                text_of(c, wrong), type_phrase(wrong->type));
}

static bool check_pair(struct checker *c, struct node *n)
{
    if (!check_node(c, n->args[0]) || !check_node(c, n->args[1]))
        return false;
    const enum value_type a = n->args[0]->type, b = n->args[1]->type;
    if (n->kind == NODE_RELATION) {
        const char *advice = relation_refusal(n->op, a, b);
        n->type = VALUE_BOOL;
        return advice ? refuse_pair(c, n, advice) : n->op != OP_IN || check_in_list(c, n);
    }
    const char *both = "+ - take two of a kind, a time and a duration; * / also a number";
    return arithmetic_type(n->op, a, b, &n->type) || refuse_pair(c, n, both);
}

static bool check_negate(struct checker *c, struct node *n)
{
    if (!check_node(c, n->args[0]))
        return false;
    n->type = n->args[0]->type;
    const unsigned signs =
        TYPES(VALUE_NUMBER) | TYPES(VALUE_DURATION) | TYPES(VALUE_PERCENT);
    return type_is_open(n->type) || (signs & TYPES(n->type)) ||
           expr_fault(c->x->text, n->from, c->e,
                      "%s is %s; - takes a number, duration or percentage",
                      text_of(c, n->args[0]), type_phrase(n->type));
}

static bool check_choose(struct checker *c, struct node *n)
{
    for (size_t i = 0; i < 3; i++) {
        if (!check_node(c, n->args[i]))
            return false;
    }
    n->type = n->args[1]->type == n->args[2]->type ? n->args[1]->type : VALUE_JSON;
    return check_condition(c, n->args[0]);
}

static bool check_conditions(struct checker *c, struct node *n)
{
    n->type = VALUE_BOOL;
    for (size_t i = 0; i < n->count; i++) {
        if (!check_node(c, n->args[i]) || !check_condition(c, n->args[i]))
            return false;
    }
    return true;
}

static bool check_list(struct checker *c, struct node *n)
{
    n->type = VALUE_LIST;
    for (size_t i = 0; i < n->count; i++) {
        if (!check_node(c, n->args[i]))
            return false;
    }
    return true;
}

bool check_node(struct checker *c, struct node *n)
{
    switch (n->kind) {
    case NODE_LITERAL:
        n->type = n->value.type;
        return true;
    case NODE_NAME:
        return check_name(c, n);
    case NODE_MEMBER:
        return check_member(c, n);
    case NODE_INDEX:
        return check_index(c, n);
    case NODE_LIST:
        return check_list(c, n);
    case NODE_NOT:
    case NODE_AND:
    case NODE_OR:
        return check_conditions(c, n);
    case NODE_NEGATE:
        return check_negate(c, n);
    case NODE_RELATION:
    case NODE_ARITHMETIC:
        return check_pair(c, n);
    case NODE_CHOOSE:
        return check_choose(c, n);
    case NODE_CALL:
        return check_call(c, n);
    case NODE_VAR:
    case NODE_LOCAL:
    case NODE_HAS:
    case NODE_EXISTS:
    case NODE_ALL:
        break; /* made here, from the others */
    }
    return true;
}

bool expr_check(struct expr *x, struct arena *arena, const struct var *const *vars,
                struct err *e)
{
    struct checker c = {.x = x, .arena = arena, .vars = vars, .e = e};
    return check_node(&c, x->root);
}
