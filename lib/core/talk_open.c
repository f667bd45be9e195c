/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a dialogue comes to a connection: the places of its service are asked for, then each place is tried until one
 * is heard and wanted. Called by talk.c. Never judges an answer, and has no retries: a place is asked once a run.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"
#include "lib/core/loop.h"
#include "lib/core/talk.h"
#include "lib/core/talk_impl.h"

#define PLACE_MIN_TIME (250 * NSEC_PER_MSEC)

const struct srv *run_srv(const struct run *run)
{
    return run->talk ? run->talk->places.srv : NULL;
}

void talk_let_go(struct dialogue *t)
{
    timer_destroy(t->timer);
    t->timer = NULL;
    srv_query_cancel(t->srv);
    t->srv = NULL;
}

void talk_heard(struct dialogue *t)
{
    timer_destroy(t->timer);
    t->timer = NULL;
}

/* ---- a place that is silent ---- */

static void on_silence(void *ctx)
{
    struct dialogue *t = ctx;

    if (t->place != TALK_AT_END)
        talk_pass(t,
                  (struct place_why){.reason = REASON_TIMEOUT,
                                     .text = "no answer while others wait to be asked"});
}

/* A place that is not the last gets its share of the time that is left. */
static void limit_place(struct dialogue *t)
{
    struct loop *loop = t->run->frame->loop;
    nsec share = run_left(t->run) / (nsec)places_left(&t->places);

    if (!places_has_next(&t->places))
        return;
    if (share < PLACE_MIN_TIME)
        share = PLACE_MIN_TIME;
    if (!t->timer)
        t->timer = loop_timer_create(loop, "talk", on_silence, t);
    timer_at(t->timer, mono_add(loop_now_exact(loop), share));
}

/* ---- the service ---- */

static void on_srv(void *ctx, const struct srv *srv)
{
    struct dialogue *t = ctx;
    struct run *run = t->run;

    t->srv = NULL;
    run_resolved(run, srv->took, NULL);
    if (srv->reason != REASON_NONE) {
        const struct trouble why = {.reason = srv->reason, .is_unknown = srv->is_unknown};
        struct trouble *trouble = arena_memdup(run->arena, &why, sizeof(why));
        memcpy(trouble->detail, srv->detail, sizeof(srv->detail));
        run_trouble(run, trouble);
        talk_end(t, false);
        return;
    }
    places_set_srv(&t->places, arena_memdup(run->arena, srv, sizeof(*srv)));
    run_trace(run, "srv", "%zu places, the first %s:%d", srv->count, srv->places[0].host,
              srv->places[0].port);
    talk_open(t);
}

static void find_srv(struct dialogue *t)
{
    struct run *run = t->run;
    const struct dial *dial = t->places.base;

    run_phase(run, PHASE_RESOLVE);
    t->srv = resolve_srv(run->frame->resolver,
                         arena_printf(run->arena, "%s.%s", dial->srv, dial->host),
                         dial->host, on_srv, t);
}

/* ---- opening ---- */

void talk_open(struct dialogue *t)
{
    struct run *run = t->run;

    if (t->places.base->srv && !t->places.srv) {
        find_srv(t);
        return;
    }
    t->dial = places_dial(&t->places);
    limit_place(t);
    t->conn = conn_open(run->frame, run->arena, t->dial, talk_events(t), t);
    if (t->has_ended)
        talk_ended(t);
}

/* Nothing of the connection before is left; the probe starts again. */
static void open_afresh(struct dialogue *t)
{
    struct run *run = t->run;

    conn_close(t->conn);
    t->conn = NULL;
    t->has_ended = t->has_told_end = t->has_heard = t->is_secure = false;
    t->trouble = NULL;
    run->is_kept = false;
    run->named = (struct dial_place){0};
    run->peer = NULL;
    run->verdict.address = "";
    if (run->state)
        memset(run->state, 0, run->type->state_size);
    talk_move(t, TALK_AT_CONNECT);
    talk_open(t);
}

void talk_reopen(struct dialogue *t)
{
    run_trace(t->run, "kept",
              "the connection kept from before was dead; opening a new one");
    open_afresh(t);
}

void talk_pass(struct dialogue *t, struct place_why why)
{
    struct run *run = t->run;

    if (run->is_kept) { /* of whatever place it was: all are asked afresh */
        run_trace(run, "kept", "the peer of the connection kept from before %s",
                  why.text);
        open_afresh(t);
        return;
    }
    talk_heard(t);
    run_trace(run, "passed", "%s %s", places_text(&t->places), why.text);
    places_note(&t->places, why);
    if (places_has_next(&t->places)) {
        places_move(&t->places);
        open_afresh(t);
        return;
    }
    why = places_verdict(&t->places);
    if (why.is_unknown)
        run_unknown(run, why.reason, "%s", why.text);
    else
        run_down(run, why.reason, "%s", why.text);
    talk_end(t, false);
}
