/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of any bytes: whole, then byte by byte; and what is shown of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/lines.h"

#define MAX_LINE 8

static void on_line(void *ctx, const struct line *line)
{
    struct buf *said = ctx;
    buf_printf(said, "%s[%.*s]", line->is_cut ? "…" : "", (int)line->text.len,
               line->text.ptr);
}

static const struct {
    const char *text, *said;
    size_t pending; /* bytes that are no whole line yet */
    const char *rest;
} cases[] = {
    {"", "", 0, ""},
    {"\n", "[]", 0, ""},
    {"a\nbc\r\n\nd", "[a][bc][]", 1, "[d]"},
    {"12345678\n", "[12345678]", 0, ""},
    {"123456789\nx\n", "…[12345678][x]", 0, ""},
    {"1234567890123456789", "", 19, "…[12345678]"},
    {"a\r", "", 2, "[a]"},
    {"1234567\r\nx\n", "[1234567][x]", 0, ""},
};

static void lines_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct bytes text = bytes_of(cases[i].text);
        for (size_t step = 1; step <= text.len + 1; step++) {
            struct buf said = BUF_MAX(1000);
            struct lines l;
            lines_init(&l, MAX_LINE, on_line, &said);
            for (size_t at = 0; at < text.len; at += step)
                lines_feed(&l, bytes_slice(text, at, at + step));
            assert_string_equal(buf_text(&said), cases[i].said);
            assert_int_equal(l.pending, cases[i].pending);
            buf_clear(&said);
            lines_end(&l);
            assert_string_equal(buf_text(&said), cases[i].rest);
            assert_int_equal(l.pending, 0);
            lines_finish(&l);
            buf_finish(&said);
        }
    }
}

static void what_was_begun_is_forgotten(void **state)
{
    struct buf said = BUF_MAX(100);
    struct lines l;
    (void)state;
    lines_init(&l, MAX_LINE, on_line, &said);
    lines_feed(&l, bytes_of("old"));
    lines_forget(&l);
    lines_feed(&l, bytes_of("new\n"));
    assert_string_equal(buf_text(&said), "[new]");
    lines_finish(&l);
    buf_finish(&said);
}

#define SHOWN(bytes, shown)               \
    {                                     \
        {bytes, sizeof(bytes) - 1}, shown \
    }

static const struct {
    struct bytes text;
    const char *shown;
} shown[] = {
    SHOWN("", ""),
    SHOWN("plain – text", "plain – text"),
    SHOWN("a\tb", "a b"),
    SHOWN("nul\0here", "nul\\x00here"),
    SHOWN("\xff\xfe!", "\\xff\\xfe!"),
    SHOWN("\x1b[31mred\x1b[0m", "red"),
    SHOWN("\x1b[2K\x1b[1;32;40mok", "ok"),
    SHOWN("\x1b]0;a title\aafter", "after"),
    SHOWN("\x1b]8;;http://x\x1b\\link", "link"),
    SHOWN("\x1b(Bx", "Bx"),
    SHOWN("end\x1b", "end"),
    SHOWN("\x1b[", ""),
    SHOWN("\xc2\x9b"
          "31m",
          "\\xc2\\x9b31m"),
    SHOWN("\x7f", "\\x7f"),
};

static void any_bytes_can_be_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        struct buf out = BUF_MAX(1000);
        line_print(shown[i].text, &out);
        assert_string_equal(buf_text(&out), shown[i].shown);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split),
        cmocka_unit_test(what_was_begun_is_forgotten),
        cmocka_unit_test(any_bytes_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
