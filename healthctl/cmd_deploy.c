/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl deploy -- CMD`: healthd hears that a deployment begins, the command runs, it is waited for and proved, and
 * healthd hears how it ended. A healthd that does not answer never stops a deployment.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "healthctl/child.h"
#include "healthctl/deploy_mark.h"
#include "healthctl/deploy_proof.h"
#include "healthctl/flow_flags.h"
#include "healthctl/writer.h"

enum { NOT_STARTED = 127 }; /* as shells have it */

struct deploying {
    struct invocation *in;
    struct deploy_proof proof;
    const char *id;      /* healthd's; NULL: it does not know */
    const char *on_fail; /* NULL: nothing */
    bool is_judged;      /* the exit code is ours, and not the command's */
    struct child_end command;
    bool is_started;
    int code;        /* what it is worth */
    const char *why; /* in one line; "" */
};

/* ---- signals ---- */

/* From here on none ends us before healthd has heard the end; SIGHUP, too, which a closed terminal sends. */
static void hold_signals(sigset_t *ret_former)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, ret_former);
}

static bool is_stopped(void)
{
    sigset_t waiting;
    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM));
}

/* ---- programs ---- */

/* Programs read our standard output: it has the report alone, unless it is for people. */
static int hide_output(const struct invocation *in)
{
    const char *format = invocation_flag(in, "format");
    if (!format || !strcmp(format, "text"))
        return -1;
    const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    return kept;
}

static void show_output(int kept)
{
    if (kept < 0)
        return;
    dup2(kept, STDOUT_FILENO);
    close(kept);
}

static bool run_program(const struct invocation *in, const char *const *argv,
                        struct child_end *ret, struct err *e)
{
    const int kept = hide_output(in);
    const bool ok = child_run(argv, NULL, ret, e);
    show_output(kept);
    return ok;
}

static void run_command(struct deploying *d)
{
    const char *const *argv = d->in->operands;
    struct arena *arena = d->in->arena;
    struct err e = {0};
    d->is_started = run_program(d->in, argv, &d->command, &e);
    if (!d->is_started) {
        d->command.status = NOT_STARTED;
        d->code = d->is_judged ? CODE_USAGE : NOT_STARTED;
        d->why = arena_printf(arena, "it could not be started: %s", e.text);
        complain(d->in, d->code, "%s", e.text);
    } else if (d->command.status && d->command.stopped) {
        d->code = d->is_judged ? CODE_STOPPED : d->command.status;
        d->why = "stopped by hand";
    } else if (d->command.status) {
        d->code = d->is_judged ? CODE_FAILED : d->command.status;
        d->why = arena_printf(arena, "%s exited with %d", argv[0], d->command.status);
        if (d->is_judged)
            complain(d->in, d->code,
                     "the command failed: %s exited with %d; nothing was asked after it",
                     argv[0], d->command.status);
    } else if (d->command.stopped) {
        d->code = CODE_STOPPED;
        d->why = "stopped by hand";
    }
}

/* ---- after it ---- */

static int prove(struct deploying *d)
{
    const int code = deploy_proof_run(&d->proof);
    d->code = d->proof.code;
    d->why = d->proof.why;
    return code;
}

/* The release is to blame for these alone. */
static bool is_failed(int code)
{
    return code == CODE_FAILED || code == CODE_NOT_READY || code == CODE_UNREACHABLE;
}

static void set_environment(const struct deploying *d)
{
    const char *release = invocation_flag(d->in, "release");
    const char *what = invocation_flag(d->in, "what");
    struct buf why = BUF_MAX(1000);
    char code[16];
    buf_add_text(&why, d->why);
    secrets_redact(d->in->secrets, &why);
    snprintf(code, sizeof(code), "%d", d->code);
    setenv("HEALTHCTL_DEPLOY", d->id ? d->id : "", 1);
    setenv("HEALTHCTL_RELEASE", release ? release : "", 1);
    setenv("HEALTHCTL_WHAT", what ? what : "", 1);
    setenv("HEALTHCTL_EXIT", code, 1);
    setenv("HEALTHCTL_WHY", buf_text(&why), 1);
    buf_finish(&why);
}

/* Before healthd hears the end: what it stops belongs to the deployment, too. */
static void run_on_fail(struct deploying *d)
{
    const char *const argv[] = {"/bin/sh", "-c", d->on_fail, NULL};
    struct child_end end = {.status = NOT_STARTED};
    struct err e = {0};
    if (!d->on_fail || !is_failed(d->code))
        return;
    complain(d->in, d->code, "the deployment failed (%d)%s%s; --on-fail runs: %s",
             d->code, *d->why ? ": " : "", d->why, d->on_fail);
    set_environment(d);
    if (!run_program(d->in, argv, &end, &e))
        complain(d->in, d->code, "--on-fail: %s", e.text);
    else if (end.status)
        complain(
            d->in, d->code,
            "--on-fail failed, too: it exited with %d. What it was to bring back may "
            "not be there",
            end.status);
    if (end.status)
        d->why = arena_printf(d->in->arena, "%.180s; --on-fail exited with %d", d->why,
                              end.status);
    write_begin(d->in->out, "on_fail", NULL);
    write_field(d->in->out, "status", NULL, cell_count(end.status));
    write_end(d->in->out);
}

static const char *verdict_of(const struct deploying *d)
{
    const bool is_unproved =
        d->code == CODE_UNKNOWN || (d->code == CODE_USAGE && d->is_started);
    return d->code == CODE_PASS || d->code == CODE_TEARDOWN ? "passed"
           : is_unproved                                    ? "unknown"
                                                            : "failed";
}

static void write_end_of(const struct deploying *d)
{
    struct writer *w = d->in->out;
    const char *verdict = verdict_of(d);
    const bool is_good = !strcmp(verdict, "passed");
    write_field(w, "id", NULL, cell_text(d->id));
    write_field(w, "verdict", NULL, cell_text(verdict));
    write_field(w, "exit_code", NULL, cell_count(d->code));
    write_field(w, "why", NULL, *d->why ? cell_text(d->why) : cell_none());
    write_begin(w, "command", NULL);
    write_field(w, "status", NULL, cell_count(d->command.status));
    write_field(w, "started", NULL, cell_bool(d->is_started));
    write_end(w);
    if (!d->is_judged)
        return;
    write_say(w, is_good ? TONE_GOOD : TONE_BAD, "deploy%s%s %s", d->id ? " " : "",
              d->id ? d->id : "",
              !strcmp(verdict, "unknown") ? "could not be proved" : verdict);
}

/* ---- the command ---- */

static int deploy(struct deploying *d)
{
    const int told = deploy_mark_begin(d->in, &d->id);
    int code = CODE_PASS;
    if (told == CODE_USAGE)
        return told;
    if (told)
        complain(d->in, told,
                 "healthd does not know of this deployment; what it stops is told as it "
                 "happens");
    if (is_stopped()) {
        d->code = CODE_STOPPED;
        d->why = "stopped by hand";
    } else {
        run_command(d);
    }
    if (d->is_started && d->code == CODE_PASS)
        code = prove(d);
    run_on_fail(d);
    if (d->id)
        deploy_mark_end(d->in, d->id, !strcmp(verdict_of(d), "failed"), d->why);
    write_end_of(d);
    return d->code ? d->code : code;
}

static const struct flag flags[] = {
    {.name = "what",
     .operand = "NAME",
     .completes = COMPLETES_PROBES,
     .doc =
         "What is deployed: the value of a probe, component, container, name, service or "
         "workflow_id label (default: everything)."},
    {.name = "release",
     .operand = "TEXT",
     .doc = "What it becomes: a version or commit. Notices name it, and a flow that has "
            "a variable `release` gets it."},
    {.name = "matchers",
     .operand = "MATCHERS",
     .doc = "Hold the alerts that match instead, as 'component=shop,node_id=web1'."},
    {.name = "smoke",
     .operand = "FLOW|FILE",
     .completes = COMPLETES_FILES,
     .doc = "What proves it: a flow of the configuration, or a file of flows. It is "
            "checked before CMD runs."},
    {.name = "wait",
     .operand = "DURATION",
     .doc = "How long after CMD it may take until the smoke run passes (default: 2m; 0s: "
            "at once); without --smoke: until the probes of --what are ready."},
    {.name = "on-fail",
     .operand = "CMD",
     .doc = "Run by a shell when it failed: at exit 1, 3 and 4 only."},
    {.name = "as",
     .operand = "NAME",
     .doc = "Who deploys (default: you, by $SUDO_USER or $USER)."},
    FLOW_FLAGS,
    PROOF_FLAGS,
    {0}};

static bool is_marking(const char *flag)
{
    static const char *const ours[] = {"what", "release", "matchers", "as", "config"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (!strcmp(ours[i], flag))
            return true;
    }
    return false;
}

static int mark(struct invocation *in)
{
    const char *id = NULL;
    for (const struct flag *f = flags; f->name; f++) {
        if (invocation_flag(in, f->name) && !is_marking(f->name))
            return complain(in, CODE_USAGE,
                            "`deploy mark` runs nothing, and has no --%s; `healthctl "
                            "smoke` is its own command",
                            f->name);
    }
    int code = deploy_mark_begin(in, &id);
    if (!code)
        code = deploy_mark_end(in, id, false, "");
    if (code)
        return code;
    write_field(in->out, "id", NULL, cell_text(id));
    write_say(in->out, TONE_GOOD, "deploy %s is marked", id);
    return CODE_PASS;
}

