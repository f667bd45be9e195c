/* SPDX-License-Identifier: Apache-2.0 */
/*
 * History to disk and back: what the loop prepares is written or read by a pool thread; what was read is merged on the
 * loop, in slices. Folder: segments "<newest ms>-<n>.seg", each written aside and renamed. Nothing is synced: a
 * lost tail is a gap in a graph.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/query/history_file.h"
#include "lib/query/history_impl.h"

#define FILES_MAX 4096

struct history_job {
    struct history *history;
    struct arena *arena;
    const char *folder;
    struct record *records; /* to write, or as read */
    size_t count, size, at;
    int64_t keep_from, newest;
    int64_t until; /* restoring: nothing after it */
    uint64_t number;
    bool failed;
    struct err why;
};

static struct history_job *job_create(struct history *h, const char *folder)
{
    struct arena *arena = arena_create(0);
    struct history_job *j = arena_alloc(arena, sizeof(*j));
    j->arena = arena;
    j->history = h;
    j->folder = arena_strdup(arena, folder);
    j->newest = h->stats.newest_ms;
    j->until = INT64_MAX;
    return j;
}

/* ---- saving ---- */

/* One that may still grow waits, but at the end. */
static bool is_to_save(const struct timeseries *s, const struct chunk *c, bool is_final)
{
    return !c->is_saved &&
           (is_final || !s->holding || c != s->last || c->count == CHUNK_MAX_SAMPLES);
}

static size_t unsaved_count(const struct timeseries *s)
{
    size_t count = 0;
    for (const struct chunk *k = s->first; k; k = k->next)
        count += !k->is_saved;
    return count;
}

static void series_prepare(struct history_job *j, const struct timeseries *s,
                           bool is_final)
{
    struct record *r = &j->records[j->count];
    const size_t most = unsaved_count(s) + 1;
    struct chunk **chunks = arena_alloc(j->arena, most * sizeof(struct chunk *));
    r->chunks = chunks;
    for (struct chunk *k = s->first; k; k = k->next) {
        if (!is_to_save(s, k, is_final))
            continue;
        k->is_saved = true; /* also when writing fails: a gap, which is said */
        chunks[r->count++] = chunk_ref(k);
    }
    if (is_final && s->head.count)
        chunks[r->count++] = chunk_copy(&s->head);
    if (r->count == 0)
        return;
    r->labels = labels_copy(j->arena, s->labels);
    j->count++;
}

struct history_job *history_save_prepare(struct history *h, const char *folder,
                                         bool is_final)
{
    struct history_job *j = job_create(h, folder);
    j->number = h->next_file++;
    j->keep_from = h->stats.newest_ms - h->limits.keep / NSEC_PER_MSEC;
    j->records = arena_alloc(j->arena, (h->all.count + 1) * sizeof(*j->records));
    for (size_t i = 0; i < h->all.count; i++)
        series_prepare(j, h->all.items[i], is_final);
    return j;
}

static bool write_all(const char *path, struct bytes text, struct err *e)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, errno, "%s", path);
    while (text.len > 0) {
        const ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno != EINTR) {
            err_errno(e, errno, "%s", path);
            close(fd);
            return false;
        }
        if (n > 0)
            text = (struct bytes){text.ptr + n, text.len - (size_t)n};
    }
    return close(fd) == 0 || err_errno(e, errno, "%s", path);
}

static bool segment_write(struct history_job *j, struct bytes text)
{
    char *path = arena_printf(j->arena, "%s/%" PRId64 "-%" PRIu64 ".seg", j->folder,
                              j->newest, j->number);
    char *aside = arena_printf(j->arena, "%s.part", path);
    if (write_all(aside, text, &j->why) && rename(aside, path) == 0)
        return true;
    if (!*j->why.text)
        err_errno(&j->why, errno, "%s", path);
    unlink(aside);
    return false;
}

static bool is_segment(const char *name, int64_t *ret_newest)
{
    uint64_t number;
    int end = 0;
    return sscanf(name, "%" SCNd64 "-%" SCNu64 ".seg%n", ret_newest, &number, &end) ==
               2 &&
           end > 0 && !name[end];
}

static void remove_expired(struct history_job *j)
{
    DIR *d = opendir(j->folder);
    if (!d)
        return;
    int64_t newest;
    for (const struct dirent *entry; (entry = readdir(d));) {
        if (is_segment(entry->d_name, &newest) && newest < j->keep_from)
            unlinkat(dirfd(d), entry->d_name, 0);
    }
    closedir(d);
}

void history_save_work(struct history_job *j)
{
    struct buf out = BUF_MAX(SEGMENT_MAX_BYTES);
    if (mkdir(j->folder, 0700) && errno != EEXIST) {
        j->failed = true;
        err_errno(&j->why, errno, "%s", j->folder);
        return;
    }
    segment_begin(&out);
    for (size_t i = 0; i < j->count; i++)
        segment_add(&out, &j->records[i]);
    segment_end(&out);
    if (j->count > 0)
        j->failed = out.overflow ? !err_set(&j->why, "over %zu bytes", SEGMENT_MAX_BYTES)
                                 : !segment_write(j, buf_bytes(&out));
    buf_finish(&out);
    remove_expired(j);
}

