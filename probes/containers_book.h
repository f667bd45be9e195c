/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All containers that are known, by name: what a list, an event or a cgroup tells is led to the one that it is about. On
 * the loop only; pure but for its memory. Part of the containers probe.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_BOOK_H
#define HEALTHD_PROBES_CONTAINERS_BOOK_H

#include "probes/containers_known.h"

struct book {
    const struct containers_conf *conf;
    struct map *known;        /* name → struct known */
    struct docker_list *list; /* the newest; NULL: none yet */
    struct wall listed;
    bool is_behind; /* the newest list did not know yet what events had told: ask again */
    bool has_events;      /* they are followed, so that starts are counted by them */
    double machine_kills; /* for want of memory, at the newest look; NAN: not told */
    struct wall machine_killed; /* the look at which they had become more; 0: none yet */
};
void book_init(struct book *b, const struct containers_conf *conf);
void book_finish(struct book *b);
void book_list_asked(struct book *b); /* events from now on are newer than it */
/* Takes the list over. memo: what book_memo said before healthd ended; read with the first list. */
void book_take_list(struct book *b, struct docker_list *list, const char *memo,
                    struct wall now);
/* True when it is worth asking for a list at once. */
bool book_take_event(struct book *b, const struct docker_event *ev);
/* How often the machine has killed for want of memory, as looked up at `at`; NAN: it does not say. */
void book_take_machine(struct book *b, double kills, struct wall at);
/* What the cgroup of a container told; seen->id names it. */
void book_take_seen(struct book *b, const struct containers_seen *seen);
/* Which ran and which were stopped by hand, as text for a session's memo; in arena. */
const char *book_memo(const struct book *b, struct arena *arena);
/* For the scan's thread: id → struct containers_named, all in arena; the map is the arena's. */
struct map *book_names(const struct book *b, struct arena *arena);

/* ---- containers_judge.c ---- */

/* A pattern of `required` of which none runs. In arena; ret_known: whom it is about, NULL: there is none. */
bool required_is_missing(const struct book *b, const char *pattern, struct arena *arena,
                         const struct known **ret_known, struct opinion *ret);

#endif
