/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that takes its time, shared by all who ask for it: printed in slices on the loop, compressed on the pool when it
 * is large, sent to those who waited for it and to those who come after. Freed when its owner and the last client have let
 * go. page_job.c and overview.c own some; what is printed is theirs.
 */
#ifndef HEALTHD_COLLECTOR_RENDERING_H
#define HEALTHD_COLLECTOR_RENDERING_H

#include <stdbool.h>
#include <stddef.h>

#include "collector/daemon.h"
#include "collector/web.h"

struct rendering;

struct rendering_kind {
    const char *name; /* static: for reports of slow callbacks */
    const char *content_type;
    int gzip_level; /* gzip_text's; 0: as it is */
    size_t max_bytes;
    const char *too_large; /* a sentence: what to ask instead */
    /* Adds to out for about as long as budget; true when that was all. */
    bool (*print)(void *ctx, struct buf *out, nsec budget);
    /* It is about to be sent: the owner may let go of it here. NULL: it does not want to know. */
    void (*made)(void *ctx);
};

struct rendering *rendering_create(struct daemon *d, const struct rendering_kind *kind,
                                   void *ctx);
/* Now or later. Headers that x is to have are added before. */
void rendering_answer(struct rendering *r, struct exchange *x);
/* Prints the first slice, and all when that is all; who asked before has his answer at once. */
void rendering_begin(struct rendering *r);
/* The owner lets go: nothing of it is called any more. What is half printed is sent to nobody: then after the web server.
 * Takes NULL. */
void rendering_release(struct rendering *r);

#endif
