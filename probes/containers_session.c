/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of a containers probe: which engine, its list of containers, its events. Called by containers.c.
 * Judges nothing.
 */
#include "probes/containers_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"

static void on_settled(void *ctx)
{
    struct containers_watch *w = ctx;
    w->is_dirty = true;
    session_wake(w->session, WAKE_PUSHED);
}

struct containers_watch *containers_watch_create(struct session *s,
                                                 const struct containers_conf *conf)
{
    struct arena *arena = arena_create(0);
    struct containers_watch *w = arena_alloc(arena, sizeof(*w));
    struct err ignored; /* validate has judged the address */
    w->session = s;
    w->arena = arena;
    containers_conf_copy(arena, conf, &w->conf);
    book_init(&w->book, &w->conf);
    w->settling = loop_timer_create(s->frame->loop, "containers settling", on_settled, w);
    w->is_dirty = true;
    w->is_auto = !strcmp(conf->docker, "auto");
    if (!w->is_auto && strcmp(conf->docker, "none"))
        w->docker = docker_create(s->frame, conf->docker, &w->conf.tls, &ignored);
    return w;
}

void containers_watch_destroy(struct containers_watch *w)
{
    if (!w)
        return;
    docker_cancel(w->listing);
    containers_last_forget(w);
    docker_events_close(w->events);
    timer_destroy(w->settling);
    docker_destroy(w->docker);
    book_finish(&w->book);
    arena_destroy(w->arena);
}

/* ---- which engine ---- */

static bool is_socket(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool take_engine(struct containers_watch *w, const char *folder, const char *below)
{
    char path[4096];
    struct err ignored;
    snprintf(path, sizeof(path), "%s%s", folder, below);
    if (is_socket(path))
        w->docker = docker_create(w->session->frame, path, NULL, &ignored);
    return w->docker != NULL;
}

/* Found anew until there is one: an engine may come later than healthd. The user's own come last. */
static void find_engine(struct containers_watch *w)
{
    static const char *const places[] = {"/var/run/docker.sock", "/run/docker.sock",
                                         "/run/podman/podman.sock"};
    static const char *const own[] = {"/docker.sock", "/podman/podman.sock"};
    const char *folder = getenv("XDG_RUNTIME_DIR");
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (take_engine(w, "", places[i]))
            return;
    }
    for (size_t i = 0; w->conf.root[0] && i < ARRAY_LEN(places); i++) {
        if (take_engine(w, w->conf.root, places[i]))
            return;
    }
    for (size_t i = 0; folder && folder[0] == '/' && i < ARRAY_LEN(own); i++) {
        if (take_engine(w, folder, own[i]))
            return;
    }
}

bool containers_watch_is_due(struct containers_watch *w, struct mono now)
{
    if (w->is_auto && !w->docker)
        find_engine(w);
    if (!w->docker)
        return false;
    return w->is_dirty || !w->book.list ||
           mono_since(now, w->asked) >= w->conf.list_interval;
}

/* ---- lists ---- */

static void on_list(void *ctx, struct docker_list *list, const struct trouble *why)
{
    struct containers_watch *w = ctx;
    const struct wall now = loop_wall(w->session->frame->loop);
    w->listing = NULL;
    w->has_failed = !list;
    if (list) {
        book_take_list(&w->book, list, w->session->memo, now);
        w->is_dirty = w->is_dirty || w->book.is_behind;
    } else {
        w->why = *why;
        w->is_dirty = true;
    }
    w->listed(w->ctx);
}

void containers_watch_list(struct containers_watch *w, nsec timeout, struct mono now,
                           void (*listed)(void *ctx), void *ctx)
{
    w->listed = listed;
    w->ctx = ctx;
    w->asked = now;
    w->is_dirty = false;
    book_list_asked(&w->book);
    w->listing = docker_list(w->docker, timeout, on_list, w);
}

void containers_watch_forget(struct containers_watch *w)
{
    docker_cancel(w->listing);
    w->listing = NULL;
    w->is_dirty = true;
}

/* ---- events ---- */

static void on_event(void *ctx, const struct docker_event *ev)
{
    struct containers_watch *w = ctx;
    /* What Podman's check found, the next list knows. */
    if (ev->is_podmans && ev->action == DOCKER_HEALTH_STATUS)
        w->is_dirty = true;
    if (ev->is_podmans && ev->action == DOCKER_DIE)
        timer_at(w->settling, mono_add(loop_now(w->session->frame->loop), KNOWN_SETTLES));
    if (!book_take_event(&w->book, ev))
        return;
    w->is_dirty = true;
    session_wake(w->session, WAKE_PUSHED);
}

static void on_changed(void *ctx, const struct trouble *why)
{
    struct containers_watch *w = ctx;
    w->book.has_events = !why;
    w->is_dirty = true;
}

void containers_watch_follow(struct containers_watch *w)
{
    if (w->docker && !w->events)
        w->events = docker_events_open(
            w->docker, (struct docker_events_hooks){on_event, on_changed}, w);
}
