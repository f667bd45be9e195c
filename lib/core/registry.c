/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry itself: who owns which series, and what a new batch does to them. Called by the pipeline and by
 * those who count for themselves. Never renders: page.c does.
 */
#include "lib/core/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

#define NUMBER_MAX_BYTES 64u
/* A chunk's text when each of its values has grown to the longest. */
#define CHUNK_MAX_TEXT (1u << 20)

struct registry *registry_create(void)
{
    struct registry *r = memory_take(sizeof(*r));
    *r = (struct registry){.refused = map_create(),
                           .prefix = BUF_MAX(LINE_MAX_BYTES),
                           .number = BUF_MAX(NUMBER_MAX_BYTES),
                           .text = BUF_MAX(CHUNK_MAX_TEXT)};
    list_init(&r->sources);
    list_init(&r->pages);
    return r;
}

/* Frees what holds the owner together, not the series. */
static void source_free(struct source *s)
{
    for (struct holding *h = &s->direct; h; h = h->next)
        free(h->slots);
    list_remove(&s->link);
    arena_destroy(s->arena);
}

void registry_destroy(struct registry *r)
{
    if (!r)
        return;
    pages_detach(r);
    LIST_EACH (it, &r->sources)
        source_free(LIST_ITEM(it, struct source, link));
    for (size_t i = 0; i < r->family_count; i++)
        family_destroy(r->families[i]);
    map_destroy(r->refused);
    buf_finish(&r->prefix);
    buf_finish(&r->number);
    buf_finish(&r->text);
    free(r->labels);
    free(r->families);
    free(r->table);
    free(r);
}

struct source *registry_source(struct registry *r, const char *name, bool is_repeatable,
                               struct labels labels)
{
    struct arena *arena = arena_create(0);
    struct source *s = arena_alloc(arena, sizeof(*s));
    s->arena = arena;
    s->name = arena_strdup(arena, name);
    s->is_repeatable = is_repeatable;
    s->labels = labels_copy(arena, labels_without(arena, labels, "task_id"));
    s->direct.source = s;
    list_append(&r->sources, &s->link);
    return s;
}

/* A series that other sources use as well goes to one of them. */
static void series_leave(struct registry *r, struct series *s, const struct holding *from)
{
    s->shares--;
    if (s->holding != from)
        return;
    LIST_EACH (it, &r->sources) {
        struct holding *h = &LIST_ITEM(it, struct source, link)->direct;
        if (h == from || !holding_has(h, s))
            continue;
        s->holding = h;
        return;
    }
    assert(0); /* shares says there is another */
}

static void holding_end(struct registry *r, struct holding *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct series *s = h->slots[i];
        if (s && s->shares)
            series_leave(r, s, h);
        else if (s)
            series_end(r, s);
    }
    h->count = 0;
}

void registry_source_end(struct registry *r, struct source *s)
{
    assert(s);
    pages_settle(r);
    for (struct holding *h = &s->direct; h; h = h->next)
        holding_end(r, h);
    source_free(s);
}

/* Takes an ended series out of its owner's slots. */
void holding_forget(struct holding *h, const struct series *s)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->slots[i] == s)
            h->slots[i] = NULL;
    }
    for (size_t i = 0; h->fresh && i < h->filled; i++) {
        if (h->fresh[i] == s)
            h->fresh[i] = NULL;
    }
}

void registry_end_family(struct registry *r, struct family *f)
{
    struct series **all = memory_take(f->live * sizeof(struct series *));
    size_t count = 0;
    for (size_t i = 0; i < f->chunk_count; i++) {
        for (size_t j = 0; j < f->chunks[i]->count; j++) {
            if (!f->chunks[i]->series[j]->is_ended)
                all[count++] = f->chunks[i]->series[j];
        }
    }
    /* f goes with its last series. */
    for (size_t i = 0; i < count; i++) {
        holding_forget(all[i]->holding, all[i]);
        series_end(r, all[i]);
    }
    free(all);
}

void holding_put(struct holding *h, struct series *s)
{
    if (h->count == h->size) {
        h->size = h->size ? h->size * 2 : 4;
        h->slots = memory_grow(h->slots, h->size * sizeof(struct series *));
    }
    h->slots[h->count++] = s;
}

bool holding_has(const struct holding *h, const struct series *s)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->slots[i] == s)
            return true;
    }
    return false;
}

static struct holding *holding_for(struct source *s, const char *name)
{
    struct holding *last = &s->direct;
    for (struct holding *h = last->next; h; last = h, h = h->next) {
        if (!strcmp(h->name, name))
            return h;
    }
    struct holding *h = arena_alloc(s->arena, sizeof(*h));
    h->source = s;
    h->name = arena_strdup(s->arena, name);
    last->next = h;
    return h;
}

/* A sample that had its series, for those after it: a row's samples share the array of their values (batch_add_kept). */
struct fitted {
    const char *const *values;
    size_t value_count;
    const struct series *series;
};

static size_t value_count(const struct sample *sample)
{
    size_t count = 0;
    while (sample->values && sample->metric->labels[count])
        count++;
    return count;
}

