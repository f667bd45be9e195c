/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of who waits for an answer, and one enum of where the link stands, moved in link_move. Called by the queue
 * probe. That the link is broken is told once, a turn later, so that whoever hears of it may close it.
 */
#include "lib/core/redis_link.h"

#include <stdio.h>

#include "lib/core/loop.h"

#define OUT_MAX_BYTES (4u << 20)
#define SHOWN_BYTES 80

struct question {
    redis_link_answer *answer;
    void *ctx;
    const char *command;
    struct question *next;
};

enum link_place { LINK_CONNECTING, LINK_OPEN, LINK_BROKEN, LINK_CLOSED };

struct redis_link {
    struct frame *frame;
    struct arena *arena;
    const struct redis_link_events *events;
    void *ctx;
    enum link_place place;
    struct conn *conn;
    struct resp *reader;
    struct buf out;
    struct question *first, *last;
    struct trouble why;
    bool *is_gone; /* set by close, for whoever calls out and goes on afterwards */
};

static void link_move(struct redis_link *link, enum link_place next)
{
    switch (link->place) {
    case LINK_CONNECTING:
    case LINK_OPEN:
    case LINK_BROKEN:
        link->place = next;
        break;
    case LINK_CLOSED:
        break;
    }
}

static void tell_end(void *ctx)
{
    struct redis_link *link = ctx;

    if (link->place == LINK_BROKEN)
        link->events->end(link->ctx, &link->why);
}

/* Deferred: whoever is told may close the link and end its arena. */
static void break_off(struct redis_link *link, const struct trouble *why)
{
    if (link->place == LINK_BROKEN || link->place == LINK_CLOSED)
        return;
    link->why = *why;
    link_move(link, LINK_BROKEN);
    loop_defer(link->frame->loop, "redis link", tell_end, link);
}

/* The alert of a TLS server that was spoken to in plain text (RFC 8446 §5.1). */
static bool is_tls_alert(struct bytes head)
{
    return head.len >= 2 && head.ptr[0] == 0x15 && head.ptr[1] == 0x03;
}

static void break_protocol(struct redis_link *link, enum resp_next next)
{
    const struct bytes head = resp_head(link->reader);
    struct trouble why = {.reason = REASON_PROTOCOL};
    struct buf shown = BUF_MAX(8 * SHOWN_BYTES);

    buf_add_json(&shown, bytes_slice(head, 0, SHOWN_BYTES));
    if (next == RESP_TOO_LARGE) {
        why.reason = REASON_TOO_LARGE;
        snprintf(why.detail, sizeof(why.detail), "the server sent %s",
                 resp_why(link->reader));
    } else if (is_tls_alert(head)) {
        why.reason = REASON_IS_TLS;
        snprintf(why.detail, sizeof(why.detail),
                 "the server speaks TLS: write rediss:// in the URL");
    } else {
        snprintf(why.detail, sizeof(why.detail),
                 "this is no Redis server: expected an answer in RESP, got %.400s",
                 buf_text(&shown));
    }
    buf_finish(&shown);
    break_off(link, &why);
}

/* False when the link is gone, or of no use any more. */
static bool hand_on(struct redis_link *link, const struct resp_value *value)
{
    struct question *q = link->first;
    bool is_gone = false;

    if (!q) {
        const struct trouble why = {.reason = REASON_PROTOCOL,
                                    .detail = "the server answered what nobody asked"};
        break_off(link, &why);
        return false;
    }
    link->first = q->next;
    if (!link->first)
        link->last = NULL;
    link->is_gone = &is_gone;
    q->answer(q->ctx, value);
    if (is_gone)
        return false;
    link->is_gone = NULL;
    return link->place == LINK_OPEN;
}

static void on_data(void *ctx, struct bytes *in)
{
    struct redis_link *link = ctx;
    const struct resp_value *value = NULL;

    for (;;) {
        const enum resp_next next = resp_next(link->reader, in, &value);
        if (next == RESP_WAITING)
            return;
        if (next != RESP_ANSWER) {
            break_protocol(link, next);
            return;
        }
        if (!hand_on(link, value))
            return;
    }
}

static void on_open(void *ctx)
{
    struct redis_link *link = ctx;

    link_move(link, LINK_OPEN);
    link->events->open(link->ctx);
}

static void on_phase(void *ctx, enum phase phase)
{
    const struct redis_link *link = ctx;
    link->events->phase(link->ctx, phase);
}

static void on_end(void *ctx, const struct trouble *why)
{
    static const struct trouble closed = {
        .reason = REASON_CLOSED,
        .detail = "the server closed the connection before its answer was complete"};

    break_off(ctx, why ? why : &closed);
}

static void buf_end(void *buf)
{
    buf_finish(buf);
}

struct redis_link *redis_link_open(struct frame *f, struct arena *arena,
                                   const struct dial *dial,
                                   const struct redis_link_events *events, void *ctx)
{
    static const struct conn_events conn_events = {.phase = on_phase,
                                                   .open = on_open,
                                                   .tls = on_open,
                                                   .data = on_data,
                                                   .end = on_end};
    struct redis_link *link = arena_alloc(arena, sizeof(*link));

    *link = (struct redis_link){.frame = f,
                                .arena = arena,
                                .events = events,
                                .ctx = ctx,
                                .out = BUF_MAX(OUT_MAX_BYTES)};
    arena_cleanup(arena, buf_end, &link->out);
    link->reader = resp_create(arena);
    link->conn = conn_open(f, arena, dial, &conn_events, link);
    return link;
}

void redis_link_ask(struct redis_link *link, redis_link_answer *answer, void *ctx,
                    const struct bytes *words, size_t count)
{
    struct question *q;

    if (link->place != LINK_OPEN)
        return; /* its end is under way, and told to whoever asks */
    q = arena_alloc(link->arena, sizeof(*q));
    *q = (struct question){.answer = answer,
                           .ctx = ctx,
                           .command =
                               arena_strndup(link->arena, words[0].ptr, words[0].len)};
    if (link->last)
        link->last->next = q;
    else
        link->first = q;
    link->last = q;
    resp_command(&link->out, words, count);
}

void redis_link_flush(struct redis_link *link)
{
    if (link->place == LINK_OPEN && link->out.len)
        conn_write(link->conn, buf_bytes(&link->out));
    buf_clear(&link->out);
}

bool redis_link_is_open(const struct redis_link *link)
{
    return link && link->place == LINK_OPEN;
}

const char *redis_link_waits(const struct redis_link *link)
{
    return link->first ? link->first->command : NULL;
}

const struct conn *redis_link_conn(const struct redis_link *link)
{
    return link->conn;
}

void redis_link_close(struct redis_link *link)
{
    if (!link || link->place == LINK_CLOSED)
        return;
    if (link->is_gone)
        *link->is_gone = true;
    link_move(link, LINK_CLOSED);
    loop_forget(link->frame->loop, link);
    conn_close(link->conn);
    link->conn = NULL;
}
