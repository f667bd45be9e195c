/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run from start to end: the deadline, the phases, the expectations, the one verdict. Each moves through
 * run_move() alone: ACTIVE → GONE, or ACTIVE → DRAINING → GONE after a deadline or cancellation. The result is
 * handed over on leaving ACTIVE, exactly once; memory ends on entering GONE, exactly once.
 */
#ifndef HEALTHD_CORE_RUNNER_H
#define HEALTHD_CORE_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/batch.h"
#include "lib/core/frame.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "lib/core/tmpl.h"
#include "lib/core/verdict.h"

struct runner;

struct ask {                   /* what is wanted */
    const struct probe *probe; /* kept valid by the caller until done */
    struct session *session;   /* NULL: a fresh one that ends with the run */
    enum origin origin;
    struct wall due; /* the slot, for history; zero: now */
    nsec timeout;    /* absolute budget from now */
    /* flow variables, request parameters; asked before the secrets; may be NULL */
    const struct scope *scope;
    const char *operand; /* sets the shorthand row (`target`); NULL: as configured */
    /* sets further rows by name (`hostname`); those the type does not have are ignored */
    struct pairs rows;
    /* Keep a trace: for debug=true and `explain`, and of a scheduled probe while it is not confirmed up, and now and then, so
     * that there is a last good one. Its texts cost time. */
    bool is_traced;
    bool is_recording; /* run_is_recording */
    /* names this asking to the target (run_task_id); NULL: nobody is told */
    const char *task_id;
    /* Called before done, while the type's variables can still be asked: captures. The verdict is final but for its
     * redaction. Not called when a thread still writes the run's memory. May be NULL. */
    void (*judged)(void *ctx, struct run *run, const struct verdict *verdict);
    /* The result. verdict and batch are valid during the call only. Called exactly once, also after a cancel
     * (then health is unknown, reason SELF). */
    void (*done)(void *ctx, struct verdict *verdict, struct batch *batch);
    /* Nothing of the run is left: only now may what it was lent (probe, session) end. Called exactly once, last;
     * may be NULL. */
    void (*gone)(void *ctx);
    void *ctx;
};

/* max_active: runs at a time before runner_start says no (unknown, SELF). */
struct runner *runner_create(struct frame *f, size_t max_active);
/* Cancels all, waits for nothing: call loop_run until runner_active is 0 first if you want order. */
void runner_destroy(struct runner *r);

/* Starts a run. Never NULL; done may have been called when this returns (a literal address that refuses). Then
 * the run may be gone: use the return value only to cancel while done has not been called. */
struct run *runner_start(struct runner *r, const struct ask *ask);
void runner_cancel(struct run *run);
/* In done: its verdict and batch, and what the run was lent, live until run_release. False: they end with done. */
bool runner_keep(struct run *run);
size_t runner_active(const struct runner *r); /* ACTIVE and DRAINING */
size_t runner_draining(const struct runner *r);

/* A run that asks nobody: what a condition between runs is judged in. It has scope, and no other value. In arena. */
struct run *runner_blank(struct arena *arena, struct frame *f, const struct scope *scope);

/* Metrics that every run of every type carries: probe_success, probe_duration_seconds, … A verdict that is
 * unknown has an empty batch; but ORIGIN_ONCE, which is blackbox_exporter's contract, always has these. */
extern const struct metric *const runner_metrics[];
/* Variables that every type has: timing.{total,resolve,connect,tls,wait,transfer}, ip, tls.… (dialogues, http). */
extern const struct var runner_vars[];
extern const struct var tls_vars[];

#endif
