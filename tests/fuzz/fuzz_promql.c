/* SPDX-License-Identifier: Apache-2.0 */
/* Input: an expression. What is read is printed and read back as the same; then it is evaluated at one time and over a
 * grid, and whatever fails has its words. */
#include <stdint.h>

#include "tests/unit/promql_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fixture_series rows[] = {
    {"up{job=\"a\",i=\"1\"}", "1x10"},
    {"up{job=\"a\",i=\"2\"}", "0x3 stale _x2 1x4"},
    {"up{job=\"b\",i=\"1\"}", "1 NaN Inf -Inf 5 6 7 8 9 10 11"},
    {"a{x=\"1\"}", "0+10x4 0+20x5"},
    {"b{x=\"1\"}", "3x10"},
    {"h_bucket{le=\"1\"}", "0+1x10"},
    {"h_bucket{le=\"+Inf\"}", "0+4x10"},
    {0}};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const char *print(const struct promql *q, struct arena *arena)
{
    struct buf out = BUF_MAX(1 << 20);
    promql_print(q, &out);
    check(!out.overflow);
    return arena_keep(arena, &out);
}

static void evaluate(const struct promql *q, const struct promql_opts *opts,
                     struct arena *arena)
{
    struct fixture_source series = {0};
    struct promql_result result = {0};
    struct err e = {0};
    check(fixture_load(arena, rows, 60000, &series));
    const struct promql_source source = {&series, fixture_select};
    if (promql_eval(q, &source, opts, arena, &result, &e))
        check(fixture_print(&result, arena) != NULL);
    else
        check(e.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct promql_fault fault = {0};
    const char *text = arena_strndup(arena, (const char *)data, size);
    const struct promql *q = promql_parse(arena, text, &fault);
    check(q || (fault.text[0] && fault.line > 0 && fault.column > 0));
    if (q) {
        const char *printed = print(q, arena);
        const struct promql *again = promql_parse(arena, printed, &fault);
        if (again)
            check(!strcmp(print(again, arena), printed));
        else
            check(strlen(printed) > 65536);
        check(promql_threshold(q, arena) != NULL);
        const struct promql_opts instant = {
            .start = 300000, .end = 300000, .max_samples = 20000};
        const struct promql_opts grid = {.start = 0,
                                         .end = 600000,
                                         .step = 45000,
                                         .compat = PROMQL_COMPAT_2,
                                         .max_samples = 20000};
        evaluate(q, &instant, arena);
        evaluate(q, &grid, arena);
    }
    arena_destroy(arena);
    return 0;
}
