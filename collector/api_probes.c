/* SPDX-License-Identifier: Apache-2.0 */
/* What healthctl status, explain and run ask: probes with their confirmed health, and their last runs whole. */
#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/json_print.h"
#include "collector/list_job.h"
#include "lib/core/loop.h"
#include "lib/core/verdict_json.h"

static json_t *timing_to_json(const struct probe *p)
{
    return json_pack("{s:f, s:f, s:f, s:i, s:i, s:b}", "interval_seconds",
                     nsec_to_sec(p->interval), "timeout_seconds", nsec_to_sec(p->timeout),
                     "retry_interval_seconds", nsec_to_sec(p->retry_interval), "rise",
                     p->rise, "fall", p->fall, "watch", p->watch);
}

static json_t *summary_to_json(const struct tracked *t)
{
    const struct verdict *last = t->recent.last;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I}", "name", t->probe->name,
                  "type", t->probe->type->name, "health", health_name(t->state.confirmed),
                  "severity", t->probe->severity ? t->probe->severity : "", "streak",
                  t->state.streak, "runs", (json_int_t)t->runs, "skipped",
                  (json_int_t)t->skipped, "missed", (json_int_t)t->missed);
    const bool is_turning = state_is_unconfirmed(&t->state);
    json_object_set_new(object, "turning",
                        is_turning ? json_string(health_name(t->state.candidate))
                                   : json_null());
    json_object_set_new(
        object, "needed",
        json_integer(is_turning
                         ? state_runs_needed(&t->state, t->probe->rise, t->probe->fall)
                         : 0));
    json_object_set_new(object, "since", wall_to_json(t->state.since));
    json_object_set_new(object, "labels", labels_to_json(t->probe->labels));
    json_object_set_new(
        object, "last",
        last ? json_pack("{s:s, s:s, s:s, s:o, s:f}", "health", health_name(last->health),
                         "reason", reason_word(last->reason), "detail", last->detail,
                         "started", wall_to_json(last->started), "duration_seconds",
                         nsec_to_sec(last->duration))
             : json_null());
    return object;
}

static json_t *verdict_or_null(const struct verdict *v)
{
    return v ? verdict_to_json(v) : json_null();
}

struct of_probe {
    const char *probe;
    struct engine *engine;
    json_t *list;
};

static void find_held(void *ctx, const struct told *t)
{
    const char **held = ctx;
    if (t->held.kind != OVERLAY_NONE && !**held)
        *held = t->held.by;
}

static void add_alert(void *ctx, struct alert *a)
{
    struct of_probe *of = ctx;
    const char *probe = labels_get(a->labels, "probe");
    const char *severity = labels_get(a->labels, "severity");
    if (!probe || strcmp(probe, of->probe) != 0)
        return;
    const char *held = "";
    dispatch_each(engine_dispatch(of->engine), a, find_held, &held);
    json_array_append_new(of->list,
                          json_pack("{s:s, s:s, s:s, s:o, s:s}", "alertname", a->name,
                                    "state", alert_state_name(a->status.state),
                                    "severity", severity ? severity : "", "since",
                                    wall_to_json(a->status.active_at), "held", held));
}

static json_t *alerts_of(const struct tracked *t, const struct daemon *d)
{
    struct of_probe of = {t->probe->name, act_engine(d), json_array()};
    book_each(engine_book(of.engine), add_alert, &of);
    return of.list;
}

static json_t *expressions_to_json(const struct expr *const *expressions)
{
    json_t *list = json_array();
    for (; expressions && *expressions; expressions++)
        json_array_append_new(list, json_string(expr_text(*expressions)));
    return list;
}

static json_t *names_to_json(const char *const *names)
{
    json_t *list = json_array();
    for (; names && *names; names++)
        json_array_append_new(list, json_string(*names));
    return list;
}

static json_t *explain_to_json(const struct tracked *t, const struct daemon *d)
{
    json_t *object = summary_to_json(t);
    const struct mono now = loop_now(d->frame.loop);
    json_object_set_new(object, "timing", timing_to_json(t->probe));
    json_object_set_new(object, "expect", expressions_to_json(t->probe->expect));
    json_object_set_new(object, "should", expressions_to_json(t->probe->should));
    json_object_set_new(object, "depends_on", names_to_json(t->probe->depends_on));
    json_object_set_new(
        object, "next_run",
        wall_to_json(wall_add(loop_wall(d->frame.loop), t->due.ns - now.ns)));
    json_object_set_new(object, "alerts", alerts_of(t, d));
    json_object_set_new(object, "last_good", verdict_or_null(t->recent.good));
    json_object_set_new(object, "last_bad", verdict_or_null(t->recent.bad));
    json_object_set_new(object, "last_run", verdict_or_null(t->recent.last));
    return object;
}

