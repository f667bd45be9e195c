/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins print, and command lines: the cases of the plugin guidelines, and what real plugins print beside them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/command_line.h"
#include "probes/exec.h"

static void add_range(struct buf *out, const char *name, const struct perf_range *r)
{
    if (!r->is_set)
        return;
    buf_printf(out, " %s%s", name, r->is_inside ? "@" : "");
    buf_add_double(out, r->low);
    buf_add_byte(out, ':');
    buf_add_double(out, r->high);
}

static void describe(struct buf *out, const struct perf_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct perf *p = &list->items[i];
        buf_printf(out, "%s%s ", i ? " / " : "", p->label);
        buf_add_double(out, p->value);
        buf_printf(out, "%s%s%s", *p->unit ? " " : "", p->unit,
                   p->is_counter ? " counter" : "");
        add_range(out, "w", &p->warning);
        add_range(out, "c", &p->critical);
        if (p->has_min || p->has_max)
            buf_add_text(out, " m");
        if (p->has_min)
            buf_add_double(out, p->min);
        if (p->has_max) {
            buf_add_byte(out, '-');
            buf_add_double(out, p->max);
        }
    }
    if (list->dropped)
        buf_printf(out, " +%zu", list->dropped);
}

static void outputs_are_taken_apart(void **state)
{
    static const struct {
        const char *text, *line, *perf;
    } cases[] = {
        {"", "", ""},
        {"OK", "OK", ""},
        {"TCP OK - 0.001 second response time on 127.0.0.1 port "
         "80|time=0.000540s;;;0.000000;10.000000\n",
         "TCP OK - 0.001 second response time on 127.0.0.1 port 80",
         "time 0.00054 seconds m0-10"},
        {"PROCS OK: 93 processes | procs=93;;;0;\n", "PROCS OK: 93 processes",
         "procs 93 m0"},
        {"HTTP OK: HTTP/1.1 200 OK - 612 bytes in 0.001 second response time "
         "|time=0.001021s;1.000000;2.000000;0.000000 size=612B;;;0\n",
         "HTTP OK: HTTP/1.1 200 OK - 612 bytes in 0.001 second response time",
         "time 0.001021 seconds w0:1 c0:2 m0 / size 612 bytes m0"},
        {"DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n"
         "/ 15272 MB (77%);\n/boot 68 MB (69%);\n| /boot=68MB;88;93;0;98\n"
         "/home=69357MB;253404;253409;0;253414\n",
         "DISK OK - free space: / 3326 MB (56%);",
         "/ 2.771386368e+09 bytes w0:6.236930048e+09 c0:6.247415808e+09 "
         "m0-6.257901568e+09 / /boot 7.1303168e+07 bytes w0:9.2274688e+07 "
         "c0:9.7517568e+07 m0-1.02760448e+08 / /home 7.2726085632e+10 bytes "
         "w0:2.65713352704e+11 c0:2.65718595584e+11 m0-2.65723838464e+11"},
        {"PING ok|rta=12.5ms;100;500;0 pl=20%;40;80;0;100\n", "PING ok",
         "rta 0.0125 seconds w0:0.1 c0:0.5 m0 / pl 0.2 ratio w0:0.4 c0:0.8 m0-1"},
        {"x|'two words'=1 'it''s'=2c 'a=b'=3\n", "x",
         "two words 1 / it's 2 counter / a=b 3"},
        {"x|a=1;10: b=1;~:10;@10:20 c=1;@5;:5.75\n", "x",
         "a 1 w10:+Inf / b 1 w-Inf:10 c@10:20 / c 1 w@0:5 c0:5.75"},
        {"x|a=1;20:10;x b=-1.5e-3us;;;;\n", "x", "a 1 / b -1.5e-09 seconds"},
        {"x|a=U b=1;;;U;U c=5bananas\n", "x", "b 1 / c 5 +1"},
        {"x| =1 novalue a= 'open=1\n", "x", " +4"},
        {"x|a=1 a=2\n", "x", "a 1 +1"},
        {"x|a=nan b=inf d=1..2\n", "x", " +3"},
        {"long\nlines\nof text\n", "long", ""},
        {"x|a=1\r\nmore|b=2\r\n", "x", "a 1 / b 2"},
        {"only|", "only", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct buf perf = BUF_MAX(4096);
        const struct plugin_output o = plugin_output_read(bytes_of(cases[i].text), arena);
        describe(&perf, o.perf);
        if (!bytes_is(o.line, cases[i].line) || strcmp(buf_text(&perf), cases[i].perf))
            fail_msg("%s: '%.*s' and '%s'", cases[i].text, (int)o.line.len, o.line.ptr,
                     buf_text(&perf));
        buf_finish(&perf);
        arena_destroy(arena);
    }
}

static void more_than_the_cap_is_counted(void **state)
{
    struct arena *arena = arena_create(0);
    struct buf text = BUF_MAX(64 << 10);
    buf_add_text(&text, "x|");
    for (int i = 0; i < EXEC_MAX_PERF + 50; i++)
        buf_printf(&text, "l%d=%d ", i, i);
    const struct plugin_output o = plugin_output_read(buf_bytes(&text), arena);
    assert_int_equal(o.perf->count, EXEC_MAX_PERF);
    assert_int_equal(o.perf->dropped, 50);
    buf_finish(&text);
    arena_destroy(arena);
}

static void command_lines_are_split(void **state)
{
    static const struct {
        const char *text, *words; /* joined by |; NULL: a fault */
    } cases[] = {
        {"check_tcp -H db -p 5432", "check_tcp|-H|db|-p|5432"},
        {"  a\t b\n", "a|b"},
        {"'/opt/my tools/x' \"a b\" c\\ d", "/opt/my tools/x|a b|c d"},
        {"a'b'\"c\"d", "abcd"},
        {"a '' b", "a||b"},
        {"echo '$HOME' \"`x`\" *", "echo|$HOME|`x`|*"},
        {"say \"a \\\"b\\\" \\c\"", "say|a \"b\" \\c"},
        {"a 'b", NULL},
        {"a \"b", NULL},
        {"a \\", NULL},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct buf joined = BUF_MAX(1000);
        const char *const *words = command_split(cases[i].text, arena, &e);
        for (size_t k = 0; words && words[k]; k++)
            buf_printf(&joined, "%s%s", k ? "|" : "", words[k]);
        if (!cases[i].words)
            assert_null(words);
        else
            assert_string_equal(buf_text(&joined), cases[i].words);
        buf_finish(&joined);
        arena_destroy(arena);
    }
}

static void a_thousand_words_are_taken(void **state)
{
    for (int count = 1000; count <= 1001; count++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct buf text = BUF_MAX(4000);
        for (int i = 0; i < count; i++)
            buf_add_text(&text, "a ");
        const char *const *words = command_split(buf_text(&text), arena, &e);
        assert_true((words != NULL) == (count == 1000));
        if (words)
            assert_true(words[999] && !words[1000]);
        else
            assert_non_null(strstr(e.text, "more than 1000 words"));
        buf_finish(&text);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_taken_apart),
        cmocka_unit_test(more_than_the_cap_is_counted),
        cmocka_unit_test(command_lines_are_split),
        cmocka_unit_test(a_thousand_words_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
