/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives one dialogue: opens its connection, or takes the one kept from before, hands every event to the probe
 * and does what it returns. Started by the runner, and ends by run_finish. Never times out and never retries;
 * a kept connection that turns out to be dead is no answer, so a fresh one is opened.
 */
#include "lib/core/talk.h"

#include <assert.h>
#include <string.h>

#include "lib/core/pool.h"
#include "lib/core/talk_impl.h"
#include "lib/core/tls.h"

static bool talk_do(struct dialogue *t, enum talk next, bool is_all_taken);

const struct dial *run_dial(const struct run *run)
{
    return run->talk ? run->talk->dial : NULL;
}

void talk_say(struct run *run, struct bytes out)
{
    struct dialogue *t = run->talk;

    /* A probe that greets a peer which is gone already hears of it by TALK_EOF. */
    if (t->conn && conn_is_open(t->conn))
        conn_write(t->conn, out);
}

static void talk_locate(struct dialogue *t)
{
    struct run *run = t->run;
    const struct address *address = t->conn ? conn_address(t->conn) : NULL;
    const struct resolution *resolution = t->conn ? conn_resolution(t->conn) : NULL;
    char text[ADDRESS_TEXT_SIZE];

    if (t->dial->unix_path) {
        run->verdict.address = t->dial->unix_path;
        return;
    }
    run_resolved(run, resolution ? resolution->took : run_phase_time(run, PHASE_RESOLVE),
                 address);
    if (address && !run->verdict.address[0])
        run_address(run, address_format(address, text));
}

/* What the frame knows of the connection goes to the run, once: before it ends, or at the deadline. */
void talk_report(struct run *run)
{
    struct dialogue *t = run->talk;

    if (t->is_reported)
        return;
    t->is_reported = true;
    talk_locate(t);
    if (t->conn && conn_peer(t->conn))
        run->peer = conn_peer(t->conn);
    /* blackbox_exporter shows no certificate of a handshake that failed; on a schedule it is what one alerts on. */
    if (run->peer && run->peer->chain_count &&
        (t->is_secure || run->origin != ORIGIN_ONCE))
        tls_emit(run, run->peer, run->origin != ORIGIN_ONCE);
}

void talk_move(struct dialogue *t, enum talk_place next)
{
    switch (t->place) {
    case TALK_AT_CONNECT:
    case TALK_AT_DIALOGUE: /* to connecting again: a kept connection was dead, or it is not the one */
        break;
    case TALK_AT_HANDSHAKE:
    case TALK_AT_OFFLOAD:
        assert(next == TALK_AT_DIALOGUE || next == TALK_AT_END);
        break;
    case TALK_AT_END:
        assert(!"a dialogue that has ended");
        break;
    }
    t->place = next;
}

void talk_end(struct dialogue *t, bool may_keep)
{
    struct run *run = t->run;
    struct conn *conn = t->conn;

    talk_report(run);
    talk_let_go(t);
    talk_move(t, TALK_AT_END);
    t->conn = NULL;
    const bool is_good =
        run->verdict.health == HEALTH_UP || run->verdict.health == HEALTH_DEGRADED;
    const bool is_wanted = run->type->keeps_connection && !run->has_own_session;
    if (!may_keep || !is_good || !is_wanted || !conn || !idle_keep(run->session, conn)) {
        conn_close(conn);
        idle_lost(run->session);
    }
    run_finish(run);
}

/* On a pool thread: the run stays as it is until the job is done. */
static void compute(void *ctx)
{
    struct run *run = ctx;
    run->offload(run->offload_ctx);
}

static void on_computed(void *ctx)
{
    struct run *run = ctx;
    struct dialogue *t = run->talk;

    run->job = NULL;
    if (t->place == TALK_AT_OFFLOAD) {
        struct bytes in = conn_unread(t->conn);
        const size_t unread = in.len;
        talk_move(t, TALK_AT_DIALOGUE);
        const enum talk next = run->type->talk(run, TALK_RESUMED, &in);
        /* First: what comes next may give the connection away, or open another. */
        conn_consume(t->conn, unread - in.len);
        talk_do(t, next, in.len == 0);
        if (t->place == TALK_AT_DIALOGUE && t->has_ended)
            talk_ended(t);
    }
    run_release(run);
}

static void talk_offload(struct dialogue *t)
{
    struct run *run = t->run;

    talk_move(t, TALK_AT_OFFLOAD);
    run_hold(run);
    run->job = pool_submit(run->frame->pool, run->type->name, compute, on_computed, run);
    if (run->job)
        return;
    run_unknown(run, REASON_SELF,
                "too many computations are waiting for healthd's threads");
    talk_end(t, false);
    run_release(run);
}

static void talk_secure(struct dialogue *t)
{
    if (t->has_ended) {
        run_down(t->run, REASON_CLOSED,
                 "%s closed the connection before the TLS handshake",
                 t->run->verdict.address);
        talk_end(t, false);
        return;
    }
    talk_move(t, TALK_AT_HANDSHAKE);
    conn_start_tls(t->conn);
}

static void talk_elsewhere(struct dialogue *t)
{
    const struct run *run = t->run;

    if (run->named.host)
        places_name(&t->places, run->named);
    talk_pass(t, (struct place_why){.reason = run->elsewhere_reason,
                                    .is_word = true,
                                    .text = run->elsewhere_why});
}

