/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes when time passes or memory is short: whole chunks, oldest first, those that no rule reads before the
 * others. Called by history.c at each finished chunk.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/query/history_impl.h"

static void series_unlink(struct chunk *k)
{
    struct timeseries *s = k->series;
    struct chunk **at = &s->first, *before = NULL;
    while (*at != k) {
        before = *at;
        at = &before->next;
    }
    *at = k->next;
    if (s->last == k)
        s->last = before;
}

void chunk_drop(struct history *h, struct chunk *k)
{
    struct timeseries *s = k->series;
    series_unlink(k);
    list_remove(&k->link);
    h->stats.bytes -= chunk_size(k);
    h->stats.chunks--;
    chunk_unref(k);
    series_settle(h, s);
}

/* What a rule reads further back than this stays as points. */
static void chunk_expire(struct history *h, struct chunk *k)
{
    if (k->series->rollup)
        rollup_take(h, k->series, k);
    chunk_drop(h, k);
}

static struct chunk *oldest_of(const struct list *queue)
{
    return list_empty(queue) ? NULL : LIST_ITEM(queue->next, struct chunk, link);
}

static void drop_expired(struct history *h, struct list *queue)
{
    const int64_t limit = h->stats.newest_ms - h->limits.keep / NSEC_PER_MSEC;
    struct chunk *k;
    while ((k = oldest_of(queue)) && k->last_ms < limit)
        chunk_expire(h, k);
}

void budget_enforce(struct history *h)
{
    drop_expired(h, &h->plain);
    drop_expired(h, &h->wanted);
    rollups_enforce(h);
    while (h->stats.bytes > h->limits.budget_bytes) {
        struct chunk *k = oldest_of(&h->plain);
        if (!k)
            k = oldest_of(&h->wanted);
        if (!k)
            return;
        chunk_expire(h, k);
        h->stats.dropped_chunks++;
    }
}
