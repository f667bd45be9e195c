/* SPDX-License-Identifier: Apache-2.0 */
/* What there is in the history, as Prometheus lists it: series, label names, label values, metadata. */
#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "collector/prom_json.h"
#include "collector/query_lane.h"
#include "lib/core/metric.h"
#include "lib/core/verdict_json.h"

#define SELECTORS_MAX 64

struct request_sets { /* match[], start, end, limit */
    struct exchange *exchange;
    struct matchers sets[SELECTORS_MAX];
    size_t count;
    int64_t from, to;
    size_t limit;
    bool has_failed;
};

/* A series selector is PromQL that is nothing else. */
static void add_selector(void *ctx, const char *text)
{
    struct request_sets *r = ctx;
    struct promql_fault fault = {0};
    struct arena *arena = exchange_arena(r->exchange);
    size_t count = 0;
    if (r->has_failed || r->count >= SELECTORS_MAX)
        return;
    const struct promql *q = promql_parse(arena, arena_strdup(arena, text), &fault);
    const struct selector *const *selectors = q ? promql_selectors(q, &count) : NULL;
    if (q && count == 1 && promql_type_of(q) == PROMQL_VECTOR) {
        r->sets[r->count++] = selectors[0]->matchers;
        return;
    }
    r->has_failed = true;
    query_error(r->exchange, 400, "bad_data",
                "invalid parameter \"match[]\": %d:%d: parse error: %s", fault.line,
                fault.column, q ? "expected a series selector" : fault.text);
}

static bool read_bound(struct request_sets *r, const char *name, int64_t *ret)
{
    const char *text = exchange_form(r->exchange, name);
    struct wall at;
    double seconds;
    if (!text)
        return true;
    if (bytes_to_double(bytes_of(text), &seconds)) {
        *ret = (int64_t)(seconds * 1000);
        return true;
    }
    if (wall_parse(bytes_of(text), &at)) {
        *ret = wall_to_ms(at);
        return true;
    }
    query_error(r->exchange, 400, "bad_data",
                "invalid parameter \"%s\": cannot parse \"%.100s\" to a valid timestamp",
                name, text);
    return false;
}

/* NULL after answering. */
static struct request_sets *read_sets(struct exchange *x)
{
    struct request_sets *r = arena_alloc(exchange_arena(x), sizeof(*r));
    const char *limit = exchange_form(x, "limit");
    uint64_t most = 0;
    *r = (struct request_sets){.exchange = x, .to = INT64_MAX, .limit = SIZE_MAX};
    exchange_form_each(x, "match[]", add_selector, r);
    if (r->has_failed || !read_bound(r, "start", &r->from) ||
        !read_bound(r, "end", &r->to))
        return NULL;
    if (limit && bytes_to_u64(bytes_of(limit), &most) && most > 0)
        r->limit = (size_t)most;
    return r;
}

static void each_series(struct daemon *d, const struct request_sets *r,
                        void (*fn)(void *ctx, struct labels labels, struct point newest),
                        void *ctx)
{
    history_each(engine_history(act_engine(d)), r->sets, r->count, r->from, r->to, fn,
                 ctx);
}

/* ---- series ---- */

struct series_list {
    struct buf body;
    size_t count, limit;
};

static void add_series(void *ctx, struct labels labels, struct point newest)
{
    struct series_list *l = ctx;
    if (l->count == l->limit)
        return;
    if (l->count++ > 0)
        buf_add_byte(&l->body, ',');
    prom_json_labels(labels, &l->body);
}

static void any_series(struct exchange *x, struct daemon *d)
{
    const struct request_sets *r = read_sets(x);
    if (!r)
        return;
    if (r->count == 0) {
        query_error(x, 400, "bad_data", "no match[] parameter provided");
        return;
    }
    struct series_list l = {BUF_MAX(256u << 20), 0, r->limit};
    buf_add_text(&l.body, "{\"status\":\"success\",\"data\":[");
    each_series(d, r, add_series, &l);
    buf_add_text(&l.body, "]}");
    exchange_reply_json(x, 200, &l.body);
}

/* ---- names and values ---- */

struct words {
    struct map *found;
    const char *label; /* its values; NULL: names */
};

static void add_words(void *ctx, struct labels labels, struct point newest)
{
    struct words *w = ctx;
    for (size_t i = 0; i < labels.count; i++) {
        const struct label *l = &labels.items[i];
        if (!w->label)
            map_put(w->found, bytes_of(l->name), w);
        else if (!strcmp(l->name, w->label))
            map_put(w->found, bytes_of(l->value), w);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void reply_words(struct exchange *x, const struct map *found, size_t limit)
{
    const size_t count = map_count(found);
    const char **list = arena_alloc(exchange_arena(x), (count + 1) * sizeof(*list));
    struct buf body = BUF_MAX(64u << 20);
    size_t at = 0;
    for (const struct map_entry *it = NULL; (it = map_next(found, it));)
        list[at++] = it->key;
    qsort(list, count, sizeof(*list), by_text);
    buf_add_text(&body, "{\"status\":\"success\",\"data\":[");
    for (size_t i = 0; i < count && i < limit; i++) {
        if (i > 0)
            buf_add_byte(&body, ',');
        buf_add_json(&body, bytes_of(list[i]));
    }
    buf_add_text(&body, "]}");
    exchange_reply_json(x, 200, &body);
}

static void answer_words(struct exchange *x, struct daemon *d, const char *label)
{
    const struct request_sets *r = read_sets(x);
    if (!r)
        return;
    struct words w = {map_create(), label};
    each_series(d, r, add_words, &w);
    reply_words(x, w.found, r->limit);
    map_destroy(w.found);
}

static void any_labels(struct exchange *x, struct daemon *d)
{
    answer_words(x, d, NULL);
}

static void get_values(struct exchange *x, struct daemon *d)
{
    const char *label = exchange_segment(x, "name");
    if (strcmp(label, "__name__") != 0 && !label_name_valid(bytes_of(label)))
        query_error(x, 400, "bad_data", "invalid label name: \"%.100s\"", label);
    else
        answer_words(x, d, label);
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

const struct endpoint series_endpoints[] = {
    {"GET", "/api/v1/series", RIGHT_READ, match_params,
     "The label sets of series, as Prometheus lists them.", any_series},
    {"POST", "/api/v1/series", RIGHT_READ, match_params, "The same, from a form.",
     any_series},
    {"GET", "/api/v1/labels", RIGHT_READ, match_params, "The names of labels.",
     any_labels},
    {"POST", "/api/v1/labels", RIGHT_READ, match_params, "The same, from a form.",
     any_labels},
    {"GET", "/api/v1/label/{name}/values", RIGHT_READ, values_params,
     "The values of a label.", get_values},
    {"GET", "/api/v1/metadata", RIGHT_READ, metadata_params,
     "Type, help and unit of families.", get_metadata},
    {"GET", "/api/v1/status/buildinfo", RIGHT_READ, NULL, "Which healthd this is.",
     get_buildinfo},
    {0}};
