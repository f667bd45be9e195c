/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples on their way from a run to the registry or to a page. Filled by run_samples.c; lives in the run's arena;
 * knows no value from before.
 */
#include "lib/core/batch.h"

#include <assert.h>
#include <string.h>

struct batch *batch_create(struct arena *arena)
{
    struct batch *b = arena_alloc(arena, sizeof(*b));
    b->arena = arena;
    return b;
}

struct batch_group *batch_group(struct batch *b, const char *name)
{
    for (struct batch_group *g = b->first; g; g = g->next) {
        if (!strcmp(g->name, name))
            return g;
    }

    struct batch_group *g = arena_alloc(b->arena, sizeof(*g));
    g->name = arena_strdup(b->arena, name);
    if (b->last)
        b->last->next = g;
    else
        b->first = g;
    b->last = g;
    return g;
}

void batch_adopt(struct batch *b, struct batch *from)
{
    for (const struct batch_group *g = from->first; g; g = g->next) {
        struct batch_group *into = batch_group(b, g->name);
        into->failed = into->failed || g->failed;
        into->count += g->count;
        if (into->last)
            into->last->next = g->first;
        else
            into->first = g->first;
        if (g->last)
            into->last = g->last;
    }
    b->count += from->count;
    b->dropped += from->dropped;
    *from = (struct batch){.arena = from->arena};
}

static size_t label_count(const struct metric *metric)
{
    size_t count = 0;
    while (metric->labels[count])
        count++;
    return count;
}

static const char *const *values_copy(struct arena *arena, const struct metric *metric,
                                      const char *const *values)
{
    const size_t count = label_count(metric);
    if (!values || !count)
        return NULL;

    const char **copy = arena_alloc(arena, count * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = values[i] && values[i][0] ? arena_strdup(arena, values[i]) : NULL;
    return copy;
}

void batch_add_kept(struct batch *b, struct batch_group *g, const struct metric *metric,
                    const char *const *values, struct labels extra, double value)
{
    assert(metric->kind != METRIC_HISTOGRAM ||
           metric->family); /* registry_histogram keeps those */
    if (b->count >= BATCH_MAX_SAMPLES) {
        b->dropped++;
        return;
    }

    struct sample *s = arena_alloc(b->arena, sizeof(*s));
    s->metric = metric;
    s->values = values;
    s->extra = extra;
    s->value = value;
    if (g->last)
        g->last->next = s;
    else
        g->first = s;
    g->last = s;
    g->count++;
    b->count++;
}

void batch_add(struct batch *b, struct batch_group *g, const struct metric *metric,
               const char *const *values, struct labels extra, double value)
{
    if (b->count >= BATCH_MAX_SAMPLES) {
        b->dropped++;
        return;
    }
    batch_add_kept(b, g, metric, values_copy(b->arena, metric, values),
                   extra.count ? labels_copy(b->arena, extra) : (struct labels){0},
                   value);
}

static struct metric *metric_make(struct batch *b, const char *name,
                                  enum metric_kind kind, const char *help,
                                  const char *const *label_names)
{
    if (!metric_name_valid(name))
        return NULL;

    struct metric *m = arena_alloc(b->arena, sizeof(*m));
    for (size_t i = 0; label_names && label_names[i]; i++) {
        if (i == METRIC_MAX_LABELS || !label_name_valid(bytes_of(label_names[i])))
            return NULL;
        m->labels[i] = arena_strdup(b->arena, label_names[i]);
    }
    m->name = arena_strdup(b->arena, name);
    m->kind = kind;
    m->unit = "";
    m->help = arena_strdup(b->arena, help ? help : "");
    m->is_dynamic = true;
    return m;
}

const struct metric *batch_metric(struct batch *b, const char *name,
                                  enum metric_kind kind, const char *help,
                                  const char *const *label_names)
{
    if (kind == METRIC_HISTOGRAM || kind == METRIC_SUMMARY)
        return NULL;
    return metric_make(b, name, kind, help, label_names);
}

const struct metric *batch_metric_part(struct batch *b, const char *family,
                                       const char *suffix, enum metric_kind kind,
                                       const char *help)
{
    if (!metric_name_valid(family))
        return NULL;
    struct metric *m =
        metric_make(b, arena_printf(b->arena, "%s%s", family, suffix), kind, help, NULL);
    if (m)
        m->family = arena_strdup(b->arena, family);
    return m;
}
