/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts as lines of JSON: one per change and per failure, or per run. Called by the pipeline with each verdict.
 * Never waits for a reader: lines that find the queue full are counted, and a later line says how many.
 */
#include "exporters/json_log.h"

#include <math.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/core/outlet.h"
#include "lib/core/probe.h"
#include "lib/core/secret.h"

#define QUEUE_MAX_BYTES (256u << 10)
#define LINE_MAX_BYTES (32u << 10)
#define NAMED_ITEMS 10
#define FIXED_FIELDS 20

struct json_log_conf {
    const char *to;
    int results;
};

struct json_log {
    struct outlet *outlet;
    struct source *source;
    struct series *dropped_total;
    uint64_t dropped; /* since a line last said so */
};

static const struct metric dropped_metric = {
    .name = "healthd_log_dropped_total",
    .kind = METRIC_COUNTER,
    .unit = "",
    .help =
        "Lines of the JSON log that were lost because whoever reads it did not keep up",
};

/* ---- the line ---- */

bool json_log_wants(enum json_log_results results, const struct verdict *v)
{
    if (v->changed || v->probe->results_all)
        return true;
    switch (results) {
    case JSON_LOG_CHANGES:
        return false;
    case JSON_LOG_FAILURES:
        return v->health != HEALTH_UP;
    case JSON_LOG_ALL:
        return true;
    }
    return false;
}

static enum log_level verdict_level(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return LOG_LEVEL_INFO;
    case HEALTH_UNKNOWN:
    case HEALTH_DEGRADED:
        return LOG_LEVEL_WARNING;
    case HEALTH_DOWN:
        return LOG_LEVEL_ERROR;
    }
    return LOG_LEVEL_ERROR;
}

static const char *verdict_event(const struct verdict *v)
{
    if (v->changed)
        return "probe changed";
    return v->health == HEALTH_UP ? "probe ran" : "probe failed";
}

/* What a person would say: "orders-db is down: nothing listens at 127.0.0.1:5432". One run that is not confirmed
 * "was" down. */
static const char *verdict_sentence(struct arena *arena, const struct verdict *v)
{
    const enum health health = v->changed ? v->confirmed : v->health;
    const char *verb = v->changed || v->confirmed == v->health ? "is " : "was ";
    const bool is_unknown = health == HEALTH_UNKNOWN;
    const bool is_explained = v->detail && v->detail[0] && health != HEALTH_UP;
    return arena_printf(arena, "%s %s%s%s%s", v->probe->name, is_unknown ? "" : verb,
                        is_unknown ? "could not be asked" : health_name(health),
                        is_explained ? ": " : "", is_explained ? v->detail : "");
}

static bool item_is_sick(const struct item *item)
{
    return item->health == HEALTH_DEGRADED || item->health == HEALTH_DOWN;
}

/* The first sick items of many: "web, worker and 3 more"; NULL when there is none. */
static const char *sick_items(struct arena *arena, const struct verdict *v)
{
    const char *text = NULL;
    size_t sick = 0;
    for (size_t i = 0; i < v->item_count; i++) {
        if (!item_is_sick(&v->items[i]))
            continue;
        if (sick < NAMED_ITEMS)
            text = text ? arena_printf(arena, "%s, %s", text, v->items[i].key)
                        : v->items[i].key;
        sick++;
    }
    return sick > NAMED_ITEMS
               ? arena_printf(arena, "%s and %zu more", text, sick - NAMED_ITEMS)
               : text;
}

static double milliseconds(nsec took)
{
    return round((double)took / 1e3) / 1e3;
}

struct fields {
    struct log_field *list;
    size_t count;
};

static void add(struct fields *f, struct log_field field)
{
    f->list[f->count++] = field;
}

static void add_text(struct fields *f, const char *key, const char *text)
{
    if (text && text[0])
        add(f, STR(key, text));
}

static bool is_first_class(const char *name)
{
    for (const char *const *first = first_class_labels; *first; first++) {
        if (!strcmp(*first, name))
            return true;
    }
    return false;
}

/* A label that is called as one of our own keys shows as label_<name>. */
static const char *label_key(struct arena *arena, const char *name)
{
    static const char *const ours[] = {"ts",          "level",   "event",  "msg",
                                       "probe",       "type",    "health", "state",
                                       "reason",      "detail",  "items",  "origin",
                                       "duration_ms", "address", "seq",    "trace_id"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (!strcmp(ours[i], name))
            return arena_printf(arena, "label_%s", name);
    }
    return name;
}

static void add_labels(struct fields *f, struct arena *arena, struct labels labels)
{
    for (const char *const *first = first_class_labels; *first; first++)
        add_text(f, *first, labels_get(labels, *first));
    for (size_t i = 0; i < labels.count; i++) {
        if (!is_first_class(labels.items[i].name))
            add_text(f, label_key(arena, labels.items[i].name), labels.items[i].value);
    }
}

static struct wall verdict_end(const struct verdict *v)
{
    return wall_add(v->started, v->duration);
}

