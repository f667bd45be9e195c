/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compose file, as far as it says what runs in a stack and where that listens. Read by `healthctl init` and
 * `healthctl coverage`. Keys that say nothing of this are passed over; values of passwords are never kept.
 */
#ifndef HEALTHD_HEALTHCTL_COMPOSE_H
#define HEALTHD_HEALTHCTL_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/core/diag.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"

#define COMPOSE_MAX_SERVICES 500

struct compose_port {
    const char *address;   /* of the machine; "" is every one */
    const char *published; /* port of the machine; "" when it is chosen at start */
    int target;            /* port in the container */
    bool is_published;     /* false: of `expose`, seen by other services alone */
    struct place at;
};
struct compose_ports {
    struct compose_port *items;
    size_t count;
};

struct compose_member {
    const char *name;
    struct place at;
    const char *image;     /* "": it is built, or a variable without a value names it */
    const char *container; /* `container_name`, or "" */
    bool is_built;
    bool is_job;         /* others wait for its end: it does not stay */
    const char *command; /* words, with blanks between them */
    struct compose_ports ports;
    struct pairs environment; /* env_file's first; a value that names a secret is "" */
    struct texts depends_on;  /* and links */
    struct texts networks;    /* none: "default" */
    struct texts profiles;
    const char *network_mode; /* "host", "service:x", or "" */
    const char *healthcheck;  /* its command, "" when there is none */
    bool healthcheck_is_off;
};

struct compose {
    const char *path;
    const char *name; /* of the project: `name:`, or the folder's */
    bool is_named;    /* `name:` was written, so that no folder changes it */
    struct compose_member *services;
    size_t count;
};

/* Reads a file, its .env and the env_file of its services. NULL after reporting every fault to d; what is passed over
 * and matters is a warning. */
const struct compose *compose_load(struct arena *arena, const char *path, struct diag *d);
/* The same from text; folder is where env_file is looked for, NULL: nowhere. */
const struct compose *compose_parse(struct arena *arena, const char *path,
                                    struct bytes text, const char *folder,
                                    struct diag *d);
const struct compose_member *compose_find(const struct compose *c, const char *name);
/* NULL: it is not set. */
const char *compose_environment(const struct compose_member *s, const char *name);
bool compose_is_secret(const char *name); /* a variable whose value is never kept */

/* A regular file's first bytes, up to COMPOSE_ENV_MAX; false when there is none. */
#define COMPOSE_ENV_MAX (256u << 10)
bool compose_env_read(const char *path, struct buf *out);

/* compose_env.c. variables NULL: none has a value. Never fails: what cannot be read stays as it is. */
const char *compose_expand(struct arena *arena, const struct pairs *variables,
                           const char *text);
/* NAME=VALUE lines of an .env or env_file; appended to pairs. */
void compose_env_parse(struct arena *arena, struct bytes text, struct pairs *pairs);
void compose_pair_set(struct arena *arena, struct pairs *pairs, const char *key,
                      const char *value);

/* compose.c: one file that is being read; each that is included has a reading of its own. */
struct compose_reading {
    struct arena *arena;
    struct diag *diag;
    const char *folder; /* NULL: there is none, and no other file is read */
    struct pairs variables;
    const struct node *services;
    int depth; /* of inclusion */
};
const char *compose_folder(struct arena *arena, const char *path);
/* The folder's .env, and over it the environment. */
void compose_variables(struct compose_reading *r);
/* Adds what root holds, and what it includes. False after reporting. */
bool compose_take(struct compose_reading *r, const char *path, const struct node *root,
                  struct compose *c);

/* compose_include.c: the files that `include:` names; node may be NULL. False after reporting. */
bool compose_include(const struct compose_reading *r, const struct node *node,
                     struct compose *c);

/* compose_member.c: one mapping below `services:`. */
bool compose_member_read(const struct compose_reading *r, const struct node *node,
                         struct compose_member *ret);

#endif
