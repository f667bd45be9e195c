/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See readiness.h. The probes become flows of one step that asks them at once, so that there is one way to try again
 * (lib/flows) and one to be stopped (smoke_run.c).
 */
#include "healthctl/readiness.h"

#include <string.h>

#include "healthctl/report.h"
#include "healthctl/smoke_text.h"
#include "lib/base/map.h"
#include "lib/base/units.h"

enum {
    AT_ONCE = 100, /* probes of one step: the runner takes some more at a time */
    WHY_NAMES_MAX = 5
};

struct waiting {
    const struct readiness *r;
    struct smoke_progress progress;
    struct map *settled; /* steps that were shown as ready */
    struct readiness_end end;
};

bool readiness_can_ask(const struct probe *p)
{
    return !p->type->receive;
}

/* ---- probes as a flow ---- */

static struct flow_step *step_of(const struct invocation *in, const struct probe *p)
{
    struct flow_step *step = arena_alloc(in->arena, sizeof(*step));
    const struct probe **one = arena_alloc(in->arena, sizeof(*one));
    *one = p;
    *step =
        (struct flow_step){.name = p->name, .at = p->at, .probes = one, .probe_count = 1};
    return step;
}

static const struct flow *flow_of(const struct readiness *r,
                                  const struct probe *const *probes, size_t count)
{
    struct arena *arena = r->in->arena;
    struct flow *flow = arena_alloc(arena, sizeof(*flow));
    struct flow_step *group = arena_alloc(arena, sizeof(*group));
    struct flow_step *members = arena_alloc(arena, (count + 1) * sizeof(*members));
    for (size_t i = 0; i < count; i++)
        members[i] = *step_of(r->in, probes[i]);
    *group = (struct flow_step){.name = "probes", .steps = members, .step_count = count};
    *flow = (struct flow){.name = "probes",
                          .deadline = r->timeout,
                          .severity = "none",
                          .steps = group,
                          .step_count = 1,
                          .canonical = ""};
    return flow;
}

static void plan_flows(const struct readiness *r, struct smoke_plan *ret)
{
    const size_t most = r->probe_count / AT_ONCE + 1 + r->flow_count;
    const struct flow **flows = arena_alloc(r->in->arena, (most + 1) * sizeof(*flows));
    ret->flows = flows;
    for (size_t at = 0; at < r->probe_count; at += AT_ONCE) {
        const size_t left = r->probe_count - at;
        flows[ret->count++] = flow_of(r, r->probes + at, left < AT_ONCE ? left : AT_ONCE);
    }
    for (size_t i = 0; i < r->flow_count; i++)
        flows[ret->count++] = r->flows[i];
}

/* ---- while it waits ---- */

static bool is_ready(const struct flow_step_result *s)
{
    return s->state == STEP_PASSED || s->state == STEP_DEGRADED;
}

/* Once they are ready, the further rounds of a steady wait say nothing as long as that lasts. */
static void on_step(void *ctx, const struct flow_result *result,
                    const struct flow_step_result *s)
{
    struct waiting *w = ctx;
    const struct bytes key = {(const char *)&s->step, sizeof(s->step)};
    const bool was_ready = map_get(w->settled, key) != NULL;
    if (was_ready && (is_ready(s) || (s->state == STEP_RUNNING && s->tries < 2)))
        return;
    smoke_progress_step(&w->progress, result, s);
    if (is_ready(s))
        map_put(w->settled, key, (void *)(uintptr_t)1);
    else
        map_remove(w->settled, key);
}

/* ---- afterwards ---- */

static const char *target_name(const struct smoke *smoke, const struct flow_result *r,
                               const struct flow_step_result *s)
{
    return r->flow->at.file
               ? arena_printf(smoke->plan->in->arena, "%s: %s", r->flow->name,
                              report_step_name(s, smoke->plan->in->arena))
               : s->step->name;
}

static const struct column columns[] = {
    {.key = "ready", .title = "READY"},
    {.key = "target", .title = "WHAT"},
    {.key = "waited_seconds", .title = "AFTER", .is_right = true},
    {.key = "tries", .title = "TRIES", .is_right = true},
    {.key = "reason", .title = NULL},
    {.key = "failing_since", .title = NULL},
    {.key = "detail", .title = "WHY", .is_elastic = true},
};
enum { COLUMNS = ARRAY_LEN(columns) };

static void fill_row(const struct smoke *smoke, const struct flow_result *r,
                     const struct flow_step_result *s, struct cell *c)
{
    const bool ready = is_ready(s);
    c[0] = ready ? cell_toned(TONE_GOOD, "yes") : cell_toned(TONE_BAD, "no");
    c[1] = cell_text(target_name(smoke, r, s));
    c[2] = s->tries ? cell_duration(s->duration) : cell_none();
    c[3] = cell_count((int64_t)s->tries);
    c[4] = s->reason == REASON_NONE ? cell_none() : cell_text(reason_word(s->reason));
    c[5] = ready ? cell_none() : cell_time(s->failing_since);
    c[6] = *s->why ? cell_text(s->why) : cell_none();
}

