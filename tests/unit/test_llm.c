/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of completions, what refusals mean, and when a completion is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/json.h"
#include "probes/llm.h"

#define DAY(n) ((struct wall){(n)*NSEC_PER_DAY + NSEC_PER_HOUR})

static bool note(void *ctx, struct bytes data)
{
    struct buf *out = ctx;
    buf_printf(out, "[%.*s]", (int)data.len, data.len ? data.ptr : "");
    return true;
}

static void assert_events(enum llm_framing framing, const char *text, size_t split,
                          const char *expected)
{
    struct llm_events v;
    struct buf out = BUF_MAX(4096);
    llm_events_init(&v, framing, note, &out);
    assert_true(llm_events_feed(&v, bytes_slice(bytes_of(text), 0, split)));
    assert_true(llm_events_feed(&v, bytes_slice(bytes_of(text), split, strlen(text))));
    assert_string_equal(buf_text(&out), expected);
    llm_events_finish(&v);
    buf_finish(&out);
}

static void events_are_cut_wherever_the_pieces_end(void **state)
{
    static const struct {
        enum llm_framing framing;
        const char *text, *expected;
    } cases[] = {
        {LLM_SSE, "event: x\ndata: {\"a\":1}\n\ndata: b\r\n\r\ndata: cut\n",
         "[{\"a\":1}][b]"},
        {LLM_SSE, "{\"error\":\"no stream\"}\n\n", ""},
        {LLM_LINES, "{\"a\":1}\n\n {\"b\":2}\r\n{\"cut\"", "[{\"a\":1}][{\"b\":2}]"},
        {LLM_LINES, "\n\n \n", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t split = 0; split <= strlen(cases[i].text); split++)
            assert_events(cases[i].framing, cases[i].text, split, cases[i].expected);
    }
}

static void an_event_has_a_largest_size(void **state)
{
    (void)state;
    for (int framing = LLM_SSE; framing <= LLM_LINES; framing++) {
        struct llm_events v;
        struct buf out = BUF_MAX(64);
        bool wants_more = true;
        llm_events_init(&v, (enum llm_framing)framing, note, &out);
        for (size_t i = 0; i <= LLM_EVENT_MAX_BYTES && wants_more; i++)
            wants_more = llm_events_feed(&v, bytes_of("x"));
        assert_false(wants_more);
        assert_true(llm_events_overflow(&v));
        llm_events_finish(&v);
        buf_finish(&out);
    }
}

static void streams_tell_tokens_and_their_end(void **state)
{
    static const struct {
        enum llm_provider provider;
        const char *text;
        bool has_token, is_whole;
        int64_t input, output;
        bool has_error;
        const char *finish;
    } cases[] = {
        {LLM_OPENAI,
         "data: "
         "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
         false, false, 0, 0, false, ""},
        {LLM_OPENAI,
         "data: {\"choices\":[{\"delta\":{\"content\":\"ok\"}}],\"usage\":null}\n\n"
         "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
         "data: "
         "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
         "data: [DONE]\n\n",
         true, true, 9, 1, false, "length"},
        {LLM_OPENAI, "data: {\"error\":{\"code\":\"insufficient_quota\"}}\n\n", false,
         false, 0, 0, true, ""},
        {LLM_ANTHROPIC,
         "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
         "{\"input_tokens\":10,\"cache_read_input_tokens\":2,\"output_tokens\":1}}}\n\n",
         false, false, 12, 1, false, ""},
        {LLM_ANTHROPIC,
         "data: "
         "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10}}}\n\n"
         "data: {\"type\":\"ping\"}\n\n"
         "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"ok\"}}\n\n"
         "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},"
         "\"usage\":{\"output_tokens\":3}}\n\n"
         "data: {\"type\":\"message_stop\"}\n\n",
         true, true, 10, 3, false, "max_tokens"},
        {LLM_ANTHROPIC,
         "event: error\ndata: "
         "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"
         "\n\n",
         false, false, 0, 0, true, ""},
        {LLM_OLLAMA,
         "{\"message\":{\"content\":\"o\"},\"done\":false}\n"
         "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"length\","
         "\"prompt_eval_count\":26,\"eval_count\":1}\n",
         true, true, 26, 1, false, "length"},
        {LLM_OPENAI,
         "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9223372036854775807,"
         "\"completion_tokens\":9223372036854775807}}\n\n",
         false, false, 0, 0, false, ""}, /* no count at all */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct llm_stream s = {.provider = cases[i].provider,
                               .arena = arena,
                               .text = BUF_MAX(64),
                               .finish = BUF_MAX(LLM_FINISH_MAX_BYTES)};
        struct llm_events v;
        llm_events_init(&v, cases[i].provider == LLM_OLLAMA ? LLM_LINES : LLM_SSE,
                        llm_stream_take, &s);
        llm_events_feed(&v, bytes_of(cases[i].text));
        assert_int_equal(s.has_token, cases[i].has_token);
        assert_int_equal(s.is_whole, cases[i].is_whole);
        assert_int_equal(s.input, cases[i].input);
        assert_int_equal(s.output, cases[i].output);
        assert_int_equal(s.error != NULL, cases[i].has_error);
        assert_string_equal(buf_text(&s.finish), cases[i].finish);
        llm_events_finish(&v);
        buf_finish(&s.text);
        buf_finish(&s.finish);
        arena_destroy(arena);
    }
}

