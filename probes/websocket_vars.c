/* SPDX-License-Identifier: Apache-2.0 */
/* What expectations may name of a WebSocket. Called by expressions, after the dialogue. */
#include "lib/core/header_map.h"
#include "probes/websocket.h"

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct websocket_state *state = run_state(run);

    if (!state->answer.status)
        return err_set(why, "there was no answer to the upgrade");
    *ret_value = value_number(state->answer.status);
    return true;
}

static bool get_headers(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct websocket_state *state = run_state(run);

    if (!state->answer.status)
        return err_set(why, "there was no answer to the upgrade");
    *ret_value = header_map(&state->answer.headers);
    return true;
}

static bool get_subprotocol(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    const struct websocket_state *state = run_state(run);

    *ret_value = value_text(bytes_of(state->subprotocol ? state->subprotocol : ""));
    return true;
}

static const struct websocket_state *with_message(struct run *run, struct err *why)
{
    const struct websocket_state *state = run_state(run);

    if (state->message.ptr)
        return state;
    err_set(why, "no message was waited for, or none came: give `send`, `json` or "
                 "`answer`");
    return NULL;
}

static bool get_message(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct websocket_state *state = with_message(run, why);

    if (state)
        *ret_value = value_text(state->message);
    return state != NULL;
}

static bool get_json(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    struct websocket_state *state = run_state(run);

    if (!with_message(run, why))
        return false;
    if (!state->json)
        state->json = json_read(run_arena(run), state->message, WEBSOCKET_MAX_JSON, why);
    if (!state->json)
        return err_wrap(why, "the message is no JSON");
    *ret_value = value_json(state->json);
    return true;
}

static bool get_ping(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct websocket_state *state = run_state(run);

    if (!state->ping_took)
        return err_set(why, "no pong came");
    *ret_value = value_duration(state->ping_took);
    return true;
}

static bool get_close_code(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    const struct websocket_state *state = run_state(run);

    if (!state->close_code)
        return err_set(why, "the server sent no close frame");
    *ret_value = value_number(state->close_code);
    return true;
}

const struct var websocket_vars[] = {
    {"status", VALUE_NUMBER, "Status of the answer to the upgrade: 101.", get_status},
    {"headers", VALUE_MAP, "Its headers, by name in any case.", get_headers},
    {"subprotocol", VALUE_TEXT, "The subprotocol that the server chose, or \"\".",
     get_subprotocol},
    {"message", VALUE_TEXT, "The last message that was waited for.", get_message},
    {"json", VALUE_JSON, "The same as JSON, up to 256 KiB.", get_json},
    {"ping", VALUE_DURATION, "From our ping to its pong.", get_ping},
    {"close_code", VALUE_NUMBER, "The code in the server's close frame; 1005: none.",
     get_close_code},
    {0}};
