/* SPDX-License-Identifier: Apache-2.0 */
/* What expectations may name of a health answer over gRPC. Called by expressions, after the answer is there. */
#include "lib/core/header_map.h"
#include "probes/grpc.h"

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct grpc_state *state = run_state(run);

    if (state->finding.serving < 0)
        return err_set(why, "the server did not say how the service is");
    *ret_value = value_text(bytes_of(grpc_serving_name(state->finding.serving)));
    return true;
}

static const struct reply *answer_of(struct run *run, struct err *why)
{
    const struct grpc_state *state = run_state(run);

    if (state->reply && state->reply->status)
        return state->reply;
    err_set(why, "there was no answer");
    return NULL;
}

static bool get_code(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct grpc_state *state = run_state(run);

    if (!answer_of(run, why))
        return false;
    *ret_value = value_text(bytes_of(grpc_code_name(state->finding.code)));
    return true;
}

static bool get_message(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct reply *reply = answer_of(run, why);

    if (!reply)
        return false;
    const char *text = reply_header(reply, "grpc-message");
    *ret_value = value_text(bytes_of(text ? grpc_message_decode(arena, text) : ""));
    return true;
}

static bool get_metadata(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    const struct reply *reply = answer_of(run, why);

    if (reply)
        *ret_value = header_map(&reply->headers);
    return reply != NULL;
}

const struct var grpc_vars[] = {
    {"status", VALUE_TEXT, "What the server says: SERVING.", get_status},
    {"code", VALUE_TEXT, "The call's gRPC status: OK, NOT_FOUND, UNIMPLEMENTED.",
     get_code},
    {"message", VALUE_TEXT, "The text beside that status; mostly empty.", get_message},
    {"metadata", VALUE_MAP, "Metadata of the answer, its headers and trailers, by name.",
     get_metadata},
    {0}};
