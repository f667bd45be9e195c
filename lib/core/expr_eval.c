/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of expressions: walks the tree, fetches what it names, once each, under a budget of
 * steps. Decides nothing about types (expr_operators) and words (expr_detail). Never lets a
 * missing value stand for 0, false or "".
 */
#include <stdarg.h>

#include "lib/core/expr_tree.h"

enum { FAIL_STEPS = 10 };

void eval_init(struct eval *ev, const struct expr *x, struct run *run, struct wall now,
               struct arena *arena)
{
    *ev = (struct eval){
        .x = x, .run = run, .now = now, .arena = arena, .steps = EXPR_STEPS};
    if (x->use_count > 0)
        ev->vars = arena_alloc(arena, x->use_count * sizeof(*ev->vars));
}

bool eval_fail(struct eval *ev, const struct node *n, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    ev->why = arena_vprintf(ev->arena, fmt, args);
    va_end(args);
    ev->failed = n;
    ev->missing = false;
    ev->steps -= ev->steps < FAIL_STEPS ? ev->steps : FAIL_STEPS;
    return false;
}

void eval_forgive(struct eval *ev)
{
    ev->failed = NULL;
    ev->why = NULL;
    ev->missing = false;
}

bool eval_work(struct eval *ev, const struct node *n, size_t steps)
{
    if (steps < ev->steps) {
        ev->steps -= steps;
        return true;
    }
    ev->steps = 0;
    return eval_fail(ev, n, "this is too much work: more than %d steps", EXPR_STEPS);
}

/* ---- lists ---- */

bool is_list(const struct value *v)
{
    return v->type == VALUE_LIST || (v->type == VALUE_JSON && json_is_array(v->json));
}

size_t value_count(const struct value *list)
{
    if (list->type == VALUE_LIST)
        return list->count;
    return json_is_array(list->json) ? json_array_size(list->json)
                                     : json_object_size(list->json);
}

struct value list_at(const struct value *list, size_t i)
{
    return list->type == VALUE_LIST ? list->items[i]
                                    : value_json(json_array_get(list->json, i));
}

/* ---- operators ---- */

bool eval_truth(struct eval *ev, const struct node *n, bool *ret_truth)
{
    struct value v = {0};
    if (!eval_node(ev, n, &v))
        return false;
    if (v.type != VALUE_BOOL)
        return eval_fail(ev, n, "%s is %s (%s), not true or false",
                         node_text(ev->x, n, ev->arena), type_phrase(v.type),
                         value_brief(&v, ev->arena));
    *ret_truth = v.truth;
    return true;
}

/* CEL's && and ||: what decides wins, wherever it stands; else an error stays one. */
static bool eval_chain(struct eval *ev, const struct node *n, struct value *ret_value)
{
    const bool decides = n->kind == NODE_OR;
    const struct node *failed = NULL;
    const char *why = NULL;
    bool missing = false;
    for (size_t i = 0; i < n->count; i++) {
        bool truth = false;
        if (eval_truth(ev, n->args[i], &truth)) {
            if (truth != decides)
                continue;
            eval_forgive(ev);
            *ret_value = value_bool(decides);
            return true;
        }
        if (!failed) {
            failed = ev->failed;
            why = ev->why;
            missing = ev->missing;
        }
    }
    if (!failed) {
        *ret_value = value_bool(!decides);
        return true;
    }
    ev->failed = failed;
    ev->why = why;
    ev->missing = missing;
    return false;
}

static bool eval_has(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value v;
    const bool there = eval_node(ev, n->args[0], &v);
    if (!there && !ev->missing)
        return false;
    eval_forgive(ev);
    *ret_value = value_bool(there);
    return true;
}

struct elements elements_of(const struct value *list)
{
    const bool object = list->type == VALUE_JSON && json_is_object(list->json);
    return (struct elements){
        .list = *list,
        .iter = object ? json_object_iter((json_t *)(uintptr_t)list->json) : NULL};
}

bool elements_next(struct elements *in, struct value *ret_element)
{
    if (in->next == value_count(&in->list))
        return false;
    if (in->iter) {
        *ret_element = value_text(bytes_of(json_object_iter_key(in->iter)));
        in->iter = json_object_iter_next((json_t *)(uintptr_t)in->list.json, in->iter);
    } else {
        *ret_element = value_take(list_at(&in->list, in->next));
    }
    in->next++;
    return true;
}

const char *element_text(struct eval *ev, const struct node *n, const struct elements *in)
{
    const char *list = node_text(ev->x, n->args[0], ev->arena);
    if (is_list(&in->list))
        return arena_printf(ev->arena, "%s[%zu]", list, in->next - 1);
    return value_brief(&ev->locals[n->slot], ev->arena);
}

