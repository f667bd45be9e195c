/* SPDX-License-Identifier: Apache-2.0 */
/* Whole configurations: what is accepted and how it prints, and every fault of what is not. The probe
 * types and exporters here are tiny ones of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporters/registry.h"
#include "lib/base/attr.h"
#include "lib/config/generation.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"
#include "probes/registry.h"

/* ---- plugins ---- */

struct web_probe {
    const char *url, *method;
    struct secret password;
    struct pairs headers;
    int64_t derived;
};

static bool web_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct web_probe *conf = ctx;
    (void)arena;
    conf->derived = (int64_t)strlen(conf->url);
    return strncmp(conf->url, "ftp:", 4) || err_set(e, "'%s' is no http URL", conf->url);
}

static void start_nothing(struct run *run)
{
    (void)run;
}

static enum talk talk_nothing(struct run *run, enum talk_event event, struct bytes *in)
{
    (void)run;
    (void)event;
    (void)in;
    return TALK_DONE;
}

static bool status_get(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    (void)run;
    (void)arena;
    *ret_value = value_number(200);
    return why != NULL;
}

#define OPT_STRUCT struct web_probe
static const struct probe_type web_type = {
    .name = "http",
    .is_critical = true,
    .conf_size = sizeof(struct web_probe),
    .validate = web_validate,
    .start = start_nothing,
    .vars =
        (const struct var[]){{"status", VALUE_NUMBER, "The status.", status_get}, {0}},
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("url", url, NULL, "What to ask.", .flags = OPT_SHORTHAND),
        OPT_ROW_TEXT("method", method, "GET", "The method."),
        OPT_ROW_SECRET("password", password, OPT_NONE, "The password."),
        OPT_ROW_PAIRS("headers", headers, OPT_NONE, "Headers."),
        {0}}};
#undef OPT_STRUCT

struct port_probe {
    const char *address, *send;
};

static bool port_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                     struct err *e)
{
    const struct port_probe *conf = ctx;
    return !conf->address ||
           dial_split(arena, conf->address, &ret_dial->host, &ret_dial->port, e);
}

#define OPT_STRUCT struct port_probe
static const struct probe_type port_type = {
    .name = "tcp",
    .port = 7,
    .conf_size = sizeof(struct port_probe),
    .talk = talk_nothing,
    .aim = port_aim,
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("address", address, OPT_NONE, "Where.", .flags = OPT_SHORTHAND),
        OPT_ROW_TEXT("send", send, OPT_NONE, "What to say.", .flags = OPT_LATE),
        {0}}};
#undef OPT_STRUCT

/* The built-in configuration has one of each. */
static const struct probe_type machine_type = {
    .name = "host", .start = start_nothing, .opts = (const struct opt[]){{0}}};
static const struct probe_type containers_type = {
    .name = "containers", .start = start_nothing, .opts = (const struct opt[]){{0}}};

const struct probe_type *const probe_types[] = {&web_type, &port_type, &machine_type,
                                                &containers_type, NULL};
const char *const probe_types_left_out[] = {"postgres", "libpq", NULL};

const struct probe_type *probe_type_find(const char *name)
{
    for (const struct probe_type *const *t = probe_types; *t; t++) {
        if (!strcmp((*t)->name, name))
            return *t;
    }
    return NULL;
}

struct log_conf {
    const char *to;
};

#define OPT_STRUCT struct log_conf
static const struct exporter_type log_type = {
    .name = "json_log",
    .is_default = true,
    .conf_size = sizeof(struct log_conf),
    .opts = (const struct opt[]){
        OPT_ROW_TEXT("to", to, "stdout", "Where to.", .flags = OPT_SHORTHAND), {0}}};
#undef OPT_STRUCT

static const struct opt no_rows[] = {{0}};
static const struct exporter_type page_type = {.name = "prometheus", .opts = no_rows};
const struct exporter_type *const exporter_types[] = {&log_type, &page_type, NULL};

