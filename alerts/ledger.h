/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alerts.db: everything about alerts that must survive. Rows of state (a kind, a key, a JSON value that only their
 * owner reads), the outbox, and a journal of what happened. Changes gather in a transaction that is committed
 * as one; only when it is on disk does anything leave the machine (docs/alerting.md, What is promised).
 */
#ifndef HEALTHD_ALERTS_LEDGER_H
#define HEALTHD_ALERTS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/notice.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/store.h"

enum ledger_kind { /* whose row it is; the numbers are in the file: append only */
                   LEDGER_ALERT = 1, /* book */
                   LEDGER_GROUP = 2, /* dispatch */
                   LEDGER_SILENCE = 3,
                   LEDGER_ACK = 4,
                   LEDGER_DEPLOY = 5,
                   LEDGER_LANE =
                       6, /* courier: remote ids, whether a trigger was accepted */
                   LEDGER_MEMO = 7, /* courier: a receiver's pauses and back-off */
                   LEDGER_META = 8, /* dead-man ping */
                   LEDGER_PROBE = 9 /* roster */
};

struct ledger;
struct ledger_txn; /* gathers; one commit each */

/* path may be ":memory:". When no file can be made there, everything is kept in memory alone, and health says why
 * (*ret_fault and e too). NULL only when that fails as well. */
struct ledger *ledger_open(struct loop *l, const char *path, bool is_inline,
                           enum store_fault *ret_fault, struct err *e);
void ledger_close(struct ledger *l, nsec grace); /* takes NULL */

/* At start: every row of a kind, in no order. On the caller's thread. */
bool ledger_load(struct ledger *l, enum ledger_kind kind,
                 bool (*row)(void *ctx, const char *key, const char *value), void *ctx,
                 struct err *e);

struct ledger_txn *ledger_begin(struct ledger *l);
void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json); /* copied; the last of a key wins */
/* The same without a copy, for rows of megabytes: takes json, len bytes and NUL, which was malloc'ed. */
void ledger_put_taken(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                      char *json, size_t len);
void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key);
/* Copies a notice for the outbox. The commit gives it its id. */
void ledger_notice(struct ledger_txn *t, const struct notice *n);
/* One row of the journal: "fired", "silenced", "delivered" …, and facts as a JSON object. Bounded ring of 10,000. */
void ledger_note(struct ledger_txn *t, struct wall at, const char *event,
                 const char *json);
bool ledger_is_empty(const struct ledger_txn *t);
/* Commits everything at once, in order of commits, calls done (may be NULL) on the loop, and frees t. When the disk
 * refuses, the rows stay in memory and are tried again with later commits; notices go out nevertheless, and the
 * ledger writes them to stderr as JSON. */
void ledger_commit(struct ledger_txn *t, void (*done)(void *ctx, bool is_durable),
                   void *ctx);
void ledger_abandon(struct ledger_txn *t); /* frees, changes nothing; takes NULL */
/* Tries again what the disk refused (every 5 s), and sends notices on whose commit hangs (10 s). The courier calls it
 * as time passes. Returns when to call again; 0: when told. */
struct wall ledger_advance(struct ledger *l, struct wall now);
/* The last `max` rows of the journal (at most LEDGER_JOURNAL_MAX) that are older than the one numbered `before` (0: all),
 * newest first, as a JSON array: each {"id", "at", "event"} and its facts. Read on the store's thread. done is told on the
 * loop, text NULL when it cannot be read; it may take text. */
#define LEDGER_JOURNAL_MAX 1000
typedef void ledger_journal_done(void *ctx, struct buf *text, const struct err *e);
void ledger_journal(struct ledger *l, uint64_t before, size_t max,
                    ledger_journal_done *done, void *ctx);

struct ledger_health {
    enum store_fault fault; /* of the last commit */
    char why[256];
    struct wall last_commit;
    size_t waiting;    /* transactions */
    bool was_corrupt;  /* at open: renamed aside */
    bool is_in_memory; /* no file could be made at open: nothing survives this process */
};
struct ledger_health ledger_health(const struct ledger *l);

#endif
