/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reading of nodes into fields: what it reads with, and what it has found. Between template.c, which makes one on its
 * stack, and opt_load.c, which reads with it. Used by one thread at a time.
 */
#ifndef HEALTHD_CORE_OPT_READER_H
#define HEALTHD_CORE_OPT_READER_H

#include <stdbool.h>

#include "lib/base/attr.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"

struct secrets;

/* Where a ${name} is looked up: a run's own scope, then the secrets. */
struct opt_names {
    const struct scope *first, *then;
};

struct opt_reader {
    struct arena *arena;     /* of every text that a field gets */
    struct secrets *secrets; /* may be NULL */
    struct opt_names names;
    struct diag *diag;        /* when loading: every fault goes here … */
    struct err *err;          /* … when filling in: the first one goes here */
    bool operand_comes_later; /* a missing shorthand row is no fault */
    bool failed;
    bool has_names;           /* the row just read has a ${name} */
    const char *variable;     /* loading: the first name that only a run can know … */
    struct place variable_at; /* … and where it stood */
};

/* Reports a fault at its place; the reading goes on, and r->failed says that it has failed. */
void opt_reader_fail(struct opt_reader *r, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* What may be done about the fault just reported. text: copied; NULL: nothing is said. */
void opt_reader_hint(struct opt_reader *r, const char *text);

/* The text of a scalar with its ${names} filled in, in r->arena. False: a fault was reported, or (when loading) only a run
 * can know the value; the field then keeps its default. */
bool opt_reader_text(struct opt_reader *r, const struct opt *row, const struct node *node,
                     const char **ret_text);

/* Notes what is never to be shown: a secret row's text, and the password in any row's URL. */
void opt_reader_remember(struct opt_reader *r, const struct opt *row, const char *text);

#endif
