/* SPDX-License-Identifier: Apache-2.0 */
/* What healthd gives back to the system, a step at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <link.h>

#include "collector/system.h"

static int count_object(struct dl_phdr_info *object, size_t size, void *ctx)
{
    (void)object, (void)size;
    ++*(size_t *)ctx;
    return 0;
}

/* One step for the heap, and one for each object that the loader knows: none does the work of two. */
static void trimming_takes_a_step_an_object(void **state)
{
    size_t objects = 0, steps = 0;
    (void)state;
    dl_iterate_phdr(count_object, &objects);
    assert_true(objects > 2);
    while (system_trim(steps))
        assert_true(++steps < 1000);
    assert_int_equal(steps, objects + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trimming_takes_a_step_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
