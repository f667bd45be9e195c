/* SPDX-License-Identifier: Apache-2.0 */
/* Smoke runs as JSON: everything that is known of each step. See report.h. */
#include "healthctl/report.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, json_string(text));
}

static void set_time(json_t *object, const char *key, struct wall at)
{
    char text[WALL_TEXT_SIZE];
    if (at.ns)
        json_object_set_new(object, key, json_string(wall_format(at, text)));
}

static json_t *finding_json(const struct flow_finding *f)
{
    json_t *phases = json_object();
    for (int i = 0; i < PHASE_COUNT; i++) {
        if (f->phases[i])
            json_object_set_new(phases, phase_name((enum phase)i),
                                json_real(nsec_to_sec(f->phases[i])));
    }
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:f, s:o}", "probe", f->probe->name, "type",
                  f->probe->type->name, "health", health_name(f->health),
                  "duration_seconds", nsec_to_sec(f->duration), "phases_seconds", phases);
    if (f->reason != REASON_NONE)
        set_text(o, "reason", reason_word(f->reason));
    set_text(o, "detail", f->detail);
    set_text(o, "address", f->address);
    set_text(o, "task_id", f->task_id);
    return o;
}

static json_t *step_json(const struct smoke *smoke, const struct flow_result *flow,
                         const struct flow_step_result *s)
{
    struct arena *arena = smoke->plan->in->arena;
    json_t *o =
        json_pack("{s:s, s:s, s:b, s:f, s:I}", "step", s->step->name, "state",
                  step_state_name(s->state), "finally", s->is_finally, "duration_seconds",
                  nsec_to_sec(s->duration), "tries", (json_int_t)s->tries);
    if (s->group)
        set_text(o, "group", s->group->step->name);
    set_time(o, "started", s->started);
    if (s->reason != REASON_NONE)
        set_text(o, "reason", reason_word(s->reason));
    set_text(o, "detail", s->why);
    if (s->state == STEP_FAILED || s->state == STEP_UNKNOWN) {
        const struct step_words w = report_words(smoke, flow, s, arena);
        set_text(o, "expected", w.expected);
        set_text(o, "came", w.came);
        set_text(o, "again", w.again);
        set_time(o, "failing_since", s->failing_since);
    }
    json_t *findings = json_array();
    for (size_t i = 0; s->findings && i < s->step->probe_count; i++)
        json_array_append_new(findings, finding_json(&s->findings[i]));
    json_object_set_new(o, "probes", findings);
    return o;
}

static json_t *flow_json(const struct smoke *smoke, const struct flow_result *r)
{
    const struct smoke_counts c = smoke_count(r);
    json_t *steps = json_array();
    for (size_t i = 0; i < r->count; i++) {
        if (report_is_shown(&r->steps[i]))
            json_array_append_new(steps, step_json(smoke, r, &r->steps[i]));
    }
    json_t *o = json_pack(
        "{s:s, s:s, s:b, s:i, s:f, s:I, s:I, s:I, s:I, s:I, s:o}", "flow", r->flow->name,
        "run_id", r->run_id, "passed", smoke_code(r) == CODE_PASS, "exit_code",
        smoke_code(r), "duration_seconds", nsec_to_sec(r->duration), "passed_steps",
        (json_int_t)c.passed + (json_int_t)c.degraded, "degraded_steps",
        (json_int_t)c.degraded, "failed_steps", (json_int_t)c.failed, "unknown_steps",
        (json_int_t)c.unknown, "skipped_steps", (json_int_t)c.skipped, "steps", steps);
    set_time(o, "started", r->started);
    return o;
}

json_t *report_json_value(const struct smoke *smoke)
{
    json_t *flows = json_array();
    for (size_t i = 0; i < smoke->count; i++)
        json_array_append_new(flows, flow_json(smoke, smoke->results[i]));
    json_t *o = json_pack("{s:b, s:i, s:o}", "passed", smoke->code == CODE_PASS,
                          "exit_code", smoke->code, "flows", flows);
    if (smoke->comparison)
        json_object_set_new(o, "against", report_against_json(smoke->comparison));
    return o;
}

void report_json(const struct smoke *smoke, struct buf *out)
{
    json_t *value = report_json_value(smoke);
    char *text = json_dumps(value, JSON_INDENT(2));
    buf_add_text(out, text ? text : "");
    buf_add_byte(out, '\n');
    free(text);
    json_decref(value);
}
