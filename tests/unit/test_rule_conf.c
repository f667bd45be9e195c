/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as part of a configuration: inline, in files and includes, bundled, and what limits become. The probe types are
 * tiny ones of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/annotation.h"
#include "exporters/registry.h"
#include "lib/base/attr.h"
#include "lib/config/generation.h"
#include "lib/core/run.h"
#include "probes/registry.h"

static void start_nothing(struct run *run)
{
    (void)run;
}

struct host_conf {
    const char *root;
};

static const struct limit host_limits[] = {
    {"disk_used", "DiskFull", "1 - free{$probe} / size{$probe}", LIMIT_SHARE, LIMIT_ABOVE,
     0.05, 2 * NSEC_PER_MINUTE,
     "{{ $labels.probe }} is {{ $value | humanizePercentage }} full", "docs/x.md",
     "Space in use."},
    {"memory_available", "MemoryShort", "avail{$probe}", LIMIT_BYTES, LIMIT_BELOW, 0.25,
     0, "short", "", "Memory."},
    {"age", "Old", "age_seconds", LIMIT_DURATION, LIMIT_ABOVE, 0, 0, "old", "", "Age."},
    {"load", "Busy", "load", LIMIT_NUMBER, LIMIT_ABOVE, 0.1, 0, "busy", "", "Load."},
    {0},
};

#define OPT_STRUCT struct host_conf
static const struct probe_type host_type = {
    .name = "host",
    .has_dynamic_families = true, /* what its limits read, for example */
    .conf_size = sizeof(struct host_conf),
    .start = start_nothing,
    .limits = host_limits,
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("root", root, "/", "Where.", .flags = OPT_SHORTHAND), {0}}};
static const struct probe_type http_type = {
    .name = "http",
    .conf_size = sizeof(struct host_conf),
    .start = start_nothing,
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("url", root, "/", "Where.", .flags = OPT_SHORTHAND), {0}}};
#undef OPT_STRUCT

const struct probe_type *const probe_types[] = {&host_type, &http_type, NULL};
const char *const probe_types_left_out[] = {NULL};
const struct exporter_type *const exporter_types[] = {NULL};

const struct probe_type *probe_type_find(const char *name)
{
    for (const struct probe_type *const *t = probe_types; *t; t++) {
        if (!strcmp((*t)->name, name))
            return *t;
    }
    return NULL;
}

const struct exporter_type *exporter_type_find(const char *name)
{
    (void)name;
    return NULL;
}

/* ---- helpers ---- */

struct fixture {
    struct arena *arena;
    struct secrets *secrets;
    struct diag *diag;
    struct generation *g;
};

static struct fixture load(const char *path, const char *text)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    f.diag = diag_create(f.arena);
    f.g = path ? generation_load(path, f.secrets, f.diag)
               : generation_parse("t", bytes_of(text), f.secrets, f.diag);
    return f;
}

