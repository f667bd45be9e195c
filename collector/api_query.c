/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus' queries over our history, so that Grafana can use healthd as a Prometheus data source. GET and form POST. */
#include <math.h>
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "collector/query_lane.h"
#include "lib/base/units.h"

#define MAX_POINTS 11000

/* A number of seconds, or a duration as PromQL writes it. */
static bool read_span(struct exchange *x, const char *name, nsec usual, nsec *ret)
{
    const char *text = exchange_form(x, name);
    struct err e = {0};
    double seconds;
    *ret = usual;
    if (!text && usual >= 0)
        return true;
    if (text && bytes_to_double(bytes_of(text), &seconds) && fabs(seconds) < 9e9) {
        *ret = nsec_from_sec(seconds);
        return true;
    }
    if (text && duration_parse(bytes_of(text), ret, &e))
        return true;
    query_error(x, 400, "bad_data",
                "invalid parameter \"%s\": cannot parse \"%.100s\" to a valid duration",
                name, text ? text : "");
    return false;
}

static const char *query_of(struct exchange *x)
{
    const char *query = exchange_form(x, "query");
    return query ? query : "";
}

static void run(struct exchange *x, struct daemon *d, struct promql_opts *opts)
{
    nsec timeout;
    if (!read_span(x, "timeout", QUERY_LONGEST, &timeout) ||
        !read_span(x, "lookback_delta", 0, &opts->lookback))
        return;
    opts->compat = d->generation->alerting.compat;
    query_lane_run(d->query_lane, x, query_of(x), opts, timeout);
}

static void any_query(struct exchange *x, struct daemon *d)
{
    struct promql_opts opts = {0};
    if (!query_time(x, "time", wall_to_ms(act_now(d)), &opts.start))
        return;
    opts.end = opts.start;
    run(x, d, &opts);
}

static bool range_is_sound(struct exchange *x, const struct promql_opts *opts)
{
    const char *why = NULL;
    if (opts->end < opts->start)
        why = "invalid parameter \"end\": end timestamp must not be before start time";
    else if (opts->step <= 0)
        why = "invalid parameter \"step\": zero or negative query resolution step widths "
              "are not accepted. Try a positive integer";
    else if ((opts->end - opts->start) / opts->step > MAX_POINTS)
        why = "exceeded maximum resolution of 11,000 points per timeseries. Try "
              "decreasing the query resolution (?step=XX)";
    if (why)
        query_error(x, 400, "bad_data", "%s", why);
    return !why;
}

static void any_query_range(struct exchange *x, struct daemon *d)
{
    struct promql_opts opts = {.is_grid = true};
    nsec step;
    if (!query_time(x, "start", -1, &opts.start) ||
        !query_time(x, "end", -1, &opts.end) || !read_span(x, "step", -1, &step))
        return;
    opts.step = step / NSEC_PER_MSEC;
    if (range_is_sound(x, &opts))
        run(x, d, &opts);
}

static const struct endpoint_param query_params[] = {
    {"query", "A PromQL expression.", true},
    {"time", "When: RFC 3339 or seconds since 1970; now when absent.", false},
    {"timeout", "Give up after this long.", false},
    {"lookback_delta", "How old a sample may be; 5 minutes when absent.", false},
    {0}};
static const struct endpoint_param range_params[] = {
    {"query", "A PromQL expression.", true},
    {"start", "From when: RFC 3339 or seconds since 1970.", true},
    {"end", "Until when.", true},
    {"step", "A duration, or seconds.", true},
    {"timeout", "Give up after this long.", false},
    {"lookback_delta", "How old a sample may be; 5 minutes when absent.", false},
    {0}};
static const struct endpoint_field answer_fields[] = {
    {"status", "string", "success, or error.", true},
    {"data", "object", "As Prometheus has it.", false},
    {0}};

const struct endpoint query_endpoints[] = {
    {"GET", "/api/v1/query", RIGHT_READ, query_params,
     "PromQL at one instant, as Prometheus answers it.", any_query, .cost = COST_QUERIES,
     .answer = answer_fields, .statuses = "400 422 503"},
    {"POST", "/api/v1/query", RIGHT_READ, query_params, "The same, from a form.",
     any_query, .cost = COST_QUERIES, .answer = answer_fields, .statuses = "400 422 503",
     .body_types = FORM_TYPE},
    {"GET", "/api/v1/query_range", RIGHT_READ, range_params,
     "PromQL over a range of time, as Prometheus answers it.", any_query_range,
     .cost = COST_QUERIES, .answer = answer_fields, .statuses = "400 422 503"},
    {"POST", "/api/v1/query_range", RIGHT_READ, range_params, "The same, from a form.",
     any_query_range, .cost = COST_QUERIES, .answer = answer_fields,
     .statuses = "400 422 503", .body_types = FORM_TYPE},
    {0}};
