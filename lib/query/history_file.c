/* SPDX-License-Identifier: Apache-2.0 */
/* See history_file.h. Bytes in, bytes out: opens no file. */
#include "lib/query/history_file.h"

#include <assert.h>
#include <string.h>

#include "lib/query/rolled.h"

static const struct {
    const char *magic;
    size_t columns;
} kinds[] = {
    [SEGMENT_SAMPLES] = {"HDSEG001", 1},
    [SEGMENT_ROLLUPS] = {"HDROL001", ROLLED_COLUMNS},
};

/* ---- writing ---- */

static void put_number(struct buf *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_add_byte(out, (char)(value >> (8 * i)));
}

static void put_text(struct buf *out, const char *text)
{
    const size_t len = strlen(text);
    put_number(out, len, 2);
    buf_add(out, text, len);
}

static bool fits(const struct record *r)
{
    if (r->labels.count > UINT16_MAX || r->count == 0 || r->count > UINT16_MAX)
        return false;
    for (size_t i = 0; i < r->labels.count; i++) {
        if (strlen(r->labels.items[i].name) > UINT16_MAX ||
            strlen(r->labels.items[i].value) > UINT16_MAX)
            return false;
    }
    return true;
}

static void put_body(struct buf *body, const struct record *r)
{
    put_number(body, r->labels.count, 2);
    for (size_t i = 0; i < r->labels.count; i++) {
        put_text(body, r->labels.items[i].name);
        put_text(body, r->labels.items[i].value);
    }
    put_number(body, r->count, 2);
    for (size_t i = 0; i < r->count; i++) {
        const struct chunk *c = r->chunks[i];
        put_number(body, (uint64_t)c->first_ms, 8);
        put_number(body, (uint64_t)c->last_ms, 8);
        put_number(body, c->count, 1);
        put_number(body, c->coding, 1);
        put_number(body, c->width, 1);
        put_number(body, c->len, 2);
        buf_add(body, c->bits, c->len);
    }
}

void segment_begin(struct buf *out, enum segment_kind kind)
{
    buf_add_text(out, kinds[kind].magic);
}

void segment_add(struct buf *out, const struct record *r)
{
    struct buf body = BUF_MAX(RECORD_MAX_BYTES);
    if (fits(r))
        put_body(&body, r);
    if (body.len > 0 && !body.overflow) {
        put_number(out, body.len, 4);
        put_number(out, bytes_hash64(buf_bytes(&body)), 8);
        buf_add_bytes(out, buf_bytes(&body));
    }
    buf_finish(&body);
}

void segment_end(struct buf *out)
{
    put_number(out, 0, 4);
}

/* ---- reading ---- */

static bool take_number(struct bytes *in, unsigned bytes, uint64_t *ret_value)
{
    struct bytes taken;
    if (!bytes_take(in, bytes, &taken))
        return false;
    *ret_value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *ret_value |= (uint64_t)(unsigned char)taken.ptr[i] << (8 * i);
    return true;
}

static bool take_text(struct bytes *in, struct arena *arena, const char **ret_text)
{
    uint64_t len;
    struct bytes taken;
    if (!take_number(in, 2, &len) || !bytes_take(in, len, &taken) ||
        memchr(taken.ptr, '\0', taken.len))
        return false;
    *ret_text = arena_strndup(arena, taken.ptr, taken.len);
    return true;
}

/* Sorted, each name once: what the table of series relies on. */
static bool take_labels(struct bytes *in, struct arena *arena, struct labels *ret_labels)
{
    uint64_t count;
    if (!take_number(in, 2, &count) || count * 4 > in->len)
        return false;
    struct label *items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!take_text(in, arena, &items[i].name) ||
            !take_text(in, arena, &items[i].value) || !*items[i].value ||
            (i && strcmp(items[i - 1].name, items[i].name) >= 0))
            return false;
    }
    *ret_labels = (struct labels){items, count};
    return true;
}

static struct chunk *take_chunk(struct bytes *in)
{
    uint64_t first, last, count, coding, width, len;
    struct bytes bits;
    if (!take_number(in, 8, &first) || !take_number(in, 8, &last) ||
        !take_number(in, 1, &count) || !take_number(in, 1, &coding) ||
        !take_number(in, 1, &width) || !take_number(in, 2, &len) ||
        !bytes_take(in, len, &bits))
        return NULL;
    const struct chunk claimed = {.first_ms = (int64_t)first,
                                  .last_ms = (int64_t)last,
                                  .count = (uint8_t)count,
                                  .coding = (uint8_t)coding,
                                  .width = (uint8_t)width};
    return chunk_of_file(&claimed, bits);
}

static bool take_chunks(struct bytes *in, size_t columns, struct arena *arena,
                        struct record *r)
{
    uint64_t count;
    assert(columns > 0);
    if (!take_number(in, 2, &count) || count * 21 > in->len)
        return false;
    struct chunk **chunks = arena_alloc(arena, (count + 1) * sizeof(struct chunk *));
    r->chunks = chunks;
    for (r->count = 0; r->count < count; r->count++) {
        struct chunk *c = take_chunk(in);
        if (!c)
            return false;
        chunks[r->count] = c;
        if (r->count >= columns && chunks[r->count - columns]->last_ms >= c->first_ms) {
            r->count++;
            return false;
        }
    }
    return in->len == 0 && count % columns == 0;
}

static bool body_read(struct bytes body, size_t columns, struct arena *arena,
                      struct record *r)
{
    if (take_labels(&body, arena, &r->labels) && take_chunks(&body, columns, arena, r))
        return true;
    for (size_t i = 0; i < r->count; i++)
        chunk_unref(r->chunks[i]);
    return false;
}

bool segment_read(struct bytes file, enum segment_kind kind, struct arena *arena,
                  void (*fn)(void *ctx, const struct record *r), void *ctx, struct err *e)
{
    const char *magic = kinds[kind].magic;
    const char *start = file.ptr;
    struct bytes head, body;
    uint64_t len, hash;
    if (!bytes_take(&file, strlen(magic), &head) || !bytes_is(head, magic))
        return err_set(e, "it does not start with %s", magic);
    for (;;) {
        struct record r = {0};
        const size_t at = (size_t)(file.ptr - start);
        if (!take_number(&file, 4, &len))
            return err_set(e, "it ends at byte %zu without a last record", at);
        if (len == 0)
            return true;
        if (len > RECORD_MAX_BYTES || !take_number(&file, 8, &hash) ||
            !bytes_take(&file, len, &body))
            return err_set(e, "the record at byte %zu is cut off", at);
        if (bytes_hash64(body) != hash ||
            !body_read(body, kinds[kind].columns, arena, &r))
            return err_set(e, "the record at byte %zu is damaged", at);
        fn(ctx, &r);
    }
}
