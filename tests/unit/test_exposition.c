/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of metrics, whole and in pieces: what comes out of them, and what is said of those that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/exposition.h"

static bool print_sample(void *ctx, const struct exposition_sample *s, struct err *e)
{
    struct buf *out = ctx;
    struct bytes family;
    const enum metric_kind kind = exposition_kind(s, &family);
    (void)e;
    buf_printf(out, "%s %.*s: %.*s{", metric_kind_name(kind), (int)family.len, family.ptr,
               (int)s->name.len, s->name.ptr);
    for (size_t i = 0; i < s->label_count; i++) {
        buf_printf(out, "%s%.*s=", i ? "," : "", (int)s->labels[i].name.len,
                   s->labels[i].name.ptr);
        buf_add_json(out, s->labels[i].value);
    }
    buf_add_text(out, "} ");
    buf_add_double(out, s->value);
    if (s->has_time)
        buf_printf(out, " @%.3f", s->time);
    if (s->family->help[0])
        buf_printf(out, " (%s)", s->family->help);
    if (s->family->unit[0])
        buf_printf(out, " [%s]", s->family->unit);
    buf_add_byte(out, '\n');
    return true;
}

/* What a page comes to, read in pieces of this size; its error is the last line. */
static void read_page(enum exposition_format format, const struct exposition_caps *caps,
                      const char *page, size_t piece, struct buf *out)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct exposition *x = exposition_create(
        arena, format, caps, (struct exposition_reader){print_sample, out});
    struct bytes rest = bytes_of(page);
    bool is_right = true;
    while (is_right && rest.len) {
        const size_t len = piece < rest.len ? piece : rest.len;
        is_right = exposition_feed(x, bytes_slice(rest, 0, len), &e);
        rest = bytes_slice(rest, len, rest.len);
    }
    if (!is_right || !exposition_end(x, &e))
        buf_printf(out, "! %s\n", e.text);
    arena_destroy(arena);
}

static void assert_reads(enum exposition_format format,
                         const struct exposition_caps *caps, const char *page,
                         const char *expected)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 7};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct buf out = BUF_MAX(1 << 16);
        read_page(format, caps, page, pieces[i], &out);
        assert_string_equal(buf_text(&out), expected);
        buf_finish(&out);
    }
}

