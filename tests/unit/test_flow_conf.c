/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as they are written: what is read, and every fault before anything is sent. With the probe types of the build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/config/generation.h"

static struct generation *parse(struct arena *arena, struct secrets *secrets,
                                const char *text, struct buf *ret_faults)
{
    struct diag *d = diag_create(arena);
    struct generation *g = generation_parse("t", bytes_of(text), secrets, d);
    for (const struct diagnosis *x = diag_first(d); x; x = x->next) {
        buf_printf(ret_faults, "%d:%d %s", x->at.line, x->at.column, x->text);
        if (x->hint)
            buf_printf(ret_faults, " [%s]", x->hint);
        buf_add_byte(ret_faults, '\n');
    }
    return g;
}

static const struct {
    const char *text, *faults;
} faulty[] = {
    {"flows: {name: a}\n",
     "1:8 flows must be a list, not a mapping [start each one with a dash: - "
     "{name: smoke, steps: [...]}]\n"},
    {"flows: [{name: a}]\n", "1:9 the flow 'a' has no steps\n"},
    {"flows: [{name: a, steps: [{tcp: 'h:1'}]}, {name: a, steps: [{tcp: 'h:1'}]}]\n",
     "1:43 a second flow is named 'a'\n"},
    {"steps: [{name: a}]\n",
     "1:9 the step asks nothing [name a probe type such as http:, or `use: "
     "[probe]`]\n"},
    {"steps: [{tcp: 'h:1'}, {tcp: 'h:2'}]\n",
     "1:23 a second step is named 'tcp' [give it a `name:` of its own]\n"},
    {"steps: [{use: [db]}]\n", "1:16 there is no probe named 'db'\n"},
    {"probes: [{name: db, tcp: 'h:1'}]\nsteps: [{use: [bd]}]\n",
     "2:16 there is no probe named 'bd' [did you mean 'db'?]\n"},
    {"steps: [{http: 'http://h/${x}'}]\n", "1:16 ${x} is not known here: no variable of "
                                           "the flow, and no earlier step captures it\n"},
    {"vars: {token: 1}\nsteps: [{http: 'http://h/${tokn}'}]\n",
     "2:16 ${tokn} is not known here: no variable of the flow, and no earlier step "
     "captures it "
     "[did you mean ${token}?]\n"},
    {"steps: [{name: a, http: 'http://h/${x}'}, {name: b, http: 'http://h/', capture: "
     "{x: json.x}}]"
     "\n",
     "1:25 ${x} is not known here: no variable of the flow, and no earlier step captures "
     "it\n"},
    {"steps: [{parallel: [{name: a, http: 'http://h/', capture: {x: json.x}},\n"
     "  {name: b, http: 'http://h/${x}'}]}]\n",
     "2:19 ${x} is not known here: no variable of the flow, and no earlier step captures "
     "it\n"},
    {"steps: [{http: 'http://h/', expect: [\"status == 'a'\"]}]\n",
     "1:39 status is a number and 'a' is text; write number(…) to read text as a "
     "number\n"},
    {"steps: [{http: 'http://h/', when: 'status == 1'}]\n",
     "1:36 when: there is no status (text is written \"status\"); there is vars\n"},
    {"steps: [{http: 'http://h/', capture: {x: nonsense}}]\n",
     "*1:42 capture: there is no "},
    {"steps: [{http: 'http://h/', capture: {'a b': json.x}}]\n",
     "1:39 'a b' is no name of a variable: use letters, digits and _\n"},
    {"deadline: 5s\nsteps: [{name: a, tcp: 'h:1', retry: {for: 60s}}]\n",
     "2:9 the step 'a' may be tried for longer than the flow's deadline of 5s\n"},
    {"deadline: 5s\nsteps: [{name: a, tcp: 'h:1', timeout: 9s}]\n",
     "2:40 the step's timeout is longer than the flow's deadline\n"},
    {"steps: [{tcp: 'h:1', retry: {backoff: [5s, 1s]}}]\n",
     "1:39 the longest pause is shorter than the first\n"},
    {"steps: [{parallel: [{tcp: 'h:1'}], tcp: 'h:2'}]\n",
     "1:36 'tcp' cannot stand beside `parallel`: put it into a member\n"},
    {"steps: [{parallel: [{parallel: [{tcp: 'h:1'}]}]}]\n",
     "1:21 a step in parallel can be neither a group nor an include\n"},
    {"probes: [{name: a, tcp: 'h:1'}, {name: b, tcp: 'h:1'}]\n"
     "steps: [{use: [a, b], capture: {x: captures.x}}]\n",
     "2:32 'capture' needs a step with one probe: it is about that one's answer\n"},
    {"vars: {x: [1]}\nsteps: [{tcp: 'h:1'}]\n",
     "1:11 the variable 'x' must be a value, not a list\n"},
    {"steps: [{htp: x}]\n",
     "1:10 'htp' is no probe type of this version [did you mean 'http'?]\n"},
};

