/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of a containers probe: which engine, its list of containers, its events. Called by containers.c.
 * Judges nothing.
 */
#include "probes/containers_session.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"

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

/* Found anew until there is one: an engine may come later than healthd. */
static void find_engine(struct containers_watch *w)
{
    static const char *const places[] = {"/var/run/docker.sock", "/run/docker.sock",
                                         "/run/podman/podman.sock"};
    struct err ignored;
    for (size_t i = 0; !w->docker && i < 2 * ARRAY_LEN(places); i++) {
        char path[4096];
        const bool is_of_host = i >= ARRAY_LEN(places);
        if (is_of_host && !w->conf.root[0])
            return;
        snprintf(path, sizeof(path), "%s%s", is_of_host ? w->conf.root : "",
                 places[i % ARRAY_LEN(places)]);
        if (is_socket(path))
            w->docker = docker_create(w->session->frame, path, NULL, &ignored);
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
