/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry as a page, in slices. First the text of changed values is brought up to date (which may go on for
 * as long as it likes), then the chunks are copied. Only the copy must be of one moment: while it goes on, text
 * follows no value, and what would add or drop lines completes it first, which is a memcpy. Called by the web layer
 * and by tests.
 */
#include "lib/core/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/meta.h"

#define PAGE_MAX_BYTES ((size_t)1 << 30)
#define PAGE_ONLY_STRIDE 256u /* series between two looks at the clock */

enum page_state { PAGE_REFRESH, PAGE_COPY, PAGE_DONE };

struct page {
    struct list link; /* registry's, until done */
    struct registry *registry;
    enum page_format format;
    enum page_state state;
    struct buf text;
    size_t family_at, chunk_at;
    bool is_only;
    struct series **series; /* of the one source, by family */
    size_t series_count, series_at;
};

/* ---- one source ---- */

static size_t source_live(const struct source *s)
{
    size_t count = 0;
    for (const struct holding *h = &s->direct; h; h = h->next) {
        for (size_t i = 0; i < h->count; i++)
            count += h->slots[i] != NULL;
    }
    return count;
}

/* The source's series sorted by family, in its own order within one: by counting, as there may be many. */
static void page_gather(struct page *p, const struct source *only)
{
    const struct registry *r = p->registry;
    size_t *next = memory_take((r->family_count + 1) * sizeof(*next));

    memset(next, 0, (r->family_count + 1) * sizeof(*next));
    for (size_t i = 0; i < r->family_count; i++)
        r->families[i]->rank = i;
    for (const struct holding *h = &only->direct; h; h = h->next) {
        for (size_t i = 0; i < h->count; i++) {
            if (h->slots[i])
                next[h->slots[i]->chunk->family->rank + 1]++;
        }
    }
    for (size_t i = 1; i <= r->family_count; i++)
        next[i] += next[i - 1];

    p->series_count = source_live(only);
    p->series = memory_take((p->series_count + 1) * sizeof(struct series *));
    for (const struct holding *h = &only->direct; h; h = h->next) {
        for (size_t i = 0; i < h->count; i++) {
            if (h->slots[i])
                p->series[next[h->slots[i]->chunk->family->rank]++] = h->slots[i];
        }
    }
    free(next);
}

static size_t meta_len(const struct family *f)
{
    return 2 * strlen(f->name) + strlen(f->help) + 64;
}

/* One allocation instead of a doubling that copies. */
static void page_make_room(struct page *p, size_t len)
{
    if (!buf_room(&p->text, len + len / 64))
        p->text.overflow = false; /* what really comes may still fit */
}

static void page_reserve_only(struct page *p)
{
    const struct family *last = NULL;
    size_t len = 4096;
    for (size_t i = 0; i < p->series_count; i++) {
        const struct series *s = p->series[i];
        len += (size_t)s->prefix_len + s->value_len + 1;
        if (s->chunk->family != last)
            len += meta_len(s->chunk->family);
        last = s->chunk->family;
    }
    page_make_room(p, len);
}

static void page_meta(struct page *p, const struct family *f)
{
    const struct meta meta = {f->name, f->help, f->unit, f->kind, f->is_help_plain};
    meta_print(&p->text, p->format, &meta, p->registry);
}

/* A line without the probe label. */
static void page_line(struct page *p, const struct series *s)
{
    const char *line = s->chunk->text + s->offset;
    const size_t resume = (size_t)s->cut_at + s->cut_len;
    const bool has_more = p->format == PAGE_OPENMETRICS && s->has_exemplar;
    const size_t rest = (size_t)s->prefix_len + s->value_len + !has_more - resume;
    char *to = buf_room(&p->text, s->cut_at + rest);
    if (!to)
        return;
    memcpy(mempcpy(to, line, s->cut_at), line + resume, rest);
    buf_grew(&p->text, s->cut_at + rest);
    if (has_more) {
        buf_add_text(&p->text, exemplar_text(s));
        buf_add_byte(&p->text, '\n');
    }
}

/* True when all of the source is there. */
static bool page_copy_only(struct page *p, struct mono until)
{
    const struct family *last = NULL;
    if (p->series_at)
        last = p->series[p->series_at - 1]->chunk->family;
    while (p->series_at < p->series_count) {
        const struct series *s = p->series[p->series_at];
        chunk_refresh(p->registry, s->chunk);
        if (s->chunk->family != last)
            page_meta(p, s->chunk->family);
        last = s->chunk->family;
        page_line(p, s);
        p->series_at++;
        if (p->series_at % PAGE_ONLY_STRIDE == 0 && mono_reached(mono_read(), until))
            break;
    }
    return p->series_at == p->series_count;
}

/* ---- all ---- */

static struct chunk *page_chunk(const struct page *p)
{
    const struct registry *r = p->registry;
    if (p->family_at >= r->family_count)
        return NULL;
    const struct family *f = r->families[p->family_at];
    return p->chunk_at < f->chunk_count ? f->chunks[p->chunk_at] : NULL;
}

static void page_advance(struct page *p)
{
    p->chunk_at++;
    if (p->chunk_at < p->registry->families[p->family_at]->chunk_count)
        return;
    p->chunk_at = 0;
    p->family_at++;
}

