/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences that gain context, and are cut where a character ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

static void context_goes_in_front(void **state)
{
    struct err e = {0};
    assert_false(err_set(&e, "'%s' has no unit", "5"));
    assert_false(err_wrap(&e, "option '%s'", "timeout"));
    assert_false(err_wrap(&e, "line %d", 7));
    assert_string_equal(e.text, "line 7: option 'timeout': '5' has no unit");
    err_set(&e, "fresh");
    assert_string_equal(e.text, "fresh");
}

static void context_alone_is_the_sentence(void **state)
{
    struct err e = {0};
    err_wrap(&e, "reading %s", "it");
    assert_string_equal(e.text, "reading it");
}

static void the_system_is_quoted(void **state)
{
    struct err e = {0};
    assert_false(err_errno(&e, ENOENT, "cannot open '%s'", "/x"));
    assert_string_equal(e.text, "cannot open '/x': No such file or directory");
}

static void arguments_may_come_from_the_error_itself(void **state)
{
    struct err e = {"why"};
    err_set(&e, "because: %s", e.text);
    assert_string_equal(e.text, "because: why");
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
    for (int shift = 0; shift < 4; shift++) {
        struct err e = {0};
        char text[3000];
        for (size_t i = 0; i + 2 < sizeof(text); i += 2)
            memcpy(text + i, "\xC3\xBC", 3);
        err_set(&e, "%.*s%s", shift, "aaaa", text);
        const struct bytes cut = bytes_of(e.text);
        assert_in_range(cut.len, ERR_TEXT_SIZE - 4, ERR_TEXT_SIZE - 1);
        assert_true(bytes_ends(cut, "…"));
        assert_true(bytes_is_utf8(cut));

        err_wrap(&e, "in front");
        assert_true(bytes_starts(bytes_of(e.text), "in front: "));
        assert_true(bytes_ends(bytes_of(e.text), "…"));
        assert_true(bytes_is_utf8(bytes_of(e.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(context_alone_is_the_sentence),
        cmocka_unit_test(the_system_is_quoted),
        cmocka_unit_test(arguments_may_come_from_the_error_itself),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