static void faults_are_said_before_anything_is_sent(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(faulty); i++) {
        struct arena *arena = arena_create(0);
        struct secrets *secrets = secrets_create();
        struct buf faults = BUF_MAX(64 << 10);
        struct generation *g = parse(arena, secrets, faulty[i].text, &faults);
        const char *expected = faulty[i].faults;
        if (*expected == '*')
            assert_non_null(strstr(buf_text(&faults), expected + 1));
        else
            assert_string_equal(buf_text(&faults), expected);
        assert_null(g);
        buf_finish(&faults);
        secrets_destroy(secrets);
        arena_destroy(arena);
    }
}

static const char whole[] =
    "site: shop\n"
    "labels: {environment: prod}\n"
    "probes: [{name: db, tcp: 'h:1', expect: [timing.total < 1s], labels: {component: "
    "data}}]\n"
    "name: deploy\n"
    "deadline: 2m\n"
    "vars: {base: 'http://h', release: null}\n"
    "steps:\n"
    "  - {use: db, should: [timing.total < 1ms], timeout: 2s}\n"
    "  - parallel: [{name: a, tcp: 'h:1'}, {name: b, tcp: 'h:2'}]\n"
    "  - {name: login, http: '${base}/login', capture: {token: {expr: json.token, "
    "secret: true}},\n"
    "     retry: {until: 'json.ok', for: 10s, backoff: [100ms, 1s]}, labels: {task: x}}\n"
    "  - {name: go, when: \"vars.release != ''\", http: '${base}/?t=${token}'}\n"
    "finally: [{name: end, http: '${base}/bye?t=${token}'}]\n";

static void a_file_that_is_one_flow_is_a_configuration(void **state)
{
    struct arena *arena = arena_create(0);
    struct secrets *secrets = secrets_create();
    struct buf faults = BUF_MAX(64 << 10);
    struct generation *g = parse(arena, secrets, whole, &faults);
    assert_string_equal(buf_text(&faults), "");
    const struct flow *f = generation_flow(g, "deploy");
    assert_non_null(f);
    assert_string_equal(g->site, "shop");
    assert_int_equal(f->deadline, 2 * NSEC_PER_MINUTE);
    assert_int_equal(f->step_count, 4);
    assert_null(f->vars[1].value);

    const struct probe *db = f->steps[0].probes[0];
    assert_string_equal(f->steps[0].name, "db");
    assert_non_null(db->expect[0]);
    assert_non_null(db->should[0]);
    assert_int_equal(db->timeout, 2 * NSEC_PER_SEC);
    assert_string_equal(labels_get(db->labels, "workflow_id"), "deploy");
    assert_string_equal(labels_get(db->labels, "node_id"), "db");
    assert_string_equal(labels_get(db->labels, "component"), "data");
    assert_null(generation_probe(g, "db")->should[0]);

    assert_int_equal(f->steps[1].step_count, 2);
    assert_true(f->steps[2].captures[0].is_secret);
    assert_int_equal(f->steps[2].retry.max_backoff, NSEC_PER_SEC);
    assert_string_equal(f->steps[3].needs[0], "token");
    assert_string_equal(f->finally[0].needs[0], "token");
    assert_null(f->finally[0].needs[1]);
    generation_unref(g);
    buf_finish(&faults);
    secrets_destroy(secrets);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_said_before_anything_is_sent),
        cmocka_unit_test(a_file_that_is_one_flow_is_a_configuration),
    };
    return cmocka_run_group_tests_name("flow_conf", tests, NULL, NULL);
}
