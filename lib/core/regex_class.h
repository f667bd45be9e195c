/* SPDX-License-Identifier: Apache-2.0 */
/* Single characters and sets of characters in RE2's syntax. Internal to regex_re2.c. */
#ifndef HEALTHD_CORE_REGEX_CLASS_H
#define HEALTHD_CORE_REGEX_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* A pattern being read: valid UTF-8, NUL-terminated. */
struct pattern {
    const char *ptr;
    size_t at; /* next byte */
    struct err *e;
};

/* Sets the error: what stands from `from` to where the reader is, its column, and why. False. */
bool pattern_refuse(struct pattern *in, size_t from, const char *why);
/* Takes one character. */
void pattern_rune(struct pattern *in, uint32_t *ret_rune);
/* Takes an escape that stands for one character: \n \x{2713} \. \012. */
bool pattern_escape(struct pattern *in, uint32_t *ret_rune);

/* Writes a character so that it means nothing but itself, in a class and outside. */
void class_add_rune(struct buf *out, uint32_t rune);

enum class_found { CLASS_NONE, CLASS_ADDED, CLASS_REFUSED };
/* Takes \d \W \pN \P{Greek} and the like; CLASS_NONE, with nothing taken, when there is none.
 * fold: under (?i). in_brackets: the set is part of a […]. */
enum class_found class_escape(struct pattern *in, bool fold, bool in_brackets,
                              struct buf *out);
/* Takes […]. */
bool class_bracket(struct pattern *in, bool fold, struct buf *out);

#endif
