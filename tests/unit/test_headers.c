/* SPDX-License-Identifier: Apache-2.0 */
/* A request's headers: what is configured wins over what is ours, in the order it came; an asking is named by its UUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/headers.h"

#define TASK "01890a5d-ac96-774b-bcce-b302099a8057"
#define PARENT "00-01890a5dac96774bbcceb302099a8057-bcceb302099a8057-01"

static void ours_gives_way(void **state)
{
    static const struct pair given[] = {
        {"Accept", "a"}, {"X-REQUEST-ID", "mine"}, {"Accept", "b"}};
    static const struct pair expected[] = {
        {"Accept", "a"},           {"X-REQUEST-ID", "mine"}, {"Accept", "b"},
        {"User-Agent", "healthd"}, {"traceparent", PARENT},  {"Accept", "d"}};
    struct arena *arena = arena_create(0);
    struct headers h = headers_in(arena);

    headers_add_all(&h, &(struct pairs){given, ARRAY_LEN(given)});
    headers_put(&h, "accept", "c");
    headers_put(&h, "User-Agent", "healthd");
    headers_put_task(&h, TASK);
    headers_put_task(&h, NULL);
    headers_add(&h, "Accept", "d");
    const struct pairs all = headers_pairs(&h);
    assert_int_equal(all.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_string_equal(all.items[i].key, expected[i].key);
        assert_string_equal(all.items[i].value, expected[i].value);
    }
    arena_destroy(arena);
}

static void grows(void **state)
{
    struct arena *arena = arena_create(0);
    struct headers h = headers_in(arena);

    assert_false(headers_has(&h, "a"));
    for (int i = 0; i < 100; i++)
        headers_put(&h, arena_printf(arena, "x-%d", i), "");
    assert_int_equal(headers_pairs(&h).count, 100);
    assert_true(headers_has(&h, "X-0") && headers_has(&h, "x-99"));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_gives_way),
        cmocka_unit_test(grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
