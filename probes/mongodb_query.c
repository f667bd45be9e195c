/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom metrics as configured: count, find and aggregate, checked when the configuration loads. What writes, runs
 * JavaScript or never ends is refused here, before any server sees it. Called by mongodb_options.c and _custom.c.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/node.h"
#include "probes/mongodb.h"

#define MAX_QUESTION (64u << 10)

struct forbidden {
    const char *word, *why;
};
static const struct forbidden forbidden[] = {
    {"$out", "writes a collection"},
    {"$merge", "writes a collection"},
    {"$where", "runs JavaScript on the server"},
    {"$function", "runs JavaScript on the server"},
    {"$accumulator", "runs JavaScript on the server"},
    {"$changeStream", "never ends"},
};

#define OPT_STRUCT struct mongodb_query
const struct opt mongodb_query_opts[] = {
    CUSTOM_METRIC_ROWS(metric),
    OPT_ROW_TEXT("database", database, "",
                 "Database to ask; the connection string's when left out."),
    OPT_ROW_TEXT("collection", collection, NULL, "Collection to ask.", .min = 1,
                 .max = 255),
    OPT_ROW_NODE(
        "count", count,
        "How many documents match this filter: {status: open}; {} counts all. The "
        "column is n.",
        .unit = "a filter"),
    OPT_ROW_NODE("find", find,
                 "Documents that match this filter, one row each; their fields are the "
                 "columns.",
                 .unit = "a filter"),
    OPT_ROW_NODE("aggregate", aggregate,
                 "Stages of a pipeline that only reads; each document of its result is a "
                 "row.",
                 .unit = "a list of stages"),
    OPT_ROW_NODE("sort", sort, "With `find`: the order, {created: -1}.",
                 .unit = "an order"),
    OPT_ROW_NODE("projection", projection,
                 "With `find`: the fields, {created: 1, _id: 0}.", .unit = "fields"),
    {0},
};
#undef OPT_STRUCT

/* As JSON: written as YAML, or as a text that is JSON already. */
bool mongodb_query_document(struct arena *arena, const struct node *n,
                            struct bytes *ret_document, struct err *e)
{
    struct buf json = BUF_MAX(MAX_QUESTION);

    if (n->kind == NODE_SCALAR)
        buf_add_text(&json, n->text);
    else
        node_json(n, &json);
    const bool is_whole = !json.overflow;
    const bool is_read =
        is_whole && mongodb_from_json(arena, buf_bytes(&json), ret_document, e);
    buf_finish(&json);
    if (!is_whole)
        return err_set(e, "it is longer than %u KiB", MAX_QUESTION >> 10);
    return is_read || err_wrap(e, "it is no document that MongoDB could read");
}

/* True when a key of it, however deep, is forbidden. The tree's depth is bounded by the reader's. */
static const struct forbidden *find_forbidden(const struct node *n)
{
    for (size_t i = 0; n->key && i < ARRAY_LEN(forbidden); i++) {
        if (!strcmp(n->key, forbidden[i].word))
            return &forbidden[i];
    }
    for (const struct node *it = n->first; it; it = it->next) {
        const struct forbidden *found = find_forbidden(it);
        if (found)
            return found;
    }
    return NULL;
}

/* As a key of JSON, which has no escapes in it. */
static const struct forbidden *find_in_text(const char *text)
{
    char key[32];

    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
        snprintf(key, sizeof(key), "\"%s\"", forbidden[i].word);
        if (strstr(text, key))
            return &forbidden[i];
    }
    return NULL;
}

static bool check_part(const struct node *n, const char *name, struct arena *arena,
                       struct err *e)
{
    struct bytes document;
    const struct forbidden *found;

    if (!n)
        return true;
    if (n->kind == NODE_SCALAR && strchr(n->text, '\\'))
        return err_set(e, "%s: write it as YAML, or as JSON without escapes", name);
    found = n->kind == NODE_SCALAR ? find_in_text(n->text) : find_forbidden(n);
    if (found)
        return err_set(e, "%s: %s %s; custom metrics only read", name, found->word,
                       found->why);
    return mongodb_query_document(arena, n, &document, e) || err_wrap(e, "%s", name);
}

static bool check_kind(const struct mongodb_query *q, struct err *e)
{
    const int questions = (q->count != NULL) + (q->find != NULL) + (q->aggregate != NULL);

    if (questions != 1)
        return err_set(e, "give one of `count`, `find` and `aggregate`");
    if (!q->find && (q->sort || q->projection))
        return err_set(e, "`sort` and `projection` belong to `find`");
    if (q->aggregate && q->aggregate->kind == NODE_MAP)
        return err_set(e, "aggregate: expected a list of stages, got a mapping");
    return true;
}

bool mongodb_query_check(const struct mongodb_query *q, struct arena *arena,
                         struct err *e)
{
    return (check_kind(q, e) && check_part(q->count, "count", arena, e) &&
            check_part(q->find, "find", arena, e) &&
            check_part(q->aggregate, "aggregate", arena, e) &&
            check_part(q->sort, "sort", arena, e) &&
            check_part(q->projection, "projection", arena, e)) ||
           err_wrap(e, "metrics: %s", q->metric.name);
}
