/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP and HTTPS: one fetch a hop, redirects included, for one address of the target or for each. Called by the
 * runner. Decides nothing itself: the rules are in http_rules.c and http_health.c, the words in their findings.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/resolve.h"
#include "lib/core/run_fetch.h"
#include "lib/core/secret.h"
#include "lib/core/tls.h"
#include "probes/http.h"

static void walk_ask(struct http_walk *w);

/* ---- where the time went ---- */

static void walk_count(struct http_walk *w, enum phase first, enum phase last)
{
    for (enum phase p = first; p <= last; p++) {
        w->took[p] += w->pending[p];
        w->pending[p] = 0;
    }
}

static void walk_phase_end(struct http_walk *w)
{
    const struct mono now = loop_now_exact(run_frame(w->run)->loop);
    if (w->is_in_phase)
        w->pending[w->phase] += mono_since(now, w->phase_since);
    w->phase_since = now;
    w->is_in_phase = false;
}

static void show_address(struct http_walk *w, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    if (address && address->len && !address_equal(address, &w->shown)) {
        w->shown = *address;
        w->from = arena_strdup(run_arena(w->run), address_format(address, text));
    } else if (w->conf->unix_path[0] && !w->from) {
        w->from = w->conf->unix_path;
    } else {
        return;
    }
    if (w->drives_phases)
        run_address(w->run, w->from);
}

/* blackbox_exporter counts a hop's connection once it stands, and its waiting once something came. */
static void on_phase(void *ctx, enum phase phase)
{
    struct http_walk *w = ctx;
    walk_phase_end(w);
    w->phase = phase;
    w->is_in_phase = true;
    if (phase != PHASE_RESOLVE)
        walk_count(w, PHASE_RESOLVE, PHASE_RESOLVE);
    if (phase == PHASE_WAIT)
        walk_count(w, PHASE_CONNECT, PHASE_TLS);
    else if (phase == PHASE_TRANSFER)
        walk_count(w, PHASE_WAIT, PHASE_WAIT);
    if (phase != PHASE_RESOLVE)
        w->is_attempted = true;
    if (phase == PHASE_CONNECT)
        show_address(w, w->fetch ? fetch_address(w->fetch) : NULL);
    if (w->drives_phases)
        run_phase(w->run, phase);
}

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

static void walk_fail(struct http_walk *w, bool is_unknown, enum reason reason,
                      const char *detail)
{
    w->finding =
        (struct http_finding){.health = is_unknown ? HEALTH_UNKNOWN : HEALTH_DOWN,
                              .reason = reason,
                              .is_unknown = is_unknown,
                              .detail = arena_strdup(run_arena(w->run), detail)};
}

/* ---- what a walk found ---- */

static const char *walk_from(const struct http_walk *w)
{
    return w->from ? w->from : w->at.host;
}

static void add_services(struct http_walk *w, const struct http_health *h)
{
    for (size_t i = 0; i < h->service_count && !w->key; i++) {
        const struct http_service *s = &h->services[i];
        struct label *label = arena_alloc(run_arena(w->run), sizeof(*label));
        *label = (struct label){"service", s->name};
        run_item(w->run, s->name, (struct labels){label, 1}, s->health,
                 s->health == HEALTH_UP ? REASON_NONE : REASON_UNHEALTHY, s->detail);
    }
}

/* The document speaks for itself, with 200 or 503, unless the configuration names the statuses. */
static bool take_health(struct http_walk *w, const char *from,
                        struct http_finding *ret_finding, const char **ret_why)
{
    struct arena *arena = run_arena(w->run);
    const json_t *json = http_walk_json(w, ret_why);
    struct http_health *h = arena_alloc(arena, sizeof(*h));
    if (!json || !http_health_read(json, arena, h, ret_why))
        return false;
    add_services(w, h);
    *ret_finding = (struct http_finding){
        .health = h->health,
        .reason = h->health == HEALTH_UP ? REASON_NONE : REASON_UNHEALTHY,
        .detail = h->detail[0] ? arena_printf(arena, "%s: %s", from, h->detail) : ""};
    return true;
}

static void walk_judge(struct http_walk *w)
{
    struct arena *arena = run_arena(w->run);
    const char *from = walk_from(w), *why = "";
    struct http_facts facts = {.reply = w->reply,
                               .from = from,
                               .is_tls = w->at.is_tls,
                               .run = w->run,
                               .now = run_wall(w->run)};
    struct http_finding health = {.health = HEALTH_UP, .detail = ""};
    const bool is_whole = w->reply->status && w->reply->trouble.reason == REASON_NONE;
    const bool wants_health = w->conf->format == HTTP_FORMAT_HEALTH && is_whole;
    const bool has_health = wants_health && take_health(w, from, &health, &why);
    facts.is_status_moot = has_health && w->conf->valid_status_codes.count == 0;
    if (is_whole && (w->conf->json_matches || w->conf->json_not_matches))
        facts.json = http_walk_json(w, &facts.json_why);
    w->finding = http_judge(w->conf, &facts, arena);
    if (w->finding.health == HEALTH_UP && has_health)
        w->finding = health;
    else if (w->finding.health == HEALTH_UP && wants_health)
        walk_fail(w, false, REASON_BODY,
                  arena_printf(arena, "%s did not answer with a health document: %s",
                               from, why));
}

