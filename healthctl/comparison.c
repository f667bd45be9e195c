/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps are found by name, then compared by how they ended, by their answers' shapes and by their times; the worst of
 * these is the step's word. Called through against.c. Prints nothing.
 */
#include "healthctl/comparison.h"

#include <string.h>

#include "healthctl/report.h"
#include "lib/base/units.h"

enum { WHY_MAX_BYTES = 2000, DIFFERENCES_SHOWN = 8 };

struct comparing {
    struct comparison *c;
    struct compared_step *steps;
    const struct smoke *smoke;
    const struct baseline *recorded, *fresh;
    struct arena *arena;
};

const char *compared_name(enum compared c)
{
    static const char *const names[] = {
        [COMPARED_NOT] = "not compared", [COMPARED_SAME] = "same",
        [COMPARED_SLOWER] = "slower",    [COMPARED_CHANGED] = "changed",
        [COMPARED_BROKEN] = "broken",
    };
    return names[c];
}

/* ---- texts ---- */

struct words { /* of one step */
    struct buf why, note;
    size_t differences, news;
    enum compared verdict;
};

static void add(struct buf *out, size_t *count, const char *text)
{
    if ((*count)++ < DIFFERENCES_SHOWN)
        buf_printf(out, "%s%s", out->len ? "; " : "", text);
}

static void worsen(struct words *w, enum compared verdict)
{
    w->verdict = verdict > w->verdict ? verdict : w->verdict;
}

static const char *text_of(struct buf *text, size_t count, struct arena *arena)
{
    if (count > DIFFERENCES_SHOWN)
        buf_printf(text, "; and %zu more", count - DIFFERENCES_SHOWN);
    return arena_keep(arena, text);
}

/* ---- one answer ---- */

static void take_finding(void *ctx, const struct shape_finding *f)
{
    struct words *w = ctx;
    if (f->is_change) {
        add(&w->why, &w->differences, f->text);
        worsen(w, COMPARED_CHANGED);
    } else {
        add(&w->note, &w->news, f->text);
    }
}

static const struct answer_shape *shape_named(const struct answer_record *a,
                                              const char *name)
{
    for (size_t i = 0; i < a->shape_count; i++) {
        if (!strcmp(a->shapes[i].name, name))
            return &a->shapes[i];
    }
    return NULL;
}

static void compare_shapes(const struct answer_record *was,
                           const struct answer_record *is, struct words *w,
                           struct arena *arena)
{
    for (size_t i = 0; i < was->shape_count; i++) {
        const struct answer_shape *now = shape_named(is, was->shapes[i].name);
        if (now)
            shape_compare(was->shapes[i].shape, now->shape, now->name, take_finding, w);
        else
            take_finding(w, &(struct shape_finding){
                                true, arena_printf(arena, "%s is not there any more",
                                                   was->shapes[i].name)});
    }
}

/* A phase that happens now and then only (a new connection, a name looked up) is not compared. */
static bool is_usual(struct seconds phase, struct seconds total)
{
    return phase.count * 2 > total.count;
}

static void say_slower(struct words *w, int measure, struct seconds was,
                       struct seconds is, struct arena *arena)
{
    const char *now = duration_text_short(arena, nsec_from_sec(seconds_p95(is)));
    const char *before = duration_text_short(arena, nsec_from_sec(seconds_p95(was)));
    add(&w->why, &w->differences,
        arena_printf(arena, "%s: p95 %s of %zu, was %s of %zu", measure_name(measure),
                     now, is.count, before, was.count));
    worsen(w, COMPARED_SLOWER);
}

static void compare_times(const struct answer_record *was, const struct answer_record *is,
                          struct tolerance tolerance, struct words *w,
                          struct arena *arena)
{
    for (int m = MEASURES; m-- > 0;) { /* the total first */
        const bool is_both = is_usual(was->seconds[m], was->seconds[MEASURE_TOTAL]) &&
                             is_usual(is->seconds[m], is->seconds[MEASURE_TOTAL]);
        if (is_both && seconds_are_slower(was->seconds[m], is->seconds[m], tolerance))
            say_slower(w, m, was->seconds[m], is->seconds[m], arena);
    }
}

/* ---- one step ---- */

