/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of `tls_config:`, with Prometheus' and blackbox_exporter's keys, and a copy of what they fill. */
#include "lib/core/tls.h"

#define OPT_STRUCT struct tls_conf

static const struct opt_choice versions[] = {
    {"TLS10", TLS_VERSION_10, "TLS 1.0 (RFC 2246), which nobody should speak any more."},
    {"TLS11", TLS_VERSION_11, "TLS 1.1 (RFC 4346), which nobody should speak any more."},
    {"TLS12", TLS_VERSION_12, "TLS 1.2 (RFC 5246)."},
    {"TLS13", TLS_VERSION_13, "TLS 1.3 (RFC 8446)."},
    {0},
};

const struct opt tls_opts[] = {
    OPT_ROW_TEXT("ca", ca, "",
                 "Certificates to trust instead of the system's, as PEM text."),
    OPT_ROW_TEXT(
        "ca_file", ca_file, "",
        "A PEM file of certificates to trust instead of the system's; read again when it "
        "changes."),
    OPT_ROW_TEXT("cert", cert, "", "Our certificate and its chain, as PEM text."),
    OPT_ROW_TEXT(
        "cert_file", cert_file, "",
        "A PEM file with our certificate and its chain; read again when it changes."),
    OPT_ROW_SECRET("key", key, "", "The key of our certificate, as PEM text."),
    OPT_ROW_TEXT(
        "key_file", key_file, "",
        "A PEM file with the key of our certificate; read again when it changes."),
    OPT_ROW_TEXT("server_name", server_name, "",
                 "The name to ask for (SNI) and to verify, when it is not the host's."),
    OPT_ROW_BOOL("insecure_skip_verify", insecure_skip_verify, "false",
                 "Accepts any certificate. What it says is still reported."),
    OPT_ROW_CHOICE("min_version", min_version, OPT_NONE, versions,
                   "The oldest TLS version to accept; TLS12 when not set."),
    OPT_ROW_CHOICE("max_version", max_version, OPT_NONE, versions,
                   "The newest TLS version to offer; TLS13 when not set."),
    OPT_ROW_TEXTS("alpn", alpn, OPT_NONE,
                  "Protocols to offer (ALPN), the preferred one first."),
    {0},
};

void tls_conf_copy(struct arena *arena, const struct tls_conf *from,
                   struct tls_conf *ret_conf)
{
    struct tls_conf to = *from;
    const char **alpn = arena_alloc(arena, (from->alpn.count + 1) * sizeof(*alpn));
    for (size_t i = 0; i < from->alpn.count; i++)
        alpn[i] = arena_strdup(arena, from->alpn.items[i]);
    to.ca = arena_strdup(arena, from->ca);
    to.cert = arena_strdup(arena, from->cert);
    to.key.value = arena_strdup(arena, from->key.value);
    to.ca_file = arena_strdup(arena, from->ca_file);
    to.cert_file = arena_strdup(arena, from->cert_file);
    to.key_file = arena_strdup(arena, from->key_file);
    to.server_name = arena_strdup(arena, from->server_name);
    to.alpn.items = alpn;
    *ret_conf = to;
}

void tls_conf_digest(const struct tls_conf *conf, char ret_text[DIGEST_TEXT_SIZE])
{
    const char *const words[] = {conf->ca,         conf->cert,      conf->key.value,
                                 conf->ca_file,    conf->cert_file, conf->key_file,
                                 conf->server_name};
    const int numbers[] = {conf->insecure_skip_verify, conf->min_version,
                           conf->max_version};
    struct bytes parts[ARRAY_LEN(words) + 2];
    char alpn[DIGEST_TEXT_SIZE] = "";
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        parts[i] = bytes_of(words[i] ? words[i] : "");
    parts[ARRAY_LEN(words)] = (struct bytes){(const char *)numbers, sizeof(numbers)};
    for (size_t i = 0; i < conf->alpn.count; i++) {
        const struct bytes both[] = {bytes_of(alpn), bytes_of(conf->alpn.items[i])};
        digest_parts(both, 2, alpn);
    }
    parts[ARRAY_LEN(words) + 1] = bytes_of(alpn);
    digest_parts(parts, ARRAY_LEN(parts), ret_text);
}
