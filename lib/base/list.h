/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked lists. A list is a ring through its head; an item is in one at most
 * per link. */
#ifndef HEALTHD_BASE_LIST_H
#define HEALTHD_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/attr.h"

struct list {
    struct list *next, *prev; /* of a head: first and last; of an unlinked item: NULL */
};

void list_init(struct list *head);
bool list_empty(const struct list *head);
void list_append(struct list *head, struct list *item);
void list_prepend(struct list *head, struct list *item);
void list_remove(struct list *item);       /* no-op when unlinked */
struct list *list_take(struct list *head); /* removes the first; NULL when empty */
bool list_linked(const struct list *item);
size_t list_count(const struct list *head);

#define LIST_ITEM(link, type, member) CONTAINER_OF(link, type, member)
/* Walks the links; the current one may be removed in the body. */
#define LIST_EACH(it, head)                                                   \
    for (struct list *it = (head)->next, *it##_next = it->next; it != (head); \
         it = it##_next, it##_next = it->next)

#endif
