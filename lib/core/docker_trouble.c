/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an engine does not answer, in words that tell what to do: who may use its socket, what a proxy has to allow. Called by
 * docker.c. Asks the engine nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/docker_impl.h"

static void explain_denied(const char *engine, const char *socket, struct trouble *why)
{
    struct stat st;
    const bool is_seen = stat(socket, &st) == 0;
    why->reason = REASON_AUTH;
    why->is_unknown = true;
    if (is_seen)
        snprintf(why->detail, sizeof(why->detail),
                 "%s: permission denied: the socket is of group %u, which healthd is not "
                 "in. Give it that group (compose: group_add: [\"%u\"]; systemd: "
                 "SupplementaryGroups=%u), or let it ask a read-only proxy",
                 engine, (unsigned)st.st_gid, (unsigned)st.st_gid, (unsigned)st.st_gid);
    else
        snprintf(why->detail, sizeof(why->detail),
                 "%s: permission denied: a folder above the socket cannot be entered",
                 engine);
}

void docker_explain_socket(const char *engine, const char *socket, struct trouble *why)
{
    if (access(socket, R_OK | W_OK) == 0)
        return;
    if (errno == EACCES || errno == EPERM)
        explain_denied(engine, socket, why);
    else if (errno == ENOENT)
        snprintf(why->detail, sizeof(why->detail),
                 "there is no %s: is %s, and is its socket mounted into healthd's "
                 "container?",
                 engine,
                 strstr(engine, "podman") ? "podman.socket started (systemctl enable "
                                            "--now podman.socket; --user for rootless)"
                                          : "the Docker Engine running");
}

static const char *message_of(struct arena *arena, struct bytes body)
{
    struct err ignored;
    const json_t *root = json_read(arena, body, DOCKER_MAX_COMPLAINT, &ignored);
    const char *message = docker_text(root, "message");
    if (!message[0])
        message = docker_text(root, "cause");
    return message[0] ? message : NULL;
}

static const char *needed_paths(const char *asked)
{
    return strstr(asked, "/logs?") ? "/_ping and, for what containers print, "
                                     "/containers/<name>/logs"
                                   : "/_ping, /containers/json and /events";
}

void docker_explain_status(const struct docker_refusal *r, struct arena *arena,
                           struct trouble *why)
{
    const char *message = message_of(arena, r->body);
    const bool is_refusal =
        r->status == 403 || r->status == 401 || (r->status == 405 && !message);
    const bool is_missing =
        r->status == 404 && bytes_starts(bytes_of(r->path), "/containers/");
    why->reason = is_refusal ? REASON_AUTH : is_missing ? REASON_MISSING : REASON_STATUS;
    why->is_unknown = is_refusal;
    if (is_refusal)
        snprintf(why->detail, sizeof(why->detail),
                 "%s does not let healthd ask GET %s (status %d%s%.120s): a proxy has to "
                 "allow %s",
                 r->engine, r->path, r->status, message ? ": " : "",
                 message ? message : "", needed_paths(r->path));
    else
        snprintf(why->detail, sizeof(why->detail),
                 "%s answered GET %.120s with status %d%s%.250s", r->engine, r->path,
                 r->status, message ? ": " : "", message ? message : "");
}
