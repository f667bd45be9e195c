/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command's end means: health, numbers and what expectations may name. Called by exec.c once the command has
 * ended. Knows no process.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "probes/exec.h"

enum { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

static const struct metric status_metric = {
    .name = "exec_exit_status",
    .kind = METRIC_GAUGE,
    .help = "Exit status of the command; absent when a signal ended it",
};
static const struct metric output_metric = {
    .name = "exec_output_bytes",
    .kind = METRIC_GAUGE,
    .unit = "bytes",
    .help = "How much the command wrote to standard output and standard error",
};
static const struct metric perf_metric = {
    .name = "exec_perfdata",
    .kind = METRIC_GAUGE,
    .help = "Performance data of a plugin, in the base unit that the label unit names",
    .labels = {"label", "unit"},
};
static const struct metric perf_total_metric = {
    .name = "exec_perfdata_total",
    .kind = METRIC_COUNTER,
    .help = "Performance data of a plugin that it calls a counter",
    .labels = {"label"},
};
static const struct metric perf_limit_metric = {
    .name = "exec_perfdata_limit",
    .kind = METRIC_GAUGE,
    .help =
        "What the plugin was told of its data: from which values on it warns, and the "
        "least and most there can be",
    .labels = {"label", "unit", "limit"},
};

const struct metric *const exec_metrics[] = {&status_metric,     &output_metric,
                                             &perf_metric,       &perf_total_metric,
                                             &perf_limit_metric, NULL};

/* ---- numbers ---- */

static void sample_limit(struct run *run, const struct perf *p, const char *limit,
                         double value)
{
    if (isfinite(value))
        run_sample_with(run, &perf_limit_metric,
                        (const char *const[]){p->label, p->unit, limit}, value);
}

static void sample_perf(struct run *run, const struct perf *p)
{
    if (p->is_counter)
        run_sample_with(run, &perf_total_metric, &p->label, p->value);
    else
        run_sample_with(run, &perf_metric, (const char *const[]){p->label, p->unit},
                        p->value);
    if (p->warning.is_set && !p->warning.is_inside) {
        sample_limit(run, p, "warning_below", p->warning.low);
        sample_limit(run, p, "warning_above", p->warning.high);
    }
    if (p->critical.is_set && !p->critical.is_inside) {
        sample_limit(run, p, "critical_below", p->critical.low);
        sample_limit(run, p, "critical_above", p->critical.high);
    }
    if (p->has_min)
        sample_limit(run, p, "min", p->min);
    if (p->has_max)
        sample_limit(run, p, "max", p->max);
}

void exec_samples(struct run *run)
{
    const struct exec_state *state = run_state(run);
    if (!state->has_ended || state->end.error)
        return;
    if (!state->end.signal)
        run_sample(run, &status_metric, state->end.status);
    run_sample(run, &output_metric,
               (double)(state->end.out_total + state->end.err_total));
    const struct perf_list *perf = state->output.perf;
    for (size_t i = 0; perf && i < perf->count; i++)
        sample_perf(run, &perf->items[i]);
}

/* ---- health ---- */

/* The first line that says something, of standard output or else of standard error. */
static struct bytes said(const struct child_end *end)
{
    struct bytes line, text = bytes_trim(end->out);
    if (text.len == 0)
        text = bytes_trim(end->err);
    return bytes_line(&text, &line) ? line : text;
}

static const char *saying(struct run *run, struct bytes line)
{
    return line.len ? arena_printf(run_arena(run), ": %s", run_quoted(run, line)) : "";
}

static bool is_valid(const struct exec_conf *c, int status)
{
    for (size_t i = 0; i < c->valid_exit_codes.count; i++) {
        if (c->valid_exit_codes.items[i] == status)
            return true;
    }
    return false;
}

static void judge_plain(struct run *run, const struct child_end *end)
{
    const struct exec_conf *c = run_conf(run);
    if (is_valid(c, end->status))
        run_up(run);
    else
        run_down(run, REASON_FAILED, "%s ended with exit status %d%s", c->argv[0],
                 end->status, saying(run, said(end)));
}

static void judge_plugin(struct run *run, const struct child_end *end)
{
    const struct exec_conf *c = run_conf(run);
    const struct exec_state *state = run_state(run);
    const struct bytes line = state->output.line.len ? state->output.line : said(end);
    switch (end->status) {
    case PLUGIN_OK:
        run_up(run);
        break;
    case PLUGIN_WARNING:
        run_degraded(run, REASON_UNHEALTHY, "the plugin warns%s", saying(run, line));
        break;
    case PLUGIN_CRITICAL:
        run_down(run, REASON_UNHEALTHY, "the plugin calls it critical%s",
                 saying(run, line));
        break;
    case PLUGIN_UNKNOWN:
        run_unknown(run, REASON_FAILED, "the plugin does not know%s", saying(run, line));
        break;
    default:
        run_down(run, REASON_FAILED,
                 "%s ended with exit status %d, and a plugin has 0 to 3%s", c->argv[0],
                 end->status, saying(run, line));
    }
}

static void judge_start(struct run *run, int error)
{
    const struct exec_conf *c = run_conf(run);
    const bool is_missing = error == ENOENT;
    if (error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE)
        run_unknown(run, REASON_SELF, "%s could not be started: %s", c->argv[0],
                    strerror(error));
    else
        run_down(run, REASON_FAILED, "%s could not be started: %s%s%s", c->argv[0],
                 strerror(error), is_missing ? "; looked for in " : "",
                 is_missing ? c->path : "");
}

void exec_judge(struct run *run, const struct child_end *end)
{
    const struct exec_conf *c = run_conf(run);
    if (end->error)
        judge_start(run, end->error);
    else if (end->was_over_limit)
        run_down(run, REASON_TOO_LARGE,
                 "%s wrote more than `max_output` (%llu bytes) and was killed",
                 c->argv[0], (unsigned long long)c->max_output);
    else if (end->signal)
        run_down(run, REASON_FAILED, "%s was ended by signal %d (%s)%s", c->argv[0],
                 end->signal, strsignal(end->signal), saying(run, said(end)));
    else if (c->format == EXEC_NAGIOS)
        judge_plugin(run, end);
    else
        judge_plain(run, end);
}

/* ---- variables ---- */

static const struct child_end *end_of(struct run *run, struct err *why)
{
    const struct exec_state *state = run_state(run);
    if (state->has_ended && !state->end.error)
        return &state->end;
    err_set(why, "the command has not ended");
    return NULL;
}

static bool get_exit_code(struct run *run, struct arena *arena, struct value *ret,
                          struct err *why)
{
    const struct child_end *end = end_of(run, why);
    if (!end)
        return false;
    if (end->signal)
        return err_set(why, "signal %d ended the command", end->signal);
    *ret = value_number(end->status);
    return true;
}

static bool get_stdout(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct child_end *end = end_of(run, why);
    if (end)
        *ret = value_text(end->out);
    return end != NULL;
}

static bool get_stderr(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct child_end *end = end_of(run, why);
    if (end)
        *ret = value_text(end->err);
    return end != NULL;
}

static void release_json(void *value)
{
    json_decref(value);
}

static bool get_perf(struct run *run, struct arena *arena, struct value *ret,
                     struct err *why)
{
    struct exec_state *state = run_state(run);
    if (!end_of(run, why))
        return false;
    if (!state->output.perf)
        return err_set(why, "performance data is read with `format: nagios`");
    if (!state->perf) {
        json_t *object = json_object();
        arena_cleanup(run_arena(run), release_json, object);
        for (size_t i = 0; i < state->output.perf->count; i++) {
            const struct perf *p = &state->output.perf->items[i];
            json_object_set_new(object, p->label, json_real(p->value));
        }
        state->perf = object;
    }
    *ret = value_json(state->perf);
    return true;
}

static bool get_json(struct run *run, struct arena *arena, struct value *ret,
                     struct err *why)
{
    const struct child_end *end = end_of(run, why);
    const json_t *json =
        end ? json_read(run_arena(run), end->out, EXEC_KEEP_BYTES, why) : NULL;
    if (json)
        *ret = value_json(json);
    else if (end)
        err_wrap(why, "standard output is no JSON");
    return json != NULL;
}

const struct var exec_vars[] = {
    {"exit_code", VALUE_NUMBER, "Exit status of the command.", get_exit_code},
    {"stdout", VALUE_TEXT, "The first 64 KiB of what it wrote to standard output.",
     get_stdout},
    {"stderr", VALUE_TEXT, "The first 64 KiB of what it wrote to standard error.",
     get_stderr},
    {"json", VALUE_JSON, "Standard output as JSON.", get_json},
    {"perf", VALUE_JSON,
     "Performance data of a plugin by label, in base units: perf[\"time\"] < 0.5.",
     get_perf},
    {0},
};
