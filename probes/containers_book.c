/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each container. A list says what is; an event says why. Called by containers.c on the loop. Never
 * judges (containers_judge.c).
 */
#include "probes/containers_book.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"

#define STOP_TAKES (2 * NSEC_PER_MINUTE) /* longest from the signal to the end */
#define LIST_LAGS (2 * NSEC_PER_SEC)
#define RESTART_TAKES NSEC_PER_MINUTE /* the engine's longest pause before a restart */
#define STARVED_TAKES (10 * NSEC_PER_SEC)
#define REPLACING_TAKES (5 * NSEC_PER_MINUTE)
#define FORGET_AFTER NSEC_PER_DAY /* of what was removed, whatever gone_for says */

static void known_destroy(struct known *k)
{
    known_forget_log(k);
    arena_destroy(k->arena);
}

void book_init(struct book *b, const struct containers_conf *conf)
{
    *b = (struct book){.conf = conf, .known = map_create()};
}

void book_finish(struct book *b)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry)))
        known_destroy(entry->value);
    map_destroy(b->known);
    docker_list_destroy(b->list);
}

double known_oom_kills(const struct known *k)
{
    return k->oom_before + (k->oom_read > k->oom_told ? k->oom_read : k->oom_told);
}

bool known_runs(const struct known *k)
{
    return !k->gone.ns && (k->state == DOCKER_RUNNING || k->state == DOCKER_PAUSED);
}

/* ---- one ---- */

static struct known *known_of(struct book *b, const char *name)
{
    struct known *k = map_get(b->known, bytes_of(name));
    if (k)
        return k;
    struct arena *arena = arena_create(0);
    k = arena_alloc(arena, sizeof(*k));
    *k = (struct known){.arena = arena,
                        .name = arena_strdup(arena, name),
                        .image = "",
                        .image_id = "",
                        .project = "",
                        .service = "",
                        .memory_used = NAN,
                        .memory_limit = NAN};
    map_put(b->known, bytes_of(name), k);
    return k;
}

static void forget(struct book *b, struct known *k)
{
    map_remove(b->known, bytes_of(k->name));
    known_destroy(k);
}

/* Counters of a cgroup begin anew with its container, and with each start of it. */
static void known_begin_count(struct known *k)
{
    k->oom_before = known_oom_kills(k);
    k->oom_told = k->oom_read = 0;
}

/* Another container of the same name: somebody made it, whether its predecessor's end was seen or not. */
static void known_is_replaced(struct known *k, const struct docker_container *c)
{
    const bool is_first = !k->id[0];
    known_begin_count(k);
    snprintf(k->id, sizeof(k->id), "%s", c->id);
    if (!is_first && c->created.ns - k->stopped.ns > REPLACING_TAKES)
        k->stopped = c->created;
    k->gone.ns = k->killed.ns = k->starved.ns = k->started.ns = k->ended.ns = 0;
    k->failed.ns = 0;
    known_forget_log(k);
    k->ending = ENDING_NONE;
    k->is_oom = k->is_left_alone = k->has_exit_code = k->has_exact_start =
        k->awaits_start = false;
}

static void keep_text(struct known *k, const char **to, const char *text)
{
    if (strcmp(*to, text))
        *to = arena_strdup(k->arena, text);
}

static void take_names(struct known *k, const struct docker_container *c)
{
    const char *service = containers_label(c->labels, "com.docker.compose.service");
    if (!service[0])
        service = containers_label(c->labels, "com.docker.swarm.service.name");
    const char *project = containers_label(c->labels, "com.docker.compose.project");
    if (!project[0])
        project = containers_label(c->labels, "io.podman.compose.project");
    keep_text(k, &k->image, c->image);
    keep_text(k, &k->image_id, c->image_id);
    keep_text(k, &k->service, service);
    keep_text(k, &k->project, project);
    k->labels = c->labels;
    k->created = c->created;
    k->has_own_network = !bytes_starts(bytes_of(c->network), "container:");
}

/* It ended, and nobody wanted it to. */
static bool known_has_failed(const struct known *k)
{
    return k->ending != ENDING_BY_HAND && !(k->has_exit_code && k->exit_code == 0);
}

/* An end that no event told of. */
static void ended_unseen(struct known *k, const struct docker_container *c,
                         struct wall now)
{
    const bool was_told = k->ended.ns != 0;
    if (!was_told)
        k->ended = c->changed.ns ? c->changed : now;
    if (k->ending == ENDING_NONE)
        k->ending = ENDING_NOT_SEEN;
    if (c->has_exit_code && !k->has_exit_code) {
        k->has_exit_code = true;
        k->exit_code = c->exit_code;
    }
    if (!was_told && known_has_failed(k))
        k->failed = k->ended;
}

