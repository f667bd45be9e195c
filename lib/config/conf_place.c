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

bool conf_rows(struct loader *l, const struct opt *rows, size_t size,
               const struct node *node, const void **ret_conf)
{
    const struct opt_part part = {rows, size};
    struct place at;
    struct err e = {0};
    const struct template *t = template_load(&l->ctx, &part, 1, node, NULL);
    if (!t)
        return false;
    if (template_variable(t, &at))
        return diag_error(l->diag, at, "${%s} is not known here",
                          template_variable(t, &at));
    return template_fill(t, NULL, NULL, l->arena, ret_conf, &e) ||
           diag_error(l->diag, node->at, "%s", e.text);
}
