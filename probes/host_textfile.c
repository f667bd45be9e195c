/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics that others write into files: *.prom in the folders of `textfile:`, shown as they are. A file is taken whole or
 * not at all: one with timestamps, one that is no page of metrics, or one that contradicts another file or healthd itself
 * is left out and said. Called on the scan's thread.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/map.h"
#include "lib/core/exposition.h"
#include "lib/core/labels.h"
#include "probes/host.h"

#define MAX_FILES 1000u
#define MAX_SAMPLES 20000u /* of all files */

/* A family over all files: who said first what it is. */
struct text_family {
    const char *name, *help;
    enum metric_kind kind;
    const char *file;      /* the first that had samples of it */
    const char *last_file; /* named in a help text that is ours; NULL: it is the file's */
    bool is_kept;          /* a file that was taken has it */
};

struct text_sample {
    struct text_family *family;
    const char *name, *suffix, *key; /* key: name and labels, as on a page */
    struct labels labels;
    double value;
    struct text_sample *next;
};

struct text_scan {
    struct host_scan *scan;
    struct map *families; /* name → struct text_family */
    struct map *series;   /* key → struct text_sample */
    struct text_sample *first, **tail;
    size_t count, files;
    bool has_error;
};

/* What one file adds, until it is known to be good. */
struct text_file {
    struct text_scan *all;
    const char *path;
    struct text_sample *first, **tail;
    struct map *series; /* its own keys */
    size_t count;
};

/* ---- one sample ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static struct labels labels_make(struct arena *arena, const struct exposition_sample *s)
{
    struct label *items = arena_alloc(arena, s->label_count * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < s->label_count; i++) {
        const struct exposition_label *from = &s->labels[i];
        if (from->value.len)
            items[count++] =
                (struct label){arena_strndup(arena, from->name.ptr, from->name.len),
                               arena_strndup(arena, from->value.ptr, from->value.len)};
    }
    qsort(items, count, sizeof(*items), by_name);
    return (struct labels){items, count};
}

static const char *key_make(struct arena *arena, const char *name, struct labels labels)
{
    struct buf text = BUF_MAX(HOST_MAX_TEXT);
    buf_add_text(&text, name);
    buf_add_byte(&text, '{');
    labels_print(labels, &text);
    const char *key = arena_strndup(arena, buf_text(&text), text.len);
    buf_finish(&text);
    return key;
}

/* What healthd shows under this name itself; NULL: nothing. */
static const struct metric *own_family(const char *name)
{
    for (size_t i = 0; host_metrics[i]; i++) {
        if (!strcmp(host_metrics[i]->name, name))
            return host_metrics[i];
    }
    return NULL;
}

static struct text_family *family_of(struct text_file *file,
                                     const struct exposition_sample *s, struct err *e)
{
    struct arena *arena = file->all->scan->arena;
    struct bytes name;
    const enum metric_kind kind = exposition_kind(s, &name);
    struct text_family *f = map_get(file->all->families, name);
    const bool is_settled = f && (f->is_kept || f->file == file->path);
    if (is_settled && f->kind != kind) {
        err_set(e, "%s is a %s here and a %s in %s", f->name, metric_kind_name(kind),
                metric_kind_name(f->kind), f->file);
        return NULL;
    }
    if (is_settled)
        return f;
    f = arena_alloc(arena, sizeof(*f));
    *f = (struct text_family){.name = arena_strndup(arena, name.ptr, name.len),
                              .help = arena_strdup(arena, s->family->help),
                              .kind = kind,
                              .file = file->path};
    const struct metric *own = own_family(f->name);
    if (own && own->kind != kind) {
        err_set(e, "%s is a %s here and a %s of the host probe", f->name,
                metric_kind_name(kind), metric_kind_name(own->kind));
        return NULL;
    }
    map_put(file->all->families, name, f);
    return f;
}

/* Two files, or one file twice, must not say the same series. */
static bool is_new(struct text_file *file, const struct text_sample *sample,
                   struct err *e)
{
    const struct bytes key = bytes_of(sample->key);
    if (map_get(file->series, key))
        return err_set(e, "%s} is here twice", sample->key);
    if (map_get(file->all->series, key))
        return err_set(e, "%s} is in another file as well", sample->key);
    return true;
}

static bool take_sample(void *ctx, const struct exposition_sample *s, struct err *e)
{
    struct text_file *file = ctx;
    struct arena *arena = file->all->scan->arena;
    if (s->has_time)
        return err_set(e, "a timestamp: text files are of now, leave it out");
    if (file->all->count + file->count >= MAX_SAMPLES)
        return err_set(e, "more than %u samples in all files", MAX_SAMPLES);
    struct text_sample *sample = arena_alloc(arena, sizeof(*sample));
    sample->family = family_of(file, s, e);
    if (!sample->family)
        return false;
    sample->name = arena_strndup(arena, s->name.ptr, s->name.len);
    sample->suffix = arena_strndup(arena, s->suffix.ptr, s->suffix.len);
    sample->labels = labels_make(arena, s);
    sample->key = key_make(arena, sample->name, sample->labels);
    sample->value = s->value;
    if (!is_new(file, sample, e))
        return false;
    map_put(file->series, bytes_of(sample->key), sample);
    *file->tail = sample;
    file->tail = &sample->next;
    file->count++;
    return true;
}

