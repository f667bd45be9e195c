/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the closed lists: every member has one, and no two are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/core/verdict.h"

static void every_member_has_its_own_word(void **state)
{
    (void)state;
    assert_string_equal(health_name(HEALTH_DEGRADED), "degraded");
    assert_string_equal(phase_name(PHASE_TRANSFER), "transfer");
    assert_string_equal(origin_name(ORIGIN_ONCE), "once");
    assert_string_equal(reason_word(REASON_NONE), "");
    assert_string_equal(reason_word(REASON_NO_NAME), "dns_no_name");
    for (int a = 0; a < REASON_COUNT; a++) {
        assert_non_null(reason_sentence((enum reason)a));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(reason_word((enum reason)a),
                                    reason_word((enum reason)b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_has_its_own_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
