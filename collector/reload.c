/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reload.h. The schedule comes last: it alone cannot go back, because what it lets go of (sessions, states) is gone.
 */
#include "collector/reload.h"

#include <stdlib.h>
#include <string.h>

#include "collector/adoption.h"
#include "collector/canary.h"
#include "collector/daemon.h"
#include "collector/engine_host.h"
#include "collector/file_watch.h"
#include "collector/memos.h"
#include "collector/query_lane.h"
#include "collector/reading.h"
#include "collector/verdict_history.h"
#include "collector/web.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/diag.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"

#define SLICE (2 * NSEC_PER_MSEC)
/* Between two looks whether alerting has come to rest. */
#define QUIET_STEP NSEC_PER_MSEC

enum reload_state {
    RELOAD_NONE,
    RELOAD_READING,   /* on the pool */
    RELOAD_MAKING,    /* sessions */
    RELOAD_QUIETING,  /* rules that are being evaluated */
    RELOAD_TURNING,   /* series of the registry; nothing fails from here on */
    RELOAD_PREPARING, /* alerting */
    RELOAD_TIDYING,
    RELOAD_STOPPED,
};

struct waiter {
    struct list link;
    reload_done *done;
    void *ctx;
};

struct reloader {
    struct daemon *daemon;
    enum reload_state state;
    const char *why;          /* of the one under way; NULL: secrets are renewed */
    const char *asked;        /* for another; NULL: it is not */
    bool wants_renewal;       /* the same of secrets */
    struct list told, asking; /* waiters: of the one under way, of the next */
    struct reading *reading;
    struct adoption *adoption;
    struct timer *timer;
    struct buf text;
};

static void start_next(struct reloader *r);
static void on_turn(void *ctx);

/* ---- the end ---- */

static void tell(struct list *waiters, const struct reload_result *result)
{
    struct list *link;
    while ((link = list_take(waiters)) != NULL) {
        struct waiter *w = LIST_ITEM(link, struct waiter, link);
        w->done(w->ctx, result);
        free(w);
    }
}

/* It is known what becomes of it; what is left over may take a few turns more. */
static void judged(struct reloader *r, bool is_accepted, bool is_unchanged)
{
    struct daemon *d = r->daemon;
    secrets_redact(d->frame.secrets, &r->text);
    const struct reload_result result = {is_accepted, is_unchanged, buf_text(&r->text)};
    daemon_note_reload(d, r->why, &result);
    tell(&r->told, &result);
    r->state = RELOAD_TIDYING;
}

static void refuse(struct reloader *r, const struct err *e)
{
    buf_printf(&r->text, "%s\n", e->text);
    judged(r, false, false);
}

static void end(struct reloader *r)
{
    adoption_destroy(r->adoption);
    reading_destroy(r->reading);
    buf_finish(&r->text);
    r->adoption = NULL;
    r->reading = NULL;
    r->state = RELOAD_NONE;
    start_next(r);
}

/* ---- what was read ---- */

/* Listeners and tokens keep secrets of their own: g is today's configuration with today's secrets. */
static void renew_web(struct daemon *d, const struct generation *g)
{
    struct err e = {0};
    if (!web_listen(d->web, g, &e))
        log_error(EV("secrets not renewed"), STR("why", e.text),
                  STR("hint", "listeners and tokens of `web:` keep the former ones"));
}

/* One that is another is a reload's to judge. */
static void renew(struct reloader *r)
{
    const struct generation *g = r->reading->g;
    if (g && g->hash == r->daemon->generation->hash)
        renew_web(r->daemon, g);
    if (!g)
        log_error(EV("secrets not renewed"), STR("why", "the configuration has a fault"),
                  STR("hint", "`healthctl validate` says which; `web:` keeps the former "
                              "secrets until it is mended"));
}

