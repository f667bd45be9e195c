/* SPDX-License-Identifier: Apache-2.0 */
/* Names of flow runs and askings: their form, their order, and that they differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/core/uuid.h"

static void the_time_stands_in_front(void **state)
{
    char a[UUID_SIZE], b[UUID_SIZE];
    const struct wall at = {INT64_C(0x017f22e279b0) *
                            NSEC_PER_MSEC}; /* RFC 9562, appendix A.6 */
    uuid_make(at, a);
    uuid_make(at, b);
    assert_int_equal(strlen(a), 36);
    assert_memory_equal(a, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", a[19]));
    assert_string_not_equal(a, b);
    uuid_make((struct wall){at.ns + NSEC_PER_MSEC}, b);
    assert_true(strcmp(a, b) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_time_stands_in_front)};
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
