/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting trees together: members of mappings, merge keys, look-ups, and the builders for what does
 * not come from a file. Called by node.c and by the command line. Never reads text.
 */
#include "lib/core/node_build.h"

#include <string.h>

#include "lib/base/map.h"
#include "lib/core/tmpl.h"

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
        [NODE_NULL] = "nothing",
        [NODE_SCALAR] = "a value",
        [NODE_LIST] = "a list",
        [NODE_MAP] = "a mapping",
    };
    return names[kind];
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (const struct node *n = map->first; n; n = n->next) {
        if (!strcmp(n->key, key))
            return n;
    }
    return NULL;
}

struct node *node_map(struct arena *arena, struct place at)
{
    struct node *n = arena_alloc(arena, sizeof(*n));
    *n = (struct node){.kind = NODE_MAP, .text = "", .at = at};
    return n;
}

struct node *node_scalar(struct arena *arena, struct place at, const char *text)
{
    struct node *n = arena_alloc(arena, sizeof(*n));
    *n = (struct node){.kind = NODE_SCALAR, .text = arena_strdup(arena, text), .at = at};
    return n;
}

bool node_has_names(const struct node *n)
{
    if (n->kind == NODE_SCALAR)
        return tmpl_has(n->text);
    for (const struct node *item = n->first; item; item = item->next) {
        if (node_has_names(item))
            return true;
    }
    return false;
}

static void map_append(struct node *map, struct node *member)
{
    struct node **link = &map->first;
    while (*link)
        link = &(*link)->next;
    *link = member;
    map->count++;
}

void node_put(struct arena *arena, struct node *map, const char *key, struct node *value)
{
    value->key = arena_strdup(arena, key);
    value->key_at = value->at;
    map_append(map, value);
}

static bool is_merge(const struct node *member)
{
    return !strcmp(member->key, "<<");
}

static void report_twice(struct diag *d, const struct node *first,
                         const struct node *second)
{
    diag_error(d, second->key_at, "the key '%s' appears twice; it is at line %d already",
               second->key, first->key_at.line);
}

/* Puts every member into seen; false when a key was there before. */
static bool map_names(const struct node *map, bool has_merge, struct map *seen,
                      struct diag *d)
{
    bool ok = true;
    for (struct node *n = map->first; n; n = n->next) {
        const struct node *before = map_get(seen, bytes_of(n->key));
        if (before && !(has_merge && is_merge(n))) {
            report_twice(d, before, n);
            ok = false;
        } else {
            map_put(seen, bytes_of(n->key), n);
        }
    }
    return ok;
}

/* Copies of from's members that map does not have yet, in front of *ret_tail. */
static void merge_members(struct arena *arena, struct node *map, const struct node *from,
                          struct map *seen, struct node ***tail)
{
    for (const struct node *n = from->first; n; n = n->next) {
        if (map_get(seen, bytes_of(n->key)))
            continue;
        struct node *copy = arena_memdup(arena, n, sizeof(*copy));
        copy->next = NULL;
        **tail = copy;
        *tail = &copy->next;
        map->count++;
        map_put(seen, bytes_of(copy->key), copy);
    }
}

static bool merge_value(struct arena *arena, struct node *map, const struct node *value,
                        struct map *seen, struct node ***tail, struct diag *d)
{
    if (value->kind == NODE_MAP) {
        merge_members(arena, map, value, seen, tail);
        return true;
    }
    bool ok = value->kind == NODE_LIST;
    for (const struct node *n = value->first; ok && n; n = n->next) {
        ok = n->kind == NODE_MAP;
        if (ok)
            merge_members(arena, map, n, seen, tail);
    }
    return ok || diag_error(d, value->at,
                            "'<<' takes a mapping or a list of mappings, such as *base");
}

static bool merge_all(struct arena *arena, struct node *map, struct map *seen,
                      struct diag *d)
{
    struct node *merges = NULL, **merge_tail = &merges, **tail = &map->first;
    while (*tail) {
        struct node *n = *tail;
        if (!is_merge(n)) {
            tail = &n->next;
            continue;
        }
        *tail = n->next;
        n->next = NULL;
        *merge_tail = n;
        merge_tail = &n->next;
        map->count--;
    }
    bool ok = true;
    for (const struct node *n = merges; n; n = n->next)
        ok &= merge_value(arena, map, n, seen, &tail, d);
    return ok;
}

/* For the few members that a mapping usually has, without a hash table. */
static bool few_names_differ(const struct node *map, struct diag *d)
{
    bool ok = true;
    for (const struct node *n = map->first; n; n = n->next) {
        const struct node *before = node_get(map, n->key);
        if (before == n)
            continue;
        report_twice(d, before, n);
        ok = false;
    }
    return ok;
}

bool node_finish_map(struct arena *arena, struct node *map, bool has_merge,
                     struct diag *d)
{
    if (!has_merge && map->count <= 16)
        return few_names_differ(map, d);
    struct map *seen = map_create();
    bool ok = map_names(map, has_merge, seen, d);
    if (has_merge)
        ok &= merge_all(arena, map, seen, d);
    map_destroy(seen);
    return ok;
}
