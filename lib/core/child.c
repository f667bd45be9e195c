/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See child.h. A child is STARTING (a thread forks and execs), RUNNING (its end is watched by a pidfd, or by a look now
 * and then where there is none) and then gone. Its group is killed when it ends, so that nothing of it stays.
 */
#include "lib/core/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/memory.h"
#include "lib/core/child_spawn.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define READ_ONCE_BYTES 65536
#define LOOK_EVERY (20 * NSEC_PER_MSEC) /* without a pidfd */

struct stream {
    struct child *child;
    int fd; /* -1: closed */
    struct watch *watch;
    struct buf kept;
    size_t total;
};

struct input { /* what the child has not read yet */
    int fd;    /* -1: closed, or none */
    struct watch *watch;
    struct buf unread;
    bool is_ending; /* closed once all is read */
};

struct child {
    struct arena *arena;
    struct loop *loop;
    struct spawn spawn;
    struct job *job; /* while it starts */
    struct stream out, err;
    struct input in;
    void (*take)(void *ctx, struct bytes piece);
    int pidfd; /* -1: none */
    struct watch *end_watch;
    struct timer *end_timer;
    size_t limit;
    bool is_unwanted; /* nobody waits */
    bool was_over_limit;
    void (*done)(void *ctx, const struct child_end *end);
    void *ctx;
};

/* ---- the end ---- */

static void stream_close(struct stream *s)
{
    watch_destroy(s->watch);
    s->watch = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void input_close(struct input *in)
{
    watch_destroy(in->watch);
    in->watch = NULL;
    if (in->fd >= 0)
        close(in->fd);
    in->fd = -1;
}

static void child_free(struct child *c)
{
    input_close(&c->in);
    stream_close(&c->out);
    stream_close(&c->err);
    watch_destroy(c->end_watch);
    timer_destroy(c->end_timer);
    if (c->pidfd >= 0)
        close(c->pidfd);
    buf_finish(&c->in.unread);
    buf_finish(&c->out.kept);
    buf_finish(&c->err.kept);
    arena_destroy(c->arena);
    free(c);
}

static void finish(struct child *c, struct child_end *end)
{
    end->out = buf_bytes(&c->out.kept);
    end->err = buf_bytes(&c->err.kept);
    end->out_total = c->out.total;
    end->err_total = c->err.total;
    end->was_over_limit = c->was_over_limit;
    if (!c->is_unwanted)
        c->done(c->ctx, end);
    child_free(c);
}

static void kill_group(const struct child *c)
{
    kill(-c->spawn.pid, SIGKILL);
}

/* ---- input ---- */

/* A pipe whose reader is gone says so by EPIPE: its end says more. */
static void input_write(struct child *c)
{
    struct input *in = &c->in;
    if (in->fd < 0)
        return;
    while (in->unread.len) {
        const ssize_t len = write(in->fd, in->unread.ptr, in->unread.len);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            break;
        if (len < 0) {
            buf_clear(&in->unread);
            in->is_ending = true;
            break;
        }
        buf_consume(&in->unread, (size_t)len);
    }
    if (in->unread.len == 0 && in->is_ending)
        input_close(in);
    else
        watch_set(in->watch, in->unread.len ? WATCH_WRITE : 0);
}

static void on_writable(void *ctx, int events)
{
    input_write(ctx);
}

static void input_open(struct child *c)
{
    c->in.fd = c->spawn.in;
    if (c->in.fd < 0)
        return;
    c->in.watch = loop_watch_create(c->loop, "child input", c->in.fd, on_writable, c);
    input_write(c);
}

bool child_write(struct child *c, struct bytes text)
{
    if (c->in.unread.len + text.len > CHILD_MAX_UNREAD)
        return false;
    if (!c->in.is_ending)
        buf_add_bytes(&c->in.unread, text);
    input_write(c);
    return true;
}

void child_end_input(struct child *c)
{
    c->in.is_ending = true;
    input_write(c);
}

/* ---- output ---- */

static void keep(struct stream *s, struct bytes piece)
{
    struct child *c = s->child;
    if (c->take && s == &c->out) {
        if (!c->is_unwanted)
            c->take(c->ctx, piece);
        return;
    }
    const size_t room = s->kept.max - s->kept.len;
    buf_add_bytes(&s->kept, bytes_slice(piece, 0, room));
}

static void stream_read(struct stream *s)
{
    char text[READ_ONCE_BYTES];
    struct child *c = s->child;
    const ssize_t len = read(s->fd, text, sizeof(text));
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) {
        stream_close(s);
        keep(s, (struct bytes){"", 0});
        return;
    }
    if (len < 0)
        return;
    s->total += (size_t)len;
    keep(s, (struct bytes){text, (size_t)len});
    if (c->out.total + c->err.total > c->limit && !c->was_over_limit) {
        c->was_over_limit = true;
        kill_group(c);
    }
}

