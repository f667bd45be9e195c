/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an llm probe keeps between its runs: today's tokens, on disk as the session's memo, and how the last completion
 * ended. Called by llm.c and llm_answer.c. Decides nothing of when to ask: llm_plan.c does.
 */
#include <string.h>

#include "lib/core/loop.h"
#include "probes/llm.h"

#define HELD_MAX_BYTES 1024

struct llm_session *llm_memory_of(struct run *run)
{
    struct session *session = run_session(run);
    struct llm_session *kept = session->state;
    if (!kept->is_recalled) {
        kept->is_recalled = true;
        kept->budget = llm_budget_recall(session->memo);
        kept->held_text = BUF_MAX(HELD_MAX_BYTES);
    }
    return kept;
}

void llm_memory_write(struct run *run)
{
    struct session *session = run_session(run);
    const struct llm_session *kept = session->state;
    const char *text = llm_budget_text(&kept->budget, run_arena(run));
    if (strcmp(text, session->memo))
        session_set_memo(session, text);
}

void llm_memory_settle(struct run *run, int64_t used)
{
    struct llm_state *state = run_state(run);
    if (state->question != LLM_ASK_COMPLETION || state->is_settled)
        return;
    state->is_settled = true;
    llm_budget_settle(&state->kept->budget, used);
    llm_memory_write(run);
}

void llm_memory_hold(struct run *run, enum reason reason, const char *detail)
{
    const struct llm_state *state = run_state(run);
    struct llm_session *kept = state->kept;
    const nsec wait = state->limits.retry_after;
    if (state->question != LLM_ASK_COMPLETION)
        return;
    kept->held = reason;
    buf_clear(&kept->held_text);
    buf_add_bytes(&kept->held_text, bytes_cut(bytes_of(detail), HELD_MAX_BYTES));
    kept->not_before = mono_add(loop_now(run_frame(run)->loop),
                                wait < NSEC_PER_DAY ? wait : NSEC_PER_DAY);
}

void llm_memory_succeed(struct run *run)
{
    const struct llm_state *state = run_state(run);
    struct llm_session *kept = state->kept;
    kept->held = REASON_NONE;
    kept->has_first_token = true;
    kept->first_token = state->first_token;
    kept->used = state->stream.input + state->stream.output;
    kept->budget.asked_at = run_wall(run).ns / NSEC_PER_SEC;
    llm_memory_write(run);
}

void llm_memory_close(struct session *s)
{
    struct llm_session *kept = s->state;
    buf_finish(&kept->held_text);
}
