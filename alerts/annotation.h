/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a label or annotation of a rule: Prometheus' templates as far as rules use them, compiled once when the
 * configuration is read. What is not understood (`range`, `query`, `if` …) is said then, and stays in the text as it
 * was written. Rendering cannot fail: a missing label is empty, a word that is no number is shown as it is. Immutable
 * once compiled, so any thread may render. Beside annotation.c: annotation_parse.c, annotation_functions.c.
 */
#ifndef HEALTHD_ALERTS_ANNOTATION_H
#define HEALTHD_ALERTS_ANNOTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/core/labels.h"

struct annotation;

#define ANNOTATION_MAX_TEXT (64u << 10)     /* of a template */
#define ANNOTATION_MAX_RENDERED (16u << 10) /* of what it renders to; cut above */

/* Told of each action that is not understood: where it stands in text, in bytes, and why, as a sentence. */
typedef void annotation_fault(void *ctx, size_t offset, const char *why);

/* Never NULL. text is kept. fault may be NULL. */
const struct annotation *annotation_compile(struct arena *arena, const char *text,
                                            annotation_fault *fault, void *ctx);
const char *annotation_source(const struct annotation *a);
bool annotation_is_fixed(const struct annotation *a); /* there is nothing to fill in */

struct annotation_data {
    /* $labels: the element's, with `__name__` when it has one. */
    struct labels labels;
    double value;                  /* $value */
    struct labels external_labels; /* $externalLabels */
    const char *external_url;      /* $externalURL; NULL: "" */
};
/* In arena; only valid UTF-8 comes of valid UTF-8. */
const char *annotation_render(const struct annotation *a,
                              const struct annotation_data *data, struct arena *arena);

#endif
