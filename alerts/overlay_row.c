/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the ledger that the overlay's nouns keep, as JSON objects: texts, times in nanoseconds since the epoch, and
 * matchers as [name, sign, value]. Called by silence.c, ack.c and deploy.c; knows none of them.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/overlay_impl.h"

static const char *const signs[] = {
    [MATCH_EQUAL] = "=",
    [MATCH_NOT_EQUAL] = "!=",
    [MATCH_REGEX] = "=~",
    [MATCH_NOT_REGEX] = "!~",
};

void row_save(struct ledger_txn *txn, enum ledger_kind kind, const char *key, json_t *row)
{
    char *text = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    if (text)
        ledger_put(txn, kind, key, text);
    free(text);
}

void row_put_text(json_t *row, const char *name, const char *value)
{
    json_object_set_new(row, name, json_string(value ? value : ""));
}

void row_put_number(json_t *row, const char *name, int64_t value)
{
    json_object_set_new(row, name, json_integer(value));
}

void row_put_matchers(json_t *row, const char *name, struct matchers value)
{
    json_t *list = json_array();
    for (size_t i = 0; i < value.count; i++) {
        const struct matcher *m = &value.items[i];
        json_array_append_new(list,
                              json_pack("[s, s, s]", m->name, signs[m->op], m->value));
    }
    json_object_set_new(row, name, list);
}

static bool sign_from(const char *text, enum match_op *ret)
{
    for (int i = 0; i < (int)ARRAY_LEN(signs); i++) {
        if (text && !strcmp(text, signs[i])) {
            *ret = (enum match_op)i;
            return true;
        }
    }
    return false;
}

static bool matcher_from(const json_t *triple, struct arena *arena, struct matcher *ret,
                         struct err *e)
{
    const char *name = json_string_value(json_array_get(triple, 0));
    const char *value = json_string_value(json_array_get(triple, 2));
    enum match_op op = MATCH_EQUAL;
    if (!name || !value || !sign_from(json_string_value(json_array_get(triple, 1)), &op))
        return err_set(e, "a matcher is [name, sign, value]");
    return matcher_make(arena, arena_strdup(arena, name), op, arena_strdup(arena, value),
                        ret, e);
}

bool row_matchers(const json_t *row, const char *name, struct arena *arena,
                  struct matchers *ret, struct err *e)
{
    const json_t *list = json_object_get(row, name);
    const size_t count = json_array_size(list);
    struct matcher *items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!matcher_from(json_array_get(list, i), arena, &items[i], e))
            return false;
    }
    *ret = (struct matchers){items, count};
    return true;
}

bool matchers_copy(struct matchers from, struct arena *arena, struct matchers *ret,
                   struct err *e)
{
    struct matcher *items = arena_alloc(arena, (from.count + 1) * sizeof(*items));
    for (size_t i = 0; i < from.count; i++) {
        const struct matcher *m = &from.items[i];
        if (!matcher_make(arena, arena_strdup(arena, m->name), m->op,
                          arena_strdup(arena, m->value), &items[i], e))
            return false;
    }
    *ret = (struct matchers){items, from.count};
    return true;
}