static void a_stream_that_does_not_end_is_left(void **state)
{
    struct arena *arena = arena_create(0);
    struct llm_stream s = {.provider = LLM_OPENAI,
                           .arena = arena,
                           .most_pieces = llm_stream_most_pieces(1),
                           .text = BUF_MAX(LLM_TEXT_MAX_BYTES),
                           .finish = BUF_MAX(LLM_FINISH_MAX_BYTES)};
    const struct bytes piece =
        bytes_of("{\"choices\":[{\"delta\":{\"content\":\"on and on \"}}]}");
    size_t taken = 0;
    (void)state;
    while (taken < 1000 && llm_stream_take(&s, piece))
        taken++;
    assert_int_equal(taken, 68);
    assert_true(s.is_endless);
    assert_false(s.is_whole);
    buf_finish(&s.text);
    buf_finish(&s.finish);
    arena_destroy(arena);
}

static void refusals_have_reasons(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum reason reason;
    } cases[] = {
        {401, "{\"error\":{\"code\":\"invalid_api_key\"}}", REASON_INVALID_KEY},
        {401, "", REASON_INVALID_KEY},
        {400, "{\"error\":{\"message\":\"API key not valid.\"}}", REASON_INVALID_KEY},
        {402, "{\"error\":{\"message\":\"Insufficient Balance\"}}", REASON_NO_CREDIT},
        {403, "{\"error\":{\"type\":\"permission_error\"}}", REASON_FORBIDDEN},
        {429,
         "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
         REASON_NO_CREDIT},
        {429, "{\"error\":{\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}",
         REASON_RATE_LIMITED},
        {429, "no json", REASON_RATE_LIMITED},
        {400,
         "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit "
         "balance is too low to access the API\"}}",
         REASON_NO_CREDIT},
        {404, "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\"}}",
         REASON_MODEL_MISSING},
        {404, "{\"error\":\"model 'x' not found\"}", REASON_MODEL_MISSING},
        {404, "{\"detail\":\"Not Found\"}", REASON_STATUS},
        {500, "{\"error\":{\"message\":\"oops\"}}", REASON_STATUS},
        {429, "[{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]",
         REASON_RATE_LIMITED},
        {400, "[{\"error\":{\"code\":400,\"message\":\"API key not valid.\"}}]",
         REASON_INVALID_KEY},
        {400, "{\"error\":{\"type\":\"budget_exceeded\",\"message\":\"Budget!\"}}",
         REASON_NO_CREDIT},
        {404,
         "{\"object\":\"error\",\"message\":\"The model `x` does not exist.\","
         "\"type\":\"NotFoundError\",\"code\":404}",
         REASON_MODEL_MISSING},
        {404, "{\"error\":{\"code\":\"DeploymentNotFound\"}}", REASON_MODEL_MISSING},
        {498, "", REASON_OVERLOADED},
        {503, "", REASON_OVERLOADED},
        {529, "{\"error\":{\"type\":\"overloaded_error\"}}", REASON_OVERLOADED},
        {200, "{\"error\":{\"type\":\"overloaded_error\"}}", REASON_OVERLOADED},
        {302, "", REASON_REDIRECT},
    };
    struct arena *arena = arena_create(0);
    struct err e;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const json_t *root = json_read(arena, bytes_of(cases[i].body), 4096, &e);
        assert_int_equal(llm_fault_of(cases[i].status, root, arena).reason,
                         cases[i].reason);
    }
    arena_destroy(arena);
}

