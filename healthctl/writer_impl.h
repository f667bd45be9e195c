/* SPDX-License-Identifier: Apache-2.0 */
/* What the writers share among themselves; only writer*.c include it. */
#ifndef HEALTHD_HEALTHCTL_WRITER_IMPL_H
#define HEALTHD_HEALTHCTL_WRITER_IMPL_H

#include "healthctl/writer.h"

#define WRITER_MAX_DEPTH 8
#define WRITER_MAX_BYTES (64u << 20)
#define WRITER_MAX_PENDING 64

struct pending { /* fields wait for each other, so that they align */
    const char *label;
    struct cell value;
};

struct writer {
    const struct writer_type *type;
    const struct screen *screen;
    struct arena *arena;
    struct wall now;
    size_t depth;
    struct buf text; /* text */
    struct pending pending[WRITER_MAX_PENDING];
    size_t pending_count;
    json_t *stack[WRITER_MAX_DEPTH]; /* JSON; borrowed but the first */
};

/* A cell as people read it, plain; "" for none. */
const char *cell_shown(struct writer *w, struct cell c);

#endif
