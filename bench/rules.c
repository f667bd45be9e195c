/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What evaluating costs inside the process: 1,000 rules of the usual kinds over 10,000 series with an hour at 15 s, each
 * selected, evaluated, forgotten. Prints one line a round: "ms worst_view_ms results". Called by bench/rules.py.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/query/history.h"

#define PROBES 100
#define SERIES 100 /* of each: ten families of ten devices */
#define SLOTS 240
#define STEP_MS 15000
#define START_MS INT64_C(1764200000000)
#define RULES 1000
#define ROUNDS 21

static const struct metric families[] = {
    {.name = "bench_errors_total", .labels = {"device"}},
    {.name = "bench_requests_total", .labels = {"device"}},
    {.name = "bench_used_bytes", .labels = {"device"}},
    {.name = "bench_size_bytes", .labels = {"device"}},
    {.name = "bench_up", .labels = {"device"}},
    {.name = "bench_lag_seconds", .labels = {"device"}},
    {.name = "bench_temperature", .labels = {"device"}},
    {.name = "bench_connections", .labels = {"device"}},
    {.name = "bench_restarts_total", .labels = {"device"}},
    {.name = "bench_queue", .labels = {"device"}},
};

/* Of the kinds that people's rules are of, each for one instance. */
static const char *const kinds[] = {
    "bench_up{instance=\"%d\"} == 0",
    "bench_lag_seconds{instance=\"%d\"} > 30",
    "bench_used_bytes{instance=\"%d\"} / bench_size_bytes{instance=\"%d\"} > 0.9",
    "rate(bench_errors_total{instance=\"%d\"}[5m]) > 0.1",
    "sum by (instance) (rate(bench_requests_total{instance=\"%d\"}[5m])) > 1000",
    "increase(bench_restarts_total{instance=\"%d\"}[15m]) > 3",
    "avg_over_time(bench_temperature{instance=\"%d\"}[5m]) > 80",
    "sum(bench_connections{instance=\"%d\"}) > 500",
    "predict_linear(bench_used_bytes{instance=\"%d\"}[30m], 86400) > 1e12 and on "
    "(device) "
    "bench_up{instance=\"%d\"} == 1",
    "max by (instance) (bench_queue{instance=\"%d\"}) > 100",
};

static void fill(struct history *h)
{
    struct history_owner *owners[PROBES];
    for (int p = 0; p < PROBES; p++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", p);
        const struct label labels[] = {{"instance", name}, {"job", "bench"}};
        owners[p] = history_owner(h, (struct labels){labels, 2});
    }
    for (int slot = 0; slot < SLOTS; slot++) {
        for (int p = 0; p < PROBES; p++) {
            struct arena *arena = arena_create(0);
            struct batch *b = batch_create(arena);
            for (int i = 0; i < SERIES; i++) {
                const char *values[] = {arena_printf(arena, "disk-%d", i % 10)};
                batch_add(b, batch_group(b, ""), &families[i / 10], values,
                          (struct labels){0}, i / 10 == 4 ? 1 : slot * (i % 7) + p);
            }
            history_publish(owners[p], START_MS + slot * STEP_MS, b);
            arena_destroy(arena);
        }
    }
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t evaluate(struct history *h, const struct promql *q, double *worst_view)
{
    size_t count;
    struct err e = {0};
    struct promql_result result = {0};
    struct arena *arena = arena_create(0);
    const struct selector *const *selectors = promql_selectors(q, &count);
    const int64_t now = START_MS + (SLOTS - 1) * STEP_MS + 5000;
    const struct promql_opts opts = {.start = now, .end = now};
    const double start = cpu_ms();
    struct history_view *v = history_view(h, selectors, count);
    const double made = cpu_ms() - start;
    *worst_view = made > *worst_view ? made : *worst_view;
    struct promql_source source = history_view_source(v);
    if (!promql_eval(q, &source, &opts, arena, &result, &e))
        fprintf(stderr, "%s\n", e.text);
    history_view_release(v);
    const size_t found = result.count;
    arena_destroy(arena);
    return found;
}

int main(void)
{
    const struct history_limits limits = {.budget_bytes = (size_t)1 << 30};
    struct arena *arena = arena_create(0);
    struct history *h = history_create(&limits);
    const struct promql *rules[RULES];
    fill(h);
    for (int i = 0; i < RULES; i++) {
        struct promql_fault fault = {0};
        char text[300];
        const char *kind = kinds[i % 10];
        char *at = text;
        for (const char *p = kind; *p; p++) {
            if (p[0] == '%' && p[1] == 'd')
                at += snprintf(at, 16, "%d", i / 10), p++;
            else
                *at++ = *p;
        }
        *at = '\0';
        rules[i] = promql_parse(arena, text, &fault);
        if (!rules[i])
            return fprintf(stderr, "%s: %s\n", text, fault.text), 1;
    }
    const struct selector *all[RULES * 4];
    size_t selectors = 0;
    for (int i = 0; i < RULES; i++) {
        size_t count;
        const struct selector *const *own = promql_selectors(rules[i], &count);
        for (size_t k = 0; k < count; k++)
            all[selectors++] = own[k];
    }
    history_protect(h, all, selectors);
    for (int round = 0; round < ROUNDS; round++) {
        size_t found = 0;
        double worst = 0;
        const double start = cpu_ms();
        for (int i = 0; i < RULES; i++)
            found += evaluate(h, rules[i], &worst);
        printf("%.2f %.3f %zu\n", cpu_ms() - start, worst, found);
    }
    history_destroy(h);
    arena_destroy(arena);
    return 0;
}
