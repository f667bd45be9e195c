/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthd as a whole: what is made once, the current generation, and the few verbs that act (reload, stop).
 * Made by main; the web API reads it.
 */
#ifndef HEALTHD_COLLECTOR_DAEMON_H
#define HEALTHD_COLLECTOR_DAEMON_H

#include <stdbool.h>

#include "collector/pipeline.h"
#include "collector/schedule.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/config/generation.h"
#include "lib/core/frame.h"
#include "lib/core/registry.h"
#include "lib/core/runner.h"

struct canaries;
struct engine_host;
struct events;
struct memos;
struct overview;
struct query_lane;
struct reload_result;
struct reloader;
struct listing_lane;
struct stream;
struct verdict_history;
struct web;
struct self;
struct file_watch;

enum daemon_state { DAEMON_STARTING, DAEMON_READY, DAEMON_STOPPING };

struct daemon {
    struct frame frame;
    struct runner *runner;
    struct registry *registry;
    struct schedule *schedule;
    struct pipeline pipeline;
    struct engine_host *engine_host; /* alerting */
    struct events *events;           /* of workflow engines */
    struct canaries *canaries;       /* scheduled flows */
    struct memos *memos;             /* what sessions keep over restarts */
    struct verdict_history *verdict_history;
    struct overview *overview;     /* for the status page */
    struct stream *stream;         /* who looks at it */
    struct query_lane *query_lane; /* of /api/v1 */
    struct listing_lane *listing_lane;
    struct generation *generation;
    size_t on_demand_runs;          /* of /probe */
    struct series *unknown_modules; /* blackbox_module_unknown_total */
    struct web *web;
    struct list page_jobs; /* page_job.c's: under way */
    struct list list_jobs; /* list_job.c's: the same */
    struct self *self;
    struct file_watch *file_watch;
    struct reloader *reloader;
    bool is_turning; /* into another generation: the history may not be looked at */
    enum daemon_state state;
    struct timer *stop_timer, *watchdog_timer, *secrets_timer, *trim_timer;
    size_t trim_step; /* of system_trim */
    struct mono stop_by;
    const char *config_path; /* NULL: the built-in default */
    struct wall started;
    uint64_t reloads, failed_reloads;
    struct wall last_reload; /* the last that was accepted */
    bool last_reload_ok;
    char *last_reload_text; /* its diagnostics */
    int lock_fd;            /* of the state directory; -1: none */
};

/* Builds everything for a configuration that was read already; the first listener is open when this returns.
 * False (and e) when something of the system stands in the way: a port in use, an unwritable state. */
bool daemon_start(struct daemon *d, struct generation *g, struct err *e);
/* Serves until daemon_stop, then takes everything down again. */
void daemon_run(struct daemon *d);

/* For reload.c: how it ended. */
void daemon_note_reload(struct daemon *d, const char *why,
                        const struct reload_result *result);
/* Ends in at most 2 s: no new runs, exporters flushed, listeners closed. */
void daemon_stop(struct daemon *d, const char *why);

#endif
