/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a running healthd over its Unix socket or over HTTP. Called by the commands that need a
 * daemon, and by completion. Never decides what an answer means.
 */
#ifndef HEALTHD_HEALTHCTL_CLIENT_H
#define HEALTHD_HEALTHCTL_CLIENT_H

#include <stdbool.h>

#include "healthctl/command.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/json.h"

#define CLIENT_MAX_ANSWER (32u << 20)

struct answer { /* lives in the invocation's arena */
    int status;
    struct bytes body;
    const char *place; /* who answered: "unix:/run/healthd/healthd.sock" */
};

/* Where a healthd may be, in the order of asking: what was said with --socket, --address or
 * $HEALTHD_SOCKET alone, else the usual places. "unix:PATH" or a URL; NULL-terminated. */
const char *const *client_places(const struct invocation *in);

/* Asks the first place that answers, within timeout in all. 0; or an exit code, after err says where it was looked for, what
 * came and what to do. */
int client_ask(const struct invocation *in, const char *method, const char *path,
               nsec timeout, struct answer *ret_answer, struct err *e);

/* The same with a body (NULL: none), sent as JSON; takes the reference. */
int client_send(const struct invocation *in, const char *method, const char *path,
                json_t *body, nsec timeout, struct answer *ret_answer, struct err *e);

/* A POST of plain text. */
int client_post_text(const struct invocation *in, const char *path, struct bytes text,
                     nsec timeout, struct answer *ret_answer, struct err *e);

/* The same for a JSON answer; complains itself. 0, or the exit code. */
int client_ask_json(const struct invocation *in, const char *method, const char *path,
                    nsec timeout, json_t **ret_value);
int client_send_json(const struct invocation *in, const char *method, const char *path,
                     json_t *body, nsec timeout, json_t **ret_value);
/* Says what an answer that is no success means. Returns the exit code. */
int client_refused(const struct invocation *in, const struct answer *a);
/* text with what is special in a path segment percent-encoded. */
const char *client_escape(struct arena *arena, const char *text);

#endif
