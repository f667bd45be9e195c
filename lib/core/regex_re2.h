/* SPDX-License-Identifier: Apache-2.0 */
/* From RE2's syntax to PCRE2's. Internal to regex.c: nobody else includes it. */
#ifndef HEALTHD_CORE_REGEX_RE2_H
#define HEALTHD_CORE_REGEX_RE2_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/core/regex.h"

struct re2_groups {
    size_t count; /* with the whole match: 1 when there is none */
    /* NULL for groups without a name; in the arena */
    const char *names[REGEX_MAX_GROUPS];
};

/* Appends what PCRE2 must compile with PCRE2_UTF, PCRE2_DOTALL and PCRE2_ALT_CIRCUMFLEX to match
 * as Go's regexp does. Callouts (?C1) stand where a matcher can count its work: at the start and
 * behind every repetition. False when Go would refuse the pattern, with offset and reason. */
bool re2_translate(struct arena *arena, const char *pattern, struct buf *out,
                   struct re2_groups *ret_groups, struct err *e);

#endif
