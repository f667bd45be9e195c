/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pings: whether a host answers an echo request, and how fast. Drop-in for blackbox_exporter's icmp prober. Asks the
 * kernel for an unprivileged socket first. One request unless `count` says more; a lost one is not sent again.
 */
#include "probes/icmp.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/core/conn.h"

#define LAST_WAIT NSEC_PER_SEC /* with `count`: for the reply to the last request */
#define BEFORE_DEADLINE (20 * NSEC_PER_MSEC)

static void let_go(struct icmp_state *state)
{
    query_cancel(state->query);
    state->query = NULL;
    timer_destroy(state->timer);
    state->timer = NULL;
    if (!state->watch)
        return;
    watch_destroy(state->watch);
    state->watch = NULL;
    close(state->socket.fd);
}

static void end(struct run *run)
{
    let_go(run_state(run));
    run_finish(run);
}

static void conclude(struct run *run)
{
    const struct icmp_conf *conf = run_conf(run);
    const struct icmp_state *state = run_state(run);

    if (state->received)
        run_up(run);
    else
        run_down(run, REASON_TIMEOUT,
                 "none of %lld echo requests to %s was answered: is the host gone, or a "
                 "firewall dropping them?",
                 (long long)state->sent, conf->address);
    end(run);
}

/* ---- sending ---- */

static void on_timer(void *ctx);

static void timer_in(struct run *run, nsec wait)
{
    struct icmp_state *state = run_state(run);
    struct loop *loop = run_frame(run)->loop;
    const nsec most = run_left(run) - BEFORE_DEADLINE;

    if (!state->timer)
        state->timer = loop_timer_create(loop, "icmp", on_timer, run);
    wait = wait < most ? wait : most;
    timer_at(state->timer, mono_add(loop_now_exact(loop), wait > 0 ? wait : 0));
}

static void send_failed(struct run *run, int error)
{
    const struct icmp_conf *conf = run_conf(run);
    struct err e = {0};

    err_errno(&e, error, "an echo request to %.200s could not be sent", conf->address);
    if (error == EPERM || error == EACCES || error == ENOBUFS || error == ENOMEM)
        run_unknown(run, REASON_SELF, "%s", e.text);
    else
        run_down(run, REASON_UNREACHABLE, "%s", e.text);
    end(run);
}

/* False when the run has ended. */
static bool send_one(struct run *run)
{
    const struct icmp_conf *conf = run_conf(run);
    struct icmp_state *state = run_state(run);
    struct buf packet = BUF_MAX(ICMP_MAX_PACKET);

    state->echo.sequence = (uint16_t)(state->first + state->sent);
    icmp_request(&state->echo, &packet);
    state->sent_at[state->sent] = mono_read();
    const ptrdiff_t sent = send(state->socket.fd, packet.ptr, packet.len, MSG_NOSIGNAL);
    const int error = errno;
    buf_finish(&packet);
    if (sent < 0) {
        send_failed(run, error);
        return false;
    }
    state->sent++;
    if (conf->count > 1)
        timer_in(run, state->sent < conf->count ? conf->packet_interval : LAST_WAIT);
    return true;
}

static void on_timer(void *ctx)
{
    struct run *run = ctx;
    const struct icmp_conf *conf = run_conf(run);
    const struct icmp_state *state = run_state(run);

    if (state->sent < conf->count && run_left(run) > 2 * BEFORE_DEADLINE)
        send_one(run);
    else
        conclude(run);
}

/* ---- receiving ---- */

static void take_reply(struct run *run, uint16_t sequence, int ttl)
{
    struct icmp_state *state = run_state(run);
    const uint16_t at = (uint16_t)(sequence - state->first);

    if (state->got[at])
        return;
    state->got[at] = true;
    state->received++;
    state->ttl = ttl;
    state->rtt += mono_since(mono_read(), state->sent_at[at]);
    run_trace(run, "reply", "sequence %u, ttl %d, after %.3f ms", at + 1u, ttl,
              nsec_to_sec(mono_since(mono_read(), state->sent_at[at])) * 1e3);
}

static void on_ready(void *ctx, int events)
{
    struct run *run = ctx;
    const struct icmp_conf *conf = run_conf(run);
    struct icmp_state *state = run_state(run);
    enum reason reason = REASON_NONE;
    struct err e = {0};
    uint16_t sequence;
    int ttl = -1;

    for (int i = 0; i < ICMP_MAX_COUNT; i++) { /* then others have their turn */
        const ptrdiff_t got = icmp_receive(&state->socket, &state->to, state->packet,
                                           ICMP_MAX_PACKET, &ttl, &reason, &e);
        if (got == 0)
            break;
        if (got < 0) {
            run_down(run, reason, "%s", e.text);
            end(run);
            return;
        }
        const struct bytes in = {state->packet, (size_t)got};
        if (icmp_is_reply(&state->echo, state->socket.is_raw, in, state->first,
                          &sequence))
            take_reply(run, sequence, ttl);
    }
    if (state->received == conf->count)
        conclude(run);
}

