/* SPDX-License-Identifier: Apache-2.0 */
/* What expr_types.c and expr_names.c share while an expression is compiled. */
#ifndef HEALTHD_CORE_EXPR_NAMES_H
#define HEALTHD_CORE_EXPR_NAMES_H

#include "lib/core/expr_tree.h"

struct checker {
    struct expr *x;
    struct arena *arena;
    const struct var *const *vars;
    struct err *e;
    const char *locals[EXPR_LOCALS_MAX];
    size_t local_count;
    const struct node *whole; /* the longest chain of names around what is looked at */
};

/* Any node; its kind and type are final afterwards. */
bool check_node(struct checker *c, struct node *n);
/* NAME: a variable, a local, now. MEMBER: also variables with a dot in their name. */
bool check_name(struct checker *c, struct node *n);
bool check_member(struct checker *c, struct node *n);
/* Sets the error. False. */
bool unknown_function(struct checker *c, const struct node *n);

static inline const char *text_of(struct checker *c, const struct node *n)
{
    return node_text(c->x, n, c->arena);
}

#endif
