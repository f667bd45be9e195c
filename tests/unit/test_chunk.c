/* SPDX-License-Identifier: Apache-2.0 */
/* What a chunk writes comes back bit for bit; what is damaged is refused. Run by ./dev test unit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/query/chunk.h"

#define NOW INT64_C(1764200000000)

static void assert_same(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof(a));
}

static void read_back(const struct chunk *c, const struct point *points, size_t count)
{
    struct chunk_reader r;
    struct point p;
    chunk_read(&r, c);
    for (size_t i = 0; i < count; i++) {
        assert_true(chunk_next(&r, &p));
        assert_true(p.ms == points[i].ms);
        assert_same(p.value, points[i].value);
    }
    assert_false(chunk_next(&r, &p));
}

static size_t round_trip(const struct point *points, size_t count)
{
    struct chunk_head h = {0};
    for (size_t i = 0; i < count; i++)
        assert_true(chunk_append(&h, points[i].ms, points[i].value));
    struct chunk *copy = chunk_copy(&h);
    struct chunk *sealed = chunk_seal(&h);
    assert_int_equal(h.count, 0);
    read_back(copy, points, count);
    read_back(sealed, points, count);
    const size_t len = sealed->len;
    struct chunk *again =
        chunk_of_file(sealed, (struct bytes){(const char *)sealed->bits, len});
    assert_non_null(again);
    read_back(again, points, count);
    chunk_unref(again);
    chunk_unref(copy);
    chunk_unref(sealed);
    return len;
}

static void values_come_back(void **state)
{
    static const double odd[] = {0,     -0.0,   1,        1,         -1,
                                 1e308, 5e-324, INFINITY, -INFINITY, 3.14,
                                 2.7,   1e-9,   12345678, 12345679};
    struct point points[20];
    const size_t count = sizeof(odd) / sizeof(odd[0]);
    for (size_t i = 0; i < count; i++)
        points[i] = (struct point){NOW + (int64_t)i * 15000, odd[i]};
    points[count] = (struct point){NOW + 999999, NAN};
    points[count + 1] = (struct point){NOW + 1000000, stale_marker()};
    round_trip(points, count + 2);
}

static void times_come_back(void **state)
{
    static const int64_t steps[] = {
        1,      1,          15000, 15000,    14999,
        8191,   8192,       65535, 65536,    524287,
        524288, 4000000000, 1,     86400000, INT64_C(1) << 50};
    struct point points[sizeof(steps) / sizeof(steps[0]) + 1] = {{0, 1}};
    const size_t count = sizeof(steps) / sizeof(steps[0]);
    for (size_t i = 0; i < count; i++)
        points[i + 1] = (struct point){points[i].ms + steps[i], (double)i};
    round_trip(points, count + 1);
    points[0].ms = -5;
    round_trip(points, count + 1);
}

static void random_bits_come_back(void **state)
{
    struct point points[CHUNK_MAX_SAMPLES];
    uint64_t x = 42;
    for (int round = 0; round < 200; round++) {
        int64_t ms = NOW;
        for (size_t i = 0; i < CHUNK_MAX_SAMPLES; i++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
            ms += 1 + (int64_t)(x >> (20 + x % 43));
            memcpy(&points[i].value, &x, sizeof(x));
            points[i].ms = ms;
        }
        assert_true(round_trip(points, CHUNK_MAX_SAMPLES) <= CHUNK_MAX_BYTES);
    }
}

static void steady_series_are_small(void **state)
{
    struct point points[CHUNK_MAX_SAMPLES];
    for (size_t i = 0; i < CHUNK_MAX_SAMPLES; i++)
        points[i] = (struct point){NOW + (int64_t)i * 15000, 1};
    assert_true(round_trip(points, CHUNK_MAX_SAMPLES) < 90);
    for (size_t i = 0; i < CHUNK_MAX_SAMPLES; i++)
        points[i].value = 1000 + (double)i * 15;
    assert_true(round_trip(points, CHUNK_MAX_SAMPLES) < 300);
}

static void decimals_are_smaller_and_exact(void **state)
{
    static const struct {
        double scale;
        uint8_t coding;
        size_t most;
    } cases[] = {{1, 0, 400}, {100, 2, 400}, {1e9, 9, 400}, {3, CODING_XOR, 2400}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct point points[CHUNK_MAX_SAMPLES];
        struct chunk_head h = {0};
        uint64_t x = 7;
        for (size_t i = 0; i < CHUNK_MAX_SAMPLES; i++) {
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
            points[i] = (struct point){NOW + (int64_t)i * 15000,
                                       ((double)(x >> 56) - 100) / cases[k].scale};
            chunk_append(&h, points[i].ms, points[i].value);
        }
        struct chunk *c = chunk_seal(&h);
        assert_int_equal(c->coding, cases[k].coding);
        assert_true(c->len < cases[k].most);
        read_back(c, points, CHUNK_MAX_SAMPLES);
        chunk_unref(c);
    }
}

static void full_is_said(void **state)
{
    struct chunk_head h = {0};
    for (int64_t i = 0; i < CHUNK_MAX_SAMPLES; i++)
        assert_true(chunk_append(&h, i, 0));
    assert_false(chunk_append(&h, CHUNK_MAX_SAMPLES, 0));
    chunk_head_finish(&h);
    assert_null(chunk_seal(&h));
}

static void damage_is_refused(void **state)
{
    struct chunk_head h = {0};
    for (int64_t i = 0; i < 50; i++)
        chunk_append(&h, NOW + i * 15000, (double)(i * i));
    struct chunk *c = chunk_seal(&h);
    const struct bytes bits = {(const char *)c->bits, c->len};
    static const struct {
        int first, last, count, coding;
    } wrong[] = {{1}, {.last = -1}, {.count = 1}, {.count = -50}, {.coding = 10}};
    assert_int_equal(c->coding, 0);
    for (size_t len = 0; len < c->len; len++)
        assert_null(chunk_of_file(c, (struct bytes){bits.ptr, len}));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct chunk claimed = {.first_ms = c->first_ms + wrong[i].first,
                                      .last_ms = c->last_ms + wrong[i].last,
                                      .count = (uint8_t)(c->count + wrong[i].count),
                                      .coding = (uint8_t)wrong[i].coding,
                                      .width = c->width};
        assert_null(chunk_of_file(&claimed, bits));
    }
    chunk_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(times_come_back),
        cmocka_unit_test(random_bits_come_back),
        cmocka_unit_test(steady_series_are_small),
        cmocka_unit_test(full_is_said),
        cmocka_unit_test(decimals_are_smaller_and_exact),
        cmocka_unit_test(damage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
