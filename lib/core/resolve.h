/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses, by c-ares on the loop: literals at once, the hosts file, a short cache, and a clear
 * word on whose fault a failure is. A name that does not exist is the target's; a resolver that is silent
 * is ours unless it answered somebody else lately (docs/architecture.md, "Whose fault it is").
 */
#ifndef HEALTHD_CORE_RESOLVE_H
#define HEALTHD_CORE_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/reason.h"

struct address {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } to;
    socklen_t len;
};
#define ADDRESS_TEXT_SIZE 64
/* "127.0.0.1:80", "[::1]:80"; with port 0 only the address. */
const char *address_format(const struct address *a,
                           char *ret_text /* ADDRESS_TEXT_SIZE */);
/* Literals only. */
bool address_parse(const char *host, int port, struct address *ret_address);
bool address_equal(const struct address *a, const struct address *b);
int address_family(const struct address *a); /* 4 or 6 */

enum ip_family { IP_ANY, IP_4, IP_6, IP_PREFER_4, IP_PREFER_6 };

#define RESOLVE_MAX_ADDRESSES 32
struct resolution {
    enum reason reason; /* NONE, NO_NAME, DNS_ERROR, DNS_TIMEOUT */
    bool is_unknown; /* with a failure: our resolver's fault, the target is not judged */
    /* preferred family first (IP_ANY: IPv4); port filled in */
    struct address addresses[RESOLVE_MAX_ADDRESSES];
    size_t count;
    bool cached;
    nsec took;
    char detail[256]; /* "payload does not exist, says 127.0.0.11" */
};

enum resolver_kind { RESOLVER_CARES, RESOLVER_SYSTEM };
struct resolver_conf {
    enum resolver_kind kind;
    nsec max_ttl;            /* 5 s; answers of 127.0.0.11 are never kept */
    const char *resolv_conf; /* "/etc/resolv.conf"; watched for changes */
    const char *hosts;       /* "/etc/hosts" */
    int port;                /* of the name servers; 0: 53 */
};

struct loop;
struct pool;
struct resolver;
struct query;
struct resolver *resolver_create(struct loop *l, struct pool *p,
                                 const struct resolver_conf *conf, struct err *e);
/* Outstanding queries are forgotten, not answered. */
void resolver_destroy(struct resolver *r);

/* Asks. done is called exactly once unless cancelled: before this returns (NULL is returned then) for
 * literals, the hosts file and the cache, else later. `resolution` is valid during the call only. */
struct query *resolve(struct resolver *r, const char *host, int port,
                      enum ip_family family,
                      void (*done)(void *ctx, const struct resolution *resolution),
                      void *ctx);
void query_cancel(struct query *q); /* done is not called; takes NULL */
/* A connect to an address of host failed: ask afresh next time. */
void resolver_drop(struct resolver *r, const char *host);

/* Where a service is (SRV, RFC 2782), and the texts beside it (TXT): asked for afresh each time, by c-ares whatever the
 * resolver's kind. */
#define SRV_MAX_PLACES 32
#define SRV_MAX_TEXT 1024
struct srv_place {
    char host[256]; /* lower case, without a dot at its end */
    int port, priority, weight;
};
struct srv {
    /* as a resolution's, of the SRV records; a missing text is none */
    enum reason reason;
    bool is_unknown;
    struct srv_place places[SRV_MAX_PLACES]; /* by priority, then weight */
    size_t count;
    char text[SRV_MAX_TEXT]; /* the first TXT record of text_name, its strings joined */
    size_t text_count;       /* how many TXT records there are */
    bool is_text_missing; /* the question for it failed other than by there being none */
    nsec took;
    char detail[256];
};
struct srv_query;
/* Asks for the SRV records of name, as "_mongodb._tcp.example.com", and the TXT records of text_name. done is called
 * exactly once, never before this returns, unless cancelled; srv is valid during the call only. */
struct srv_query *resolve_srv(struct resolver *r, const char *name, const char *text_name,
                              void (*done)(void *ctx, const struct srv *srv), void *ctx);
void srv_query_cancel(struct srv_query *q); /* takes NULL */

/* True when a name other than host resolved lately (two default intervals): silence about host is then the
 * target's, else our resolver's. For whoever stops waiting before the resolver gives up. */
bool resolver_vouches(const struct resolver *r, const char *host);

#endif