/* True when no text is behind its value, but for what was published meanwhile. */
static bool page_refresh(struct page *p, struct mono until)
{
    while (p->family_at < p->registry->family_count) {
        struct chunk *c = page_chunk(p);
        const bool was_changed = c && c->is_changed;
        if (c)
            chunk_refresh(p->registry, c);
        page_advance(p);
        if (was_changed && mono_reached(mono_read(), until))
            break;
    }
    return p->family_at >= p->registry->family_count;
}

static void page_reserve(struct page *p)
{
    const struct registry *r = p->registry;
    size_t len = 4096;
    for (size_t i = 0; i < r->family_count; i++) {
        const struct family *f = r->families[i];
        len += meta_len(f);
        for (size_t j = 0; j < f->chunk_count; j++)
            len += f->chunks[j]->len;
    }
    page_make_room(p, len);
}

static void page_copy_chunk(struct page *p, const struct chunk *c)
{
    if (p->format != PAGE_OPENMETRICS || !c->family->exemplars) {
        buf_add(&p->text, c->text, c->len);
        return;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        const struct series *s = c->series[i];
        buf_add(&p->text, c->text + s->offset, (size_t)s->prefix_len + s->value_len);
        buf_add_text(&p->text, exemplar_text(s));
        buf_add_byte(&p->text, '\n');
    }
}

static bool page_copy(struct page *p, struct mono until)
{
    for (struct chunk *c = page_chunk(p); c; c = page_chunk(p)) {
        if (p->chunk_at == 0)
            page_meta(p, c->family);
        page_copy_chunk(p, c);
        page_advance(p);
        if (mono_reached(mono_read(), until))
            break;
    }
    return p->family_at >= p->registry->family_count;
}

/* What was published while the first pass went on: from here on all text is of one moment. */
static void page_catch_up(struct page *p)
{
    const struct registry *r = p->registry;
    for (size_t i = 0; i < r->family_count; i++) {
        const struct family *f = r->families[i];
        for (size_t j = 0; j < f->chunk_count; j++)
            chunk_refresh(p->registry, f->chunks[j]);
    }
}

/* ---- both ---- */

static bool is_copying(const struct page *p)
{
    return p->state == PAGE_COPY;
}

/* Another page is being copied: no text may change until it is done. */
static bool page_must_wait(const struct page *p)
{
    if (!p->is_only && is_copying(p))
        return false;
    LIST_EACH (it, &p->registry->pages) {
        const struct page *other = LIST_ITEM(it, struct page, link);
        if (other != p && !other->is_only && is_copying(other))
            return true;
    }
    return false;
}

static void page_move(struct page *p, enum page_state state)
{
    switch (state) {
    case PAGE_REFRESH:
        break;
    case PAGE_COPY:
        p->family_at = p->chunk_at = 0;
        page_catch_up(p);
        page_reserve(p);
        break;
    case PAGE_DONE:
        if (p->format == PAGE_OPENMETRICS)
            buf_add_text(&p->text, "# EOF\n");
        list_remove(&p->link);
        p->registry = NULL;
        break;
    }
    p->state = state;
}

struct page *page_start(struct registry *r, enum page_format format,
                        const struct source *only)
{
    struct page *p = memory_take(sizeof(*p));
    *p = (struct page){.registry = r, .format = format, .text = BUF_MAX(PAGE_MAX_BYTES)};
    list_append(&r->pages, &p->link);
    if (only) {
        p->is_only = true;
        page_gather(p, only);
        page_reserve_only(p);
        p->state = PAGE_COPY;
    }
    return p;
}

static bool page_until(struct page *p, struct mono until)
{
    if (p->state == PAGE_DONE)
        return true;
    if (page_must_wait(p))
        return false;
    if (p->state == PAGE_REFRESH && page_refresh(p, until))
        page_move(p, PAGE_COPY);
    if (p->state == PAGE_COPY &&
        (p->is_only ? page_copy_only(p, until) : page_copy(p, until)))
        page_move(p, PAGE_DONE);
    return p->state == PAGE_DONE;
}

bool page_continue(struct page *p, nsec budget)
{
    return page_until(p, mono_add(mono_read(), budget));
}

static void page_complete(struct page *p)
{
    const bool is_done = page_until(p, (struct mono){INT64_MAX});
    assert(is_done);
}

/* At most one whole page is being copied: it goes first, because pages of one source change text. */
void pages_settle(struct registry *r)
{
    LIST_EACH (it, &r->pages) {
        struct page *p = LIST_ITEM(it, struct page, link);
        if (!p->is_only && is_copying(p))
            page_complete(p);
    }
    LIST_EACH (it, &r->pages) {
        struct page *p = LIST_ITEM(it, struct page, link);
        if (p->is_only && is_copying(p))
            page_complete(p);
    }
}

void pages_settle_only(struct registry *r)
{
    LIST_EACH (it, &r->pages) {
        if (LIST_ITEM(it, struct page, link)->is_only) {
            pages_settle(r);
            return;
        }
    }
}

void pages_detach(struct registry *r)
{
    pages_settle(r);
    LIST_EACH (it, &r->pages)
        page_complete(LIST_ITEM(it, struct page, link));
}

struct buf *page_buf(struct page *p)
{
    return &p->text;
}

void page_destroy(struct page *p)
{
    if (!p)
        return;
    if (p->state != PAGE_DONE)
        list_remove(&p->link);
    buf_finish(&p->text);
    free(p->series);
    free(p);
}
