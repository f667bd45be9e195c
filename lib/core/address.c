/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IP address with a port: from a literal, to text, compared. Pure; never asks anybody for a name
 * (resolve.c does).
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/core/resolve.h"

static char *put_number(char *at, unsigned number)
{
    char digits[5];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *at++ = digits[--count];
    return at;
}

/* By hand: every probe of an IPv4 target needs it, and inet_ntop prints by sprintf. */
static const char *format_v4(const struct sockaddr_in *in, char *ret_text)
{
    const unsigned char *ip = (const unsigned char *)&in->sin_addr;
    char *at = ret_text;
    for (int i = 0; i < 4; i++) {
        if (i)
            *at++ = '.';
        at = put_number(at, ip[i]);
    }
    if (in->sin_port) {
        *at++ = ':';
        at = put_number(at, ntohs(in->sin_port));
    }
    *at = '\0';
    return ret_text;
}

const char *address_format(const struct address *a, char *ret_text)
{
    if (a->to.sa.sa_family == AF_INET)
        return format_v4(&a->to.in, ret_text);
    char ip[INET6_ADDRSTRLEN] = "?";
    unsigned scope = 0;
    uint16_t port = 0;
    if (a->to.sa.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->to.in6.sin6_addr, ip, sizeof(ip));
        port = ntohs(a->to.in6.sin6_port);
        scope = a->to.in6.sin6_scope_id;
    }
    char zone[IF_NAMESIZE + 1] = "";
    if (scope)
        snprintf(zone, sizeof(zone), "%%%u", scope);
    if (port == 0)
        snprintf(ret_text, ADDRESS_TEXT_SIZE, "%s%s", ip, zone);
    else
        snprintf(ret_text, ADDRESS_TEXT_SIZE, "[%s%s]:%u", ip, zone, (unsigned)port);
    return ret_text;
}

/* The part after '%' of fe80::1%eth0 or fe80::1%2; 0: no such interface. */
static unsigned zone_parse(const char *zone)
{
    uint64_t number;
    if (bytes_to_u64(bytes_of(zone), &number) && number <= UINT32_MAX)
        return (unsigned)number;
    return if_nametoindex(zone);
}

bool address_parse(const char *host, int port, struct address *ret_address)
{
    struct bytes text = bytes_of(host);
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = bytes_slice(text, 1, text.len - 1);
    char ip[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    if (text.len == 0 || text.len >= sizeof(ip) || port < 0 || port > UINT16_MAX)
        return false;
    memcpy(ip, text.ptr, text.len);
    ip[text.len] = '\0';

    struct address a = {.len = sizeof(a.to.in)};
    if (inet_pton(AF_INET, ip, &a.to.in.sin_addr) == 1) {
        a.to.in.sin_family = AF_INET;
        a.to.in.sin_port = htons((uint16_t)port);
        *ret_address = a;
        return true;
    }
    a = (struct address){.len = sizeof(a.to.in6)};
    char *zone = strchr(ip, '%');
    if (zone) {
        *zone++ = '\0';
        a.to.in6.sin6_scope_id = zone_parse(zone);
        if (a.to.in6.sin6_scope_id == 0)
            return false;
    }
    if (inet_pton(AF_INET6, ip, &a.to.in6.sin6_addr) != 1)
        return false;
    a.to.in6.sin6_family = AF_INET6;
    a.to.in6.sin6_port = htons((uint16_t)port);
    *ret_address = a;
    return true;
}

bool address_equal(const struct address *a, const struct address *b)
{
    if (a->to.sa.sa_family != b->to.sa.sa_family)
        return false;
    if (a->to.sa.sa_family == AF_INET)
        return a->to.in.sin_port == b->to.in.sin_port &&
               a->to.in.sin_addr.s_addr == b->to.in.sin_addr.s_addr;
    return a->to.in6.sin6_port == b->to.in6.sin6_port &&
           a->to.in6.sin6_scope_id == b->to.in6.sin6_scope_id &&
           memcmp(&a->to.in6.sin6_addr, &b->to.in6.sin6_addr, sizeof(struct in6_addr)) ==
               0;
}

int address_family(const struct address *a)
{
    return a->to.sa.sa_family == AF_INET6 ? 6 : 4;
}
