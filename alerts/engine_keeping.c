/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history on disk: read back at the start, in the background; written every few minutes, and whole at the end. The
 * work is done where the engine's offload does it. A disk that refuses costs history, never an alert: it is logged.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/engine_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define SAVE_EVERY (5 * NSEC_PER_MINUTE)
#define MERGE_SLICE (2 * NSEC_PER_MSEC)
#define TIDY_SLICE NSEC_PER_MSEC
#define AGAIN_AFTER (200 * NSEC_PER_MSEC)
/* Rules do not wait longer than this for a disk. */
#define PATIENCE (20 * NSEC_PER_SEC)

static void tell(const char *event, const struct err *why)
{
    if (*why->text)
        log_warning(EV(event), STR("why", why->text));
}

static void restore_work(void *ctx)
{
    history_restore_work(((struct engine *)ctx)->keeping.job);
}

static void restore_done(void *ctx)
{
    struct engine *e = ctx;
    e->keeping.state = KEEPING_MERGE;
    engine_wake(e, e->now);
}

static void save_work(void *ctx)
{
    history_save_work(((struct engine *)ctx)->keeping.job);
}

static void save_done(void *ctx)
{
    struct engine *e = ctx;
    struct err why = {0};
    e->keeping.state = KEEPING_NOTHING;
    history_save_done(e->keeping.job, &why);
    e->keeping.job = NULL;
    tell("history not saved", &why);
}

/* Hands the job over; the pool may be full, then soon again. */
static void submit(struct engine *e)
{
    const bool is_save = e->keeping.state == KEEPING_SAVE;
    e->keeping.is_waiting = !e->io.offload.submit(
        e->io.offload.ctx, is_save ? "history save" : "history restore",
        is_save ? save_work : restore_work, is_save ? save_done : restore_done, e);
}

void keeping_start(struct engine *e, struct wall now)
{
    struct keeping *k = &e->keeping;
    if (!e->io.state_path)
        return;
    struct buf path = BUF_MAX(4096);
    buf_printf(&path, "%s/history", e->io.state_path);
    k->folder = memory_strdup(buf_text(&path));
    buf_finish(&path);
    k->next_save = wall_add(now, SAVE_EVERY);
    k->job = history_restore_prepare(e->history, k->folder);
    if (!k->job)
        return;
    history_restore_until(k->job, wall_to_ms(now));
    k->state = KEEPING_RESTORE;
    submit(e);
}

static void merge(struct engine *e)
{
    struct keeping *k = &e->keeping;
    struct err why = {0};
    if (!history_restore_merge(k->job, MERGE_SLICE, &why))
        return;
    k->job = NULL;
    k->state = KEEPING_NOTHING;
    removed_end_series(e);
    tell("history damaged", &why);
}

static void save(struct engine *e, struct wall now)
{
    struct keeping *k = &e->keeping;
    k->next_save = wall_add(now, SAVE_EVERY);
    k->job = history_save_prepare(e->history, k->folder, false);
    if (!k->job)
        return;
    k->state = KEEPING_SAVE;
    submit(e);
}

struct wall keeping_advance(struct engine *e, struct wall now)
{
    struct keeping *k = &e->keeping;
    const bool is_tidy = history_tidy(e->history, TIDY_SLICE);
    if (!k->folder)
        return is_tidy ? (struct wall){0} : now;
    if (k->is_waiting)
        submit(e);
    if (k->state == KEEPING_MERGE)
        merge(e);
    if (k->state == KEEPING_NOTHING && now.ns >= k->next_save.ns)
        save(e, now);
    if (k->is_waiting)
        return wall_add(now, AGAIN_AFTER);
    return k->state == KEEPING_MERGE || !is_tidy ? now : k->next_save;
}

bool engine_is_restored(const struct engine *e)
{
    return e->keeping.state != KEEPING_RESTORE && e->keeping.state != KEEPING_MERGE;
}

bool keeping_is_ready(const struct engine *e, struct wall now)
{
    return engine_is_restored(e) || now.ns - e->started.ns >= PATIENCE;
}

bool keeping_is_busy(const struct engine *e)
{
    const struct keeping *k = &e->keeping;
    return !k->is_waiting && (k->state == KEEPING_RESTORE || k->state == KEEPING_SAVE);
}

/* A job that the pool has not, or no longer: it ends here. */
static void finish_job(struct engine *e)
{
    struct keeping *k = &e->keeping;
    if (k->is_waiting && k->state == KEEPING_SAVE) {
        save_work(e);
        save_done(e);
    }
    if (k->is_waiting && k->state == KEEPING_RESTORE)
        k->state = KEEPING_MERGE; /* of nothing: what was never read is still on disk */
    while (k->state == KEEPING_MERGE)
        merge(e);
    k->is_waiting = false;
}

/* At the end, on the loop: there is nobody left to be kept waiting. */
void keeping_finish(struct engine *e)
{
    struct keeping *k = &e->keeping;
    struct err why = {0};
    finish_job(e);
    if (!k->folder || k->state != KEEPING_NOTHING)
        return;
    k->job = history_save_prepare(e->history, k->folder, true);
    if (!k->job)
        return;
    history_save_work(k->job);
    history_save_done(k->job, &why);
    k->job = NULL;
    tell("history not saved", &why);
}
