/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the ledger, shared by ledger.c (commits), ledger_txn.c (what one transaction gathers), ledger_queue.c (what
 * waits), ledger_landing.c (who hears of it), ledger_write.c (its SQL); and what outbox and courier say to it about rows of
 * the outbox, which nobody else may.
 */
#ifndef HEALTHD_ALERTS_LEDGER_IMPL_H
#define HEALTHD_ALERTS_LEDGER_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/ledger.h"
#include "alerts/outbox.h"
#include "lib/base/arena.h"
#include "lib/base/list.h"

enum ledger_op_kind {
    OP_PUT,
    OP_DROP,
    OP_NOTE,
    OP_ROW_NEW,    /* a notice: into the outbox */
    OP_ROW_SET,    /* all that moves of a row */
    OP_ROW_MERGE,  /* id, and what was merged into it, go out as `into` */
    OP_ROW_SETTLE, /* id has arrived or was given up: empties its payload and its parts' */
    OP_ROW_TRIM    /* settled rows beyond the last LEDGER_KEPT_ROWS */
};
#define LEDGER_KEPT_ROWS 1000
#define LEDGER_KEPT_NOTES 10000

struct ledger_op {
    struct ledger_op *next, *next_row;
    enum ledger_op_kind kind;
    enum ledger_kind row_kind;
    const char *key, *text; /* OP_NOTE: event, JSON; OP_ROW_NEW: text is the payload */
    struct wall at;
    bool is_told;          /* OP_ROW_NEW: the outbox has it */
    struct outbox_row row; /* OP_ROW_*; texts in the transaction's arena */
};

struct ledger_txn {
    struct list link; /* waiting or flight of its ledger */
    struct arena *arena;
    size_t taken; /* bytes that it owns beside the arena's */
    struct ledger *ledger;
    struct ledger_op *first, **last;
    struct ledger_op *first_row, **last_row; /* of these OP_ROW_NEW, by next_row */
    void (*done)(void *ctx, bool is_durable);
    void *done_ctx;
    bool is_told;         /* the disk refused or hangs: done and the outbox were told */
    bool is_half_told;    /* they are being told so */
    bool is_landing;      /* it is on disk, and they are being told so */
    struct ledger_op *at; /* the next of either */
};

/* A notice that the disk took or refused: it goes out either way. */
struct arrival {
    const struct outbox_row *row;
    struct bytes payload; /* during the call */
    bool is_durable;
};
struct ledger_hooks { /* the outbox's */
    void *ctx;
    void (*arrived)(void *ctx, const struct arrival *a);
    void (*saved)(void *ctx, uint64_t id); /* arrived not durable, is now */
    void (*closed)(void *ctx);             /* the ledger is gone */
};
void ledger_set_hooks(struct ledger *l, const struct ledger_hooks *hooks);
struct store *ledger_store(struct ledger *l);
/* The loop's, or the last it was told. */
struct wall ledger_clock(const struct ledger *l);

/* ledger_txn.c. Texts are copied. */
struct ledger_op *ledger_op_add(struct ledger_txn *t, enum ledger_op_kind kind);
void ledger_row_set(struct ledger_txn *t, const struct outbox_row *row);
void ledger_row_merge(struct ledger_txn *t, uint64_t id, uint64_t into);
void ledger_row_settle(struct ledger_txn *t, uint64_t id);
void ledger_row_trim(struct ledger_txn *t);
void ledger_txn_free(struct ledger_txn *t);
size_t ledger_txn_bytes(const struct ledger_txn *t); /* what it holds */
/* Made from within: a payload that is not a caller's notice (a digest). */
void ledger_payload(struct ledger_txn *t, const struct outbox_row *row,
                    struct bytes payload);

/* ledger_queue.c */
struct txn_queue {
    struct list list; /* of transactions, the oldest first */
    size_t bytes;     /* what they hold */
};
void txn_queue_init(struct txn_queue *q);
void txn_queue_append(struct txn_queue *q, struct ledger_txn *t);
void txn_queue_prepend(struct txn_queue *q, struct ledger_txn *t);
struct ledger_txn *txn_queue_take(struct txn_queue *q); /* the oldest, or NULL */
void ledger_op_say(const struct ledger_op *op, const char *why);

struct ledger {
    struct loop *loop; /* NULL: inline */
    struct store *store;
    struct txn_queue waiting;
    struct list flight; /* of transactions */
    struct list landed; /* on disk, and not all of it is told */
    size_t flight_max;  /* 1 while looking for the one that cannot be written */
    bool is_flying, is_hanging, is_telling, is_closing;
    bool is_landing, is_deferred; /* the rest of it */
    bool is_tell_deferred;
    struct wall flight_since, retry_at, now;
    uint64_t next_id; /* of the outbox */
    struct ledger_hooks hooks;
    struct ledger_health health;
};

/* ledger_landing.c */
/* Tells of a transaction that the disk has not taken, once: alerts do not wait for disks. */
void ledger_tell(struct ledger *l, struct ledger_txn *t);
/* Of all that wait, first of those under way when the disk hangs, for a slice of the loop's time; the rest follows by
 * itself, unless a flight lands before. Launches nothing meanwhile: who is told may commit more, which is told as well. */
void ledger_tell_waiting(struct ledger *l);
void ledger_tell_rest(struct ledger *l); /* of what is being told, at once */
/* Tells of what has landed, in order of commits, for a slice of the loop's time; the rest follows by itself. */
void ledger_land(void *ledger);
void ledger_land_all(struct ledger *l); /* at once */

/* ledger.c: all that wait were told. */
void ledger_told(struct ledger *l);

/* ledger_write.c */
extern const char *const ledger_schema[];
bool ledger_write(const struct ledger_txn *t, struct store_db *db, struct err *e);

#endif
