/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a week of five-minute points costs: 300 series (a third each constant, counters, gauges), 7 days at 15 s, of which
 * samples are kept for 6 h, and a rule that reads all of the week. Prints "rolled_bytes_per_series_day all_bytes
 * append_ns worst_append_ms evaluate_ms view_ms". Called by bench/history.py.
 */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "lib/query/history.h"

#define SERIES 300
#define DAYS 7
#define SLOTS (DAYS * 24 * 240)
#define STEP_MS 15000
#define START_MS INT64_C(1764200000000)

static const struct metric family = {
    .name = "bench_bytes", .kind = METRIC_GAUGE, .labels = {"device"}};

static uint64_t seed = 1;

static double random_unit(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double value_next(size_t i, double before)
{
    if (i % 3 == 0)
        return before;
    if (i % 3 == 1)
        return before + floor(random_unit() * 2000);
    return floor(before * 0.9 + random_unit() * 1000) / 100;
}

static struct batch *batch_next(struct arena *arena, double *values)
{
    struct batch *b = batch_create(arena);
    struct batch_group *g = batch_group(b, "");
    for (size_t i = 0; i < SERIES; i++) {
        const char *labels[] = {arena_printf(arena, "disk-%03zu", i)};
        values[i] = value_next(i, values[i]);
        batch_add(b, g, &family, labels, (struct labels){0}, values[i]);
    }
    return b;
}

/* Of this thread: the machine may do other things, too. */
static nsec cpu_read(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (nsec)t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void evaluate(struct history *h, const struct promql *q, double *ret_view_ms,
                     double *ret_ms)
{
    const int64_t now = START_MS + (int64_t)SLOTS * STEP_MS;
    const struct promql_opts opts = {.start = now, .end = now};
    struct arena *arena = arena_create(0);
    struct promql_result result;
    struct err e = {0};
    size_t count;
    const struct selector *const *selectors = promql_selectors(q, &count);
    const nsec start = cpu_read();
    struct history_view *v = history_view_for(h, selectors, count, &opts);
    const nsec made = cpu_read();
    const struct promql_source source = history_view_source(v);
    if (!promql_eval(q, &source, &opts, arena, &result, &e) || result.count != SERIES)
        fprintf(stderr, "%zu elements, %s\n", result.count, e.text);
    *ret_view_ms = (double)(made - start) / 1e6;
    *ret_ms = (double)(cpu_read() - made) / 1e6;
    history_view_release(v);
    arena_destroy(arena);
}

int main(void)
{
    const struct history_limits limits = {.budget_bytes = (size_t)1 << 30};
    struct arena *arena = arena_create(0);
    struct history *h = history_create(&limits);
    struct history_owner *owner = history_owner(h, (struct labels){0});
    struct promql_fault fault;
    const struct promql *q =
        promql_parse(arena, "avg_over_time(bench_bytes[7d])", &fault);
    double values[SERIES] = {0}, view_ms, evaluate_ms;
    nsec spent = 0, worst = 0;
    size_t count;
    history_protect(h, promql_selectors(q, &count), 1);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct arena *round = arena_create(0);
        struct batch *b = batch_next(round, values);
        const nsec start = cpu_read();
        history_publish(owner, START_MS + (int64_t)slot * STEP_MS, b);
        const nsec took = cpu_read() - start;
        spent += took;
        worst = took > worst ? took : worst;
        arena_destroy(round);
    }
    evaluate(h, q, &view_ms, &evaluate_ms);
    const struct history_stats stats = history_stats(h);
    printf("%.0f %zu %.0f %.2f %.2f %.2f\n",
           (double)stats.rolled_bytes / SERIES / (DAYS - 0.25), stats.bytes,
           (double)spent / SERIES / SLOTS, (double)worst / 1e6, evaluate_ms, view_ms);
    history_destroy(h);
    arena_destroy(arena);
    return 0;
}
