/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expectations, as the rest of the program sees them: compiled when configuration loads, then
 * evaluated or judged once a run. A judgement comes with the part that decided it and the values
 * it saw. Never says that a condition fails when it could not be evaluated.
 */
#include "lib/core/expr.h"

#include <string.h>

#include "lib/core/expr_tree.h"

enum { TEXT_SHOWN = 160, DETAIL_MAX = 1000, OPERANDS_SHOWN = 6 };

struct expr *expr_compile(struct arena *arena, const char *text,
                          const struct var *const *vars, struct err *e)
{
    struct expr *x = arena_alloc(arena, sizeof(*x));
    x->text = arena_strdup(arena, text);
    if (!expr_parse(arena, x->text, &x->root, e))
        return NULL;
    return !vars || expr_check(x, arena, vars, e) ? x : NULL;
}

const char *expr_text(const struct expr *x)
{
    return x->text;
}

enum value_type expr_type(const struct expr *x)
{
    return x->root->type == VALUE_NONE ? VALUE_JSON : x->root->type;
}

bool expr_uses(const struct expr *x, const char *var_name)
{
    for (size_t i = 0; i < x->use_count; i++) {
        if (strcmp(x->uses[i]->name, var_name) == 0)
            return true;
    }
    return false;
}

bool expr_eval(const struct expr *x, struct run *run, struct wall now,
               struct arena *arena, struct value *ret_value, struct err *e)
{
    struct eval ev;
    struct value value;
    eval_init(&ev, x, run, now, arena);
    if (!eval_node(&ev, x->root, &value))
        return err_set(e, "%s: %s", node_text(x, ev.failed, arena), ev.why);
    *ret_value = value;
    return true;
}

/* ---- sentences ---- */

