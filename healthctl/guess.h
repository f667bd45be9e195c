/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service of a compose file is, and so what to ask it: from its image, its ports, its environment and its
 * healthcheck. Pure. Called by `healthctl init`, which writes it down, and `healthctl coverage`.
 */
#ifndef HEALTHD_HEALTHCTL_GUESS_H
#define HEALTHD_HEALTHCTL_GUESS_H

#include "healthctl/compose.h"

enum guess_kind {
    GUESS_POSTGRES,
    GUESS_REDIS,
    GUESS_MONGODB,
    GUESS_HTTP, /* at path */
    GUESS_MCP,  /* at path */
    GUESS_TCP,
    GUESS_BACKUP,    /* says when it is done: a heartbeat */
    GUESS_CONTAINER, /* listens nowhere that is known: it has to run */
    GUESS_APART      /* not watched: why says it */
};

struct guess {
    const struct compose_member *service;
    enum guess_kind kind;
    const char *host; /* where it answers; the service's name but for network_mode */
    int port;         /* 0: none */
    const char *path; /* "/health" */
    const char *why;  /* a sentence for a comment: where this is known from */
    bool is_database; /* nothing of the internet's: not to be published to everybody */
    bool has_data;    /* of which there has to be a backup */
    bool is_sure;     /* path and port were said, and not only guessed */
};

/* Of each service, in order; as many as c has. */
const struct guess *guess_all(struct arena *arena, const struct compose *c);
/* The last part of an image's name: "postgres" of "docker.io/library/postgres:16@sha256:…". */
struct bytes image_word(const char *image);
/* A tag other than latest, or a digest. */
bool image_is_pinned(const char *image);
/* Published to every address of the machine; NULL: it is not. */
const struct compose_port *guess_open_port(const struct guess *g);
/* Of a database that is: that it is, and what keeps it here, in one sentence. Else NULL. */
const char *guess_open_words(struct arena *arena, const struct guess *g);

/* guess_image.c */
struct known_image {
    const char *word; /* a pattern (glob.h) of the image's word */
    enum guess_kind kind;
    int port;
    const char *path; /* GUESS_APART: why */
    bool is_database, has_data;
};
const struct known_image *known_image_find(struct bytes word);

#endif
