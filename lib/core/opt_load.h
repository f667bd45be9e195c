/* SPDX-License-Identifier: Apache-2.0 */
/* Between opt*.c and template.c: from nodes to fields, with ${names} filled in on the way. */
#ifndef HEALTHD_CORE_OPT_LOAD_H
#define HEALTHD_CORE_OPT_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/opt.h"
#include "lib/core/opt_reader.h"

/* A mapping shared by several tables, and the structs they fill. */
struct opt_target {
    const struct opt_part *parts;
    void *const *confs;
    size_t count;
    const char *const *skip_keys; /* NULL: none */
    /* Told of each row that has a ${name} in it; may be NULL. */
    void (*on_names)(void *ctx, size_t part, const struct opt *row,
                     const struct node *node);
    void *ctx;
};

/* The fields hold their defaults before. node: a mapping, a scalar for the shorthand row, nothing
 * (NODE_NULL) or NULL. Faults set r->failed. */
void opt_read_mapping(struct opt_reader *r, const struct opt_target *target,
                      const struct node *node);
void opt_read_row(struct opt_reader *r, const struct opt *row, void *conf,
                  const struct node *node);
/* The first row with the shorthand flag; NULL: there is none. */
const struct opt *opt_shorthand(const struct opt_part *parts, size_t count,
                                size_t *ret_part);

/* As opt_set, for rows that hold several texts. */
bool opt_set_list(const struct opt *row, void *conf, const char *const *texts,
                  size_t count, struct arena *arena, struct err *e);
void *opt_field(const struct opt *row, const void *conf);

/* As opt_print, as what follows "name:": on the same line, or below it when a section is indented by
 * indent (< 0: never). Where node (may be NULL) has a ${name}, that is shown instead of the field. */
void opt_print_row(const struct opt *row, const void *conf, const struct node *node,
                   int indent, struct buf *out);
/* False when there is nothing to print: an optional row that is not set. */
bool opt_is_set(const struct opt *row, const void *conf, const struct node *node);

#endif