const char *node_text(const struct expr *x, const struct node *n, struct arena *arena)
{
    struct buf out = BUF_MAX(EXPR_TEXT_MAX);
    struct bytes source = {x->text + n->from, n->to - n->from};
    bool space = false;
    size_t chars = 0;
    while (source.len > 0 && chars < TEXT_SHOWN) {
        const size_t len = bytes_utf8(source);
        const bool blank = len <= 1 && (unsigned char)source.ptr[0] <= ' ';
        if (!blank && space)
            buf_add_byte(&out, ' ');
        if (!blank && len > 0)
            buf_add(&out, source.ptr, len);
        space = blank;
        chars++;
        source = bytes_slice(source, len ? len : 1, source.len);
    }
    if (source.len > 0)
        buf_add_text(&out, "…");
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

struct story {
    struct eval *ev;
    struct buf out;
    size_t told; /* operands */
};

static void tell(struct story *s, const struct node *n);

static bool is_constant(const struct node *n)
{
    if (n->kind == NODE_LITERAL)
        return true;
    if (n->kind != NODE_LIST && n->kind != NODE_NEGATE && n->kind != NODE_ARITHMETIC)
        return false;
    for (size_t i = 0; i < n->count; i++) {
        if (!is_constant(n->args[i]))
            return false;
    }
    return true;
}

static void tell_operand(struct story *s, const struct node *n)
{
    struct value v;
    if (is_constant(n) || s->told >= OPERANDS_SHOWN)
        return;
    const char *text = node_text(s->ev->x, n, s->ev->arena);
    const bool got = eval_node(s->ev, n, &v);
    buf_add_text(&s->out, s->told++ ? ", " : "");
    buf_printf(&s->out, "%s %s %s", text, got ? "is" : "is not known:",
               got ? value_brief(&v, s->ev->arena) : s->ev->why);
    if (!got)
        eval_forgive(s->ev);
    if (n->kind != NODE_ARITHMETIC)
        return;
    for (size_t i = 0; i < n->count; i++) {
        if (n->args[i]->kind != NODE_CALL || n->args[i]->count > 0) /* but now */
            tell_operand(s, n->args[i]);
    }
}

static void tell_missing(struct story *s, const struct node *n)
{
    struct value v;
    const bool there = eval_node(s->ev, n, &v);
    buf_add_text(&s->out, s->told++ ? ", " : "");
    if (there)
        buf_printf(&s->out, "%s is %s", node_text(s->ev->x, n, s->ev->arena),
                   value_brief(&v, s->ev->arena));
    else
        buf_add_text(&s->out, s->ev->why);
    eval_forgive(s->ev);
}

/* The first element that decided; how many there were, when none did. */
static void tell_elements(struct story *s, const struct node *n)
{
    struct eval *ev = s->ev;
    const bool wanted = n->kind == NODE_EXISTS;
    struct value list;
    if (!eval_node(ev, n->args[0], &list))
        return;
    struct elements elements = elements_of(&list);
    buf_add_text(&s->out, s->told++ ? ", " : "");
    while (elements_next(&elements, &ev->locals[n->slot])) {
        bool truth = false;
        if (!eval_truth(ev, n->args[2], &truth) || truth != wanted)
            continue;
        buf_printf(&s->out, "for %s ", element_text(ev, n, &elements));
        s->told = 0;
        tell(s, n->args[2]);
        return;
    }
    eval_forgive(ev);
    const char *text = node_text(ev->x, n->args[0], ev->arena);
    if (elements.next == 0)
        buf_printf(&s->out, "%s is empty", text);
    else
        buf_printf(&s->out, "%s has %zu element%s, %s", text, elements.next,
                   elements.next == 1 ? "" : "s", wanted ? "none fits" : "all fit");
}

/* Looking for a name in a map: the map cannot be shown, what it lacks can. */
static bool tell_map(struct story *s, const struct node *n)
{
    struct value name, map;
    if (n->op != OP_IN || !eval_node(s->ev, n->args[1], &map) || map.type != VALUE_MAP ||
        !eval_node(s->ev, n->args[0], &name))
        return false;
    bool has = false;
    eval_relation(s->ev, n, &name, &map, &has);
    buf_printf(&s->out, "%s%s has %s%s", s->told++ ? ", " : "",
               node_text(s->ev->x, n->args[1], s->ev->arena), has ? "" : "no ",
               value_brief(&name, s->ev->arena));
    return true;
}

/* What a condition saw. */
static void tell(struct story *s, const struct node *n)
{
    switch (n->kind) {
    case NODE_RELATION:
        if (tell_map(s, n))
            break;
        tell_operand(s, n->args[0]);
        tell_operand(s, n->args[1]);
        break;
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        for (size_t i = 0; i < n->count && s->told < OPERANDS_SHOWN; i++)
            tell(s, n->args[i]);
        break;
    case NODE_CALL:
        for (size_t i = 0; i < n->count; i++)
            tell_operand(s, n->args[i]);
        break;
    case NODE_HAS:
        tell_missing(s, n->args[0]);
        break;
    case NODE_EXISTS:
    case NODE_ALL:
        tell_elements(s, n);
        break;
    case NODE_LITERAL:
    case NODE_NAME:
    case NODE_VAR:
    case NODE_LOCAL:
    case NODE_MEMBER:
    case NODE_INDEX:
    case NODE_LIST:
    case NODE_NEGATE:
    case NODE_ARITHMETIC:
    case NODE_CHOOSE:
        tell_operand(s, n);
        break;
    }
}

/* The smallest part that made a false condition false. */
static const struct node *culprit(struct eval *ev, const struct node *n)
{
    bool truth = false;
    if (n->kind == NODE_CHOOSE)
        return eval_truth(ev, n->args[0], &truth) ? culprit(ev, n->args[truth ? 1 : 2])
                                                  : n;
    if (n->kind != NODE_AND)
        return n;
    for (size_t i = 0; i < n->count; i++) {
        if (eval_truth(ev, n->args[i], &truth) && !truth)
            return culprit(ev, n->args[i]);
    }
    return n;
}

static const char *why_false(struct eval *ev)
{
    ev->steps = EXPR_STEPS;
    const struct node *n = culprit(ev, ev->x->root);
    struct story s = {.ev = ev, .out = BUF_MAX(DETAIL_MAX)};
    eval_forgive(ev);
    buf_printf(&s.out, "%s: ", node_text(ev->x, n, ev->arena));
    const size_t before = s.out.len;
    tell(&s, n);
    if (s.out.len == before)
        buf_add_text(&s.out, "this is never true");
    const char *text =
        arena_printf(ev->arena, "%s%s", buf_text(&s.out), s.out.overflow ? "…" : "");
    buf_finish(&s.out);
    return text;
}

enum expr_judgement expr_judge(const struct expr *x, struct run *run, struct wall now,
                               struct arena *arena, const char **ret_detail)
{
    struct eval ev;
    bool truth = false;
    eval_init(&ev, x, run, now, arena);
    if (!eval_truth(&ev, x->root, &truth)) {
        *ret_detail =
            arena_printf(arena, "%s: %s", node_text(x, ev.failed, arena), ev.why);
        return EXPR_ERROR;
    }
    *ret_detail = truth ? x->text : why_false(&ev);
    return truth ? EXPR_HOLDS : EXPR_FAILS;
}
