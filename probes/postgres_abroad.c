/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the other databases of a server: PostgreSQL shows those of the database that one is connected to. Every few
 * minutes, one short connection after another, up to a cap. The last step of postgres_gather.c's; what fails here is said
 * and the next database is asked.
 */
#include <string.h>

#include "lib/core/loop.h"
#include "probes/postgres.h"

static void abroad_next(struct run *run);
static void ask_next(struct run *run);

static const char list_sql[] =
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND "
    "datname <> current_database() AND has_database_privilege(oid, 'CONNECT') ORDER BY 1 "
    "LIMIT 500";

static bool is_listed(const struct postgres_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->databases.count; i++) {
        const char *item = conf->databases.items[i];
        if (!strcmp(item, "*") || !strcmp(item, name))
            return true;
    }
    return false;
}

static void on_listed(void *ctx, const struct pg_row *row)
{
    struct run *run = ctx;
    const struct postgres_conf *conf = run_conf(run);
    struct postgres_state *state = run_state(run);
    const struct bytes text = pg_row_text(row, 0);
    const char *name = arena_strndup(run_arena(run), text.ptr, text.len);

    if (is_listed(conf, name) && state->database_count < (size_t)conf->max_databases)
        state->databases[state->database_count++] = name;
}

static void over(struct run *run, const char *why)
{
    struct postgres_state *state = run_state(run);
    const struct mono now = loop_now_exact(run_frame(run)->loop);

    postgres_collector_over(run, POSTGRES_ELSEWHERE, why,
                            mono_since(now, state->question_since));
    postgres_next(run, POSTGRES_ABROAD);
}

static void on_list_end(void *ctx, const struct pg_trouble *why)
{
    if (why->trouble.reason != REASON_NONE)
        over(ctx, why->trouble.detail);
    else
        abroad_next(ctx);
}

/* ---- one database ---- */

static void leave(struct run *run, const char *why)
{
    struct postgres_state *state = run_state(run);

    if (why) {
        state->has_failed = true;
        run_group_failed(run, POSTGRES_ELSEWHERE, "%s: %s",
                         state->databases[state->database], why);
    }
    pg_close(state->abroad);
    state->abroad = NULL;
    state->database++;
    abroad_next(run);
}

static void on_row(void *ctx, const struct pg_row *row)
{
    struct run *run = ctx;
    const struct postgres_state *state = run_state(run);

    run_group(run, POSTGRES_ELSEWHERE);
    postgres_row(&postgres_collectors[state->next], run, row);
}

static void on_end(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE) {
        leave(run, why->trouble.detail);
        return;
    }
    state->next++;
    ask_next(run);
}

static void ask_next(struct run *run)
{
    static const struct pg_asking asking = {.row = on_row, .end = on_end};
    struct postgres_state *state = run_state(run);
    const struct postgres_collector *c = &postgres_collectors[state->next];

    while (c->name && (!c->is_of_database || !postgres_collects(run_conf(run), c->name)))
        c = &postgres_collectors[++state->next];
    const char *sql = c->name ? postgres_sql(c, pg_server_version(state->abroad),
                                             run_conf(run), run_arena(run))
                              : NULL;
    if (sql)
        postgres_ask(run, state->abroad, sql, &asking);
    else
        leave(run, NULL);
}

static void on_open(void *ctx, struct pg *pg, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);
    (void)pg;

    state->next = 0;
    if (why->trouble.reason != REASON_NONE)
        leave(run, why->trouble.detail);
    else
        ask_next(run);
}

static void on_phase(void *ctx, enum phase phase)
{
    (void)ctx, (void)phase; /* all of this is TRANSFER */
}

static void on_resolved(void *ctx, nsec took, const struct address *address)
{
    (void)ctx, (void)took, (void)address;
}

static void abroad_next(struct run *run)
{
    static const struct pg_events events = {
        .phase = on_phase, .resolved = on_resolved, .open = on_open};
    struct postgres_state *state = run_state(run);

    if (state->database == state->database_count) {
        over(run, NULL);
        return;
    }
    const struct pg_conf conf = postgres_pg_conf(run, state->databases[state->database]);
    state->abroad = pg_open(run_frame(run), &conf, &events, run);
}

/* ---- */

static bool is_wanted(struct run *run)
{
    const struct postgres_conf *conf = run_conf(run);

    if (!conf->databases.count || !conf->max_databases ||
        !run_group_is_due(run, POSTGRES_ELSEWHERE))
        return false;
    return postgres_collects(conf, "stat_user_tables") ||
           postgres_collects(conf, "statio_user_tables") ||
           postgres_collects(conf, "table_sizes");
}

void postgres_abroad(struct run *run)
{
    static const struct pg_asking listing = {.row = on_listed, .end = on_list_end};
    struct postgres_state *state = run_state(run);
    const struct postgres_session *session = run_session(run)->state;

    if (!is_wanted(run)) {
        postgres_next(run, POSTGRES_ABROAD);
        return;
    }
    state->question_since = loop_now_exact(run_frame(run)->loop);
    postgres_ask(run, session->pg, list_sql, &listing);
}

void postgres_abroad_cancel(struct run *run)
{
    struct postgres_state *state = run_state(run);

    pg_close(state->abroad);
    state->abroad = NULL;
}
