/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar days, RFC 3339 and HTTP dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/clock.h"

static void days_of_the_calendar(void **state)
{
    static const struct {
        int64_t seconds;
        struct civil civil;
    } cases[] = {
        {0, {1970, 1, 1, 0, 0, 0, 4}},
        {-1, {1969, 12, 31, 23, 59, 59, 3}},
        {784111777, {1994, 11, 6, 8, 49, 37, 0}},
        {951782400, {2000, 2, 29, 0, 0, 0, 2}},
        {951868799, {2000, 2, 29, 23, 59, 59, 2}},
        {4107542400, {2100, 3, 1, 0, 0, 0, 1}},
        {1795230245, {2026, 11, 21, 3, 4, 5, 6}},
        {-2208988800, {1900, 1, 1, 0, 0, 0, 1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct wall at = {cases[i].seconds * NSEC_PER_SEC};
        const struct civil c = wall_to_civil(at);
        assert_memory_equal(&c, &cases[i].civil, sizeof(c));
        assert_true(wall_from_civil(&c).ns == at.ns);
    }
    for (int64_t day = -100000; day < 100000; day += 13) {
        const struct wall at = {day * NSEC_PER_DAY + 5 * NSEC_PER_HOUR};
        const struct civil c = wall_to_civil(at);
        assert_true(wall_from_civil(&c).ns == at.ns);
    }
}

static void far_away_years_saturate(void **state)
{
    assert_true(
        wall_from_civil(&(struct civil){.year = 9999, .month = 12, .day = 31}).ns ==
        INT64_MAX);
    assert_true(wall_from_civil(&(struct civil){.year = 1, .month = 1, .day = 1}).ns ==
                INT64_MIN);
    struct wall at;
    assert_true(wall_parse(bytes_of("9999-12-31T23:59:59.9Z"), &at) &&
                at.ns == INT64_MAX);
}

static void times_are_written_in_utc_with_milliseconds(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {1795230245678000000, "2026-11-21T03:04:05.678Z"},
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {999999, "1970-01-01T00:00:00.000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[WALL_TEXT_SIZE];
        assert_string_equal(wall_format((struct wall){cases[i].ns}, text), cases[i].text);
    }
}

struct parse_case {
    const char *text;
    bool ok;
    int64_t ns;
};

static void run_cases(const struct parse_case *cases, size_t count,
                      bool parse(struct bytes, struct wall *))
{
    for (size_t i = 0; i < count; i++) {
        struct wall at = {-99};
        const bool ok = parse(bytes_of(cases[i].text), &at);
        if (ok != cases[i].ok || at.ns != (ok ? cases[i].ns : -99))
            fail_msg("'%s': %d %lld", cases[i].text, ok, (long long)at.ns);
    }
}

static void rfc3339_is_read_with_any_offset(void **state)
{
    static const struct parse_case cases[] = {
        {"2026-11-21T03:04:05.678Z", true, 1795230245678000000},
        {"2026-11-21t03:04:05.678z", true, 1795230245678000000},
        {"2026-11-21 03:04:05Z", true, 1795230245000000000},
        {"2026-11-21T05:04:05+02:00", true, 1795230245000000000},
        {"2026-11-20T22:34:05-04:30", true, 1795230245000000000},
        {"1970-01-01T00:00:00.000000001Z", true, 1},
        {"1970-01-01T00:00:00.0000000019Z", true, 1}, /* below a nanosecond: dropped */
        {"1970-01-01T00:00:60Z", true, 60000000000},  /* a leap second */
        {"2000-02-29T00:00:00Z", true, 951782400000000000},
        {"1900-02-29T00:00:00Z", false, 0},
        {"2026-13-01T00:00:00Z", false, 0},
        {"2026-00-01T00:00:00Z", false, 0},
        {"2026-04-31T00:00:00Z", false, 0},
        {"2026-04-00T00:00:00Z", false, 0},
        {"2026-04-01T24:00:00Z", false, 0},
        {"2026-04-01T00:60:00Z", false, 0},
        {"2026-04-01T00:00:61Z", false, 0},
        {"2026-04-01T00:00:00", false, 0},
        {"2026-04-01T00:00:00.Z", false, 0},
        {"2026-04-01T00:00:00+24:00", false, 0},
        {"2026-04-01T00:00:00+0200", false, 0},
        {"2026-04-01T00:00:00Z ", false, 0},
        {"26-04-01T00:00:00Z", false, 0},
        {"2026-4-1T00:00:00Z", false, 0},
        {"2026-04-01", false, 0},
        {"+026-04-01T00:00:00Z", false, 0},
        {"", false, 0},
    };
    run_cases(cases, ARRAY_LEN(cases), wall_parse);
}

static void http_dates_are_read_in_three_forms(void **state)
{
    static const struct parse_case cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", true, 784111777000000000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", true, 784111777000000000},
        {"Sun Nov  6 08:49:37 1994", true, 784111777000000000},
        {"Wed Nov 16 08:49:37 1994", true, 784975777000000000},
        {"Friday, 01-Jan-21 00:00:00 GMT", true, 1609459200000000000},
        {"Sun, 06 Nov 1994 08:49:37 UTC", false, 0},
        {"Sun, 06 Nov 1994 08:49:37", false, 0},
        {"Sun, 6 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 31 Nov 1994 08:49:37 GMT", false, 0},
        {"Son, 06 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 Nuv 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT.", false, 0},
        {"Sun,", false, 0},
        {"Sun", false, 0},
        {"", false, 0},
        {"0", false, 0},
        {"-1", false, 0},
    };
    run_cases(cases, ARRAY_LEN(cases), wall_parse_http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_the_calendar),
        cmocka_unit_test(far_away_years_saturate),
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(rfc3339_is_read_with_any_offset),
        cmocka_unit_test(http_dates_are_read_in_three_forms),
    };
    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
