/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start grace: a probe that was never up may still be starting, together with us or because it was just added. One that
 * was up before we were started is not meant. Called by the overlay; asks for nothing.
 */
#include "alerts/overlay_impl.h"

bool grace_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct probes_view *p = &j->overlay->probes;
    const char *probe = alert_probe(j->alert);
    struct wall since = {0};
    /* What fired before this process began was not about a start. */
    if (j->alert->status.fired_at.ns && j->alert->status.fired_at.ns < p->started.ns)
        return false;
    if (!*probe || p->phase(p->ctx, probe, &since) != PROBE_NEVER_UP)
        return false;
    const struct wall from = since.ns > p->started.ns ? since : p->started;
    const struct wall until = wall_add(from, OVERLAY_GRACE_TIME);
    if (until.ns <= j->now.ns || from.ns > j->now.ns)
        return false;
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_GRACE,
        .by = arena_printf(j->arena, "%s may still be starting, until %s", probe,
                           overlay_clock(j->overlay, until, j->now, j->arena)),
        .until = until};
    return true;
}

struct wall grace_next(const struct overlay *o, struct wall now)
{
    const struct wall end = wall_add(o->probes.started, OVERLAY_GRACE_TIME);
    return end.ns > now.ns ? end : (struct wall){0};
}
