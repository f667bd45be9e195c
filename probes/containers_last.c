/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container printed before it ended by itself or fell ill: asked for once each time, a few containers at a time,
 * and kept for those who are told of it. Called by containers.c between list and scan. Never holds a run up for longer
 * than it is given.
 */
#include "lib/base/attr.h"
#include "lib/core/excerpt.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"
#include "probes/containers_session.h"

#define AT_ONCE 8 /* containers; the others have their turn in the next run */
#define PAUSE (10 * NSEC_PER_SEC)
#define AGAIN_FOR NSEC_PER_MINUTE /* Docker reads none while it takes the network down */
#define SHOWN_FOR (15 * NSEC_PER_MINUTE)
#define MAX_LINE ((size_t)16 << 10)

struct last_call { /* one container's */
    struct containers_last *of;
    char id[CONTAINERS_ID_LEN + 1];
    struct excerpt *excerpt;
    struct docker_call *call;
};

struct containers_last { /* one round of asking; its own arena's */
    struct containers_watch *watch;
    struct arena *arena;
    struct last_call calls[AT_ONCE];
    size_t count, open; /* calls made, and not yet answered */
    void (*asked)(void *ctx);
    void *ctx;
};

/* ---- what is kept ---- */

bool known_awaits_log(const struct known *k, struct wall now)
{
    return k->failed.ns && k->failed.ns != k->last.of.ns && !k->gone.ns &&
           !k->is_left_alone && (!k->last.asked.ns || now.ns - k->last.asked.ns >= PAUSE);
}

void known_ask_again(struct known *k, struct wall now)
{
    if (now.ns - k->failed.ns >= AGAIN_FOR)
        return;
    k->last.of.ns = 0;
    k->last.has_said_why = false;
}

void known_forget_log(struct known *k)
{
    arena_destroy(k->last.arena);
    k->last = (struct last_log){0};
}

void known_take_log(struct known *k, const char *text)
{
    if (k->last.arena)
        arena_reset(k->last.arena);
    else
        k->last.arena = arena_create(0);
    k->last.text = arena_strdup(k->last.arena, text);
}

const char *known_last_log(const struct known *k, struct wall now)
{
    const bool is_well = known_runs(k) && k->health != DOCKER_UNHEALTHY;
    if (!k->last.arena || (is_well && now.ns - k->failed.ns > SHOWN_FOR))
        return "";
    return k->last.text;
}

/* ---- answers ---- */

static struct known *known_of_call(const struct last_call *c)
{
    const struct map *known = c->of->watch->book.known;
    const struct map_entry *entry = NULL;
    while ((entry = map_next(known, entry))) {
        struct known *k = entry->value;
        if (!strcmp(k->id, c->id))
            return k;
    }
    return NULL; /* another has its name by now */
}

static const char *text_of(const struct last_call *c, struct arena *arena)
{
    const struct session *session = c->of->watch->session;
    return excerpt_text(c->excerpt, session->frame->secrets, arena);
}

/* A container that is gone has nothing to say; a proxy that does not allow it says so once for all. */
static bool is_worth_saying(struct containers_watch *w, struct known *k,
                            const struct trouble *why)
{
    const bool is_refusal = why->reason == REASON_AUTH;
    const bool was_said = is_refusal ? w->has_said_refusal : k->last.has_said_why;
    if (is_refusal)
        w->has_said_refusal = true;
    k->last.has_said_why = true;
    return !was_said;
}

static void take_answer(struct last_call *c, const struct trouble *why)
{
    struct known *k = known_of_call(c);
    struct arena *arena = c->of->arena;
    if (!k)
        return;
    const struct wall now = loop_wall(c->of->watch->session->frame->loop);
    if (why && why->reason == REASON_TIMEOUT)
        known_ask_again(k, now);
    if (!why || !excerpt_is_empty(c->excerpt))
        known_take_log(k, text_of(c, arena));
    else
        known_take_log(k, is_worth_saying(c->of->watch, k, why)
                              ? arena_printf(arena, "(cannot be read: %s)", why->detail)
                              : "");
}

static bool on_line(void *ctx, const struct docker_line *line)
{
    const struct last_call *c = ctx;
    excerpt_add(c->excerpt, line->text);
    return true;
}

static void on_done(void *ctx, const struct trouble *why)
{
    struct last_call *c = ctx;
    struct containers_last *l = c->of;
    c->call = NULL;
    take_answer(c, why);
    if (--l->open)
        return;
    void (*asked)(void *) = l->asked;
    void *asked_ctx = l->ctx;
    l->watch->last = NULL;
    arena_destroy(l->arena);
    asked(asked_ctx);
}

/* ---- asking ---- */

static void ask(struct containers_last *l, struct known *k, struct wall now, nsec timeout)
{
    struct containers_watch *w = l->watch;
    const int lines = (int)w->conf.last_lines;
    struct last_call *c = &l->calls[l->count++];
    *c = (struct last_call){.of = l, .excerpt = excerpt_create(l->arena, (size_t)lines)};
    snprintf(c->id, sizeof(c->id), "%s", k->id);
    k->last.of = k->failed;
    k->last.asked = now;
    c->call = docker_logs(
        w->docker,
        &(struct docker_logs){
            .container = k->id, .tail = lines, .max_line = MAX_LINE, .timeout = timeout},
        on_line, on_done, c);
}

bool containers_last_is_due(const struct containers_watch *w, struct wall now)
{
    const struct map_entry *entry = NULL;
    if (!w->docker || w->has_failed || !w->book.list || !w->conf.last_lines)
        return false;
    while ((entry = map_next(w->book.known, entry))) {
        if (known_awaits_log(entry->value, now))
            return true;
    }
    return false;
}

void containers_last_ask(struct containers_watch *w, nsec timeout, struct wall now,
                         void (*asked)(void *ctx), void *ctx)
{
    struct arena *arena = arena_create(0);
    struct containers_last *l = arena_alloc(arena, sizeof(*l));
    const struct map_entry *entry = NULL;
    *l = (struct containers_last){.watch = w, .arena = arena, .asked = asked, .ctx = ctx};
    w->last = l;
    while (l->count < AT_ONCE && (entry = map_next(w->book.known, entry))) {
        if (known_awaits_log(entry->value, now))
            ask(l, entry->value, now, timeout);
    }
    l->open = l->count;
}

void containers_last_forget(struct containers_watch *w)
{
    struct containers_last *l = w->last;
    if (!l)
        return;
    w->last = NULL;
    for (size_t i = 0; i < l->count; i++)
        docker_cancel(l->calls[i].call);
    arena_destroy(l->arena);
}