static void finish(struct fixture *f)
{
    generation_unref(f->g);
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

static void show_rule(const struct rule *r, struct buf *out)
{
    buf_printf(out, "%s: %s", r->id, r->expr_text);
    if (r->resolve_when) {
        buf_add_text(out, " until ");
        promql_print(r->resolve_when, out);
    }
    if (r->hold_for)
        buf_printf(out, " for %d", (int)nsec_to_sec(r->hold_for));
    for (size_t i = 0; i < r->annotations.count; i++)
        buf_printf(out, " %s='%s'", r->annotations.items[i].name,
                   annotation_source(r->annotations.items[i].value));
    buf_printf(out, "%s\n", r->worse ? " (pair)" : "");
}

static bool is_pack_of_stories(const char *file)
{
    return !strcmp(file, "pack:probes") || !strcmp(file, "pack:healthd");
}

/* All rules but those of packs, then the names of groups of the two packs that the stories switch off. */
static void show(const struct fixture *f, struct buf *out)
{
    for (const struct diagnosis *x = diag_first(f->diag); x; x = x->next)
        buf_printf(out, "%d:%d %s%s%s%s\n", x->at.line, x->at.column, x->text,
                   x->hint ? " [" : "", x->hint ? x->hint : "", x->hint ? "]" : "");
    const struct rules *rules = f->g ? &f->g->alerting.rules : NULL;
    for (size_t i = 0; rules && i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        if (!strncmp(g->file, "pack:", 5)) {
            if (is_pack_of_stories(g->file))
                buf_printf(out, "%s/%s ", g->file, g->name);
            continue;
        }
        for (size_t k = 0; k < g->count; k++)
            show_rule(g->rules[k], out);
    }
}

static const struct {
    const char *text, *shown;
} stories[] = {
    {"packs: {probes: false, healthd: no}\nrules: [{alert: A, expr: up}]\n",
     "healthd.yml/rules/A: up\n"},
    {"packs: {healthd: false}\n", "pack:probes/probes pack:probes/certificates "},
    {"packs: {helthd: false}\n",
     "1:9 there is no pack of rules named 'helthd' [did you mean 'healthd'?]\n"},
    {"packs: {probes: 1}\n", "1:17 the pack 'probes' is true or false\n"},
    {"packs: none\n", "1:8 packs must be a mapping, not a value [for example: {probes: "
                      "false}]\n"},
    {"rules: {a: b}\n",
     "1:8 rules must be a list, not a mapping [start each one with a dash: - alert: "
     "...]\n"},
    {"rules: [{alert: A, expr: 'up ='}]\n", "*1:30 "},
    {"packs: {probes: false, healthd: false}\n"
     "time_intervals: [{name: office, time_intervals: [{weekdays: [monday]}]}]\n"
     "rules: [{alert: A, expr: up, active: office}]\n",
     "healthd.yml/rules/A: up\n"},
    {"packs: {probes: false, healthd: false}\n"
     "probes: [{name: h, host: /, limits: {disk_used: [80%, 92%], memory_available: "
     "1GiB}}]\n",
     "healthd.yml/limits of h/DiskFull:critical: (1 - free{probe=\"h\"} / "
     "size{probe=\"h\"}) > 0.92 until (1 - free{probe=\"h\"} / size{probe=\"h\"}) < "
     "0.874 "
     "for 120 summary='{{ $labels.probe }} is {{ $value | humanizePercentage }} full' "
     "description='Space in use. The limit 'disk_used' of probe h: warning above 80%, "
     "critical "
     "above 92%, once it lasts 2m; it ends when the value is better than that by 5 % of "
     "it. If "
     "this is usual here, change 'disk_used' under the probe's limits in the "
     "configuration.' "
     "runbook_url='docs/x.md'\n"
     "healthd.yml/limits of h/DiskFull:warning: (1 - free{probe=\"h\"} / "
     "size{probe=\"h\"}) > 0.8 until (1 - free{probe=\"h\"} / size{probe=\"h\"}) < 0.76 "
     "for "
     "120 summary='{{ $labels.probe }} is {{ $value | humanizePercentage }} full' "
     "description='Space in use. The limit 'disk_used' of probe h: warning above 80%, "
     "critical "
     "above 92%, once it lasts 2m; it ends when the value is better than that by 5 % of "
     "it. If "
     "this is usual here, change 'disk_used' under the probe's limits in the "
     "configuration.' "
     "runbook_url='docs/x.md' (pair)\n"
     "healthd.yml/limits of h/MemoryShort:warning: (avail{probe=\"h\"}) < "
     "1.073741824e+09 "
     "until (avail{probe=\"h\"}) > 1.34217728e+09 summary='short' "
     "description='Memory. The limit 'memory_available' of probe h: warning below 1GiB; "
     "it "
     "ends when the value is better than that by 25 % of it. If this is usual here, "
     "change "
     "'memory_available' under the probe's limits in the configuration.'\n"},
    {"probes: [{name: h, host: /, limits: {disk_use: 80%}}]\n",
     "1:38 host has no limit 'disk_use' [did you mean 'disk_used'?]\n"},
    {"probes: [{name: h, host: /, limits: {x: 1}}]\n",
     "1:38 host has no limit 'x' [its limits are: disk_used, memory_available, age, "
     "load]\n"},
    {"probes: [{name: h, http: /, limits: {x: 1}}]\n",
     "1:38 http has no limit 'x' [its type has none; write a rule]\n"},
    {"probes: [{name: h, host: /, limits: [x]}]\n",
     "1:37 limits must be a mapping, not a list [for example: {disk_used: [80%, "
     "92%]}]\n"},
    {"probes: [{name: h, host: /, limits: {disk_used: [92%, 80%]}}]\n",
     "1:55 'disk_used' is critical before it warns: more of it is worse [the order is "
     "[warning, critical]]\n"},
    {"probes: [{name: h, host: /, limits: {memory_available: [1GiB, 2GiB]}}]\n",
     "1:63 'memory_available' is critical before it warns: more of it is better [the "
     "order "
     "is [warning, critical]]\n"},
    {"probes: [{name: h, host: /, limits: {disk_used: [1%, 2%, 3%]}}]\n",
     "1:49 'disk_used' has one value or two [[warning, critical], or the value to warn "
     "at]\n"},
    {"probes: [{name: h, host: /, limits: {disk_used: {a: b}}}]\n",
     "1:49 expected a value, not a mapping\n"},
    {"probes: [{name: h, host: /, limits: {disk_used: 80}}]\n", "*1:49 "},
    {"probes: [{name: h, host: /, limits: {age: 5, load: x}}]\n", "*1:43 "},
};

static void configurations_have_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct buf out = BUF_MAX(100000);
        struct fixture f = load(NULL, stories[i].text);
        const char *expected = stories[i].shown;
        show(&f, &out);
        if (*expected == '*'
                ? f.g || strncmp(buf_text(&out), expected + 1, strlen(expected) - 1) != 0
                : strcmp(buf_text(&out), expected) != 0)
            fail_msg("%s\ngives\n%s\ninstead of\n%s", stories[i].text, buf_text(&out),
                     expected);
        buf_finish(&out);
        finish(&f);
    }
}

