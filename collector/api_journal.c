/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to alerts and their notices, also before a restart: /api/alerts/history, the journal of alerts.db. Changes
 * nothing, and never waits for the disk. */
#include "collector/act.h"
#include "collector/api.h"
#include "collector/api_read.h"

#define USUAL_ROWS 100

static void get_history(struct exchange *x, struct daemon *d)
{
    uint64_t limit, before;
    if (!api_read_number(x, "limit", USUAL_ROWS, LEDGER_JOURNAL_MAX, &limit) ||
        !api_read_number(x, "before", INT64_MAX, INT64_MAX, &before))
        return;
    ledger_journal(engine_ledger(act_engine(d)), before, (size_t)limit, api_read_done,
                   api_read_begin(x, "alerts.db"));
}

static const struct endpoint_param history_params[] = {
    {"limit", "At most so many rows, at most 1000; 100 is usual.", false},
    {"before", "Only rows older than the one of this `id`: the next page.", false},
    {0}};
static const struct endpoint_field history_fields[] = {
    {"id", "integer", "The row's number; later rows have higher ones.", true},
    {"at", "string", "When it happened.", true},
    {"event", "string",
     "pending, fired, held, resolved, dropped; suppressed; delivered, merged, dead, "
     "nothing "
     "to tell.",
     true},
    {"alert", "string", "The alert's name.", false},
    {"key", "string", "The alert's key.", false},
    {"labels", "object", "The alert's labels.", false},
    {"receiver", "string", "Who was told, or would have been.", false},
    {"title", "string", "The first line of a notice.", false},
    {"why", "string", "Why, in words.", false},
    {0}};

const struct endpoint journal_endpoints[] = {
    {"GET", "/api/alerts/history", RIGHT_READ, history_params,
     "What happened to alerts and their notices, the newest first; the last 10,000 "
     "events are "
     "kept.",
     get_history, .answer = history_fields, .is_list = true, .statuses = "400 503"},
    {0}};
