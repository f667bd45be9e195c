/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes when time passes or memory is short: whole chunks, oldest first, those that no rule reads before the
 * others. Called by history.c at each finished chunk, for a few of them: many may be due at once, when a probe of thousands
 * of series has ended or the limits are new. history_tidy does the rest in slices.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/query/history_impl.h"

/* More than one, so that it comes to an end: each call is for one chunk that came. */
#define DROPS_AT_A_TIME 32

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

static struct chunk *expired_of(const struct history *h, const struct list *queue)
{
    struct chunk *k = oldest_of(queue);
    return k && k->last_ms < h->stats.newest_ms - h->limits.keep / NSEC_PER_MSEC ? k
                                                                                 : NULL;
}

/* What is too old, then rollups, then what is too much; false: nothing is due. */
static bool drop_one(struct history *h)
{
    struct chunk *expired = expired_of(h, &h->plain);
    if (!expired)
        expired = expired_of(h, &h->wanted);
    if (expired) {
        chunk_expire(h, expired);
        return true;
    }
    if (rollups_drop_one(h))
        return true;
    struct chunk *oldest = oldest_of(&h->plain);
    if (!oldest)
        oldest = oldest_of(&h->wanted);
    if (!oldest || h->stats.bytes <= h->limits.budget_bytes)
        return false;
    chunk_expire(h, oldest);
    h->stats.dropped_chunks++;
    return true;
}

bool budget_enforce(struct history *h)
{
    if (readers_are_sorting(h)) /* soon again */
        return true;
    for (size_t dropped = 0; dropped < DROPS_AT_A_TIME; dropped++) {
        if (!drop_one(h))
            return true;
    }
    return false;
}

bool history_tidy(struct history *h, nsec budget)
{
    const struct mono until = {budget == INT64_MAX ? INT64_MAX
                                                   : mono_add(mono_read(), budget).ns};
    while (!budget_enforce(h)) {
        if (mono_reached(mono_read(), until))
            return false;
    }
    return true;
}
