/* SPDX-License-Identifier: Apache-2.0 */
/*
 * History to disk: what the loop prepares is written by a pool thread. Folder: segments "<newest ms>-<n>.seg", not synced,
 * for a lost tail is a gap in a graph; and rollups.seg, which holds weeks and is. Each is written aside and renamed.
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

#include "lib/query/history_job.h"

/* Rollups are written no more often than this; segments stay for as long besides, for what is rolled up between. */
#define ROLLED_EVERY_MS (60 * 60 * INT64_C(1000))
#define SEGMENT_SLACK_MS (ROLLED_EVERY_MS * 3 / 2)

struct history_job *job_create(struct history *h, const char *folder)
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

static size_t count_to_save(const struct timeseries *s, bool is_final)
{
    size_t count = is_final && s->head.count;
    for (const struct chunk *k = s->first; k; k = k->next)
        count += is_to_save(s, k, is_final);
    return count;
}

/* Most series have nothing: that is found without touching any memory but theirs. */
static void series_prepare(struct history_job *j, const struct timeseries *s,
                           bool is_final)
{
    const size_t count = count_to_save(s, is_final);
    if (count == 0)
        return;
    struct record *r = &j->records[j->count++];
    struct chunk **chunks = arena_alloc(j->arena, count * sizeof(struct chunk *));
    *r = (struct record){.labels = labels_copy(j->arena, s->labels), .chunks = chunks};
    for (struct chunk *k = s->first; k; k = k->next) {
        if (!is_to_save(s, k, is_final))
            continue;
        k->is_saved = true; /* also when writing fails: a gap, which is said */
        chunks[r->count++] = chunk_ref(k);
    }
    if (is_final && s->head.count)
        chunks[r->count++] = chunk_copy(&s->head);
}

/* Chunks are pinned; what is not in one yet is copied, and made one where there is time. */
static void rollup_prepare(struct history_job *j, const struct timeseries *s)
{
    const struct rollup *u = s->rollup;
    struct rolled_record *r = &j->rolled[j->rolled_count++];
    size_t count = 0;
    for (const struct rolled_chunk *k = u->first; k; k = k->next)
        count += ROLLED_COLUMNS;
    struct chunk **chunks =
        arena_alloc(j->arena, (count + ROLLED_COLUMNS) * sizeof(struct chunk *));
    r->record = (struct record){labels_copy(j->arena, s->labels), chunks, 0};
    for (struct rolled_chunk *k = u->first; k; k = k->next) {
        for (size_t i = 0; i < ROLLED_COLUMNS; i++)
            chunks[r->record.count++] = chunk_ref(k->columns[i]);
    }
    r->points = arena_memdup(j->arena, u->points, sizeof(u->points));
    r->point_count = u->count;
}

static void rollups_prepare(struct history_job *j, struct history *h)
{
    h->rolled_save_ms = h->stats.newest_ms;
    j->rolled = arena_alloc(j->arena, (h->stats.rolled_series + 1) * sizeof(*j->rolled));
    for (size_t i = 0; i < h->all.count; i++) {
        const struct timeseries *s = h->all.items[i];
        if (s->rollup && (s->rollup->first || s->rollup->count))
            rollup_prepare(j, s);
    }
}

struct history_job *history_save_prepare(struct history *h, const char *folder,
                                         bool is_final)
{
    struct history_job *j = job_create(h, folder);
    j->number = h->next_file++;
    j->keep_from = h->stats.newest_ms - h->limits.keep / NSEC_PER_MSEC - SEGMENT_SLACK_MS;
    j->records = arena_alloc(j->arena, (h->all.count + 1) * sizeof(*j->records));
    for (size_t i = 0; i < h->all.count; i++)
        series_prepare(j, h->all.items[i], is_final);
    if (is_final || h->stats.newest_ms - h->rolled_save_ms >= ROLLED_EVERY_MS)
        rollups_prepare(j, h);
    return j;
}

