/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on a terminal: how wide it is, where it breaks, and that nothing a peer sent can steer the
 * terminal. Pure. Called by the text writer and the drawings.
 */
#ifndef HEALTHD_HEALTHCTL_LAYOUT_H
#define HEALTHD_HEALTHCTL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/core/opt.h"

struct screen { /* what is known of where stdout goes */
    bool is_terminal, has_colour, has_utf8;
    size_t columns; /* 0: as wide as it takes */
};
/* Of stdout, from the environment; colour is "auto", "always" or "never". Sets the locale that
 * text_width needs. */
struct screen screen_read(const char *colour);

/* Columns that well-formed UTF-8 takes: 2 for East Asian wide characters, 0 for combining ones. */
size_t text_width(struct bytes text);
/* Control characters (but line breaks), bidirectional overrides and bytes that are not UTF-8 are
 * spelled out: \x1b. */
const char *text_plain(struct arena *arena, const char *text);
/* Lines of at most width columns (0: only at line breaks), broken between words where that is
 * possible. text is plain. At least one line. */
struct texts text_wrap(struct arena *arena, const char *text, size_t width);
/* text and blanks, width columns in all; more when text is wider. */
void text_pad(struct buf *out, const char *text, size_t width);

#endif
