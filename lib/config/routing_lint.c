/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loads but can hardly be meant: critical alerts that a window mutes, receivers that nothing names. Warnings only;
 * called by routing_conf.c at the end.
 */
#include <string.h>

#include "lib/config/alerting_load.h"

enum chance { IMPOSSIBLE, POSSIBLE, CERTAIN };

/* Whether a route takes a critical alert of which nothing else is known. */
static enum chance takes_critical(const struct route *r)
{
    enum chance found = CERTAIN;
    for (size_t i = 0; i < r->matchers.count; i++) {
        const struct matcher *m = &r->matchers.items[i];
        if (strcmp(m->name, "severity"))
            found = POSSIBLE;
        else if (!matcher_matches(m, "critical"))
            return IMPOSSIBLE;
    }
    return found;
}

/* The route may be reached by a critical alert; warns where a window may hold one back. */
static void lint_windows(struct loader *l, const struct route *r)
{
    bool is_passed_on = false;
    for (const struct route *const *child = r->routes; *child; child++) {
        const enum chance chance = takes_critical(*child);
        if (chance == IMPOSSIBLE)
            continue;
        lint_windows(l, *child);
        is_passed_on |= chance == CERTAIN;
        if (chance == CERTAIN && !(*child)->has_continue)
            break;
    }
    if (is_passed_on || !*r->receivers || (!*r->mute && !*r->active))
        return;
    diag_warning(l->diag, r->at, "critical alerts come here too, and wait for a window");
    diag_hint(l->diag, "add matchers: [severity!=\"critical\"], or put a route for "
                       "critical ones before it");
}

static bool is_named(const struct receiver *const *list, const struct receiver *r)
{
    for (; list && *list; list++) {
        if (*list == r)
            return true;
    }
    return false;
}

static bool is_used(const struct route *route, const struct receiver *r)
{
    if (is_named(route->receivers, r))
        return true;
    for (const struct escalation *e = route->escalate; e->to; e++) {
        if (e->to == r)
            return true;
    }
    for (const struct route *const *child = route->routes; *child; child++) {
        if (is_used(*child, r))
            return true;
    }
    return false;
}

static void lint_receivers(struct loader *l, const struct node *root)
{
    const struct alerting *a = &l->g->alerting;
    const struct node *map = node_get(root, "receivers");
    for (size_t i = 0; i < a->receivers.count; i++) {
        const struct receiver *r = a->receivers.items[i];
        const struct node *n = node_get(map, r->name);
        const struct place at = n ? n->key_at : (struct place){0};
        if (is_named(a->routing.fallback, r) ||
            (a->routing.root && is_used(a->routing.root, r)))
            continue;
        diag_warning(l->diag, at, "nothing is sent to the receiver '%s'", r->name);
        diag_hint(l->diag, "name it in `notify:` or `route:`");
    }
}

void routing_lint(struct loader *l, const struct node *root)
{
    if (l->g->alerting.routing.root)
        lint_windows(l, l->g->alerting.routing.root);
    if (diag_error_count(l->diag) == 0)
        lint_receivers(l, root);
}
