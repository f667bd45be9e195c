/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration being read on a pool thread, with secrets of its own until it is known what becomes of it: reading a
 * thousand probes takes longer than the loop may be held. Called by reload.c. Never touches the generation in force.
 */
#ifndef HEALTHD_COLLECTOR_READING_H
#define HEALTHD_COLLECTOR_READING_H

#include "lib/config/generation.h"
#include "lib/core/frame.h"
#include "lib/core/pool.h"

struct reading {
    struct frame *frame;
    const char *path;
    struct secrets *secrets; /* a draft (secret.h) */
    struct arena *arena;
    struct diag *diag;         /* of arena */
    struct config_files files; /* of arena; what was named, also by one with faults */
    struct generation *g;      /* NULL: it has faults, or is not read yet */
    struct job *job;           /* NULL: it is read */
    void (*done)(void *ctx);
    void *ctx;
};

/* done is called on the loop when it is read. path NULL: the built-in default. */
struct reading *reading_start(struct frame *f, const char *path, void (*done)(void *ctx),
                              void *ctx);
/* In done, before anything else: what was read belongs to the loop's thread from now on, and is redacted there. */
void reading_learn(struct reading *r);
/* Its names hold from now on; g is the caller's. */
struct generation *reading_accept(struct reading *r);
void reading_destroy(struct reading *r); /* at any time; takes NULL */

#endif
