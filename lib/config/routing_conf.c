/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told: puts `notify:` or `route:`, `fallback:`, `inhibit_rules:`, `maintenance:` and `connectivity:` together.
 * Called by generation.c once receivers, intervals and probes are there.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"

static bool is_written(const struct node *n)
{
    return n && n->kind != NODE_NULL;
}

static const struct route *tree_load(struct loader *l, const struct top_conf *top,
                                     const struct node *root)
{
    const bool has_tree = is_written(top->route);
    const struct route *short_form =
        is_written(top->notify) ? notify_load(l, top->notify) : NULL;
    if (!has_tree)
        return short_form;
    if (short_form) {
        diag_error(l->diag, node_get(root, "notify")->key_at,
                   "`notify:` is the short form of `route:`: write one of them");
        diag_hint(l->diag, "beside `route:`, `notify:` may hold `deadman` alone");
    }
    return route_tree_load(l, top->route);
}

static void connectivity_load(struct loader *l, const struct connectivity_rows *rows,
                              const struct node *node)
{
    const struct node *list = node_get(node, "probes");
    const char **names = arena_alloc(l->arena, (rows->probes.count + 1) * sizeof(*names));
    const char **known = arena_alloc(l->arena, (l->g->probe_count + 1) * sizeof(*known));
    for (size_t i = 0; i < l->g->probe_count; i++)
        known[i] = l->g->probes[i]->name;
    for (size_t i = 0; i < rows->probes.count; i++) {
        const struct node *n = conf_item(list, i);
        names[i] = rows->probes.items[i];
        if (l->has_lost_files || generation_probe(l->g, names[i]))
            continue;
        const char *near = nearest_word(names[i], known);
        diag_error(l->diag, n ? n->at : (struct place){0}, "there is no probe '%.80s'",
                   names[i]);
        if (near)
            diag_hint(l->diag, "did you mean '%s'?", near);
    }
    l->g->alerting.routing.has_connectivity_gate = rows->is_enabled;
    l->g->alerting.routing.connectivity_probes = names;
}

void routing_load(struct loader *l, const struct top_conf *top, const struct node *root)
{
    struct routing *r = &l->g->alerting.routing;
    r->receivers = &l->g->alerting.receivers;
    r->root = tree_load(l, top, root);
    (void)receivers_named(l, &top->fallback, node_get(root, "fallback"), &r->fallback);
    inhibit_load(l, top);
    maintenance_load(l, top);
    connectivity_load(l, &top->connectivity, node_get(root, "connectivity"));
    routing_lint(l, root);
}
