/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other threads read: series and finished chunks are pinned, heads are copied, so that the loop may go on appending.
 * Made and released on the loop; between these anybody may select from it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

/* Evaluations are for now or for a slot just passed; a view for older times says so (history_view_for). */
#define VIEW_SLACK_MS 60000

struct seen_past { /* of one series, when its newest sample is not enough */
    struct chunk *const
        *chunks; /* pinned, in order of time; the last may be a copied head */
    size_t count;
    int64_t first_ms; /* samples are kept from here on; INT64_MAX: none is */
    struct chunk *const (*rolled)[ROLLED_COLUMNS]; /* pinned; what lies before */
    size_t rolled_count;
    const struct rollup
        *rollup; /* a copy: what is in no chunk yet; NULL: none is rolled up */
};

struct seen {                  /* one series of a view */
    struct timeseries *series; /* pinned: its labels are read, nothing else of it */
    struct point newest;
    const struct seen_past *past; /* NULL: newest is all that will be asked for */
    bool
        has_all; /* its newest sample is the series' newest at or before the one time asked for */
};

struct seen_set {
    const struct selector *selector;
    const struct seen *items;
    size_t count;
    struct seen_set *like; /* an earlier one that reads the same: items are its; NULL */
    /* What was read of it last: selectors that are alike read it once. */
    int64_t from, to;
    struct arena *arena; /* NULL: nothing was */
    struct promql_set read;
};

struct history_view {
    struct history *history;
    struct arena *arena;
    bool is_grid; /* asked for at many times, each with a newest sample of its own */
    struct seen_set *sets;
    size_t count;
};

static void rollup_see(struct history_view *v, const struct timeseries *s, int64_t from,
                       struct seen_past *seen)
{
    size_t count = 0;
    for (const struct rolled_chunk *k = s->rollup->first; k; k = k->next)
        count++;
    struct chunk *(*rolled)[ROLLED_COLUMNS] =
        arena_alloc(v->arena, (count + 1) * sizeof(*rolled));
    for (const struct rolled_chunk *k = s->rollup->first; k; k = k->next) {
        if (rolled_chunk_last(k) < from - ROLLED_MS)
            continue;
        for (size_t i = 0; i < ROLLED_COLUMNS; i++)
            rolled[seen->rolled_count][i] = chunk_ref(k->columns[i]);
        seen->rolled_count++;
    }
    seen->rolled = (struct chunk *const(*)[ROLLED_COLUMNS])rolled;
    seen->rollup = arena_memdup(v->arena, s->rollup, sizeof(*s->rollup));
}

/* Of series whose newest sample is not from after the time asked for, that sample is all that will be. */
static bool newest_may_do(const struct selector *selector, const struct promql_opts *opts)
{
    return selector->is_last_only && selector->reach == PROMQL_LOOKBACK &&
           !selector->ahead && !opts->is_grid && opts->start == opts->end;
}

static void past_see(struct history_view *v, const struct timeseries *s, int64_t from,
                     int64_t to, struct seen_past *seen)
{
    size_t count = 0;
    for (const struct chunk *k = s->first; k; k = k->next)
        count += k->last_ms >= from && k->first_ms <= to;
    struct chunk **chunks = arena_alloc(v->arena, (count + 1) * sizeof(*chunks));
    for (struct chunk *k = s->first; k; k = k->next) {
        if (k->last_ms >= from && k->first_ms <= to)
            chunks[seen->count++] = chunk_ref(k);
    }
    if (s->head.count && s->head.last_ms >= from && s->head.first_ms <= to)
        chunks[seen->count++] = chunk_copy(&s->head);
    seen->chunks = chunks;
    seen->first_ms = s->first        ? s->first->first_ms
                     : s->head.count ? s->head.first_ms
                                     : INT64_MAX;
    if (rollup_has_any(s) && from < seen->first_ms)
        rollup_see(v, s, from, seen);
}

static struct seen series_see(const struct history_view *v, struct timeseries *s)
{
    s->pins++;
    return (struct seen){
        .series = s, .newest = s->newest, .has_all = s->has_newest && !v->is_grid};
}

static bool are_equal(struct matchers a, struct matchers b)
{
    bool is_equal = a.count == b.count;
    for (size_t i = 0; i < a.count && is_equal; i++)
        is_equal = a.items[i].op == b.items[i].op &&
                   !strcmp(a.items[i].name, b.items[i].name) &&
                   !strcmp(a.items[i].value, b.items[i].value);
    return is_equal;
}

