/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files: what they become, and every fault of what is none, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "alerts/annotation.h"
#include "alerts/rule_file.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct rules rules;
};

static const struct interval *find_interval(void *ctx, const char *name, struct place at)
{
    const struct fixture *f = ctx;
    if (!strcmp(name, "office"))
        return ctx;
    diag_error(f->diag, at, "no interval %s", name);
    return NULL;
}

static struct rule_list *list_of(struct fixture *f)
{
    const struct rule_reader reader = {
        .arena = f->arena, .diag = f->diag, .find_interval = find_interval, .ctx = f};
    return rule_list_create(&reader);
}

static struct fixture read_file(const char *text)
{
    static const struct rule_source source = {.file = "r.yml"};
    struct fixture f = {.arena = arena_create(0)};
    f.diag = diag_create(f.arena);
    const struct node *root = node_parse(f.arena, "r.yml", bytes_of(text), f.diag);
    diag_source(f.diag, "r.yml", bytes_of(text));
    struct rule_list *l = list_of(&f);
    if (root)
        rule_file_read(l, &source, root);
    rule_list_finish(l, &f.rules);
    return f;
}

static void finish(struct fixture *f)
{
    arena_destroy(f->arena);
}

static void show_faults(const struct diag *d, struct buf *out)
{
    static const char *const marks[] = {"", "warning ", "note "};
    for (const struct diagnosis *x = diag_first(d); x; x = x->next) {
        buf_printf(out, "%d:%d %s%s", x->at.line, x->at.column, marks[x->severity],
                   x->text);
        if (x->hint)
            buf_printf(out, " [%s]", x->hint);
        buf_add_byte(out, '\n');
    }
}

/* ---- what rules become ---- */

static void show_texts(const char *what, struct rule_texts texts, struct buf *out)
{
    for (size_t i = 0; i < texts.count; i++)
        buf_printf(out, " %s.%s=%s", what, texts.items[i].name,
                   annotation_source(texts.items[i].value));
}

static void show_rule(const struct rule *r, struct buf *out)
{
    buf_printf(out, "%s %s: ", r->is_recording ? "record" : "alert", r->id);
    promql_print(r->expr, out);
    if (r->resolve_when) {
        buf_add_text(out, " until ");
        promql_print(r->resolve_when, out);
    }
    if (r->hold_for || r->keep_firing_for)
        buf_printf(out, " for %d keep %d", (int)nsec_to_sec(r->hold_for),
                   (int)nsec_to_sec(r->keep_firing_for));
    show_texts("label", r->labels, out);
    show_texts("annotation", r->annotations, out);
    if (r->no_data != NO_DATA_KEEP)
        buf_printf(out, " no_data %d", r->no_data);
    if (r->no_data_after != 3 * r->group->interval)
        buf_printf(out, " after %d", (int)nsec_to_sec(r->no_data_after));
    buf_printf(out, "%s%s%s\n", r->worse ? " worse " : "", r->worse ? r->worse->id : "",
               r->active ? " active" : "");
}

static void show_rules(const struct rules *rules, struct buf *out)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        buf_printf(out, "group %s every %d limit %zu offset %d\n", g->name,
                   (int)nsec_to_sec(g->interval), g->limit,
                   (int)nsec_to_sec(g->query_offset));
        for (size_t k = 0; k < g->count; k++)
            show_rule(g->rules[k], out);
    }
}

static const struct {
    const char *text, *shown;
} accepted[] = {
    {"", ""},
    {"groups:\n", ""},
    {"groups:\n- name: g\n", "group g every 15 limit 0 offset 0\n"},
    {"groups:\n- {name: g, interval: 30s, limit: 5, query_offset: 1m, rules: [\n"
     "  {record: 'a:b', expr: 'sum(c)', labels: {x: '1'}},\n"
     "  {alert: A, expr: 'a:b > 1', for: 1m, keep_firing_for: 2m, labels: {severity: "
     "page}, annotations: {summary: 'is {{ $value }}'}}]}\n",
     "group g every 30 limit 5 offset 60\n"
     "record r.yml/g/a:b: sum(c) label.x=1\n"
     "alert r.yml/g/A: a:b > 1 for 60 keep 120 label.severity=page annotation.summary=is "
     "{{ $value }}\n"},
    {"groups:\n- name: g\n  labels: {team: a, severity: info}\n  rules:\n"
     "  - {alert: A, expr: up, labels: {severity: warning}}\n"
     "  - {alert: A, expr: up, labels: {severity: critical}}\n"
     "  - {alert: A, expr: up, labels: {severity: '{{ $labels.s }}'}}\n"
     "  - {alert: A, expr: up}\n"
     "  - {alert: B, expr: up}\n",
     "group g every 15 limit 0 offset 0\n"
     "alert r.yml/g/A:warning: up label.team=a label.severity=warning\n"
     "alert r.yml/g/A:critical: up label.team=a label.severity=critical\n"
     "alert r.yml/g/A: up label.team=a label.severity={{ $labels.s }}\n"
     "alert r.yml/g/A:info: up label.team=a label.severity=info\n"
     "alert r.yml/g/B: up label.team=a label.severity=info\n"},
    {"groups:\n- name: g\n  rules:\n"
     "  - {alert: D, warn: 'a < 0.2', crit: 'a < 0.1', resolve_when: 'a > 0.3'}\n"
     "  - {alert: E, warn: 'a < 0.2', crit: 'a < 0.1', resolve_when: {crit: 'a > "
     "0.15'}}\n"
     "  - {alert: F, crit: 'a < 0.1', no_data: alert, no_data_after: 5m, active: "
     "office}\n",
     "group g every 15 limit 0 offset 0\n"
     "alert r.yml/g/D:critical: a < 0.1 until a > 0.3 label.severity=critical\n"
     "alert r.yml/g/D:warning: a < 0.2 until a > 0.3 label.severity=warning worse "
     "r.yml/g/D:critical\n"
     "alert r.yml/g/E:critical: a < 0.1 until a > 0.15 label.severity=critical\n"
     "alert r.yml/g/E:warning: a < 0.2 label.severity=warning worse r.yml/g/E:critical\n"
     "alert r.yml/g/F:critical: a < 0.1 label.severity=critical no_data 1 after 300 "
     "active\n"},
};