bool history_save_done(struct history_job *j, struct err *e)
{
    const bool ok = !j->failed;
    if (!ok)
        *e = j->why;
    for (size_t i = 0; i < j->count; i++) {
        for (size_t k = 0; k < j->records[i].count; k++)
            chunk_unref(j->records[i].chunks[k]);
    }
    arena_destroy(j->arena);
    return ok;
}

/* ---- restoring ---- */

struct history_job *history_restore_prepare(struct history *h, const char *folder)
{
    return job_create(h, folder);
}

void history_restore_until(struct history_job *j, int64_t ms)
{
    j->until = ms;
}

static void record_keep(void *ctx, const struct record *r)
{
    struct history_job *j = ctx;
    if (j->count == j->size) {
        const size_t size = j->size ? j->size * 2 : 1024;
        struct record *records = arena_alloc(j->arena, size * sizeof(*records));
        if (j->count)
            memcpy(records, j->records, j->count * sizeof(*records));
        j->records = records;
        j->size = size;
    }
    j->records[j->count++] = *r;
}

/* A damaged segment stays beside the others for whoever wants to look, and is not read again. */
static void segment_put_aside(struct history_job *j, const char *path,
                              const struct err *why)
{
    char *aside = arena_printf(j->arena, "%s.damaged", path);
    if (rename(path, aside))
        aside = (char *)path;
    j->failed = true;
    err_set(&j->why, "%s: %s; the rest is used", aside, why->text);
}

static bool file_read(const char *path, struct buf *out, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(e, errno, "it cannot be opened");
    for (;;) {
        char *room = buf_room(out, 256 << 10);
        const ssize_t n = room ? read(fd, room, 256 << 10) : -1;
        if (n <= 0) {
            close(fd);
            return n == 0 || err_set(e, "it cannot be read");
        }
        buf_grew(out, (size_t)n);
    }
}

static void segment_restore(struct history_job *j, const char *path)
{
    struct buf text = BUF_MAX(SEGMENT_MAX_BYTES + (256 << 10));
    struct err e = {0};
    if (!file_read(path, &text, &e) ||
        !segment_read(buf_bytes(&text), j->arena, record_keep, j, &e))
        segment_put_aside(j, path, &e);
    buf_finish(&text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void history_restore_work(struct history_job *j)
{
    const char *names[FILES_MAX];
    size_t count = 0;
    int64_t newest;
    DIR *d = opendir(j->folder);
    if (!d)
        return;
    for (const struct dirent *entry; (entry = readdir(d)) && count < FILES_MAX;) {
        if (is_segment(entry->d_name, &newest))
            names[count++] = arena_printf(j->arena, "%s/%s", j->folder, entry->d_name);
    }
    closedir(d);
    qsort(names, count, sizeof(names[0]), by_text); /* equal lengths: in order of time */
    for (size_t i = 0; i < count; i++)
        segment_restore(j, names[i]);
}

static bool has_room(const struct timeseries *s, const struct chunk *c)
{
    if (s->head.count && c->last_ms >= s->head.first_ms)
        return false;
    for (const struct chunk *k = s->first; k; k = k->next) {
        if (c->first_ms <= k->last_ms && c->last_ms >= k->first_ms)
            return false;
    }
    return true;
}

static void chunk_merge(struct history *h, struct timeseries *s, struct chunk *c)
{
    struct point newest = {0};
    struct chunk_reader reader;
    if (!has_room(s, c)) {
        chunk_unref(c);
        return;
    }
    chunk_read(&reader, c);
    while (chunk_next(&reader, &newest))
        continue;
    if (!s->has_newest || newest.ms > s->newest.ms) {
        s->newest = newest;
        s->has_newest = true;
    }
    if (newest.ms > h->stats.newest_ms)
        h->stats.newest_ms = newest.ms;
    c->is_saved = true;
    series_keep(h, s, c);
}

static void record_merge(struct history *h, const struct record *r, int64_t until)
{
    struct timeseries *s = series_get(h, r->labels.items, r->labels.count);
    for (size_t i = 0; i < r->count; i++) {
        if (s && r->chunks[i]->last_ms <= until)
            chunk_merge(h, s, r->chunks[i]);
        else
            chunk_unref(r->chunks[i]);
    }
    if (s && !s->holding && !s->first && !s->head.count)
        series_forget(h, s);
}

bool history_restore_merge(struct history_job *j, nsec budget, struct err *e)
{
    const struct mono until = mono_add(mono_read(), budget);
    while (j->at < j->count) {
        record_merge(j->history, &j->records[j->at++], j->until);
        if (j->at % 64 == 0 && mono_reached(mono_read(), until))
            return false;
    }
    if (j->failed)
        *e = j->why;
    budget_enforce(j->history);
    arena_destroy(j->arena);
    return true;
}