/* ---- opening ---- */

static void not_allowed(struct run *run)
{
    run_unknown(run, REASON_SELF,
                "healthd may not send pings: its group is not in the sysctl "
                "net.ipv4.ping_group_range, and it has no CAP_NET_RAW; with Docker write "
                "`sysctls: {net.ipv4.ping_group_range: \"0 2147483647\"}` for its "
                "container, with systemd AmbientCapabilities=CAP_NET_RAW and "
                "CapabilityBoundingSet=CAP_NET_RAW in its unit (`systemctl edit "
                "healthd`)");
    end(run);
}

static uint16_t random_number(void)
{
    uint16_t number;

    return getrandom(&number, sizeof(number), GRND_NONBLOCK) == sizeof(number)
               ? number
               : (uint16_t)mono_read().ns;
}

static void open_failed(struct run *run, enum icmp_opened opened, const struct err *e)
{
    if (opened == ICMP_NOT_ALLOWED) {
        not_allowed(run);
        return;
    }
    if (opened == ICMP_NO_ROUTE)
        run_down(run, REASON_UNREACHABLE, "%s", e->text);
    else
        run_unknown(run, REASON_SELF, "%s", e->text);
    end(run);
}

static void ping(struct run *run, const struct address *to)
{
    const struct icmp_conf *conf = run_conf(run);
    struct icmp_state *state = run_state(run);
    char text[ADDRESS_TEXT_SIZE];
    struct err e = {0};

    state->to = *to;
    run_address(run, address_format(to, text));
    run_phase(run, PHASE_CONNECT);
    state->setup_since = mono_read();
    state->packet = arena_alloc(run_arena(run), ICMP_MAX_PACKET);
    state->echo = (struct icmp_echo){.family = address_family(to),
                                     .id = random_number(),
                                     .payload = (size_t)conf->payload_size};
    state->first = random_number();
    const struct icmp_how how = {&state->to, conf->source, conf->ttl,
                                 conf->dont_fragment};
    const enum icmp_opened opened = icmp_open(&how, &state->socket, &e);
    if (opened != ICMP_OPENED) {
        open_failed(run, opened, &e);
        return;
    }
    state->watch =
        loop_watch_create(run_frame(run)->loop, "icmp", state->socket.fd, on_ready, run);
    watch_set(state->watch, WATCH_READ);
    state->setup = mono_since(mono_read(), state->setup_since);
    run_trace(run, "socket", state->socket.is_raw ? "raw" : "unprivileged");
    run_phase(run, PHASE_WAIT);
    send_one(run);
}

static void on_resolved(void *ctx, const struct resolution *found)
{
    struct run *run = ctx;
    struct icmp_state *state = run_state(run);

    state->query = NULL;
    run_resolved(run, found->took, found->count ? &found->addresses[0] : NULL);
    if (found->reason == REASON_NONE) {
        ping(run, &found->addresses[0]);
        return;
    }
    if (found->is_unknown)
        run_unknown(run, found->reason, "%s", found->detail);
    else
        run_down(run, found->reason, "%s", found->detail);
    end(run);
}

static enum ip_family family_of(const struct icmp_conf *conf)
{
    if (conf->fallback)
        return (enum ip_family)conf->family;
    return conf->family == IP_PREFER_4 ? IP_4 : IP_6;
}

static void icmp_start(struct run *run)
{
    const struct icmp_conf *conf = run_conf(run);
    struct icmp_state *state = run_state(run);

    state->ttl = -1;
    run_asks(run, conf->address, 0);
    run_phase(run, PHASE_RESOLVE);
    run_hold(run); /* the answer may come, and end the run, before resolve returns */
    struct query *query = resolve(run_frame(run)->resolver, conf->address, 0,
                                  family_of(conf), on_resolved, run);
    if (query)
        state->query = query;
    run_release(run);
}

static void icmp_cancel(struct run *run)
{
    end(run);
}

static bool icmp_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                     struct err *e)
{
    const struct icmp_conf *conf = ctx;

    *ret_dial = (struct dial){.host = conf->address};
    return true;
}

const struct probe_type probe_icmp = {
    .name = "icmp",
    .job = "blackbox",
    .summary = "Hosts: whether they answer a ping, and how fast.",
    .example = "icmp: {address: 10.0.0.2, count: 5}",
    .is_critical = true,
    .conf_size = sizeof(struct icmp_conf),
    .state_size = sizeof(struct icmp_state),
    .validate = icmp_validate,
    .aim = icmp_aim,
    .start = icmp_start,
    .cancel = icmp_cancel,
    .report = icmp_report,
    .metrics = icmp_metrics,
    .vars = icmp_vars,
    .opts = icmp_opts,
};
