/* SPDX-License-Identifier: Apache-2.0 */
/* See baseline.h: what a smoke run showed. */
#include "healthctl/baseline.h"

#include <string.h>

#include "healthctl/report.h"
#include "lib/base/map.h"

struct shown { /* by one answer; a later try's replaces it */
    struct answer_shape shapes[BASELINE_SHAPES_MAX];
    size_t count;
};

struct baseline_watch {
    struct arena *arena;
    struct map *shown; /* address of a flow_finding → struct shown */
};

const char *measure_name(int measure)
{
    return measure == MEASURE_TOTAL ? "total" : phase_name((enum phase)measure);
}

const struct flow_record *baseline_flow(const struct baseline *b, const char *name)
{
    for (size_t i = 0; i < b->count; i++) {
        if (!strcmp(b->flows[i].flow, name))
            return &b->flows[i];
    }
    return NULL;
}

const struct answer_record *baseline_answer(const struct flow_record *f, const char *step,
                                            const char *probe)
{
    for (size_t i = 0; i < f->count; i++) {
        if (!strcmp(f->answers[i].step, step) && !strcmp(f->answers[i].probe, probe))
            return &f->answers[i];
    }
    return NULL;
}

/* ---- while it runs ---- */

static void destroy_map(void *map)
{
    map_destroy(map);
}

struct baseline_watch *baseline_watch_create(struct arena *arena)
{
    struct baseline_watch *w = arena_alloc(arena, sizeof(*w));
    *w = (struct baseline_watch){.arena = arena, .shown = map_create()};
    arena_cleanup(arena, destroy_map, w->shown);
    return w;
}

static struct bytes key_of(const struct flow_finding *const *finding)
{
    return (struct bytes){(const char *)finding, sizeof(*finding)};
}

void baseline_watch_answer(void *watch, const struct flow_result *result UNUSED,
                           const struct flow_step_result *step, size_t finding,
                           struct run *run)
{
    struct baseline_watch *w = watch;
    const struct flow_finding *at = &step->findings[finding];
    const struct var *var = step->step->probes[finding]->type->vars;
    struct shown *shown = map_get(w->shown, key_of(&at));
    struct arena *scratch = arena_create(0);
    if (!shown) {
        shown = arena_alloc(w->arena, sizeof(*shown));
        map_put(w->shown, key_of(&at), shown);
    }
    *shown = (struct shown){0};
    for (; var && var->name && shown->count < BASELINE_SHAPES_MAX; var++) {
        struct value value;
        struct err why = {0};
        if (var->type == VALUE_JSON && var->get(run, scratch, &value, &why) &&
            value.type == VALUE_JSON && value.json)
            shown->shapes[shown->count++] =
                (struct answer_shape){var->name, shape_of(value.json, w->arena)};
    }
    arena_destroy(scratch);
}

/* ---- afterwards ---- */

static bool has_passed(const struct flow_step_result *s)
{
    return s->state == STEP_PASSED || s->state == STEP_DEGRADED;
}

static struct answer_record *answer_of(struct flow_record *f, const char *step,
                                       const struct probe *probe, size_t most,
                                       struct arena *arena)
{
    for (size_t i = 0; i < f->count; i++) {
        if (!strcmp(f->answers[i].step, step) &&
            !strcmp(f->answers[i].probe, probe->name))
            return &f->answers[i];
    }
    struct answer_record *a = &f->answers[f->count++];
    *a = (struct answer_record){.step = arena_strdup(arena, step),
                                .probe = arena_strdup(arena, probe->name),
                                .type = probe->type->name};
    for (int m = 0; m < MEASURES; m++)
        a->seconds[m].items = arena_alloc(arena, (most + 1) * sizeof(double));
    return a;
}

static void add_sample(struct answer_record *a, int measure, nsec duration, size_t most)
{
    struct seconds *s = &a->seconds[measure];
    double *items = (double *)(uintptr_t)s->items; /* ours: answer_of made it */
    if (duration > 0 && s->count < most)
        items[s->count++] = nsec_to_sec(duration);
}

static void add_shape(struct answer_record *a, const struct answer_shape *shown,
                      struct arena *arena)
{
    for (size_t i = 0; i < a->shape_count; i++) {
        if (!strcmp(a->shapes[i].name, shown->name)) {
            a->shapes[i].shape = shape_merge(a->shapes[i].shape, shown->shape, arena);
            return;
        }
    }
    if (a->shape_count < BASELINE_SHAPES_MAX)
        a->shapes[a->shape_count++] = *shown;
}

struct taking { /* one run of a flow into its record */
    const struct baseline_watch *watch;
    struct flow_record *record;
    size_t most; /* samples */
};

static void take_step(const struct taking *t, const struct flow_step_result *s)
{
    struct arena *arena = t->watch->arena;
    for (size_t i = 0; i < s->step->probe_count; i++) {
        const struct flow_finding *f = &s->findings[i];
        const struct shown *shown = map_get(t->watch->shown, key_of(&f));
        struct answer_record *a = answer_of(t->record, report_step_name(s, arena),
                                            s->step->probes[i], t->most, arena);
        for (int m = 0; m < PHASE_COUNT; m++)
            add_sample(a, m, f->phases[m], t->most);
        add_sample(a, MEASURE_TOTAL, f->duration, t->most);
        for (size_t k = 0; shown && k < shown->count; k++)
            add_shape(a, &shown->shapes[k], arena);
    }
}

static size_t probes_of(const struct flow_result *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += r->steps[i].step->probe_count;
    return count;
}

static struct flow_record *flow_of(struct baseline *b, const struct flow_result *r,
                                   struct arena *arena)
{
    struct flow_record *known =
        (struct flow_record *)(uintptr_t)baseline_flow(b, r->flow->name);
    if (known)
        return known;
    struct flow_record *f = &b->flows[b->count++];
    *f = (struct flow_record){
        .flow = arena_strdup(arena, r->flow->name),
        .answers = arena_alloc(arena, (probes_of(r) + 1) * sizeof(*f->answers))};
    return f;
}

struct baseline *baseline_of(const struct baseline_watch *w, const struct smoke *smoke,
                             const char *release, struct wall now)
{
    struct arena *arena = w->arena;
    struct baseline *b = arena_alloc(arena, sizeof(*b));
    *b = (struct baseline){
        .recorded = now,
        .release = arena_strdup(arena, release ? release : ""),
        .flows = arena_alloc(arena, (smoke->plan->count + 1) * sizeof(*b->flows))};
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        struct flow_record *f = flow_of(b, r, arena);
        const struct taking t = {w, f,
                                 smoke->plan->repeat < BASELINE_SAMPLES_MAX
                                     ? smoke->plan->repeat
                                     : BASELINE_SAMPLES_MAX};
        f->runs++;
        for (size_t k = 0; k < r->count; k++) {
            if (has_passed(&r->steps[k]) && !r->steps[k].step->steps)
                take_step(&t, &r->steps[k]);
        }
    }
    return b;
}
