/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From files to one accepted generation, or to the list of all that is wrong with them. Called at
 * start and at each reload by healthd, and by healthctl validate. Never touches the generation that is
 * in use: whoever loads decides when it takes over.
 */
#include "lib/config/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"
#include "lib/config/load.h"

/* What runs without any file: the machine, and healthd itself, so that there is something to see. */
static const char builtin_name[] = "built-in configuration";
static const char builtin_text[] = "probes:\n"
                                   "  - name: healthd\n"
                                   "    tcp: \"127.0.0.1:9990\"\n"
                                   "    severity: warning\n"
                                   "  - name: host\n"
                                   "    host: {}\n"
                                   "  - name: containers\n"
                                   "    containers: {}\n"
                                   "    severity: warning\n";

/* ---- sections of the top level ---- */

const char *generation_state_path(struct arena *arena)
{
    const char *state_home = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state_home && *state_home == '/')
        return arena_printf(arena, "%s/healthd", state_home);
    if (geteuid() != 0 && home && *home == '/')
        return arena_printf(arena, "%s/.local/state/healthd", home);
    return "/var/lib/healthd";
}

/* What alerting is told of the top level that no list or tree of it says. */
static void alerting_words(struct loader *l, const struct top_conf *top)
{
    struct alerting *a = &l->g->alerting;
    a->site = top->site;
    a->external_url = top->web.external_url;
    a->external_labels = l->g->labels;
    a->compat = (enum promql_compat)top->promql.compat;
    a->history = (struct history_limits){.budget_bytes = top->history.budget,
                                         .keep = top->history.keep,
                                         .max_series = (size_t)top->history.max_series};
}

/* Their names are the generation's, as they are. */
static void alerting_probes(struct loader *l)
{
    const size_t count = l->g->probe_count;
    const char **names = arena_alloc(l->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = l->g->probes[i]->name;
    l->g->alerting.probes = (struct texts){names, count};
}

static void timezone_load(struct loader *l, const char *name, const struct node *node)
{
    struct err e = {0};
    l->g->alerting.zone = zone_load(l->arena, name, &e);
    if (!l->g->alerting.zone)
        diag_error(l->diag, node ? node->at : (struct place){0}, "%s", e.text);
}

static void secrets_load(struct loader *l)
{
    struct err e = {0};
    for (const struct written *w = l->secret_names.first; w; w = w->next) {
        const struct node *n = w->node;
        if (n->kind != NODE_SCALAR)
            diag_error(l->diag, n->at,
                       "secret '%s' must be a reference, env:NAME or file:/path", n->key);
        else if (!secrets_define(l->secrets, n->key, n->text, &e))
            diag_error(l->diag, n->at, "%s", e.text);
    }
}

static void defaults_check(struct loader *l, const struct node *node)
{
    const struct opt_part part = {defaults_opts, sizeof(struct probe_common)};
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != NODE_MAP)
        diag_error(l->diag, node->at, "defaults must be a mapping, not %s",
                   node_kind_name(node->kind));
    else if (template_load(&l->ctx, &part, 1, node, NULL))
        l->defaults = node;
    l->has_faulty_defaults = !l->defaults;
}

/* ---- all of it ---- */

enum { TOP_KEYS_MAX = 100 };

/* The root with each misspelt key, which is reported, as the nearest one: what stands there is judged too, and what it
 * defines is not missing elsewhere. */
static const struct node *root_meant(struct loader *l, const struct node *root)
{
    const char *names[TOP_KEYS_MAX + 1] = {0};
    size_t count = 0;
    for (const struct opt *row = generation_opts; row->name; row++) {
        if (!(row->flags & OPT_HIDDEN) && count < TOP_KEYS_MAX)
            names[count++] = row->name;
    }
    if (root->kind != NODE_MAP)
        return root;
    struct node *meant = node_map(l->arena, root->at);
    for (const struct node *n = root->first; n; n = n->next) {
        const bool is_known = opt_find(generation_opts, n->key);
        const char *near = is_known ? NULL : nearest_word(n->key, names);
        const char *key = near && !node_get(root, near) ? near : n->key;
        if (key != n->key) {
            diag_error(l->diag, n->key_at, "unknown key '%.80s'", n->key);
            diag_hint(l->diag, "did you mean '%s'?", near);
        }
        conf_put_copy(l->arena, meant, key, n);
    }
    return meant;
}

/* NULL: the root is no mapping. */
static const struct top_conf *top_load(struct loader *l, const struct node *root)
{
    if (root->kind == NODE_MAP || root->kind == NODE_NULL)
        return conf_rows(l, generation_opts, sizeof(struct top_conf), root);
    diag_error(l->diag, root->at,
               "a configuration is a mapping such as `probes:`, not %s",
               node_kind_name(root->kind));
    return NULL;
}

static void top_apply(struct loader *l, const struct top_conf *top,
                      const struct node *root)
{
    struct generation *g = l->g;
    g->site = top->site;
    g->timezone = top->timezone;
    timezone_load(l, top->timezone, node_get(root, "timezone"));
    l->ctx.timezone = top->timezone;
    conf_labels(&l->ctx, &top->labels, node_get(root, "labels"), (struct labels){0},
                &g->labels);
    g->state_path = *top->state.path ? top->state.path : generation_state_path(l->arena);
    g->resolver = (struct resolver_conf){.kind = (enum resolver_kind)top->resolver.kind,
                                         .max_ttl = top->resolver.max_ttl,
                                         .resolv_conf = top->resolver.resolv_conf,
                                         .hosts = top->resolver.hosts};
    web_load(l, top, node_get(root, "web"));
    alerting_words(l, top);
}

