/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault of a configuration: its place, its sentence and its hint. */
#include "tests/unit/generation_fixture.h"

struct fault_case {
    const char *text, *said;
};

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
         "1:10 'a-b' cannot be a label: its name has only letters, digits and _, and "
         "begins "
         "with a letter or a single _\n"
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
         "1:16 '9990' is no address to listen on: write host:port, :port or unix:/path\n"
         "1:24 'unix:sock' needs an absolute path: unix:/path\n"
         "1:66 option 'socket_mode': 888 is out of bounds; expected 0 to 777\n"},
        {"web: {listen: [\"9990\", \"unix:sock\"]}\n",
         "1:16 '9990' is no address to listen on: write host:port, :port or unix:/path\n"
         "1:24 'unix:sock' needs an absolute path: unix:/path\n"},
        {"web: {listen: [{address: \":1\", cert_file: x, rights: all, socket_mode: "
         "680}]}\n",
         "1:16 'cert_file' and 'key_file' go together\n"
         "1:16 'rights' is 'all'; it must be none, read or act\n"
         "1:16 'socket_mode' must be octal digits, such as 660\n"},
        {"web: {tokens: [{name: a, token: x1}, {name: a, token: y1}, {name: b, token: "
         "x1}]}\n",
         "1:38 token 'a': an earlier one has the same name\n"
         "1:60 token 'b': an earlier one has the same secret: give each its own\n"},
        {"web: {tokens: [{name: act_token, token: x1}, {name: c, token: \"\"}]}\n",
         "1:16 token 'act_token': that name is taken by the option of `web:`\n"
         "1:46 token 'c': its 'token' is empty\n"},
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
         "1:17 'a b' is no name: use a-z, A-Z, 0-9, _ . and -\n"},
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
         "1:20 unknown key 'intervall' [did you mean 'interval'?]\n"
         "1:42 unknown key 'metod' [did you mean 'method'?]\n"
         "1:63 'tcp' is a second type beside 'http'; a probe has one\n"
         "1:77 option 'rise': 0 is out of bounds; expected 1 to 100 runs\n"
         "2:12 *\n"},
        {"probes: [{name: a, intervall: 5s, http: {metod: GET, url: x},\n"
         "  expect: [nonsense]}]\n",
         "1:20 unknown key 'intervall' [did you mean 'interval'?]\n"
         "1:42 unknown key 'metod' [did you mean 'method'?]\n"
         "2:12 *\n"},
        {"probes: [{name: a, http: {metod: GET}}]\n",
         "1:26 'url' is missing [What to ask.]\n"
         "1:27 unknown key 'metod' [did you mean 'method'?]\n"},
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
         "1:38 'x y' cannot be a label: its name has only letters, digits and _, and "
         "begins "
         "with a letter or a single _\n"
         "1:48 the label 'job' is set by healthd itself; choose another name\n"},
        {"probes: [{name: a, http: \"http://${host}\"}]\n",
         "1:26 ${host} is not known here [${env:NAME}, ${file:/path} and "
         "${secret:name} "
         "are; a literal ${ is written $${]\n"},
        {"probes: [{name: a, http: \"${SHOP_URL}\"}]\n",
         "1:26 ${SHOP_URL} is not known here [a variable of the environment is written "
         "${env:SHOP_URL}]\n"},
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

