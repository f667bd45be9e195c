/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of a flow: which probes it asks, when, how often, and what it keeps. Called by flow_conf.c. A step is a probe's
 * mapping (type, expect, should, timeout, labels) with rows of its own beside it.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/config/flow_load.h"

static const char nameless[] = "?"; /* a step whose type nobody knows */

struct step_rows {
    const char *name, *when, *include;
    struct texts use;
    const struct node *capture, *parallel;
    struct retry_rows retry;
};

#define OPT_STRUCT struct step_rows
const struct opt step_opts[] = {
    OPT_ROW_TEXT("name", name, "",
                 "Its name, and the label node_id. When it is not written: "
                 "what it uses, or its type.",
                 .max = 200),
    OPT_ROW_TEXTS("use", use, OPT_NONE, "Probes of the configuration, asked at once."),
    OPT_ROW_TEXT("when", when, "", "A condition over vars; else the step is skipped.",
                 .flags = OPT_LATE),
    OPT_ROW_NODE("capture", capture,
                 "Values to keep, by name, as expressions over the answer: {token: "
                 "json.token}, or "
                 "{token: {expr: json.token, secret: true}}.",
                 .unit = "mapping of expressions", .flags = OPT_LATE),
    OPT_ROW_SECTION("retry", retry, struct retry_rows, retry_opts,
                    "Tries it again while it fails."),
    OPT_ROW_NODE("parallel", parallel, "Steps that begin at once.",
                 .unit = "list of steps", .flags = OPT_LATE),
    OPT_ROW_TEXT(
        "include", include, "",
        "A file with a list of steps, relative to this file, in this one's place."),
    {0},
};
#undef OPT_STRUCT

/* ---- a step's mapping taken apart ---- */

/* The members that are rows of step_opts, or all others. */
static struct node *members(struct flow_loader *f, const struct node *node, bool own)
{
    struct node *map = node_map(f->l->arena, node->at);
    for (const struct node *n = node->first; n; n = n->next) {
        if ((opt_find(step_opts, n->key) != NULL) == own)
            conf_put_copy(f->l->arena, map, n->key, n);
    }
    return map;
}

/* ---- probes ---- */

static struct labels step_labels(struct flow_loader *f, const char *name)
{
    struct label *own = arena_alloc(f->l->arena, sizeof(*own));
    *own = (struct label){"node_id", name};
    return labels_merge(f->l->arena, f->flow->labels, (struct labels){own, 1});
}

static struct opt_ctx ctx_of(const struct flow_loader *f)
{
    struct opt_ctx ctx = f->l->ctx;
    ctx.vars = flow_vars;
    return ctx;
}

static void own_probe(struct flow_loader *f, const struct node *node, struct flow_step *s)
{
    struct loader *l = f->l;
    const struct opt_ctx ctx = ctx_of(f);
    const struct probe_type *type;
    const struct node *meant = probe_meant(&ctx, node, &type);
    if (!*s->name)
        s->name = type ? type->name : nameless;
    struct probe *p =
        probe_from_node(&ctx, type, s->name, meant, step_labels(f, s->name));
    const struct node *own = type ? node_get(meant, type->name) : meant;
    (void)probe_validate(&ctx, p, NULL, own->kind == NODE_NULL ? own->key_at : own->at);
    if (node_get(meant, "timeout") && p->timeout > f->flow->deadline)
        diag_error(l->diag, conf_place(meant, "timeout"),
                   "the step's timeout is longer than the flow's deadline");
    const struct probe **list = arena_alloc(l->arena, 2 * sizeof(*list));
    list[0] = p;
    s->probes = list;
    s->probe_count = 1;
}

static const struct expr *const *both(struct arena *arena, const struct expr *const *a,
                                      const struct expr *const *b)
{
    size_t na = 0, nb = 0;
    while (a && a[na])
        na++;
    while (b && b[nb])
        nb++;
    const struct expr **list = arena_alloc(arena, (na + nb + 1) * sizeof(*list));
    for (size_t i = 0; i < na; i++)
        list[i] = a[i];
    for (size_t i = 0; i < nb; i++)
        list[na + i] = b[i];
    return list;
}

