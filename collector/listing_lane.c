/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of such requests: of the first one the history is walked slice by slice, then the pool sorts and writes.
 * Called by api_series.c. A client that leaves takes its request with it, but for what the pool has in hand.
 */
#include "collector/listing_lane.h"

#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "collector/daemon.h"
#include "collector/prom_json.h"
#include "collector/query_lane.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define SLICE NSEC_PER_MSEC
#define ANSWER_MAX (256u << 20)
#define BEGIN "{\"status\":\"success\",\"data\":["

struct listing_lane {
    struct daemon *daemon;
    struct list waiting;
    size_t waiting_count;
    struct list_job *running; /* NULL: none */
};

struct list_job {
    struct list link;
    struct listing_lane *lane;
    struct exchange *exchange; /* NULL: the client has left */
    struct listing asked;
    struct map *words; /* names or values; NULL: series */
    size_t count;
    struct buf body;
};

static void start_next(struct listing_lane *l);

static void destroy(struct list_job *r)
{
    map_destroy(r->words);
    buf_finish(&r->body);
    arena_destroy(r->asked.arena);
    free(r);
}

static void client_left(void *ctx)
{
    ((struct list_job *)ctx)->exchange = NULL;
}

/* ---- on the pool ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void work(void *ctx)
{
    struct list_job *r = ctx;
    const size_t count = map_count(r->words);
    const char **list = memory_take((count + 1) * sizeof(*list));
    size_t at = 0;
    for (const struct map_entry *it = NULL; (it = map_next(r->words, it));)
        list[at++] = it->key;
    qsort(list, count, sizeof(*list), by_text);
    for (size_t i = 0; i < count && i < r->asked.limit; i++) {
        if (i > 0)
            buf_add_byte(&r->body, ',');
        buf_add_json(&r->body, bytes_of(list[i]));
    }
    free(list);
    map_destroy(r->words); /* here, for it may be large */
    r->words = NULL;
}

/* ---- on the loop ---- */

static void end(struct list_job *r)
{
    struct listing_lane *l = r->lane;
    l->running = NULL;
    destroy(r);
    start_next(l);
}

static void done(void *ctx)
{
    struct list_job *r = ctx;
    buf_add_text(&r->body, "]}");
    if (r->exchange && r->body.overflow)
        query_error(r->exchange, 422, "execution",
                    "the answer is larger than %u MiB: name a match[], or a limit",
                    ANSWER_MAX >> 20);
    else if (r->exchange)
        exchange_reply_json(r->exchange, 200, &r->body);
    end(r);
}

static void add_series(void *ctx, struct labels labels)
{
    struct list_job *r = ctx;
    if (r->count == r->asked.limit)
        return;
    if (r->count++ > 0)
        buf_add_byte(&r->body, ',');
    prom_json_labels(labels, &r->body);
}

static void add_words(void *ctx, struct labels labels)
{
    struct list_job *r = ctx;
    const bool wants_names = r->asked.kind == LISTING_NAMES;
    for (size_t i = 0; i < labels.count; i++) {
        const struct label *l = &labels.items[i];
        if (wants_names)
            map_put(r->words, bytes_of(l->name), r);
        else if (!strcmp(l->name, r->asked.label))
            map_put(r->words, bytes_of(l->value), r);
    }
}

static void slice(void *ctx)
{
    struct list_job *r = ctx;
    struct daemon *d = r->lane->daemon;
    const bool is_series = r->asked.kind == LISTING_SERIES;
    if (!r->exchange) {
        end(r);
        return;
    }
    if (!history_walk(engine_history(act_engine(d)), &r->asked.walk, SLICE,
                      is_series ? add_series : add_words, r)) {
        loop_defer(d->frame.loop, "listing", slice, r);
        return;
    }
    if (is_series) {
        done(r);
    } else if (!pool_submit(d->frame.pool, "listing", work, done, r)) {
        query_error(r->exchange, 503, "unavailable",
                    "healthd computes too much already; ask again in a moment");
        end(r);
    }
}

static void start_next(struct listing_lane *l)
{
    if (l->running || list_empty(&l->waiting))
        return;
    struct list_job *r = LIST_ITEM(list_take(&l->waiting), struct list_job, link);
    l->waiting_count--;
    l->running = r;
    history_walk_begin(engine_history(act_engine(l->daemon)), &r->asked.walk);
    loop_defer(l->daemon->frame.loop, "listing", slice, r);
}

void listing_lane_run(struct listing_lane *l, struct exchange *x,
                      const struct listing *asked)
{
    if (l->waiting_count >= QUERY_MAX_WAITING) {
        arena_destroy(asked->arena);
        query_error(x, 503, "unavailable", "%d lists are asked for already",
                    QUERY_MAX_WAITING);
        return;
    }
    struct list_job *r = memory_take(sizeof(*r));
    *r = (struct list_job){.lane = l,
                           .exchange = x,
                           .asked = *asked,
                           .words = asked->kind == LISTING_SERIES ? NULL : map_create(),
                           .body = BUF_MAX(ANSWER_MAX)};
    buf_add_text(&r->body, BEGIN);
    exchange_suspend(x, client_left, r);
    list_append(&l->waiting, &r->link);
    l->waiting_count++;
    start_next(l);
}

struct listing_lane *listing_lane_create(struct daemon *d)
{
    struct listing_lane *l = memory_take(sizeof(*l));
    *l = (struct listing_lane){.daemon = d};
    list_init(&l->waiting);
    return l;
}

bool listing_lane_is_idle(const struct listing_lane *l)
{
    return !l || !l->running;
}

void listing_lane_destroy(struct listing_lane *l)
{
    if (!l || l->running)
        return;
    LIST_EACH (it, &l->waiting) {
        list_remove(it);
        destroy(LIST_ITEM(it, struct list_job, link));
    }
    free(l);
}
