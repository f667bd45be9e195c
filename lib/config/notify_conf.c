/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `notify:`, the short form: receivers by severity, and the dead-man ping. It becomes the route tree that most people
 * would write. Called by routing_conf.c.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"

#define SEVERITIES_MAX 50

#define OPT_STRUCT struct deadman_conf
const struct opt deadman_opts[] = {
    OPT_ROW_SECRET("url", url, NULL,
                   "URL that is asked while alerting works; whoever serves it tells "
                   "people when that stops.",
                   .flags = OPT_SHORTHAND),
    OPT_ROW_DURATION("every", every, "1m", 1, 86400, "Time between two."),
    {0},
};
#undef OPT_STRUCT

static const char *const by_alert_and_probe[] = {"alertname", "probe", NULL};
static const struct receiver *const nobody[] = {NULL};
static const struct interval *const no_intervals[] = {NULL};
static const struct escalation never[] = {{0, NULL}};
static const struct route *const no_routes[] = {NULL};

/* Warnings share a notice and are told once a day; a critical one at once, and hourly until somebody takes it. */
static const struct route calm = {
    .receivers = nobody,
    .group_by = by_alert_and_probe,
    .group_wait = 30 * NSEC_PER_SEC,
    .group_interval = 5 * NSEC_PER_MINUTE,
    .repeat_interval = 24 * NSEC_PER_HOUR,
    .active = no_intervals,
    .mute = no_intervals,
    .holds_while_inactive = true,
    .routes = no_routes,
    .escalate = never,
};

static void make_urgent(struct route *r)
{
    r->group_wait = 0;
    r->group_interval = NSEC_PER_MINUTE;
    r->repeat_interval = NSEC_PER_HOUR;
    r->is_paging_severity = true;
}

/* Names of receivers: a list, or one name. */
static bool names_read(struct loader *l, const struct node *node,
                       const struct receiver *const **ret)
{
    struct texts names;
    const size_t count = node->kind == NODE_LIST ? node->count : 1;
    const char **items = arena_alloc(l->arena, (count + 1) * sizeof(*items));
    *ret = nobody;
    if (node->kind == NODE_NULL)
        return true;
    for (size_t i = 0; i < count; i++) {
        const struct node *n = conf_item(node, i);
        if (n->kind != NODE_SCALAR) {
            diag_error(l->diag, n->at, "expected the name of a receiver, not %s",
                       node_kind_name(n->kind));
            diag_hint(l->diag, "for example: critical: [oncall, chat]");
            return false;
        }
        items[i] = n->text;
    }
    names = (struct texts){items, count};
    return receivers_named(l, &names, node, ret);
}

static const struct route *severity_route(struct loader *l, const struct route *root,
                                          const char *severity, struct place at,
                                          const struct receiver *const *receivers)
{
    struct route *r = arena_alloc(l->arena, sizeof(*r));
    struct matcher *m = arena_alloc(l->arena, sizeof(*m));
    *m = (struct matcher){.name = "severity", .op = MATCH_EQUAL, .value = severity};
    *r = calm;
    if (!strcmp(severity, "critical"))
        make_urgent(r);
    r->parent = root;
    r->receivers = receivers;
    r->is_for_nobody = !*receivers;
    r->matchers = (struct matchers){m, 1};
    r->key = route_key(l->arena, root, r->matchers);
    r->at = at;
    return r;
}

static bool is_misspelt(struct loader *l, const struct node *n)
{
    static const char *const known[] = {"critical", "warning", "deadman", NULL};
    const char *near = nearest_word(n->key, known);
    if (!near || !strcmp(near, n->key))
        return false;
    diag_error(l->diag, n->key_at, "'%.80s' is no severity that is used here", n->key);
    diag_hint(l->diag, "did you mean '%s'?", near);
    return true;
}

/* What comes without a severity, or with one that is not named, goes where warnings go; severity "none" nowhere. */
static const struct route *by_severity(struct loader *l, const struct node *node)
{
    struct route *root = arena_alloc(l->arena, sizeof(*root));
    const struct route **routes =
        arena_alloc(l->arena, (SEVERITIES_MAX + 2) * sizeof(*routes));
    size_t count = 0;
    *root = calm;
    root->key = "{}";
    root->at = node->at;
    for (const struct node *n = node->first; n; n = n->next) {
        const struct receiver *const *receivers;
        if (!strcmp(n->key, "deadman") || is_misspelt(l, n))
            continue;
        if (!names_read(l, n, &receivers))
            continue;
        if (!strcmp(n->key, "warning")) {
            root->receivers = receivers;
            root->is_for_nobody = !*receivers;
        } else if (count < SEVERITIES_MAX)
            routes[count++] = severity_route(l, root, n->key, n->key_at, receivers);
        else
            diag_error(l->diag, n->key_at, "there are more than %d severities",
                       SEVERITIES_MAX);
    }
    if (!node_get(node, "none"))
        routes[count++] = severity_route(l, root, "none", node->at, nobody);
    root->routes = routes;
    return root;
}

/* One list for everything: critical ones at once. */
static const struct route *for_all(struct loader *l, const struct node *node)
{
    struct route *root = arena_alloc(l->arena, sizeof(*root));
    const struct route **routes = arena_alloc(l->arena, 3 * sizeof(*routes));
    *root = calm;
    root->key = "{}";
    root->at = node->at;
    if (!names_read(l, node, &root->receivers) || !*root->receivers)
        return NULL;
    routes[0] = severity_route(l, root, "critical", node->at, root->receivers);
    routes[1] = severity_route(l, root, "none", node->at, nobody);
    root->routes = routes;
    return root;
}

/* One that is written out; of a secret the ping itself finds out, since it may change. */
static bool is_reachable(struct loader *l, const struct template *t,
                         const struct deadman_conf *conf, struct err *e)
{
    return !template_is_fixed(t) || notifier_url_validate(conf->url.value, l->arena, e);
}

static void deadman_load(struct loader *l, const struct node *node)
{
    const struct opt_part part = {deadman_opts, sizeof(struct deadman_conf)};
    const void *conf;
    struct err e = {0};
    if (!node || node->kind == NODE_NULL ||
        (node->kind == NODE_SCALAR && !strcmp(node->text, "none")))
        return;
    struct template *t = template_load(&l->ctx, &part, 1, node, NULL);
    if (!t || conf_has_unknown(l, t))
        return;
    if (!template_fill(t, NULL, NULL, l->arena, &conf, &e) ||
        !is_reachable(l, t, conf, &e)) {
        diag_error(l->diag, node->at, "deadman: %s", e.text);
        return;
    }
    l->g->alerting.routing.deadman.conf = t;
    l->g->alerting.routing.deadman.every = ((const struct deadman_conf *)conf)->every;
}

static bool has_severities(const struct node *node)
{
    const size_t own = node_get(node, "deadman") != NULL;
    return node->kind == NODE_MAP && node->count > own;
}

const struct route *notify_load(struct loader *l, const struct node *node)
{
    deadman_load(l, node_get(node, "deadman"));
    if (node->kind == NODE_MAP)
        return has_severities(node) ? by_severity(l, node) : NULL;
    return for_all(l, node);
}