static void on_readable(void *ctx, int events)
{
    stream_read(ctx);
}

/* What was written before the end: a grandchild may hold the pipe open, so nobody waits for its end. */
static void stream_rest(struct stream *s)
{
    size_t before = s->total - 1;
    for (int i = 0; i < 32 && s->fd >= 0 && s->total != before; i++) {
        before = s->total;
        stream_read(s);
    }
}

static void stream_open(struct child *c, struct stream *s, int fd)
{
    s->child = c;
    s->fd = fd;
    s->watch = loop_watch_create(c->loop, "child output", fd, on_readable, s);
    watch_set(s->watch, WATCH_READ);
}

/* ---- the program ---- */

static void take_end(struct child *c)
{
    int status = 0;
    const pid_t got = waitpid(c->spawn.pid, &status, WNOHANG);
    if (got == 0)
        return;
    struct child_end end = {0};
    if (got < 0)
        end.error = errno;
    else if (WIFSIGNALED(status))
        end.signal = WTERMSIG(status);
    else
        end.status = WEXITSTATUS(status);
    stream_rest(&c->out);
    stream_rest(&c->err);
    kill_group(c); /* whatever it left behind */
    finish(c, &end);
}

static void on_ended(void *ctx, int events)
{
    take_end(ctx);
}

static void on_look(void *ctx)
{
    struct child *c = ctx;
    timer_at(c->end_timer, mono_add(loop_now(c->loop), LOOK_EVERY));
    take_end(c);
}

static void watch_end(struct child *c)
{
    c->pidfd = (int)syscall(SYS_pidfd_open, c->spawn.pid, 0);
    if (c->pidfd >= 0) {
        c->end_watch = loop_watch_create(c->loop, "child end", c->pidfd, on_ended, c);
        watch_set(c->end_watch, WATCH_READ);
        return;
    }
    c->end_timer = loop_timer_create(c->loop, "child end", on_look, c);
    timer_at(c->end_timer, mono_add(loop_now(c->loop), LOOK_EVERY));
}

static void start_work(void *ctx)
{
    struct child *c = ctx;
    spawn_run(&c->spawn);
}

static void on_started(void *ctx)
{
    struct child *c = ctx;
    c->job = NULL;
    if (c->spawn.error) {
        finish(c, &(struct child_end){.error = c->spawn.error});
        return;
    }
    stream_open(c, &c->out, c->spawn.out);
    stream_open(c, &c->err, c->spawn.err);
    input_open(c);
    watch_end(c);
}

void child_ask_to_end(struct child *c)
{
    if (c->job)
        spawn_forbid(&c->spawn);
    else
        kill(-c->spawn.pid, SIGTERM);
}

void child_kill(struct child *c)
{
    spawn_forbid(&c->spawn);
}

void child_abandon(struct child *c)
{
    c->is_unwanted = true;
    child_kill(c);
}

size_t child_written(const struct child *c)
{
    return c->out.total + c->err.total;
}

struct bytes child_complaints(const struct child *c)
{
    return buf_bytes(&c->err.kept);
}

struct child *child_start(const struct frame *f, const struct child_conf *conf,
                          void (*done)(void *ctx, const struct child_end *end), void *ctx)
{
    struct child *c = memory_take(sizeof(*c));
    *c = (struct child){
        .arena = arena_create(0),
        .loop = f->loop,
        .out = {.fd = -1, .kept = BUF_MAX(conf->keep_bytes)},
        .err = {.fd = -1, .kept = BUF_MAX(conf->keep_bytes)},
        .in = {.fd = -1, .unread = BUF_MAX(CHILD_MAX_UNREAD)},
        .take = conf->take,
        .pidfd = -1,
        .limit = conf->limit_bytes,
        .done = done,
        .ctx = ctx,
    };
    spawn_prepare(&c->spawn, conf, c->arena);
    c->job = pool_detach(f->pool, "child start", start_work, on_started, c);
    if (c->job)
        return c;
    child_free(c);
    return NULL;
}
