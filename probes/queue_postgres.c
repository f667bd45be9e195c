/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL side of a queue probe: a connection that is kept between runs, one question at a time, and what an error
 * means for a queue. Called by the kinds that live in PostgreSQL. Knows no kind.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/secret.h"
#include "probes/queue.h"

static void log_in(struct run *run);

static void drop(struct queue_session *session)
{
    pg_close(session->pg);
    session->pg = NULL;
}

static void on_ended_idle(void *ctx, bool orderly)
{
    (void)orderly;
    drop(ctx); /* the next run makes a new one */
}

void queue_postgres_close(struct run *run)
{
    struct queue_session *session = run_session(run)->state;

    if (pg_is_open(session->pg))
        pg_watch(session->pg, on_ended_idle, session);
    else
        drop(session);
}

static void on_drained(void *ctx)
{
    run_finish(ctx);
}

void queue_postgres_drain(struct run *run)
{
    struct queue_session *session = run_session(run)->state;
    struct pg *pg = session->pg;

    session->pg = NULL;
    pg_drain(pg, on_drained, run);
}

/* ---- what an error means ---- */

static const struct {
    const char *code; /* its beginning (PostgreSQL, appendix A) */
    enum reason reason;
    const char *advice;
} meanings[] = {
    {"42P01", REASON_NO_QUEUE,
     "; examples/privileges/postgres-queue.sql makes healthd's own table"},
    {"42704", REASON_NO_QUEUE, ""},
    {"3F000", REASON_NO_QUEUE, ""},
    {"42703", REASON_CONFIG, "; which column is it? `field`, `id`, `created` name them"},
    {"42501", REASON_FORBIDDEN,
     "; grant this role what examples/privileges/postgres-queue.sql lists"},
    {"53100", REASON_QUEUE_FULL, "; the server's disk is full"},
    {"53200", REASON_QUEUE_FULL, "; the server has no memory left"},
    {"54000", REASON_QUEUE_FULL,
     "; who listens and never reads? pg_notification_queue_usage() tells how full it is"},
    {"23", REASON_REJECTED, "; the row breaks a constraint: set its columns in `fields`"},
    {"22", REASON_REJECTED, "; is `message` what this column takes?"},
    {"42804", REASON_REJECTED, "; is `message` what this column takes?"},
    {"P0001", REASON_REJECTED, "; a trigger of the table refuses it"},
    {"25006", REASON_STATUS,
     "; this is a standby, or the role is read-only: a queue is "
     "written to"},
};

void queue_postgres_fail(struct run *run, const char *what, const struct pg_trouble *why)
{
    const char *detail = why->trouble.detail;
    const char *hint = strstr(detail, "; ");
    const int len = (int)(hint ? (size_t)(hint - detail) : strlen(detail));

    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        if (!why->sqlstate[0] ||
            strncmp(why->sqlstate, meanings[i].code, strlen(meanings[i].code)) != 0)
            continue;
        queue_fail(run, meanings[i].reason, "%s: %.*s%s", what, len, detail,
                   meanings[i].advice);
        return;
    }
    queue_fail(run, why->trouble.reason, "%s: %s", what, detail);
}

/* ---- a question ---- */

static void on_row(void *ctx, const struct pg_row *row)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    const struct bytes cell = bytes_cut(pg_row_text(row, 0), QUEUE_MAX_MESSAGE);

    if (state->row_taken)
        state->row_taken(run, row);
    if (!pg_row_is_null(row, 0))
        state->row = arena_strndup(run_arena(run), cell.ptr, cell.len);
}

static void on_asked(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;

    if (why->is_broken && state->was_kept && !state->was_reopened &&
        state->step < QUEUE_PUBLISHING) {
        /* The server ended the kept connection since: that is no news of the server now. */
        state->was_reopened = true;
        drop(session);
        state->step = QUEUE_CONNECTING;
        log_in(run);
        return;
    }
    if (why->is_broken) {
        drop(session);
        queue_break(run, &why->trouble);
        return;
    }
    state->asked(run, why);
}

