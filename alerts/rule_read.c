/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule from its mapping: which of alert and record it is, its expressions, and the two rules that warn: and crit:
 * become. Called by rule_file.c. A fault in an expression is said at its own line and column of the file.
 */
#include <string.h>

#include "alerts/rule_build.h"
#include "alerts/severity.h"
#include "lib/base/units.h"

enum { CANONICAL_MAX = 1 << 20 };

struct place rule_key_place(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n ? n->at : map->at;
}

const void *rule_rows_read(const struct rule_reader *reader, const struct opt *rows,
                           size_t size, const struct node *node)
{
    struct arena *arena = reader->scratch ? reader->scratch : reader->arena;
    const struct opt_ctx ctx = {arena, reader->diag, reader->secrets, false};
    const struct opt_part part = {rows, size};
    struct place at;
    const struct template *t = template_load_rest(&ctx, &part, 1, node, NULL);
    const char *variable = template_variable(t, &at);
    if (variable)
        diag_error(reader->diag, at, "${%s} is not known here", variable);
    return template_loaded(t, 0);
}

/* ---- expressions ---- */

static size_t offset_of(const char *text, int line, int column)
{
    const char *start = text;
    for (int i = 1; i < line; i++) {
        const char *next = strchr(start, '\n');
        if (!next)
            break;
        start = next + 1;
    }
    const size_t rest = strlen(start);
    const size_t step = column > 0 ? (size_t)column - 1 : 0;
    return (size_t)(start - text) + (step < rest ? step : rest);
}

const struct promql *rule_promql_read(const struct rule_reader *reader,
                                      const struct node *n, const char *text)
{
    struct promql_fault fault = {0};
    const struct promql *q = promql_parse(reader->arena, text, &fault);
    if (q)
        return q;
    const size_t offset = offset_of(text, fault.line, fault.column);
    diag_error(reader->diag, node_text_place(n, offset, reader->diag), "%s", fault.text);
    if (*fault.hint)
        diag_hint(reader->diag, "%s", fault.hint);
    return NULL;
}

static const struct promql *read_expr(struct rule_list *l, const struct node *n,
                                      const char *text)
{
    const struct promql *q = rule_promql_read(&l->reader, n, text);
    if (!q)
        return NULL;
    const enum promql_type type = promql_type_of(q);
    if (type == PROMQL_VECTOR || type == PROMQL_SCALAR)
        return q;
    diag_error(l->reader.diag, n->at,
               "a rule's expression must give a vector, and this gives a %s",
               promql_type_name(type));
    if (type == PROMQL_MATRIX)
        diag_hint(l->reader.diag, "put a function around the range: rate(x[5m])");
    return NULL;
}

/* resolve_when, or its part for one level. True with *ret NULL when there is none. */
static bool read_resolve(struct rule_list *l, const struct node *n, const char *level,
                         const struct promql **ret)
{
    *ret = NULL;
    if (!n || n->kind == NODE_NULL)
        return true;
    if (n->kind == NODE_MAP && !*level)
        return diag_error(l->reader.diag, n->at,
                          "resolve_when has parts only beside warn and crit");
    if (n->kind == NODE_MAP)
        n = node_get(n, level);
    if (!n || n->kind == NODE_NULL)
        return true;
    if (n->kind != NODE_SCALAR)
        return diag_error(l->reader.diag, n->at, "expected an expression, not %s",
                          node_kind_name(n->kind));
    *ret = read_expr(l, n, n->text);
    return *ret != NULL;
}

static bool resolve_keys_are_known(struct rule_list *l, const struct node *n)
{
    bool ok = true;
    for (const struct node *m = n && n->kind == NODE_MAP ? n->first : NULL; m;
         m = m->next) {
        if (strcmp(m->key, "warn") && strcmp(m->key, "crit"))
            ok =
                diag_error(l->reader.diag, m->key_at,
                           "unknown key '%.80s': resolve_when has warn and crit", m->key);
    }
    return ok;
}

/* ---- what kind of rule ---- */

static bool is_metric_name(const char *name)
{
    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "_:") == strlen(name);
}

static bool no_such_keys(struct rule_list *l, const struct node *node,
                         const char *const *keys, const char *why)
{
    bool ok = true;
    for (; *keys; keys++) {
        const struct node *n = node_get(node, *keys);
        if (n && n->kind != NODE_NULL)
            ok = diag_error(l->reader.diag, n->key_at, "'%s' %s", *keys, why);
    }
    return ok;
}

