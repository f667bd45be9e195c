/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server's refusal means: codes of its errors to reasons and to what people can do. Called by the dialogue and by
 * the groups. A peer's words are quoted, and cut.
 */
#include "probes/mongodb.h"

enum code { /* src/mongo/base/error_codes.yml */
            CODE_USER_NOT_FOUND = 11,
            CODE_UNAUTHORIZED = 13,
            CODE_AUTHENTICATION_FAILED = 18,
            CODE_MAX_TIME = 50,
            CODE_SHUTDOWN = 91,
            CODE_NOT_INITIALIZED = 94,
            CODE_MECHANISM = 334,
            CODE_ATLAS = 8000,
            CODE_INTERRUPTED_AT_SHUTDOWN = 11600,
            CODE_NOT_PRIMARY_OR_SECONDARY = 13436
};

bool mongodb_is_ok(const struct mongodb_doc *doc)
{
    return mongodb_truth(doc, "ok");
}

double mongodb_code(const struct mongodb_doc *doc)
{
    double code = 0;

    mongodb_number(doc, "code", &code);
    return code;
}

const char *mongodb_error(struct run *run, const struct mongodb_doc *doc)
{
    const char *name = mongodb_text(doc, "codeName", run_arena(run));
    const char *message = run_quoted(run, mongodb_bytes(doc, "errmsg"));
    const double code = mongodb_code(doc);

    if (!code)
        return message;
    return arena_printf(run_arena(run), "%.80s (%.0f) %s", name[0] ? name : "error", code,
                        message);
}

static enum reason reason_of(double code)
{
    switch ((int)code) {
    case CODE_USER_NOT_FOUND:
    case CODE_AUTHENTICATION_FAILED:
    case CODE_MECHANISM:
    case CODE_ATLAS:
        return REASON_AUTH;
    case CODE_UNAUTHORIZED:
        return REASON_FORBIDDEN;
    case CODE_SHUTDOWN:
    case CODE_INTERRUPTED_AT_SHUTDOWN:
        return REASON_UNHEALTHY;
    case CODE_NOT_INITIALIZED:
    case CODE_NOT_PRIMARY_OR_SECONDARY:
        return REASON_STARTING;
    default:
        return REASON_PROTOCOL;
    }
}

enum talk mongodb_refused(struct run *run, const char *command,
                          const struct mongodb_doc *doc)
{
    const struct mongodb_state *state = run_state(run);
    const double code = mongodb_code(doc);
    const char *said = mongodb_error(run, doc);
    const struct mongodb_target *target = state->target;
    const char *user = target->user ? target->user : "";

    if (code == CODE_MECHANISM)
        return run_down(run, REASON_AUTH,
                        "the server does not offer the mechanism to log in by: %s; set "
                        "authMechanism to one that it has",
                        said);
    if (reason_of(code) == REASON_AUTH)
        return run_down(
            run, REASON_AUTH,
            "the login of %s in database %s was refused: %s; wrong password, or "
            "another authSource?",
            run_quoted(run, bytes_of(user)), state->auth_source, said);
    return run_down(run, reason_of(code), "%s was refused: %s", command, said);
}

static const char *grant_of(enum mongodb_group group)
{
    return group == GROUP_OPLOG ? "clusterMonitor, and read on local"
                                : "clusterMonitor on admin";
}

const char *mongodb_group_fault(struct run *run, const struct mongodb_task *task,
                                const struct mongodb_doc *doc)
{
    struct arena *arena = run_arena(run);
    const double code = mongodb_code(doc);
    const char *said = mongodb_error(run, doc);

    if (code == CODE_MAX_TIME)
        return arena_printf(arena, "it takes longer than the run has time for");
    if (code == CODE_UNAUTHORIZED && task->fail)
        return arena_printf(arena, "%s; grant the user `read` on that database", said);
    if (code == CODE_UNAUTHORIZED)
        return arena_printf(arena, "%s; grant the user %s", said, grant_of(task->group));
    return said;
}
