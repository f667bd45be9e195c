/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl outbox`: notices that wait or were given up; sending one again, or giving one up. */
#include <string.h>

#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

static const struct column columns[] = {
    {.key = "id", .title = "ID", .is_right = true},
    {.key = "state", .title = "STATE"},
    {.key = "receiver", .title = "RECEIVER"},
    {.key = "kind", .title = "KIND"},
    {.key = "made", .title = "MADE", .is_right = true},
    {.key = "attempts", .title = "TRIES", .is_right = true},
    {.key = "next_at", .title = NULL},
    {.key = "title", .title = "WHAT", .is_elastic = true},
    {.key = "last_error", .title = "TROUBLE", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static enum tone state_tone(const char *state)
{
    if (!strcmp(state, "dead"))
        return TONE_BAD;
    return !strcmp(state, "done") || !strcmp(state, "merged") ? TONE_FAINT : TONE_WARN;
}

static bool is_over(const char *state)
{
    return !strcmp(state, "done") || !strcmp(state, "merged");
}

static void add_row(struct cell *c, const json_t *row)
{
    const char *state = remote_text(row, "state");
    c[0] = cell_count((int64_t)remote_number(row, "id"));
    c[1] = cell_toned(state_tone(state), state);
    c[2] = cell_text(remote_text(row, "receiver"));
    c[3] = cell_text(remote_text(row, "kind"));
    c[4] = cell_age(remote_time(row, "made"));
    c[5] = cell_count((int64_t)remote_number(row, "attempts"));
    c[6] = cell_time(remote_time(row, "next_at"));
    c[7] = cell_text(remote_text(row, "title"));
    c[8] = cell_text(remote_text(row, "last_error"));
}

static int list(struct invocation *in)
{
    json_t *all;
    const int code = client_ask_json(in, "GET", "/api/outbox", ACTING_TIMEOUT, &all);
    if (code)
        return code;
    struct cell *cells =
        arena_alloc(in->arena, (json_array_size(all) * COLUMNS + 1) * sizeof(*cells));
    size_t rows = 0, dead = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        dead += !strcmp(remote_text(row, "state"), "dead");
        if (invocation_flag(in, "all") || !is_over(remote_text(row, "state")))
            add_row(cells + rows++ * COLUMNS, row);
    }
    if (!rows)
        write_say(in->out, TONE_GOOD, "nothing waits: every notice has arrived");
    write_table(in->out, &(struct table){"notices", columns, COLUMNS, cells, rows});
    if (dead)
        write_say(
            in->out, TONE_BAD,
            "%zu could not be delivered; `healthctl outbox retry ID` sends one again, "
            "`drop ID` gives it up",
            dead);
    return dead ? CODE_FAILED : CODE_PASS;
}

static int act(struct invocation *in, const char *verb, const char *said)
{
    const char *id = in->operands[0];
    json_t *answer;
    const int code = client_send_json(
        in, "POST",
        arena_printf(in->arena, "/api/outbox/%s/%s", client_escape(in->arena, id), verb),
        NULL, ACTING_TIMEOUT, &answer);
    if (code)
        return code;
    write_json(in->out, NULL, json_incref(answer));
    write_say(in->out, TONE_GOOD, "notice %s %s", id, said);
    return CODE_PASS;
}

static int retry(struct invocation *in)
{
    return act(in, "retry", "is sent again now");
}

static int drop(struct invocation *in)
{
    return act(in, "drop", "is given up");
}

static const struct verb verbs[] = {
    {.name = "list",
     .also = "show",
     .operands = "",
     .summary = "What waits, and what could not be delivered; the usual.",
     .run = list},
    {.name = "retry",
     .operands = "ID",
     .least = 1,
     .most = 1,
     .summary = "Send one again, now.",
     .run = retry},
    {.name = "drop",
     .operands = "ID",
     .least = 1,
     .most = 1,
     .summary = "Give one up: it is never sent.",
     .run = drop},
    {0}};

static const struct flag flags[] = {
    {.name = "all", .doc = "List what has arrived lately, too."}, {0}};

const struct command command_outbox = {
    .name = "outbox",
    .group = GROUP_AT_NIGHT,
    .run = verbs_run,
    .verbs = verbs,
    .bare = "list",
    .needs_daemon = true,
    .summary = "Notices that have not arrived",
    .operands = "[list | retry ID | drop ID]",
    .most = 2,
    .flags = flags,
    .doc =
        "A notice is on disk before it is sent, and stays until its receiver has taken "
        "it. "
        "One that was refused is dead: its receiver's fallback was told.\n\nExits 1 when "
        "there are dead ones.",
    .examples = (const struct example[]){{"healthctl outbox", "What waits, and why"},
                                         {"healthctl outbox retry 812",
                                          "The receiver's key has been put right"},
                                         {0}},
};
