/* SPDX-License-Identifier: Apache-2.0 */
/* The dead-man ping: goes out while all is well, is withheld and says why when not, and knows what an answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "alerts/deadman.h"
#include "lib/base/log.h"
#include "tests/unit/routing_fixture.h"

#define START (1000000 * NSEC_PER_SEC)

enum fault { /* what is not well; amount in the step */
             FINE,
             REJECTED,
             NOT_LOOKED,
             EVALUATED, /* that many seconds ago */
             FULL,
             IN_MEMORY,
             COMMITTING, /* since the commit of that number */
             CRITICAL    /* made that many seconds ago */
};

struct answer {
    int status; /* 0: none comes */
    const char *body, *retry_after;
};

struct step {
    int at; /* seconds */
    enum fault fault;
    int amount;
    struct answer answer;
    int pings; /* so far */
    enum deadman_state state;
    int next;         /* seconds */
    const char *said; /* events logged in this step */
};

struct world {
    struct routing_fixture routing;
    struct secrets *secrets;
    struct deadman *deadman;
    struct registry *registry;
    struct source *source;
    struct answer answer;
    bool is_late; /* answers are kept back */
    int pings, cancelled, woken;
    char url[64];
    void (*done)(void *ctx, const struct reply *reply);
    void *done_ctx;
    struct buf said, lines;
};

static void give_answer(struct world *w)
{
    struct pair header = {.key = "Retry-After", .value = w->answer.retry_after};
    struct reply reply = {
        .status = w->answer.status,
        .headers = {&header, w->answer.retry_after ? 1 : 0},
        .body = bytes_of(w->answer.body ? w->answer.body : ""),
    };
    if (!reply.status)
        reply.trouble = (struct trouble){.reason = REASON_REFUSED, .detail = "refused"};
    w->done(w->done_ctx, &reply);
}

static void *send_ping(void *ctx, struct arena *arena, const struct request *request,
                       void (*done)(void *ctx, const struct reply *reply), void *done_ctx)
{
    struct world *w = ctx;
    assert_non_null(arena);
    assert_string_equal(request->method, "GET");
    assert_true(request->timeout > 0 && request->max_body > 0);
    snprintf(w->url, sizeof(w->url), "%s", request->url);
    w->pings++;
    w->done = done;
    w->done_ctx = done_ctx;
    if (!w->is_late)
        give_answer(w);
    return w;
}

static void cancel_ping(void *ctx, void *sending)
{
    struct world *w = ctx;
    assert_ptr_equal(sending, w);
    w->cancelled++;
}

static void on_wake(void *ctx)
{
    struct world *w = ctx;
    w->woken++;
}

static void on_line(void *ctx, struct buf *line)
{
    struct world *w = ctx;
    static const char *const events[] = {"withheld", "resumed", "failed", "answered",
                                         "misconfigured"};
    buf_add_text(&w->lines, buf_text(line));
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        char event[40];
        snprintf(event, sizeof(event), "deadman %s", events[i]);
        if (strstr(buf_text(line), event))
            buf_printf(&w->said, "%s%s", w->said.len ? " " : "", events[i]);
    }
}

static struct wall at(int seconds)
{
    return (struct wall){START + seconds * NSEC_PER_SEC};
}

static void adopt(struct world *w, const char *text)
{
    struct routing_fixture next = routing_read(text, "UTC");
    assert_true(next.ok);
    deadman_adopt(w->deadman, next.routing->deadman.conf, next.routing->deadman.every,
                  at(0));
    routing_finish(&w->routing);
    w->routing = next;
}

static void world_begin(struct world *w)
{
    *w = (struct world){.said = BUF_MAX(1000), .lines = BUF_MAX(100000)};
    w->registry = registry_create();
    w->source = registry_source(w->registry, "deadman", false, (struct labels){0});
    w->routing =
        routing_read("notify: {deadman: {url: 'http://ping/secret', every: 1m}}", "UTC");
    w->secrets = secrets_create();
    w->deadman =
        deadman_create((struct transport){w, send_ping, cancel_ping}, w->secrets);
    deadman_on_wake(w->deadman, on_wake, w);
    deadman_expose(w->deadman, w->registry, w->source);
    deadman_adopt(w->deadman, w->routing.routing->deadman.conf,
                  w->routing.routing->deadman.every, at(0));
    log_to(on_line, w);
}

