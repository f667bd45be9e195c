/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step does with an answer: expressions over it, tries until it is good, values to keep. Called by
 * flow_step_conf.c.
 */
#include <string.h>

#include "lib/base/units.h"
#include "lib/config/flow_load.h"

#define OPT_STRUCT struct retry_rows
const struct opt retry_opts[] = {
    OPT_ROW_TEXT(
        "until", until, "",
        "A condition over the answer that ends the tries; without one the step's "
        "passing does.",
        .flags = OPT_LATE),
    OPT_ROW_DURATION("for", within, "30s", 0.01, 86400,
                     "How long it is tried, from the step's start.",
                     .flags = OPT_SHORTHAND),
    OPT_ROW_TEXTS(
        "backoff", backoff, "500ms",
        "Pause between tries: one, or the first and the longest, between which it "
        "doubles: [500ms, 5s]."),
    {0},
};
#undef OPT_STRUCT

const struct expr *flow_expr(struct flow_loader *f, const char *text,
                             const struct var *const *vars, const struct node *node,
                             const char *what)
{
    struct err e = {0};
    const struct expr *x = expr_compile(f->l->arena, text, vars, &e);
    if (!x) {
        const char *why = e.text;
        const struct place place = node ? expr_place(node, &why) : (struct place){0};
        diag_error(f->l->diag, place, "%s: %s", what, why);
    }
    return x;
}

bool retry_read(struct flow_loader *f, const struct retry_rows *rows,
                const struct node *node, const struct var *const *vars,
                struct flow_step *s)
{
    struct flow_retry *r = &s->retry;
    struct err e = {0};
    const struct node *at = node_get(node, "retry");
    if (!at || at->kind == NODE_NULL)
        return true;
    *r = (struct flow_retry){.is_set = true, .within = rows->within};
    nsec *const pauses[] = {&r->backoff, &r->max_backoff};
    if (rows->backoff.count < 1 || rows->backoff.count > 2)
        return diag_error(f->l->diag, at->at,
                          "backoff is one pause, or the first and the longest");
    for (size_t i = 0; i < rows->backoff.count; i++) {
        if (!duration_parse(bytes_of(rows->backoff.items[i]), pauses[i], &e) ||
            *pauses[i] <= 0)
            return diag_error(f->l->diag, conf_place(at, "backoff"),
                              "'%.40s' is no pause such as 500ms",
                              rows->backoff.items[i]);
    }
    if (rows->backoff.count == 1)
        r->max_backoff = r->backoff;
    if (r->max_backoff < r->backoff)
        return diag_error(f->l->diag, conf_place(at, "backoff"),
                          "the longest pause is shorter than the first");
    if (!*rows->until)
        return true;
    if (s->probe_count != 1)
        return diag_error(
            f->l->diag, conf_place(at, "until"),
            "'until' needs a step with one probe: it is about that one's answer");
    r->until = flow_expr(f, rows->until, vars, node_get(at, "until"), "until");
    return r->until != NULL;
}

struct capture_rows {
    const char *expr;
    bool is_secret;
};

#define OPT_STRUCT struct capture_rows
static const struct opt capture_opts[] = {
    OPT_ROW_TEXT("expr", expr, NULL, "The value.", .flags = OPT_SHORTHAND | OPT_LATE),
    OPT_ROW_BOOL("secret", is_secret, "false", "Never shown, wherever it turns up."),
    {0},
};
#undef OPT_STRUCT

bool captures_read(struct flow_loader *f, const struct node *node,
                   const struct var *const *vars, struct flow_step *s)
{
    struct loader *l = f->l;
    if (!node || node->kind == NODE_NULL)
        return true;
    if (node->kind != NODE_MAP)
        return diag_error(l->diag, node->at, "capture must be a mapping, not %s",
                          node_kind_name(node->kind));
    if (s->probe_count != 1)
        return diag_error(
            l->diag, node->at,
            "'capture' needs a step with one probe: it is about that one's answer");
    struct flow_capture *list = arena_alloc(l->arena, (node->count + 1) * sizeof(*list));
    for (const struct node *n = node->first; n; n = n->next) {
        const void *conf;
        if (!label_name_valid(bytes_of(n->key)))
            return diag_error(
                l->diag, n->key_at,
                "'%.80s' is no name of a variable: use letters, digits and _", n->key);
        if (!conf_rows(l, capture_opts, sizeof(struct capture_rows), n, &conf))
            return false;
        const struct capture_rows *rows = conf;
        const struct expr *value =
            flow_expr(f, rows->expr, vars, n->kind == NODE_MAP ? node_get(n, "expr") : n,
                      "capture");
        if (!value)
            return false;
        list[s->capture_count++] = (struct flow_capture){n->key, value, rows->is_secret};
    }
    s->captures = list;
    return true;
}
