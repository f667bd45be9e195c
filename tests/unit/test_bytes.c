/* SPDX-License-Identifier: Apache-2.0 */
/* Taking bytes apart: lines, tokens, numbers, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"

static void slices_are_clamped(void **state)
{
    const struct bytes b = bytes_of("hello");
    assert_true(bytes_is(bytes_slice(b, 1, 3), "el"));
    assert_true(bytes_is(bytes_slice(b, 3, 99), "lo"));
    assert_int_equal(bytes_slice(b, 9, 99).len, 0);
    assert_int_equal(bytes_slice(b, 3, 1).len, 0);
    assert_int_equal(bytes_slice(bytes_of(NULL), 0, 1).len, 0);
    assert_true(bytes_is(bytes_trim(bytes_of(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(bytes_trim(bytes_of("   ")).len, 0);
}

static void comparisons(void **state)
{
    const struct bytes none = {0};
    assert_true(bytes_equal(none, bytes_of("")));
    assert_true(bytes_is(none, ""));
    assert_false(bytes_equal(bytes_of("a"), bytes_of("b")));
    assert_false(bytes_equal(bytes_of("a"), bytes_of("aa")));
    assert_true(bytes_is_nocase(bytes_of("Content-LENGTH"), "content-length"));
    assert_false(bytes_is_nocase(bytes_of("a["), "A{")); /* letters only */
    assert_true(bytes_has_nocase(bytes_of("SHOP_REDIS_URL"), "redis"));
    assert_true(bytes_has_nocase(bytes_of("url"), "URL"));
    assert_false(bytes_has_nocase(bytes_of("ur"), "url"));
    assert_true(bytes_starts(bytes_of("+OK ready"), "+OK"));
    assert_true(bytes_starts(none, ""));
    assert_false(bytes_starts(bytes_of("+O"), "+OK"));
    assert_true(bytes_ends(bytes_of("95%"), "%"));
    assert_false(bytes_ends(none, "%"));
    assert_int_equal(bytes_find(bytes_of("abcabc"), bytes_of("ca")), 2);
    assert_int_equal(bytes_find(bytes_of("abc"), bytes_of("x")), -1);
    assert_int_equal(bytes_find(none, bytes_of("x")), -1);
    assert_int_equal(bytes_find(none, none), 0);
    assert_int_equal(bytes_find_byte(bytes_of("abc"), 'c'), 2);
    assert_int_equal(bytes_find_byte(none, 'c'), -1);
}

static void lines_come_whole(void **state)
{
    struct bytes b = bytes_of("one\r\ntwo\n\r\n\nrest");
    struct bytes line = {0};
    static const char *const lines[] = {"one", "two", "", ""};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_true(bytes_line(&b, &line));
        assert_true(bytes_is(line, lines[i]));
    }
    assert_false(bytes_line(&b, &line));
    assert_true(bytes_is(b, "rest"));
}

