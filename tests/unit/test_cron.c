/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules: what crontab(5) says, when they are due, and what the two clock changes of a year do to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/cron.h"

static struct wall instant(const char *text)
{
    struct wall at;
    assert_true(wall_parse(bytes_of(text), &at));
    return at;
}

struct due_case {
    const char *schedule, *zone, *after;
    const char *due[4]; /* in local time; those in a row */
};

static void check(const struct due_case *cases, size_t count)
{
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < count; i++) {
        const struct due_case *one = &cases[i];
        struct err e = {0};
        struct cron c;
        char text[ZONE_TEXT_SIZE];
        const struct zone *z = zone_load(arena, one->zone, &e);
        assert_true(z && cron_parse(bytes_of(one->schedule), &c, &e));
        struct wall at = instant(one->after);
        for (size_t k = 0; k < ARRAY_LEN(one->due) && one->due[k]; k++) {
            at = cron_next(&c, z, at);
            if (strcmp(zone_format(z, at, text), one->due[k]) != 0)
                fail_msg("'%s' in %s after %s: number %zu is %s, not %s", one->schedule,
                         one->zone, one->after, k, text, one->due[k]);
        }
    }
    arena_destroy(arena);
}

static void schedules_are_due(void **state)
{
    static const struct due_case cases[] = {
        {"0 3 * * *",
         "UTC",
         "2026-11-27T03:00:00Z",
         {"2026-11-28 03:00:00 UTC", "2026-11-29 03:00:00 UTC"}},
        {"0 3 * * *", "UTC", "2026-11-27T02:59:59Z", {"2026-11-27 03:00:00 UTC"}},
        {"0 3 * * *",
         "UTC",
         "2026-11-27T02:59:59.999999999Z",
         {"2026-11-27 03:00:00 UTC"}},
        {"* * * * *",
         "UTC",
         "2026-12-31T23:58:30Z",
         {"2026-12-31 23:59:00 UTC", "2027-01-01 00:00:00 UTC"}},
        {"*/20 8-9 * * *",
         "UTC",
         "2026-11-27T08:10:00Z",
         {"2026-11-27 08:20:00 UTC", "2026-11-27 08:40:00 UTC", "2026-11-27 09:00:00 UTC",
          "2026-11-27 09:20:00 UTC"}},
        {"5/25 0 * * *",
         "UTC",
         "2026-11-27T00:00:00Z",
         {"2026-11-27 00:05:00 UTC", "2026-11-27 00:30:00 UTC", "2026-11-27 00:55:00 UTC",
          "2026-11-28 00:05:00 UTC"}},
        {"15,45 6 * * *",
         "UTC",
         "2026-11-27T06:15:00Z",
         {"2026-11-27 06:45:00 UTC", "2026-11-28 06:15:00 UTC"}},
        {"0 9 * * mon-fri",
         "UTC",
         "2026-11-27T10:00:00Z", /* a Friday */
         {"2026-11-30 09:00:00 UTC", "2026-12-01 09:00:00 UTC"}},
        {"0 9 * * 7", "UTC", "2026-11-27T10:00:00Z", {"2026-11-29 09:00:00 UTC"}},
        {"0 9 * * SUN", "UTC", "2026-11-27T10:00:00Z", {"2026-11-29 09:00:00 UTC"}},
        {"0 0 1 jan,JUL *",
         "UTC",
         "2026-11-27T00:00:00Z",
         {"2027-01-01 00:00:00 UTC", "2027-07-01 00:00:00 UTC"}},
        {"0 0 31 * *",
         "UTC",
         "2026-12-31T00:00:00Z",
         {"2027-01-31 00:00:00 UTC", "2027-03-31 00:00:00 UTC"}},
        {"0 0 29 2 *",
         "UTC",
         "2026-11-27T00:00:00Z",
         {"2028-02-29 00:00:00 UTC", "2032-02-29 00:00:00 UTC"}},
        /* Both restricted: the 13th, and each Friday. */
        {"0 0 13 * 5",
         "UTC",
         "2026-12-05T00:00:00Z",
         {"2026-12-11 00:00:00 UTC", "2026-12-13 00:00:00 UTC",
          "2026-12-18 00:00:00 UTC"}},
        /* A field that starts with * restricts nothing by itself: odd days that are Fridays. */
        {"0 0 */2 * 5",
         "UTC",
         "2026-12-01T00:00:00Z",
         {"2026-12-11 00:00:00 UTC", "2026-12-25 00:00:00 UTC"}},
        {"@hourly", "UTC", "2026-11-27T03:30:00Z", {"2026-11-27 04:00:00 UTC"}},
        {"@daily", "UTC", "2026-11-27T03:30:00Z", {"2026-11-28 00:00:00 UTC"}},
        {"@midnight", "UTC", "2026-11-27T03:30:00Z", {"2026-11-28 00:00:00 UTC"}},
        {"@weekly", "UTC", "2026-11-27T03:30:00Z", {"2026-11-29 00:00:00 UTC"}},
        {"@monthly", "UTC", "2026-11-27T03:30:00Z", {"2026-12-01 00:00:00 UTC"}},
        {"@Yearly", "UTC", "2026-11-27T03:30:00Z", {"2027-01-01 00:00:00 UTC"}},
        {"  30\t4  * * *  ", "UTC", "2026-11-27T03:30:00Z", {"2026-11-27 04:30:00 UTC"}},
        {"0 3 * * *",
         "Asia/Kathmandu",
         "2026-11-27T00:00:00Z",
         {"2026-11-28 03:00:00 +0545"}},
    };
    check(cases, ARRAY_LEN(cases));
}

