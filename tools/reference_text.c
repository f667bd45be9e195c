/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reference says, in order, whatever the format: kinds of values, the top level, probes and their types, modules,
 * exporters, variables, reasons. Called by reference.c; its tables are reference_tables.c's.
 */
#include <stdio.h>
#include <string.h>

#include "alerts/rule_file.h"
#include "exporters/registry.h"
#include "lib/config/generation.h"
#include "lib/core/reason.h"
#include "lib/core/runner.h"
#include "lib/core/talk.h"
#include "lib/core/tls.h"
#include "probes/registry.h"
#include "tools/reference.h"

static void write_values(const struct writer *w, struct buf *out)
{
    static const char *const columns[] = {"kind", "how it is written", NULL};
    static const char *const kinds[][3] = {
        {"true or false", "`true`, `false`; also `yes`, `no`, `on`, `off` without quotes",
         NULL},
        {"duration", "`15s`, `1h30m`, `1.5s`, `500ms`, `2d`, `1w`; always with its unit",
         NULL},
        {"size",
         "`100B`, `10KiB`, `1.5MiB`; `1KB` is 1024 bytes too; always with its unit",
         NULL},
        {"percentage", "`95%`", NULL},
        {"text",
         "as it is; in quotes when it holds `: ` or ` #`, or starts with `{`, `[`, `*`, "
         "`&`, `%` or `@`",
         NULL},
        {"list of ...", "a YAML list; a single value is a list of one", NULL},
        {"mapping of texts",
         "`{name: value}`; a list as value gives one pair for each element", NULL},
        {"regular expression", "RE2's syntax, not anchored", NULL},
        {"secret", "as text, but better a reference; never printed", NULL},
        {"expression", "see docs/expressions.md", NULL},
    };
    w->heading(out, 2, "Values");
    w->para(
        out,
        "Any value may be, or hold, `${env:NAME}` (`${env:NAME:-default}` when it may be "
        "unset), `${file:/path}` (read again when the file changes) or `${secret:name}` "
        "(one of `secrets:`). A literal `${` is written `$${`.");
    w->table_begin(out, columns);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        w->table_row(out, kinds[i]);
    w->table_end(out);
}

static void write_type(const struct writer *w, const struct probe_type *type,
                       struct buf *out)
{
    char title[200];
    snprintf(title, sizeof(title), "Probe type %s", type->name);
    w->heading(out, 2, title);
    w->para(out, type->summary);
    if (type->example)
        w->code(out, type->example);
    reference_table(w, type->opts, out);
    if (type->talk) {
        w->para(out, "It has the rows of every dialogue, too (below).");
    }
    if (type->vars && type->vars->name) {
        w->heading(out, 3, "Variables");
        reference_vars(w, type->vars, out);
    }
    if (type->limits && type->limits->name) {
        w->heading(out, 3, "Limits");
        reference_limits(w, type->limits, out);
    }
}

static void write_probes(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Probes");
    w->para(
        out,
        "Each element of `probes:` has a `name` (letters, digits, `_`, `.` and `-`), one "
        "key that is a probe type, and any of these. `defaults:` may hold the first "
        "eight "
        "for all probes.");
    w->code(out, "probes:\n"
                 "  - name: website\n"
                 "    http: \"https://shop.example.com/\"\n"
                 "    interval: 30s\n"
                 "    expect: [status == 200]\n"
                 "    should: [timing.total < 800ms]\n");
    reference_table(w, probe_common_opts, out);
    for (const struct probe_type *const *type = probe_types; *type; type++)
        write_type(w, *type, out);
    w->heading(out, 2, "Rows of every dialogue");
    w->para(out,
            "Of the types that speak a protocol over a connection that healthd opens.");
    reference_table(w, dial_opts, out);
    w->heading(out, 2, REFERENCE_TLS);
    w->para(out, "Of probes and receivers alike.");
    reference_table(w, tls_opts, out);
}

