/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of a store and the thread that works it off: each piece one transaction, its end told on the loop. What SQL
 * means is store_statement.c's, what the file is store_file.c's. A thread that hangs in a dead disk is left behind.
 */
#include "lib/core/store.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/base/list.h"
#include "lib/base/lock.h"
#include "lib/base/memory.h"
#include "lib/core/failpoint.h"
#include "lib/core/loop.h"
#include "lib/core/store_impl.h"

#define STORE_MAX_WAITING 10000

struct piece {
    struct list link; /* in queued or ended */
    store_work *work;
    store_done *done;
    void *ctx;
    enum store_fault fault;
    struct err err;
};

struct store {
    pthread_mutex_t lock;
    pthread_cond_t work_there, is_idle_now;
    struct list queued, ended;
    size_t waiting; /* queued, and the one under way */
    bool is_working, is_closing, is_left, is_posted;
    bool is_inline, has_thread;
    pthread_t thread;
    struct loop *loop;
    struct store_db db; /* of whoever set is_working */
};

static const char *const fault_names[] = {
    [STORE_OK] = "ok", [STORE_FULL] = "full",       [STORE_READ_ONLY] = "read-only",
    [STORE_IO] = "io", [STORE_CORRUPT] = "corrupt", [STORE_BUG] = "bug",
};

const char *store_fault_name(enum store_fault fault)
{
    return fault_names[fault];
}

/* ---- one piece ---- */

static bool transact(struct store_db *db, store_work *work, void *ctx, struct err *e)
{
    db->fault = STORE_OK;
    if (!db_exec(db, "BEGIN IMMEDIATE", e))
        return false;
    if (work(ctx, db, e)) {
        FAILPOINT("before_commit");
        if (db_exec(db, "COMMIT", e)) {
            FAILPOINT("after_commit");
            return true;
        }
    }
    const enum store_fault fault = db->fault;
    if (!sqlite3_get_autocommit(db->sqlite)) {
        struct err ignored = {0};
        db_exec(db, "ROLLBACK", &ignored);
    }
    db->fault = fault == STORE_OK ? STORE_BUG : fault;
    return false;
}

static enum store_fault work_off(struct store_db *db, store_work *work, void *ctx,
                                 struct err *e)
{
    *e = (struct err){0};
    if (transact(db, work, ctx, e))
        return STORE_OK;
    if (db->fault == STORE_FULL && db_release_reserve(db) && transact(db, work, ctx, e))
        return STORE_OK;
    return db->fault;
}

/* ---- thread ---- */

static void store_free(struct store *s)
{
    db_close(&s->db);
    pthread_cond_destroy(&s->work_there);
    pthread_cond_destroy(&s->is_idle_now);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void deliver(void *ctx)
{
    struct store *s = ctx;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        struct list *first = list_take(&s->ended);
        s->is_posted = first != NULL;
        pthread_mutex_unlock(&s->lock);
        if (!first)
            return;
        struct piece *piece = LIST_ITEM(first, struct piece, link);
        if (piece->done)
            piece->done(piece->ctx, piece->fault, &piece->err);
        free(piece);
    }
}

/* Under the lock, which is let go while it works. */
static void work_first(struct store *s)
{
    struct piece *piece = LIST_ITEM(list_take(&s->queued), struct piece, link);
    s->is_working = true;
    pthread_mutex_unlock(&s->lock);
    piece->fault = work_off(&s->db, piece->work, piece->ctx, &piece->err);
    pthread_mutex_lock(&s->lock);
    s->is_working = false;
    s->waiting--;
    pthread_cond_broadcast(&s->is_idle_now);
    if (s->is_left) { /* its ctx belongs to somebody who has gone */
        free(piece);
        return;
    }
    list_append(&s->ended, &piece->link);
    if (!s->is_posted && !s->is_closing) {
        s->is_posted = true;
        loop_post(s->loop, "store", deliver, s);
    }
}

static void *store_thread(void *arg)
{
    struct store *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while ((list_empty(&s->queued) || s->is_working) && !s->is_closing)
            pthread_cond_wait(&s->work_there, &s->lock);
        if (list_empty(&s->queued) || s->is_left)
            break;
        work_first(s);
    }
    const bool is_left = s->is_left;
    s->has_thread = false;
    pthread_cond_broadcast(&s->is_idle_now);
    pthread_mutex_unlock(&s->lock);
    if (is_left)
        store_free(s);
    return NULL;
}

static bool thread_start(struct store *s, struct err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&s->thread, NULL, store_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->has_thread = error == 0;
    return error == 0 || err_errno(e, error, "a thread for %s", s->db.path);
}

