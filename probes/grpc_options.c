/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the grpc probe, with blackbox_exporter's names where it has them, and what is checked of them together.
 * Read once a generation (or per /probe request, for the target). Never asks anything.
 */
#include <string.h>

#include "lib/core/resolve.h"
#include "probes/grpc.h"

#define METHOD "/grpc.health.v1.Health/Check"
#define UNIX_PREFIX "unix:"

static const struct opt_choice protocol_choices[] = {
    {"ip4", 4, "IPv4 first."}, {"ip6", 6, "IPv6 first."}, {0}};

#define OPT_STRUCT struct grpc_conf
const struct opt grpc_opts[] = {
    OPT_ROW_TEXT("target", target, NULL,
                 "host:port, with https:// before it for TLS; or unix:/path.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("service", service, "",
                 "The service whose health is asked for, as the server names it: "
                 "shop.v1.Orders. Empty is the server as a whole.",
                 .max = GRPC_MAX_SERVICE),
    OPT_ROW_BOOL("tls", is_tls, "false", "Over TLS."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, client certificate, TLS name, versions."),
    OPT_ROW_PAIRS(
        "metadata", metadata, OPT_NONE,
        "Metadata sent with the call: {authorization: \"Bearer ${env:TOKEN}\"}. "
        "A list gives a key several values."),
    OPT_ROW_TEXT("authority", authority, "",
                 "The host that the call is for, where it differs from the target: also "
                 "the TLS name."),
    OPT_ROW_CHOICE("preferred_ip_protocol", preferred_ip_protocol, "ip6",
                   protocol_choices, "Which of a name's addresses to go for first."),
    OPT_ROW_BOOL("ip_protocol_fallback", ip_protocol_fallback, "true",
                 "Use the other protocol when the name has no such address or it does "
                 "not connect."),
    OPT_ROW_TEXT("connect_to", connect_to, "",
                 "HOST[:PORT] to connect to instead; the TLS name stays."),
    OPT_ROW_TEXT("source_ip_address", source_ip_address, "",
                 "The local address to ask from."),
    {0}};
#undef OPT_STRUCT

static bool read_unix(struct grpc_conf *conf, struct arena *arena, struct err *e)
{
    const char *path = conf->target + strlen(UNIX_PREFIX);

    if (bytes_starts(bytes_of(path), "//")) /* unix:///path */
        path += 2;
    if (path[0] != '/')
        return err_set(e, "target: '%.200s' has no absolute path: expected unix:/path",
                       conf->target);
    conf->unix_path = path;
    const char *scheme = conf->is_tls ? "https" : "http";
    return url_parse(arena, arena_printf(arena, "%s://localhost" METHOD, scheme),
                     &conf->at, e);
}

/* blackbox_exporter takes http:// and https:// before the target and passes a path over; here https:// means TLS. */
static bool read_target(struct grpc_conf *conf, struct arena *arena, struct err *e)
{
    struct url given;

    conf->unix_path = NULL;
    if (bytes_starts(bytes_of(conf->target), UNIX_PREFIX))
        return read_unix(conf, arena, e);
    const bool has_scheme = strstr(conf->target, "://") != NULL;
    const char *text = has_scheme
                           ? conf->target
                           : arena_printf(arena, "%s://%s",
                                          conf->is_tls ? "https" : "http", conf->target);
    if (!url_parse(arena, text, &given, e))
        return err_wrap(e, "target");
    if (!url_is_http(&given))
        return err_set(
            e, "target: the scheme is %s; expected host:port, or https://host:port",
            given.scheme);
    const int port = given.has_port ? given.port : 0;
    const char *host =
        strchr(given.host, ':') ? arena_printf(arena, "[%s]", given.host) : given.host;
    const bool is_tls = conf->is_tls || given.is_tls;
    const char *method =
        port ? arena_printf(arena, "%s://%s:%d" METHOD, is_tls ? "https" : "http", host,
                            port)
             : arena_printf(arena, "%s://%s" METHOD, is_tls ? "https" : "http", host);
    return url_parse(arena, method, &conf->at, e) || err_wrap(e, "target");
}

static bool is_key(const char *key)
{
    return key[0] && !key[strspn(key, "0123456789abcdefghijklmnopqrstuvwxyz_-.")];
}

/* PROTOCOL-HTTP2.md of the gRPC project: Custom-Metadata. */
static bool check_metadata(const struct pairs *metadata, struct err *e)
{
    for (size_t i = 0; i < metadata->count; i++) {
        const struct pair *m = &metadata->items[i];
        const struct bytes key = bytes_of(m->key);
        if (!is_key(m->key))
            return err_set(e,
                           "metadata: '%.60s' is no key: expected small letters, "
                           "digits and _ - .",
                           m->key);
        if (bytes_starts(key, "grpc-") || bytes_is(key, "te") ||
            bytes_is(key, "content-type"))
            return err_set(e, "metadata: '%.60s' is gRPC's own: leave it out", m->key);
        for (const char *c = m->value; *c; c++) {
            if (*c < ' ' || *c > '~')
                return err_set(e,
                               "metadata: the value of '%.60s' has a character outside "
                               "of ASCII: give a key that ends with -bin, and base64",
                               m->key);
        }
    }
    return true;
}

bool grpc_validate(void *the_conf, struct arena *arena, struct err *e)
{
    struct grpc_conf *conf = the_conf;
    struct address source;

    if (!bytes_is_utf8(bytes_of(conf->service)))
        return err_set(e, "service: expected a name in UTF-8");
    if (conf->source_ip_address[0] && !address_parse(conf->source_ip_address, 0, &source))
        return err_set(e, "source_ip_address: '%.80s' is no IP address",
                       conf->source_ip_address);
    return read_target(conf, arena, e) && check_metadata(&conf->metadata, e);
}
