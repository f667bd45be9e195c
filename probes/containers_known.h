/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One container as it is known: what lists, events and its cgroup told of it, over restarts and recreations. On the loop
 * only; pure but for its memory. Part of the containers probe; the book (containers_book.h) owns them all.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_KNOWN_H
#define HEALTHD_PROBES_CONTAINERS_KNOWN_H

#include "probes/containers.h"

enum ending { /* of a container that does not run */
              ENDING_NONE,
              ENDING_ITSELF,
              ENDING_OPEN,    /* Podman's: by whom shows in a moment */
              ENDING_BY_HAND, /* somebody sent it a signal, or stopped it */
              ENDING_NOT_SEEN /* it had ended when it was seen first, or nobody told how */
};

struct last_log {        /* what a container printed before it failed */
    struct wall of;      /* the `failed` that it was asked for; 0: none yet */
    struct wall asked;   /* when */
    struct arena *arena; /* of text; NULL: none yet */
    const char *text;    /* redacted; "" when there is none */
    bool has_said_why;   /* that it cannot be read: once */
};

struct known {
    const char *name, *image, *image_id, *project, *service; /* "" for none */
    char id[CONTAINERS_ID_LEN + 1];
    struct pairs labels; /* of the newest list; empty when it is gone */
    bool has_own_network;
    enum docker_state state;
    enum docker_health health;
    bool has_exit_code;
    int exit_code;
    struct wall created, started, ended, gone; /* 0: not known; gone 0: it is there */
    enum ending ending;
    bool has_exact_start;        /* started is an event's, or the first process' */
    bool is_oom;                 /* it ended for want of memory */
    bool has_run;                /* since it was seen first, or before healthd started */
    bool is_left_alone;          /* see the row `old` */
    bool is_listed;              /* by the newest list */
    bool is_kept;                /* see docker_container */
    bool awaits_start;           /* it ended by itself: its next start is a restart */
    bool has_newer;              /* an event since that list was asked for */
    struct wall stopped;         /* by hand, whatever came after; 0: never */
    struct wall killed, starved; /* newest kill and oom event; 0: none */
    unsigned cleanups;           /* Podman's, since it ended */
    struct wall slain;  /* an end by SIGKILL that nobody asked for or explained; 0 */
    struct wall failed; /* its last end by itself, or begin of illness; 0: never */
    struct last_log last;
    int64_t restarts;
    double oom_told;                  /* oom events of this id */
    double oom_read;                  /* the file's newest number of this id */
    double oom_before;                /* of earlier ids and starts */
    double memory_used, memory_limit; /* bytes; NAN: not told */
    struct arena *arena;              /* of names and image; labels are the list's */
};

/* Nothing is known of it but its name, which is copied. Never NULL; ends with known_destroy. */
struct known *known_create(const char *name);
void known_destroy(struct known *k);

/* Takes what a list of containers says of it; its labels are borrowed from the list. False when the list is older than what
 * an event told, so that another should be asked for. */
bool known_take_row(struct known *k, const struct docker_container *c, struct wall now);
/* How long Podman may take to show that somebody ended a container: nobody is told of its end before. */
#define KNOWN_SETTLES (2 * NSEC_PER_SEC)
void known_settle(struct known *k, struct wall now);
/* True when it is worth asking for a list at once. */
bool known_take_event(struct known *k, const struct docker_event *ev);
/* When the machine was looked at, and when it was last seen to have killed for want of memory (0: never). Podman tells of
 * no such end, and Docker misses some: a container that was slain about then is taken to have died of it. */
void known_take_machine(struct known *k, struct wall looked, struct wall has_killed);
/* Takes what its cgroup told. has_events: starts are counted by events; without them, by the first process' age. */
void known_take_seen(struct known *k, const struct containers_seen *seen,
                     bool has_events);

double known_oom_kills(const struct known *k); /* since it was seen first */
bool known_runs(const struct known *k);        /* it is there, running or paused */

/* ---- containers_last.c: what containers printed last ---- */

/* Whether this one's lines are to be asked for now: once for each time that it failed, and of one that fails again and
 * again once in ten seconds. */
bool known_awaits_log(const struct known *k, struct wall now);
/* They did not come in time: they are to be asked for once more, unless it failed long ago. */
void known_ask_again(struct known *k, struct wall now);
/* Lines for people, or why there are none (text "": nothing is said). */
void known_take_log(struct known *k, const char *text);
/* What is shown: while it is not well, and for a quarter of an hour after. "" for nothing. */
const char *known_last_log(const struct known *k, struct wall now);
void known_forget_log(struct known *k);

/* ---- containers_judge.c ---- */

struct opinion {
    enum health health;
    enum reason reason;
    const char *detail; /* in arena */
};
struct opinion known_judge(const struct known *k, struct arena *arena);
bool known_is_shown(const struct known *k); /* is an item */

#endif