static void world_end(struct world *w)
{
    log_to(NULL, NULL);
    assert_null(strstr(buf_text(&w->lines), "secret"));
    deadman_destroy(w->deadman);
    routing_finish(&w->routing);
    secrets_destroy(w->secrets);
    registry_source_end(w->registry, w->source);
    registry_destroy(w->registry);
    buf_finish(&w->said);
    buf_finish(&w->lines);
}

static struct deadman_facts facts_of(const struct step *s)
{
    struct deadman_facts f = {
        .is_config_accepted = s->fault != REJECTED,
        .has_looked = s->fault != NOT_LOOKED,
        .ledger = {.last_commit = at(s->at - 1)},
    };
    deadman_saw_group(&f, at(s->at - 1), at(0), 15 * NSEC_PER_SEC);
    switch (s->fault) {
    case FINE:
    case REJECTED:
    case NOT_LOOKED:
        break;
    case EVALUATED:
        deadman_saw_group(&f, at(s->at - s->amount), at(0), NSEC_PER_MINUTE);
        break;
    case FULL:
        f.ledger.fault = STORE_FULL;
        break;
    case IN_MEMORY:
        f.ledger.is_in_memory = true;
        snprintf(f.ledger.why, sizeof(f.ledger.why), "no file can be made");
        break;
    case COMMITTING:
        f.ledger.waiting = 2;
        f.ledger.last_commit = at(s->amount);
        break;
    case CRITICAL:
        f.oldest_critical = at(s->at - s->amount);
        break;
    }
    return f;
}

static void play(const struct step *steps, size_t count)
{
    struct world w;
    world_begin(&w);
    for (size_t i = 0; i < count; i++) {
        const struct step *s = &steps[i];
        const struct deadman_facts facts = facts_of(s);
        w.answer = s->answer;
        buf_clear(&w.said);
        const struct wall next = deadman_advance(w.deadman, &facts, at(s->at));
        const struct deadman_status status = deadman_status(w.deadman);
        if (w.pings != s->pings || status.state != s->state || next.ns != at(s->next).ns)
            fail_msg("step %zu: %d pings, %s, next at %g s", i, w.pings,
                     deadman_state_name(status.state), nsec_to_sec(next.ns - at(0).ns));
        assert_string_equal(buf_text(&w.said), s->said);
    }
    world_end(&w);
}

#define OK              \
    {                   \
        200, "OK", NULL \
    }

static void test_pings_while_all_is_well(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, NOT_LOOKED, 0, OK, 0, DEADMAN_WAITING, 1, ""}, /* just started: no word */
        {1, FINE, 0, OK, 1, DEADMAN_PINGING, 61, ""},
        {30, FINE, 0, OK, 1, DEADMAN_PINGING, 61, ""},
        {61, FINE, 0, OK, 2, DEADMAN_PINGING, 121, ""},
        {121, FINE, 0, {204, "", NULL}, 3, DEADMAN_PINGING, 181, ""},
        {181, CRITICAL, 299, OK, 4, DEADMAN_PINGING, 241, ""},  /* it may still arrive */
        {241, EVALUATED, 179, OK, 5, DEADMAN_PINGING, 301, ""}, /* a slow group */
    };
    play(steps, ARRAY_LEN(steps));
}

static void test_is_withheld_and_says_why_once(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, FINE, 0, OK, 1, DEADMAN_PINGING, 60, ""},
        {60, REJECTED, 0, OK, 1, DEADMAN_REJECTED, 75, "withheld"},
        {75, REJECTED, 0, OK, 1, DEADMAN_REJECTED, 90, ""},
        {90, FINE, 0, OK, 2, DEADMAN_PINGING, 150, "resumed"},
        {150, EVALUATED, 181, OK, 2, DEADMAN_STALE, 165, "withheld"},
        {165, CRITICAL, 301, OK, 2, DEADMAN_UNTOLD, 180, "withheld"}, /* another why */
        {180, FULL, 0, OK, 2, DEADMAN_UNSTORED, 195, "withheld"},
        {195, IN_MEMORY, 0, OK, 2, DEADMAN_UNSTORED, 210, ""},
        {210, FINE, 0, OK, 3, DEADMAN_PINGING, 270, "resumed"},
    };
    play(steps, ARRAY_LEN(steps));
}