static bool recording_is_sound(struct rule_list *l, const struct rule_conf *c,
                               const struct node *node)
{
    static const char *const alerting_keys[] = {
        "for",          "keep_firing_for", "annotations",   "warn",   "crit",
        "resolve_when", "no_data",         "no_data_after", "active", NULL};
    bool ok =
        no_such_keys(l, node, alerting_keys, "is for alerts, not for recorded series");
    if (!is_metric_name(c->record))
        ok = diag_error(
            l->reader.diag, rule_key_place(node, "record"),
            "'%.80s' is no name of a series: use letters, digits, _ and :", c->record);
    return ok;
}

static bool kind_is_sound(struct rule_list *l, const struct rule_conf *c,
                          const struct node *node)
{
    static const char *const levels[] = {"warn", "crit", NULL};
    struct diag *d = l->reader.diag;
    if (!c->alert == !c->record) {
        diag_error(d, node->at,
                   c->alert ? "a rule has 'alert' or 'record', not both"
                            : "the rule has neither 'alert' nor 'record'");
        return false;
    }
    if (c->record && !c->expr)
        return diag_error(d, node->at, "the rule '%.80s' has no expression", c->record);
    if (c->record)
        return recording_is_sound(l, c, node);
    if (!*c->alert)
        return diag_error(d, rule_key_place(node, "alert"), "the alert has no name");
    if (c->expr)
        return no_such_keys(l, node, levels, "stands instead of 'expr', not beside it");
    if (c->warn || c->crit)
        return true;
    diag_error(d, node->at, "the rule '%.80s' has no expression", c->alert);
    diag_hint(d, "add `expr:`, or `warn:` and `crit:`");
    return false;
}

/* ---- one rule ---- */

static void canonical_texts(struct buf *out, const char *what, struct rule_texts texts)
{
    for (size_t i = 0; i < texts.count; i++) {
        buf_printf(out, "\n%s %s=", what, texts.items[i].name);
        buf_add_json(out, bytes_of(annotation_source(texts.items[i].value)));
    }
}

