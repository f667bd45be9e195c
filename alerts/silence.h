/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Silences: somebody wants alerts with some labels not to be told for a while. Kept in the ledger (LEDGER_SILENCE), so
 * that they outlive a restart. Made and ended by the API, applied by the overlay. Loop thread only.
 */
#ifndef HEALTHD_ALERTS_SILENCE_H
#define HEALTHD_ALERTS_SILENCE_H

#include <stdbool.h>

#include "alerts/ledger.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/query/matcher.h"

struct overlay;

#define SILENCES_MAX 1000                     /* that have not ended */
#define SILENCE_TEXT_MAX 1024                 /* bytes of a comment, and of a creator */
#define SILENCE_KEEP_ENDED (5 * NSEC_PER_DAY) /* for the list */

struct silence {
    const char *id; /* 8 hex digits */
    struct matchers matchers;
    struct wall starts, ends;
    const char *creator, *comment;
};

/* Makes one, or replaces the one of the id given (NULL or "": makes). Everything is copied. starts 0: now. NULL and e when
 * it would silence everything, has ended already, its id is not known, or there are SILENCES_MAX. Returns its id,
 * which lives as long as the silence. */
const char *silence_put(struct overlay *o, const struct silence *s, struct wall now,
                        struct ledger_txn *txn, struct err *e);
/* Ends the silence now, also one that has not begun. */
bool silence_expire(struct overlay *o, const char *id, struct wall now,
                    struct ledger_txn *txn, struct err *e);
/* Hands fn all silences in the order in which they were made, ended ones too for SILENCE_KEEP_ENDED. */
void silence_each(const struct overlay *o, void (*fn)(void *ctx, const struct silence *s),
                  void *ctx);
/* "pending", "active" or "expired". */
const char *silence_state(const struct silence *s, struct wall now);

#endif
