/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of what belongs to no plugin: the top level, web, resolver, state, and what every probe
 * has. Read by the loaders beside it, by generation_print and by the reference generator.
 */
#include <string.h>

#include "lib/config/alerting_load.h"
#include "lib/config/load.h"

static const struct opt_choice results_choices[] = {
    {"changes", RESULTS_CHANGES, "A log line for each change and each failure."},
    {"all", RESULTS_ALL, "A log line for every run."},
    {0},
};

const struct opt_choice severity_choices[] = {
    {"critical", SEVERITY_CRITICAL, "Pages at once."},
    {"warning", SEVERITY_PAGE_WARNING, "Is told, grouped with others."},
    {"none", SEVERITY_NONE, "Is recorded only."},
    {0},
};

const char *severity_name(int severity)
{
    for (const struct opt_choice *c = severity_choices; c->name; c++) {
        if (c->value == severity)
            return c->name;
    }
    return "warning";
}

static const struct opt_choice resolver_choices[] = {
    {"cares", RESOLVER_CARES,
     "Asks the servers of resolv.conf itself, without blocking."},
    {"system", RESOLVER_SYSTEM,
     "The system's own way (getaddrinfo, NSS) on a pool thread."},
    {0},
};

/* What a probe says of itself and what `defaults:` says for all of them. */
#define COMMON_ROWS                                                                      \
    OPT_ROW_DURATION("interval", interval, "15s", 0.1, 86400,                            \
                     "Time between the starts of two runs."),                            \
        OPT_ROW_DURATION("timeout", timeout, "5s", 0.001, 3600,                          \
                         "Budget of a run, from looking up the name to the last byte. "  \
                         "When it is not written, it is at most the interval."),         \
        OPT_ROW_DURATION("retry_interval", retry_interval, OPT_NONE, 0.1, 86400,         \
                         "Interval while a change is not confirmed yet. When it is not " \
                         "written: a third of the interval, within 1s and 30s."),        \
        OPT_ROW_INT("rise", rise, "2", 1, 100,                                           \
                    "Good runs in a row that confirm it is up.", .unit = "runs"),        \
        OPT_ROW_INT("fall", fall, "3", 1, 100,                                           \
                    "Bad runs in a row that confirm it is down.", .unit = "runs"),       \
        OPT_ROW_BOOL(                                                                    \
            "watch", watch, "false",                                                     \
            "Hold an idle connection between runs; its end starts a run at once."),      \
        OPT_ROW_CHOICE("results", results, "changes", results_choices,                   \
                       "Which runs the JSON log tells of."),                             \
        OPT_ROW_CHOICE(                                                                  \
            "severity", severity, OPT_NONE, severity_choices,                            \
            "How much it matters when it is down. When it is not written, the "          \
            "type decides.")

#define OPT_STRUCT struct probe_common
const struct opt defaults_opts[] = {
    COMMON_ROWS,
    {0},
};

