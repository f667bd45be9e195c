/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as Go and so Prometheus write them: a table of what Go prints, and a round trip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "lib/base/buf.h"

static void numbers_look_as_in_go(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"}, /* as expfmt writes it */
        {1, "1"},
        {-1, "-1"},
        {42, "42"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {-2.5, "-2.5"},
        {100, "100"},
        {123456, "123456"},
        {999999, "999999"},
        {100000, "100000"},
        {1000000, "1e+06"},
        {1234567, "1.234567e+06"},
        {-1234567, "-1.234567e+06"},
        {1445412480, "1.44541248e+09"},
        {16642576384, "1.6642576384e+10"},
        {123456.789, "123456.789"},
        {999999.5, "999999.5"},
        {1000000.5, "1.0000005e+06"},
        {1763693045.678, "1.763693045678e+09"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00012, "0.00012"},
        {0.00001, "1e-05"},
        {0.0000123, "1.23e-05"},
        {0.000123456, "0.000123456"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {100.0 / 3, "33.333333333333336"},
        {0.1 + 0.2, "0.30000000000000004"},
        {3.141592653589793, "3.141592653589793"},
        {9007199254740991.0, "9.007199254740991e+15"},
        {9007199254740992.0, "9.007199254740992e+15"},
        {9007199254740994.0, "9.007199254740994e+15"},
        {18446744073709551615.0, "1.8446744073709552e+19"},
        {1e15, "1e+15"},
        {1e21, "1e+21"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {1e-100, "1e-100"},
        {123e-10, "1.23e-08"},
        {5e-324, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
        {DBL_EPSILON, "2.220446049250313e-16"},
        {5.684341886080802e-14, "5.684341886080802e-14"},
        {NAN, "NaN"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf small = BUF_MAX(strlen(cases[i].text)), large = BUF_MAX(4096);
        buf_add_double(&small, cases[i].value);
        assert_string_equal(buf_text(&small), cases[i].text);
        assert_false(small.overflow);
        buf_add_byte(&large, ' ');
        buf_add_double(&large, cases[i].value);
        assert_string_equal(buf_text(&large) + 1, cases[i].text);
        buf_finish(&small);
        buf_finish(&large);
    }
}

/* The shortest form by trying: as many digits as it takes to read back. */
static int digits_needed(double value)
{
    char text[40];
    int digits = 1;
    for (; digits < 17; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return digits;
}

/* Significant digits of what was printed: without leading and trailing zeros. */
static int digits_printed(const char *text)
{
    int digits = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text == '0' && digits)
            zeros++;
        if (*text >= '1' && *text <= '9') {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return digits;
}

static void reads_back(double value)
{
    struct buf b = BUF_MAX(100);
    double back = 0;
    buf_add_double(&b, value);
    assert_true(strtod(buf_text(&b), NULL) == value);
    assert_true(bytes_to_double(buf_bytes(&b), &back) && back == value);
    assert_in_range(digits_printed(buf_text(&b)), 1, (uintmax_t)digits_needed(value));
    buf_finish(&b);
}

static void every_magnitude_reads_back_in_the_fewest_digits(void **state)
{
    uint64_t random = UINT64_C(88172645463325252);
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        for (int i = 0; i < 8; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            const uint64_t fraction = i ? random >> 12 : 0; /* a power of two first */
            const uint64_t bits = exponent << 52 | fraction;
            double value;
            memcpy(&value, &bits, sizeof(value));
            if (value > 0)
                reads_back(value);
        }
    }
}

static void decimals_of_people_come_back_as_they_were(void **state)
{
    for (uint64_t i = 1; i < 20000; i += 7) {
        char text[32];
        struct buf b = BUF_MAX(100);
        snprintf(text, sizeof(text), "%.15g", (double)i / 1000);
        buf_add_double(&b, (double)i / 1000);
        assert_string_equal(buf_text(&b), text);
        buf_finish(&b);
    }
}

static void whole_numbers_have_all_their_digits(void **state)
{
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {1234567, "1234567"},
        {UINT64_C(10000000000), "10000000000"},
        {UINT64_MAX, "18446744073709551615"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_MAX(20);
        buf_add_u64(&b, cases[i].value);
        assert_string_equal(buf_text(&b), cases[i].text);
        buf_finish(&b);
    }
}

static void a_number_is_written_whole_or_not(void **state)
{
    struct buf b = BUF_MAX(4);
    buf_add_double(&b, 12.34);
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "");
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_look_as_in_go),
        cmocka_unit_test(every_magnitude_reads_back_in_the_fewest_digits),
        cmocka_unit_test(decimals_of_people_come_back_as_they_were),
        cmocka_unit_test(whole_numbers_have_all_their_digits),
        cmocka_unit_test(a_number_is_written_whole_or_not),
    };
    return cmocka_run_group_tests_name("buf_number", tests, NULL, NULL);
}
