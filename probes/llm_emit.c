/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the llm probe, and their samples. Called once at the end of each run. What was not told is absent.
 */
#include "lib/core/metric.h"
#include "probes/llm.h"

static const struct metric up_metric = {
    .name = "llm_probe_up",
    .help = "Whether the provider took the key, has the model and completed when asked"};
static const struct metric info_metric = {
    .name = "llm_probe_info",
    .help = "What is asked for, in labels; the value is 1",
    .labels = {"provider", "model"}};
static const struct metric refused_metric = {
    .name = "llm_probe_refused",
    .help = "1 while the provider refuses, by why: invalid_key, no_credit, rate_limited, "
            "overloaded, model_missing, forbidden",
    .labels = {"reason"}};
static const struct metric tokens_metric = {
    .name = "llm_probe_tokens_total",
    .kind = METRIC_COUNTER,
    .help = "Tokens that completions of this probe have used, kept over restarts; of a "
            "call that did not tell what was set aside"};
static const struct metric budget_metric = {
    .name = "llm_probe_budget_tokens",
    .help = "Tokens that this probe may use in a day (UTC)"};
static const struct metric left_metric = {
    .name = "llm_probe_budget_remaining_tokens",
    .help = "Tokens of today's budget that are not used"};
static const struct metric spent_metric = {
    .name = "llm_probe_budget_spent",
    .help = "1 when a completion was due and today's budget had no room for it, else 0"};
static const struct metric ttft_metric = {
    .name = "llm_ttft_seconds",
    .unit = "seconds",
    .help = "From the request's last byte to the first token, of the last completion "
            "that succeeded"};
static const struct metric asked_metric = {
    .name = "llm_probe_last_completion_timestamp_seconds",
    .unit = "seconds",
    .help = "When the last completion succeeded"};
static const struct metric limit_left_metric = {
    .name = "llm_probe_ratelimit_remaining",
    .help = "What the provider's rate limit has left, by what it limits",
    .labels = {"kind"}};
static const struct metric limit_metric = {
    .name = "llm_probe_ratelimit_limit",
    .help = "The provider's rate limit, by what it limits",
    .labels = {"kind"}};
static const struct metric retry_metric = {
    .name = "llm_probe_retry_after_seconds",
    .unit = "seconds",
    .help = "How long the provider asked to wait; 0 when it did not"};
const struct metric *const llm_metrics[] = {&up_metric,
                                            &info_metric,
                                            &refused_metric,
                                            &tokens_metric,
                                            &budget_metric,
                                            &left_metric,
                                            &spent_metric,
                                            &ttft_metric,
                                            &asked_metric,
                                            &limit_left_metric,
                                            &limit_metric,
                                            &retry_metric,
                                            NULL};

const enum reason llm_refusals[] = {
    REASON_INVALID_KEY,   REASON_NO_CREDIT, REASON_RATE_LIMITED, REASON_OVERLOADED,
    REASON_MODEL_MISSING, REASON_FORBIDDEN, REASON_NONE,
};

static bool is_refusal(enum reason reason)
{
    const enum reason *r = llm_refusals;
    while (*r != REASON_NONE && *r != reason)
        r++;
    return *r != REASON_NONE;
}

static void report_limits(struct run *run, const struct llm_limits *limits)
{
    for (size_t i = 0; i < LLM_LIMIT_KINDS; i++) {
        if (limits->left[i] >= 0)
            run_sample_with(run, &limit_left_metric, &llm_limit_kinds[i],
                            limits->left[i]);
        if (limits->most[i] >= 0)
            run_sample_with(run, &limit_metric, &llm_limit_kinds[i], limits->most[i]);
    }
    run_sample(run, &retry_metric, nsec_to_sec(limits->retry_after));
}

static void report_completions(struct run *run, const struct llm_state *state)
{
    const struct llm_session *kept = state->kept;
    const int64_t left = state->conf->daily_tokens - state->count.spent;
    run_sample(run, &budget_metric, (double)state->conf->daily_tokens);
    run_sample(run, &spent_metric, state->plan == LLM_PLAN_SPENT);
    if (state->is_counted) {
        run_sample(run, &tokens_metric, (double)state->count.total);
        run_sample(run, &left_metric, left > 0 ? (double)left : 0);
    }
    if (kept->has_first_token)
        run_sample(run, &ttft_metric, nsec_to_sec(kept->first_token));
    if (kept->asked_at)
        run_sample(run, &asked_metric, (double)kept->asked_at);
}

void llm_report(struct run *run)
{
    const struct llm_state *state = run_state(run);
    if (!state->conf)
        return;
    const struct llm_conf *conf = state->conf;
    const bool completes = conf->level == LLM_COMPLETE;
    const enum reason held = completes ? state->kept->held : REASON_NONE;
    const enum reason reason = state->fault.reason ? state->fault.reason : held;
    const char *const info[] = {llm_provider_word(conf->kind), conf->model};
    const char *const refused[] = {reason_word(reason)};
    run_sample(run, &up_metric, state->is_accepted && held == REASON_NONE);
    run_sample_with(run, &info_metric, info, 1);
    if (is_refusal(reason))
        run_sample_with(run, &refused_metric, refused, 1);
    if (state->reply && state->reply->status)
        report_limits(run, &state->limits);
    if (completes)
        report_completions(run, state);
    const bool was_waiting = run_has_timed_out(run) && state->sent_at.ns &&
                             state->question == LLM_ASK_COMPLETION;
    if (was_waiting)
        run_explain(run, "waiting for %s",
                    state->has_first_token ? "the end of the stream" : "the first token");
}