static bool write_all(const char *path, struct bytes text, bool is_synced, struct err *e)
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
    const bool is_there = !is_synced || fsync(fd) == 0;
    return (close(fd) == 0 && is_there) || err_errno(e, errno, "%s", path);
}

static bool file_write(struct history_job *j, const char *path, struct bytes text,
                       bool is_synced)
{
    char *aside = arena_printf(j->arena, "%s.part", path);
    if (write_all(aside, text, is_synced, &j->why) && rename(aside, path) == 0)
        return true;
    if (!*j->why.text)
        err_errno(&j->why, errno, "%s", path);
    unlink(aside);
    return false;
}

bool is_segment(const char *name, int64_t *ret_newest)
{
    struct bytes text = bytes_of(name), newest;
    uint64_t number;
    if (!bytes_ends(text, ".seg"))
        return false;
    text = bytes_slice(text, 0, text.len - strlen(".seg"));
    return bytes_token(&text, '-', &newest) && bytes_to_u64(text, &number) &&
           bytes_to_i64(newest, ret_newest);
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

static bool buf_write(struct history_job *j, const struct buf *out, const char *path,
                      bool is_synced)
{
    if (out->overflow)
        return err_set(&j->why, "%s: over %zu bytes", path, SEGMENT_MAX_BYTES);
    return file_write(j, path, buf_bytes(out), is_synced);
}

static bool segment_save(struct history_job *j)
{
    struct buf out = BUF_MAX(SEGMENT_MAX_BYTES);
    segment_begin(&out, SEGMENT_SAMPLES);
    for (size_t i = 0; i < j->count; i++)
        segment_add(&out, &j->records[i]);
    segment_end(&out);
    const char *path = arena_printf(j->arena, "%s/%" PRId64 "-%" PRIu64 ".seg", j->folder,
                                    j->newest, j->number);
    const bool ok = j->count == 0 || buf_write(j, &out, path, false);
    buf_finish(&out);
    return ok;
}

static void rollup_add(struct buf *out, const struct rolled_record *r)
{
    struct record whole = r->record;
    struct rolled_chunk *k = NULL;
    if (r->point_count > 0) { /* there is room for one more: rollup_prepare */
        k = rolled_chunk_make(r->points, r->point_count);
        struct chunk **chunks = (struct chunk **)whole.chunks;
        for (size_t i = 0; i < ROLLED_COLUMNS; i++)
            chunks[whole.count++] = k->columns[i];
    }
    segment_add(out, &whole);
    if (k)
        rolled_chunk_destroy(k);
}

static bool rollups_save(struct history_job *j)
{
    struct buf out = BUF_MAX(SEGMENT_MAX_BYTES);
    segment_begin(&out, SEGMENT_ROLLUPS);
    for (size_t i = 0; i < j->rolled_count; i++)
        rollup_add(&out, &j->rolled[i]);
    segment_end(&out);
    const char *path = arena_printf(j->arena, "%s/" ROLLUPS_FILE, j->folder);
    const bool ok = buf_write(j, &out, path, true);
    buf_finish(&out);
    return ok;
}

void history_save_work(struct history_job *j)
{
    if (mkdir(j->folder, 0700) && errno != EEXIST) {
        j->failed = true;
        err_errno(&j->why, errno, "%s", j->folder);
        return;
    }
    j->failed = !segment_save(j);
    if (j->rolled && !rollups_save(j))
        j->failed = true;
    remove_expired(j);
}

static void chunks_release(const struct record *r)
{
    for (size_t i = 0; i < r->count; i++)
        chunk_unref(r->chunks[i]);
}

bool history_save_done(struct history_job *j, struct err *e)
{
    const bool ok = !j->failed;
    if (!ok)
        *e = j->why;
    for (size_t i = 0; i < j->count; i++)
        chunks_release(&j->records[i]);
    for (size_t i = 0; i < j->rolled_count; i++)
        chunks_release(&j->rolled[i].record);
    arena_destroy(j->arena);
    return ok;
}
