/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages over the standard input and output of a child, a line each. Starts one child a run and lets it go in the
 * protocol's order: its input ends, then it is asked to end, then its group is killed. Called by mcp.c; decides nothing
 * about what messages say.
 */
#include <errno.h>
#include <string.h>

#include "lib/core/child.h"
#include "lib/core/command_line.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "probes/mcp.h"

#define KEEP_BYTES (16u << 10) /* of standard error */
#define STREAM_FACTOR 4 /* a child writes at most so many of the largest messages */
#define ASK_AFTER (500 * NSEC_PER_MSEC)

struct mcp_stdio {
    struct mcp_state *s;
    struct child *child; /* NULL: none, or it has ended */
    struct buf line;
    struct timer *patience; /* while it is let go */
    bool was_asked_to_end, has_said_something;
    struct child_end end;    /* once child is NULL; without its streams */
    struct bytes complaints; /* of one that has ended, in the run's arena */
};

/* ---- what comes ---- */

static void note_stray(struct mcp_state *s, struct bytes line)
{
    if (s->strays++ == 0)
        s->stray = run_quoted(s->run, line);
}

static void fail_too_large(struct mcp_state *s)
{
    mcp_find_excess(s);
    mcp_over(s);
}

static void stdio_heard(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                        const struct err *e)
{
    switch (taken) {
    case MCP_TAKEN:
        break;
    case MCP_IS_RESPONSE:
        mcp_answered(s);
        break;
    case MCP_IS_NONSENSE:
        note_stray(s, text);
        break;
    case MCP_TOO_MANY:
        fail_too_large(s);
        break;
    }
}

static void on_output(void *ctx, struct bytes piece)
{
    struct mcp_state *s = ctx;
    struct mcp_stdio *io = s->stdio;
    struct bytes rest, line;
    if (s->is_over)
        return;
    if (piece.len && !io->has_said_something)
        run_phase(s->run, PHASE_TRANSFER);
    io->has_said_something |= piece.len > 0;
    buf_add_bytes(&io->line, piece);
    if (io->line.overflow) {
        fail_too_large(s);
        return;
    }
    rest = buf_bytes(&io->line);
    while (!s->is_over && bytes_line(&rest, &line)) {
        if (bytes_trim(line).len)
            mcp_hear(s, line);
    }
    buf_consume(&io->line, io->line.len - rest.len);
}

/* ---- its end ---- */

static const char *end_words(const struct mcp_state *s, const struct child_end *end)
{
    if (end->was_over_limit)
        return arena_printf(run_arena(s->run),
                            "wrote %zu bytes, more than a server has to say, and was "
                            "killed",
                            end->out_total + end->err_total);
    if (end->signal)
        return arena_printf(run_arena(s->run), "was ended by signal %d (%s)", end->signal,
                            strsignal(end->signal));
    return arena_printf(run_arena(s->run), "ended with exit status %d", end->status);
}

static void find_start_fault(struct mcp_state *s, int error)
{
    const bool is_ours =
        error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
    const bool is_missing = error == ENOENT;
    mcp_find(s, is_ours ? HEALTH_UNKNOWN : HEALTH_DOWN,
             is_ours ? REASON_SELF : REASON_FAILED, "%s could not be started: %s%s%s",
             s->conf->argv[0], strerror(error), is_missing ? "; looked for in " : "",
             is_missing ? s->conf->path : "");
}

static void tell_end(struct mcp_state *s)
{
    const struct child_end *end = &s->stdio->end;
    if (end->error)
        find_start_fault(s, end->error);
    else
        mcp_find(s, HEALTH_DOWN, end->was_over_limit ? REASON_TOO_LARGE : REASON_CLOSED,
                 "%s %s before it answered %s%s", s->way->peer(s), end_words(s, end),
                 mcp_method_of_step(s->step), mcp_last_words(s));
    mcp_over(s);
}

