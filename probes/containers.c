/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers, as cAdvisor shows them, and as the one who runs them sees them: each is an item, also one that does not
 * run. A run asks the engine when something happened, then scans the cgroups on a thread of its own, then puts both
 * together. Owns what is kept between runs; a scan that hangs is left alone with its part of it.
 */
#include "probes/containers.h"

#include <math.h>
#include <string.h>

#include "lib/core/frame.h"
#include "lib/core/loop.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"
#include "probes/containers_session.h"

#define LAST_LINES_TAKE (2 * NSEC_PER_SEC) /* at most */

static bool containers_open(struct session *s, struct err *e)
{
    struct containers_session *session = s->state;
    (void)e;
    errand_init(&session->errand, "containers", s->frame);
    return true;
}

static void end_kept(void *kept)
{
    containers_kept_destroy(kept);
}

static void containers_close(struct session *s)
{
    struct containers_session *session = s->state;
    containers_watch_destroy(session->watch);
    errand_finish(&session->errand, end_kept, session->kept);
}

/* ---- what is known, as samples and items ---- */

static void show(struct run *run, enum containers_family family,
                 const char *const *values, double value)
{
    run_sample_with(run, &containers_families[family], values, value);
}

/* Of a container whether it runs or not; `further` comes where its label's name sorts. */
static void show_known(struct run *run, const struct known *k)
{
    const char *const of[] = {k->name, k->project, k->service};
    const char *state = k->gone.ns ? "gone" : docker_state_name(k->state);
    show(run, CONTAINERS_STATE,
         (const char *const[]){k->image, k->name, k->project, k->service, state}, 1);
    show(run, CONTAINERS_IMAGE_INFO,
         (const char *const[]){k->image_id, k->image, k->name, k->project, k->service},
         1);
    show(run, CONTAINERS_HEALTH,
         (const char *const[]){docker_health_name(k->health), k->name, k->project,
                               k->service},
         1);
    show(run, CONTAINERS_RESTARTS, of, (double)k->restarts);
    show(run, CONTAINERS_OOM_KILLS, of, known_oom_kills(k));
    if (k->has_exit_code && !known_runs(k))
        show(run, CONTAINERS_EXIT_CODE, of, k->exit_code);
    if (known_runs(k) && k->memory_limit > 0 && !isnan(k->memory_used))
        show(run, CONTAINERS_MEMORY_SHARE, of, k->memory_used / k->memory_limit);
}

static void add_item(struct run *run, const char *key, const char *project,
                     const char *service, const struct opinion *o)
{
    struct label labels[3];
    size_t count = 0;
    labels[count++] = (struct label){"name", key};
    if (project[0])
        labels[count++] = (struct label){"project", project};
    if (service[0])
        labels[count++] = (struct label){"service", service};
    run_item(run, key, (struct labels){labels, count}, o->health, o->reason, o->detail);
}

/* To the item that was added last. */
static void add_history(struct run *run, const struct known *k)
{
    run_item_stopped(run, k->stopped, known_runs(k));
    run_last_log(run, known_last_log(k, run_wall(run)));
}

/* Patterns of `required` speak for the container that they are about, or, when there is none, for themselves. */
static struct map *show_required(struct run *run, const struct book *book)
{
    struct map *spoken = map_create();
    for (size_t i = 0; i < book->conf->required.count; i++) {
        const char *pattern = book->conf->required.items[i];
        const struct known *k = NULL;
        struct opinion o;
        if (!required_is_missing(book, pattern, run_arena(run), &k, &o))
            continue;
        const char *key = k ? k->name : pattern;
        if (map_put(spoken, bytes_of(key), run))
            continue; /* another pattern was about it */
        add_item(run, key, k ? k->project : "", k ? k->service : "", &o);
        if (k)
            add_history(run, k);
        if (!k)
            show(run, CONTAINERS_STATE, (const char *const[]){"", key, "", "", "missing"},
                 1);
    }
    return spoken;
}

