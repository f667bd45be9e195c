/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a TLS client showed a certificate that the listener's client_ca_file vouches for. Called by web.c before
 * anything is answered: microhttpd asks clients for a certificate, and lets them in without one.
 */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "collector/web_parts.h"

bool web_client_is_vouched(struct exchange *x)
{
    struct client *c = x->client;
    if (!x->listener->wants_client_cert || c->is_vouched)
        return true;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
    };
    unsigned faults = 0;
    c->is_vouched =
        info && info->tls_session &&
        gnutls_certificate_verify_peers(info->tls_session, &purpose, 1, &faults) == 0 &&
        faults == 0;
    return c->is_vouched;
}
