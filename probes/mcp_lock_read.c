/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock as it stands on disk: asked for before each run on a thread, as its file system may hang, and read and parsed
 * only when it is another version than the one that the session keeps. Called by mcp.c. Never writes, judges nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/units.h"
#include "lib/core/loop.h"
#include "lib/core/session.h"
#include "probes/mcp.h"

struct reading { /* of an errand; in its arena, but for what lock lies in */
    struct arena *arena;
    const char *path;
    struct mcp_lock_mark known, found;
    struct arena *fresh; /* the session's, once it is back; NULL: nothing new */
    struct mcp_lock lock;
    struct err fault;
    void (*next)(struct run *run);
};

/* ---- on its thread ---- */

static bool is_known(const struct reading *r)
{
    const struct mcp_lock_mark *a = &r->known, *b = &r->found;
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

static void explain_unopened(struct reading *r, int error)
{
    if (error == ENOENT)
        err_set(&r->fault,
                "lock: '%s' is not there yet: `healthctl probe mcp … --lock %s "
                "--accept` or `healthctl smoke … --accept` writes it",
                r->path, r->path);
    else
        err_errno(&r->fault, error, "lock: '%s' cannot be read", r->path);
}

static int64_t time_ns(struct timespec t)
{
    return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static bool take_mark(struct reading *r, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size > (off_t)MCP_MAX_LOCK_BYTES)
        return err_set(&r->fault, "lock: '%s' is no file of at most 4 MiB", r->path);
    r->found = (struct mcp_lock_mark){.device = st.st_dev,
                                      .inode = st.st_ino,
                                      .size = (uint64_t)st.st_size,
                                      .modified_ns = time_ns(st.st_mtim),
                                      .changed_ns = time_ns(st.st_ctim)};
    return true;
}

static void read_lock(struct reading *r, int fd)
{
    char *text = arena_alloc(r->arena, (size_t)r->found.size + 1);
    struct err e = {0};
    size_t len = 0;
    ssize_t got = 1;
    while (len < r->found.size && got > 0) {
        got = read(fd, text + len, (size_t)r->found.size - len);
        len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        err_errno(&r->fault, errno, "lock: '%s' cannot be read", r->path);
        return;
    }
    r->fresh = arena_create(0);
    if (!mcp_lock_parse((struct bytes){text, len}, r->fresh, &r->lock, &e))
        err_set(&r->fault, "lock: %s: %s", r->path, e.text);
}

/* Without waiting for a writer, where it is a pipe. */
static void read_work(void *ctx)
{
    struct reading *r = ctx;
    const int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        explain_unopened(r, errno);
        return;
    }
    if (take_mark(r, fd) && !is_known(r))
        read_lock(r, fd);
    close(fd);
}

/* ---- on the loop ---- */

static void drop_fresh(void *ctx)
{
    struct reading *r = ctx;
    arena_destroy(r->fresh);
}

static void on_read(struct run *run, void *ctx)
{
    struct mcp_state *s = run_state(run);
    struct mcp_session *kept = run_session(run)->state;
    struct reading *r = ctx;
    if (r->fault.text[0]) {
        s->lock_fault = r->fault.text;
    } else if (r->fresh) {
        arena_destroy(kept->lock_arena);
        kept->lock_arena = r->fresh;
        kept->lock = r->lock;
        kept->lock_mark = r->found;
        r->fresh = NULL;
    }
    s->lock = &kept->lock;
    r->next(run);
}

static const char *hung(struct mcp_state *s, const struct errand *e)
{
    struct buf text = BUF_MAX(64);
    duration_format_short(&text, errand_out_for(e, loop_now(e->frame->loop)));
    const char *fault = arena_printf(
        run_arena(s->run),
        "lock: the file system of '%s' has not answered for %s: is its server or disk "
        "there?",
        s->conf->lock, buf_text(&text));
    buf_finish(&text);
    return fault;
}

void mcp_lock_read(struct mcp_state *s, void (*next)(struct run *run))
{
    struct mcp_session *kept = run_session(s->run)->state;
    const bool is_wanted = s->conf->lock[0] && !run_is_recording(s->run);
    if (is_wanted && errand_is_out(&kept->errand))
        s->lock_fault = hung(s, &kept->errand);
    if (!is_wanted || s->lock_fault) {
        next(s->run);
        return;
    }
    struct arena *arena = arena_create(0);
    struct reading *r = arena_alloc(arena, sizeof(*r));
    *r = (struct reading){.arena = arena,
                          .path = arena_strdup(arena, s->conf->lock),
                          .known = kept->lock_mark,
                          .next = next};
    arena_cleanup(arena, drop_fresh, r);
    if (!errand_send(&kept->errand, s->run, arena, read_work, on_read, r))
        run_finish(s->run);
}