/* `must_fail`: a failure that the rules find is what is wanted; not being able to ask is not. */
static void walk_invert(struct http_walk *w)
{
    if (!w->conf->must_fail || w->finding.is_unknown)
        return;
    if (w->finding.health != HEALTH_UP) {
        w->finding.health = HEALTH_UP;
        w->finding.reason = REASON_NONE;
        w->finding.detail = "";
        return;
    }
    walk_fail(w, false, REASON_STATUS,
              arena_printf(run_arena(w->run), "expected a failure, got status %d from %s",
                           w->reply->status, walk_from(w)));
}

/* ---- hops ---- */

static void walk_follow(struct http_walk *w, const struct http_hop *hop)
{
    http_trace(w, w->reply);
    run_trace(w->run, "redirect", "%d to %s", w->reply->status, hop->to.text);
    w->redirects++;
    w->at = hop->to;
    w->method = hop->method;
    w->has_body = hop->has_body;
    w->keeps_host = hop->keeps_host;
    w->is_trusted = hop->is_trusted;
    walk_ask(w);
}

static void walk_refuse(struct http_walk *w, const char *why)
{
    w->is_redirect_refused = true;
    if (why)
        walk_fail(w, false, REASON_REDIRECT, why);
    else
        walk_judge(w);
    walk_invert(w);
    walk_over(w);
}

static void on_done(void *ctx, const struct reply *reply)
{
    struct http_walk *w = ctx;
    struct arena *arena = run_arena(w->run);
    struct http_hop hop;
    const char *why = NULL;
    w->fetch = NULL;
    show_address(w, &reply->address);
    w->reply = reply;
    walk_phase_end(w);
    walk_count(w, PHASE_RESOLVE, PHASE_RESOLVE);
    run_fetch_resolved(w->run, reply);
    enum http_next next = HTTP_FINAL;
    if (reply->status)
        next = http_redirect(w->conf, w, reply, arena, &hop, &why);
    if (next == HTTP_FOLLOW) {
        http_cookies_take(w->jar, reply, &w->at, run_wall(w->run), arena);
        walk_follow(w, &hop);
        return;
    }
    if (reply->status) /* blackbox_exporter: also when the body did not come whole */
        walk_count(w, PHASE_TRANSFER, PHASE_TRANSFER);
    if (next == HTTP_REFUSED) {
        walk_refuse(w, why);
        return;
    }
    walk_judge(w);
    walk_invert(w);
    walk_over(w);
}

static void walk_ask(struct http_walk *w)
{
    struct request request;
    struct err e = {0};
    memset(w->pending, 0, sizeof(w->pending));
    w->reply = NULL;
    if (w->drives_phases)
        run_asks(w->run, w->at.host, w->at.port);
    w->json_was_tried = false;
    if (!http_request(w, &request, &e)) {
        walk_fail(w, true, REASON_CONFIG, e.text);
        walk_over(w);
        return;
    }
    w->fetch = fetch_start(run_frame(w->run)->fetcher, run_arena(w->run), &request,
                           on_phase, on_done, w);
}

static void walk_init(struct http_walk *w, struct run *run, const struct http_conf *conf)
{
    w->run = run;
    w->conf = conf;
    w->at = conf->target;
    w->method = conf->effective_method;
    w->has_body = true;
    w->keeps_host = true;
    w->is_trusted = true;
    w->finding.detail = "";
    w->jar = arena_alloc(run_arena(run), sizeof(*w->jar));
    http_cookies_init(w->jar, &conf->cookies, &conf->target);
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
        walk_init(w, run, state->conf);
        w->drives_phases = i == 0;
        if (!count)
            continue;
        w->only = &addresses[i];
        w->key = arena_strdup(run_arena(run), address_format(&addresses[i], text));
    }
    for (size_t i = 0; i < walks; i++)
        walk_ask(&state->walks[i]);
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
        walk_init(w, run, state->conf);
        w->took[PHASE_RESOLVE] = resolution->took;
        walk_fail(w, why.is_unknown, why.reason, resolution->detail);
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
    for (size_t i = 0; state && i < state->count; i++) {
        struct http_walk *w = &state->walks[i];
        if (!w->fetch || w->reply)
            continue;
        walk_phase_end(w);
        w->reply = fetch_so_far(w->fetch);
        run_fetch_resolved(w->run, w->reply);
        if (w->reply->status)
            walk_count(w, PHASE_TRANSFER, PHASE_TRANSFER);
    }
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
