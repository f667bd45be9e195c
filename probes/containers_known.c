/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of one container, and how a row of a list, an event and its cgroup move it. Called by containers_book.c on
 * the loop. Never looks for a container (containers_book.c) and never judges one (containers_judge.c).
 */
#include "probes/containers_known.h"

#include <math.h>
#include <string.h>

#include "lib/base/attr.h"

#define STOP_TAKES (2 * NSEC_PER_MINUTE) /* longest from the signal to the end */
#define LIST_LAGS NSEC_PER_MINUTE        /* at most, where the machine is short of time */
#define LIST_ROUNDS (2 * NSEC_PER_SEC)   /* "Up 3 seconds" */
#define RESTART_TAKES NSEC_PER_MINUTE    /* the engine's longest pause before a restart */
#define STARVED_TAKES (10 * NSEC_PER_SEC)
#define DYING_TAKES \
    (30 * NSEC_PER_SEC) /* from what the engine told of a kill to the end */
#define SLAIN (128 + 9) /* the exit code of what SIGKILL ended */
#define REPLACING_TAKES (5 * NSEC_PER_MINUTE)

struct known *known_create(const char *name)
{
    struct arena *arena = arena_create(0);
    struct known *k = arena_alloc(arena, sizeof(*k));
    *k = (struct known){.arena = arena,
                        .name = arena_strdup(arena, name),
                        .image = "",
                        .image_id = "",
                        .project = "",
                        .service = "",
                        .memory_used = NAN,
                        .memory_limit = NAN};
    return k;
}

void known_destroy(struct known *k)
{
    known_forget_log(k);
    arena_destroy(k->arena);
}

double known_oom_kills(const struct known *k)
{
    return k->oom_before + (k->oom_read > k->oom_told ? k->oom_read : k->oom_told);
}

bool known_runs(const struct known *k)
{
    return !k->gone.ns && (k->state == DOCKER_RUNNING || k->state == DOCKER_PAUSED);
}

/* ---- a row of a list ---- */

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
    k->failed.ns = k->slain.ns = 0;
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
    k->is_kept = c->is_kept;
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
    if (!was_told && k->has_exit_code && k->exit_code == SLAIN)
        k->slain = k->ended;
}

/* An engine tells of an end before its own list knows of it: Docker takes the network down first. A row that began after
 * the end is of a start that no event told of. */
static bool list_lags(const struct known *k, const struct docker_container *c,
                      struct wall now)
{
    const bool row_runs = c->state == DOCKER_RUNNING || c->state == DOCKER_PAUSED;
    const bool end_was_told =
        k->state == DOCKER_EXITED && k->ended.ns && k->ending != ENDING_NOT_SEEN;
    const nsec since = now.ns - k->ended.ns;
    return row_runs && end_was_told && since > -LIST_LAGS && since < LIST_LAGS &&
           c->changed.ns < k->ended.ns + LIST_ROUNDS;
}

static void take_state(struct known *k, const struct docker_container *c, struct wall now)
{
    if (k->has_newer)
        return;
    const enum docker_health health = c->hides_health ? k->health : c->health;
    const bool fell_ill = health == DOCKER_UNHEALTHY && k->health != DOCKER_UNHEALTHY;
    const bool began_to_restart =
        c->state == DOCKER_RESTARTING && k->state != DOCKER_RESTARTING;
    if (fell_ill || (began_to_restart && now.ns - k->failed.ns > RESTART_TAKES))
        k->failed = now;
    k->state = c->state;
    k->health = health;
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

bool known_take_row(struct known *k, const struct docker_container *c, struct wall now)
{
    if (strncmp(k->id, c->id, CONTAINERS_ID_LEN) != 0)
        known_is_replaced(k, c);
    k->gone.ns = 0;
    k->is_listed = true;
    take_names(k, c);
    if (list_lags(k, c, now))
        return false;
    take_state(k, c, now);
    return true;
}

/* ---- events ---- */

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
    const bool is_by_hand = k->killed.ns && ev->at.ns - k->killed.ns < STOP_TAKES;
    const bool is_slain = !is_by_hand && k->has_exit_code && k->exit_code == SLAIN;
    k->ending = is_by_hand       ? ENDING_BY_HAND
                : ev->is_podmans ? ENDING_OPEN
                                 : ENDING_ITSELF;
    k->awaits_start = !is_by_hand;
    if (is_by_hand)
        k->stopped = k->killed;
    k->cleanups = 0;
    k->is_oom = !is_by_hand && k->starved.ns && ev->at.ns - k->starved.ns < DYING_TAKES;
    k->slain = is_slain && !k->is_oom ? ev->at : (struct wall){0};
    if (k->ending == ENDING_ITSELF && known_has_failed(k))
        k->failed = ev->at;
}

