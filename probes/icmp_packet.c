/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests and replies as bytes (RFC 792, RFC 4443). Called by icmp.c. Pure. */
#include <string.h>

#include "probes/icmp.h"

#define ECHO_REQUEST 8
#define ECHO_REPLY 0
#define ECHO6_REQUEST 128
#define ECHO6_REPLY 129

/* What blackbox_exporter sends. */
static const char text[] = "Prometheus Blackbox Exporter";

static size_t payload_len(const struct icmp_echo *echo)
{
    return echo->payload ? echo->payload : sizeof(text) - 1;
}

static char payload_byte(size_t at)
{
    return at < sizeof(text) - 1 ? text[at] : '\0';
}

/* RFC 1071. For IPv6 the kernel puts its own, over addresses that we do not know. */
static uint16_t checksum(const char *ptr, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)(unsigned char)ptr[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_u16(char *at, uint16_t number)
{
    at[0] = (char)(number >> 8);
    at[1] = (char)(number & 0xff);
}

static uint16_t get_u16(const char *at)
{
    return (uint16_t)((unsigned char)at[0] << 8 | (unsigned char)at[1]);
}

void icmp_request(const struct icmp_echo *echo, struct buf *out)
{
    char header[ICMP_HEADER_BYTES] = {
        (char)(echo->family == 4 ? ECHO_REQUEST : ECHO6_REQUEST)};

    put_u16(header + 4, echo->id);
    put_u16(header + 6, echo->sequence);
    buf_add(out, header, sizeof(header));
    for (size_t i = 0; i < payload_len(echo); i++)
        buf_add_byte(out, payload_byte(i));
    put_u16(out->ptr + 2, checksum(out->ptr, out->len));
}

/* Behind the IPv4 header that a raw socket gives; empty when that is not whole. */
static struct bytes without_ip(struct bytes packet)
{
    const size_t len = packet.len ? (size_t)(packet.ptr[0] & 0x0f) * 4 : 0;

    return len >= 20 && len <= packet.len ? bytes_slice(packet, len, packet.len)
                                          : (struct bytes){0};
}

bool icmp_is_reply(const struct icmp_echo *echo, bool is_raw, struct bytes packet,
                   uint16_t first, uint16_t *ret_sequence)
{
    const struct bytes p = is_raw && echo->family == 4 ? without_ip(packet) : packet;
    const unsigned char kind = echo->family == 4 ? ECHO_REPLY : ECHO6_REPLY;

    if (p.len < ICMP_HEADER_BYTES || p.len - ICMP_HEADER_BYTES != payload_len(echo) ||
        (unsigned char)p.ptr[0] != kind || p.ptr[1])
        return false;
    if (is_raw && get_u16(p.ptr + 4) != echo->id)
        return false;
    for (size_t i = 0; i < payload_len(echo); i++) {
        if (p.ptr[ICMP_HEADER_BYTES + i] != payload_byte(i))
            return false;
    }
    const uint16_t sequence = get_u16(p.ptr + 6);
    if ((uint16_t)(sequence - first) > (uint16_t)(echo->sequence - first))
        return false;
    *ret_sequence = sequence;
    return true;
}
