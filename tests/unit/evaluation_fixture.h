/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: an evaluation over a real history and book, with a clock that the test moves. The pool is a list that the test
 * works off when it wants to; what became of alerts is written down as "NAME:CHANGE ".
 */
#ifndef HEALTHD_TESTS_EVALUATION_FIXTURE_H
#define HEALTHD_TESTS_EVALUATION_FIXTURE_H

#include <string.h>

#include "alerts/evaluation.h"
#include "alerts/rule_file.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

enum { START = 1600000000, JOBS_MAX = 20 };

struct job {
    void (*work)(void *job);
    void (*done)(void *job);
    void *job;
};

struct fixture {
    struct arena *arena;
    struct history *history;
    struct history_owner *owner;
    struct book *book;
    struct evaluation *evaluation;
    struct rules rules;
    struct buf told;
    const char
        *unknown; /* a probe of which nothing is known; NULL: all are as is_known */
    size_t questions;
    bool is_known, is_settled, is_deferred, is_full;
    struct wall first_run, now;
    int held;
    struct job jobs[JOBS_MAX];
    size_t job_count, submitted;
};

static inline void tell(void *ctx, struct alert *a, enum change change)
{
    struct fixture *f = ctx;
    buf_printf(&f->told, "%s:%s ", a->name, change_name(change));
}

static inline bool submit(void *ctx, const char *name, void (*work)(void *job),
                          void (*done)(void *job), void *job)
{
    struct fixture *f = ctx;
    if (f->is_full)
        return false;
    f->submitted++;
    if (f->is_deferred) {
        assert_true(f->job_count < JOBS_MAX);
        f->jobs[f->job_count++] = (struct job){work, done, job};
        return true;
    }
    work(job);
    done(job);
    return true;
}

static inline void work_off(struct fixture *f)
{
    for (size_t i = 0; i < f->job_count; i++) {
        f->jobs[i].work(f->jobs[i].job);
        f->jobs[i].done(f->jobs[i].job);
    }
    f->job_count = 0;
}

static inline struct ledger_txn *begin(void *ctx)
{
    return NULL;
}

static inline void end(void *ctx, struct ledger_txn *txn)
{
}

static inline bool is_known(void *ctx, struct labels owner, struct wall *ret_first_run)
{
    struct fixture *f = ctx;
    const char *probe = labels_get(owner, "probe");
    *ret_first_run = f->first_run;
    f->questions++;
    if (f->unknown && probe && !strcmp(probe, f->unknown))
        return false;
    return f->is_known || !labels_get(owner, "probe");
}

static inline bool is_settled(void *ctx)
{
    return ((struct fixture *)ctx)->is_settled;
}

static inline void *hold(void *ctx)
{
    ((struct fixture *)ctx)->held++;
    return ctx;
}

static inline void release(void *ctx, void *held)
{
    assert_ptr_equal(ctx, held);
    ((struct fixture *)ctx)->held--;
}

static inline struct wall at(int second)
{
    return (struct wall){(START + (nsec)second) * NSEC_PER_SEC};
}

static inline void adopt(struct fixture *f, const char *yaml, int second)
{
    static const struct rule_source source = {.file = "r.yml"};
    struct diag *d = diag_create(f->arena);
    const struct rule_reader reader = {.arena = f->arena, .diag = d};
    struct rule_list *l = rule_list_create(&reader);
    const struct node *root = node_parse(f->arena, "r.yml", bytes_of(yaml), d);
    assert_non_null(root);
    rule_inline_read(l, &source, "g", root);
    rule_list_finish(l, &f->rules);
    if (diag_error_count(d))
        fail_msg("%s", diag_first(d)->text);
    f->now = at(second);
    book_adopt(f->book, &f->rules, f->now, NULL);
    evaluation_adopt(f->evaluation, &f->rules, 3, f->now);
}

static inline void start(struct fixture *f, const char *yaml)
{
    static const struct label labels[] = {{"probe", "db"}};
    const struct history_limits limits = {.budget_bytes = 1 << 20,
                                          .keep = 6 * NSEC_PER_HOUR};
    const struct evaluation_hooks hooks = {
        .ctx = f,
        .begin = begin,
        .end = end,
        .is_known = is_known,
        .is_settled = is_settled,
        .hold = hold,
        .release = release,
    };
    *f = (struct fixture){.arena = arena_create(0),
                          .history = history_create(&limits),
                          .told = BUF_MAX(10000),
                          .is_known = true,
                          .is_settled = true};
    f->owner = history_owner(f->history, (struct labels){labels, 1});
    f->book = book_create(tell, f);
    f->evaluation =
        evaluation_create(f->history, f->book, (struct offload){f, submit}, &hooks);
    adopt(f, yaml, 0);
}

static inline void finish(struct fixture *f)
{
    evaluation_destroy(f->evaluation);
    book_destroy(f->book);
    history_destroy(f->history);
    assert_int_equal(f->held, 0);
    buf_finish(&f->told);
    arena_destroy(f->arena);
}

static inline void put(struct fixture *f, const char *name, int second, double value)
{
    history_put(f->owner, name, (struct labels){0}, wall_to_ms(at(second)), value);
}

static inline void advance(struct fixture *f, int second, const char *told)
{
    buf_clear(&f->told);
    (void)evaluation_advance(f->evaluation, at(second), NULL);
    if (strcmp(buf_text(&f->told), told) != 0)
        fail_msg("at %d: '%s' instead of '%s'", second, buf_text(&f->told), told);
}

/* Evaluates out of turn what reads something of the probe's that moved. */
static inline void touch(struct fixture *f, int second, const char *told)
{
    evaluation_touch(f->evaluation, f->owner);
    advance(f, second, told);
}

/* Evaluates all groups out of turn. */
static inline void touch_all(struct fixture *f, int second, const char *told)
{
    evaluation_touch_all(f->evaluation);
    advance(f, second, told);
}

static inline void find_value(void *ctx, struct labels labels, struct point newest)
{
    *(double *)ctx = newest.value;
}

/* The newest sample of a series since the start, or -1. */
static inline double newest(struct fixture *f, const char *name, int second)
{
    const struct matcher m = {"__name__", MATCH_EQUAL, name, NULL};
    const struct matchers set = {&m, 1};
    double value = -1;
    history_each(f->history, &set, 1, wall_to_ms(at(0)), wall_to_ms(at(second)),
                 find_value, &value);
    return value;
}

#endif