/* ---- public ---- */

struct store *store_open(struct loop *l, const struct store_conf *conf,
                         enum store_fault *ret_fault, struct err *e)
{
    assert(l || conf->is_inline);
    struct store *s = memory_take(sizeof(*s));
    *s = (struct store){.loop = l, .is_inline = conf->is_inline};
    if (!db_open(&s->db, conf, ret_fault, e)) {
        free(s);
        return NULL;
    }
    list_init(&s->queued);
    list_init(&s->ended);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    lock_init(&s->lock);
    pthread_cond_init(&s->work_there, NULL);
    pthread_cond_init(&s->is_idle_now, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!s->is_inline && !thread_start(s, e)) {
        *ret_fault = STORE_IO;
        store_free(s);
        return NULL;
    }
    return s;
}

/* What was not begun is told as failed, so that its owner frees it. */
static void refuse_queued(struct store *s)
{
    const struct err why = {"the store was closed before it was written"};
    for (struct list *first; (first = list_take(&s->queued));) {
        struct piece *piece = LIST_ITEM(first, struct piece, link);
        piece->fault = STORE_IO;
        piece->err = why;
        s->waiting--;
        list_append(&s->ended, &piece->link);
    }
}

static struct timespec after(nsec grace)
{
    const int64_t until = mono_add(mono_read(), grace).ns;
    return (struct timespec){.tv_sec = until / NSEC_PER_SEC,
                             .tv_nsec = until % NSEC_PER_SEC};
}

bool store_drain(struct store *s, nsec grace)
{
    const struct timespec at = after(grace);
    pthread_mutex_lock(&s->lock);
    while (s->waiting && pthread_cond_timedwait(&s->is_idle_now, &s->lock, &at) == 0)
        continue;
    const bool is_idle = s->waiting == 0;
    pthread_mutex_unlock(&s->lock);
    deliver(s);
    return is_idle;
}

/* True when the thread has ended. */
static bool wait_for_end(struct store *s, nsec grace)
{
    const struct timespec at = after(grace);
    pthread_mutex_lock(&s->lock);
    s->is_closing = true;
    pthread_cond_broadcast(&s->work_there);
    while (s->has_thread && pthread_cond_timedwait(&s->is_idle_now, &s->lock, &at) == 0)
        continue;
    const bool has_ended = !s->has_thread;
    refuse_queued(s);
    pthread_mutex_unlock(&s->lock);
    return has_ended;
}

void store_close(struct store *s, nsec grace)
{
    if (!s)
        return;
    if (s->is_inline) {
        store_free(s);
        return;
    }
    const pthread_t thread = s->thread;
    const bool has_ended = wait_for_end(s, grace);
    loop_forget(s->loop, s);
    deliver(s);
    if (has_ended) {
        pthread_join(thread, NULL);
        store_free(s);
        return;
    }
    pthread_detach(thread);
    pthread_mutex_lock(&s->lock);
    s->is_left = true; /* the thread frees it, should the disk ever answer */
    pthread_cond_broadcast(&s->work_there);
    const bool is_gone = !s->has_thread;
    pthread_mutex_unlock(&s->lock);
    if (is_gone)
        store_free(s);
}

bool store_submit(struct store *s, store_work *work, store_done *done, void *ctx)
{
    if (s->is_inline) {
        struct err e;
        const enum store_fault fault = work_off(&s->db, work, ctx, &e);
        if (done)
            done(ctx, fault, &e);
        return true;
    }
    pthread_mutex_lock(&s->lock);
    const bool is_taken = s->waiting < STORE_MAX_WAITING && !s->is_closing;
    if (is_taken) {
        struct piece *piece = memory_take(sizeof(*piece));
        *piece = (struct piece){.work = work, .done = done, .ctx = ctx};
        list_append(&s->queued, &piece->link);
        s->waiting++;
        pthread_cond_signal(&s->work_there);
    }
    pthread_mutex_unlock(&s->lock);
    return is_taken;
}

size_t store_waiting(const struct store *s)
{
    struct store *lockable = (struct store *)s;
    pthread_mutex_lock(&lockable->lock);
    const size_t waiting = s->waiting;
    pthread_mutex_unlock(&lockable->lock);
    return waiting;
}

enum store_fault store_now(struct store *s, store_work *work, void *ctx, struct err *e)
{
    pthread_mutex_lock(&s->lock);
    while (s->waiting)
        pthread_cond_wait(&s->is_idle_now, &s->lock);
    const enum store_fault fault = work_off(&s->db, work, ctx, e);
    pthread_mutex_unlock(&s->lock);
    return fault;
}