static int run(struct invocation *in)
{
    struct deploying d = {.in = in, .why = ""};
    sigset_t former;
    if (in->operand_count == 1 && !strcmp(in->operands[0], "mark"))
        return mark(in);
    int code = deploy_proof_read(&d.proof, in);
    if (code)
        return code;
    d.on_fail = invocation_flag(in, "on-fail");
    d.is_judged = d.proof.kind != PROOF_NONE || d.on_fail;
    hold_signals(&former);
    code = deploy(&d);
    sigprocmask(SIG_SETMASK, &former, NULL);
    return code;
}

const struct command command_deploy = {
    .name = "deploy",
    .group = GROUP_DEPLOYING,
    .run = run,
    .needs_daemon = true,
    .summary = "Run a deployment, prove it, and hold the pages of what it stops",
    .operands = "[mark] -- CMD...",
    .least = 1,
    .most = 10000,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc =
        "While CMD runs, and for as long as a start takes after it, alerts of what it "
        "stops "
        "are held, for at most 5 min each. What is not back by then is told, with the "
        "words that it stopped in this deployment; later notices say how long after it "
        "they "
        "came. With --smoke the flows prove it; with --wait its probes have to be ready. "
        "A "
        "deployment that fails lets go of what it held at once. A healthd that does not "
        "answer does not stop it.\n\n"
        "Exits with the status of CMD, 127 when it cannot be started. With --smoke, "
        "--wait "
        "or --on-fail the exit code is the proof's, as of `smoke`: 0 it works; 1 it does "
        "not, or CMD failed; 3 it did not in time; 4 no answer; 2 the flow or the words "
        "are wrong, and nothing was started; 5 it could not be asked; 6 only the "
        "cleaning "
        "up failed; 130 Ctrl-C.\n\n"
        "--on-fail has $HEALTHCTL_DEPLOY, $HEALTHCTL_RELEASE, $HEALTHCTL_WHAT, "
        "$HEALTHCTL_EXIT and $HEALTHCTL_WHY. The exit code stays what it was.\n\n"
        "`deploy mark` runs nothing: it says that a deployment has just happened.",
    .examples =
        (const struct example[]){
            {"healthctl deploy --what shop --release a1b2c3 -- docker compose up -d shop",
             "One component"},
            {"healthctl deploy --smoke smoke.yml --release $SHA --on-fail ./rollback.sh "
             "-- "
             "docker compose up -d",
             "Proved, with a way back"},
            {"healthctl deploy --wait 60s -- systemctl restart shop",
             "Until all probes are ready"},
            {"healthctl deploy mark --release a1b2c3", "From a pipeline's last step"},
            {0}},
};
