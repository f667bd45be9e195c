/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resolver's parts, shared by resolve*.c; nobody else includes it. The hosts table, the cache and
 * the judgement are pure; resolve_ares.c and resolve_system.c ask, and answer by lookup_answer.
 */
#ifndef HEALTHD_CORE_RESOLVE_IMPL_H
#define HEALTHD_CORE_RESOLVE_IMPL_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/list.h"
#include "lib/core/file_stamp.h"
#include "lib/core/resolve.h"

#define HOST_MAX_LEN 255
#define RESOLVE_WITNESS_AGE (30 * NSEC_PER_SEC)

/* ---- resolve_hosts.c: the hosts file ---- */

struct hosts; /* parsed; immutable */
struct hosts *hosts_parse(struct bytes text);
void hosts_destroy(struct hosts *h); /* takes NULL */
/* Addresses of name (lower case) in the file's order, of family AF_INET, AF_INET6 or AF_UNSPEC;
 * returns how many were written. */
size_t hosts_find(const struct hosts *h, const char *name, int af,
                  struct address *ret_addresses, size_t max);
/* localhost and names below it, as RFC 6761 §6.3 has them, for files that lack them. */
size_t hosts_find_localhost(const char *name, int af, struct address *ret_addresses,
                            size_t max);

/* ---- resolve_cache.c ---- */

struct resolve_cache;
struct resolve_cache *resolve_cache_create(void);
void resolve_cache_destroy(struct resolve_cache *c);
void resolve_cache_put(struct resolve_cache *c, const char *host, int af,
                       const struct address *addresses, size_t count, struct mono expires,
                       struct mono now);
size_t resolve_cache_get(const struct resolve_cache *c, const char *host, int af,
                         struct mono now, struct address *ret_addresses, size_t max);
void resolve_cache_drop(struct resolve_cache *c, const char *host); /* of every family */

/* ---- resolve_judge.c ---- */

/* The two names that resolved last, so that there is one beside any name asked for. */
struct resolve_witness {
    uint64_t host[2]; /* hashes; newest first */
    struct mono at[2];
};
void resolve_witness_saw(struct resolve_witness *w, const char *host, struct mono now);
bool resolve_witness_vouches(const struct resolve_witness *w, const char *host,
                             struct mono now);

struct answer {         /* what a lookup ended with */
    enum reason reason; /* NONE, NO_NAME, DNS_ERROR, DNS_TIMEOUT */
    bool is_ours;       /* we could not even ask: no memory, no thread */
    const char *text;   /* the resolver's words, "SERVFAIL" */
    const struct address *addresses;
    size_t count;
    nsec ttl;
};
/* Fills reason, is_unknown and detail of a failure. servers: "10.0.0.2, 10.0.0.3". */
void resolve_judge(struct resolution *res, const char *host, const struct answer *answer,
                   const char *servers, bool is_vouched);
/* Puts the preferred family first, order kept otherwise, and the port into each. */
void resolve_order(struct resolution *res, enum ip_family family, int port);
int resolve_af(enum ip_family family);
/* Copies host in lower case, without brackets; false with a word why when it cannot be a name. */
bool host_normalize(const char *host, char *ret_host /* HOST_MAX_LEN + 1 */,
                    const char **ret_why);

/* ---- resolve_srv.c ---- */

void srv_ask_again(struct list *queries); /* those whose channel ended */
void srv_finish(struct list *queries);

/* ---- resolve.c ---- */

struct job;
struct lookup { /* one question under way, for all who asked it */
    struct list link;
    struct resolver *resolver;
    struct list queries;
    struct mono started;
    int af;
    bool must_ask;   /* again, on a new channel */
    bool is_asking;  /* inside the call that asks */
    void *late;      /* answered inside that call; told in the next turn */
    struct job *job; /* system */
    char host[HOST_MAX_LEN + 1];
};
/* Ends the lookup: tells everybody, keeps the answer, frees. */
void lookup_answer(struct lookup *k, const struct answer *answer);

struct ares; /* c-ares and its sockets */
/* For resolve_srv.c: c-ares also when the resolver is the system's (NULL: it does not start), those under way, and
 * what is known of the resolver's own health. */
struct ares *resolver_ares(struct resolver *r);
struct list *resolver_srv_queries(struct resolver *r);
struct resolve_witness *resolver_witness(struct resolver *r);
struct loop *resolver_loop(const struct resolver *r);

struct ares *ares_create(struct loop *l, struct resolver *r,
                         const struct resolver_conf *conf, struct err *e);
void ares_finish(struct ares *a); /* lookups under way are marked must_ask; takes NULL */
void ares_ask(struct ares *a, struct lookup *k);
/* The records of one type of name, as they came: done is an ares_callback, and may be called inside. */
void ares_ask_records(struct ares *a, const char *name, int type,
                      void (*done)(void *ctx, int status, int timeouts,
                                   unsigned char *message, int len),
                      void *ctx);
struct answer answer_of_status(int status); /* of c-ares */
const char *ares_servers(const struct ares *a);
bool ares_is_busy(const struct ares *a); /* inside c-ares now */
/* 127.0.0.11: its answers change at any time. */
bool ares_has_docker_server(const struct ares *a);

bool system_ask(struct pool *p, struct lookup *k); /* false: no thread */
void system_forget(struct lookup *k);

#endif
