/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to alerts and their notices, also before a restart: /api/alerts/history, the journal of alerts.db. Changes
 * nothing, and never waits for the disk. */
#include <stdlib.h>

#include "collector/act.h"
#include "collector/api.h"
#include "lib/base/memory.h"

#define USUAL_ROWS 100

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
    if (r->exchange && text)
        exchange_reply_json(r->exchange, 200, text);
    else if (r->exchange)
        exchange_error(r->exchange, 503, "alerts.db cannot be read: %s", e->text);
    free(r);
}

/* False after answering 400. */
static bool read_number(struct exchange *x, const char *name, uint64_t usual,
                        uint64_t most, uint64_t *ret)
{
    const char *text = exchange_param(x, name);
    *ret = usual;
    if (!text || (bytes_to_u64(bytes_of(text), ret) && *ret > 0 && *ret <= most))
        return true;
    exchange_error(x, 400, "'%s' is '%.40s': a number from 1 to %llu is wanted", name,
                   text, (unsigned long long)most);
    return false;
}

static void get_history(struct exchange *x, struct daemon *d)
{
    uint64_t limit, before;
    if (!read_number(x, "limit", USUAL_ROWS, LEDGER_JOURNAL_MAX, &limit) ||
        !read_number(x, "before", INT64_MAX, INT64_MAX, &before))
        return;
    struct reading *r = memory_take(sizeof(*r));
    *r = (struct reading){x};
    exchange_suspend(x, client_left, r);
    ledger_journal(engine_ledger(act_engine(d)), before, (size_t)limit, on_read, r);
}

static const struct endpoint_param history_params[] = {
    {"limit", "At most so many rows, at most 1000; 100 is usual.", false},
    {"before", "Only rows older than the one of this `id`: the next page.", false},
    {0}};
static const struct endpoint_field history_fields[] = {
    {"id", "integer", "A number that rises.", true},
    {"at", "string", "When.", true},
    {"event", "string",
     "pending, fired, held, resolved, dropped; suppressed; delivered, merged, dead, "
     "nothing "
     "to tell.",
     true},
    {"alert", "string", "Its name.", false},
    {"key", "string", "The alert's.", false},
    {"labels", "object", "The alert's.", false},
    {"receiver", "string", "Who was told, or would have been.", false},
    {"title", "string", "The first line of a notice.", false},
    {"why", "string", "In words.", false},
    {0}};

const struct endpoint journal_endpoints[] = {
    {"GET", "/api/alerts/history", RIGHT_READ, history_params,
     "What happened to alerts and their notices, the newest first; the last 10,000 "
     "events are "
     "kept.",
     get_history, .answer = history_fields, .is_list = true, .statuses = "400 503"},
    {0}};
