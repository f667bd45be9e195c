/* SPDX-License-Identifier: Apache-2.0 */
/* promtool's unit tests under our own evaluator: those of the bundled packs, those of 102 rules of the kinds that people
 * have (each fires), and tests that have to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/rule_test.h"
#include "lib/base/attr.h"

struct outcome {
    size_t cases, failed;
};

static void show(const char *path, const struct rule_test_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rule_test_case *c = &r->cases[i];
        for (size_t k = 0; k < c->failure_count; k++)
            print_message("%s: %s: %s at %.0f s:\nexpected\n%sgot\n%s\n", path, c->name,
                          c->failures[k].what, nsec_to_sec(c->failures[k].at),
                          c->failures[k].expected, c->failures[k].got);
    }
}

static struct outcome run(const char *path, enum promql_compat compat)
{
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct rule_test_opts opts = {.compat = compat};
    struct rule_test_report report = {0};
    struct buf text = BUF_MAX(100000);
    const bool ok = rule_test_run(path, &opts, arena, d, &report);
    diag_render(d, &text, false);
    if (!ok)
        print_message("%s", buf_text(&text));
    assert_true(ok);
    show(path, &report);
    const struct outcome o = {report.count, report.failed};
    buf_finish(&text);
    arena_destroy(arena);
    return o;
}

static void packs_do_what_their_tests_say(void **state)
{
    glob_t tests;
    (void)state;
    assert_int_equal(glob("alerts/packs/tests/*.test.yml", 0, NULL, &tests), 0);
    assert_true(tests.gl_pathc >= 2);
    for (size_t i = 0; i < tests.gl_pathc; i++) {
        for (enum promql_compat compat = PROMQL_COMPAT_2; compat <= PROMQL_COMPAT_3;
             compat++)
            assert_int_equal(run(tests.gl_pathv[i], compat).failed, 0);
    }
    globfree(&tests);
}

/* At least 97 of the 102 is the promise; today it is all of them. */
static void typical_rules_load_and_fire(void **state)
{
    static const char *const kinds[] = {"host",  "container", "postgres",
                                        "redis", "mongodb",   "blackbox"};
    size_t cases = 0, failed = 0;
    char path[100];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        snprintf(path, sizeof(path), "tests/rules/%s.test.yml", kinds[i]);
        const struct outcome o = run(path, 2);
        cases += o.cases;
        failed += o.failed;
    }
    assert_int_equal(cases, 102);
    assert_int_equal(failed, 0);
}

/* ---- tests that fail, and files that are none ---- */

static char folder[] = "/tmp/healthd-rules-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static const char rules[] = "groups:\n- name: g\n  rules:\n"
                            "  - {record: twice, expr: a * 2}\n"
                            "  - {alert: High, expr: twice > 3, annotations: {v: '{{ "
                            "$value }} of {{ $externalLabels.site }}'}}\n"
                            "  - {alert: Many, expr: a * on () group_left () a}\n";

#define HEAD                                                                          \
    "rule_files: ['*.rules.yml']\ntests:\n- interval: 1m\n  external_labels: {site: " \
    "x}\n"

static const struct {
    const char *text, *failures; /* "what|expected|got;" … or "!" and a fault */
} stories[] = {
    {HEAD "  input_series: [{series: a, values: 1 2}]\n"
          "  alert_rule_test:\n"
          "  - {eval_time: 1m, alertname: High, exp_alerts: [{exp_annotations: {v: 4 of "
          "x}}]}\n",
     ""},
    {HEAD "  input_series: [{series: a, values: 1 2}]\n"
          "  alert_rule_test:\n"
          "  - {eval_time: 1m, alertname: High, exp_alerts: []}\n",
     "High||{alertname=\"High\"} annotations {v=\"4 of x\"}\n;"},
    {HEAD "  input_series: [{series: a, values: 1 2}]\n"
          "  promql_expr_test:\n"
          "  - {expr: twice, eval_time: 1m, exp_samples: [{labels: twice, value: 5}]}\n",
     "twice|{__name__=\"twice\"} 5\n|{__name__=\"twice\"} 4\n;"},
    {"fuzzy_compare: true\n" HEAD "  input_series: [{series: a, values: 1 2}]\n"
     "  promql_expr_test:\n"
     "  - {expr: twice, eval_time: 1m, exp_samples: [{labels: twice, value: "
     "4.0000000001}]}\n"
     "  - {expr: twice, eval_time: 1m, exp_samples: [{labels: twice, value: 4.001}]}\n",
     "twice|{__name__=\"twice\"} 4.001\n|{__name__=\"twice\"} 4\n;"},
    {HEAD "  input_series: [{series: 'a{b=\"1\"}', values: 1}, {series: 'a{b=\"2\"}', "
          "values: 1}]\n"
          "  alert_rule_test: [{eval_time: 0m, alertname: High}]\n",
     "Many||*;"},
    {"rule_files: [none.yml]", "!no file matches"},
    {"tests: [{input_series: [{series: 'a{', values: '1'}]}]", "!"},
    {"tests: [{input_series: [{series: a, values: 1y}]}]", "!'1y' is no sample"},
    {"tests: [{alert_rule_tests: []}]", "!unknown key 'alert_rule_tests'"},
    {"tests: [{promql_expr_test: [{expr: 'a +'}]}]", "!"},
    {"tests: [{promql_expr_test: [{expr: 'a + increse(b[1m])'}]}]",
     "!did you mean increase()?"},
    {"tests: {}", "!tests must be a list, not a mapping"},
};

static void show_failures(const struct rule_test_report *r, struct buf *out)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rule_test_case *c = &r->cases[i];
        for (size_t k = 0; k < c->failure_count; k++)
            buf_printf(out, "%s|%s|%s;", c->failures[k].what, c->failures[k].expected,
                       c->failures[k].got);
    }
}

static bool is_alike(const char *shown, const char *expected)
{
    const char *star = strchr(expected, '*');
    return star ? !strncmp(shown, expected, (size_t)(star - expected))
                : !strcmp(shown, expected);
}

static bool is_said(const struct diagnosis *d, const char *expected)
{
    return strstr(d->text, expected) || (d->hint && strstr(d->hint, expected));
}

static void failures_say_both_sides(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file("a.rules.yml", rules);
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        const struct rule_test_opts opts = {.compat = PROMQL_COMPAT_3};
        struct rule_test_report report = {0};
        struct buf out = BUF_MAX(10000);
        const char *expected = stories[i].failures;
        const bool ok =
            rule_test_run(write_file("t.yml", stories[i].text), &opts, arena, d, &report);
        show_failures(&report, &out);
        if (ok != (*expected != '!'))
            fail_msg("story %zu: %s", i, ok ? "is accepted" : diag_first(d)->text);
        if (ok && !is_alike(buf_text(&out), expected))
            fail_msg("story %zu: '%s' instead of '%s'", i, buf_text(&out), expected);
        if (!ok && !is_said(diag_first(d), expected + 1))
            fail_msg("story %zu: '%s' instead of '%s'", i, diag_first(d)->text, expected);
        buf_finish(&out);
        arena_destroy(arena);
    }
    unlink(write_file("t.yml", ""));
    unlink(write_file("a.rules.yml", ""));
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_do_what_their_tests_say),
        cmocka_unit_test(typical_rules_load_and_fire),
        cmocka_unit_test(failures_say_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
