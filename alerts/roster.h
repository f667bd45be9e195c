/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which probes are configured, and which were before: names, kept in the ledger (LEDGER_PROBE), so that what a stop of
 * healthd took out of the configuration is known at the next start. A name that is gone is remembered for as long as a rule
 * can reach back. Called by the engine (engine_removed.c). Loop thread only; knows no alert and no series.
 */
#ifndef HEALTHD_ALERTS_ROSTER_H
#define HEALTHD_ALERTS_ROSTER_H

#include <stdbool.h>

#include "alerts/ledger.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"

struct roster;
struct roster_name {
    const char *text;
    struct wall gone_at; /* 0: it is configured */
    /* For whoever asks of a name that is gone whether somebody else uses it: what was found, and when; the asker's own. */
    struct wall looked_at;
    bool is_used;
};
#define ROSTER_GONE_MAX 1000 /* names that are gone; the first to go is forgotten first */

struct roster *roster_create(void);
void roster_destroy(struct roster *r); /* takes NULL */
/* Takes in a row of the ledger, at start, before adopt. */
bool roster_restore(struct roster *r, const char *name, const char *json, struct err *e);
/* These are configured from now on, and no others. */
void roster_adopt(struct roster *r, struct texts names, struct wall now,
                  struct ledger_txn *txn);
bool roster_has_gone(const struct roster *r);
/* NULL: it is configured, or never was. */
struct roster_name *roster_gone(const struct roster *r, const char *name);
void roster_each_gone(const struct roster *r,
                      void (*fn)(void *ctx, const struct roster_name *name), void *ctx);

#endif