/* exists and all: || and && over the elements (of an object: its keys). */
static bool eval_elements(struct eval *ev, const struct node *n, struct value *ret_value)
{
    const bool decides = n->kind == NODE_EXISTS;
    struct value list;
    if (!eval_node(ev, n->args[0], &list))
        return false;
    if (list.type != VALUE_LIST && list.type != VALUE_JSON)
        return eval_fail(ev, n, "%s is %s, not a list",
                         node_text(ev->x, n->args[0], ev->arena), type_phrase(list.type));
    struct eval first = {.failed = NULL};
    struct elements elements = elements_of(&list);
    while (ev->steps > 0 && elements_next(&elements, &ev->locals[n->slot])) {
        bool truth = false;
        if (eval_truth(ev, n->args[2], &truth)) {
            if (truth != decides)
                continue;
            eval_forgive(ev);
            *ret_value = value_bool(decides);
            return true;
        }
        if (!first.failed) {
            first = *ev;
            first.why = arena_printf(ev->arena, "%s (%s is %s)", ev->why,
                                     n->args[1]->name, element_text(ev, n, &elements));
        }
    }
    *ret_value = value_bool(!decides);
    if (!first.failed || ev->steps == 0)
        return eval_work(ev, n, 0);
    ev->failed = first.failed;
    ev->why = first.why;
    ev->missing = first.missing;
    return false;
}

static bool eval_pair(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value a, b;
    if (!eval_node(ev, n->args[0], &a) || !eval_node(ev, n->args[1], &b))
        return false;
    if (n->kind == NODE_ARITHMETIC)
        return eval_arithmetic(ev, n, &a, &b, ret_value);
    bool holds = false;
    if (!eval_relation(ev, n, &a, &b, &holds))
        return false;
    *ret_value = value_bool(holds);
    return true;
}

static bool eval_negate(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value v;
    if (!eval_node(ev, n->args[0], &v))
        return false;
    if (v.type != VALUE_NUMBER && v.type != VALUE_DURATION && v.type != VALUE_PERCENT)
        return eval_fail(ev, n, "%s is %s; - takes a number, duration or percentage",
                         node_text(ev->x, n->args[0], ev->arena), type_phrase(v.type));
    v.number = -v.number;
    v.ns = v.ns == INT64_MIN ? INT64_MAX : -v.ns;
    v.json = NULL;
    *ret_value = v;
    return true;
}

static bool eval_list(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value *items = arena_try_alloc(ev->arena, (n->count + 1) * sizeof(*items));
    if (!items)
        return eval_fail(ev, n, "this list is too long");
    for (size_t i = 0; i < n->count; i++) {
        if (!eval_node(ev, n->args[i], &items[i]))
            return false;
    }
    *ret_value = (struct value){.type = VALUE_LIST, .items = items, .count = n->count};
    return true;
}

static bool eval_call(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value args[EXPR_ARGS_MAX];
    for (size_t i = 0; i < n->count; i++) {
        if (!eval_node(ev, n->args[i], &args[i]))
            return false;
        if (!function_arg_fits(n->function, i, args[i].type))
            return eval_fail(ev, n, "%s is %s (%s); write %s",
                             node_text(ev->x, n->args[i], ev->arena),
                             type_phrase(args[i].type), value_brief(&args[i], ev->arena),
                             n->function->usage);
    }
    struct value result;
    if (!n->function->call(ev, n, args, &result))
        return false;
    *ret_value = value_take(result);
    return true;
}

static bool eval_not(struct eval *ev, const struct node *n, struct value *ret_value)
{
    bool truth = false;
    if (!eval_truth(ev, n->args[0], &truth))
        return false;
    *ret_value = value_bool(!truth);
    return true;
}

static bool eval_choose(struct eval *ev, const struct node *n, struct value *ret_value)
{
    bool truth = false;
    return eval_truth(ev, n->args[0], &truth) &&
           eval_node(ev, n->args[truth ? 1 : 2], ret_value);
}

static bool eval_inner(struct eval *ev, const struct node *n, struct value *ret_value)
{
    switch (n->kind) {
    case NODE_LITERAL:
        *ret_value = n->value;
        return true;
    case NODE_LOCAL:
        *ret_value = ev->locals[n->slot];
        return true;
    case NODE_VAR:
        return eval_var(ev, n, ret_value);
    case NODE_MEMBER:
    case NODE_INDEX:
        return eval_path(ev, n, ret_value);
    case NODE_LIST:
        return eval_list(ev, n, ret_value);
    case NODE_NOT:
        return eval_not(ev, n, ret_value);
    case NODE_NEGATE:
        return eval_negate(ev, n, ret_value);
    case NODE_AND:
    case NODE_OR:
        return eval_chain(ev, n, ret_value);
    case NODE_RELATION:
    case NODE_ARITHMETIC:
        return eval_pair(ev, n, ret_value);
    case NODE_CHOOSE:
        return eval_choose(ev, n, ret_value);
    case NODE_CALL:
        return eval_call(ev, n, ret_value);
    case NODE_HAS:
        return eval_has(ev, n, ret_value);
    case NODE_EXISTS:
    case NODE_ALL:
        return eval_elements(ev, n, ret_value);
    case NODE_NAME:
        break; /* checked trees have none */
    }
    return eval_fail(ev, n, "this name has no meaning");
}

bool eval_node(struct eval *ev, const struct node *n, struct value *ret_value)
{
    if (!eval_work(ev, n, 1))
        return false;
    const struct node *path = ev->path;
    if (n->kind != NODE_MEMBER && n->kind != NODE_INDEX && n->kind != NODE_VAR)
        ev->path = NULL;
    const bool got = eval_inner(ev, n, ret_value);
    ev->path = path;
    return got;
}