static void fixed_times_run_once_whatever_the_clock_does(void **state)
{
    static const struct due_case cases[] = {
        /* 02:00 to 03:00 does not exist: due at the jump. */
        {"30 2 * * *",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         {"2026-03-29 03:00:00 CEST", "2026-03-30 02:30:00 CEST"}},
        {"0 2,3 * * *",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         {"2026-03-29 03:00:00 CEST", "2026-03-30 02:00:00 CEST"}}, /* both, at once */
        {"15 2,3 * * *",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         {"2026-03-29 03:00:00 CEST", "2026-03-29 03:15:00 CEST"}},
        {"0 3 * * *",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         {"2026-03-29 03:00:00 CEST"}},
        /* 02:00 to 03:00 comes twice: the first. */
        {"30 2 * * *",
         "Europe/Berlin",
         "2026-10-24T12:00:00Z",
         {"2026-10-25 02:30:00 CEST", "2026-10-26 02:30:00 CET"}},
        {"30 2 * * *", /* asked in between, and within the second */
         "Europe/Berlin",
         "2026-10-25T01:10:00Z",
         {"2026-10-26 02:30:00 CET"}},
        {"0,30 2 * * *",
         "Europe/Berlin",
         "2026-10-25T00:00:00Z",
         {"2026-10-25 02:30:00 CEST", "2026-10-26 02:00:00 CET"}},
        {"30 1 * * *",
         "America/New_York",
         "2026-10-31T12:00:00Z",
         {"2026-11-01 01:30:00 EDT", "2026-11-02 01:30:00 EST"}},
        {"15 2 * * *", /* half an hour is skipped */
         "Australia/Lord_Howe",
         "2026-10-03T00:00:00Z",
         {"2026-10-04 02:30:00 +11", "2026-10-05 02:15:00 +11"}},
        {"0 12 * * *", /* a whole day is skipped */
         "Pacific/Apia",
         "2011-12-29T23:00:00Z",
         {"2011-12-31 00:00:00 +14", "2011-12-31 12:00:00 +14"}},
        {"30 0 * * *", /* midnight does not exist */
         "America/Santiago",
         "2023-09-02T12:00:00Z",
         {"2023-09-03 01:00:00 -03", "2023-09-04 00:30:00 -03"}},
    };
    check(cases, ARRAY_LEN(cases));
}

