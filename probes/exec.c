/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: any program, judged by its exit status, or a Nagios plugin with its three states and performance data. Starts
 * one child a run (child.h), which is killed with all it has started when the run's time is over. Never runs a shell
 * unless told to, and never waits.
 */
#include "probes/exec.h"

#include "lib/core/command_line.h"
#include "lib/core/pool.h"
#include "lib/core/probe.h"

static struct bytes copy_of(struct run *run, struct bytes text)
{
    return (struct bytes){
        arena_strndup(run_arena(run), text.ptr ? text.ptr : "", text.len), text.len};
}

static void on_ended(void *ctx, const struct child_end *end)
{
    struct run *run = ctx;
    const struct exec_conf *c = run_conf(run);
    struct exec_state *state = run_state(run);
    state->child = NULL;
    if (run_is_answered(run)) { /* it was killed at the deadline */
        run_finish(run);
        return;
    }
    state->has_ended = true;
    state->end = *end;
    state->end.out = copy_of(run, end->out);
    state->end.err = copy_of(run, end->err);
    if (c->format == EXEC_NAGIOS && !end->error)
        state->output = plugin_output_read(state->end.out, run_arena(run));
    exec_judge(run, &state->end);
    run_finish(run);
}

static void exec_start(struct run *run)
{
    const struct exec_conf *c = run_conf(run);
    struct exec_state *state = run_state(run);
    const struct child_conf conf = {
        .argv = c->argv,
        .environment = command_environment(c->path, c->env, run_arena(run)),
        .path = c->path,
        .folder = c->working_directory[0] ? c->working_directory : NULL,
        .keep_bytes = EXEC_KEEP_BYTES,
        .limit_bytes = c->max_output,
    };
    state->child = child_start(run_frame(run), &conf, on_ended, run);
    if (state->child)
        return;
    run_unknown(run, REASON_SELF, "%s", pool_no_thread);
    run_finish(run);
}

static void exec_cancel(struct run *run)
{
    struct exec_state *state = run_state(run);
    if (state->child)
        child_kill(state->child);
}

static void exec_report(struct run *run)
{
    const struct exec_conf *c = run_conf(run);
    const struct exec_state *state = run_state(run);
    exec_samples(run);
    if (run_has_timed_out(run) && state->child)
        run_explain(run, "%s had written %zu bytes and not ended; it was killed",
                    c->argv[0], child_written(state->child));
}

static void exec_trace(struct run *run)
{
    const struct exec_conf *c = run_conf(run);
    const struct exec_state *state = run_state(run);
    struct buf line = BUF_MAX(500);
    for (size_t i = 0; c->argv[i]; i++)
        buf_printf(&line, "%s%s", i ? " " : "", c->argv[i]);
    run_trace(run, "command", "%s", buf_text(&line));
    buf_finish(&line);
    if (!state->has_ended)
        return;
    if (state->end.out.len)
        run_trace(run, "stdout", "%.*s",
                  (int)(state->end.out.len < 2000 ? state->end.out.len : 2000),
                  state->end.out.ptr);
    if (state->end.err.len)
        run_trace(run, "stderr", "%.*s",
                  (int)(state->end.err.len < 2000 ? state->end.err.len : 2000),
                  state->end.err.ptr);
    if (state->output.perf && state->output.perf->dropped)
        run_trace(run, "performance data", "%zu items were passed over",
                  state->output.perf->dropped);
}

static const struct opt_choice format_choices[] = {
    {"plain", EXEC_PLAIN, "Its exit status alone: 0 is up, any other is down."},
    {"nagios", EXEC_NAGIOS,
     "The Nagios plugin API: 0 up, 1 degraded, 2 down, 3 unknown; the first line says "
     "why, and performance data become samples."},
    {0},
};

#define OPT_STRUCT struct exec_conf
const struct probe_type probe_exec = {
    .name = "exec",
    .summary = "Commands and Nagios plugins: exit status, output, performance data.",
    .example = "exec: {command: \"check_disk -w 20% -c 10% -p /srv\", format: nagios}",
    .refuses_modules = true,
    .conf_size = sizeof(struct exec_conf),
    .state_size = sizeof(struct exec_state),
    .validate = exec_validate,
    .start = exec_start,
    .cancel = exec_cancel,
    .report = exec_report,
    .trace = exec_trace,
    .vars = exec_vars,
    .metrics = exec_metrics,
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXTS("command", command, NULL,
                          "What to run. One text is split at blanks, quotes join; a list "
                          "is taken word by word. No shell reads it.",
                          .flags = OPT_SHORTHAND),
            OPT_ROW_BOOL("shell", shell, "false",
                         "Gives the one text to /bin/sh -c: for pipes and variables."),
            OPT_ROW_CHOICE("format", format, "plain", format_choices,
                           "How its end is read."),
            OPT_ROW_INTS("valid_exit_codes", valid_exit_codes, "0", 0, 255,
                         "With `format: plain`: exit statuses that are up."),
            OPT_ROW_SECRET_PAIRS(
                "env", env, OPT_NONE,
                "Variables of its environment, which has PATH, LANG and "
                "HOME else, and nothing of healthd's. Values are kept out "
                "of logs."),
            OPT_ROW_TEXT("path", path,
                         "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
                         "/usr/lib/nagios/plugins",
                         "Where a command without a slash is looked for; its PATH."),
            OPT_ROW_TEXT("working_directory", working_directory, "",
                         "Where it starts; healthd's own when empty."),
            OPT_ROW_SIZE("max_output", max_output, "1MiB", 1024, 100 << 20,
                         "A command that writes more is killed, and down."),
            {0}},
};
