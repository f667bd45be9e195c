/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question's way: literal, hosts file, cache, a question already under way, a new one. Called by
 * conn and fetch. Follows changes of resolv.conf and the hosts file; never has a time limit of its
 * own beyond c-ares'.
 */
#include "lib/core/resolve.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/resolve_impl.h"
#include "lib/core/slab.h"

#define FILES_CHECK_INTERVAL NSEC_PER_SEC
#define HOSTS_MAX_BYTES ((size_t)1 << 20)

struct query {
    struct list link; /* of its lookup */
    struct lookup *lookup;
    int port;
    enum ip_family family;
    struct mono started;
    void (*done)(void *ctx, const struct resolution *resolution);
    void *ctx;
};

struct resolver {
    struct loop *loop;
    struct pool *pool;
    struct resolver_conf conf;
    char *resolv_conf, *hosts_path;
    struct ares *ares;
    struct ares *srv_ares; /* beside a resolver that is the system's */
    struct list srv_queries;
    struct hosts *hosts;
    struct file_stamp resolv_stamp, hosts_stamp;
    struct mono files_checked;
    struct resolve_cache *cache;
    struct resolve_witness witness;
    struct list lookups;
    struct slab queries;
};

static struct hosts *hosts_read(const char *path)
{
    char *text = memory_take(HOSTS_MAX_BYTES);
    size_t len = 0;
    FILE *file = fopen(path, "re");
    if (file) {
        len = fread(text, 1, HOSTS_MAX_BYTES, file);
        fclose(file);
    }
    struct hosts *hosts = hosts_parse((struct bytes){text, len});
    free(text);
    return hosts;
}

/* A new channel reads the new resolv.conf; what was under way is asked again there. */
static void resolver_renew(struct resolver *r)
{
    struct err e = {0};
    struct ares *fresh = ares_create(r->loop, r, &r->conf, &e);
    if (!fresh) {
        log_warning(EV("resolver kept"), STR("file", r->resolv_conf), STR("why", e.text));
        return;
    }
    struct ares *old = r->ares;
    r->ares = fresh;
    ares_finish(old);
    LIST_EACH (link, &r->lookups) {
        struct lookup *k = LIST_ITEM(link, struct lookup, link);
        if (k->must_ask)
            ares_ask(fresh, k);
    }
    srv_ask_again(&r->srv_queries);
}

static void resolver_follow_files(struct resolver *r, struct mono now)
{
    if (r->files_checked.ns && mono_since(now, r->files_checked) < FILES_CHECK_INTERVAL)
        return;
    const bool is_first = r->files_checked.ns == 0;
    const struct file_stamp hosts = file_stamp_read(r->hosts_path);
    if (is_first || !file_stamp_equal(hosts, r->hosts_stamp)) {
        hosts_destroy(r->hosts);
        r->hosts = hosts_read(r->hosts_path);
        r->hosts_stamp = hosts;
    }
    if (r->ares && ares_is_busy(r->ares))
        return; /* a channel cannot end inside itself: the next question looks again */
    r->files_checked = now;
    const struct file_stamp resolv = file_stamp_read(r->resolv_conf);
    if (r->ares && !file_stamp_equal(resolv, r->resolv_stamp)) {
        r->resolv_stamp = resolv;
        resolver_renew(r);
    }
}

struct resolver *resolver_create(struct loop *l, struct pool *p,
                                 const struct resolver_conf *conf, struct err *e)
{
    struct resolver *r = memory_take(sizeof(*r));
    *r = (struct resolver){.loop = l, .pool = p, .conf = *conf};
    r->resolv_conf =
        memory_strdup(conf->resolv_conf ? conf->resolv_conf : "/etc/resolv.conf");
    r->hosts_path = memory_strdup(conf->hosts ? conf->hosts : "/etc/hosts");
    r->conf.resolv_conf = r->resolv_conf;
    r->conf.hosts = r->hosts_path;
    r->cache = resolve_cache_create();
    r->queries.item_size = sizeof(struct query);
    list_init(&r->lookups);
    list_init(&r->srv_queries);
    r->resolv_stamp = file_stamp_read(r->resolv_conf);
    if (conf->kind == RESOLVER_CARES)
        r->ares = ares_create(l, r, &r->conf, e);
    if (conf->kind == RESOLVER_CARES && !r->ares) {
        resolver_destroy(r);
        return NULL;
    }
    resolver_follow_files(r, loop_now(l));
    return r;
}

