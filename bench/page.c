/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page costs inside the process: a registry of N series of one family, rendered and compressed again and
 * again. bench/go/page.go is the same family in the Go client, over HTTP. Prints one line a measure:
 * "series what p50_ms worst_slice_ms bytes".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/batch.h"
#include "lib/core/gzip.h"
#include "lib/core/registry.h"

#define ROUNDS 41
#define SLICE (2 * NSEC_PER_MSEC)

static const struct metric requests = {
    .name = "bench_requests_in_flight",
    .kind = METRIC_GAUGE,
    .unit = "",
    .help = "Requests being answered, by instance, path and method",
    .labels = {"instance", "method", "path", "shard"},
};

static struct batch *fill(struct arena *arena, size_t count, double factor)
{
    struct batch *b = batch_create(arena);
    for (size_t i = 0; i < count; i++) {
        const char *values[] = {
            arena_printf(arena, "app-%03zu.example.internal:8080", i % 1000),
            i % 2 ? "GET" : "POST", arena_printf(arena, "/api/v1/orders/%02zu", i / 1000),
            arena_printf(arena, "%06zu", i)};
        batch_add(b, batch_group(b, ""), &requests, values, (struct labels){0},
                  (double)i * factor);
    }
    return b;
}

static void publish(struct registry *r, struct source *s, size_t count, double factor)
{
    struct arena *arena = arena_create(0);
    registry_publish(r, s, fill(arena, count, factor));
    arena_destroy(arena);
}

struct took {
    nsec total, slice;
};

static struct took render(struct registry *r, bool is_compressed, size_t *ret_bytes)
{
    struct took t = {0};
    const struct mono start = mono_read();
    struct mono at = start;
    struct page *p = page_start(r, PAGE_TEXT, NULL);
    for (bool is_done = false; !is_done;) {
        is_done = page_continue(p, SLICE);
        const struct mono now = mono_read();
        if (mono_since(now, at) > t.slice)
            t.slice = mono_since(now, at);
        at = now;
    }
    *ret_bytes = page_buf(p)->len;
    if (is_compressed) {
        struct buf out = BUF_MAX((size_t)1 << 30);
        if (gzip_text(buf_bytes(page_buf(p)), 1, &out))
            *ret_bytes = out.len;
        buf_finish(&out);
    }
    page_destroy(p);
    t.total = mono_since(mono_read(), start);
    return t;
}

static int nsec_order(const void *a, const void *b)
{
    const nsec left = *(const nsec *)a, right = *(const nsec *)b;
    return (left > right) - (left < right);
}

enum change { CHANGE_NONE, CHANGE_INTEGERS, CHANGE_FRACTIONS };

static void measure(size_t count, const char *what, enum change change,
                    bool is_compressed)
{
    struct registry *r = registry_create();
    struct source *s = registry_source(r, "bench", false, (struct labels){0});
    nsec times[ROUNDS], slice = 0;
    size_t bytes = 0;

    publish(r, s, count, 1);
    render(r, is_compressed, &bytes);
    for (size_t i = 0; i < ROUNDS; i++) {
        if (change != CHANGE_NONE)
            publish(r, s, count,
                    change == CHANGE_INTEGERS ? (double)(i + 2) : 0.1 * (double)(i + 3));
        const struct took t = render(r, is_compressed, &bytes);
        times[i] = t.total;
        slice = t.slice > slice ? t.slice : slice;
    }
    qsort(times, ROUNDS, sizeof(times[0]), nsec_order);
    printf("%7zu %-18s %8.3f ms  worst slice %6.3f ms  %9zu bytes\n", count, what,
           nsec_to_sec(times[ROUNDS / 2]) * 1e3, nsec_to_sec(slice) * 1e3, bytes);
    registry_destroy(r);
}

static void measure_publish(size_t count)
{
    struct registry *r = registry_create();
    struct source *s = registry_source(r, "bench", false, (struct labels){0});
    struct arena *arena = arena_create(0);
    struct batch *b = fill(arena, count, 1);
    struct mono at = mono_read();
    registry_publish(r, s, b);
    const double first = nsec_to_sec(mono_since(mono_read(), at)) * 1e3;
    at = mono_read();
    registry_publish(r, s, b);
    printf("%7zu %-18s %8.3f ms  first %6.3f ms\n", count, "publish again",
           nsec_to_sec(mono_since(mono_read(), at)) * 1e3, first);
    arena_destroy(arena);
    registry_destroy(r);
}

int main(void)
{
    const size_t counts[] = {1000, 10000, 100000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        measure_publish(counts[i]);
        measure(counts[i], "plain", CHANGE_NONE, false);
        measure(counts[i], "plain, integers", CHANGE_INTEGERS, false);
        measure(counts[i], "plain, fractions", CHANGE_FRACTIONS, false);
        measure(counts[i], "gzip", CHANGE_NONE, true);
    }
    return 0;
}
