/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that others write: a file, also one that is rotated, or what a container prints. A run reads what came since the
 * last one, on a thread of its own, and counts. Owns what is kept between runs; a thread that hangs in a file system is
 * left alone with its part of it.
 */
#include "probes/log.h"

#include <errno.h>
#include <string.h>

#include "lib/core/frame.h"
#include "lib/core/loop.h"
#include "lib/core/probe.h"
#include "lib/core/session.h"

#define SHOWN_FOR NSEC_PER_HOUR /* lines that matched, after the last one did */

struct log_reading {
    struct log_keeper *keeper;
    struct wall now;
    struct mono until;
    struct bytes text; /* of a container; the session's, which waits for this */
    atomic_bool is_unwanted;
};

/* ---- what is kept ---- */

static void finish_tail(void *tail)
{
    log_tail_finish(tail);
}

static struct log_keeper *keeper_create(const struct log_conf *conf, const char *memo)
{
    struct arena *arena = arena_create(0);
    struct log_keeper *k = arena_alloc(arena, sizeof(*k));
    k->arena = arena;
    log_conf_copy(arena, conf, &k->conf);
    log_counts_init(&k->counts, arena, &k->conf);
    log_tail_init(&k->tail, arena, &k->conf, &k->counts, bytes_of(memo));
    arena_cleanup(arena, finish_tail, &k->tail);
    return k;
}

static void keeper_end(void *keeper)
{
    struct log_keeper *k = keeper;
    if (k)
        arena_destroy(k->arena);
}

static bool log_open(struct session *s, struct err *e)
{
    struct log_session *session = s->state;
    (void)e;
    errand_init(&session->errand, "log", s->frame);
    return true;
}

static void log_close(struct session *s)
{
    struct log_session *session = s->state;
    log_engine_close(session);
    errand_finish(&session->errand, keeper_end, session->keeper);
    arena_destroy(session->shown_arena);
}

static void keep_memo(struct session *s)
{
    const struct log_session *session = s->state;
    struct buf memo = BUF_MAX(SESSION_MEMO_MAX - 1);
    buf_add_text(&memo, "log 1\n");
    log_mark_print(&session->engine.taken, &memo);
    log_places_print(&session->keeper->tail.places, &memo);
    if (strcmp(buf_text(&memo), s->memo) != 0)
        session_set_memo(s, buf_text(&memo));
    buf_finish(&memo);
}

/* ---- the end of a run ---- */

static void answer_trouble(struct run *run, const struct log_tail *t)
{
    const char *path = t->path.len ? buf_text(&t->path) : t->pattern;
    if (t->trouble == EACCES || t->trouble == EPERM)
        run_unknown(
            run, REASON_SELF,
            "%s: permission denied: give healthd a group that may read it (of most "
            "logs it is adm: systemd: SupplementaryGroups=adm; compose: group_add)",
            path);
    else if (t->trouble == EISDIR || t->trouble == ESPIPE)
        run_unknown(run, REASON_CONFIG,
                    "%s is %s: `file` has to name a file, or a pattern such as %s/*.log",
                    path, t->trouble == EISDIR ? "a folder" : "no file that is kept",
                    path);
    else if (t->trouble == E2BIG || t->trouble == ETIME)
        run_unknown(run, REASON_CONFIG,
                    "%s: %s, and the newest is not known: give a narrower pattern", path,
                    t->trouble == E2BIG ? "too many files were gone through"
                                        : "the time was over before all were seen");
    else
        run_unknown(run, REASON_SELF, "%s cannot be read: %s", path,
                    strerror(t->trouble));
}

static void answer_missing(struct run *run, const struct log_conf *conf)
{
    if (!conf->must_exist)
        run_up(run);
    else if (log_is_of_container(conf))
        run_down(run, REASON_MISSING, "%s has no container named '%s'", conf->docker,
                 conf->container);
    else
        run_down(run, REASON_MISSING, "there is no %s%s", conf->root, conf->file);
}

static void answer(struct run *run, const struct log_session *s)
{
    const struct log_conf *conf = &s->keeper->conf;
    const bool is_container = log_is_of_container(conf);
    if (is_container ? s->engine.is_missing : s->keeper->tail.is_missing)
        answer_missing(run, conf);
    else if (s->keeper->tail.trouble)
        answer_trouble(run, &s->keeper->tail);
    else
        run_up(run);
}

