/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question at a time on a connection that is logged in: sent without blocking, its rows handed on in slices once
 * they are there, with a cap on what a server may send. Called by probes through pg.h.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/pg_impl.h"

#define SLICE (2 * NSEC_PER_MSEC)

static void on_ready(void *ctx, int events);

static void listen_for(struct pg *pg, int events)
{
    if (!pg->watch)
        pg->watch =
            loop_watch_create(pg->frame->loop, "pg", pg->relay.server, on_ready, pg);
    watch_set(pg->watch, events);
}

static void unwatch(struct pg *pg)
{
    watch_destroy(pg->watch);
    pg->watch = NULL;
}

void pg_ask_stop(struct pg *pg)
{
    unwatch(pg);
    PQclear(pg->answer.rows);
    pg->answer.rows = NULL;
    pg->ended = NULL;
}

static void finish(struct pg *pg)
{
    const struct pg_asking *asking = pg->answer.asking;
    void *ctx = pg->answer.ctx;
    struct pg_trouble why = pg->answer.why;

    why.is_broken = why.is_broken || PQstatus(pg->conn) == CONNECTION_BAD;
    if (why.is_broken)
        unwatch(pg);
    else if (pg->watch)
        watch_set(pg->watch, WATCH_READ); /* as the next question will */
    pg_move(pg, why.is_broken ? PG_BROKEN : PG_IDLE);
    asking->end(ctx, &why); /* may ask again, or end pg */
}

static void break_off(struct pg *pg)
{
    struct pg_answer *a = &pg->answer;
    char text[128];

    if (a->why.trouble.reason == REASON_NONE && pg->relay.failed) {
        snprintf(text, sizeof(text), "could not receive data from server: %s",
                 strerror(pg->relay.failed));
        pg_trouble_read(text, pg->address, &a->why);
    } else if (a->why.trouble.reason == REASON_NONE) {
        pg_trouble_read(PQerrorMessage(pg->conn), pg->address, &a->why);
    }
    a->why.is_broken = true;
    finish(pg);
}

static void on_finish(void *ctx)
{
    finish(ctx);
}

/* False when the slice was over first. */
static bool hand_on_rows(struct pg *pg, struct mono begin)
{
    struct pg_answer *a = &pg->answer;
    const int columns = PQnfields(a->rows);
    const int count = a->why.trouble.reason == REASON_NONE ? PQntuples(a->rows) : 0;
    const struct pg_row row = {
        a, (size_t)(columns > PG_MAX_COLUMNS ? PG_MAX_COLUMNS : columns)};

    while (a->asking->row && a->row < count) {
        a->asking->row(a->ctx, &row);
        a->row++;
        if (mono_since(loop_now_exact(pg->frame->loop), begin) > SLICE)
            return false;
    }
    PQclear(a->rows);
    a->rows = NULL;
    a->received = 0;
    if (a->asking->answered)
        a->asking->answered(a->ctx);
    return true;
}

static void take_result(struct pg *pg, PGresult *result)
{
    struct pg_answer *a = &pg->answer;

    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        a->rows = result;
        a->row = 0;
        return;
    case PGRES_BAD_RESPONSE:
    case PGRES_FATAL_ERROR:
        pg_trouble_result(result, &a->why);
        break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        pg_trouble_set(&a->why, REASON_PROTOCOL, false,
                       "COPY is no question: ask with SELECT");
        a->why.is_broken = true;
        break;
    default:
        break; /* a command's end */
    }
    PQclear(result);
}

/* False: libpq has failed. ret_is_sent: the server has it all. */
static bool send_question(struct pg *pg, bool *ret_is_sent)
{
    int unsent;

    do {
        unsent = PQflush(pg->conn);
        *ret_is_sent = pg_relay_send(&pg->relay) && unsent == 0;
    } while (unsent == 1 && *ret_is_sent);
    return unsent >= 0;
}

static void take_results(void *ctx);

static void take_later(struct pg *pg, void (*take)(void *ctx))
{
    watch_set(pg->watch, 0);
    loop_defer(pg->frame->loop, "pg rows", take, pg);
}

/* The rest of a portion that libpq had no room for. */
static void take_on(void *ctx)
{
    struct pg *pg = ctx;

    if (PQconsumeInput(pg->conn))
        take_results(pg);
    else
        break_off(pg);
}

/* Takes what is there, for a slice of time; then the loop's others come first. */
static void take_results(void *ctx)
{
    struct pg *pg = ctx;
    struct pg_answer *a = &pg->answer;
    const struct mono begin = loop_now_exact(pg->frame->loop);
    bool is_sent;

    for (;;) {
        if (a->rows && !hand_on_rows(pg, begin)) {
            take_later(pg, take_results);
            return;
        }
        if (PQisBusy(pg->conn))
            break;
        PGresult *result = PQgetResult(pg->conn);
        if (!result) {
            finish(pg);
            return;
        }
        take_result(pg, result);
        if (a->why.is_broken || PQstatus(pg->conn) == CONNECTION_BAD) {
            break_off(pg);
            return;
        }
    }
    if (pg_relay_untaken(&pg->relay, PQsocket(pg->conn)))
        take_later(pg, take_on);
    else if (send_question(pg, &is_sent))
        listen_for(pg, is_sent ? WATCH_READ : WATCH_READ | WATCH_WRITE);
    else
        break_off(pg);
}

