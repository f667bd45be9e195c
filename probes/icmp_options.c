/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the icmp probe, and what is checked of them together. Read once a generation. Never asks anything. */
#include <string.h>

#include "probes/icmp.h"

static const struct opt_choice families[] = {
    {"ip6", IP_PREFER_6, "IPv6 first."},
    {"ip4", IP_PREFER_4, "IPv4 first."},
    {0},
};

#define OPT_STRUCT struct icmp_conf
const struct opt icmp_opts[] = {
    OPT_ROW_TEXT("address", address, "", "Name or IP address of the host.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_CHOICE("preferred_ip_protocol", family, "ip6", families,
                   "The IP version that is used when the name has both."),
    OPT_ROW_BOOL("ip_protocol_fallback", fallback, "true",
                 "Take the other IP version when there is no address of the "
                 "preferred one."),
    OPT_ROW_TEXT("source_ip_address", source, "", "Local address to send from."),
    OPT_ROW_INT("payload_size", payload_size, "0", 0, ICMP_MAX_PAYLOAD,
                "Size of a request's data; 0 is that of blackbox_exporter's 28.",
                .unit = "bytes"),
    OPT_ROW_BOOL("dont_fragment", dont_fragment, "false",
                 "Forbid fragments: a request that is too large for the way is "
                 "down."),
    OPT_ROW_INT("ttl", ttl, "0", 0, 255,
                "Hops that a request may take; 0 is the system's, mostly 64."),
    OPT_ROW_INT("count", count, "1", 1, ICMP_MAX_COUNT,
                "Requests in one run; one reply is enough to be up, and `loss` can "
                "be expected.",
                .unit = "requests"),
    OPT_ROW_DURATION("packet_interval", packet_interval, "200ms", 0.01, 60,
                     "Time between them."),
    {0},
};
#undef OPT_STRUCT

bool icmp_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct icmp_conf *conf = ctx;
    struct address source;

    if (!conf->address[0])
        return err_set(e, "there is nobody to ping: give `address`");
    if (strchr(conf->address, '/'))
        return err_set(e, "'%.80s' is no host: expected a name or an IP address",
                       conf->address);
    return !conf->source[0] || address_parse(conf->source, 0, &source) ||
           err_set(e, "'%.80s' is no IP address to send from", conf->source);
}
