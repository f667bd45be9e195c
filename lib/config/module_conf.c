/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules: blackbox_exporter's `modules:` as probes that get their target when they are asked. Called
 * by generation.c. A prober's section is read by the probe type's own rows, which have the same names.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/glob.h"
#include "lib/config/load.h"
#include "probes/registry.h"

/* Stands for the target while a module is validated. */
static const char sample_target[] = "127.0.0.1:9";

/* blackbox_exporter's probers; its files may carry sections of those that are not used. */
static const char *const blackbox_probers[] = {"http", "tcp",  "dns",       "icmp",
                                               "grpc", "unix", "websocket", NULL};

static bool is_one_of(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

static void report_prober(struct loader *l, const struct node *n)
{
    const char *names[101];
    size_t count = 0;
    struct buf list = BUF_MAX(600);
    for (const struct probe_type *const *t = probe_types; *t && count < 100; t++) {
        buf_printf(&list, "%s%s", count ? ", " : "", (*t)->name);
        names[count++] = (*t)->name;
    }
    names[count] = NULL;
    if (is_one_of(blackbox_probers, n->text)) {
        diag_error(l->diag, n->at, "the prober '%s' is not supported yet; there are: %s",
                   n->text, buf_text(&list));
        if (!strcmp(n->text, "unix"))
            diag_hint(l->diag, "use `prober: tcp` with a target of the form unix:/path");
    } else {
        const char *near = nearest_word(n->text, names);
        diag_error(l->diag, n->at, "'%.80s' is no prober; there are: %s", n->text,
                   buf_text(&list));
        if (near)
            diag_hint(l->diag, "did you mean '%s'?", near);
    }
    buf_finish(&list);
}

static const struct probe_type *read_prober(struct loader *l, const struct node *module)
{
    const struct node *n = node_get(module, "prober");
    if (!n || n->kind == NODE_NULL) {
        diag_error(l->diag, module->at, "the module '%s' has no prober", module->key);
        diag_hint(l->diag, "for example: {prober: http, timeout: 5s}");
        return NULL;
    }
    if (n->kind != NODE_SCALAR) {
        diag_error(l->diag, n->at, "'prober' takes a text, not %s",
                   node_kind_name(n->kind));
        return NULL;
    }
    const struct probe_type *type = probe_type_find(n->text);
    if (!type)
        report_prober(l, n);
    if (type && type->refuses_modules) {
        diag_error(
            l->diag, n->at,
            "'%s' cannot be a module: whoever asks /probe would decide what it does",
            type->name);
        diag_hint(l->diag, "write it under `probes:`");
        return NULL;
    }
    return type;
}

/* What may stand in a module besides its prober and that one's section. */
static bool check_keys(struct loader *l, const struct node *module,
                       const struct probe_type *type)
{
    static const char *const keys[] = {"prober", "timeout", "labels",
                                       "expect", "should",  NULL};
    bool ok = true;
    for (const struct node *n = module->first; n; n = n->next) {
        if (is_one_of(keys, n->key) || !strcmp(n->key, type->name))
            continue;
        if (is_one_of(blackbox_probers, n->key)) {
            diag_warning(l->diag, n->key_at, "'%s' has no effect: the prober is %s",
                         n->key, type->name);
            continue;
        }
        const char *near = nearest_word(n->key, keys);
        ok = diag_error(l->diag, n->key_at, "unknown key '%.80s'", n->key);
        if (near)
            diag_hint(l->diag, "did you mean '%s'?", near);
        else
            diag_hint(l->diag, "options of the prober stand in its section, `%s:`",
                      type->name);
    }
    return ok;
}

/* The same as a probe's mapping: without the keys that only modules have. */
static const struct node *as_probe(struct loader *l, const struct node *module,
                                   const struct probe_type *type)
{
    static const char *const kept[] = {"labels", "expect", "should"};
    struct node *map = node_map(l->arena, module->at);
    const struct node *own = node_get(module, type->name);
    struct node *copy = node_map(l->arena, module->at);
    if (own) {
        *copy = *own;
        copy->next = NULL;
    }
    node_put(l->arena, map, type->name, copy);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const struct node *n = node_get(module, kept[i]);
        if (!n)
            continue;
        copy = arena_memdup(l->arena, n, sizeof(*copy));
        copy->next = NULL;
        node_put(l->arena, map, kept[i], copy);
    }
    return map;
}

static bool read_timeout(struct loader *l, const struct node *module, nsec *ret_timeout)
{
    const struct node *n = node_get(module, "timeout");
    const struct opt *row = opt_find(probe_common_opts, "timeout");
    struct probe_common c = {0};
    struct err e = {0};
    if (!n || n->kind == NODE_NULL)
        return true;
    if (n->kind != NODE_SCALAR)
        return diag_error(l->diag, n->at, "'timeout' takes a duration, not %s",
                          node_kind_name(n->kind));
    if (strcmp(n->text, "0") && !opt_set(row, &c, n->text, l->arena, &e))
        return diag_error(l->diag, n->at, "option 'timeout': %s", e.text);
    *ret_timeout = c.timeout;
    return true;
}

static void load_one(struct loader *l, const struct node *node)
{
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "the module '%s' is %s; it must be a mapping",
                   node->key, node_kind_name(node->kind));
        return;
    }
    const struct module *before = map_get(l->g->modules, bytes_of(node->key));
    if (before) {
        diag_error(l->diag, node->key_at, "a second module is named '%s'", node->key);
        return;
    }
    const struct probe_type *type = read_prober(l, node);
    nsec timeout = 0;
    const size_t errors = diag_error_count(l->diag);
    (void)read_timeout(l, node, &timeout);
    if (!type)
        return;
    (void)check_keys(l, node, type);
    struct opt_ctx ctx = l->ctx;
    ctx.operand_comes_later = true;
    const struct node *own = node_get(node, type->name);
    struct probe *p =
        probe_from_node(&ctx, type, node->key, as_probe(l, node, type), l->g->labels);
    (void)probe_validate(&ctx, p, sample_target, own ? own->at : node->at);
    if (diag_error_count(l->diag) != errors)
        return;
    if (timeout)
        p->timeout = timeout;
    struct module *m = arena_alloc(l->arena, sizeof(*m));
    *m = (struct module){arena_strdup(l->arena, node->key), p, timeout};
    map_put(l->g->modules, bytes_of(m->name), m);
}

void modules_load(struct loader *l)
{
    for (const struct written *w = l->modules.first; w; w = w->next)
        load_one(l, w->node);
}
