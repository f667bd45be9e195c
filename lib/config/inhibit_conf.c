/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `inhibit_rules:`, Alertmanager's, with its older forms of matchers. Called by routing_conf.c.
 */
#include "alerts/inhibit.h"

#include "lib/config/alerting_load.h"

#define OPT_STRUCT struct inhibit_rows
const struct opt inhibit_opts[] = {
    OPT_ROW_TEXT("name", name, "", "What it is called where an alert is held by it."),
    OPT_ROW_TEXTS("source_matchers", source_matchers, OPT_NONE,
                  "Alerts that hide others while they fire."),
    OPT_ROW_TEXTS("target_matchers", target_matchers, OPT_NONE,
                  "Alerts that are held meanwhile."),
    OPT_ROW_TEXTS("equal", equal, OPT_NONE,
                  "Labels that both must have alike; a missing one is as an empty one."),
    OPT_ROW_PAIRS("source_match", source_match, OPT_NONE,
                  "Older form of source_matchers: labels and their values."),
    OPT_ROW_PAIRS("source_match_re", source_match_re, OPT_NONE,
                  "Older form of source_matchers: labels and regular expressions."),
    OPT_ROW_PAIRS("target_match", target_match, OPT_NONE,
                  "Older form of target_matchers: labels and their values."),
    OPT_ROW_PAIRS("target_match_re", target_match_re, OPT_NONE,
                  "Older form of target_matchers: labels and regular expressions."),
    {0},
};
#undef OPT_STRUCT
static bool side_read(struct loader *l, const struct node *node, const char *word,
                      const struct matcher_rows *rows, struct matchers *ret)
{
    if (!matchers_gather(l, rows, ret))
        return false;
    if (ret->count > 0)
        return true;
    diag_error(l->diag, node ? node->at : (struct place){0},
               "without %s_matchers it would hold everything", word);
    diag_hint(l->diag, "for example: %s_matchers: [severity=\"%s\"]", word,
              *word == 's' ? "critical" : "warning");
    return false;
}

void inhibit_load(struct loader *l, const struct top_conf *top)
{
    const struct sections *rows = &top->inhibit_rules;
    struct inhibit_rule *items =
        arena_alloc(l->arena, (rows->count + 1) * sizeof(*items));
    for (size_t i = 0; i < rows->count; i++) {
        const struct inhibit_rows *one = &((const struct inhibit_rows *)rows->items)[i];
        const struct node *n = rows->nodes[i];
        const struct matcher_rows source = {
            &one->source_matchers,       &one->source_match,
            &one->source_match_re,       node_get(n, "source_matchers"),
            node_get(n, "source_match"), node_get(n, "source_match_re"),
        };
        const struct matcher_rows target = {
            &one->target_matchers,       &one->target_match,
            &one->target_match_re,       node_get(n, "target_matchers"),
            node_get(n, "target_match"), node_get(n, "target_match_re"),
        };
        const char **equal =
            arena_alloc(l->arena, (one->equal.count + 1) * sizeof(*equal));
        for (size_t k = 0; k < one->equal.count; k++)
            equal[k] = one->equal.items[k];
        items[i].name = one->name;
        items[i].equal = equal;
        (void)side_read(l, n, "source", &source, &items[i].source);
        (void)side_read(l, n, "target", &target, &items[i].target);
    }
    l->g->alerting.routing.inhibit = items;
    l->g->alerting.routing.inhibit_count = rows->count;
}
