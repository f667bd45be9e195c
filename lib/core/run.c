/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe may ask of its run, and how it answers. Called by probes on the loop, and on a pool thread by
 * `work` probes: so nothing here touches anything but the run, and the clock is read directly. Never
 * publishes: that is the runner's.
 */
#include "lib/core/run.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/run_impl.h"

const void *run_conf(const struct run *run)
{
    return run->conf;
}

void *run_state(struct run *run)
{
    return run->state;
}

struct session *run_session(struct run *run)
{
    return run->session;
}

struct arena *run_arena(struct run *run)
{
    return run->arena;
}

struct frame *run_frame(struct run *run)
{
    return run->frame;
}

struct batch *run_batch(struct run *run)
{
    return run->batch;
}

const char *run_name(const struct run *run)
{
    return run->name;
}

struct labels run_labels(const struct run *run)
{
    return run->probe ? run->probe->labels : (struct labels){0};
}

enum origin run_origin(const struct run *run)
{
    return run->origin;
}

struct mono run_deadline(const struct run *run)
{
    return mono_add(run->started, run->timeout);
}

nsec run_left(const struct run *run)
{
    const nsec left = mono_since(run_deadline(run), mono_read());
    return left > 0 ? left : 0;
}

const struct scope *run_scope(const struct run *run)
{
    return run->scope;
}

bool run_is_recording(const struct run *run)
{
    return run->is_recording;
}

const char *run_task_id(const struct run *run)
{
    return run->task_id;
}

struct wall run_wall(const struct run *run)
{
    return wall_read();
}

bool run_is_answered(const struct run *run)
{
    return run->is_answered;
}

bool run_is_kept(const struct run *run)
{
    return run->is_kept;
}

bool run_is_traced(const struct run *run)
{
    return run->is_traced;
}

void run_begin(struct run *run)
{
    run->place = RUN_ACTIVE;
    run->holds = 1;
    run->started = mono_read();
    run->verdict.probe = run->probe;
    run->verdict.origin = run->origin;
    run->verdict.started = wall_read();
    run->verdict.detail = "";
    run->verdict.address = "";
    run->verdict.last_log = "";
    run->batch = batch_create(run->arena);
    if (run->type->state_size)
        run->state = arena_alloc(run->arena, run->type->state_size);
}

/* The first answer counts. */
static enum talk answer(struct run *run, enum health health, enum reason reason,
                        const char *detail)
{
    if (!run->is_answered) {
        run->is_answered = true;
        run->verdict.health = health;
        run->verdict.reason = reason;
        run->verdict.detail = detail;
    }
    return TALK_DONE;
}

static enum talk answer_with(struct run *run, enum health health, enum reason reason,
                             const char *fmt, va_list args) PRINTF_LIKE(4, 0);

static enum talk answer_with(struct run *run, enum health health, enum reason reason,
                             const char *fmt, va_list args)
{
    char text[RUN_MAX_DETAIL];

    if (run->is_answered)
        return TALK_DONE;
    vsnprintf(text, sizeof(text), fmt, args);
    return answer(run, health, reason, arena_strdup(run->arena, text));
}

enum talk run_up(struct run *run)
{
    return answer(run, HEALTH_UP, REASON_NONE, "");
}

enum talk run_degraded(struct run *run, enum reason reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const enum talk result = answer_with(run, HEALTH_DEGRADED, reason, fmt, args);
    va_end(args);
    return result;
}

enum talk run_down(struct run *run, enum reason reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const enum talk result = answer_with(run, HEALTH_DOWN, reason, fmt, args);
    va_end(args);
    return result;
}

enum talk run_unknown(struct run *run, enum reason reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const enum talk result = answer_with(run, HEALTH_UNKNOWN, reason, fmt, args);
    va_end(args);
    return result;
}

enum talk run_trouble(struct run *run, const struct trouble *why)
{
    if (why->is_unknown)
        return run_unknown(run, why->reason, "%s", why->detail);
    return run_down(run, why->reason, "%s", why->detail);
}

enum talk run_elsewhere(struct run *run, enum reason reason, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    run->elsewhere_why = arena_vprintf(run->arena, fmt, args);
    va_end(args);
    run->elsewhere_reason = reason;
    return TALK_ELSEWHERE;
}

void run_name_place(struct run *run, const char *host, int port)
{
    run->named = (struct dial_place){arena_strdup(run->arena, host), port};
}

bool run_has_timed_out(const struct run *run)
{
    return run->has_timed_out;
}