const struct exporter_type *exporter_type_find(const char *name)
{
    for (const struct exporter_type *const *t = exporter_types; *t; t++) {
        if (!strcmp((*t)->name, name))
            return *t;
    }
    return NULL;
}

/* ---- helpers ---- */

static char folder[] = "/tmp/healthd-config-XXXXXX";

struct fixture {
    struct arena *arena;
    struct secrets *secrets;
    struct diag *diag;
    struct generation *g;
};

static struct fixture read_text(const char *text)
{
    struct fixture f = {.arena = arena_create(0), .secrets = secrets_create()};
    f.diag = diag_create(f.arena);
    f.g = generation_parse("t", bytes_of(text), f.secrets, f.diag);
    return f;
}

static void finish(struct fixture *f)
{
    generation_unref(f->g);
    secrets_destroy(f->secrets);
    arena_destroy(f->arena);
}

static void print_faults(const struct diag *d, struct buf *out)
{
    static const char *const marks[] = {"", "warning ", "note "};
    for (const struct diagnosis *x = diag_first(d); x; x = x->next) {
        const char *slash = x->at.file ? strrchr(x->at.file, '/') : NULL;
        if (slash)
            buf_printf(out, "%s:", slash + 1);
        buf_printf(out, "%d:%d %s%s", x->at.line, x->at.column, marks[x->severity],
                   x->text);
        if (x->hint)
            buf_printf(out, " [%s]", x->hint);
        buf_add_byte(out, '\n');
    }
}

static struct generation *accepted(struct fixture *f, const char *text)
{
    *f = read_text(text);
    struct buf out = BUF_MAX(100000);
    print_faults(f->diag, &out);
    if (!f->g)
        fail_msg("not accepted:\n%s", buf_text(&out));
    buf_finish(&out);
    return f->g;
}

/* ---- stories ---- */

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

struct fault_case {
    const char *text, *said;
};

/* "*" in what is expected: the rest of that line is another module's sentence. */
static void assert_said(const char *expected, const char *said)
{
    const char *at = said;
    for (const char *c = expected; *c; c++, at++) {
        if (*c == '*')
            at = c[1] == '/' ? at + strlen(folder) - 1 : strchr(at, '\n') - 1;
        else if (*c != *at)
            fail_msg("said\n%s\nexpected\n%s", said, expected);
    }
    assert_string_equal(at, "");
}

static void assert_faults(const struct fault_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f = read_text(cases[i].text);
        struct buf out = BUF_MAX(100000);
        print_faults(f.diag, &out);
        assert_said(cases[i].said, buf_text(&out));
        assert_int_equal(f.g == NULL, diag_error_count(f.diag) > 0);
        buf_finish(&out);
        finish(&f);
    }
}

