/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL: connect, log in, ask; then the numbers that postgres_exporter shows. The verdict is the first question's;
 * what comes after it can fail group by group and makes nothing down. Keeps its connection in the session.
 */
#include "probes/postgres.h"

#include <math.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/secret.h"

static void log_in(struct run *run);
static void ask(struct run *run);

static void drop_connection(struct postgres_session *session)
{
    pg_close(session->pg);
    session->pg = NULL;
}

static void on_ended_idle(void *ctx, bool orderly)
{
    (void)orderly;
    drop_connection(ctx); /* the next run makes a new one */
}

void postgres_finish(struct run *run)
{
    struct postgres_session *session = run_session(run)->state;
    struct postgres_state *state = run_state(run);
    const struct postgres_conf *conf = run_conf(run);

    state->step = POSTGRES_OVER;
    if (!pg_is_open(session->pg) || conf->connection == POSTGRES_FRESH)
        drop_connection(session);
    else
        pg_watch(session->pg, on_ended_idle, session);
    run_finish(run);
}

static void answer_trouble(struct run *run, const struct trouble *why)
{
    run_trouble(run, why);
    postgres_finish(run);
}

/* ---- the verdict's question ---- */

size_t postgres_cells(const struct pg_row *row, struct cell *cells)
{
    for (size_t i = 0; i < row->columns; i++) {
        struct cell *cell = &cells[i];
        const struct bytes text = pg_row_text(row, i);
        *cell = (struct cell){.column = bytes_of(pg_row_name(row, i)), .text = text};
        if (pg_row_is_null(row, i))
            continue;
        cell->type = CELL_TEXT;
        if (pg_row_kind(row, i) == PG_TRUTH) {
            cell->type = CELL_TRUTH;
            cell->number = bytes_is(text, "t");
        } else if (pg_row_kind(row, i) == PG_NUMBER &&
                   bytes_to_double(text, &cell->number)) {
            cell->type = CELL_NUMBER;
        }
    }
    return row->columns;
}

static void on_answer_row(void *ctx, const struct pg_row *row)
{
    struct postgres_state *state = run_state(ctx);
    struct cell cells[PG_MAX_COLUMNS];

    custom_rows_add(state->rows, cells, postgres_cells(row, cells));
}

/* The connection was kept, and the server has ended it since: that is no news of the server now. */
bool postgres_is_vanished(const struct pg_trouble *why)
{
    return why->is_broken && why->trouble.reason != REASON_TOO_LARGE;
}

static void on_answer_end(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_state *state = run_state(run);
    struct postgres_session *session = run_session(run)->state;
    const struct mono now = loop_now_exact(run_frame(run)->loop);

    if (why->trouble.reason != REASON_NONE && state->was_kept && !state->was_reopened &&
        postgres_is_vanished(why)) {
        run_trace(run, "kept connection", "%s", why->trouble.detail);
        state->was_reopened = true;
        state->was_kept = false;
        drop_connection(session);
        log_in(run);
        return;
    }
    state->answer_took = mono_since(now, state->asked);
    if (why->trouble.reason != REASON_NONE) {
        answer_trouble(run, &why->trouble);
        return;
    }
    state->is_up = true;
    run_up(run);
    run_phase(run, PHASE_TRANSFER);
    postgres_gather(run);
}

static void ask(struct run *run)
{
    static const struct pg_asking asking = {.row = on_answer_row, .end = on_answer_end};
    const struct postgres_conf *conf = run_conf(run);
    struct postgres_state *state = run_state(run);
    struct postgres_session *session = run_session(run)->state;

    state->step = POSTGRES_ASKING;
    state->asked = loop_now_exact(run_frame(run)->loop);
    if (!state->rows) {
        state->rows = custom_rows_create(POSTGRES_MAX_ROWS);
        arena_cleanup(run_arena(run), (void (*)(void *))custom_rows_destroy, state->rows);
    }
    state->version =
        arena_strdup(run_arena(run), pg_parameter(session->pg, "server_version"));
    run_address(run, pg_address(session->pg));
    if (pg_peer(session->pg)) {
        const struct tls_peer *peer = tls_peer_copy(pg_peer(session->pg), run_arena(run));
        run_set_peer(run, peer);
    }
    run_phase(run, PHASE_WAIT);
    postgres_ask(run, session->pg, conf->query, &asking);
}

