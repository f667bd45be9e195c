/* SPDX-License-Identifier: Apache-2.0 */
/* What the core counts on in every type of this build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/core/session.h"
#include "probes/registry.h"

static void they_are_sorted(void **state)
{
    for (size_t i = 1; probe_types[i]; i++) {
        if (strcmp(probe_types[i - 1]->name, probe_types[i]->name) >= 0)
            fail_msg("%s stands before %s", probe_types[i - 1]->name,
                     probe_types[i]->name);
    }
}

static void a_session_has_room_for_their_groups(void **state)
{
    for (size_t i = 0; probe_types[i]; i++) {
        const struct group *groups = probe_types[i]->groups;
        size_t count = 0;
        while (groups && groups[count].name)
            count++;
        if (count > SESSION_MAX_GROUPS)
            fail_msg("%s has %zu groups: raise SESSION_MAX_GROUPS", probe_types[i]->name,
                     count);
    }
}

static void each_asks_in_one_way(void **state)
{
    for (size_t i = 0; probe_types[i]; i++) {
        const struct probe_type *type = probe_types[i];
        const int ways =
            (type->talk != NULL) + (type->start != NULL) + (type->work != NULL);
        if (ways != 1 || (type->cancel && !type->start))
            fail_msg("%s: exactly one of talk, start, work; cancel with start",
                     type->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_sorted),
        cmocka_unit_test(a_session_has_room_for_their_groups),
        cmocka_unit_test(each_asks_in_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
