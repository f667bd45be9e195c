/* SPDX-License-Identifier: Apache-2.0 */
/* A JSONPath that was read; shared by jsonpath.c and jsonpath_select.c only. */
#ifndef HEALTHD_CORE_JSONPATH_TREE_H
#define HEALTHD_CORE_JSONPATH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/core/jsonpath.h"

enum { SEGMENTS_MAX = 32, SELECTORS_MAX = 16 };

enum selector_kind { SELECT_NAME, SELECT_INDEX, SELECT_SLICE, SELECT_ALL, SELECT_FILTER };
enum comparison {
    COMPARE_EXISTS,
    COMPARE_EQ,
    COMPARE_NE,
    COMPARE_LE,
    COMPARE_GE,
    COMPARE_LT,
    COMPARE_GT
};

struct selector {
    enum selector_kind kind;
    struct bytes name;
    int64_t from, to, step; /* INDEX: from */
    bool has_from, has_to;
    const struct jsonpath *filter; /* FILTER: from @, of one node at most */
    enum comparison comparison;
    const json_t *literal;
};

struct segment {
    bool descends; /* .. */
    struct selector selectors[SELECTORS_MAX];
    size_t count;
};

struct jsonpath {
    struct segment *segments;
    size_t count;
};

#endif
