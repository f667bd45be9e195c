/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status page shows first: every probe with its latency and availability, and what fires, in one JSON document.
 * Made at most once a second, whoever asks, and shared; api_page.c answers with it. Reads; moves nothing.
 */
#ifndef HEALTHD_COLLECTOR_OVERVIEW_H
#define HEALTHD_COLLECTOR_OVERVIEW_H

#include "collector/daemon.h"
#include "collector/web.h"

struct overview;

#define OVERVIEW_ALERTS_MAX 100

struct overview *overview_create(struct daemon *d);
void overview_destroy(struct overview *o); /* takes NULL; after the web server */
void overview_answer(struct overview *o, struct exchange *x);

/* [alert, …], the text that the overview and the stream share: valid until the next call. number differs when it does; 0
 * is none's. */
const char *overview_alerts(struct overview *o, uint64_t *ret_number);
/* {"name":…,"health":…,…}: what changes from run to run, for the stream. */
void overview_brief_print(struct buf *out, const struct daemon *d,
                          const struct tracked *t);

#endif
