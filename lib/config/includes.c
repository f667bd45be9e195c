/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files make up a configuration: patterns beside the file that names them, each file once, no
 * circles. Called by generation.c; collects probes, modules and secrets as nodes and judges none of
 * them.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/config/flow_load.h"
#include "lib/core/path_glob.h"

enum { INCLUDE_MAX_DEPTH = 8 };

void written_append(struct loader *l, struct written_list *list, const struct node *node)
{
    struct written *w = arena_alloc(l->arena, sizeof(*w));
    w->node = node;
    if (list->last)
        list->last->next = w;
    else
        list->first = w;
    list->last = w;
    list->count++;
}

void written_items(struct loader *l, struct written_list *list, const struct node *node,
                   enum node_kind kind, const char *what)
{
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != kind) {
        diag_error(l->diag, node->at, "%s must be %s, not %s", what, node_kind_name(kind),
                   node_kind_name(node->kind));
        if (kind == NODE_LIST)
            diag_hint(l->diag, "start each one with a dash: - name: ...");
        return;
    }
    for (const struct node *item = node->first; item; item = item->next)
        written_append(l, list, item);
}

/* ---- paths ---- */

static const char *beside(struct arena *arena, const char *path, const char *name)
{
    const char *slash = path && *name != '/' ? strrchr(path, '/') : NULL;
    if (!slash)
        return name;
    return arena_printf(arena, "%.*s%s", (int)(slash - path + 1), path, name);
}

static const char *real_path(struct loader *l, const char *path)
{
    char *real = realpath(path, NULL);
    const char *name = arena_strdup(l->arena, real ? real : path);
    free(real);
    return name;
}

/* What it was called when it was read; NULL: it was not. */
static const char *file_read_as(const struct loader *l, const char *real)
{
    for (size_t i = 0; i < l->file_count; i++) {
        if (!strcmp(l->reals[i], real))
            return l->files[i];
    }
    return NULL;
}

