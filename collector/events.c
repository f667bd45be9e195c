/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What events become: a line of healthd's log, a counter by status, and a histogram of durations whose exemplars are the
 * tasks. Called on the loop. Who may send them, and how, is api_events.c's.
 */
#include "collector/events.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"

#define OTHER "_other"

struct kind_of_task { /* one workflow_id and node_id */
    char *workflow_id, *node_id;
    struct map *by_status;       /* → struct series * */
    struct histogram *durations; /* NULL: none came yet */
};

struct events {
    struct registry *registry;
    struct source *source;
    struct map *nodes;    /* by both names */
    struct map *statuses; /* those that are told apart; values mean nothing */
    struct kind_of_task *other;
    struct series *accepted, *rejected, *overflow;
};

static const double bounds[] = {0.01, 0.05, 0.1, 0.25, 0.5, 1,    2.5,  5,       10,
                                30,   60,   120, 300,  600, 1800, 3600, INFINITY};

static const struct metric task_metric = {
    .name = "workflow_task_total",
    .kind = METRIC_COUNTER,
    .help = "Tasks of workflows that ended or changed, as their engine told",
    .labels = {"workflow_id", "node_id", "status"},
};
static const struct metric duration_metric = {
    .name = "workflow_task_duration_seconds",
    .kind = METRIC_HISTOGRAM,
    .unit = "seconds",
    .help = "How long tasks of workflows took, as their engine told",
    .labels = {"workflow_id", "node_id"},
    .buckets = bounds,
};
static const struct metric events_metric = {
    .name = "healthd_events_total",
    .kind = METRIC_COUNTER,
    .help = "Events that workflow engines sent, by whether they could be read",
    .labels = {"result"},
};
static const struct metric overflow_metric = {
    .name = "healthd_events_overflow_total",
    .kind = METRIC_COUNTER,
    .help = "Events counted under _other, because there are more workflows, nodes or "
            "statuses than get series of their own",
};

const struct metric_rows events_families[] = {METRIC_ROW(task_metric),
                                              METRIC_ROW(duration_metric),
                                              METRIC_ROW(events_metric),
                                              METRIC_ROW(overflow_metric),
                                              {0}};

/* ---- nodes ---- */

static struct kind_of_task *task_make(const char *workflow_id, const char *node_id)
{
    struct kind_of_task *n = memory_take(sizeof(*n));
    *n = (struct kind_of_task){
        .workflow_id = memory_strdup(workflow_id),
        .node_id = memory_strdup(node_id),
        .by_status = map_create(),
    };
    return n;
}

static void task_free(struct kind_of_task *n)
{
    free(n->workflow_id);
    free(n->node_id);
    map_destroy(n->by_status);
    free(n);
}

static struct kind_of_task *task_of(struct events *e, const struct event *x)
{
    struct buf key = BUF_MAX(3 * EVENTS_MAX_NAME);
    buf_add(&key, x->workflow_id, strlen(x->workflow_id) + 1);
    buf_add_text(&key, x->node_id);
    struct kind_of_task *n = map_get(e->nodes, buf_bytes(&key));
    if (!n && map_count(e->nodes) < EVENTS_MAX_NODES) {
        n = task_make(x->workflow_id, x->node_id);
        map_put(e->nodes, buf_bytes(&key), n);
    }
    buf_finish(&key);
    return n ? n : e->other;
}

static const char *status_of(struct events *e, const char *status)
{
    if (map_get(e->statuses, bytes_of(status)))
        return status;
    if (map_count(e->statuses) == EVENTS_MAX_STATUSES)
        return OTHER;
    map_put(e->statuses, bytes_of(status), e);
    return status;
}

static void count(struct events *e, struct kind_of_task *n, const char *status)
{
    struct series *s = map_get(n->by_status, bytes_of(status));
    if (!s) {
        s = registry_series(e->registry, e->source, &task_metric,
                            (const char *const[]){n->workflow_id, n->node_id, status});
        map_put(n->by_status, bytes_of(status), s);
    }
    series_add(s, 1);
}

static void measure(struct events *e, struct kind_of_task *n, const struct event *x,
                    struct wall now)
{
    const struct label task = {"task_id", x->task_id};
    const double seconds = x->duration_ms / 1e3;
    if (!n->durations)
        n->durations =
            registry_histogram(e->registry, e->source, &duration_metric,
                               (const char *const[]){n->workflow_id, n->node_id});
    if (*x->task_id)
        histogram_observe_as(n->durations, seconds, (struct labels){&task, 1},
                             x->at.ns ? x->at : now);
    else
        histogram_observe(n->durations, seconds);
}

/* ---- the log ---- */

static bool is_bad(const char *status)
{
    static const char *const words[] = {"failed",  "failure", "error",    "errored",
                                        "timeout", "crashed", "cancelled"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (bytes_is_nocase(bytes_of(status), words[i]))
            return true;
    }
    return false;
}

static void add_text(struct log_field **at, const char *key, const char *text)
{
    if (*text)
        *(*at)++ = STR(key, text);
}

static void log_event(const struct event *x)
{
    struct log_field fields[12], *at = fields;
    *at++ = EV("workflow task");
    add_text(&at, "workflow_id", x->workflow_id);
    add_text(&at, "node_id", x->node_id);
    add_text(&at, "task_id", x->task_id);
    add_text(&at, "component", x->component);
    add_text(&at, "environment", x->environment);
    add_text(&at, "status", x->status);
    if (x->has_duration)
        *at++ = NUM("duration_ms", x->duration_ms);
    add_text(&at, "msg", x->message);
    *at = (struct log_field){.kind = LOG_FIELD_END};
    log_write(is_bad(x->status) ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, fields);
}

/* ---- the whole ---- */

void events_take(struct events *e, const struct event *event, struct wall now)
{
    struct kind_of_task *n = task_of(e, event);
    const char *status = status_of(e, event->status);
    if (n == e->other || status != event->status)
        series_add(e->overflow, 1);
    count(e, n, status);
    if (event->has_duration)
        measure(e, n, event, now);
    series_add(e->accepted, 1);
    log_event(event);
}

void events_reject(struct events *e, size_t count)
{
    series_add(e->rejected, (double)count);
}

struct events *events_create(struct registry *r)
{
    static const char *const accepted = "accepted", *const rejected = "rejected";
    struct events *e = memory_take(sizeof(*e));
    *e = (struct events){
        .registry = r,
        .source = registry_source(r, "events", false, (struct labels){0}),
        .nodes = map_create(),
        .statuses = map_create(),
        .other = task_make(OTHER, OTHER),
    };
    e->accepted = registry_series(r, e->source, &events_metric, &accepted);
    e->rejected = registry_series(r, e->source, &events_metric, &rejected);
    e->overflow = registry_series(r, e->source, &overflow_metric, NULL);
    return e;
}

void events_destroy(struct events *e)
{
    if (!e)
        return;
    const struct map_entry *x = NULL;
    while ((x = map_next(e->nodes, x)))
        task_free(x->value);
    task_free(e->other);
    map_destroy(e->nodes);
    map_destroy(e->statuses);
    registry_source_end(e->registry, e->source);
    free(e);
}
