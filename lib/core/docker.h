/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Docker Engine API as a probe reads it, over a Unix socket or the http(s) URL of a read-only proxy: which
 * containers there are, what happens to them, what they print. Podman's compatible API too. Asks by fetch.h; never
 * acts, and never inspects, because that shows a container's environment. Loop thread only.
 */
#ifndef HEALTHD_CORE_DOCKER_H
#define HEALTHD_CORE_DOCKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/labels.h"
#include "lib/core/opt.h"
#include "lib/core/tls.h"

#define DOCKER_SOCKET "/var/run/docker.sock"
#define DOCKER_API_NEWEST 52 /* of 1.52: the newest that this knows */

/* ---- the client: docker.c ---- */

/* One engine. */
struct docker;

/* address: "unix:///var/run/docker.sock", a path, "http://proxy:2375", "https://…", "tcp://…". Pure: for validate. */
bool docker_address_check(struct arena *arena, const char *address, struct err *e);
/* address and tls are copied; tls NULL: its defaults. NULL and e when the address is none. */
struct docker *docker_create(struct frame *frame, const char *address,
                             const struct tls_conf *tls, struct err *e);
/* Calls and streams of it are ended before. Takes NULL. */
void docker_destroy(struct docker *d);
const char *docker_name(const struct docker *d); /* its address, for people */
/* Known once it answered: "1.41"; "" before. */
const char *docker_version(const struct docker *d);
bool docker_is_podman(const struct docker *d);

/* Something asked, under way. */
struct docker_call;
/* done is not called; takes NULL. Not from done. */
void docker_cancel(struct docker_call *c);

/* ---- which containers there are: docker_list.c ---- */

enum docker_state {
    DOCKER_CREATED,
    DOCKER_RUNNING,
    DOCKER_PAUSED,
    DOCKER_RESTARTING,
    DOCKER_REMOVING,
    DOCKER_EXITED,
    DOCKER_DEAD,
    DOCKER_STATE_UNKNOWN /* a word of a newer engine */
};
const char *docker_state_name(enum docker_state state); /* "running", … */

enum docker_health {
    DOCKER_HEALTH_NONE, /* it has no health check */
    DOCKER_STARTING,
    DOCKER_HEALTHY,
    DOCKER_UNHEALTHY
};
const char *docker_health_name(enum docker_health health); /* "none", … */

struct docker_container {
    const char *id;       /* 64 hex digits */
    const char *name;     /* without the slash; the short id when it has none */
    const char *image;    /* as it was asked for: "redis:7" */
    const char *image_id; /* "sha256:…" */
    struct pairs labels;
    enum docker_state state;
    enum docker_health health;
    bool has_exit_code;
    int exit_code;       /* of the last end, as long as it is not running */
    struct wall created; /* to a second */
    /* about when it started or ended, as told in words; 0: not told */
    struct wall changed;
    const char *status;  /* in the engine's words: "Up 3 minutes (healthy)" */
    const char *network; /* "bridge", "host", "container:<id>" … */
    bool hides_health;   /* Podman says nothing of it in Docker's words */
    bool is_kept; /* known to stay when it has ended: it was not started with --rm */
};

#define DOCKER_MAX_CONTAINERS 2000
#define DOCKER_MAX_LIST ((size_t)16 << 20) /* bytes of the answer */
#define DOCKER_MAX_LABELS 200              /* of one container */

struct docker_list {
    struct arena *arena; /* it and all it names */
    const struct docker_container *items;
    size_t count;
    size_t left_out; /* above DOCKER_MAX_CONTAINERS, or unreadable */
};
void docker_list_destroy(struct docker_list *list); /* takes NULL */

/* All of them, stopped ones too. done gets a list that is the caller's to destroy, or NULL and why. Never called before
 * this returns. */
struct docker_call *docker_list(struct docker *d, nsec timeout,
                                void (*done)(void *ctx, struct docker_list *list,
                                             const struct trouble *why),
                                void *ctx);
