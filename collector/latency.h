/* SPDX-License-Identifier: Apache-2.0 */
/* How long a probe's runs took in each minute of the last hour: what a small line on a page is drawn from. Pure. */
#ifndef HEALTHD_COLLECTOR_LATENCY_H
#define HEALTHD_COLLECTOR_LATENCY_H

#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/core/verdict.h"

#define LATENCY_MINUTES 60

struct latency_minute {
    float slowest_sec;
    enum health worst; /* of the runs themselves; UNKNOWN: no run gave an answer */
};

struct latency {
    struct latency_minute minutes[LATENCY_MINUTES];
    int64_t newest; /* minute since 1970; 0: none yet */
};

void latency_run(struct latency *l, struct wall at, enum health health, nsec duration);
/* back: 0 for the minute of now. Worst is UNKNOWN when there was no run. */
struct latency_minute latency_at(const struct latency *l, struct wall now, unsigned back);

#endif