static void show_book(struct run *run, const struct book *book)
{
    const struct map_entry *entry = NULL;
    if (!book->list)
        return;
    struct map *spoken = show_required(run, book);
    while ((entry = map_next(book->known, entry))) {
        const struct known *k = entry->value;
        show_known(run, k);
        if (!known_is_shown(k) || map_get(spoken, bytes_of(k->name)))
            continue;
        const struct opinion o = known_judge(k, run_arena(run));
        add_item(run, k->name, k->project, k->service, &o);
        add_history(run, k);
    }
    map_destroy(spoken);
}

/* Without an engine, a cgroup that is there is all that is known. */
static void show_nameless(struct run *run, const struct containers_scan *scan)
{
    const struct opinion up = {HEALTH_UP, REASON_NONE, ""};
    for (const struct containers_seen *seen = scan->seen; seen; seen = seen->next)
        add_item(run, seen->name, "", "", &up);
}

/* ---- what could not be found out ---- */

static void show_success(struct run *run, const char *collector, bool is_fine)
{
    run_sample_with(run, &containers_families[CONTAINERS_COLLECTOR_SUCCESS], &collector,
                    is_fine);
}

static size_t running_count(const struct book *book)
{
    const struct map_entry *entry = NULL;
    size_t count = 0;
    while ((entry = map_next(book->known, entry)))
        count += known_runs(entry->value);
    return count;
}

static bool judge_cgroups(struct run *run, const struct containers_scan *scan,
                          const struct book *book)
{
    const size_t running = running_count(book);
    if (!scan->has_tree)
        run_group_failed(run, "cgroup", "%s", scan->why.text);
    else if (!scan->count && running)
        run_group_failed(
            run, "cgroup",
            "the engine runs %zu containers, and none of them is below %s: mount the "
            "host's cgroups there (-v /sys/fs/cgroup:/host/sys/fs/cgroup:ro, and `root: "
            "/host`)",
            running, scan->conf->cgroupfs);
    else
        return true;
    return false;
}

static void show_collectors(struct run *run, const struct containers_watch *w,
                            const struct containers_scan *scan)
{
    run_group(run, "containers");
    show_success(run, "cgroup", judge_cgroups(run, scan, &w->book));
    show_success(run, "network", !scan->count || scan->with_network);
    if (scan->count && !scan->with_network)
        run_trace(run, "network",
                  "no process of a container is seen below %s: give healthd the host's "
                  "processes (pid: host, or -v /proc:/host/proc:ro)",
                  scan->conf->procfs);
    run_sample(run, &containers_families[CONTAINERS_LEFT_OUT], (double)scan->left_out);
    if (!w->docker)
        return;
    show_success(run, "docker", !w->has_failed);
    run_sample(run, &containers_families[CONTAINERS_ENGINE_UP], !w->has_failed);
    if (w->events)
        run_sample(run, &containers_families[CONTAINERS_EVENTS_UP], w->book.has_events);
    if (w->has_failed)
        run_group_failed(run, "docker", "%s", w->why.detail);
}

/* ---- the end of a run ---- */

static void answer(struct run *run, const struct containers_watch *w,
                   const struct containers_scan *scan)
{
    if (w->docker && w->has_failed && !w->is_auto)
        run_trouble(run, &w->why);
    else if (!scan->has_tree && !w->book.list)
        run_unknown(run, REASON_CONFIG, "%s", scan->why.text);
    else
        run_up(run);
}

static void keep_memo(struct session *s, const struct book *book, struct arena *arena)
{
    const char *memo = book->list ? book_memo(book, arena) : s->memo;
    if (strcmp(memo, s->memo) != 0)
        session_set_memo(s, memo);
}

static void on_looked(struct run *run, void *ctx)
{
    const struct containers_scan *scan = ctx;
    const struct containers_session *session = run_session(run)->state;
    struct containers_watch *w = session->watch;
    /* The scan's samples are in its arena, which lives as long as the run from here on. */
    *run_batch(run) = *scan->batch;
    for (const struct containers_seen *seen = scan->seen; seen; seen = seen->next)
        book_take_seen(&w->book, seen);
    book_take_machine(&w->book, scan->machine_kills, scan->now);
    show_collectors(run, w, scan);
    if (w->book.list)
        show_book(run, &w->book);
    else
        show_nameless(run, scan);
    keep_memo(run_session(run), &w->book, run_arena(run));
    answer(run, w, scan);
    run_finish(run);
}

