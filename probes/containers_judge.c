/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a container is well, in words for the one who is woken. Called by containers.c for each item; expectations
 * come on top. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "probes/containers_book.h"

static const char *clock_of(struct wall at, struct arena *arena)
{
    const struct civil c = wall_to_civil(at);
    return at.ns
               ? arena_printf(arena, "at %02d:%02d:%02d UTC", c.hour, c.minute, c.second)
               : "at an unknown time";
}

static const char *exit_words(const struct known *k, struct arena *arena)
{
    return k->has_exit_code ? arena_printf(arena, ", exit code %d", k->exit_code) : "";
}

static const char *limit_words(const struct known *k, struct arena *arena)
{
    struct buf size = BUF_MAX(32);
    if (!(k->memory_limit > 0))
        return "";
    size_format_short(&size, (uint64_t)k->memory_limit);
    const char *words = arena_printf(arena, " (limit %s)", buf_text(&size));
    buf_finish(&size);
    return words;
}

static struct opinion judge_running(const struct known *k)
{
    if (k->health == DOCKER_UNHEALTHY)
        return (struct opinion){HEALTH_DOWN, REASON_UNHEALTHY,
                                "its own health check fails (`docker inspect` or `podman "
                                "inspect` shows what it said)"};
    return (struct opinion){HEALTH_UP, REASON_NONE, ""};
}

static struct opinion judge_ended(const struct known *k, struct arena *arena)
{
    const char *when = clock_of(k->ended, arena), *code = exit_words(k, arena);
    if (k->is_oom)
        return (struct opinion){HEALTH_DOWN, REASON_STARVED,
                                arena_printf(arena, "killed for want of memory%s %s%s",
                                             limit_words(k, arena), when, code)};
    if (k->ending == ENDING_OPEN)
        return (struct opinion){HEALTH_UP, REASON_NONE, ""};
    if (k->ending == ENDING_BY_HAND)
        return (struct opinion){HEALTH_DOWN, REASON_STOPPED,
                                arena_printf(arena, "stopped by hand %s%s", when, code)};
    if (k->has_exit_code && k->exit_code == 0)
        return (struct opinion){HEALTH_UP, REASON_NONE, ""}; /* a job that is done */
    return (struct opinion){HEALTH_DOWN, REASON_STOPPED,
                            arena_printf(arena, "ended %s%s%s",
                                         k->ending == ENDING_ITSELF ? "by itself " : "",
                                         when, code)};
}

static struct opinion judge_restarting(const struct known *k, struct arena *arena)
{
    return (struct opinion){
        HEALTH_DOWN, k->is_oom ? REASON_STARVED : REASON_STOPPED,
        arena_printf(arena, "the engine starts it again and again: it ended%s%s",
                     k->is_oom ? " for want of memory" : "", exit_words(k, arena))};
}

struct opinion known_judge(const struct known *k, struct arena *arena)
{
    if (k->gone.ns)
        return (struct opinion){
            HEALTH_DOWN, REASON_STOPPED,
            arena_printf(arena,
                         "removed %s, and nothing took its name: it is told of "
                         "for `gone_for`",
                         clock_of(k->gone, arena))};
    switch (k->state) {
    case DOCKER_RUNNING:
        return judge_running(k);
    case DOCKER_PAUSED:
        return (struct opinion){HEALTH_DEGRADED, REASON_STOPPED, "it is paused"};
    case DOCKER_RESTARTING:
        return judge_restarting(k, arena);
    case DOCKER_DEAD:
        return (struct opinion){HEALTH_DOWN, REASON_STOPPED,
                                "dead: it ended, and the engine could not remove it"};
    case DOCKER_EXITED:
        return judge_ended(k, arena);
    case DOCKER_CREATED:
    case DOCKER_REMOVING:
    case DOCKER_STATE_UNKNOWN:
        break;
    }
    return (struct opinion){HEALTH_UP, REASON_NONE, ""};
}

/* One that ended well before it was seen, or long ago, is nobody's worry. */
bool known_is_shown(const struct known *k)
{
    return !k->is_left_alone;
}

bool required_is_missing(const struct book *b, const char *pattern, struct arena *arena,
                         const struct known **ret_known, struct opinion *ret)
{
    const struct known *nearest = NULL;
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry))) {
        const struct known *k = entry->value;
        if (!glob_match(bytes_of(pattern), bytes_of(k->name)))
            continue;
        if (known_runs(k) || (k->state == DOCKER_RESTARTING && !k->gone.ns) ||
            k->ending == ENDING_OPEN)
            return false; /* what is wrong with it is said of it */
        if (!nearest || k->ended.ns > nearest->ended.ns)
            nearest = k;
    }
    *ret_known = nearest;
    if (!nearest) {
        *ret = (struct opinion){HEALTH_DOWN, REASON_STOPPED,
                                "there is no container of this name, and `required` says "
                                "that it must run"};
        return true;
    }
    const struct opinion own = known_judge(nearest, arena);
    *ret = (struct opinion){
        HEALTH_DOWN, REASON_STOPPED,
        arena_printf(arena, "it must run (`required`), and is %s%s%s%s",
                     docker_state_name(nearest->state), exit_words(nearest, arena),
                     own.detail[0] ? ": " : "", own.detail)};
    return true;
}
