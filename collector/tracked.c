/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the schedule keeps of one probe: made, given its own series, ended. Called by adoption.c, which says who comes and
 * who goes, and by schedule.c. Starts no run.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "collector/memos.h"
#include "collector/schedule_impl.h"

static const struct metric state_metric = {
    .name = "probe_state",
    .kind = METRIC_GAUGE,
    .help = "Confirmed health of the probe: 0 unknown, 1 up, 2 degraded, 3 down",
};

/* What joins a probe's severity to its other series in a rule. */
static const struct metric info_metric = {
    .name = "probe_info",
    .kind = METRIC_GAUGE,
    .help = "Always 1; the labels say what is configured of the probe",
    .labels = {"pack", "severity", "type"},
};

static const struct metric unknown_metric = {
    .name = "probe_unknown",
    .kind = METRIC_GAUGE,
    .help = "1 while healthd itself could not ask the probe's target, else 0",
};

static const double duration_bounds[] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, INFINITY};
static const struct metric durations_metric = {
    .name = "probe_duration_histogram_seconds",
    .kind = METRIC_HISTOGRAM,
    .unit = "seconds",
    .help = "How long runs of the probe took",
    .buckets = duration_bounds,
};

const struct metric_rows schedule_families[] = {METRIC_ROW(state_metric),
                                                METRIC_ROW(info_metric),
                                                METRIC_ROW(unknown_metric),
                                                METRIC_ROW(durations_metric),
                                                {0}};

static struct labels source_labels(struct arena *arena, const struct probe *probe)
{
    if (probe->type->is_singleton)
        return probe->labels;
    const struct label type = {.name = "type", .value = probe->type->name};
    return labels_merge(arena, (struct labels){.items = &type, .count = 1},
                        probe->labels);
}

void tracked_open_series(struct tracked *t)
{
    struct schedule *s = t->schedule;
    struct arena *arena = arena_create(0);
    t->source =
        registry_source(s->registry, t->probe->name, !t->probe->type->is_singleton,
                        source_labels(arena, t->probe));
    t->state_series = registry_series(s->registry, t->source, &state_metric, NULL);
    t->unknown_series = registry_series(s->registry, t->source, &unknown_metric, NULL);
    const char *const info[] = {probe_pack_telling_of(t->probe->type, REASON_NONE),
                                t->probe->severity ? t->probe->severity : "",
                                t->probe->type->name};
    series_set(registry_series(s->registry, t->source, &info_metric, info), 1);
    t->durations = registry_histogram(s->registry, t->source, &durations_metric, NULL);
    arena_destroy(arena);
}

/* Starts spread over two seconds at most, so that a large configuration does not begin with a herd. */
void tracked_set_grid(struct tracked *t)
{
    const struct schedule *s = t->schedule;
    const uint64_t hash = bytes_hash64(bytes_of(t->probe->name));
    const nsec spread =
        t->probe->interval < 2 * NSEC_PER_SEC ? t->probe->interval : 2 * NSEC_PER_SEC;
    t->offset = (nsec)(hash % (uint64_t)t->probe->interval);
    t->due = mono_add(loop_now(s->frame->loop), (nsec)(hash % (uint64_t)spread));
}

struct tracked *tracked_create(struct schedule *s, const struct probe *probe,
                               struct err *e)
{
    struct session *session = session_create(s->frame, probe->type, probe->name, e);
    if (!session) {
        err_wrap(e, "probe '%s'", probe->name);
        return NULL;
    }
    struct tracked *t = calloc(1, sizeof(*t));
    assert(t);
    list_init(&t->waiters);
    t->holds = 1;
    t->schedule = s;
    t->probe = probe;
    t->seen.known_since = loop_wall(s->frame->loop);
    t->session = session;
    if (s->memos)
        memos_recall(s->memos, session);
    session->on_wake = tracked_on_wake;
    session->wake_ctx = t;
    return t;
}

void tracked_hold(struct tracked *t)
{
    t->holds++;
}

void tracked_release(struct tracked *t)
{
    assert(t->holds > 0);
    if (--t->holds > 0)
        return;
    session_destroy(t->session);
    recent_finish(&t->recent);
    free(t);
}

void tracked_end(struct tracked *t)
{
    t->is_removed = true;
    heap_remove(&t->schedule->heap, &t->item);
    watching_release(&t->watching, t->session);
    t->session->on_wake = NULL;
    if (t->source)
        registry_source_end(t->schedule->registry, t->source);
    t->source = NULL;
    if (t->run)
        runner_cancel(t->run);
}

void tracked_remove(struct tracked *t)
{
    if (!t->is_removed)
        tracked_end(t);
    tracked_release(t);
}
