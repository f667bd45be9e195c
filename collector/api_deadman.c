/* SPDX-License-Identifier: Apache-2.0 */
/* The dead-man ping: whether it goes out, and why not. */
#include "collector/act.h"
#include "collector/api.h"
#include "lib/core/verdict_json.h"

static void get_deadman(struct exchange *x, struct daemon *d)
{
    const struct deadman_status s = deadman_status(engine_deadman(act_engine(d)));
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:b}", "state", deadman_state_name(s.state), "why",
                  s.why ? s.why : "", "failures", (int)s.failures, "misconfigured",
                  s.is_misconfigured);
    json_object_set_new(object, "last_ping", wall_to_json(s.last_ping));
    exchange_reply_value(x, 200, object);
}
static const struct endpoint_field deadman_fields[] = {
    {"state", "string", "off, waiting, pinging, or why it is withheld.", true},
    {"why", "string", "Why it is withheld or fails, in words.", true},
    {"failures", "integer", "Pings that failed in a row.", true},
    {"misconfigured", "boolean", "It was refused: somebody must act.", true},
    {"last_ping", "time", "When it was answered last.", true},
    {0}};

const struct endpoint deadman_endpoints[] = {
    {"GET", "/api/deadman", RIGHT_READ, NULL,
     "The dead-man ping: its state (off, waiting, pinging, or why it is withheld), when "
     "it "
     "was answered last, and what is wrong with it.",
     get_deadman, .answer = deadman_fields},
    {0}};
