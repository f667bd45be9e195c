/* SPDX-License-Identifier: Apache-2.0 */
/* Name patterns: * any run, ? one character, [a-z] and [!a-z] one of a set, \ quotes. */
#ifndef HEALTHD_BASE_GLOB_H
#define HEALTHD_BASE_GLOB_H

#include <stdbool.h>

#include "lib/base/bytes.h"

/* Whole-text match, byte by byte, in time linear in pattern times text (no backtracking storm). */
bool glob_match(struct bytes pattern, struct bytes text);

/* The candidate nearest to word, when it is near enough to be what was meant (Damerau-Levenshtein
 * distance of at most 1 + length / 4), else NULL. candidates ends with NULL. For "did you mean". */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
