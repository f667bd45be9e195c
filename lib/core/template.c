/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration as a template: structs read once, and the few rows that are read again for each run
 * because a ${name} stands in them. The one path for scheduled probes, flow steps, /probe and the
 * command line. Loop thread; never decides what a row means.
 */
#include <assert.h>
#include <string.h>

#include "lib/core/opt.h"
#include "lib/core/opt_load.h"

struct pending { /* a row with a ${name}: read from its node at each fill */
    const struct opt *row;
    size_t part;
    const struct node *node;
    struct pending *next;
};

struct template
{
    struct arena *arena;
    struct opt_part parts[TEMPLATE_MAX_PARTS];
    void *confs[TEMPLATE_MAX_PARTS];
    size_t count;
    struct secrets *secrets;
    struct pending *pending, *last;
    const struct opt *shorthand;
    size_t shorthand_part;
    const char *variable;
    struct place variable_at;
    bool is_faulty;
};

static struct opt_names names_of(const struct template *t, const struct scope *scope)
{
    return (struct opt_names){scope, t->secrets ? secrets_scope(t->secrets) : NULL};
}

static void keep_pending(void *ctx, size_t part, const struct opt *row,
                         const struct node *node)
{
    struct template *t = ctx;
    struct pending *p = arena_alloc(t->arena, sizeof(*p));
    *p = (struct pending){row, part, node, NULL};
    if (t->last)
        t->last->next = p;
    else
        t->pending = p;
    t->last = p;
}

static void set_site_zone(const struct opt_ctx *ctx, const struct opt_part *part,
                          void *conf)
{
    struct err ignored;
    for (const struct opt *row = part->rows; row && row->name; row++) {
        if (row->flags & OPT_SITE_ZONE && ctx->timezone)
            opt_set(row, conf, ctx->timezone, ctx->arena, &ignored);
    }
}

struct template *template_load_rest(const struct opt_ctx *ctx,
                                    const struct opt_part *parts, size_t count,
                                    const struct node *node, const char *const *skip_keys)
{
    assert(count <= TEMPLATE_MAX_PARTS);
    struct template *t = arena_alloc(ctx->arena, sizeof(*t));
    t->arena = ctx->arena;
    t->count = count;
    t->secrets = ctx->secrets;
    t->shorthand = opt_shorthand(parts, count, &t->shorthand_part);
    for (size_t i = 0; i < count; i++) {
        t->parts[i] = parts[i];
        t->confs[i] = arena_alloc(ctx->arena, parts[i].size ? parts[i].size : 1);
        opt_defaults(parts[i].rows, t->confs[i], ctx->arena);
        set_site_zone(ctx, &parts[i], t->confs[i]);
    }
    struct opt_reader r = {.arena = ctx->arena,
                           .secrets = ctx->secrets,
                           .names = names_of(t, NULL),
                           .diag = ctx->diag,
                           .operand_comes_later = ctx->operand_comes_later};
    opt_read_mapping(&r,
                     &(struct opt_target){.parts = t->parts,
                                          .confs = t->confs,
                                          .count = count,
                                          .skip_keys = skip_keys,
                                          .on_names = keep_pending,
                                          .ctx = t},
                     node);
    t->variable = r.variable;
    t->variable_at = r.variable_at;
    t->is_faulty = r.failed;
    return t;
}

struct template *template_load(const struct opt_ctx *ctx, const struct opt_part *parts,
                               size_t count, const struct node *node,
                               const char *const *skip_keys)
{
    struct template *t = template_load_rest(ctx, parts, count, node, skip_keys);
    return t->is_faulty ? NULL : t;
}

const void *template_loaded(const struct template *t, size_t index)
{
    return t->confs[index];
}

bool template_is_fixed(const struct template *t)
{
    return !t->pending;
}

const char *template_variable(const struct template *t, struct place *ret_at)
{
    if (t->variable)
        *ret_at = t->variable_at;
    return t->variable;
}

bool template_fill(const struct template *t, const struct scope *scope,
                   const char *operand, struct arena *arena, const void **ret_confs,
                   struct err *e)
{
    void *confs[TEMPLATE_MAX_PARTS];
    memcpy(confs, t->confs, sizeof(confs));
    bool is_own[TEMPLATE_MAX_PARTS] = {0};
    is_own[0] = t->pending || operand;
    for (const struct pending *p = t->pending; p; p = p->next)
        is_own[p->part] = true;
    if (operand && !t->shorthand)
        return err_set(e, "takes no target: it has no option that a single value sets");
    if (operand)
        is_own[t->shorthand_part] = true;
    for (size_t i = 0; i < t->count; i++) {
        if (is_own[i])
            confs[i] = arena_memdup(arena, t->confs[i], t->parts[i].size);
    }
    e->text[0] = 0;
    struct opt_reader r = {
        .arena = arena, .secrets = t->secrets, .names = names_of(t, scope), .err = e};
    for (const struct pending *p = t->pending; p && !r.failed; p = p->next) {
        if (!operand || p->row != t->shorthand)
            opt_read_row(&r, p->row, confs[p->part], p->node);
    }
    if (r.failed)
        return false;
    if (operand && !opt_set(t->shorthand, confs[t->shorthand_part], operand, arena, e))
        return err_wrap(e, "option '%s'", t->shorthand->name);
    if (operand && t->secrets)
        secrets_add_within(t->secrets, bytes_of(operand));
    for (size_t i = 0; i < t->count; i++)
        ret_confs[i] = confs[i];
    return true;
}

static bool override_row(const struct template *t, const struct pair *pair,
                         struct arena *arena, const void **confs, struct err *e)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct opt *row = opt_find(t->parts[i].rows, pair->key);
        if (!row)
            continue;
        void *copy = arena_memdup(arena, confs[i], t->parts[i].size);
        confs[i] = copy;
        if (t->secrets)
            secrets_add_within(t->secrets, bytes_of(pair->value));
        return opt_set(row, copy, pair->value, arena, e) ||
               err_wrap(e, "option '%s'", row->name);
    }
    return true;
}

bool template_override(const struct template *t, struct pairs rows, struct arena *arena,
                       const void **confs, struct err *e)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (!override_row(t, &rows.items[i], arena, confs, e))
            return false;
    }
    return true;
}

static const struct node *pending_node(const struct template *t, const struct opt *row)
{
    for (const struct pending *p = t->pending; p; p = p->next) {
        if (p->row == row)
            return p->node;
    }
    return NULL;
}

void template_print(const struct template *t, int indent, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        for (const struct opt *row = t->parts[i].rows; row && row->name; row++) {
            const struct node *node = pending_node(t, row);
            if (!opt_is_set(row, t->confs[i], node))
                continue;
            buf_printf(out, "%*s%s:", indent, "", row->name);
            opt_print_row(row, t->confs[i], node, indent, out);
            buf_add_byte(out, '\n');
        }
    }
}
