/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpq says that a certificate was not accepted, and not why. So it is looked at once more, with our own TLS: the same
 * address, PostgreSQL's request for TLS (protocol, §55.2.10), a handshake that fails the same way, and says how. Called by
 * pg.c after a login that failed so. Never logs in.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/pg_impl.h"

static const char request_tls[] = "\0\0\0\x08\x04\xd2\x16\x2f";

static void over(struct pg *pg, const struct trouble *found)
{
    struct pg_trouble why = pg->login->why;

    if (found && found->reason != REASON_NONE && !found->is_unknown)
        why.trouble = *found;
    conn_close(pg->explaining);
    pg->explaining = NULL;
    pg_login_destroy(pg->login);
    pg->login = NULL;
    pg_opened(pg, &why);
}

static void on_phase(void *ctx, enum phase phase)
{
    (void)ctx, (void)phase;
}

static void on_open(void *ctx)
{
    const struct pg *pg = ctx;
    conn_write(pg->explaining, (struct bytes){request_tls, sizeof(request_tls) - 1});
}

static void on_data(void *ctx, struct bytes *in)
{
    struct pg *pg = ctx;

    if (!bytes_is(*in, "S")) {
        over(pg, NULL);
        return;
    }
    *in = bytes_slice(*in, 1, in->len);
    conn_start_tls(pg->explaining);
}

/* Accepted this time: it was renewed meanwhile, or is good but for what only libpq asks for. */
static void on_tls(void *ctx)
{
    over(ctx, NULL);
}

/* The handshake's own words; that the peer went away explains nothing. */
static void on_end(void *ctx, const struct trouble *why)
{
    struct pg *pg = ctx;

    if (!pg->explaining) { /* within conn_open: the address refuses now */
        pg->is_past_explaining = true;
        return;
    }
    const struct tls_peer *peer = conn_peer(pg->explaining);
    pg->peer = tls_peer_copy(peer, pg->arena);
    over(pg, why && peer && peer->reason != REASON_NONE ? why : NULL);
}

void pg_explain(struct pg *pg)
{
    static const struct conn_events events = {.phase = on_phase,
                                              .open = on_open,
                                              .tls = on_tls,
                                              .data = on_data,
                                              .end = on_end};
    const struct pg_attempt *a = pg->login->reached;
    struct dial *dial = arena_alloc(pg->arena, sizeof(*dial));

    pg_move(pg, PG_EXPLAINING);
    *dial =
        (struct dial){.host = a->host, .port = a->port, .only = &a->to, .tls = pg->tls};
    dial->tls.ca = "";
    dial->tls.ca_file = pg->login->root_file;
    dial->tls.insecure_skip_verify = false;
    dial->tls.cert = dial->tls.cert_file = dial->tls.key_file = "";
    dial->tls.key.value = "";
    pg->explaining = conn_open(pg->frame, pg->arena, dial, &events, pg);
    if (pg->is_past_explaining)
        over(pg, NULL);
}
