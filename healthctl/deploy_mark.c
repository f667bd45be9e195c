/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two requests: begin, which gives an id, and end. Called by cmd_deploy.c. Holds nothing back itself: healthd does,
 * from then on.
 */
#include "healthctl/deploy_mark.h"

#include "healthctl/acting.h"
#include "healthctl/client.h"
#include "healthctl/remote.h"

/* A healthd that hangs must not hold a deployment up. */
#define MARK_TIMEOUT (10 * NSEC_PER_SEC)

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

int deploy_mark_begin(const struct invocation *in, const char **ret_id)
{
    json_t *answer, *body = body_of(in);
    if (!body)
        return complain(in, CODE_USAGE, "the words are not UTF-8");
    const int code =
        client_send_json(in, "POST", "/api/deploys", body, MARK_TIMEOUT, &answer);
    if (!code)
        *ret_id = remote_text(answer, "id");
    return code;
}

int deploy_mark_end(const struct invocation *in, const char *id, bool has_failed,
                    const char *why)
{
    json_t *answer, *body = json_pack("{s:b}", "failed", has_failed);
    if (*why)
        json_object_set_new(body, "why",
                            json_string(secrets_redacted(in->secrets, in->arena, why)));
    return client_send_json(
        in, "POST",
        arena_printf(in->arena, "/api/deploys/%s/end", client_escape(in->arena, id)),
        body, MARK_TIMEOUT, &answer);
}
