/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file probe shows: its families, the variables of its conditions, and the limits it can be given. Called by
 * file.c and by expressions, on the loop. Reads no file.
 */
#include "probes/file.h"

/* By the pattern: the file's own name is another every night, and would be a series a night. */
#define FAMILY(id, n, u, text)                                      \
    static const struct metric id##_metric = {.name = "file_" n,    \
                                              .kind = METRIC_GAUGE, \
                                              .unit = u,            \
                                              .help = text,         \
                                              .labels = {"path"}}

FAMILY(exists, "exists", "", "Whether a file matches the pattern");
FAMILY(matches, "matches", "", "How many files match the pattern");
FAMILY(modified, "modified_timestamp_seconds", "seconds",
       "When the newest of them was last written");
FAMILY(size, "size_bytes", "bytes", "Size of the newest that is not being written");
FAMILY(previous, "previous_size_bytes", "bytes", "Size of the one before it");
FAMILY(readable, "readable", "", "Whether healthd may read it");
FAMILY(read, "read_bytes", "bytes", "How much of it was read to see whether it is whole");
FAMILY(intact, "intact", "",
       "Whether it is a whole archive; absent until it was read, and for plain files");
FAMILY(unpacked, "unpacked_bytes", "bytes", "Size of what is in the archive");

const struct metric *const file_metrics[] = {&exists_metric,   &matches_metric,
                                             &modified_metric, &size_metric,
                                             &previous_metric, &readable_metric,
                                             &read_metric,     &intact_metric,
                                             &unpacked_metric, NULL};

static void show(struct run *run, const struct metric *metric, double value)
{
    const struct file_conf *conf = run_conf(run);
    run_sample_with(run, metric, (const char *const[]){conf->path}, value);
}

static void emit_content(struct run *run, const struct file_content *c)
{
    if (c->kind == UNPACK_PLAIN && c->soundness != FILE_BROKEN)
        return;
    switch (c->soundness) {
    case FILE_NOT_READ:
    case FILE_UNREADABLE:
    case FILE_FOREIGN:
        break;
    case FILE_READING:
    case FILE_TOO_LARGE:
        show(run, &read_metric, (double)c->read);
        break;
    case FILE_BROKEN:
        show(run, &read_metric, (double)c->of.size);
        show(run, &intact_metric, 0);
        break;
    case FILE_WHOLE:
        show(run, &read_metric, (double)c->of.size);
        show(run, &intact_metric, 1);
        show(run, &unpacked_metric, (double)c->unpacked);
        break;
    }
}

static bool has_seen(const struct file_state *s)
{
    const struct file_found *f = s->look ? &s->look->found : NULL;
    return f && !f->is_cut && !f->is_late &&
           (s->file->path || !(f->hidden || f->failing));
}

void file_emit(struct run *run)
{
    const struct file_state *s = run_state(run);
    if (!has_seen(s))
        return;
    const struct file_found *f = &s->look->found;
    show(run, &exists_metric, s->file->path != NULL);
    show(run, &matches_metric, (double)f->count);
    if (!s->file->path)
        return;
    show(run, &modified_metric, (double)f->newest.mark.modified_ns / NSEC_PER_SEC);
    show(run, &size_metric, (double)s->file->mark.size);
    show(run, &readable_metric, s->look->is_readable);
    if (s->memory.has_previous)
        show(run, &previous_metric, (double)s->memory.previous_size);
    emit_content(run, &s->look->content);
}

/* ---- variables ---- */

static const struct file_state *seen(struct run *run, struct err *why)
{
    const struct file_state *s = run_state(run);
    if (has_seen(s))
        return s;
    err_set(why, "its folders were not seen");
    return NULL;
}

static const struct file_state *there(struct run *run, struct err *why)
{
    const struct file_state *s = seen(run, why);
    if (!s || s->file->path)
        return s;
    err_set(why, "no file matches");
    return NULL;
}

static const struct file_state *with_previous(struct run *run, struct err *why)
{
    const struct file_state *s = there(run, why);
    if (!s || s->memory.has_previous)
        return s;
    err_set(why, "no file was seen before this one: say has(previous.size), or `ratio`");
    return NULL;
}

