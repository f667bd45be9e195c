/* SPDX-License-Identifier: Apache-2.0 */
/* See rule_file.h. Files and groups; what one rule says is rule_read.c's. */
#include "alerts/rule_file.h"

#include <string.h>

#include "alerts/rule_build.h"

struct rule_list *rule_list_create(const struct rule_reader *reader)
{
    struct rule_list *l = arena_alloc(reader->arena, sizeof(*l));
    l->reader = *reader;
    l->link = &l->first;
    return l;
}

static struct group_build *group_add(struct rule_list *l,
                                     const struct rule_source *source, const char *name,
                                     const struct node *node)
{
    struct group_build *g = arena_alloc(l->reader.arena, sizeof(*g));
    g->group = arena_alloc(l->reader.arena, sizeof(*g->group));
    g->group->file = source->file;
    g->group->name = name;
    g->group->interval =
        l->reader.interval > 0 ? l->reader.interval : RULE_DEFAULT_INTERVAL;
    g->line = node->at.line;
    g->source = source;
    g->link = &g->first;
    *l->link = g;
    l->link = &g->next;
    l->group_count++;
    return g;
}

static struct group_build *group_find(const struct rule_list *l, const char *file,
                                      const char *name)
{
    for (struct group_build *g = l->first; g; g = g->next) {
        if (!strcmp(g->group->file, file) && !strcmp(g->group->name, name))
            return g;
    }
    return NULL;
}

static const char nameless[] =
    "?"; /* a group whose name is at fault: its rules are read all the same */

static void check_name(struct rule_list *l, const struct rule_source *source,
                       const char *name, const struct node *node)
{
    const struct place at = rule_key_place(node, "name");
    const struct group_build *before = group_find(l, source->file, name);
    if (!*name)
        diag_error(l->reader.diag, at, "the group has no name");
    else if (before)
        diag_error(l->reader.diag, at,
                   "a second group is named '%.80s'; the first is at line %d", name,
                   before->line);
    if (l->group_count >= RULE_GROUPS_MAX)
        diag_error(l->reader.diag, at, "more than %d groups of rules", RULE_GROUPS_MAX);
}

/* False: there are none, or, after a fault, no list. */
static bool has_rules(struct rule_list *l, const struct node *list)
{
    if (!list || list->kind == NODE_NULL)
        return false;
    if (list->kind == NODE_LIST)
        return true;
    diag_error(l->reader.diag, list->at, "rules must be a list, not %s",
               node_kind_name(list->kind));
    diag_hint(l->reader.diag, "start each one with a dash: - alert: ...");
    return false;
}

static void read_rules(struct rule_list *l, struct group_build *g,
                       const struct node *list)
{
    if (!has_rules(l, list))
        return;
    for (const struct node *n = list->first; n; n = n->next)
        rule_read(l, g, n);
    if (l->rule_count >= RULES_MAX)
        diag_error(l->reader.diag, list->at, "more than %d rules", RULES_MAX);
}

static void read_group(struct rule_list *l, const struct rule_source *source,
                       const struct node *node)
{
    if (node->kind != NODE_MAP) {
        diag_error(l->reader.diag, node->at, "a group is a mapping, not %s",
                   node_kind_name(node->kind));
        return;
    }
    const struct rule_group_conf *c =
        rule_rows_read(&l->reader, rule_group_opts, sizeof(struct rule_group_conf), node);
    if (c->name)
        check_name(l, source, c->name, node);
    if (l->group_count >= RULE_GROUPS_MAX)
        return;
    struct group_build *g = group_add(
        l, source, arena_strdup(l->reader.arena, c->name ? c->name : nameless), node);
    if (l->reader.interval <= 0)
        g->group->interval = c->interval;
    g->group->query_offset = c->query_offset;
    g->group->limit = (size_t)c->limit;
    if (c->labels && c->labels->kind != NODE_MAP && c->labels->kind != NODE_NULL)
        diag_error(l->reader.diag, c->labels->at, "expected a mapping of labels, not %s",
                   node_kind_name(c->labels->kind));
    else
        g->labels = c->labels;
    read_rules(l, g, c->rules);
    g->labels = NULL;
}

void rule_file_read(struct rule_list *l, const struct rule_source *source,
                    const struct node *root)
{
    if (root->kind == NODE_NULL)
        return;
    if (root->kind != NODE_MAP) {
        diag_error(l->reader.diag, root->at,
                   "a file of rules is a mapping with `groups:`, not %s",
                   node_kind_name(root->kind));
        return;
    }
    for (const struct node *n = root->first; n; n = n->next) {
        if (strcmp(n->key, "groups")) {
            diag_error(l->reader.diag, n->key_at,
                       "unknown key '%.80s'; a file of rules has `groups:`", n->key);
        } else if (n->kind != NODE_LIST && n->kind != NODE_NULL) {
            diag_error(l->reader.diag, n->at, "groups must be a list, not %s",
                       node_kind_name(n->kind));
        } else {
            for (const struct node *g = n->first; g; g = g->next)
                read_group(l, source, g);
        }
    }
}

void rule_inline_read(struct rule_list *l, const struct rule_source *source,
                      const char *group, const struct node *list)
{
    struct group_build *g = NULL;
    if (!has_rules(l, list))
        return;
    for (const struct node *n = list->first; n; n = n->next) {
        if (n->kind == NODE_MAP && node_get(n, "rules")) {
            read_group(l, source, n);
            continue;
        }
        g = g ? g : group_find(l, source->file, group);
        g = g ? g : group_add(l, source, group, list);
        rule_read(l, g, n);
    }
}