/* An engine tells of an end a moment before its own list knows of it. */
static bool list_lags(const struct known *k, const struct docker_container *c,
                      struct wall now)
{
    const nsec since = now.ns - k->ended.ns;
    return k->state == DOCKER_EXITED && k->ended.ns && since > -LIST_LAGS &&
           since < LIST_LAGS && (c->state == DOCKER_RUNNING || c->state == DOCKER_PAUSED);
}

static void take_state(struct known *k, const struct docker_container *c, struct wall now)
{
    if (k->has_newer)
        return;
    const bool fell_ill = c->health == DOCKER_UNHEALTHY && k->health != DOCKER_UNHEALTHY;
    const bool began_to_restart =
        c->state == DOCKER_RESTARTING && k->state != DOCKER_RESTARTING;
    if (fell_ill || (began_to_restart && now.ns - k->failed.ns > RESTART_TAKES))
        k->failed = now;
    k->state = c->state;
    k->health = c->health;
    switch (c->state) {
    case DOCKER_RUNNING:
    case DOCKER_PAUSED:
        k->has_run = true;
        k->ending = ENDING_NONE;
        k->ended.ns = 0;
        k->is_oom = k->has_exit_code = false;
        if (!k->started.ns)
            k->started = c->changed;
        break;
    case DOCKER_RESTARTING:
        k->has_run = true;
        if (c->has_exit_code) {
            k->has_exit_code = true;
            k->exit_code = c->exit_code;
        }
        break;
    case DOCKER_EXITED:
    case DOCKER_DEAD:
        ended_unseen(k, c, now);
        break;
    case DOCKER_CREATED:
    case DOCKER_REMOVING:
    case DOCKER_STATE_UNKNOWN:
        break;
    }
}

/* ---- what was known before healthd ended ---- */

static bool memo_has(const char *memo, char sign, const char *name)
{
    struct bytes text = bytes_of(memo), line;
    while (bytes_token(&text, '\n', &line)) {
        if (line.len == strlen(name) + 1 && line.ptr[0] == sign &&
            bytes_is(bytes_slice(line, 1, line.len), name))
            return true;
    }
    return false;
}

static void take_first(struct book *b, struct known *k, const char *memo, struct wall now)
{
    if (k->state != DOCKER_EXITED && k->state != DOCKER_DEAD)
        return;
    if (memo_has(memo, '!', k->name)) {
        k->has_run = true;
        k->ending = ENDING_BY_HAND;
    } else if (memo_has(memo, '+', k->name)) {
        k->has_run = true;
    } else if (k->ended.ns < now.ns - b->conf->old) {
        k->is_left_alone = true;
    }
}

/* Those that ran then and are not there now. */
static void take_lost(struct book *b, const char *memo, struct wall now)
{
    struct bytes text = bytes_of(memo), line;
    while (bytes_token(&text, '\n', &line)) {
        char name[256];
        if (line.len < 2 || line.len > sizeof(name))
            continue;
        memcpy(name, line.ptr + 1, line.len - 1);
        name[line.len - 1] = '\0';
        if (map_get(b->known, bytes_of(name)) ||
            !containers_wants(b->conf, name, (struct pairs){0}))
            continue;
        struct known *k = known_of(b, name);
        k->has_run = true;
        k->gone = now;
    }
}

const char *book_memo(const struct book *b, struct arena *arena)
{
    struct buf text = BUF_MAX(4000);
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry))) {
        const struct known *k = entry->value;
        const bool is_by_hand = k->has_run && k->ending == ENDING_BY_HAND;
        if (!k->gone.ns && (known_runs(k) || is_by_hand))
            buf_printf(&text, "%c%s\n", is_by_hand && !known_runs(k) ? '!' : '+',
                       k->name);
    }
    const char *copy = arena_strdup(arena, buf_text(&text));
    buf_finish(&text);
    return copy;
}

/* ---- lists ---- */

/* While compose makes a container anew, the former or the new one is called <12 hex digits>_<name>. */
static bool is_passing(const struct docker_container *c)
{
    const struct bytes name = bytes_of(c->name);
    return name.len > 13 && name.ptr[12] == '_' &&
           strspn(c->name, "0123456789abcdef") == 12 &&
           containers_label(c->labels, "com.docker.compose.service")[0];
}

