/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to an engine's containers: GET /events, followed for as long as somebody listens. Lines of JSON become
 * events; a stream that breaks is opened again, from the last event on. Called by probes' sessions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/memory.h"
#include "lib/core/docker_impl.h"
#include "lib/core/loop.h"

#define MAX_LINE ((size_t)256 << 10)
#define OPEN_TIMEOUT (10 * NSEC_PER_SEC)
#define FIRST_PAUSE NSEC_PER_SEC
#define LONGEST_PAUSE (30 * NSEC_PER_SEC)

/* {"type":["container"],"event":[…]}: without the three events that each health check makes. Podman calls events by
 * names of its own, so that all of its come. */
#define ONLY_CONTAINERS "/events?filters=%7B%22type%22%3A%5B%22container%22%5D"
#define ONLY_THESE                                                                       \
    "%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C%22die%22%2C%22kill%22%2C%22stop%" \
    "22%2C%22restart%22%2C%22pause%22%2C%22unpause%22%2C%22destroy%22%2C%22oom%22%2C%"   \
    "22rename%22%2C%22update%22%2C%22health_status%22%5D"

/* ---- one line ---- */

static const struct {
    const char *word;
    enum docker_action action;
} actions[] = {
    {"create", DOCKER_CREATE},   {"start", DOCKER_START},    {"die", DOCKER_DIE},
    {"died", DOCKER_DIE},        {"kill", DOCKER_KILL},      {"stop", DOCKER_STOP},
    {"restart", DOCKER_RESTART}, {"pause", DOCKER_PAUSE},    {"unpause", DOCKER_UNPAUSE},
    {"destroy", DOCKER_DESTROY}, {"remove", DOCKER_DESTROY}, {"oom", DOCKER_OOM},
    {"rename", DOCKER_RENAME},   {"update", DOCKER_UPDATE},  {"cleanup", DOCKER_CLEANUP},
};

static enum docker_action action_of(const char *word)
{
    if (bytes_starts(bytes_of(word), "health_status"))
        return DOCKER_HEALTH_STATUS;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (!strcmp(word, actions[i].word))
            return actions[i].action;
    }
    return DOCKER_ACTION_OTHER;
}

static enum docker_health health_of(const char *word)
{
    const struct bytes text = bytes_of(word);
    if (bytes_ends(text, "unhealthy"))
        return DOCKER_UNHEALTHY;
    if (bytes_ends(text, "healthy"))
        return DOCKER_HEALTHY;
    return bytes_ends(text, "starting") ? DOCKER_STARTING : DOCKER_HEALTH_NONE;
}

const char *docker_attribute(const struct docker_event *ev, const char *name)
{
    for (size_t i = 0; i < ev->attributes.count; i++) {
        if (!strcmp(ev->attributes.items[i].key, name))
            return ev->attributes.items[i].value;
    }
    return NULL;
}

bool docker_event_parse(struct arena *arena, struct bytes json,
                        struct docker_event *ret_event)
{
    struct err ignored;
    const json_t *root = json_read(arena, json, MAX_LINE, &ignored);
    const json_t *actor = json_object_get(root, "Actor");
    const char *id = docker_text(actor, "ID");
    const char *word = docker_text(root, "Action");
    if (!word[0])
        word = docker_text(root, "status"); /* before 1.22, and some proxies */
    if (!id[0])
        id = docker_text(root, "id");
    if (strcmp(docker_text(root, "Type"), "container") || !docker_id_is_valid(id))
        return false;
    struct docker_event ev = {
        .action = action_of(word),
        .id = id,
        .attributes = docker_pairs(arena, actor, "Attributes"),
    };
    const int64_t seconds = docker_number(root, "time");
    ev.at.ns = docker_number(root, "timeNano");
    if (!ev.at.ns && seconds > 0 && seconds < INT64_MAX / NSEC_PER_SEC)
        ev.at.ns = seconds * NSEC_PER_SEC;
    const char *name = docker_attribute(&ev, "name");
    const char *image = docker_attribute(&ev, "image");
    ev.name = name ? name : "";
    ev.image = image ? image : "";
    ev.is_podmans = docker_attribute(&ev, "podId") != NULL;
    if (ev.action == DOCKER_HEALTH_STATUS) {
        const char *podmans = docker_text(root, "HealthStatus");
        const char *attribute = docker_attribute(&ev, "health_status");
        ev.health = health_of(podmans[0] ? podmans : attribute ? attribute : word);
    }
    *ret_event = ev;
    return true;
}

/* ---- what was told ---- */

void docker_seen_reopen(struct docker_seen *seen)
{
    seen->before = seen->count;
}