/* What is not ready comes first. Skipped steps of a flow (a `when` that says no) stand for nothing. */
static size_t write_targets(const struct smoke *smoke, size_t *ret_ready)
{
    const struct invocation *in = smoke->plan->in;
    size_t total = 0, rows = 0;
    for (size_t i = 0; i < smoke->count; i++)
        total += smoke->results[i]->count;
    struct cell *cells = arena_alloc(in->arena, (total * COLUMNS + 1) * sizeof(*cells));
    *ret_ready = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < smoke->count; i++) {
            const struct flow_result *r = smoke->results[i];
            for (size_t k = 0; k < r->count; k++) {
                const struct flow_step_result *s = &r->steps[k];
                const bool ready = is_ready(s);
                if (s->step->steps || ready != pass ||
                    (s->state == STEP_SKIPPED && smoke_code(r) == CODE_PASS))
                    continue;
                fill_row(smoke, r, s, &cells[rows++ * COLUMNS]);
                *ret_ready += ready;
            }
        }
    }
    write_table(in->out, &(struct table){"targets", columns, COLUMNS, cells, rows});
    return rows;
}

static const char *why_not(const struct smoke *smoke)
{
    struct buf text = BUF_MAX(1000);
    size_t named = 0;
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        for (size_t k = 0; k < r->count; k++) {
            const struct flow_step_result *s = &r->steps[k];
            if (s->step->steps || (s->state != STEP_FAILED && s->state != STEP_UNKNOWN))
                continue;
            if (named++ < WHY_NAMES_MAX)
                buf_printf(&text, "%s%s: %.120s", text.len ? "; " : "",
                           target_name(smoke, r, s), s->why);
        }
    }
    if (named > WHY_NAMES_MAX)
        buf_printf(&text, "; and %zu more", named - WHY_NAMES_MAX);
    return arena_keep(smoke->plan->in->arena, &text);
}

static void say_end(const struct smoke *smoke, size_t ready, size_t total)
{
    const struct invocation *in = smoke->plan->in;
    const nsec steady = smoke->plan->steady;
    const char *after = duration_text_short(in->arena, smoke->duration);
    if (smoke->code == CODE_PASS && steady)
        write_say(in->out, TONE_GOOD, "ready: %zu of %zu, for %s without a failed try",
                  ready, total, duration_text_short(in->arena, smoke->steady));
    else if (smoke->code == CODE_PASS)
        write_say(in->out, TONE_GOOD, "ready: %zu of %zu, after %s", ready, total, after);
    else if (smoke->code == CODE_STOPPED)
        write_say(in->out, TONE_WARN, "stopped by hand after %s: %zu of %zu were ready",
                  after, ready, total);
    else if (ready == total && steady)
        write_say(in->out, TONE_BAD,
                  "not ready: all of %zu were, but only for %s of the %s that were asked",
                  total, duration_text_short(in->arena, smoke->steady),
                  duration_text_short(in->arena, steady));
    else
        write_say(in->out, TONE_BAD, "not ready after %s: %zu of %zu are", after, ready,
                  total);
}

static int report(void *ctx, const struct smoke *smoke)
{
    struct waiting *w = ctx;
    const struct invocation *in = smoke->plan->in;
    size_t ready;
    /* Whatever it was that failed: it was waited for, and did not come. */
    struct smoke told = *smoke;
    if (told.code != CODE_PASS && told.code != CODE_STOPPED)
        told.code = CODE_NOT_READY;
    write_field(in->out, "ready", NULL, cell_bool(told.code == CODE_PASS));
    write_field(in->out, "exit_code", NULL, cell_count(told.code));
    write_field(in->out, "duration_seconds", NULL, cell_duration(told.duration));
    if (smoke->plan->steady)
        write_field(in->out, "steady_seconds", NULL, cell_duration(told.steady));
    const size_t total = write_targets(smoke, &ready);
    say_end(&told, ready, total);
    w->end.why = told.code == CODE_PASS      ? ""
                 : told.code == CODE_STOPPED ? "stopped by hand"
                 : ready == total            ? "it was ready, but not for long enough"
                                             : why_not(smoke);
    return told.code;
}

struct readiness_end readiness_wait(const struct readiness *r)
{
    struct waiting w = {.r = r,
                        .progress = smoke_progress_start(r->in),
                        .settled = map_create(),
                        .end = {.why = ""}};
    struct smoke_plan plan = {.in = r->in,
                              .generation = r->generation,
                              .vars = r->vars,
                              .repeat = 1,
                              .wait = r->timeout,
                              .is_wait_all = true,
                              .steady = r->steady,
                              .on_step = on_step,
                              .ctx = &w};
    plan_flows(r, &plan);
    w.end.code = smoke_run(&plan, report, &w);
    map_destroy(w.settled);
    return w.end;
}
