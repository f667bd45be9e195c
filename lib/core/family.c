/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families, and the page text of their series in chunks. The place where two owners of one name meet. Called by
 * the registry and its pages; decides nothing about who may own a series.
 */
#include "lib/core/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/meta.h"

#define CHUNK_FIRST_BYTES 128u
#define CHUNK_TIDY_ENDED \
    32u /* ended lines that wait for a page at most, when they are the majority */

static const char *own_put(char **at, const char *text)
{
    const char *copy = *at;
    *at = stpcpy(*at, text) + 1;
    return copy;
}

/* The texts of a declared metric are a const table's; one that is known only at run time may go before its family. */
static void family_describe(struct family *f, const struct metric *metric)
{
    const char *name = metric_family(metric);
    const char *help = metric->help ? metric->help : "";
    const char *unit = metric->unit ? metric->unit : "";
    free(f->own);
    f->own = NULL;
    f->metric = metric->is_dynamic ? NULL : metric;
    if (metric->is_dynamic) {
        char *at = f->own = memory_take(strlen(name) + strlen(help) + strlen(unit) + 3);
        name = own_put(&at, name);
        help = own_put(&at, help);
        unit = own_put(&at, unit);
    }
    f->name = name;
    f->help = help;
    f->unit = unit;
    f->is_help_plain = meta_help_is_plain(help);
}

/* The place of a name in the sorted families; true when it is taken. */
static bool family_place(const struct registry *r, const char *name, size_t *ret_at)
{
    size_t low = 0, high = r->family_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(r->families[middle]->name, name);
        if (order == 0) {
            *ret_at = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_at = low;
    return false;
}

struct family *family_find(const struct registry *r, const char *name)
{
    size_t at;
    return family_place(r, name, &at) ? r->families[at] : NULL;
}

static struct family *family_make(struct registry *r, const struct metric *metric)
{
    size_t at = 0;
    const bool is_taken = family_place(r, metric_family(metric), &at);
    assert(!is_taken);
    if (r->family_count == r->family_size) {
        r->family_size = r->family_size ? r->family_size * 2 : 32;
        r->families = memory_grow(r->families, r->family_size * sizeof(struct family *));
    }
    memmove(r->families + at + 1, r->families + at,
            (r->family_count - at) * sizeof(struct family *));
    r->family_count++;

    struct family *f = memory_take(sizeof(*f));
    *f = (struct family){.kind = metric->kind};
    family_describe(f, metric);
    r->families[at] = f;
    return f;
}

static bool kind_has_parts(enum metric_kind kind)
{
    return kind == METRIC_HISTOGRAM || kind == METRIC_SUMMARY;
}

/* A name that a histogram's lines would use, or whose lines use this one: "x" and "x_count". */
static struct family *family_overlapping(const struct registry *r,
                                         const struct metric *metric)
{
    static const char *const suffixes[] = {"_bucket", "_count", "_sum"};
    struct family *found = NULL;
    char name[256];

    const char *own = metric_family(metric);
    const size_t len = strlen(own);
    if (len + sizeof("_bucket") > sizeof(name))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(suffixes) && !found; i++) {
        const size_t suffix = strlen(suffixes[i]);
        memcpy(name, own, len + 1);
        if (kind_has_parts(metric->kind)) {
            memcpy(name + len, suffixes[i], suffix + 1);
            found = family_find(r, name);
        } else if (bytes_ends(bytes_of(name), suffixes[i])) {
            name[len - suffix] = '\0';
            found = family_find(r, name);
            if (found && !kind_has_parts(found->kind))
                found = NULL;
        }
    }
    return found;
}

static void family_refuse(struct registry *r, const char *name)
{
    if (!map_put(r->refused, bytes_of(name), r))
        r->conflicts++;
}

/* Two families want one name: a declared one wins. True when it does and the way is free. */
static bool family_wins(struct registry *r, const struct metric *metric,
                        struct family *other)
{
    if (metric->is_dynamic) {
        family_refuse(r, metric_family(metric));
        return false;
    }
    assert(!other->metric); /* two declarations contradict each other: a bug of ours */
    family_refuse(r, other->name);
    pages_settle(r);
    registry_end_family(r, other);
    return true;
}

struct family *family_for(struct registry *r, const struct metric *metric)
{
    struct family *f = family_find(r, metric_family(metric));
    if (f && f->kind == metric->kind) {
        if (!metric->is_dynamic && !f->metric)
            family_describe(f, metric);
        assert(metric->is_dynamic || !strcmp(f->help, metric->help));
        return f;
    }
    if (!f)
        f = family_overlapping(r, metric);
    while (f) {
        if (!family_wins(r, metric, f))
            return NULL;
        f = family_overlapping(r, metric);
    }
    return family_make(r, metric);
}

/* ---- chunks ---- */

static void chunk_destroy(struct chunk *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->series[i]);
    free(c->series);
    free(c->text);
    free(c);
}

