/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of this machine: whether those that match run, how many, and what they use, by /proc. One look a run, on a
 * thread of its own, which touches nothing of the session. Never signals a process.
 */
#include "probes/process.h"

#include <string.h>

#include "lib/core/probe.h"

#define PIDS_SHOWN 5

/* ---- words ---- */

static void add_condition(struct buf *out, const char *what, const char *value)
{
    if (value[0])
        buf_printf(out, "%s%s '%s'", out->len ? ", " : "", what, value);
}

/* "name 'nginx', user 'www-data'" */
static const char *wanted(struct run *run)
{
    const struct process_conf *c = run_conf(run);
    struct buf text = BUF_MAX(500);
    add_condition(&text, "name", c->name);
    add_condition(&text, "cmdline", c->cmdline ? regex_pattern(c->cmdline) : "");
    add_condition(&text, "user", c->user);
    add_condition(&text, "cgroup", c->cgroup);
    add_condition(&text, "pid_file", c->pid_file);
    return arena_keep(run_arena(run), &text);
}

static const char *pids(struct run *run, const struct process_found *f)
{
    struct buf text = BUF_MAX(200);
    for (size_t i = 0; i < f->count && i < PIDS_SHOWN; i++)
        buf_printf(&text, "%s%d", i ? ", " : "", (int)f->items[i].pid);
    if (f->count > PIDS_SHOWN)
        buf_printf(&text, " and %zu more", f->count - PIDS_SHOWN);
    return arena_keep(run_arena(run), &text);
}

/* ---- judgement ---- */

static const char *dead_words(struct run *run, const struct process_found *f)
{
    return f->zombies
               ? arena_printf(run_arena(run),
                              "; %zu that matched ended, and nobody has waited for it",
                              f->zombies)
               : "";
}

static void judge_few(struct run *run, const struct process_found *f)
{
    const struct process_conf *c = run_conf(run);
    if (f->is_hidden)
        run_unknown(
            run, REASON_SELF,
            "%s hides processes of other users from healthd (hidepid): of the %zu "
            "it shows %zu match %s; give healthd the group of its gid= option, or "
            "CAP_SYS_PTRACE",
            c->procfs, f->seen, f->count, wanted(run));
    else if (f->pid_trouble)
        run_down(run, REASON_STOPPED, "no process is named: %s", f->pid_trouble);
    else if (f->count == 0)
        run_down(run, REASON_STOPPED, "no process has %s (of %zu that %s shows)%s",
                 wanted(run), f->seen, c->procfs, dead_words(run, f));
    else
        run_down(run, REASON_STOPPED, "%zu processes have %s, and %lld have to%s",
                 f->count, wanted(run), (long long)c->min, dead_words(run, f));
}

static void judge(struct run *run, const struct process_found *f)
{
    const struct process_conf *c = run_conf(run);
    if (f->trouble)
        run_unknown(run, REASON_SELF, "processes cannot be looked at: %s", f->trouble);
    else if ((int64_t)f->count < c->min || (f->is_hidden && !c->exists && !f->count))
        judge_few(run, f);
    else if (c->max >= 0 && (int64_t)f->count > c->max)
        run_down(run, REASON_EXPECT, "%zu processes have %s, and at most %lld may: %s",
                 f->count, wanted(run), (long long)c->max, pids(run, f));
    else
        run_up(run);
}

static void process_work(struct run *run)
{
    struct process_state *state = run_state(run);
    process_scan(run_conf(run), run_arena(run), &state->found);
    state->has_looked = true;
    judge(run, &state->found);
}

/* ---- on the loop again ---- */

static void process_report(struct run *run)
{
    const struct process_state *state = run_state(run);
    if (!state->has_looked || state->found.trouble)
        return;
    process_keep(run_session(run)->state, &state->found);
    process_emit(run);
}

static void process_trace(struct run *run)
{
    const struct process_state *state = run_state(run);
    if (!state->has_looked)
        return;
    run_trace(run, "wanted", "%s", wanted(run));
    run_trace(run, "processes", "%zu of %zu%s%s", state->found.count, state->found.seen,
              state->found.count ? ": " : "", pids(run, &state->found));
    if (state->found.is_cut)
        run_trace(run, "cut", "more than %d match; the rest is not counted",
                  PROCESS_MAX_MATCHED);
}

static void process_close(struct session *s)
{
    const struct process_session *own = s->state;
    arena_destroy(own->arena);
}

static bool process_validate(void *conf, struct arena *arena, struct err *e)
{
    struct process_conf *c = conf;
    const size_t root_len = strlen(c->root);
    if (!c->name[0] && !c->cmdline && !c->pid_file[0] && !c->user[0] && !c->cgroup[0])
        return err_set(e, "say which processes: `name`, `cmdline`, `pid_file`, `user` or "
                          "`cgroup`");
    if (!c->exists)
        c->min = c->max = 0;
    if (c->max >= 0 && c->max < c->min)
        return err_set(e, "`max` is %lld, which is less than `min`, %lld",
                       (long long)c->max, (long long)c->min);
    if (root_len > 0 && c->root[root_len - 1] == '/')
        c->root = arena_strndup(arena, c->root, root_len - 1);
    if (!c->procfs[0])
        c->procfs = arena_printf(arena, "%s/proc", c->root);
    return true;
}

#define OPT_STRUCT struct process_conf
const struct probe_type probe_process = {
    .name = "process",
    .summary =
        "Processes by name, command line, pid file, user or cgroup: that they run, "
        "or that none does, and what they use.",
    .example = "process: {name: nginx, user: www-data, min: 2}",
    .refuses_modules = true,
    .conf_size = sizeof(struct process_conf),
    .state_size = sizeof(struct process_state),
    .session_size = sizeof(struct process_session),
    .validate = process_validate,
    .close = process_close,
    .work = process_work,
    .report = process_report,
    .trace = process_trace,
    .vars = process_vars,
    .metrics = process_metrics,
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("name", name, "",
                         "Name of the process as ps shows it, or of its program without "
                         "the folders.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_REGEX(
                "cmdline", cmdline, OPT_NONE,
                "Matches somewhere in its command line, words joined by a blank."),
            OPT_ROW_TEXT("pid_file", pid_file, "",
                         "File that holds its number, as daemons write it."),
            OPT_ROW_TEXT("user", user, "", "Name or number of the user it runs as."),
            OPT_ROW_TEXT("cgroup", cgroup, "",
                         "Its control group, or the last parts of one: nginx.service, "
                         "/system.slice/ssh.service."),
            OPT_ROW_BOOL("exists", exists, "true",
                         "false: it is down when such a process runs."),
            OPT_ROW_INT("min", min, "1", 0, 100000, "Fewer that match are down."),
            OPT_ROW_INT("max", max, "-1", -1, 100000,
                        "More that match are down; -1: any number may."),
            OPT_ROW_TEXT("root", root, "",
                         "Where the machine's file system is mounted, for its /proc, "
                         "`pid_file` and names of users: /host in a container."),
            OPT_ROW_TEXT("procfs", procfs, "",
                         "The machine's /proc; <root>/proc when left out."),
            {0}},
};
