/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `depends_on`: an alert of a probe whose parent is down is not told, because the parent's is. Whether the parent is
 * down has to be known from after the alert fired: it is asked (an intent), and the alert waits for the answer, never
 * longer than ANSWER_MAX. A parent that nobody is told of, or less loudly, hides nothing. Called by the overlay.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/overlay_impl.h"
#include "alerts/severity.h"
#include "lib/base/memory.h"

enum { ANCESTORS_MAX = 64 };

#define ANSWER_MAX (30 * NSEC_PER_SEC)    /* for a parent's verdict */
#define CONFIRM_MAX (2 * NSEC_PER_MINUTE) /* for a parent's fall to be confirmed */
#define ALERT_MAX (30 * NSEC_PER_SEC)     /* for a parent that is down to have an alert */
#define LOOK_AGAIN NSEC_PER_SEC           /* while a parent's fall is not confirmed */

struct asked_parent {
    struct wall asked;
    bool is_waiting;
};

struct ancestors { /* nearest first, each once */
    const char *names[ANCESTORS_MAX];
    size_t count;
    bool has_loop; /* the probe depends on itself: nothing explains it */
};

static bool is_among(const struct ancestors *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!strcmp(all->names[i], name))
            return true;
    }
    return false;
}

static void add_parents(struct ancestors *all, const struct probes_view *p,
                        const char *child, const char *probe)
{
    const char *const *parents = p->depends_on(p->ctx, child);
    for (; parents && *parents; parents++) {
        if (!strcmp(*parents, probe))
            all->has_loop = true;
        else if (all->count < ANCESTORS_MAX && !is_among(all, *parents))
            all->names[all->count++] = *parents;
    }
}

static struct ancestors ancestors_of(const struct probes_view *p, const char *probe)
{
    struct ancestors all = {0};
    add_parents(&all, p, probe, probe);
    for (size_t i = 0; i < all.count; i++)
        add_parents(&all, p, all.names[i], probe);
    return all;
}

static bool is_down(enum probe_phase phase)
{
    return phase == PROBE_DOWN || phase == PROBE_NEVER_UP;
}

/* Is somebody told of the parent, at least as loudly? One that just fell is given time until its alert fires. */
static bool is_told_of(const struct judging *j, const char *parent, struct wall since)
{
    const int rank = index_severity(overlay_index(j->overlay, j->now), parent);
    if (rank < 0) {
        const struct wall until = wall_add(since, ALERT_MAX);
        if (until.ns > j->now.ns)
            overlay_wake_at(j->overlay, until);
        return until.ns > j->now.ns;
    }
    return rank >= severity_rank(labels_get(j->alert->labels, "severity"));
}

/* The furthest one: the root of it. */
static bool is_explained(const struct judging *j, const struct ancestors *all,
                         struct overlay_verdict *ret)
{
    const struct probes_view *p = &j->overlay->probes;
    for (size_t i = all->count; i-- > 0;) {
        struct wall since = {0};
        const char *parent = all->names[i];
        if (!is_down(p->phase(p->ctx, parent, &since)) || !is_told_of(j, parent, since))
            continue;
        *ret = (struct overlay_verdict){
            .kind = OVERLAY_PARENT,
            .by = since.ns
                      ? arena_printf(j->arena, "%s is down since %s", parent,
                                     overlay_clock(j->overlay, since, j->now, j->arena))
                      : arena_printf(j->arena, "%s is down", parent),
            .parent = arena_strdup(j->arena, parent)};
        return true;
    }
    return false;
}

static struct asked_parent *asked_of(struct overlay *o, const char *parent)
{
    struct asked_parent *p = map_get(o->parents, bytes_of(parent));
    if (!p) {
        p = memory_take(sizeof(*p));
        *p = (struct asked_parent){0};
        map_put(o->parents, bytes_of(parent), p);
    }
    return p;
}

static bool is_overdue(const struct asked_parent *p, struct wall now)
{
    return wall_add(p->asked, ANSWER_MAX).ns <= now.ns || p->asked.ns > now.ns;
}

/* Until when its answer is waited for; 0: it is there, or will not come. */
static struct wall answer_due(const struct judging *j, const char *parent)
{
    struct overlay *o = j->overlay;
    struct asked_parent *p = asked_of(o, parent);
    const bool is_since = p->asked.ns && p->asked.ns >= j->alert->status.fired_at.ns;
    const bool is_awaited = p->is_waiting && !is_overdue(p, j->now);
    if (!is_awaited && !is_since && j->asking == ASKS_OTHERS &&
        j->alert->status.state == ALERT_FIRING) {
        *p = (struct asked_parent){.asked = j->now, .is_waiting = true};
        o->probes.run(o->probes.ctx, parent);
    }
    const bool is_coming = p->is_waiting && !is_overdue(p, j->now);
    return is_coming ? wall_add(p->asked, ANSWER_MAX) : (struct wall){0};
}

/* A fall that is not confirmed may yet explain it. */
static struct wall confirmation_due(const struct judging *j, const char *parent)
{
    const struct probes_view *p = &j->overlay->probes;
    struct wall since = {0};
    const struct wall until = wall_add(j->alert->status.fired_at, CONFIRM_MAX);
    if (p->phase(p->ctx, parent, &since) != PROBE_FALLING || until.ns <= j->now.ns)
        return (struct wall){0};
    overlay_wake_at(j->overlay, wall_add(j->now, LOOK_AGAIN));
    return until;
}

static bool is_being_asked(const struct judging *j, const struct ancestors *all,
                           struct overlay_verdict *ret)
{
    const char *awaited = NULL;
    struct wall until = {0};
    for (size_t i = 0; i < all->count; i++) { /* all are asked at once */
        struct wall due = answer_due(j, all->names[i]);
        if (!due.ns)
            due = confirmation_due(j, all->names[i]);
        if (due.ns && !awaited)
            awaited = all->names[i];
        until = wall_earlier(until, due);
    }
    if (!awaited)
        return false;
    *ret = (struct overlay_verdict){
        .kind = OVERLAY_PARENT,
        .by = arena_printf(j->arena, "%s, which it depends on, is being asked", awaited),
        .until = until,
        .parent = arena_strdup(j->arena, awaited)};
    return true;
}

bool parent_holds(const struct judging *j, struct overlay_verdict *ret)
{
    const struct probes_view *p = &j->overlay->probes;
    const char *probe = alert_probe(j->alert);
    if (!*probe)
        return false;
    const struct ancestors all = ancestors_of(p, probe);
    if (all.has_loop || !all.count)
        return false;
    return is_explained(j, &all, ret) || is_being_asked(j, &all, ret);
}

void overlay_parent_ran(struct overlay *o, const char *probe, struct wall now)
{
    struct asked_parent *p = map_get(o->parents, bytes_of(probe));
    if (p && p->asked.ns <= now.ns)
        p->is_waiting = false;
    overlay_touch(o);
}

void parents_finish(struct overlay *o)
{
    for (const struct map_entry *it = NULL; (it = map_next(o->parents, it));)
        free(it->value);
    map_destroy(o->parents);
}
