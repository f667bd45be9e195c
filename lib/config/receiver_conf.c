/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `receivers:`: a mapping from a name to {type: its options}, with what every receiver can say beside it: backlog, rate,
 * age. Called by generation.c before rules and routes, which name them.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"
#include "lib/core/opt_load.h"

enum { RECEIVERS_MAX = 500, NAMES_MAX = 100, SHOWN_MAX = 600 };

struct receiver_rows { /* what every receiver has, whatever its type */
    int backlog, severity_floor;
    double rate, burst;
    nsec max_age;
    bool send_resolved;
};

enum { BY_TYPE, REPLAY, COALESCE };
static const struct opt_choice backlog_choices[] = {
    {"replay", REPLAY, "each notice in order"},
    {"coalesce", COALESCE, "what waited becomes one notice"},
    {0},
};

enum { FLOOR_NONE, FLOOR_INFO, FLOOR_WARNING, FLOOR_ERROR, FLOOR_CRITICAL };
static const struct opt_choice floor_choices[] = {
    {"info", FLOOR_INFO, "info and above"},
    {"warning", FLOOR_WARNING, "warning and above"},
    {"error", FLOOR_ERROR, "error and critical"},
    {"critical", FLOOR_CRITICAL, "critical alone"},
    {0},
};

#define OPT_STRUCT struct receiver_rows
const struct opt receiver_opts[] = {
    OPT_ROW_CHOICE("backlog", backlog, OPT_NONE, backlog_choices,
                   "What is sent once it can be reached again. When it is not written, "
                   "the type decides."),
    OPT_ROW_NUMBER("rate", rate, OPT_NONE, 0.001, 1000,
                   "Notices a second, on average. When it is not written, the type "
                   "decides.",
                   .unit = "notices a second"),
    OPT_ROW_NUMBER("burst", burst, OPT_NONE, 1, 10000,
                   "Notices at once before that holds. When it is not written, the type "
                   "decides.",
                   .unit = "notices"),
    OPT_ROW_DURATION("max_age", max_age, "7d", 60, 31536000,
                     "How long a notice that cannot be delivered is kept and tried."),
    OPT_ROW_BOOL("send_resolved", send_resolved, "true",
                 "Whether it is told when what it was told of has ended."),
    OPT_ROW_CHOICE("severity_floor", severity_floor, OPT_NONE, floor_choices,
                   "The least severity it is told of. When it is not written: all. A "
                   "severity that is not known counts as critical, an alert without "
                   "one as a warning."),
    {0},
};
#undef OPT_STRUCT

/* ---- keys ---- */

static size_t type_names(const char **ret_names)
{
    size_t count = 0;
    for (const struct notifier_type *const *t = notifier_types; *t && count < NAMES_MAX;
         t++)
        ret_names[count++] = (*t)->name;
    ret_names[count] = NULL;
    return count;
}

static void hint_types(struct loader *l)
{
    const char *names[NAMES_MAX + 1];
    struct buf list = BUF_MAX(SHOWN_MAX);
    const size_t count = type_names(names);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    diag_hint(l->diag, "the types are: %s", buf_text(&list));
    buf_finish(&list);
}

static void report_strange_key(struct loader *l, const struct node *n)
{
    const char *names[2 * NAMES_MAX + 1];
    size_t count = type_names(names);
    for (const struct opt *row = receiver_opts; row->name; row++)
        names[count++] = row->name;
    names[count] = NULL;
    const char *near = nearest_word(n->key, names);
    diag_error(l->diag, n->key_at, "'%.80s' is no notifier type of this version", n->key);
    if (near)
        diag_hint(l->diag, "did you mean '%s'?", near);
    else
        hint_types(l);
}

/* The first member of the mapping that is a type; NULL after reporting. Other keys that are strange are reported. */
static const struct node *type_member(struct loader *l, const struct node *node)
{
    const struct node *found = NULL;
    bool is_faulty = false;
    for (const struct node *n = node->first; n; n = n->next) {
        if (notifier_type_find(n->key) && found) {
            diag_error(l->diag, n->key_at,
                       "receiver '%.80s' has two types, '%s' and '%s'", node->key,
                       found->key, n->key);
            diag_hint(l->diag, "make two receivers of it; a route may name several");
            is_faulty = true;
        } else if (notifier_type_find(n->key)) {
            found = n;
        } else if (!opt_find(receiver_opts, n->key)) {
            report_strange_key(l, n);
            is_faulty = true;
        }
    }
    if (!found && !is_faulty) {
        diag_error(l->diag, node->at, "receiver '%.80s' has no type", node->key);
        hint_types(l);
    }
    return found;
}

/* ---- one receiver ---- */

/* All but a type's options, and what is strange and was reported. */
static const struct receiver_rows *common_read(struct loader *l, const struct node *node)
{
    struct node *own = node_map(l->arena, node->at);
    for (const struct node *n = node->first; n; n = n->next) {
        if (opt_find(receiver_opts, n->key))
            conf_put_copy(l->arena, own, n->key, n);
    }
    return conf_rows(l, receiver_opts, sizeof(struct receiver_rows), own);
}

