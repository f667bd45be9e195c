/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl run NAME -- CMD`: healthd hears that a job starts, the command runs, healthd hears how it ended. For
 * crontabs: a healthd that does not answer never stops the command, and never changes its exit status.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "healthctl/child.h"
#include "healthctl/client.h"
#include "healthctl/command.h"

enum { NOT_STARTED = 127 }; /* as shells have it */
#define START_TIMEOUT (3 * NSEC_PER_SEC)
#define END_TIMEOUT (5 * NSEC_PER_SEC)

struct job {
    const char *name, *run_id;
    struct mono started;
};

static const char *make_run_id(struct arena *arena)
{
    unsigned char random[8] = {0};
    if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        memcpy(random, &(pid_t){getpid()}, sizeof(pid_t));
    return arena_printf(arena, "%02x%02x%02x%02x%02x%02x%02x%02x", random[0], random[1],
                        random[2], random[3], random[4], random[5], random[6], random[7]);
}

/* 0; CODE_UNREACHABLE when it is worth another try. Says nothing. */
static int tell(const struct invocation *in, const char *path, struct bytes body,
                nsec timeout, struct err *e)
{
    struct answer a = {0};
    struct err unread = {0};
    const int code = client_post_text(in, path, body, timeout, &a, e);
    if (code || a.status == 200)
        return code;
    const json_t *value = json_read(in->arena, a.body, 64 << 10, &unread);
    const char *said = json_string_value(json_object_get(value, "error"));
    err_set(e, "%s says: %s (HTTP %d)", a.place, said ? said : "nothing", a.status);
    const bool is_passing = a.status >= 500 || a.status == 429;
    return is_passing ? CODE_UNREACHABLE : CODE_USAGE;
}

static void tell_start(const struct invocation *in, const struct job *job)
{
    struct err e = {0};
    const char *path = arena_printf(in->arena, "/api/heartbeat/%s/start?run_id=%s",
                                    client_escape(in->arena, job->name), job->run_id);
    const int code = tell(in, path, (struct bytes){0}, START_TIMEOUT, &e);
    if (code)
        complain(in, code,
                 "healthd was not told that %s starts; the command runs all the same. %s",
                 job->name, e.text);
}

/* For half a minute: a healthd that is being restarted is back by then. */
static void tell_end(const struct invocation *in, const struct job *job, int status,
                     struct bytes words)
{
    static const unsigned waits[] = {1, 2, 4, 8, 15};
    const double took = nsec_to_sec(mono_since(mono_read(), job->started));
    const char *path =
        arena_printf(in->arena, "/api/heartbeat/%s/%d?run_id=%s&duration=%.3f",
                     client_escape(in->arena, job->name), status, job->run_id, took);
    struct err e = {0};
    int code = tell(in, path, words, END_TIMEOUT, &e);
    for (size_t i = 0; code == CODE_UNREACHABLE && i < ARRAY_LEN(waits); i++) {
        sleep(waits[i]);
        code = tell(in, path, words, END_TIMEOUT, &e);
    }
    if (code)
        complain(in, code, "healthd was not told that %s ended with %d. %s", job->name,
                 status, e.text);
}

static int run(struct invocation *in)
{
    struct child_tap *tap = arena_alloc(in->arena, sizeof(*tap));
    char *text = arena_alloc(in->arena, CHILD_TAP_BYTES);
    const bool has_output = invocation_flag(in, "output") != NULL;
    const struct job job = {.name = in->operands[0],
                            .run_id = make_run_id(in->arena),
                            .started = mono_read()};
    struct err e = {0};
    struct child_end end = {.status = NOT_STARTED};
    tell_start(in, &job);
    struct bytes words = {0};
    if (!child_run(in->operands + 1, has_output ? tap : NULL, &end, &e)) {
        complain(in, NOT_STARTED, "%s", e.text);
        words = bytes_of(e.text);
    } else if (has_output) {
        words = child_tap_text(tap, text);
    }
    tell_end(in, &job, end.status, words);
    return end.status;
}

static const struct flag flags[] = {
    {.name = "output",
     .doc = "Send the end of what the command writes, too (1,500 bytes): `healthctl "
            "explain` and notices show it."},
    {0}};

const struct command command_run = {
    .name = "run",
    .group = GROUP_DEPLOYING,
    .run = run,
    .needs_daemon = true,
    .summary = "Run a job, and tell its heartbeat how it went: for crontabs",
    .operands = "NAME -- CMD...",
    .least = 2,
    .most = 10000,
    .completes = COMPLETES_PROBES,
    .flags = flags,
    .doc =
        "NAME is a probe of type heartbeat. healthd hears that a run starts, and then "
        "its "
        "exit status and how long it took. CMD has our standard streams; signals are "
        "passed on to it.\n\n"
        "Exits with the status of CMD, 127 when it cannot be started. A healthd that "
        "does "
        "not answer is said on standard error and changes nothing else: the start is "
        "told "
        "once, the end is tried for half a minute.\n\n"
        "A heartbeat's token comes from --token-file or $HEALTHCTL_TOKEN, never from the "
        "command line, which everybody on the machine can read.",
    .examples =
        (const struct example[]){
            {"healthctl run nightly-backup -- /usr/local/bin/backup", "In a crontab"},
            {"healthctl run --output report -- python3 report.py", "With its last words"},
            {"healthctl run --address https://healthd.example.com --token-file "
             "/etc/backup.token backup -- restic backup /srv",
             "From another machine"},
            {0}},
};
