/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When something is due, whether it is late, and how that is said. Pure: what came and `now` come in. Called by
 * heartbeat.c for each run, for the API and for `healthctl validate`.
 */
#include "probes/heartbeat.h"

#include "lib/base/units.h"

struct wall heartbeat_next(const struct heartbeat_conf *c, struct wall after)
{
    return c->cron[0] ? cron_next(&c->schedule, c->zone, after)
                      : wall_add(after, c->every);
}

/* A sender's clock may be ahead of ours: what comes shortly before a slot is that slot's. */
static struct wall due_after_ping(const struct heartbeat_conf *c, struct wall ping)
{
    const struct wall due = heartbeat_next(c, ping);
    if (!c->cron[0] || due.ns == INT64_MAX)
        return due;
    const struct wall following = heartbeat_next(c, due);
    const nsec gap = following.ns - due.ns;
    const nsec early = c->early < gap / 2 ? c->early : gap / 2;
    return due.ns - ping.ns <= early ? following : due;
}

struct heartbeat_view heartbeat_look(const struct heartbeat_conf *c,
                                     const struct heartbeat_memory *m, struct wall now)
{
    struct heartbeat_view v = {.stand = HEARTBEAT_ON_TIME};
    const bool is_heard = m->last_ping.ns >= m->since.ns && m->last_ping.ns;
    const bool is_limited = m->is_running && c->max_run_time > 0;

    v.due = is_heard ? due_after_ping(c, m->last_ping) : heartbeat_next(c, m->since);
    v.latest = v.due.ns > INT64_MAX - c->grace ? v.due : wall_add(v.due, c->grace);
    v.is_overrun = is_limited && now.ns - m->last_start.ns > c->max_run_time;
    v.is_late = !is_limited && now.ns > v.latest.ns;
    if (v.is_overrun)
        v.stand = HEARTBEAT_OVERRUN;
    else if (v.is_late)
        v.stand = HEARTBEAT_LATE;
    else if (m->has_failed)
        v.stand = HEARTBEAT_FAILED;
    else if (!m->last_ping.ns)
        v.stand = HEARTBEAT_WAITS;
    return v;
}

/* ---- words ---- */

const char *heartbeat_time(const struct heartbeat_conf *c, struct wall at,
                           struct wall now, struct arena *arena)
{
    const struct civil t = zone_to_civil(c->zone, at);
    const struct civil today = zone_to_civil(c->zone, now);
    if (t.year == today.year && t.month == today.month && t.day == today.day)
        return arena_printf(arena, "%02d:%02d", t.hour, t.minute);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour,
                        t.minute);
}

static const char *span(nsec took, struct arena *arena)
{
    struct buf text = BUF_MAX(64);
    duration_format_short(&text, took);
    return arena_keep(arena, &text);
}

static const char *came_last(const struct heartbeat_conf *c,
                             const struct heartbeat_memory *m, struct wall now,
                             struct arena *arena)
{
    if (m->last_ping.ns)
        return arena_printf(arena, "last came %s",
                            heartbeat_time(c, m->last_ping, now, arena));
    return arena_printf(arena, "it has never come since it was configured, %s",
                        heartbeat_time(c, m->first, now, arena));
}

static const char *late_words(const struct heartbeat_conf *c,
                              const struct heartbeat_memory *m,
                              const struct heartbeat_view *view, struct wall listening,
                              struct wall now, struct arena *arena)
{
    const char *running = "", *failed = "", *missed = "";
    if (m->is_running)
        running = arena_printf(arena, "; the run that started %s has not ended",
                               heartbeat_time(c, m->last_start, now, arena));
    else if (m->has_failed)
        failed = "; that one failed";
    if (listening.ns > view->due.ns)
        missed = arena_printf(
            arena, "; healthd itself was started only at %s, and heard nothing before",
            heartbeat_time(c, listening, now, arena));
    return arena_printf(arena, "expected by %s %s, %s%s%s%s",
                        heartbeat_time(c, view->latest, now, arena), zone_name(c->zone),
                        came_last(c, m, now, arena), running, failed, missed);
}

static const char *failed_words(const struct heartbeat_conf *c,
                                const struct heartbeat_memory *m, struct wall now,
                                struct arena *arena)
{
    const char *status = "", *took = "";
    if (m->status != HEARTBEAT_NO_STATUS)
        status = arena_printf(arena, " with exit status %d", m->status);
    if (m->took >= 0)
        took = arena_printf(arena, " after %s", span(m->took, arena));
    return arena_printf(arena, "the run that ended %s %s failed%s%s",
                        heartbeat_time(c, m->last_end, now, arena), zone_name(c->zone),
                        status, took);
}

const char *heartbeat_sentence(const struct heartbeat_conf *c,
                               const struct heartbeat_memory *m,
                               const struct heartbeat_view *view, struct wall listening,
                               struct wall now, struct arena *arena)
{
    switch (view->stand) {
    case HEARTBEAT_OVERRUN:
        return arena_printf(
            arena,
            "the run that started %s %s still goes on after %s; `max_run_time` is %s",
            heartbeat_time(c, m->last_start, now, arena), zone_name(c->zone),
            span(now.ns - m->last_start.ns, arena), span(c->max_run_time, arena));
    case HEARTBEAT_LATE:
        return late_words(c, m, view, listening, now, arena);
    case HEARTBEAT_FAILED:
        return failed_words(c, m, now, arena);
    case HEARTBEAT_WAITS:
    case HEARTBEAT_ON_TIME:
        break;
    }
    return "";
}
