/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matchers from the three forms in which Alertmanager takes them, sorted as it sorts them, so that a route's key is the
 * same there and here. Called for routes, inhibition and maintenance.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/config/alerting_load.h"

static int matcher_order(const void *left, const void *right)
{
    const struct matcher *a = left, *b = right;
    const int by_name = strcmp(a->name, b->name);
    const int by_value = by_name ? by_name : strcmp(a->value, b->value);
    return by_value ? by_value : (a->op > b->op) - (a->op < b->op);
}

struct gathered {
    struct matcher items[200];
    size_t count;
};

static bool gather(struct loader *l, struct gathered *g, struct matchers m,
                   struct place at)
{
    if (g->count + m.count > ARRAY_LEN(g->items))
        return diag_error(l->diag, at, "there are more than %zu matchers",
                          ARRAY_LEN(g->items));
    if (m.count > 0)
        memcpy(g->items + g->count, m.items, m.count * sizeof(*m.items));
    g->count += m.count;
    return true;
}

static bool gather_texts(struct loader *l, struct gathered *g, const struct texts *texts,
                         const struct node *node)
{
    bool ok = true;
    for (size_t i = 0; i < texts->count; i++) {
        const struct node *n = conf_item(node, i);
        const struct place at = n ? n->at : (struct place){0};
        struct matchers m;
        struct err e = {0};
        if (!matchers_parse(l->arena, texts->items[i], &m, &e))
            ok = diag_error(l->diag, at, "%s", e.text);
        else
            ok &= gather(l, g, m, at);
    }
    return ok;
}

static bool gather_pairs(struct loader *l, struct gathered *g, const struct pairs *pairs,
                         enum match_op op, const struct node *node)
{
    bool ok = true;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *p = &pairs->items[i];
        const struct place at = conf_place(node, p->key);
        struct matcher one;
        struct err e = {0};
        if (matcher_make(l->arena, p->key, op, p->value, &one, &e))
            ok &= gather(l, g, (struct matchers){&one, 1}, at);
        else
            ok = diag_error(l->diag, at, "%s", e.text);
    }
    return ok;
}

static struct matchers gathered_matchers(struct loader *l, struct gathered *g)
{
    qsort(g->items, g->count, sizeof(g->items[0]), matcher_order);
    return (struct matchers){
        arena_memdup(l->arena, g->items, g->count * sizeof(g->items[0])), g->count};
}

bool matchers_gather(struct loader *l, const struct matcher_rows *rows,
                     struct matchers *ret)
{
    struct gathered g = {.count = 0};
    bool ok = gather_texts(l, &g, rows->matchers, rows->matchers_at);
    ok &= gather_pairs(l, &g, rows->match, MATCH_EQUAL, rows->match_at);
    ok &= gather_pairs(l, &g, rows->match_re, MATCH_REGEX, rows->match_re_at);
    *ret = gathered_matchers(l, &g);
    return ok;
}

bool matchers_read(struct loader *l, const struct texts *texts, const struct node *node,
                   struct matchers *ret)
{
    static const struct pairs none = {NULL, 0};
    const struct matcher_rows rows = {texts, &none, &none, node, NULL, NULL};
    return matchers_gather(l, &rows, ret);
}