static void tokens_and_pieces(void **state)
{
    struct bytes b = bytes_of("a,,b"), token = {0};
    assert_true(bytes_token(&b, ',', &token) && bytes_is(token, "a"));
    assert_true(bytes_token(&b, ',', &token) && bytes_is(token, ""));
    assert_true(bytes_token(&b, ',', &token) && bytes_is(token, "b"));
    assert_false(bytes_token(&b, ',', &token));

    b = bytes_of("name=");
    assert_false(bytes_split(&b, ':', &token));
    assert_true(bytes_split(&b, '=', &token) && bytes_is(token, "name") && !b.len);
    assert_false(bytes_split(&b, '=', &token));

    b = bytes_of("12345");
    assert_false(bytes_take(&b, 6, &token));
    assert_true(bytes_take(&b, 2, &token) && bytes_is(token, "12"));
    assert_true(bytes_is(b, "345"));
    b = (struct bytes){0};
    assert_true(bytes_take(&b, 0, &token));
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+7", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {" 1", false, 0},
        {"1x", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t value = -99;
        assert_int_equal(bytes_to_i64(bytes_of(cases[i].text), &value), cases[i].ok);
        assert_true(value == (cases[i].ok ? cases[i].value : -99));
    }
    uint64_t value = 5;
    assert_true(bytes_to_u64(bytes_of("18446744073709551615"), &value) &&
                value == UINT64_MAX);
    assert_false(bytes_to_u64(bytes_of("18446744073709551616"), &value));
    assert_false(bytes_to_u64(bytes_of("+1"), &value));
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {
        {"0", true, 0},
        {"1.5", true, 1.5},
        {"-1.5e3", true, -1500},
        {"1E-3", true, 0.001},
        {".5", true, 0.5},
        {"5.", true, 5},
        {"0.1", true, 0.1},
        {"123456789.123456789", true, 123456789.123456789},
        {"9007199254740993", true, 9007199254740992.0}, /* half way: to even */
        {"1e22", true, 1e22},
        {"1e23", true, 1e23},
        {"179769313486231570000000000000000000000e270", true, 1.7976931348623157e308},
        {"5e-324", true, 5e-324},
        {"1e-400", true, 0},
        {"0e999999999999999999999", true, 0},
        {"+Inf", true, INFINITY},
        {"-inf", true, -INFINITY},
        {"Infinity", true, INFINITY},
        {"1e309", false, 0},
        {"1e999999999999999999999", false, 0},
        {"", false, 0},
        {".", false, 0},
        {"-", false, 0},
        {"e5", false, 0},
        {"1e", false, 0},
        {"1e+", false, 0},
        {"1e+-5", false, 0},
        {"1e5x", false, 0},
        {"0x10", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1_000", false, 0},
        {"1,5", false, 0},
        {"nan(7)", false, 0},
        {"infinit", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double value = -99;
        const bool ok = bytes_to_double(bytes_of(cases[i].text), &value);
        if (ok != cases[i].ok || value != (ok ? cases[i].value : -99))
            fail_msg("'%s': %d %.17g", cases[i].text, ok, value);
    }
    double value = 0;
    assert_true(bytes_to_double(bytes_of("NaN"), &value) && isnan(value));

    char many[600];
    memset(many, '1', sizeof(many));
    assert_false(bytes_to_double((struct bytes){many, sizeof(many)}, &value));
    assert_false(bytes_to_double((struct bytes){many, 511}, &value)); /* overflows */
    assert_true(bytes_to_double((struct bytes){many, 300}, &value));
}

static void hashes_are_fnv_1a(void **state)
{
    assert_int_equal(bytes_hash32(bytes_of("")), 0x811c9dc5);
    assert_int_equal(bytes_hash32(bytes_of("a")), 0xe40c292c);
    assert_int_equal(bytes_hash32(bytes_of("foobar")), 0xbf9cf968);
    assert_true(bytes_hash64(bytes_of("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(bytes_hash64(bytes_of("foobar")) == UINT64_C(0x85944171f73967e8));
}

static void utf8(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xC3\xBC", true},
        {"\xE2\x82\xAC", true},
        {"\xF0\x9F\x98\x80", true},
        {"\xF4\x8F\xBF\xBF", true},  /* U+10FFFF */
        {"\xF4\x90\x80\x80", false}, /* above it */
        {"\xED\xA0\x80", false},     /* a surrogate */
        {"\xED\x9F\xBF", true},      /* just below them */
        {"\xC0\xAF", false},         /* overlong */
        {"\xE0\x9F\xBF", false},     /* overlong */
        {"\xF0\x8F\xBF\xBF", false}, /* overlong */
        {"\x80", false},             /* a continuation alone */
        {"\xE2\x82", false},         /* cut */
        {"\xE2\x28\xA1", false},
        {"\xFE", false},
        {"ok\xFF", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(bytes_is_utf8(bytes_of(cases[i].text)), cases[i].ok);
    assert_int_equal(bytes_utf8(bytes_of("\xE2\x82\xACx")), 3);
    assert_int_equal(bytes_utf8(bytes_of("")), 0);
}

static void cuts_leave_characters_whole(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        const char *cut;
    } cases[] = {
        {"abc", 5, "abc"},
        {"abc", 2, "ab"},
        {"abc", 0, ""},
        {"a\xE2\x82\xAC", 3, "a"},
        {"a\xE2\x82\xAC", 4, "a\xE2\x82\xAC"},
        {"\xF0\x9F\x98\x80", 3, ""},
        {"x\x80\x80\x80\x80\x80", 5, "x\x80"}, /* no UTF-8: not eaten up */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct bytes b = bytes_cut(bytes_of(cases[i].text), cases[i].max);
        assert_true(bytes_is(b, cases[i].cut));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_clamped),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(lines_come_whole),
        cmocka_unit_test(tokens_and_pieces),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(numbers),
        cmocka_unit_test(hashes_are_fnv_1a),
        cmocka_unit_test(utf8),
        cmocka_unit_test(cuts_leave_characters_whole),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
