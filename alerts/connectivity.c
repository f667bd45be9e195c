/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connectivity gate: when none of our own receivers' hosts can be reached, what probes say of others over the same
 * uplink is about us. Holds their alerts, also for as long as probes need to see after it that all is well. What has no
 * probe (healthd's own troubles, a machine's) is not held: the one alert that we are cut off is of that kind. Called by
 * the overlay.
 */
#include "alerts/overlay_impl.h"

#define SETTLE NSEC_PER_MINUTE
#define LOOK_AGAIN (10 * NSEC_PER_SEC)

static bool is_cut_off(const struct overlay *o)
{
    const struct probes_view *p = &o->probes;
    return o->routing && o->routing->has_connectivity_gate && p->is_connected &&
           !p->is_connected(p->ctx);
}

static bool is_concerned(const struct judging *j)
{
    const struct probes_view *p = &j->overlay->probes;
    const char *probe = alert_probe(j->alert);
    return *probe && (!p->is_external || p->is_external(p->ctx, probe));
}

bool connectivity_holds(const struct judging *j, struct overlay_verdict *ret)
{
    struct overlay *o = j->overlay;
    const bool is_cut = is_cut_off(o);
    if (is_cut)
        o->last_cut_off = j->now;
    if (!o->last_cut_off.ns || !is_concerned(j))
        return false;
    if (is_cut) {
        overlay_wake_at(o, wall_add(j->now, LOOK_AGAIN));
        *ret = (struct overlay_verdict){
            .kind = OVERLAY_CONNECTIVITY,
            .by = "healthd itself is cut off: it reaches none of its receivers"};
        return true;
    }
    const struct wall settled = wall_add(o->last_cut_off, SETTLE);
    if (settled.ns <= j->now.ns || o->last_cut_off.ns > j->now.ns ||
        j->alert->status.active_at.ns > o->last_cut_off.ns)
        return false;
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_CONNECTIVITY,
        .by =
            arena_printf(j->arena, "healthd was cut off itself; it looks again until %s",
                         overlay_clock(o, settled, j->now, j->arena)),
        .until = settled};
    return true;
}

struct wall connectivity_next(const struct overlay *o, struct wall now)
{
    if (is_cut_off(o))
        return wall_add(now, LOOK_AGAIN);
    const struct wall settled = wall_add(o->last_cut_off, SETTLE);
    const bool is_settling = o->last_cut_off.ns && settled.ns > now.ns;
    return is_settling ? settled : (struct wall){0};
}
