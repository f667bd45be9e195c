/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `limits:` of a probe: which its type knows, the values in their units, and the rules that they become: written as a
 * person would write them, and read as any others. Called by rule_conf.c for every probe.
 */
#include <string.h>

#include "alerts/rule_file.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/config/load.h"
#include "lib/core/limit.h"

enum { LIMITS_MAX = 100, EXPR_MAX = 4000 };

struct limit_pair { /* as written, and as numbers of the expression's unit */
    double warning, critical;
    bool has_critical;
};

static const struct limit *limit_find(const struct probe_type *type, const char *name)
{
    for (const struct limit *x = type->limits; x && x->name; x++) {
        if (!strcmp(x->name, name))
            return x;
    }
    return NULL;
}

static void report_unknown(struct loader *l, const struct probe_type *type,
                           const struct node *n)
{
    const char *names[LIMITS_MAX + 1] = {0};
    struct buf list = BUF_MAX(600);
    size_t count = 0;
    for (const struct limit *x = type->limits; x && x->name && count < LIMITS_MAX; x++) {
        buf_printf(&list, "%s%s", count ? ", " : "", x->name);
        names[count++] = x->name;
    }
    const char *near = nearest_word(n->key, names);
    diag_error(l->diag, n->key_at, "%s has no limit '%.80s'", type->name, n->key);
    if (near)
        diag_hint(l->diag, "did you mean '%s'?", near);
    else if (count)
        diag_hint(l->diag, "its limits are: %s", buf_text(&list));
    else
        diag_hint(l->diag, "its type has none; write a rule");
    buf_finish(&list);
}

/* ---- values ---- */

static bool value_read(enum limit_unit unit, const char *text, double *ret, struct err *e)
{
    uint64_t size;
    nsec duration;
    switch (unit) {
    case LIMIT_SHARE:
        if (!percent_parse(bytes_of(text), ret, e))
            return false;
        *ret /= 100;
        return true;
    case LIMIT_BYTES:
        if (!size_parse(bytes_of(text), &size, e))
            return false;
        *ret = (double)size;
        return true;
    case LIMIT_DURATION:
        if (!duration_parse(bytes_of(text), &duration, e))
            return false;
        *ret = nsec_to_sec(duration);
        return true;
    case LIMIT_NUMBER:
        return bytes_to_double(bytes_of(text), ret) ||
               err_set(e, "'%.40s' is no number", text);
    }
    return false;
}

static bool one_read(struct loader *l, const struct limit *limit, const struct node *n,
                     double *ret)
{
    struct err e = {0};
    if (n->kind != NODE_SCALAR)
        return diag_error(l->diag, n->at, "expected a value, not %s",
                          node_kind_name(n->kind));
    return value_read(limit->unit, n->text, ret, &e) ||
           diag_error(l->diag, n->at, "%s", e.text);
}

static bool pair_read(struct loader *l, const struct limit *limit, const struct node *n,
                      struct limit_pair *ret)
{
    const bool is_list = n->kind == NODE_LIST;
    struct limit_pair p = {.has_critical = is_list && n->count == 2};
    if (is_list && (n->count < 1 || n->count > 2)) {
        diag_error(l->diag, n->at, "'%s' has one value or two", limit->name);
        diag_hint(l->diag, "[warning, critical], or the value to warn at");
        return false;
    }
    if (!one_read(l, limit, is_list ? n->first : n, &p.warning))
        return false;
    if (p.has_critical && !one_read(l, limit, n->first->next, &p.critical))
        return false;
    const bool is_worse =
        limit->side == LIMIT_ABOVE ? p.critical > p.warning : p.critical < p.warning;
    if (p.has_critical && !is_worse) {
        diag_error(l->diag, n->first->next->at,
                   "'%s' is critical before it warns: more of it is %s", limit->name,
                   limit->side == LIMIT_ABOVE ? "worse" : "better");
        diag_hint(l->diag, "the order is [warning, critical]");
        return false;
    }
    *ret = p;
    return true;
}

/* ---- rules ---- */

static struct node *scalar(struct loader *l, const struct node *at, const char *text)
{
    struct node *n = node_scalar(l->arena, at->at, text);
    n->quoted = true;
    return n;
}

