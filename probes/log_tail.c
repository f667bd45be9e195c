/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file that is followed, whatever is done to it: rotated by a new name, truncated, removed and made anew, or, of a
 * pattern, another one that is newer. Called by log.c on a run's thread, because a file system may hang. Never writes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/log.h"

#define PIECE ((size_t)64 << 10)
#define MAX_FOUND 10000 /* files of a folder */
#define FORMER_RUNS 2   /* a writer goes on in a renamed file until it is told */

static void on_line(void *ctx, const struct line *line)
{
    struct log_tail *t = ctx;
    log_counts_take(t->counts, line);
}

void log_tail_init(struct log_tail *t, struct arena *arena, const struct log_conf *conf,
                   struct log_counts *counts, struct bytes memo)
{
    *t = (struct log_tail){
        .arena = arena,
        .conf = conf,
        .counts = counts,
        .pattern = arena_printf(arena, "%s%s", conf->root, conf->file),
        .now.fd = -1,
        .former.fd = -1,
        .path = BUF_MAX(4096),
        .piece = BUF_MAX(PIECE),
    };
    log_places_parse(&t->places, memo);
    t->has_begun = memo.len > 0;
    lines_init(&t->now.lines, conf->max_line, on_line, t);
    lines_init(&t->former.lines, conf->max_line, on_line, t);
}

static void close_open(struct log_open *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
}

void log_tail_finish(struct log_tail *t)
{
    close_open(&t->now);
    close_open(&t->former);
    lines_finish(&t->now.lines);
    lines_finish(&t->former.lines);
    buf_finish(&t->path);
    buf_finish(&t->piece);
}

/* ---- one that is open ---- */

static bool is_same(const struct log_open *o, const struct stat *st)
{
    return o->fd >= 0 && o->place.device == (uint64_t)st->st_dev &&
           o->place.inode == (uint64_t)st->st_ino;
}

static uint64_t hash_of_head(int fd, uint64_t len)
{
    char head[LOG_HEAD_BYTES];
    const ssize_t got = pread(fd, head, len, 0);
    return got == (ssize_t)len ? bytes_hash64((struct bytes){head, (size_t)len}) : 0;
}

/* Its beginning is remembered as far as it is read, so that it is known again. */
static void remember_head(struct log_open *o)
{
    const uint64_t most =
        o->place.offset < LOG_HEAD_BYTES ? o->place.offset : LOG_HEAD_BYTES;
    if (o->place.head_len >= most)
        return;
    o->place.head_len = most;
    o->place.head_hash = hash_of_head(o->fd, most);
}

static void start_over(struct log_open *o)
{
    o->place.offset = o->place.head_len = o->place.head_hash = 0;
    o->skips_first = false;
    lines_forget(&o->lines);
}

/* Shorter than what was read of it, or another beginning: it was truncated, or its number given to another. */
static bool was_truncated(const struct log_open *o, uint64_t size)
{
    return size < o->place.offset ||
           (o->place.head_len &&
            hash_of_head(o->fd, o->place.head_len) != o->place.head_hash);
}

/* Where reading has to go on after a restart: before a line that has not ended. */
static void note_place(struct log_tail *t, struct log_open *o)
{
    if (o->fd < 0)
        return;
    remember_head(o);
    struct log_place place = o->place;
    place.offset -= o->lines.pending < place.offset ? o->lines.pending : place.offset;
    if (place.head_len > place.offset)
        place.head_len = 0;
    log_places_put(&t->places, &place);
}

static bool open_path(struct log_tail *t, struct log_open *o, const char *path)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        t->trouble = fd < 0 ? errno : EISDIR;
        if (fd >= 0)
            close(fd);
        return false;
    }
    const struct log_place *known =
        log_places_find(&t->places, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
    o->fd = fd;
    o->runs = 0;
    o->skips_first = false;
    o->place = known ? *known
                     : (struct log_place){.device = (uint64_t)st.st_dev,
                                          .inode = (uint64_t)st.st_ino};
    lines_forget(&o->lines);
    return true;
}

/* ---- reading ---- */

struct allowance { /* of one run */
    uint64_t left;
    struct mono until;
    const atomic_bool *is_unwanted;
};

static bool is_used_up(const struct allowance *a)
{
    return a->left == 0 || mono_reached(mono_read(), a->until) ||
           atomic_load(a->is_unwanted);
}

static struct bytes without_first(struct log_open *o, struct bytes piece)
{
    if (!o->skips_first)
        return piece;
    const ptrdiff_t end = bytes_find_byte(piece, '\n');
    if (end < 0)
        return (struct bytes){0};
    o->skips_first = false;
    return bytes_slice(piece, (size_t)end + 1, piece.len);
}

