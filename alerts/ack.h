/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acknowledgements: somebody has taken one alert. It stops repeats and escalation of that alert alone, until it resolves,
 * gets worse, or the acknowledgement ends; it holds nothing back. Kept in the ledger (LEDGER_ACK). Loop thread only.
 */
#ifndef HEALTHD_ALERTS_ACK_H
#define HEALTHD_ALERTS_ACK_H

#include <stdbool.h>

#include "alerts/alert.h"
#include "alerts/ledger.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

struct overlay;

#define ACK_DEFAULT (4 * NSEC_PER_HOUR)

struct ack {
    const char *alert_key;
    struct wall at, until; /* until 0: ACK_DEFAULT after at */
    const char *who, *comment;
    const char *severity; /* it was taken at: a rise clears it. NULL: the alert's now */
};

/* Makes an acknowledgement or replaces it, and copies everything. Returns false with e when no such alert fires, or
 * until is not after at. */
bool ack_put(struct overlay *o, const struct ack *a, struct ledger_txn *txn,
             struct err *e);
/* No-op when there is none. */
void ack_clear(struct overlay *o, const char *alert_key, struct ledger_txn *txn);
/* Returns the acknowledgement that holds for a now, or NULL. It is valid until the next put, clear or overlay_expire. */
const struct ack *ack_of(const struct overlay *o, const struct alert *a, struct wall now);

#endif
