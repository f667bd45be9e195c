/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a TZif file (RFC 8536, versions 1 to 4) to a zone: every count and index is checked against the
 * file's length before it is used. Knows no folder and no clock.
 */
#include "lib/core/zone_impl.h"

#define HEADER_BYTES 44
#define TYPE_BYTES 6

struct counts { /* a header's, RFC 8536 §3.1 */
    uint32_t ut_marks, standard_marks, leaps, changes, types, letters;
};

struct block { /* one of the two data blocks, taken apart */
    struct bytes times, change_types, types, letters;
};

static uint64_t read_big(const char *ptr, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)ptr[i];
    return value;
}

static bool take_header(struct bytes *file, char *ret_version, struct counts *ret)
{
    struct bytes h;
    if (!bytes_take(file, HEADER_BYTES, &h) || !bytes_starts(h, "TZif"))
        return false;
    *ret_version = h.ptr[4];
    uint32_t *const fields[] = {&ret->ut_marks, &ret->standard_marks, &ret->leaps,
                                &ret->changes,  &ret->types,          &ret->letters};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        *fields[i] = (uint32_t)read_big(h.ptr + 20 + 4 * i, 4);
    return true;
}

static bool take_block(struct bytes *file, const struct counts *c, size_t time_bytes,
                       struct block *ret)
{
    struct bytes rest;
    return bytes_take(file, c->changes * time_bytes, &ret->times) &&
           bytes_take(file, c->changes, &ret->change_types) &&
           bytes_take(file, (size_t)c->types * TYPE_BYTES, &ret->types) &&
           bytes_take(file, c->letters, &ret->letters) &&
           bytes_take(file, c->leaps * (time_bytes + 4), &rest) &&
           bytes_take(file, c->standard_marks, &rest) &&
           bytes_take(file, c->ut_marks, &rest);
}

static bool read_types(struct arena *arena, const struct block *b, struct zone *z,
                       struct err *e)
{
    const size_t count = b->types.len / TYPE_BYTES;
    struct zone_type *types = arena_alloc(arena, (count + 1) * sizeof(*types));
    if (count == 0 || count > 256)
        return err_set(e, "it has %zu kinds of local time", count);
    for (size_t i = 0; i < count; i++) {
        const char *ptr = b->types.ptr + i * TYPE_BYTES;
        const struct bytes letters =
            bytes_slice(b->letters, (unsigned char)ptr[5], b->letters.len);
        const ptrdiff_t len = bytes_find_byte(letters, '\0');
        types[i].offset = (int)(int32_t)(uint32_t)read_big(ptr, 4);
        if (len < 0 || len > 15)
            return err_set(e, "an abbreviation has no end");
        if (types[i].offset < -ZONE_MAX_OFFSET || types[i].offset > ZONE_MAX_OFFSET)
            return err_set(e, "an offset of %d seconds is no local time",
                           types[i].offset);
        types[i].abbreviation = arena_strndup(arena, letters.ptr, (size_t)len);
    }
    z->types = z->first = types;
    return true;
}

static bool read_changes(struct arena *arena, const struct block *b, size_t time_bytes,
                         struct zone *z, struct err *e)
{
    const size_t count = b->change_types.len;
    int64_t *changes = arena_alloc(arena, (count + 1) * sizeof(*changes));
    for (size_t i = 0; i < count; i++) {
        const uint64_t raw = read_big(b->times.ptr + i * time_bytes, time_bytes);
        changes[i] = time_bytes == 8 ? (int64_t)raw : (int32_t)(uint32_t)raw;
        if (i > 0 && changes[i] <= changes[i - 1])
            return err_set(e, "its changes are not in order");
        if ((unsigned char)b->change_types.ptr[i] >= b->types.len / TYPE_BYTES)
            return err_set(e, "a change names a kind of local time that is not there");
    }
    z->changes = changes;
    z->change_types = arena_memdup(arena, b->change_types.ptr, count);
    z->change_count = count;
    return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; between the line ends there may be nothing. */
static bool read_footer(struct arena *arena, struct bytes footer, struct zone *z,
                        struct err *e)
{
    struct bytes line;
    if (!bytes_starts(footer, "\n"))
        return err_set(e, "its last line is missing");
    footer = bytes_slice(footer, 1, footer.len);
    if (!bytes_line(&footer, &line))
        return err_set(e, "its last line has no end");
    z->has_rule = line.len > 0;
    return !z->has_rule || zone_rule_parse(arena, line, &z->rule, e);
}

static bool zone_read(struct arena *arena, struct bytes file, struct zone *z,
                      struct err *e)
{
    struct counts counts;
    struct block block;
    char version;
    if (file.len > ZONE_MAX_BYTES)
        return err_set(e, "it is longer than %u bytes", ZONE_MAX_BYTES);
    if (!take_header(&file, &version, &counts))
        return err_set(e, "it is no zone file (TZif)");
    if (!take_block(&file, &counts, 4, &block))
        return err_set(e, "it is cut short");
    size_t time_bytes = 4;
    if (version >= '2') {
        time_bytes = 8;
        if (!take_header(&file, &version, &counts) ||
            !take_block(&file, &counts, 8, &block))
            return err_set(e, "it is cut short");
    }
    if (counts.leaps > 0)
        return err_set(e, "it counts leap seconds, as the system's clock does not");
    return read_types(arena, &block, z, e) &&
           read_changes(arena, &block, time_bytes, z, e) &&
           (time_bytes == 4 || read_footer(arena, file, z, e));
}

const struct zone *zone_parse(struct arena *arena, const char *name, struct bytes tzif,
                              struct err *e)
{
    struct zone *z = arena_alloc(arena, sizeof(*z));
    z->name = arena_strdup(arena, name);
    if (zone_read(arena, tzif, z, e))
        return z;
    err_wrap(e, "time zone '%s'", name);
    return NULL;
}
