/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells which of three things a word is: a probe's name before an alert's, and matchers when it is neither. Called by
 * the acts of the API. Looks nothing up itself: which names there are it is told by two callbacks.
 */
#include "alerts/target.h"

#include <string.h>

static bool is_named(struct arena *arena, const char *label, const char *value,
                     struct matchers *ret, struct err *e)
{
    struct matcher *m = arena_alloc(arena, sizeof(*m));
    if (!matcher_make(arena, label, MATCH_EQUAL, arena_strdup(arena, value), m, e))
        return false;
    *ret = (struct matchers){m, 1};
    return true;
}

bool target_parse(struct arena *arena, const char *text, const struct target_names *names,
                  struct matchers *ret, struct err *e)
{
    if (names->is_probe && names->is_probe(names->ctx, text))
        return is_named(arena, "probe", text, ret, e);
    if (names->is_alert && names->is_alert(names->ctx, text))
        return is_named(arena, "alertname", text, ret, e);
    if (strpbrk(text, "=~{"))
        return matchers_parse(arena, text, ret, e);
    return err_set(e,
                   "there is no probe and no alert named '%s'; matchers are written as "
                   "component=\"shop\"",
                   text);
}
