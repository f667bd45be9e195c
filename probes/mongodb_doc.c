/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of a peer, read once: every field is put into a table by its path, so that two hundred numbers cost one walk.
 * Depth and number of fields are capped. libbson checks each element's bounds; its recursive validation is not used,
 * because it knows no depth. Called by the other files of the probe.
 */
#include <bson/bson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "probes/mongodb.h"

#define MAX_PATH 512

struct mongodb_doc {
    struct mongodb_field *slots;
    size_t mask;
};

struct walk {
    struct mongodb_doc *doc; /* NULL: only counts */
    size_t count;
    char path[MAX_PATH];
    struct err *e;
};

static uint64_t hash_of(const char *path, size_t len)
{
    const uint64_t hash = bytes_hash64((struct bytes){path, len});

    return hash ? hash : 1;
}

static void put(struct mongodb_doc *doc, const struct mongodb_field *field)
{
    size_t at = field->hash & doc->mask;

    while (doc->slots[at].hash && doc->slots[at].hash != field->hash)
        at = (at + 1) & doc->mask;
    if (!doc->slots[at].hash) /* of two with one name, the first */
        doc->slots[at] = *field;
}

static double decimal_number(const bson_iter_t *it)
{
    bson_decimal128_t decimal;
    char text[BSON_DECIMAL128_STRING];
    double number;

    if (!bson_iter_decimal128(it, &decimal))
        return NAN;
    bson_decimal128_to_string(&decimal, text);
    return bytes_to_double(bytes_of(text), &number) ? number : NAN;
}

static struct mongodb_field text_field(const bson_iter_t *it)
{
    uint32_t len;
    const char *text = bson_iter_utf8(it, &len);

    return (struct mongodb_field){.type = FIELD_TEXT, .bytes = {text, len}};
}

static struct mongodb_field binary_field(const bson_iter_t *it)
{
    const uint8_t *data;
    uint32_t len;

    bson_iter_binary(it, NULL, &len, &data);
    return (struct mongodb_field){.type = FIELD_BINARY,
                                  .bytes = {(const char *)data, len}};
}

static struct mongodb_field tree_field(const bson_iter_t *it, bool is_array)
{
    const uint8_t *data;
    uint32_t len;

    if (is_array)
        bson_iter_array(it, &len, &data);
    else
        bson_iter_document(it, &len, &data);
    return (struct mongodb_field){.type = is_array ? FIELD_ARRAY : FIELD_DOCUMENT,
                                  .bytes = {(const char *)data, len}};
}

static struct mongodb_field number_field(double number)
{
    return (struct mongodb_field){.type = FIELD_NUMBER, .number = number};
}

static struct mongodb_field field_of(const bson_iter_t *it)
{
    uint32_t seconds, increment;

    switch (bson_iter_type(it)) {
    case BSON_TYPE_DOUBLE:
        return number_field(bson_iter_double(it));
    case BSON_TYPE_INT32:
        return number_field(bson_iter_int32(it));
    case BSON_TYPE_INT64:
        return number_field((double)bson_iter_int64(it));
    case BSON_TYPE_BOOL:
        return number_field(bson_iter_bool(it));
    case BSON_TYPE_DATE_TIME:
        return number_field((double)bson_iter_date_time(it));
    case BSON_TYPE_DECIMAL128:
        return number_field(decimal_number(it));
    case BSON_TYPE_TIMESTAMP:
        bson_iter_timestamp(it, &seconds, &increment);
        return number_field(seconds);
    case BSON_TYPE_UTF8:
        return text_field(it);
    case BSON_TYPE_BINARY:
        return binary_field(it);
    case BSON_TYPE_DOCUMENT:
        return tree_field(it, false);
    case BSON_TYPE_ARRAY:
        return tree_field(it, true);
    default:
        return (struct mongodb_field){.type = FIELD_OTHER};
    }
}

static bool is_tree(const struct mongodb_field *field)
{
    return field->type == FIELD_DOCUMENT || field->type == FIELD_ARRAY;
}

static bool walk_tree(struct walk *w, struct bytes tree, size_t path_len, int depth,
                      size_t *ret_count);

static bool walk_field(struct walk *w, const bson_iter_t *it, size_t path_len, int depth)
{
    struct mongodb_field field = field_of(it);
    const char *key = bson_iter_key(it);
    const size_t key_len = strlen(key), start = path_len + (path_len > 0);
    size_t members = 0;

    if (++w->count > MONGODB_MAX_FIELDS)
        return err_set(w->e, "has more than %d fields", MONGODB_MAX_FIELDS);
    if (start + key_len >= MAX_PATH)
        return true; /* no name that is asked for is so long */
    if (path_len)
        w->path[path_len] = '.';
    memcpy(w->path + start, key, key_len);
    if (is_tree(&field) &&
        !walk_tree(w, field.bytes, start + key_len, depth + 1, &members))
        return false;
    if (is_tree(&field))
        field.number = (double)members;
    if (!w->doc)
        return true;
    field.hash = hash_of(w->path, start + key_len);
    put(w->doc, &field);
    return true;
}

