/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that ends together: alignment, caps, cleanups, reuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/arena.h"

struct seen {
    int order[4];
    int count;
};

static struct seen seen;

static void note(void *object)
{
    seen.order[seen.count++] = *(const int *)object;
}

static void every_size_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {0,    1,    7,     16,      100, 1000,
                                   1024, 5000, 70000, 1 << 20, 3,   300000};
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *ptr = arena_alloc(arena, sizes[i]);
        assert_int_equal((uintptr_t)ptr % _Alignof(max_align_t), 0);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(ptr[at], 0);
        memset(ptr, 0xAA, sizes[i]);
        assert_non_null(arena_strdup(arena, "an odd length"));
    }
    arena_destroy(arena);
}

static void what_was_handed_out_does_not_move(void **state)
{
    struct arena *arena = arena_create(0);
    char *texts[1000];
    for (int i = 0; i < 1000; i++)
        texts[i] = arena_printf(arena, "text %d", i);
    for (int i = 0; i < 1000; i++) {
        char expected[16];
        snprintf(expected, sizeof(expected), "text %d", i);
        assert_string_equal(texts[i], expected);
    }
    arena_destroy(arena);
}

static void the_cap_binds_what_peers_decide(void **state)
{
    struct arena *arena = arena_create(1000);
    assert_non_null(arena_alloc(arena, 5000)); /* ours: not bounded, not counted */
    assert_non_null(arena_try_alloc(arena, 600));
    assert_null(arena_try_alloc(arena, 401));
    assert_null(arena_try_alloc(arena, SIZE_MAX));
    assert_non_null(arena_try_alloc(arena, 400));
    assert_null(arena_try_alloc(arena, 1));
    arena_reset(arena);
    assert_non_null(arena_try_alloc(arena, 1000));
    arena_destroy(arena);

    arena = arena_create(0);
    assert_null(arena_try_alloc(arena, SIZE_MAX));
    arena_destroy(arena);
}

static void cleanups_run_newest_first_and_once(void **state)
{
    int one = 1, two = 2, three = 3;
    struct arena *arena = arena_create(0);
    seen = (struct seen){0};
    arena_cleanup(arena, note, &one);
    arena_cleanup(arena, note, &two);
    arena_reset(arena);
    arena_cleanup(arena, note, &three);
    arena_destroy(arena);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.order[0], 2);
    assert_int_equal(seen.order[1], 1);
    assert_int_equal(seen.order[2], 3);
}

static void a_reset_arena_gives_zeroed_memory_again(void **state)
{
    struct arena *arena = arena_create(0);
    for (int round = 0; round < 3; round++) {
        char *ptr = arena_alloc(arena, 200);
        for (int i = 0; i < 200; i++)
            assert_int_equal(ptr[i], 0);
        memset(ptr, 1, 200);
        arena_alloc(arena, 100000);
        assert_int_equal(arena_used(arena), 100200);
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_destroy(arena);
}

static void copies_are_copies(void **state)
{
    struct arena *arena = arena_create(0);
    assert_null(arena_strdup(arena, NULL));
    assert_string_equal(arena_strdup(arena, ""), "");
    assert_string_equal(arena_strndup(arena, "hello", 4), "hell");
    assert_memory_equal(arena_strndup(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    const uint64_t number = 42;
    const uint64_t *copy = arena_memdup(arena, &number, sizeof(number));
    assert_int_equal(*copy, 42);
    assert_non_null(arena_memdup(arena, NULL, 0));
    arena_destroy(arena);
    arena_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_zeroed_and_aligned),
        cmocka_unit_test(what_was_handed_out_does_not_move),
        cmocka_unit_test(the_cap_binds_what_peers_decide),
        cmocka_unit_test(cleanups_run_newest_first_and_once),
        cmocka_unit_test(a_reset_arena_gives_zeroed_memory_again),
        cmocka_unit_test(copies_are_copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