/* Remembers the file; false when it was read before. */
static bool file_is_new(struct loader *l, const char *path, struct place at)
{
    const char *name = real_path(l, path);
    if (file_read_as(l, name))
        return diag_error(l->diag, at, "%s is read already; each file may be named once",
                          path);
    if (l->file_count == FILES_MAX)
        return diag_error(l->diag, at, "more than %d files", FILES_MAX);
    l->files[l->file_count] = arena_strdup(l->arena, path);
    l->reals[l->file_count++] = name;
    return true;
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

struct walk {
    struct loader *l;
    int depth;
    void (*read)(struct walk *w, const struct node *root, const char *path);
};

static void read_one(struct walk *w, const char *path, struct place at)
{
    struct loader *l = w->l;
    if (!file_is_new(l, path, at))
        return;
    const size_t errors = diag_error_count(l->diag);
    const struct node *root = node_load(l->arena, arena_strdup(l->arena, path), l->diag);
    if (!root) {
        l->has_lost_files = true;
        if (diag_error_count(l->diag) > errors)
            diag_note(l->diag, at, "%s is named here", path);
        return;
    }
    node_canonical(root, &l->canonical);
    w->read(w, root, path);
}

static void read_pattern(struct walk *w, const char *text, const char *path,
                         struct place at)
{
    struct loader *l = w->l;
    const char *pattern = beside(l->arena, path, text);
    if (!is_pattern(text)) {
        read_one(w, pattern, at);
        return;
    }
    if (l->pattern_count < FILES_MAX)
        l->patterns[l->pattern_count++] = pattern;
    struct texts found = {0};
    struct err e;
    if (!path_glob(l->arena, pattern, &found, &e))
        diag_warning(l->diag, at, "%s", e.text);
    for (size_t i = 0; i < found.count; i++)
        read_one(w, found.items[i], at);
}

const struct node *include_load(struct loader *l, const char *name, const char *from,
                                struct place at, const char **ret_path)
{
    const char *path = beside(l->arena, from, name);
    const char *before = file_read_as(l, real_path(l, path));
    const size_t errors = diag_error_count(l->diag);
    *ret_path = before ? before : path;
    if (before)
        return node_load(l->arena, before, l->diag); /* steps may be included often */
    if (!file_is_new(l, path, at))
        return NULL;
    const struct node *root = node_load(l->arena, path, l->diag);
    if (root)
        node_canonical(root, &l->canonical);
    else if (diag_error_count(l->diag) > errors)
        diag_note(l->diag, at, "%s is named here", path);
    return root;
}

/* A list of patterns, or one. */
static void read_patterns(struct walk *w, const struct node *list, const char *path)
{
    if (!list || list->kind == NODE_NULL || list->kind == NODE_MAP)
        return; /* what is no list of texts was reported with its row */
    const struct node *item = list->kind == NODE_LIST ? list->first : list;
    for (; item; item = list->kind == NODE_LIST ? item->next : NULL) {
        if (item->kind == NODE_SCALAR)
            read_pattern(w, item->text, path, item->at);
    }
}

/* ---- what the files hold ---- */

static void read_probe_file(struct walk *w, const struct node *root, const char *path)
{
    const struct node *list = root->kind == NODE_MAP ? node_get(root, "probes") : root;
    if (root->kind == NODE_MAP && (!list || root->count != 1)) {
        diag_error(w->l->diag, root->at,
                   "expected a list of probes (or `probes:` alone)");
        return;
    }
    written_items(w->l, &w->l->probes, list, NODE_LIST, "a file of probes");
}

static void read_module_file(struct walk *w, const struct node *root, const char *path)
{
    struct loader *l = w->l;
    if (root->kind == NODE_NULL)
        return;
    if (root->kind != NODE_MAP) {
        diag_error(l->diag, root->at,
                   "expected `modules:` as in blackbox_exporter's file");
        return;
    }
    for (const struct node *n = root->first; n; n = n->next) {
        if (strcmp(n->key, "modules"))
            diag_error(l->diag, n->key_at,
                       "unknown key '%.80s'; a file of modules has `modules:`", n->key);
    }
    l->has_modules = true;
    written_items(l, &l->modules, node_get(root, "modules"), NODE_MAP, "modules");
}

static void read_rule_file(struct walk *w, const struct node *root, const char *path)
{
    written_append(w->l, &w->l->rule_files, root);
}

static void read_included(struct walk *w, const struct node *root, const char *path);

static void read_lists(struct loader *l, const struct node *root, const char *path,
                       int depth)
{
    const struct node *modules = node_get(root, "modules");
    const struct node *rules = node_get(root, "rules");
    struct walk includes = {l, depth + 1, read_included};
    struct walk probes = {l, depth + 1, read_probe_file};
    struct walk files = {l, depth + 1, read_module_file};
    struct walk rule_files = {l, depth + 1, read_rule_file};
    written_items(l, &l->secret_names, node_get(root, "secrets"), NODE_MAP, "secrets");
    written_items(l, &l->probes, node_get(root, "probes"), NODE_LIST, "probes");
    written_items(l, &l->modules, modules, NODE_MAP, "modules");
    l->has_modules |= modules != NULL;
    if (rules && rules->kind != NODE_NULL)
        written_append(l, &l->rules, rules);
    read_patterns(&probes, node_get(root, "probe_files"), path);
    read_patterns(&rule_files, node_get(root, "rule_files"), path);
    read_patterns(&files, node_get(root, "module_files"), path);
    read_patterns(&includes, node_get(root, "include"), path);
}

static void read_included(struct walk *w, const struct node *root, const char *path)
{
    static const char *const allowed[] = {"include",     "secrets",   "probes",
                                          "probe_files", "modules",   "module_files",
                                          "rules",       "rule_files"};
    struct loader *l = w->l;
    if (root->kind == NODE_NULL)
        return;
    if (root->kind != NODE_MAP) {
        diag_error(l->diag, root->at, "expected a mapping such as `probes:`, not %s",
                   node_kind_name(root->kind));
        return;
    }
    for (const struct node *n = root->first; n; n = n->next) {
        bool is_allowed = false;
        for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
            is_allowed |= !strcmp(n->key, allowed[i]);
        if (is_allowed)
            continue;
        diag_error(l->diag, n->key_at, "'%.80s' cannot stand in an included file",
                   n->key);
        diag_hint(l->diag,
                  opt_find(generation_opts, n->key)
                      ? "put it into the main file"
                      : "here may be: include, secrets, probes, probe_files, modules, "
                        "module_files, rules, rule_files");
    }
    if (w->depth > INCLUDE_MAX_DEPTH)
        diag_error(l->diag, root->at, "includes are nested deeper than %d files",
                   INCLUDE_MAX_DEPTH);
    else
        read_lists(l, root, path, w->depth);
}

void includes_read(struct loader *l, const struct node *root, const char *path)
{
    if (path)
        file_is_new(l, path, (struct place){path, 0, 0});
    read_lists(l, root, path, 0);
}
