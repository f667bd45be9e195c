/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places that a dialogue may ask: its dial's host and others, or those of its service, and any that a peer names.
 * Which is next, and what became of each. Called by talk.c alone; opens no connection and judges no peer.
 */
#ifndef HEALTHD_CORE_TALK_PLACES_H
#define HEALTHD_CORE_TALK_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/core/conn.h"
#include "lib/core/resolve.h"

#define PLACES_MAX 64

struct place_why { /* what became of a place */
    enum reason reason;
    bool is_unknown;
    bool is_word; /* the peer itself was heard, and is not the one */
    const char *text;
};

struct place_asked {
    struct dial_place where; /* host: also a Unix socket's path, with port 0 */
    struct place_why why;
};

struct places {
    struct arena *arena;
    const struct dial *base;   /* the dial that the places are of */
    struct place_asked one;    /* most dials have no more */
    struct place_asked *items; /* &one, or room for PLACES_MAX */
    size_t count, at;
    const struct srv *srv; /* NULL: there is none, or it is not known yet */
};

void places_init(struct places *p, struct arena *arena, const struct dial *dial);
void places_set_srv(struct places *p, const struct srv *srv);
/* "db.example:27017" of the current place. */
const char *places_text(const struct places *p);
/* The base dial with the current place in it. */
const struct dial *places_dial(const struct places *p);
bool places_has_next(const struct places *p);
size_t places_left(const struct places *p); /* with the current one */
/* Says what became of the current place. */
void places_note(struct places *p, struct place_why why);
void places_move(struct places *p); /* to the next, which there is */
/* Puts a place behind the current one, unless it was asked already. */
void places_name(struct places *p, struct dial_place named);
/* The reason that says most, and a sentence that tells of every place asked. */
struct place_why places_verdict(const struct places *p);

#endif
