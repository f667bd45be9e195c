/* SPDX-License-Identifier: Apache-2.0 */
/* Growing bytes under a cap, and JSON strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/buf.h"

static void text_grows_and_ends_with_nul(void **state)
{
    struct buf b = BUF_MAX(100000);
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    assert_false(b.overflow);
    assert_int_equal(b.len, strlen(b.ptr));
    assert_true(bytes_ends(buf_bytes(&b), ",998,999,"));
    buf_finish(&b);
    assert_int_equal(b.max, 100000);
    buf_add_text(&b, "again");
    assert_string_equal(buf_text(&b), "again");
    buf_finish(&b);
}

static void what_does_not_fit_is_not_written(void **state)
{
    struct buf b = BUF_MAX(5);
    buf_add_text(&b, "hello");
    assert_false(b.overflow);
    buf_add_byte(&b, '!');
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "hello");
    buf_clear(&b);
    assert_false(b.overflow);
    buf_add_text(&b, "longer than five");
    buf_printf(&b, "%s", "longer than five");
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "");
    buf_add_text(&b, "abc");
    buf_printf(&b, "%03d", 7);
    assert_string_equal(buf_text(&b), "abc");
    assert_null(buf_room(&b, 3));
    assert_null(buf_room(&b, SIZE_MAX));
    assert_non_null(buf_room(&b, 2));
    buf_finish(&b);

    struct buf none = BUF_MAX(0);
    buf_add_text(&none, "");
    assert_false(none.overflow);
    buf_add_byte(&none, 'x');
    assert_true(none.overflow);
    buf_finish(&none);
}

static void room_is_written_by_the_caller(void **state)
{
    struct buf b = BUF_MAX(SIZE_MAX);
    for (int i = 0; i < 3; i++) {
        memcpy(buf_room(&b, 100), "0123456789", 10);
        buf_grew(&b, 10);
    }
    assert_string_equal(buf_text(&b), "012345678901234567890123456789");
    buf_consume(&b, 25);
    assert_string_equal(buf_text(&b), "56789");
    buf_consume(&b, 5);
    assert_string_equal(buf_text(&b), "");
    buf_consume(&b, 0);
    buf_finish(&b);
}

static void stolen_memory_is_the_callers(void **state)
{
    struct buf b = BUF_MAX(10);
    size_t len = 99;
    char *text = buf_steal(&b, &len);
    assert_string_equal(text, "");
    assert_int_equal(len, 0);
    free(text);

    buf_add(&b, "a\0b", 3);
    text = buf_steal(&b, &len);
    assert_memory_equal(text, "a\0b", 4);
    assert_int_equal(len, 3);
    assert_int_equal(b.len, 0);
    assert_null(b.ptr);
    free(text);
}

static void json_strings_are_valid_whatever_comes(void **state)
{
    static const struct {
        struct bytes text;
        const char *json;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{NULL, 0}, "\"\""},
        {{"plain text", 10}, "\"plain text\""},
        {{"say \"hi\"", 8}, "\"say \\\"hi\\\"\""},
        {{"C:\\dir", 6}, "\"C:\\\\dir\""},
        {{"\n\r\t\b\f", 5}, "\"\\n\\r\\t\\b\\f\""},
        {{"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\""},
        {{"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", 15},
         "\"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80\""},
        {{"a\xFFz", 3}, "\"a\xEF\xBF\xBDz\""},
        {{"cut \xE2\x82", 6}, "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\""},
        {{"\xC0\x80", 2}, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* an overlong NUL */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = BUF_MAX(1000);
        buf_add_json(&b, cases[i].text);
        assert_string_equal(buf_text(&b), cases[i].json);
        buf_finish(&b);
    }
}

static void a_json_string_is_written_whole_or_not(void **state)
{
    struct buf b = BUF_MAX(10);
    buf_add_text(&b, "k:");
    buf_add_json(&b, bytes_of("1234567"));
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "k:");
    buf_clear(&b);
    buf_add_text(&b, "k:");
    buf_add_json(&b, bytes_of("123456"));
    assert_false(b.overflow);
    assert_string_equal(buf_text(&b), "k:\"123456\"");
    buf_finish(&b);
}

static void html_is_escaped_for_elements_and_attributes(void **state)
{
    struct buf b = BUF_MAX(100);
    buf_add_html(&b, "<a b=\"c\"> & d's");
    assert_string_equal(buf_text(&b), "&lt;a b=&quot;c&quot;&gt; &amp; d's");
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_ends_with_nul),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(room_is_written_by_the_caller),
        cmocka_unit_test(stolen_memory_is_the_callers),
        cmocka_unit_test(json_strings_are_valid_whatever_comes),
        cmocka_unit_test(a_json_string_is_written_whole_or_not),
        cmocka_unit_test(html_is_escaped_for_elements_and_attributes),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
