/* SPDX-License-Identifier: Apache-2.0 */
/* Members that are printed are what a parser reads: names, commas, escapes, absent times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/json_print.h"

static void test_members(void **state)
{
    struct label items[] = {{"component", "data"}, {"quote\"d", "a\\b\n"}};
    struct buf out = BUF_MAX(4096);
    buf_add_byte(&out, '{');
    json_print_text(&out, "ends in a brace", "{");
    json_print_text(&out, "none", NULL);
    json_print_time(&out, "never", (struct wall){0});
    json_print_time(&out, "at", (struct wall){1500 * NSEC_PER_MSEC});
    json_print_flag(&out, "yes", true);
    json_print_labels(&out, "labels", (struct labels){.items = items, .count = 2});
    json_print_labels(&out, "no labels", (struct labels){0});
    json_print_flag(&out, "no", false);
    buf_add_byte(&out, '}');
    assert_string_equal(
        buf_text(&out),
        "{\"ends in a brace\":\"{\",\"none\":\"\",\"never\":null,"
        "\"at\":\"1970-01-01T00:00:01.500Z\",\"yes\":true,"
        "\"labels\":{\"component\":\"data\",\"quote\\\"d\":\"a\\\\b\\n\"},"
        "\"no labels\":{},\"no\":false}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