/* The first result of the flow's runs in which it failed; else the last in which it is. */
static const struct flow_step_result *result_of(const struct smoke *smoke,
                                                const char *flow, size_t step,
                                                const struct flow_result **ret_run)
{
    const struct flow_step_result *found = NULL;
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        if (strcmp(r->flow->name, flow) != 0)
            continue;
        found = &r->steps[step];
        *ret_run = r;
        if (found->state == STEP_FAILED)
            break;
    }
    return found;
}

static void judge_state(const struct flow_step_result *s, const struct flow_result *run,
                        struct words *w)
{
    const bool is_after_failure = run->failed && s->state == STEP_SKIPPED;
    if (s->state == STEP_FAILED || is_after_failure) {
        add(&w->why, &w->differences, s->why);
        worsen(w, COMPARED_BROKEN);
    } else if (s->state == STEP_SKIPPED || s->state == STEP_UNKNOWN) {
        add(&w->note, &w->news, s->why);
    }
}

static void compare_answer(const struct comparing *c, struct compared_step *step,
                           const struct answer_record *was,
                           const struct flow_step_result *s,
                           const struct flow_result *run)
{
    const struct flow_record *fresh = baseline_flow(c->fresh, step->flow);
    const struct answer_record *is =
        fresh ? baseline_answer(fresh, step->step, step->probe) : NULL;
    struct words w = {.why = BUF_MAX(WHY_MAX_BYTES), .note = BUF_MAX(WHY_MAX_BYTES)};
    judge_state(s, run, &w);
    if (was && is) {
        worsen(&w, COMPARED_SAME);
        compare_shapes(was, is, &w, c->arena);
        compare_times(was, is, c->c->tolerance, &w, c->arena);
        step->is = seconds_p95(is->seconds[MEASURE_TOTAL]);
        step->fresh = is->seconds[MEASURE_TOTAL].count;
    }
    if (was) {
        step->was = seconds_p95(was->seconds[MEASURE_TOTAL]);
        step->recorded = was->seconds[MEASURE_TOTAL].count;
    } else {
        w.verdict = COMPARED_NOT;
        add(&w.note, &w.news, "it is not in the baseline");
    }
    step->verdict = w.verdict;
    step->why = text_of(&w.why, w.differences, c->arena);
    step->note = text_of(&w.note, w.news, c->arena);
}

/* ---- all of them ---- */

static void compare_flow(struct comparing *c, const struct flow_result *r)
{
    const struct flow_record *was = baseline_flow(c->recorded, r->flow->name);
    for (size_t i = 0; i < r->count; i++) {
        const struct flow_result *run = r;
        const struct flow_step_result *s = result_of(c->smoke, r->flow->name, i, &run);
        for (size_t k = 0; !s->step->steps && k < s->step->probe_count; k++) {
            struct compared_step *step = &c->steps[c->c->count++];
            *step = (struct compared_step){.flow = r->flow->name,
                                           .step = report_step_name(s, c->arena),
                                           .probe = s->step->probes[k]->name};
            compare_answer(c, step,
                           was ? baseline_answer(was, step->step, step->probe) : NULL, s,
                           run);
            if (step->verdict > c->c->verdict)
                c->c->verdict = step->verdict;
        }
    }
}

static bool is_first_of_flow(const struct smoke *smoke, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (!strcmp(smoke->results[i]->flow->name, smoke->results[at]->flow->name))
            return false;
    }
    return true;
}

static size_t count_answers(const struct smoke *smoke)
{
    size_t count = 0;
    for (size_t i = 0; i < smoke->count; i++) {
        for (size_t k = 0; k < smoke->results[i]->count; k++)
            count += smoke->results[i]->steps[k].step->probe_count;
    }
    return count;
}

const struct comparison *comparison_make(const struct baseline *recorded,
                                         const struct baseline *fresh,
                                         const struct smoke *smoke, const char *path,
                                         struct tolerance tolerance, struct arena *arena)
{
    struct comparison *all = arena_alloc(arena, sizeof(*all));
    struct comparing c = {all, NULL, smoke, recorded, fresh, arena};
    c.steps = arena_alloc(arena, (count_answers(smoke) + 1) * sizeof(*c.steps));
    *all = (struct comparison){
        .path = path, .baseline = recorded, .steps = c.steps, .tolerance = tolerance};
    for (size_t i = 0; i < smoke->count; i++) {
        if (is_first_of_flow(smoke, i))
            compare_flow(&c, smoke->results[i]);
    }
    return all;
}
