/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor, its queue and a watch while something waits. Called by the exporters that write lines. Knows
 * nothing of what the lines say; keeps them whole, so that two writers of one stream do not mix within a line.
 */
#include "lib/core/outlet.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

struct outlet {
    struct loop *loop;   /* or NULL */
    struct watch *watch; /* NULL: nothing waits for the reader */
    struct buf queue;
    char *path; /* NULL: a standard stream, which is not ours to close */
    const char *name;
    int fd;
    bool is_socket;
    bool is_failing; /* said, and not yet better */
};

static int path_open(const char *path, struct err *e)
{
    /* O_NONBLOCK is for a FIFO without a reader: an error instead of a wait. */
    const int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0)
        err_errno(e, errno, "cannot write to '%s'", path);
    return fd;
}

static bool fd_is_socket(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

struct outlet *outlet_open(struct loop *l, const char *to, size_t max_queued,
                           struct err *e)
{
    const bool is_stdout = !strcmp(to, "stdout"), is_stderr = !strcmp(to, "stderr");
    int fd = is_stdout ? STDOUT_FILENO : STDERR_FILENO;
    if (!is_stdout && !is_stderr)
        fd = path_open(to, e);
    if (fd < 0)
        return NULL;

    struct outlet *o = memory_take(sizeof(*o));
    *o = (struct outlet){
        .loop = l, .queue = BUF_MAX(max_queued), .fd = fd, .is_socket = fd_is_socket(fd)};
    o->name = is_stdout ? "stdout" : "stderr";
    if (!is_stdout && !is_stderr) {
        o->path = memcpy(memory_take(strlen(to) + 1), to, strlen(to) + 1);
        o->name = o->path;
    }
    return o;
}

/* At most PIPE_BUF bytes, ending with a line when one ends there. */
static struct bytes next_piece(const struct outlet *o)
{
    struct bytes piece = bytes_slice(buf_bytes(&o->queue), 0, PIPE_BUF);
    const char *last = memrchr(piece.ptr, '\n', piece.len);
    if (last)
        piece.len = (size_t)(last - piece.ptr) + 1;
    return piece;
}

static ssize_t write_piece(const struct outlet *o, struct bytes piece)
{
    if (o->is_socket)
        return send(o->fd, piece.ptr, piece.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(o->fd, piece.ptr, piece.len);
}

enum taken { TAKEN, TAKEN_LATER, TAKEN_NEVER };

/* One piece, if the reader takes it now. */
static enum taken write_some(struct outlet *o, int *ret_error)
{
    struct pollfd ready = {.fd = o->fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0)
        return TAKEN_LATER;
    if (!(ready.revents & POLLOUT) || (ready.revents & (POLLERR | POLLNVAL))) {
        *ret_error = ready.revents & POLLNVAL ? EBADF : EPIPE;
        return TAKEN_NEVER;
    }
    const ssize_t wrote = write_piece(o, next_piece(o));
    if (wrote < 0) {
        *ret_error = errno;
        return errno == EAGAIN || errno == EINTR ? TAKEN_LATER : TAKEN_NEVER;
    }
    buf_consume(&o->queue, (size_t)wrote);
    return TAKEN;
}

static void say_failing(struct outlet *o, int error)
{
    if (!o->is_failing)
        log_error(EV("log not written"), STR("to", o->name), STR("why", strerror(error)));
    o->is_failing = true;
}

static void outlet_ready(void *ctx, int events);

/* While the reader stalls, the loop says when it goes on. A failure is tried again with the next line instead. */
static void wait_for_reader(struct outlet *o, bool is_wanted)
{
    if (is_wanted && !o->watch && o->loop) {
        o->watch = loop_watch_create(o->loop, "log outlet", o->fd, outlet_ready, o);
        watch_set(o->watch, WATCH_WRITE);
    } else if (!is_wanted && o->watch) {
        watch_destroy(o->watch);
        o->watch = NULL;
    }
}

static void outlet_flush(struct outlet *o)
{
    enum taken taken = TAKEN;
    int error = 0;
    while (o->queue.len && taken == TAKEN)
        taken = write_some(o, &error);

    if (taken == TAKEN_NEVER)
        say_failing(o, error);
    else if (taken == TAKEN)
        o->is_failing = false;
    if (!o->queue.len)
        buf_finish(&o->queue); /* an idle log holds no queue */
    wait_for_reader(o, taken == TAKEN_LATER);
}

static void outlet_ready(void *ctx, int events)
{
    outlet_flush(ctx);
}

bool outlet_has_room(const struct outlet *o, size_t len)
{
    return len <= o->queue.max - o->queue.len;
}

void outlet_put(struct outlet *o, struct bytes line)
{
    assert(outlet_has_room(o, line.len));
    buf_add_bytes(&o->queue, line);
    if (!o->watch)
        outlet_flush(o);
}

size_t outlet_queued(const struct outlet *o)
{
    return o->queue.len;
}

bool outlet_reopen(struct outlet *o, struct err *e)
{
    if (!o->path)
        return true;
    const int fd = path_open(o->path, e);
    if (fd < 0)
        return false;

    /* What waited goes to the new file: the old one did not take it. */
    wait_for_reader(o, false);
    close(o->fd);
    o->fd = fd;
    o->is_socket = false;
    o->is_failing = false;
    outlet_flush(o);
    return true;
}

size_t outlet_close(struct outlet *o)
{
    if (!o)
        return 0;
    outlet_flush(o);
    const size_t lost = o->queue.len;
    wait_for_reader(o, false);
    if (o->path)
        close(o->fd);
    buf_finish(&o->queue);
    free(o->path);
    free(o);
    return lost;
}
