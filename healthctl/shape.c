/* SPDX-License-Identifier: Apache-2.0 */
/* See shape.h: what a shape is made of, how it is learnt, and its form as JSON Schema. Comparing is shape_compare.c's. */
#include "healthctl/shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "healthctl/shape_impl.h"
#include "lib/base/attr.h"

enum { KEY_MAX_BYTES = 64, PARTS_READ_MAX = 50000 };

const char *const shape_type_names[SHAPE_TYPES] = {"null",   "boolean", "number",
                                                   "string", "array",   "object"};

static unsigned type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return SHAPE_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return SHAPE_BOOLEAN;
    case JSON_INTEGER:
    case JSON_REAL:
        return SHAPE_NUMBER;
    case JSON_STRING:
        return SHAPE_STRING;
    case JSON_ARRAY:
        return SHAPE_ARRAY;
    case JSON_OBJECT:
        return SHAPE_OBJECT;
    }
    return SHAPE_NULL;
}

/* ---- keys ---- */

/* 42, 2026-11-27, 0198c5f2-…, 9f86d081884c7d65, ana@example.com */
static bool is_data(const char *key)
{
    size_t digits = 0, hex = 0, len = 0;
    for (const char *c = key; *c; c++, len++) {
        digits += isdigit((unsigned char)*c) != 0;
        hex += isxdigit((unsigned char)*c) || *c == '-' || *c == ':' || *c == 'T' ||
               *c == 'Z' || *c == '.';
    }
    if (!len || len > KEY_MAX_BYTES || strchr(key, '@'))
        return true;
    const bool is_number = isdigit((unsigned char)*key) && hex == len;
    return digits == len || (digits && is_number) || (digits && len >= 16 && hex == len);
}

static struct shape_member *find(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->member_count; i++) {
        if (!strcmp(s->members[i].name, name))
            return &s->members[i];
    }
    return NULL;
}

const struct shape_member *shape_member_find(const struct shape *s, const char *name)
{
    return find(s, name);
}

/* The list doubles at 0, 1, 2, 4 …: what it held before stays in the arena. */
static struct shape_member *add(struct shape *s, const char *name, struct arena *arena)
{
    const size_t count = s->member_count;
    if (!(count & (count - 1))) {
        struct shape_member *more =
            arena_alloc(arena, (count ? count * 2 : 1) * sizeof(*more));
        for (size_t i = 0; i < count; i++)
            more[i] = s->members[i];
        s->members = more;
    }
    s->member_count++;
    s->members[count] = (struct shape_member){.name = arena_strdup(arena, name)};
    return &s->members[count];
}

/* ---- learning ---- */

struct learning {
    struct arena *arena;
    size_t parts;
};

static struct shape *learn(struct learning *l, const json_t *value, int depth);

static void learn_object(struct learning *l, struct shape *s, const json_t *value,
                         int depth)
{
    const bool is_map = json_object_size(value) > SHAPE_KEYS_MAX;
    const char *key;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
        struct shape *part = learn(l, item, depth + 1);
        if (is_map || is_data(key)) {
            s->values = shape_merge(s->values, part, l->arena);
            continue;
        }
        struct shape_member *m = add(s, key, l->arena);
        m->shape = part;
        m->is_required = true;
    }
}

static struct shape *learn(struct learning *l, const json_t *value, int depth)
{
    struct shape *s = arena_alloc(l->arena, sizeof(*s));
    *s = (struct shape){.types = type_of(value)};
    if (depth > SHAPE_DEPTH_MAX || ++l->parts > SHAPE_PARTS_MAX) {
        *s = (struct shape){.is_any = true};
        return s;
    }
    if (json_is_object(value))
        learn_object(l, s, value, depth);
    for (size_t i = 0; i < json_array_size(value); i++)
        s->items = shape_merge(s->items, learn(l, json_array_get(value, i), depth + 1),
                               l->arena);
    return s;
}

struct shape *shape_of(const json_t *value, struct arena *arena)
{
    struct learning l = {.arena = arena};
    return learn(&l, value, 0);
}

static struct shape *copy(const struct shape *s, struct arena *arena)
{
    struct shape *c = arena_alloc(arena, sizeof(*c));
    *c = (struct shape){0};
    return shape_merge(c, s, arena);
}

/* An object that has none of the other's keys says that they are not required; one that was never seen says nothing. */
static void merge_members(struct shape *a, const struct shape *b, struct arena *arena)
{
    const bool had_object = a->types & SHAPE_OBJECT;
    if (!(b->types & SHAPE_OBJECT))
        return;
    for (size_t i = 0; i < a->member_count; i++) {
        const struct shape_member *other = find(b, a->members[i].name);
        a->members[i].is_required &= other && other->is_required;
    }
    for (size_t i = 0; i < b->member_count; i++) {
        struct shape_member *mine = find(a, b->members[i].name);
        if (!mine) {
            mine = add(a, b->members[i].name, arena);
            mine->is_required = !had_object && b->members[i].is_required;
        }
        mine->shape = shape_merge(mine->shape, b->members[i].shape, arena);
    }
}