/* One fault hides no other, and none is said again where it only follows from the first. */
static void faults_beside_each_other(void **state)
{
    static const struct fault_case cases[] = {
        {"probes:\n  - {name: a, http: x, interval: 15, expect: [status = 200],\n"
         "     depends_on: [nope]}\n",
         "2:34 option 'interval': *\n2:54 *\n3:19 there is no probe named 'nope'\n"},
        {"probes:\n  - name: a\n    htp: {metod: GET, url: x}\n    rise: 0\n"
         "    expect: [stattus == 200]\n    depends_on: [nope]\n",
         "3:5 'htp' is no probe type of this version [did you mean 'http'?]\n"
         "3:11 unknown key 'metod' [did you mean 'method'?]\n"
         "4:11 option 'rise': 0 is out of bounds; expected 1 to 100 runs\n"
         "5:14 *\n"
         "6:18 there is no probe named 'nope'\n"},
        {"probes:\n  - {name: a, mongodb: x, rise: 0, expect: [anything == 1, \"a "
         "==\"],\n"
         "     depends_on: [nope]}\n",
         "2:15 'mongodb' is no probe type of this version [the types are: http, tcp, "
         "host, containers]\n"
         "2:33 option 'rise': 0 is out of bounds; expected 1 to 100 runs\n"
         "2:65 *\n"
         "3:19 there is no probe named 'nope'\n"},
        {"probes: [{nmae: a, http: x}, {name: b, http: x, depends_on: a}]\n",
         "1:11 unknown key 'nmae' [did you mean 'name'?]\n"},
        {"probes: [{name: \"a b\", http: x}, {name: b, http: x, depends_on: \"a b\"}]\n",
         "1:17 'a b' is no name: use a-z, A-Z, 0-9, _ . and -\n"},
        {"probes: [{name: a, http: x}, {name: a, http: x, depends_on: c}]\n",
         "1:37 a second probe is named 'a'; the first is at t:1\n"
         "1:61 there is no probe named 'c' [did you mean 'a'?]\n"},
        {"probes: [{name: a, http: x, interval: 5, timeout: 10s}]\n",
         "1:39 option 'interval': *\n"},
        {"defaults: {interval: 5}\nprobes: [{name: a, http: x, timeout: 20s, rise: 0}]\n",
         "1:22 option 'interval': *\n"
         "2:49 option 'rise': 0 is out of bounds; expected 1 to 100 runs\n"},
        {"prubes: [{name: a, htp: x}]\nconnectivity: {probes: [a]}\n",
         "1:1 unknown key 'prubes' [did you mean 'probes'?]\n"
         "1:20 'htp' is no probe type of this version [did you mean 'http'?]\n"},
        {"labels: [x]\nrules: [{alert: x, expr: \"up ==\"}]\nweb: {max_connections: 0}\n",
         "1:9 option 'labels' takes a mapping (name: value), not a list\n"
         "2:*\n3:24 *\n"},
        {"rules:\n  - {alrt: x, expr: \"up ==\", for: 5}\n  - {alert: y, exp: up}\n",
         "2:6 unknown key 'alrt' [did you mean 'alert'?]\n2:*\n2:35 option 'for': *\n"
         "3:16 unknown key 'exp' [did you mean 'expr'?]\n"},
        {"probe_files: [/nowhere/p.yml]\nprobes: [{name: a, http: x, depends_on: "
         "there}]\n",
         "p.yml:0:0 cannot be read: No such file or directory\n"
         "1:15 note /nowhere/p.yml is named here\n"},
        {"time_intervals: [{name: office, time_intervals: [{weekdays: [mo]}]}]\n"
         "rules: [{alert: x, expr: up, active: office}, {alert: y, expr: up, active: "
         "ofice},\n"
         "  {alert: z, expr: up, active: night}]\n",
         "1:*\n2:76 there is no time interval 'ofice' [did you mean 'office'?]\n"
         "3:32 there is no time interval 'night' [`time_intervals:` has: office]\n"},
        {"rules: [{alert: x, expr: up, active: office}]\n",
         "1:38 there is no time interval 'office' [define it: time_intervals: [{name: "
         "office, time_intervals: [{weekdays: [\"monday:friday\"]}]}]]\n"},
        {"maintenance:\n  - {name: a, start: \"25:00\", duration: soon}\n"
         "  - {name: b, start: \"25:00\", duration: 5m, date: x}\n",
         "2:41 option 'duration': *\n3:22 *\n3:51 'x' is no date; write it like "
         "2026-12-24\n"},
        {"flows:\n  - name: f\n    steps:\n      - {htp: x, capture: {t: body}}\n"
         "      - {name: two, use: [nope], retry: {for: 5}}\n"
         "      - {name: three, http: \"http://${t}/\", timeout: 5, expect: [status = "
         "1]}\n",
         "4:10 'htp' is no probe type of this version [did you mean 'http'?]\n"
         "4:31 *\n"
         "5:27 there is no probe named 'nope'\n"
         "5:47 option 'for': *\n"
         "6:54 option 'timeout': *\n"
         "6:73 *\n"},
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
         "1:29 unknown key 'timeot' [did you mean 'timeout'?]\n"
         "1:41 unknown key 'method' [options of the prober stand in its section, "
         "`http:`]\n"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_the_top_level),
        cmocka_unit_test(faults_of_probes),
        cmocka_unit_test(faults_beside_each_other),
        cmocka_unit_test(faults_of_modules),
        cmocka_unit_test(a_bad_expression_points_at_its_column),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
