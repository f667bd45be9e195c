/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that wait for series which nothing makes: what is said of a name, of a label, and of what may come from elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"
#include "lib/core/secret.h"

#define PROBES                                                                     \
    "probes:\n- {name: w, http: \"http://127.0.0.1/\", labels: {team: web}}\n"     \
    "- {name: c, redis: \"redis://127.0.0.1/\"}\n- {name: h, host: {}, severity: " \
    "warning}\n"
#define DATABASE                                                                  \
    "- {name: d, postgres: {url: \"postgres://u@127.0.0.1/d\", queries: [{name: " \
    "orders, "                                                                    \
    "query: select 1}]}}\n"
#define RULE(expr) "rules:\n- alert: A\n  expr: '" expr "'\n"

static const struct {
    const char *text, *said;
} stories[] = {
    {PROBES RULE("probe_success == 0 and up{probe=\"w\", team=\"web\"} == 0"), ""},
    {PROBES RULE("probe_sucess == 0"),
     "7:10 nothing here makes 'probe_sucess': the rule 'A' waits for it in vain [did you "
     "mean probe_success?]\n"},
    {PROBES RULE("probe_info and up{prob=\"w\"} == 0"),
     "7:28 'up' has no label 'prob': the rule 'A' waits for it in vain [did you mean "
     "probe?]\n"},
    {PROBES RULE("up{enviroment!=\"dev\"} == 0"), ""},
    {PROBES RULE("up{enviroment=~\"prod|\"} == 0"), ""},
    {PROBES RULE("absent(up{prob=\"w\"})"), ""},
    {PROBES RULE("absent(probe_sucess)"),
     "7:17 nothing here makes 'probe_sucess': the rule 'A' waits for it in vain [did you "
     "mean probe_success?]\n"},
    {PROBES RULE("redis_memory_used_bytes > 1 and redis_upp == 0"),
     "7:42 nothing here makes 'redis_upp': the rule 'A' waits for it in vain [did you "
     "mean redis_up?]\n"},
    {PROBES RULE("pg_up == 0"),
     "7:10 nothing here makes 'pg_up': the rule 'A' waits for it in vain [probes of type "
     "postgres make it, and none is configured]\n"},
    {PROBES RULE(
         "histogram_quantile(0.9, rate(probe_duration_histogram_seconds_bucket[5m])) "
         "> 1"),
     ""},
    {PROBES RULE("rate(probe_duration_histogram_seconds[5m]) > 1"), "*did you mean"},
    {PROBES RULE("node_memory_Whatever_bytes > 1 and node_load1 > 9"), ""},
    {PROBES DATABASE RULE("orders_open > 3 and orders > 1 and pg_settings_anything > 0"),
     ""},
    {PROBES DATABASE RULE("order_open > 3"), "*nothing here makes 'order_open'"},
    {PROBES "- {name: s, scrape: \"http://127.0.0.1/metrics\"}\n" RULE("anything > 3"),
     ""},
    {PROBES "- {name: m, host: {textfile: /tmp}}\n" RULE("anything > 3"), ""},
    {PROBES "rules:\n- {record: \"job:x\", expr: up}\n- {alert: A, expr: \"job:x > 1\"}\n"
            "- {alert: B, expr: \"job:y{any=\\\"z\\\"} > 1\"}\n",
     "*nothing here makes 'job:y'"},
    {PROBES RULE("ALERTS{alertname=\"A\", any=\"b\"} > 0 and "
                 "healthd_build_info{version=\"1\"} == 1"),
     ""},
    {PROBES
     "rules:\n- {alert: A, expr: \"nowhere_a > 0\", resolve_when: \"nowhere_b > 0\"}\n"
     "- {alert: B, expr: \"nowhere_a > 1\"}\n",
     "*nothing here makes 'nowhere_b': the rule 'A'"},
    {RULE("healthd_cut_of > 0"), "*[did you mean healthd_cut_off?]"},
};

static void a_rule_that_waits_in_vain_is_told_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct arena *arena = arena_create(0);
        struct secrets *secrets = secrets_create();
        struct diag *d = diag_create(arena);
        struct generation *g =
            generation_parse("t", bytes_of(stories[i].text), secrets, d);
        struct buf out = BUF_MAX(10000);
        for (const struct diagnosis *x = diag_first(d); x; x = x->next)
            buf_printf(&out, "%d:%d %s [%s]\n", x->at.line, x->at.column, x->text,
                       x->hint ? x->hint : "");
        const char *said = stories[i].said;
        const bool ok = *said == '*' ? strstr(buf_text(&out), said + 1) != NULL
                                     : !strcmp(buf_text(&out), said);
        if (!ok || !g || diag_error_count(d))
            fail_msg("%s\nsaid\n%s\nexpected\n%s", stories[i].text, buf_text(&out), said);
        buf_finish(&out);
        generation_unref(g);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
}

/* One line for each of twenty, and then how many more there are. */
static void many_are_cut_off(void **state)
{
    struct arena *arena = arena_create(0);
    struct secrets *secrets = secrets_create();
    struct diag *d = diag_create(arena);
    struct buf text = BUF_MAX(100000);
    (void)state;
    buf_add_text(&text, "rules:\n");
    for (int i = 0; i < 50; i++)
        buf_printf(&text, "- {alert: A%d, expr: \"completely_unknown_%d > 0\"}\n", i, i);
    struct generation *g = generation_parse("t", buf_bytes(&text), secrets, d);
    assert_non_null(g);
    assert_int_equal(diag_warning_count(d), 21);
    assert_non_null(strstr(diag_first(d)->text, "and 30 more"));
    buf_finish(&text);
    generation_unref(g);
    secrets_destroy(secrets);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_that_waits_in_vain_is_told_of),
        cmocka_unit_test(many_are_cut_off),
    };
    return cmocka_run_group_tests_name("rule_lint", tests, NULL, NULL);
}
