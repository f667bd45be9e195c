/* SPDX-License-Identifier: Apache-2.0 */
/* Local time: files made here, byte by byte, and real zones at instants that are history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/zone.h"

static struct wall instant(const char *text)
{
    struct wall at;
    assert_true(wall_parse(bytes_of(text), &at));
    return at;
}

static struct civil civil_of(const char *text)
{
    struct civil c = {0};
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d", &c.year, &c.month, &c.day, &c.hour,
                            &c.minute, &c.second),
                     6);
    return c;
}

static void instants_have_their_local_time(void **state)
{
    static const struct {
        const char *zone, *at, *local;
    } cases[] = {
        {"UTC", "2026-11-27T03:04:05Z", "2026-11-27 03:04:05 UTC"},
        {"Europe/Berlin", "2024-03-31T00:59:59Z", "2024-03-31 01:59:59 CET"},
        {"Europe/Berlin", "2024-03-31T01:00:00Z", "2024-03-31 03:00:00 CEST"},
        {"Europe/Berlin", "2024-10-27T00:59:59Z", "2024-10-27 02:59:59 CEST"},
        {"Europe/Berlin", "2024-10-27T01:00:00Z", "2024-10-27 02:00:00 CET"},
        {"America/New_York", "2024-03-10T07:00:00Z", "2024-03-10 03:00:00 EDT"},
        {"America/New_York", "2024-11-03T05:59:59Z", "2024-11-03 01:59:59 EDT"},
        {"America/New_York", "2024-11-03T06:00:00Z", "2024-11-03 01:00:00 EST"},
        {"America/St_Johns", "2024-01-01T00:00:00Z", "2023-12-31 20:30:00 NST"},
        {"Australia/Sydney", "2024-04-06T15:59:59Z", "2024-04-07 02:59:59 AEDT"},
        {"Australia/Sydney", "2024-04-06T16:00:00Z", "2024-04-07 02:00:00 AEST"},
        {"Australia/Lord_Howe", "2024-10-05T15:29:59Z", "2024-10-06 01:59:59 +1030"},
        {"Australia/Lord_Howe", "2024-10-05T15:30:00Z", "2024-10-06 02:30:00 +11"},
        {"Asia/Kolkata", "2024-06-01T00:00:00Z", "2024-06-01 05:30:00 IST"},
        {"Asia/Kathmandu", "2024-06-01T00:00:00Z", "2024-06-01 05:45:00 +0545"},
        {"Asia/Tokyo", "1950-07-01T00:00:00Z", "1950-07-01 10:00:00 JDT"},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29 23:59:59 -10"},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31 00:00:00 +14"},
        {"Europe/Dublin", "2024-07-01T00:00:00Z", "2024-07-01 01:00:00 IST"},
        {"America/Santiago", "2023-04-02T03:00:00Z", "2023-04-01 23:00:00 -04"},
        {"Africa/Casablanca", "2024-03-20T12:00:00Z", "2024-03-20 12:00:00 +00"},
        {"Etc/GMT+5", "2024-03-20T12:00:00Z", "2024-03-20 07:00:00 -05"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        char text[ZONE_TEXT_SIZE];
        const struct zone *z = zone_load(arena, cases[i].zone, &e);
        assert_string_equal(e.text, "");
        assert_string_equal(zone_format(z, instant(cases[i].at), text), cases[i].local);
    }
    arena_destroy(arena);
}

static void local_times_have_their_instant(void **state)
{
    static const struct {
        const char *zone, *local, *at;
    } cases[] = {
        {"UTC", "2026-11-27 03:04:05", "2026-11-27T03:04:05Z"},
        {"Europe/Berlin", "2024-07-01 12:00:00", "2024-07-01T10:00:00Z"},
        {"Europe/Berlin", "2024-03-31 01:59:59", "2024-03-31T00:59:59Z"},
        {"Europe/Berlin", "2024-03-31 02:00:00", "2024-03-31T01:00:00Z"}, /* skipped */
        {"Europe/Berlin", "2024-03-31 02:30:00", "2024-03-31T01:00:00Z"},
        {"Europe/Berlin", "2024-03-31 03:00:00", "2024-03-31T01:00:00Z"},
        {"Europe/Berlin", "2024-10-27 02:30:00", "2024-10-27T00:30:00Z"}, /* the first */
        {"Europe/Berlin", "2024-10-27 03:00:00", "2024-10-27T02:00:00Z"},
        {"Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06T14:45:00Z"},
        {"Australia/Lord_Howe", "2024-10-06 02:10:00", "2024-10-05T15:30:00Z"},
        {"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T10:00:00Z"}, /* no such day */
        {"America/New_York", "2024-11-03 01:30:00", "2024-11-03T05:30:00Z"},
        {"Asia/Kolkata", "2024-06-01 05:30:00", "2024-06-01T00:00:00Z"},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        char text[WALL_TEXT_SIZE], expected[WALL_TEXT_SIZE];
        const struct civil local = civil_of(cases[i].local);
        const struct zone *z = zone_load(arena, cases[i].zone, &e);
        assert_non_null(z);
        assert_string_equal(wall_format(zone_from_civil(z, &local), text),
                            wall_format(instant(cases[i].at), expected));
    }
    arena_destroy(arena);
}

