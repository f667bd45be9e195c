/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, words and numbers of the text files that the kernel makes (/proc, /sys, cgroups). For parsers of probes; pure.
 * The functions that consume advance the slice past what they return.
 */
#ifndef HEALTHD_BASE_WORDS_H
#define HEALTHD_BASE_WORDS_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"

/* The last may lack its \n. */
bool words_line(struct bytes *text, struct bytes *ret_line);
bool words_next(struct bytes *line, struct bytes *ret_word); /* next run of non-blanks */
bool words_number(struct bytes *line, double *ret_value);    /* next word, unsigned */
bool words_hex(struct bytes *line, double *ret_value);       /* next word, 0x or not */
bool words_whole(struct bytes text, double *ret_value); /* whole text, may be negative */
/* As a label's value: NUL-terminated, in arena, what is no UTF-8 replaced. */
const char *words_label(struct arena *arena, struct bytes text);

#endif
