/* SPDX-License-Identifier: Apache-2.0 */
/* What a probe's health was: /api/probes/{probe}/history, from memory and verdicts.db. */
#include "collector/api.h"
#include "collector/api_read.h"
#include "collector/daemon.h"
#include "collector/verdict_history.h"
#include "lib/core/loop.h"

#define DAYS_MAX 90

static void get_history(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "probe");
    uint64_t days;
    if (!schedule_find(d->schedule, name)) {
        exchange_error(
            x, 404, "There is no probe '%s'; /api/probes lists those there are.", name);
        return;
    }
    if (!api_read_number(x, "days", DAYS_MAX, DAYS_MAX, &days))
        return;
    const struct wall now = loop_wall(d->frame.loop);
    const struct wall from = wall_add(now, -(nsec)days * NSEC_PER_DAY);
    verdict_history_read(d->verdict_history, name, from, now, api_read_done,
                         api_read_begin(x, "verdicts.db"));
}

static const struct endpoint_param history_params[] = {
    {"probe", "The name of a configured probe.", true},
    {"days", "How far back, at most 90, which is usual.", false},
    {0}};

const struct endpoint history_endpoints[] = {
    {"GET", "/api/probes/{probe}/history", RIGHT_READ, history_params,
     "What its health was: changes, time in each health by hour, and availability over "
     "24 h, 7 d and 30 d.",
     get_history, .statuses = "400 404 503"},
    {0}};
