/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule test as it is written: promtool's keys, the rule files that it names, series, expectations. Called by
 * rule_test.c. Every fault is said at once, with its place; nothing is evaluated here.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/rule_build.h"
#include "alerts/rule_test_impl.h"
#include "lib/core/path_glob.h"

#define FUZZY_TOLERANCE 1e-9

struct file_rows {
    struct texts rule_files, group_eval_order;
    nsec interval;
    bool is_fuzzy;
    const struct node *tests;
};
struct group_rows {
    const char *name, *external_url;
    nsec interval;
    const struct node *series, *alerts, *queries, *external_labels;
};
struct series_rows {
    const char *series, *values;
};
struct alert_rows {
    nsec at;
    const char *name;
    const struct node *expected;
};
struct expected_rows {
    const struct node *labels, *annotations;
};
struct query_rows {
    const char *expr;
    nsec at;
    const struct node *samples;
};
struct sample_rows {
    const char *labels, *value;
};

#define OPT_STRUCT struct file_rows
static const struct opt file_opts[] = {
    OPT_ROW_TEXTS("rule_files", rule_files, OPT_NONE, "Rule files, beside the test."),
    OPT_ROW_DURATION("evaluation_interval", interval, "1m", 0.001, 366 * 86400,
                     "Time between two evaluations."),
    OPT_ROW_TEXTS("group_eval_order", group_eval_order, OPT_NONE,
                  "Groups in the order of evaluation."),
    OPT_ROW_BOOL("fuzzy_compare", is_fuzzy, "false", "Values may differ by a billionth."),
    OPT_ROW_NODE("tests", tests, "The tests.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct group_rows
static const struct opt group_opts[] = {
    OPT_ROW_TEXT("name", name, "", "Name of the test.", .flags = OPT_LATE),
    OPT_ROW_DURATION("interval", interval, OPT_NONE, 0.001, 366 * 86400,
                     "Time between two samples."),
    OPT_ROW_NODE("input_series", series, "Series.", .flags = OPT_LATE),
    OPT_ROW_NODE("alert_rule_test", alerts, "Alerts.", .flags = OPT_LATE),
    OPT_ROW_NODE("promql_expr_test", queries, "Queries.", .flags = OPT_LATE),
    OPT_ROW_NODE("external_labels", external_labels, "Labels.", .flags = OPT_LATE),
    OPT_ROW_TEXT("external_url", external_url, "", "URL.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct series_rows
static const struct opt series_opts[] = {
    OPT_ROW_TEXT("series", series, NULL, "Name and labels.", .flags = OPT_LATE),
    OPT_ROW_TEXT("values", values, NULL, "Samples.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct alert_rows
static const struct opt alert_opts[] = {
    OPT_ROW_DURATION("eval_time", at, "0s", 0, 0, "When."),
    OPT_ROW_TEXT("alertname", name, NULL, "Which.", .flags = OPT_LATE),
    OPT_ROW_NODE("exp_alerts", expected, "What fires.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct expected_rows
static const struct opt expected_opts[] = {
    OPT_ROW_NODE("exp_labels", labels, "Labels.", .flags = OPT_LATE),
    OPT_ROW_NODE("exp_annotations", annotations, "Annotations.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct query_rows
static const struct opt query_opts[] = {
    OPT_ROW_TEXT("expr", expr, NULL, "PromQL.", .flags = OPT_LATE),
    OPT_ROW_DURATION("eval_time", at, "0s", 0, 0, "When."),
    OPT_ROW_NODE("exp_samples", samples, "What it gives.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct sample_rows
static const struct opt sample_opts[] = {
    OPT_ROW_TEXT("labels", labels, "", "Labels.", .flags = OPT_LATE),
    OPT_ROW_TEXT("value", value, "0", "Value.", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

struct file_reader {
    struct rule_reader rules;
    struct arena *arena;
    struct diag *diag;
    struct test_file *file;
    struct test_group *group; /* the one that is read */
    nsec step;
};

/* ---- lists ---- */

/* How many items node has; 0 after reporting that it is no list. */
static size_t list_length(struct file_reader *r, const struct node *node,
                          const char *what)
{
    if (!node || node->kind == NODE_NULL)
        return 0;
    if (node->kind == NODE_LIST)
        return node->count;
    diag_error(r->diag, node->at, "%s must be a list, not %s", what,
               node_kind_name(node->kind));
    return 0;
}

static bool rows(struct file_reader *r, const struct opt *table, size_t size,
                 const struct node *node, const void **ret)
{
    if (node->kind != NODE_MAP) {
        diag_error(r->diag, node->at, "expected a mapping, not %s",
                   node_kind_name(node->kind));
        return false;
    }
    const size_t errors = diag_error_count(r->diag);
    *ret = rule_rows_read(&r->rules, table, size, node);
    return diag_error_count(r->diag) == errors;
}

/* A mapping of texts; empty ones are none. */
static struct labels read_texts(struct file_reader *r, const struct node *node)
{
    if (!node || node->kind == NODE_NULL)
        return (struct labels){0};
    if (node->kind != NODE_MAP) {
        diag_error(r->diag, node->at, "expected a mapping of texts, not %s",
                   node_kind_name(node->kind));
        return (struct labels){0};
    }
    struct label *items = arena_alloc(r->arena, (node->count + 1) * sizeof(*items));
    size_t count = 0;
    for (const struct node *n = node->first; n; n = n->next) {
        if (n->kind == NODE_SCALAR && *n->text)
            items[count++] = (struct label){n->key, n->text};
        else if (n->kind != NODE_SCALAR && n->kind != NODE_NULL)
            diag_error(r->diag, n->at, "expected a text, not %s",
                       node_kind_name(n->kind));
    }
    labels_sort(items, count);
    return (struct labels){items, count};
}

/* ---- one test ---- */

static void read_series(struct file_reader *r, const struct node *list)
{
    const size_t most = list_length(r, list, "input_series");
    struct test_group *g = r->group;
    g->series = arena_alloc(r->arena, (most + 1) * sizeof(*g->series));
    for (const struct node *n = most ? list->first : NULL; n; n = n->next) {
        struct input_series *s = &g->series[g->series_count];
        const void *conf;
        struct err e = {0};
        if (!rows(r, series_opts, sizeof(struct series_rows), n, &conf))
            continue;
        const struct series_rows *c = conf;
        if (!series_notation_labels(r->arena, c->series, &s->labels, &e))
            diag_error(r->diag, rule_key_place(n, "series"), "%s", e.text);
        else if (!series_notation_points(r->arena, c->values, 0, r->step / NSEC_PER_MSEC,
                                         &s->points, &e))
            diag_error(r->diag, rule_key_place(n, "values"), "%s", e.text);
        else
            g->series_count++;
    }
}

static void read_expected(struct file_reader *r, struct alert_test *t,
                          const struct node *list)
{
    const size_t most = list_length(r, list, "exp_alerts");
    const struct label name = {"alertname", t->name};
    struct test_alert *items = arena_alloc(r->arena, (most + 1) * sizeof(*items));
    for (const struct node *n = most ? list->first : NULL; n; n = n->next) {
        const void *conf;
        if (!rows(r, expected_opts, sizeof(struct expected_rows), n, &conf))
            continue;
        const struct expected_rows *c = conf;
        items[t->count++] = (struct test_alert){
            labels_merge(r->arena, read_texts(r, c->labels), (struct labels){&name, 1}),
            read_texts(r, c->annotations)};
    }
    t->expected = items;
}

static void read_alerts(struct file_reader *r, const struct node *list)
{
    const size_t most = list_length(r, list, "alert_rule_test");
    struct test_group *g = r->group;
    g->alerts = arena_alloc(r->arena, (most + 1) * sizeof(*g->alerts));
    for (const struct node *n = most ? list->first : NULL; n; n = n->next) {
        struct alert_test *t = &g->alerts[g->alert_count];
        const void *conf;
        if (!rows(r, alert_opts, sizeof(struct alert_rows), n, &conf))
            continue;
        const struct alert_rows *c = conf;
        *t = (struct alert_test){.at = c->at, .name = c->name};
        read_expected(r, t, c->expected);
        g->end = c->at > g->end ? c->at : g->end;
        g->alert_count++;
    }
}

/* As YAML writes numbers: .inf, -.inf and .nan, too. */
static bool yaml_number(const char *text, double *ret)
{
    const bool is_minus = text[0] == '-';
    const char *word = text + (is_minus || text[0] == '+');
    if (word[0] != '.' || (word[1] >= '0' && word[1] <= '9'))
        return bytes_to_double(bytes_of(text), ret);
    if (!bytes_to_double(bytes_of(word + 1), ret))
        return false;
    *ret = is_minus ? -*ret : *ret;
    return true;
}

static void read_samples(struct file_reader *r, struct promql_test *t,
                         const struct node *list)
{
    const size_t most = list_length(r, list, "exp_samples");
    struct test_sample *items = arena_alloc(r->arena, (most + 1) * sizeof(*items));
    for (const struct node *n = most ? list->first : NULL; n; n = n->next) {
        const void *conf;
        struct err e = {0};
        if (!rows(r, sample_opts, sizeof(struct sample_rows), n, &conf))
            continue;
        const struct sample_rows *c = conf;
        struct test_sample *x = &items[t->count++];
        if (!yaml_number(c->value, &x->value))
            diag_error(r->diag, rule_key_place(n, "value"), "'%s' is no number",
                       c->value);
        if (*c->labels && !series_notation_labels(r->arena, c->labels, &x->labels, &e))
            diag_error(r->diag, rule_key_place(n, "labels"), "%s", e.text);
    }
    t->expected = items;
}

static void read_queries(struct file_reader *r, const struct node *list)
{
    const size_t most = list_length(r, list, "promql_expr_test");
    struct test_group *g = r->group;
    g->queries = arena_alloc(r->arena, (most + 1) * sizeof(*g->queries));
    for (const struct node *n = most ? list->first : NULL; n; n = n->next) {
        struct promql_test *t = &g->queries[g->query_count];
        const void *conf;
        if (!rows(r, query_opts, sizeof(struct query_rows), n, &conf))
            continue;
        const struct query_rows *c = conf;
        *t = (struct promql_test){
            .at = c->at,
            .text = c->expr,
            .expr = rule_promql_read(&r->rules, node_get(n, "expr"), c->expr)};
        read_samples(r, t, c->samples);
        g->end = c->at > g->end ? c->at : g->end;
        g->query_count += t->expr != NULL;
    }
}

static void read_group(struct file_reader *r, const struct node *n)
{
    const void *conf;
    if (!rows(r, group_opts, sizeof(struct group_rows), n, &conf))
        return;
    const struct group_rows *c = conf;
    r->group = &r->file->groups[r->file->group_count++];
    *r->group = (struct test_group){
        .name = *c->name ? c->name : arena_printf(r->arena, "%zu", r->file->group_count),
        .external_url = c->external_url,
        .external_labels = read_texts(r, c->external_labels),
    };
    r->step = c->interval > 0 ? c->interval : r->file->interval;
    read_series(r, c->series);
    read_alerts(r, c->alerts);
    read_queries(r, c->queries);
}

/* ---- rule files ---- */

static const char *beside(struct arena *arena, const char *path, const char *name)
{
    const char *slash = *name == '/' ? NULL : strrchr(path, '/');
    return slash ? arena_printf(arena, "%.*s%s", (int)(slash - path + 1), path, name)
                 : name;
}

static void read_rule_file(struct file_reader *r, struct rule_list *list,
                           const char *path, struct place at)
{
    const char *name = arena_strdup(r->arena, path);
    const struct rule_source source = {.file = name};
    const size_t errors = diag_error_count(r->diag);
    const struct node *root = node_load(r->arena, name, r->diag);
    if (root)
        rule_file_read(list, arena_memdup(r->arena, &source, sizeof(source)), root);
    if (diag_error_count(r->diag) > errors)
        diag_note(r->diag, at, "%s is named here", name);
}

static void read_rule_files(struct file_reader *r, const struct texts *names,
                            const char *path, struct place at)
{
    r->rules.interval = r->file->interval;
    struct rule_list *list = rule_list_create(&r->rules);
    for (size_t i = 0; i < names->count; i++) {
        struct texts found = {0};
        struct err e;
        if (!path_glob(r->arena, beside(r->arena, path, names->items[i]), &found, &e))
            diag_error(r->diag, at, "%s", e.text);
        for (size_t k = 0; k < found.count; k++)
            read_rule_file(r, list, found.items[k], at);
    }
    rule_list_finish(list, &r->file->rules);
}

static size_t rank_of(const struct texts *order, const char *name)
{
    for (size_t i = 0; i < order->count; i++) {
        if (!strcmp(order->items[i], name))
            return i;
    }
    return 0;
}

/* As promtool does it: what is not listed comes with the first. Stable. */
static void order_groups(struct file_reader *r, const struct texts *order)
{
    const struct rules *rules = &r->file->rules;
    const struct rule_group **list =
        arena_alloc(r->arena, (rules->count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t rank = 0; rank == 0 || rank < order->count; rank++) {
        for (size_t i = 0; i < rules->count; i++) {
            if (rank_of(order, rules->groups[i]->name) == rank)
                list[count++] = rules->groups[i];
        }
    }
    r->file->order = list;
}

bool test_file_read(const char *path, struct arena *arena, struct diag *d,
                    struct test_file *ret)
{
    struct file_reader r = {
        .rules = {.arena = arena, .diag = d}, .arena = arena, .diag = d, .file = ret};
    const size_t errors = diag_error_count(d);
    const struct node *root = node_load(arena, path, d);
    const void *conf;
    *ret = (struct test_file){0};
    if (!root || !rows(&r, file_opts, sizeof(struct file_rows), root, &conf))
        return false;
    const struct file_rows *c = conf;
    ret->interval = c->interval;
    ret->tolerance = c->is_fuzzy ? FUZZY_TOLERANCE : 0;
    read_rule_files(&r, &c->rule_files, path, rule_key_place(root, "rule_files"));
    order_groups(&r, &c->group_eval_order);
    const size_t most = list_length(&r, c->tests, "tests");
    ret->groups = arena_alloc(arena, (most + 1) * sizeof(*ret->groups));
    for (const struct node *n = most ? c->tests->first : NULL; n; n = n->next)
        read_group(&r, n);
    return diag_error_count(d) == errors;
}