static void on_ended(void *ctx, const struct child_end *end)
{
    struct mcp_state *s = ctx;
    struct mcp_stdio *io = s->stdio;
    io->child = NULL;
    io->end = *end;
    io->complaints = (struct bytes){
        arena_strndup(run_arena(s->run), end->err.ptr ? end->err.ptr : "", end->err.len),
        end->err.len};
    timer_destroy(io->patience);
    io->patience = NULL;
    if (s->is_closing)
        mcp_closed(s);
    else if (!mcp_is_reading(s))
        tell_end(s);
}

/* What it had said was read beside the loop, and it ended meanwhile. */
static void stdio_went_on(struct mcp_state *s)
{
    if (!s->stdio->child && !mcp_is_reading(s))
        tell_end(s);
}

/* ---- the way ---- */

static bool stdio_open(struct mcp_state *s, struct err *e)
{
    struct arena *arena = run_arena(s->run);
    const struct mcp_conf *c = s->conf;
    s->stdio = arena_alloc(arena, sizeof(*s->stdio));
    s->stdio->s = s;
    s->stdio->line = BUF_MAX((size_t)c->max_size + 1);
    arena_cleanup(arena, (void (*)(void *))buf_finish, &s->stdio->line);
    const struct child_conf conf = {
        .argv = c->argv,
        .environment = command_environment(c->path, c->env, arena),
        .path = c->path,
        .folder = c->working_directory[0] ? c->working_directory : NULL,
        .keep_bytes = KEEP_BYTES,
        .limit_bytes = STREAM_FACTOR * (size_t)c->max_size,
        .has_input = true,
        .take = on_output,
    };
    run_phase(s->run, PHASE_CONNECT);
    s->stdio->child = child_start(run_frame(s->run), &conf, on_ended, s);
    return s->stdio->child || err_set(e, "%s", pool_no_thread);
}

static void on_sent(void *ctx)
{
    mcp_sent(ctx);
}

/* What was written counts as sent: nothing answers a notification. */
static void stdio_send(struct mcp_state *s, enum mcp_kind kind, struct bytes text)
{
    struct child *child = s->stdio->child;
    if (kind == MCP_REQUEST && s->step != MCP_STEP_INITIALIZE)
        run_phase(s->run, PHASE_WAIT);
    s->stdio->has_said_something = false;
    if (!child)
        return; /* its end is told by on_ended */
    child_write(child, text);
    child_write(child, (struct bytes){"\n", 1});
    if (kind == MCP_NOTIFICATION)
        loop_defer(run_frame(s->run)->loop, "mcp sent", on_sent, s);
}

static void on_patience(void *ctx)
{
    struct mcp_stdio *io = ctx;
    const struct mono now = loop_now(run_frame(io->s->run)->loop);
    if (io->was_asked_to_end) {
        child_kill(io->child);
        return;
    }
    io->was_asked_to_end = true;
    child_ask_to_end(io->child);
    timer_at(io->patience, mono_add(now, MCP_CLOSING - ASK_AFTER));
}

static void stdio_close(struct mcp_state *s)
{
    struct mcp_stdio *io = s->stdio;
    struct loop *loop = run_frame(s->run)->loop;
    loop_forget(loop, s);
    if (!io->child) {
        mcp_closed(s);
        return;
    }
    child_end_input(io->child);
    io->patience = loop_timer_create(loop, "mcp child", on_patience, io);
    timer_at(io->patience, mono_add(loop_now(loop), ASK_AFTER));
}

static const char *stdio_peer(const struct mcp_state *s)
{
    return s->conf->argv[0];
}

static struct bytes stdio_log(const struct mcp_state *s)
{
    const struct mcp_stdio *io = s->stdio;
    if (!io) /* the lock was still being read */
        return (struct bytes){0};
    return io->child ? child_complaints(io->child) : io->complaints;
}

const struct mcp_way mcp_stdio_way = {
    .open = stdio_open,
    .send = stdio_send,
    .close = stdio_close,
    .heard = stdio_heard,
    .went_on = stdio_went_on,
    .peer = stdio_peer,
    .log = stdio_log,
};
