/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which faults are shown: by file as read, line and column, with notes behind what they explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/core/diag.h"

static struct place at(const char *file, int line, int column)
{
    return (struct place){file, line, column};
}

static void faults_are_shown_in_the_order_of_the_files(void **state)
{
    static const char expected[] = "warning: nowhere\n"
                                   "main.yml:2:1: error: second\n"
                                   "main.yml:3:4: error: third\n"
                                   "  hint: do this\n"
                                   "main.yml:3:9: warning: fourth\n"
                                   "b.yml:1:1: error: of the second file\n"
                                   "a.yml:9:9: error: of the third file\n"
                                   "unread.yml: error: cannot be read\n"
                                   "main.yml:1:1: note: it is named here\n";
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    struct buf out = BUF_MAX(10000);
    (void)state;
    diag_source(d, "main.yml", bytes_of(""));
    diag_source(d, "b.yml", bytes_of(""));
    diag_source(d, "a.yml", bytes_of(""));
    diag_error(d, at("unread.yml", 0, 0), "cannot be read");
    diag_note(d, at("main.yml", 1, 1), "it is named here");
    diag_error(d, at("a.yml", 9, 9), "of the third file");
    diag_warning(d, at("main.yml", 3, 9), "fourth");
    diag_error(d, at("main.yml", 3, 4), "third");
    diag_hint(d, "do this");
    diag_error(d, at("b.yml", 1, 1), "of the second file");
    diag_error(d, at("main.yml", 3, 4), "third");
    diag_error(d, at("main.yml", 2, 1), "second");
    diag_warning(d, at(NULL, 0, 0), "nowhere");
    diag_sort(d);
    diag_render(d, &out, false);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(diag_error_count(d), 5);
    assert_int_equal(diag_warning_count(d), 2);
    diag_error(d, at("main.yml", 9, 1), "later");
    diag_hint(d, "of the later one");
    const struct diagnosis *last = diag_first(d);
    while (last->next)
        last = last->next;
    assert_string_equal(last->hint, "of the later one");
    buf_finish(&out);
    arena_destroy(arena);
}

static void nothing_is_in_order(void **state)
{
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    (void)state;
    diag_sort(d);
    assert_null(diag_first(d));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_shown_in_the_order_of_the_files),
        cmocka_unit_test(nothing_is_in_order),
    };
    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
