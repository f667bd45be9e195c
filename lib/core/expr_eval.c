/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of expressions: walks the tree, fetches what it names, once each, under a budget of
 * steps. Decides nothing about types (expr_operators) and words (expr_detail). Never lets a
 * missing value stand for 0, false or "".
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/expr_tree.h"

enum { KEYS_SHOWN = 6, KEYS_TRIED = 64, FAIL_STEPS = 10 };

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

/* ---- paths ---- */

/* Fails because something is not there; said of the whole path. */
static bool absent(struct eval *ev, const struct node *n, const char *why)
{
    eval_fail(ev, ev->path ? ev->path : n, "%s", why);
    ev->missing = true;
    return false;
}

static bool eval_var(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct cached_var *cached = &ev->vars[n->slot];
    if (cached->state == CACHE_EMPTY) {
        struct err why = {{0}};
        struct value value = {.type = VALUE_NONE};
        const bool got = ev->x->uses[n->slot]->get(ev->run, ev->arena, &value, &why);
        const bool there = got && value.type != VALUE_NONE;
        cached->state = there ? CACHE_VALUE : CACHE_MISSING;
        cached->value = value_take(value);
        if (!there)
            cached->why =
                arena_strdup(ev->arena, why.text[0] ? why.text : "this run has none");
    }
    if (cached->state == CACHE_MISSING) {
        absent(ev, n, cached->why);
        /* !has(json.error) must not hold because an error page came, which is no JSON */
        ev->missing = !ev->path;
        return false;
    }
    *ret_value = cached->value;
    return true;
}

static const char *keys_hint(struct eval *ev, const json_t *object, const char *wanted)
{
    const char *keys[KEYS_TRIED + 1] = {NULL};
    size_t count = 0;
    struct buf hint = BUF_MAX(512);
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)object, key, item) {
        if (count < KEYS_SHOWN)
            buf_printf(&hint, "%s%.60s", count ? ", " : "; it has ", key);
        if (count < KEYS_TRIED)
            keys[count++] = key;
    }
    if (count > KEYS_SHOWN)
        buf_add_text(&hint, ", …");
    const char *nearest = nearest_word(wanted, keys);
    const char *text = nearest
                           ? arena_printf(ev->arena, "; did you mean \"%s\"?", nearest)
                           : arena_strdup(ev->arena, buf_text(&hint));
    buf_finish(&hint);
    return count ? text : "; it is empty";
}

static const char *parent_text(struct eval *ev, const struct node *n)
{
    return node_text(ev->x, n->args[0], ev->arena);
}

static bool no_member(struct eval *ev, const struct node *n, const struct value *object,
                      struct bytes name)
{
    const char *where = parent_text(ev, n);
    const struct value text = value_text(name);
    const char *shown = value_brief(&text, ev->arena);
    if (object->type == VALUE_NULL)
        return absent(ev, n, arena_printf(ev->arena, "%s is null", where));
    if (object->type == VALUE_MAP)
        return absent(ev, n, arena_printf(ev->arena, "%s has no %s", where, shown));
    if (object->type == VALUE_JSON && json_is_object(object->json)) {
        const char *key = arena_strndup(ev->arena, name.ptr, name.len);
        return absent(ev, n,
                      arena_printf(ev->arena, "%s has no %s%s", where, shown,
                                   keys_hint(ev, object->json, key)));
    }
    return absent(ev, n,
                  arena_printf(ev->arena, "%s is %s (%s), it has no %s", where,
                               is_list(object) ? "a list" : type_phrase(object->type),
                               value_brief(object, ev->arena), shown));
}

static bool get_member(struct eval *ev, const struct node *n, const struct value *object,
                       struct bytes name, struct value *ret_value)
{
    struct value found = {.type = VALUE_NONE};
    if (object->type == VALUE_MAP &&
        !object->lookup(object->map, name, ev->arena, &found))
        return no_member(ev, n, object, name);
    if (object->type == VALUE_JSON && json_is_object(object->json))
        found = value_json(json_object_getn(object->json, name.ptr, name.len));
    if (found.type == VALUE_NONE)
        return no_member(ev, n, object, name);
    *ret_value = value_take(found);
    return true;
}

static bool get_element(struct eval *ev, const struct node *n, const struct value *list,
                        double index, struct value *ret_value)
{
    if (list->type == VALUE_NULL)
        return absent(ev, n, arena_printf(ev->arena, "%s is null", parent_text(ev, n)));
    if (!is_list(list)) {
        const bool object = list->type == VALUE_JSON;
        return absent(
            ev, n,
            arena_printf(ev->arena, "%s is %s, it has no [%g]", parent_text(ev, n),
                         object ? "an object" : type_phrase(list->type), index));
    }
    if (floor(index) != index || index < 0)
        return eval_fail(ev, n, "an index is a whole number from 0 on, not %g", index);
    const size_t count = value_count(list);
    if (index >= (double)count)
        return absent(ev, n,
                      arena_printf(ev->arena, "%s has %zu element%s", parent_text(ev, n),
                                   count, count == 1 ? "" : "s"));
    *ret_value = value_take(list_at(list, (size_t)index));
    return true;
}

static bool follow(struct eval *ev, const struct node *n, struct value *ret_value)
{
    struct value object, index;
    if (!eval_node(ev, n->args[0], &object))
        return false;
    if (n->kind == NODE_MEMBER)
        return get_member(ev, n, &object, bytes_of(n->name), ret_value);

    const struct node *path = ev->path;
    ev->path = NULL;
    const bool got = eval_node(ev, n->args[1], &index);
    ev->path = path;
    if (!got)
        return false;
    if (index.type == VALUE_TEXT)
        return get_member(ev, n, &object, index.text, ret_value);
    if (index.type == VALUE_NUMBER)
        return get_element(ev, n, &object, index.number, ret_value);
    return eval_fail(ev, n, "an index is a number or text, not %s",
                     type_phrase(index.type));
}

static bool eval_path(struct eval *ev, const struct node *n, struct value *ret_value)
{
    const struct node *outer = ev->path;
    if (!outer)
        ev->path = n;
    const bool got = follow(ev, n, ret_value);
    ev->path = outer;
    return got;
}

/* ---- operators ---- */

bool eval_truth(struct eval *ev, const struct node *n, bool *ret_truth)
{
    struct value v;
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
        bool truth;
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
