/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer means: whose fault a failure is, in which order addresses are tried, what can be a
 * name at all. Pure; called by resolve.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/resolve_impl.h"

void resolve_witness_saw(struct resolve_witness *w, const char *host, struct mono now)
{
    const uint64_t hash = bytes_hash64(bytes_of(host));
    if (w->host[0] != hash || w->at[0].ns == 0) {
        w->host[1] = w->host[0];
        w->at[1] = w->at[0];
        w->host[0] = hash;
    }
    w->at[0] = now;
}

bool resolve_witness_vouches(const struct resolve_witness *w, const char *host,
                             struct mono now)
{
    const uint64_t hash = bytes_hash64(bytes_of(host));
    for (int i = 0; i < 2; i++) {
        if (w->at[i].ns != 0 && w->host[i] != hash &&
            mono_since(now, w->at[i]) <= RESOLVE_WITNESS_AGE)
            return true;
    }
    return false;
}

void resolve_judge(struct resolution *res, const char *host, const struct answer *answer,
                   const char *servers, bool is_vouched)
{
    const char *ours = "";
    res->reason = answer->reason;
    res->count = 0;
    res->is_unknown =
        answer->reason != REASON_NO_NAME && (answer->is_ours || !is_vouched);
    if (!is_vouched && !answer->is_ours)
        ours = "; no other name resolved lately either, so the resolver is at fault";
    switch (answer->reason) {
    case REASON_NO_NAME:
        snprintf(res->detail, sizeof(res->detail), "%.200s %s%s%s", host, answer->text,
                 servers[0] ? ", says " : "", servers);
        return;
    case REASON_DNS_TIMEOUT:
        snprintf(res->detail, sizeof(res->detail), "no answer for %.100s from %.60s%s%s",
                 host, servers, answer->text, ours);
        return;
    default:
        snprintf(res->detail, sizeof(res->detail),
                 "%.100s cannot be resolved: %s%s%.60s%s", host, answer->text,
                 servers[0] ? ", says " : "", servers, ours);
        return;
    }
}

void resolve_order(struct resolution *res, enum ip_family family, int port)
{
    const bool four_first = family != IP_PREFER_6;
    struct address sorted[RESOLVE_MAX_ADDRESSES];
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        const int af = (pass == 0) == four_first ? AF_INET : AF_INET6;
        for (size_t i = 0; i < res->count; i++) {
            if (res->addresses[i].to.sa.sa_family == af)
                sorted[count++] = res->addresses[i];
        }
    }
    memcpy(res->addresses, sorted, count * sizeof(sorted[0]));
    res->count = count;
    for (size_t i = 0; i < count; i++) { /* in and in6 have the port at the same place */
        res->addresses[i].to.in.sin_port = htons((uint16_t)port);
    }
}

int resolve_af(enum ip_family family)
{
    switch (family) {
    case IP_4:
        return AF_INET;
    case IP_6:
        return AF_INET6;
    case IP_ANY:
    case IP_PREFER_4:
    case IP_PREFER_6:
        break;
    }
    return AF_UNSPEC;
}

bool host_normalize(const char *host, char *ret_host, const char **ret_why)
{
    const size_t len = host ? strlen(host) : 0;
    *ret_why = "is not a host name: it is empty";
    if (len == 0)
        return false;
    *ret_why = "is not a host name: it is longer than 253 characters";
    if (len > 254 || (len == 254 && host[253] != '.'))
        return false;
    *ret_why = "is not a host name: it has characters that no name has";
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)host[i];
        if (c <= ' ' || c == 0x7f || strchr("/\\@:[]?#%\"<>", c))
            return false;
        if (c != '.')
            label++;
        else if (label == 0)
            return false;
        else
            label = 0;
        *ret_why = label > 63 ? "is not a host name: a part is longer than 63 characters"
                              : *ret_why;
        if (label > 63)
            return false;
        ret_host[i] = (char)tolower(c);
    }
    ret_host[len] = '\0';
    return true;
}