static struct seen_set *set_like(const struct history_view *v, const struct selector *s)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct selector *x = v->sets[i].selector;
        if (x->reach == s->reach && x->range == s->range && x->ahead == s->ahead &&
            x->is_last_only == s->is_last_only && x->rolled == s->rolled &&
            are_equal(x->matchers, s->matchers))
            return v->sets[i].like ? v->sets[i].like : &v->sets[i];
    }
    return NULL;
}

static void set_see(struct history_view *v, const struct selector *selector,
                    const struct promql_opts *opts, int64_t from, int64_t to)
{
    struct timeseries *const *items;
    struct seen_set *like = set_like(v, selector), *set = &v->sets[v->count++];
    set->selector = selector;
    set->like = like;
    if (like)
        return;
    const size_t n = index_select_cached(v->history, selector, v->arena, &items);
    const bool may_do = newest_may_do(selector, opts);
    const size_t each = sizeof(struct seen) + (may_do ? 0 : sizeof(struct seen_past));
    struct seen *seen = arena_alloc(v->arena, (n + 1) * each);
    struct seen_past *pasts = (struct seen_past *)(seen + n + 1); /* unless may_do */
    for (size_t i = 0; i < n; i++) {
        if (!items[i]->has_newest || items[i]->newest.ms < from)
            continue;
        struct seen *one = &seen[set->count++];
        *one = series_see(v, items[i]);
        if (may_do && items[i]->newest.ms <= opts->end)
            continue;
        struct seen_past *past =
            may_do ? arena_alloc(v->arena, sizeof(*past)) : &pasts[set->count - 1];
        past_see(v, items[i], from, to, past);
        one->past = past;
    }
    set->items = seen;
}

struct history_view *history_view_for(struct history *h,
                                      const struct selector *const *selectors,
                                      size_t count, const struct promql_opts *opts)
{
    struct arena *arena = arena_create(0);
    struct history_view *v = arena_alloc(arena, sizeof(*v));
    v->arena = arena;
    v->history = h;
    v->is_grid = opts->is_grid;
    v->sets = arena_alloc(arena, (count + 1) * sizeof(*v->sets));
    for (size_t i = 0; i < count; i++) {
        const struct selector *s = selectors[i];
        const int64_t ahead = s->ahead / NSEC_PER_MSEC;
        nsec reach = s->reach;
        if (!s->range && opts->lookback > PROMQL_LOOKBACK)
            reach += opts->lookback - PROMQL_LOOKBACK;
        set_see(v, s, opts, opts->start - reach / NSEC_PER_MSEC,
                opts->end > INT64_MAX - ahead ? INT64_MAX : opts->end + ahead);
    }
    h->views++;
    return v;
}

size_t history_matching(struct history *h, const struct selector *const *selectors,
                        size_t count)
{
    struct arena *arena = arena_create(0);
    size_t series = 0;
    for (size_t i = 0; i < count; i++) {
        struct timeseries *const *items;
        series += index_select_cached(h, selectors[i], arena, &items);
    }
    arena_destroy(arena);
    return series;
}

struct history_view *history_view(struct history *h,
                                  const struct selector *const *selectors, size_t count)
{
    const struct promql_opts now = {.start = h->stats.newest_ms - VIEW_SLACK_MS,
                                    .end = INT64_MAX};
    return history_view_for(h, selectors, count, &now);
}

static void past_release(const struct seen_past *past)
{
    for (size_t i = 0; i < past->count; i++)
        chunk_unref(past->chunks[i]);
    for (size_t i = 0; i < past->rolled_count; i++) {
        for (size_t column = 0; column < ROLLED_COLUMNS; column++)
            chunk_unref(past->rolled[i][column]);
    }
}

static void seen_release(struct history *h, const struct seen *seen)
{
    if (seen->past)
        past_release(seen->past);
    series_unpin(h, seen->series);
}

void history_view_release(struct history_view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        for (size_t k = 0; k < v->sets[i].count; k++)
            seen_release(v->history, &v->sets[i].items[k]);
    }
    v->history->views--;
    arena_destroy(v->arena);
}

/* ---- selecting, on any thread ---- */

static bool newest_is_enough(const struct selector *selector, const struct seen *s,
                             int64_t from, int64_t to)
{
    return selector->is_last_only && s->has_all && s->newest.ms <= to &&
           s->newest.ms >= from;
}

