/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of local time, as they are written: when they hold, and when that changes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alerts/maintenance.h"
#include "tests/unit/routing_fixture.h"

struct story { /* from an instant on, the changes that follow each other */
    const char *conf, *zone;
    const char *from;
    bool holds;
    const char *changes[6];
};

static struct wall instant(const char *text)
{
    struct wall at;
    assert_true(wall_parse(bytes_of(text), &at));
    return at;
}

static void assert_changes(const struct story *s, const struct interval *i)
{
    struct wall at = instant(s->from);
    bool holds = s->holds;
    char text[WALL_TEXT_SIZE], expected[WALL_TEXT_SIZE];
    if (interval_holds(i, at) != holds)
        fail_msg("%s at %s", s->conf, s->from);
    for (size_t k = 0; s->changes[k]; k++) {
        const struct wall next = interval_next(i, at);
        if (!strcmp(s->changes[k], "never")) {
            assert_int_equal(next.ns, 0);
            return;
        }
        wall_format(instant(s->changes[k]), expected);
        if (strcmp(wall_format(next, text), expected) != 0)
            fail_msg("%s after change %zu: %s, expected %s", s->conf, k, text, expected);
        holds = !holds;
        assert_true(interval_holds(i, next) == holds);
        assert_true(interval_holds(i, wall_add(next, -1)) != holds);
        at = next;
    }
}