/* ---- all of them, in slices ---- */

struct probes_list {
    const struct daemon *daemon;
    const char **names; /* of those there were at the beginning */
    size_t count, at, printed;
    const char *head; /* what comes before them; NULL: it is printed */
};

static int add_dumped(const char *text, size_t len, void *out)
{
    buf_add(out, text, len);
    return 0;
}

/* It may have another place by now, or be gone. */
static const struct tracked *next_of(struct probes_list *l)
{
    const struct schedule *s = l->daemon->schedule;
    const size_t at = l->at++;
    if (at < schedule_count(s) && !strcmp(schedule_at(s, at)->probe->name, l->names[at]))
        return schedule_at(s, at);
    return schedule_find(s, l->names[at]);
}

static bool print_probes(void *ctx, struct buf *out, struct mono until)
{
    struct probes_list *l = ctx;
    if (l->head)
        buf_printf(out, "{%s\"probes\":[", l->head);
    l->head = NULL;
    while (l->at < l->count) {
        const struct tracked *t = next_of(l);
        json_t *summary = t ? summary_to_json(t) : NULL;
        if (summary) {
            buf_add_text(out, l->printed++ ? ",\n" : "\n");
            json_dump_callback(summary, add_dumped, out, JSON_COMPACT);
        }
        json_decref(summary);
        if (mono_reached(mono_read(), until))
            return false;
    }
    buf_add_text(out, "]}\n");
    return true;
}

/* head: other members of the answer, each with a comma behind it; in arena. */
static void answer_probes(struct exchange *x, struct daemon *d, struct arena *arena,
                          const char *head)
{
    static const struct list_kind kind = {
        "probes", "The probes are more than 64 MiB of text.", print_probes};
    struct probes_list *l = arena_alloc(arena, sizeof(*l));
    l->daemon = d;
    l->head = head;
    l->count = schedule_count(d->schedule);
    l->names = arena_alloc(arena, (l->count + 1) * sizeof(*l->names));
    for (size_t i = 0; i < l->count; i++)
        l->names[i] = arena_strdup(arena, schedule_at(d->schedule, i)->probe->name);
    list_job_answer(x, d, &kind, arena, l);
}

static void get_probes(struct exchange *x, struct daemon *d)
{
    answer_probes(x, d, arena_create(0), "");
}

static struct tracked *find_or_refuse(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "probe");
    struct tracked *t = schedule_find(d->schedule, name);
    if (!t)
        exchange_error(
            x, 404, "There is no probe '%s'; /api/probes lists those there are.", name);
    return t;
}

static void get_one(struct exchange *x, struct daemon *d)
{
    const struct tracked *t = find_or_refuse(x, d);
    if (t)
        exchange_reply_value(x, 200, explain_to_json(t, d));
}

struct run_now { /* a client that waits for a run */
    struct exchange *exchange;
    struct daemon *daemon;
    const char *name; /* in the exchange's arena */
};

static void run_is_done(void *ctx)
{
    struct run_now *wait = ctx;
    struct exchange *x = wait->exchange;
    const struct tracked *t = schedule_find(wait->daemon->schedule, wait->name);
    if (t)
        exchange_reply_value(x, 200, explain_to_json(t, wait->daemon));
    else
        exchange_error(x, 410, "The probe '%s' was removed while it ran.", wait->name);
}

static void client_left(void *ctx)
{
    const struct run_now *wait = ctx;
    struct tracked *t = schedule_find(wait->daemon->schedule, wait->name);
    if (t)
        schedule_forget_waiter(t, ctx);
}

static void post_run(struct exchange *x, struct daemon *d)
{
    struct tracked *t = find_or_refuse(x, d);
    if (!t)
        return;
    struct run_now *wait = arena_alloc(exchange_arena(x), sizeof(*wait));
    *wait = (struct run_now){x, d, exchange_segment(x, "probe")};
    exchange_suspend(x, client_left, wait);
    schedule_run_now(d->schedule, t, ORIGIN_RUN_NOW, run_is_done, wait);
}