static bool values_fit(const struct sample *sample, const struct series *s,
                       struct fitted *last)
{
    const size_t count = value_count(sample);
    if (count && sample->values == last->values && count == last->value_count &&
        !sample->extra.count)
        return series_has_own_of(s, last->series);
    const struct identity id = {sample->metric, "", sample->values, sample->extra};
    const bool fits = series_has_own(s, &id);
    *last = (struct fitted){0};
    if (fits && !sample->extra.count)
        *last = (struct fitted){sample->values, count, s};
    return fits;
}

/* Whether s is what the sample names. Cheap for a declared family, whose label names are known to be the same, and for
 * what has no labels of its own. */
static bool sample_fits(struct registry *r, const struct sample *sample,
                        const struct series *s, struct fitted *last)
{
    const struct family *f = s->chunk->family;
    const struct metric *m = sample->metric;
    const struct identity id = {m, "", sample->values, sample->extra};
    struct prefix p;

    if (f->metric == m && !m->family && s->is_sample)
        return values_fit(sample, s, last);
    if (f->kind != m->kind || strcmp(f->name, metric_family(m)) != 0)
        return false;
    if (!m->family && s->is_sample && !s->own_len && series_has_own(s, &id))
        return true;
    return prefix_build(r, s->holding->source, &id, &p) && prefix_is(&p, s);
}

/* Finds or makes; NULL when somebody else has it, or its family conflicts. */
static struct series *sample_series(struct registry *r, const struct sample *sample,
                                    struct holding *h)
{
    const struct identity id = {sample->metric, "", sample->values, sample->extra};
    struct prefix p;
    if (!prefix_build(r, h->source, &id, &p)) {
        r->duplicates++;
        return NULL;
    }

    struct series *found = series_find(r, &p);
    if (found && found->chunk->family->kind == sample->metric->kind) {
        if (found->holding == h)
            return found;
        r->duplicates++;
        return NULL;
    }
    struct family *f = family_for(r, sample->metric);
    if (!f)
        return NULL;
    struct series *made = series_make(r, f, h, &id, &p);
    made->is_sample = true;
    return made;
}

/* The next slot of a batch of `size` samples. The old slots stand as long as nothing differs. */
static void holding_fill(struct holding *h, struct series *s, size_t size)
{
    const bool is_same = h->filled < h->count && h->slots[h->filled] == s;
    if (!h->fresh && !is_same) {
        h->fresh = memory_take(size * sizeof(struct series *));
        if (h->filled)
            memcpy(h->fresh, h->slots, h->filled * sizeof(struct series *));
    }
    if (h->fresh)
        h->fresh[h->filled] = s;
    h->filled++;
}

/* Ends what this round did not name, and keeps what it did. */
static void holding_filled(struct registry *r, struct holding *h, size_t size)
{
    for (size_t i = h->fresh ? 0 : h->filled; i < h->count; i++) {
        if (h->slots[i] && h->slots[i]->round != r->round)
            series_end(r, h->slots[i]);
    }
    if (h->fresh) {
        free(h->slots);
        h->slots = h->fresh;
        h->size = size;
        h->fresh = NULL;
    }
    h->count = h->filled;
}

/* Whether all samples have series, and have been what the slots' were. */
struct shape {
    bool is_whole, is_same;
};

static void group_publish(struct registry *r, struct holding *h, struct batch_group *g)
{
    struct shape shape = {true, h->count == g->count};
    struct fitted last = {0};
    r->round++;
    h->filled = 0;
    for (const struct sample *sample = g->first; sample; sample = sample->next) {
        struct series *s = h->filled < h->count ? h->slots[h->filled] : NULL;
        if (!s || !sample_fits(r, sample, s, &last)) {
            s = sample_series(r, sample, h);
            last.values = NULL; /* its series may be gone */
            shape.is_same = false;
        }
        if (s && s->round == r->round) {
            r->duplicates++; /* named twice in one batch: the first stands */
            s = NULL;
        }
        holding_fill(h, s, g->count);
        shape.is_whole = shape.is_whole && s;
        if (!s)
            continue;
        s->round = r->round;
        series_set(s, sample->value);
    }
    holding_filled(r, h, g->count);
    if (!shape.is_same || !h->shape)
        h->shape = ++r->shapes;
    if (!shape.is_whole)
        h->shape = 0;
    g->shape = h->shape;
}

void registry_publish(struct registry *r, struct source *s, struct batch *b)
{
    pages_settle_only(r);
    for (struct batch_group *g = b->first; g; g = g->next)
        group_publish(r, holding_for(s, g->name), g);
}

size_t registry_series_count(const struct registry *r)
{
    return r->series_count;
}

size_t registry_family_count(const struct registry *r)
{
    return r->family_count;
}

uint64_t registry_conflicts(const struct registry *r)
{
    return r->conflicts;
}

uint64_t registry_duplicates(const struct registry *r)
{
    return r->duplicates;
}

void registry_families(const struct registry *r,
                       void (*fn)(void *ctx, const char *name, enum metric_kind kind,
                                  const char *help, const char *unit),
                       void *ctx)
{
    for (size_t i = 0; i < r->family_count; i++) {
        const struct family *f = r->families[i];
        if (f->live > 0)
            fn(ctx, f->name, f->kind, f->help, f->unit);
    }
}
