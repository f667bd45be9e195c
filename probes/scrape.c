/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any page of Prometheus or OpenMetrics metrics, as series of the probe: one fetch, the redirects it meets, and the page
 * read beside the loop when it is large. Called by the runner. Decides nothing of samples: scrape_page.c does. All of a
 * page is taken or nothing; a page that is not taken ends the series that were there.
 */
#include "probes/scrape.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "lib/core/batch.h"
#include "lib/core/conn.h"
#include "lib/core/headers.h"
#include "lib/core/pool.h"
#include "lib/core/probe.h"
#include "lib/core/run_fetch.h"

#define MAX_REDIRECTS 5
#define READ_HERE_BYTES ((size_t)32 << 10) /* a larger page goes to the pool */
/* What Prometheus asks for, without the names in UTF-8 and the protobuf that are not read here. */
#define ACCEPT                                          \
    "application/openmetrics-text;version=1.0.0;q=0.6," \
    "application/openmetrics-text;version=0.0.1;q=0.5," \
    "text/plain;version=0.0.4;q=0.4,*/*;q=0.1"

static const struct metric read_metric = {
    .name = "scrape_samples_read",
    .help = "Samples on the page that was read last, before any were left out"};
static const struct metric kept_metric = {.name = "scrape_samples_post_metric_relabeling",
                                          .help = "Samples of that page that were kept"};
static const struct metric limit_metric = {.name = "scrape_sample_limit",
                                           .help = "How many samples are taken at most"};
static const struct metric body_metric = {
    .name = "scrape_body_size_bytes",
    .unit = "bytes",
    .help = "Size of the page, unpacked; -1 when it was larger than is taken"};
static const struct metric *const scrape_metrics[] = {&read_metric, &kept_metric,
                                                      &limit_metric, &body_metric, NULL};

static void scrape_ask(struct run *run);

/* ---- the request ---- */

static bool add_headers(struct run *run, struct request *q, struct err *e)
{
    const struct scrape_state *state = run_state(run);
    const struct scrape_conf *conf = state->conf;
    const bool is_home = url_same_origin(&conf->target, &state->at);
    struct arena *arena = run_arena(run);
    struct headers list = headers_in(arena);
    const char *authorization = NULL;
    for (size_t i = 0; i < conf->headers.count; i++) {
        const struct pair *h = &conf->headers.items[i];
        const bool is_bound = secret_is_header(h->key) || !strcasecmp(h->key, "host");
        if (is_home || !is_bound)
            headers_add(&list, h->key, h->value);
    }
    if (is_home && !http_auth_fill(&conf->auth, &conf->target, run_frame(run)->secrets,
                                   arena, q, &authorization, e))
        return false;
    if (authorization)
        headers_put(&list, "Authorization", authorization);
    headers_put(&list, "User-Agent", "healthd/" HEALTHD_VERSION);
    headers_put(&list, "Accept", ACCEPT);
    headers_put(&list, "Accept-Encoding", "gzip");
    headers_put(&list, "X-Prometheus-Scrape-Timeout-Seconds",
                arena_printf(arena, "%.3f", nsec_to_sec(run_left(run))));
    q->headers = headers_pairs(&list);
    return true;
}

static bool make_request(struct run *run, struct request *ret_request, struct err *e)
{
    const struct scrape_state *state = run_state(run);
    const struct scrape_conf *conf = state->conf;
    const bool is_home = !strcasecmp(state->at.host, conf->target.host);
    *ret_request = (struct request){
        .method = "GET",
        .url = state->at.text,
        .at = &state->at,
        .unix_path = is_home && conf->unix_path[0] ? conf->unix_path : NULL,
        .tls = conf->tls,
        .proxy = conf->proxy_url,
        .no_proxy = conf->no_proxy,
        .family = IP_PREFER_6,
        .version = HTTP_VERSION_11,
        .reuse = FETCH_FRESH,
        .is_decoded = true,
        .max_body = (size_t)conf->body_size_limit,
        .max_header = 64u << 10,
        .timeout = run_left(run) + NSEC_PER_SEC}; /* the run's own deadline says more */
    if (!is_home)
        ret_request->tls.server_name = "";
    return add_headers(run, ret_request, e);
}

