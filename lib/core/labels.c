/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of labels: merged, compared and printed. Called by whoever names a series, a log line or an alert; every
 * result is a new set in the caller's arena.
 */
#include "lib/core/labels.h"

#include <stdlib.h>
#include <string.h>

const char *const first_class_labels[] = {"workflow_id", "node_id",     "task_id",
                                          "component",   "environment", NULL};

bool label_name_valid(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool is_letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return name.len > 0 && !bytes_starts(name, "__");
}

static int label_order(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

void labels_sort(struct label *items, size_t count)
{
    qsort(items, count, sizeof(*items), label_order);
}

bool labels_from_pairs(struct arena *arena, const struct pairs *pairs,
                       struct labels *ret_labels, struct err *e)
{
    struct label *items = arena_alloc(arena, (pairs->count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        if (!label_name_valid(bytes_of(pair->key)))
            return err_set(e,
                           "'%s' cannot be a label: its name has only letters, "
                           "digits and _, and begins with a letter or a single _",
                           pair->key);
        if (pair->value && pair->value[0])
            items[count++] = (struct label){arena_strdup(arena, pair->key),
                                            arena_strdup(arena, pair->value)};
    }
    labels_sort(items, count);
    for (size_t i = 1; i < count; i++) {
        if (!strcmp(items[i - 1].name, items[i].name))
            return err_set(e, "label '%s' is given twice", items[i].name);
    }
    *ret_labels = (struct labels){items, count};
    return true;
}

struct labels labels_merge(struct arena *arena, struct labels under, struct labels over)
{
    struct label *items =
        arena_alloc(arena, (under.count + over.count + 1) * sizeof(*items));
    size_t count = 0, i = 0, j = 0;
    while (i < under.count || j < over.count) {
        int order;
        if (i == under.count)
            order = 1;
        else if (j == over.count)
            order = -1;
        else
            order = strcmp(under.items[i].name, over.items[j].name);
        const struct label *next = order < 0 ? &under.items[i] : &over.items[j];
        i += order <= 0;
        j += order >= 0;
        if (next->value && next->value[0])
            items[count++] = *next;
    }
    return (struct labels){items, count};
}

struct labels labels_without(struct arena *arena, struct labels from, const char *name)
{
    if (!labels_get(from, name))
        return from;

    struct label *items = arena_alloc(arena, from.count * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < from.count; i++) {
        if (strcmp(from.items[i].name, name) != 0)
            items[count++] = from.items[i];
    }
    return (struct labels){items, count};
}

struct labels labels_copy(struct arena *arena, struct labels from)
{
    if (!from.count)
        return (struct labels){0};

    struct label *items = arena_alloc(arena, from.count * sizeof(*items));
    for (size_t i = 0; i < from.count; i++)
        items[i] = (struct label){arena_strdup(arena, from.items[i].name),
                                  arena_strdup(arena, from.items[i].value)};
    return (struct labels){items, from.count};
}

const char *labels_get(struct labels l, const char *name)
{
    for (size_t i = 0; i < l.count; i++) {
        const char *has = l.items[i].name;
        if (*has == *name && !strcmp(has, name)) /* most differ in the first byte */
            return l.items[i].value;
    }
    return NULL;
}

bool labels_equal(struct labels a, struct labels b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++) {
        if (strcmp(a.items[i].name, b.items[i].name) != 0 ||
            strcmp(a.items[i].value, b.items[i].value) != 0)
            return false;
    }
    return true;
}

uint64_t labels_hash(struct labels l)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < l.count; i++) {
        hash = hash * 31 + bytes_hash64(bytes_of(l.items[i].name));
        hash = hash * 31 + bytes_hash64(bytes_of(l.items[i].value));
    }
    return hash;
}

static bool is_plain(unsigned char c)
{
    return c < 0x80 && c != '"' && c != '\\' && c != '\n';
}

/* A value as the text format takes it: three escapes, and UTF-8 only (a scraper refuses the page otherwise). */
static void value_print_escaped(struct bytes value, struct buf *out)
{
    while (value.len) {
        size_t len = 0;
        while (len < value.len && is_plain((unsigned char)value.ptr[len]))
            len++;
        if (len) {
            buf_add(out, value.ptr, len);
        } else if ((unsigned char)value.ptr[0] < 0x80) {
            len = 1;
            buf_add_byte(out, '\\');
            buf_add_byte(out, value.ptr[0] == '\n' ? 'n' : value.ptr[0]);
        } else {
            len = bytes_utf8(value);
            buf_add(out, len ? value.ptr : "\xEF\xBF\xBD", len ? len : 3);
            len = len ? len : 1;
        }
        value = bytes_slice(value, len, value.len);
    }
}

void label_print(const char *name, const char *value, struct buf *out)
{
    buf_add_text(out, name);
    buf_add(out, "=\"", 2);
    value_print_escaped(bytes_of(value), out);
    buf_add_byte(out, '"');
}

void labels_print(struct labels l, struct buf *out)
{
    for (size_t i = 0; i < l.count; i++) {
        if (i)
            buf_add_byte(out, ',');
        label_print(l.items[i].name, l.items[i].value, out);
    }
}
