/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subset of RFC 9535: $ .name ['name'] [0] [-1] [1:5:2] [*] .. [a, b] and filters of one
 * comparison, [?@.state == "open"]. For expressions.
 */
#ifndef HEALTHD_CORE_JSONPATH_H
#define HEALTHD_CORE_JSONPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/json.h"

struct jsonpath;

enum { JSONPATH_MAX_TEXT = 1024, JSONPATH_MAX_NODES = 1000 };

/* Lives as long as the arena. Errors say where and what is understood. */
struct jsonpath *jsonpath_compile(struct arena *arena, struct bytes text, struct err *e);

struct json_nodes {
    const json_t **items; /* in the arena; the values belong to root */
    size_t count, size;
};
/* Selects in document order. steps is counted down, one a visited value; false (with *steps 0, or
 * more than JSONPATH_MAX_NODES selected) when it was too much. */
bool jsonpath_select(const struct jsonpath *path, const json_t *root, struct arena *arena,
                     size_t *steps, struct json_nodes *ret_nodes);

#endif
