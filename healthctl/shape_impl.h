/* SPDX-License-Identifier: Apache-2.0 */
/* What a shape is made of, for shape.c and shape_compare.c. */
#ifndef HEALTHD_HEALTHCTL_SHAPE_IMPL_H
#define HEALTHD_HEALTHCTL_SHAPE_IMPL_H

#include "healthctl/shape.h"

enum {
    SHAPE_NULL = 1,
    SHAPE_BOOLEAN = 2,
    SHAPE_NUMBER = 4,
    SHAPE_STRING = 8,
    SHAPE_ARRAY = 16,
    SHAPE_OBJECT = 32,
    SHAPE_TYPES = 6
};
extern const char *const shape_type_names[SHAPE_TYPES]; /* by bit */

struct shape_member {
    const char *name;
    struct shape *shape;
    bool is_required; /* every object that was seen had it */
};

struct shape {
    bool is_any;    /* it was too much to look at: everything fits */
    unsigned types; /* that were seen; 0 and not is_any: nothing was */
    struct shape_member *members;
    size_t member_count;
    struct shape *items;  /* of an array; NULL: none was seen */
    struct shape *values; /* under keys that are data; NULL: none */
};

const struct shape_member *shape_member_find(const struct shape *s, const char *name);

#endif