/* ---- the page ---- */

static void conclude_page(struct run *run)
{
    struct scrape_state *state = run_state(run);
    struct scrape_page *page = state->page;
    const char *from = state->at.text;
    batch_adopt(run_batch(run), page->batch);
    if (page->is_whole) {
        run_up(run);
    } else if (page->is_over_cap) {
        run_group_failed(run, SCRAPE_GROUP, "%s", page->why.text);
        run_degraded(run, REASON_TOO_LARGE, "%s: nothing of the page was taken: %s", from,
                     page->why.text);
    } else {
        run_down(run, REASON_BODY, "%s did not answer with metrics: %s", from,
                 page->why.text);
    }
    run_finish(run);
}

static void read_work(void *ctx)
{
    struct run *run = ctx;
    const struct scrape_state *state = run_state(run);
    scrape_page_read(state->page);
}

static void on_read(void *ctx)
{
    struct run *run = ctx;
    struct scrape_state *state = run_state(run);
    state->is_reading = false;
    if (state->is_cancelled)
        run_finish(run);
    else
        conclude_page(run);
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static void read_page(struct run *run, const struct reply *reply)
{
    struct scrape_state *state = run_state(run);
    struct arena *arena = arena_create(0); /* a pool thread's for a while */
    struct scrape_page *page = arena_alloc(arena, sizeof(*page));
    arena_cleanup(run_arena(run), destroy_arena, arena);
    page->arena = arena;
    page->conf = state->conf;
    page->own = run_labels(run);
    page->body = reply->body;
    page->format = exposition_format_of(reply_header(reply, "content-type"));
    state->page = page;
    if (reply->body.len <= READ_HERE_BYTES) {
        scrape_page_read(page);
        conclude_page(run);
        return;
    }
    state->is_reading = true;
    if (pool_submit(run_frame(run)->pool, "scrape", read_work, on_read, run))
        return;
    state->is_reading = false;
    state->page = NULL;
    run_unknown(run, REASON_SELF, "healthd is too busy to read the page");
    run_finish(run);
}

/* ---- the exchange ---- */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

/* False: there is nothing to follow, or it may not be. */
static bool follow(struct run *run, const struct reply *reply)
{
    struct scrape_state *state = run_state(run);
    const char *location = reply_header(reply, "location");
    struct url to;
    struct err e;
    if (!is_redirect(reply->status) || !location || !state->conf->follow_redirects)
        return false;
    if (++state->redirects > MAX_REDIRECTS) {
        run_down(run, REASON_REDIRECT, "more than %d redirects, the last one to %s",
                 MAX_REDIRECTS, run_quoted(run, bytes_of(location)));
    } else if (!url_join(run_arena(run), &state->at, location, &to, &e)) {
        run_down(run, REASON_REDIRECT, "a redirect to %s: %s",
                 run_quoted(run, bytes_of(location)), e.text);
    } else if (!url_is_http(&to)) {
        run_down(run, REASON_REDIRECT, "a redirect to %s, which is not asked over HTTP",
                 to.text);
    } else {
        run_trace(run, "redirect", "%d to %s", reply->status, to.text);
        state->at = to;
        scrape_ask(run);
        return true;
    }
    run_finish(run);
    return true;
}

/* Its body, not its head. */
static bool is_page_too_large(const struct scrape_state *state, const struct reply *reply)
{
    const uint64_t limit = state->conf->body_size_limit;
    const bool is_told =
        reply->content_length > 0 && (uint64_t)reply->content_length > limit;
    return reply->trouble.reason == REASON_TOO_LARGE && reply->status == 200 &&
           (reply->body_bytes > limit || is_told);
}

static void judge_reply(struct run *run, const struct reply *reply)
{
    const struct scrape_state *state = run_state(run);
    if (is_page_too_large(state, reply)) {
        run_group_failed(run, SCRAPE_GROUP, "%s", reply->trouble.detail);
        run_degraded(run, REASON_TOO_LARGE,
                     "%s: nothing of the page was taken: it is larger than "
                     "`body_size_limit` (%llu bytes)",
                     state->at.text, (unsigned long long)state->conf->body_size_limit);
    } else if (reply->trouble.reason != REASON_NONE) {
        run_trouble(run, &reply->trouble);
    } else if (reply->status == 401 || reply->status == 403) {
        run_down(run, REASON_AUTH,
                 "%s answered with status %d: the credentials were not "
                 "accepted, or none were sent",
                 state->at.text, reply->status);
    } else if (reply->status != 200) {
        run_down(run, REASON_STATUS, "expected status 200 from %s, got %d",
                 state->at.text, reply->status);
    } else {
        read_page(run, reply);
        return;
    }
    run_finish(run);
}

static void on_phase(void *ctx, enum phase phase)
{
    struct run *run = ctx;
    const struct scrape_state *state = run_state(run);
    run_fetch_phase(run, state->fetch, phase);
}

static void on_done(void *ctx, const struct reply *reply)
{
    struct run *run = ctx;
    struct scrape_state *state = run_state(run);
    state->fetch = NULL;
    state->reply = reply;
    run_fetch_reply(run, reply);
    run_trace(run, "answer", "status %d, %llu bytes, %s", reply->status,
              (unsigned long long)reply->body_bytes,
              reply_header(reply, "content-type") ? reply_header(reply, "content-type")
                                                  : "no content type");
    if (reply->trouble.reason != REASON_NONE || !follow(run, reply))
        judge_reply(run, reply);
}

static void scrape_ask(struct run *run)
{
    struct scrape_state *state = run_state(run);
    struct request request;
    struct err e = {0};
    run_asks(run, state->at.host, state->at.port);
    if (!make_request(run, &request, &e)) {
        run_unknown(run, REASON_CONFIG, "%s", e.text);
        run_finish(run);
        return;
    }
    state->fetch = fetch_start(run_frame(run)->fetcher, run_arena(run), &request,
                               on_phase, on_done, run);
}

/* ---- the type ---- */

static bool scrape_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                       struct err *e)
{
    const struct scrape_conf *conf = ctx;
    (void)arena;
    (void)e;
    if (conf->unix_path[0])
        ret_dial->unix_path = conf->unix_path;
    ret_dial->host = conf->target.host;
    ret_dial->port = conf->target.port;
    return true;
}