/* A probe of the configuration, with what the step says on top. */
static const struct probe *used_probe(struct flow_loader *f, const struct node *node,
                                      const char *name, const char *step, struct place at)
{
    struct loader *l = f->l;
    const struct opt_ctx ctx = ctx_of(f);
    const struct probe *known = generation_probe(l->g, name);
    struct probe *p = known ? arena_memdup(l->arena, known, sizeof(*p)) : NULL;
    struct probe_extra extra = {0};
    if (!known && l->has_lost_files)
        return NULL; /* it may be in one of them */
    if (!known) {
        const char **names =
            arena_alloc(l->arena, (l->g->probe_count + 1) * sizeof(*names));
        for (size_t i = 0; i < l->g->probe_count; i++)
            names[i] = l->g->probes[i]->name;
        const char *near = nearest_word(name, names);
        diag_error(l->diag, at, "there is no probe named '%.80s'", name);
        if (near)
            diag_hint(l->diag, "did you mean '%s'?", near);
        return NULL;
    }
    (void)probe_extra_read(&ctx, p->type, node, &extra);
    p->expect = both(l->arena, p->expect, extra.expect);
    p->should = both(l->arena, p->should, extra.should);
    p->timeout = extra.timeout ? extra.timeout : p->timeout;
    p->labels = labels_merge(
        l->arena, labels_merge(l->arena, p->labels, step_labels(f, step)), extra.labels);
    return p;
}

static void used_probes(struct flow_loader *f, const struct texts *use,
                        const struct node *node, const struct node *rest,
                        struct flow_step *s)
{
    struct loader *l = f->l;
    const struct probe **list = arena_alloc(l->arena, (use->count + 1) * sizeof(*list));
    const struct node *names = node_get(node, "use");
    struct buf name = BUF_MAX(200);
    for (size_t i = 0; i < use->count; i++)
        buf_printf(&name, "%s%s", i ? " " : "", use->items[i]);
    if (!*s->name)
        s->name = arena_strdup(l->arena, buf_text(&name));
    buf_finish(&name);
    for (size_t i = 0; i < use->count; i++) {
        const struct node *n = conf_item(names, i);
        list[s->probe_count] =
            used_probe(f, rest, use->items[i], s->name, n ? n->at : node->at);
        s->probe_count += list[s->probe_count] != NULL;
    }
    s->probes = list;
}

/* ---- one step ---- */

static void learn_captures(struct flow_loader *f, const struct flow_step *s)
{
    for (size_t i = 0; i < s->capture_count; i++) {
        if (!name_list_has(&f->captured, s->captures[i].name))
            name_list_add(f, &f->captured, s->captures[i].name);
    }
}

static void group_read(struct flow_loader *f, const struct node *list,
                       struct flow_step *s)
{
    struct loader *l = f->l;
    if (list->kind != NODE_LIST || !list->count) {
        diag_error(l->diag, list->at, "parallel must be a list of steps");
        return;
    }
    struct flow_step *members = arena_alloc(l->arena, list->count * sizeof(*members));
    for (const struct node *n = list->first; n; n = n->next)
        step_read(f, n, true, &members[s->step_count++]);
    /* Not before: they begin at once, so none can use what another captures. */
    for (size_t i = 0; i < s->step_count; i++)
        learn_captures(f, &members[i]);
    s->steps = members;
    if (!*s->name)
        s->name = "parallel";
}

static bool is_one_kind(struct flow_loader *f, const struct step_rows *rows,
                        const struct node *node, const struct node *rest)
{
    const bool has_type = rest->count > 0 && !rows->use.count;
    if (rows->use.count && rows->parallel)
        return diag_error(f->l->diag, node->at,
                          "a step has `use` or `parallel`, not both");
    if (rows->parallel && has_type)
        return diag_error(f->l->diag, rest->first->key_at,
                          "'%.80s' cannot stand beside `parallel`: put it into a member",
                          rest->first->key);
    return true;
}

/* The name is one of this flow's only. One that is not known, for a fault that was reported, is no second one. */
static void check_name(struct flow_loader *f, const struct flow_step *s)
{
    if (!*s->name || !strcmp(s->name, nameless))
        return;
    if (name_list_has(&f->steps, s->name) && strcmp(s->name, "parallel")) {
        diag_error(f->l->diag, s->at, "a second step is named '%.80s'", s->name);
        diag_hint(f->l->diag, "give it a `name:` of its own");
        return;
    }
    name_list_add(f, &f->steps, s->name);
}

