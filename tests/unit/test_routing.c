/* SPDX-License-Identifier: Apache-2.0 */
/* Route trees and their short form, as they are written: who is told, how it prints, and every fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alerts/annotation.h"
#include "alerts/inhibit.h"
#include "alerts/rule.h"
#include "tests/unit/routing_fixture.h"

static const char tree[] =
    "route:\n"
    "  receiver: mail\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "  - {matchers: ['severity=\"critical\"'], receiver: [oncall, chat], continue: "
    "true,\n"
    "     group_wait: 0s, repeat_interval: 1h}\n"
    "  - matchers: ['team=~\"web|shop\"']\n"
    "    receiver: web\n"
    "    routes:\n"
    "    - {match: {area: cart}, receiver: chat, group_by: ['...']}\n"
    "    - {match_re: {area: 'pay.*'}, continue: true, receiver: oncall}\n"
    "    - {matchers: ['{area!=\"\",tier=gold}'], receiver: mail}\n"
    "  - {matchers: ['team=web'], receiver: chat}\n"
    "  - {matchers: ['team=quiet'], receiver: none}\n";

static const char *taken_by(struct arena *arena, const struct route *root,
                            struct labels labels)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    const size_t count = route_match(root, labels, taken, ROUTES_TAKEN_MAX);
    struct buf out = BUF_MAX(1000);
    for (size_t i = 0; i < count; i++) {
        for (const struct receiver *const *r = taken[i]->receivers; *r; r++)
            buf_printf(&out, "%s%s", r == taken[i]->receivers ? "" : "+", (*r)->name);
        buf_add_text(&out, i + 1 < count ? " " : "");
    }
    return arena_keep(arena, &out);
}

static void alerts_find_their_routes(void **state)
{
    static const struct {
        const char *labels, *receivers;
    } cases[] = {
        {"alertname=X", "mail"},
        {"severity=warning", "mail"},
        {"severity=critical", "oncall+chat"},
        {"severity=critical,team=web", "oncall+chat web"},
        {"team=web", "web"},
        {"team=website", "mail"},
        {"team=shop,area=cart", "chat"},
        {"team=shop,area=pay", "oncall"},
        {"team=shop,area=payment,tier=gold", "oncall mail"},
        {"team=shop,area=x,tier=gold", "mail"},
        {"team=shop,tier=gold", "web"},
        {"team=shop,area=cart,tier=gold,severity=critical", "oncall+chat chat"},
        {"team=quiet", ""},
        {"team=quiet,severity=critical", "oncall+chat "},
    };
    struct routing_fixture f = routing_read(tree, "UTC");
    assert_string_equal(routing_said(&f), "");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct labels labels = labels_of_text(f.arena, cases[i].labels);
        assert_string_equal(taken_by(f.arena, f.routing->root, labels),
                            cases[i].receivers);
    }
    routing_finish(&f);
}

struct said {
    struct buf out;
};

static void note_step(void *ctx, const struct route_step *s)
{
    static const char *const words[] = {"takes", "passes on", "differs", "not asked"};
    struct said *said = ctx;
    buf_printf(&said->out, "%*s%s", (int)s->depth * 2, "", words[s->answer]);
    if (s->differs)
        buf_printf(&said->out, " in %s", s->differs->name);
    buf_add_byte(&said->out, '\n');
}

static void a_route_says_why(void **state)
{
    static const struct {
        const char *labels, *said;
    } cases[] = {
        {"team=shop,area=x,tier=gold", "passes on\n"
                                       "  differs in severity\n"
                                       "  passes on\n"
                                       "    differs in area\n"
                                       "    differs in area\n"
                                       "    takes\n"
                                       "  not asked\n"
                                       "  not asked\n"},
        {"severity=critical", "passes on\n"
                              "  takes\n"
                              "  differs in team\n"
                              "    not asked\n"
                              "    not asked\n"
                              "    not asked\n"
                              "  differs in team\n"
                              "  differs in team\n"},
        {"a=b", "takes\n"
                "  differs in severity\n"
                "  differs in team\n"
                "    not asked\n"
                "    not asked\n"
                "    not asked\n"
                "  differs in team\n"
                "  differs in team\n"},
    };
    struct routing_fixture f = routing_read(tree, "UTC");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct said said = {BUF_MAX(10000)};
        route_explain(f.routing->root, labels_of_text(f.arena, cases[i].labels),
                      note_step, &said);
        assert_string_equal(buf_text(&said.out), cases[i].said);
        buf_finish(&said.out);
    }
    routing_finish(&f);
}

static void groups_have_labels_and_keys(void **state)
{
    static const struct {
        const char *labels, *key;
    } cases[] = {
        {"alertname=X,instance=a", "{}:{alertname=\"X\"}"},
        {"instance=a", "{}:{}"},
        {"alertname=X,severity=critical", "{}/{severity=\"critical\"}:{alertname=\"X\"}"},
        {"alertname=X,team=web,area=cart",
         "{}/{team=~\"web|shop\"}/{area=\"cart\"}:{alertname=\"X\",area=\"cart\",team="
         "\"web\"}"},
        {"team=shop,area=x,tier=gold",
         "{}/{team=~\"web|shop\"}/{area!=\"\",tier=\"gold\"}:{}"},
    };
    struct routing_fixture f = routing_read(tree, "UTC");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct route *taken[1];
        const struct labels labels = labels_of_text(f.arena, cases[i].labels);
        assert_int_equal(route_match(f.routing->root, labels, taken, 1), 1);
        const struct labels own = route_group_labels(taken[0], labels, f.arena);
        assert_string_equal(route_group_key(taken[0], own, f.arena), cases[i].key);
    }
    routing_finish(&f);
}

static const char *printed(struct routing_fixture *f)
{
    struct buf out = BUF_MAX(100000);
    routing_print(f->g, &out);
    return arena_keep(f->arena, &out);
}

static void the_short_form_is_a_tree(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"notify: none\n", ""},
        {"", ""},
        {"notify: {critical: [oncall, chat], warning: [chat, mail], info: none}\n",
         "route:\n"
         "  receiver: [chat, mail]\n"
         "  group_by: [alertname, probe]\n"
         "  group_wait: 30s\n"
         "  group_interval: 5m\n"
         "  repeat_interval: 1d\n"
         "  on_inactive: queue\n"
         "  routes:\n"
         "    - receiver: [oncall, chat]\n"
         "      matchers: [\"{severity=\\\"critical\\\"}\"]\n"
         "      continue: false\n"
         "      group_by: [alertname, probe]\n"
         "      group_wait: 0s\n"
         "      group_interval: 1m\n"
         "      repeat_interval: 1h\n"
         "      on_inactive: queue\n"
         "    - receiver: []\n"
         "      matchers: [\"{severity=\\\"info\\\"}\"]\n"
         "      continue: false\n"
         "      group_by: [alertname, probe]\n"
         "      group_wait: 30s\n"
         "      group_interval: 5m\n"
         "      repeat_interval: 1d\n"
         "      on_inactive: queue\n"
         "    - receiver: []\n"
         "      matchers: [\"{severity=\\\"none\\\"}\"]\n"
         "      continue: false\n"
         "      group_by: [alertname, probe]\n"
         "      group_wait: 30s\n"
         "      group_interval: 5m\n"
         "      repeat_interval: 1d\n"
         "      on_inactive: queue\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].text, "UTC");
        if (!f.ok)
            fail_msg("%s", routing_said(&f));
        const char *text = printed(&f);
        const size_t len = strlen(cases[i].printed);
        if (strncmp(text, cases[i].printed, len) != 0)
            fail_msg("%s", text);
        assert_string_equal(text + len, "connectivity:\n  enabled: true\n");
        routing_finish(&f);
    }
}

static void severities_find_their_receivers(void **state)
{
    static const struct {
        const char *text, *labels, *receivers;
    } cases[] = {
        {"notify: {critical: oncall, warning: chat}", "severity=critical", "oncall"},
        {"notify: {critical: oncall, warning: chat}", "severity=warning", "chat"},
        {"notify: {critical: oncall, warning: chat}", "severity=info", "chat"},
        {"notify: {critical: oncall, warning: chat}", "a=b", "chat"},
        {"notify: {critical: oncall, warning: chat}", "severity=none", ""},
        {"notify: {critical: oncall, warning: chat, page: mail}", "severity=page",
         "mail"},
        {"notify: {critical: oncall, warning: chat, none: mail}", "severity=none",
         "mail"},
        {"notify: {critical: oncall}", "severity=warning", ""},
        {"notify: {warning: chat}", "severity=critical", "chat"},
        {"notify: chat", "severity=critical", "chat"},
        {"notify: [oncall, chat]", "severity=warning", "oncall+chat"},
        {"notify: {critical: none, warning: chat}", "severity=critical", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].text, "UTC");
        assert_true(f.ok);
        assert_string_equal(
            taken_by(f.arena, f.routing->root, labels_of_text(f.arena, cases[i].labels)),
            cases[i].receivers);
        routing_finish(&f);
    }
}

static void what_is_printed_loads_to_the_same(void **state)
{
    static const char *const cases[] = {
        tree,
        "notify: {critical: oncall, warning: chat, deadman: {url: "
        "'${env:NO_PING:-http://x/}', every: 30s}}\n",
        "notify: {deadman: {url: '${env:NO_PING:-http://x/}'}}\n"
        "time_intervals:\n"
        "- {name: office, time_intervals: [{weekdays: ['monday:friday'], times: "
        "[{start_time: '09:00', end_time: '18:00'}], days_of_month: ['-1'], location: "
        "Europe/Berlin}]}\n"
        "mute_time_intervals: [{name: night, time_intervals: [{years: [2030]}]}]\n"
        "maintenance: [{name: backup, match: ['service=\"db\"'], weekdays: [sunday], "
        "start: '02:00', duration: 1h}]\n"
        "inhibit_rules: [{source_match: {severity: critical}, target_matchers: "
        "['severity=warning'], equal: [service]}]\n"
        "fallback: [mail]\n"
        "connectivity: false\n"
        "route:\n"
        "  receiver: none\n"
        "  routes:\n"
        "  - {receiver: chat, matchers: ['a=~\"x, y|z\"', 'b!=\"q\\\"\"'],\n"
        "     active_time_intervals: [office], mute_time_intervals: [night], "
        "on_inactive: "
        "drop,\n"
        "     escalate: [{after: 15m, to: mail}, {after: 1h, to: oncall}]}\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i], "UTC");
        if (!f.ok)
            fail_msg("%s", routing_said(&f));
        const char *first = printed(&f);
        struct routing_fixture again = routing_read(first, "UTC");
        if (!again.ok)
            fail_msg("%s\n%s", first, routing_said(&again));
        assert_string_equal(printed(&again), first);
        routing_finish(&f);
        routing_finish(&again);
    }
}

static void inhibition_is_read(void **state)
{
    struct routing_fixture f = routing_read(
        "inhibit_rules:\n"
        "- {source_match: {severity: critical}, source_match_re: {a: 'b|c'}, "
        "target_matchers: ['severity=~\"warning|info\"'], equal: [service, probe]}\n",
        "UTC");
    struct buf out = BUF_MAX(1000);
    assert_true(f.ok);
    assert_int_equal(f.routing->inhibit_count, 1);
    matchers_print(f.routing->inhibit[0].source, &out);
    matchers_print(f.routing->inhibit[0].target, &out);
    assert_string_equal(buf_text(&out), "{a=~\"b|c\",severity=\"critical\"}{severity=~"
                                        "\"warning|info\"}");
    assert_string_equal(f.routing->inhibit[0].equal[1], "probe");
    assert_null(f.routing->inhibit[0].equal[2]);
    buf_finish(&out);
    routing_finish(&f);
}

static void faults_are_shown_where_they_are(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"notify: {critical: oncal}",
         "1:20 there is no receiver 'oncal' [did you mean 'oncall'?]\n"},
        {"notify: {critical: [oncall, pager]}",
         "1:29 there is no receiver 'pager' [`receivers:` has: oncall, chat, mail, "
         "web]\n"},
        {"notify: {critcal: oncall}",
         "1:10 'critcal' is no severity that is used here [did you mean 'critical'?]\n"},
        {"notify: {critical: {a: b}}",
         "1:20 expected the name of a receiver, not a mapping [for example: critical: "
         "[oncall, chat]]\n"},
        {"notify: {critical: oncall, deadman: {every: 1m}}",
         "1:37 'url' is missing [URL that is asked while alerting works; whoever serves "
         "it tells people when that stops.]\n"},
        {"notify: {critical: oncall, deadman: {url: hc-ping.com/1}}",
         "1:37 deadman: its URL must begin with https:// or http://\n"},
        {"notify: {critical: oncall, deadman: {url: 'http://${x}/'}}",
         "1:43 ${x} is not known here [${env:NAME}, ${file:/path} and ${secret:name} "
         "are; a literal ${ is written $${]\n"},
        {"notify: chat\nroute: {receiver: chat}",
         "1:1 `notify:` is the short form of `route:`: write one of them [beside "
         "`route:`, `notify:` may hold `deadman` alone]\n"},
        {"route: {receiver: chatt}",
         "1:19 there is no receiver 'chatt' [did you mean 'chat'?]\n"},
        {"route: chat",
         "1:8 a route is a mapping, not a value [for example: {receiver: chat, matchers: "
         "[team=\"web\"]}]\n"},
        {"route: {receiver: chat, routes: {a: b}}",
         "1:33 routes must be a list, not a mapping\n"},
        {"route: {receiver: chat, routes: [{recever: chat}]}",
         "1:35 unknown key 'recever' [did you mean 'receiver'?]\n"},
        {"route: {receiver: chat, matchers: [a=b], continue: true}",
         "1:8 the route at the top takes every alert: its matchers belong to a route "
         "below it\n"
         "1:52 the route at the top has none after it: take `continue` away\n"},
        {"route: {receiver: chat, routes: [{matchers: [a]}]}",
         "1:46 'a' is no matcher; write name=\"value\", with one of = != =~ !~\n"},
        {"route: {receiver: chat, routes: [{match_re: {a: '('}}]}",
         "1:49 matcher of 'a': *"},
        {"route: {receiver: chat, group_by: ['...', a]}",
         "1:36 '...' stands for all labels: it stands alone\n"},
        {"route: {receiver: chat, group_by: [a, a]}", "1:39 'a' is in group_by twice\n"},
        {"route: {receiver: chat, group_interval: 0s}",
         "1:41 option 'group_interval': 0s is out of bounds; expected 1s to 1w\n"},
        {"time_intervals: [{name: office, time_intervals: [{}]}]\n"
         "route: {receiver: chat, routes: [{active_time_intervals: [ofice]}]}",
         "2:59 there is no time interval 'ofice' [did you mean 'office'?]\n"},
        {"route: {receiver: chat, escalate: [{after: 5m, to: boss}]}",
         "1:52 there is no receiver 'boss' [`receivers:` has: oncall, chat, mail, "
         "web]\n"},
        {"route: {receiver: chat, escalate: [{to: mail}]}",
         "1:36 'after' is missing [How long nobody has taken it, from the first notice "
         "on.]\n"},
        {"fallback: [chat, post]", "1:18 there is no receiver 'post' [`receivers:` has: "
                                   "oncall, chat, mail, web]\n"},
        {"inhibit_rules: [{source_matchers: [a=b]}]",
         "1:17 without target_matchers it would hold everything [for example: "
         "target_matchers: [severity=\"warning\"]]\n"},
        {"connectivity: {probes: [uplink]}", "1:25 there is no probe 'uplink'\n"},
        {"notify: [oncall, chat, chat]",
         "1:24 warning the receiver 'chat' is named twice\n"},
        {"notify: [oncall, chat]", ""},
        /* windows that critical alerts wait for */
        {"time_intervals: [{name: office, time_intervals: [{}]}]\n"
         "route: {receiver: oncall, routes: [{receiver: chat, active_time_intervals: "
         "[office], matchers: ['team=a']}]}",
         "2:36 warning critical alerts come here too, and wait for a window [add "
         "matchers: [severity!=\"critical\"], or put a route for critical ones before "
         "it]\n"},
        {"time_intervals: [{name: office, time_intervals: [{}]}]\n"
         "route: {receiver: oncall, routes: [{matchers: ['severity=critical'], receiver: "
         "chat, mute_time_intervals: [office]}]}",
         "2:36 warning critical alerts come here too, and wait for a window [add "
         "matchers: [severity!=\"critical\"], or put a route for critical ones before "
         "it]\n"},
        {"time_intervals: [{name: office, time_intervals: [{}]}]\n"
         "route: {receiver: oncall, routes: [{matchers: ['severity=critical'], receiver: "
         "oncall}, {receiver: chat, active_time_intervals: [office]}]}",
         ""},
        {"time_intervals: [{name: office, time_intervals: [{}]}]\n"
         "route: {receiver: oncall, routes: [{matchers: ['severity=~\"warning|info\"'], "
         "receiver: chat, active_time_intervals: [office]}]}",
         ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].text, "UTC");
        const char *said = routing_said(&f);
        const char *rest = strchr(cases[i].said, '*');
        if (rest)
            assert_memory_equal(said, cases[i].said, rest - cases[i].said);
        else
            assert_string_equal(said, cases[i].said);
        routing_finish(&f);
    }
}

