/* SPDX-License-Identifier: Apache-2.0 */
/* Between annotation.c, annotation_parse.c and annotation_functions.c: what a template is once it is read. */
#ifndef HEALTHD_ALERTS_ANNOTATION_TREE_H
#define HEALTHD_ALERTS_ANNOTATION_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/annotation.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"

enum term_kind {
    TERM_TEXT,
    TERM_NUMBER,
    TERM_LABELS,
    TERM_LABEL,
    TERM_VALUE,
    TERM_EXTERNAL_LABELS,
    TERM_EXTERNAL_LABEL,
    TERM_EXTERNAL_URL,
    TERM_CALL
};

struct annotation_function;

struct term {
    enum term_kind kind;
    const char *text; /* TEXT; LABEL and EXTERNAL_LABEL: its name */
    double number;
    const struct annotation_function *function; /* CALL */
    const struct term *const *args;
    size_t arg_count;
};

struct part { /* a literal (term NULL) or an action */
    struct bytes literal;
    const struct term *term;
    struct part *next;
};

struct annotation {
    const char *source;
    const struct part *first;
    bool is_fixed;
};

enum { TERM_MAX_ARGS = 12 };

/* What a term is worth. */
enum worth_kind { WORTH_TEXT, WORTH_NUMBER, WORTH_LABELS };
struct worth {
    enum worth_kind kind;
    const char *text;
    double number;
    struct labels labels;
};
struct worth worth_of_text(const char *text);
/* As Go's fmt prints it: a float with the shortest digits, labels as map[a:1 b:2]. */
void worth_print(const struct worth *w, struct buf *out);
bool worth_to_number(const struct worth *w, double *ret_number);

struct annotation_function {
    const char *name;
    size_t min_args, max_args;
    struct worth (*call)(const struct worth *args, size_t count, struct arena *arena);
    /* Whether these arguments will do, as far as they are known: a sentence that says why not, or NULL. May be NULL. */
    const char *(*refuse)(const struct term *const *args, size_t count);
};
/* NULL: there is none of that name. */
const struct annotation_function *annotation_function_find(struct bytes name);
extern const struct annotation_function annotation_printf; /* annotation_printf.c */

/* annotation_parse.c: the inside of one {{ … }}. NULL, and *ret_why (static or in arena), when it is not understood. */
const struct term *annotation_parse(struct arena *arena, struct bytes action,
                                    const char **ret_why);

#endif
