/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches what an expression names: a variable, once each, then members and elements. What is not
 * there is said of the whole path, with what was there instead. Called by expr_eval.c; never lets
 * a missing value stand for 0, false or "".
 */
#include <math.h>

#include "lib/base/glob.h"
#include "lib/core/expr_tree.h"

enum { KEYS_SHOWN = 6, KEYS_TRIED = 64 };

/* Fails because something is not there; said of the whole path. */
static bool absent(struct eval *ev, const struct node *n, const char *why)
{
    eval_fail(ev, ev->path ? ev->path : n, "%s", why);
    ev->missing = true;
    return false;
}

bool eval_var(struct eval *ev, const struct node *n, struct value *ret_value)
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

bool eval_path(struct eval *ev, const struct node *n, struct value *ret_value)
{
    const struct node *outer = ev->path;
    if (!outer)
        ev->path = n;
    const bool got = follow(ev, n, ret_value);
    ev->path = outer;
    return got;
}
