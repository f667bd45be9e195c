/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the file a part of a list or mapping stood, and reading one mapping by its rows. Called by the files that
 * read routes and spans of time, so that each fault is shown at its place.
 */
#include "lib/config/alerting_load.h"

const struct node *conf_item(const struct node *list, size_t i)
{
    if (!list || list->kind != NODE_LIST)
        return i == 0 ? list : NULL;
    const struct node *item = list->first;
    while (item && i-- > 0)
        item = item->next;
    return item;
}

struct place conf_place(const struct node *map, const char *key)
{
    const struct node *member = node_get(map, key);
    if (member)
        return member->at;
    return map ? map->at : (struct place){0};
}

void conf_put_copy(struct arena *arena, struct node *map, const char *key,
                   const struct node *member)
{
    struct node *copy = arena_memdup(arena, member, sizeof(*copy));
    copy->next = NULL;
    node_put(arena, map, key, copy);
    copy->key_at = member->key_at;
}

static bool is_environments(const char *name)
{
    return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

bool conf_has_unknown(struct loader *l, const struct template *t)
{
    struct place at;
    const char *name = template_variable(t, &at);

    if (!name)
        return false;
    diag_error(l->diag, at, "${%s} is not known here", name);
    if (is_environments(name))
        diag_hint(l->diag, "a variable of the environment is written ${env:%s}", name);
    else
        diag_hint(l->diag,
                  "${env:NAME}, ${file:/path} and ${secret:name} are; a literal ${ is "
                  "written $${");
    return true;
}

const void *conf_rows(struct loader *l, const struct opt *rows, size_t size,
                      const struct node *node)
{
    const struct opt_part part = {rows, size};
    const struct template *t = template_load_rest(&l->ctx, &part, 1, node, NULL);
    (void)conf_has_unknown(l, t);
    return template_loaded(t, 0);
}
