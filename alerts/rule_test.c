/* SPDX-License-Identifier: Apache-2.0 */
/* See rule_test.h. Evaluates step by step, as promtool does, with the book and the evaluator that healthd has. */
#include "alerts/rule_test.h"

#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book.h"
#include "alerts/rule_test_impl.h"

/* Evaluations of one test: a test that asks for more has mistaken an interval. */
#define STEPS_MAX 1000000

struct running { /* one test */
    const struct test_file *file;
    const struct test_group *group;
    const struct rule_test_opts *opts;
    struct test_store *store;
    struct book *book;
    struct arena *arena; /* of the whole run */
    struct arena *step;  /* of one evaluation */
    struct test_judge judge;
};

static int64_t to_ms(nsec at)
{
    return at / NSEC_PER_MSEC;
}

static bool query(struct running *x, const struct promql *q, nsec at, struct arena *arena,
                  struct promql_result *ret, struct err *e)
{
    const struct promql_source source = test_store_source(x->store);
    const struct promql_opts opts = {
        .start = to_ms(at),
        .end = to_ms(at),
        .compat = x->opts->compat,
        .subquery_step = x->file->interval,
    };
    return promql_eval(q, &source, &opts, arena, ret, e);
}

/* ---- rules ---- */

static struct labels named(struct running *x, struct labels labels, const char *name)
{
    const struct label own = {"__name__", name};
    return labels_merge(x->step, labels, (struct labels){&own, 1});
}

static void record(struct running *x, const struct rule *r,
                   const struct promql_result *result, nsec at)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct promql_series *s = &result->items[i];
        struct labels labels = s->labels;
        for (size_t k = 0; k < r->labels.count; k++) {
            const struct label over = {r->labels.items[k].name,
                                       annotation_source(r->labels.items[k].value)};
            labels = labels_merge(x->step, labels, (struct labels){&over, 1});
        }
        if (s->count > 0)
            test_store_put(x->store, r->group, named(x, labels, r->name), to_ms(at),
                           s->points[s->count - 1].value);
    }
}

struct alerts_series {
    struct running *running;
    const struct rule *rule;
    nsec at;
};

/* ALERTS and ALERTS_FOR_STATE, which tests may ask for. */
static void put_alert(void *ctx, struct alert *a)
{
    struct alerts_series *s = ctx;
    struct running *x = s->running;
    const enum alert_state state = a->status.state;
    const struct label mark = {"alertstate", alert_state_name(state)};
    if (state != ALERT_PENDING && state != ALERT_FIRING)
        return;
    const struct labels marked =
        labels_merge(x->step, a->labels, (struct labels){&mark, 1});
    test_store_put(x->store, s->rule->group, named(x, marked, "ALERTS"), to_ms(s->at), 1);
    const int64_t active_at = a->status.active_at.ns / NSEC_PER_SEC; /* whole seconds */
    test_store_put(x->store, s->rule->group, named(x, a->labels, "ALERTS_FOR_STATE"),
                   to_ms(s->at), (double)active_at);
}

static bool run_rule(struct running *x, const struct rule *r, nsec at, struct err *e)
{
    struct rule_outcome o = {.rule = r};
    struct alerts_series series = {x, r, at};
    const nsec when = at - r->group->query_offset;
    if (!query(x, r->expr, when, x->step, &o.result, e))
        return false;
    if (r->is_recording) {
        record(x, r, &o.result, when);
        return true;
    }
    if (r->resolve_when && !query(x, r->resolve_when, when, x->step, &o.resolve, e))
        return false;
    if (!book_apply(x->book, &o, NULL, (struct wall){at}, NULL, e))
        return false;
    book_each_of(x->book, r, put_alert, &series);
    return true;
}

static bool run_group(struct running *x, const struct rule_group *g, nsec at)
{
    bool ok = true;
    arena_reset(x->step);
    for (size_t i = 0; i < g->count; i++) {
        struct err e = {0};
        if (!run_rule(x, g->rules[i], at, &e)) {
            judge_fault(&x->judge, g->rules[i]->name, at, e.text);
            ok = false;
        }
    }
    test_store_end_others(x->store, g, to_ms(at - g->query_offset));
    return ok;
}