/* Read to its end, for better or worse. */
static const struct file_state *when_read(struct run *run, struct err *why)
{
    const struct file_state *s = there(run, why);
    if (!s)
        return NULL;
    const struct file_content *c = &s->look->content;
    if (c->soundness == FILE_WHOLE || c->soundness == FILE_BROKEN)
        return s;
    err_set(why,
            c->soundness == FILE_READING
                ? "it is still being read: later runs go on"
                : "nothing in it was read: it is no archive, or still being written");
    return NULL;
}

static struct value value_size(uint64_t bytes)
{
    return (struct value){.type = VALUE_SIZE, .number = (double)bytes};
}

/* A variable as an expression of `s`, which `find` gives unless it is missing. */
#define GETTER(name, find, expression)                               \
    static bool get_##name(struct run *run, struct arena *arena,     \
                           struct value *ret_value, struct err *why) \
    {                                                                \
        const struct file_state *s = find(run, why);                 \
        if (s)                                                       \
            *ret_value = (expression);                               \
        return s != NULL;                                            \
    }

GETTER(exists, seen, value_bool(s->file->path != NULL))
GETTER(count, seen, value_number((double)s->look->found.count))
GETTER(path, there, value_text(bytes_of(s->file->path)))
GETTER(age, there, value_duration(file_age(run)))
GETTER(modified, there, value_time((struct wall){s->look->found.newest.mark.modified_ns}))
GETTER(size, there, value_size(s->file->mark.size))
GETTER(readable, there, value_bool(s->look->is_readable))
GETTER(ratio, there, value_number(file_ratio(s)))
GETTER(previous, with_previous, value_size(s->memory.previous_size))
GETTER(intact, when_read, value_bool(s->look->content.soundness == FILE_WHOLE))
GETTER(unpacked, when_read, value_size(s->look->content.unpacked))

const struct var file_vars[] = {
    {"exists", VALUE_BOOL, "Whether a file matches.", get_exists},
    {"count", VALUE_NUMBER, "How many files match.", get_count},
    {"path", VALUE_TEXT, "The newest that is not being written.", get_path},
    {"age", VALUE_DURATION, "Since the newest was last written.", get_age},
    {"modified", VALUE_TIME, "When that was.", get_modified},
    {"size", VALUE_SIZE, "Size of the newest that is not being written.", get_size},
    {"previous.size", VALUE_SIZE, "Size of the one before it.", get_previous},
    {"ratio", VALUE_NUMBER,
     "`size` by `previous.size`: 0.5 is half as large; 1 when none was before it.",
     get_ratio},
    {"readable", VALUE_BOOL, "Whether healthd may read it.", get_readable},
    {"intact", VALUE_BOOL, "Whether it is a whole archive, once it was read.",
     get_intact},
    {"unpacked", VALUE_SIZE, "Size of what is in the archive, once it was read.",
     get_unpacked},
    {0}};

/* ---- limits ---- */

#define RUNBOOKS "/runbooks/"

const struct limit file_limits[] = {
    {.name = "age",
     .alert = "FileAge",
     .expr = "time() - file_modified_timestamp_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0,
     .summary = "the newest of {{ $labels.path }} was written {{ $value | "
                "humanizeDuration }} ago",
     .runbook = RUNBOOKS "FileTooOld",
     .doc = "Since the newest file was last written."},
    {.name = "size",
     .alert = "FileSize",
     .expr = "file_size_bytes{$probe}",
     .unit = LIMIT_BYTES,
     .side = LIMIT_BELOW,
     .release = 0,
     .summary = "the newest of {{ $labels.path }} has {{ $value | humanize1024 }}B",
     .runbook = RUNBOOKS "FileShrank",
     .doc = "Size of the newest file that is not being written."},
    {.name = "ratio",
     .alert = "FileRatio",
     .expr = "file_size_bytes{$probe} / (file_previous_size_bytes{$probe} > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_BELOW,
     .release = 0,
     .summary = "the newest of {{ $labels.path }} has {{ $value | humanizePercentage }} "
                "of the size of the one before",
     .runbook = RUNBOOKS "FileShrank",
     .doc = "Its size as a share of the size of the one before."},
    {0}};
