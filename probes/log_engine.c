/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container prints, asked of its engine since the newest line that is known: by name, so that it goes on with the
 * container that takes the name next. Called by log.c on the loop. Looks at no line but for its time.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/core/frame.h"
#include "lib/core/loop.h"
#include "lib/core/session.h"
#include "probes/log.h"

#define CATCH_UP NSEC_PER_HOUR /* what is older when healthd comes back is not read */
#define FIRST_LINES 200 /* the newest are looked at for their stamps, to go on behind them */
#define ENOUGH_TIME(left) ((left) / 4 * 3)

/* ---- how far ---- */

void log_mark_print(const struct log_mark *mark, struct buf *to)
{
    if (mark->at.ns)
        buf_printf(to, "since %" PRId64 " %" PRIu64 "\n", mark->at.ns, mark->lines);
}

/* Without a number: written by a version that took no line of the same stamp any more. */
struct log_mark log_mark_recall(const char *memo)
{
    struct bytes text = bytes_of(memo), line, word;
    struct log_mark mark = {.lines = UINT64_MAX};
    while (bytes_token(&text, '\n', &line)) {
        if (!bytes_token(&line, ' ', &word) || !bytes_is(word, "since") ||
            !bytes_token(&line, ' ', &word) || !bytes_to_i64(word, &mark.at.ns))
            continue;
        bytes_to_u64(line, &mark.lines);
        return mark;
    }
    return (struct log_mark){0};
}

bool log_mark_take(struct log_mark *mark, const struct log_mark *asked,
                   uint64_t *ret_repeated, struct wall at)
{
    if (!at.ns)
        return true;
    if (at.ns < asked->at.ns)
        return false;
    if (at.ns == asked->at.ns && *ret_repeated < asked->lines) {
        ++*ret_repeated;
        return false;
    }
    if (at.ns > mark->at.ns)
        *mark = (struct log_mark){at, 1};
    else if (at.ns == mark->at.ns)
        mark->lines++;
    return true;
}

/* ---- lines ---- */

static bool on_line(void *ctx, const struct docker_line *line)
{
    struct log_engine *g = ctx;
    if (!log_mark_take(&g->taken, &g->asked, &g->repeated, line->at) || g->is_first)
        return true;
    buf_add_bytes(&g->text, line->text);
    buf_add_byte(&g->text, '\n');
    g->long_lines += line->is_cut;
    g->is_behind = g->text.len >= g->max_read;
    return !g->is_behind;
}

static void on_done(void *ctx, const struct trouble *why)
{
    struct log_engine *g = ctx;
    g->call = NULL;
    g->is_missing = why && why->reason == REASON_MISSING;
    g->has_begun = g->has_begun || !why || g->is_missing;
    g->done(g->run, g->is_missing ? NULL : why);
}

/* ---- asking ---- */

static bool has_docker(struct log_engine *g, const struct log_conf *conf, struct frame *f,
                       struct trouble *ret_why)
{
    struct err e = {0};
    if (!g->docker)
        g->docker = docker_create(f, conf->docker, &conf->tls, &e);
    if (!g->docker)
        snprintf(ret_why->detail, sizeof(ret_why->detail), "docker: %.480s", e.text);
    return g->docker != NULL;
}

void log_engine_ask(struct log_session *s, const struct log_conf *conf, struct run *run,
                    void (*done)(struct run *run, const struct trouble *why))
{
    struct log_engine *g = &s->engine;
    const struct wall now = loop_wall(run_frame(run)->loop);
    struct trouble none = {.reason = REASON_CONFIG, .is_unknown = true};
    g->run = run;
    g->done = done;
    g->max_read = conf->max_read;
    buf_finish(&g->text);
    g->text = BUF_MAX(conf->max_read + 2 * conf->max_line);
    g->is_behind = g->is_missing = false;
    g->is_first = !g->has_begun && conf->from == LOG_FROM_END;
    if (g->taken.at.ns && g->taken.at.ns < now.ns - CATCH_UP)
        g->taken = (struct log_mark){.at = {now.ns - CATCH_UP}};
    g->asked = g->taken;
    g->repeated = 0;
    if (!has_docker(g, conf, run_frame(run), &none)) {
        done(run, &none);
        return;
    }
    g->call = docker_logs(g->docker,
                          &(struct docker_logs){.container = conf->container,
                                                .since = g->taken.at,
                                                .tail = g->is_first ? FIRST_LINES : -1,
                                                .max_line = conf->max_line,
                                                .timeout = ENOUGH_TIME(run_left(run))},
                          on_line, on_done, g);
}

void log_engine_forget(struct log_session *s)
{
    docker_cancel(s->engine.call);
    s->engine.call = NULL;
    s->engine.taken = s->engine.asked; /* nobody has counted what came */
}

void log_engine_close(struct log_session *s)
{
    docker_cancel(s->engine.call);
    docker_destroy(s->engine.docker);
    buf_finish(&s->engine.text);
}
