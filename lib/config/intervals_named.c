/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time intervals by name, wherever a configuration names them: a route's windows, a rule's `active:`. A name that
 * `time_intervals:` does not have is a fault with the nearest one that it has.
 */
#include <string.h>

#include "lib/config/alerting_load.h"

static size_t names_written(const struct node *list, const char **names, size_t count)
{
    for (size_t i = 0; conf_item(list, i) && count < INTERVALS_MAX; i++) {
        const struct node *name = node_get(conf_item(list, i), "name");
        if (name && name->kind == NODE_SCALAR)
            names[count++] = name->text;
    }
    return count;
}

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

/* One that has a fault of its own, which was said where it is written, is no second fault wherever it is named. */
static void report_unknown(struct loader *l, const char *name, struct place at)
{
    const char **names = arena_alloc(l->arena, (INTERVALS_MAX + 1) * sizeof(*names));
    size_t count = names_written(node_get(l->root, "time_intervals"), names, 0);
    names_written(node_get(l->root, "mute_time_intervals"), names, count);
    if (is_among(names, name))
        return;
    diag_error(l->diag, at, "there is no time interval '%.80s'", name);
    if (!hint_among(l->diag, "time_intervals", names, name))
        diag_hint(l->diag,
                  "define it: time_intervals: [{name: %.80s, time_intervals: "
                  "[{weekdays: [\"monday:friday\"]}]}]",
                  name);
}

const struct interval *interval_named(struct loader *l, const char *name, struct place at)
{
    const struct interval *found = interval_find(l->g->alerting.routing.intervals, name);
    if (!found)
        report_unknown(l, name, at);
    return found;
}
