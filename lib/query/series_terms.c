/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terms: a label, its text kept once, and every series that has it. A series knows its place in each of its terms, so that
 * it comes and goes in a few steps, however many others share them. Called by history*.c and series_index.c. Never looks at
 * a sample.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/query/history_impl.h"

/* ---- terms ---- */

static uint32_t hash_of(struct bytes name, struct bytes value)
{
    const uint64_t hash = bytes_hash64(name) * 31 + bytes_hash64(value);
    return (uint32_t)(hash ^ hash >> 32);
}

static bool is_text(const struct term *t, struct bytes name, struct bytes value)
{
    return t->name_len == name.len && t->value_len == value.len &&
           !memcmp(t->text, name.ptr, name.len) &&
           !memcmp(t->text + name.len + 1, value.ptr, value.len);
}

static struct term *find(const struct history *h, struct bytes name, struct bytes value,
                         uint32_t hash)
{
    for (struct hash_link *link = hash_table_first(&h->terms, hash); link;
         link = link->next) {
        struct term *t = (struct term *)link;
        if (link->hash == hash && is_text(t, name, value))
            return t;
    }
    return NULL;
}

static size_t term_size(const struct term *t)
{
    return sizeof(*t) + t->name_len + t->value_len + 2 + sizeof(void *);
}

struct term *term_find(const struct history *h, const char *name, const char *value)
{
    const struct bytes n = bytes_of(name), v = bytes_of(value);
    return find(h, n, v, hash_of(n, v));
}

struct term *term_take(struct history *h, const char *name, const char *value)
{
    const struct bytes n = bytes_of(name), v = bytes_of(value);
    const uint32_t hash = hash_of(n, v);
    struct term *t = find(h, n, v, hash);
    if (t)
        return t;
    t = memory_take(sizeof(*t) + n.len + v.len + 2);
    *t = (struct term){.name_len = (uint32_t)n.len, .value_len = (uint32_t)v.len};
    t->posting = (struct posting){.items = &t->only, .size = 1};
    memcpy(t->text, name, n.len + 1);
    memcpy(t->text + n.len + 1, value, v.len + 1);
    hash_table_add(&h->terms, &t->link, hash);
    h->stats.bytes += term_size(t);
    return t;
}

void term_settle(struct history *h, struct term *t)
{
    if (t->posting.count > 0 || t->holds > 0)
        return;
    h->stats.bytes -= term_size(t);
    if (t->posting.items != &t->only) {
        h->stats.bytes -= t->posting.size * sizeof(*t->posting.items);
        free(t->posting.items);
    }
    hash_table_remove(&h->terms, &t->link);
    free(t);
}

struct label term_label(const struct term *t)
{
    return (struct label){t->text, t->text + t->name_len + 1};
}

/* A series' labels are its terms' texts. */
static struct term *term_of(const struct label *l)
{
    return (struct term *)(uintptr_t)(l->name - offsetof(struct term, text));
}

void terms_hold(struct labels of_series)
{
    for (size_t i = 0; i < of_series.count; i++)
        term_of(&of_series.items[i])->holds++;
}

void terms_let_go(struct history *h, struct labels of_series)
{
    for (size_t i = 0; i < of_series.count; i++) {
        struct term *t = term_of(&of_series.items[i]);
        t->holds--;
        term_settle(h, t);
    }
}

/* ---- who has them ---- */

static uint32_t *places_of(struct timeseries *s)
{
    return (uint32_t *)(uintptr_t)(s->labels.items + s->labels.count);
}

/* Returns its place. */
static uint32_t posting_add(struct history *h, struct posting *p, struct timeseries *s)
{
    if (p->count == p->size) {
        const size_t size = p->size < 2 ? 4 : p->size * 2;
        struct timeseries **former = p->size < 2 ? NULL : p->items;
        struct timeseries **items = memory_grow(former, size * sizeof(*items));
        if (!former && p->count)
            items[0] = p->items[0];
        h->stats.bytes += (size - (former ? p->size : 0)) * sizeof(*items);
        p->items = items;
        p->size = size;
    }
    p->items[p->count] = s;
    p->version++;
    return (uint32_t)p->count++;
}

/* The last takes its place. */
static struct timeseries *posting_remove(struct posting *p, uint32_t place)
{
    struct timeseries *moved = p->items[--p->count];
    p->items[place] = moved;
    p->version++;
    return moved;
}

static void place_set(struct timeseries *s, const struct term *t, uint32_t place)
{
    size_t i = 0;
    while (s->labels.items[i].name != t->text)
        i++;
    places_of(s)[i] = place;
}

void index_add(struct history *h, struct timeseries *s)
{
    uint32_t *places = places_of(s);
    s->slot = posting_add(h, &h->all, s);
    for (size_t i = 0; i < s->labels.count; i++)
        places[i] = posting_add(h, &term_of(&s->labels.items[i])->posting, s);
}

void index_remove(struct history *h, struct timeseries *s)
{
    posting_remove(&h->all, s->slot)->slot = s->slot;
    for (size_t i = 0; i < s->labels.count; i++) {
        struct term *t = term_of(&s->labels.items[i]);
        const uint32_t place = places_of(s)[i];
        place_set(posting_remove(&t->posting, place), t, place);
        term_settle(h, t);
    }
}