struct shape *shape_merge(struct shape *a, const struct shape *b, struct arena *arena)
{
    if (!b)
        return a;
    if (!a)
        return copy(b, arena);
    merge_members(a, b, arena);
    a->types |= b->types;
    a->is_any |= b->is_any;
    a->items = shape_merge(a->items, b->items, arena);
    a->values = shape_merge(a->values, b->values, arena);
    return a;
}

/* ---- JSON Schema ---- */

static json_t *types_to_json(unsigned types)
{
    json_t *list = json_array();
    for (size_t i = 0; i < SHAPE_TYPES; i++) {
        if (types & (1u << i))
            json_array_append_new(list, json_string(shape_type_names[i]));
    }
    if (json_array_size(list) != 1)
        return list;
    json_t *one = json_incref(json_array_get(list, 0));
    json_decref(list);
    return one;
}

json_t *shape_to_json(const struct shape *s)
{
    json_t *schema = json_object();
    json_t *properties = json_object(), *required = json_array();
    if (!s->is_any)
        json_object_set_new(schema, "type", types_to_json(s->types));
    for (size_t i = 0; !s->is_any && i < s->member_count; i++) {
        const struct shape_member *m = &s->members[i];
        json_object_set_new(properties, m->name, shape_to_json(m->shape));
        if (m->is_required)
            json_array_append_new(required, json_string(m->name));
    }
    if (json_object_size(properties))
        json_object_set(schema, "properties", properties);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    if (!s->is_any && s->items)
        json_object_set_new(schema, "items", shape_to_json(s->items));
    if (!s->is_any && s->values)
        json_object_set_new(schema, "additionalProperties", shape_to_json(s->values));
    json_decref(properties);
    json_decref(required);
    return schema;
}

static bool read_type(const json_t *name, unsigned *types)
{
    for (size_t i = 0; json_is_string(name) && i < SHAPE_TYPES; i++) {
        if (!strcmp(json_string_value(name), shape_type_names[i])) {
            *types |= 1u << i;
            return true;
        }
    }
    return false;
}

static bool read_types(const json_t *type, struct shape *s, struct err *e)
{
    bool ok =
        json_is_array(type) ? json_array_size(type) > 0 : read_type(type, &s->types);
    for (size_t i = 0; ok && i < json_array_size(type); i++)
        ok = read_type(json_array_get(type, i), &s->types);
    return ok || err_set(e, "'type' is no type of JSON, or a list of such");
}

static bool is_required(const json_t *required, const char *name)
{
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *one = json_string_value(json_array_get(required, i));
        if (one && !strcmp(one, name))
            return true;
    }
    return false;
}

static struct shape *read_shape(struct learning *l, const json_t *schema, int depth,
                                struct err *e);

static bool read_part(struct learning *l, const json_t *schema, int depth,
                      struct shape **ret, struct err *e)
{
    if (!schema)
        return true;
    *ret = read_shape(l, schema, depth + 1, e);
    return *ret != NULL;
}

static bool read_members(struct learning *l, const json_t *schema, int depth,
                         struct shape *s, struct err *e)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    const char *key;
    json_t *item;
    if (json_object_size(properties) > PARTS_READ_MAX)
        return err_set(e, "an object has too many keys");
    json_object_foreach ((json_t *)(uintptr_t)properties, key, item) {
        struct shape_member *m = add(s, key, l->arena);
        m->is_required = is_required(required, key);
        if (!read_part(l, item, depth, &m->shape, e))
            return err_wrap(e, "%.60s", key);
    }
    return true;
}

static struct shape *read_shape(struct learning *l, const json_t *schema, int depth,
                                struct err *e)
{
    struct shape *s = arena_alloc(l->arena, sizeof(*s));
    *s = (struct shape){0};
    if (!json_is_object(schema) || depth > SHAPE_DEPTH_MAX + 1 ||
        ++l->parts > PARTS_READ_MAX) {
        err_set(e, "a shape is an object, nested at most %d deep", SHAPE_DEPTH_MAX + 1);
        return NULL;
    }
    const json_t *type = json_object_get(schema, "type");
    s->is_any = !type;
    const bool ok = (!type || read_types(type, s, e)) &&
                    read_members(l, schema, depth, s, e) &&
                    read_part(l, json_object_get(schema, "items"), depth, &s->items, e) &&
                    read_part(l, json_object_get(schema, "additionalProperties"), depth,
                              &s->values, e);
    return ok ? s : NULL;
}

struct shape *shape_from_json(const json_t *schema, struct arena *arena, struct err *e)
{
    struct learning l = {.arena = arena};
    return read_shape(&l, schema, 0, e);
}
