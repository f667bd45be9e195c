/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema, as far as tools' parameters need it: what is left of one without words for readers, its one text, and
 * whether a value is as it says. Called by mcp_tools.c, mcp_lock.c and mcp_result.c. Pure. Follows no $ref, and takes
 * what it does not understand for right.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "probes/mcp.h"

#define MAX_DEPTH 32

static json_t *bare(const json_t *schema, int depth);

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++) {
        if (!strcmp(key, *keys))
            return true;
    }
    return false;
}

/* Members that say nothing about which values are right. */
static bool is_for_readers(const char *key)
{
    static const char *const keys[] = {"title",    "description", "examples",
                                       "$comment", "$schema",     "deprecated",
                                       "readOnly", "writeOnly",   NULL};
    return is_one_of(key, keys);
}

/* Members whose members are schemas: their keys are names that somebody chose. */
static bool has_names(const char *key)
{
    static const char *const keys[] = {"properties",  "patternProperties", "$defs",
                                       "definitions", "dependentSchemas",  NULL};
    return is_one_of(key, keys);
}

/* Members that are values, to be kept as they are. */
static bool is_value(const char *key)
{
    static const char *const keys[] = {"enum", "const", "default", NULL};
    return is_one_of(key, keys);
}

static int by_text(const void *a, const void *b)
{
    const json_t *const *left = a, *const *right = b;
    return strcmp(json_string_value(*left), json_string_value(*right));
}

/* Of `required` the order means nothing. */
static json_t *sorted(const json_t *list)
{
    const json_t *items[256];
    const size_t count = json_array_size(list);
    if (count > ARRAY_LEN(items))
        return json_deep_copy(list);
    for (size_t i = 0; i < count; i++) {
        items[i] = json_array_get(list, i);
        if (!json_is_string(items[i]))
            return json_deep_copy(list);
    }
    qsort(items, count, sizeof(items[0]), by_text);
    json_t *copy = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(copy, json_copy((json_t *)(uintptr_t)items[i]));
    return copy;
}

static json_t *bare_names(const json_t *map, int depth)
{
    const char *name;
    json_t *schema, *copy = json_object();
    json_object_foreach ((json_t *)(uintptr_t)map, name, schema)
        json_object_set_new(copy, name, bare(schema, depth));
    return copy;
}

static json_t *bare_member(const char *key, const json_t *value, int depth)
{
    if (is_value(key))
        return json_deep_copy(value);
    if (!strcmp(key, "required") && json_is_array(value))
        return sorted(value);
    if (has_names(key) && json_is_object(value))
        return bare_names(value, depth);
    return bare(value, depth);
}

static json_t *bare(const json_t *schema, int depth)
{
    const char *key;
    json_t *value, *copy;
    if (depth == 0 || !(json_is_object(schema) || json_is_array(schema)))
        return json_deep_copy(schema);
    if (json_is_array(schema)) {
        copy = json_array();
        for (size_t i = 0; i < json_array_size(schema); i++)
            json_array_append_new(copy, bare(json_array_get(schema, i), depth - 1));
        return copy;
    }
    copy = json_object();
    json_object_foreach ((json_t *)(uintptr_t)schema, key, value) {
        if (!is_for_readers(key))
            json_object_set_new(copy, key, bare_member(key, value, depth - 1));
    }
    return copy;
}

json_t *mcp_schema_bare(const json_t *schema)
{
    return bare(schema, MAX_DEPTH);
}

const char *mcp_schema_text(const json_t *schema, struct arena *arena)
{
    char *text = json_dumps(schema, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const char *copy = arena_strdup(arena, text ? text : "");
    free(text);
    return copy;
}

/* ---- values ---- */

static const char *type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool is_type(const json_t *value, const char *type)
{
    const char *is = type_of(value);
    if (!strcmp(type, "number") && json_is_integer(value))
        return true;
    if (!strcmp(type, "integer") && json_is_real(value)) {
        const double number = json_real_value(value);
        return number > -1e15 && number < 1e15 && number == (double)(int64_t)number;
    }
    return !strcmp(type, is);
}

static bool is_any_type(const json_t *value, const json_t *types)
{
    if (json_is_string(types))
        return is_type(value, json_string_value(types));
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (!type || is_type(value, type))
            return true;
    }
    return json_array_size(types) == 0;
}

static const char *fault(const json_t *schema, const json_t *value, const char *where,
                         struct arena *arena, int depth);

static const char *object_fault(const json_t *schema, const json_t *value,
                                const char *where, struct arena *arena, int depth)
{
    const json_t *required = json_object_get(schema, "required");
    const json_t *properties = json_object_get(schema, "properties");
    const char *name, *why = NULL;
    json_t *of;
    for (size_t i = 0; i < json_array_size(required); i++) {
        name = json_string_value(json_array_get(required, i));
        if (name && !json_object_get(value, name))
            return arena_printf(arena, "%s has no '%.80s', which is required", where,
                                name);
    }
    json_object_foreach ((json_t *)(uintptr_t)properties, name, of) {
        const json_t *member = json_object_get(value, name);
        if (member && !why)
            why = fault(of, member, arena_printf(arena, "%s.%.80s", where, name), arena,
                        depth);
    }
    return why;
}

static const char *fault(const json_t *schema, const json_t *value, const char *where,
                         struct arena *arena, int depth)
{
    const json_t *type = json_object_get(schema, "type");
    const json_t *items = json_object_get(schema, "items");
    const char *why = NULL;
    if (depth == 0 || !json_is_object(schema))
        return NULL;
    if (type && !is_any_type(value, type))
        return arena_printf(arena, "%s is %s, the schema says %s", where, type_of(value),
                            json_brief(type, arena, 60));
    if (json_is_object(value))
        return object_fault(schema, value, where, arena, depth - 1);
    for (size_t i = 0; json_is_object(items) && i < json_array_size(value) && !why; i++)
        why = fault(items, json_array_get(value, i),
                    arena_printf(arena, "%s[%zu]", where, i), arena, depth - 1);
    return why;
}

const char *mcp_schema_fault(const json_t *schema, const json_t *value,
                             struct arena *arena)
{
    return fault(schema, value, "structured", arena, MAX_DEPTH);
}
