/* SPDX-License-Identifier: Apache-2.0 */
/* Custom metrics of the postgres probe, one question after another. A step of postgres_gather.c's. */
#include "lib/core/loop.h"
#include "probes/postgres.h"

static void custom_next(struct run *run);

static const struct postgres_query *current(struct run *run)
{
    const struct postgres_conf *conf = run_conf(run);
    const struct postgres_state *state = run_state(run);
    return (const void *)custom_metric_at(&conf->queries, sizeof(struct postgres_query),
                                          state->next);
}

static void on_row(void *ctx, const struct pg_row *row)
{
    struct postgres_state *state = run_state(ctx);
    struct cell cells[PG_MAX_COLUMNS];

    custom_rows_add(state->custom_rows, cells, postgres_cells(row, cells));
}

/* What came of the question; NULL: all is well. */
static const char *take_answer(struct run *run, const struct pg_trouble *why)
{
    struct postgres_state *state = run_state(run);
    struct postgres_session *session = run_session(run)->state;
    const struct postgres_query *q = current(run);
    struct custom_rows *rows = state->custom_rows;
    struct err e;

    state->custom_rows = NULL;
    if (why->trouble.reason != REASON_NONE) {
        custom_rows_destroy(rows);
        custom_fail(&session->custom, state->next, &q->metric, run, why->trouble.detail);
        return why->trouble.detail;
    }
    if (custom_answer(&session->custom, state->next, &q->metric, rows, run, &e))
        return NULL;
    return arena_strdup(run_arena(run), e.text);
}

static void on_end(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);
    const char *name =
        arena_printf(run_arena(run), "custom %s", current(run)->metric.name);
    const char *wrong = take_answer(run, why);
    const struct mono now = loop_now_exact(run_frame(run)->loop);

    postgres_collector_over(run, name, wrong, mono_since(now, state->question_since));
    state->next++;
    if (why->is_broken) {
        postgres_gather_fail(run, "the connection was lost");
        postgres_finish(run);
        return;
    }
    custom_next(run);
}

static void custom_next(struct run *run)
{
    static const struct pg_asking asking = {.row = on_row, .end = on_end};
    const struct postgres_conf *conf = run_conf(run);
    struct postgres_state *state = run_state(run);
    struct postgres_session *session = run_session(run)->state;

    while (state->next < conf->queries.count &&
           !custom_is_due(&session->custom, state->next, &current(run)->metric, run))
        state->next++;
    if (state->next == conf->queries.count) {
        postgres_next(run, POSTGRES_CUSTOM);
        return;
    }
    state->custom_rows = custom_rows_create((size_t)current(run)->metric.max_rows);
    state->question_since = loop_now_exact(run_frame(run)->loop);
    postgres_ask(run, session->pg, current(run)->sql, &asking);
}

void postgres_custom(struct run *run)
{
    custom_next(run);
}