static const struct llm_conf conf = {.level = LLM_COMPLETE,
                                     .prompt = "Say ok.",
                                     .max_tokens = 1,
                                     .daily_tokens = 200,
                                     .every = NSEC_PER_HOUR};

static void a_completion_is_due_now_and_then(void **state)
{
    const int64_t day = DAY(5).ns / NSEC_PER_SEC;
    const struct {
        struct llm_session session;
        bool is_due;
    } cases[] = {
        {{.asked_at = 0}, true},
        {{.asked_at = day - 3599}, false},
        {{.asked_at = day - 3600}, true},
        {{.asked_at = day + 60}, true}, /* the clock stepped back */
        {{.asked_at = day - 60, .held = REASON_OVERLOADED}, true},
        {{.held = REASON_RATE_LIMITED, .not_before = {NSEC_PER_DAY + 1}}, false},
        {{.held = REASON_RATE_LIMITED, .not_before = {NSEC_PER_DAY}}, true},
    };
    struct llm_conf key_only = conf;
    (void)state;
    key_only.level = LLM_KEY;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct mono now = {NSEC_PER_DAY};
        assert_int_equal(llm_plan_is_due(&cases[i].session, &conf, now, DAY(5)),
                         cases[i].is_due);
        assert_false(llm_plan_is_due(&cases[i].session, &key_only, now, DAY(5)));
    }
    assert_int_equal(llm_plan(false, BUDGET_GRANTED), LLM_PLAN_KEY);
    assert_int_equal(llm_plan(true, BUDGET_GRANTED), LLM_PLAN_COMPLETE);
    assert_int_equal(llm_plan(true, BUDGET_SPENT), LLM_PLAN_SPENT);
    assert_int_equal(llm_plan(true, BUDGET_UNKNOWN), LLM_PLAN_UNCOUNTED);
    assert_int_equal(llm_plan_need(&conf), 7 + 64 + 1);
}

static void what_fails_is_asked_again_less_and_less_often(void **state)
{
    static const struct {
        size_t failures;
        nsec asked_to_wait, pause;
    } cases[] = {
        {1, 0, 0},
        {3, 0, 0}, /* confirmed by then */
        {4, 0, NSEC_PER_MINUTE},
        {6, 0, 4 * NSEC_PER_MINUTE},
        {9, 0, 32 * NSEC_PER_MINUTE},
        {10, 0, NSEC_PER_HOUR}, /* `every` */
        {1000, 0, NSEC_PER_HOUR},
        {1, 20 * NSEC_PER_SEC, 20 * NSEC_PER_SEC},
        {1000, 2 * NSEC_PER_HOUR, 2 * NSEC_PER_HOUR},
        {1, INT64_MAX, NSEC_PER_DAY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(llm_plan_pause(&conf, cases[i].failures, cases[i].asked_to_wait),
                         cases[i].pause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_cut_wherever_the_pieces_end),
        cmocka_unit_test(an_event_has_a_largest_size),
        cmocka_unit_test(streams_tell_tokens_and_their_end),
        cmocka_unit_test(a_stream_that_does_not_end_is_left),
        cmocka_unit_test(refusals_have_reasons),
        cmocka_unit_test(a_completion_is_due_now_and_then),
        cmocka_unit_test(what_fails_is_asked_again_less_and_less_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
