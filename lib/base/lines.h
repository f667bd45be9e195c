/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of what others wrote: pieces of any size become lines of a largest length, and a line becomes text that a
 * terminal and a page can show. Pure; keeps one line at a time.
 */
#ifndef HEALTHD_BASE_LINES_H
#define HEALTHD_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"

struct line {          /* valid during the call */
    struct bytes text; /* without "\n" or "\r\n" */
    bool is_cut;       /* longer than max_line: this is its beginning */
};

struct lines {
    size_t max_line;
    void (*line)(void *ctx, const struct line *line);
    void *ctx;
    struct buf text;  /* of the line that has not ended, at most max_line bytes */
    uint64_t pending; /* bytes of that line, also those that were cut off */
};

/* line is called for each, from lines_feed and lines_end. */
void lines_init(struct lines *l, size_t max_line,
                void (*line)(void *ctx, const struct line *line), void *ctx);
void lines_finish(struct lines *l);
void lines_feed(struct lines *l, struct bytes piece);
void lines_end(struct lines *l);    /* what has not ended is a line, unless it is empty */
void lines_forget(struct lines *l); /* what has not ended is dropped */

/* Appends text fit to be shown: UTF-8 stays, a terminal's colours and movements go, a tab is a blank, and any other byte
 * is \xNN. */
void line_print(struct bytes text, struct buf *out);

#endif