/* What decides whether time that was earned still counts. Annotations are only words. */
static const char *canonical_text(struct arena *arena, const struct rule *r)
{
    struct buf out = BUF_MAX(CANONICAL_MAX);
    promql_print(r->expr, &out);
    buf_printf(&out, "\nfor %lld keep %lld", (long long)r->hold_for,
               (long long)r->keep_firing_for);
    if (r->resolve_when) {
        buf_add_text(&out, "\nresolve_when ");
        promql_print(r->resolve_when, &out);
    }
    canonical_texts(&out, "label", r->labels);
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

static bool reads_absence(const char *canonical)
{
    return strstr(canonical, "absent(") || strstr(canonical, "absent_over_time(");
}

/* A template is judged when it is known. */
static void judge_severity(const struct rule_list *l, const struct rule *r,
                           const struct node *node)
{
    const struct annotation *a = rule_texts_get(r->labels, "severity");
    const char *severity = a && annotation_is_fixed(a) ? annotation_source(a) : "";
    struct buf known = BUF_MAX(1000);
    if (!*severity || severity_is_known(severity) || r->is_recording)
        return;
    severity_list(&known);
    diag_warning(l->reader.diag, rule_key_place(node, "labels"),
                 "the severity '%.80s' of the alert '%.80s' is not known, and counts as "
                 "critical",
                 severity, r->name);
    diag_hint(l->reader.diag, "known are %s", buf_text(&known));
    buf_finish(&known);
}

static struct rule *add_rule(struct rule_list *l, struct group_build *g,
                             const struct rule *r, bool is_level)
{
    struct rule_link *link = arena_alloc(l->reader.arena, sizeof(*link));
    link->is_level = is_level;
    link->rule = arena_memdup(l->reader.arena, r, sizeof(*r));
    link->rule->canonical = canonical_text(l->reader.arena, r);
    link->rule->reads_absence = reads_absence(link->rule->canonical);
    *g->link = link;
    g->link = &link->next;
    g->group->count++;
    l->rule_count++;
    return link->rule;
}

/* Rules of one file share its name. */
static struct place place_keep(const struct rule_list *l, struct group_build *g,
                               struct place at)
{
    if (!g->file || strcmp(g->file, at.file) != 0)
        g->file = arena_strdup(l->reader.arena, at.file);
    return (struct place){g->file, at.line, at.column};
}

static bool find_active(struct rule_list *l, const char *name, struct place at,
                        const struct interval **ret)
{
    if (!l->reader.find_interval)
        return diag_error(l->reader.diag, at, "there is no time interval '%.80s'", name);
    *ret = l->reader.find_interval(l->reader.ctx, name, at);
    return *ret != NULL;
}

/* What all rules of one mapping have, whatever their severity. */
static bool read_frame(struct rule_list *l, struct group_build *g,
                       const struct rule_conf *c, const struct node *node,
                       struct rule *ret)
{
    const char *name = c->record ? c->record : c->alert;
    struct rule r = {
        .is_recording = c->record != NULL,
        .name = arena_strdup(l->reader.arena, name ? name : ""),
        .group = g->group,
        .at = place_keep(l, g, node->at),
        .hold_for = c->hold_for,
        .keep_firing_for = c->keep_firing_for,
        .no_data = (enum no_data)c->no_data,
        .no_data_after = c->no_data_after,
        .is_bundled = g->source->is_bundled,
        .is_meta = g->source->is_meta,
    };
    bool ok = rule_texts_read(l, g->labels, c->labels, "label", &r.labels);
    ok &= rule_texts_read(l, NULL, c->annotations, "annotation", &r.annotations);
    ok &= resolve_keys_are_known(l, c->resolve_when);
    if (rule_texts_get(r.labels, "alertname"))
        ok = diag_error(l->reader.diag, rule_key_place(node, "labels"),
                        "'alertname' is the name that stands after 'alert:'");
    if (c->active && *c->active)
        ok &= find_active(l, c->active, rule_key_place(node, "active"), &r.active);
    judge_severity(l, &r, node);
    *ret = r;
    return ok;
}

struct level { /* of a rule: expr alone, or one of the two severities */
    const char *key, *severity;
    const char *text;
};

static struct rule *read_level(struct rule_list *l, struct group_build *g,
                               const struct rule *frame, const struct rule_conf *c,
                               const struct node *node, const struct level *level)
{
    struct rule r = *frame;
    const struct node *n = node_get(node, level->key);
    const char *part = *level->severity ? level->key : "";
    r.expr_text = arena_strdup(l->reader.arena, level->text);
    r.expr = read_expr(l, n ? n : node, level->text);
    const bool ok = read_resolve(l, c->resolve_when, part, &r.resolve_when);
    if (!r.expr || !ok)
        return NULL;
    if (*level->severity)
        r.labels =
            rule_texts_with(l->reader.arena, r.labels, "severity", level->severity);
    return add_rule(l, g, &r, *level->severity);
}

/* The worse one first: what inhibits is known before what it inhibits. */
static void read_pair(struct rule_list *l, struct group_build *g,
                      const struct rule *frame, const struct rule_conf *c,
                      const struct node *node)
{
    const struct level crit = {"crit", "critical", c->crit};
    const struct level warn = {"warn", "warning", c->warn};
    if (rule_texts_get(frame->labels, "severity")) {
        diag_error(l->reader.diag, rule_key_place(node, "labels"),
                   "the label 'severity' comes from warn and crit");
        return;
    }
    const struct rule *worse = c->crit ? read_level(l, g, frame, c, node, &crit) : NULL;
    struct rule *rule = c->warn ? read_level(l, g, frame, c, node, &warn) : NULL;
    if (rule)
        rule->worse = worse;
}

void rule_read(struct rule_list *l, struct group_build *g, const struct node *node)
{
    struct rule frame;
    if (node->kind != NODE_MAP) {
        diag_error(l->reader.diag, node->at, "a rule is a mapping, not %s",
                   node_kind_name(node->kind));
        diag_hint(l->reader.diag, "for example: {alert: ApiDown, expr: up == 0}");
        return;
    }
    if (l->rule_count >= RULES_MAX)
        return;
    const size_t errors = diag_error_count(l->reader.diag);
    const struct rule_conf *c = rule_rows_read(&l->reader, rule_opts, sizeof(*c), node);
    /* With a row at fault nobody can tell what is missing. */
    if (diag_error_count(l->reader.diag) == errors && !kind_is_sound(l, c, node) &&
        !c->expr)
        return;
    (void)read_frame(l, g, c, node, &frame);
    if (c->expr) {
        const struct level only = {"expr", "", c->expr};
        (void)read_level(l, g, &frame, c, node, &only);
    } else if (c->warn || c->crit) {
        read_pair(l, g, &frame, c, node);
    }
}
