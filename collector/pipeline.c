/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline_publish, top to bottom, is the order in which a verdict reaches state, registry, exporters, what was seen last,
 * history and rules. daemon.c calls it first; then it keeps memos, writes the verdict's history, and tells the viewers of
 * the status page. Owns the exporters. None of those that are told can refuse.
 */
#include "collector/pipeline.h"

#include <assert.h>

#include "collector/probes_seen.h"

/* Unknown writes no value, and ends none: what was known stays until something is known again. */
static void registry_take(struct pipeline *p, struct tracked *t, const struct verdict *v,
                          struct batch *b)
{
    if (v->health != HEALTH_UNKNOWN) {
        registry_publish(p->registry, t->source, b);
        histogram_observe(t->durations, nsec_to_sec(v->duration));
    }
    series_set(t->state_series, (double)v->confirmed);
    series_set(t->unknown_series, v->health == HEALTH_UNKNOWN);
}

static void exporters_observe(struct pipeline *p, const struct verdict *v)
{
    for (size_t i = 0; i < p->exporter_count; i++) {
        struct exporter *x = &p->exporters[i];
        if (x->type->observe)
            x->type->observe(x, v);
    }
}

void pipeline_publish(struct pipeline *p, struct tracked *t, struct verdict *v,
                      struct batch *b)
{
    if (origin_moves_state(v->origin))
        state_confirm(&t->state, v, t->probe->rise, t->probe->fall);
    probes_seen_note(t, v);
    registry_take(p, t, v, b);
    exporters_observe(p, v);
    recent_keep(&t->recent, v);
    publications_add(&p->publications, p->engine_host, t, v, b);
}

static void close_exporters(struct exporter *exporters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (exporters[i].type->close)
            exporters[i].type->close(&exporters[i]);
        free(exporters[i].state);
    }
    free(exporters);
}

static bool open_exporter(struct exporter *x, struct err *e)
{
    x->state = calloc(1, x->type->state_size + 1);
    assert(x->state);
    if (!x->type->open || x->type->open(x, e))
        return true;
    free(x->state);
    return err_wrap(e, "exporter '%s'", x->type->name);
}

bool pipeline_set_exporters(struct pipeline *p, struct generation *g, struct frame *f,
                            struct err *e)
{
    struct exporter *next = calloc(g->exporter_count + 1, sizeof(*next));
    assert(next);
    for (size_t i = 0; i < g->exporter_count; i++) {
        next[i] = (struct exporter){.type = g->exporters[i].type,
                                    .conf = g->exporters[i].conf,
                                    .frame = f,
                                    .registry = p->registry};
        if (!open_exporter(&next[i], e)) {
            close_exporters(next, i);
            return false;
        }
    }
    struct exporter *before = p->exporters;
    const size_t count = p->exporter_count;
    p->exporters = next;
    p->exporter_count = g->exporter_count;
    close_exporters(before, count);
    generation_unref(p->generation);
    p->generation = generation_ref(g);
    return true;
}

const struct exporter *pipeline_paging(const struct pipeline *p)
{
    for (size_t i = 0; i < p->exporter_count; i++) {
        if (p->exporters[i].type->page)
            return &p->exporters[i];
    }
    return NULL;
}

void pipeline_reopen(struct pipeline *p)
{
    for (size_t i = 0; i < p->exporter_count; i++) {
        if (p->exporters[i].type->reopen)
            p->exporters[i].type->reopen(&p->exporters[i]);
    }
}

void pipeline_close(struct pipeline *p)
{
    close_exporters(p->exporters, p->exporter_count);
    p->exporters = NULL;
    p->exporter_count = 0;
    generation_unref(p->generation);
    p->generation = NULL;
}
