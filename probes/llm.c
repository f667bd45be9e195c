/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LLM providers: whether they take the key and have the model, which costs nothing; and, when asked for, a completion
 * within a budget of tokens. One fetch, or two where a server has no entries of models. Called by the runner. Follows no
 * redirect, so that the key goes nowhere else; judges nothing itself: llm_answer.c does.
 */
#include "probes/llm.h"

#include "lib/core/conn.h"
#include "lib/core/loop.h"
#include "lib/core/probe.h"
#include "lib/core/run_fetch.h"

static void llm_ask(struct run *run, enum llm_question question);

static void on_phase(void *ctx, enum phase phase)
{
    struct run *run = ctx;
    struct llm_state *state = run_state(run);
    run_fetch_phase(run, state->fetch, phase);
    if (phase == PHASE_WAIT)
        state->sent_at = loop_now_exact(run_frame(run)->loop);
}

static void on_done(void *ctx, const struct reply *reply)
{
    struct run *run = ctx;
    struct llm_state *state = run_state(run);
    state->fetch = NULL;
    state->reply = reply;
    run_fetch_reply(run, reply);
    run_trace(run, "answer", "status %d, %llu bytes", reply->status,
              (unsigned long long)reply->body_bytes);
    if (llm_answer_judge(run))
        run_finish(run);
    else
        llm_ask(run, LLM_ASK_LIST);
}

static void finish_text(void *text)
{
    buf_finish(text);
}

static void prepare_stream(struct run *run)
{
    struct llm_state *state = run_state(run);
    struct arena *arena = run_arena(run);
    state->stream = (struct llm_stream){
        .provider = state->conf->kind,
        .arena = arena,
        .most_pieces = llm_stream_most_pieces(state->conf->max_tokens),
        .text = BUF_MAX(LLM_TEXT_MAX_BYTES),
        .finish = BUF_MAX(LLM_FINISH_MAX_BYTES)};
    state->refusal = BUF_MAX(LLM_REFUSAL_MAX_BYTES);
    llm_events_init(&state->events, state->conf->kind == LLM_OLLAMA ? LLM_LINES : LLM_SSE,
                    llm_stream_take, &state->stream);
    arena_cleanup(arena, llm_events_finish, &state->events);
    arena_cleanup(arena, finish_text, &state->stream.text);
    arena_cleanup(arena, finish_text, &state->stream.finish);
    arena_cleanup(arena, finish_text, &state->refusal);
}

static void llm_ask(struct run *run, enum llm_question question)
{
    struct llm_state *state = run_state(run);
    struct request request;
    state->question = question;
    run_asks(run, state->conf->base.host, state->conf->base.port);
    llm_request_make(run, question, &request);
    if (question == LLM_ASK_COMPLETION) {
        prepare_stream(run);
        request.take = llm_answer_take;
    }
    state->fetch = fetch_start(run_frame(run)->fetcher, run_arena(run), &request,
                               on_phase, on_done, run);
}

static void ask_first(struct run *run)
{
    const struct llm_state *state = run_state(run);
    const struct llm_conf *conf = state->conf;
    if (state->plan == LLM_PLAN_COMPLETE)
        llm_ask(run, LLM_ASK_COMPLETION);
    else if (conf->model[0] && conf->kind != LLM_OLLAMA)
        llm_ask(run, LLM_ASK_MODEL);
    else
        llm_ask(run, LLM_ASK_LIST);
}

/* ---- the type ---- */

static bool llm_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                    struct err *e)
{
    const struct llm_conf *conf = ctx;
    (void)arena;
    (void)e;
    ret_dial->host = conf->base.host;
    ret_dial->port = conf->base.port;
    return true;
}

static void on_counted(void *ctx, const struct budget_answer *a)
{
    struct run *run = ctx;
    struct llm_state *state = run_state(run);
    state->counting = NULL;
    state->count = *a;
    state->is_counted = a->state != BUDGET_UNKNOWN;
    state->plan = llm_plan(state->is_due, a->state);
    ask_first(run);
}

static void llm_start(struct run *run)
{
    struct llm_state *state = run_state(run);
    const struct llm_conf *conf = run_conf(run);
    const struct wall now = run_wall(run);
    state->conf = conf;
    state->kept = llm_memory_of(run);
    state->is_due =
        llm_plan_is_due(state->kept, conf, loop_now(run_frame(run)->loop), now);
    if (conf->level == LLM_COMPLETE)
        state->counting = budget_take(run_frame(run)->budgets, llm_memory_budget(run),
                                      state->is_due ? llm_plan_need(conf) : 0,
                                      conf->daily_tokens, now, on_counted, run);
    else
        ask_first(run);
}

static void llm_cancel(struct run *run)
{
    struct llm_state *state = run_state(run);
    budget_forget(state->counting);
    state->counting = NULL;
    fetch_cancel(state->fetch);
    state->fetch = NULL;
    llm_answer_cut(run);
    run_finish(run);
}

const struct probe_type probe_llm = {
    .name = "llm",
    .summary = "LLM providers (OpenAI and compatible, Anthropic, Ollama): key, model, "
               "credit, limits; on request the time to the first token.",
    .example = "llm: {provider: openai, model: gpt-4.1-mini, key: "
               "\"sk-the-key-of-this-project\"}",
    .job = "llm",
    .pack = "llm",
    .pack_tells_of = llm_refusals,
    .keeps_memo = true,
    .refuses_modules = true, /* the target would say where the key goes */
    .opts = llm_opts,
    .metrics = llm_metrics,
    .vars = llm_vars,
    .limits = llm_probe_limits,
    .conf_size = sizeof(struct llm_conf),
    .state_size = sizeof(struct llm_state),
    .session_size = sizeof(struct llm_session),
    .validate = llm_validate,
    .aim = llm_aim,
    .close = llm_memory_close,
    .start = llm_start,
    .report = llm_report,
    .cancel = llm_cancel,
};