/* ---- files ---- */

static char folder[] = "/tmp/healthd-rule-conf-XXXXXX";

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

static void files_are_read_and_watched(void **state)
{
    struct buf out = BUF_MAX(100000), expected = BUF_MAX(10000);
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file("one.rules.yml", "groups: [{name: g, rules: [{alert: A, expr: up}]}]\n");
    write_file("two.rules.yml",
               "groups: [{name: g, rules: [{alert: A, expr: probe_state}]}]\n");
    write_file("more.yml", "rules: [{alert: C, expr: probe_unknown}]\n");
    const char *path =
        write_file("main.yml", "packs: {probes: false, healthd: false}\n"
                               "rule_files: '*.rules.yml'\ninclude: more.yml\n"
                               "rules: [{alert: B, expr: probe_info}]\n");
    struct fixture f = load(path, NULL);
    show(&f, &out);
    buf_printf(&expected,
               "healthd.yml/rules/B: probe_info\nhealthd.yml/rules/C: probe_unknown\n"
               "%s/one.rules.yml/g/A: up\n%s/two.rules.yml/g/A: probe_state\n",
               folder, folder);
    assert_string_equal(buf_text(&out), buf_text(&expected));
    assert_int_equal(f.g->files.files.count, 4);
    finish(&f);

    buf_clear(&out);
    write_file("two.rules.yml",
               "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >\n"
               "      sum(up)\n      ==\n      )\n");
    struct fixture bad =
        load(write_file("main.yml", "rule_files: '*.rules.yml'\n"), NULL);
    assert_null(bad.g);
    assert_int_equal(diag_first(bad.diag)->at.line, 8);
    assert_non_null(strstr(diag_first(bad.diag)->at.file, "two.rules.yml"));
    finish(&bad);
    buf_finish(&out);
    buf_finish(&expected);
    static const char *const names[] = {"main.yml", "more.yml", "one.rules.yml",
                                        "two.rules.yml"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(write_file(names[i], ""));
    rmdir(folder);
}

static void packs_are_pairs_of_levels(void **state)
{
    struct fixture f = load(NULL, "site: x\n");
    const struct rules *rules = &f.g->alerting.rules;
    size_t pairs = 0, metas = 0, bundled = 0;
    (void)state;
    for (size_t i = 0; i < rules->count; i++) {
        for (size_t k = 0; k < rules->groups[i]->count; k++) {
            pairs += rules->groups[i]->rules[k]->worse &&
                     !strcmp(rules->groups[i]->file, "pack:probes");
            metas += rules->groups[i]->rules[k]->is_meta;
            bundled += rules->groups[i]->rules[k]->is_bundled;
        }
    }
    assert_int_equal(pairs, 4); /* down, flapping, unknown, certificates */
    assert_true(metas > 5 && bundled > metas);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_have_rules),
        cmocka_unit_test(files_are_read_and_watched),
        cmocka_unit_test(packs_are_pairs_of_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
