/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `exporters:`: a mapping from type to its options; those that are the default when it is not written.
 * Called by generation.c. Opens nothing.
 */
#include "exporters/registry.h"

#include "lib/base/glob.h"
#include "lib/config/load.h"

enum { EXPORTERS_MAX = 100 };

static void report_unknown(struct loader *l, const struct node *n)
{
    const char *names[EXPORTERS_MAX + 1];
    struct buf list = BUF_MAX(600);
    size_t count = 0;
    for (const struct exporter_type *const *t = exporter_types;
         *t && count < EXPORTERS_MAX; t++) {
        buf_printf(&list, "%s%s", count ? ", " : "", (*t)->name);
        names[count++] = (*t)->name;
    }
    names[count] = NULL;
    const char *near = nearest_word(n->key, names);
    diag_error(l->diag, n->key_at,
               "'%.80s' is no exporter of this version; there are: %s", n->key,
               buf_text(&list));
    if (near)
        diag_hint(l->diag, "did you mean '%s'?", near);
    buf_finish(&list);
}

static void load_one(struct loader *l, const struct exporter_type *type,
                     const struct node *node, struct exporter_conf *list,
                     struct generation_parts *parts)
{
    const struct opt_part part = {type->opts, type->conf_size};
    const void *conf;
    struct err e = {0};
    struct template *t = template_load(&l->ctx, &part, 1, node, NULL);
    if (!t || conf_has_unknown(l, t))
        return;
    if (!template_fill(t, NULL, NULL, l->arena, &conf, &e)) {
        diag_error(l->diag, node ? node->at : (struct place){0}, "%s: %s", type->name,
                   e.text);
        return;
    }
    parts->exporters[l->g->exporter_count] = t;
    list[l->g->exporter_count++] = (struct exporter_conf){type, conf};
}

void exporters_load(struct loader *l, const struct node *node,
                    struct generation_parts *parts)
{
    struct exporter_conf *list = arena_alloc(l->arena, EXPORTERS_MAX * sizeof(*list));
    parts->exporters = arena_alloc(l->arena, EXPORTERS_MAX * sizeof(*parts->exporters));
    l->g->exporters = list;
    if (!node || node->kind == NODE_NULL) {
        for (const struct exporter_type *const *t = exporter_types; *t; t++) {
            if ((*t)->is_default && l->g->exporter_count < EXPORTERS_MAX)
                load_one(l, *t, NULL, list, parts);
        }
        return;
    }
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "exporters must be a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(l->diag, "for example: {prometheus: {}, json_log: {to: stdout}}");
        return;
    }
    for (const struct node *n = node->first; n; n = n->next) {
        const struct exporter_type *type = exporter_type_find(n->key);
        if (!type)
            report_unknown(l, n);
        else if (l->g->exporter_count < EXPORTERS_MAX)
            load_one(l, type, n, list, parts);
    }
}
