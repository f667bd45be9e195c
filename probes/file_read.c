/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in one version of a file: an archive is unpacked from its first byte to its last, over as many runs as it
 * takes; of a plain file only the end is read. Keeps no descriptor between runs, so that it holds no mount. Runs on a
 * thread that may hang; touches nothing but its reading.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/file.h"

#define BLOCK_BYTES ((size_t)64 << 10)

struct file_reading {
    struct arena *arena;
    struct file_conf conf; /* texts in arena */
    const char *path;
    struct file_content content;
    struct unpack *unpack; /* NULL before the first block */
    char *block;
    char tail[FILE_TAIL_BYTES];
    size_t tail_len;
};

struct file_reading *file_reading_create(const struct file_conf *conf,
                                         const struct file_seen *file)
{
    struct arena *arena = arena_create(0);
    struct file_reading *r = arena_alloc(arena, sizeof(*r));
    r->arena = arena;
    r->conf = *conf;
    r->conf.path = r->conf.root = "";
    r->conf.tail = arena_strdup(arena, conf->tail);
    r->path = arena_strdup(arena, file->path);
    r->content.of = file->mark;
    r->content.soundness = FILE_READING;
    return r;
}

void file_reading_destroy(struct file_reading *r)
{
    if (r)
        arena_destroy(r->arena);
}

const struct file_content *file_reading_content(const struct file_reading *r)
{
    return &r->content;
}

bool file_wants_content(const struct file_conf *conf, enum unpack_kind kind)
{
    return conf->tail[0] || (conf->integrity && kind != UNPACK_PLAIN);
}

/* Ends the reading. */
static void conclude(struct file_reading *r, enum file_soundness soundness,
                     const char *trouble)
{
    const struct bytes cut = bytes_cut(bytes_of(trouble), sizeof(r->content.trouble) - 1);
    memcpy(r->content.trouble, cut.ptr, cut.len);
    r->content.trouble[cut.len] = '\0';
    r->content.soundness = soundness;
}

static void conclude_errno(struct file_reading *r, int error, const char *doing)
{
    struct err e;
    err_errno(&e, error, "%s", doing);
    conclude(r, FILE_UNREADABLE, e.text);
}

/* ---- its end ---- */

static void tail_add(struct file_reading *r, struct bytes piece)
{
    piece = bytes_slice(
        piece, piece.len > FILE_TAIL_BYTES ? piece.len - FILE_TAIL_BYTES : 0, piece.len);
    const size_t room = FILE_TAIL_BYTES - piece.len;
    const size_t kept = r->tail_len < room ? r->tail_len : room;
    memmove(r->tail, r->tail + r->tail_len - kept, kept);
    memcpy(r->tail + kept, piece.ptr, piece.len);
    r->tail_len = kept + piece.len;
}

static void conclude_whole(struct file_reading *r)
{
    struct file_content *c = &r->content;
    const struct bytes tail = {r->tail, r->tail_len};
    const struct bytes ending = bytes_slice(
        tail, tail.len > FILE_MAX_TAIL ? tail.len - FILE_MAX_TAIL : 0, tail.len);
    c->has_tail = bytes_find(tail, bytes_of(r->conf.tail)) >= 0;
    if (ending.len)
        memcpy(c->ending, ending.ptr, ending.len);
    c->ending_len = ending.len;
    conclude(r, FILE_WHOLE, "");
}

/* ---- blocks ---- */

/* An empty block is the end of the file. False: a fault, which is said. */
static bool read_block(struct file_reading *r, int fd, struct bytes *ret_block)
{
    const ssize_t got = pread(fd, r->block, BLOCK_BYTES, (off_t)r->content.read);
    if (got < 0) {
        conclude_errno(r, errno, "reading it failed");
        return false;
    }
    *ret_block = (struct bytes){r->block, (size_t)got};
    return true;
}

static bool is_above_most(const struct file_reading *r)
{
    return r->content.unpacked > r->conf.max_unpacked;
}

/* Takes what a block has, until the time is over: what is left of it then is read again. */
static enum unpack_step unpack_block(struct file_reading *r, struct bytes *block,
                                     struct mono until, struct err *e)
{
    const size_t len = block->len;
    const uint64_t from = r->content.read;
    struct bytes piece;
    enum unpack_step step;
    while ((step = unpack_step(r->unpack, block, &piece, e)) == UNPACK_PIECE) {
        tail_add(r, piece);
        r->content.unpacked = unpack_total(r->unpack);
        if (is_above_most(r) || mono_reached(mono_read(), until))
            break;
    }
    r->content.read = from + (len - block->len);
    return step;
}

