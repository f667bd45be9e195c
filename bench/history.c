/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What history costs inside the process: 10,000 series of one kind, 6 h at 15 s, appended in batches of 100, then
 * read. Prints one line: "kind rss_mb bytes_per_sample append_ns select_ms decode_ns worst_publish_ms". Called by
 * bench/history.py; kinds: constant, counter, gauge, duration, noise, mix.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/query/history.h"

#define PROBES 100
#define SERIES 100 /* of each */
#define SLOTS 1440
#define STEP_MS 15000
#define START_MS INT64_C(1764200000000)

static const struct metric family = {
    .name = "bench_bytes", .kind = METRIC_GAUGE, .labels = {"device", "kind"}};

static uint64_t seed = 1;

static double random_unit(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* constant: sizes, states · counter: bytes, requests · gauge: percent with two digits · duration: in ns
 * · noise: every bit differs */
static double value_next(const char *kind, size_t i, double before)
{
    static const char *const mixed[] = {"constant", "counter", "counter",  "gauge",
                                        "constant", "counter", "constant", "gauge",
                                        "noise",    "constant"};
    if (!strcmp(kind, "mix"))
        kind = mixed[i % 10];
    if (!strcmp(kind, "constant"))
        return before;
    if (!strcmp(kind, "counter"))
        return before + floor(random_unit() * 2000);
    if (!strcmp(kind, "gauge"))
        return floor(before * 0.9 + random_unit() * 1000) / 100;
    if (!strcmp(kind, "duration"))
        return floor(random_unit() * 3e7) / 1e9;
    return random_unit();
}

/* Of this thread: what else the machine does is no hold. */
static nsec cpu_spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static size_t rss_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128] = "";
    if (f && fgets(line, sizeof(line), f)) {
        char *rest;
        strtoul(line, &rest, 10);
        fclose(f);
        return strtoul(rest, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
    }
    return 0;
}

static struct batch *batch_of(struct arena *arena, const double *values)
{
    struct batch *b = batch_create(arena);
    struct batch_group *g = batch_group(b, "");
    for (size_t i = 0; i < SERIES; i++) {
        const char *labels[] = {arena_printf(arena, "disk-%03zu", i), "used"};
        batch_add(b, g, &family, labels, (struct labels){0}, values[i]);
    }
    return b;
}

struct stage {
    struct history *history;
    struct history_owner *owners[PROBES];
    double values[PROBES][SERIES];
};

static void owners_make(struct stage *s)
{
    for (size_t p = 0; p < PROBES; p++) {
        char name[32];
        snprintf(name, sizeof(name), "probe-%zu", p);
        const struct label labels[] = {{"component", "payload"},
                                       {"environment", "production"},
                                       {"instance", "10.0.0.5:9100"},
                                       {"job", "node"},
                                       {"probe", name}};
        s->owners[p] = history_owner(s->history, (struct labels){labels, 5});
    }
}

static nsec slot_append(struct stage *s, const char *kind, size_t slot, nsec *worst)
{
    nsec spent = 0;
    for (size_t p = 0; p < PROBES; p++) {
        struct arena *arena = arena_create(0);
        for (size_t i = 0; i < SERIES; i++)
            s->values[p][i] = value_next(kind, i, s->values[p][i]);
        struct batch *b = batch_of(arena, s->values[p]);
        const nsec start = cpu_spent();
        history_publish(s->owners[p], START_MS + (int64_t)slot * STEP_MS, b);
        const nsec took = cpu_spent() - start;
        spent += took;
        *worst = took > *worst ? took : *worst;
        arena_destroy(arena);
    }
    return spent;
}

static double read_all(struct stage *s, double *ret_select_ms)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct selector all = {.range = 6 * NSEC_PER_HOUR, .reach = 6 * NSEC_PER_HOUR};
    const struct selector *list[] = {&all};
    struct promql_set set = {0};
    matchers_parse(arena, "__name__=bench_bytes", &all.matchers, &e);
    const struct mono start = mono_read();
    struct history_view *v = history_view(s->history, list, 1);
    const struct mono made = mono_read();
    struct promql_source source = history_view_source(v);
    source.select(source.ctx, &all, 0, INT64_MAX, arena, &set, &e);
    const struct mono read = mono_read();
    size_t count = 0;
    for (size_t i = 0; i < set.count; i++)
        count += set.items[i].count;
    history_view_release(v);
    arena_destroy(arena);
    *ret_select_ms = (double)mono_since(made, start) / 1e6;
    return (double)mono_since(read, made) / (double)count;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "mix";
    const struct history_limits limits = {.budget_bytes = (size_t)1 << 30,
                                          .keep = 7 * NSEC_PER_HOUR};
    static struct stage s;
    s.history = history_create(&limits);
    owners_make(&s);
    for (size_t p = 0; p < PROBES; p++) {
        for (size_t i = 0; i < SERIES; i++)
            s.values[p][i] = floor(random_unit() * 1e9);
    }
    const size_t before = rss_bytes();
    nsec spent = 0, worst = 0, ignored = 0;
    slot_append(&s, kind, 0, &ignored); /* makes the series */
    for (size_t slot = 1; slot < SLOTS; slot++)
        spent += slot_append(&s, kind, slot, &worst);
    const size_t after = rss_bytes();
    const double samples = (double)PROBES * SERIES * SLOTS;
    double select_ms;
    const double decode_ns = read_all(&s, &select_ms);
    printf("%s %.1f %.2f %.0f %.2f %.1f %.2f\n", kind, (double)(after - before) / 1e6,
           (double)history_stats(s.history).bytes / samples, (double)spent / samples,
           select_ms, decode_ns, (double)worst / 1e6);
    history_destroy(s.history);
    return 0;
}
