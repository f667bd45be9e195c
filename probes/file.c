/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that have to come, above all backups: the newest match of a pattern, its age, its size beside the one before,
 * whether the archive is whole, and what stands at its end. One look a run, on a thread of its own; while that hangs,
 * later runs say so and send no other. Remembers what it read of a version, and never reads it twice. Never writes.
 */
#include "probes/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/errand.h"
#include "lib/core/host_path.h"
#include "lib/core/probe.h"
#include "lib/core/session.h"

struct file_session {
    struct errand errand;
    bool has_recalled;
    struct file_memory memory;
    struct file_content content;  /* of the version that was read last */
    struct file_reading *reading; /* goes on with the next run, or NULL */
};

static bool file_open(struct session *s, struct err *e)
{
    struct file_session *own = s->state;
    (void)e;
    errand_init(&own->errand, "file", s->frame);
    return true;
}

static void file_close(struct session *s)
{
    struct file_session *own = s->state;
    errand_finish(&own->errand, NULL, NULL);
    file_reading_destroy(own->reading);
}

/* ---- the look, on its thread ---- */

/* True: known says it already, or nothing in it is to be looked at. */
static bool is_settled(struct file_look *look, const struct file_seen *file)
{
    const bool wants = look->conf.exists && (look->conf.integrity || look->conf.tail[0]);
    if (!wants || !file->is_regular || !look->found.rested.path)
        return true;
    if (!file_mark_equal(&look->content.of, &file->mark)) {
        look->content = (struct file_content){0};
        return false;
    }
    return true;
}

static void read_content(struct file_look *look, const struct file_seen *file)
{
    const struct mono soon = mono_add(mono_read(), look->conf.read_time);
    const struct mono until =
        mono_reached(look->found.until, soon) ? soon : look->found.until;
    if (look->reading &&
        !file_mark_equal(&file_reading_content(look->reading)->of, &file->mark)) {
        file_reading_destroy(look->reading);
        look->reading = NULL;
    }
    if (!look->reading)
        look->reading = file_reading_create(&look->conf, file);
    file_reading_go(look->reading, until);
    look->content = *file_reading_content(look->reading);
}

static void look_work(void *ctx)
{
    struct file_look *look = ctx;
    file_find(&look->found);
    const struct file_seen *file = file_subject(&look->found);
    if (!file->path || look->found.is_cut || look->found.is_late)
        return;
    look->is_readable = faccessat(AT_FDCWD, file->path, R_OK, AT_EACCESS) == 0;
    if (!is_settled(look, file))
        read_content(look, file);
}

/* ---- back on the loop ---- */

static bool is_lasting(enum file_soundness soundness)
{
    return soundness != FILE_READING && soundness != FILE_UNREADABLE;
}

static void keep_content(struct file_session *own, struct file_look *look)
{
    if (look->content.soundness == FILE_READING) {
        own->reading = look->reading;
        look->reading = NULL;
    }
    if (is_lasting(look->content.soundness))
        own->content = look->content;
}

static void keep_memory(struct run *run, struct file_session *own,
                        const struct file_found *found)
{
    struct session *session = run_session(run);
    if (!found->rested.path || found->is_cut || found->is_late)
        return;
    file_remember(&own->memory, &found->rested.mark,
                  found->before.path ? &found->before.mark : NULL);
    const char *memo = file_memo(&own->memory, run_arena(run));
    if (strcmp(memo, session->memo) != 0)
        session_set_memo(session, memo);
}

static void on_looked(struct run *run, void *ctx)
{
    struct file_look *look = ctx;
    struct file_session *own = run_session(run)->state;
    struct file_state *state = run_state(run);
    keep_content(own, look);
    keep_memory(run, own, &look->found);
    state->look = look;
    state->file = file_subject(&look->found);
    state->memory = own->memory;
    file_judge(run);
    run_finish(run);
}

/* ---- a run ---- */

static void drop_reading(void *ctx)
{
    struct file_look *look = ctx;
    file_reading_destroy(look->reading);
}

static struct file_look *look_make(struct run *run, struct file_session *own,
                                   struct arena *arena)
{
    const struct file_conf *conf = run_conf(run);
    struct file_look *look = arena_alloc(arena, sizeof(*look));
    look->conf = *conf;
    look->conf.path = arena_strdup(arena, conf->path);
    look->conf.root = arena_strdup(arena, conf->root);
    look->conf.tail = arena_strdup(arena, conf->tail);
    look->content = own->content;
    look->reading = own->reading;
    own->reading = NULL;
    arena_cleanup(arena, drop_reading, look);
    look->found = (struct file_found){
        .arena = arena,
        .root = look->conf.root,
        .pattern = look->conf.path,
        .now = run_wall(run),
        .settle = conf->settle,
        /* What is left after that is for one read that takes long: it is slow then, and not hung. */
        .until = mono_add(run_deadline(run), -run_left(run) / 4),
    };
    return look;
}