static void judge(struct reloader *r)
{
    struct daemon *d = r->daemon;
    struct generation *g = r->reading->g;
    /* also those of what is rejected: it is mended there */
    file_watch_set(d->file_watch, &r->reading->files);
    diag_render(r->reading->diag, &r->text, false);
    if (!g) {
        judged(r, false, false);
    } else if (g->hash == d->generation->hash) {
        renew_web(d, g);
        judged(r, true, true);
    } else {
        r->adoption = adoption_begin(d->schedule, g);
        r->state = RELOAD_MAKING;
    }
}

static void on_read(void *ctx)
{
    struct reloader *r = ctx;
    reading_learn(r->reading);
    if (r->why) {
        judge(r);
    } else {
        renew(r);
        r->state = RELOAD_TIDYING;
    }
    on_turn(r);
}

/* ---- taking over ---- */

static bool is_same_resolver(const struct resolver_conf *a, const struct resolver_conf *b)
{
    return a->kind == b->kind && a->max_ttl == b->max_ttl && a->port == b->port &&
           !strcmp(a->resolv_conf, b->resolv_conf) && !strcmp(a->hosts, b->hosts);
}

/* What is made once, at the start. */
static void tell_unapplied(const struct generation *before, const struct generation *now)
{
    static const char *const hint = "restart healthd to apply it";
    if (!is_same_resolver(&before->resolver, &now->resolver))
        log_warning(EV("change not applied"), STR("option", "resolver"),
                    STR("hint", hint));
    if (strcmp(before->state_path, now->state_path) != 0)
        log_warning(EV("change not applied"), STR("option", "state.path"),
                    STR("hint", hint));
}

static bool open_others(struct daemon *d, struct generation *g, struct err *e)
{
    struct err ignored = {0};
    if (!web_listen(d->web, g, e))
        return false;
    if (pipeline_set_exporters(&d->pipeline, g, &d->frame, e))
        return true;
    web_listen(d->web, d->generation, &ignored);
    return false;
}

static void let_look(struct daemon *d)
{
    d->is_turning = false;
    query_lane_go_on(d->query_lane);
    web_release(d->web);
}

/* Whoever looks waits from here on. */
static void turn_begin(struct reloader *r)
{
    struct daemon *d = r->daemon;
    struct err e = {0};
    d->is_turning = true;
    web_hold(d->web);
    if (open_others(d, r->reading->g, &e)) {
        r->state = RELOAD_TURNING;
        return;
    }
    engine_host_resume(d->engine_host);
    refuse(r, &e);
    let_look(d);
}

/* All of it is ready: from now on everybody sees the new one. */
static void swap(struct reloader *r)
{
    struct daemon *d = r->daemon;
    struct generation *before = d->generation, *g = reading_accept(r->reading);
    tell_unapplied(before, g);
    g->number = before->number + 1;
    d->generation = g;
    adoption_take(r->adoption);
    memos_retain(d->memos, g);
    canaries_adopt(d->canaries, g);
    engine_host_adopt(d->engine_host, g);
    generation_unref(before);
    judged(r, true, false);
    let_look(d);
}

static bool prepare(struct reloader *r, const struct slice *slice)
{
    struct frame next = r->daemon->frame;
    next.secrets = r->reading->secrets;
    return engine_host_prepare(r->daemon->engine_host, r->reading->g,
                               adoption_probes(r->adoption), &next, slice);
}

static void make(struct reloader *r, const struct slice *slice)
{
    if (!adoption_make(r->adoption, slice))
        return;
    const struct err *fault = adoption_fault(r->adoption);
    if (fault) {
        refuse(r, fault);
        return;
    }
    engine_host_pause(r->daemon->engine_host);
    r->state = RELOAD_QUIETING;
}

/* What nobody looks at any more. */
static bool tidy(struct reloader *r, const struct slice *slice)
{
    const struct daemon *d = r->daemon;
    return !r->adoption ||
           (adoption_tidy(r->adoption, slice) &&
            verdict_history_retain(d->verdict_history, d->generation, slice));
}