static void faults_of_the_top_level(void **state)
{
    static const struct fault_case cases[] = {
        {"- a\n", "1:1 a configuration is a mapping such as `probes:`, not a list\n"},
        {"prubes: []\n", "1:1 unknown key 'prubes' [did you mean 'probes'?]\n"},
        {"rules: [{alert: x}]\nflows: []\nroute:\nreceivers:\n",
         "1:9 the rule 'x' has no expression [add `expr:`, or `warn:` and `crit:`]\n"},
        {"flows: [a]\n", "1:9 a flow is a mapping, not a value\n"},
        {"timezone: Mars/Base\n",
         "1:11 there is no time zone 'Mars/Base'; write one like Europe/Berlin\n"},
        {"labels: {\"a-b\": c, probe: d}\n",
         "1:10 'a-b' cannot be a label: use letters, digits and _, with no digit first "
         "and no __ "
         "at the start\n"
         "1:20 the label 'probe' is set by healthd itself; choose another name\n"},
        {"secrets: {a: hunter2, b: [x]}\n",
         "1:14 secret 'a' must be a reference, env:NAME or file:/path\n"
         "1:26 secret 'b' must be a reference, env:NAME or file:/path\n"},
        {"defaults: {interval: 5, fal: 2}\n",
         "1:22 option 'interval': *\n1:25 unknown key 'fal' [did you mean 'fall'?]\n"},
        {"exporters: [a]\n", "1:12 exporters must be a mapping, not a list [for example: "
                             "{prometheus: {}, json_log: {to: stdout}}]\n"},
        {"exporters: {promtheus: {}, json_log: {too: x}}\n",
         "1:13 'promtheus' is no exporter of this version; there are: json_log, "
         "prometheus [did "
         "you mean 'prometheus'?]\n"
         "1:39 unknown key 'too' [did you mean 'to'?]\n"},
        {"web: {listen: [\"9990\", \"unix:sock\", {address: \":1\", socket_mode: "
         "888}]}\n",
         "1:66 option 'socket_mode': 888 is out of bounds; expected 0 to 777\n"},
        {"web: {listen: [\"9990\", \"unix:sock\"]}\n",
         "1:16 '9990' is no address to listen on: write host:port, :port or unix:/path\n"
         "1:24 'unix:sock' needs an absolute path: unix:/path\n"},
        {"web: {listen: [{address: \":1\", cert_file: x, rights: all, socket_mode: "
         "680}]}\n",
         "1:16 'cert_file' and 'key_file' go together\n"
         "1:16 'rights' is 'all'; it must be read or act\n"
         "1:16 'socket_mode' must be octal digits, such as 660\n"},
        {"resolver: sistem\n", "1:11 option 'kind': 'sistem' is none of cares, system; "
                               "did you mean 'system'?\n"},
        {"include: {a: b}\n",
         "1:10 option 'include' takes a list of texts, not a mapping\n"},
        {"include: /nowhere/x.yml\n",
         "x.yml:0:0 cannot be read: No such file or directory\n"
         "1:10 note /nowhere/x.yml is named here\n"},
        {"probe_files: [\"/nowhere/?.yml\"]\n",
         "1:15 warning no file matches /nowhere/?.yml\n"},
    };
    (void)state;
    assert_faults(cases, ARRAY_LEN(cases));
}