static void write_shared(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Variables of every type");
    reference_vars(w, runner_vars, out);
    w->para(out, "And of those that speak TLS:");
    reference_vars(w, tls_vars, out);
}

static void write_modules(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Modules");
    w->para(
        out,
        "`modules:` is blackbox_exporter's: a mapping from a name to `prober` (a probe "
        "type), `timeout` (at most what the scraper allows) and a section named like the "
        "prober, which holds that type's rows. `/probe?module=NAME&target=...` asks it; "
        "without modules there is no /probe. `expect`, `should` and `labels` work as in "
        "probes. A blackbox.yml loads unchanged through `module_files`.");
    w->code(out, "modules:\n"
                 "  http_2xx:\n"
                 "    prober: http\n"
                 "    timeout: 5s\n"
                 "    http: {preferred_ip_protocol: ip4}\n");
}

static void write_routes(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Notify");
    w->para(
        out,
        "`notify:` names receivers by severity. Critical alerts are told at once and "
        "each "
        "hour until somebody takes them; all others are grouped by alert and probe, wait "
        "30s for more of their kind, and are told again once a day. What has another "
        "severity, or none, goes where `warning` goes, unless a key has its name; "
        "severity `none` goes nowhere. `notify: chat` is short for both.");
    w->code(out, "notify:\n"
                 "  critical: [oncall, chat]\n"
                 "  warning: chat\n"
                 "  info: none\n"
                 "  deadman: {url: \"${file:/run/secrets/ping_url}\", every: 1m}\n");
    w->para(out, "`notify.deadman` has:");
    reference_table(w, deadman_opts, out);
    w->heading(out, 2, "Routes");
    w->para(
        out,
        "`route:` is a tree in Alertmanager's syntax, in place of `notify:`. An alert "
        "goes to the deepest route that takes it; of the routes beside each other the "
        "first one, and while it says `continue`, those after it. A paging receiver gets "
        "each alert by itself and at once, whatever group_by and group_wait say.");
    w->code(out, "route:\n"
                 "  receiver: chat\n"
                 "  group_by: [alertname, probe]\n"
                 "  routes:\n"
                 "    - matchers: ['severity=\"critical\"']\n"
                 "      receiver: [oncall, chat]\n"
                 "      group_wait: 0s\n"
                 "      escalate: [{after: 15m, to: mail}]\n");
    reference_table(w, route_opts, out);
}

static void write_flows(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Flows");
    w->para(out, "A flow proves that several things work together: `healthctl smoke` "
                 "runs it after a "
                 "deployment. A file with `steps` at its top is one flow, whose probes, "
                 "secrets and "
                 "labels stand beside it. Any option of a step's probe may name "
                 "variables: ${name}.");
    w->code(out,
            "flows:\n"
            "  - name: checkout\n"
            "    deadline: 2m\n"
            "    vars: {base: \"http://gateway:8080\"}\n"
            "    steps:\n"
            "      - {use: [orders-db, cache]}\n"
            "      - name: login\n"
            "        http: {url: \"${base}/login\", method: POST}\n"
            "        capture: {token: {expr: json.token, secret: true}}\n"
            "      - name: order\n"
            "        http: {url: \"${base}/orders/1\", headers: {authorization: \"Bearer "
            "${token}\"}}\n"
            "        retry: {until: \"json.state == 'done'\", for: 30s, backoff: [500ms, "
            "5s]}\n"
            "    finally:\n"
            "      - {name: logout, http: {url: \"${base}/login\", method: DELETE}}\n");
    reference_table(w, flow_opts, out);
    w->para(
        out,
        "A step is a probe's mapping (a type, expect, should, timeout, labels), or names "
        "probes to use, or holds steps; besides it has:");
    reference_table(w, step_opts, out);
    w->para(
        out,
        "Expressions of steps know `vars`, too. Every flow has the variables uuid (a new "
        "one each time), now, flow, step, run_id (one for the whole run) and task_id "
        "(one "
        "for each asking, which http sends as X-Request-Id and traceparent).");
}

