/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One canary a flow with a schedule: its timer, the run that is under way, its series and its last result. A flow whose
 * text is unchanged goes over to the new generation when its run has ended. Called by daemon.c. Judges no step:
 * lib/flows does.
 */
#include "collector/canary.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/flows/flow_run.h"

static const struct metric info_metric = {
    .name = "flow_info",
    .kind = METRIC_GAUGE,
    .help = "Always 1; the labels say what is configured of the flow",
    .labels = {"flow", "severity"},
};
static const struct metric success_metric = {
    .name = "flow_success",
    .kind = METRIC_GAUGE,
    .help = "1 when the flow's last run passed, else 0",
    .labels = {"flow"},
};
static const struct metric duration_metric = {
    .name = "flow_duration_seconds",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "How long the flow's last run took",
    .labels = {"flow"},
};
static const struct metric last_metric = {
    .name = "flow_last_run_timestamp_seconds",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "When the flow's last run began",
    .labels = {"flow"},
};
static const struct metric runs_metric = {
    .name = "flow_runs_total",
    .kind = METRIC_COUNTER,
    .help = "Scheduled runs of the flow, by how they ended",
    .labels = {"flow", "result"},
};
static const struct metric step_metric = {
    .name = "flow_step_success",
    .kind = METRIC_GAUGE,
    .help =
        "1 when the step passed in the flow's last run, 0 when it failed or was skipped",
    .labels = {"flow", "step"},
};
static const struct metric step_duration_metric = {
    .name = "flow_step_duration_seconds",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "How long the step took in the flow's last run, tries included",
    .labels = {"flow", "step"},
};

const struct metric_rows canary_families[] = {
    METRIC_ROW(info_metric),          METRIC_ROW(success_metric),
    METRIC_ROW(duration_metric),      METRIC_ROW(last_metric),
    METRIC_ROW(runs_metric),          METRIC_ROW(step_metric),
    METRIC_ROW(step_duration_metric), {0}};

struct canary { /* one flow that has a schedule */
    struct canaries *of;
    const struct flow *flow;
    struct generation *generation; /* pinned: flow is its */
    /* the same text of a later generation, once this run ends */
    const struct flow *next_flow;
    struct generation *next_generation;
    struct source *source;
    struct timer *timer;
    struct mono due;
    struct flow_run *run; /* NULL: none is under way */
    json_t *last;         /* what its last run found; NULL: none yet */
    bool has_run, passed, is_leaving;
    struct canary *next;
};

struct canaries {
    struct frame *frame;
    struct runner *runner;
    struct registry *registry;
    struct canary *first;
};

/* ---- what a run leaves ---- */

static bool has_passed(const struct flow_result *r)
{
    return !r->failed && !r->finally_failed && !r->is_stopped;
}

static void set(struct canary *c, const struct metric *m, double value)
{
    series_set(registry_series(c->of->registry, c->source, m,
                               (const char *const[]){c->flow->name}),
               value);
}

static void set_step(struct canary *c, const struct metric *m, const char *step,
                     double value)
{
    series_set(registry_series(c->of->registry, c->source, m,
                               (const char *const[]){c->flow->name, step}),
               value);
}

static const char *result_word(const struct flow_result *r)
{
    if (r->failed)
        return r->failed->state == STEP_UNKNOWN ? "unknown" : "failed";
    return r->finally_failed ? "not_cleaned_up" : r->is_degraded ? "degraded" : "passed";
}

/* We could not ask: that says nothing of the flow, as an unknown probe's run does not. */
static bool is_telling(const struct flow_result *r)
{
    return !r->failed || r->failed->state != STEP_UNKNOWN;
}