/* ---- expectations ---- */

struct gathering {
    struct running *running;
    const char *name;
    struct test_alerts got;
};

static void gather(void *ctx, struct alert *a)
{
    struct gathering *g = ctx;
    if (a->status.state != ALERT_FIRING || strcmp(a->name, g->name) != 0)
        return;
    g->got.items[g->got.count++] =
        (struct test_alert){labels_copy(g->running->arena, a->labels),
                            labels_copy(g->running->arena, a->annotations)};
}

static void judge_step(struct running *x, nsec at)
{
    for (size_t i = 0; i < x->group->alert_count; i++) {
        const struct alert_test *t = &x->group->alerts[i];
        if (t->at < at || t->at >= at + x->file->interval)
            continue;
        struct gathering g = {.running = x, .name = t->name};
        const size_t most = book_count(x->book, ALERT_FIRING);
        g.got.items = arena_alloc(x->arena, (most + 1) * sizeof(*g.got.items));
        book_each(x->book, gather, &g);
        judge_alerts(&x->judge, t, &g.got);
    }
}

static void judge_queries(struct running *x, nsec last)
{
    x->store->newest = to_ms(last);
    for (size_t i = 0; i < x->group->query_count; i++) {
        const struct promql_test *t = &x->group->queries[i];
        struct promql_result result = {0};
        struct err e = {0};
        if (query(x, t->expr, t->at, x->arena, &result, &e))
            judge_query(&x->judge, t, &result);
        else
            judge_fault(&x->judge, t->text, t->at, e.text);
    }
}

/* ---- one test ---- */

static void run_steps(struct running *x)
{
    const nsec interval = x->file->interval;
    nsec last = 0;
    if (x->group->end / interval > STEPS_MAX) {
        judge_fault(&x->judge, "evaluation_interval", x->group->end,
                    "the test has more than 1000000 evaluations");
        return;
    }
    for (nsec at = 0; at <= x->group->end; at += interval) {
        bool ok = true;
        last = at;
        x->store->newest = to_ms(at);
        for (size_t i = 0; i < x->file->rules.count; i++)
            ok &= run_group(x, x->file->order[i], at);
        if (!ok)
            return;
        judge_step(x, at);
    }
    judge_queries(x, last);
}

static struct rule_test_case run_test(const struct test_file *file,
                                      const struct test_group *g,
                                      const struct rule_test_opts *opts,
                                      struct arena *arena)
{
    struct running x = {
        .file = file,
        .group = g,
        .opts = opts,
        .store = test_store_create(arena),
        .book = book_create(NULL, NULL),
        .arena = arena,
        .step = arena_create(0),
        .judge = {.arena = arena, .tolerance = file->tolerance},
    };
    book_set_externals(x.book, g->external_labels, g->external_url);
    book_adopt(x.book, &file->rules, (struct wall){0}, NULL);
    for (size_t i = 0; i < g->series_count; i++)
        test_store_input(x.store, g->series[i].labels, g->series[i].points);
    run_steps(&x);
    book_destroy(x.book);
    arena_destroy(x.step);
    return (struct rule_test_case){.name = g->name,
                                   .count = g->alert_count + g->query_count,
                                   .failures = x.judge.items,
                                   .failure_count = x.judge.count};
}

bool rule_test_run(const char *path, const struct rule_test_opts *opts,
                   struct arena *arena, struct diag *d, struct rule_test_report *ret)
{
    struct test_file file;
    if (!test_file_read(path, arena, d, &file))
        return false;
    struct rule_test_case *cases =
        arena_alloc(arena, (file.group_count + 1) * sizeof(*cases));
    struct rule_test_report report = {.cases = cases};
    for (size_t i = 0; i < file.group_count; i++) {
        if (opts->only && !strstr(file.groups[i].name, opts->only))
            continue;
        cases[report.count] = run_test(&file, &file.groups[i], opts, arena);
        report.failed += cases[report.count++].failure_count > 0;
    }
    *ret = report;
    return true;
}
