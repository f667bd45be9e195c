/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a pattern names, and what is said when there are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/path_glob.h"

static void files_come_in_order_or_why_there_are_none(void **state)
{
    char folder[] = "/tmp/healthd-glob-XXXXXX";
    struct arena *arena = arena_create(0);
    struct texts found = {0};
    struct err e;
    (void)state;
    assert_non_null(mkdtemp(folder));
    const char *b = arena_printf(arena, "%s/b.yml", folder);
    const char *a = arena_printf(arena, "%s/a.yml", folder);
    /* Not even root looks through a link to itself; with other users it is a matter of rights. */
    const char *circle = arena_printf(arena, "%s/circle", folder);
    close(open(b, O_CREAT | O_WRONLY, 0600));
    close(open(a, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink("circle", circle), 0);

    assert_true(path_glob(arena, arena_printf(arena, "%s/*.yml", folder), &found, &e));
    assert_int_equal(found.count, 2);
    assert_string_equal(found.items[0], a);
    assert_string_equal(found.items[1], b);

    const char *none = arena_printf(arena, "%s/*.yaml", folder);
    assert_false(path_glob(arena, none, &found, &e));
    assert_string_equal(e.text, arena_printf(arena, "no file matches %s", none));
    const char *nowhere = arena_printf(arena, "%s/nowhere/*.yaml", folder);
    assert_false(path_glob(arena, nowhere, &found, &e));
    assert_string_equal(e.text, arena_printf(arena, "no file matches %s", nowhere));

    const char *hidden = arena_printf(arena, "%s/*.yml", circle);
    assert_false(path_glob(arena, hidden, &found, &e));
    assert_string_equal(e.text,
                        arena_printf(arena, "%s: a folder on its way cannot be read: %s",
                                     hidden, "Too many levels of symbolic links"));
    unlink(a);
    unlink(b);
    unlink(circle);
    rmdir(folder);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_in_order_or_why_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
