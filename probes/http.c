/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP and HTTPS: one walk (http_walk.c) for the target, or one for each of its addresses, and one answer for all of
 * them. Called by the runner. Judges nothing itself.
 */
#include "probes/http.h"
#include "lib/core/resolve.h"

/* ---- the end of a run ---- */

static void add_items(struct http_state *state, struct run *run)
{
    for (size_t i = 0; i < state->count; i++) {
        const struct http_walk *w = &state->walks[i];
        const struct http_finding *f = &w->finding;
        if (!w->key)
            continue;
        struct label *label = arena_alloc(run_arena(run), sizeof(*label));
        *label = (struct label){"address", w->key};
        run_item(run, w->key, (struct labels){label, 1}, f->health, f->reason, f->detail);
    }
}

static size_t count_health(const struct http_state *state, enum health health)
{
    size_t count = 0;
    for (size_t i = 0; i < state->count; i++)
        count += state->walks[i].finding.health == health;
    return count;
}

static void answer(struct run *run, const struct http_finding *f, const char *before)
{
    switch (f->health) {
    case HEALTH_UP:
        run_up(run);
        break;
    case HEALTH_DEGRADED:
        run_degraded(run, f->reason, "%s%s", before, f->detail);
        break;
    case HEALTH_DOWN:
        run_down(run, f->reason, "%s%s", before, f->detail);
        break;
    case HEALTH_UNKNOWN:
        run_unknown(run, f->reason, "%s%s", before, f->detail);
        break;
    }
}

static void http_conclude(struct run *run, struct http_state *state)
{
    const struct http_walk *w = http_walk_of(run);
    const char *before = "";
    state->is_over = true;
    add_items(state, run);
    if (state->count > 1 && w->finding.health == HEALTH_DOWN)
        before = arena_printf(run_arena(run),
                              "%zu of %zu addresses: ", count_health(state, HEALTH_DOWN),
                              state->count);
    if (w->reply)
        run_set_peer(run, w->reply->tls);
    answer(run, &w->finding, before);
    run_finish(run);
}

static void walk_over(struct http_walk *w)
{
    struct run *run = w->run;
    struct http_state *state = run_state(run);
    w->is_answered = true;
    if (--state->open == 0)
        http_conclude(run, state);
}

static void start_walks(struct run *run, const struct address *addresses, size_t count)
{
    struct http_state *state = run_state(run);
    const size_t walks = count ? count : 1;
    state->walks = arena_alloc(run_arena(run), walks * sizeof(*state->walks));
    state->count = state->open = walks;
    for (size_t i = 0; i < walks; i++) {
        struct http_walk *w = &state->walks[i];
        char text[ADDRESS_TEXT_SIZE];
        http_walk_init(w, run, state->conf, walk_over);
        w->drives_phases = i == 0;
        if (!count)
            continue;
        w->only = &addresses[i];
        w->key = arena_strdup(run_arena(run), address_format(&addresses[i], text));
    }
    for (size_t i = 0; i < walks; i++)
        http_walk_ask(&state->walks[i]);
}

/* ---- `resolve: all` ---- */

static void on_addresses(void *ctx, const struct resolution *resolution)
{
    struct run *run = ctx;
    struct http_state *state = run_state(run);
    state->query = NULL;
    run_resolved(run, resolution->took,
                 resolution->count ? &resolution->addresses[0] : NULL);
    if (resolution->reason != REASON_NONE || resolution->count == 0) {
        const struct trouble why = {.reason = resolution->reason,
                                    .is_unknown = resolution->is_unknown};
        struct http_walk *w = arena_alloc(run_arena(run), sizeof(*w));
        http_walk_init(w, run, state->conf, walk_over);
        w->took[PHASE_RESOLVE] = resolution->took;
        http_walk_fail(w, why.is_unknown, why.reason, resolution->detail);
        state->walks = w;
        state->count = state->open = 1;
        walk_over(w);
        return;
    }
    const struct address *addresses = arena_memdup(
        run_arena(run), resolution->addresses, resolution->count * sizeof(*addresses));
    start_walks(run, addresses, resolution->count);
    for (size_t i = 0; i < state->count; i++)
        state->walks[i].took[PHASE_RESOLVE] += resolution->took;
}

static void resolve_all(struct run *run, struct http_state *state)
{
    const struct url *target = &state->conf->target;
    const bool is_v4_first = state->conf->preferred_ip_protocol == 4;
    run_phase(run, PHASE_RESOLVE);
    run_asks(run, target->host, target->port);
    state->query = resolve(run_frame(run)->resolver, target->host, target->port,
                           is_v4_first ? IP_PREFER_4 : IP_PREFER_6, on_addresses, run);
}

/* ---- the type ---- */

static bool http_aim(const void *the_conf, struct arena *arena, struct dial *ret_dial,
                     struct err *e)
{
    const struct http_conf *conf = the_conf;
    (void)arena;
    (void)e;
    if (conf->unix_path[0])
        ret_dial->unix_path = conf->unix_path;
    ret_dial->host = conf->target.host;
    ret_dial->port = conf->target.port;
    return true;
}

static void http_start(struct run *run)
{
    struct http_state *state = run_state(run);
    state->conf = run_conf(run);
    if (state->conf->resolve == HTTP_ALL_ADDRESSES && !state->conf->target.is_literal)
        resolve_all(run, state);
    else
        start_walks(run, NULL, 0);
}

void http_interrupted(struct run *run)
{
    struct http_state *state = run_state(run);
    for (size_t i = 0; state && i < state->count; i++)
        http_walk_interrupt(&state->walks[i]);
}

/* The last exchange of each walk; redirects on the way there were told when they were followed. */
static void trace_ends(struct run *run)
{
    const struct http_state *state = run_state(run);
    for (size_t i = 0; i < state->count; i++) {
        struct http_walk *w = &state->walks[i];
        if (w->reply)
            http_trace(w, w->reply);
    }
}

static void http_cancel(struct run *run)
{
    struct http_state *state = run_state(run);
    query_cancel(state->query);
    state->query = NULL;
    for (size_t i = 0; i < state->count; i++) {
        fetch_cancel(state->walks[i].fetch);
        state->walks[i].fetch = NULL;
    }
    run_finish(run);
}

const struct probe_type probe_http = {
    .name = "http",
    .summary = "Asks a URL, follows its redirects, and judges status, headers, body, "
               "certificate and time.",
    .example = "http: {url: \"https://shop.example.com/health\", "
               "fail_if_body_not_matches_regexp: [\"ok\"]}",
    .job = "blackbox",
    .is_critical = true,
    .opts = http_opts,
    .metrics = http_metrics,
    .vars = http_vars,
    .conf_size = sizeof(struct http_conf),
    .state_size = sizeof(struct http_state),
    .validate = http_validate,
    .aim = http_aim,
    .start = http_start,
    .report = http_report,
    .cancel = http_cancel,
    .trace = trace_ends,
};