/* A file of version 2 without changes, whose footer says everything. */
static const struct zone *zone_by_footer(struct arena *arena, const char *footer,
                                         struct err *e)
{
    struct buf file = BUF_MAX(1000);
    for (int version = 1; version <= 2; version++) {
        buf_add(&file, "TZif2", 5);
        buf_add(&file, (char[15]){0}, 15);
        buf_add(&file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4", 24);
        buf_add(&file, "\0\0\0\0\0\0LMT\0", 10);
    }
    buf_printf(&file, "\n%s\n", footer);
    const struct zone *z = zone_parse(arena, "made", buf_bytes(&file), e);
    buf_finish(&file);
    return z;
}

static void footers_rule_later_years(void **state)
{
    static const struct {
        const char *footer, *at, *local; /* local NULL: not accepted */
    } cases[] = {
        {"", "2200-06-01T00:00:00Z", "2200-06-01 00:00:00 LMT"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2199-07-01T00:00:00Z",
         "2199-07-01 02:00:00 CEST"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2199-12-01T00:00:00Z", "2199-12-01 01:00:00 CET"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2100-03-28T00:59:59Z", "2100-03-28 01:59:59 CET"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2100-03-28T01:00:00Z",
         "2100-03-28 03:00:00 CEST"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2150-01-01T00:00:00Z",
         "2150-01-01 11:00:00 AEDT"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2150-07-01T00:00:00Z",
         "2150-07-01 10:00:00 AEST"},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2150-01-01T00:00:00Z",
         "2150-01-01 11:00:00 +11"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2150-07-01T00:00:00Z", "2150-07-01 01:00:00 IST"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2150-01-01T00:00:00Z", "2150-01-01 00:00:00 GMT"},
        {"XXX3EDT4,0/0,J365/23", "2050-12-31T23:30:00Z", "2050-12-31 19:30:00 EDT"},
        {"XXX3EDT4,0/0,J365/23", "2051-01-01T03:30:00Z", "2050-12-31 23:30:00 EDT"},
        {"AAA0BBB,J60,J300", "2052-03-01T02:00:00Z", "2052-03-01 03:00:00 BBB"},
        {"AAA0BBB,J60,J300", "2052-03-01T01:59:59Z", "2052-03-01 01:59:59 AAA"},
        {"AAA0BBB,59,300", "2052-02-29T02:00:00Z", "2052-02-29 03:00:00 BBB"},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z",
         "2050-03-27 00:00:00 -01"},
        {"EST5", "2050-03-27T12:00:00Z", "2050-03-27 07:00:00 EST"},
        {"AB1", NULL, NULL},
        {"ABC", NULL, NULL},
        {"ABC25", NULL, NULL},
        {"ABC1DEF", NULL, NULL},
        {"ABC1DEF,M13.1.0,M4.1.0", NULL, NULL},
        {"ABC1DEF,M3.6.0,M4.1.0", NULL, NULL},
        {"ABC1DEF,M3.1.7,M4.1.0", NULL, NULL},
        {"ABC1DEF,J0,J365", NULL, NULL},
        {"ABC1DEF,J1,J365/168", NULL, NULL},
        {"ABC1DEF,J1,J365/1x", NULL, NULL},
        {"<AB1", NULL, NULL},
        {"<ABC1", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        char text[ZONE_TEXT_SIZE];
        const struct zone *z = zone_by_footer(arena, cases[i].footer, &e);
        if (cases[i].local)
            assert_string_equal(zone_format(z, instant(cases[i].at), text),
                                cases[i].local);
        else
            assert_null(z);
        assert_true(!z == (e.text[0] != '\0'));
        arena_destroy(arena);
    }
}