/* A pooler takes no start-up options: there each question has its own limits, and is a transaction. */
static const char *with_limits(struct run *run, const char *sql)
{
    const struct queue_session *session = run_session(run)->state;

    if (!session->is_pooled)
        return sql;
    return arena_printf(run_arena(run),
                        "BEGIN READ WRITE; SET LOCAL statement_timeout = %lld; "
                        "SET LOCAL lock_timeout = 1000; %s; COMMIT",
                        (long long)(run_left(run) / NSEC_PER_MSEC) + 1, sql);
}

static void on_rolled_back(void *ctx, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;

    if (why->is_broken) {
        drop(session);
        queue_break(run, &why->trouble);
        return;
    }
    state->asked(run, &state->trouble);
}

/* An error leaves the transaction open that with_limits began. */
static void on_asked_pooled(void *ctx, const struct pg_trouble *why)
{
    static const struct pg_asking closing = {.end = on_rolled_back};
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    const struct queue_session *session = run_session(run)->state;

    if (why->is_broken || why->trouble.reason == REASON_NONE) {
        on_asked(run, why);
        return;
    }
    state->trouble = *why;
    pg_tell(session->pg, "ROLLBACK", &closing, run);
}

void queue_postgres_ask(struct run *run, const char *sql,
                        void (*row)(struct run *run, const struct pg_row *row),
                        void (*asked)(struct run *run, const struct pg_trouble *why))
{
    static const struct pg_asking asking = {.row = on_row, .end = on_asked};
    static const struct pg_asking pooled = {.row = on_row, .end = on_asked_pooled};
    struct queue_state *state = run_state(run);
    const struct queue_session *session = run_session(run)->state;

    state->asked = asked;
    state->row_taken = row;
    state->row = NULL;
    pg_tell(session->pg, with_limits(run, sql), session->is_pooled ? &pooled : &asking,
            run);
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

static void note_peer(struct run *run, const struct pg *pg)
{
    if (pg_address(pg)[0]) {
        run_address(run, pg_address(pg));
        run_phase(run, PHASE_WAIT);
        run_phase_took(run, PHASE_CONNECT, pg_phase_took(pg, PHASE_CONNECT));
        if (pg_phase_took(pg, PHASE_TLS))
            run_phase_took(run, PHASE_TLS, pg_phase_took(pg, PHASE_TLS));
        run_phase_took(run, PHASE_WAIT, pg_phase_took(pg, PHASE_WAIT));
    }
    if (pg_peer(pg))
        run_set_peer(run, tls_peer_copy(pg_peer(pg), run_arena(run)));
}

static void begin(struct run *run)
{
    run_phase(run, PHASE_TRANSFER);
    queue_next(run);
}

static void on_open(void *ctx, struct pg *pg, const struct pg_trouble *why)
{
    struct run *run = ctx;
    struct queue_session *session = run_session(run)->state;

    note_peer(run, pg);
    if (why->trouble.reason == REASON_NONE) {
        begin(run);
        return;
    }
    drop(session);
    if (!session->is_pooled && strstr(why->trouble.detail, "startup parameter")) {
        session->is_pooled = true; /* PgBouncer and its like */
        log_in(run);
        return;
    }
    queue_break(run, &why->trouble);
}

static void log_in(struct run *run)
{
    static const struct pg_events events = {
        .phase = on_phase, .resolved = on_resolved, .open = on_open};
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;
    const struct pg_conf pg_conf = {
        .words = &conf->words,
        .tls = &conf->tls,
        .statement_timeout = state->budget > NSEC_PER_SEC ? state->budget : NSEC_PER_SEC,
        .is_bare = session->is_pooled,
        .is_writing = true,
        .deadline = run_deadline(run),
    };
    struct trouble no_thread = {.reason = REASON_SELF, .is_unknown = true};

    session->pg = pg_open(run_frame(run), &pg_conf, &events, run);
    if (session->pg)
        return;
    snprintf(no_thread.detail, sizeof(no_thread.detail), "%s", pool_no_thread);
    queue_break(run, &no_thread);
}

void queue_postgres_open(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;
    const struct pg_words *words = &conf->words;

    if (words->host_count)
        run_asks(run, words->hosts[0].name, words->hosts[0].port);
    if (!pg_is_open(session->pg)) {
        drop(session);
        log_in(run);
        return;
    }
    state->was_kept = true;
    note_peer(run, session->pg);
    begin(run);
}