/* A portion of what came. False: more than any answer may be. */
static bool receive(struct pg *pg, size_t *ret_len)
{
    *ret_len = pg_relay_take(&pg->relay);
    pg->answer.received += *ret_len;
    return pg->answer.received <= PG_MAX_ANSWER_BYTES;
}

/* A notice, a parameter that changed, the goodbye of a server that shuts down, or its end. */
static void on_idle(struct pg *pg)
{
    void (*ended)(void *ctx, bool orderly) = pg->ended;
    void *ctx = pg->ended_ctx;
    size_t len;
    bool is_taken = receive(pg, &len);

    while (is_taken && PQconsumeInput(pg->conn) && len) {
        PQclear(PQisBusy(pg->conn) ? NULL : PQgetResult(pg->conn));
        is_taken = PQstatus(pg->conn) == CONNECTION_OK;
        if (is_taken && !pg_relay_untaken(&pg->relay, PQsocket(pg->conn)))
            return;
    }
    const bool orderly = len > 0 || !pg->relay.failed;
    unwatch(pg);
    pg_move(pg, PG_BROKEN);
    pg->ended = NULL;
    ended(ctx, orderly);
}

static void on_ready(void *ctx, int events)
{
    struct pg *pg = ctx;
    struct pg_answer *a = &pg->answer;
    size_t len;

    if (pg->state == PG_IDLE && !pg->ended) {
        watch_set(pg->watch, 0); /* it is for the next question to see */
        return;
    }
    if (pg->state == PG_IDLE) {
        on_idle(pg);
        return;
    }
    if ((events & (WATCH_READ | WATCH_ERROR)) && !receive(pg, &len)) {
        pg_trouble_set(&a->why, REASON_TOO_LARGE, false,
                       "the answer is larger than %u MiB", PG_MAX_ANSWER_BYTES >> 20);
        break_off(pg);
        return;
    }
    take_on(pg);
}

static void begin(struct pg *pg, const struct pg_asking *asking, void *ctx, int is_put)
{
    bool is_sent;

    pg->answer = (struct pg_answer){.asking = asking, .ctx = ctx};
    pg->ended = NULL;
    pg_move(pg, PG_ASKING);
    if (!is_put || !send_question(pg, &is_sent)) {
        pg_trouble_read(PQerrorMessage(pg->conn), pg->address, &pg->answer.why);
        pg->answer.why.is_broken = true;
        loop_defer(pg->frame->loop, "pg", on_finish, pg);
        return;
    }
    listen_for(pg, is_sent ? WATCH_READ : WATCH_READ | WATCH_WRITE);
}

void pg_ask(struct pg *pg, const char *sql, const struct pg_asking *asking, void *ctx)
{
    assert(pg->state == PG_IDLE);
    begin(pg, asking, ctx,
          PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 0));
}

void pg_tell(struct pg *pg, const char *sql, const struct pg_asking *asking, void *ctx)
{
    assert(pg->state == PG_IDLE);
    begin(pg, asking, ctx, PQsendQuery(pg->conn, sql));
}

void pg_watch(struct pg *pg, void (*ended)(void *ctx, bool orderly), void *ctx)
{
    assert(pg->state == PG_IDLE);
    pg->ended = ended;
    pg->ended_ctx = ctx;
    listen_for(pg, WATCH_READ);
}

bool pg_take_notice(struct pg *pg, struct arena *arena, struct pg_notice *ret_notice)
{
    PGnotify *notify = PQnotifies(pg->conn);

    if (!notify)
        return false;
    *ret_notice = (struct pg_notice){
        .channel = arena_strdup(arena, notify->relname),
        .payload = bytes_of(arena_strdup(arena, notify->extra)),
    };
    PQfreemem(notify);
    return true;
}

/* ---- rows ---- */

const char *pg_row_name(const struct pg_row *row, size_t column)
{
    return PQfname(row->answer->rows, (int)column);
}

/* The types of pg_type.dat that are numbers; what else is one is text that reads as a number. */
enum pg_kind pg_row_kind(const struct pg_row *row, size_t column)
{
    switch (PQftype(row->answer->rows, (int)column)) {
    case 16: /* bool */
        return PG_TRUTH;
    case 20: /* int8 */
    case 21:
    case 23:
    case 26: /* oid */
    case 700:
    case 701:
    case 1700: /* numeric */
        return PG_NUMBER;
    default:
        return PG_TEXT;
    }
}

bool pg_row_is_null(const struct pg_row *row, size_t column)
{
    return PQgetisnull(row->answer->rows, row->answer->row, (int)column);
}

struct bytes pg_row_text(const struct pg_row *row, size_t column)
{
    const PGresult *rows = row->answer->rows;
    const int at = row->answer->row;
    return (struct bytes){PQgetvalue(rows, at, (int)column),
                          (size_t)PQgetlength(rows, at, (int)column)};
}
