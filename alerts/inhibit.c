/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inhibition: an alert that says the same in worse words keeps another quiet. By `inhibit_rules:`, as Alertmanager does
 * it, and by itself between the `warn:` and the `crit:` of one rule. Alerts that are themselves held inhibit too. Called
 * by the overlay; what fires is read from its index.
 */
#include "alerts/inhibit.h"

#include "alerts/overlay_impl.h"

static const struct alert *by_rule(const struct judging *j, const struct inhibit_rule *r,
                                   size_t number)
{
    const struct alert *a = j->alert;
    if (!matchers_match(r->target, a->labels))
        return NULL;
    const struct inhibitors *found =
        index_inhibitors(overlay_index(j->overlay, j->now), number, r, a, j->arena);
    if (!found)
        return NULL;
    return matchers_match(r->source, a->labels) ? found->pure : found->any;
}

static bool inhibited_by(const struct judging *j, const struct alert *cause,
                         const char *rule, struct overlay_verdict *ret)
{
    *ret = (struct overlay_verdict){.kind = OVERLAY_INHIBITED,
                                    .by = arena_printf(j->arena, "inhibited by %s%s%s",
                                                       alert_words(cause, j->arena),
                                                       *rule ? ", rule " : "", rule),
                                    .cause = cause};
    return true;
}

bool inhibit_holds(const struct judging *j, struct overlay_verdict *ret)
{
    struct overlay *o = j->overlay;
    const struct alert *a = j->alert;
    if (a->rule && a->rule->worse) {
        const struct alert *twin =
            index_twin(overlay_index(o, j->now), a->rule->worse, a, j->arena);
        if (twin)
            return inhibited_by(j, twin, "", ret);
    }
    for (size_t i = 0; o->routing && i < o->routing->inhibit_count; i++) {
        const struct inhibit_rule *r = &o->routing->inhibit[i];
        const struct alert *cause = by_rule(j, r, i);
        if (cause)
            return inhibited_by(j, cause, r->name ? r->name : "", ret);
    }
    return false;
}
