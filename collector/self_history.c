/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timer, and a walk over the registry that takes the families that are healthd's own. Called by engine_host.c. Tells
 * alerting of no verdict: there is none.
 */
#include "collector/self_history.h"

#include <stdlib.h>
#include <string.h>

#include "collector/daemon.h"
#include "collector/engine_host.h"
#include "collector/self.h"
#include "lib/core/loop.h"

#define LOOK_EVERY (15 * NSEC_PER_SEC)

struct self_history {
    struct daemon *daemon;
    struct engine_host *host;
    struct history_owner *owner;
    struct timer *timer;
    struct mono next;
    struct arena *arena; /* of one look */
    int64_t ms;
};

static bool is_own(const char *family)
{
    return !strncmp(family, "healthd_", 8) || !strncmp(family, "process_", 8) ||
           !strncmp(family, "workflow_task_", 14) || !strncmp(family, "flow_", 5);
}

/* A probe's batches are in the history already, whatever its families are called. */
static bool is_of_a_probe(const struct self_history *s, const struct source *source)
{
    const size_t count = schedule_count(s->daemon->schedule);
    for (size_t i = 0; i < count; i++) {
        if (schedule_at(s->daemon->schedule, i)->source == source)
            return true;
    }
    return false;
}

/* The page's text of them, which is sorted. */
static bool labels_of_text(struct arena *arena, const char *text, struct labels *ret)
{
    struct matchers m = {0};
    struct err ignored = {0};
    if (*text && !matchers_parse(arena, text, &m, &ignored))
        return false;
    struct label *items = arena_alloc(arena, (m.count + 1) * sizeof(*items));
    for (size_t i = 0; i < m.count; i++)
        items[i] = (struct label){m.items[i].name, m.items[i].value};
    *ret = (struct labels){items, m.count};
    return true;
}

static void look_at(void *ctx, const struct source *source, const char *family,
                    const char *label_text, double value)
{
    struct self_history *s = ctx;
    struct labels own = {0};
    if (!is_of_a_probe(s, source) && labels_of_text(s->arena, label_text, &own))
        history_put(s->owner, family, own, s->ms, value);
}

static void look(void *ctx)
{
    struct self_history *s = ctx;
    self_refresh(s->daemon->self);
    s->ms = wall_to_ms(engine_host_now(s->host));
    registry_each(s->daemon->registry, is_own, look_at, s);
    history_end_others(s->owner, s->ms);
    arena_reset(s->arena);
    s->next = mono_add(s->next, LOOK_EVERY);
    timer_at(s->timer, s->next);
}

struct self_history *self_history_create(struct daemon *d, struct history *h,
                                         struct engine_host *host)
{
    static const struct label job = {"job", "healthd"};
    struct self_history *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->daemon = d;
    s->host = host;
    s->arena = arena_create(0);
    s->owner = history_owner(h, (struct labels){&job, 1});
    s->timer = loop_timer_create(d->frame.loop, "self history", look, s);
    s->next = mono_add(loop_now(d->frame.loop), NSEC_PER_SEC);
    timer_at(s->timer, s->next);
    return s;
}

void self_history_destroy(struct self_history *s)
{
    if (!s)
        return;
    timer_destroy(s->timer);
    arena_destroy(s->arena);
    free(s);
}
