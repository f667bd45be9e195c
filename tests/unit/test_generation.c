/* SPDX-License-Identifier: Apache-2.0 */
/* Whole configurations: what is accepted and how it prints, and every fault of what is not. The probe
 * types and exporters here are tiny ones of the test's own. */
#include "tests/unit/generation_fixture.h"

static void defaults_hold(void **state)
{
    struct fixture f;
    (void)state;
    const struct generation *g = accepted(
        &f, "site: shop\nlabels: {environment: production, component: none}\n"
            "state: {path: /s}\n"
            "defaults: {interval: 30s, fall: 5}\n"
            "probes:\n"
            "  - {name: a, http: \"http://x\"}\n"
            "  - {name: b, tcp: {host: h, port: 25}, interval: 2s, rise: 1,\n"
            "     labels: {component: b, environment: }, depends_on: a, severity: none}\n"
            "  - {name: c, http: {url: x}, timeout: 1s, retry_interval: 500ms,\n"
            "     results: all, expect: status == 200}\n");
    assert_string_equal(g->site, "shop");
    assert_string_equal(g->timezone, "UTC");
    assert_int_equal(g->probe_count, 3);
    const struct probe *a = generation_probe(g, "a"), *b = generation_probe(g, "b");
    const struct probe *c = generation_probe(g, "c");
    assert_int_equal(a->interval, 30 * NSEC_PER_SEC);
    assert_int_equal(a->timeout, 5 * NSEC_PER_SEC);
    assert_int_equal(a->retry_interval, 10 * NSEC_PER_SEC);
    assert_int_equal(a->rise, 2);
    assert_int_equal(a->fall, 5);
    assert_string_equal(a->severity, "critical");
    assert_false(a->results_all);
    assert_string_equal(labels_get(a->labels, "component"), "none");
    assert_null(a->expect[0]);
    assert_null(a->depends_on[0]);

    assert_int_equal(b->interval, 2 * NSEC_PER_SEC);
    assert_int_equal(b->timeout, 2 * NSEC_PER_SEC);
    assert_int_equal(b->retry_interval, NSEC_PER_SEC);
    assert_int_equal(b->rise, 1);
    assert_string_equal(b->severity, "none");
    assert_string_equal(labels_get(b->labels, "component"), "b");
    assert_null(labels_get(b->labels, "environment"));
    assert_string_equal(b->depends_on[0], "a");

    assert_int_equal(c->retry_interval, NSEC_PER_SEC / 2);
    assert_true(c->results_all);
    assert_string_equal(expr_text(c->expect[0]), "status == 200");
    assert_null(c->expect[1]);

    const struct listen_conf *listen = g->web.listen.items;
    assert_int_equal(g->web.listen.count, 2);
    assert_string_equal(listen[0].address, "127.0.0.1:9990");
    assert_string_equal(listen[1].address, "unix:/s/healthd.sock");
    assert_int_equal(listen[1].socket_mode, 660);
    assert_int_equal(g->exporter_count, 1);
    assert_string_equal(((const struct log_conf *)g->exporters[0].conf)->to, "stdout");
    assert_int_equal(g->resolver.kind, RESOLVER_CARES);
    assert_int_equal(map_count(g->modules), 0);
    finish(&f);
}

static void validate_has_seen_what_a_run_gets(void **state)
{
    struct fixture f;
    const void *confs[TEMPLATE_MAX_PARTS];
    struct err e;
    (void)state;
    const struct generation *g =
        accepted(&f, "probes: [{name: a, http: \"http://x\"}]\n");
    const struct probe *p = g->probes[0];
    assert_true(template_fill(p->conf, NULL, NULL, f.arena, confs, &e));
    assert_int_equal(((const struct web_probe *)confs[0])->derived, 8);
    finish(&f);
}

static void modules_are_blackbox_exporters(void **state)
{
    struct fixture f;
    const void *confs[TEMPLATE_MAX_PARTS];
    struct err e;
    (void)state;
    const struct generation *g = accepted(
        &f,
        "modules:\n"
        "  http_2xx:\n    prober: http\n    timeout: 5s\n    http:\n      method: HEAD\n"
        "  plain: {prober: http}\n"
        "  mail:\n    prober: tcp\n    tcp: {send: \"QUIT ${name}\"}\n"
        "    http: {}\n");
    const struct module *m = generation_module(g, "http_2xx");
    assert_int_equal(m->timeout, 5 * NSEC_PER_SEC);
    assert_string_equal(m->probe->type->name, "http");
    assert_true(template_fill(m->probe->conf, NULL, "http://target", f.arena, confs, &e));
    assert_string_equal(((const struct web_probe *)confs[0])->url, "http://target");
    assert_string_equal(((const struct web_probe *)confs[0])->method, "HEAD");
    assert_int_equal(generation_module(g, "plain")->timeout, 0);
    assert_null(generation_module(g, "none"));
    finish(&f);
}