static struct config_files files_copy(struct loader *l, struct arena *arena)
{
    const struct texts files = {l->files, l->file_count},
                       patterns = {l->patterns, l->pattern_count};
    return (struct config_files){texts_copy(arena, files), texts_copy(arena, patterns)};
}

/* Every part is read, whatever is wrong with another, so that all faults are said at once. */
static void load_all(struct loader *l, const struct node *written, const char *path)
{
    struct generation_parts *parts = arena_alloc(l->arena, sizeof(*parts));
    const struct node *root = root_meant(l, written);
    l->root = root;
    node_canonical(written, &l->canonical);
    includes_read(l, root, path);
    secrets_load(l);
    parts->top = top_load(l, root);
    if (parts->top)
        top_apply(l, parts->top, root);
    defaults_check(l, node_get(root, "defaults"));
    probes_load(l);
    alerting_probes(l);
    flows_load(l, node_get(root, "flows"));
    modules_load(l);
    exporters_load(l, node_get(root, "exporters"), parts);
    receivers_load(l, node_get(root, "receivers"));
    if (parts->top) {
        intervals_load(l, parts->top, root);
        routing_load(l, parts->top, root);
        rules_load(l, parts->top, root);
        rules_lint(l);
        routing_lint_rules(l);
    }
    parts->rules = &l->rules;
    parts->rule_files = &l->rule_files;
    parts->packs = node_get(root, "packs");
    parts->secrets = l->secret_names.first;
    l->g->parts = parts;
    l->g->files = files_copy(l, l->arena);
    l->g->hash = bytes_hash64(buf_bytes(&l->canonical));
}

static void destroy_map(void *map)
{
    map_destroy(map);
}

static struct generation *generation_make(struct loader *l, const struct node *root,
                                          const char *path)
{
    const size_t errors = diag_error_count(l->diag);
    secrets_names_begin(l->secrets);
    l->canonical = BUF_MAX((size_t)FILES_MAX * NODE_MAX_BYTES);
    l->g->modules = map_create();
    arena_cleanup(l->arena, destroy_map, l->g->modules);
    l->g->by_name = map_create();
    arena_cleanup(l->arena, destroy_map, l->g->by_name);
    load_all(l, flow_file_root(l, root, path), path);
    diag_sort(l->diag);
    buf_finish(&l->canonical);
    if (diag_error_count(l->diag) != errors) {
        secrets_names_restore(l->secrets);
        return NULL;
    }
    secrets_names_keep(l->secrets);
    return l->g;
}

static struct loader *loader_start(struct secrets *secrets, struct diag *d)
{
    struct arena *arena = arena_create(0);
    struct loader *l = arena_alloc(arena, sizeof(*l));
    l->arena = arena;
    l->diag = d;
    l->secrets = secrets;
    l->ctx = (struct opt_ctx){.arena = arena, .diag = d, .secrets = secrets};
    l->g = arena_alloc(arena, sizeof(*l->g));
    l->g->arena = arena;
    l->g->secrets = secrets;
    l->g->loaded = wall_read();
    l->g->refs = 1;
    return l;
}

struct generation *generation_parse(const char *name, struct bytes text,
                                    struct secrets *secrets, struct diag *d)
{
    struct loader *l = loader_start(secrets, d);
    struct arena *arena = l->arena;
    const struct node *root = node_parse(arena, name, text, d);
    struct generation *g = root ? generation_make(l, root, NULL) : NULL;
    if (!g)
        arena_destroy(arena);
    return g;
}

/* The arena of what failed lives on, for those who look at what it named. */
static struct generation *load(struct loader *l, const char *path)
{
    path = arena_strdup(l->arena, path);
    l->g->path = path;
    const struct node *root = node_load(l->arena, path, l->diag);
    return root ? generation_make(l, root, path) : NULL;
}

static struct generation *load_only(struct loader *l, const char *path)
{
    struct arena *arena = l->arena;
    struct generation *g = load(l, path);
    if (!g)
        arena_destroy(arena);
    return g;
}

struct generation *generation_load(const char *path, struct secrets *secrets,
                                   struct diag *d)
{
    if (!path)
        return generation_parse(builtin_name, bytes_of(builtin_text), secrets, d);
    return load_only(loader_start(secrets, d), path);
}

struct generation *generation_load_named(const char *path, struct secrets *secrets,
                                         struct diag *d, struct arena *arena,
                                         struct config_files *ret_files)
{
    *ret_files = (struct config_files){{0}};
    if (!path)
        return generation_load(path, secrets, d);
    struct loader *l = loader_start(secrets, d);
    struct arena *own = l->arena;
    struct generation *g = load(l, path);
    if (l->file_count == 0) /* no mapping, or no file */
        l->files[l->file_count++] = path;
    *ret_files = files_copy(l, arena);
    if (!g)
        arena_destroy(own);
    return g;
}

struct generation *generation_load_flows(const char *path, struct secrets *secrets,
                                         struct diag *d)
{
    if (!path)
        return generation_load(path, secrets, d);
    struct loader *l = loader_start(secrets, d);
    l->has_no_packs = true;
    return load_only(l, path);
}

struct generation *generation_ref(struct generation *g)
{
    g->refs++;
    return g;
}

void generation_unref(struct generation *g)
{
    if (g && --g->refs == 0)
        arena_destroy(g->arena);
}

const struct probe *generation_probe(const struct generation *g, const char *name)
{
    return g->by_name ? map_get(g->by_name, bytes_of(name)) : NULL;
}

const struct flow *generation_flow(const struct generation *g, const char *name)
{
    for (size_t i = 0; i < g->flow_count; i++) {
        if (!strcmp(g->flows[i].name, name))
            return &g->flows[i];
    }
    return NULL;
}

const struct module *generation_module(const struct generation *g, const char *name)
{
    return map_get(g->modules, bytes_of(name));
}
