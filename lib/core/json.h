/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON, by jansson: the one header that includes it, and the few helpers that cap and walk what peers
 * send. Duplicate keys are refused.
 */
#ifndef HEALTHD_CORE_JSON_H
#define HEALTHD_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define JSON_TEXT_MAX_DEPTH 64

/* Parses; the value is released with the arena. NULL (and e with line and column) on a fault, more than
 * max_bytes, or nesting deeper than JSON_TEXT_MAX_DEPTH. */
json_t *json_read(struct arena *arena, struct bytes text, size_t max_bytes,
                  struct err *e);
/* Follows a.b[0]["c d"] from root; NULL when there is nothing; ret_got (may be NULL) gets how far it came,
 * for "json.items has 2 elements, there is no [5]". */
const json_t *json_follow(const json_t *root, const char *path, struct arena *arena,
                          const char **ret_got);
/* A short rendering for people, cut at max bytes with "…". */
const char *json_brief(const json_t *value, struct arena *arena, size_t max);

#endif