static void what_is_printed_loads_to_the_same(void **state)
{
    static const char *const cases[] = {
        "",
        "site: \"yes\"\ntimezone: Europe/Berlin\nlabels: {environment: production, a: "
        "b}\n"
        "secrets: {pw: \"env:HD_GEN_PASSWORD\"}\n"
        "web: {listen: [\"127.0.0.1:0\", {address: \"unix:/x\", rights: read, "
        "bearer_token: "
        "\"${secret:pw}\"}]}\n"
        "resolver: system\nstate: /var/x\nexporters: {prometheus: {}, json_log: stderr}\n"
        "defaults: {interval: 1m}\n"
        "probes:\n"
        "  - {name: a, http: {url: \"http://u:${env:HD_GEN_PASSWORD}@x/$${y}\", "
        "password: "
        "\"${secret:pw}\", headers: {A: [1, 2]}}}\n"
        "  - {name: b, tcp: {host: h, send: 'PONG ${1}', tls_config: {server_name: s}}, "
        "depends_on: [a], labels: {a: , c: \"x, y\"}}\n"
        "modules: {m: {prober: http, timeout: 3s, http: {method: HEAD}}}\n",
        "rules:\n  - {alert: A, expr: 'up == 0', for: 1m}\n  - {name: g, rules: "
        "[{record: "
        "b, expr: sum(up)}]}\npacks: {probes: false}\n",
    };
    (void)state;
    setenv("HD_GEN_PASSWORD", "correct horse", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f, again;
        struct buf first = BUF_MAX(100000), second = BUF_MAX(100000);
        generation_print(accepted(&f, cases[i]), &first);
        assert_null(strstr(buf_text(&first), "correct horse"));
        generation_print(accepted(&again, buf_text(&first)), &second);
        assert_string_equal(buf_text(&second), buf_text(&first));
        for (size_t k = 0; k < f.g->probe_count; k++)
            assert_true(labels_equal(f.g->probes[k]->labels, again.g->probes[k]->labels));
        buf_finish(&first);
        buf_finish(&second);
        finish(&f);
        finish(&again);
    }
}

static void sameness_is_seen(void **state)
{
    struct fixture a, b, c;
    (void)state;
    accepted(&a, "labels: {x: y}\nprobes: [{name: a, http: {url: u, method: PUT}}, "
                 "{name: b, http: v}]");
    accepted(&b, "# moved about\nprobes:\n  - {http: {method: PUT, url: u}, name: a}\n"
                 "  - {name: b, http: v}\nlabels:\n  x: y\n");
    accepted(&c, "labels: {x: y}\nprobes: [{name: a, http: {url: u, method: PUT}}, "
                 "{name: b, http: w}]");
    assert_true(a.g->hash == b.g->hash);
    assert_true(a.g->hash != c.g->hash);
    assert_string_equal(a.g->probes[0]->canonical, b.g->probes[0]->canonical);
    assert_string_equal(a.g->probes[0]->canonical, c.g->probes[0]->canonical);
    assert_string_not_equal(a.g->probes[1]->canonical, c.g->probes[1]->canonical);
    finish(&a);
    finish(&b);
    finish(&c);
}

static void a_rejected_file_leaves_the_secrets_alone(void **state)
{
    struct fixture f;
    struct arena *arena = arena_create(0);
    struct bytes value;
    struct err e = {0};
    (void)state;
    setenv("HD_GEN_PASSWORD", "correct horse", 1);
    accepted(&f, "secrets: {pw: \"env:HD_GEN_PASSWORD\"}\n");
    const char *bad = "secrets: {other: \"env:HD_GEN_PASSWORD\"}\nnonsense: 1\n";
    assert_null(generation_parse("t", bytes_of(bad), f.secrets, f.diag));
    const struct scope *scope = secrets_scope(f.secrets);
    assert_true(scope->lookup(scope->ctx, bytes_of("secret:pw"), arena, &value, &e));
    assert_false(scope->lookup(scope->ctx, bytes_of("secret:other"), arena, &value, &e));
    arena_destroy(arena);
    finish(&f);
}

/* ---- files ---- */

