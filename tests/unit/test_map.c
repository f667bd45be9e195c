/* SPDX-License-Identifier: Apache-2.0 */
/* Strings to pointers, in the order of insertion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/map.h"

static void what_was_put_is_found(void **state)
{
    int one = 1, two = 2;
    struct map *m = map_create();
    assert_int_equal(map_count(m), 0);
    assert_null(map_get(m, bytes_of("a")));
    assert_null(map_put(m, bytes_of("a"), &one));
    assert_ptr_equal(map_get(m, bytes_of("a")), &one);
    assert_ptr_equal(map_put(m, bytes_of("a"), &two), &one);
    assert_ptr_equal(map_get(m, bytes_of("a")), &two);
    assert_int_equal(map_count(m), 1);
    assert_ptr_equal(map_remove(m, bytes_of("a")), &two);
    assert_null(map_remove(m, bytes_of("a")));
    assert_int_equal(map_count(m), 0);
    map_destroy(m);
    map_destroy(NULL);
}

static void keys_are_copied_bytes(void **state)
{
    int one = 1, two = 2, three = 3;
    char key[] = {'k', '\0', '1'};
    struct map *m = map_create();
    map_put(m, (struct bytes){key, 3}, &one);
    map_put(m, (struct bytes){key, 1}, &two);
    map_put(m, (struct bytes){0}, &three);
    key[0] = 'x';
    assert_ptr_equal(map_get(m, (struct bytes){"k\0"
                                               "1",
                                               3}),
                     &one);
    assert_ptr_equal(map_get(m, bytes_of("k")), &two);
    assert_ptr_equal(map_get(m, bytes_of("")), &three);
    assert_null(map_get(m, (struct bytes){key, 3}));
    const struct map_entry *entry = map_next(m, NULL);
    assert_int_equal(entry->key_len, 3);
    assert_memory_equal(entry->key, "k\0001", 4);
    map_destroy(m);
}

static void walks_go_in_the_order_of_insertion(void **state)
{
    static int values[1000];
    struct map *m = map_create();
    assert_null(map_next(m, NULL));
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "key-%d", i * 7919 % 1000);
        values[i] = i;
        map_put(m, bytes_of(key), &values[i]);
    }
    map_put(m, bytes_of("key-0"), &values[0]); /* replaced: keeps its place */

    int expected = 0;
    const struct map_entry *entry = map_next(m, NULL);
    while (entry) {
        assert_int_equal(*(int *)entry->value, expected++);
        const struct map_entry *next = map_next(m, entry);
        if (expected % 2)
            map_remove(m, (struct bytes){entry->key, entry->key_len});
        entry = next;
    }
    assert_int_equal(expected, 1000);
    assert_int_equal(map_count(m), 500);
    map_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(keys_are_copied_bytes),
        cmocka_unit_test(walks_go_in_the_order_of_insertion),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
