/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an llm probe keeps between its runs: how the last completion ended. When one succeeded last is on disk, as the
 * session's memo; so is, elsewhere, what they cost. Called by llm.c and llm_answer.c. Decides nothing of when to ask: llm_plan.c
 * does.
 */
#include <inttypes.h>

#include "lib/core/loop.h"
#include "probes/llm.h"

#define HELD_MAX_BYTES 1024

struct llm_session *llm_memory_of(struct run *run)
{
    struct session *session = run_session(run);
    struct llm_session *kept = session->state;
    int64_t asked_at;
    if (!kept->is_recalled) {
        kept->is_recalled = true;
        if (bytes_to_i64(bytes_of(session->memo), &asked_at) && asked_at > 0 &&
            asked_at <= run_wall(run).ns / NSEC_PER_SEC)
            kept->asked_at = asked_at;
        kept->held_text = BUF_MAX(HELD_MAX_BYTES);
        kept->finish = BUF_MAX(LLM_FINISH_MAX_BYTES);
    }
    return kept;
}

const char *llm_memory_budget(struct run *run)
{
    const struct llm_conf *conf = run_conf(run);
    return arena_printf(run_arena(run), "llm/%s",
                        conf->budget[0] ? conf->budget : run_name(run));
}

void llm_memory_settle(struct run *run, int64_t used)
{
    struct llm_state *state = run_state(run);
    if (state->question != LLM_ASK_COMPLETION || state->is_settled)
        return;
    state->is_settled = true;
    budget_settle(run_frame(run)->budgets, llm_memory_budget(run), &state->count,
                  used < 0 ? state->count.taken : used);
}

void llm_memory_hold(struct run *run, enum reason reason, const char *detail)
{
    const struct llm_state *state = run_state(run);
    struct llm_session *kept = state->kept;
    if (state->question != LLM_ASK_COMPLETION)
        return;
    kept->held = reason;
    kept->failures++;
    buf_clear(&kept->held_text);
    buf_add_bytes(&kept->held_text, bytes_cut(bytes_of(detail), HELD_MAX_BYTES));
    kept->not_before =
        mono_add(loop_now(run_frame(run)->loop),
                 llm_plan_pause(state->conf, kept->failures, state->limits.retry_after));
}

void llm_memory_succeed(struct run *run)
{
    const struct llm_state *state = run_state(run);
    struct llm_session *kept = state->kept;
    kept->held = REASON_NONE;
    kept->failures = 0;
    kept->has_first_token = true;
    kept->first_token = state->first_token;
    kept->used = state->stream.input + state->stream.output;
    buf_clear(&kept->finish);
    buf_add_bytes(&kept->finish, buf_bytes(&state->stream.finish));
    kept->asked_at = run_wall(run).ns / NSEC_PER_SEC;
    session_set_memo(run_session(run),
                     arena_printf(run_arena(run), "%" PRId64, kept->asked_at));
}

void llm_memory_close(struct session *s)
{
    struct llm_session *kept = s->state;
    buf_finish(&kept->held_text);
    buf_finish(&kept->finish);
}
