/* SPDX-License-Identifier: Apache-2.0 */
/* What a run keeps of what a probe tells it, without a loop: its state is a run as the runner makes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/run_impl.h"

static struct frame frame;
static const struct probe_type type = {.name = "thing"};

static struct run run_made(void)
{
    struct run run = {
        .arena = arena_create(0),
        .frame = &frame,
        .type = &type,
        .name = type.name,
        .timeout = 5 * NSEC_PER_SEC,
    };
    run_begin(&run);
    return run;
}

/* A type asks whether the deadline answered, and not by which reason. */
static void the_deadline_is_told_from_a_reason(void **state)
{
    static const struct {
        bool has_phase;
        enum phase phase;
        enum reason means, want;
    } cases[] = {
        {false, PHASE_RESOLVE, REASON_NONE, REASON_TIMEOUT},
        {false, PHASE_RESOLVE, REASON_HUNG, REASON_HUNG},
        {true, PHASE_RESOLVE, REASON_NONE, REASON_DNS_TIMEOUT},
        {true, PHASE_CONNECT, REASON_NONE, REASON_TIMEOUT},
        {true, PHASE_TRANSFER, REASON_HUNG, REASON_TIMEOUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run run = run_made();
        run_deadline_means(&run, cases[i].means);
        if (cases[i].has_phase)
            run_phase(&run, cases[i].phase);
        assert_false(run_has_timed_out(&run));
        run_answer_timeout(&run);
        assert_true(run_has_timed_out(&run));
        assert_int_equal(run.verdict.reason, cases[i].want);
        arena_destroy(run.arena);
    }
}

static void a_probes_own_timeout_is_not_the_deadline(void **state)
{
    struct run run = run_made();
    run_down(&run, REASON_TIMEOUT, "a lock was not given");
    run_answer_timeout(&run);
    assert_false(run_has_timed_out(&run));
    assert_string_equal(run.verdict.detail, "a lock was not given");
    arena_destroy(run.arena);
}

/* A peer may send lines for as long as the timeout lasts. */
static void a_full_trace_takes_no_memory(void **state)
{
    struct run run = run_made();
    run_trace_quoted(&run, "received", bytes_of("nobody traces it"));
    assert_int_equal(run.verdict.trace_count, 0);
    run.is_traced = true;
    run_trace_quoted(&run, "received", bytes_of("a\n\"b"));
    assert_string_equal(run.trace[0].text, "\"a\\n\\\"b\"");
    for (int i = 0; i < TRACE_MAX_LINES; i++)
        run_trace_quoted(&run, "received", bytes_of("a"));
    assert_int_equal(run.verdict.trace_count, TRACE_MAX_LINES);
    const size_t used = arena_used(run.arena);
    for (int i = 0; i < 10000; i++)
        run_trace_quoted(&run, "received", bytes_of("a"));
    assert_int_equal(arena_used(run.arena), used);
    arena_destroy(run.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deadline_is_told_from_a_reason),
        cmocka_unit_test(a_probes_own_timeout_is_not_the_deadline),
        cmocka_unit_test(a_full_trace_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