static void receivers_that_nothing_names_are_told(void **state)
{
    static const struct {
        const char *text;
        size_t warnings;
    } cases[] = {
        {"", 4},
        {"notify: none", 4},
        {"notify: [oncall, chat]", 2},
        {"notify: oncall\nfallback: [mail, chat]", 1},
        {"route: {receiver: chat, escalate: [{after: 5m, to: mail}], routes: [{receiver: "
         "web}]}",
         1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].text, "UTC");
        assert_true(f.ok);
        assert_int_equal(diag_warning_count(f.diag), cases[i].warnings);
        routing_finish(&f);
    }
}

struct untold_case {
    const char *conf, *severity, *said;
};

static void alerts_of_which_nobody_is_told_are_named(void **state)
{
    static const struct untold_case cases[] = {
        {"notify: {critical: oncall}", "warning",
         "1:9 warning nobody is told of alerts with severity warning: Slow [name a "
         "receiver "
         "for them, or `none` when that is meant]\n"},
        {"notify: {critical: oncall}", "{{ $labels.level }}", ""},
        {"notify: {critical: oncall, warning: none}", "warning", ""},
        {"notify: {critical: oncall}", "critical", ""},
        {"notify: {critical: oncall, warning: chat}", "none", ""},
        {"notify: none", "warning", ""},
        {"route: {routes: [{receiver: chat, matchers: [severity=critical]}]}", "warning",
         "1:8 warning nobody is told of alerts with severity warning: Slow [name a "
         "receiver "
         "for them, or `none` when that is meant]\n"},
        {"route: {routes: [{receiver: chat, matchers: [team=a]}]}", "warning", ""},
        {"route: {routes: [{receiver: chat, matchers: [alertname=Other]}]}", "warning",
         "1:8 warning nobody is told of alerts with severity warning: Slow [name a "
         "receiver "
         "for them, or `none` when that is meant]\n"},
        {"route: {receiver: none}", "warning", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct routing_fixture f = routing_read(cases[i].conf, "UTC");
        const struct rule_text severity = {
            "severity", annotation_compile(f.arena, cases[i].severity, NULL, NULL)};
        const struct rule slow = {.name = "Slow", .labels = {&severity, 1}};
        const struct rule *const rules[] = {&slow};
        const struct rule_group group = {.rules = rules, .count = 1};
        const struct rule_group *const groups[] = {&group};
        f.g->alerting.rules = (struct rules){.groups = groups, .count = 1};
        routing_lint_rules(f.loader);
        assert_string_equal(routing_said(&f), cases[i].said);
        routing_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_find_their_routes),
        cmocka_unit_test(a_route_says_why),
        cmocka_unit_test(groups_have_labels_and_keys),
        cmocka_unit_test(the_short_form_is_a_tree),
        cmocka_unit_test(severities_find_their_receivers),
        cmocka_unit_test(what_is_printed_loads_to_the_same),
        cmocka_unit_test(inhibition_is_read),
        cmocka_unit_test(alerts_of_which_nobody_is_told_are_named),
        cmocka_unit_test(receivers_that_nothing_names_are_told),
        cmocka_unit_test(faults_are_shown_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
