/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The further past of series that some rule reads further back than samples are kept: a chunk that goes is folded into
 * five-minute points first. They are bounded by the age that those rules reach and by half of the budget. Called by
 * history*.c, on the loop.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

/* ---- chunks of points ---- */

static void chunk_in(struct history *h, struct timeseries *s, struct rolled_chunk *k)
{
    struct rollup *u = s->rollup;
    k->series = s;
    if (u->last)
        u->last->next = k;
    else
        u->first = k;
    u->last = k;
    struct list *after = h->rolled.prev;
    while (after != &h->rolled &&
           rolled_chunk_last(LIST_ITEM(after, struct rolled_chunk, link)) >
               rolled_chunk_last(k))
        after = after->prev;
    list_prepend(after, &k->link); /* a ring: after `after` */
    h->stats.bytes += rolled_chunk_size(k);
    h->stats.rolled_bytes += rolled_chunk_size(k);
}

static void chunk_out(struct history *h, struct rolled_chunk *k)
{
    struct rollup *u = k->series->rollup;
    struct rolled_chunk **at = &u->first, *before = NULL;
    while (*at != k) {
        before = *at;
        at = &before->next;
    }
    *at = k->next;
    if (u->last == k)
        u->last = before;
    list_remove(&k->link);
    h->stats.bytes -= rolled_chunk_size(k);
    h->stats.rolled_bytes -= rolled_chunk_size(k);
    rolled_chunk_destroy(k);
}

static bool is_old(const struct history *h, const struct rolled_chunk *k)
{
    const int64_t age_ms = h->stats.newest_ms - rolled_chunk_last(k);
    return age_ms > k->series->rollup->keep / NSEC_PER_MSEC;
}

/* What has gathered becomes a chunk, one with the chunk before it while that has room. */
static void points_seal(struct history *h, struct timeseries *s)
{
    struct rolled_point points[CHUNK_MAX_SAMPLES];
    struct rollup *u = s->rollup;
    struct rolled_chunk *before = u->last;
    size_t count = 0;
    if (u->count == 0)
        return;
    if (before && before->columns[0]->count + u->count <= CHUNK_MAX_SAMPLES) {
        count = rolled_read(before->columns, ROLLED_ALL, points);
        chunk_out(h, before);
    }
    memcpy(points + count, u->points, u->count * sizeof(*points));
    chunk_in(h, s, rolled_chunk_make(points, count + u->count));
    u->count = 0;
    while (u->first != u->last && is_old(h, u->first))
        chunk_out(h, u->first);
}

static void point_keep(struct history *h, struct timeseries *s,
                       const struct rolled_point *p)
{
    struct rollup *u = s->rollup;
    if (u->count == ROLLUP_POINTS)
        points_seal(h, s);
    u->points[u->count++] = *p;
}

/* ---- of a series ---- */

bool rollup_has_any(const struct timeseries *s)
{
    return s->rollup &&
           (s->rollup->first || s->rollup->count || s->rollup->fold.has_open);
}

int64_t rollup_first_ms(const struct timeseries *s)
{
    const struct rollup *u = s->rollup;
    if (u->first)
        return rolled_chunk_first(u->first);
    return u->count ? u->points[0].last.ms : u->fold.open.last.ms;
}

void rollup_take(struct history *h, struct timeseries *s, const struct chunk *c)
{
    struct rollup *u = s->rollup;
    struct rolled_point closed;
    struct chunk_reader reader;
    struct point p;
    chunk_read(&reader, c);
    while (chunk_next(&reader, &p)) {
        if (p.ms <= u->newest_ms)
            continue; /* it was read back from disk a second time */
        if (rolled_add(&u->fold, p, &closed))
            point_keep(h, s, &closed);
        u->newest_ms = p.ms;
    }
}

void rollup_close(struct history *h, struct timeseries *s)
{
    struct rollup *u = s->rollup;
    if (!u)
        return;
    if (u->fold.has_open)
        point_keep(h, s, &u->fold.open);
    u->fold.has_open = false;
    points_seal(h, s);
}

void rollup_end(struct history *h, struct timeseries *s)
{
    if (!s->rollup)
        return;
    while (s->rollup->first)
        chunk_out(h, s->rollup->first);
    h->stats.bytes -= sizeof(*s->rollup);
    h->stats.rolled_bytes -= sizeof(*s->rollup);
    h->stats.rolled_series--;
    free(s->rollup);
    s->rollup = NULL;
}

void rollup_want(struct history *h, struct timeseries *s, nsec reach)
{
    if (reach <= h->limits.keep) {
        rollup_end(h, s);
        return;
    }
    if (!s->rollup) {
        s->rollup = calloc(1, sizeof(*s->rollup));
        assert(s->rollup);
        s->rollup->newest_ms = INT64_MIN;
        h->stats.bytes += sizeof(*s->rollup);
        h->stats.rolled_bytes += sizeof(*s->rollup);
        h->stats.rolled_series++;
    }
    s->rollup->keep = reach < HISTORY_ROLLUP_KEEP ? reach : HISTORY_ROLLUP_KEEP;
}

bool rollup_restore(struct history *h, struct timeseries *s, struct rolled_chunk *k)
{
    const bool has_room = s->rollup && rolled_chunk_first(k) > s->rollup->newest_ms &&
                          !s->rollup->count && !s->rollup->fold.has_open;
    if (!has_room) {
        rolled_chunk_destroy(k);
        return false;
    }
    s->rollup->newest_ms = rolled_chunk_last(k);
    if (!s->has_newest) {
        struct chunk_reader reader;
        chunk_read(&reader, k->columns[0]);
        while (chunk_next(&reader, &s->newest))
            s->has_newest = true;
    }
    chunk_in(h, s, k);
    return true;
}

/* ---- what is too old, or too much ---- */

static void first_forget(struct history *h)
{
    struct rolled_chunk *k = LIST_ITEM(h->rolled.next, struct rolled_chunk, link);
    struct timeseries *s = k->series;
    chunk_out(h, k);
    series_settle(h, s);
}

static bool is_too_much(const struct history *h)
{
    return h->stats.bytes > h->limits.budget_bytes &&
           h->stats.rolled_bytes > h->limits.budget_bytes / 2;
}

bool rollups_drop_one(struct history *h)
{
    if (list_empty(&h->rolled))
        return false;
    const bool is_over = is_old(h, LIST_ITEM(h->rolled.next, struct rolled_chunk, link));
    if (!is_over && !is_too_much(h))
        return false;
    first_forget(h);
    h->stats.dropped_chunks += !is_over;
    return true;
}

void rollups_destroy(struct history *h)
{
    while (!list_empty(&h->rolled))
        first_forget(h);
}
