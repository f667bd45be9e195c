/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One probe from its mapping: which type, its options, what every probe has, its expressions. Called
 * for scheduled probes, modules, flow steps and the command line alike. Knows no other probe.
 */
#include <string.h>

#include "lib/config/load.h"
#include "lib/core/conn.h"
#include "lib/core/runner.h"
#include "lib/core/talk.h"

size_t probe_parts(const struct probe_type *type, struct opt_part *ret_parts)
{
    ret_parts[0] = (struct opt_part){type->opts, type->conf_size};
    if (!type->talk)
        return 1;
    ret_parts[1] = (struct opt_part){dial_opts, sizeof(struct dial_conf)};
    return 2;
}

/* ---- expressions ---- */

static bool has_tls_vars(const struct probe_type *type)
{
    return type->talk || type->start;
}

struct place expr_place(const struct node *n, const char **text)
{
    struct bytes rest = bytes_of(*text), word, number;
    struct place at = n->at;
    uint64_t column;
    if (bytes_token(&rest, ' ', &word) && bytes_is(word, "column") &&
        bytes_token(&rest, ':', &number) && bytes_to_u64(number, &column) &&
        column < 10000) {
        at.column += (int)column - 1 + n->quoted;
        *text = bytes_starts(rest, " ") ? rest.ptr + 1 : rest.ptr;
    }
    return at;
}

void probe_vars(const struct opt_ctx *ctx, const struct probe_type *type,
                const struct var *ret_tables[PROBE_VAR_TABLES])
{
    size_t count = 0;
    if (type->vars)
        ret_tables[count++] = type->vars;
    ret_tables[count++] = runner_vars;
    if (has_tls_vars(type))
        ret_tables[count++] = tls_vars;
    if (ctx->vars)
        ret_tables[count++] = ctx->vars;
    ret_tables[count] = NULL;
}

static const struct expr **compile_all(const struct opt_ctx *ctx,
                                       const struct probe_type *type,
                                       const struct texts *texts, const struct node *node)
{
    const struct var *vars[PROBE_VAR_TABLES];
    if (type)
        probe_vars(ctx, type, vars);
    const struct expr **list =
        arena_alloc(ctx->arena, (texts->count + 1) * sizeof(*list));
    const struct node *item = node && node->kind == NODE_LIST ? node->first : node;
    for (size_t i = 0; i < texts->count; i++) {
        struct err e = {0};
        list[i] = expr_compile(ctx->arena, texts->items[i], type ? vars : NULL, &e);
        if (!list[i]) {
            const char *why = e.text;
            const struct place at = item ? expr_place(item, &why) : (struct place){0};
            diag_error(ctx->diag, at, "%s", why);
        }
        item = item ? item->next : NULL;
    }
    return list;
}

/* ---- on top of a probe ---- */

struct extra_rows {
    struct texts expect, should;
    nsec timeout;
    struct pairs labels;
};

#define OPT_STRUCT struct extra_rows
static const struct opt extra_opts[] = {
    OPT_ROW_TEXTS("expect", expect, OPT_NONE, "As of a probe.", .flags = OPT_LATE),
    OPT_ROW_TEXTS("should", should, OPT_NONE, "As of a probe.", .flags = OPT_LATE),
    OPT_ROW_DURATION("timeout", timeout, OPT_NONE, 0.01, 600, "As of a probe."),
    OPT_ROW_PAIRS("labels", labels, OPT_NONE, "As of a probe."),
    {0},
};
#undef OPT_STRUCT

bool probe_extra_read(const struct opt_ctx *ctx, const struct probe_type *type,
                      const struct node *node, struct probe_extra *ret_extra)
{
    const struct opt_part part = {extra_opts, sizeof(struct extra_rows)};
    const size_t errors = diag_error_count(ctx->diag);
    const struct template *t = template_load_rest(ctx, &part, 1, node, NULL);
    struct place at;
    if (template_variable(t, &at))
        diag_error(ctx->diag, at, "${%s} cannot be used here", template_variable(t, &at));
    const struct extra_rows *rows = template_loaded(t, 0);
    ret_extra->expect = compile_all(ctx, type, &rows->expect, node_get(node, "expect"));
    ret_extra->should = compile_all(ctx, type, &rows->should, node_get(node, "should"));
    ret_extra->timeout = rows->timeout;
    conf_labels(ctx, &rows->labels, node_get(node, "labels"), (struct labels){0},
                &ret_extra->labels);
    return diag_error_count(ctx->diag) == errors;
}

/* ---- loading ---- */

static nsec clamp(nsec value, nsec least, nsec most)
{
    return value < least ? least : value > most ? most : value;
}

static bool is_written(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n && n->kind != NODE_NULL;
}

static void set_times(struct probe *p, const struct probe_common *c,
                      const struct node *node)
{
    p->interval = c->interval;
    p->timeout = c->timeout;
    p->retry_interval = c->retry_interval;
    if (p->retry_interval == 0)
        p->retry_interval = clamp(p->interval / 3, NSEC_PER_SEC, 30 * NSEC_PER_SEC);
    if (p->timeout > p->interval && !is_written(node, "timeout"))
        p->timeout = p->interval;
}

