/* SPDX-License-Identifier: Apache-2.0 */
/* What there is in the history, as Prometheus lists it: series, label names, label values, metadata. */
#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "collector/listing_lane.h"
#include "collector/query_lane.h"
#include "lib/core/metric.h"
#include "lib/core/verdict_json.h"

#define SELECTORS_MAX 64

struct asking { /* match[], start, end, limit */
    struct exchange *exchange;
    struct listing *listing;
    struct matchers *sets;
    bool has_failed;
};

/* A series selector is PromQL that is nothing else. */
static void add_selector(void *ctx, const char *text)
{
    struct asking *a = ctx;
    struct promql_fault fault = {0};
    struct arena *arena = a->listing->arena;
    struct history_walk *walk = &a->listing->walk;
    size_t count = 0;
    if (a->has_failed || walk->count >= SELECTORS_MAX)
        return;
    const struct promql *q = promql_parse(arena, arena_strdup(arena, text), &fault);
    const struct selector *const *selectors = q ? promql_selectors(q, &count) : NULL;
    if (q && count == 1 && promql_type_of(q) == PROMQL_VECTOR) {
        a->sets[walk->count++] = selectors[0]->matchers;
        return;
    }
    a->has_failed = true;
    query_fault(a->exchange, "match[]", &fault, q ? "expected a series selector" : NULL);
}

/* False after answering. */
static bool read_listing(struct exchange *x, struct listing *ret)
{
    const char *limit = exchange_form(x, "limit");
    uint64_t most = 0;
    struct asking a = {
        .exchange = x,
        .listing = ret,
        .sets = arena_alloc(ret->arena, SELECTORS_MAX * sizeof(struct matchers))};
    ret->walk = (struct history_walk){.sets = a.sets};
    ret->limit = SIZE_MAX;
    exchange_form_each(x, "match[]", add_selector, &a);
    if (a.has_failed || !query_time(x, "start", 0, &ret->walk.from) ||
        !query_time(x, "end", INT64_MAX, &ret->walk.to))
        return false;
    if (limit && bytes_to_u64(bytes_of(limit), &most) && most > 0)
        ret->limit = (size_t)most;
    if (ret->kind != LISTING_SERIES || ret->walk.count > 0)
        return true;
    query_error(x, 400, "bad_data", "no match[] parameter provided");
    return false;
}

static void list(struct exchange *x, struct daemon *d, enum listing_kind kind,
                 const char *label)
{
    struct listing asked = {.arena = arena_create(0), .kind = kind};
    if (label)
        asked.label = arena_strdup(asked.arena, label);
    if (read_listing(x, &asked))
        listing_lane_run(d->listing_lane, x, &asked);
    else
        arena_destroy(asked.arena);
}

static void any_series(struct exchange *x, struct daemon *d)
{
    list(x, d, LISTING_SERIES, NULL);
}

static void any_labels(struct exchange *x, struct daemon *d)
{
    list(x, d, LISTING_NAMES, NULL);
}

static void get_values(struct exchange *x, struct daemon *d)
{
    const char *label = exchange_segment(x, "name");
    if (strcmp(label, "__name__") != 0 && !label_name_valid(bytes_of(label)))
        query_error(x, 400, "bad_data", "invalid label name: \"%.100s\"", label);
    else
        list(x, d, LISTING_VALUES, label);
}

/* ---- metadata ---- */

struct metadata {
    json_t *data;
    const char *metric; /* only this one; NULL: all */
    size_t limit;
};

static void add_family(void *ctx, const char *name, enum metric_kind kind,
                       const char *help, const char *unit)
{
    struct metadata *m = ctx;
    if ((m->metric && strcmp(m->metric, name) != 0) ||
        json_object_size(m->data) >= m->limit)
        return;
    json_object_set_new(
        m->data, name,
        json_pack("[{s:s, s:s, s:s}]", "type",
                  kind == METRIC_UNTYPED ? "unknown" : metric_kind_name(kind), "help",
                  help ? help : "", "unit", unit ? unit : ""));
}

static void get_metadata(struct exchange *x, struct daemon *d)
{
    const char *limit = exchange_form(x, "limit");
    uint64_t most = SIZE_MAX;
    if (limit && (!bytes_to_u64(bytes_of(limit), &most) || most == 0))
        most = SIZE_MAX;
    struct metadata m = {json_object(), exchange_form(x, "metric"), (size_t)most};
    registry_families(d->registry, add_family, &m);
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:o}", "status", "success", "data", m.data));
}

static void get_buildinfo(struct exchange *x, struct daemon *d)
{
    exchange_reply_value(x, 200,
                         json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}}", "status",
                                   "success", "data", "version", HEALTHD_VERSION,
                                   "revision", "", "branch", "", "buildUser", "",
                                   "buildDate", "", "goVersion", ""));
}

static const struct endpoint_param match_params[] = {
    {"match[]", "A series selector; may be given often.", false},
    {"start", "Only what has samples from then on.", false},
    {"end", "Only what has samples until then.", false},
    {"limit", "At most so many.", false},
    {0}};
static const struct endpoint_param values_params[] = {
    {"name", "A label's name.", true},
    {"match[]", "A series selector; may be given often.", false},
    {"start", "Only what has samples from then on.", false},
    {"end", "Only what has samples until then.", false},
    {"limit", "At most so many.", false},
    {0}};
static const struct endpoint_param metadata_params[] = {
    {"metric", "Only this family.", false}, {"limit", "At most so many.", false}, {0}};
static const struct endpoint_field answer_fields[] = {
    {"status", "string", "success, or error.", true},
    {"data", "array", "As Prometheus has it.", false},
    {0}};
static const struct endpoint_field object_fields[] = {
    {"status", "string", "success.", true},
    {"data", "object", "As Prometheus has it.", true},
    {0}};

const struct endpoint series_endpoints[] = {
    {"GET", "/api/v1/series", RIGHT_READ, match_params,
     "The label sets of series, as Prometheus lists them.", any_series,
     .cost = COST_QUERIES, .answer = answer_fields, .statuses = "400 422 503"},
    {"POST", "/api/v1/series", RIGHT_READ, match_params, "The same, from a form.",
     any_series, .cost = COST_QUERIES, .answer = answer_fields, .statuses = "400 422 503",
     .body_types = FORM_TYPE},
    {"GET", "/api/v1/labels", RIGHT_READ, match_params, "The names of labels.",
     any_labels, .cost = COST_QUERIES, .answer = answer_fields,
     .statuses = "400 422 503"},
    {"POST", "/api/v1/labels", RIGHT_READ, match_params, "The same, from a form.",
     any_labels, .cost = COST_QUERIES, .answer = answer_fields, .statuses = "400 422 503",
     .body_types = FORM_TYPE},
    {"GET", "/api/v1/label/{name}/values", RIGHT_READ, values_params,
     "The values of a label.", get_values, .cost = COST_QUERIES, .answer = answer_fields,
     .statuses = "400 422 503"},
    {"GET", "/api/v1/metadata", RIGHT_READ, metadata_params,
     "Type, help and unit of families.", get_metadata, .answer = object_fields},
    {"GET", "/api/v1/status/buildinfo", RIGHT_READ, NULL, "Which healthd this is.",
     get_buildinfo, .answer = object_fields},
    {0}};