/* ---- a run ---- */

static void look_work(void *ctx)
{
    containers_scan_run(ctx);
}

static void look(void *ctx)
{
    struct run *run = ctx;
    struct containers_session *session = run_session(run)->state;
    const struct containers_watch *w = session->watch;
    struct arena *arena = arena_create(0);
    struct containers_scan *scan = arena_alloc(arena, sizeof(*scan));
    containers_scan_init(scan, arena, session->kept, run_wall(run));
    if (w->book.list)
        scan->named = book_names(&w->book, arena);
    if (w->docker)
        scan->engine_version = arena_strdup(arena, docker_version(w->docker));
    if (errand_send(&session->errand, run, arena, look_work, on_looked, scan))
        session->scan = scan;
    else
        run_finish(run);
}

/* What those that failed printed, then the cgroups. */
static void look_closer(struct run *run)
{
    struct containers_session *session = run_session(run)->state;
    const struct wall now = loop_wall(run_frame(run)->loop);
    if (!containers_last_is_due(session->watch, now)) {
        look(run);
        return;
    }
    const nsec share = run_left(run) / 4;
    containers_last_ask(session->watch, share < LAST_LINES_TAKE ? share : LAST_LINES_TAKE,
                        now, look, run);
}

static void on_listed(void *ctx)
{
    struct run *run = ctx;
    struct containers_session *session = run_session(run)->state;
    const enum origin origin = run_origin(run);
    if (!session->watch->has_failed && origin != ORIGIN_ONCE && origin != ORIGIN_FLOW)
        containers_watch_follow(session->watch);
    run_phase(run, PHASE_TRANSFER);
    look_closer(run);
}

static void containers_start(struct run *run)
{
    struct containers_session *session = run_session(run)->state;
    const struct mono now = loop_now(run_frame(run)->loop);
    if (errand_is_out(&session->errand)) {
        run_unknown(run, REASON_SELF, "an earlier run still reads the cgroups");
        run_finish(run);
        return;
    }
    if (!session->kept)
        session->kept = containers_kept_create(run_conf(run));
    if (!session->watch)
        session->watch = containers_watch_create(run_session(run), run_conf(run));
    if (!containers_watch_is_due(session->watch, now)) {
        look_closer(run);
        return;
    }
    run_phase(run, PHASE_WAIT);
    /* An engine that hangs must not take the cgroups' numbers with it. */
    containers_watch_list(session->watch, run_left(run) / 2, now, on_listed, run);
}

static void containers_cancel(struct run *run)
{
    struct containers_session *session = run_session(run)->state;
    if (errand_is_for(&session->errand, run)) {
        atomic_store(&session->scan->is_unwanted, true);
        errand_forsake(&session->errand, run);
    } else {
        containers_watch_forget(session->watch);
        containers_last_forget(session->watch);
    }
    run_finish(run);
}

const struct probe_type probe_containers = {
    .name = "containers",
    .summary =
        "Containers of Docker and Podman: cAdvisor's metrics from the cgroups, and "
        "each container's state, health and end.",
    .example =
        "containers: {docker: \"http://docker-proxy:2375\", root: /host, required: "
        "[web, db]}",
    .job = "cadvisor",
    .pack = "containers",
    .is_singleton = true,
    .watches_containers = true,
    .conf_size = sizeof(struct containers_conf),
    .session_size = sizeof(struct containers_session),
    .validate = containers_validate,
    .open = containers_open,
    .close = containers_close,
    .start = containers_start,
    .cancel = containers_cancel,
    .metrics = containers_metrics,
    .vars = containers_vars,
    .limits = containers_limits,
    .opts = containers_opts,
};