static void settle(struct known *k)
{
    k->ending = ENDING_ITSELF;
    if (known_has_failed(k))
        k->failed = k->ended;
}

void known_settle(struct known *k, struct wall now)
{
    if (k->ending == ENDING_OPEN && now.ns - k->ended.ns >= KNOWN_SETTLES)
        settle(k);
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
    k->oom_told += !(k->is_oom && k->ended.ns); /* the machine may have told it before */
    k->starved = ev->at;
    k->slain.ns = 0;
    if (k->ending == ENDING_ITSELF && ev->at.ns - k->ended.ns < STARVED_TAKES)
        k->is_oom = true;
}

/* Podman's own check tells each time. */
static bool take_health(struct known *k, const struct docker_event *ev)
{
    const bool is_new = k->health != ev->health;
    if (is_new && ev->health == DOCKER_UNHEALTHY)
        k->failed = ev->at;
    k->health = ev->health;
    return is_new;
}

/* Podman tells of a stop only when who stopped it saw the end first. What else shows it: who stopped it cleans up after
 * who watched it; and what would have stayed is removed at once, though a job that is done may be, too. */
static bool shows_stop(struct known *k, const struct docker_event *ev)
{
    if (k->ending != ENDING_OPEN)
        return false;
    if (ev->action == DOCKER_CLEANUP)
        return ++k->cleanups > 1;
    return ev->action == DOCKER_DESTROY && k->is_kept &&
           (!k->cleanups || known_has_failed(k));
}

static void take_stop(struct known *k, struct wall at)
{
    k->ending = ENDING_BY_HAND;
    k->awaits_start = k->is_oom = false;
    k->slain.ns = 0;
    if (k->stopped.ns < k->killed.ns || !k->stopped.ns)
        k->stopped = k->killed.ns ? k->killed : at;
}

bool known_take_event(struct known *k, const struct docker_event *ev)
{
    const bool was_stopped = shows_stop(k, ev);
    k->has_newer = k->has_newer || ev->action != DOCKER_ACTION_OTHER;
    if (was_stopped)
        take_stop(k, k->ended);
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
        if (k->state == DOCKER_RUNNING)
            k->killed = ev->at; /* Podman's: its end comes next */
        take_stop(k, ev->at);
        return true;
    case DOCKER_OOM:
        take_oom(k, ev);
        return true;
    case DOCKER_PAUSE:
    case DOCKER_UNPAUSE:
        k->state = ev->action == DOCKER_PAUSE ? DOCKER_PAUSED : DOCKER_RUNNING;
        return true;
    case DOCKER_HEALTH_STATUS:
        return take_health(k, ev);
    case DOCKER_CLEANUP:
        return was_stopped;
    case DOCKER_RESTART:
        if (ev->is_podmans && k->state == DOCKER_RUNNING)
            k->killed = ev->at; /* somebody asked for it: its end comes next, too */
        return true;
    case DOCKER_DESTROY:
        k->gone = ev->at;
        if (k->ending == ENDING_OPEN)
            settle(k); /* nothing more will show */
        if (k->has_run && k->ending != ENDING_ITSELF && !k->stopped.ns)
            k->stopped = ev->at;
        return true;
    case DOCKER_CREATE:
    case DOCKER_RENAME:
    case DOCKER_UPDATE:
        return true;
    case DOCKER_ACTION_OTHER:
        return false;
    }
    return false;
}

/* ---- machine and cgroups ---- */

void known_take_machine(struct known *k, struct wall looked, struct wall has_killed)
{
    if (!k->slain.ns)
        return;
    const bool is_starved = has_killed.ns > k->slain.ns - STARVED_TAKES;
    if (is_starved) {
        k->oom_told++;
        k->is_oom = k->ending != ENDING_NONE && k->ending != ENDING_BY_HAND;
    }
    if (is_starved || looked.ns > k->slain.ns)
        k->slain.ns = 0;
}

void known_take_seen(struct known *k, const struct containers_seen *seen, bool has_events)
{
    k->memory_used = seen->memory_used;
    k->memory_limit = seen->memory_limit;
    if (!isnan(seen->oom_kills) && seen->oom_kills > k->oom_read)
        k->oom_read = seen->oom_kills;
    if (!seen->started.ns)
        return;
    /* Without events a start shows in the first process alone. */
    if (!has_events && k->started.ns && k->has_exact_start &&
        seen->started.ns - k->started.ns > NSEC_PER_SEC)
        k->restarts++;
    if (!has_events || !k->has_exact_start)
        k->started = seen->started;
    k->has_exact_start = true;
}
