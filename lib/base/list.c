/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings of links that lie in their owners' structs. Called wherever things queue; never
 * allocates and never looks at what the links are in.
 */
#include "lib/base/list.h"

#include <assert.h>

void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

bool list_empty(const struct list *head)
{
    return head->next == head;
}

static void list_insert(struct list *before, struct list *item)
{
    assert(!list_linked(item));
    item->prev = before;
    item->next = before->next;
    before->next->prev = item;
    before->next = item;
}

void list_append(struct list *head, struct list *item)
{
    list_insert(head->prev, item);
}

void list_prepend(struct list *head, struct list *item)
{
    list_insert(head, item);
}

void list_remove(struct list *item)
{
    if (!list_linked(item))
        return;
    item->prev->next = item->next;
    item->next->prev = item->prev;
    *item = (struct list){0};
}

struct list *list_take(struct list *head)
{
    if (list_empty(head))
        return NULL;
    struct list *item = head->next;
    list_remove(item);
    return item;
}

bool list_linked(const struct list *item)
{
    return item->next != NULL;
}

size_t list_count(const struct list *head)
{
    size_t count = 0;
    for (const struct list *it = head->next; it != head; it = it->next)
        count++;
    return count;
}
