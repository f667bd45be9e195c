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

static void pauses_read(struct flow_loader *f, const struct texts *texts,
                        const struct node *at, struct flow_retry *r)
{
    nsec *const pauses[] = {&r->backoff, &r->max_backoff};
    struct diag *d = f->l->diag;
    struct err e = {0};
    if (texts->count < 1 || texts->count > 2) {
        diag_error(d, at->at, "backoff is one pause, or the first and the longest");
        return;
    }
    for (size_t i = 0; i < texts->count; i++) {
        if (duration_parse(bytes_of(texts->items[i]), pauses[i], &e) && *pauses[i] > 0)
            continue;
        diag_error(d, conf_place(at, "backoff"), "'%.40s' is no pause such as 500ms",
                   texts->items[i]);
        return;
    }
    if (texts->count == 1)
        r->max_backoff = r->backoff;
    if (r->max_backoff < r->backoff)
        diag_error(d, conf_place(at, "backoff"),
                   "the longest pause is shorter than the first");
}

void retry_read(struct flow_loader *f, const struct retry_rows *rows,
                const struct node *node, const struct step_answer *answer,
                struct flow_step *s)
{
    struct flow_retry *r = &s->retry;
    const struct node *at = node_get(node, "retry");
    if (!at || at->kind == NODE_NULL)
        return;
    *r = (struct flow_retry){.is_set = true, .within = rows->within};
    pauses_read(f, &rows->backoff, at, r);
    if (!*rows->until)
        return;
    if (answer->asked != 1)
        diag_error(f->l->diag, conf_place(at, "until"),
                   "'until' needs a step with one probe: it is about that one's answer");
    else
        r->until =
            flow_expr(f, rows->until, answer->vars, node_get(at, "until"), "until");
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

static struct flow_capture capture_read(struct flow_loader *f, const struct node *n,
                                        const struct step_answer *answer)
{
    struct loader *l = f->l;
    const struct capture_rows *rows =
        conf_rows(l, capture_opts, sizeof(struct capture_rows), n);
    const struct node *expr = n->kind == NODE_MAP ? node_get(n, "expr") : n;
    struct flow_capture c = {.name = n->key, .is_secret = rows->is_secret};
    if (!label_name_valid(bytes_of(n->key)))
        diag_error(l->diag, n->key_at,
                   "'%.80s' is no name of a variable: use letters, digits and _", n->key);
    if (rows->expr)
        c.value = flow_expr(f, rows->expr, answer->vars, expr, "capture");
    return c;
}

void captures_read(struct flow_loader *f, const struct node *node,
                   const struct step_answer *answer, struct flow_step *s)
{
    struct loader *l = f->l;
    if (!node || node->kind == NODE_NULL)
        return;
    if (node->kind != NODE_MAP) {
        diag_error(l->diag, node->at, "capture must be a mapping, not %s",
                   node_kind_name(node->kind));
        return;
    }
    if (answer->asked != 1)
        diag_error(
            l->diag, node->at,
            "'capture' needs a step with one probe: it is about that one's answer");
    struct flow_capture *list = arena_alloc(l->arena, (node->count + 1) * sizeof(*list));
    for (const struct node *n = node->first; n; n = n->next)
        list[s->capture_count++] = capture_read(f, n, answer);
    s->captures = list;
}
