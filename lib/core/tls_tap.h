/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handshake that a library drives (libcurl's) seen through OpenSSL's callbacks: SNI and name check are set as
 * it starts, and what the peer showed is kept when it ends, however it ends. Used by fetch. Loop thread only.
 */
#ifndef HEALTHD_CORE_TLS_TAP_H
#define HEALTHD_CORE_TLS_TAP_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/reason.h"
#include "lib/core/tls.h"

struct tls_tap {
    struct arena *arena; /* where peer goes */
    const char *host;    /* expected of the next handshake */
    const struct tls_conf *conf;
    /* the connection outlives this use: stop watching after the handshake */
    bool is_shared;
    void (*started)(void *ctx); /* may change host; may be NULL */
    void *ctx;
    /* Results of the newest handshake. */
    const struct tls_peer *peer; /* NULL: no answer to our hello */
    bool is_done;                /* the handshake succeeded */
    bool is_ours;                /* it failed by our configuration */
    /* why it failed, or a fatal alert after it; NONE when nothing did */
    enum reason reason;
    char text[ERR_TEXT_SIZE];
};

/* Watches all handshakes of ctx, which belongs to one connection. tap must outlive them unless is_shared. */
void tls_tap_set(struct tls_tap *tap, SSL_CTX *ctx);

#endif
