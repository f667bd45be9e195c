/* SPDX-License-Identifier: Apache-2.0 */
/* Durations, sizes and percentages, both ways, and what is said about bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/units.h"

#define MS NSEC_PER_MSEC
#define SEC NSEC_PER_SEC

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        nsec value;
        const char *why; /* NULL: it is read */
    } cases[] = {
        {"0", 0, NULL},
        {"0s", 0, NULL},
        {"15s", 15 * SEC, NULL},
        {" 15s ", 15 * SEC, NULL},
        {"1h30m", 90 * NSEC_PER_MINUTE, NULL},
        {"1.5s", 1500 * MS, NULL},
        {".5s", 500 * MS, NULL},
        {"500ms", 500 * MS, NULL},
        {"20us", 20000, NULL},
        {"20µs", 20000, NULL},
        {"1ns", 1, NULL},
        {"0.5ns", 0, NULL},
        {"0.0000000019s", 1, NULL},
        {"2d", 2 * NSEC_PER_DAY, NULL},
        {"1w", 7 * NSEC_PER_DAY, NULL},
        {"1y", 365 * NSEC_PER_DAY, NULL},
        {"1y2w3d4h5m6s7ms",
         (365 + 14 + 3) * NSEC_PER_DAY + 4 * NSEC_PER_HOUR + 5 * NSEC_PER_MINUTE +
             6 * SEC + 7 * MS,
         NULL},
        {"9223372036854775807ns", INT64_MAX, NULL},
        {"", 0, "a duration is missing here; write 15s, 1h30m or 500ms"},
        {"5", 0, "'5' has no unit; write 5s, 5m or 5ms"},
        {"1h30", 0, "'1h30' has no unit; write 30s, 30m or 30ms"},
        {"00", 0, "'00' has no unit; write 00s, 00m or 00ms"},
        {"-5s", 0, "'-5s' is negative; write a duration of 0 or more, such as 15s"},
        {"soon", 0, "'soon' is not a duration; write 15s, 1h30m or 500ms"},
        {".s", 0, "'.s' is not a duration; write 15s, 1h30m or 500ms"},
        {"1.s", 0, "'1.s' is not a duration; write 15s, 1h30m or 500ms"},
        {"5S", 0,
         "'5S' has the unit 'S'; units are y, w, d, h, m, s, ms, us, ns; did you mean "
         "5s?"},
        {"5 s", 0, "'5 s' has a blank in it; write it without the blank: 5s"},
        {"1h 30 m", 0, "'1h 30 m' has a blank in it; write it without the blank: 1h30m"},
        {"5 x", 0, "'5 x' has the unit 'x'; units are y, w, d, h, m, s, ms, us, ns"},
        {"1h30min", 0,
         "'1h30min' has the unit 'min'; units are y, w, d, h, m, s, ms, us, ns; did you "
         "mean 30m?"},
        {"200millis", 0,
         "'200millis' has the unit 'millis'; units are y, w, d, h, m, s, ms, us, ns; did "
         "you mean 200ms?"},
        {"2 months", 0,
         "'2 months' has the unit 'months'; units are y, w, d, h, m, s, ms, us, ns"},
        {"30m1h", 0,
         "'30m1h' has its units out of order; name each once, the largest first, as in "
         "1h30m"},
        {"1s1s", 0,
         "'1s1s' has its units out of order; name each once, the largest first, as in "
         "1h30m"},
        {"300y", 0, "'300y' is too long; the longest duration is 292y"},
        {"99999999999999999999999s", 0,
         "'99999999999999999999999s' is too long; the longest duration is 292y"},
        {"\x01\xFF", 0, "'?\?' is not a duration; write 15s, 1h30m or 500ms"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0,
         "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' is not a duration; write 15s, "
         "1h30m or "
         "500ms"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        nsec value = -99;
        const bool ok = duration_parse(bytes_of(cases[i].text), &value, &e);
        assert_string_equal(e.text, cases[i].why ? cases[i].why : "");
        assert_int_equal(ok, !cases[i].why);
        assert_true(value == (ok ? cases[i].value : -99));
    }
}

