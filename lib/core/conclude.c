/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a run's thinking: the type's report, expectations, the frame's samples, and texts without
 * secrets; and the sentence for a run that nobody answered in time. Called once a run by the runner (and by
 * scripts), which then hands verdict and batch over.
 */
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"
#include "lib/core/resolve.h"
#include "lib/core/run_impl.h"
#include "lib/core/secret.h"

/* Whom we asked, in words: the address when there is one, else the name. */
static const char *whom(struct run *run)
{
    const struct dial *dial = run_dial(run);

    if (run->verdict.address[0])
        return run->verdict.address;
    if (dial && dial->unix_path)
        return dial->unix_path;
    if (dial && dial->host)
        return arena_printf(run->arena, "%s:%d", dial->host, dial->port);
    if (run->asked_host && !run->asked_port)
        return run->asked_host;
    if (run->asked_host)
        return arena_printf(run->arena, "%s:%d", run->asked_host, run->asked_port);
    return "the target";
}

static const char *connected_after(struct run *run)
{
    return duration_text_short(run->arena, run_phase_time(run, PHASE_RESOLVE) +
                                               run_phase_time(run, PHASE_CONNECT));
}

/* Silence is the name's fault only when the resolver spoke about others lately (docs/architecture.md, "Whose fault it is"). */
static void answer_lookup_timeout(struct run *run, const char *from, const char *limit)
{
    const struct dial *dial = run_dial(run);
    const struct resolver *resolver = run->frame->resolver;
    const char *host = dial && dial->host ? dial->host : run->asked_host;

    if (resolver && !resolver_vouches(resolver, host ? host : ""))
        run_unknown(run, REASON_DNS_TIMEOUT,
                    "the name of %s was still being looked up after %s, and no other "
                    "name was found "
                    "lately: the resolver is silent",
                    from, limit);
    else
        run_down(run, REASON_DNS_TIMEOUT,
                 "no answer from %s within %s; its name was still being looked up", from,
                 limit);
}

/* Where it stood when the deadline came. */
static void answer_in_phase(struct run *run, const char *from, const char *limit)
{
    const char *waited = duration_text_short(run->arena, run_phase_time(run, run->phase));

    switch (run->phase) {
    case PHASE_RESOLVE:
        answer_lookup_timeout(run, from, limit);
        break;
    case PHASE_CONNECT:
        run_down(
            run, REASON_TIMEOUT,
            "no connection to %s within %s; tried for %s: a firewall drops it, or what "
            "listens there hangs",
            from, limit, waited);
        break;
    case PHASE_TLS:
        run_down(run, REASON_TIMEOUT,
                 "no answer from %s within %s; connected after %s, then the TLS "
                 "handshake did not end",
                 from, limit, connected_after(run));
        break;
    case PHASE_WAIT:
        if (run->is_kept)
            run_down(
                run, REASON_TIMEOUT,
                "no answer from %s within %s; waited on the connection kept from before",
                from, limit);
        else
            run_down(run, REASON_TIMEOUT,
                     "no answer from %s within %s; connected after %s, then waited for "
                     "the first byte",
                     from, limit, connected_after(run));
        break;
    case PHASE_TRANSFER:
        run_down(
            run, REASON_TIMEOUT,
            "no complete answer from %s within %s; connected after %s, and the last %s "
            "went into reading",
            from, limit, connected_after(run), waited);
        break;
    case PHASE_COUNT:
        break;
    }
}

void run_answer_timeout(struct run *run)
{
    run->has_timed_out = !run->is_answered;
    if (run->talk)
        talk_report(run);
    const char *from = whom(run);
    const char *limit = duration_text_short(run->arena, run->timeout);

    if (run->is_in_phase)
        answer_in_phase(run, from, limit);
    else
        run_down(run,
                 run->deadline_reason != REASON_NONE ? run->deadline_reason
                                                     : REASON_TIMEOUT,
                 "no answer from %s within %s", from, limit);
}

static void list_items(struct run *run)
{
    struct verdict *v = &run->verdict;
    size_t i = 0;

    if (!v->item_count)
        return;
    struct item *items = arena_alloc(run->arena, v->item_count * sizeof(*items));
    for (const struct item_link *link = run->items; link; link = link->next)
        items[i++] = link->item;
    v->items = items;
}

static const char *redacted(const struct run *run, const char *text)
{
    return text[0] ? secrets_redacted(run->frame->secrets, run->arena, text) : text;
}

/* Whatever leaves the run was read from peers or configuration: it may quote a secret. */
static void redact(struct run *run)
{
    struct verdict *v = &run->verdict;

    if (!run->frame->secrets)
        return;
    v->address = redacted(run, v->address);
    v->detail = redacted(run, v->detail);
    v->last_log = redacted(run, v->last_log);
    for (size_t i = 0; i < v->trace_count; i++)
        run->trace[i].text = redacted(run, run->trace[i].text);
    for (struct item_link *link = run->items; link; link = link->next) {
        link->item.detail = redacted(run, link->item.detail);
        link->item.last_log = redacted(run, link->item.last_log);
    }
}

static void trace_end(struct run *run)
{
    if (!run->type->trace || run->is_stand_in)
        return;
    if (run->verdict.health != HEALTH_UP)
        run->is_traced = true;
    if (run->is_traced)
        run->type->trace(run);
}

void run_conclude(struct run *run)
{
    struct verdict *v = &run->verdict;

    if (!run->is_answered)
        run_unknown(run, REASON_SELF,
                    "the probe ended without an answer: please report this as a bug");
    run_phase_end(run);
    v->duration = mono_since(mono_read(), run->started);
    v->seq = ++run->session->last_seq;
    if (run->talk)
        talk_report(run);
    if (run->type->report && !run->is_stand_in)
        run->type->report(run);
    run_judge(run, v->started);
    if (run->judged)
        run->judged(run->ctx, run, v);
    trace_end(run);
    redact(run);
    list_items(run);
    v->trace = run->trace;

    const bool is_blackbox = run->origin == ORIGIN_ONCE;
    if (v->health == HEALTH_UNKNOWN && !is_blackbox) {
        run->batch = batch_create(run->arena);
        return;
    }
    run_add_frame_samples(run);
    run_move_groups(run);
}