static void rules_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct buf out = BUF_MAX(10000);
        struct fixture f = read_file(accepted[i].text);
        show_faults(f.diag, &out);
        show_rules(&f.rules, &out);
        if (strcmp(buf_text(&out), accepted[i].shown) != 0)
            fail_msg("%s\ngives\n%s\ninstead of\n%s", accepted[i].text, buf_text(&out),
                     accepted[i].shown);
        buf_finish(&out);
        finish(&f);
    }
}

/* ---- faults ---- */

#define RULES(text) "groups:\n- name: g\n  rules:\n" text

static const struct {
    const char *text, *faults; /* the beginning of each line */
} refused[] = {
    {"[]", "1:1 a file of rules is a mapping with `groups:`, not a list\n"},
    {"rules: []", "1:1 unknown key 'rules'; a file of rules has `groups:`\n"},
    {"groups: 1", "1:9 groups must be a list, not a value\n"},
    {"groups: [1]", "1:10 a group is a mapping, not a value\n"},
    {"groups: [{rules: []}]", "1:10 'name' is missing\n"},
    {"groups: [{name: ''}]", "1:17 the group has no name\n"},
    {"groups: [{name: a}, {name: a}]",
     "1:28 a second group is named 'a'; the first is at line 1\n"},
    {"groups: [{name: a, intervall: 5s}]",
     "1:20 unknown key 'intervall' [did you mean 'interval'?]\n"},
    {"groups: [{name: a, interval: 5}]", "1:30 option 'interval'"},
    {"groups: [{name: a, rules: {}}]", "1:27 rules must be a list, not a mapping [start"},
    {"groups: [{name: a, labels: [x], rules: []}]",
     "1:28 expected a mapping of labels, not a list\n"},
    {RULES("  - up == 0\n"),
     "4:5 a rule is a mapping, not a value [for example: {alert: "},
    {RULES("  - {expr: up}\n"), "4:5 the rule has neither 'alert' nor 'record'\n"},
    {RULES("  - {alert: A, record: b, expr: up}\n"),
     "4:5 a rule has 'alert' or 'record', not both\n"},
    {RULES("  - {alert: '', expr: up}\n"), "4:13 the alert has no name\n"},
    {RULES("  - {alert: A}\n"), "4:5 the rule 'A' has no expression [add `expr:`"},
    {RULES("  - {record: a}\n"), "4:5 the rule 'a' has no expression\n"},
    {RULES("  - {record: 'a b', expr: up, for: 1m}\n"),
     "4:31 'for' is for alerts, not for recorded series\n"
     "4:14 'a b' is no name of a series: use letters, digits, _ and :\n"},
    {RULES("  - {alert: A, expr: up, warn: up}\n"),
     "4:26 'warn' stands instead of 'expr', not beside it\n"},
    {RULES("  - {alert: A, exp: up}\n"),
     "4:16 unknown key 'exp' [did you mean 'expr'?]\n"},
    {RULES("  - {alert: A, expr: up, for: -1m}\n"), "4:31 option 'for'"},
    {RULES("  - {alert: A, expr: up, labels: {1a: x, alertname: y}}\n"),
     "4:35 '1a' is no name of label: use letters, digits and _\n"},
    {RULES("  - {alert: A, expr: up, labels: {alertname: y}}\n"),
     "4:34 'alertname' is the name that stands after 'alert:'\n"},
    {RULES("  - {alert: A, expr: up, annotations: {a: [1], b: {}}}\n"),
     "4:43 annotation 'a' must be a text, not a list\n"
     "4:51 annotation 'b' must be a text, not a mapping\n"},
    {RULES("  - {alert: A, crit: up, labels: {severity: info}}\n"),
     "4:34 the label 'severity' comes from warn and crit\n"},
    {RULES("  - {alert: A, expr: up, resolve_when: {crit: up}}\n"),
     "4:40 resolve_when has parts only beside warn and crit\n"},
    {RULES("  - {alert: A, crit: up, resolve_when: {page: up}}\n"),
     "4:41 unknown key 'page': resolve_when has warn and crit\n"},
    {RULES("  - {alert: A, expr: up, active: night}\n"), "4:34 no interval night\n"},
    {RULES("  - {alert: A, expr: up, no_data: maybe}\n"), "4:35 option 'no_data'"},
    {RULES("  - {alert: A, expr: 'up[5m]'}\n"),
     "4:22 a rule's expression must give a vector, and this gives a"},
    {RULES("  - {alert: A, expr: '\"x\"'}\n"),
     "4:22 a rule's expression must give a vector, and this gives a string\n"},
    {RULES("  - {alert: A, expr: 'up == '}\n"), "4:"},
    {RULES("  - alert: A\n    expr: |\n      sum(up)\n        / nosuch(up)\n"), "7:11 "},
    {RULES("  - alert: A\n    expr: up\n    resolve_when: up >> 1\n"), "6:2"},
};

