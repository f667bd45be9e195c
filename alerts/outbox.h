/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices that were committed and have not arrived: the queue in alerts.db and its picture in memory, by receiver
 * and lane. Guarantees G1-G8 of docs/alerting.md. The courier takes from it; nobody else moves a row.
 */
#ifndef HEALTHD_ALERTS_OUTBOX_H
#define HEALTHD_ALERTS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/ledger.h"
#include "alerts/notice.h"
#include "alerts/notify.h"

struct outbox;

enum row_state { ROW_PENDING, ROW_SENDING, ROW_DONE, ROW_DEAD, ROW_MERGED };
const char *row_state_name(enum row_state state);

struct outbox_row { /* in memory, without the payload */
    uint64_t id;
    const char *receiver, *lane;
    enum notice_kind kind;
    enum row_state state;
    bool is_critical, is_in_doubt, is_degraded;
    unsigned attempts;
    struct wall made, next_at, first_at;
    const char *title, *last_error;
    uint64_t merged_into;
};

struct outbox_limits {
    size_t max_rows;  /* 10,000 */
    size_t max_bytes; /* 64 MiB */
};

/* Loads the rows that are pending or dead; a row that was being sent becomes pending and in doubt. */
struct outbox *outbox_open(struct ledger *l, const struct outbox_limits *limits,
                           struct err *e);
/* Call it after ledger_close, whose last commits still tell the outbox. Takes NULL. */
void outbox_close(struct outbox *o);

void outbox_each(const struct outbox *o,
                 void (*fn)(void *ctx, const struct outbox_row *r),
                 void *ctx); /* pending, sending, dead; then the last done ones */
/* The newest of these of one lane: NULL for none. The outbox's, until it next moves a row. */
const struct outbox_row *outbox_newest(const struct outbox *o, const char *receiver,
                                       const char *lane);
/* A dead row, or one that waits. */
bool outbox_retry(struct outbox *o, uint64_t id, struct wall now, struct err *e);
bool outbox_drop(struct outbox *o, uint64_t id, const char *who, struct wall now,
                 struct err *e);

struct outbox_stats {
    size_t pending, dead, bytes;
    struct wall oldest_pending, oldest_critical; /* 0: none */
};
struct outbox_stats outbox_stats(const struct outbox *o,
                                 const char *receiver /* NULL: all */);

#endif
