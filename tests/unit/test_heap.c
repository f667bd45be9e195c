/* SPDX-License-Identifier: Apache-2.0 */
/* What is due first leaves first; equals leave in the order they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/heap.h"

#define COUNT 500

struct timer {
    int number;
    struct heap_item item;
};

static struct timer *first_timer(const struct heap *h)
{
    struct heap_item *item = heap_first(h);
    return item ? (struct timer *)(void *)((char *)item - offsetof(struct timer, item))
                : NULL;
}

static void the_smallest_key_is_first(void **state)
{
    struct heap h = {0};
    struct timer timers[COUNT] = {0};
    uint32_t random = 1;
    for (int i = 0; i < COUNT; i++) {
        random = random * 1664525 + 1013904223;
        heap_put(&h, &timers[i].item, (int64_t)(random >> 20) - 2000);
    }
    for (int i = 0; i < COUNT; i += 3) {
        random = random * 1664525 + 1013904223;
        heap_put(&h, &timers[i].item, (int64_t)(random >> 20) - 2000);
    }
    for (int i = 1; i < COUNT; i += 3)
        heap_remove(&h, &timers[i].item);

    int64_t last = INT64_MIN;
    size_t left = h.count;
    while (heap_first(&h)) {
        struct heap_item *item = heap_first(&h);
        assert_true(item->key >= last);
        last = item->key;
        heap_remove(&h, item);
        assert_int_equal(item->place, 0);
        left--;
    }
    assert_int_equal(left, 0);
    heap_finish(&h);
}

static void equal_keys_leave_in_the_order_they_came(void **state)
{
    struct heap h = {0};
    struct timer timers[20] = {0};
    for (int i = 0; i < 20; i++) {
        timers[i].number = i;
        heap_put(&h, &timers[i].item, 7);
    }
    heap_put(&h, &timers[0].item, 7); /* came again: now the last */
    for (int i = 1; i <= 20; i++) {
        assert_int_equal(first_timer(&h)->number, i % 20);
        heap_remove(&h, heap_first(&h));
    }
    assert_null(heap_first(&h));
    heap_finish(&h);
}

static void removing_what_is_not_there_does_nothing(void **state)
{
    struct heap h = {0};
    struct heap_item item = {0};
    heap_remove(&h, &item);
    assert_null(heap_first(&h));
    heap_put(&h, &item, 1);
    heap_remove(&h, &item);
    heap_remove(&h, &item);
    assert_int_equal(h.count, 0);
    heap_finish(&h);
    heap_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_key_is_first),
        cmocka_unit_test(equal_keys_leave_in_the_order_they_came),
        cmocka_unit_test(removing_what_is_not_there_does_nothing),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