const struct opt probe_common_opts[] = {
    COMMON_ROWS,
    OPT_ROW_PAIRS(
        "labels", labels, OPT_NONE,
        "Labels on its series, log lines and notices, over those of the top level; "
        "an empty value removes one."),
    OPT_ROW_TEXTS("expect", expect, OPT_NONE,
                  "Expressions that must all hold, else it is down.", .flags = OPT_LATE),
    OPT_ROW_TEXTS("should", should, OPT_NONE,
                  "Expressions that must all hold, else it is degraded.",
                  .flags = OPT_LATE),
    OPT_ROW_TEXTS(
        "depends_on", depends_on, OPT_NONE,
        "Names of probes that it cannot be up without: when one of them is down, "
        "that one is told of instead."),
    OPT_ROW_NODE("limits", limits,
                 "Values at which to warn and to page, by name of the type's limit: "
                 "{disk_used: [80%, 92%]}. They become rules.",
                 .unit = "mapping of limits", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct listen_conf
const struct opt listen_opts[] = {
    OPT_ROW_TEXT("address", address, NULL,
                 "Where to listen: \"127.0.0.1:9990\", \":9990\", \"[::1]:9990\" or "
                 "\"unix:/path\".",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("cert_file", cert_file, "",
                 "Certificate chain (PEM): then it speaks TLS."),
    OPT_ROW_TEXT("key_file", key_file, "", "The certificate's key (PEM)."),
    OPT_ROW_TEXT("client_ca_file", client_ca_file, "",
                 "Certificates (PEM) that a client's certificate must come from."),
    OPT_ROW_SECRET("bearer_token", bearer_token, "",
                   "Token that callers must send as Authorization: Bearer."),
    OPT_ROW_TEXT("username", username, "",
                 "User name that callers must send (HTTP Basic)."),
    OPT_ROW_SECRET("password", password, "", "The password that goes with it."),
    OPT_ROW_TEXT("rights", rights, "",
                 "What callers may do without one of `web.tokens`: none, read, or act. "
                 "When it is not written: act on a Unix socket, else read."),
    OPT_ROW_INT("socket_mode", socket_mode, "660", 0, 777,
                "File mode of a Unix socket, in octal digits."),
    {0},
};
#undef OPT_STRUCT

static const struct opt_choice token_choices[] = {
    {"read", TOKEN_READ, "Looks, also where a listener asks for credentials."},
    {"act", TOKEN_ACT, "Looks and acts."},
    {"events", TOKEN_EVENTS, "Sends /api/events, and nothing else."},
    {0},
};

#define OPT_STRUCT struct token_conf
const struct opt token_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "Whose it is: shown in the line of every act."),
    OPT_ROW_SECRET("token", token, NULL,
                   "What its bearer sends as Authorization: Bearer; as in ${file:/path}, "
                   "which is read again when it changes."),
    OPT_ROW_CHOICE("rights", rights, "read", token_choices, "What its bearer may do."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct web_limits
const struct opt web_limits_opts[] = {
    OPT_ROW_INT("acts", acts, "120", 0, 1000000,
                "Acts a minute, of one address and of one token; 0: no limit.",
                .unit = "requests a minute"),
    OPT_ROW_INT("probes", probes, "6000", 0, 1000000, "The same for /probe.",
                .unit = "requests a minute"),
    OPT_ROW_INT("queries", queries, "6000", 0, 1000000,
                "The same for PromQL and lists of series.", .unit = "requests a minute"),
    OPT_ROW_INT("refusals", refusals, "20", 0, 1000000,
                "Wrong credentials a minute from one address; then it must wait before "
                "any are looked at; 0: no limit.",
                .unit = "requests a minute"),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct web_conf
const struct opt web_opts[] = {
    OPT_ROW_SECTIONS("listen", listen, struct listen_conf, listen_opts,
                     "Where pages and the API are served. When it is not written: "
                     "127.0.0.1:9990 and a Unix socket in the state folder."),
    OPT_ROW_INT("max_connections", max_connections, "512", 1, 65536,
                "Connections at a time for each listener.", .unit = "connections"),
    OPT_ROW_INT("max_connections_per_ip", max_connections_per_ip, "64", 1, 65536,
                "Of these, from one address.", .unit = "connections"),
    OPT_ROW_DURATION(
        "request_timeout", request_timeout, "30s", 1, 600,
        "Budget of a request, from its first byte to the last byte of the answer."),
    OPT_ROW_TEXT("external_url", external_url, "",
                 "Where people reach this healthd, as in https://health.example.com: for "
                 "links in notices."),
    OPT_ROW_SECTIONS("tokens", tokens, struct token_conf, token_opts,
                     "Who may look or act by a secret of their own, over TCP too."),
    OPT_ROW_SECTION("limits", limits, struct web_limits, web_limits_opts,
                    "How often one may ask what costs; callers of a Unix socket are not "
                    "limited."),
    OPT_ROW_SECRET("act_token", act_token, "",
                   "One token with rights act, for who needs only one: its name is "
                   "act_token."),
    OPT_ROW_SECRET("events_token", events_token, "",
                   "One token with rights events, for workflow engines: its name is "
                   "events_token."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct resolver_rows
static const struct opt resolver_opts[] = {
    OPT_ROW_CHOICE("kind", kind, "cares", resolver_choices, "Who looks names up.",
                   .flags = OPT_SHORTHAND),
    OPT_ROW_DURATION(
        "max_ttl", max_ttl, "5s", 0, 60,
        "Longest time an answer is kept; answers of 127.0.0.11 (Docker) never are."),
    OPT_ROW_TEXT("resolv_conf", resolv_conf, "/etc/resolv.conf",
                 "Names the servers; watched for changes."),
    OPT_ROW_TEXT("hosts", hosts, "/etc/hosts", "Names that need no server."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct state_conf
static const struct opt state_opts[] = {
    OPT_ROW_TEXT("path", path, "",
                 "Folder for what survives a restart. When it is not written: healthd in "
                 "$XDG_STATE_HOME, else ~/.local/state/healthd, and for root "
                 "/var/lib/healthd.",
                 .flags = OPT_SHORTHAND),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct connectivity_rows
static const struct opt connectivity_opts[] = {
    OPT_ROW_BOOL("enabled", is_enabled, "true",
                 "Whether nothing is called down while this machine itself seems to be "
                 "cut off.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXTS("probes", probes, OPT_NONE,
                  "Probes of which one must answer, besides the receivers' own hosts."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct history_rows
static const struct opt history_opts[] = {
    OPT_ROW_SIZE(
        "budget", budget, "24MiB", 1 << 20, 1u << 31,
        "Memory for the samples of every series, of which five-minute points have half "
        "at most. Over it the oldest go first that no rule reads."),
    OPT_ROW_DURATION("keep", keep, "6h", 300, 30 * 86400,
                     "How long samples are kept. What rules read further back stays as "
                     "five-minute points, for as far as they reach and at most 32 days."),
    OPT_ROW_INT("max_series", max_series, "200000", 1000, 5000000,
                "Above it new series are refused, and counted.", .unit = "series"),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct promql_rows
static const struct opt promql_opts[] = {
    OPT_ROW_INT("compat", compat, "3", 2, 3,
                "The Prometheus whose PromQL rules and queries follow: with 2 a range "
                "includes its left end.",
                .unit = "major version"),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct top_conf
const struct opt generation_opts[] = {
    OPT_ROW_TEXT("site", site, "", "Names this installation in every notice."),
    OPT_ROW_TEXT("timezone", timezone, "UTC",
                 "Time zone of schedules and of times in messages, as in Europe/Berlin."),
    OPT_ROW_PAIRS("labels", labels, OPT_NONE, "Labels of everything."),
    OPT_ROW_TEXTS(
        "include", include, OPT_NONE,
        "Further files of this kind (patterns, relative to this file). They may hold "
        "probes, modules, secrets and further includes."),
    OPT_ROW_NODE(
        "secrets", secrets,
        "Names for secrets, each with where it comes from: env:NAME or file:/path. "
        "Used as \"${secret:name}\".",
        .unit = "mapping of references", .flags = OPT_LATE),
    OPT_ROW_NODE("defaults", defaults, "What probes have unless they say otherwise.",
                 .unit = "mapping", .flags = OPT_LATE),
    OPT_ROW_NODE("probes", probes, "What is asked on schedule: a list.",
                 .unit = "list of probes", .flags = OPT_LATE),
    OPT_ROW_TEXTS("probe_files", probe_files, OPT_NONE,
                  "Files that hold a list of probes (patterns, relative to this file)."),
    OPT_ROW_NODE("modules", modules,
                 "What /probe asks on demand, by name, in blackbox_exporter's syntax.",
                 .unit = "mapping of modules", .flags = OPT_LATE),
    OPT_ROW_TEXTS(
        "module_files", module_files, OPT_NONE,
        "Files in blackbox_exporter's format (patterns, relative to this file)."),
    OPT_ROW_NODE(
        "exporters", exporters,
        "Who is told of results, by type. When it is not written: prometheus and "
        "json_log.",
        .unit = "mapping of exporters", .flags = OPT_LATE),
    OPT_ROW_SECTION("web", web, struct web_conf, web_opts, "The HTTP server."),
    OPT_ROW_SECTION("resolver", resolver, struct resolver_rows, resolver_opts,
                    "How names are looked up."),
    OPT_ROW_SECTION("state", state, struct state_conf, state_opts,
                    "What survives a restart."),
    OPT_ROW_NODE("receivers", receivers,
                 "Where notices go, by name: {oncall: {pagerduty: {routing_key: …}}}.",
                 .unit = "mapping of receivers", .flags = OPT_LATE),
    OPT_ROW_NODE("notify", notify,
                 "Who is told, by severity: {critical: [oncall, chat], warning: chat}; "
                 "none for nobody. `deadman` is asked while alerting works.",
                 .unit = "mapping of receivers", .flags = OPT_LATE),
    OPT_ROW_NODE("route", route,
                 "Who is told, as a tree in Alertmanager's syntax; in place of `notify`.",
                 .unit = "a route", .flags = OPT_LATE),
    OPT_ROW_TEXTS("fallback", fallback, OPT_NONE,
                  "Receivers that are told what another one could not be told."),
    OPT_ROW_SECTIONS(
        "time_intervals", time_intervals, struct interval_rows, interval_opts,
        "Spans of time that routes and rules name, in Alertmanager's syntax."),
    OPT_ROW_SECTIONS("mute_time_intervals", mute_time_intervals, struct interval_rows,
                     interval_opts, "Alertmanager's older name of time_intervals.",
                     .flags = OPT_HIDDEN),
    OPT_ROW_NODE("rules", rules,
                 "When to care: rules in Prometheus' syntax, or groups of them.",
                 .unit = "list of rules", .flags = OPT_LATE),
    OPT_ROW_TEXTS("rule_files", rule_files, OPT_NONE,
                  "Prometheus' rule files (patterns, relative to this file); watched."),
    OPT_ROW_NODE("packs", packs,
                 "Bundled rules that are not wanted: {probes: false}. `probes` tells of "
                 "every probe by its severity, `healthd` of healthd's own troubles; "
                 "`healthctl rules show` lists them all.",
                 .unit = "mapping of true and false", .flags = OPT_LATE),
    OPT_ROW_SECTIONS("maintenance", maintenance, struct maintenance_rows,
                     maintenance_opts,
                     "Windows in which alerts are held: probes run, nobody is told."),
    OPT_ROW_SECTIONS("inhibit_rules", inhibit_rules, struct inhibit_rows, inhibit_opts,
                     "Alerts that others hide, in Alertmanager's syntax."),
    OPT_ROW_SECTION("connectivity", connectivity, struct connectivity_rows,
                    connectivity_opts, "When this machine itself is cut off."),
    OPT_ROW_NODE(
        "flows", flows,
        "Steps that prove a deployment: for `healthctl smoke`, and on a schedule.",
        .unit = "list of flows", .flags = OPT_LATE),
    OPT_ROW_SECTION("history", history, struct history_rows, history_opts,
                    "Samples that rules and queries read, in memory."),
    OPT_ROW_SECTION("promql", promql, struct promql_rows, promql_opts,
                    "How rules and queries are read."),
    {0},
};
#undef OPT_STRUCT