/* Rendered when there is something new: most runs have nothing. */
static void show_excerpt(struct run *run, struct log_session *s)
{
    const struct log_counts *c = &s->keeper->counts;
    if (!c->excerpted.ns || c->now.ns - c->excerpted.ns > SHOWN_FOR)
        return;
    if (!s->shown_arena)
        s->shown_arena = arena_create(0);
    if (s->shown_of.ns != c->excerpted.ns) {
        arena_reset(s->shown_arena);
        s->shown = excerpt_text(c->excerpt, run_frame(run)->secrets, s->shown_arena);
        s->shown_of = c->excerpted;
    }
    run_last_log(run, s->shown);
}

static void conclude(struct run *run)
{
    struct session *session = run_session(run);
    struct log_session *s = session->state;
    const bool is_behind = s->engine.is_behind || s->keeper->tail.is_behind;
    s->fell_behind += is_behind;
    keep_memo(session);
    show_excerpt(run, s);
    log_emit(run);
    answer(run, s);
    run_finish(run);
    if (is_behind)
        session_wake(session, WAKE_PUSHED);
}

/* ---- a thread's part ---- */

static void read_work(void *ctx)
{
    struct log_reading *r = ctx;
    struct log_keeper *k = r->keeper;
    log_counts_begin(&k->counts, r->now);
    if (log_is_of_container(&k->conf))
        log_counts_take_all(&k->counts, r->text);
    else
        log_tail_read(&k->tail, r->until, &r->is_unwanted);
}

static void on_read(struct run *run, void *ctx)
{
    (void)ctx;
    conclude(run);
}

/* The text outlives the session only with the thread that reads it. */
static void lend_text(struct log_reading *r, struct arena *arena, struct log_engine *g)
{
    size_t len;
    char *text = buf_steal(&g->text, &len);
    if (text)
        arena_cleanup(arena, free, text);
    r->text = (struct bytes){text, text ? len : 0};
}

static void look(struct run *run)
{
    struct log_session *s = run_session(run)->state;
    struct arena *arena = arena_create(0);
    struct log_reading *r = arena_alloc(arena, sizeof(*r));
    r->keeper = s->keeper;
    r->now = loop_wall(run_frame(run)->loop);
    /* What it has by then is worth more than a timeout. */
    r->until = mono_add(mono_read(), run_left(run) / 4 * 3);
    lend_text(r, arena, &s->engine);
    if (!errand_send(&s->errand, run, arena, read_work, on_read, r)) {
        run_finish(run);
        return;
    }
    s->reading = r;
    run_phase(run, PHASE_TRANSFER);
}

/* ---- a run ---- */

static void on_printed(struct run *run, const struct trouble *why)
{
    if (!why) {
        look(run);
        return;
    }
    run_trouble(run, why);
    run_finish(run);
}

static void log_start(struct run *run)
{
    struct session *session = run_session(run);
    struct log_session *s = session->state;
    const struct log_conf *conf = run_conf(run);
    if (errand_is_out(&s->errand)) {
        run_unknown(run, REASON_SELF,
                    "an earlier run still reads %s: does its file "
                    "system hang?",
                    conf->file);
        run_finish(run);
        return;
    }
    if (!s->keeper) {
        s->keeper = keeper_create(conf, session->memo);
        s->began = loop_wall(run_frame(run)->loop);
        s->engine.taken = log_mark_recall(session->memo);
        s->engine.has_begun = session->memo[0] != '\0';
    }
    if (!log_is_of_container(&s->keeper->conf)) {
        look(run);
        return;
    }
    run_phase(run, PHASE_WAIT);
    log_engine_ask(s, &s->keeper->conf, run, on_printed);
}

static void log_cancel(struct run *run)
{
    struct log_session *s = run_session(run)->state;
    if (errand_is_for(&s->errand, run)) {
        atomic_store(&s->reading->is_unwanted, true);
        errand_forsake(&s->errand, run);
    } else {
        log_engine_forget(s);
    }
    run_finish(run);
}

const struct probe_type probe_log = {
    .name = "log",
    .summary = "Logs: lines of a file, also a rotated one, or of a container, counted by "
               "patterns, levels and fields, and when there was one last.",
    .example =
        "log: {file: /var/log/nginx/error.log, patterns: {upstream: \"connect\\\\(\\\\) "
        "failed\"}}",
    .keeps_memo = true,
    .refuses_modules = true,
    .conf_size = sizeof(struct log_conf),
    .session_size = sizeof(struct log_session),
    .validate = log_validate,
    .open = log_open,
    .close = log_close,
    .start = log_start,
    .cancel = log_cancel,
    .metrics = log_metrics,
    .vars = log_vars,
    .limits = log_limits,
    .opts = log_opts,
};
