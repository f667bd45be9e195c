/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of completions, what refusals mean, and a budget of tokens that is never exceeded. */
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

static bool note(void *ctx, struct bytes name, struct bytes data)
{
    struct buf *out = ctx;
    buf_printf(out, "[%.*s|%.*s]", (int)name.len, name.len ? name.ptr : "", (int)data.len,
               data.len ? data.ptr : "");
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
        {LLM_SSE, "data: a\n\n", "[|a]"},
        {LLM_SSE, "data:a\r\n\r\ndata: b\r\rdata:  c\n\n", "[|a][|b][| c]"},
        {LLM_SSE, "event: x\ndata: a\ndata: b\n\n", "[x|a\nb]"},
        {LLM_SSE, ": ping\n\nevent: alone\n\ndata: a\n\n", "[|a]"},
        {LLM_SSE,
         "\xEF\xBB\xBF"
         "data: a\n\n",
         "[|a]"},
        {LLM_SSE, "id: 1\nretry: 5\ndata\n\n", "[|]"},
        {LLM_SSE, "data: not ended\n", ""},
        {LLM_LINES, "{\"a\":1}\n\n {\"b\":2}\r\n{\"cut\"", "[|{\"a\":1}][|{\"b\":2}]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t split = 0; split <= strlen(cases[i].text); split++)
            assert_events(cases[i].framing, cases[i].text, split, cases[i].expected);
    }
}

static void an_event_has_a_largest_size(void **state)
{
    struct llm_events v;
    struct buf out = BUF_MAX(64);
    bool wants_more = true;
    (void)state;
    llm_events_init(&v, LLM_SSE, note, &out);
    for (size_t i = 0; i <= LLM_EVENT_MAX_BYTES && wants_more; i++)
        wants_more = llm_events_feed(&v, bytes_of("x"));
    assert_false(wants_more);
    assert_true(llm_events_overflow(&v));
    llm_events_finish(&v);
    buf_finish(&out);
}

static void streams_tell_tokens_and_their_end(void **state)
{
    static const struct {
        enum llm_provider provider;
        const char *text;
        bool has_token, is_whole;
        int64_t input, output;
        bool has_error;
    } cases[] = {
        {LLM_OPENAI,
         "data: "
         "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
         false, false, 0, 0, false},
        {LLM_OPENAI,
         "data: {\"choices\":[{\"delta\":{\"content\":\"ok\"}}],\"usage\":null}\n\n"
         "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
         "data: "
         "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
         "data: [DONE]\n\n",
         true, true, 9, 1, false},
        {LLM_OPENAI, "data: {\"error\":{\"code\":\"insufficient_quota\"}}\n\n", false,
         false, 0, 0, true},
        {LLM_ANTHROPIC,
         "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
         "{\"input_tokens\":10,\"cache_read_input_tokens\":2,\"output_tokens\":1}}}\n\n",
         false, false, 12, 1, false},
        {LLM_ANTHROPIC,
         "data: "
         "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10}}}\n\n"
         "data: {\"type\":\"ping\"}\n\n"
         "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"ok\"}}\n\n"
         "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}\n\n"
         "data: {\"type\":\"message_stop\"}\n\n",
         true, true, 10, 3, false},
        {LLM_ANTHROPIC,
         "event: error\ndata: "
         "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}"
         "\n\n",
         false, false, 0, 0, true},
        {LLM_OLLAMA,
         "{\"message\":{\"content\":\"o\"},\"done\":false}\n"
         "{\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":26,"
         "\"eval_count\":1}\n",
         true, true, 26, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct llm_stream s = {
            .provider = cases[i].provider, .arena = arena, .text = BUF_MAX(64)};
        struct llm_events v;
        llm_events_init(&v, cases[i].provider == LLM_OLLAMA ? LLM_LINES : LLM_SSE,
                        llm_stream_take, &s);
        llm_events_feed(&v, bytes_of(cases[i].text));
        assert_int_equal(s.has_token, cases[i].has_token);
        assert_int_equal(s.is_whole, cases[i].is_whole);
        assert_int_equal(s.input, cases[i].input);
        assert_int_equal(s.output, cases[i].output);
        assert_int_equal(s.error != NULL, cases[i].has_error);
        llm_events_finish(&v);
        buf_finish(&s.text);
        arena_destroy(arena);
    }
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
                                     .every = NSEC_PER_HOUR}; /* one call may need 72 */

static void a_call_needs_tokens_that_were_set_aside_in_an_earlier_run(void **state)
{
    struct llm_session s = {0};
    const struct mono now = {NSEC_PER_DAY};
    (void)state;
    assert_int_equal(llm_plan(&s, &conf, ORIGIN_SCHEDULED, now, DAY(5)),
                     LLM_PLAN_PREPARE);
    assert_int_equal(llm_plan(&s, &conf, ORIGIN_EVENT, now, DAY(5)), LLM_PLAN_COMPLETE);
    llm_budget_settle(&s.budget, 10);
    s.budget.asked_at = DAY(5).ns / NSEC_PER_SEC;
    assert_int_equal(llm_plan(&s, &conf, ORIGIN_SCHEDULED, now, DAY(5)), LLM_PLAN_KEY);
    s = (struct llm_session){0};
    assert_int_equal(llm_plan(&s, &conf, ORIGIN_FLOW, now, DAY(5)), LLM_PLAN_COMPLETE);
}

static void a_day_has_so_many_tokens_and_no_more(void **state)
{
    struct arena *arena = arena_create(0);
    struct llm_budget b = {0};
    (void)state;
    llm_budget_roll(&b, DAY(5));
    assert_true(llm_budget_set_aside(&b, &conf));
    b = llm_budget_recall(llm_budget_text(&b, arena)); /* killed during the call */
    assert_int_equal(b.spent, 72);
    assert_true(llm_budget_set_aside(&b, &conf));
    llm_budget_settle(&b, -1); /* a stream that was cut */
    assert_int_equal(llm_budget_left(&b, &conf), 56);
    assert_false(llm_budget_set_aside(&b, &conf));
    llm_budget_roll(&b, DAY(4)); /* the clock stepped back */
    assert_false(llm_budget_set_aside(&b, &conf));
    llm_budget_roll(&b, DAY(6));
    assert_true(llm_budget_set_aside(&b, &conf));
    llm_budget_settle(&b, 150); /* more than was thought: it is known from now on */
    assert_int_equal(llm_budget_need(&b, &conf), 150);
    assert_false(llm_budget_set_aside(&b, &conf));
    b = llm_budget_recall("5 -1 x");
    assert_int_equal(b.day, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_cut_wherever_the_pieces_end),
        cmocka_unit_test(an_event_has_a_largest_size),
        cmocka_unit_test(streams_tell_tokens_and_their_end),
        cmocka_unit_test(refusals_have_reasons),
        cmocka_unit_test(a_call_needs_tokens_that_were_set_aside_in_an_earlier_run),
        cmocka_unit_test(a_day_has_so_many_tokens_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