static void test_a_start_that_never_looks_is_told(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, NOT_LOOKED, 0, OK, 0, DEADMAN_WAITING, 1, ""},
        {120, NOT_LOOKED, 0, OK, 0, DEADMAN_WAITING, 121, ""},
        {121, NOT_LOOKED, 0, OK, 0, DEADMAN_STALE, 136, "withheld"},
        {136, FINE, 0, OK, 1, DEADMAN_PINGING, 196, "resumed"},
    };
    play(steps, ARRAY_LEN(steps));
}

static void test_a_ping_follows_a_commit(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, COMMITTING, -100, OK, 0, DEADMAN_WAITING, 1, ""},
        {1, COMMITTING, 1, OK, 1, DEADMAN_PINGING, 61, ""}, /* one has ended since */
        {61, COMMITTING, 1, OK, 1, DEADMAN_PINGING, 62, ""},
        {62, COMMITTING, 1, OK, 1, DEADMAN_PINGING, 63, ""},
        {121, COMMITTING, 1, OK, 1, DEADMAN_PINGING, 122, ""},
        {122, COMMITTING, 1, OK, 1, DEADMAN_UNSTORED, 137, "withheld"}, /* it hangs */
        {137, COMMITTING, 1, OK, 1, DEADMAN_UNSTORED, 152, ""},
        {152, FINE, 0, OK, 2, DEADMAN_PINGING, 212, "resumed"},
    };
    play(steps, ARRAY_LEN(steps));
}

static void test_an_answer_is_judged(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {0, FINE, 0, {0}, 1, DEADMAN_PINGING, 15, "failed"},
        {15, FINE, 0, {503, "", NULL}, 2, DEADMAN_PINGING, 30, ""},
        {30, FINE, 0, {429, "", "40"}, 3, DEADMAN_PINGING, 70, ""},
        {70, FINE, 0, {429, "", "3000"}, 4, DEADMAN_PINGING, 130, ""}, /* not that long */
        {130, FINE, 0, OK, 5, DEADMAN_PINGING, 190, "answered"},
        {190,
         FINE,
         0,
         {404, "not found", NULL},
         6,
         DEADMAN_PINGING,
         250,
         "misconfigured"},
        {250, FINE, 0, {409, "ambiguous slug", NULL}, 7, DEADMAN_PINGING, 310, ""},
        {310, FINE, 0, {400, "", NULL}, 8, DEADMAN_PINGING, 370, ""},
        {370, FINE, 0, {301, "", NULL}, 9, DEADMAN_PINGING, 430, ""},
        {430, FINE, 0, OK, 10, DEADMAN_PINGING, 490, "answered"},
        {490,
         FINE,
         0,
         {200, "OK (not found)", NULL},
         11,
         DEADMAN_PINGING,
         550,
         "misconfigured"},
        {550, FINE, 0, {200, "OK (rate limited)", NULL}, 12, DEADMAN_PINGING, 565, ""},
        {565, FINE, 0, OK, 13, DEADMAN_PINGING, 625, "answered"},
    };
    play(steps, ARRAY_LEN(steps));
}

static void test_the_group_furthest_behind_counts(void **state)
{
    (void)state;
    struct deadman_facts f = {0};
    deadman_saw_group(&f, at(1000), at(0), 15 * NSEC_PER_SEC); /* late at 1120 */
    assert_int_equal(f.interval, 15 * NSEC_PER_SEC);
    deadman_saw_group(&f, at(600), at(0), 200 * NSEC_PER_SEC); /* at 1200 */
    assert_int_equal(f.interval, 15 * NSEC_PER_SEC);
    deadman_saw_group(&f, (struct wall){0}, at(900), NSEC_PER_MINUTE); /* at 1080 */
    assert_int_equal(f.interval, NSEC_PER_MINUTE);
    assert_int_equal(f.last_evaluation.ns, at(900).ns);
}

static void test_wants_a_write_when_none_was_lately(void **state)
{
    (void)state;
    struct ledger_health h = {.last_commit = at(0)};
    assert_false(deadman_wants_write(&h, at(9)));
    assert_true(deadman_wants_write(&h, at(10)));
    h.waiting = 1;
    assert_false(deadman_wants_write(&h, at(10)));
}