static void write_rules(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Rules");
    w->para(
        out,
        "`rules:` is a list of rules in Prometheus' syntax, or of groups of them. Files "
        "that people have already are named by `rule_files:` and need no change. Every "
        "element that a rule's expression gives is an alert. `warn` and `crit`, "
        "`resolve_when`, `no_data` and `active` are healthd's own.");
    w->code(out, "rules:\n"
                 "  - alert: OrdersStalled\n"
                 "    expr: sum(increase(orders_completed_total[30m])) == 0\n"
                 "    labels: {severity: warning}\n"
                 "    annotations: {summary: \"no order for half an hour\"}\n"
                 "    active: office\n"
                 "  - alert: QueueLong\n"
                 "    warn: queue_length > 100\n"
                 "    crit: queue_length > 1000\n"
                 "    resolve_when: queue_length < 50\n"
                 "    for: 2m\n");
    w->para(out, "A rule has:");
    reference_table(w, rule_opts, out);
    w->para(out, "A group has:");
    reference_table(w, rule_group_opts, out);
}

static void write_exporters(const struct writer *w, struct buf *out)
{
    for (const struct exporter_type *const *type = exporter_types; *type; type++) {
        char title[200];
        snprintf(title, sizeof(title), "Exporter %s", (*type)->name);
        w->heading(out, 2, title);
        w->para(out, (*type)->summary);
        if ((*type)->example)
            w->code(out, (*type)->example);
        reference_table(w, (*type)->opts, out);
    }
}

static void write_receivers(const struct writer *w, struct buf *out)
{
    w->heading(out, 2, "Receivers");
    w->para(out,
            "`receivers:` is a mapping from a name, which routes and `notify:` use, to "
            "a type with its options, and what every receiver has.");
    w->code(out, "receivers:\n"
                 "  oncall:\n"
                 "    pagerduty: {routing_key: \"${file:/run/secrets/pd_key}\"}\n"
                 "    max_age: 2d\n");
    reference_table(w, receiver_opts, out);
    for (const struct notifier_type *const *type = notifier_types; *type; type++) {
        char title[200];
        snprintf(title, sizeof(title), "Receiver %s", (*type)->name);
        w->heading(out, 2, title);
        w->para(out, (*type)->summary);
        w->code(out, (*type)->example);
        reference_table(w, (*type)->opts, out);
    }
}

static void write_reasons(const struct writer *w, struct buf *out)
{
    static const char *const columns[] = {"reason", "what it means", NULL};
    w->heading(out, 2, "Reasons");
    w->para(
        out,
        "Why a probe is not up: the label `reason` of `probe_failure_info`, and a key of "
        "the JSON log. The list is closed.");
    w->table_begin(out, columns);
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        char word[100];
        snprintf(word, sizeof(word), "`%s`", reason_word((enum reason)i));
        w->table_row(out,
                     (const char *const[]){word, reason_sentence((enum reason)i), NULL});
    }
    w->table_end(out);
}

void reference_write(const struct writer *w, struct buf *out)
{
    w->begin(out);
    w->para(
        out,
        "healthd reads YAML (so also JSON) from /etc/healthd/healthd.yml, or from the "
        "file given with --config. An unknown key is an error; all faults are said at "
        "once. `healthd --print-config` shows what is in effect. What its metrics mean "
        "is in docs/reference/metrics.md, and in the # HELP lines of /metrics.");
    write_values(w, out);
    w->heading(out, 2, "Top level");
    reference_table(w, generation_opts, out);
    write_probes(w, out);
    write_modules(w, out);
    write_exporters(w, out);
    write_receivers(w, out);
    write_rules(w, out);
    write_flows(w, out);
    write_routes(w, out);
    write_shared(w, out);
    write_reasons(w, out);
    w->end(out);
}
