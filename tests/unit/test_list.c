/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/list.h"

struct thing {
    int number;
    struct list link;
};

static int digits_of(struct list *head)
{
    int digits = 0;
    LIST_EACH (it, head)
        digits = digits * 10 + LIST_ITEM(it, struct thing, link)->number;
    return digits;
}

static void things_stand_in_order(void **state)
{
    struct list head;
    struct thing one = {.number = 1}, two = {.number = 2}, three = {.number = 3};
    list_init(&head);
    assert_true(list_empty(&head));
    assert_int_equal(list_count(&head), 0);
    assert_false(list_linked(&one.link));

    list_append(&head, &two.link);
    list_append(&head, &three.link);
    list_prepend(&head, &one.link);
    assert_false(list_empty(&head));
    assert_true(list_linked(&one.link));
    assert_int_equal(list_count(&head), 3);
    assert_int_equal(digits_of(&head), 123);

    list_remove(&two.link);
    list_remove(&two.link);
    assert_false(list_linked(&two.link));
    assert_int_equal(digits_of(&head), 13);
    list_append(&head, &two.link);
    assert_int_equal(digits_of(&head), 132);
}

static void the_current_one_may_leave(void **state)
{
    struct list head;
    struct thing things[5] = {0};
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        things[i].number = i;
        list_append(&head, &things[i].link);
    }
    LIST_EACH (it, &head) {
        if (LIST_ITEM(it, struct thing, link)->number % 2)
            list_remove(it);
    }
    assert_int_equal(digits_of(&head), 24);
    LIST_EACH (it, &head)
        list_remove(it);
    assert_true(list_empty(&head));
}

static void the_first_is_taken_until_none_is_left(void **state)
{
    struct list head;
    struct thing one = {.number = 1}, two = {.number = 2};
    list_init(&head);
    assert_null(list_take(&head));

    list_append(&head, &one.link);
    list_append(&head, &two.link);
    assert_ptr_equal(list_take(&head), &one.link);
    assert_false(list_linked(&one.link));
    assert_int_equal(digits_of(&head), 2);
    assert_ptr_equal(list_take(&head), &two.link);
    assert_null(list_take(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_stand_in_order),
        cmocka_unit_test(the_current_one_may_leave),
        cmocka_unit_test(the_first_is_taken_until_none_is_left),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