/* Recursion is bounded by MONGODB_MAX_DEPTH. */
static bool walk_tree(struct walk *w, struct bytes tree, size_t path_len, int depth,
                      size_t *ret_count)
{
    bson_iter_t it;

    if (depth > MONGODB_MAX_DEPTH)
        return err_set(w->e, "is nested deeper than %d levels", MONGODB_MAX_DEPTH);
    if (!bson_iter_init_from_data(&it, (const uint8_t *)tree.ptr, tree.len))
        return err_set(w->e, "has lengths that do not fit");
    while (bson_iter_next(&it)) {
        if (!walk_field(w, &it, path_len, depth))
            return false;
        ++*ret_count;
    }
    /* It ends at the NUL that closes it, and nowhere else. */
    return it.err_off == 0 ||
           err_set(w->e, "is malformed at byte %u of a document", (unsigned)it.err_off);
}

bool mongodb_doc_read(struct arena *arena, struct bytes document,
                      const struct mongodb_doc **ret_doc, struct err *e)
{
    struct walk w = {.e = e};
    struct mongodb_doc *doc = arena_alloc(arena, sizeof(*doc));
    size_t slots = 16, members = 0;

    if (!walk_tree(&w, document, 0, 0, &members))
        return false;
    while (slots < w.count * 2)
        slots *= 2;
    doc->slots = arena_alloc(arena, slots * sizeof(doc->slots[0]));
    doc->mask = slots - 1;
    w = (struct walk){.doc = doc, .e = e};
    walk_tree(&w, document, 0, 0, &members);
    *ret_doc = doc;
    return true;
}

/* ---- asking ---- */

const struct mongodb_field *mongodb_find(const struct mongodb_doc *doc, const char *path)
{
    const uint64_t hash = hash_of(path, strlen(path));
    size_t at = hash & doc->mask;

    while (doc->slots[at].hash && doc->slots[at].hash != hash)
        at = (at + 1) & doc->mask;
    return doc->slots[at].hash ? &doc->slots[at] : NULL;
}

bool mongodb_number(const struct mongodb_doc *doc, const char *path, double *ret_number)
{
    const struct mongodb_field *field = mongodb_find(doc, path);

    if (!field || field->type != FIELD_NUMBER || isnan(field->number))
        return false;
    *ret_number = field->number;
    return true;
}

bool mongodb_truth(const struct mongodb_doc *doc, const char *path)
{
    double number = 0;

    return mongodb_number(doc, path, &number) && number != 0;
}

struct bytes mongodb_bytes(const struct mongodb_doc *doc, const char *path)
{
    const struct mongodb_field *field = mongodb_find(doc, path);

    if (!field || (field->type != FIELD_TEXT && field->type != FIELD_BINARY))
        return (struct bytes){0};
    return field->bytes;
}

/* Labels and sentences are UTF-8 without NULs, whatever a peer says. */
static const char *clean_text(struct bytes text, struct arena *arena)
{
    char *copy = arena_strndup(arena, text.ptr, text.len);

    if (bytes_is_utf8(text) && !memchr(copy, '\0', text.len))
        return copy;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)copy[i] >= 0x80 || !copy[i])
            copy[i] = '?';
    }
    return copy;
}

const char *mongodb_text(const struct mongodb_doc *doc, const char *path,
                         struct arena *arena)
{
    const struct mongodb_field *field = mongodb_find(doc, path);

    return field && field->type == FIELD_TEXT ? clean_text(field->bytes, arena) : "";
}

size_t mongodb_count(const struct mongodb_doc *doc, const char *path)
{
    const struct mongodb_field *field = mongodb_find(doc, path);

    return field && field->type == FIELD_ARRAY ? (size_t)field->number : 0;
}

/* ---- rows ---- */

static struct cell cell_of(const bson_iter_t *it, const char *column, struct arena *arena)
{
    const struct mongodb_field field = field_of(it);
    struct cell cell = {.column = bytes_of(column)};
    char text[25];

    if (bson_iter_type(it) == BSON_TYPE_OID) {
        bson_oid_to_string(bson_iter_oid(it), text);
        cell.type = CELL_TEXT;
        cell.text = bytes_of(arena_strdup(arena, text));
    } else if (field.type == FIELD_TEXT) {
        cell.type = CELL_TEXT;
        cell.text = bytes_of(clean_text(field.bytes, arena));
    } else if (field.type == FIELD_NUMBER) {
        const bool is_truth = bson_iter_type(it) == BSON_TYPE_BOOL;
        cell.type = is_truth ? CELL_TRUTH : CELL_NUMBER;
        /* Dates in seconds, as metrics have them. */
        cell.number = bson_iter_type(it) == BSON_TYPE_DATE_TIME ? field.number / 1000
                                                                : field.number;
    }
    return cell;
}

static size_t add_cells(struct bytes document, const char *before, int depth,
                        struct arena *arena, struct cell *cells, size_t count, size_t max)
{
    bson_iter_t it;

    if (!bson_iter_init_from_data(&it, (const uint8_t *)document.ptr, document.len))
        return count;
    while (count < max && bson_iter_next(&it)) {
        const struct mongodb_field field = field_of(&it);
        const char *key = clean_text(bytes_of(bson_iter_key(&it)), arena);
        const char *column = before[0] ? arena_printf(arena, "%s_%s", before, key) : key;
        if (field.type == FIELD_DOCUMENT && depth < 3)
            count = add_cells(field.bytes, column, depth + 1, arena, cells, count, max);
        else if (!is_tree(&field))
            cells[count++] = cell_of(&it, column, arena);
    }
    return count;
}

size_t mongodb_cells(struct bytes document, struct arena *arena, struct cell *ret_cells,
                     size_t max)
{
    return add_cells(document, "", 0, arena, ret_cells, 0, max);
}