/* The answer's text; also for tests and the fuzzer. NULL and e when it is none. */
struct docker_list *docker_list_parse(struct bytes json, struct wall now, struct err *e);

/* ---- what happens: docker_events.c ---- */

enum docker_action {
    DOCKER_CREATE,
    DOCKER_START,
    DOCKER_DIE,
    DOCKER_KILL,    /* a signal was sent: by stop, too */
    DOCKER_STOP,    /* somebody stopped it, and it has ended */
    DOCKER_RESTART, /* Docker's: it has started again; Podman's: it is about to */
    DOCKER_PAUSE,
    DOCKER_UNPAUSE,
    DOCKER_DESTROY,
    DOCKER_OOM,
    DOCKER_RENAME,
    DOCKER_UPDATE,
    DOCKER_HEALTH_STATUS, /* Podman's: at each check, and 4.3's of before that check */
    DOCKER_CLEANUP, /* Podman's: by who saw the end, and by who stopped it once more */
    DOCKER_ACTION_OTHER
};

struct docker_event { /* valid during the call */
    enum docker_action action;
    struct wall at;
    const char *id, *name, *image;
    struct pairs attributes;   /* labels, and "exitCode", "signal", "oldName" … */
    enum docker_health health; /* of DOCKER_HEALTH_STATUS */
    bool is_podmans;           /* and not Docker's: its order and meaning differ */
};
/* NULL: absent. */
const char *docker_attribute(const struct docker_event *ev, const char *name);

struct docker_events_hooks {
    void (*event)(void *ctx, const struct docker_event *ev);
    /* The stream began (why NULL), or broke: it is tried again, and asks for what was missed. Told when that changes. */
    void (*changed)(void *ctx, const struct trouble *why);
};
struct docker_events;
/* Follows the events of containers until closed. */
struct docker_events *docker_events_open(struct docker *d,
                                         struct docker_events_hooks hooks, void *ctx);
void docker_events_close(struct docker_events *s); /* takes NULL; not from a hook */
/* One line of the stream; arena owns what ret_event names. False: it is about no container, or unreadable. */
bool docker_event_parse(struct arena *arena, struct bytes json,
                        struct docker_event *ret_event);

/* ---- what a container prints: docker_logs.c ---- */

enum docker_stream { DOCKER_STDOUT, DOCKER_STDERR };

struct docker_line { /* valid during the call */
    enum docker_stream stream;
    struct wall at;    /* when the engine got it; 0: not told */
    struct bytes text; /* without its end */
    bool is_cut;       /* longer than max_line: this is its beginning */
};

struct docker_logs {
    const char *container; /* id or name */
    struct wall since;     /* later than this; 0: from the first */
    int tail;              /* only so many of the last lines; -1: all */
    bool follow;           /* wait for more, until cancelled or the container ends */
    size_t max_line;       /* bytes kept of one: 64 KiB at most */
    nsec timeout;          /* of all; with follow, until the answer begins */
};

/* line for each, then done once: why NULL when all there is has come, or all that was wanted: line returns false for no
 * more. Reason MISSING: there is no such container. Neither before this returns. q is copied. */
struct docker_call *docker_logs(struct docker *d, const struct docker_logs *q,
                                bool (*line)(void *ctx, const struct docker_line *line),
                                void (*done)(void *ctx, const struct trouble *why),
                                void *ctx);

/* Takes a log stream apart: frames of either stream (an 8-byte header each), or, of a container with a terminal, plain
 * text. Pure; for tests and the fuzzer, too. */
struct docker_demux;
struct docker_demux *
docker_demux_create(size_t max_line,
                    void (*line)(void *ctx, const struct docker_line *line), void *ctx);
void docker_demux_destroy(struct docker_demux *x); /* takes NULL */
void docker_demux_feed(struct docker_demux *x, struct bytes piece);
void docker_demux_end(struct docker_demux *x); /* what is left is a line */

#endif
