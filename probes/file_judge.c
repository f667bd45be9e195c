/* SPDX-License-Identifier: Apache-2.0 */
/* What a look means: the one answer, from what is most wrong down, and the trace. Loop thread; reads no file. */
#include <inttypes.h>

#include "lib/core/path_walk.h"
#include "probes/file.h"

#define SHOWN_ENDING 80

nsec file_age(struct run *run)
{
    const struct file_state *s = run_state(run);
    const nsec age = run_wall(run).ns - s->look->found.newest.mark.modified_ns;
    return age > 0 ? age : 0;
}

double file_ratio(const struct file_state *s)
{
    if (!s->memory.has_previous || s->memory.previous_size == 0)
        return 1;
    return (double)s->file->mark.size / (double)s->memory.previous_size;
}

/* ---- is it there? ---- */

static void judge_unseen(struct run *run, const struct file_found *f)
{
    if (f->is_cut)
        run_unknown(run, REASON_SELF,
                    "the pattern leads through more than %d entries: name a folder with "
                    "fewer",
                    PATH_WALK_MAX_SEEN);
    else if (f->is_late)
        run_unknown(run, REASON_TIMEOUT,
                    "its folders could not be listed within the `timeout`; %zu entries "
                    "were seen",
                    f->seen);
    else if (f->failing)
        run_down(run, REASON_FAILED, "its file system answers with an error: %s",
                 f->failing);
    else
        run_unknown(run, REASON_SELF,
                    "it cannot be seen whether there is a file: %s; healthd's user needs "
                    "x on its folders, and r on those with a pattern",
                    f->hidden);
}

/* False: it is answered. */
static bool judge_presence(struct run *run, const struct file_conf *conf,
                           const struct file_state *s)
{
    const struct file_found *f = &s->look->found;
    if (f->is_cut || f->is_late || (!s->file->path && (f->failing || f->hidden)))
        judge_unseen(run, f);
    else if (conf->exists && !s->file->path)
        run_down(run, REASON_MISSING, "no file matches %s%s", conf->root, conf->path);
    else if (!conf->exists && s->file->path)
        run_down(run, REASON_EXPECT, "%s is there, and has to be absent",
                 s->look->found.newest.path);
    else if (!conf->exists)
        run_up(run);
    else
        return true;
    return false;
}

/* ---- is it whole? ---- */

static const char *ending(struct run *run, const struct file_content *c)
{
    const struct bytes all = {c->ending, c->ending_len};
    const size_t from = all.len > SHOWN_ENDING ? all.len - SHOWN_ENDING : 0;
    return run_quoted(run, bytes_slice(all, from, all.len));
}

static void judge_whole(struct run *run, const struct file_conf *conf,
                        const struct file_state *s)
{
    const struct file_content *c = &s->look->content;
    const char *path = s->file->path;
    if (conf->integrity && c->kind != UNPACK_PLAIN && c->unpacked == 0)
        run_down(
            run, REASON_CORRUPT,
            "%s is a whole %s archive of nothing: what was to be packed did not come",
            path, unpack_kind_name(c->kind));
    else if (conf->tail[0] && c->ending_len == 0)
        run_down(run, REASON_CORRUPT, "%s is empty, and '%s' has to stand at its end",
                 path, conf->tail);
    else if (conf->tail[0] && !c->has_tail)
        run_down(run, REASON_CORRUPT,
                 "'%s' does not stand in the last %d bytes of %s%s, which end with %s: "
                 "was it cut off?",
                 conf->tail, FILE_TAIL_BYTES, path,
                 c->kind == UNPACK_PLAIN ? "" : ", unpacked", ending(run, c));
    else
        run_up(run);
}

/* Only what is wanted can be missed. */
static void judge_unreadable(struct run *run, const struct file_conf *conf,
                             const struct file_state *s)
{
    if (!file_wants_content(conf, unpack_kind_named(bytes_of(s->file->path))))
        run_up(run);
    else
        run_degraded(run, REASON_FORBIDDEN,
                     "whether %s is whole cannot be said: %s; give healthd's user r on "
                     "it, or say `integrity: false`",
                     s->file->path, s->look->content.trouble);
}

static void judge_content(struct run *run, const struct file_conf *conf,
                          const struct file_state *s)
{
    const struct file_content *c = &s->look->content;
    const enum unpack_kind promised = unpack_kind_named(bytes_of(s->file->path));
    switch (c->soundness) {
    case FILE_NOT_READ:
    case FILE_READING:
        run_up(run);
        break;
    case FILE_UNREADABLE:
        judge_unreadable(run, conf, s);
        break;
    case FILE_FOREIGN:
        run_degraded(run, REASON_CONFIG,
                     "%s is a %s archive, which this healthd does not unpack: `tail` "
                     "cannot be looked for",
                     s->file->path, unpack_kind_name(c->kind));
        break;
    case FILE_TOO_LARGE:
        run_degraded(run, REASON_TOO_LARGE, "%s was not read on: %s", s->file->path,
                     c->trouble);
        break;
    case FILE_BROKEN:
        run_down(run, REASON_CORRUPT, "%s is no whole %s archive: %s", s->file->path,
                 unpack_kind_name(promised != UNPACK_PLAIN ? promised : c->kind),
                 c->trouble);
        break;
    case FILE_WHOLE:
        judge_whole(run, conf, s);
        break;
    }
}

void file_judge(struct run *run)
{
    const struct file_conf *conf = run_conf(run);
    const struct file_state *s = run_state(run);
    if (judge_presence(run, conf, s))
        judge_content(run, conf, s);
}

/* ---- the trace ---- */

static void trace_content(struct run *run, const struct file_content *c)
{
    const char *kind = unpack_kind_name(c->kind);
    if (c->soundness == FILE_READING)
        run_trace(run, "content", "%s, %.0f%% is read", kind,
                  c->of.size ? 100 * (double)c->read / (double)c->of.size : 0);
    if (c->soundness == FILE_WHOLE)
        run_trace(run, "content", "%s, whole, %" PRIu64 " bytes unpacked", kind,
                  c->unpacked);
}

void file_trace(struct run *run)
{
    const struct file_state *s = run_state(run);
    if (!s->look || !s->file->path)
        return;
    const struct file_found *f = &s->look->found;
    run_trace(run, "file", "%s, %" PRIu64 " bytes", s->file->path, s->file->mark.size);
    run_trace(run, "matches", "%zu, the last written %.0f s ago", f->count,
              nsec_to_sec(file_age(run)));
    if (f->newest.path && s->file != &f->newest && f->newest.path != s->file->path)
        run_trace(run, "coming", "%s, %" PRIu64 " bytes so far", f->newest.path,
                  f->newest.mark.size);
    if (s->memory.has_previous)
        run_trace(run, "before", "%" PRIu64 " bytes", s->memory.previous_size);
    if (f->hidden || f->failing)
        run_trace(run, "not seen", "%s", f->hidden ? f->hidden : f->failing);
    trace_content(run, &s->look->content);
}
