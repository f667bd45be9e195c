/* SPDX-License-Identifier: Apache-2.0 */
/*
 * History from disk: files are read by a pool thread, and what they hold is merged on the loop, in slices, beside what has
 * come since. A damaged file is put aside and said.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/query/history_job.h"

#define FILES_MAX 4096

struct history_job *history_restore_prepare(struct history *h, const char *folder)
{
    return job_create(h, folder);
}

void history_restore_until(struct history_job *j, int64_t ms)
{
    j->until = ms;
}

struct reading { /* one file */
    struct arena *arena;
    struct records *into;
};

static void record_keep(void *ctx, const struct record *r)
{
    const struct reading *reading = ctx;
    struct records *into = reading->into;
    if (into->count == into->size) {
        const size_t size = into->size ? into->size * 2 : 1024;
        struct record *items = arena_alloc(reading->arena, size * sizeof(*items));
        if (into->count)
            memcpy(items, into->items, into->count * sizeof(*items));
        into->items = items;
        into->size = size;
    }
    into->items[into->count++] = *r;
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

static void segment_restore(struct history_job *j, const char *path,
                            enum segment_kind kind)
{
    struct buf text = BUF_MAX(SEGMENT_MAX_BYTES + (256 << 10));
    struct err e = {0};
    struct reading reading = {j->arena,
                              kind == SEGMENT_ROLLUPS ? &j->read_rolled : &j->read};
    if (!file_read(path, &text, &e) ||
        !segment_read(buf_bytes(&text), kind, j->arena, record_keep, &reading, &e))
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
    const char *rollups = arena_printf(j->arena, "%s/" ROLLUPS_FILE, j->folder);
    DIR *d = opendir(j->folder);
    if (!d)
        return;
    if (access(rollups, F_OK) == 0)
        segment_restore(j, rollups, SEGMENT_ROLLUPS);
    for (const struct dirent *entry; (entry = readdir(d)) && count < FILES_MAX;) {
        if (is_segment(entry->d_name, &newest))
            names[count++] = arena_printf(j->arena, "%s/%s", j->folder, entry->d_name);
    }
    closedir(d);
    qsort(names, count, sizeof(names[0]), by_text); /* equal lengths: in order of time */
    for (size_t i = 0; i < count; i++)
        segment_restore(j, names[i], SEGMENT_SAMPLES);
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
    if (s)
        series_settle(h, s);
}

/* Where a rule still reaches that far. */
static void rollup_merge(struct history *h, const struct record *r, int64_t until)
{
    struct timeseries *s = series_get(h, r->labels.items, r->labels.count);
    bool goes_on = s != NULL;
    for (size_t i = 0; i < r->count; i += ROLLED_COLUMNS) {
        struct rolled_chunk *k = rolled_chunk_of(&r->chunks[i]);
        goes_on = goes_on && k && rolled_chunk_last(k) <= until;
        if (goes_on)
            goes_on = rollup_restore(h, s, k);
        else if (k)
            rolled_chunk_destroy(k);
    }
    if (s)
        series_settle(h, s);
}

static bool records_merge(struct history_job *j, struct records *from,
                          void (*merge)(struct history *h, const struct record *r,
                                        int64_t until),
                          struct mono stop)
{
    while (from->at < from->count) {
        merge(j->history, &from->items[from->at++], j->until);
        if (from->at % 64 == 0 && mono_reached(mono_read(), stop))
            return false;
    }
    return true;
}

/* Rollups first: samples that come after are older than nothing of them. */
bool history_restore_merge(struct history_job *j, nsec budget, struct err *e)
{
    const struct mono stop = mono_add(mono_read(), budget);
    if (!records_merge(j, &j->read_rolled, rollup_merge, stop) ||
        !records_merge(j, &j->read, record_merge, stop))
        return false;
    if (j->failed)
        *e = j->why;
    budget_enforce(j->history);
    arena_destroy(j->arena);
    return true;
}
