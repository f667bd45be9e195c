/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe's mapping was meant to say: which type it names, and what is said when it names none, two, or one that this
 * build does not have. Called by probe_list.c and flow_step_conf.c. Judges no value.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/load.h"
#include "probes/registry.h"

enum { NAMES_MAX = 200 };

static size_t type_names(const char **ret_names)
{
    size_t count = 0;
    for (const struct probe_type *const *t = probe_types; *t && count < NAMES_MAX; t++)
        ret_names[count++] = (*t)->name;
    ret_names[count] = NULL;
    return count;
}

static const char *left_out_library(const char *name)
{
    for (const char *const *pair = probe_types_left_out; *pair; pair += 2) {
        if (!strcmp(pair[0], name))
            return pair[1];
    }
    return NULL;
}

/* The name of the type that was meant; NULL: nobody can tell. */
static const char *report_no_type(const struct opt_ctx *ctx, const struct node *at,
                                  const char *instead)
{
    const char *names[NAMES_MAX + 1];
    struct buf list = BUF_MAX(600);
    const size_t count = type_names(names);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    const char *near = instead ? nearest_word(instead, names) : NULL;
    if (instead)
        diag_error(ctx->diag, at->key_at, "'%.80s' is no probe type of this version",
                   instead);
    else
        diag_error(ctx->diag, at->at, "the probe has no type");
    if (near)
        diag_hint(ctx->diag, "did you mean '%s'?", near);
    else
        diag_hint(ctx->diag, "the types are: %s", buf_text(&list));
    buf_finish(&list);
    return near;
}

/* A key that nothing explains: a misspelt option, or a type that is not here. Which it was meant to be, or NULL. */
static const char *report_strange_key(const struct opt_ctx *ctx, const struct node *n,
                                      bool has_type)
{
    const char *names[NAMES_MAX + 1];
    const char *library = left_out_library(n->key);
    size_t count = 0;
    if (library) {
        diag_error(ctx->diag, n->key_at,
                   "this healthd was built without %s, which '%s' needs", library,
                   n->key);
        return NULL;
    }
    for (const struct opt *row = probe_common_opts; row->name; row++)
        names[count++] = row->name;
    names[count++] = "name";
    names[count] = NULL;
    const char *near = nearest_word(n->key, names);
    if (!has_type && !near)
        return report_no_type(ctx, n, n->key);
    diag_error(ctx->diag, n->key_at, "unknown key '%.80s'", n->key);
    if (near)
        diag_hint(ctx->diag, "did you mean '%s'?", near);
    else
        diag_hint(ctx->diag,
                  "options of the type stand one level deeper, below its name");
    return near;
}

/* The first type among the keys; a second one is reported. */
static const struct probe_type *find_type(const struct opt_ctx *ctx,
                                          const struct node *node, bool *ret_is_faulty)
{
    const struct probe_type *type = NULL;
    for (const struct node *n = node->first; n; n = n->next) {
        const struct probe_type *t = probe_type_find(n->key);
        if (t && type) {
            diag_error(ctx->diag, n->key_at,
                       "'%s' is a second type beside '%s'; a probe has one", t->name,
                       type->name);
            *ret_is_faulty = true;
        }
        type = type ? type : t;
    }
    return type;
}

const struct node *probe_meant(const struct opt_ctx *ctx, const struct node *node,
                               const struct probe_type **ret_type)
{
    struct node *meant = node_map(ctx->arena, node->at);
    bool is_faulty = false;
    const struct probe_type *type = find_type(ctx, node, &is_faulty);
    for (const struct node *n = node->first; n; n = n->next) {
        const struct probe_type *own = probe_type_find(n->key);
        const char *key = n->key;
        if (!own && !opt_find(probe_common_opts, key) && strcmp(key, "name")) {
            key = report_strange_key(ctx, n, type != NULL);
            type = type || !key ? type : probe_type_find(key);
            is_faulty = true;
        }
        if (!key || (own && own != type) || (key != n->key && node_get(node, key)))
            continue;
        if (!node_get(meant, key))
            conf_put_copy(ctx->arena, meant, key, n);
    }
    if (!type && !is_faulty)
        (void)report_no_type(ctx, node, NULL);
    *ret_type = type;
    return meant;
}