void run_explain(struct run *run, const char *fmt, ...)
{
    char text[RUN_MAX_DETAIL];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    run->verdict.detail = arena_printf(run->arena, "%s; %s", run->verdict.detail, text);
}

#define QUOTED_MAX_BYTES (8 * RUN_MAX_QUOTE) /* \u00NN is six bytes */

const char *run_quoted(struct run *run, struct bytes text)
{
    struct buf out = BUF_MAX(QUOTED_MAX_BYTES);

    buf_add_json(&out, bytes_slice(text, 0, RUN_MAX_QUOTE));
    return arena_keep(run->arena, &out);
}

void run_phase_end(struct run *run)
{
    if (!run->is_in_phase)
        return;
    run->verdict.phases[run->phase] += mono_since(mono_read(), run->phase_since);
    run->is_in_phase = false;
}

void run_phase(struct run *run, enum phase phase)
{
    const struct mono now = mono_read();

    if (run->is_in_phase)
        run->verdict.phases[run->phase] += mono_since(now, run->phase_since);
    run->is_in_phase = true;
    run->phase = phase;
    run->phase_since = now;
    run->phases_entered |= 1u << phase;
}

void run_phase_took(struct run *run, enum phase phase, nsec took)
{
    if (run->is_in_phase && run->phase == phase)
        run->phase_since = mono_read();
    run->verdict.phases[phase] = took;
    run->phases_entered |= 1u << phase;
}

nsec run_phase_time(const struct run *run, enum phase phase)
{
    const nsec before = run->verdict.phases[phase];

    if (run->is_in_phase && run->phase == phase)
        return before + mono_since(mono_read(), run->phase_since);
    return before;
}

void run_address(struct run *run, const char *text)
{
    run->verdict.address = arena_strdup(run->arena, text);
}

void run_asks(struct run *run, const char *host, int port)
{
    run->asked_host = host;
    run->asked_port = port;
}

void run_deadline_means(struct run *run, enum reason reason)
{
    run->deadline_reason = reason;
}

void run_resolved(struct run *run, nsec took, const struct address *address)
{
    if (!run->is_resolved) {
        run->is_resolved = true;
        run->resolve_took = took;
    }
    if (!run->has_address && address) {
        run->has_address = true;
        run->address = *address;
    }
}

static bool trace_is_full(const struct run *run)
{
    return run->verdict.trace_count == TRACE_MAX_LINES ||
           run->trace_bytes >= TRACE_MAX_BYTES;
}

void run_trace_add(struct run *run, const char *key, const char *text)
{
    struct verdict *v = &run->verdict;

    if (trace_is_full(run))
        return;
    if (!run->trace)
        run->trace = arena_alloc(run->arena, TRACE_MAX_LINES * sizeof(*run->trace));

    size_t len = strlen(text);
    if (len > TRACE_MAX_BYTES - run->trace_bytes)
        len = TRACE_MAX_BYTES - run->trace_bytes;
    run->trace[v->trace_count++] = (struct trace_line){
        .at = mono_since(mono_read(), run->started),
        .key = arena_strdup(run->arena, key),
        .text = arena_strndup(run->arena, text, len),
    };
    run->trace_bytes += len;
}

void run_trace(struct run *run, const char *key, const char *fmt, ...)
{
    va_list args;

    if (!run->is_traced)
        return;
    char text[TRACE_MAX_BYTES / 4]; /* one fact does not take all the room */
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    run_trace_add(run, key, text);
}

void run_trace_quoted(struct run *run, const char *key, struct bytes text)
{
    struct buf out = BUF_MAX(QUOTED_MAX_BYTES);

    if (!run->is_traced || trace_is_full(run))
        return;
    buf_add_json(&out, bytes_slice(text, 0, RUN_MAX_QUOTE));
    run_trace_add(run, key, buf_text(&out));
    buf_finish(&out);
}

void run_say(struct run *run, struct bytes out)
{
    if (run->said)
        buf_add_bytes(run->said, out);
    else
        talk_say(run, out);
}

void run_say_text(struct run *run, const char *text)
{
    run_say(run, bytes_of(text));
}

void run_offload(struct run *run, void (*work)(void *ctx), void *ctx)
{
    assert(!run->job);
    run->offload = work;
    run->offload_ctx = ctx;
}

const struct tls_peer *run_peer(const struct run *run)
{
    return run->peer;
}

void run_set_peer(struct run *run, const struct tls_peer *peer)
{
    run->peer = peer;
}

const struct item *run_current_item(const struct run *run)
{
    return run->current_item;
}
