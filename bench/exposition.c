/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast pages of metrics are read: the file given, or a page of N samples made here (default 100,000), again and
 * again. Prints "samples bytes best_ms MB/s".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/core/exposition.h"

#define ROUNDS 15
#define MAX_PAGE ((size_t)256 << 20)

static void make_page(struct buf *out, size_t count)
{
    buf_add_text(out, "# HELP http_requests_total Requests answered.\n"
                      "# TYPE http_requests_total counter\n");
    for (size_t i = 0; i < count; i++)
        buf_printf(out,
                   "http_requests_total{code=\"200\",handler=\"/api/v1/orders/%zu\","
                   "instance=\"app-%03zu:8080\",method=\"get\"} %zu.%zu\n",
                   i, i % 1000, i * 7, i % 10);
}

static bool read_page(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    char piece[65536];
    size_t len;
    if (!file)
        return false;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_add(out, piece, len);
    fclose(file);
    return !out->overflow;
}

static bool count_labels(void *ctx, const struct exposition_sample *sample, struct err *e)
{
    (void)e;
    *(size_t *)ctx += sample->label_count;
    return true;
}

static nsec parse(struct bytes page, size_t *ret_samples)
{
    static const struct exposition_caps caps = {.samples = 10000000};
    struct arena *arena = arena_create(0);
    size_t labels = 0;
    struct err e = {0};
    const struct mono start = mono_read();
    struct exposition *x = exposition_create(
        arena, EXPOSITION_TEXT, &caps, (struct exposition_reader){count_labels, &labels});
    if (!exposition_feed(x, page, &e) || !exposition_end(x, &e)) {
        fprintf(stderr, "exposition: %s\n", e.text);
        exit(1);
    }
    const nsec took = mono_since(mono_read(), start);
    *ret_samples = exposition_samples(x);
    arena_destroy(arena);
    return took;
}

int main(int argc, char **argv)
{
    struct buf page = BUF_MAX(MAX_PAGE);
    size_t samples = 0;
    nsec best = INT64_MAX;
    const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    if (count > 0) {
        make_page(&page, (size_t)count);
    } else if (!read_page(&page, argv[1])) {
        fprintf(stderr, "exposition: '%s' cannot be read\n", argv[1]);
        return 2;
    }
    for (int i = 0; i < ROUNDS; i++) {
        const nsec took = parse(buf_bytes(&page), &samples);
        if (took < best)
            best = took;
    }
    printf("%zu %zu %.3f %.0f\n", samples, page.len, nsec_to_sec(best) * 1e3,
           (double)page.len / nsec_to_sec(best) / 1e6);
    buf_finish(&page);
    return 0;
}