/* ---- connecting ---- */

static void on_phase(void *ctx, enum phase phase)
{
    run_phase(ctx, phase);
}

static void on_resolved(void *ctx, nsec took, const struct address *address)
{
    run_resolved(ctx, took, address);
}

/* PgBouncer and its like: "unsupported startup parameter: options". */
static bool is_refused_option(const struct pg_trouble *why)
{
    return strstr(why->trouble.detail, "startup parameter") != NULL;
}

static void note_phases(struct run *run, const struct pg *pg)
{
    struct postgres_state *state = run_state(run);

    run_phase(run, PHASE_WAIT);
    run_phase_took(run, PHASE_CONNECT, pg_phase_took(pg, PHASE_CONNECT));
    if (pg_phase_took(pg, PHASE_TLS))
        run_phase_took(run, PHASE_TLS, pg_phase_took(pg, PHASE_TLS));
    run_phase_took(run, PHASE_WAIT, pg_phase_took(pg, PHASE_WAIT));
    state->login_took = pg_phase_took(pg, PHASE_WAIT);
}

static void on_open(void *ctx, struct pg *pg, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct postgres_session *session = run_session(run)->state;

    if (why->trouble.reason == REASON_NONE) {
        note_phases(run, pg);
        ask(run);
        return;
    }
    if (pg_address(pg)[0]) {
        run_address(run, pg_address(pg));
        note_phases(run, pg);
    }
    if (pg_peer(pg))
        run_set_peer(run, tls_peer_copy(pg_peer(pg), run_arena(run)));
    drop_connection(session);
    if (!session->is_pooled && is_refused_option(why)) {
        session->is_pooled = true;
        run_trace(run, "pooler",
                  "refuses start-up options: each question is a transaction");
        log_in(run);
        return;
    }
    answer_trouble(run, &why->trouble);
}

static const struct pg_events pg_events = {
    .phase = on_phase, .resolved = on_resolved, .open = on_open};

struct pg_conf postgres_pg_conf(struct run *run, const char *database)
{
    const struct postgres_conf *conf = run_conf(run);
    const struct postgres_session *session = run_session(run)->state;

    return (struct pg_conf){
        .words = &conf->words,
        .database = database,
        .tls = &conf->tls,
        .statement_timeout = run_left(run) > NSEC_PER_SEC ? run_left(run) : NSEC_PER_SEC,
        .is_bare = session->is_pooled,
        .deadline = run_deadline(run),
    };
}

static void log_in(struct run *run)
{
    struct postgres_session *session = run_session(run)->state;
    struct postgres_state *state = run_state(run);
    const struct pg_conf conf = postgres_pg_conf(run, NULL);

    state->step = POSTGRES_CONNECTING;
    session->pg = pg_open(run_frame(run), &conf, &pg_events, run);
}

/* ---- a run ---- */

static void begin_state(struct run *run)
{
    struct postgres_state *state = run_state(run);

    state->connections = state->connections_limit = state->lag = NAN;
    state->largest_database = state->xid_age = state->idle_in_transaction = NAN;
    state->is_replica = NAN;
    state->version = "";
}

static void postgres_start(struct run *run)
{
    const struct postgres_conf *conf = run_conf(run);
    struct postgres_session *session = run_session(run)->state;
    struct postgres_state *state = run_state(run);
    const struct pg_words *words = &conf->words;

    begin_state(run);
    if (words->dropped[0])
        run_trace(run, "url", "left out what PostgreSQL's library does not know: %s",
                  words->dropped);
    if (words->host_count)
        run_asks(run, words->hosts[0].name, words->hosts[0].port);
    if (conf->connection == POSTGRES_FRESH || !pg_is_open(session->pg))
        drop_connection(session);
    state->was_kept = session->pg != NULL;
    if (state->was_kept)
        ask(run);
    else
        log_in(run);
}

