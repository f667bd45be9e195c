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

static bool get_tokens_today(struct run *run, struct arena *arena,
                             struct value *ret_value, struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    (void)why;
    *ret_value = value_number(state->kept ? (double)state->kept->budget.spent : 0);
    return true;
}

static bool get_budget_left(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    const struct llm_state *state = run_state(run);
    (void)arena;
    if (!state->kept)
        return err_set(why, "nothing was asked");
    *ret_value = value_number((double)llm_budget_left(&state->kept->budget, state->conf));
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
    {"text", VALUE_TEXT, "What the completion said, when one was asked in this run.",
     get_text},
    {0}};
