/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it means when a Redis server says no: a reason, and a sentence that tells what to do. Called with the answer to a
 * command without which nothing can be known. Never asks anything.
 */
#include "probes/redis.h"

#include "lib/core/conn.h"

static const struct {
    const char *start; /* of the error's text */
    enum reason reason;
    const char *advice; /* after what the server said; NULL: nothing */
} faults[] = {
    {"NOAUTH", REASON_AUTH, "give `password`, and `username` for an ACL user"},
    {"WRONGPASS", REASON_AUTH, "is `password` right, and `username` the ACL user's?"},
    {"ERR invalid password", REASON_AUTH, "is `password` right?"},
    {"ERR AUTH <password> called without any password", REASON_AUTH,
     "the server wants none: leave `password` out, or give `username` for an ACL user"},
    {"ERR Client sent AUTH, but no password is set", REASON_AUTH,
     "the server wants none: leave `password` out"},
    {"NOPERM", REASON_FORBIDDEN,
     "allow this user what examples/privileges/redis.acl lists"},
    {"DENIED", REASON_FORBIDDEN,
     "its protected mode takes local connections only: give the server a password, or "
     "`protected-mode no` behind a firewall"},
    {"LOADING", REASON_STARTING, "it reads its data from disk"},
    {"MASTERDOWN", REASON_UNHEALTHY,
     "this replica has lost its master and does not answer with old data"},
    {"MISCONF", REASON_UNHEALTHY,
     "its snapshots fail, so it takes no writes: look at its log, and at the disk"},
    {"BUSY", REASON_BUSY, "a script runs for too long: SCRIPT KILL ends it"},
    {"CLUSTERDOWN", REASON_UNHEALTHY, "some slots of the cluster are served by nobody"},
    {"ERR max number of clients", REASON_FULL,
     "`maxclients` is reached: which client opens connections without end?"},
    {"ERR DB index is out of range", REASON_DATABASE,
     "`databases` of the server is smaller than that"},
    {"ERR invalid DB index", REASON_DATABASE, NULL},
    {"ERR SELECT is not allowed in cluster mode", REASON_DATABASE,
     "a cluster has database 0 only"},
};

const char *redis_said(struct run *run, const struct resp_value *value)
{
    switch (value->kind) {
    case RESP_STATUS:
    case RESP_ERROR:
    case RESP_TEXT:
        return run_quoted(run, value->text);
    case RESP_NUMBER:
        return "a number";
    case RESP_NIL:
        return "nothing";
    case RESP_LIST:
        return "a list";
    }
    return "";
}

void redis_fault(struct run *run, const char *command, const struct resp_value *value)
{
    const char *said = redis_said(run, value);

    for (size_t i = 0; value->kind == RESP_ERROR && i < ARRAY_LEN(faults); i++) {
        if (!bytes_starts(value->text, faults[i].start))
            continue;
        run_down(run, faults[i].reason, "the server answered %s with %s%s%s", command,
                 said, faults[i].advice ? "; " : "",
                 faults[i].advice ? faults[i].advice : "");
        return;
    }
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
