/* SPDX-License-Identifier: Apache-2.0 */
/* `healthctl receiver`: how those who are told are doing, and one real notice to one of them. */
#include <string.h>

#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

#define TEST_TIMEOUT (60 * NSEC_PER_SEC)

static const struct column columns[] = {
    {.key = "name", .title = "RECEIVER"},
    {.key = "type", .title = "TYPE"},
    {.key = "pending", .title = "WAITING", .is_right = true},
    {.key = "dead", .title = "DEAD", .is_right = true},
    {.key = "delivered", .title = "DELIVERED", .is_right = true},
    {.key = "last_success", .title = "LAST", .is_right = true},
    {.key = "last_error", .title = "TROUBLE", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static struct cell count_cell(const json_t *receiver, const char *key, enum tone bad)
{
    struct cell c = cell_count((int64_t)remote_number(receiver, key));
    c.tone = c.number > 0 ? bad : TONE_PLAIN;
    return c;
}

static bool is_in_trouble(const json_t *receiver)
{
    return remote_number(receiver, "failures") > 0 || remote_number(receiver, "dead") > 0;
}

static int list(struct invocation *in)
{
    json_t *all;
    const int code = client_ask_json(in, "GET", "/api/receivers", ACTING_TIMEOUT, &all);
    if (code)
        return code;
    const size_t count = json_array_size(all);
    bool has_trouble = false;
    struct cell *cells = arena_alloc(in->arena, (count * COLUMNS + 1) * sizeof(*cells));
    for (size_t i = 0; i < count; i++) {
        const json_t *r = json_array_get(all, i);
        struct cell *c = cells + i * COLUMNS;
        c[0] = cell_text(remote_text(r, "name"));
        c[1] = cell_text(remote_text(r, "type"));
        c[2] = count_cell(r, "pending", TONE_WARN);
        c[3] = count_cell(r, "dead", TONE_BAD);
        c[4] = count_cell(r, "delivered", TONE_PLAIN);
        c[5] = cell_age(remote_time(r, "last_success"));
        c[6] = cell_toned(TONE_BAD, is_in_trouble(r) ? remote_text(r, "last_error") : "");
        has_trouble |= is_in_trouble(r);
    }
    if (!count)
        write_say(in->out, TONE_WARN, "there is no receiver: nobody is told of anything");
    write_table(in->out, &(struct table){"receivers", columns, COLUMNS, cells, count});
    return has_trouble ? CODE_FAILED : CODE_PASS;
}

static int test(struct invocation *in)
{
    const char *name = in->operands[0];
    json_t *answer;
    const int code = client_send_json(
        in, "POST",
        arena_printf(in->arena, "/api/receivers/%s/test", client_escape(in->arena, name)),
        NULL, TEST_TIMEOUT, &answer);
    if (code)
        return code;
    const char *outcome = remote_text(answer, "outcome");
    const char *why = remote_text(answer, "why"),
               *warning = remote_text(answer, "warning");
    write_json(in->out, NULL, json_incref(answer));
    if (strcmp(outcome, "ok") != 0) {
        write_say(in->out, TONE_BAD, "%s did not take it (%s): %s", name, outcome, why);
        return CODE_FAILED;
    }
    write_say(in->out, TONE_GOOD, "%s has taken a test notice", name);
    if (*warning)
        write_say(in->out, TONE_WARN, "but: %s", warning);
    write_say(in->out, TONE_PLAIN,
              "Taken is not read: ask somebody there whether it has arrived.");
    return CODE_PASS;
}

static const struct verb verbs[] = {
    {.name = "list",
     .also = "show",
     .operands = "",
     .summary = "Each one, what waits for it and what is wrong with it; the usual.",
     .run = list},
    {.name = "test",
     .operands = "NAME",
     .least = 1,
     .most = 1,
     .summary = "Send it one notice that says it is a test, and judge the answer.",
     .run = test},
    {0}};

const struct command command_receiver = {
    .name = "receiver",
    .group = GROUP_WRITING,
    .run = verbs_run,
    .verbs = verbs,
    .bare = "list",
    .needs_daemon = true,
    .summary = "Who is told: how they are doing, and a test notice to one",
    .operands = "[list | test NAME]",
    .most = 2,
    .doc = "Exits 1 when a receiver is in trouble, or did not take the test.",
    .examples =
        (const struct example[]){
            {"healthctl receiver test oncall", "Are key, URL and network right?"}, {0}},
};
