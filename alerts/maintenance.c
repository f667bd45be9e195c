/* SPDX-License-Identifier: Apache-2.0 */
/* Planned windows of the configuration, applied: what they hold, and when one begins or ends. Called by the overlay. */
#include "alerts/maintenance.h"

#include "alerts/overlay_impl.h"

bool maintenance_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct routing *r = j->overlay->routing;
    for (size_t i = 0; r && i < r->maintenance_count; i++) {
        const struct maintenance *m = &r->maintenance[i];
        if (!matchers_match(m->matchers, j->alert->labels) ||
            !interval_holds(m->when, j->now))
            continue;
        const struct wall until = interval_next(m->when, j->now);
        const char *end = until.ns ? overlay_clock(j->overlay, until, j->now, j->arena)
                                   : "further notice";
        *ret = (struct overlay_verdict){
            .kind = OVERLAY_MAINTENANCE,
            .by = arena_printf(j->arena, "maintenance %s until %s", m->name, end),
            .until = until};
        return true;
    }
    return false;
}

/* Looking for an edge walks days: it is remembered until it is there, or the clock was set back. */
struct wall maintenance_next(struct overlay *o, struct wall now)
{
    const bool is_remembered =
        o->window_from.ns && now.ns >= o->window_from.ns &&
        (now.ns < o->window_edge.ns ||
         (!o->window_edge.ns && now.ns < wall_add(o->window_from, NSEC_PER_DAY).ns));
    if (is_remembered)
        return o->window_edge;
    o->window_from = now;
    o->window_edge = (struct wall){0};
    for (size_t i = 0; o->routing && i < o->routing->maintenance_count; i++)
        o->window_edge = wall_earlier(
            o->window_edge, interval_next(o->routing->maintenance[i].when, now));
    return o->window_edge;
}