static void calendars_hold_and_end(void **state)
{
    static const struct story stories[] = {
        {"weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '18:00'}]",
         "Europe/Berlin",
         "2026-03-26T12:00:00Z",
         true,
         /* Thursday, Friday; the clock changes on Sunday */
         {"2026-03-26T17:00:00Z", "2026-03-27T08:00:00Z", "2026-03-27T17:00:00Z",
          "2026-03-30T07:00:00Z", "2026-03-30T16:00:00Z"}},
        {"weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '18:00'}]",
         "Europe/Berlin",
         "2026-10-23T12:00:00Z",
         true,
         {"2026-10-23T16:00:00Z", "2026-10-26T08:00:00Z", "2026-10-26T17:00:00Z"}},
        /* 02:00 to 03:00 is skipped in March and comes twice in October */
        {"times: [{start_time: '02:00', end_time: '03:00'}]",
         "Europe/Berlin",
         "2026-03-28T00:00:00Z",
         false,
         {"2026-03-28T01:00:00Z", "2026-03-28T02:00:00Z", "2026-03-30T00:00:00Z"}},
        {"times: [{start_time: '02:00', end_time: '03:00'}]",
         "Europe/Berlin",
         "2026-10-24T12:00:00Z",
         false,
         {"2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T01:00:00Z"}},
        {"times: [{start_time: '02:30', end_time: '04:00'}]",
         "Europe/Berlin",
         "2026-03-29T00:00:00Z",
         false,
         {"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
        {"times: [{start_time: '01:00', end_time: '02:30'}]",
         "Europe/Berlin",
         "2026-10-24T22:00:00Z",
         false,
         {"2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z",
          "2026-10-25T01:30:00Z"}},
        {"times: [{start_time: '00:00', end_time: '24:00'}]",
         "America/New_York",
         "2026-03-08T00:00:00Z",
         true,
         {"never"}},
        {"weekdays: [sunday]",
         "America/New_York",
         "2026-03-07T12:00:00Z",
         false,
         {"2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", "2026-03-15T04:00:00Z"}},
        {"weekdays: [sunday]",
         "America/New_York",
         "2026-10-31T12:00:00Z",
         false,
         {"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}},
        /* southern, half an hour */
        {"times: [{start_time: '02:00', end_time: '02:30'}]",
         "Australia/Lord_Howe",
         "2026-10-03T00:00:00Z",
         false,
         {"2026-10-04T15:00:00Z", "2026-10-04T15:30:00Z"}},
        {"days_of_month: ['-1']",
         "UTC",
         "2026-02-01T00:00:00Z",
         false,
         {"2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z"}},
        {"days_of_month: ['-1']",
         "UTC",
         "2028-02-01T00:00:00Z",
         false,
         {"2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"}},
        {"days_of_month: ['-3:-1'], months: ['february']",
         "UTC",
         "2026-02-01T00:00:00Z",
         false,
         {"2026-02-26T00:00:00Z", "2026-03-01T00:00:00Z", "2027-02-26T00:00:00Z"}},
        {"days_of_month: ['31']",
         "UTC",
         "2026-03-31T12:00:00Z",
         true,
         {"2026-04-01T00:00:00Z", "2026-05-31T00:00:00Z"}},
        {"days_of_month: ['29:-1'], months: [2]",
         "UTC",
         "2026-02-01T00:00:00Z",
         false,
         {"never"}},
        {"days_of_month: ['1:7'], weekdays: [monday]",
         "UTC",
         "2026-11-01T00:00:00Z",
         false,
         {"2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", "2026-12-07T00:00:00Z"}},
        {"months: ['december', 1]",
         "UTC",
         "2026-11-01T00:00:00Z",
         false,
         {"2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z"}},
        {"years: [2027]",
         "Asia/Kolkata",
         "2026-11-01T00:00:00Z",
         false,
         {"2026-12-31T18:30:00Z", "2027-12-31T18:30:00Z", "never"}},
        {"years: ['2035:2036']", "UTC", "2026-11-01T00:00:00Z", false, {"never"}},
        {"times: [{start_time: '22:00', end_time: '24:00'}, {start_time: '00:00', "
         "end_time: '06:00'}]",
         "UTC",
         "2026-11-01T12:00:00Z",
         false,
         {"2026-11-01T22:00:00Z", "2026-11-02T06:00:00Z"}},
        {"weekdays: ['Monday:FRIDAY'], location: Asia/Tokyo",
         "UTC",
         "2026-11-01T12:00:00Z",
         false,
         {"2026-11-01T15:00:00Z", "2026-11-06T15:00:00Z"}},
        {"weekdays: [monday], location: Local",
         "Asia/Tokyo",
         "2026-11-01T12:00:00Z",
         false,
         {"2026-11-01T15:00:00Z"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        char text[1000];
        snprintf(text, sizeof(text),
                 "time_intervals: [{name: x, time_intervals: [{%s}]}]", stories[i].conf);
        struct routing_fixture f = routing_read(text, stories[i].zone);
        if (!f.ok)
            fail_msg("%s", routing_said(&f));
        assert_changes(&stories[i], f.routing->intervals[0]);
        routing_finish(&f);
    }
}

static void windows_hold_and_end(void **state)
{
    static const struct story stories[] = {
        {"weekdays: [sunday], start: '02:00', duration: 1h",
         "UTC",
         "2026-11-01T00:00:00Z",
         false,
         {"2026-11-01T02:00:00Z", "2026-11-01T03:00:00Z", "2026-11-08T02:00:00Z"}},
        /* skipped: begins at the jump, and takes its hour */
        {"start: '02:30', duration: 1h",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         false,
         {"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-30T00:30:00Z"}},
        /* comes twice: the first one counts, once */
        {"start: '02:30', duration: 1h",
         "Europe/Berlin",
         "2026-10-24T12:00:00Z",
         false,
         {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
        /* over the change: elapsed time counts */
        {"start: '23:00', duration: 6h, weekdays: [saturday]",
         "Europe/Berlin",
         "2026-03-28T12:00:00Z",
         false,
         {"2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z"}},
        {"start: '23:00', duration: 6h, weekdays: [saturday]",
         "America/New_York",
         "2026-10-31T12:00:00Z",
         false,
         {"2026-11-01T03:00:00Z", "2026-11-01T09:00:00Z"}},
        /* longer than a day: they run into each other */
        {"start: '12:00', duration: 30h, weekdays: [friday, saturday]",
         "UTC",
         "2026-11-05T00:00:00Z",
         false,
         {"2026-11-06T12:00:00Z", "2026-11-08T18:00:00Z", "2026-11-13T12:00:00Z"}},
        {"start: '00:00', duration: 7d, weekdays: [monday]",
         "UTC",
         "2026-11-04T00:00:00Z",
         true,
         {"never"}},
        {"date: 2026-12-24, start: '18:00', duration: 2d",
         "Europe/Berlin",
         "2026-11-01T00:00:00Z",
         false,
         {"2026-12-24T17:00:00Z", "2026-12-26T17:00:00Z", "never"}},
        {"days_of_month: ['-1'], start: '23:30', duration: 1h",
         "UTC",
         "2026-11-01T01:00:00Z",
         false,
         {"2026-11-30T23:30:00Z", "2026-12-01T00:30:00Z", "2026-12-31T23:30:00Z"}},
        {"start: '10:00', duration: 30m, location: Pacific/Apia",
         "UTC",
         "2011-12-28T21:00:00Z",
         false,
         {"2011-12-29T20:00:00Z", "2011-12-29T20:30:00Z", "2011-12-30T10:00:00Z"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        char text[1000];
        snprintf(text, sizeof(text), "maintenance: [{name: x, %s}]", stories[i].conf);
        struct routing_fixture f = routing_read(text, stories[i].zone);
        if (!f.ok)
            fail_msg("%s", routing_said(&f));
        assert_changes(&stories[i], f.routing->maintenance[0].when);
        routing_finish(&f);
    }
}

static void several_parts_are_one_interval(void **state)
{
    static const struct story story = {"two parts",
                                       "UTC",
                                       "2026-11-02T00:00:00Z",
                                       false,
                                       {"2026-11-02T09:00:00Z", "2026-11-02T17:00:00Z",
                                        "2026-11-03T13:00:00Z", "2026-11-03T21:00:00Z"}};
    struct routing_fixture f = routing_read(
        "mute_time_intervals:\n"
        "- name: office\n"
        "  time_intervals:\n"
        "  - {weekdays: [monday], times: [{start_time: 09:00, end_time: '12:00'}]}\n"
        "  - {weekdays: [monday], times: [{start_time: '11:00', end_time: '17:00'}]}\n"
        "  - {weekdays: [tuesday], times: [{start_time: '8:00', end_time: '16:00'}],\n"
        "     location: America/New_York}\n",
        "UTC");
    assert_string_equal(routing_said(&f), "");
    assert_string_equal(interval_name(f.routing->intervals[0]), "office");
    assert_ptr_equal(interval_find(f.routing->intervals, "office"),
                     f.routing->intervals[0]);
    assert_null(interval_find(f.routing->intervals, "other"));
    assert_changes(&story, f.routing->intervals[0]);
    routing_finish(&f);
}

static void faults_are_shown_where_they_are(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"time_intervals: [{name: x, time_intervals: [{weekdays: ['monday:frday']}]}]",
         "1:57 'frday' is no weekday [did you mean 'friday'?]\n"},
        {"time_intervals: [{name: x, time_intervals: [{weekdays: [1]}]}]",
         "1:57 '1' is no weekday [for example: monday:friday]\n"},
        {"time_intervals: [{name: x, time_intervals: [{weekdays: ['friday:monday']}]}]",
         "1:57 'friday:monday' ends before it begins [write two: one up to the end, and "
         "one from the start]\n"},
        {"time_intervals: [{name: x, time_intervals: [{days_of_month: ['0']}]}]",
         "1:62 '0' is no day of the month [for example: 1:7, or -3:-1 for the last "
         "three]\n"},
        {"time_intervals: [{name: x, time_intervals: [{days_of_month: ['-1:-3', "
         "'1:32']}]}]",
         "1:62 '-1:-3' ends before it begins [write two: one up to the end, and one from "
         "the start]\n"
         "1:71 '32' is no day of the month [for example: 1:7, or -3:-1 for the last "
         "three]\n"},
        {"time_intervals: [{name: x, time_intervals: [{months: [13, 'may:']}]}]",
         "1:55 '13' is no month [for example: may:august, or 5:8]\n"
         "1:59 '' is no month [for example: may:august, or 5:8]\n"},
        {"time_intervals: [{name: x, time_intervals: [{years: [20]}]}]",
         "1:54 '20' is no year [for example: 2026:2028]\n"},
        {"time_intervals: [{name: x, time_intervals: [{times: [{start_time: '9', "
         "end_time: '25:00'}]}]}]",
         "1:67 '9' is no time of day; write it like 09:30\n"
         "1:82 '25:00' is no time of day; write it like 09:30\n"},
        {"time_intervals: [{name: x, time_intervals: [{times: [{start_time: '09:60', "
         "end_time: '10:00'}]}]}]",
         "1:67 '09:60' is no time of day; write it like 09:30\n"},
        {"time_intervals: [{name: x, time_intervals: [{times: [{start_time: '22:00', "
         "end_time: '06:00'}]}]}]",
         "1:54 the times 22:00 to 06:00 end before they begin [for a night write two: up "
         "to 24:00, and from 00:00]\n"},
        {"time_intervals: [{name: x, time_intervals: [{location: Europe/Berln}]}]",
         "1:56 there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?\n"},
        {"time_intervals: [{name: x, time_intervals: [{}]}, {name: x}]",
         "1:58 a second time interval is named 'x'\n"},
        {"time_intervals: [{name: x}]",
         "1:18 warning the time interval 'x' never holds: it lists no times\n"},
        {"time_intervals: [{nam: x}]",
         "1:19 unknown key 'nam' [did you mean 'name'?]\n"},
        {"maintenance: [{name: x, start: '24:00', duration: 1h}]",
         "1:32 a day has no 24:00 to begin at; write 00:00\n"},
        {"maintenance: [{name: x, start: '02:00', duration: 8d}]",
         "1:51 option 'duration': 8d is out of bounds; expected 1s to 1w\n"},
        {"maintenance: [{name: x, start: '02:00', duration: 1h, date: 2026-02-30}]",
         "1:61 '2026-02-30' is no date; write it like 2026-12-24\n"},
        {"maintenance: [{name: x, start: '02:00', duration: 1h, date: 2026-02-01, "
         "weekdays: [monday]}]",
         "1:61 a date says which day; take weekdays, days_of_month, months and years "
         "away\n"},
        {"maintenance: [{name: x, start: '02:00', duration: 1h, match: [service]}]",
         "1:63 'service' is no matcher; write name=\"value\", with one of = != =~ !~\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].text, "UTC");
        assert_string_equal(routing_said(&f), cases[i].said);
        routing_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendars_hold_and_end),
        cmocka_unit_test(windows_hold_and_end),
        cmocka_unit_test(several_parts_are_one_interval),
        cmocka_unit_test(faults_are_shown_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
