/* SPDX-License-Identifier: Apache-2.0 */
/* What `healthctl query` draws, and how the times of its span are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "healthctl/plot.h"
#include "healthctl/when.h"
#include "lib/base/attr.h"

enum { VALUES = 12 };

static void lines_are_drawn(void **state)
{
    static const struct {
        const char *story;
        double values[VALUES];
        size_t count, columns, rows;
        bool has_utf8;
        const char *drawing;
    } cases[] = {
        {"rises", {0, 1, 2, 3}, 4, 4, 4, false, "   *\n  *\n *\n*\n"},
        {"falls", {3, 2, 1, 0}, 4, 4, 4, false, "*\n *\n  *\n   *\n"},
        {"is flat: in the middle", {7, 7, 7}, 3, 3, 3, false, "\n***\n\n"},
        {"a step", {0, 0, 1, 1}, 4, 4, 2, false, "  **\n**\n"},
        {"a gap", {0, NAN, 1}, 3, 3, 2, false, "  *\n*\n"},
        {"infinite is a gap", {0, INFINITY, 1}, 3, 3, 2, false, "  *\n*\n"},
        {"one point", {5}, 1, 3, 1, false, "*\n"},
        {"nothing", {NAN, NAN}, 2, 3, 2, false, "\n\n"},
        {"no values", {0}, 0, 3, 2, false, "\n\n"},
        {"fewer points than columns are joined", {0, 1}, 2, 4, 2, false, "  **\n**\n"},
        {"the ends of double", {-1.7e308, 1.7e308}, 2, 2, 2, false, " *\n*\n"},
        {"braille: two by four dots a letter", {0, 3}, 2, 1, 1, true, "⡜\n"},
        {"braille, flat", {1, 1, 1, 1}, 4, 2, 1, true, "⠤⠤\n"},
        {"braille, up and down", {0, 3, 3, 0}, 4, 2, 1, true, "⡜⢣\n"},
        {"no size is one letter", {1}, 1, 0, 0, false, "*\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf drawn = BUF_MAX(4096);
        const struct plot p = {.values = cases[i].values,
                               .count = cases[i].count,
                               .columns = cases[i].columns,
                               .rows = cases[i].rows,
                               .has_utf8 = cases[i].has_utf8};
        plot_draw(&p, plot_range_of(p.values, p.count), &drawn);
        if (strcmp(buf_text(&drawn), cases[i].drawing) != 0)
            fail_msg("%s:\n%sinstead of\n%s", cases[i].story, buf_text(&drawn),
                     cases[i].drawing);
        buf_finish(&drawn);
    }
}

static void too_large_a_drawing_is_cut(void **state)
{
    static const double values[] = {0, 1};
    struct buf drawn = BUF_MAX(1 << 20);
    const struct plot p = {.values = values, .count = 2, .columns = 9999, .rows = 9999};
    plot_draw(&p, plot_range_of(values, 2), &drawn);
    assert_true(drawn.len <= PLOT_ROWS_MAX * (PLOT_COLUMNS_MAX + 1));
    buf_finish(&drawn);
}

static void times_are_understood(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* of the result; now is 1,000,000 */
        const char *why;
    } cases[] = {
        {"now", 1000000, ""},
        {"90m", 1000000 - 5400, ""},
        {"1h30m", 1000000 - 5400, ""},
        {"1970-01-02T00:00:00Z", 86400, ""},
        {"1970-01-02T02:00:00+02:00", 86400, ""},
        {"86400", 86400, ""},
        {"86400.0", 86400, ""},
        {"yesterday", 0, "'yesterday' is no time"},
        {"", 0, "is no time"},
        {"1e300", 0, "is no time"},
        {"NaN", 0, "is no time"},
    };
    const struct wall now = {1000000 * NSEC_PER_SEC};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wall at = {0};
        struct err e = {0};
        const bool ok = when_parse(cases[i].text, now, &at, &e);
        if (ok != !*cases[i].why || !strstr(e.text, cases[i].why))
            fail_msg("'%s': '%s'", cases[i].text, e.text);
        if (ok)
            assert_int_equal(at.ns, cases[i].seconds * NSEC_PER_SEC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_drawn),
        cmocka_unit_test(too_large_a_drawing_is_cut),
        cmocka_unit_test(times_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