static void show_run(struct canary *c, const struct flow_result *r)
{
    const char *const runs[] = {c->flow->name, result_word(r)};
    series_add(registry_series(c->of->registry, c->source, &runs_metric, runs), 1);
    set(c, &last_metric, wall_to_sec(r->started));
    if (!is_telling(r))
        return;
    set(c, &success_metric, has_passed(r));
    set(c, &duration_metric, nsec_to_sec(r->duration));
    for (size_t i = 0; i < r->count; i++) {
        const struct flow_step_result *s = &r->steps[i];
        if (s->step->steps)
            continue;
        set_step(c, &step_metric, s->step->name,
                 s->state == STEP_PASSED || s->state == STEP_DEGRADED);
        set_step(c, &step_duration_metric, s->step->name, nsec_to_sec(s->duration));
    }
}

static void log_run(const struct canary *c, const struct flow_result *r)
{
    const struct flow_step_result *bad = r->failed ? r->failed : r->finally_failed;
    if (bad)
        log_error(EV("flow failed"), STR("flow", c->flow->name), STR("run_id", r->run_id),
                  STR("step", bad->step->name), STR("reason", reason_word(bad->reason)),
                  STR("detail", bad->why), DUR("duration", r->duration));
    else if (!c->has_run || !c->passed)
        log_info(EV("flow passed"), STR("flow", c->flow->name), STR("run_id", r->run_id),
                 DUR("duration", r->duration));
}

static json_t *run_json(const struct flow_result *r)
{
    char started[WALL_TEXT_SIZE];
    json_t *steps = json_array();
    for (size_t i = 0; i < r->count; i++) {
        const struct flow_step_result *s = &r->steps[i];
        json_array_append_new(
            steps, json_pack("{s:s, s:s, s:b, s:f, s:I, s:s, s:s}", "step", s->step->name,
                             "state", step_state_name(s->state), "finally", s->is_finally,
                             "duration_seconds", nsec_to_sec(s->duration), "tries",
                             (json_int_t)s->tries, "reason",
                             s->reason == REASON_NONE ? "" : reason_word(s->reason),
                             "detail", s->why));
    }
    return json_pack("{s:s, s:s, s:s, s:f, s:o}", "run_id", r->run_id, "started",
                     wall_format(r->started, started), "result", result_word(r),
                     "duration_seconds", nsec_to_sec(r->duration), "steps", steps);
}

/* ---- runs ---- */

static void canary_free(struct canary *c)
{
    flow_destroy(c->run);
    timer_destroy(c->timer);
    json_decref(c->last);
    generation_unref(c->generation);
    generation_unref(c->next_generation);
    free(c);
}

static void take_next(struct canary *c)
{
    if (!c->next_generation)
        return;
    generation_unref(c->generation);
    c->generation = c->next_generation;
    c->flow = c->next_flow;
    c->next_generation = NULL;
}

static void on_done(void *ctx, const struct flow_result *r)
{
    struct canary *c = ctx;
    if (!c->is_leaving) {
        show_run(c, r);
        log_run(c, r);
        json_decref(c->last);
        c->last = run_json(r);
        c->has_run = true;
        c->passed = has_passed(r);
    }
    flow_destroy(c->run);
    c->run = NULL;
    take_next(c);
    if (c->is_leaving)
        canary_free(c);
}

static void begin(struct canary *c)
{
    struct err e = {0};
    c->run = flow_start(&(struct flow_ask){.flow = c->flow,
                                           .frame = c->of->frame,
                                           .runner = c->of->runner,
                                           .on_done = on_done,
                                           .ctx = c},
                        &e);
    if (!c->run)
        log_error(EV("flow failed"), STR("flow", c->flow->name), STR("detail", e.text));
}

/* A run that is still under way when its next slot comes is not doubled. */
static void on_due(void *ctx)
{
    struct canary *c = ctx;
    if (!c->run)
        begin(c);
    c->due = mono_add(c->due, c->flow->schedule);
    timer_at(c->timer, c->due);
}

/* ---- generations ---- */

