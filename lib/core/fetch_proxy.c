/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts are asked without the proxy. Called by fetch.c, which must know what to resolve before libcurl
 * does. Pure.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/core/fetch_parts.h"

static bool split_port(struct bytes *entry, uint64_t *ret_port)
{
    const ptrdiff_t colon = bytes_find_byte(*entry, ':');
    if (colon < 0 ||
        bytes_find_byte(bytes_slice(*entry, (size_t)colon + 1, entry->len), ':') >= 0)
        return false; /* none, or an IPv6 address */
    if (!bytes_to_u64(bytes_slice(*entry, (size_t)colon + 1, entry->len), ret_port))
        return false;
    *entry = bytes_slice(*entry, 0, (size_t)colon);
    return true;
}

/* The address bytes of text: 4, 16, or 0 when it is none. */
static size_t address_bytes(struct bytes text, unsigned char ret_bytes[16])
{
    char copy[64];
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = bytes_slice(text, 1, text.len - 1);
    if (text.len >= sizeof(copy))
        return 0;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, ret_bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, ret_bytes) == 1 ? 16 : 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, size_t bits)
{
    const size_t whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool network_covers(struct bytes entry, const unsigned char *host, size_t host_len)
{
    unsigned char network[16];
    uint64_t bits = host_len * 8;
    const ptrdiff_t slash = bytes_find_byte(entry, '/');
    if (slash >= 0) {
        if (!bytes_to_u64(bytes_slice(entry, (size_t)slash + 1, entry.len), &bits))
            return false;
        entry = bytes_slice(entry, 0, (size_t)slash);
    }
    return address_bytes(entry, network) == host_len && bits <= host_len * 8 &&
           same_bits(network, host, (size_t)bits);
}

static bool name_covers(struct bytes entry, struct bytes host)
{
    const bool only_below = bytes_starts(entry, ".") || bytes_starts(entry, "*.");
    if (only_below)
        entry = bytes_slice(entry, (size_t)bytes_find_byte(entry, '.') + 1, entry.len);
    if (entry.len == 0 || host.len < entry.len)
        return false;
    const struct bytes tail = bytes_slice(host, host.len - entry.len, host.len);
    if (tail.len && strncasecmp(tail.ptr, entry.ptr, entry.len) != 0)
        return false;
    if (host.len == entry.len)
        return !only_below;
    return host.ptr[host.len - entry.len - 1] == '.';
}

bool no_proxy_covers(const char *no_proxy, const char *host, int port)
{
    unsigned char address[16];
    const struct bytes name = bytes_of(host);
    const size_t address_len = address_bytes(name, address);
    struct bytes list = bytes_of(no_proxy), entry;
    while (bytes_token(&list, ',', &entry)) {
        uint64_t only_port = 0;
        entry = bytes_trim(entry);
        if (bytes_is(entry, "*"))
            return true;
        if (split_port(&entry, &only_port) && only_port != (uint64_t)port)
            continue;
        if (address_len ? network_covers(entry, address, address_len)
                        : name_covers(entry, name))
            return true;
    }
    return false;
}
