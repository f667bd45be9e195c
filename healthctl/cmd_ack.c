/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl ack`: somebody takes an alert, so that nobody is reminded of it and it does not escalate. */
#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

static void write_keys(struct invocation *in, const json_t *answer, const char *key)
{
    json_t *keys = json_object_get(answer, key);
    write_json(in->out, key, json_incref(keys));
}

static int clear(struct invocation *in, const char *alert)
{
    json_t *answer;
    const int code = client_send_json(
        in, "DELETE",
        arena_printf(in->arena, "/api/acks/%s", client_escape(in->arena, alert)), NULL,
        ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    write_keys(in, answer, "cleared");
    write_say(in->out, TONE_GOOD, "%s is nobody's again: reminders go on", alert);
    return CODE_PASS;
}

static int run(struct invocation *in)
{
    const char *alert = in->operands[0], *duration = invocation_flag(in, "for");
    if (invocation_flag(in, "clear"))
        return clear(in, alert);
    int code = duration ? acting_duration(in, duration, &duration) : CODE_PASS;
    if (code)
        return code;
    json_t *body =
        json_pack("{s:s, s:s}", "alert", alert, "comment", acting_words(in, 1));
    if (!body)
        return complain(in, CODE_USAGE, "the words are not UTF-8");
    if (duration)
        json_object_set_new(body, "duration", json_string(duration));
    acting_sign(in, body, "who");
    json_t *answer;
    code = client_send_json(in, "POST", "/api/acks", body, ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    const size_t count = json_array_size(json_object_get(answer, "acknowledged"));
    write_keys(in, answer, "acknowledged");
    write_field(in->out, "until", NULL, cell_time(remote_time(answer, "until")));
    write_say(
        in->out, TONE_GOOD,
        "%s is yours (%zu alert%s): nobody is reminded until it is over, gets worse, "
        "or %s has passed",
        alert, count, count == 1 ? "" : "s", duration ? duration : "4h");
    return CODE_PASS;
}

static const struct flag flags[] = {
    {.name = "for",
     .operand = "DURATION",
     .doc = "How long it stays yours (default: 4h)."},
    {.name = "as",
     .operand = "NAME",
     .doc = "Who takes it (default: you, by $SUDO_USER or $USER)."},
    {.name = "clear", .doc = "Give it back: reminders go on."},
    {0}};

const struct command command_ack = {
    .name = "ack",
    .group = GROUP_AT_NIGHT,
    .run = run,
    .needs_daemon = true,
    .summary = "Take an alert: nobody is reminded of it, and it does not escalate",
    .operands = "ALERT [REASON]",
    .least = 1,
    .most = 1000,
    .completes = COMPLETES_PROBES,
    .flags = flags,
    .doc =
        "ALERT is its name, its probe, or its fingerprint, as `healthctl alerts` shows "
        "them; all that fire and are called so are taken. It ends when the alert does, "
        "when the alert gets worse, or after --for. Other alerts page as ever.",
    .examples =
        (const struct example[]){
            {"healthctl ack orders-db \"failing over\"", "I am on it"},
            {"healthctl ack ProbeDown --for 8h", "Known, until the morning"},
            {0}},
};
