/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connectivity gate: when neither a host of our own receivers (reach.h) nor a probe of `connectivity:` answers, what
 * probes say of others over the same uplink is about us. Holds their alerts, also for as long as probes need to see
 * after it that all is well. What has no probe (healthd's own troubles, a machine's) is not held: the one alert that we
 * are cut off is of that kind. Called by the overlay.
 */
#include "alerts/overlay_impl.h"
#include "lib/base/log.h"

#define SETTLE NSEC_PER_MINUTE
#define LOOK_AGAIN REACH_EVERY
/* An alert waits this long for the first answer of a host: longer than a knock takes. */
#define ANSWER_MAX REACH_EVERY

/* One that answers is enough; NOWHERE when none of them was asked. */
static enum uplink probes_reach(const struct overlay *o)
{
    const struct probes_view *p = &o->probes;
    const char *const *name = o->routing->connectivity_probes;
    enum uplink found = UPLINK_NOT_KNOWN;
    for (; p->answer && name && *name; name++) {
        const enum probe_answer answer = p->answer(p->ctx, *name);
        if (answer == PROBE_ANSWERED)
            return UPLINK_UP;
        if (answer == PROBE_SILENT)
            found = UPLINK_DOWN;
    }
    return found;
}

static enum uplink uplink_now(const struct overlay *o, struct wall now)
{
    if (!o->routing || !o->routing->has_connectivity_gate)
        return UPLINK_NOT_KNOWN;
    const enum uplink probes = probes_reach(o);
    if (probes == UPLINK_UP)
        return probes;
    const enum uplink hosts = o->reach ? reach_ask(o->reach, now) : UPLINK_NOT_KNOWN;
    return hosts == UPLINK_NOT_KNOWN ? probes : hosts;
}

bool overlay_is_cut_off(const struct overlay *o)
{
    return o->uplink == UPLINK_DOWN;
}

static void look(struct overlay *o, struct wall now)
{
    const bool was_cut_off = overlay_is_cut_off(o);
    o->uplink = uplink_now(o, now);
    if (overlay_is_cut_off(o))
        o->last_cut_off = now;
    if (overlay_is_cut_off(o) && !was_cut_off)
        log_error(EV("cut off"),
                  STR("hint", "none of the receivers' hosts answers: see the network of "
                              "this machine; what probes beyond it find is held"));
    else if (was_cut_off && !overlay_is_cut_off(o))
        log_info(EV("connected again"));
}

static bool is_external(const struct overlay *o, const char *probe)
{
    const struct probes_view *p = &o->probes;
    return *probe && (!p->is_external || p->is_external(p->ctx, probe));
}

/* One that answers, be it to refuse, is no sign that we are cut off, whatever its alert says. */
static bool is_silent(const struct overlay *o, const char *probe)
{
    const struct probes_view *p = &o->probes;
    struct wall since;
    const enum probe_phase phase = p->phase(p->ctx, probe, &since);
    return phase != PROBE_UP && phase != PROBE_DEGRADED &&
           (!p->answer || p->answer(p->ctx, probe) != PROBE_ANSWERED);
}

static bool is_new(const struct judging *j)
{
    const nsec age = j->now.ns - j->alert->status.fired_at.ns;
    return age >= 0 && age < ANSWER_MAX;
}

static void say_cut_off(const struct judging *j, struct overlay_verdict *ret)
{
    const struct overlay *o = j->overlay;
    const char *hosts = o->reach ? reach_hosts(o->reach, j->arena) : "";
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_CONNECTIVITY,
        .by = *hosts ? arena_printf(j->arena,
                                    "healthd itself is cut off: none of its receivers' "
                                    "hosts answers (%s)",
                                    hosts)
                     : "healthd itself is cut off: no probe of `connectivity:` answers"};
}

static bool is_held_by_uplink(const struct judging *j, struct overlay_verdict *ret)
{
    struct overlay *o = j->overlay;
    const bool is_sign = is_silent(o, alert_probe(j->alert));
    if (is_sign && j->asking == ASKS_OTHERS)
        look(o, j->now);
    if (o->uplink == UPLINK_DOWN) {
        overlay_wake_at(o, wall_add(j->now, LOOK_AGAIN));
        say_cut_off(j, ret);
        return true;
    }
    if (o->uplink != UPLINK_ASKING || !is_sign || !is_new(j))
        return false;
    *ret = (struct overlay_verdict){.kind = OVERLAY_CONNECTIVITY,
                                    .by = "healthd looks whether it is cut off itself",
                                    .until =
                                        wall_add(j->alert->status.fired_at, ANSWER_MAX)};
    return true;
}

bool connectivity_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct overlay *o = j->overlay;
    if (!is_external(o, alert_probe(j->alert)))
        return false;
    if (is_held_by_uplink(j, ret))
        return true;
    const struct wall settled = wall_add(o->last_cut_off, SETTLE);
    if (!o->last_cut_off.ns || settled.ns <= j->now.ns ||
        o->last_cut_off.ns > j->now.ns ||
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

void overlay_probe_fell(struct overlay *o, const char *probe, struct wall now)
{
    if (is_external(o, probe) && is_silent(o, probe))
        look(o, now);
}

/* Looked at also when nothing is held any more: that we are cut off is an alert by itself, and ends. */
struct wall connectivity_next(struct overlay *o, struct wall now)
{
    if (o->uplink == UPLINK_DOWN)
        look(o, now);
    if (o->uplink == UPLINK_DOWN)
        return wall_add(now, LOOK_AGAIN);
    const struct wall settled = wall_add(o->last_cut_off, SETTLE);
    const bool is_settling = o->last_cut_off.ns && settled.ns > now.ns;
    return is_settling ? settled : (struct wall){0};
}