static void lookup_free(struct lookup *k)
{
    list_remove(&k->link);
    if (k->late) {
        loop_forget(k->resolver->loop, k->late);
        free(k->late);
    }
    system_forget(k);
    free(k);
}

void resolver_destroy(struct resolver *r)
{
    if (!r)
        return;
    ares_finish(r->ares);
    ares_finish(r->srv_ares);
    srv_finish(&r->srv_queries);
    LIST_EACH (link, &r->lookups)
        lookup_free(LIST_ITEM(link, struct lookup, link));
    slab_finish(&r->queries);
    resolve_cache_destroy(r->cache);
    hosts_destroy(r->hosts);
    free(r->resolv_conf);
    free(r->hosts_path);
    free(r);
}

static void answer_at_once(struct resolution *res, enum ip_family family, int port,
                           void (*done)(void *ctx, const struct resolution *resolution),
                           void *ctx)
{
    resolve_order(res, family, port);
    done(ctx, res);
}

static void query_answer(struct query *q, struct resolution *res)
{
    const struct query copy = *q;
    struct resolver *r = q->lookup->resolver;
    list_remove(&q->link);
    slab_return(&r->queries, q);
    res->took = mono_since(loop_now_exact(r->loop), copy.started);
    answer_at_once(res, copy.family, copy.port, copy.done, copy.ctx);
}

void lookup_answer(struct lookup *k, const struct answer *answer)
{
    struct resolver *r = k->resolver;
    const struct mono now = loop_now_exact(r->loop);
    const char *servers = r->ares ? ares_servers(r->ares) : "the system";
    list_remove(&k->link); /* a new question of the same name is a new lookup */
    struct resolution res;
    res.reason = REASON_NONE;
    res.is_unknown = res.cached = false;
    res.detail[0] = '\0';
    res.count = 0;
    if (answer->reason == REASON_NONE) {
        const nsec ttl = answer->ttl < r->conf.max_ttl ? answer->ttl : r->conf.max_ttl;
        resolve_witness_saw(&r->witness, k->host, now);
        if (!r->ares || !ares_has_docker_server(r->ares))
            resolve_cache_put(r->cache, k->host, k->af, answer->addresses, answer->count,
                              mono_add(now, ttl), now);
    } else {
        resolve_judge(&res, k->host, answer, servers,
                      resolve_witness_vouches(&r->witness, k->host, now));
    }
    while (!list_empty(&k->queries)) {
        if (answer->reason == REASON_NONE) { /* each orders its own copy */
            res.count = answer->count;
            memcpy(res.addresses, answer->addresses,
                   answer->count * sizeof(res.addresses[0]));
        }
        query_answer(LIST_ITEM(k->queries.next, struct query, link), &res);
    }
    lookup_free(k);
}

/* What needs no question. True when res is filled in. */
static bool resolve_locally(struct resolver *r, const char *name, int af, struct mono now,
                            struct resolution *res)
{
    res->count = hosts_find(r->hosts, name, af, res->addresses, RESOLVE_MAX_ADDRESSES);
    if (res->count == 0)
        res->count =
            hosts_find_localhost(name, af, res->addresses, RESOLVE_MAX_ADDRESSES);
    if (res->count > 0)
        return true;
    res->count =
        resolve_cache_get(r->cache, name, af, now, res->addresses, RESOLVE_MAX_ADDRESSES);
    res->cached = res->count > 0;
    return res->cached;
}

static struct lookup *lookup_find(struct resolver *r, const char *name, int af)
{
    LIST_EACH (link, &r->lookups) {
        struct lookup *k = LIST_ITEM(link, struct lookup, link);
        if (k->af == af && strcmp(k->host, name) == 0)
            return k;
    }
    return NULL;
}

static struct query *
query_create(struct lookup *k, int port, enum ip_family family,
             void (*done)(void *ctx, const struct resolution *resolution), void *ctx)
{
    struct query *q = slab_take(&k->resolver->queries);
    *q = (struct query){.lookup = k,
                        .port = port,
                        .family = family,
                        .started = loop_now_exact(k->resolver->loop),
                        .done = done,
                        .ctx = ctx};
    list_append(&k->queries, &q->link);
    return q;
}

static struct lookup *lookup_create(struct resolver *r, const char *name, int af)
{
    struct lookup *k = memory_take(sizeof(*k));
    *k = (struct lookup){.resolver = r, .af = af};
    snprintf(k->host, sizeof(k->host), "%s", name);
    list_init(&k->queries);
    list_append(&r->lookups, &k->link);
    return k;
}

