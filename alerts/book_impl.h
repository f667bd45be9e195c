/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the book, for book.c, book_element.c, book_apply.c, book_shelf.c and book_row.c alone: a shelf a rule, with its alerts in order. */
#ifndef HEALTHD_ALERTS_BOOK_IMPL_H
#define HEALTHD_ALERTS_BOOK_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/book.h"
#include "lib/base/map.h"

struct kept {           /* an alert, and what only the book knows of it */
    struct alert alert; /* first: the two are cast into each other */
    struct shelf *shelf;
    struct arena *texts; /* annotations: renewed when they change */
    struct wall saved_at;
    uint64_t round; /* of the rule's evaluation that last had it as an element */
};

struct shelf {
    const struct rule *rule; /* NULL: it is gone */
    char *rule_id;
    uint64_t canonical;  /* of the rule, hashed; 0: not known */
    struct kept **items; /* in order of labels */
    size_t count, size;
};

struct book {
    book_change *changed;
    void *ctx;
    struct map *by_key;     /* → struct kept * */
    struct map *by_rule;    /* rule id → struct shelf * */
    struct shelf **shelves; /* in order of the rules */
    size_t shelf_count;
    uint64_t round;
    struct arena *externals; /* owns: */
    struct book_externals external;
};

/* book_shelf.c */
struct shelf *shelf_find(const struct book *b, const char *rule_id);
struct shelf *shelf_make(struct book *b, const char *rule_id); /* finds or makes */
void shelf_destroy(struct shelf *s);
/* labels as alert_labels made them; they are copied. */
struct kept *kept_make(struct book *b, struct shelf *s, const char *name,
                       struct labels labels);
/* The place of labels, or where they would be, from `from` on, which is not after it. */
size_t shelf_place(const struct shelf *s, size_t from, struct labels labels);
struct kept *kept_put(struct book *b, struct shelf *s, size_t place, const char *name,
                      struct labels labels);
void kept_set_annotations(struct kept *k, struct labels annotations);
bool kept_is_quiet(const struct kept *k, struct wall now); /* for shelf_sweep: inactive */
/* Takes away those from *at on for which is_over says so; their rows are dropped from txn's. True at the end. */
bool shelf_sweep(struct book *b, struct shelf *s, size_t *at,
                 bool (*is_over)(const struct kept *k, struct wall now), struct wall now,
                 struct ledger_txn *txn, const struct slice *slice);

/* book_element.c */
/* Nobody knows: that is an element, too. Once for each list. */
void elements_add_no_data(struct elements *list, const struct rule *r,
                          const struct book_externals *externals, struct arena *arena);
/* Within the group's limit, and each label set once: as found when they were put in order. */
bool elements_are_sound(const struct rule *r, const struct elements *list, struct err *e);
bool elements_have(const struct elements *list, struct labels labels);

/* book_row.c */
void kept_save(struct kept *k, struct wall now, struct ledger_txn *txn);
bool row_read(struct book *b, const char *key, const char *json, struct err *e);

#endif