static bool begins_alike(struct bytes shown, struct bytes expected)
{
    struct bytes a, b;
    while (bytes_token(&expected, '\n', &b)) {
        if (!bytes_token(&shown, '\n', &a) || a.len < b.len ||
            memcmp(a.ptr, b.ptr, b.len) != 0)
            return false;
    }
    return true;
}

static void faults_have_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct buf out = BUF_MAX(10000);
        struct fixture f = read_file(refused[i].text);
        show_faults(f.diag, &out);
        if (!diag_error_count(f.diag) ||
            !begins_alike(buf_bytes(&out), bytes_of(refused[i].faults)))
            fail_msg("%s\ngives\n%s\ninstead of\n%s", refused[i].text, buf_text(&out),
                     refused[i].faults);
        buf_finish(&out);
        finish(&f);
    }
}

static void strange_templates_are_said(void **state)
{
    struct buf out = BUF_MAX(10000);
    (void)state;
    struct fixture f = read_file(
        RULES("  - alert: A\n    expr: up\n    annotations:\n      summary: |\n"
              "        Look:\n          {{ range query \"up\" }} {{ $labels.x }}\n"));
    show_faults(f.diag, &out);
    assert_string_equal(buf_text(&out), "9:11 warning this stays as it is written: "
                                        "'range' is not supported\n");
    assert_int_equal(diag_error_count(f.diag), 0);
    buf_finish(&out);
    finish(&f);
}

static void unknown_severities_are_said(void **state)
{
    struct buf out = BUF_MAX(10000);
    struct fixture f = read_file(
        RULES("  - {alert: A, expr: up, labels: {severity: page}}\n"
              "  - {alert: B, expr: up, labels: {severity: '{{ $labels.s }}'}}\n"
              "  - {alert: C, expr: up, labels: {severity: sev1}}\n"
              "  - {record: 'd:e', expr: up, labels: {severity: sev1}}\n"
              "  - {alert: D, warn: up > 1, crit: up > 2}\n"));
    show_faults(f.diag, &out);
    const char expected[] =
        "warning the severity 'sev1' of the alert 'C' is not known, and "
        "counts as critical";
    assert_non_null(strstr(buf_text(&out), expected));
    assert_int_equal(diag_warning_count(f.diag), 1);
    assert_int_equal(diag_error_count(f.diag), 0);
    buf_finish(&out);
    finish(&f);
}

static void inline_rules_make_one_group(void **state)
{
    static const struct rule_source source = {.file = "healthd.yml"};
    static const char text[] = "- {alert: A, expr: up}\n"
                               "- {name: g, rules: [{alert: A, expr: up}]}\n"
                               "- {alert: B, expr: absent(up)}\n";
    struct buf out = BUF_MAX(10000);
    struct fixture f = {.arena = arena_create(0)};
    (void)state;
    f.diag = diag_create(f.arena);
    const struct node *root = node_parse(f.arena, "x", bytes_of(text), f.diag);
    struct rule_list *l = list_of(&f);
    rule_inline_read(l, &source, "rules", root);
    rule_inline_read(
        l, &source, "rules",
        node_parse(f.arena, "y", bytes_of("[{alert: C, expr: up}]"), f.diag));
    rule_list_finish(l, &f.rules);
    show_faults(f.diag, &out);
    show_rules(&f.rules, &out);
    assert_string_equal(buf_text(&out), "group rules every 15 limit 0 offset 0\n"
                                        "alert healthd.yml/rules/A: up\n"
                                        "alert healthd.yml/rules/B: absent(up)\n"
                                        "alert healthd.yml/rules/C: up\n"
                                        "group g every 15 limit 0 offset 0\n"
                                        "alert healthd.yml/g/A: up\n");
    assert_true(f.rules.groups[0]->rules[1]->reads_absence);
    assert_false(f.rules.groups[0]->rules[0]->reads_absence);
    assert_int_equal(f.rules.selector_count, 4);
    assert_true(f.rules.reach == PROMQL_LOOKBACK);
    buf_finish(&out);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(faults_have_places),
        cmocka_unit_test(strange_templates_are_said),
        cmocka_unit_test(unknown_severities_are_said),
        cmocka_unit_test(inline_rules_make_one_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
