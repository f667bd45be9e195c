/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reach.h. A round tries every host at once; the first answer decides it. Hosts are read from the receivers' filled
 * configuration at each round, so that a renewed secret counts, and live as long as the round.
 */
#include "alerts/reach.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/memory.h"

struct knocking {
    struct reach *reach;
    struct far_end to;
    void *connection; /* the knock's; NULL: it has ended */
};

struct reach {
    struct knock knock;
    const struct receivers *receivers; /* NULL before the first adopt */
    struct arena *arena;               /* of the round */
    struct knocking hosts[REACH_HOSTS_MAX];
    size_t count, waiting;
    struct wall asked; /* when the round began; 0: there was none */
    enum uplink found;
    void (*on_answer)(void *ctx);
    void *ctx;
};

struct reach *reach_create(struct knock k)
{
    struct reach *r = memory_take(sizeof(*r));
    *r = (struct reach){.knock = k, .arena = arena_create(0)};
    return r;
}

void reach_on_answer(struct reach *r, void (*fn)(void *ctx), void *ctx)
{
    r->on_answer = fn;
    r->ctx = ctx;
}

static void round_end(struct reach *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->hosts[i].connection)
            r->knock.cancel(r->knock.ctx, r->hosts[i].connection);
    }
    r->count = r->waiting = 0;
    arena_reset(r->arena);
}

void reach_destroy(struct reach *r)
{
    if (!r)
        return;
    round_end(r);
    arena_destroy(r->arena);
    free(r);
}

void reach_adopt(struct reach *r, const struct receivers *receivers)
{
    round_end(r);
    r->receivers = receivers;
    r->asked = (struct wall){0};
    r->found = UPLINK_NOT_KNOWN;
}

/* ---- a round ---- */

static void on_done(void *ctx, bool was_answered)
{
    struct knocking *k = ctx;
    struct reach *r = k->reach;
    const enum uplink before = r->found;
    k->connection = NULL;
    r->waiting--;
    if (was_answered)
        r->found = UPLINK_UP;
    else if (!r->waiting && r->found == UPLINK_ASKING)
        r->found = UPLINK_DOWN;
    if (r->found != before && r->on_answer)
        r->on_answer(r->ctx);
}

static void host_add(struct reach *r, const struct receiver *receiver)
{
    struct err ignored = {0};
    const void *conf;
    if (!receiver->type->host || r->count == REACH_HOSTS_MAX ||
        !template_fill(receiver->conf, NULL, NULL, r->arena, &conf, &ignored))
        return;
    const struct far_end to = receiver->type->host(conf, r->arena);
    if (!*to.host)
        return;
    for (size_t i = 0; i < r->count; i++) {
        if (r->hosts[i].to.port == to.port && !strcmp(r->hosts[i].to.host, to.host))
            return;
    }
    r->hosts[r->count++] = (struct knocking){.reach = r, .to = to};
}

static void round_begin(struct reach *r, struct wall now)
{
    round_end(r);
    r->asked = now;
    for (size_t i = 0; i < r->receivers->count; i++)
        host_add(r, r->receivers->items[i]);
    if (!r->count)
        r->found = UPLINK_NOT_KNOWN;
    else if (r->found != UPLINK_DOWN)
        r->found = UPLINK_ASKING;
    r->waiting = r->count;
    for (size_t i = 0; i < r->count; i++) {
        struct knocking *k = &r->hosts[i];
        k->connection = r->knock.start(r->knock.ctx, k->to.host, k->to.port, on_done, k);
    }
}

enum uplink reach_ask(struct reach *r, struct wall now)
{
    const nsec age = now.ns - r->asked.ns;
    if (!r->receivers || !r->knock.start)
        return UPLINK_NOT_KNOWN;
    if (!r->waiting && (!r->asked.ns || age >= REACH_EVERY || age < 0))
        round_begin(r, now);
    return r->found;
}

const char *reach_hosts(const struct reach *r, struct arena *arena)
{
    struct buf names = BUF_MAX(1024);
    for (size_t i = 0; i < r->count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", r->hosts[i].to.host);
    return arena_keep(arena, &names);
}