static void other_lines_follow_the_clock(void **state)
{
    static const struct due_case cases[] = {
        {"30 * * * *",
         "Europe/Berlin",
         "2026-03-29T00:00:00Z",
         {"2026-03-29 01:30:00 CET", "2026-03-29 03:30:00 CEST"}},
        {"30 * * * *",
         "Europe/Berlin",
         "2026-10-25T00:00:00Z",
         {"2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET",
          "2026-10-25 03:30:00 CET"}},
        {"0 * * * *", /* due at the very change */
         "Europe/Berlin",
         "2026-10-25T00:30:00Z",
         {"2026-10-25 02:00:00 CET", "2026-10-25 03:00:00 CET"}},
        {"*/30 2 * * *", /* nothing in a hour that is not there */
         "Europe/Berlin",
         "2026-03-29T00:00:00Z",
         {"2026-03-30 02:00:00 CEST"}},
        {"*/30 2 * * *",
         "Europe/Berlin",
         "2026-10-24T23:00:00Z",
         {"2026-10-25 02:00:00 CEST", "2026-10-25 02:30:00 CEST",
          "2026-10-25 02:00:00 CET", "2026-10-25 02:30:00 CET"}},
        {"* * * * *",
         "Europe/Berlin",
         "2026-03-29T00:59:00Z",
         {"2026-03-29 03:00:00 CEST", "2026-03-29 03:01:00 CEST"}},
    };
    check(cases, ARRAY_LEN(cases));
}

static void faults_say_what_is_wrong(void **state)
{
    static const struct {
        const char *schedule, *why;
    } cases[] = {
        {"", "a schedule has five fields, as \"0 3 * * *\" for 03:00 each day"},
        {"0 3 * *",
         "'0 3 * *' has 4 of the five fields: minute, hour, day of the month, month, day "
         "of the week"},
        {"0 3 * * * root", "'root' follows the five fields: write the schedule alone"},
        {"60 3 * * *", "'60' is no minute: that is 0 to 59"},
        {"0 24 * * *", "'24' is no hour: that is 0 to 23"},
        {"0 3 0 * *", "'0' is no day of the month: that is 1 to 31"},
        {"0 3 * 13 *", "'13' is no month: that is 1 to 12, or a name such as feb"},
        {"0 3 * * wednesday",
         "'wednesday' is no day of the week: that is 0 to 7, or a name such as mon"},
        {"*/0 3 * * *", "the minute step '0' is not a number from 1 to 59"},
        {"*/x 3 * * *", "the minute step 'x' is not a number from 1 to 59"},
        {"0 22-4 * * *",
         "the hour range '22-4' ends before it begins; write two, as 22-23,0-4"},
        {"0 1,,2 * * *", "the hour is empty between two commas"},
        {"0 1, * * *", "the hour '1,' ends in a comma"},
        {"0 3 30 feb *", "'0 3 30 feb *' is never due: no month of it has such a day"},
        {"@reboot", "@reboot names no time at which it could be late"},
        {"@often",
         "'@often' is no schedule: @hourly, @daily, @weekly, @monthly and @yearly are"},
        {"- 3 * * *", "'' is no minute: that is 0 to 59"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        struct cron c = {.minutes = 42};
        assert_false(cron_parse(bytes_of(cases[i].schedule), &c, &e));
        assert_string_equal(e.text, cases[i].why);
        assert_int_equal(c.minutes, 42);
    }
}

/* Minute by minute over the days around both changes: a fixed time is due once a local day. */
static void each_day_has_one(void **state)
{
    static const char *const days[] = {"2026-03-27T23:00:00Z", "2026-10-23T22:00:00Z"};
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const struct zone *z = zone_load(arena, "Europe/Berlin", &e);
    for (size_t d = 0; d < ARRAY_LEN(days); d++) {
        for (int minute = 0; minute < 1440; minute += 7) {
            char text[40];
            struct cron c;
            snprintf(text, sizeof(text), "%d %d * * *", minute % 60, minute / 60);
            assert_true(cron_parse(bytes_of(text), &c, &e));
            struct wall at = wall_add(instant(days[d]), -1);
            for (int day = 0; day < 4; day++) {
                const struct wall before = at;
                at = cron_next(&c, z, at);
                assert_true(at.ns > before.ns);
                const struct civil local = zone_to_civil(z, at);
                assert_int_equal(
                    local.day,
                    zone_to_civil(z, wall_add(instant(days[d]),
                                              day * NSEC_PER_DAY + 2 * NSEC_PER_HOUR))
                        .day);
            }
        }
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_due),
        cmocka_unit_test(fixed_times_run_once_whatever_the_clock_does),
        cmocka_unit_test(other_lines_follow_the_clock),
        cmocka_unit_test(faults_say_what_is_wrong),
        cmocka_unit_test(each_day_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
