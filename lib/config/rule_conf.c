/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules of a configuration: `rules:` of it and of what it includes, `rule_files:`, the bundled packs, and what
 * probes' `limits:` become. Called by generation.c, after probes and time intervals. What a rule says is read by
 * alerts/rule_file.h.
 */
#include <string.h>

#include "alerts/interval.h"
#include "alerts/pack.h"
#include "alerts/rule_file.h"
#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"
#include "lib/config/load.h"

enum { PACKS_MAX = 50 };

/* ---- packs ---- */

static const struct pack *pack_find(const char *name)
{
    for (const struct pack *p = packs; p->name; p++) {
        if (!strcmp(p->name, name))
            return p;
    }
    return NULL;
}

static void report_pack(struct loader *l, const struct node *n)
{
    const char *names[PACKS_MAX + 1] = {0};
    struct buf list = BUF_MAX(600);
    size_t count = 0;
    for (const struct pack *p = packs; p->name && count < PACKS_MAX; p++) {
        buf_printf(&list, "%s%s", count ? ", " : "", p->name);
        names[count++] = p->name;
    }
    const char *near = nearest_word(n->key, names);
    diag_error(l->diag, n->key_at, "there is no pack of rules named '%.80s'", n->key);
    if (near)
        diag_hint(l->diag, "did you mean '%s'?", near);
    else
        diag_hint(l->diag, "the packs are: %s", buf_text(&list));
    buf_finish(&list);
}

static bool is_false(const struct node *n)
{
    return n && n->kind == NODE_SCALAR && !n->quoted &&
           (!strcmp(n->text, "false") || !strcmp(n->text, "no") ||
            !strcmp(n->text, "off"));
}

static bool is_true(const struct node *n)
{
    return n && n->kind == NODE_SCALAR && !n->quoted &&
           (!strcmp(n->text, "true") || !strcmp(n->text, "yes") ||
            !strcmp(n->text, "on"));
}

static void check_packs(struct loader *l, const struct node *node)
{
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "packs must be a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(l->diag, "for example: {probes: false}");
        return;
    }
    for (const struct node *n = node->first; n; n = n->next) {
        if (!pack_find(n->key))
            report_pack(l, n);
        else if (!is_true(n) && !is_false(n))
            diag_error(l->diag, n->at, "the pack '%s' is true or false", n->key);
    }
}

/* The trees are of no use afterwards. */
static void read_packs(struct loader *l, struct rule_list *rules, const struct node *node,
                       struct arena *scratch)
{
    for (const struct pack *p = packs; p->name; p++) {
        const char *file = arena_printf(l->arena, "pack:%s", p->name);
        const struct rule_source *source = arena_memdup(
            l->arena,
            &(struct rule_source){file, true, !strcmp(p->name, PACK_OF_HEALTHD)},
            sizeof(struct rule_source));
        if (is_false(node_get(node, p->name)))
            continue;
        const struct node *root = node_parse(scratch, file, p->text, l->diag);
        if (root)
            rule_file_read(rules, source, root);
    }
}

/* ---- together ---- */

static const struct interval *find_interval(void *ctx, const char *name, struct place at)
{
    return interval_named(ctx, name, at);
}

void rules_load(struct loader *l, const struct top_conf *top, const struct node *root)
{
    static const struct rule_source inline_source = {"healthd.yml", false, false};
    struct arena *scratch = arena_create(0);
    const struct rule_reader reader = {.arena = l->arena,
                                       .diag = l->diag,
                                       .secrets = l->secrets,
                                       .find_interval = find_interval,
                                       .ctx = l,
                                       .scratch = scratch};
    struct rule_list *rules = rule_list_create(&reader);
    check_packs(l, node_get(root, "packs"));
    if (!l->has_no_packs)
        read_packs(l, rules, node_get(root, "packs"), scratch);
    limits_load(l, rules, &inline_source);
    for (const struct written *w = l->rules.first; w; w = w->next)
        rule_inline_read(rules, &inline_source, "rules", w->node);
    for (const struct written *w = l->rule_files.first; w; w = w->next) {
        const struct rule_source source = {w->node->at.file, false, false};
        rule_file_read(rules, arena_memdup(l->arena, &source, sizeof(source)), w->node);
    }
    rule_list_finish(rules, &l->g->alerting.rules);
    arena_destroy(scratch);
}

/* ---- printing ---- */

void rules_print(const struct generation *g, struct buf *out)
{
    const struct generation_parts *parts = g->parts;
    if (parts->rules && parts->rules->first)
        buf_add_text(out, "rules:\n");
    for (const struct written *w = parts->rules ? parts->rules->first : NULL; w;
         w = w->next)
        node_print(w->node, 2, out);
    if (parts->rule_files && parts->rule_files->first)
        buf_add_text(out, "rule_files:\n");
    for (const struct written *w = parts->rule_files ? parts->rule_files->first : NULL; w;
         w = w->next) {
        buf_add_text(out, "  - ");
        node_print_text(w->node->at.file, out);
        buf_add_byte(out, '\n');
    }
    if (parts->packs) {
        buf_add_text(out, "packs:\n");
        node_print(parts->packs, 2, out);
    }
}
