/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `route:`, Alertmanager's tree: each route's rows, what it has from the one above it, and what cannot be. Called by
 * routing_conf.c. A route of ours may also name several receivers, hold what a window mutes, and escalate.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"

enum { ON_INACTIVE_QUEUE, ON_INACTIVE_DROP };

struct escalate_rows {
    nsec after;
    const char *to;
};

struct route_rows {
    struct texts receiver, matchers, group_by;
    struct pairs match, match_re;
    bool has_continue;
    nsec group_wait, group_interval, repeat_interval;
    struct texts mute, active;
    int on_inactive;
    struct sections escalate; /* struct escalate_rows */
    const struct node *routes;
};

static const struct opt_choice inactive_choices[] = {
    {"queue", ON_INACTIVE_QUEUE,
     "It is held, and told when the window opens: what fires still, and what came and "
     "went."},
    {"drop", ON_INACTIVE_DROP,
     "As Alertmanager: what came and went in the meantime is not told."},
    {0},
};

#define OPT_STRUCT struct escalate_rows
static const struct opt escalate_opts[] = {
    OPT_ROW_DURATION("after", after, NULL, 1, 7 * 86400,
                     "How long nobody has taken it, from the first notice on."),
    OPT_ROW_TEXT("to", to, NULL, "The receiver that is told then, too."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct route_rows
const struct opt route_opts[] = {
    OPT_ROW_TEXTS("receiver", receiver, OPT_NONE,
                  "Who is told: one name of `receivers:` or several, or none. When it is "
                  "not written: as the route above."),
    OPT_ROW_TEXTS(
        "matchers", matchers, OPT_NONE,
        "What an alert must match, all of them: severity=\"critical\", with one "
        "of = != =~ !~."),
    OPT_ROW_PAIRS("match", match, OPT_NONE,
                  "Older form of matchers: labels and their values."),
    OPT_ROW_PAIRS("match_re", match_re, OPT_NONE,
                  "Older form of matchers: labels and regular expressions."),
    OPT_ROW_BOOL("continue", has_continue, "false",
                 "Whether the routes after this one are asked as well."),
    OPT_ROW_TEXTS("group_by", group_by, OPT_NONE,
                  "Labels by which alerts share a notice; [...] for all labels. When it "
                  "is not written: as the route above, and at the top none."),
    OPT_ROW_DURATION("group_wait", group_wait, OPT_NONE, 0, 86400,
                     "How long the first notice of a group waits for more. When it is "
                     "not written: as the route above, and at the top 30s."),
    OPT_ROW_DURATION("group_interval", group_interval, OPT_NONE, 1, 7 * 86400,
                     "Time between two notices of a group that changed. When it is not "
                     "written: as the route above, and at the top 5m."),
    OPT_ROW_DURATION("repeat_interval", repeat_interval, OPT_NONE, 0, 365 * 86400,
                     "Time after which what still fires is told again; 0 for never. When "
                     "it is not written: as the route above, and at the top 4h."),
    OPT_ROW_TEXTS("mute_time_intervals", mute, OPT_NONE,
                  "Names of `time_intervals:` in which it tells nothing."),
    OPT_ROW_TEXTS("active_time_intervals", active, OPT_NONE,
                  "Names of `time_intervals:` outside which it tells nothing."),
    OPT_ROW_CHOICE("on_inactive", on_inactive, "queue", inactive_choices,
                   "What becomes of what it does not tell at such times."),
    OPT_ROW_SECTIONS("escalate", escalate, struct escalate_rows, escalate_opts,
                     "Who else is told when nobody takes it."),
    OPT_ROW_NODE("routes", routes, "Routes below this one, asked in their order.",
                 .unit = "list of routes", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

/* ---- one route ---- */

const char *route_key(struct arena *arena, const struct route *parent,
                      struct matchers matchers)
{
    struct buf out = BUF_MAX((size_t)1 << 20);
    buf_printf(&out, "%s%s", parent ? parent->key : "", parent ? "/" : "");
    matchers_print(matchers, &out);
    return arena_keep(arena, &out);
}

/* It asks for the severity, and takes critical but not warning. */
bool route_is_critical(const struct route *r)
{
    for (; r; r = r->parent) {
        for (size_t i = 0; i < r->matchers.count; i++) {
            const struct matcher *m = &r->matchers.items[i];
            if (!strcmp(m->name, "severity") && matcher_matches(m, "critical") &&
                !matcher_matches(m, "warning"))
                return true;
        }
    }
    return false;
}

static const struct interval *const *
intervals_named(struct loader *l, const struct texts *names, const struct node *node)
{
    const struct interval **list =
        arena_alloc(l->arena, (names->count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct node *n = conf_item(node, i);
        const struct interval *found =
            interval_named(l, names->items[i], n ? n->at : (struct place){0});
        if (found)
            list[count++] = found;
    }
    return list;
}

static const char *const *group_by_read(struct loader *l, const struct texts *names,
                                        const struct node *node)
{
    const char **list = arena_alloc(l->arena, (names->count + 1) * sizeof(*list));
    for (size_t i = 0; i < names->count; i++) {
        const struct node *n = conf_item(node, i);
        const struct place at = n ? n->at : (struct place){0};
        if (!strcmp(names->items[i], "...") && names->count > 1)
            diag_error(l->diag, at, "'...' stands for all labels: it stands alone");
        for (size_t k = 0; k < i; k++) {
            if (!strcmp(names->items[i], names->items[k]))
                diag_error(l->diag, at, "'%s' is in group_by twice", names->items[i]);
        }
        list[i] = names->items[i];
    }
    return list;
}

static const struct escalation *
escalate_read(struct loader *l, const struct sections *rows, const struct node *node)
{
    struct escalation *list = arena_alloc(l->arena, (rows->count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct escalate_rows *one = &((const struct escalate_rows *)rows->items)[i];
        const struct receiver *to =
            receiver_named(l, one->to, conf_place(rows->nodes[i], "to"));
        if (to)
            list[count++] = (struct escalation){one->after, to};
    }
    return list;
}

static bool is_written(const struct node *node, const char *key)
{
    const struct node *n = node_get(node, key);
    return n && n->kind != NODE_NULL;
}

/* What is not written is the parent's; of the root, Alertmanager's own defaults. Matchers, `continue` and windows are
 * never handed down. */
static void take_rows(struct loader *l, const struct route_rows *rows,
                      const struct node *node, struct route *r)
{
    static const struct receiver *const nobody[] = {NULL};
    static const char *const no_labels[] = {NULL};
    static const struct escalation never[] = {{0, NULL}};
    static const struct route top = {.receivers = nobody,
                                     .group_by = no_labels,
                                     .group_wait = 30 * NSEC_PER_SEC,
                                     .group_interval = 5 * NSEC_PER_MINUTE,
                                     .repeat_interval = 4 * NSEC_PER_HOUR,
                                     .escalate = never};
    const struct route *from = r->parent ? r->parent : &top;
    r->has_continue = rows->has_continue;
    r->receivers = from->receivers;
    r->is_for_nobody = from->is_for_nobody;
    if (is_written(node, "receiver")) {
        (void)receivers_named(l, &rows->receiver, node_get(node, "receiver"),
                              &r->receivers);
        r->is_for_nobody = !*r->receivers;
    }
    r->group_by = is_written(node, "group_by")
                      ? group_by_read(l, &rows->group_by, node_get(node, "group_by"))
                      : from->group_by;
    r->group_wait = is_written(node, "group_wait") ? rows->group_wait : from->group_wait;
    r->group_interval =
        is_written(node, "group_interval") ? rows->group_interval : from->group_interval;
    r->repeat_interval = is_written(node, "repeat_interval") ? rows->repeat_interval
                                                             : from->repeat_interval;
    r->mute = intervals_named(l, &rows->mute, node_get(node, "mute_time_intervals"));
    r->active =
        intervals_named(l, &rows->active, node_get(node, "active_time_intervals"));
    r->holds_while_inactive = rows->on_inactive == ON_INACTIVE_QUEUE;
    r->escalate = is_written(node, "escalate")
                      ? escalate_read(l, &rows->escalate, node_get(node, "escalate"))
                      : from->escalate;
}

static void check_root(struct loader *l, const struct route *r, const struct node *node)
{
    if (r->matchers.count > 0)
        diag_error(l->diag, node->at,
                   "the route at the top takes every alert: its matchers belong to a "
                   "route below it");
    if (r->has_continue)
        diag_error(l->diag, conf_place(node, "continue"),
                   "the route at the top has none after it: take `continue` away");
    if (*r->mute || *r->active)
        diag_error(l->diag, node->at,
                   "the route at the top cannot be muted by time: put a route below it");
}

/* ---- the tree ---- */

struct tree {
    struct loader *l;
    size_t count;
};

static const struct route *route_read(struct tree *t, const struct route *parent,
                                      const struct node *node);

static const struct route *const *routes_read(struct tree *t, const struct route *parent,
                                              const struct node *list)
{
    const size_t room = list && list->kind == NODE_LIST ? list->count : 0;
    const struct route **routes = arena_alloc(t->l->arena, (room + 1) * sizeof(*routes));
    size_t count = 0;
    if (list && list->kind != NODE_LIST && list->kind != NODE_NULL)
        diag_error(t->l->diag, list->at, "routes must be a list, not %s",
                   node_kind_name(list->kind));
    for (const struct node *n = room ? list->first : NULL; n; n = n->next) {
        const struct route *one = route_read(t, parent, n);
        if (one)
            routes[count++] = one;
    }
    return routes;
}

static const struct route *route_read(struct tree *t, const struct route *parent,
                                      const struct node *node)
{
    struct loader *l = t->l;
    if (++t->count == ROUTES_MAX)
        diag_error(l->diag, node->at, "there are more than %d routes", ROUTES_MAX);
    if (t->count >= ROUTES_MAX)
        return NULL;
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "a route is a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(l->diag, "for example: {receiver: chat, matchers: [team=\"web\"]}");
        return NULL;
    }
    const struct route_rows *rows =
        conf_rows(l, route_opts, sizeof(struct route_rows), node);
    struct route *r = arena_alloc(l->arena, sizeof(*r));
    r->parent = parent;
    r->at = node->at;
    (void)matchers_gather(
        l,
        &(struct matcher_rows){&rows->matchers, &rows->match, &rows->match_re,
                               node_get(node, "matchers"), node_get(node, "match"),
                               node_get(node, "match_re")},
        &r->matchers);
    r->key = route_key(l->arena, parent, r->matchers);
    take_rows(l, rows, node, r);
    if (!parent)
        check_root(l, r, node);
    r->is_paging_severity = route_is_critical(r);
    r->routes = routes_read(t, r, rows->routes);
    return r;
}

const struct route *route_tree_load(struct loader *l, const struct node *node)
{
    struct tree t = {l, 0};
    return route_read(&t, NULL, node);
}
