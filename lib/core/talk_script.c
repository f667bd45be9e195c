/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dialogue without a network: a run whose events come from a test or the fuzzer, and whose words go to a
 * buffer. Same probe, same conclusion, no loop: what a probe says depends on nothing else.
 */
#include "lib/core/talk.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/core/run_impl.h"

struct talk_script {
    struct run run;
    struct session session;
    struct buf unread; /* what the probe left */
    bool has_ended, is_concluded;
};

#define SCRIPT_MAX_UNREAD (4u << 20)

struct talk_script *talk_script_create(struct frame *f, const struct probe_type *type,
                                       const void *conf)
{
    struct talk_script *t = memory_take(sizeof(*t));
    struct err e = {0};

    *t = (struct talk_script){.unread = BUF_MAX(SCRIPT_MAX_UNREAD)};
    t->run = (struct run){
        .arena = arena_create(0),
        .frame = f,
        .type = type,
        .name = type->name,
        .conf = conf,
        .session = &t->session,
        .origin = ORIGIN_RUN_NOW,
        .timeout = 5 * NSEC_PER_SEC,
    };
    run_begin(&t->run);
    run_address(&t->run, "script");
    if (!session_init(&t->session, f, type, type->name, t->run.arena, &e))
        run_unknown(&t->run, REASON_SELF, "%s", e.text);
    return t;
}

static void script_conclude(struct talk_script *t)
{
    if (t->is_concluded)
        return;
    t->is_concluded = true;
    run_conclude(&t->run);
}

enum talk talk_script_feed(struct talk_script *t, enum talk_event event, struct bytes in,
                           struct buf *said)
{
    struct run *run = &t->run;

    if (t->is_concluded)
        return TALK_DONE;
    buf_add_bytes(&t->unread, in);
    struct bytes unread = buf_bytes(&t->unread);
    if (event == TALK_DATA && !run->is_in_phase)
        run_phase(run, PHASE_TRANSFER);
    run->said = said;
    const enum talk next = run->type->talk(run, event, &unread);
    run->said = NULL;
    assert(unread.len <= t->unread.len);
    buf_consume(&t->unread, t->unread.len - unread.len);
    t->has_ended = t->has_ended || event == TALK_EOF;
    switch (next) {
    case TALK_MORE:
    case TALK_STARTTLS:
        if (next == TALK_STARTTLS)
            buf_clear(&t->unread);
        if (!t->has_ended)
            return next;
        run_down(run, REASON_CLOSED,
                 "%s closed the connection before its answer was complete",
                 run->verdict.address);
        script_conclude(t);
        return next;
    case TALK_ELSEWHERE: /* there is no other place */
        run_down(run, run->elsewhere_reason, "script %s", run->elsewhere_why);
        script_conclude(t);
        return next;
    case TALK_DONE:
    case TALK_CLOSE:
        script_conclude(t);
        return next;
    case TALK_OFFLOAD:
        run->offload(run->offload_ctx);
        return next;
    }
    return next;
}

void talk_script_expire(struct talk_script *t)
{
    if (t->is_concluded)
        return;
    run_answer_timeout(&t->run);
    script_conclude(t);
}

const struct verdict *talk_script_verdict(struct talk_script *t)
{
    return t->is_concluded ? &t->run.verdict : NULL;
}

const struct batch *talk_script_batch(struct talk_script *t)
{
    return t->is_concluded ? t->run.batch : NULL;
}

struct run *talk_script_run(struct talk_script *t)
{
    return &t->run;
}

void talk_script_destroy(struct talk_script *t)
{
    if (!t)
        return;
    session_finish(&t->session);
    buf_finish(&t->unread);
    arena_destroy(t->run.arena);
    free(t);
}
