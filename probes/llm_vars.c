/* SPDX-License-Identifier: Apache-2.0 */
/* What expectations and captures may name of an LLM provider. Called by expressions, after the answer. */
#include "probes/llm.h"

static bool get_status(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (!state->reply || !state->reply->status)
        return err_set(why, "there was no answer");
    *ret_value = value_number(state->reply->status);
    return true;
}

static bool get_provider(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    const struct llm_conf *conf = run_conf(run);
    (void)arena;
    (void)why;
    *ret_value = value_text(bytes_of(llm_provider_word(conf->kind)));
    return true;
}

static bool get_model(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct llm_conf *conf = run_conf(run);
    (void)arena;
    (void)why;
    *ret_value = value_text(bytes_of(conf->model));
    return true;
}

static bool get_models(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (state->question != LLM_ASK_LIST || !state->is_accepted)
        return err_set(why,
                       "no list of models was asked for: with a `model` its entry is");
    *ret_value = value_number((double)state->models);
    return true;
}

static const struct llm_session *completed(struct run *run, struct err *why)
{
    const struct llm_state *state = run_state(run);
    if (state->kept && state->kept->has_first_token)
        return state->kept;
    err_set(why, state->conf && state->conf->level == LLM_COMPLETE
                     ? "no completion has succeeded yet"
                     : "no completion is asked for at `level: key`");
    return NULL;
}

static bool get_ttft(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct llm_session *kept = completed(run, why);
    (void)arena;
    if (kept)
        *ret_value = value_duration(kept->first_token);
    return kept != NULL;
}

static bool get_tokens(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct llm_session *kept = completed(run, why);
    (void)arena;
    if (kept)
        *ret_value = value_number((double)kept->used);
    return kept != NULL;
}

/* False (and why) when nothing has told how many are used. */
static bool counted(struct run *run, struct err *why)
{
    const struct llm_state *state = run_state(run);
    if (state->is_counted)
        return true;
    return err_set(why, state->conf && state->conf->level == LLM_COMPLETE
                            ? "today's tokens could not be counted"
                            : "no completion is asked for at `level: key`");
}

static bool get_tokens_today(struct run *run, struct arena *arena,
                             struct value *ret_value, struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (!counted(run, why))
        return false;
    *ret_value = value_number((double)state->count.spent);
    return true;
}

static bool get_budget_left(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (!counted(run, why))
        return false;
    const int64_t left = state->conf->daily_tokens - state->count.spent;
    *ret_value = value_number(left > 0 ? (double)left : 0);
    return true;
}

static bool get_finish(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct llm_session *kept = completed(run, why);
    (void)arena;
    if (kept)
        *ret_value = value_text(buf_bytes(&kept->finish));
    return kept != NULL;
}

static bool limit_left(struct run *run, enum llm_limit limit, struct value *ret_value,
                       struct err *why)
{
    const struct llm_state *state = run_state(run);
    if (!state->reply || !state->reply->status)
        return err_set(why, "there was no answer");
    if (state->limits.left[limit] < 0)
        return err_set(why, "the answer's headers do not tell how many %s are left",
                       llm_limit_kinds[limit]);
    *ret_value = value_number(state->limits.left[limit]);
    return true;
}

static bool get_requests_left(struct run *run, struct arena *arena,
                              struct value *ret_value, struct err *why)
{
    (void)arena;
    return limit_left(run, LLM_LIMIT_REQUESTS, ret_value, why);
}

static bool get_tokens_left(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    (void)arena;
    return limit_left(run, LLM_LIMIT_TOKENS, ret_value, why);
}

static bool get_input_left(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    (void)arena;
    return limit_left(run, LLM_LIMIT_INPUT, ret_value, why);
}

static bool get_output_left(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    (void)arena;
    return limit_left(run, LLM_LIMIT_OUTPUT, ret_value, why);
}

static bool get_retry_after(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (!state->limits.retry_after)
        return err_set(why, "the provider did not ask to wait");
    *ret_value = value_duration(state->limits.retry_after);
    return true;
}

static bool get_text(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (state->question != LLM_ASK_COMPLETION)
        return err_set(why, "no completion was asked in this run");
    *ret_value = value_text(buf_bytes(&state->stream.text));
    return true;
}

const struct var llm_vars[] = {
    {"status", VALUE_NUMBER, "The answer's status.", get_status},
    {"provider", VALUE_TEXT, "openai, anthropic or ollama.", get_provider},
    {"model", VALUE_TEXT, "The model that is asked for.", get_model},
    {"models", VALUE_NUMBER, "How many models are listed, when none is asked for.",
     get_models},
    {"ttft", VALUE_DURATION,
     "Time to first token of the last completion, from the request's last byte.",
     get_ttft},
    {"tokens", VALUE_NUMBER, "Tokens that the last completion used.", get_tokens},
    {"tokens_today", VALUE_NUMBER, "Tokens used today (UTC).", get_tokens_today},
    {"budget_left", VALUE_NUMBER, "Tokens of `daily_tokens` that are not used.",
     get_budget_left},
    {"finish_reason", VALUE_TEXT,
     "Why the last completion ended, in the provider's word: stop, length, max_tokens.",
     get_finish},
    {"remaining.requests", VALUE_NUMBER,
     "What the rate limit has left, as the last answer's headers tell.",
     get_requests_left},
    {"remaining.tokens", VALUE_NUMBER, "The same of tokens.", get_tokens_left},
    {"remaining.input_tokens", VALUE_NUMBER, "The same of what is sent (Anthropic).",
     get_input_left},
    {"remaining.output_tokens", VALUE_NUMBER, "The same of what comes (Anthropic).",
     get_output_left},
    {"retry_after", VALUE_DURATION, "How long the provider asked to wait.",
     get_retry_after},
    {"text", VALUE_TEXT, "What the completion said, when one was asked in this run.",
     get_text},
    {0}};

const struct limit llm_probe_limits[] = {
    {.name = "ttft",
     .alert = "LlmTimeToFirstToken",
     .expr = "llm_ttft_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .summary =
         "{{ $labels.probe }}: the first token takes {{ $value | humanizeDuration }}",
     .runbook = "/runbooks/LlmSlow",
     .doc =
         "Time to first token of the last completion; `level: complete` alone has one."},
    {.name = "tokens_used",
     .alert = "LlmTokensUsed",
     .expr = "1 - llm_probe_budget_remaining_tokens{$probe} / "
             "llm_probe_budget_tokens{$probe}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .summary = "{{ $labels.probe }} has used {{ $value | humanizePercentage }} of its "
                "tokens of today",
     .runbook = "/runbooks/LlmBudgetSpent",
     .doc = "Tokens of `daily_tokens` that today's completions have used."},
    {.name = "requests_left",
     .alert = "LlmRequestsLeft",
     .expr = "llm_probe_ratelimit_remaining{$probe,kind=\"requests\"} / on (probe) "
             "llm_probe_ratelimit_limit{$probe,kind=\"requests\"}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_BELOW,
     .hold_for = NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }}: the rate limit has {{ $value | humanizePercentage }} "
         "of its requests left",
     .runbook = "/runbooks/LlmRateLimited",
     .doc = "What the provider's rate limit has left of its requests."},
    {0},
};
