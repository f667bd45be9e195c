/* SPDX-License-Identifier: Apache-2.0 */
/* See limiter.h. A bucket is one number: when it will be full again (the generic cell rate algorithm). */
#include "collector/limiter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/base/units.h"

#define MINUTE (60 * NSEC_PER_SEC)

struct bucket {
    struct list link; /* in order of use */
    struct mono full_at;
    char *key;
};

struct limiter {
    struct map *buckets;
    struct list by_use;
    size_t max_keys;
};

struct limiter *limiter_create(size_t max_keys)
{
    assert(max_keys > 0);
    struct limiter *l = memory_take(sizeof(*l));
    *l = (struct limiter){.buckets = map_create(), .max_keys = max_keys};
    list_init(&l->by_use);
    return l;
}

static void bucket_remove(struct limiter *l, struct bucket *b)
{
    map_remove(l->buckets, bytes_of(b->key));
    list_remove(&b->link);
    free(b->key);
    free(b);
}

void limiter_destroy(struct limiter *l)
{
    if (!l)
        return;
    LIST_EACH (at, &l->by_use)
        bucket_remove(l, LIST_ITEM(at, struct bucket, link));
    map_destroy(l->buckets);
    free(l);
}

static struct bucket *bucket_of(struct limiter *l, const char *key)
{
    struct bucket *b = map_get(l->buckets, bytes_of(key));
    if (b) {
        list_remove(&b->link);
    } else {
        if (map_count(l->buckets) >= l->max_keys)
            bucket_remove(l, LIST_ITEM(l->by_use.next, struct bucket, link));
        b = memory_take(sizeof(*b));
        *b = (struct bucket){.key = memory_strdup(key)};
        assert(b->key);
        map_put(l->buckets, bytes_of(b->key), b);
    }
    list_append(&l->by_use, &b->link);
    return b;
}

/* Room for one more is there once what is missing from the bucket is at most a minute's worth less one. */
static nsec wait_of(struct mono full_at, nsec cost, struct mono now)
{
    const nsec missing = full_at.ns > now.ns ? full_at.ns - now.ns : 0;
    const nsec over = missing + cost - MINUTE;
    return over > 0 ? over : 0;
}

nsec limiter_take(struct limiter *l, const char *key, int64_t per_minute, struct mono now)
{
    if (per_minute <= 0)
        return 0;
    struct bucket *b = bucket_of(l, key);
    const nsec cost = MINUTE / per_minute;
    const nsec wait = wait_of(b->full_at, cost, now);
    if (wait == 0)
        b->full_at = mono_add(b->full_at.ns > now.ns ? b->full_at : now, cost);
    return wait;
}

nsec limiter_wait(const struct limiter *l, const char *key, int64_t per_minute,
                  struct mono now)
{
    if (per_minute <= 0)
        return 0;
    const struct bucket *b = map_get(l->buckets, bytes_of(key));
    return b ? wait_of(b->full_at, MINUTE / per_minute, now) : 0;
}

size_t limiter_count(const struct limiter *l)
{
    return map_count(l->buckets);
}
