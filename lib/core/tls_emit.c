/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handshake showed, as the families that blackbox_exporter has. Called by
 * probes over TLS once their answer is judged.
 */
#include "lib/core/metric.h"
#include "lib/core/run.h"
#include "lib/core/tls.h"

/* Go's zero time, which is what "no verified chain" looks like there. */
#define NOT_VERIFIED -62135596800.0

static const struct metric earliest_expiry = {
    .name = "probe_ssl_earliest_cert_expiry",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "When the first of the presented certificates ends, as a Unix time",
};
static const struct metric earliest_start = {
    .name = "probe_ssl_earliest_cert_not_before",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "When the certificate that ends first began, as a Unix time: for how much of "
            "its lifetime is left",
};
static const struct metric chain_expiry = {
    .name = "probe_ssl_last_chain_expiry_timestamp_seconds",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "When the verified chain ends, as a Unix time; year 1 when none was verified",
};
static const struct metric chain_info = {
    .name = "probe_ssl_last_chain_info",
    .kind = METRIC_GAUGE,
    .unit = "",
    .help = "The server's own certificate; always 1",
    .labels = {"fingerprint_sha256", "subject", "issuer", "subjectalternative",
               "serialnumber"},
};
static const struct metric version_info = {
    .name = "probe_tls_version_info",
    .kind = METRIC_GAUGE,
    .unit = "",
    .help = "The TLS version agreed on; always 1",
    .labels = {"version"},
};
static const struct metric cipher_info = {
    .name = "probe_tls_cipher_info",
    .kind = METRIC_GAUGE,
    .unit = "",
    .help = "The TLS cipher agreed on; always 1",
    .labels = {"cipher"},
};

const struct metric *const tls_metrics[] = {
    &earliest_expiry, &earliest_start, &chain_expiry, &chain_info,
    &version_info,    &cipher_info,    NULL};

static struct wall start_of_earliest(const struct tls_peer *peer)
{
    for (size_t i = 0; i < peer->chain_count; i++) {
        if (peer->chain[i].not_after.ns == peer->earliest_expiry.ns)
            return peer->chain[i].not_before;
    }
    return (struct wall){0};
}

void tls_emit(struct run *run, const struct tls_peer *peer, bool with_cipher)
{
    if (peer->chain_count > 0) {
        const struct tls_cert *leaf = &peer->chain[0];
        run_sample(run, &earliest_expiry, wall_to_sec(peer->earliest_expiry));
        /* What was asked once is asked as blackbox_exporter would: it shows what that shows. */
        if (run_origin(run) != ORIGIN_ONCE)
            run_sample(run, &earliest_start, wall_to_sec(start_of_earliest(peer)));
        run_sample(run, &chain_expiry,
                   peer->chain_expiry.ns ? wall_to_sec(peer->chain_expiry)
                                         : NOT_VERIFIED);
        run_sample_with(run, &chain_info,
                        (const char *const[]){leaf->fingerprint, leaf->subject,
                                              leaf->issuer, leaf->names, leaf->serial},
                        1);
    }
    if (peer->version)
        run_sample_with(run, &version_info, (const char *const[]){peer->version}, 1);
    if (peer->cipher && with_cipher)
        run_sample_with(run, &cipher_info, (const char *const[]){peer->cipher}, 1);
}
