/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk of the http probe: an address asked, redirects followed, the last answer judged. Started by http.c, which is told
 * when it is over. Knows of no other walk; the rules are in http_rules.c and http_health.c.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/run_fetch.h"
#include "probes/http.h"

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

/* ---- what it found ---- */

void http_walk_fail(struct http_walk *w, bool is_unknown, enum reason reason,
                    const char *detail)
{
    w->finding =
        (struct http_finding){.health = is_unknown ? HEALTH_UNKNOWN : HEALTH_DOWN,
                              .reason = reason,
                              .is_unknown = is_unknown,
                              .detail = arena_strdup(run_arena(w->run), detail)};
}

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
        http_walk_fail(w, false, REASON_BODY,
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
    http_walk_fail(w, false, REASON_STATUS,
                   arena_printf(run_arena(w->run),
                                "expected a failure, got status %d from %s",
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
    http_walk_ask(w);
}

static void walk_refuse(struct http_walk *w, const char *why)
{
    w->is_redirect_refused = true;
    if (why)
        http_walk_fail(w, false, REASON_REDIRECT, why);
    else
        walk_judge(w);
    walk_invert(w);
    w->over(w);
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
    w->over(w);
}

void http_walk_ask(struct http_walk *w)
{
    struct request request;
    struct err e = {0};
    memset(w->pending, 0, sizeof(w->pending));
    w->reply = NULL;
    if (w->drives_phases)
        run_asks(w->run, w->at.host, w->at.port);
    w->json_was_tried = false;
    if (!http_request(w, &request, &e)) {
        http_walk_fail(w, true, REASON_CONFIG, e.text);
        w->over(w);
        return;
    }
    w->fetch = fetch_start(run_frame(w->run)->fetcher, run_arena(w->run), &request,
                           on_phase, on_done, w);
}

/* ---- for http.c ---- */

void http_walk_init(struct http_walk *w, struct run *run, const struct http_conf *conf,
                    void (*over)(struct http_walk *w))
{
    w->over = over;
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

void http_walk_interrupt(struct http_walk *w)
{
    if (!w->fetch || w->reply)
        return;
    walk_phase_end(w);
    w->reply = fetch_so_far(w->fetch);
    run_fetch_resolved(w->run, w->reply);
    if (w->reply->status)
        walk_count(w, PHASE_TRANSFER, PHASE_TRANSFER);
}
