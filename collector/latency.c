/* SPDX-License-Identifier: Apache-2.0 */
/* See latency.h. A ring of minutes. */
#include "collector/latency.h"

static int64_t minute_of(struct wall at)
{
    return at.ns / NSEC_PER_MINUTE;
}

static void advance_to(struct latency *l, int64_t minute)
{
    const int64_t kept = minute - LATENCY_MINUTES;
    for (int64_t n = l->newest > kept ? l->newest + 1 : kept + 1; n <= minute; n++)
        l->minutes[n % LATENCY_MINUTES] = (struct latency_minute){0};
    l->newest = minute;
}

void latency_run(struct latency *l, struct wall at, enum health health, nsec duration)
{
    const int64_t minute = minute_of(at);
    if (minute <= 0 || minute <= l->newest - LATENCY_MINUTES)
        return;
    if (minute > l->newest)
        advance_to(l, minute);
    struct latency_minute *m = &l->minutes[minute % LATENCY_MINUTES];
    const float took = (float)nsec_to_sec(duration);
    if (took > m->slowest_sec)
        m->slowest_sec = took;
    if (health > m->worst)
        m->worst = health;
}

struct latency_minute latency_at(const struct latency *l, struct wall now, unsigned back)
{
    const int64_t minute = minute_of(now) - back;
    if (minute <= 0 || minute > l->newest || minute <= l->newest - LATENCY_MINUTES)
        return (struct latency_minute){0};
    return l->minutes[minute % LATENCY_MINUTES];
}
