/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl drill`: a fake outage of a probe, through rules, routes, outbox and the real receivers. */
#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

static int run(struct invocation *in)
{
    const char *probe = in->operands[0], *duration = invocation_flag(in, "for");
    int code = duration ? acting_duration(in, duration, &duration) : CODE_PASS;
    if (code)
        return code;
    json_t *answer, *body = json_pack("{s:s}", "probe", probe);
    if (!body)
        return complain(in, CODE_USAGE, "the words are not UTF-8");
    if (duration)
        json_object_set_new(body, "duration", json_string(duration));
    code = client_send_json(in, "POST", "/api/drills", body, ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    write_field(in->out, "id", NULL, cell_text(remote_text(answer, "id")));
    write_say(in->out, TONE_GOOD, "drill %s: healthd acts as if %s were down",
              remote_text(answer, "id"), probe);
    write_say(
        in->out, TONE_FAINT,
        "Receivers get it marked DRILL, and its end by itself. `healthctl alerts` and "
        "`healthctl outbox` show its way.");
    return CODE_PASS;
}

static const struct flag flags[] = {
    {.name = "for",
     .operand = "DURATION",
     .doc = "How long it lasts (default: healthd's, 2m)."},
    {0}};

const struct command command_drill = {
    .name = "drill",
    .group = GROUP_WRITING,
    .run = run,
    .needs_daemon = true,
    .summary = "A fake outage of a probe that really pages, marked DRILL",
    .operands = "PROBE",
    .least = 1,
    .most = 1,
    .completes = COMPLETES_PROBES,
    .flags = flags,
    .doc = "Rules, routes, silences, the outbox and the receivers are the real ones; "
           "only the "
           "verdicts are made up, and kept from the probe's own state and series. It "
           "ends by "
           "itself, and everybody who was told is told so.",
    .examples =
        (const struct example[]){
            {"healthctl drill payload", "Does a page arrive, and how soon?"}, {0}},
};