/* ---- one file ---- */

static bool read_text(struct host_scan *scan, const char *path, struct bytes *ret_text,
                      struct stat *ret_stat, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return err_errno(e, errno, "cannot be opened");
    const bool is_file = fstat(fd, ret_stat) == 0 && S_ISREG(ret_stat->st_mode);
    const size_t size = is_file ? (size_t)ret_stat->st_size : 0;
    close(fd);
    if (!is_file || size > HOST_MAX_TEXT)
        return err_set(e, "is no file of at most %zu MiB", HOST_MAX_TEXT >> 20);
    return host_reader_read_once(&scan->kept->reader, path, ret_text) ||
           err_errno(e, errno, "cannot be read");
}

static bool read_samples(struct text_file *file, struct bytes text, struct err *e)
{
    const struct exposition_caps caps = {.samples = MAX_SAMPLES, .families = MAX_SAMPLES};
    struct exposition *x =
        exposition_create(file->all->scan->arena, EXPOSITION_TEXT, &caps,
                          (struct exposition_reader){take_sample, file});
    return exposition_feed(x, text, e) && exposition_end(x, e);
}

static void note_files(struct text_file *file)
{
    struct arena *arena = file->all->scan->arena;
    for (struct text_sample *s = file->first; s; s = s->next) {
        struct text_family *f = s->family;
        f->is_kept = true;
        if (f->help[0] && (!f->last_file || f->last_file == file->path))
            continue;
        f->help = f->help[0] ? arena_printf(arena, "%s, %s", f->help, file->path)
                             : arena_printf(arena, "Metric read from %s", file->path);
        f->last_file = file->path;
    }
}

static void keep_samples(struct text_file *file)
{
    struct text_scan *all = file->all;
    note_files(file);
    for (struct text_sample *s = file->first; s; s = s->next)
        map_put(all->series, bytes_of(s->key), s);
    *all->tail = file->first;
    if (file->first)
        all->tail = file->tail;
    all->count += file->count;
}

static void read_file(struct text_scan *all, const char *path)
{
    struct host_scan *scan = all->scan;
    struct text_file file = {.all = all, .path = path, .series = map_create()};
    struct bytes text = {0};
    struct stat st = {0};
    struct err e = {0};
    file.tail = &file.first;
    if (read_text(scan, path, &text, &st, &e) && read_samples(&file, text, &e)) {
        keep_samples(&file);
        host_sample_of(scan, HOST_TEXTFILE_MTIME, path, (double)st.st_mtim.tv_sec);
    } else {
        all->has_error = true;
        host_note(scan, "%s: %s", path, e.text);
    }
    map_destroy(file.series);
}

/* ---- all ---- */

static void read_folder(struct text_scan *all, const char *folder)
{
    struct host_scan *scan = all->scan;
    const char *const *names;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        all->has_error = true;
        host_note(scan, "%s cannot be opened: %s", folder, strerror(errno));
        return;
    }
    const size_t count = host_entries(scan, fd, "", &names);
    close(fd);
    for (size_t i = 0; i < count; i++) {
        if (!bytes_ends(bytes_of(names[i]), ".prom"))
            continue;
        if (all->files++ < MAX_FILES)
            read_file(all, arena_printf(scan->arena, "%s/%s", folder, names[i]));
    }
    if (all->files <= MAX_FILES)
        return;
    all->has_error = true;
    host_note(scan, "more than %u files: those behind are not read", MAX_FILES);
}

static const struct metric *metric_make(struct host_scan *scan,
                                        const struct text_sample *s)
{
    const struct text_family *f = s->family;
    const struct metric *own = own_family(f->name);
    if (own)
        return own;
    if (f->kind == METRIC_HISTOGRAM || f->kind == METRIC_SUMMARY)
        return batch_metric_part(scan->batch, f->name, s->suffix, f->kind, f->help);
    return batch_metric(scan->batch, f->name, f->kind, f->help, NULL);
}

bool host_textfile_collect(struct host_scan *scan)
{
    const struct texts *folders = &scan->conf->textfile;
    struct text_scan all = {
        .scan = scan, .families = map_create(), .series = map_create()};
    all.tail = &all.first;
    for (size_t i = 0; i < folders->count; i++)
        read_folder(&all, folders->items[i]);
    for (const struct text_sample *s = all.first; s; s = s->next) {
        const struct metric *metric = metric_make(scan, s);
        if (metric)
            batch_add(scan->batch, scan->group, metric, NULL, s->labels, s->value);
    }
    host_sample(scan, HOST_TEXTFILE_ERROR, all.has_error);
    map_destroy(all.families);
    map_destroy(all.series);
    return true;
}