static void take_container(struct book *b, const struct docker_container *c,
                           const char *memo, struct wall now)
{
    struct known *k = known_of(b, c->name);
    const bool is_first = !k->id[0];
    if (strncmp(k->id, c->id, CONTAINERS_ID_LEN) != 0)
        known_is_replaced(k, c);
    k->gone.ns = 0;
    k->is_listed = true;
    take_names(k, c);
    if (list_lags(k, c, now))
        b->is_behind = true;
    else
        take_state(k, c, now);
    if (is_first)
        take_first(b, k, memo ? memo : "", now);
}

/* What is no more: told of for a while when it ran, forgotten at once when it had ended by itself. */
static void review_gone(struct book *b, struct known *k, struct wall now)
{
    const bool is_done =
        k->ending == ENDING_ITSELF && k->has_exit_code && k->exit_code == 0;
    if (!k->gone.ns)
        k->gone = now;
    k->labels = (struct pairs){0}; /* they were the list's */
    const nsec since = now.ns - k->gone.ns;
    if (!k->has_run || is_done || k->is_left_alone || since >= b->conf->gone_for ||
        since >= FORGET_AFTER)
        forget(b, k);
}

void book_list_asked(struct book *b)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry)))
        ((struct known *)entry->value)->has_newer = false;
}

void book_take_list(struct book *b, struct docker_list *list, const char *memo,
                    struct wall now)
{
    const bool is_first = !b->list;
    const struct map_entry *entry = NULL;
    b->is_behind = false;
    while ((entry = map_next(b->known, entry)))
        ((struct known *)entry->value)->is_listed = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct docker_container *c = &list->items[i];
        if (containers_wants(b->conf, c->name, c->labels) && !is_passing(c))
            take_container(b, c, is_first ? memo : NULL, now);
    }
    if (is_first && memo)
        take_lost(b, memo, now);
    entry = map_next(b->known, NULL);
    while (entry) {
        struct known *k = entry->value;
        entry = map_next(b->known, entry);
        if (!k->is_listed)
            review_gone(b, k, now);
    }
    docker_list_destroy(b->list);
    b->list = list;
    b->listed = now;
}

/* ---- events ---- */

/* While compose makes one anew, the former has another name. */
static struct known *known_by_id(const struct book *b, const char *id)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry))) {
        struct known *k = entry->value;
        if (!strncmp(k->id, id, CONTAINERS_ID_LEN))
            return k;
    }
    return NULL;
}

static bool is_signal_that_ends(const char *signal)
{
    static const char *const others[] = {"1", "10", "12", "18", "28"}; /* HUP, USR1, … */
    for (size_t i = 0; signal && i < ARRAY_LEN(others); i++) {
        if (!strcmp(signal, others[i]))
            return false;
    }
    return true;
}

static void take_die(struct known *k, const struct docker_event *ev)
{
    const char *code = docker_attribute(ev, "exitCode");
    if (!code)
        code = docker_attribute(ev, "containerExitCode"); /* podman's */
    int64_t number;
    k->ended = ev->at;
    k->state = DOCKER_EXITED;
    k->has_exit_code = code && bytes_to_i64(bytes_of(code), &number);
    if (k->has_exit_code)
        k->exit_code = (int)number;
    k->ending = k->killed.ns && ev->at.ns - k->killed.ns < STOP_TAKES ? ENDING_BY_HAND
                                                                      : ENDING_ITSELF;
    k->awaits_start = k->ending == ENDING_ITSELF;
    if (k->ending == ENDING_BY_HAND)
        k->stopped = k->killed;
    k->is_oom = k->starved.ns && ev->at.ns - k->starved.ns < STARVED_TAKES &&
                k->ending == ENDING_ITSELF;
    if (known_has_failed(k))
        k->failed = ev->at;
}

static void take_start(struct known *k, const struct docker_event *ev)
{
    k->restarts += k->awaits_start;
    if (k->awaits_start)
        k->failed = k->ended; /* also when it said that all was well */
    k->awaits_start = false;
    known_begin_count(k);
    k->state = DOCKER_RUNNING;
    k->has_run = true;
    k->started = ev->at;
    k->has_exact_start = true;
    k->ended.ns = k->killed.ns = k->gone.ns = 0;
    k->ending = ENDING_NONE;
    k->is_left_alone = false;
}