/* True when the probe waits for more; else the run may be gone. */
static bool talk_do(struct dialogue *t, enum talk next, bool is_all_taken)
{
    switch (next) {
    case TALK_MORE:
        return true;
    case TALK_DONE:
        talk_end(t, is_all_taken);
        break;
    case TALK_CLOSE:
        talk_end(t, false);
        break;
    case TALK_STARTTLS:
        talk_secure(t);
        break;
    case TALK_OFFLOAD:
        talk_offload(t);
        break;
    case TALK_ELSEWHERE:
        talk_elsewhere(t);
        break;
    }
    return false;
}

static bool talk_feed(struct dialogue *t, enum talk_event event, struct bytes *in)
{
    const enum talk next = t->run->type->talk(t->run, event, in);
    return talk_do(t, next, in->len == 0);
}

void talk_ended(struct dialogue *t)
{
    struct run *run = t->run;

    if (run->is_kept && !t->has_heard) {
        talk_reopen(t);
        return;
    }
    if (!t->has_heard && places_has_next(&t->places)) {
        const struct trouble *why = t->trouble;
        talk_pass(
            t, (struct place_why){.reason = why ? why->reason : REASON_CLOSED,
                                  .is_unknown = why && why->is_unknown,
                                  .text = why ? why->detail
                                              : "closed the connection without a word"});
        return;
    }
    if (t->trouble && t->places.at > 0 && !t->has_heard) {
        talk_pass(t, (struct place_why){.reason = t->trouble->reason,
                                        .is_unknown = t->trouble->is_unknown,
                                        .text = t->trouble->detail});
        return;
    }
    if (t->trouble) {
        run_trouble(run, t->trouble);
        talk_end(t, false);
        return;
    }
    if (!t->has_told_end) {
        struct bytes in = conn_unread(t->conn);
        t->has_told_end = true;
        if (!talk_feed(t, TALK_EOF, &in))
            return;
    }
    run_down(run, REASON_CLOSED,
             t->has_heard ? "%s closed the connection before its answer was complete"
                          : "%s closed the connection without a word",
             run->verdict.address);
    talk_end(t, false);
}

static void on_phase(void *ctx, enum phase phase)
{
    struct dialogue *t = ctx;
    run_phase(t->run, phase);
}

static void on_note(void *ctx, const char *key, const char *text)
{
    struct dialogue *t = ctx;
    run_trace(t->run, key, "%s", text);
}

static void on_open(void *ctx)
{
    struct dialogue *t = ctx;
    struct bytes nothing = {0};

    t->is_secure = t->dial->is_tls;
    t->run->peer = conn_peer(t->conn);
    talk_locate(t);
    talk_move(t, TALK_AT_DIALOGUE);
    talk_feed(t, TALK_OPEN, &nothing);
}

static void on_tls(void *ctx)
{
    struct dialogue *t = ctx;
    struct bytes nothing = {0};

    t->is_secure = true;
    t->run->peer = conn_peer(t->conn);
    talk_move(t, TALK_AT_DIALOGUE);
    talk_feed(t, TALK_RESUMED, &nothing);
}

static void on_data(void *ctx, struct bytes *in)
{
    struct dialogue *t = ctx;

    if (t->place != TALK_AT_DIALOGUE)
        return;
    if (!t->has_heard)
        talk_heard(t);
    t->has_heard = true;
    talk_feed(t, TALK_DATA, in);
}

static void on_end(void *ctx, const struct trouble *why)
{
    struct dialogue *t = ctx;

    t->has_ended = true;
    if (why)
        t->trouble = arena_memdup(t->run->arena, why, sizeof(*why));
    if (t->conn && t->place != TALK_AT_OFFLOAD)
        talk_ended(t);
}

static const struct conn_events quiet_events = {
    .phase = on_phase,
    .open = on_open,
    .tls = on_tls,
    .data = on_data,
    .end = on_end,
};

static const struct conn_events traced_events = {
    .phase = on_phase,
    .open = on_open,
    .tls = on_tls,
    .data = on_data,
    .end = on_end,
    .note = on_note,
};

const struct conn_events *talk_events(const struct dialogue *t)
{
    return t->run->is_traced ? &traced_events : &quiet_events;
}

void talk_start(struct run *run, const struct dial *dial)
{
    struct dialogue *t = arena_alloc(run->arena, sizeof(*t));
    struct bytes nothing = {0};

    *t = (struct dialogue){.run = run, .dial = dial};
    run->talk = t;
    places_init(&t->places, run->arena, dial);
    t->conn = idle_take(run->session, run->arena, talk_events(t), t);
    if (!t->conn) {
        talk_open(t);
        return;
    }
    run->is_kept = true;
    run->peer = conn_peer(t->conn);
    t->is_secure = run->peer != NULL;
    talk_locate(t);
    run_trace(run, "kept", "asking %s on the connection kept from before",
              run->verdict.address);
    run_phase(run, PHASE_WAIT);
    talk_move(t, TALK_AT_DIALOGUE);
    talk_feed(t, TALK_OPEN, &nothing);
}

void talk_cancel(struct run *run)
{
    struct dialogue *t = run->talk;

    if (t->place == TALK_AT_END)
        return;
    talk_move(t, TALK_AT_END);
    talk_let_go(t);
    conn_close(t->conn);
    t->conn = NULL;
    idle_lost(run->session);
    run_finish(run);
}
