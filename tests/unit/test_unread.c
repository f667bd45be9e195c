/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that viewers share come to each whole and in order, in pieces of any size, and end with their last reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "collector/unread.h"

static struct shared_text *text_of(const char *words)
{
    struct shared_text *t = shared_text_create(1024);
    buf_add_text(&t->buf, words);
    return t;
}

static void give(struct unread *viewers, size_t count, const char *words)
{
    struct shared_text *t = text_of(words);
    for (size_t i = 0; i < count; i++)
        assert_true(unread_put(&viewers[i], t));
    shared_text_release(t);
}

static void test_pieces_of_any_size(void **ctx)
{
    static const char whole[] = "event: a\n\nevent: bb\n\n:\n\n";
    for (size_t room = 1; room <= sizeof(whole); room++) {
        struct unread viewers[2] = {0};
        give(viewers, 2, "event: a\n\n");
        give(viewers, 2, ""); /* nothing is no end */
        give(viewers, 2, "event: bb\n\n");
        give(viewers, 2, ":\n\n");
        for (size_t i = 0; i < 2; i++) {
            char got[sizeof(whole)] = "";
            size_t len = 0, part;
            while ((part = unread_read(&viewers[i], got + len, room)) > 0 &&
                   len + part + room < sizeof(got) + room)
                len += part;
            assert_string_equal(whole, got);
            assert_int_equal(0, viewers[i].count);
        }
    }
}

static void test_who_is_too_slow_is_told_no_more(void **ctx)
{
    struct unread slow = {0}, quick = {0};
    char to[16];
    for (size_t i = 0; i < UNREAD_MAX; i++) {
        struct shared_text *t = text_of("x");
        assert_true(unread_put(&slow, t));
        assert_true(unread_put(&quick, t));
        shared_text_release(t);
        assert_int_equal(1, unread_read(&quick, to, sizeof(to)));
    }
    struct shared_text *t = text_of("y");
    assert_false(unread_put(&slow, t));
    assert_true(unread_put(&quick, t));
    assert_int_equal(2, t->holds); /* ours and the quick one's */
    shared_text_release(t);
    assert_int_equal(UNREAD_MAX, unread_read(&slow, to, sizeof(to)));
    unread_finish(&slow);
    unread_finish(&quick);
    assert_int_equal(0, unread_read(&quick, to, sizeof(to)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_any_size),
        cmocka_unit_test(test_who_is_too_slow_is_told_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