#define HEAD(version) "TZif" version "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FILE_OF(...)                         \
    {                                        \
        __VA_ARGS__, sizeof(__VA_ARGS__) - 1 \
    }

static void bad_files_are_refused(void **state)
{
    static const struct {
        struct bytes file;
        const char *error;
    } cases[] = {
        {FILE_OF(""), "time zone 'x': it is no zone file (TZif)"},
        {FILE_OF("TZif2 but no more than that, is it now? Not at all."),
         "time zone 'x': it is cut short"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4LMT"),
         "time zone 'x': it is cut short"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4LMT\0"),
         "time zone 'x': it has 0 kinds of local time"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\3"
                            "\0\0\0\0\0\0LMT"),
         "time zone 'x': an abbreviation has no end"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                            "\0\0\0\0\0\x9LMT\0"),
         "time zone 'x': an abbreviation has no end"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                            "\x7f\0\0\0\0\0LMT\0"),
         "time zone 'x': an offset of 2130706432 seconds is no local time"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\4"
                            "\0\0\0\0\0\0LMT\0\0\0\0\0\0\0\0\1"),
         "time zone 'x': it counts leap seconds, as the system's clock does not"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\4"
                            "\0\0\0\5\0\0\0\5\0\0\0\0\0\0\0\0LMT\0"),
         "time zone 'x': its changes are not in order"},
        {FILE_OF(HEAD("\0") "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\4"
                            "\0\0\0\5\1\0\0\0\0\0\0LMT\0"),
         "time zone 'x': a change names a kind of local time that is not there"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        assert_null(zone_parse(arena, "x", cases[i].file, &e));
        assert_string_equal(e.text, cases[i].error);
        arena_destroy(arena);
    }
}

static void unknown_names_get_a_suggestion(void **state)
{
    static const struct {
        const char *name, *error;
    } cases[] = {
        {"Europe/Berln",
         "there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"},
        {"berlin", "there is no time zone 'berlin'; did you mean 'Europe/Berlin'?"},
        {"Europe/berlin",
         "there is no time zone 'Europe/berlin'; did you mean 'Europe/Berlin'?"},
        {"Mars/Base", "there is no time zone 'Mars/Base'; write one like Europe/Berlin"},
        {"Europe", "there is no time zone 'Europe'; write one like Europe/Berlin"},
        {"../../etc/passwd",
         "there is no time zone '../../etc/passwd'; write one like Europe/Berlin"},
        {"/etc/localtime",
         "there is no time zone '/etc/localtime'; write one like Europe/Berlin"},
        {"", "there is no time zone ''; write one like Europe/Berlin"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        assert_null(zone_load(arena, cases[i].name, &e));
        assert_string_equal(e.text, cases[i].error);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_have_their_local_time),
        cmocka_unit_test(local_times_have_their_instant),
        cmocka_unit_test(footers_rule_later_years),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(unknown_names_get_a_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