/* It may be told before the end that it led to, or after. */
static void take_oom(struct known *k, const struct docker_event *ev)
{
    k->oom_told++;
    k->starved = ev->at;
    if (k->ending == ENDING_ITSELF && ev->at.ns - k->ended.ns < STARVED_TAKES)
        k->is_oom = true;
}

bool book_take_event(struct book *b, const struct docker_event *ev)
{
    struct known *k = known_by_id(b, ev->id);
    if (!k)
        return ev->action != DOCKER_ACTION_OTHER;
    k->has_newer = true;
    switch (ev->action) {
    case DOCKER_START:
        take_start(k, ev);
        return true;
    case DOCKER_DIE:
        take_die(k, ev);
        return true;
    case DOCKER_KILL:
        if (is_signal_that_ends(docker_attribute(ev, "signal")))
            k->killed = ev->at;
        return false;
    case DOCKER_STOP:
        k->ending = ENDING_BY_HAND;
        k->awaits_start = false;
        if (k->stopped.ns < k->killed.ns || !k->stopped.ns)
            k->stopped = k->killed.ns ? k->killed : ev->at;
        return true;
    case DOCKER_OOM:
        take_oom(k, ev);
        return true;
    case DOCKER_PAUSE:
    case DOCKER_UNPAUSE:
        k->state = ev->action == DOCKER_PAUSE ? DOCKER_PAUSED : DOCKER_RUNNING;
        return true;
    case DOCKER_HEALTH_STATUS:
        if (ev->health == DOCKER_UNHEALTHY && k->health != DOCKER_UNHEALTHY)
            k->failed = ev->at;
        k->health = ev->health;
        return true;
    case DOCKER_DESTROY:
        k->gone = ev->at;
        if (k->has_run && k->ending != ENDING_ITSELF && !k->stopped.ns)
            k->stopped = ev->at;
        return true;
    case DOCKER_CREATE:
    case DOCKER_RESTART:
    case DOCKER_RENAME:
    case DOCKER_UPDATE:
        return true;
    case DOCKER_ACTION_OTHER:
        return false;
    }
    return false;
}

/* ---- cgroups ---- */

void book_take_seen(struct book *b, const struct containers_seen *seen)
{
    struct known *k = map_get(b->known, bytes_of(seen->name));
    if (!k || strncmp(k->id, seen->id, CONTAINERS_ID_LEN))
        k = known_by_id(b, seen->id);
    if (!k)
        return;
    k->memory_used = seen->memory_used;
    k->memory_limit = seen->memory_limit;
    if (!isnan(seen->oom_kills) && seen->oom_kills > k->oom_read)
        k->oom_read = seen->oom_kills;
    if (!seen->started.ns)
        return;
    /* Without events a start shows in the first process alone. */
    if (!b->has_events && k->started.ns && k->has_exact_start &&
        seen->started.ns - k->started.ns > NSEC_PER_SEC)
        k->restarts++;
    if (!b->has_events || !k->has_exact_start)
        k->started = seen->started;
    k->has_exact_start = true;
}

/* ---- for the thread ---- */

static void end_map(void *map)
{
    map_destroy(map);
}

static const char *text_or_none(struct arena *arena, const char *text)
{
    return text[0] ? arena_strdup(arena, text) : NULL;
}

struct map *book_names(const struct book *b, struct arena *arena)
{
    static const int health_states[] = {[DOCKER_HEALTH_NONE] = -1,
                                        [DOCKER_STARTING] = 0,
                                        [DOCKER_HEALTHY] = 1,
                                        [DOCKER_UNHEALTHY] = 0};
    struct map *names = map_create();
    arena_cleanup(arena, end_map, names);
    for (size_t i = 0; b->list && i < b->list->count; i++) {
        const struct docker_container *c = &b->list->items[i];
        const struct known *k = map_get(b->known, bytes_of(c->name));
        struct containers_named *n = arena_alloc(arena, sizeof(*n));
        n->id = arena_strdup(arena, c->id);
        n->name = arena_strdup(arena, c->name);
        n->image = text_or_none(arena, c->image);
        n->is_wanted = containers_wants(b->conf, c->name, c->labels);
        n->labels = containers_labels(arena, b->conf, c->labels, k ? k->restarts : -1);
        n->has_own_network = !bytes_starts(bytes_of(c->network), "container:");
        n->health_state = health_states[k ? k->health : c->health];
        n->created = c->created;
        n->started = k && k->has_exact_start ? k->started : (struct wall){0};
        n->oom_kills = k ? k->oom_told : 0;
        map_put(names, bytes_of(c->id), n);
    }
    return names;
}