static size_t points_read(const struct seen_past *s, int64_t from, int64_t to,
                          struct point *ret)
{
    size_t count = 0;
    for (size_t c = 0; c < s->count; c++) {
        struct chunk_reader r;
        struct point p;
        if (s->chunks[c]->last_ms < from || s->chunks[c]->first_ms > to)
            continue;
        chunk_read(&r, s->chunks[c]);
        while (chunk_next(&r, &p) && p.ms <= to) {
            if (p.ms >= from)
                ret[count++] = p;
        }
    }
    return count;
}

static size_t points_most(const struct seen_past *s, int64_t from, int64_t to)
{
    size_t most = 0;
    for (size_t c = 0; c < s->count; c++) {
        if (s->chunks[c]->last_ms >= from && s->chunks[c]->first_ms <= to)
            most += s->chunks[c]->count;
    }
    return most;
}

/* ---- further back than samples ---- */

struct past { /* being made */
    struct point *points;
    struct rolled *over;
    size_t count;
    int64_t from, to;
};

static void past_add(struct past *p, const struct rolled_point *x)
{
    if (x->last.ms < p->from || x->last.ms > p->to)
        return;
    p->points[p->count] = x->last;
    p->over[p->count++] = x->over;
}

static void past_add_chunks(struct past *p, const struct seen_past *s, unsigned wanted)
{
    struct rolled_point points[CHUNK_MAX_SAMPLES] = {0};
    for (size_t i = 0; i < s->rolled_count; i++) {
        const size_t count = rolled_read(s->rolled[i], wanted, points);
        for (size_t k = 0; k < count; k++)
            past_add(p, &points[k]);
    }
    for (size_t i = 0; i < s->rollup->count; i++)
        past_add(p, &s->rollup->points[i]);
}

/* Samples go on where the rollup ends, so that all of a range is of one grain. */
static struct promql_past past_read(const struct selector *selector,
                                    const struct seen_past *s,
                                    const struct promql_series *samples, int64_t from,
                                    int64_t to, struct arena *arena)
{
    struct rolled_fold fold = s->rollup->fold;
    struct rolled_point closed;
    const size_t most =
        s->rolled_count * CHUNK_MAX_SAMPLES + s->rollup->count + samples->count + 2;
    struct past p = {.points = arena_alloc(arena, most * sizeof(*p.points)),
                     .over = arena_alloc(arena, most * sizeof(*p.over)),
                     .from = from - ROLLED_MS,
                     .to = to};
    past_add_chunks(&p, s, selector->rolled);
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->points[i].ms > s->rollup->newest_ms &&
            rolled_add(&fold, samples->points[i], &closed))
            past_add(&p, &closed);
    }
    if (fold.has_open)
        past_add(&p, &fold.open);
    return (struct promql_past){p.points, p.over, p.count};
}

static struct promql_series seen_read(const struct selector *selector,
                                      const struct seen *s, int64_t from, int64_t to,
                                      struct arena *arena)
{
    struct promql_series series = {.labels = s->series->labels};
    if (newest_is_enough(selector, s, from, to)) {
        series.points = &s->newest;
        series.count = 1;
        return series;
    }
    if (!s->past)
        return series;
    struct point *points =
        arena_alloc(arena, (points_most(s->past, from, to) + 1) * sizeof(*points));
    series.count = points_read(s->past, from, to, points);
    series.points = points;
    if (s->past->rollup && from < s->past->first_ms)
        series.past = past_read(selector, s->past, &series, from, to, arena);
    return series;
}

static void set_read(struct seen_set *set, int64_t from, int64_t to, struct arena *arena)
{
    struct promql_series *items = arena_alloc(arena, (set->count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t k = 0; k < set->count; k++) {
        items[count] = seen_read(set->selector, &set->items[k], from, to, arena);
        count += items[count].count > 0 || items[count].past.count > 0;
    }
    set->from = from;
    set->to = to;
    set->arena = arena;
    set->read = (struct promql_set){items, count};
}

static bool view_select(void *ctx, const struct selector *selector, int64_t from,
                        int64_t to, struct arena *arena, struct promql_set *ret,
                        struct err *e)
{
    const struct history_view *v = ctx;
    for (size_t i = 0; i < v->count; i++) {
        struct seen_set *set = &v->sets[i];
        if (set->selector != selector)
            continue;
        set = set->like ? set->like : set;
        if (set->arena != arena || set->from != from || set->to != to)
            set_read(set, from, to, arena);
        *ret = set->read;
        return true;
    }
    return err_set(e, "the view was made without this selector");
}

struct promql_source history_view_source(struct history_view *v)
{
    return (struct promql_source){.ctx = v, .select = view_select};
}
