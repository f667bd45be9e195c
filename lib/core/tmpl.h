/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ${…} in configuration: names are looked up in a chain of scopes. `$${` is a literal `${`.
 * ${digits} is left as it is, and is no variable: it names a group of a regular expression (tcp's `send`).
 */
#ifndef HEALTHD_CORE_TMPL_H
#define HEALTHD_CORE_TMPL_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

struct scope {
    /* asked when this one does not know the name; NULL: the end */
    const struct scope *outer;
    /* Finds one name ("env:HOME", "file:/run/secrets/x", "token"). False with e untouched: not mine;
     * false with e set: mine, and it cannot be had. ret_value lives as long as arena. */
    bool (*lookup)(void *ctx, struct bytes name, struct arena *arena,
                   struct bytes *ret_value, struct err *e);
    void *ctx;
};

/* True when text has a `${` (or a `$${` to be undone) other than ${digits}. */
bool tmpl_has(const char *text);
/* Fills in every ${name}. Errors name the variable and what is known. */
bool tmpl_expand(const char *text, const struct scope *scope, struct arena *arena,
                 const char **ret_text, struct err *e);
/* Calls fn for each name in text, without looking any up; false (and e) on bad syntax. */
bool tmpl_names(const char *text, void (*fn)(void *ctx, struct bytes name), void *ctx,
                struct err *e);

#endif
