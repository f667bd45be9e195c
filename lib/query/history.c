/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See history.h. Series by their labels, and what is appended to each; the neighbours publish batches
 * (history_publish.c), keep the budget (history_budget.c), find by labels (series_index.c), lend (history_view.c).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

#define HEAD_SAMPLES 60 /* not in their shortest form yet */

static struct history_limits limits_filled(const struct history_limits *l)
{
    struct history_limits filled = *l;
    if (!filled.budget_bytes)
        filled.budget_bytes = HISTORY_BUDGET;
    if (!filled.keep)
        filled.keep = HISTORY_KEEP;
    if (!filled.max_series)
        filled.max_series = HISTORY_MAX_SERIES;
    return filled;
}

struct history *history_create(const struct history_limits *limits)
{
    struct history *h = calloc(1, sizeof(*h));
    assert(h);
    h->limits = limits_filled(limits);
    h->moves = 1;
    hash_table_init(&h->table);
    hash_table_init(&h->terms);
    list_init(&h->owners);
    list_init(&h->plain);
    list_init(&h->wanted);
    list_init(&h->former_plain);
    list_init(&h->former_wanted);
    list_init(&h->rolled);
    return h;
}

void history_set_limits(struct history *h, const struct history_limits *limits)
{
    h->limits = limits_filled(limits);
}

/* ---- series ---- */

static uint32_t hash_of(struct term *const *terms, size_t count)
{
    uint32_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = hash * 31 + terms[i]->link.hash;
    return hash ^ hash >> 16;
}

static size_t series_size(size_t labels)
{
    return sizeof(struct timeseries) +
           labels * (sizeof(struct label) + sizeof(uint32_t)) + sizeof(void *);
}

static struct timeseries *series_make(struct history *h, struct term *const *terms,
                                      size_t count, uint32_t hash)
{
    struct timeseries *s = calloc(1, series_size(count));
    assert(s);
    struct label *own = (struct label *)(s + 1);
    for (size_t i = 0; i < count; i++)
        own[i] = term_label(terms[i]);
    s->labels = (struct labels){own, count};
    s->head_most = (uint8_t)(1 + h->all.count % HEAD_SAMPLES);
    hash_table_add(&h->table, &s->link, hash);
    index_add(h, s);
    h->stats.bytes += series_size(count);
    h->stats.series++;
    readers_judge(h, s);
    return s;
}

static bool has_terms(const struct timeseries *s, struct term *const *terms, size_t count)
{
    if (s->labels.count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (s->labels.items[i].name != terms[i]->text)
            return false;
    }
    return true;
}

struct timeseries *series_of_terms(struct history *h, struct term *const *sorted,
                                   size_t count)
{
    const uint32_t hash = hash_of(sorted, count);
    for (struct hash_link *link = hash_table_first(&h->table, hash); link;
         link = link->next) {
        struct timeseries *s = (struct timeseries *)link;
        if (link->hash == hash && has_terms(s, sorted, count))
            return s;
    }
    if (h->all.count < h->limits.max_series)
        return series_make(h, sorted, count, hash);
    h->stats.refused_series++;
    for (size_t i = 0; i < count; i++)
        term_settle(h, sorted[i]);
    return NULL;
}

struct timeseries *series_get(struct history *h, const struct label *sorted, size_t count)
{
    struct term *terms[SERIES_MAX_LABELS];
    if (count > SERIES_MAX_LABELS)
        return NULL;
    for (size_t i = 0; i < count; i++)
        terms[i] = term_take(h, sorted[i].name, sorted[i].value);
    return series_of_terms(h, terms, count);
}

static void series_forget(struct history *h, struct timeseries *s)
{
    rollup_end(h, s);
    if (s->pins)
        terms_hold(s->labels);
    hash_table_remove(&h->table, &s->link);
    index_remove(h, s);
    chunk_head_finish(&s->head);
    h->stats.bytes -= series_size(s->labels.count);
    h->stats.series--;
    s->is_gone = true;
    if (!s->pins)
        free(s);
}

void series_unpin(struct history *h, struct timeseries *s)
{
    if (--s->pins || !s->is_gone)
        return;
    terms_let_go(h, s->labels);
    free(s);
}

void series_settle(struct history *h, struct timeseries *s)
{
    if (s->holding || s->first || s->head.count)
        return;
    rollup_close(h, s);
    if (!rollup_has_any(s))
        series_forget(h, s);
}

/* In order of time: what comes late (a restored chunk) goes before what is newer. */
static void queue_put(struct list *queue, struct chunk *k)
{
    struct list *after = queue->prev;
    while (after != queue && LIST_ITEM(after, struct chunk, link)->last_ms > k->last_ms)
        after = after->prev;
    list_prepend(after, &k->link); /* a ring: after `after` */
}

void series_keep(struct history *h, struct timeseries *s, struct chunk *c)
{
    c->series = s;
    struct chunk **at = &s->first;
    if (s->last && s->last->first_ms < c->first_ms)
        at = &s->last->next;
    while (*at && (*at)->first_ms < c->first_ms)
        at = &(*at)->next;
    c->next = *at;
    *at = c;
    if (!c->next)
        s->last = c;
    queue_put(s->is_protected ? &h->wanted : &h->plain, c);
    h->stats.bytes += chunk_size(c);
    h->stats.chunks++;
}

/* What a head holds comes to the chunk before it while that has room and is not on disk yet. The series has an owner
 * still: what the budget takes may be its chunk, not the series. */
