/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd's own families in the history, looked at every 15 s, so that rules can read them: the meta-alerts do. What is a
 * probe's is not taken from here.
 */
#ifndef HEALTHD_COLLECTOR_SELF_HISTORY_H
#define HEALTHD_COLLECTOR_SELF_HISTORY_H

#include "lib/query/history.h"

struct daemon;
struct engine_host;
struct self_history;

struct self_history *self_history_create(struct daemon *d, struct history *h,
                                         struct engine_host *host);
void self_history_destroy(struct self_history *s); /* takes NULL */

#endif