/* True when all of it is read. */
static bool drain(struct log_tail *t, struct log_open *o, struct allowance *a)
{
    while (!is_used_up(a)) {
        const size_t want = a->left < PIECE ? (size_t)a->left : PIECE;
        buf_clear(&t->piece);
        char *room = buf_room(&t->piece, want);
        const ssize_t got = pread(o->fd, room, want, (off_t)o->place.offset);
        if (got < 0)
            t->trouble = errno;
        if (got <= 0)
            return true;
        o->place.offset += (uint64_t)got;
        a->left -= (uint64_t)got;
        lines_feed(&o->lines, without_first(o, (struct bytes){room, (size_t)got}));
    }
    return false;
}

/* Nobody is helped by lines that are hours late: the end is what matters. */
static void skip_too_much(struct log_tail *t, struct log_open *o, uint64_t size)
{
    const uint64_t unread = size - o->place.offset;
    if (unread <= t->conf->max_behind)
        return;
    const uint64_t keep =
        t->conf->max_read < t->conf->max_behind ? t->conf->max_read : t->conf->max_behind;
    lines_forget(&o->lines);
    remember_head(o);
    o->place.offset = size - keep;
    o->skips_first = true;
    t->skipped += (double)(unread - keep);
}

static uint64_t size_of(const struct log_open *o)
{
    struct stat st;
    return o->fd >= 0 && fstat(o->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t unread_of(const struct log_open *o)
{
    const uint64_t size = size_of(o);
    return size > o->place.offset ? size - o->place.offset : 0;
}

static void read_now(struct log_tail *t, struct allowance *a)
{
    struct log_open *o = &t->now;
    const uint64_t size = size_of(o);
    if (was_truncated(o, size)) {
        start_over(o);
        t->rotations++;
    }
    skip_too_much(t, o, size);
    drain(t, o, a);
    note_place(t, o);
}

/* ---- one after the other ---- */

static void end_former(struct log_tail *t)
{
    lines_end(&t->former.lines);
    note_place(t, &t->former);
    close_open(&t->former);
}

static void read_former(struct log_tail *t, struct allowance *a)
{
    if (t->former.fd < 0)
        return;
    if (drain(t, &t->former, a) && ++t->former.runs > FORMER_RUNS)
        end_former(t);
    else
        note_place(t, &t->former);
}

/* Another file is the newest: the one before is read to its end, also what is yet to come. */
static void pass_on(struct log_tail *t)
{
    if (t->now.fd < 0)
        return;
    if (t->former.fd >= 0)
        end_former(t);
    const struct lines empty = t->former.lines;
    t->former = t->now;
    t->now = (struct log_open){.fd = -1, .lines = empty};
    t->rotations++;
}

/* The file that was read before healthd was started again has another name by now: its rest comes first. */
static void find_former(struct log_tail *t, const struct stat *newest)
{
    if (!t->places.count || t->former.fd >= 0)
        return;
    const struct log_place wanted = t->places.items[0];
    if (wanted.inode == (uint64_t)newest->st_ino &&
        wanted.device == (uint64_t)newest->st_dev)
        return;
    char folder[4096], path[4096];
    snprintf(folder, sizeof(folder), "%s", buf_text(&t->path));
    char *slash = strrchr(folder, '/');
    if (!slash)
        return;
    slash[slash == folder] = '\0';
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    for (size_t i = 0; dir && i < MAX_FOUND && (entry = readdir(dir)); i++) {
        if (entry->d_ino != wanted.inode)
            continue;
        if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) <
            (int)sizeof(path))
            open_path(t, &t->former, path);
        break;
    }
    if (dir)
        closedir(dir);
    t->trouble = 0;
    if (t->former.fd >= 0 && (t->former.place.device != wanted.device ||
                              was_truncated(&t->former, size_of(&t->former))))
        close_open(&t->former); /* only the number is the same */
}

static void follow(struct log_tail *t, const struct log_newest *n)
{
    const bool is_first = t->now.fd < 0 && t->has_begun;
    if (is_same(&t->now, &n->st))
        return;
    if (is_first)
        find_former(t, &n->st);
    pass_on(t);
    open_path(t, &t->now, buf_text(&t->path));
}

static void learn_age(struct log_tail *t, const struct log_newest *n)
{
    const struct wall written = {(int64_t)n->st.st_mtim.tv_sec * NSEC_PER_SEC +
                                 n->st.st_mtim.tv_nsec};
    if (!t->counts->last_line.ns && n->st.st_size > 0)
        t->counts->last_line = wall_earlier(written, t->counts->now);
}

void log_tail_read(struct log_tail *t, struct mono until, const atomic_bool *is_unwanted)
{
    struct allowance a = {t->conf->max_read, until, is_unwanted};
    const struct log_newest n = log_newest_find(t, until);
    t->trouble = 0;
    t->is_missing = !n.is_any && (n.trouble == ENOENT || n.trouble == ENOTDIR);
    if (n.is_any) {
        learn_age(t, &n);
        follow(t, &n);
    } else if (!t->is_missing) {
        t->trouble = n.trouble;
    }
    read_former(t, &a);
    if (t->now.fd >= 0)
        read_now(t, &a);
    t->has_begun = true;
    t->unread = unread_of(&t->former) + unread_of(&t->now);
    t->is_behind = t->unread > 0 && is_used_up(&a);
}
