/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of docker.h share: one GET. Nobody else includes it. */
#ifndef HEALTHD_CORE_DOCKER_IMPL_H
#define HEALTHD_CORE_DOCKER_IMPL_H

#include "lib/base/map.h"
#include "lib/core/docker.h"
#include "lib/core/fetch.h"
#include "lib/core/json.h"

#define DOCKER_MAX_COMPLAINT 4096 /* bytes kept of an answer that is an error */

struct docker_ask {
    const char *path; /* "/containers/json?all=1", without the version; copied */
    /* What Podman is asked of its own API instead, where it can be; a constant. NULL: path. */
    const char *podmans;
    nsec timeout;
    size_t max_body;
    /* A stream: as request.take, of a 200 alone. */
    bool (*take)(void *ctx, struct bytes piece);
    bool is_endless; /* timeout bounds what comes before the body */
    /* No stream: makes something of the body, on a pool thread when that is long. NULL and e when it cannot. */
    void *(*read)(struct bytes body, struct wall now, struct err *e);
    void (*dispose)(void *result); /* of what nobody waits for any more */
    /* Once. why NULL: it went well. */
    void (*done)(void *ctx, void *result, const struct trouble *why);
    void *ctx;
    void (*release)(void *ctx); /* with the call, however it ends; may be NULL */
    size_t ctx_size; /* above 0: ctx is copied, and the copy lives as long as the call */
};
struct docker_call *docker_ask(struct docker *d, const struct docker_ask *ask);
struct frame *docker_frame(const struct docker *d);

/* docker_trouble.c. engine: its name, for sentences. */
/* A socket that cannot be connected to: keeps what fetch said of it, unless more is known. */
void docker_explain_socket(const char *engine, const char *socket, struct trouble *why);
struct docker_refusal { /* an answer that is none */
    const char *engine, *path;
    int status;
    struct bytes body;
};
void docker_explain_status(const struct docker_refusal *r, struct arena *arena,
                           struct trouble *why);

/* docker_json.c: a member of an object, or what stands for its absence. */
const char *docker_text(const json_t *object, const char *name); /* "" */
int64_t docker_number(const json_t *object, const char *name);   /* 0 */
/* A member that is an object of texts, at most DOCKER_MAX_LABELS; copied. */
struct pairs docker_pairs(struct arena *arena, const json_t *object, const char *name);
/* "Exited (137) 3 minutes ago", "Up 2 hours (healthy)": what of it is not in members of their own. */
void docker_status_parse(const char *status, struct wall now,
                         struct docker_container *ret);
bool docker_id_is_valid(const char *id);

/* docker_podman.c: what Podman's own list says otherwise. */
bool podman_made(const json_t *item);
bool podman_translated(const json_t *item); /* into the words of Docker's list */
/* Which infra container each pod has: pod → its id. Texts are those of list. */
struct map *podman_infras(const json_t *list);
void podman_container_read(struct arena *arena, const json_t *item,
                           const struct map *infras, struct docker_container *ret);

/* docker_events.c: which events were told, so that what an engine repeats for a stream that is opened again is not told
 * twice. As many as dockerd itself keeps. Zeroed at first. */
#define DOCKER_SEEN_MAX 256
struct docker_seen {
    struct docker_sighting {
        int64_t at_ns;
        uint64_t id; /* a hash */
        enum docker_action action;
    } events[DOCKER_SEEN_MAX]; /* a ring */
    size_t count;              /* ever */
    size_t before;             /* of them: by earlier streams */
};
void docker_seen_reopen(struct docker_seen *seen); /* another stream begins */
/* False for what an earlier stream told. Whatever the engine's clock does: it may step back. */
bool docker_seen_is_new(struct docker_seen *seen, const struct docker_event *ev);

#endif
