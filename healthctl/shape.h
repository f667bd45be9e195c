/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of JSON answers: which keys there are, and of which types, never a value. Learnt from answers, written as the
 * part of JSON Schema (json-schema.org, draft 2020-12) that says it: type, properties, required, items,
 * additionalProperties. Pure. Called by baseline.c and comparison.c.
 *
 * Keys that are data (numbers, UUIDs, dates, addresses) are not kept: what stands under them is one shape, that of
 * additionalProperties.
 */
#ifndef HEALTHD_HEALTHCTL_SHAPE_H
#define HEALTHD_HEALTHCTL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/json.h"

#define SHAPE_KEYS_MAX 200   /* of one object; with more, all of them are data */
#define SHAPE_DEPTH_MAX 12   /* below, everything fits */
#define SHAPE_PARTS_MAX 5000 /* of one answer; what comes later fits anything */

struct shape; /* in an arena, never freed alone */

struct shape *shape_of(const json_t *value, struct arena *arena);
/* What fits both: keys that only one of them has are not required any more. a is changed; NULL stands for nothing seen. */
struct shape *shape_merge(struct shape *a, const struct shape *b, struct arena *arena);

json_t *shape_to_json(const struct shape *s);
/* NULL and e when it is none, or too large. */
struct shape *shape_from_json(const json_t *schema, struct arena *arena, struct err *e);

struct shape_finding {
    bool is_change;   /* else a key that is new, which breaks no reader */
    const char *text; /* "orders[].total: was number, is string"; valid during the call */
};
/* Tells how fresh differs from recorded, in the order of keys. path: "json". */
void shape_compare(const struct shape *recorded, const struct shape *fresh,
                   const char *path, void (*fn)(void *ctx, const struct shape_finding *f),
                   void *ctx);

#endif