static void resolve_impossible(struct resolution *res, enum reason reason,
                               bool is_unknown, const char *host, const char *why)
{
    res->reason = reason;
    res->is_unknown = is_unknown;
    res->count = 0;
    snprintf(res->detail, sizeof(res->detail), "'%.120s' %s", host ? host : "", why);
}

static bool family_fits(const struct address *a, enum ip_family family)
{
    const int af = resolve_af(family);
    return af == AF_UNSPEC || a->to.sa.sa_family == af;
}

/* True when res is filled in without asking anybody. */
static bool resolve_literal(const char *host, enum ip_family family,
                            struct resolution *res)
{
    if (!address_parse(host, 0, &res->addresses[0]))
        return false;
    res->count = 1;
    if (!family_fits(&res->addresses[0], family))
        resolve_impossible(res, REASON_NO_NAME, false, host,
                           family == IP_6
                               ? "is no IPv6 address, and only IPv6 is allowed"
                               : "is no IPv4 address, and only IPv4 is allowed");
    return true;
}

struct query *resolve(struct resolver *r, const char *host, int port,
                      enum ip_family family,
                      void (*done)(void *ctx, const struct resolution *resolution),
                      void *ctx)
{
    struct resolution res; /* not zeroed: it is large, and count says what is valid */
    char name[HOST_MAX_LEN + 1];
    const char *why;
    res.reason = REASON_NONE;
    res.is_unknown = res.cached = false;
    res.took = 0;
    res.detail[0] = '\0';
    res.count = 0;
    if (resolve_literal(host, family, &res)) {
        answer_at_once(&res, family, port, done, ctx);
        return NULL;
    }
    if (!host_normalize(host, name, &why)) {
        resolve_impossible(&res, REASON_NO_NAME, false, host, why);
        answer_at_once(&res, family, port, done, ctx);
        return NULL;
    }
    const struct mono now = loop_now(r->loop);
    const int af = resolve_af(family);
    resolver_follow_files(r, now);
    if (resolve_locally(r, name, af, now, &res)) {
        answer_at_once(&res, family, port, done, ctx);
        return NULL;
    }
    struct lookup *k = lookup_find(r, name, af);
    if (k)
        return query_create(k, port, family, done, ctx);
    k = lookup_create(r, name, af);
    if (!r->ares && !system_ask(r->pool, k)) {
        lookup_free(k);
        resolve_impossible(
            &res, REASON_DNS_ERROR, true, host,
            "cannot be asked for: no thread is free for the system's resolver "
            "(64 lookups hang already?)");
        answer_at_once(&res, family, port, done, ctx);
        return NULL;
    }
    struct query *q = query_create(k, port, family, done, ctx);
    if (r->ares)
        ares_ask(r->ares, k); /* never answers inside */
    return q;
}

/* The question goes on: its answer may serve the next who asks. */
void query_cancel(struct query *q)
{
    if (!q)
        return;
    struct resolver *r = q->lookup->resolver;
    list_remove(&q->link);
    slab_return(&r->queries, q);
}

void resolver_drop(struct resolver *r, const char *host)
{
    char name[HOST_MAX_LEN + 1];
    const char *why;
    if (host_normalize(host, name, &why))
        resolve_cache_drop(r->cache, name);
}

struct ares *resolver_ares(struct resolver *r)
{
    struct err e = {0};

    resolver_follow_files(r, loop_now(r->loop));
    if (r->ares)
        return r->ares;
    if (list_empty(&r->srv_queries)) { /* nobody waits: resolv.conf is read afresh */
        ares_finish(r->srv_ares);
        r->srv_ares = ares_create(r->loop, r, &r->conf, &e);
    }
    if (!r->srv_ares)
        log_warning(EV("resolver failed"), STR("why", e.text));
    return r->srv_ares;
}

struct list *resolver_srv_queries(struct resolver *r)
{
    return &r->srv_queries;
}

struct resolve_witness *resolver_witness(struct resolver *r)
{
    return &r->witness;
}

struct loop *resolver_loop(const struct resolver *r)
{
    return r->loop;
}

bool resolver_vouches(const struct resolver *r, const char *host)
{
    char name[HOST_MAX_LEN + 1];
    const char *why;
    const bool is_name = host_normalize(host, name, &why);
    return resolve_witness_vouches(&r->witness, is_name ? name : host, loop_now(r->loop));
}