static struct template *conf_read(struct loader *l, const struct notifier_type *type,
                                  const struct node *node)
{
    const struct opt_part part = {type->opts, type->conf_size};
    const void *conf;
    struct err e = {0};
    struct template *t = template_load(&l->ctx, &part, 1, node, NULL);
    if (!t || conf_has_unknown(l, t))
        return NULL;
    if (template_fill(t, NULL, NULL, l->arena, &conf, &e) &&
        (!type->validate || type->validate(conf, l->arena, &e)))
        return t;
    diag_error(l->diag, node->at, "%s: %s", type->name,
               secrets_redacted(l->secrets, l->arena, e.text));
    return NULL;
}

static enum backlog backlog_of(const struct receiver_rows *rows,
                               const struct notifier_type *type)
{
    if (rows->backlog == BY_TYPE)
        return type->backlog;
    return rows->backlog == REPLAY ? BACKLOG_REPLAY : BACKLOG_COALESCE;
}

static const char *floor_name(int severity_floor)
{
    for (const struct opt_choice *c = floor_choices; c->name; c++) {
        if (c->value == severity_floor)
            return c->name;
    }
    return "";
}

static const char *canonical_text(struct loader *l, const struct node *node)
{
    struct buf out = BUF_MAX((size_t)NODE_MAX_BYTES * 2);
    node_canonical(node, &out);
    const char *text = arena_printf(l->arena, "%s: %s", node->key, buf_text(&out));
    buf_finish(&out);
    return text;
}

static const struct receiver *receiver_load(struct loader *l, const struct node *node)
{
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "receiver '%.80s' must be a mapping, not %s",
                   node->key, node_kind_name(node->kind));
        diag_hint(l->diag, "for example: %.40s: {slack: {webhook_url: …}}", node->key);
        return NULL;
    }
    const size_t errors = diag_error_count(l->diag);
    const struct node *member = type_member(l, node);
    const struct receiver_rows *rows = common_read(l, node);
    if (!member)
        return NULL;
    const struct notifier_type *type = notifier_type_find(member->key);
    struct template *conf = conf_read(l, type, member);
    if (diag_error_count(l->diag) != errors)
        return NULL;
    struct receiver *r = arena_alloc(l->arena, sizeof(*r));
    *r = (struct receiver){
        .name = node->key,
        .type = type,
        .conf = conf,
        .backlog = backlog_of(rows, type),
        .rate = rows->rate > 0 ? rows->rate : type->rate,
        .burst = rows->burst > 0 ? rows->burst : type->burst,
        .max_age = rows->max_age,
        .send_resolved = rows->send_resolved,
        .severity_floor = floor_name(rows->severity_floor),
        .canonical = canonical_text(l, node),
    };
    return r;
}

void receivers_load(struct loader *l, const struct node *node)
{
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "receivers must be a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(
            l->diag,
            "for example: {oncall: {pagerduty: {routing_key: …}}, chat: {slack: …}}");
        return;
    }
    l->receivers = node;
    if (node->count > RECEIVERS_MAX) {
        diag_error(l->diag, node->at, "there are %zu receivers; at most %d are taken",
                   node->count, RECEIVERS_MAX);
        return;
    }
    const struct receiver **list =
        arena_alloc(l->arena, (node->count + 1) * sizeof(*list));
    size_t count = 0;
    for (const struct node *n = node->first; n; n = n->next) {
        const struct receiver *r = receiver_load(l, n);
        if (r)
            list[count++] = r;
    }
    l->g->alerting.receivers = (struct receivers){list, count};
}

/* ---- out ---- */

static void print_one(const struct receiver *r, struct buf *out)
{
    const struct receiver_rows rows = {
        .backlog = r->backlog == BACKLOG_REPLAY ? REPLAY : COALESCE,
        .rate = r->rate,
        .burst = r->burst,
        .max_age = r->max_age,
        .send_resolved = r->send_resolved,
    };
    buf_add_text(out, "  ");
    node_print_text(r->name, out);
    buf_printf(out, ":\n    %s:\n", r->type->name);
    template_print(r->conf, 6, out);
    for (const struct opt *row = receiver_opts; row->name; row++) {
        if (!opt_is_set(row, &rows, NULL))
            continue;
        buf_printf(out, "    %s: ", row->name);
        opt_print(row, &rows, out);
        buf_add_byte(out, '\n');
    }
    if (*r->severity_floor)
        buf_printf(out, "    severity_floor: %s\n", r->severity_floor);
}

void receivers_print(const struct generation *g, struct buf *out)
{
    const struct receivers *r = &g->alerting.receivers;
    if (r->count > 0)
        buf_add_text(out, "receivers:\n");
    for (size_t i = 0; i < r->count; i++)
        print_one(r->items[i], out);
}