static void test_answers_may_come_later(void **state)
{
    (void)state;
    struct world w;
    const struct step fine = {0};
    const struct deadman_facts facts = facts_of(&fine);
    world_begin(&w);
    w.is_late = true;
    w.answer = (struct answer)OK;
    assert_int_equal(deadman_advance(w.deadman, &facts, at(0)).ns, 0);
    adopt(&w, "notify: {deadman: {url: 'http://other/', every: 1m}}");
    assert_string_equal(w.url, "http://ping/secret");
    assert_int_equal(w.woken, 0);
    give_answer(&w);
    assert_int_equal(w.woken, 1);
    assert_true(deadman_next(w.deadman).ns <= at(3).ns);
    assert_int_equal(deadman_advance(w.deadman, &facts, at(3)).ns, at(60).ns);
    assert_int_equal(deadman_status(w.deadman).last_ping.ns, at(3).ns);
    assert_int_equal(deadman_advance(w.deadman, &facts, at(60)).ns, 0);
    assert_string_equal(w.url, "http://other/");
    world_end(&w);
    assert_int_equal(w.cancelled, 1); /* it was under way */
}

static void test_a_reload_corrects_it_at_once(void **state)
{
    (void)state;
    struct world w;
    const struct step fine = {0};
    const struct deadman_facts facts = facts_of(&fine);
    world_begin(&w);
    w.answer = (struct answer){404, "", NULL};
    deadman_advance(w.deadman, &facts, at(0));
    assert_true(deadman_status(w.deadman).is_misconfigured);
    adopt(&w, "notify: {deadman: {url: 'http://right/', every: 1m}}");
    w.answer = (struct answer)OK;
    assert_int_equal(deadman_next(w.deadman).ns, at(0).ns);
    deadman_advance(w.deadman, &facts, at(1));
    assert_false(deadman_status(w.deadman).is_misconfigured);
    assert_int_equal(w.pings, 2);
    adopt(&w, "notify: {deadman: none}");
    assert_int_equal(deadman_next(w.deadman).ns, 0);
    assert_int_equal(deadman_status(w.deadman).state, DEADMAN_OFF);
    world_end(&w);
}

static double value_of(const struct world *w, const char *name, const char *result)
{
    const struct metric m = {.name = name,
                             .kind = result ? METRIC_COUNTER : METRIC_GAUGE,
                             .unit = "",
                             .help = "",
                             .labels = {result ? "result" : NULL}};
    return series_value(registry_series(w->registry, w->source, &m, &result));
}

static void test_metrics(void **state)
{
    (void)state;
    struct world w;
    const struct step steps[] = {{.at = 0}, {.at = 60, .fault = FULL}};
    world_begin(&w);
    w.answer = (struct answer)OK;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const struct deadman_facts facts = facts_of(&steps[i]);
        assert_int_equal(value_of(&w, "healthd_deadman_withheld", NULL), 0);
        deadman_advance(w.deadman, &facts, at(steps[i].at));
    }
    assert_int_equal(value_of(&w, "healthd_deadman_withheld", NULL), 1);
    assert_true(value_of(&w, "healthd_deadman_last_ping_timestamp_seconds", NULL) ==
                wall_to_sec(at(0)));
    assert_int_equal(value_of(&w, "healthd_deadman_pings_total", "ok"), 1);
    assert_int_equal(value_of(&w, "healthd_deadman_pings_total", "withheld"), 1);
    world_end(&w);
}

static void test_metrics_of_what_is_wrong_with_it(void **state)
{
    static const struct {
        struct answer answer;
        int failures, misconfigured;
    } cases[] = {
        {OK, 0, 0}, {{.status = 503}, 1, 0}, {{.status = 404}, 2, 1}, {OK, 0, 0}};
    (void)state;
    struct world w;
    world_begin(&w);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct step step = {.at = (int)i * 60};
        const struct deadman_facts facts = facts_of(&step);
        w.answer = cases[i].answer;
        deadman_advance(w.deadman, &facts, at(step.at));
        assert_int_equal(value_of(&w, "healthd_deadman_failures", NULL),
                         cases[i].failures);
        assert_int_equal(value_of(&w, "healthd_deadman_misconfigured", NULL),
                         cases[i].misconfigured);
    }
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pings_while_all_is_well),
        cmocka_unit_test(test_is_withheld_and_says_why_once),
        cmocka_unit_test(test_a_start_that_never_looks_is_told),
        cmocka_unit_test(test_a_ping_follows_a_commit),
        cmocka_unit_test(test_an_answer_is_judged),
        cmocka_unit_test(test_the_group_furthest_behind_counts),
        cmocka_unit_test(test_wants_a_write_when_none_was_lately),
        cmocka_unit_test(test_answers_may_come_later),
        cmocka_unit_test(test_a_reload_corrects_it_at_once),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_metrics_of_what_is_wrong_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
