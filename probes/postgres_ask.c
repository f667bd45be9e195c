/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question of a run. A pooler that shares connections between clients takes no start-up options and keeps no
 * settings: there each question is BEGIN, its limits, the question, COMMIT. Called by the other files of the probe.
 */
#include "lib/core/loop.h"
#include "probes/postgres.h"

static void on_question_end(void *ctx, const struct pg_trouble *why);

static void over(struct run *run, const struct pg_trouble *why)
{
    const struct postgres_state *state = run_state(run);
    state->asking->end(run, why);
}

static void on_closed(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);

    if (state->trouble.trouble.reason == REASON_NONE)
        state->trouble = *why;
    state->trouble.is_broken = why->is_broken;
    over(run, &state->trouble);
}

static void on_row(void *ctx, const struct pg_row *row)
{
    struct run *run = ctx;
    const struct postgres_state *state = run_state(run);

    if (state->asking->row)
        state->asking->row(run, row);
}

static void on_question_end(void *ctx, const struct pg_trouble *why)
{
    static const struct pg_asking closing = {.end = on_closed};
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);

    state->trouble = *why;
    if (why->is_broken)
        over(run, why);
    else
        pg_tell(state->asked_of,
                why->trouble.reason == REASON_NONE ? "COMMIT" : "ROLLBACK", &closing,
                run);
}

static void on_begun(void *ctx, const struct pg_trouble *why)
{
    static const struct pg_asking question = {.row = on_row, .end = on_question_end};
    struct run *run = ctx;
    const struct postgres_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE)
        over(run, why);
    else
        pg_ask(state->asked_of, state->sql, &question, run);
}

void postgres_ask(struct run *run, struct pg *pg, const char *sql,
                  const struct pg_asking *asking)
{
    static const struct pg_asking begin = {.end = on_begun};
    struct postgres_state *state = run_state(run);
    const struct postgres_session *session = run_session(run)->state;
    const nsec left = run_left(run);

    if (!session->is_pooled) {
        pg_ask(pg, sql, asking, run);
        return;
    }
    state->asking = asking;
    state->asked_of = pg;
    state->sql = sql;
    pg_tell(pg,
            arena_printf(run_arena(run),
                         "BEGIN READ ONLY; SET LOCAL statement_timeout = %lld; "
                         "SET LOCAL lock_timeout = 1000",
                         (long long)(left / NSEC_PER_MSEC) + 1),
            &begin, run);
}