static void write_file(struct arena *arena, const char *name, const char *text)
{
    FILE *file = fopen(path_of(arena, name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void files_are_put_together(void **state)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    (void)state;
    f.diag = diag_create(f.arena);
    mkdir(path_of(f.arena, "d"), 0700);
    write_file(f.arena, "main.yml",
               "include: d/more.yml\nprobe_files: \"d/p*.yml\"\n"
               "module_files: d/blackbox.yml\n"
               "probes: [{name: main, http: x, depends_on: p2}]\n");
    write_file(f.arena, "d/more.yml",
               "probes: [{name: more, http: x}]\nmodules: {m: {prober: http}}\n");
    write_file(f.arena, "d/p1.yml", "- {name: p1, http: x}\n");
    write_file(f.arena, "d/p2.yml", "probes: [{name: p2, http: x}]\n");
    write_file(f.arena, "d/blackbox.yml", "modules:\n  http_2xx:\n    prober: http\n");
    f.g = generation_load(path_of(f.arena, "main.yml"), f.secrets, f.diag);
    assert_non_null(f.g);
    assert_int_equal(f.g->probe_count, 4);
    assert_int_equal(f.g->files.files.count, 5);
    assert_string_equal(f.g->files.files.items[0], path_of(f.arena, "main.yml"));
    assert_non_null(generation_module(f.g, "m"));
    assert_non_null(generation_module(f.g, "http_2xx"));
    finish(&f);
}

static void steps_are_one_file_however_they_are_named(void **state)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    struct buf out = BUF_MAX(100000);
    (void)state;
    f.diag = diag_create(f.arena);
    write_file(f.arena, "main.yml",
               "flows: [{name: f, steps: [{include: more.yml}]}, "
               "{name: g, steps: [{include: d/../more.yml}]}]\n");
    write_file(f.arena, "more.yml", "- http: x\n");
    f.g = generation_load(path_of(f.arena, "main.yml"), f.secrets, f.diag);
    print_faults(f.diag, &out);
    assert_string_equal(buf_text(&out), "");
    assert_int_equal(f.g->files.files.count, 2);
    buf_finish(&out);
    finish(&f);
}

static void bad_files_are_told_apart(void **state)
{
    static const struct {
        const char *main, *more, *said;
    } cases[] = {
        {"include: more.yml\n", "include: main.yml\n",
         "more.yml:1:10 */main.yml is read already; each file may be named once\n"},
        {"include: [more.yml, \"mor*.yml\"]\n", "probes: []\n",
         "main.yml:1:21 */more.yml is read already; each file may be named once\n"},
        {"include: more.yml\n", "site: x\nwhat: y\n",
         "more.yml:1:1 'site' cannot stand in an included file [put it into the main "
         "file]\n"
         "more.yml:2:1 'what' cannot stand in an included file [here may be: include, "
         "secrets, "
         "probes, probe_files, modules, module_files, rules, rule_files]\n"},
        {"include: more.yml\n", "- x\n",
         "more.yml:1:1 expected a mapping such as `probes:`, not a list\n"},
        {"probe_files: more.yml\n", "site: x\n",
         "more.yml:1:1 expected a list of probes (or `probes:` alone)\n"},
        {"module_files: more.yml\n", "module: {}\n",
         "more.yml:1:1 unknown key 'module'; a file of modules has `modules:`\n"},
        {"module_files: more.yml\nmodules: {a: {prober: http}}\n",
         "modules: {a: {prober: tcp}}\n", "more.yml:1:11 a second module is named 'a'\n"},
        {"probe_files: more.yml\nprobes: [{name: a, http: x}]\n",
         "- {name: a, http: y}\n",
         "more.yml:1:10 a second probe is named 'a'; the first is at */main.yml:2\n"},
        {"flows: [{name: f, steps: [{include: more.yml}]}]\n", "- include: ./more.yml\n",
         "more.yml:1:12 */more.yml includes itself, by way of */more.yml\n"},
        {"include: more.yml\n", "a: [\n",
         "more.yml:2:1 *\nmain.yml:1:10 note */more.yml is named here\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
        struct buf out = BUF_MAX(100000);
        f.diag = diag_create(f.arena);
        write_file(f.arena, "main.yml", cases[i].main);
        write_file(f.arena, "more.yml", cases[i].more);
        f.g = generation_load(path_of(f.arena, "main.yml"), f.secrets, f.diag);
        assert_null(f.g);
        print_faults(f.diag, &out);
        assert_said(cases[i].said, buf_text(&out));
        buf_finish(&out);
        finish(&f);
    }
}

static void without_a_file_it_watches_itself(void **state)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    (void)state;
    f.diag = diag_create(f.arena);
    setenv("XDG_STATE_HOME", "/tmp/state", 1);
    f.g = generation_load(NULL, f.secrets, f.diag);
    assert_non_null(f.g);
    assert_string_equal(f.g->state_path, "/tmp/state/healthd");
    assert_string_equal(f.g->probes[0]->name, "healthd");
    assert_string_equal(f.g->probes[1]->name, "host");
    assert_string_equal(f.g->probes[2]->name, "containers");
    assert_int_equal(map_count(f.g->modules), 0);
    assert_null(f.g->path);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(validate_has_seen_what_a_run_gets),
        cmocka_unit_test(modules_are_blackbox_exporters),
        cmocka_unit_test(what_is_printed_loads_to_the_same),
        cmocka_unit_test(sameness_is_seen),
        cmocka_unit_test(a_rejected_file_leaves_the_secrets_alone),
        cmocka_unit_test(files_are_put_together),
        cmocka_unit_test(steps_are_one_file_however_they_are_named),
        cmocka_unit_test(bad_files_are_told_apart),
        cmocka_unit_test(without_a_file_it_watches_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
