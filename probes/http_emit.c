/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the http probe, as blackbox_exporter has them. Called by the frame once a run, whatever came of it:
 * so a target that is gone still has its zeros.
 */
#include "lib/core/tls.h"
#include "probes/http.h"

static const struct metric duration_metric = {
    .name = "probe_http_duration_seconds",
    .unit = "seconds",
    .help = "Duration of HTTP request by phase, summed over all redirects",
    .labels = {"phase"}};
static const struct metric status_metric = {.name = "probe_http_status_code",
                                            .help = "Response HTTP status code"};
static const struct metric version_metric = {
    .name = "probe_http_version",
    .help = "Returns the version of HTTP of the probe response"};
static const struct metric content_length_metric = {
    .name = "probe_http_content_length", .help = "Length of HTTP content response"};
static const struct metric body_length_metric = {
    .name = "probe_http_uncompressed_body_length",
    .help = "Length of uncompressed response body"};
static const struct metric redirects_metric = {.name = "probe_http_redirects",
                                               .help = "The number of redirects"};
static const struct metric ssl_metric = {
    .name = "probe_http_ssl", .help = "Indicates if SSL was used for the final redirect"};
static const struct metric regex_metric = {.name = "probe_failed_due_to_regex",
                                           .help =
                                               "Indicates if probe failed due to regex"};
static const struct metric cel_metric = {
    .name = "probe_failed_due_to_cel",
    .help = "Indicates if probe failed due to CEL expression not matching"};
static const struct metric modified_metric = {
    .name = "probe_http_last_modified_timestamp_seconds",
    .unit = "seconds",
    .help = "Returns the Last-Modified HTTP response header in unixtime"};

const struct metric *const http_metrics[] = {&duration_metric,
                                             &status_metric,
                                             &version_metric,
                                             &content_length_metric,
                                             &body_length_metric,
                                             &redirects_metric,
                                             &ssl_metric,
                                             &regex_metric,
                                             &cel_metric,
                                             &modified_metric,
                                             NULL};

static void emit_durations(struct run *run, const struct http_walk *w)
{
    static const struct {
        enum phase phase;
        const char *name;
    } phases[] = {{PHASE_RESOLVE, "resolve"},
                  {PHASE_CONNECT, "connect"},
                  {PHASE_TLS, "tls"},
                  {PHASE_WAIT, "processing"},
                  {PHASE_TRANSFER, "transfer"}};
    const size_t count = w->is_attempted ? sizeof(phases) / sizeof(phases[0]) : 1;
    for (size_t i = 0; i < count; i++) {
        const char *const values[] = {phases[i].name};
        run_sample_with(run, &duration_metric, values,
                        nsec_to_sec(w->took[phases[i].phase]));
    }
}

static double version_of(const struct reply *reply)
{
    return reply->version / 10.0;
}

static double body_length(const struct http_walk *w)
{
    if (w->is_redirect_refused)
        return 0;
    if (w->reply->trouble.reason == REASON_TOO_LARGE)
        return (double)w->conf->body_size_limit;
    return (double)w->reply->body_bytes;
}

void http_report(struct run *run)
{
    http_interrupted(run);
    const struct http_walk *w = http_walk_of(run);
    const struct reply *reply = w && w->reply && w->reply->status ? w->reply : NULL;
    if (w)
        emit_durations(run, w);
    run_sample(run, &status_metric, reply ? reply->status : 0);
    run_sample(run, &version_metric, reply ? version_of(reply) : 0);
    run_sample(run, &content_length_metric, reply ? (double)reply->content_length : 0);
    run_sample(run, &body_length_metric, reply ? body_length(w) : 0);
    run_sample(run, &redirects_metric, w ? w->redirects + w->is_redirect_refused : 0);
    const bool is_tls = reply && w->at.is_tls;
    run_sample(run, &ssl_metric, is_tls);
    run_sample(run, &regex_metric, w && w->finding.failed_due_to_regex);
    if (w && (w->conf->json_matches || w->conf->json_not_matches))
        run_sample(run, &cel_metric, w->finding.failed_due_to_cel);
    struct wall modified;
    const char *header = reply ? reply_header(reply, "last-modified") : NULL;
    if (header && wall_parse_http(bytes_of(header), &modified))
        run_sample(run, &modified_metric, wall_to_sec(modified));
    if (is_tls && reply->tls)
        tls_emit(run, reply->tls, true);
}