static void faults_of_probes(void **state)
{
    static const struct fault_case cases[] = {
        {"probes: {name: a}\n", "1:9 probes must be a list, not a mapping [start each "
                                "one with a dash: - name: ...]\n"},
        {"probes: [a]\n",
         "1:10 a probe is a mapping, not a value [for example: {name: website, "
         "http: \"http://127.0.0.1:8080/\"}]\n"},
        {"probes:\n  - http: x\n", "2:5 the probe has no name [add `name:`, which "
                                   "becomes the label probe=\"...\"]\n"},
        {"probes: [{name: \"a b\", http: x}]\n",
         "1:17 'a b' is no name: use letters, digits, _ . and -\n"},
        {"probes: [{name: a, http: x}, {name: a, http: y}]\n",
         "1:37 a second probe is named 'a'; the first is at t:1\n"},
        {"probes: [{name: a}]\n",
         "1:10 the probe has no type [the types are: http, tcp, host, containers]\n"},
        {"probes: [{name: a, htp: x}]\n",
         "1:20 'htp' is no probe type of this version [did you mean 'http'?]\n"},
        {"probes: [{name: a, mongodb: x}]\n",
         "1:20 'mongodb' is no probe type of this version [the types are: http, tcp, "
         "host, containers]\n"},
        {"probes: [{name: a, postgres: x}]\n",
         "1:20 this healthd was built without libpq, which 'postgres' needs\n"},
        {"probes: [{name: a, http: x, tcp: {host: y}}]\n",
         "1:29 'tcp' is a second type beside 'http'; a probe has one\n"},
        {"probes: [{name: a, http: x, intervall: 5s}]\n",
         "1:29 unknown key 'intervall' [did you mean 'interval'?]\n"},
        {"probes: [{name: a, http: x, method: GET}]\n",
         "1:29 unknown key 'method' [options of the type stand one level deeper, below "
         "its name]\n"},
        {"probes: [{name: a, intervall: 5s, http: {metod: GET, url: x}, tcp: y, rise: "
         "0,\n"
         "  expect: [nonsense]}]\n",
         "1:63 'tcp' is a second type beside 'http'; a probe has one\n"
         "1:20 unknown key 'intervall' [did you mean 'interval'?]\n"
         "1:42 unknown key 'metod' [did you mean 'method'?]\n"
         "1:77 option 'rise': 0 is out of bounds; expected 1 to 100 runs\n"},
        {"probes: [{name: a, intervall: 5s, http: {metod: GET, url: x},\n"
         "  expect: [nonsense]}]\n",
         "1:20 unknown key 'intervall' [did you mean 'interval'?]\n"
         "1:42 unknown key 'metod' [did you mean 'method'?]\n"
         "2:12 *\n"},
        {"probes: [{name: a, http: {metod: GET}}]\n",
         "1:27 unknown key 'metod' [did you mean 'method'?]\n"
         "1:26 'url' is missing [What to ask.]\n"},
        {"probes: [{name: a, http: \"ftp://x\"}]\n",
         "1:26 http: 'ftp://x' is no http URL\n"},
        {"probes: [{name: a, tcp: {port: 5}}]\n",
         "1:25 tcp: there is nothing to connect to: give `address`, or `host` and "
         "`port`, or `unix`\n"},
        {"probes: [{name: a, http: x, timeout: 20s}]\n",
         "1:38 warning the timeout of 20s is longer than the interval of 15s: a run that "
         "takes "
         "that long skips slots\n"},
        {"probes: [{name: a, http: x, watch: true}]\n",
         "1:36 warning 'watch' does nothing: http holds no connection of its own\n"},
        {"probes: [{name: a, http: x, labels: {\"x y\": z, job: k}}]\n",
         "1:38 'x y' cannot be a label: use letters, digits and _, with no digit first "
         "and no __ "
         "at the start\n"
         "1:48 the label 'job' is set by healthd itself; choose another name\n"},
        {"probes: [{name: a, http: \"http://${host}\"}]\n",
         "1:26 ${host} is not known on schedule [${env:NAME}, ${file:/path} and "
         "${secret:name} "
         "are; a literal ${ is written $${]\n"},
        {"probes: [{name: a, http: x, interval: \"${i}\"}]\n",
         "1:39 ${i} cannot be used here: only a type's own options are filled in per "
         "run\n"},
        {"probes: [{name: a, http: {url: x, password: \"${env:HD_NOT_SET}\"}}]\n",
         "1:45 option 'password': ${env:HD_NOT_SET}: the environment has no variable "
         "HD_NOT_SET; set it, or give a default: ${env:HD_NOT_SET:-default}\n"},
        {"probes: [{name: a, http: {url: x, password: \"${file:/nowhere/pw}\"}}]\n",
         "1:45 option 'password': ${file:/nowhere/pw}: /nowhere/pw cannot be read: No "
         "such file "
         "or directory\n"},
        {"probes:\n  - {name: a, http: x, depends_on: [b, aa]}\n  - {name: bb, http: "
         "x}\n",
         "2:37 there is no probe named 'b' [did you mean 'a'?]\n"
         "2:40 there is no probe named 'aa' [did you mean 'a'?]\n"},
        {"probes:\n  - {name: a, http: x, depends_on: b}\n  - {name: b, http: x, "
         "depends_on: [c]}\n"
         "  - {name: c, http: x, depends_on: [a]}\n",
         "4:37 probes depend on each other in a circle: a, which depends on b, which "
         "depends on "
         "c, which depends on a\n"},
        {"probes: [{name: a, http: x, depends_on: a}]\n",
         "1:41 probes depend on each other in a circle: a, which depends on a\n"},
        {"probes: [{name: a, htp: x}, {name: b, http: x, depends_on: a}]\n",
         "1:20 'htp' is no probe type of this version [did you mean 'http'?]\n"},
    };
    (void)state;
    assert_faults(cases, ARRAY_LEN(cases));
}