bool docker_seen_is_new(struct docker_seen *seen, const struct docker_event *ev)
{
    const uint64_t id = bytes_hash64(bytes_of(ev->id));
    const size_t oldest =
        seen->count > DOCKER_SEEN_MAX ? seen->count - DOCKER_SEEN_MAX : 0;
    for (size_t i = oldest; i < seen->before; i++) {
        const struct docker_sighting *other = &seen->events[i % DOCKER_SEEN_MAX];
        if (other->at_ns == ev->at.ns && other->id == id && other->action == ev->action)
            return false;
    }
    seen->events[seen->count++ % DOCKER_SEEN_MAX] =
        (struct docker_sighting){ev->at.ns, id, ev->action};
    return true;
}

/* ---- the stream ---- */

struct docker_events {
    struct docker *docker;
    struct docker_events_hooks hooks;
    void *ctx;
    struct docker_call *call;
    struct timer *timer;
    struct buf line;
    bool is_told, is_open; /* what `changed` was told last */
    bool has_begun;        /* this attempt */
    bool is_skipping;      /* within a line that is too long */
    nsec pause;            /* before the next attempt */
    struct docker_seen seen;
    struct wall last;  /* of the last event, by the engine's clock; 0: none yet */
    struct wall first; /* when the first stream was asked for, by ours */
};

static void stream_changed(struct docker_events *s, const struct trouble *why)
{
    const bool is_open = !why;
    if (s->is_told && s->is_open == is_open)
        return;
    s->is_told = true;
    s->is_open = is_open;
    s->hooks.changed(s->ctx, why);
}

static void take_line(struct docker_events *s, struct bytes line)
{
    struct arena *arena = arena_create(0);
    struct docker_event ev;
    /* The engine repeats what was at `since` itself. */
    if (docker_event_parse(arena, line, &ev) && docker_seen_is_new(&s->seen, &ev)) {
        s->last = ev.at;
        s->hooks.event(s->ctx, &ev);
    }
    arena_destroy(arena);
}

/* A line that is too long is left out, not the stream. */
static void keep_piece(struct docker_events *s, struct bytes piece)
{
    if (s->is_skipping)
        return;
    buf_add_bytes(&s->line, piece);
    s->is_skipping = s->line.overflow;
}

static bool on_piece(void *ctx, struct bytes piece)
{
    struct docker_events *s = ctx;
    struct bytes line;
    if (!s->has_begun) {
        s->has_begun = true;
        s->pause = FIRST_PAUSE;
        stream_changed(s, NULL);
    }
    while (bytes_line(&piece, &line)) {
        keep_piece(s, line);
        if (!s->is_skipping)
            take_line(s, buf_bytes(&s->line));
        buf_clear(&s->line);
        s->is_skipping = false;
    }
    keep_piece(s, piece);
    return true;
}

static void on_end(void *ctx, void *result UNUSED, const struct trouble *why)
{
    struct docker_events *s = ctx;
    struct loop *loop = docker_frame(s->docker)->loop;
    s->call = NULL;
    /* An end in good order is an engine or a proxy that goes: told only when the next attempt fails, too. */
    if (!s->has_begun && why)
        stream_changed(s, why);
    timer_at(s->timer, mono_add(loop_now(loop), s->pause));
    s->pause = s->pause * 2 < LONGEST_PAUSE ? s->pause * 2 : LONGEST_PAUSE;
}

static void stream_open(void *ctx)
{
    struct docker_events *s = ctx;
    char path[sizeof(ONLY_CONTAINERS) + sizeof(ONLY_THESE) + 80];
    char since[64] = "";
    s->has_begun = s->is_skipping = false;
    buf_clear(&s->line);
    docker_seen_reopen(&s->seen);
    const struct wall from = s->last.ns ? s->last : s->first;
    if (from.ns)
        snprintf(since, sizeof(since), "&since=%" PRId64 ".%09" PRId64,
                 from.ns / NSEC_PER_SEC, from.ns % NSEC_PER_SEC);
    else
        s->first = loop_wall(docker_frame(s->docker)->loop);
    const bool is_docker = docker_version(s->docker)[0] && !docker_is_podman(s->docker);
    snprintf(path, sizeof(path), "%s%s%%7D%s", ONLY_CONTAINERS,
             is_docker ? ONLY_THESE : "", since);
    s->call = docker_ask(s->docker, &(struct docker_ask){.path = path,
                                                         .timeout = OPEN_TIMEOUT,
                                                         .take = on_piece,
                                                         .is_endless = true,
                                                         .done = on_end,
                                                         .ctx = s});
}

struct docker_events *docker_events_open(struct docker *d,
                                         struct docker_events_hooks hooks, void *ctx)
{
    struct docker_events *s = memory_take(sizeof(*s));
    *s = (struct docker_events){.docker = d,
                                .hooks = hooks,
                                .ctx = ctx,
                                .line = BUF_MAX(MAX_LINE),
                                .pause = FIRST_PAUSE};
    s->timer = loop_timer_create(docker_frame(d)->loop, "docker events", stream_open, s);
    stream_open(s);
    return s;
}

void docker_events_close(struct docker_events *s)
{
    if (!s)
        return;
    docker_cancel(s->call);
    timer_destroy(s->timer);
    buf_finish(&s->line);
    free(s);
}
