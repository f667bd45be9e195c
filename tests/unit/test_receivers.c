/* SPDX-License-Identifier: Apache-2.0 */
/* `receivers:` as people write it: read, refused with its place, printed so that it loads to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"

struct reading {
    struct arena *arena;
    struct secrets *secrets;
    struct diag *diag;
    struct generation *g;
};

static struct reading reading_of(const char *text)
{
    struct reading r = {.arena = arena_create(0), .secrets = secrets_create()};
    r.diag = diag_create(r.arena);
    r.g = generation_parse("t", bytes_of(text), r.secrets, r.diag);
    return r;
}

static void reading_end(struct reading *r)
{
    generation_unref(r->g);
    secrets_destroy(r->secrets);
    arena_destroy(r->arena);
}

static const char *said(struct reading *r)
{
    struct buf out = BUF_MAX(100000);
    for (const struct diagnosis *d = diag_first(r->diag); d; d = d->next) {
        if (d->severity != SEVERITY_ERROR)
            continue;
        buf_printf(&out, "%d:%d %s", d->at.line, d->at.column, d->text);
        if (d->hint)
            buf_printf(&out, " [%s]", d->hint);
        buf_add_byte(&out, '\n');
    }
    return arena_keep(r->arena, &out);
}

static const char whole[] =
    "receivers:\n"
    "  web: {webhook: {url: \"https://hooks/x/very-secret-path\", headers: {X-A: b},\n"
    "    body: '{\"t\": \"${title} ${label.team}\"}'}, rate: 3, severity_floor: "
    "warning}\n"
    "  pager:\n"
    "    pagerduty: {routing_key: \"0123456789abcdef0123456789abcdef\"}\n"
    "    backlog: coalesce\n"
    "    max_age: 1d\n"
    "    send_resolved: false\n";

static const struct receiver *receiver(const struct reading *r, const char *name)
{
    const struct receiver *found = receivers_find(&r->g->alerting.receivers, name);
    assert_non_null(found);
    return found;
}

static void what_is_written_is_read(void **state UNUSED)
{
    struct reading r = reading_of(whole);
    assert_string_equal(said(&r), "");
    const struct receiver *web = receiver(&r, "web"), *pager = receiver(&r, "pager");
    assert_string_equal(web->type->name, "webhook");
    assert_true(web->rate == 3 && web->burst == web->type->burst);
    assert_int_equal(web->backlog, web->type->backlog);
    assert_int_equal(web->max_age, 7 * NSEC_PER_DAY);
    assert_true(web->send_resolved);
    assert_string_equal(web->severity_floor, "warning");
    assert_int_equal(pager->backlog, BACKLOG_COALESCE);
    assert_int_equal(pager->max_age, NSEC_PER_DAY);
    assert_false(pager->send_resolved);
    assert_string_equal(pager->severity_floor, "");
    assert_true(pager->rate == pager->type->rate);
    reading_end(&r);
}

/* Unchanged receivers must be seen as such, whatever the layout. */
static void sameness_is_in_the_canonical_text(void **state UNUSED)
{
    struct reading a = reading_of("receivers: {x: {webhook: {url: \"http://h/p\"}, "
                                  "rate: 1}}\n");
    struct reading b = reading_of("receivers:\n  x:\n    rate: 1\n    webhook:\n"
                                  "      url: http://h/p\n");
    struct reading c = reading_of("receivers: {x: {webhook: {url: \"http://h/q\"}, "
                                  "rate: 1}}\n");
    assert_string_equal(receiver(&a, "x")->canonical, receiver(&b, "x")->canonical);
    assert_string_not_equal(receiver(&a, "x")->canonical, receiver(&c, "x")->canonical);
    reading_end(&a);
    reading_end(&b);
    reading_end(&c);
}

static void faults_have_a_place_and_advice(void **state UNUSED)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"receivers: [a]\n",
         "1:12 receivers must be a mapping, not a list [for example: {oncall: "
         "{pagerduty: {routing_key: …}}, chat: {slack: …}}]\n"},
        {"receivers: {a: b}\n",
         "1:16 receiver 'a' must be a mapping, not a value [for example: a: {slack: "
         "{webhook_url: …}}]\n"},
        {"receivers: {a: {webhok: {url: \"http://x/\"}}}\n",
         "1:17 'webhok' is no notifier type of this version [did you mean 'webhook'?]\n"},
        {"receivers: {a: {webhook: {url: \"http://x/\"}, rte: 1}}\n",
         "1:46 'rte' is no notifier type of this version [did you mean 'rate'?]\n"},
        {"receivers: {a: {webhook: {ulr: \"http://x/\"}}}\n",
         "1:27 unknown key 'ulr' [did you mean 'url'?]\n"},
        {"receivers: {a: {webhook: {url: \"http://x/\"}, pagerduty: {}}}\n",
         "1:46 receiver 'a' has two types, 'webhook' and 'pagerduty' [make two receivers "
         "of it; a route may name several]\n"},
        {"receivers: {a: {webhook: {url: \"htp://secret-host/secret\"}}}\n",
         "1:26 webhook: its URL must begin with https:// or http://\n"},
        {"receivers: {a: {webhook: {url: \"http://x/\", body: \"${titel}\"}}}\n",
         "1:26 webhook: 'body' names ${titel}; it may name subject, title, text, status, "
         "kind, severity, firing, since, receiver, site, dedup_key, group_key, runbook, "
         "external_url, acknowledge, id, payload, label.NAME and annotation.NAME\n"},
        {"receivers: {a: {pagerduty: {routing_key: short}}}\n",
         "1:28 pagerduty: 'routing_key' has 5 characters; PagerDuty's integration keys "
         "have 32\n"},
        {"receivers: {a: {webhook: {url: \"${env:NO_SUCH_VARIABLE_HERE}\"}}}\n",
         "1:32 option 'url': ${env:NO_SUCH_VARIABLE_HERE}: the environment has no "
         "variable "},
        {"receivers: {a: {webhook: {url: \"${x}\"}}}\n",
         "1:32 ${x} is not known here [${env:NAME}, ${file:/path} and ${secret:name} "
         "are; a literal ${ is written $${]\n"},
        {"receivers: {a: {webhook: \"http://x/\", rate: 0, max_age: 1s, backlog: x}}\n",
         "1:45 option 'rate': 0 is out of bounds; expected 0.001 to 1000 notices a "
         "second\n1:57 option 'max_age': 1s is out of bounds; expected 1m to 1y\n"
         "1:70 option 'backlog': 'x' is none of replay, coalesce"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reading r = reading_of(cases[i].text);
        if (strncmp(said(&r), cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%s\nsaid   %s\nwanted %s", cases[i].text, said(&r), cases[i].said);
        assert_null(r.g);
        reading_end(&r);
    }
}

static void what_is_printed_loads_to_the_same(void **state UNUSED)
{
    struct reading r = reading_of(whole);
    struct buf out = BUF_MAX(100000);
    generation_print(r.g, &out);
    assert_null(strstr(buf_text(&out), "very-secret-path"));
    assert_null(strstr(buf_text(&out), "0123456789abcdef"));
    assert_non_null(strstr(buf_text(&out), "backlog: coalesce\n"));
    assert_non_null(strstr(buf_text(&out), "max_age: 1d\n"));
    assert_non_null(strstr(buf_text(&out), "severity_floor: warning\n"));
    buf_finish(&out);
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(sameness_is_in_the_canonical_text),
        cmocka_unit_test(faults_have_a_place_and_advice),
        cmocka_unit_test(what_is_printed_loads_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
