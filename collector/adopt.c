/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is tracked: makes and ends what the schedule keeps of a probe, its own series among it, and takes over a
 * generation. Identity is the probe's name and canonical text: equal keeps session, due and state; anything else
 * starts afresh. Called by the daemon through schedule_adopt (schedule.h), and by schedule.c. Starts no run.
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

static void open_series(struct schedule *s, struct tracked *t)
{
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
static void set_grid(struct schedule *s, struct tracked *t)
{
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
    set_grid(s, t);
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

void tracked_remove(struct tracked *t)
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
    tracked_release(t);
}

struct tracked *schedule_find(const struct schedule *s, const char *name)
{
    return map_get(s->by_name, bytes_of(name));
}

static struct tracked *find_same(const struct map *by_name, const struct probe *probe)
{
    struct tracked *t = map_get(by_name, bytes_of(probe->name));
    return t && !strcmp(t->probe->canonical, probe->canonical) ? t : NULL;
}

static struct map *index_by_name(const struct schedule *s)
{
    struct map *by_name = map_create();
    for (size_t i = 0; i < s->count; i++)
        map_put(by_name, bytes_of(s->tracked[i]->probe->name), s->tracked[i]);
    return by_name;
}

/* Finds or makes one for every probe; on a refusal the ones made are released again. */
static struct tracked **gather(struct schedule *s, const struct generation *g,
                               const struct map *by_name, struct err *e)
{
    struct tracked **next = calloc(g->probe_count + 1, sizeof(struct tracked *));
    assert(next);
    for (size_t i = 0; i < g->probe_count; i++) {
        next[i] = find_same(by_name, g->probes[i]);
        if (!next[i])
            next[i] = tracked_create(s, g->probes[i], e);
        if (next[i])
            continue;
        while (i-- > 0) {
            if (!find_same(by_name, g->probes[i]))
                tracked_release(next[i]);
        }
        free(next);
        return NULL;
    }
    return next;
}

static void remove_absent(struct schedule *s, struct tracked **next, size_t count)
{
    for (size_t i = 0; i < count; i++)
        next[i]->is_kept = true;
    for (size_t i = 0; i < s->count; i++) {
        if (!s->tracked[i]->is_kept)
            tracked_remove(s->tracked[i]);
    }
    for (size_t i = 0; i < count; i++)
        next[i]->is_kept = false;
}

bool schedule_adopt(struct schedule *s, struct generation *g, struct err *e)
{
    struct tracked **next = gather(s, g, s->by_name, e);
    if (!next)
        return false;

    remove_absent(s, next, g->probe_count);
    free(s->tracked);
    s->tracked = next;
    s->count = g->probe_count;
    map_destroy(s->by_name);
    s->by_name = index_by_name(s);

    struct generation *before = s->generation;
    s->generation = generation_ref(g);
    /* Series are opened only now: those of a changed probe of the same name have ended above. */
    for (size_t i = 0; i < s->count; i++) {
        next[i]->probe = g->probes[i];
        if (!next[i]->source)
            open_series(s, next[i]);
        tracked_place(next[i]);
    }
    generation_unref(before);
    return true;
}
