/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies a JSONPath to a document, under a budget of steps. Called by the jsonpath() function of
 * expressions. Selects only; never changes or copies a document.
 */
#include <stdint.h>
#include <string.h>

#include "lib/core/jsonpath_tree.h"

struct selection {
    struct arena *arena;
    size_t *steps;
    size_t max;
};

static bool add(struct selection *sel, struct json_nodes *nodes, const json_t *node)
{
    if (!node)
        return true;
    if (*sel->steps == 0 || nodes->count == sel->max)
        return false;
    (*sel->steps)--;
    if (nodes->count == nodes->size) {
        nodes->size = nodes->size ? nodes->size * 2 : 4;
        const json_t **items = arena_alloc(sel->arena, nodes->size * sizeof(*items));
        if (nodes->count)
            memcpy(items, nodes->items, nodes->count * sizeof(*items));
        nodes->items = items;
    }
    nodes->items[nodes->count++] = node;
    return true;
}

static bool add_descendants(struct selection *sel, struct json_nodes *nodes,
                            const json_t *node)
{
    const char *key;
    json_t *item;
    if (!add(sel, nodes, node))
        return false;
    if (json_is_object(node)) {
        json_object_foreach ((json_t *)(uintptr_t)node, key, item) {
            if (!add_descendants(sel, nodes, item))
                return false;
        }
    }
    for (size_t i = 0; i < json_array_size(node); i++) {
        if (!add_descendants(sel, nodes, json_array_get(node, i)))
            return false;
    }
    return true;
}

static int order(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        const double x = json_number_value(a), y = json_number_value(b);
        return (x > y) - (x < y);
    }
    return strcmp(json_string_value(a), json_string_value(b));
}

static bool equal(const json_t *a, const json_t *b)
{
    return json_is_number(a) && json_is_number(b) ? order(a, b) == 0 : json_equal(a, b);
}

static bool compares(const struct selector *s, const json_t *found)
{
    const json_t *literal = s->literal;
    const bool ordered = found && ((json_is_number(found) && json_is_number(literal)) ||
                                   (json_is_string(found) && json_is_string(literal)));
    switch (s->comparison) {
    case COMPARE_EXISTS:
        return found != NULL;
    case COMPARE_EQ:
        return found && equal(found, literal);
    case COMPARE_NE:
        return !found || !equal(found, literal);
    case COMPARE_LT:
        return ordered && order(found, literal) < 0;
    case COMPARE_LE:
        return ordered && order(found, literal) <= 0;
    case COMPARE_GT:
        return ordered && order(found, literal) > 0;
    case COMPARE_GE:
        return ordered && order(found, literal) >= 0;
    }
    return false;
}

static bool filter_takes(const struct selector *s, struct selection *sel,
                         const json_t *item)
{
    struct json_nodes found = {0};
    *sel->steps -= *sel->steps > 0;
    if (!jsonpath_select(s->filter, item, sel->arena, sel->steps, &found))
        return false;
    return compares(s, found.count > 0 ? found.items[0] : NULL);
}

/* All children, or those that a filter takes. */
static bool add_children(const struct selector *s, struct selection *sel,
                         const json_t *node, struct json_nodes *nodes)
{
    const char *key;
    json_t *item;
    const bool all = s->kind == SELECT_ALL;
    if (json_is_object(node)) {
        json_object_foreach ((json_t *)(uintptr_t)node, key, item) {
            if ((all || filter_takes(s, sel, item)) && !add(sel, nodes, item))
                return false;
        }
    }
    for (size_t i = 0; i < json_array_size(node); i++) {
        item = json_array_get(node, i);
        if ((all || filter_takes(s, sel, item)) && !add(sel, nodes, item))
            return false;
    }
    return true;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* RFC 9535 §2.3.4.2 */
static bool add_slice(const struct selector *s, struct selection *sel, const json_t *node,
                      struct json_nodes *nodes)
{
    const int64_t count = (int64_t)json_array_size(node);
    const bool up = s->step > 0;
    int64_t from = s->has_from ? s->from : up ? 0 : count - 1;
    int64_t to = s->has_to ? s->to : up ? count : -count - 1;
    from = from < 0 ? from + count : from;
    to = to < 0 ? to + count : to;
    from = clamp(from, up ? 0 : -1, up ? count : count - 1);
    to = clamp(to, up ? 0 : -1, up ? count : count - 1);
    for (int64_t i = from; s->step != 0 && (up ? i < to : i > to); i += s->step) {
        if (!add(sel, nodes, json_array_get(node, (size_t)i)))
            return false;
    }
    return true;
}

static bool select_from(const struct selector *s, struct selection *sel,
                        const json_t *node, struct json_nodes *nodes)
{
    int64_t index = s->from;
    switch (s->kind) {
    case SELECT_NAME:
        return add(sel, nodes, json_object_getn(node, s->name.ptr, s->name.len));
    case SELECT_INDEX:
        if (index < 0)
            index += (int64_t)json_array_size(node);
        return index < 0 || add(sel, nodes, json_array_get(node, (size_t)index));
    case SELECT_SLICE:
        return add_slice(s, sel, node, nodes);
    case SELECT_ALL:
    case SELECT_FILTER:
        return add_children(s, sel, node, nodes);
    }
    return true;
}

static bool apply(const struct segment *segment, struct selection *sel,
                  const json_t *node, struct json_nodes *nodes)
{
    struct json_nodes starts = {0};
    const size_t max = sel->max;
    sel->max = SIZE_MAX; /* only what is selected counts, not what is walked over */
    const bool walked =
        segment->descends ? add_descendants(sel, &starts, node) : add(sel, &starts, node);
    sel->max = max;
    for (size_t i = 0; walked && i < starts.count; i++) {
        for (size_t k = 0; k < segment->count; k++) {
            if (!select_from(&segment->selectors[k], sel, starts.items[i], nodes))
                return false;
        }
    }
    return walked;
}

bool jsonpath_select(const struct jsonpath *path, const json_t *root, struct arena *arena,
                     size_t *steps, struct json_nodes *ret_nodes)
{
    struct selection sel = {arena, steps, SIZE_MAX};
    struct json_nodes nodes = {0};
    if (!add(&sel, &nodes, root))
        return false;
    for (size_t i = 0; i < path->count; i++) {
        struct json_nodes next = {0};
        for (size_t k = 0; k < nodes.count; k++) {
            if (!apply(&path->segments[i], &sel, nodes.items[k], &next))
                return false;
        }
        nodes = next;
    }
    if (*steps == 0 || nodes.count > JSONPATH_MAX_NODES)
        return false;
    *ret_nodes = nodes;
    return true;
}
