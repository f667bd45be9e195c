/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of queries, of which the pool has one at a time; parameters that are wrong are answered before it. Called by
 * the handlers of the query API and by listing_lane.c. Evaluates nothing on the loop.
 */
#include "collector/query_lane.h"

#include <math.h>
#include <stdlib.h>

#include "collector/act.h"
#include "collector/daemon.h"
#include "collector/prom_json.h"
#include "lib/base/list.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define ANSWER_MAX (256u << 20)

struct query_lane {
    struct daemon *daemon;
    struct list waiting;
    size_t waiting_count;
    struct query *running; /* NULL: none */
};

struct query {
    struct list link;
    struct query_lane *lane;
    struct exchange *exchange; /* NULL: the client has left */
    struct arena *arena;
    const struct promql *promql;
    struct promql_opts opts;
    struct mono until;
    struct history_view *view;
    struct promql_source source;
    struct buf body;
    bool ok;
};

void query_error(struct exchange *x, int status, const char *type, const char *fmt, ...)
{
    struct buf text = BUF_MAX(4096), body = BUF_MAX(16384);
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    prom_json_error(type, buf_text(&text), &body);
    exchange_reply_json(x, status, &body);
    buf_finish(&text);
}

void query_fault(struct exchange *x, const char *parameter,
                 const struct promql_fault *fault, const char *what)
{
    if (what)
        query_error(x, 400, "bad_data", "invalid parameter \"%s\": %s", parameter, what);
    else
        query_error(x, 400, "bad_data",
                    "invalid parameter \"%s\": %d:%d: parse error: %s%s%s", parameter,
                    fault->line, fault->column, fault->text, *fault->hint ? "; " : "",
                    fault->hint);
}

bool query_time(struct exchange *x, const char *name, int64_t usual, int64_t *ret_ms)
{
    const char *text = exchange_form(x, name);
    struct wall at;
    double seconds;
    if (!text && usual >= 0) {
        *ret_ms = usual;
        return true;
    }
    if (text && bytes_to_double(bytes_of(text), &seconds) && fabs(seconds) < 9e12) {
        *ret_ms = (int64_t)llround(seconds * 1000);
        return true;
    }
    if (text && wall_parse(bytes_of(text), &at)) {
        *ret_ms = wall_to_ms(at);
        return true;
    }
    query_error(x, 400, "bad_data",
                "invalid parameter \"%s\": cannot parse \"%.100s\" to a valid timestamp",
                name, text ? text : "");
    return false;
}

static void destroy(struct query *q)
{
    buf_finish(&q->body);
    arena_destroy(q->arena);
    free(q);
}

static void client_left(void *ctx)
{
    ((struct query *)ctx)->exchange = NULL;
}

/* ---- on the pool ---- */

static void work(void *ctx)
{
    struct query *q = ctx;
    struct promql_result result = {0};
    struct err e = {0};
    q->ok = promql_eval(q->promql, &q->source, &q->opts, q->arena, &result, &e);
    if (q->ok)
        prom_json_result(&result, &q->body);
    else
        prom_json_error("execution", e.text, &q->body);
}

/* ---- on the loop ---- */

static void start_next(struct query_lane *l);

static void answer(struct query *q)
{
    if (!q->exchange)
        return;
    if (q->body.overflow)
        query_error(q->exchange, 422, "execution",
                    "the answer is larger than %u MiB: aggregate, or ask for less",
                    ANSWER_MAX >> 20);
    else
        exchange_reply_json(q->exchange, q->ok ? 200 : 422, &q->body);
}

static void done(void *ctx)
{
    struct query *q = ctx;
    struct query_lane *l = q->lane;
    history_view_release(q->view);
    l->running = NULL;
    answer(q);
    destroy(q);
    start_next(l);
}

static void refuse(struct query *q, const char *why)
{
    if (q->exchange)
        query_error(q->exchange, 503, "timeout", "%s", why);
    destroy(q);
}

static void start(struct query_lane *l, struct query *q)
{
    size_t count = 0;
    const struct selector *const *selectors = promql_selectors(q->promql, &count);
    q->view = history_view_for(engine_history(act_engine(l->daemon)), selectors, count,
                               &q->opts);
    q->source = history_view_source(q->view);
    l->running = q;
    if (pool_submit(l->daemon->frame.pool, "query", work, done, q))
        return;
    history_view_release(q->view);
    l->running = NULL;
    refuse(q, "healthd computes too much already; ask again in a moment");
}

static void start_next(struct query_lane *l)
{
    const struct mono now = loop_now_exact(l->daemon->frame.loop);
    while (!l->daemon->is_turning && !l->running && !list_empty(&l->waiting)) {
        struct query *q = LIST_ITEM(list_take(&l->waiting), struct query, link);
        l->waiting_count--;
        if (!q->exchange)
            destroy(q);
        else if (mono_reached(now, q->until))
            refuse(q, "query timed out in expression evaluation");
        else
            start(l, q);
    }
}

void query_lane_go_on(struct query_lane *l)
{
    start_next(l);
}

void query_lane_run(struct query_lane *l, struct exchange *x, const char *text,
                    const struct promql_opts *opts, nsec timeout)
{
    struct promql_fault fault = {0};
    struct arena *arena = arena_create(0);
    const struct promql *promql = promql_parse(arena, arena_strdup(arena, text), &fault);
    if (!promql || l->waiting_count >= QUERY_MAX_WAITING) {
        arena_destroy(arena);
        if (promql)
            query_error(x, 503, "unavailable", "%d queries wait already",
                        QUERY_MAX_WAITING);
        else
            query_fault(x, "query", &fault, NULL);
        return;
    }
    struct query *q = calloc(1, sizeof(*q));
    if (!q)
        abort();
    timeout = timeout > QUERY_LONGEST ? QUERY_LONGEST : timeout;
    *q = (struct query){.lane = l,
                        .exchange = x,
                        .arena = arena,
                        .promql = promql,
                        .opts = *opts,
                        .until = mono_add(loop_now(l->daemon->frame.loop), timeout),
                        .body = BUF_MAX(ANSWER_MAX)};
    q->opts.max_samples = QUERY_MAX_SAMPLES;
    exchange_suspend(x, client_left, q);
    list_append(&l->waiting, &q->link);
    l->waiting_count++;
    start_next(l);
}

struct query_lane *query_lane_create(struct daemon *d)
{
    struct query_lane *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->daemon = d;
    list_init(&l->waiting);
    return l;
}

bool query_lane_is_idle(const struct query_lane *l)
{
    return !l || !l->running;
}

void query_lane_destroy(struct query_lane *l)
{
    if (!l || l->running)
        return;
    LIST_EACH (it, &l->waiting) {
        list_remove(it);
        destroy(LIST_ITEM(it, struct query, link));
    }
    free(l);
}
