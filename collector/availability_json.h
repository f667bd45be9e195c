/* SPDX-License-Identifier: Apache-2.0 */
/* Availability as the status page's JSON, printed straight into a buffer: an overview has thousands of cells. */
#ifndef HEALTHD_COLLECTOR_AVAILABILITY_JSON_H
#define HEALTHD_COLLECTOR_AVAILABILITY_JSON_H

#include "collector/availability.h"
#include "collector/latency.h"
#include "lib/base/buf.h"

/* {"24h":{"ratio":0.9983,"cells":[…]},"7d":…,"30d":…}; the last cell is the one of now. A cell: null (nothing known), 1
 * (up all the time), or [share of time not down, share of time degraded]. a NULL: nothing is known. */
void availability_print(struct buf *out, const struct availability *a, struct wall now);
/* [start in seconds since 1970, up s, degraded s, down s, runs, failed, mean ms, slowest ms] */
void hour_print(struct buf *out, int64_t hour, const struct tally *t);
/* [[ms,…],"uu-d…"]: a number or null, and a letter (- u d x: none, up, degraded, down), for each minute of the last hour. */
void latency_print(struct buf *out, const struct latency *l, struct wall now);
void health_change_print(struct buf *out, struct wall at, enum health health,
                         const char *reason, const char *detail);

#endif
