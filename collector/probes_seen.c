/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind the overlay's view, over the schedule's tracked probes and what is remembered of them (seen.h).
 * Called by engine_host.c and pipeline.c. Confirms nothing, and starts a run only when the overlay asks for a parent's.
 */
#include "collector/probes_seen.h"

#include <stdlib.h>
#include <string.h>

#include "collector/daemon.h"
#include "collector/engine_host.h"
#include "collector/verdict_history.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/resolve.h"

static enum probe_phase phase(void *ctx, const char *probe, struct wall *ret_since)
{
    const struct daemon *d = ctx;
    const struct tracked *t = schedule_find(d->schedule, probe);
    *ret_since = (struct wall){0};
    if (!t)
        return PROBE_UNKNOWN;
    const struct verdict *last = t->recent.last;
    *ret_since = seen_since(&t->seen, &t->state);
    return seen_phase(&t->seen, &t->state, last ? last->health : HEALTH_UNKNOWN);
}

static const char *const *depends_on(void *ctx, const char *probe)
{
    const struct daemon *d = ctx;
    const struct tracked *t = schedule_find(d->schedule, probe);
    return t ? t->probe->depends_on : NULL;
}

/* ---- asking a parent ---- */

struct parent_run {
    struct daemon *daemon;
    char *probe;
};

static void parent_ran(void *ctx)
{
    struct parent_run *run = ctx;
    struct engine_host *h = run->daemon->engine_host;
    if (run->daemon->state != DAEMON_STOPPING)
        engine_parent_ran(engine_host_engine(h), run->probe, engine_host_now(h));
    free(run->probe);
    free(run);
}

static void run_parent(void *ctx, const char *probe)
{
    struct daemon *d = ctx;
    struct tracked *t = schedule_find(d->schedule, probe);
    if (!t)
        return;
    struct parent_run *run = memory_take(sizeof(*run));
    *run = (struct parent_run){d, memory_strdup(probe)};
    schedule_run_now(d->schedule, t, ORIGIN_PARENT, parent_ran, run);
}

/* ---- who is beyond the uplink, and did it carry an answer? ---- */

/* Somebody beyond this machine and its private networks. */
static bool is_public(const char *address)
{
    static const char *const private_starts[] = {
        "10.",     "127.",    "192.168.", "169.254.", "172.16.", "172.17.", "172.18.",
        "172.19.", "172.20.", "172.21.",  "172.22.",  "172.23.", "172.24.", "172.25.",
        "172.26.", "172.27.", "172.28.",  "172.29.",  "172.30.", "172.31.", "/",
        "[::1]",   "[fc",     "[fd",      "[fe80"};
    for (size_t i = 0; i < ARRAY_LEN(private_starts); i++) {
        if (!strncmp(address, private_starts[i], strlen(private_starts[i])))
            return false;
    }
    return *address != '\0';
}

/* Did the network carry an answer, whatever it said? */
static bool was_answered(const struct verdict *v)
{
    switch (v->reason) {
    case REASON_NO_NAME:
    case REASON_DNS_ERROR:
    case REASON_DNS_TIMEOUT:
    case REASON_UNREACHABLE:
    case REASON_TIMEOUT:
    case REASON_SELF:
        return false;
    default:
        return true;
    }
}

static enum probe_answer answer(void *ctx, const char *probe)
{
    const struct daemon *d = ctx;
    const struct tracked *t = schedule_find(d->schedule, probe);
    const struct verdict *last = t ? t->recent.last : NULL;
    const struct wall now = loop_wall(d->frame.loop);
    if (!last || now.ns - last->started.ns > 2 * t->probe->interval)
        return PROBE_NOT_ASKED;
    return was_answered(last) ? PROBE_ANSWERED : PROBE_SILENT;
}

static bool is_external(void *ctx, const char *probe)
{
    const struct daemon *d = ctx;
    const struct tracked *t = schedule_find(d->schedule, probe);
    return t && t->is_public;
}

void probes_seen_note(struct tracked *t, const struct verdict *v)
{
    seen_note(&t->seen, &t->state);
    if (*v->address)
        t->is_public = is_public(v->address);
}

void probes_seen_recall(struct daemon *d)
{
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        struct tracked *t = schedule_at(d->schedule, i);
        const struct verdict_record *r =
            verdict_history_find(d->verdict_history, t->probe->name);
        if (r && r->was_good)
            seen_recall(&t->seen, r->health == HEALTH_DOWN ? r->since : (struct wall){0});
    }
}

struct probes_view probes_seen(struct daemon *d)
{
    return (struct probes_view){
        .ctx = d,
        .phase = phase,
        .depends_on = depends_on,
        .run = run_parent,
        .answer = answer,
        .is_external = is_external,
        .started = d->started,
    };
}
