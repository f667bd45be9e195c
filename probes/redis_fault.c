/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it means when a Redis server says no: a reason, and a sentence that tells what to do. Called with the answer to a
 * command without which nothing can be known. Never asks anything.
 */
#include "probes/redis.h"

#include "lib/core/conn.h"

void redis_fault(struct run *run, const char *command, const struct resp_value *value)
{
    const char *said = resp_said(run, value);
    const struct resp_fault *fault =
        value->kind == RESP_ERROR ? resp_fault_find(value->text) : NULL;

    if (fault)
        run_down(run, fault->reason, "the server answered %s with %s%s%s", command, said,
                 fault->advice ? "; " : "", fault->advice ? fault->advice : "");
    else
        run_down(run, value->kind == RESP_ERROR ? REASON_UNHEALTHY : REASON_PROTOCOL,
                 "the server answered %s with %s", command, said);
}

/* The alert of a TLS server that was spoken to in plain text (RFC 8446 §5.1). */
static bool is_tls_alert(struct bytes head)
{
    return head.len >= 2 && head.ptr[0] == 0x15 && head.ptr[1] == 0x03;
}

void redis_fault_protocol(struct run *run, enum resp_next next)
{
    const struct redis_state *state = run_state(run);
    const struct bytes head = resp_head(state->reader);

    if (next == RESP_TOO_LARGE)
        run_down(run, REASON_TOO_LARGE, "the server sent %s", resp_why(state->reader));
    else if (is_tls_alert(head))
        run_down(run, REASON_IS_TLS,
                 "the server speaks TLS: write rediss://, or `tls: true`");
    else
        run_down(run, REASON_PROTOCOL,
                 "this is no Redis server: expected an answer in RESP, got %s",
                 run_quoted(run, head));
}