/* True: there is nothing more to unpack, or it is no use. */
static bool conclude_block(struct file_reading *r, enum unpack_step step, bool is_end,
                           struct err *e)
{
    if (step == UNPACK_BROKEN)
        conclude(r, FILE_BROKEN, e->text);
    else if (step == UNPACK_TOO_LARGE)
        conclude(r, FILE_TOO_LARGE, e->text);
    else if (is_above_most(r))
        conclude(r, FILE_TOO_LARGE, "it unpacks to more than `max_unpacked`");
    else if (step != UNPACK_HUNGRY || !is_end)
        return false;
    else if (unpack_end(r->unpack, e))
        conclude_whole(r);
    else
        conclude(r, FILE_BROKEN, e->text);
    return true;
}

static void unpack_on(struct file_reading *r, int fd, struct mono until)
{
    struct bytes block;
    while (read_block(r, fd, &block)) {
        struct err e;
        const bool is_end = block.len == 0;
        const enum unpack_step step = unpack_block(r, &block, until, &e);
        if (conclude_block(r, step, is_end, &e) || mono_reached(mono_read(), until))
            return;
    }
}

/* ---- the beginning ---- */

static void read_plain_end(struct file_reading *r, int fd)
{
    const uint64_t size = r->content.of.size;
    const uint64_t from = size > FILE_TAIL_BYTES ? size - FILE_TAIL_BYTES : 0;
    const ssize_t got = pread(fd, r->tail, FILE_TAIL_BYTES, (off_t)from);
    if (got < 0) {
        conclude_errno(r, errno, "reading it failed");
        return;
    }
    r->tail_len = (size_t)got;
    r->content.read = r->content.unpacked = size;
    conclude_whole(r);
}

static void begin(struct file_reading *r, int fd)
{
    char head[UNPACK_HEAD_BYTES];
    const ssize_t len = pread(fd, head, sizeof(head), 0);
    if (len < 0) {
        conclude_errno(r, errno, "reading it failed");
        return;
    }
    const enum unpack_kind promised = unpack_kind_named(bytes_of(r->path));
    const enum unpack_kind kind = unpack_kind_of((struct bytes){head, (size_t)len});
    r->content.kind = kind;
    if (r->conf.integrity && promised != UNPACK_PLAIN && kind != promised) {
        struct err e;
        err_set(&e, "its name says %s, and %s", unpack_kind_name(promised),
                len == 0 ? "it is empty" : "its content is something else");
        conclude(r, FILE_BROKEN, e.text);
    } else if (!file_wants_content(&r->conf, kind)) {
        conclude(r, FILE_NOT_READ, "");
    } else if (kind == UNPACK_PLAIN) {
        read_plain_end(r, fd);
    } else if (!unpack_is_known(kind)) {
        conclude(r, FILE_FOREIGN, "");
    } else {
        r->block = arena_alloc(r->arena, BLOCK_BYTES);
        r->unpack = unpack_create(r->arena, kind, r->conf.max_window);
    }
}

/* What it was when it was found: another version is read from its beginning, by a later run. */
static bool is_same(const struct file_reading *r, int fd)
{
    const struct file_mark *of = &r->content.of;
    struct stat at;
    return fstat(fd, &at) == 0 && at.st_dev == of->device && at.st_ino == of->inode &&
           (uint64_t)at.st_size == of->size &&
           at.st_mtim.tv_sec * NSEC_PER_SEC + at.st_mtim.tv_nsec == of->modified_ns;
}

void file_reading_go(struct file_reading *r, struct mono until)
{
    const int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        conclude_errno(r, errno, "healthd may not read it");
        return;
    }
    const uint64_t from = r->content.read;
    if (!is_same(r, fd))
        conclude(r, FILE_NOT_READ, "");
    else if (!r->unpack)
        begin(r, fd);
    if (r->content.soundness == FILE_READING) {
        unpack_on(r, fd, until);
        /* A large backup is not to push what programs need out of the page cache. */
        posix_fadvise(fd, (off_t)from, (off_t)(r->content.read - from),
                      POSIX_FADV_DONTNEED);
    }
    close(fd);
}