static void file_start(struct run *run)
{
    const struct file_conf *conf = run_conf(run);
    struct session *session = run_session(run);
    struct file_session *own = session->state;
    run_asks(run, conf->path, 0);
    run_deadline_means(run, REASON_HUNG);
    if (errand_hangs(&own->errand, run, conf->path)) {
        run_finish(run);
        return;
    }
    if (!own->has_recalled)
        file_memo_read(session->memo, &own->memory);
    own->has_recalled = true;
    struct arena *arena = arena_create(0);
    struct file_look *look = look_make(run, own, arena);
    if (!errand_send(&own->errand, run, arena, look_work, on_looked, look))
        run_finish(run);
}

static void file_cancel(struct run *run)
{
    struct file_session *own = run_session(run)->state;
    errand_forsake(&own->errand, run);
    run_finish(run);
}

static void file_report(struct run *run)
{
    if (run_has_timed_out(run))
        run_explain(run, "its file system hangs: is its server or disk there?");
    file_emit(run);
}

static size_t parts_of(const char *path)
{
    size_t count = 0;
    for (const char *c = path; *c; c++)
        count += *c == '/';
    return count;
}

static bool file_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct file_conf *conf = ctx;
    if (conf->path[0] != '/')
        return err_set(e, "'%s' must be an absolute path", conf->path);
    if (parts_of(conf->path) > FILE_MAX_DEPTH)
        return err_set(e, "'%s' has more than %d parts", conf->path, FILE_MAX_DEPTH);
    if (conf->root[0] && conf->root[0] != '/')
        return err_set(e, "'root': '%s' must be an absolute path", conf->root);
    const enum unpack_kind kind = unpack_kind_named(bytes_of(conf->path));
    if (conf->tail[0] && !unpack_is_known(kind))
        return err_set(e, "`tail` cannot look into %s: this healthd does not unpack it",
                       unpack_kind_name(kind));
    conf->root = host_path_bare(arena, conf->root);
    return true;
}

#define OPT_STRUCT struct file_conf
const struct probe_type probe_file = {
    .name = "file",
    .summary = "Files that have to come, as backups: age, size, whole archives, what "
               "stands at their end.",
    .example = "file: {path: \"/backup/shop-*.sql.gz\", tail: \"PostgreSQL database dump "
               "complete\"}",
    .refuses_modules = true,
    .keeps_memo = true,
    .tells_of_work = true,
    .conf_size = sizeof(struct file_conf),
    .state_size = sizeof(struct file_state),
    .session_size = sizeof(struct file_session),
    .validate = file_validate,
    .open = file_open,
    .close = file_close,
    .start = file_start,
    .cancel = file_cancel,
    .report = file_report,
    .trace = file_trace,
    .metrics = file_metrics,
    .vars = file_vars,
    .limits = file_limits,
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("path", path, NULL,
                         "Which file, or a pattern with * ? [a-z]: the last written that "
                         "matches is meant.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_BOOL("exists", exists, "true",
                         "false: it is down when a file matches."),
            OPT_ROW_BOOL("integrity", integrity, "true",
                         "Unpacks gzip and zstd archives, each version once: one that is "
                         "broken, or holds nothing, is down."),
            OPT_ROW_TEXT("tail", tail, "",
                         "Has to stand in the last 4 KiB, of an archive unpacked: a dump "
                         "that was cut off is down.",
                         .max = FILE_MAX_TAIL),
            OPT_ROW_DURATION("settle", settle, "1m", 0, 86400,
                             "A file that was written to more lately is still coming: "
                             "until then size and content are those of the one before "
                             "it. 0s: it counts at once."),
            OPT_ROW_DURATION("read_time", read_time, "1s", 0.01, 3600,
                             "How long one run may read, and at most three quarters of "
                             "its `timeout`; the next one goes on there."),
            OPT_ROW_SIZE("max_unpacked", max_unpacked, "1TiB", 1, 1e18,
                         "An archive that unpacks to more is not read on, and is "
                         "degraded."),
            OPT_ROW_SIZE("max_window", max_window, "128MiB", 1024, 2147483648.0,
                         "Memory that unpacking zstd may take; `zstd --long` needs what "
                         "it was given."),
            OPT_ROW_TEXT("root", root, "",
                         "Where the machine's file system is mounted, for a healthd in a "
                         "container: /host. The path is below it."),
            {0}},
};