static const char *canonical_text(struct arena *arena, const char *name,
                                  const struct probe_type *type, const struct node *node,
                                  struct labels labels)
{
    struct buf out = BUF_MAX(16u << 20);
    buf_printf(&out, "%s %s {", name, type->name);
    labels_print(labels, &out);
    buf_add_text(&out, "} ");
    node_canonical(node, &out);
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

static const char *const *names_list(struct arena *arena, const struct texts *texts)
{
    const char **list = arena_alloc(arena, (texts->count + 1) * sizeof(*list));
    for (size_t i = 0; i < texts->count; i++)
        list[i] = texts->items[i];
    return list;
}

static struct probe *probe_fill(const struct opt_ctx *ctx, const struct probe_type *type,
                                const char *name, const struct node *node,
                                const struct probe_common *c, struct labels under)
{
    struct probe *p = arena_alloc(ctx->arena, sizeof(*p));
    p->name = arena_strdup(ctx->arena, name);
    p->type = type;
    p->at = node->at;
    p->rise = (int)c->rise;
    p->fall = (int)c->fall;
    p->watch = c->watch;
    p->results_all = c->results == RESULTS_ALL;
    p->severity = severity_name(c->severity != SEVERITY_OF_TYPE ? c->severity
                                : type && type->is_critical     ? SEVERITY_CRITICAL
                                                                : SEVERITY_PAGE_WARNING);
    p->limits = c->limits;
    p->depends_on = names_list(ctx->arena, &c->depends_on);
    set_times(p, c, node);
    conf_labels(ctx, &c->labels, node_get(node, "labels"), under, &p->labels);
    p->expect = compile_all(ctx, type, &c->expect, node_get(node, "expect"));
    p->should = compile_all(ctx, type, &c->should, node_get(node, "should"));
    if (type)
        p->canonical = canonical_text(ctx->arena, name, type, node, p->labels);
    return p;
}

/* NULL after reporting. */
static struct template *conf_load(const struct opt_ctx *ctx,
                                  const struct probe_type *type, const struct node *node)
{
    struct opt_part parts[TEMPLATE_MAX_PARTS];
    const size_t count = probe_parts(type, parts);
    const struct node *own = node_get(node, type->name);
    if (!own || own->kind == NODE_NULL)
        own = node_map(ctx->arena, own ? own->at : node->at);
    return template_load(ctx, parts, count, own, NULL);
}

struct probe *probe_from_node(const struct opt_ctx *ctx, const struct probe_type *type,
                              const char *name, const struct node *node,
                              struct labels under)
{
    const char *const others[] = {"name", type ? type->name : NULL, NULL};
    const struct opt_part part = {probe_common_opts, sizeof(struct probe_common)};
    const struct opt_ctx common_ctx = {
        .arena = ctx->arena, .diag = ctx->diag, .secrets = ctx->secrets};
    const struct template *common =
        template_load_rest(&common_ctx, &part, 1, node, others);
    struct place at;
    if (template_variable(common, &at))
        diag_error(ctx->diag, at,
                   "${%s} cannot be used here: only a type's own options are filled "
                   "in per run",
                   template_variable(common, &at));
    struct probe *p =
        probe_fill(ctx, type, name, node, template_loaded(common, 0), under);
    p->conf = type ? conf_load(ctx, type, node) : NULL;
    return p;
}

bool probe_validate(const struct opt_ctx *ctx, const struct probe *p, const char *operand,
                    struct place at)
{
    const struct probe_type *type = p->type;
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    struct place ignored;
    struct err e = {0};
    struct dial dial;
    if (!p->conf || template_variable(p->conf, &ignored))
        return true; /* at fault, which was said; or only a run knows it all */
    /* A fixed conf is this generation's own until it is published: validate may derive fields of it. */
    bool ok = template_fill(p->conf, NULL, operand, ctx->arena, confs, &e) &&
              (!type->validate ||
               type->validate((void *)(uintptr_t)confs[0], ctx->arena, &e)) &&
              (!type->talk || talk_dial(type, confs[0], confs[1], ctx->arena, &dial, &e));
    return ok || diag_error(ctx->diag, at, "%s: %s", type->name, e.text);
}

struct probe *probe_load(const struct opt_ctx *ctx, const struct probe_type *type,
                         const char *name, const struct node *node)
{
    if (node->kind != NODE_MAP) {
        diag_error(ctx->diag, node->at, "expected a mapping, not %s",
                   node_kind_name(node->kind));
        return NULL;
    }
    const size_t errors = diag_error_count(ctx->diag);
    const struct node *own = node_get(node, type->name);
    struct probe *p = probe_from_node(ctx, type, name, node, (struct labels){0});
    if (!ctx->operand_comes_later)
        (void)probe_validate(ctx, p, NULL, own ? own->at : node->at);
    return diag_error_count(ctx->diag) == errors ? p : NULL;
}