void series_seal(struct history *h, struct timeseries *s)
{
    assert(s->holding);
    h->stats.bytes -= s->head.size;
    struct chunk *c = chunk_seal(&s->head);
    if (!c)
        return;
    struct chunk *before = s->last;
    if (before && !before->is_saved && before->count + c->count <= CHUNK_MAX_SAMPLES) {
        struct chunk *joined = chunk_join(before, c);
        chunk_unref(c);
        chunk_drop(h, before);
        c = joined;
    }
    series_keep(h, s, c);
    budget_enforce(h);
}

void series_append(struct history *h, struct timeseries *s, int64_t ms, double value)
{
    if (s->has_newest && ms <= s->newest.ms) {
        h->stats.refused_samples++;
        return;
    }
    if (s->head.count >= s->head_most) {
        series_seal(h, s);
        s->head_most = HEAD_SAMPLES;
    }
    const size_t before = s->head.size;
    const bool has_room = chunk_append(&s->head, ms, value);
    assert(has_room);
    (void)has_room;
    h->stats.bytes += s->head.size - before;
    if (!s->has_newest || !(s->newest.value == value))
        s->moved = h->moves;
    s->newest = (struct point){ms, value};
    s->has_newest = true;
    h->stats.samples++;
    if (ms > h->stats.newest_ms)
        h->stats.newest_ms = ms;
}

void series_stale(struct history *h, struct timeseries *s, int64_t ms)
{
    if (!s->has_newest || is_stale(s->newest.value))
        return;
    series_append(h, s, ms > s->newest.ms ? ms : s->newest.ms + 1, stale_marker());
}

bool series_take(struct history *h, struct timeseries *s, struct holding *holding)
{
    if (s->holding && s->holding != holding && !s->is_leaving) {
        h->stats.refused_samples++;
        return false;
    }
    if (s->holding != holding)
        s->round = 0;
    s->holding = holding;
    s->is_leaving = false;
    return true;
}

void history_destroy(struct history *h)
{
    if (!h)
        return;
    assert(h->views == 0);
    while (!list_empty(&h->owners))
        history_owner_end(LIST_ITEM(h->owners.next, struct history_owner, link), 0);
    struct list *const queues[] = {&h->plain, &h->wanted, &h->former_plain,
                                   &h->former_wanted};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        while (!list_empty(queues[i]))
            chunk_drop(h, LIST_ITEM(queues[i]->next, struct chunk, link));
    }
    rollups_destroy(h);
    selections_clear(h);
    readers_clear(h);
    assert(h->all.count == 0 && h->terms.count == 0);
    free(h->all.items);
    free(h->leavers);
    hash_table_finish(&h->table);
    hash_table_finish(&h->terms);
    free(h);
}

/* ---- asking ---- */

struct labels history_owner_labels(const struct history_owner *o)
{
    return o->labels;
}

uint64_t history_owners_ended(const struct history *h)
{
    return h->owners_ended;
}

void history_owners(
    struct history *h, const struct selector *const *selectors, size_t count,
    bool (*fn)(void *ctx, struct history_owner *o, const struct selector *by), void *ctx)
{
    struct arena *arena = arena_create(0);
    const uint32_t question = ++h->questions;
    bool is_asking = true;
    for (size_t i = 0; i < count && is_asking; i++) {
        struct timeseries *const *items;
        const size_t n = index_select_cached(h, selectors[i], arena, &items);
        for (size_t k = 0; k < n && is_asking; k++) {
            struct holding *holding = items[k]->holding;
            if (!holding || holding->owner->question == question)
                continue;
            holding->owner->question = question;
            is_asking = fn(ctx, holding->owner, selectors[i]);
        }
    }
    arena_destroy(arena);
}

static bool has_moved(const struct history *h, const struct timeseries *s,
                      bool (*is_wanted)(void *ctx, const struct history_owner *o),
                      void *ctx)
{
    return s->moved == h->moves && (!s->holding || is_wanted(ctx, s->holding->owner));
}

bool history_has_moved(struct history *h, const struct selector *const *selectors,
                       size_t count,
                       bool (*is_wanted)(void *ctx, const struct history_owner *o),
                       void *ctx)
{
    struct arena *arena = arena_create(0);
    bool is_found = false;
    for (size_t i = 0; i < count && !is_found; i++) {
        struct timeseries *const *items;
        const size_t n = index_select_cached(h, selectors[i], arena, &items);
        for (size_t k = 0; k < n && !is_found; k++)
            is_found = has_moved(h, items[k], is_wanted, ctx);
    }
    arena_destroy(arena);
    return is_found;
}

/* What moved 65,535 times ago counts as if it had just now. */
void history_moves_seen(struct history *h)
{
    if (++h->moves == 0)
        h->moves = 1;
}

struct history_stats history_stats(const struct history *h)
{
    struct history_stats stats = h->stats;
    stats.budget_bytes = h->limits.budget_bytes;
    stats.oldest_ms = 0;
    const struct list *const queues[] = {&h->plain, &h->wanted, &h->former_plain,
                                         &h->former_wanted};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        if (list_empty(queues[i]))
            continue;
        const int64_t first = LIST_ITEM(queues[i]->next, struct chunk, link)->first_ms;
        if (!stats.oldest_ms || first < stats.oldest_ms)
            stats.oldest_ms = first;
    }
    if (!stats.oldest_ms)
        stats.oldest_ms = stats.newest_ms;
    return stats;
}