static void faults_of_modules(void **state)
{
    static const struct fault_case cases[] = {
        {"modules: [a]\n", "1:10 modules must be a mapping, not a list\n"},
        {"modules: {a: b}\n", "1:14 the module 'a' is a value; it must be a mapping\n"},
        {"modules: {a: {timeout: 5s}}\n", "1:14 the module 'a' has no prober [for "
                                          "example: {prober: http, timeout: 5s}]\n"},
        {"modules: {a: {prober: icmp}, b: {prober: htp}, c: {prober: unix}}\n",
         "1:23 the prober 'icmp' is not supported yet; there are: http, tcp, host, "
         "containers\n"
         "1:42 'htp' is no prober; there are: http, tcp, host, containers [did you mean "
         "'http'?]\n"
         "1:60 the prober 'unix' is not supported yet; there are: http, tcp, host, "
         "containers [use "
         "`prober: tcp` "
         "with a target of the form unix:/path]\n"},
        {"modules: {a: {prober: http, timeot: 5s, method: GET, timeout: 5}}\n",
         "1:63 option 'timeout': *\n"},
        {"modules: {a: {prober: http, timeot: 5s, method: GET}}\n",
         "1:29 unknown key 'timeot' [did you mean 'timeout'?]\n"
         "1:41 unknown key 'method' [options of the prober stand in its section, "
         "`http:`]\n"},
        {"modules: {a: {prober: http, http: {metod: x}}, b: {prober: http, tcp: {}}}\n",
         "1:36 unknown key 'metod' [did you mean 'method'?]\n"
         "1:66 warning 'tcp' has no effect: the prober is http\n"},
    };
    (void)state;
    assert_faults(cases, ARRAY_LEN(cases));
}

static void a_bad_expression_points_at_its_column(void **state)
{
    static const struct {
        const char *text;
        int line, column;
    } cases[] = {
        {"probes:\n  - name: a\n    http: x\n    expect: [status == 200, stats == 200]\n",
         4, 29},
        {"probes:\n  - name: a\n    http: x\n    expect: [\"status == 200 &&\"]\n", 4,
         15},
        {"probes:\n  - name: a\n    http: x\n    should: timing.totl < 5s\n", 4, 13},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f = read_text(cases[i].text);
        assert_null(f.g);
        const struct place at = diag_first(f.diag)->at;
        assert_int_equal(at.line, cases[i].line);
        assert_true(at.column >= cases[i].column);
        assert_null(strstr(diag_first(f.diag)->text, "column"));
        finish(&f);
    }
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

static const char *path_of(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

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
    assert_int_equal(f.g->files.count, 5);
    assert_string_equal(f.g->files.items[0], path_of(f.arena, "main.yml"));
    assert_non_null(generation_module(f.g, "m"));
    assert_non_null(generation_module(f.g, "http_2xx"));
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

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"main.yml", "more.yml", "d/more.yml",
                                        "d/p1.yml", "d/p2.yml", "d/blackbox.yml",
                                        "d"};
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)remove(path_of(arena, names[i]));
    arena_destroy(arena);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(validate_has_seen_what_a_run_gets),
        cmocka_unit_test(modules_are_blackbox_exporters),
        cmocka_unit_test(faults_of_the_top_level),
        cmocka_unit_test(faults_of_probes),
        cmocka_unit_test(faults_of_modules),
        cmocka_unit_test(a_bad_expression_points_at_its_column),
        cmocka_unit_test(what_is_printed_loads_to_the_same),
        cmocka_unit_test(sameness_is_seen),
        cmocka_unit_test(a_rejected_file_leaves_the_secrets_alone),
        cmocka_unit_test(files_are_put_together),
        cmocka_unit_test(bad_files_are_told_apart),
        cmocka_unit_test(without_a_file_it_watches_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
