/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl silence`: nobody is told of some alerts for a while. Makes, lists and ends silences of a running healthd. */
#include <string.h>

#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

static int add(struct invocation *in)
{
    const char *duration;
    const char *target = in->operands[0], *reason = acting_words(in, 2);
    int code = acting_duration(in, in->operands[1], &duration);
    if (code)
        return code;
    json_t *answer;
    json_t *body = json_pack("{s:s, s:s, s:s}", "matchers", target, "duration", duration,
                             "comment", reason);
    if (!body)
        return complain(in, CODE_USAGE, "the words are not UTF-8");
    acting_sign(in, body, "creator");
    code = client_send_json(in, "POST", "/api/silences", body, ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    const char *id = remote_text(answer, "id");
    write_field(in->out, "id", NULL, cell_text(id));
    write_say(in->out, TONE_GOOD, "silence %s: nobody is told of %s for %s", id, target,
              duration);
    write_say(in->out, TONE_FAINT, "`healthctl silence expire %s` ends it", id);
    return CODE_PASS;
}

static const struct column columns[] = {
    {.key = "id", .title = "ID"},
    {.key = "state", .title = "STATE"},
    {.key = "matchers", .title = "OF"},
    {.key = "starts", .title = NULL},
    {.key = "ends", .title = "UNTIL"},
    {.key = "creator", .title = "BY"},
    {.key = "comment", .title = "WHY", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static enum tone state_tone(const char *state)
{
    return !strcmp(state, "active") ? TONE_WARN : *state == 'e' ? TONE_FAINT : TONE_PLAIN;
}

static int list(struct invocation *in)
{
    json_t *all;
    const int code = client_ask_json(in, "GET", "/api/silences", ACTING_TIMEOUT, &all);
    if (code)
        return code;
    struct cell *cells =
        arena_alloc(in->arena, (json_array_size(all) * COLUMNS + 1) * sizeof(*cells));
    const bool shows_ended = invocation_flag(in, "all");
    size_t rows = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *s = json_array_get(all, i);
        const char *state = remote_text(s, "state");
        if (!strcmp(state, "expired") && !shows_ended)
            continue;
        struct cell *c = cells + rows++ * COLUMNS;
        c[0] = cell_text(remote_text(s, "id"));
        c[1] = cell_toned(state_tone(state), state);
        c[2] = cell_text(remote_text(s, "matchers"));
        c[3] = cell_time(remote_time(s, "starts"));
        c[4] = cell_time(remote_time(s, "ends"));
        c[5] = cell_text(remote_text(s, "creator"));
        c[6] = cell_text(remote_text(s, "comment"));
    }
    if (!rows)
        write_say(in->out, TONE_PLAIN, "there is no silence");
    write_table(in->out, &(struct table){"silences", columns, COLUMNS, cells, rows});
    return CODE_PASS;
}

static int expire(struct invocation *in)
{
    const char *id = in->operands[0];
    json_t *answer;
    const int code = client_send_json(
        in, "DELETE",
        arena_printf(in->arena, "/api/silences/%s", client_escape(in->arena, id)), NULL,
        ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    write_field(in->out, "id", NULL, cell_text(id));
    write_say(in->out, TONE_GOOD, "silence %s has ended; what still fires is told now",
              id);
    return CODE_PASS;
}

static const struct verb verbs[] = {
    {.name = "add",
     .operands = "TARGET DURATION REASON",
     .least = 3,
     .most = 1000,
     .completes = COMPLETES_PROBES,
     .summary =
         "Tell nobody of these alerts for that long. The word `add` may be left out.",
     .run = add},
    {.name = "list",
     .also = "show",
     .operands = "",
     .summary = "Those that hold or will; the usual.",
     .run = list},
    {.name = "expire",
     .operands = "ID",
     .least = 1,
     .most = 1,
     .summary = "End one now. What still fires is told at once.",
     .run = expire},
    {0}};

static const struct flag flags[] = {
    {.name = "as",
     .operand = "NAME",
     .doc = "Who does it (default: you, by $SUDO_USER or $USER)."},
    {.name = "all", .doc = "List those that have ended lately, too."},
    {0}};

const struct command command_silence = {
    .name = "silence",
    .group = GROUP_AT_NIGHT,
    .run = verbs_run,
    .verbs = verbs,
    .bare = "list",
    .other = "add",
    .needs_daemon = true,
    .summary = "Tell nobody of some alerts for a while",
    .operands = "[TARGET DURATION REASON | list | expire ID]",
    .most = 1000,
    .completes = COMPLETES_PROBES,
    .flags = flags,
    .doc = "TARGET is a probe's name, an alert's name, or matchers as Alertmanager has "
           "them: "
           "component=shop, or '{severity=\"warning\", probe=~\"db.*\"}'. Probes keep "
           "running, and rules keep being evaluated. Who was told that something is "
           "wrong is "
           "still told when it is over. A silence outlives a restart.",
    .examples =
        (const struct example[]){
            {"healthctl silence payload 30m \"migration\"", "All alerts of one probe"},
            {"healthctl silence 'component=shop,severity=warning' 2h \"load test\"",
             "Alerts with these labels"},
            {"healthctl silence expire 4f2a91c0", "It is over"},
            {0}},
};
