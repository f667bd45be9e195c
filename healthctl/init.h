/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `healthctl init` writes for a compose file: texts alone. cmd_init.c reads, asks and puts them into files.
 */
#ifndef HEALTHD_HEALTHCTL_INIT_H
#define HEALTHD_HEALTHCTL_INIT_H

#include "healthctl/guess.h"
#include "lib/base/buf.h"

#define INIT_SECRETS_MAX (COMPOSE_MAX_SERVICES + 8)

struct init_secret { /* a file that has to be there before healthd starts */
    const char *name;
    const char *what; /* "the password of healthd's role in 'db'" */
};
struct init_plan {
    struct arena *arena;
    const struct compose *compose;
    const struct guess *guesses; /* one each of the compose file's services */
    bool has_deadman;            /* its URL is in the secret deadman_url */
    struct init_secret secrets[INIT_SECRETS_MAX]; /* init_secrets */
    size_t secret_count;
};

/* A part of a text that stays within quotes, a comment, a name of a file: letters, digits, "-", "_" and "."; anything
 * else is "-". */
const char *init_word(struct arena *arena, const char *text);
/* A text that stays within a comment: without control characters, 200 bytes of it at most. */
const char *init_remark(struct arena *arena, const char *text);
void init_secrets(struct init_plan *p); /* finds out which there are */
/* The name of a service's secret, and NULL when it needs none. */
const char *init_secret_of(struct arena *arena, const struct guess *g);

void init_config(const struct init_plan *p, struct buf *out); /* healthd.yml */
void init_smoke(const struct init_plan *p, struct buf *out);  /* smoke.yml */
void init_block(const struct init_plan *p, struct buf *out);  /* healthd.compose.yml */

/* "postgres: {url: …}": the question that g is asked, at the indent given; false when it is asked none. */
bool init_question(struct arena *arena, const struct guess *g, int indent,
                   struct buf *out);

/* A file that is written as it is; made by the build (tools/embed.py). */
struct init_file {
    const char *name;
    struct bytes text;
};
extern const struct init_file init_files[]; /* {0}-terminated: docker-proxy, nginx */

#endif
