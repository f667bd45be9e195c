/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that expectations may name for every type: how long things took, where the answer came from, and
 * what TLS showed. Fetched only when an expression asks.
 */
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/core/expr.h"
#include "lib/core/run_impl.h"
#include "lib/core/tls.h"

static bool total_get(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const nsec total = run->verdict.duration;
    *ret_value = value_duration(total ? total : mono_since(mono_read(), run->started));
    return true;
}

/* A phase that this run passed by (a literal address, a kept connection) took no time; one that cannot have
 * been (TLS without TLS) has no value. */
static bool resolve_get(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value = value_duration(run_phase_time(run, PHASE_RESOLVE));
    return true;
}

static bool connect_get(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value = value_duration(run_phase_time(run, PHASE_CONNECT));
    return true;
}

static bool tls_get(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    if (!(run->phases_entered & 1u << PHASE_TLS))
        return err_set(why, "there was no TLS handshake in this run");
    *ret_value = value_duration(run_phase_time(run, PHASE_TLS));
    return true;
}

static bool wait_get(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value = value_duration(run_phase_time(run, PHASE_WAIT));
    return true;
}

static bool transfer_get(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    *ret_value = value_duration(run_phase_time(run, PHASE_TRANSFER));
    return true;
}

static bool ip_get(struct run *run, struct arena *arena, struct value *ret_value,
                   struct err *why)
{
    char text[ADDRESS_TEXT_SIZE];

    if (!run->has_address)
        return err_set(why, "no IP address was used in this run");
    struct address bare = run->address;
    if (address_family(&bare) == 4)
        bare.to.in.sin_port = 0;
    else
        bare.to.in6.sin6_port = 0;
    *ret_value = value_text(bytes_of(arena_strdup(arena, address_format(&bare, text))));
    return true;
}

static bool address_get(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    if (!run->verdict.address[0])
        return err_set(why, "no address was reached in this run");
    *ret_value = value_text(bytes_of(run->verdict.address));
    return true;
}

const struct var runner_vars[] = {
    {"timing.total", VALUE_DURATION, "The whole run, from its start to its answer.",
     total_get},
    {"timing.resolve", VALUE_DURATION, "Finding the address; 0s for a literal one.",
     resolve_get},
    {"timing.connect", VALUE_DURATION, "Connecting; 0s on a connection kept from before.",
     connect_get},
    {"timing.tls", VALUE_DURATION, "The TLS handshake; missing when there was none.",
     tls_get},
    {"timing.wait", VALUE_DURATION,
     "From being connected to the first byte of the answer.", wait_get},
    {"timing.transfer", VALUE_DURATION, "From the first byte to the end of the answer.",
     transfer_get},
    {"ip", VALUE_TEXT, "The IP address used, without a port.", ip_get},
    {"address", VALUE_TEXT,
     "The address used: IP and port, or the path of a Unix socket.", address_get},
    {0},
};

static const struct tls_peer *peer_of(const struct run *run, struct err *why)
{
    if (!run->peer)
        err_set(why, "there was no TLS handshake in this run");
    return run->peer;
}

static const struct tls_cert *leaf_of(const struct run *run, struct err *why)
{
    const struct tls_peer *peer = peer_of(run, why);

    if (peer && !peer->chain_count)
        err_set(why, "the peer showed no certificate");
    return peer && peer->chain_count ? &peer->chain[0] : NULL;
}

static bool expires_in_get(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    if (!leaf_of(run, why))
        return false;
    *ret_value = value_duration(run->peer->earliest_expiry.ns - wall_read().ns);
    return true;
}

static bool expires_at_get(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    if (!leaf_of(run, why))
        return false;
    *ret_value = value_time(run->peer->earliest_expiry);
    return true;
}

static bool text_get(const char *text, struct value *ret_value, struct err *why)
{
    if (!text)
        return err_set(why, "the TLS handshake did not get that far");
    *ret_value = value_text(bytes_of(text));
    return true;
}

static bool version_get(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct tls_peer *peer = peer_of(run, why);
    return peer && text_get(peer->version, ret_value, why);
}

static bool cipher_get(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct tls_peer *peer = peer_of(run, why);
    return peer && text_get(peer->cipher, ret_value, why);
}

static bool alpn_get(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct tls_peer *peer = peer_of(run, why);
    return peer && text_get(peer->alpn ? peer->alpn : "", ret_value, why);
}

static bool subject_get(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct tls_cert *leaf = leaf_of(run, why);
    return leaf && text_get(leaf->subject, ret_value, why);
}

static bool issuer_get(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct tls_cert *leaf = leaf_of(run, why);
    return leaf && text_get(leaf->issuer, ret_value, why);
}

static bool serial_get(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    const struct tls_cert *leaf = leaf_of(run, why);
    return leaf && text_get(leaf->serial, ret_value, why);
}

static bool fingerprint_get(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    const struct tls_cert *leaf = leaf_of(run, why);
    return leaf && text_get(leaf->fingerprint, ret_value, why);
}

static size_t count_names(const char *list)
{
    size_t count = list && list[0] ? 1 : 0;

    for (const char *at = list; at && *at; at++)
        count += *at == ',';
    return count;
}

static size_t add_names(const char *list, struct value *items, size_t count)
{
    struct bytes rest = bytes_of(list), name;

    while (bytes_token(&rest, ',', &name))
        items[count++] = value_text(name);
    return count;
}

static bool names_get(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct tls_cert *leaf = leaf_of(run, why);

    if (!leaf)
        return false;
    const size_t most = count_names(leaf->names) + count_names(leaf->addresses);
    struct value *items = arena_alloc(arena, (most + 1) * sizeof(*items));
    size_t count = add_names(leaf->names, items, 0);
    count = add_names(leaf->addresses, items, count);
    *ret_value = (struct value){.type = VALUE_LIST, .items = items, .count = count};
    return true;
}

static bool verified_get(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    const struct tls_peer *peer = peer_of(run, why);

    if (!peer)
        return false;
    *ret_value = value_bool(peer->verified);
    return true;
}

const struct var tls_vars[] = {
    {"tls.expires_in", VALUE_DURATION,
     "Until the first of the presented certificates expires; negative after.",
     expires_in_get},
    {"tls.expires_at", VALUE_TIME,
     "When the first of the presented certificates expires.", expires_at_get},
    {"tls.version", VALUE_TEXT, "The protocol agreed on: \"TLS 1.3\".", version_get},
    {"tls.cipher", VALUE_TEXT, "The cipher suite agreed on, by its IANA name.",
     cipher_get},
    {"tls.alpn", VALUE_TEXT, "The application protocol agreed on: \"h2\", or \"\".",
     alpn_get},
    {"tls.subject", VALUE_TEXT, "Whom the server's certificate is for.", subject_get},
    {"tls.issuer", VALUE_TEXT, "Who signed the server's certificate.", issuer_get},
    {"tls.serial", VALUE_TEXT, "The certificate's serial number, in lower-case hex.",
     serial_get},
    {"tls.fingerprint", VALUE_TEXT, "The certificate's SHA-256, in lower-case hex.",
     fingerprint_get},
    {"tls.names", VALUE_LIST,
     "The DNS names and IP addresses that the certificate is valid for.", names_get},
    {"tls.verified", VALUE_BOOL, "True when chain, dates and name were all in order.",
     verified_get},
    {0},
};
