/* SPDX-License-Identifier: Apache-2.0 */
/* See pipeline.h. Read it top to bottom: that is the order in which a verdict becomes known. */
#include "collector/pipeline.h"

/* Which of the steps a run's origin takes part in: the table of design.md §5. */
static bool moves_state(enum origin origin)
{
    switch (origin) {
    case ORIGIN_SCHEDULED:
    case ORIGIN_EVENT:
    case ORIGIN_RUN_NOW:
    case ORIGIN_PARENT:
        return true;
    case ORIGIN_SCRAPE:
    case ORIGIN_FLOW:
    case ORIGIN_ONCE:
        return false;
    }
    return false;
}

/* Unknown writes no value, and ends none: what was known stays until something is known again. */
static void registry_take(struct pipeline *p, struct tracked *t, const struct verdict *v,
                          const struct batch *b)
{
    if (v->health != HEALTH_UNKNOWN) {
        registry_publish(p->registry, t->source, b);
        histogram_observe(t->durations, nsec_to_sec(v->duration));
    }
    series_set(t->state_series, (double)v->confirmed);
}

static void exporters_observe(struct pipeline *p, const struct verdict *v)
{
    for (size_t i = 0; i < p->exporter_count; i++) {
        struct exporter *x = &p->exporters[i];
        if (x->type->observe)
            x->type->observe(x, v);
    }
}

void pipeline_publish(struct pipeline *p, struct tracked *t, struct verdict *v, struct batch *b)
{
    if (moves_state(v->origin))
        state_confirm(&t->state, v, t->probe->rise, t->probe->fall);
    registry_take(p, t, v, b);
    exporters_observe(p, v);
    recent_keep(&t->recent, v);
}