/* expr with $probe filled in, compared with the limit, or with what it is released at. */
static const char *comparison(struct loader *l, const struct limit *limit,
                              const struct probe *p, const char *sign, double value)
{
    struct buf out = BUF_MAX(EXPR_MAX);
    struct bytes rest = bytes_of(limit->expr);
    const struct bytes mark = bytes_of("$probe");
    buf_add_byte(&out, '(');
    for (ptrdiff_t at; (at = bytes_find(rest, mark)) >= 0;) {
        buf_add_bytes(&out, bytes_slice(rest, 0, (size_t)at));
        label_print("probe", p->name, &out);
        rest = bytes_slice(rest, (size_t)at + mark.len, rest.len);
    }
    buf_add_bytes(&out, rest);
    buf_printf(&out, ") %s ", sign);
    buf_add_double(&out, value);
    const char *text = arena_strndup(l->arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

static const char *limit_expr(struct loader *l, const struct limit *limit,
                              const struct probe *p, double value)
{
    return comparison(l, limit, p, limit->side == LIMIT_ABOVE ? ">" : "<", value);
}

static const char *release_expr(struct loader *l, const struct limit *limit,
                                const struct probe *p, double value)
{
    if (limit->side == LIMIT_ABOVE)
        return comparison(l, limit, p, "<", value * (1 - limit->release));
    return comparison(l, limit, p, ">", value * (1 + limit->release));
}

/* For whoever is woken by it: what is measured, which limit that is, when it ends, and where it is changed. */
static const char *description(struct loader *l, const struct probe *p,
                               const struct limit *limit, const struct node *at,
                               const struct limit_pair *pair)
{
    const char *side = limit->side == LIMIT_ABOVE ? "above" : "below";
    const struct node *warning = at->kind == NODE_LIST ? at->first : at;
    struct buf out = BUF_MAX(EXPR_MAX);
    buf_printf(&out, "%s The limit '%s' of probe %s: warning %s %s", limit->doc,
               limit->name, p->name, side, warning->text);
    if (pair->has_critical)
        buf_printf(&out, ", critical %s %s", side, warning->next->text);
    if (limit->hold_for) {
        buf_add_text(&out, ", once it lasts ");
        duration_format(&out, limit->hold_for);
    }
    if (limit->release > 0)
        buf_printf(&out, "; it ends when the value is better than that by %g %% of it",
                   limit->release * 100);
    buf_printf(&out,
               ". If this is usual here, change '%s' under the probe's limits in the "
               "configuration.",
               limit->name);
    const char *text = arena_strndup(l->arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

static const struct node *rule_node(struct loader *l, const struct probe *p,
                                    const struct limit *limit, const struct node *at,
                                    const struct limit_pair *pair)
{
    struct arena *a = l->arena;
    struct node *rule = node_map(a, at->at), *release = node_map(a, at->at),
                *texts = node_map(a, at->at);
    node_put(a, rule, "alert", scalar(l, at, limit->alert));
    node_put(a, rule, "warn", scalar(l, at, limit_expr(l, limit, p, pair->warning)));
    node_put(a, release, "warn", scalar(l, at, release_expr(l, limit, p, pair->warning)));
    if (pair->has_critical) {
        node_put(a, rule, "crit", scalar(l, at, limit_expr(l, limit, p, pair->critical)));
        node_put(a, release, "crit",
                 scalar(l, at, release_expr(l, limit, p, pair->critical)));
    }
    node_put(a, rule, "resolve_when", release);
    node_put(a, rule, "for", scalar(l, at, duration_text(a, limit->hold_for)));
    node_put(a, texts, "summary", scalar(l, at, limit->summary));
    node_put(a, texts, "description", scalar(l, at, description(l, p, limit, at, pair)));
    if (limit->runbook && *limit->runbook)
        node_put(a, texts, "runbook_url", scalar(l, at, limit->runbook));
    node_put(a, rule, "annotations", texts);
    return rule;
}

static void probe_limits(struct loader *l, struct rule_list *rules,
                         const struct rule_source *source, const struct probe *p)
{
    struct node *list = arena_memdup(l->arena, p->limits, sizeof(*list));
    struct node **link = &list->first;
    struct limit_pair pair;
    list->kind = NODE_LIST;
    list->first = NULL;
    list->count = 0;
    if (p->limits->kind != NODE_MAP) {
        diag_error(l->diag, p->limits->at, "limits must be a mapping, not %s",
                   node_kind_name(p->limits->kind));
        diag_hint(l->diag, "for example: {disk_used: [80%%, 92%%]}");
        return;
    }
    for (const struct node *n = p->limits->first; n; n = n->next) {
        const struct limit *limit = limit_find(p->type, n->key);
        if (!limit) {
            report_unknown(l, p->type, n);
        } else if (pair_read(l, limit, n, &pair)) {
            *link =
                arena_memdup(l->arena, rule_node(l, p, limit, n, &pair), sizeof(**link));
            link = &(*link)->next;
            list->count++;
        }
    }
    if (diag_error_count(l->diag) == 0)
        rule_inline_read(rules, source, arena_printf(l->arena, "limits of %s", p->name),
                         list);
}

void limits_load(struct loader *l, struct rule_list *rules,
                 const struct rule_source *source)
{
    for (size_t i = 0; i < l->g->probe_count; i++) {
        const struct probe *p = l->g->probes[i];
        if (p->type && p->limits && p->limits->kind != NODE_NULL)
            probe_limits(l, rules, source, p);
    }
}
