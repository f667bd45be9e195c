/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels and annotations of a rule: names that are legal, values that are templates. Called by rule_read.c; a
 * template that is not understood is said once, as a warning, at its place.
 */
#include <string.h>

#include "alerts/rule_build.h"

enum { TEXTS_MAX = 200 };

struct template_place {
    struct diag *diag;
    const struct node *node;
};

static void warn_template(void *ctx, size_t offset, const char *why)
{
    const struct template_place *p = ctx;
    diag_warning(p->diag, node_text_place(p->node, offset, p->diag),
                 "this stays as it is written: %s", why);
}

static bool read_one(struct rule_list *l, const struct node *n, const char *what,
                     struct rule_text *ret)
{
    struct template_place place = {l->reader.diag, n};
    if (!label_name_valid(bytes_of(n->key)))
        return diag_error(l->reader.diag, n->key_at,
                          "'%.80s' is no name of %s: use letters, digits and _", n->key,
                          what);
    if (n->kind != NODE_SCALAR && n->kind != NODE_NULL)
        return diag_error(l->reader.diag, n->at, "%s '%.80s' must be a text, not %s",
                          what, n->key, node_kind_name(n->kind));
    struct arena *arena = l->reader.arena;
    const char *text = n->kind == NODE_SCALAR ? arena_strdup(arena, n->text) : "";
    *ret = (struct rule_text){arena_strdup(arena, n->key),
                              annotation_compile(arena, text, warn_template, &place)};
    return true;
}

static bool is_mapping(struct rule_list *l, const struct node *n, const char *what)
{
    if (!n || n->kind == NODE_NULL || n->kind == NODE_MAP)
        return true;
    return diag_error(l->reader.diag, n->at, "expected a mapping of %ss, not %s", what,
                      node_kind_name(n->kind));
}

static size_t member_count(const struct node *n)
{
    return n && n->kind == NODE_MAP ? n->count : 0;
}

bool rule_texts_read(struct rule_list *l, const struct node *under,
                     const struct node *over, const char *what, struct rule_texts *ret)
{
    const size_t most = member_count(under) + member_count(over);
    const size_t errors = diag_error_count(l->reader.diag);
    size_t count = 0;
    if (!is_mapping(l, over, what))
        return false;
    if (most > TEXTS_MAX)
        return diag_error(l->reader.diag, over ? over->at : under->at,
                          "more than %d %ss of one rule", TEXTS_MAX, what);
    struct rule_text *items = arena_alloc(l->reader.arena, (most + 1) * sizeof(*items));
    for (const struct node *n = member_count(under) ? under->first : NULL; n;
         n = n->next) {
        if (!node_get(over, n->key))
            count += read_one(l, n, what, &items[count]);
    }
    for (const struct node *n = member_count(over) ? over->first : NULL; n; n = n->next)
        count += read_one(l, n, what, &items[count]);
    *ret = (struct rule_texts){items, count};
    return diag_error_count(l->reader.diag) == errors;
}

struct rule_texts rule_texts_with(struct arena *arena, struct rule_texts texts,
                                  const char *name, const char *value)
{
    struct rule_text *items = arena_alloc(arena, (texts.count + 1) * sizeof(*items));
    if (texts.count)
        memcpy(items, texts.items, texts.count * sizeof(*items));
    items[texts.count] =
        (struct rule_text){name, annotation_compile(arena, value, NULL, NULL)};
    return (struct rule_texts){items, texts.count + 1};
}

const struct annotation *rule_texts_get(struct rule_texts texts, const char *name)
{
    for (size_t i = 0; i < texts.count; i++) {
        if (!strcmp(texts.items[i].name, name))
            return texts.items[i].value;
    }
    return NULL;
}