/* Wherever whoever reads it stands. */
static const char *config_path_of(const struct daemon *d, struct arena *arena)
{
    char *real = d->config_path ? realpath(d->config_path, NULL) : NULL;
    const char *path = real ? real : d->config_path ? d->config_path : "";
    const char *copy = arena_strdup(arena, path);
    free(real);
    return copy;
}

static void get_status(struct exchange *x, struct daemon *d)
{
    struct arena *arena = arena_create(0);
    struct buf head = BUF_MAX(8u << 20);
    json_print_text(&head, "version", HEALTHD_VERSION);
    json_print_text(&head, "site", d->generation->site ? d->generation->site : "");
    json_print_name(&head, "generation");
    buf_printf(&head, "%ju", (uintmax_t)d->generation->number);
    json_print_text(&head, "config", config_path_of(d, arena));
    json_print_flag(&head, "last_reload_ok", d->last_reload_ok);
    json_print_text(&head, "last_reload_text",
                    d->last_reload_text ? d->last_reload_text : "");
    json_print_time(&head, "started", d->started);
    json_print_time(&head, "now", loop_wall(d->frame.loop));
    buf_add_byte(&head, ',');
    answer_probes(x, d, arena, arena_strdup(arena, buf_text(&head)));
    buf_finish(&head);
}

static const struct endpoint_param probe_segment[] = {
    {"probe", "The name of a configured probe.", true}, {0}};
static const struct endpoint_field status_fields[] = {
    {"version", "string", "healthd's version.", true},
    {"site", "string", "The `site` of the configuration.", true},
    {"generation", "integer", "Of the configuration: 1, 2, …", true},
    {"config", "string", "The file it reads; empty: the built-in configuration.", true},
    {"last_reload_ok", "boolean", "Whether the last reload was accepted.", true},
    {"last_reload_text", "string", "What the last reload said.", true},
    {"probes", "array", "As /api/probes.", true},
    {"started", "time", "When healthd started.", true},
    {"now", "time", "healthd's clock.", true},
    {0}};
static const struct endpoint_field list_fields[] = {
    {"probes", "array", "In order of the configuration.", true}, {0}};
static const struct endpoint_field probe_fields[] = {
    {"name", "string", "The probe's name.", true},
    {"type", "string", "The kind of question.", true},
    {"health", "string",
     "Confirmed: up, degraded or down. unknown: nothing is confirmed yet, as turning, "
     "last_run and unknown_since tell.",
     true},
    {"turning", "string",
     "What the last runs found, when that is not confirmed yet; else null.", false},
    {"streak", "integer", "How many runs in a row found it; 0: none.", true},
    {"needed", "integer", "How many runs in a row confirm it; 0: nothing is turning.",
     true},
    {"severity", "string", "How much it matters.", true},
    {"since", "time", "When that health was confirmed.", true},
    {"labels", "object", "The labels of its series.", true},
    {"timing", "object", "Interval, timeout, rise and fall.", true},
    {"next_run", "time", "When it is due.", true},
    {"alerts", "array", "The alerts of this probe.", true},
    {"last_good", "object", "The last run that was up, or null.", false},
    {"last_bad", "object", "The last that was not, or null.", false},
    {"last_run", "object", "The last of all, or null.", false},
    {0}};

const struct endpoint probes_endpoints[] = {
    {"GET", "/api/status", RIGHT_READ, NULL, "healthd and every probe, in short.",
     get_status, .answer = status_fields},
    {"GET", "/api/probes", RIGHT_READ, NULL,
     "Every probe with its confirmed health and last run, in short.", get_probes,
     .answer = list_fields},
    {"POST", "/api/run/{probe}", RIGHT_ACT, probe_segment,
     "Runs a probe now, or joins the run under way, and answers as /api/probes/{probe} "
     "once it has ended.",
     post_run, .answer = probe_fields, .statuses = "404 410 503"},
    {"GET", "/api/probes/{probe}", RIGHT_READ, probe_segment,
     "One probe: timing, and its last good and last bad run with their traces.", get_one,
     .answer = probe_fields, .statuses = "404"},
    {0}};
