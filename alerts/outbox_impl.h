/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the outbox, for outbox*.c and courier*.c: rows in their lanes, lanes in the box of their receiver. A row
 * moves in memory and in the ledger by one function of outbox_move.c each. Loop thread only.
 *
 *   outbox ── boxes (receivers) ── lanes ── rows that wait, in order of id
 */
#ifndef HEALTHD_ALERTS_OUTBOX_IMPL_H
#define HEALTHD_ALERTS_OUTBOX_IMPL_H

#include "alerts/ledger_impl.h"
#include "alerts/outbox.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

struct box { /* one receiver's */
    struct outbox *outbox;
    char *name;
    struct map *lanes; /* name → struct lane */
    struct list live;  /* lanes with rows that wait */
    size_t pending, dead;
};

struct lane {
    struct list link; /* box->live */
    struct box *box;
    char *name;
    struct list rows;     /* struct waiting, pending or being sent */
    char *remote;         /* what the notifier remembers; "" */
    bool was_told;        /* a trigger was accepted, and no resolve since */
    uint64_t accepted;    /* the newest row that was; 0: not known */
    bool is_busy;         /* its first row is being read or sent */
    size_t settling;      /* ends of rows that are not on disk yet: it waits for them */
    size_t row_count;     /* rows that name it, whatever their state */
    size_t dead;          /* of these: dead letters */
    struct waiting *part; /* goes out with another lane's row: it waits for that; NULL */
};

struct waiting {      /* a row in memory */
    struct list link; /* lane->rows, outbox->dead, outbox->settled, or parts of another */
    struct lane *lane;
    struct outbox_row row; /* its texts are owned */
    char *payload;         /* NULL: on disk only */
    size_t size;           /* of the payload, also when it is on disk */
    struct list parts; /* rows that go out as a part of this one, oldest first; of another
                        * lane its last alone */
    size_t part_count; /* with those that are not listed any more */
    struct waiting *carrier; /* that this one is a part of; NULL: none */
    unsigned anew;           /* judged OUTCOME_ANEW so often in a row */
    bool is_durable;
    /* accepted by a state-sync receiver, and sent again until the lane goes on */
    bool is_standing;
};

struct outbox {
    struct ledger *ledger;
    struct outbox_limits limits;
    struct map *boxes;         /* name → struct box */
    struct list dead, settled; /* settled: the last few, for people */
    size_t count, bytes, in_memory, settled_count;
    bool is_closing;
    void (*arrived)(void *ctx, struct waiting *w); /* the courier's */
    void *ctx;
};

#define OUTBOX_MEMORY_BYTES \
    ((size_t)4 << 20) /* of payloads; the rest is read again when it is sent */
#define OUTBOX_SETTLED 200
#define PARTS_NAMED_MAX 1000 /* of a row: beyond it parts have no title */

/* outbox_box.c */
struct box *outbox_box(struct outbox *o, const char *receiver); /* found or made */
void box_destroy(struct box *b); /* with its lanes and the rows in them */
struct lane *box_lane(struct box *b, const char *name);
struct waiting *lane_first(const struct lane *l); /* NULL: none */
/* Hands fn each row that waits in the box, lane after lane, until fn returns false: then it returns that row, else NULL.
 * fn moves no row. */
struct waiting *rows_each(const struct box *b, bool (*fn)(void *ctx, struct waiting *w),
                          void *ctx);
void lane_save(struct lane *l, struct ledger_txn *txn);
bool lane_load(void *ctx, const char *key, const char *value); /* ctx: the outbox */
/* Sets and saves what the notifier remembers of the lane. */
void lane_remember(struct lane *l, const char *remote);
/* Frees the lane when nothing is known of it and no row names it. */
void lane_forget(struct lane *l);

/* outbox.c: puts a row into memory, in the list that its state says. */
struct waiting *row_take(struct outbox *o, const struct outbox_row *row, size_t size);
struct waiting *row_find(const struct outbox *o, uint64_t id); /* NULL */
void outbox_listen(struct outbox *o);                          /* to the ledger */

/* outbox_people.c: tells whether a trigger, update or reminder of the lane is a dead letter. */
bool lane_has_dead_beginning(const struct lane *l);

/* outbox_row.c */
void rows_destroy(struct list *rows);
struct waiting *waiting_part(const struct waiting *w); /* the oldest; NULL: none */
void waiting_absorb(struct waiting *w, struct waiting *part);
struct waiting *waiting_create(struct lane *lane, const struct outbox_row *row);
void waiting_destroy(struct waiting *w); /* takes it out of its list and frees it */
void waiting_forget_payload(struct waiting *w);
void waiting_say(struct waiting *w, const char *error);
/* Hands done the payload, at once when it is in memory, else when it was read; ptr is NULL when it cannot be read. */
void waiting_read(struct waiting *w, void (*done)(void *ctx, struct bytes payload),
                  void *ctx);

/* outbox_move.c: each of these commits. */
/* Calls done when the disk has the row, or refuses it: from then on bytes may leave. A process that finds the row in
 * this state does not know whether they did, and marks what it sends again. */
void row_sending(struct waiting *w, struct wall now,
                 void (*done)(void *ctx, bool is_durable), void *ctx);
void row_delivered(struct waiting *w, const char *remote, struct wall now);
void row_retry(struct waiting *w, const char *why, struct wall next_at);
void row_dead(struct waiting *w, const char *why, struct wall now);
/* Makes w a part of into, a row of its lane or another; it goes out with that. */
void row_merge(struct waiting *w, struct waiting *into, const char *why, struct wall now);
/* Ends a row of which nothing is sent, like the resolve of what was never told. */
void row_void(struct waiting *w, const char *why, struct wall now);

#endif
