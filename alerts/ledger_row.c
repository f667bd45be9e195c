/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How members of a row are read: one function a kind of member. It fails for a row that is no JSON object or too long,
 * never for a member that is missing. Called by whoever takes rows over at the start; keeps nothing.
 */
#include "alerts/ledger_row.h"

#include <stdlib.h>
#include <string.h>

json_t *row_object(struct arena *arena, const char *json, size_t max, struct err *e)
{
    json_t *row = json_read(arena, bytes_of(json), max, e);
    if (row && !json_is_object(row)) {
        err_set(e, "the row is no JSON object");
        return NULL;
    }
    return row;
}

const char *row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

int64_t row_number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

bool row_flag(const json_t *row, const char *name)
{
    return json_is_true(json_object_get(row, name));
}

struct wall row_time(const json_t *row, const char *name)
{
    return (struct wall){row_number(row, name)};
}

bool row_labels(const json_t *row, const char *name, struct arena *arena,
                struct labels *ret)
{
    json_t *object = json_object_get(row, name);
    const char *key;
    json_t *value;
    size_t count = 0;
    if (!json_is_object(object) || json_object_size(object) > ROW_LABELS_MAX)
        return false;
    struct label *items =
        arena_alloc(arena, (json_object_size(object) + 1) * sizeof(*items));
    json_object_foreach (object, key, value) {
        if (!json_is_string(value))
            return false;
        items[count++] = (struct label){key, json_string_value(value)};
    }
    labels_sort(items, count);
    *ret = (struct labels){items, count};
    return true;
}
