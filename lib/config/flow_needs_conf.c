/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which variables a step names: those that an earlier step captures are what it needs, those that nobody gives are a
 * fault. Called by flow_step_conf.c before a step's captures are known to the next.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/flow_load.h"
#include "probes/registry.h"

struct needing {
    struct flow_loader *f;
    const struct node *node;
    const char *const *own; /* names that the step's probe type fills in; may be NULL */
    struct name_list needs;
};

static void report_unknown(struct needing *n, const char *name)
{
    struct flow_loader *f = n->f;
    struct name_list all = {0};
    for (size_t i = 0; i < f->known.count; i++)
        name_list_add(f, &all, f->known.items[i]);
    for (size_t i = 0; i < f->captured.count; i++)
        name_list_add(f, &all, f->captured.items[i]);
    for (const char *const *b = flow_builtins; *b; b++)
        name_list_add(f, &all, *b);
    name_list_add(f, &all, NULL);
    const char *near = nearest_word(name, all.items);
    diag_error(f->l->diag, n->node->at,
               "${%s} is not known here: no variable of the flow, and no earlier step "
               "captures it",
               name);
    if (near)
        diag_hint(f->l->diag, "did you mean ${%s}?", near);
}

static bool is_in(const char *const *names, const char *name)
{
    for (; names && *names; names++) {
        if (!strcmp(*names, name))
            return true;
    }
    return false;
}

static void need(void *ctx, struct bytes text)
{
    struct needing *n = ctx;
    struct flow_loader *f = n->f;
    const char *name = arena_strndup(f->l->arena, text.ptr, text.len);
    if (strchr(name, ':') || name_list_has(&f->known, name))
        return;
    if (is_in(flow_builtins, name) || is_in(n->own, name))
        return;
    if (!name_list_has(&f->captured, name))
        report_unknown(n, name);
    else if (!name_list_has(&n->needs, name))
        name_list_add(f, &n->needs, name);
}

/* A step's mapping has one key that is a probe type, or none. */
static const char *const *own_names_of(const struct node *node)
{
    for (const struct node *member = node->first; member; member = member->next) {
        const struct probe_type *type = member->key ? probe_type_find(member->key) : NULL;
        if (type)
            return type->own_names;
    }
    return NULL;
}

static void need_all(struct needing *n, const struct node *node)
{
    struct err ignored = {0};
    if (node->kind == NODE_SCALAR) {
        n->node = node;
        (void)tmpl_names(node->text, need, n, &ignored);
        return;
    }
    for (const struct node *member = node->first; member; member = member->next)
        need_all(n, member);
}

const char *const *needs_of(struct flow_loader *f, const struct node *node)
{
    struct needing n = {.f = f, .own = own_names_of(node)};
    need_all(&n, node);
    name_list_add(f, &n.needs, NULL);
    return n.needs.items;
}
