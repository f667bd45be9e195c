/* SPDX-License-Identifier: Apache-2.0 */
/* What a probe's health was: /api/probes/{probe}/history, from memory and verdicts.db. */
#include <stdlib.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/verdict_history.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define DAYS_MAX 90

struct reading {               /* a client that waits for the disk */
    struct exchange *exchange; /* NULL: it has left */
};

static void client_left(void *ctx)
{
    struct reading *r = ctx;
    r->exchange = NULL;
}

static void on_read(void *ctx, struct buf *text, const struct err *e)
{
    struct reading *r = ctx;
    if (r->exchange && text && !text->overflow)
        exchange_reply_json(r->exchange, 200, text);
    else if (r->exchange)
        exchange_error(r->exchange, 503, "verdicts.db cannot be read: %s",
                       e ? e->text
                         : "it has too much for one answer; ask for fewer days");
    free(r);
}

static bool read_days(struct exchange *x, uint64_t *ret_days)
{
    const char *text = exchange_param(x, "days");
    *ret_days = DAYS_MAX;
    if (!text || (bytes_to_u64(bytes_of(text), ret_days) && *ret_days > 0 &&
                  *ret_days <= DAYS_MAX))
        return true;
    exchange_error(x, 400, "'days' is '%.40s': a number from 1 to %d is wanted", text,
                   DAYS_MAX);
    return false;
}

static void get_history(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "probe");
    uint64_t days;
    if (!schedule_find(d->schedule, name)) {
        exchange_error(
            x, 404, "There is no probe '%s'; /api/probes lists those there are.", name);
        return;
    }
    if (!read_days(x, &days))
        return;
    struct reading *r = memory_take(sizeof(*r));
    *r = (struct reading){x};
    const struct wall now = loop_wall(d->frame.loop);
    exchange_suspend(x, client_left, r);
    verdict_history_read(d->verdict_history, name,
                         wall_add(now, -(nsec)days * NSEC_PER_DAY), now, on_read, r);
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