/* Some of what its state stands for; false when there is nothing to do in this turn. */
static bool go_on(struct reloader *r, const struct slice *slice)
{
    switch (r->state) {
    case RELOAD_MAKING:
        make(r, slice);
        return true;
    case RELOAD_QUIETING:
        if (!engine_host_is_quiet(r->daemon->engine_host))
            return false;
        turn_begin(r);
        return true;
    case RELOAD_TURNING:
        if (adoption_turn(r->adoption, slice))
            r->state = RELOAD_PREPARING;
        return true;
    case RELOAD_PREPARING:
        if (prepare(r, slice))
            swap(r);
        return true;
    case RELOAD_TIDYING:
        if (tidy(r, slice))
            end(r);
        return true;
    case RELOAD_NONE:
    case RELOAD_READING:
    case RELOAD_STOPPED:
        return false;
    }
    return false;
}

static bool is_over(void *ctx)
{
    struct loop *l = ((struct reloader *)ctx)->daemon->frame.loop;
    return mono_since(loop_now_exact(l), loop_now(l)) > SLICE;
}

static void on_turn(void *ctx)
{
    struct reloader *r = ctx;
    struct loop *l = r->daemon->frame.loop;
    const struct slice slice = {r, is_over};
    while (go_on(r, &slice)) {
        if (!slice_is_over(&slice))
            continue;
        loop_defer(l, "reload, a slice", on_turn, r);
        return;
    }
    if (r->state == RELOAD_QUIETING)
        timer_at(r->timer, mono_add(loop_now(l), QUIET_STEP));
}

/* ---- asking ---- */

static void start(struct reloader *r, const char *why)
{
    struct daemon *d = r->daemon;
    r->state = RELOAD_READING;
    r->why = why;
    r->text = BUF_MAX(64 << 10);
    secrets_refresh(d->frame.secrets, loop_wall(d->frame.loop));
    r->reading = reading_start(&d->frame, d->config_path, on_read, r);
}

static void start_next(struct reloader *r)
{
    const char *why = r->asked;
    struct list *link;
    if (r->state != RELOAD_NONE)
        return;
    if (why) {
        r->asked = NULL;
        while ((link = list_take(&r->asking)) != NULL)
            list_append(&r->told, link);
        r->wants_renewal = false; /* it does that too */
        start(r, why);
    } else if (r->wants_renewal) {
        r->wants_renewal = false;
        start(r, NULL);
    }
}

void reloader_ask(struct reloader *r, const char *why, reload_done *done, void *ctx)
{
    if (done) {
        struct waiter *w = memory_take(sizeof(*w));
        *w = (struct waiter){.done = done, .ctx = ctx};
        list_append(&r->asking, &w->link);
    }
    if (!r->asked)
        r->asked = why;
    start_next(r);
}

void reloader_renew(struct reloader *r)
{
    r->wants_renewal = true;
    start_next(r);
}

/* ---- life ---- */

struct reloader *reloader_create(struct daemon *d)
{
    struct reloader *r = memory_take(sizeof(*r));
    *r = (struct reloader){.daemon = d};
    list_init(&r->told);
    list_init(&r->asking);
    r->timer = loop_timer_create(d->frame.loop, "reload", on_turn, r);
    return r;
}

void reloader_stop(struct reloader *r)
{
    if (r->state == RELOAD_STOPPED)
        return;
    r->state = RELOAD_STOPPED;
    loop_forget(r->daemon->frame.loop, r);
    timer_stop(r->timer);
    tell(&r->told, NULL);
    tell(&r->asking, NULL);
}

void reloader_destroy(struct reloader *r)
{
    if (!r)
        return;
    reloader_stop(r);
    timer_destroy(r->timer);
    adoption_destroy(r->adoption);
    reading_destroy(r->reading);
    buf_finish(&r->text);
    free(r);
}
