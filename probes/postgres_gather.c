/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the verdict: collector after collector on the connection that is there, then custom metrics, then other databases.
 * Called by postgres.c; ends the run. A collector that fails is said and the next is asked.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"
#include "probes/postgres.h"

static void gather_next(struct run *run);

void postgres_collector_over(struct run *run, const char *name, const char *why,
                             nsec took)
{
    struct postgres_state *state = run_state(run);
    const char *const values[] = {name};

    run_group(run, name);
    run_sample_with(run, &postgres_families[POSTGRES_COLLECTOR_SUCCESS], values, !why);
    run_sample_with(run, &postgres_families[POSTGRES_COLLECTOR_SECONDS], values,
                    nsec_to_sec(took));
    if (why) {
        state->has_failed = true;
        run_group_failed(run, name, "%s", why);
    }
    run_group(run, "");
}

static nsec since(struct run *run, struct mono earlier)
{
    return mono_since(loop_now_exact(run_frame(run)->loop), earlier);
}

static void on_row(void *ctx, const struct pg_row *row)
{
    struct run *run = ctx;
    const struct postgres_state *state = run_state(run);
    const struct postgres_collector *c = &postgres_collectors[state->next];

    run_group(run, c->name);
    if (c->row)
        c->row(run, row);
    else
        postgres_row(c, run, row);
}

static void on_end(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);
    const struct postgres_collector *c = &postgres_collectors[state->next++];
    const bool is_well = why->trouble.reason == REASON_NONE;

    postgres_collector_over(run, c->name, is_well ? NULL : why->trouble.detail,
                            since(run, state->question_since));
    if (why->is_broken) {
        postgres_gather_fail(run, "the connection was lost");
        postgres_finish(run);
        return;
    }
    gather_next(run);
}

static bool is_wanted(struct run *run, const struct postgres_collector *c)
{
    const struct postgres_conf *conf = run_conf(run);

    if (c->is_asked_for && !conf->statements)
        return false;
    return postgres_collects(conf, c->name) &&
           (!postgres_collector_has_interval(c) || run_group_is_due(run, c->name));
}

/* The question of a collector; NULL when it is not asked in this run. */
static const char *sql_of(struct run *run, const struct postgres_collector *c)
{
    const struct postgres_session *session = run_session(run)->state;

    return is_wanted(run, c) ? postgres_sql(c, pg_server_version(session->pg),
                                            run_conf(run), run_arena(run))
                             : NULL;
}

static const char *joined(const char *const *texts, size_t count, struct arena *arena)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]) + 2;
    char *all = arena_alloc(arena, size), *end = all;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(stpcpy(end, texts[i]), ";\n");
    return all;
}

/* From state->next on: one question where each is a transaction of its own, else all that are left in one trip. */
static const char *next_sql(struct run *run, size_t most)
{
    struct postgres_state *state = run_state(run);
    const char *texts[POSTGRES_MAX_COLLECTORS];

    state->together_count = state->together_at = 0;
    for (size_t i = state->next;
         postgres_collectors[i].name && state->together_count < most; i++) {
        const char *sql = sql_of(run, &postgres_collectors[i]);
        if (!sql)
            continue;
        texts[state->together_count] = sql;
        state->asked_together[state->together_count++] = i;
    }
    return state->together_count ? joined(texts, state->together_count, run_arena(run))
                                 : NULL;
}

/* One of several has answered. */
static void on_answered(void *ctx)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);
    const struct mono now = loop_now_exact(run_frame(run)->loop);

    if (state->together_at == state->together_count)
        return;
    postgres_collector_over(run, postgres_collectors[state->next].name, NULL,
                            mono_since(now, state->question_since));
    state->question_since = now;
    state->next++;
    if (++state->together_at < state->together_count)
        state->next = state->asked_together[state->together_at];
}

/* All have answered, or one has failed and with it those behind it: they are asked anew. */
static void on_together_end(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;

    if (why->trouble.reason != REASON_NONE)
        on_end(ctx, why);
    else
        gather_next(run);
}

static void gather_next(struct run *run)
{
    static const struct pg_asking alone = {.row = on_row, .end = on_end};
    static const struct pg_asking together = {
        .row = on_row, .answered = on_answered, .end = on_together_end};
    const struct postgres_session *session = run_session(run)->state;
    struct postgres_state *state = run_state(run);
    const char *sql = next_sql(run, session->is_pooled ? 1 : POSTGRES_MAX_COLLECTORS);

    if (!sql) {
        postgres_next(run, POSTGRES_GATHERING);
        return;
    }
    state->next = state->asked_together[0];
    state->question_since = loop_now_exact(run_frame(run)->loop);
    if (session->is_pooled)
        postgres_ask(run, session->pg, sql, &alone);
    else
        pg_tell(session->pg, sql, &together, run);
}

void postgres_next(struct run *run, enum postgres_step done)
{
    struct postgres_state *state = run_state(run);

    switch (done) {
    case POSTGRES_CONNECTING:
    case POSTGRES_ASKING:
        state->step = POSTGRES_GATHERING;
        state->next = 0;
        gather_next(run);
        break;
    case POSTGRES_GATHERING:
        state->step = POSTGRES_CUSTOM;
        state->next = 0;
        postgres_custom(run);
        break;
    case POSTGRES_CUSTOM:
        state->step = POSTGRES_ABROAD;
        postgres_abroad(run);
        break;
    case POSTGRES_ABROAD:
    case POSTGRES_OVER:
        postgres_finish(run);
        break;
    }
}

void postgres_gather(struct run *run)
{
    struct postgres_state *state = run_state(run);

    state->gathering_since = loop_now_exact(run_frame(run)->loop);
    postgres_next(run, POSTGRES_ASKING);
}

static void fail_collectors(struct run *run, const char *why)
{
    const struct postgres_state *state = run_state(run);

    for (size_t i = state->next; postgres_collectors[i].name; i++) {
        if (is_wanted(run, &postgres_collectors[i]))
            postgres_collector_over(run, postgres_collectors[i].name, why, 0);
    }
}

static void fail_custom(struct run *run, size_t from, const char *why)
{
    const struct postgres_conf *conf = run_conf(run);
    struct postgres_session *session = run_session(run)->state;

    for (size_t i = from; i < conf->queries.count; i++) {
        const struct custom_metric *m =
            custom_metric_at(&conf->queries, sizeof(struct postgres_query), i);
        if (!custom_is_due(&session->custom, i, m, run))
            continue;
        custom_fail(&session->custom, i, m, run, why);
        postgres_collector_over(run, arena_printf(run_arena(run), "custom %s", m->name),
                                why, 0);
    }
}

void postgres_gather_fail(struct run *run, const char *why)
{
    struct postgres_state *state = run_state(run);

    state->has_failed = true;
    switch (state->step) {
    case POSTGRES_CONNECTING:
    case POSTGRES_ASKING:
    case POSTGRES_OVER:
        break;
    case POSTGRES_GATHERING:
        fail_collectors(run, why);
        fail_custom(run, 0, why);
        break;
    case POSTGRES_CUSTOM:
        fail_custom(run, state->next, why);
        break;
    case POSTGRES_ABROAD:
        postgres_collector_over(run, POSTGRES_ELSEWHERE, why, 0);
        break;
    }
}