void json_log_line(struct buf *out, const struct verdict *v)
{
    const struct probe *probe = v->probe;
    struct arena *arena = arena_create(0);
    struct fields f = {arena_alloc(arena, (FIXED_FIELDS + probe->labels.count) *
                                              sizeof(struct log_field)),
                       0};

    add(&f, EV(verdict_event(v)));
    add(&f, STR("msg", verdict_sentence(arena, v)));
    add_labels(&f, arena, probe->labels);
    add(&f, STR("probe", probe->name));
    add(&f, STR("type", probe->type->name));
    add(&f, STR("health", health_name(v->health)));
    add(&f, STR("state", health_name(v->confirmed)));
    add_text(&f, "reason", reason_word(v->reason));
    add_text(&f, "detail", v->detail);
    add_text(&f, "items", sick_items(arena, v));
    add_text(&f, "address", v->address);
    add(&f, NUM("duration_ms", milliseconds(v->duration)));
    add(&f, STR("origin", origin_name(v->origin)));
    add(&f, INT("seq", (int64_t)v->seq));
    add(&f, (struct log_field){.kind = LOG_FIELD_END});
    log_render(out, LOG_FORMAT_JSON, verdict_end(v),
               verdict_level(v->changed ? v->confirmed : v->health), f.list);
    arena_destroy(arena);
}

/* ---- the exporter ---- */

static void count_dropped(struct json_log *log)
{
    log->dropped++;
    if (log->dropped_total)
        series_add(log->dropped_total, 1);
}

static void dropped_line(struct buf *out, const struct json_log *log, struct wall at)
{
    log_render(
        out, LOG_FORMAT_JSON, at, LOG_LEVEL_WARNING,
        LOG_FIELDS(
            EV("log lines dropped"),
            STR("msg", "lines are missing here: whoever reads this log did not keep up"),
            INT("dropped", (int64_t)log->dropped)));
}

static void json_log_observe(struct exporter *x, const struct verdict *v)
{
    const struct json_log_conf *conf = x->conf;
    struct json_log *log = x->state;
    struct buf line = BUF_MAX(LINE_MAX_BYTES);

    if (!json_log_wants((enum json_log_results)conf->results, v))
        return;
    if (log->dropped)
        dropped_line(&line, log, verdict_end(v));
    json_log_line(&line, v);
    if (x->frame && x->frame->secrets)
        secrets_redact(x->frame->secrets, &line);
    if (line.overflow || !outlet_has_room(log->outlet, line.len)) {
        count_dropped(log);
    } else {
        log->dropped = 0;
        outlet_put(log->outlet, buf_bytes(&line));
    }
    buf_finish(&line);
}

static bool json_log_open(struct exporter *x, struct err *e)
{
    const struct json_log_conf *conf = x->conf;
    struct json_log *log = x->state;

    log->outlet =
        outlet_open(x->frame ? x->frame->loop : NULL, conf->to, QUEUE_MAX_BYTES, e);
    if (!log->outlet)
        return false;
    if (x->registry) {
        log->source = registry_source(x->registry, "json_log", false, (struct labels){0});
        log->dropped_total =
            registry_series(x->registry, log->source, &dropped_metric, NULL);
    }
    return true;
}

static void json_log_reopen(struct exporter *x)
{
    struct json_log *log = x->state;
    struct err e = {0};
    if (!outlet_reopen(log->outlet, &e))
        log_error(EV("log not reopened"), STR("why", e.text),
                  STR("hint", "the old file is still written; make the path writable, "
                              "then send SIGUSR1"));
}

static void json_log_close(struct exporter *x)
{
    struct json_log *log = x->state;
    const size_t lost = outlet_close(log->outlet);
    if (lost)
        log_warning(
            EV("log lines lost"), INT("bytes", (int64_t)lost),
            STR("why", "whoever reads the log had not taken them when it was closed"));
    if (log->source)
        registry_source_end(x->registry, log->source);
}

static const struct opt_choice results_choices[] = {
    {"changes", JSON_LOG_CHANGES, "when a probe's state changes"},
    {"failures", JSON_LOG_FAILURES, "also each run that did not find it up"},
    {"all", JSON_LOG_ALL, "every run"},
    {0},
};

#define OPT_STRUCT struct json_log_conf
const struct exporter_type exporter_json_log = {
    .name = "json_log",
    .summary = "What probes found, one JSON object a line.",
    .example = "json_log: {to: /var/log/healthd/probes.log, results: changes}",
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("to", to, "stdout",
                         "Where lines go: stdout, stderr, or a file's path, which is "
                         "opened again at SIGUSR1.",
                         .flags = OPT_SHORTHAND, .min = 1, .max = 4096),
            OPT_ROW_CHOICE("results", results, "failures", results_choices,
                           "Which runs get a line. A probe can ask for all of its own."),
            {0}},
    .conf_size = sizeof(struct json_log_conf),
    .state_size = sizeof(struct json_log),
    .is_default = true,
    .metrics = (const struct metric *const[]){&dropped_metric, NULL},
    .open = json_log_open,
    .observe = json_log_observe,
    .reopen = json_log_reopen,
    .close = json_log_close,
};
