/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as they stand, as JSON: for /api/alerts, the overview and its stream. Reads; moves nothing. */
#ifndef HEALTHD_COLLECTOR_ALERTS_JSON_H
#define HEALTHD_COLLECTOR_ALERTS_JSON_H

#include "alerts/alert.h"
#include "collector/daemon.h"
#include "lib/base/buf.h"

/* What it is, what holds it, who was told, how far the last notice of each came (`delivery`), what its probe found. */
void alert_print(struct buf *out, const struct daemon *d, const struct alert *a);
/* [alert, …]: every alert that is pending, fires or has just ended; those that fire first, at most max.
 * Without what probes found, which changes with each run and stands with the probe. */
void alerts_print(struct buf *out, const struct daemon *d, size_t max);

#endif
