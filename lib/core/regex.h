/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions that behave as RE2's do where blackbox_exporter users rely on it, on PCRE2 with
 * limits: unanchored; `$` only at the very end (unless (?m)); \w \d \s \b are ASCII; (?i) and . work on
 * UTF-8; an invalid byte counts as one character; no backreferences or look-around (refused at compile).
 */
#ifndef HEALTHD_CORE_REGEX_H
#define HEALTHD_CORE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

struct regex;

#define REGEX_MAX_GROUPS 32
enum regex_result {
    REGEX_NO_MATCH,
    REGEX_MATCH,
    REGEX_LIMIT
}; /* LIMIT: gave up, not an answer */

/* Lives as long as the arena. Errors give the offset and what is wrong. */
struct regex *regex_compile(struct arena *arena, const char *pattern, struct err *e);
const char *regex_pattern(const struct regex *re);
enum regex_result regex_match(const struct regex *re, struct bytes text);
/* ret_groups[0] is the whole match; groups that did not take part have ptr NULL. ret_count is the number of
 * groups in the pattern plus one. */
enum regex_result regex_groups(const struct regex *re, struct bytes text,
                               struct bytes ret_groups[REGEX_MAX_GROUPS],
                               size_t *ret_count);
/* Appends tmpl with $1, ${1}, ${name} and $$ filled in as Go's regexp.Expand does ($1x is the group "1x":
 * empty). */
struct buf;
void regex_expand(const struct regex *re, const char *tmpl, const struct bytes *groups,
                  size_t count, struct buf *out);

#endif
