/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and values that say where something belongs. Sorted by name, each name once, no empty value.
 */
#ifndef HEALTHD_CORE_LABELS_H
#define HEALTHD_CORE_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"

struct label {
    const char *name, *value;
};
struct labels {
    const struct label *items;
    size_t count;
};

/* The five that every log line and notice shows, in their order: workflow_id node_id task_id component
 * environment. NULL-terminated. task_id is never on a series. */
extern const char *const first_class_labels[];

/* [a-zA-Z_][a-zA-Z0-9_]*, not starting with "__". */
bool label_name_valid(struct bytes name);
/* As labels_of, from configuration; an error names the bad label. */
bool labels_from_pairs(struct arena *arena, const struct pairs *pairs,
                       struct labels *ret_labels, struct err *e);
/* In place, by name. */
void labels_sort(struct label *items, size_t count);
/* over wins; an empty value in over removes the label. */
struct labels labels_merge(struct arena *arena, struct labels under, struct labels over);
struct labels labels_without(struct arena *arena, struct labels from, const char *name);
struct labels labels_copy(struct arena *arena, struct labels from);
const char *labels_get(struct labels l, const char *name); /* NULL when absent */
bool labels_equal(struct labels a, struct labels b);
uint64_t labels_hash(struct labels l);
/* a="x",b="y" with \\ \" \n escaped, as in the text format; nothing for no labels. */
void labels_print(struct labels l, struct buf *out);
void label_print(const char *name, const char *value, struct buf *out);

#endif
