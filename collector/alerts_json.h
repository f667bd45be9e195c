/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as they stand, as JSON: for /api/alerts, the overview and its stream. Reads; moves nothing. */
#ifndef HEALTHD_COLLECTOR_ALERTS_JSON_H
#define HEALTHD_COLLECTOR_ALERTS_JSON_H

#include "collector/daemon.h"
#include "lib/base/buf.h"

/* [alert, …]: every alert that is pending, fires or has just ended: what holds it, who was told, and how far the last
 * notice of each came (`delivery`); those that fire first, at most max. between: "," and what white space is wanted. */
void alerts_print(struct buf *out, struct daemon *d, size_t max, const char *between);

#endif
