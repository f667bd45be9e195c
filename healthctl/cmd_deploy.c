/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl deploy -- CMD`: healthd hears that a deployment begins, the command runs, healthd hears how it ended. A
 * healthd that does not answer never stops a deployment.
 */
#include <stdio.h>
#include <string.h>

#include "healthctl/acting.h"
#include "healthctl/child.h"
#include "healthctl/client.h"
#include "healthctl/command.h"
#include "healthctl/remote.h"
#include "healthctl/writer.h"

enum { NOT_STARTED = 127 }; /* as shells have it */

static json_t *body_of(const struct invocation *in)
{
    const char *what = invocation_flag(in, "what");
    const char *release = invocation_flag(in, "release");
    const char *matchers = invocation_flag(in, "matchers");
    json_t *body = json_pack("{s:s, s:s}", "what", what ? what : "", "release",
                             release ? release : "");
    if (body && matchers)
        json_object_set_new(body, "matchers", json_string(matchers));
    if (body)
        acting_sign(in, body, "who");
    return body;
}

static int begin(const struct invocation *in, const char **ret_id)
{
    json_t *answer, *body = body_of(in);
    if (!body)
        return complain(in, CODE_USAGE, "the words are not UTF-8");
    const int code =
        client_send_json(in, "POST", "/api/deploys", body, ACTING_TIMEOUT, &answer);
    if (!code)
        *ret_id = remote_text(answer, "id");
    return code;
}

static int end(const struct invocation *in, const char *id, bool has_failed)
{
    json_t *answer;
    return client_send_json(
        in, "POST",
        arena_printf(in->arena, "/api/deploys/%s/end", client_escape(in->arena, id)),
        json_pack("{s:b}", "failed", has_failed), ACTING_TIMEOUT, &answer);
}

static int mark(struct invocation *in)
{
    const char *id = NULL;
    int code = begin(in, &id);
    if (!code)
        code = end(in, id, false);
    if (code)
        return code;
    write_field(in->out, "id", NULL, cell_text(id));
    write_say(in->out, TONE_GOOD, "deploy %s is marked", id);
    return CODE_PASS;
}

static int run(struct invocation *in)
{
    const char *id = NULL;
    struct err e = {0};
    int status = NOT_STARTED;
    if (in->operand_count == 1 && !strcmp(in->operands[0], "mark"))
        return mark(in);
    const int code = begin(in, &id);
    if (code == CODE_USAGE)
        return code;
    if (code)
        complain(in, code,
                 "healthd does not know of this deployment; what it stops is "
                 "told as it happens");
    if (!child_run(in->operands, NULL, &status, &e))
        complain(in, NOT_STARTED, "%s", e.text);
    if (id)
        end(in, id, status != 0);
    return status;
}

static const struct flag flags[] = {
    {.name = "what",
     .operand = "NAME",
     .completes = COMPLETES_PROBES,
     .doc =
         "What is deployed: the value of a probe, component, container, name, service or "
         "workflow_id label (default: everything)."},
    {.name = "release",
     .operand = "TEXT",
     .doc = "What it becomes: a version or commit. Notices name it."},
    {.name = "matchers",
     .operand = "MATCHERS",
     .doc = "Hold the alerts that match instead, as 'component=shop,node_id=web1'."},
    {.name = "as",
     .operand = "NAME",
     .doc = "Who deploys (default: you, by $SUDO_USER or $USER)."},
    {0}};

const struct command command_deploy = {
    .name = "deploy",
    .group = GROUP_DEPLOYING,
    .run = run,
    .needs_daemon = true,
    .summary = "Run a deployment, so that its planned stops page nobody",
    .operands = "[mark] [--] CMD...",
    .least = 1,
    .most = 10000,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc =
        "While CMD runs, and for as long as a start takes after it, alerts of what it "
        "stops "
        "are held, for at most 5 min each. What is not back by then is told, with the "
        "words "
        "that it stopped in this deployment. A CMD that fails lets go at once. A healthd "
        "that does not answer does not stop the deployment.\n\n"
        "Exits with the status of CMD, 127 when it cannot be started. `deploy mark` runs "
        "nothing: it says that a deployment has just happened.",
    .examples =
        (const struct example[]){
            {"healthctl deploy --what shop --release a1b2c3 -- docker compose up -d shop",
             "One component"},
            {"healthctl deploy -- ansible-playbook site.yml", "Everything"},
            {"healthctl deploy mark --release a1b2c3", "From a pipeline's last step"},
            {0}},
};