static void probes_of(struct flow_loader *f, const struct step_rows *rows,
                      const struct node *node, const struct node *rest,
                      struct flow_step *s)
{
    if (rows->use.count) {
        used_probes(f, &rows->use, node, rest, s);
    } else if (rest->count) {
        own_probe(f, rest, s);
    } else if (!node_get(node, "use") && !node_get(node, "parallel")) {
        diag_error(f->l->diag, node->at, "the step asks nothing");
        diag_hint(f->l->diag, "name a probe type such as http:, or `use: [probe]`");
    }
}

static void asking_read(struct flow_loader *f, const struct step_rows *rows,
                        const struct node *node, const struct node *rest,
                        struct flow_step *s)
{
    const struct opt_ctx ctx = ctx_of(f);
    const struct var *vars[PROBE_VAR_TABLES];
    s->needs = needs_of(f, rest);
    probes_of(f, rows, node, rest, s);
    const bool has_type = s->probe_count > 0 && s->probes[0]->type;
    if (has_type)
        probe_vars(&ctx, s->probes[0]->type, vars);
    const struct step_answer answer = {.vars = has_type ? vars : NULL,
                                       .asked = rows->use.count ? rows->use.count : 1};
    retry_read(f, &rows->retry, node, &answer, s);
    captures_read(f, rows->capture, &answer, s);
}

static void when_read(struct flow_loader *f, const char *text, const struct node *node,
                      struct flow_step *s)
{
    static const struct var *const only_vars[] = {flow_vars, NULL};
    if (*text)
        s->when = flow_expr(f, text, only_vars, node_get(node, "when"), "when");
}

void step_read(struct flow_loader *f, const struct node *node, bool in_parallel,
               struct flow_step *ret_step)
{
    struct loader *l = f->l;
    *ret_step = (struct flow_step){.at = node->at, .name = nameless};
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "a step is a mapping, not %s",
                   node_kind_name(node->kind));
        return;
    }
    const struct node *own = members(f, node, true), *rest = members(f, node, false);
    const struct step_rows *rows = conf_rows(l, step_opts, sizeof(struct step_rows), own);
    ret_step->name = rows->name;
    when_read(f, rows->when, node, ret_step);
    if (in_parallel && (rows->parallel || *rows->include)) {
        diag_error(l->diag, node->at,
                   "a step in parallel can be neither a group nor an include");
        return;
    }
    if (!is_one_kind(f, rows, node, rest))
        return;
    if (rows->parallel)
        group_read(f, rows->parallel, ret_step);
    else
        asking_read(f, rows, node, rest, ret_step);
    check_name(f, ret_step);
    if (!in_parallel)
        learn_captures(f, ret_step);
}

/* ---- many ---- */

static void include_read(struct flow_loader *f, const struct node *node, const char *name,
                         struct place at)
{
    struct loader *l = f->l;
    const char *path, *before = f->path;
    const struct node *root = include_load(l, name, f->path, at, &path);
    if (!root)
        return;
    for (int i = 0; i < f->depth; i++) {
        if (!strcmp(f->chain[i], path)) {
            diag_error(l->diag, at, "%s includes itself, by way of %s", path, f->path);
            return;
        }
    }
    if (f->depth == FLOW_MAX_DEPTH) {
        diag_error(l->diag, at, "includes of steps are nested deeper than %d files",
                   FLOW_MAX_DEPTH);
        return;
    }
    f->chain[f->depth++] = path;
    f->path = path;
    steps_read(f, root->kind == NODE_MAP ? node_get(root, "steps") : root, path);
    f->path = before;
    f->depth--;
}

void steps_read(struct flow_loader *f, const struct node *list, const char *what)
{
    struct loader *l = f->l;
    if (!list || list->kind == NODE_NULL)
        return;
    if (list->kind != NODE_LIST) {
        diag_error(l->diag, list->at, "%s must be a list of steps, not %s", what,
                   node_kind_name(list->kind));
        return;
    }
    for (const struct node *n = list->first; n; n = n->next) {
        const struct node *include = node_get(n, "include");
        if (include && include->kind == NODE_SCALAR) {
            if (n->count > 1)
                diag_error(l->diag, n->at, "an `include` stands alone in its step");
            else
                include_read(f, n, include->text, include->at);
        } else if (f->count == FLOW_MAX_STEPS) {
            diag_error(l->diag, n->at, "a flow has at most %d steps", FLOW_MAX_STEPS);
            return;
        } else {
            step_read(f, n, false, &f->list[f->count++]);
        }
    }
}