static struct canary *canary_make(struct canaries *all, const struct flow *flow,
                                  struct generation *g)
{
    struct canary *c = memory_take(sizeof(*c));
    const uint64_t hash = bytes_hash64(bytes_of(flow->name));
    const nsec spread =
        flow->schedule < 10 * NSEC_PER_SEC ? flow->schedule : 10 * NSEC_PER_SEC;
    *c = (struct canary){.of = all, .flow = flow, .generation = generation_ref(g)};
    c->source = registry_source(all->registry, flow->name, false, flow->labels);
    const char *const info[] = {flow->name, flow->severity};
    series_set(registry_series(all->registry, c->source, &info_metric, info), 1);
    c->timer = loop_timer_create(all->frame->loop, "canary", on_due, c);
    c->due = mono_add(loop_now(all->frame->loop),
                      NSEC_PER_SEC + (nsec)(hash % (uint64_t)spread));
    timer_at(c->timer, c->due);
    return c;
}

static void canary_end(struct canary *c)
{
    registry_source_end(c->of->registry, c->source);
    c->source = NULL;
    timer_stop(c->timer);
    c->is_leaving = true;
    if (c->run)
        flow_stop(c->run);
    else
        canary_free(c);
}

static void canary_keep(struct canary *c, const struct flow *flow, struct generation *g)
{
    generation_unref(c->next_generation);
    c->next_generation = generation_ref(g);
    c->next_flow = flow;
    if (!c->run)
        take_next(c);
}

/* Takes it out of the list. */
static struct canary *find_same(struct canary **list, const struct flow *flow)
{
    for (struct canary **at = list; *at; at = &(*at)->next) {
        struct canary *c = *at;
        if (strcmp(c->flow->name, flow->name) != 0 ||
            strcmp(c->flow->canonical, flow->canonical) != 0)
            continue;
        *at = c->next;
        return c;
    }
    return NULL;
}

void canaries_adopt(struct canaries *all, struct generation *g)
{
    struct canary *before = all->first, **last = &all->first;
    all->first = NULL;
    for (size_t i = 0; i < g->flow_count; i++) {
        if (!g->flows[i].schedule)
            continue;
        struct canary *c = find_same(&before, &g->flows[i]);
        if (c)
            canary_keep(c, &g->flows[i], g);
        else
            c = canary_make(all, &g->flows[i], g);
        c->next = NULL;
        *last = c;
        last = &c->next;
    }
    while (before) {
        struct canary *next = before->next;
        canary_end(before);
        before = next;
    }
}

/* ---- life ---- */

struct canaries *canaries_create(struct frame *f, struct runner *runner,
                                 struct registry *r)
{
    struct canaries *c = memory_take(sizeof(*c));
    *c = (struct canaries){.frame = f, .runner = runner, .registry = r};
    return c;
}

void canaries_stop(struct canaries *all)
{
    for (struct canary *c = all->first; c; c = c->next) {
        timer_stop(c->timer);
        if (c->run)
            flow_abandon(c->run);
    }
}

void canaries_destroy(struct canaries *all)
{
    while (all && all->first) {
        struct canary *c = all->first;
        all->first = c->next;
        canary_free(c);
    }
    free(all);
}

json_t *canaries_json(const struct canaries *all)
{
    json_t *list = json_array();
    const struct mono now = loop_now(all->frame->loop);
    for (const struct canary *c = all->first; c; c = c->next) {
        char next[WALL_TEXT_SIZE];
        const struct wall due =
            wall_add(loop_wall(all->frame->loop), mono_since(c->due, now));
        json_array_append_new(list, json_pack("{s:s, s:f, s:s, s:s, s:b, s:O?}", "flow",
                                              c->flow->name, "schedule_seconds",
                                              nsec_to_sec(c->flow->schedule), "severity",
                                              c->flow->severity, "next_due",
                                              wall_format(due, next), "is_running",
                                              c->run != NULL, "last_run", c->last));
    }
    return list;
}