static void durations_are_written(void **state)
{
    static const struct {
        nsec value;
        const char *exact, *brief;
    } cases[] = {
        {0, "0s", "0 s"},
        {1, "1ns", "1 ns"},
        {999, "999ns", "999 ns"},
        {1230, "1230ns", "1.23 us"},
        {1234567, "1234567ns", "1.23 ms"},
        {12345678, "12345678ns", "12.3 ms"},
        {999600000, "999600us", "1 s"},
        {500 * MS, "500ms", "500 ms"},
        {1500 * MS, "1500ms", "1.5 s"},
        {1050 * MS, "1050ms", "1.05 s"},
        {15 * SEC, "15s", "15 s"},
        {59960 * MS, "59960ms", "1 m"},
        {60 * SEC, "1m", "1 m"},
        {61500 * MS, "1m1s500ms", "1 m 2 s"},
        {250 * SEC, "4m10s", "4 m 10 s"},
        {90 * NSEC_PER_MINUTE, "1h30m", "1 h 30 m"},
        {7199 * SEC + 600 * MS, "1h59m59s600ms", "2 h"},
        {3599 * SEC + 600 * MS, "59m59s600ms", "1 h"},
        {36 * NSEC_PER_HOUR, "1d12h", "1 d 12 h"},
        {74 * NSEC_PER_HOUR, "3d2h", "3 d 2 h"},
        {24 * NSEC_PER_HOUR - 1, "23h59m59s999ms999us999ns", "1 d"},
        {14 * NSEC_PER_DAY, "2w", "14 d"},
        {90 * NSEC_PER_DAY, "90d", "90 d"},
        {365 * NSEC_PER_DAY, "1y", "365 d"},
        {-1500 * MS, "-1500ms", "-1.5 s"},
        {INT64_MAX, "106751d23h47m16s854ms775us807ns", "106752 d"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_MAX(100);
        struct err e = {0};
        nsec back = -99;
        duration_format(&b, cases[i].value);
        assert_string_equal(buf_text(&b), cases[i].exact);
        if (cases[i].value >= 0) {
            assert_true(duration_parse(buf_bytes(&b), &back, &e));
            assert_true(back == cases[i].value);
        }
        buf_clear(&b);
        duration_format_short(&b, cases[i].value);
        assert_string_equal(buf_text(&b), cases[i].brief);
        buf_finish(&b);
    }
}

static void sizes_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
        const char *why;
    } cases[] = {
        {"0", 0, NULL},
        {"100B", 100, NULL},
        {"1KB", 1024, NULL},
        {"1KiB", 1024, NULL},
        {"1k", 1024, NULL},
        {"512m", 512u << 20, NULL},
        {"1.5MiB", 1536 * 1024, NULL},
        {"10 MiB", 10 << 20, NULL},
        {"1EB", UINT64_C(1) << 60, NULL},
        {"18446744073709551615B", UINT64_MAX, NULL},
        {"", 0, "a size is missing here; write 100B, 64KiB or 10MiB"},
        {"5", 0, "'5' has no unit; write 5B, 5KiB or 5MiB"},
        {"-1B", 0, "'-1B' is negative; write a size of 0 or more, such as 10MiB"},
        {"big", 0, "'big' is not a size; write 100B, 64KiB or 10MiB"},
        {"1XB", 0, "'1XB' has the unit 'XB'; units are B, KiB, MiB, GiB, TiB, PiB, EiB"},
        {"1iB", 0, "'1iB' has the unit 'iB'; units are B, KiB, MiB, GiB, TiB, PiB, EiB"},
        {"16EiB", 0, "'16EiB' is too large; the largest size is below 16EiB"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        uint64_t value = 99;
        const bool ok = size_parse(bytes_of(cases[i].text), &value, &e);
        assert_string_equal(e.text, cases[i].why ? cases[i].why : "");
        assert_int_equal(ok, !cases[i].why);
        assert_true(value == (ok ? cases[i].value : 99));
    }
}

static void sizes_are_written(void **state)
{
    static const struct {
        uint64_t value;
        const char *exact, *brief;
    } cases[] = {
        {0, "0B", "0 B"},
        {1000, "1000B", "1000 B"},
        {1024, "1KiB", "1 KiB"},
        {1536 * 1024, "1536KiB", "1.5 MiB"},
        {10 << 20, "10MiB", "10 MiB"},
        {(10 << 20) + 1, "10485761B", "10 MiB"},
        {1075, "1075B", "1.05 KiB"},
        {(1 << 20) - 1, "1048575B", "1 MiB"},
        {123456789, "123456789B", "118 MiB"},
        {UINT64_MAX, "18446744073709551615B", "16 EiB"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_MAX(100);
        struct err e = {0};
        uint64_t back = 99;
        size_format(&b, cases[i].value);
        assert_string_equal(buf_text(&b), cases[i].exact);
        assert_true(size_parse(buf_bytes(&b), &back, &e));
        assert_true(back == cases[i].value);
        buf_clear(&b);
        size_format_short(&b, cases[i].value);
        assert_string_equal(buf_text(&b), cases[i].brief);
        buf_finish(&b);
    }
}

static void percentages_are_read(void **state)
{
    static const struct {
        const char *text;
        double value;
        const char *why;
    } cases[] = {
        {"95%", 95, NULL},
        {"0.5%", 0.5, NULL},
        {"0%", 0, NULL},
        {"150 %", 150, NULL},
        {"95", 0, "'95' has no percent sign; write 95%"},
        {"0.8", 0, "'0.8' has no percent sign; write 80%, or 0.8% if so little is meant"},
        {"1", 0, "'1' has no percent sign; write 1%"},
        {"-5%", 0, "'-5%' is negative; write a percentage of 0% or more"},
        {"%", 0, "'%' is not a percentage; write 95% or 0.5%"},
        {"NaN%", 0, "'NaN%' is not a percentage; write 95% or 0.5%"},
        {"Inf%", 0, "'Inf%' is not a percentage; write 95% or 0.5%"},
        {"much", 0, "'much' is not a percentage; write 95% or 0.5%"},
        {"", 0, "a percentage is missing here; write 95% or 0.5%"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        double value = -99;
        const bool ok = percent_parse(bytes_of(cases[i].text), &value, &e);
        assert_string_equal(e.text, cases[i].why ? cases[i].why : "");
        assert_int_equal(ok, !cases[i].why);
        assert_true(value == (ok ? cases[i].value : -99));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),   cmocka_unit_test(durations_are_written),
        cmocka_unit_test(sizes_are_read),       cmocka_unit_test(sizes_are_written),
        cmocka_unit_test(percentages_are_read),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