static void on_drained(void *ctx)
{
    run_finish(ctx);
}

static void postgres_cancel(struct run *run)
{
    struct postgres_session *session = run_session(run)->state;
    struct postgres_state *state = run_state(run);
    struct pg *pg = session->pg;

    postgres_abroad_cancel(run);
    custom_rows_destroy(state->custom_rows);
    state->custom_rows = NULL;
    state->step = POSTGRES_OVER;
    session->pg = NULL;
    pg_drain(pg, on_drained, run);
}

/* ---- what every run shows ---- */

static void show(struct run *run, enum postgres_family family, double value)
{
    run_sample(run, &postgres_families[family], value);
}

static void postgres_report(struct run *run)
{
    struct postgres_state *state = run_state(run);
    struct postgres_session *session = run_session(run)->state;
    const struct mono now = loop_now_exact(run_frame(run)->loop);

    if (run_has_timed_out(run) && state->was_kept && state->step == POSTGRES_ASKING)
        run_explain(run, "it was asked on the connection kept from before");
    if (state->is_up && state->step != POSTGRES_OVER)
        postgres_gather_fail(run, "the timeout came first");
    run_group(run, "");
    show(run, POSTGRES_UP, state->is_up);
    show(run, POSTGRES_SCRAPES, ++session->scrapes);
    show(run, POSTGRES_SCRAPE_ERROR, !state->is_up || state->has_failed);
    show(run, POSTGRES_SCRAPE_SECONDS,
         state->gathering_since.ns ? nsec_to_sec(mono_since(now, state->gathering_since))
                                   : 0);
    if (!isnan(state->largest_database))
        session->largest_database = state->largest_database;
    if (!isnan(state->xid_age))
        session->xid_age = state->xid_age;
    if (run_peer(run))
        tls_emit(run, run_peer(run), true);
}

static void postgres_close(struct session *s)
{
    struct postgres_session *session = s->state;

    drop_connection(session);
    custom_kept_finish(&session->custom);
}

static bool postgres_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                         struct err *e)
{
    const struct postgres_conf *conf = ctx;
    const struct pg_host *host = &conf->words.hosts[0];
    (void)arena, (void)e;

    if (!conf->words.host_count)
        return true;
    ret_dial->port = host->port;
    if (host->name[0] == '/' || host->name[0] == '@')
        ret_dial->unix_path = host->name;
    else
        ret_dial->host = host->name;
    return true;
}

/* A server's settings become names, and what custom queries say. */
static bool postgres_may_make(const void *conf, const char *name)
{
    const struct postgres_conf *c = conf;
    return !strncmp(name, "pg_settings_", strlen("pg_settings_")) ||
           custom_may_make(&c->queries, sizeof(struct postgres_query), name);
}

const struct probe_type probe_postgres = {
    .name = "postgres",
    .job = "postgres",
    .summary = "PostgreSQL: login, a question, and postgres_exporter's metrics.",
    .example =
        "postgres: {url: \"postgresql://healthd:secret@db:5432/shop?sslmode=require\"}",
    .port = PG_PORT,
    .is_critical = true,
    .has_dynamic_families = true,
    .may_make = postgres_may_make,
    .conf_size = sizeof(struct postgres_conf),
    .state_size = sizeof(struct postgres_state),
    .session_size = sizeof(struct postgres_session),
    .validate = postgres_validate,
    .aim = postgres_aim,
    .close = postgres_close,
    .start = postgres_start,
    .cancel = postgres_cancel,
    .report = postgres_report,
    .metrics = postgres_metrics,
    .vars = postgres_vars,
    .groups = postgres_groups,
    .limits = postgres_limits,
    .opts = postgres_opts,
};
