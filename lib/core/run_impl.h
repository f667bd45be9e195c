/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is made of, for the files that move it: run*.c, judge.c, conclude.c, runner*.c, talk*.c. Probes
 * see run.h. A `work` run is touched by its pool thread alone while run->job is set.
 */
#ifndef HEALTHD_CORE_RUN_IMPL_H
#define HEALTHD_CORE_RUN_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/heap.h"
#include "lib/base/list.h"
#include "lib/core/batch.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/probe.h"
#include "lib/core/resolve.h"
#include "lib/core/run.h"
#include "lib/core/runner.h"
#include "lib/core/session.h"
#include "lib/core/verdict.h"

struct job;
struct dialogue;

#define RUN_MAX_DETAIL 2000 /* bytes of a verdict's or item's sentence */

enum run_place { RUN_ACTIVE, RUN_DRAINING, RUN_GONE };

struct item_link {
    struct item item;
    struct item_link *next;
};

struct run {
    struct arena *arena;
    struct runner *runner; /* NULL: a script's, or the runner ended first */
    struct list link;      /* in runner->runs */
    struct run *next_free;
    enum run_place place; /* moved by run_move alone */
    size_t holds;
    bool is_finished; /* the runner's own hold is dropped */
    bool may_be_kept; /* its done is being called, with what is its own */

    /* What was asked. */
    struct frame *frame;
    const struct probe *probe; /* NULL: a script's */
    const struct probe_type *type;
    const char *name;
    const void *conf;
    const void *dial_rows; /* struct dial_conf, for dialogues */
    struct session *session;
    struct session own_session;
    bool has_own_session, own_session_is_open;
    enum origin origin;
    bool is_traced, is_recording;
    const struct scope *scope; /* may be NULL */
    const char *task_id;       /* may be NULL */
    struct wall due;
    nsec timeout;
    struct mono started;
    struct heap_item deadline; /* in runner->deadlines */
    void (*judged)(void *ctx, struct run *run, const struct verdict *verdict);
    void (*done)(void *ctx, struct verdict *verdict, struct batch *batch);
    void (*gone)(void *ctx);
    void *ctx;

    /* What was found. */
    const char *asked_host; /* run_asks; NULL: nobody in particular, or the dial's */
    int asked_port;
    enum reason deadline_reason; /* run_deadline_means; REASON_NONE: timeout */
    bool is_answered, has_timed_out;
    struct verdict verdict;
    struct batch *batch;
    struct batch_group *group;
    struct item_link *items, *last_item;
    struct item *current_item;
    struct trace_line *trace;
    size_t trace_bytes;
    bool is_in_phase;
    enum phase phase;
    struct mono phase_since;
    unsigned phases_entered; /* bits, by enum phase */
    bool is_resolved, has_address;
    nsec resolve_took;
    struct address address;
    const struct tls_peer *peer;

    /* How. */
    void *state;
    /* answers in the place of a run whose memory a thread still writes */
    struct run *stand_in;
    bool is_stand_in;
    struct dialogue *talk; /* a dialogue's */
    struct buf *said;      /* a script's: instead of a connection */
    bool is_kept;
    enum reason elsewhere_reason; /* run_elsewhere's */
    const char *elsewhere_why;
    struct dial_place named; /* run_name_place's; host NULL: none */
    struct job *job;         /* work or an offloaded computation under way */
    void (*offload)(void *ctx);
    void *offload_ctx;
};

/* conclude.c: everything between the answer and the hand-over. Afterwards verdict and batch are final. */
void run_conclude(struct run *run);
/* Answers for a run that hit its deadline: where it stood, how far it came. */
void run_answer_timeout(struct run *run);

/* judge.c: expectations, per item when there are items; then the worst of all. */
void run_judge(struct run *run, struct wall now);

/* run_launch.c: the run's own copy of its options, with names and operand filled in. False (and e) when that fails. */
bool run_configure(struct run *run, const struct ask *ask, struct err *e);
/* Sets it going. False when nothing is under way and the run has its answer already. */
bool run_launch(struct run *run, struct err *e);
/* The thread of a `work` type is done with the run. */
void run_worked(void *run);

/* run_samples.c: the families of every run. */
void run_add_frame_samples(struct run *run);
/* Groups with an interval of their own that were collected: their next time. */
void run_move_groups(struct run *run);

/* run.c */
void run_begin(struct run *run); /* started, verdict, batch, state: from type and arena */
void run_phase_end(struct run *run);
/* As run_trace, also when the run is not traced. */
void run_trace_add(struct run *run, const char *key, const char *text);

/* talk.c: output of a dialogue; what its connection showed, with the TLS families, to the run. */
void talk_say(struct run *run, struct bytes out);
void talk_report(struct run *run);

#endif
