/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the flows that healthd runs on a schedule; running one by hand is healthctl smoke's. */
#include "collector/api.h"
#include "collector/canary.h"
#include "collector/daemon.h"

static void get_flows(struct exchange *x, struct daemon *d)
{
    exchange_reply_value(x, 200, json_pack("{s:o}", "flows", canaries_json(d->canaries)));
}
static const struct endpoint_field list_fields[] = {
    {"flows", "array", "In order of the configuration.", true}, {0}};

const struct endpoint flows_endpoints[] = {
    {"GET", "/api/flows", RIGHT_READ, NULL,
     "Scheduled flows: the last run of each, step by step, and when the next is due.",
     get_flows, .answer = list_fields},
    {0}};
