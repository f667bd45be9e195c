/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each container, by name: from lists, events and the cgroups, over restarts and recreations. On the
 * loop only; pure but for its memory. Part of the containers probe.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_BOOK_H
#define HEALTHD_PROBES_CONTAINERS_BOOK_H

#include "probes/containers.h"

enum ending { /* of a container that does not run */
              ENDING_NONE,
              ENDING_ITSELF,
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
    bool has_exact_start; /* started is an event's, or the first process' */
    bool is_oom;          /* it ended for want of memory */
    bool has_run;         /* since it was seen first, or before healthd started */
    bool is_left_alone;   /* see the row `old` */
    bool is_listed;       /* by the newest list */
    bool
        awaits_start; /* it ended by itself: its next start is a restart, whatever lists say */
    bool has_newer;              /* an event since that list was asked for */
    struct wall stopped;         /* by hand, whatever came after; 0: never */
    struct wall killed, starved; /* newest kill and oom event; 0: none */
    struct wall
        failed; /* when it last ended by itself, or fell ill: what it printed then is worth reading; 0: never */
    struct last_log last;
    int64_t restarts;
    double oom_told;                  /* oom events of this id */
    double oom_read;                  /* the file's newest number of this id */
    double oom_before;                /* of earlier ids and starts */
    double memory_used, memory_limit; /* NAN: not told */
    struct arena *arena;              /* of names and image; labels are the list's */
};

struct book {
    const struct containers_conf *conf;
    struct map *known;        /* name → struct known */
    struct docker_list *list; /* the newest; NULL: none yet */
    struct wall listed;
    bool is_behind; /* the newest list did not know yet what events had told: ask again */
    bool has_events; /* they are followed, so that starts are counted by them */
};
void book_init(struct book *b, const struct containers_conf *conf);
void book_finish(struct book *b);
void book_list_asked(struct book *b); /* events from now on are newer than it */
/* Takes the list over. memo: what book_memo said before healthd ended; read with the first list. */
void book_take_list(struct book *b, struct docker_list *list, const char *memo,
                    struct wall now);
/* True when it is worth asking for a list at once. */
bool book_take_event(struct book *b, const struct docker_event *ev);
/* What the cgroup of a container told; seen->id names it. */
void book_take_seen(struct book *b, const struct containers_seen *seen);
double known_oom_kills(const struct known *k);
bool known_runs(const struct known *k); /* running, paused or restarting */
/* Which ran and which were stopped by hand, as text for a session's memo; in arena. */
const char *book_memo(const struct book *b, struct arena *arena);
/* For the scan's thread: id → struct containers_named, all in arena; the map is the arena's. */
struct map *book_names(const struct book *b, struct arena *arena);

/* ---- containers_last.c: what containers printed last ---- */

/* Whether this one's lines are to be asked for now: once for each time that it failed, and of one that fails again and
 * again once in ten seconds. */
bool known_awaits_log(const struct known *k, struct wall now);
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
/* A pattern of `required` of which none runs. In arena; ret_known: whom it is about, NULL: there is none. */
bool required_is_missing(const struct book *b, const char *pattern, struct arena *arena,
                         const struct known **ret_known, struct opinion *ret);

#endif
