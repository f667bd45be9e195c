/* SPDX-License-Identifier: Apache-2.0 */
/* Series as promtool's tests write them: labels and samples, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/query/series_notation.h"

static const struct {
    const char *text, *shown; /* "time:value …", or the beginning of the error */
} samples[] = {
    {"", ""},
    {"1", "0:1 "},
    {"1 2 -3.5", "0:1 10:2 20:-3.5 "},
    {"1x4", "0:1 10:1 20:1 30:1 40:1 "},
    {"0x2", "0:0 10:0 20:0 "},
    {"0+10x3", "0:0 10:10 20:20 30:30 "},
    {"10-1x2 7", "0:10 10:9 20:8 30:7 "},
    {"-1-2x1", "0:-1 10:-3 "},
    {"-1+-2x1", "!'-1+-2x1' is no sample"},
    {"_ 1 _x3 2", "10:1 50:2 "},
    {"_x0 1", "0:1 "},
    {"1 stale 2", "0:1 10:stale 20:2 "},
    {"NaN Inf -Inf +Inf", "0:nan 10:inf 20:-inf 30:inf "},
    {"1e3 1e+3x1 1.5e-1+1e+1x1", "0:1000 10:1000 20:1000 30:0.15 40:10.15 "},
    {"1\n 2\t3", "0:1 10:2 20:3 "},
    {"1x", "!'1x' is no sample"},
    {"1x-1", "!'1x-1' is no sample"},
    {"1+2", "!'1+2' is no sample"},
    {"a", "!'a' is no sample"},
    {"stalex2", "!'stalex2' is no sample"},
    {"{{schema:1}}", "!native histograms"},
    {"1x99999999", "!more than 1000000 samples"},
    {"1x600000 1x600000", "!more than 1000000 samples"},
    {"_x99999999999999999999", "!'_x9999"},
};

static const struct {
    const char *text, *shown;
} names[] = {
    {"up", "__name__=\"up\""},
    {" up { b = \"1\" , a=\"x y\" } ", "__name__=\"up\",a=\"x y\",b=\"1\""},
    {"{a=\"b\"}", "a=\"b\""},
    {"{}", ""},
    {"job:x:rate5m", "__name__=\"job:x:rate5m\""},
    {"up{a=\"\"}", "__name__=\"up\""},
    {"up{a=~\"b\"}", "!a series' labels are given with '='"},
    {"up{a=\"1\",a=\"2\"}", "!the label 'a' is given twice"},
    {"1up", "!'1up' is no metric's name"},
    {"up{", "!"},
};

static void show(const struct points *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++) {
        buf_printf(out, "%d:", (int)p->items[i].ms);
        if (is_stale(p->items[i].value))
            buf_add_text(out, "stale ");
        else
            buf_printf(out, "%.10g ", p->items[i].value);
    }
}

static void compare(const char *text, bool ok, const struct buf *out, const struct err *e,
                    const char *expected)
{
    if (*expected == '!' ? !ok && !strncmp(e->text, expected + 1, strlen(expected) - 1)
                         : ok && !strcmp(buf_text(out), expected))
        return;
    fail_msg("%s: '%s' instead of '%s'", text, ok ? buf_text(out) : e->text, expected);
}

static void samples_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct arena *arena = arena_create(0);
        struct buf out = BUF_MAX(1000);
        struct points p = {0};
        struct err e = {0};
        const bool ok = series_notation_points(arena, samples[i].text, 0, 10, &p, &e);
        show(&p, &out);
        compare(samples[i].text, ok, &out, &e, samples[i].shown);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

static void labels_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct arena *arena = arena_create(0);
        struct buf out = BUF_MAX(1000);
        struct labels l = {0};
        struct err e = {0};
        const bool ok = series_notation_labels(arena, names[i].text, &l, &e);
        labels_print(l, &out);
        compare(names[i].text, ok, &out, &e, names[i].shown);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read),
        cmocka_unit_test(labels_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