static void scrape_start(struct run *run)
{
    struct scrape_state *state = run_state(run);
    state->conf = run_conf(run);
    state->at = state->conf->target;
    scrape_ask(run);
}

/* The page's group is always there, so that its series end when nothing was read. */
static void scrape_report(struct run *run)
{
    const struct scrape_state *state = run_state(run);
    const struct scrape_page *page =
        state->page && !state->is_reading ? state->page : NULL;
    const struct reply *reply = state->reply;
    const bool was_larger = reply && is_page_too_large(state, reply);
    const double bytes = reply ? (double)reply->body_bytes : 0;
    run_group(run, SCRAPE_GROUP);
    run_group(run, "");
    run_sample(run, &read_metric, page ? (double)page->read : 0);
    run_sample(run, &kept_metric, page ? (double)page->kept : 0);
    run_sample(run, &limit_metric, state->conf ? (double)state->conf->sample_limit : 0);
    run_sample(run, &body_metric, was_larger ? -1 : bytes);
}

static void scrape_cancel(struct run *run)
{
    struct scrape_state *state = run_state(run);
    state->is_cancelled = true;
    fetch_cancel(state->fetch);
    state->fetch = NULL;
    if (!state->is_reading)
        run_finish(run);
}

const struct probe_type probe_scrape = {
    .name = "scrape",
    .summary =
        "Takes the metrics of any Prometheus or OpenMetrics page as its own, within "
        "limits.",
    .example = "scrape: {url: \"http://node-red:1880/metrics\", drop: [\"^nodejs_gc_\"]}",
    .job = "scrape",
    .has_dynamic_families = true,
    .opts = scrape_opts,
    .metrics = scrape_metrics,
    .vars = scrape_vars,
    .conf_size = sizeof(struct scrape_conf),
    .state_size = sizeof(struct scrape_state),
    .validate = scrape_validate,
    .aim = scrape_aim,
    .start = scrape_start,
    .report = scrape_report,
    .cancel = scrape_cancel,
};