static struct chunk *chunk_make(struct family *f)
{
    if (f->chunk_count == f->chunk_size) {
        f->chunk_size = f->chunk_size ? f->chunk_size * 2 : 1;
        f->chunks = memory_grow(f->chunks, f->chunk_size * sizeof(struct chunk *));
    }
    struct chunk *c = memory_take(sizeof(*c));
    *c = (struct chunk){.family = f};
    f->chunks[f->chunk_count++] = c;
    return c;
}

static void chunk_reserve(struct chunk *c, size_t len)
{
    if (len <= c->text_size)
        return;
    size_t size = c->text_size ? c->text_size : CHUNK_FIRST_BYTES;
    while (size < len)
        size = len > CHUNK_MAX_BYTES ? len + len / 16 : size * 2;
    c->text = memory_grow(c->text, size);
    c->text_size = (uint32_t)size;
}

void family_add(struct family *f, struct series *s, struct bytes prefix)
{
    const size_t line = prefix.len + 2;
    struct chunk *c = f->chunk_count ? f->chunks[f->chunk_count - 1] : NULL;
    if (!c || (c->len && c->len + line > CHUNK_MAX_BYTES))
        c = chunk_make(f);
    chunk_reserve(c, c->len + line);
    if (c->count == c->series_size) {
        c->series_size = c->series_size ? c->series_size * 2 : 1;
        c->series = memory_grow(c->series, c->series_size * sizeof(struct series *));
    }

    s->chunk = c;
    s->offset = c->len;
    s->value = 0;
    s->value_len = 1;
    memcpy(c->text + c->len, prefix.ptr, prefix.len);
    memcpy(c->text + c->len + prefix.len, "0\n", 2);
    c->len += (uint32_t)line;
    c->series[c->count++] = s;
    f->live++;
}

static void chunk_drop(struct family *f, struct chunk *c)
{
    size_t at = 0;
    while (f->chunks[at] != c)
        at++;
    f->chunk_count--;
    memmove(f->chunks + at, f->chunks + at + 1,
            (f->chunk_count - at) * sizeof(struct chunk *));
    chunk_destroy(c);
}

static void family_drop(struct registry *r, struct family *f)
{
    size_t at;
    const bool is_there = family_place(r, f->name, &at);
    assert(is_there);
    r->family_count--;
    memmove(r->families + at, r->families + at + 1,
            (r->family_count - at) * sizeof(struct family *));
    family_destroy(f);
}

void family_remove(struct registry *r, struct series *s)
{
    struct chunk *c = s->chunk;
    struct family *f = c->family;

    s->is_ended = true;
    c->is_changed = true;
    c->ended++;
    f->live--;
    const bool is_sparse = c->ended > CHUNK_TIDY_ENDED && c->ended > c->count / 2;
    if (is_sparse || c->ended == c->count)
        pages_settle(r);
    if (c->ended == c->count)
        chunk_drop(f, c);
    else if (is_sparse)
        chunk_refresh(r, c);
    if (!f->live)
        family_drop(r, f);
}

void family_destroy(struct family *f)
{
    for (size_t i = 0; i < f->chunk_count; i++)
        chunk_destroy(f->chunks[i]);
    free(f->chunks);
    exemplars_destroy(f);
    free(f->own);
    free(f);
}

/* Lines with the same length as before are written where they stand; from the first that is not, or has ended,
 * the rest of the chunk is laid out anew in the scratch text. */
struct layout {
    struct registry *registry;
    struct chunk *chunk;
    bool is_moving;
};

static void layout_move(struct layout *l, const struct series *s)
{
    if (l->is_moving)
        return;
    l->is_moving = true;
    buf_clear(&l->registry->text);
    buf_add(&l->registry->text, l->chunk->text, s->offset);
}

static void layout_line(struct layout *l, struct series *s)
{
    char *line = l->chunk->text + s->offset;
    struct buf *number = &l->registry->number;
    struct bytes value = {line + s->prefix_len, s->value_len};

    if (s->is_changed) {
        s->is_changed = false;
        buf_clear(number);
        buf_add_double(number, s->value);
        value = buf_bytes(number);
        if (value.len == s->value_len && !l->is_moving) {
            memcpy(line + s->prefix_len, value.ptr, value.len);
            return;
        }
        layout_move(l, s);
    }
    if (!l->is_moving)
        return;
    s->offset = (uint32_t)l->registry->text.len;
    s->value_len = (uint8_t)value.len;
    buf_add(&l->registry->text, line, s->prefix_len);
    buf_add_bytes(&l->registry->text, value);
    buf_add_byte(&l->registry->text, '\n');
}

void chunk_refresh(struct registry *r, struct chunk *c)
{
    struct layout l = {r, c, false};
    uint32_t kept = 0;

    if (!c->is_changed)
        return;
    for (uint32_t i = 0; i < c->count; i++) {
        struct series *s = c->series[i];
        if (s->is_ended) {
            layout_move(&l, s);
            free(s);
            continue;
        }
        layout_line(&l, s);
        c->series[kept++] = s;
    }
    c->count = kept;
    c->ended = 0;
    c->is_changed = false;
    if (!l.is_moving)
        return;

    assert(!r->text.overflow);
    chunk_reserve(c, r->text.len);
    memcpy(c->text, buf_text(&r->text), r->text.len);
    c->len = (uint32_t)r->text.len;
}