static void text_is_read(void **state)
{
    static const struct {
        const char *page, *expected;
    } cases[] = {
        {"", ""},
        {"\n  \n# a remark\n#\n", ""},
        {"up 1\n", "untyped up: up{} 1\n"},
        {"up 1", "untyped up: up{} 1\n"},
        {"up 1\r\ndown 0\r\n", "untyped up: up{} 1\nuntyped down: down{} 0\n"},
        {"# HELP a_total Things\\nand \\\\ more.\n# TYPE a_total counter\na_total 3\n",
         "counter a_total: a_total{} 3 (Things\nand \\ more.)\n"},
        {"# TYPE a gauge\n# HELP a Late.\na -1.5e-3\n", "gauge a: a{} -0.0015 (Late.)\n"},
        {"  a {  x = \"1\" , y=\"b\\\"c\\\\d\\ne\" , } 2 \t 1395066363000 \n",
         "untyped a: a{x=\"1\",y=\"b\\\"c\\\\d\\ne\"} 2 @1395066363.000\n"},
        {"a{} +Inf\na{x=\"\"} NaN\na{x=\"}\"}-Inf\n",
         "untyped a: a{} +Inf\nuntyped a: a{x=\"\"} NaN\nuntyped a: a{x=\"}\"} -Inf\n"},
        {"a 9007199254740993\nb 0x10\n", "untyped a: a{} 9.007199254740992e+15\n"
                                         "! line 2: column 3: expected a value, got "
                                         "\"0x10\"\n"},
        {"a 1 -5\n", "untyped a: a{} 1 @-0.005\n"},
        {"# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\n"
         "h_count 3\nh_created 9\nh 1\n",
         "histogram h: h_bucket{le=\"1\"} 2\nhistogram h: h_bucket{le=\"+Inf\"} 3\n"
         "histogram h: h_sum{} 4\nhistogram h: h_count{} 3\ngauge h_created: h_created{} "
         "9\nuntyped h: h{} 1\n"},
        {"# TYPE s summary\ns{quantile=\"0.5\"} 2\ns_sum 4\ns_count 3\n",
         "summary s: s{quantile=\"0.5\"} 2\nsummary s: s_sum{} 4\nsummary s: s_count{} "
         "3\n"},
        {"# TYPE a untyped\n# TYPE b gauge\na 1\nb 2\na 3\n",
         "untyped a: a{} 1\ngauge b: b{} 2\nuntyped a: a{} 3\n"},
        {"a 1\n# TYPE a counter\na 2\n", "untyped a: a{} 1\nuntyped a: a{} 2\n"},
        {"x_sum 1\nx:rate5m 2\n", "untyped x_sum: x_sum{} 1\nuntyped x:rate5m: "
                                  "x:rate5m{} 2\n"},
        {"a{l=\"\xc3\xa9\"} 1\n", "untyped a: a{l=\"\xc3\xa9\"} 1\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_reads(EXPOSITION_TEXT, NULL, cases[i].page, cases[i].expected);
}

static void openmetrics_is_read(void **state)
{
    static const struct {
        const char *page, *expected;
    } cases[] = {
        {"# EOF\n", ""},
        {"# EOF", ""},
        {"# TYPE a counter\n# UNIT a seconds\n# HELP a Time \\\"spent\\\".\na_total 3.0 "
         "1395066363.25\na_created 1\n# EOF\n",
         "counter a_total: a_total{} 3 @1395066363.250 (Time \"spent\".) [seconds]\n"
         "gauge a_created: a_created{} 1 (Time \"spent\".) [seconds]\n"},
        {"# TYPE h histogram\nh_bucket{le=\"1.0\"} 2 # {trace_id=\"a # b\"} 0.5 1.5\n"
         "h_count 2 3.5 # {} 1\n# EOF\n",
         "histogram h: h_bucket{le=\"1.0\"} 2\nhistogram h: h_count{} 2 @3.500\n"},
        {"# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 2\ng_gsum 4\ng_gcount 2\n# "
         "EOF\n",
         "untyped g_bucket: g_bucket{le=\"+Inf\"} 2\nuntyped g_gsum: g_gsum{} 4\n"
         "untyped g_gcount: g_gcount{} 2\n"},
        {"# TYPE i info\ni_info{v=\"1\"} 1\n# TYPE t stateset\nt{t=\"on\"} 1\n# TYPE u "
         "unknown\nu 1\n# EOF\n",
         "gauge i_info: i_info{v=\"1\"} 1\ngauge t: t{t=\"on\"} 1\nuntyped u: u{} 1\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_reads(EXPOSITION_OPENMETRICS, NULL, cases[i].page, cases[i].expected);
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        enum exposition_format format;
        const char *page, *expected;
    } cases[] = {
        {EXPOSITION_TEXT, "<html>\n",
         "! line 1: column 1: expected a metric's name, got \"<html>\"\n"},
        {EXPOSITION_TEXT, "\n\na{b=\"c\" 1\n",
         "! line 3: column 9: expected , or } behind a label, got \"1\"\n"},
        {EXPOSITION_TEXT, "a{b=\"c} 1\n",
         "! line 1: column 10: expected the closing quote of a label's value, got the "
         "end "
         "of the line\n"},
        {EXPOSITION_TEXT, "a{b=\"c\\\n",
         "! line 1: column 8: expected the closing quote of a label's value, got the end "
         "of the line\n"},
        {EXPOSITION_TEXT, "a{b=c} 1\n",
         "! line 1: column 5: expected a label's value in quotes, got \"c} 1\"\n"},
        {EXPOSITION_TEXT, "a{b 1\n",
         "! line 1: column 5: expected = behind a label's name, got \"1\"\n"},
        {EXPOSITION_TEXT, "a{1=\"\"} 1\n",
         "! line 1: column 3: expected a label's name or }, got \"1=\\\"\\\"} 1\"\n"},
        {EXPOSITION_TEXT, "a{b=\"1\",b=\"2\"} 1\n",
         "! line 1: column 9: the label b may not stand here twice\n"},
        {EXPOSITION_TEXT, "a{__name__=\"b\"} 1\n",
         "! line 1: column 3: the label __name__ may not stand here: the name is before "
         "the brace\n"},
        {EXPOSITION_TEXT, "{\"a.b\"} 1\n",
         "! line 1: column 1: expected a metric's name, got \"{\\\"a.b\\\"} 1\"\n"},
        {EXPOSITION_TEXT, "a{b=\"\xff\"} 1\n",
         "! line 1: column 5: a label's value is no UTF-8\n"},
        {EXPOSITION_TEXT, "a\n",
         "! line 1: column 2: expected { or a space behind the name, got the end of the "
         "line\n"},
        {EXPOSITION_TEXT, "a.b 1\n",
         "! line 1: column 2: expected { or a space behind the name, got \".b 1\"\n"},
        {EXPOSITION_TEXT, "a x\n", "! line 1: column 3: expected a value, got \"x\"\n"},
        {EXPOSITION_TEXT, "a \n",
         "! line 1: column 3: expected a value, got the end of the line\n"},
        {EXPOSITION_TEXT, "a 1 2.5\n",
         "! line 1: column 5: expected a timestamp in milliseconds, got \"2.5\"\n"},
        {EXPOSITION_TEXT, "a 1 2 3\n",
         "! line 1: column 7: expected the end of the line, got \"3\"\n"},
        {EXPOSITION_TEXT, "a 1 # {}\n",
         "! line 1: column 5: expected the end of the line, got \"# {}\"\n"},
        {EXPOSITION_TEXT, "# TYPE a number\n",
         "! line 1: 'number' is no type of metric\n"},
        {EXPOSITION_TEXT, "# HELP 1 x\n",
         "! line 1: expected a metric's name behind # HELP\n"},
        {EXPOSITION_OPENMETRICS, "a 1\n",
         "untyped a: a{} 1\n! line 1: the page does not end with # EOF: it was cut "
         "off\n"},
        {EXPOSITION_OPENMETRICS, "# EOF\na 1\n",
         "! line 2: something comes behind # EOF\n"},
        {EXPOSITION_OPENMETRICS, "\n# EOF\n", "! line 1: an empty line\n"},
        {EXPOSITION_OPENMETRICS, "a 1\n# TYPE a gauge\n# EOF\n",
         "untyped a: a{} 1\n! line 2: the type of a comes behind its samples\n"},
        {EXPOSITION_OPENMETRICS, "a 1 1e999\n# EOF\n",
         "! line 1: column 5: expected a timestamp in seconds, got \"1e999\"\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_reads(cases[i].format, NULL, cases[i].page, cases[i].expected);
}

static void a_nul_is_no_text(void **state)
{
    struct arena *arena = arena_create(0);
    struct buf out = BUF_MAX(4096);
    struct err e;
    struct exposition *x = exposition_create(
        arena, EXPOSITION_TEXT, NULL, (struct exposition_reader){print_sample, &out});
    assert_false(exposition_feed(x, (struct bytes){"a{b=\"\0\"} 1\n", 11}, &e));
    assert_string_equal(e.text, "line 1: a NUL byte: this is no text");
    buf_finish(&out);
    arena_destroy(arena);
}

static void caps_hold(void **state)
{
    static const struct exposition_caps caps = {.line_bytes = 40,
                                                .name_bytes = 8,
                                                .value_bytes = 4,
                                                .labels = 2,
                                                .samples = 3,
                                                .families = 2};
    static const struct {
        const char *page, *expected;
    } cases[] = {
        {"a 1\na 2\nb 3\n", "untyped a: a{} 1\nuntyped a: a{} 2\nuntyped b: b{} 3\n"},
        {"a 1\na 2\na 3\na 4\n", "untyped a: a{} 1\nuntyped a: a{} 2\nuntyped a: a{} 3\n"
                                 "! line 4: more than 3 samples\n"},
        {"a 1\nb 2\nc 3\n", "untyped a: a{} 1\nuntyped b: b{} 2\n! line 3: more than 2 "
                            "metrics\n"},
        {"# TYPE a gauge\n# TYPE b gauge\n# HELP c x\n", "! line 3: more than 2 "
                                                         "metrics\n"},
        {"abcdefghi 1\n", "! line 1: column 1: a name of 9 bytes; at most 8 are read\n"},
        {"a{b=\"12345\"} 1\n",
         "! line 1: column 5: a label's value of 5 bytes; at most 4 are read\n"},
        {"a{b=\"\",c=\"\",d=\"\"} 1\n", "! line 1: column 13: more than 2 labels\n"},
        {"# 3456789012345678901234567890123456789\na 1\n", "untyped a: a{} 1\n"},
        {"# 345678901234567890123456789012345678901\na 1\n", "! line 1: more than 40 "
                                                             "bytes in one line\n"},
        {"# 345678901234567890123456789012345678901",
         "! line 1: more than 40 bytes in one line\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_reads(EXPOSITION_TEXT, &caps, cases[i].page, cases[i].expected);
}

static bool refuse(void *ctx, const struct exposition_sample *s, struct err *e)
{
    (void)ctx;
    return err_set(e, "no room for %.*s", (int)s->name.len, s->name.ptr);
}

static void the_reader_may_refuse(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e;
    struct exposition *x = exposition_create(arena, EXPOSITION_TEXT, NULL,
                                             (struct exposition_reader){refuse, NULL});
    assert_false(exposition_feed(x, bytes_of("# TYPE a gauge\na 1\n"), &e));
    assert_string_equal(e.text, "line 2: no room for a");
    assert_int_equal(exposition_samples(x), 1);
    assert_int_equal(exposition_lines(x), 2);
    arena_destroy(arena);
}

static void content_types_name_the_format(void **state)
{
    static const struct {
        const char *type;
        enum exposition_format format;
    } cases[] = {
        {NULL, EXPOSITION_TEXT},
        {"text/plain; version=0.0.4; charset=utf-8", EXPOSITION_TEXT},
        {"application/openmetrics-text; version=1.0.0", EXPOSITION_OPENMETRICS},
        {"Application/OpenMetrics-Text", EXPOSITION_OPENMETRICS},
        {"application/json", EXPOSITION_TEXT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(exposition_format_of(cases[i].type), cases[i].format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(openmetrics_is_read),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_nul_is_no_text),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(the_reader_may_refuse),
        cmocka_unit_test(content_types_name_the_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
