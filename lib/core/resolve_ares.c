/* SPDX-License-Identifier: Apache-2.0 */
/*
 * c-ares on the loop: its sockets are watches, its timeouts one timer, its configuration resolv.conf.
 * Called by resolve.c for names that neither the hosts file nor the cache knows. Never judges.
 */
#include <ares.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/resolve_impl.h"

#define ARES_TIMEOUT_MS 1000
#define ARES_TRIES 2

struct ares_socket {
    struct list link;
    struct ares *ares;
    struct watch *watch;
    ares_socket_t fd;
};

struct ares {
    struct loop *loop;
    struct resolver *resolver;
    ares_channel channel;
    struct timer *timer;
    struct list sockets;
    int depth; /* inside c-ares */
    size_t server_count;
    bool has_docker_server;
    char servers[128];
};

static void ares_arm(struct ares *a)
{
    struct timeval tv;
    const struct timeval *left = ares_timeout(a->channel, NULL, &tv);
    if (!left) {
        timer_stop(a->timer);
        return;
    }
    const nsec wait = left->tv_sec * NSEC_PER_SEC + left->tv_usec * NSEC_PER_USEC;
    timer_at(a->timer, mono_add(loop_now_exact(a->loop), wait));
}

static void ares_drive(struct ares *a, ares_socket_t to_read, ares_socket_t to_write)
{
    a->depth++;
    ares_process_fd(a->channel, to_read, to_write);
    a->depth--;
    ares_arm(a);
}

static void on_ready(void *ctx, int events)
{
    const struct ares_socket *s = ctx;
    const ares_socket_t fd = s->fd;
    const bool is_readable = events & (WATCH_READ | WATCH_ERROR);
    ares_drive(s->ares, is_readable ? fd : ARES_SOCKET_BAD,
               (events & WATCH_WRITE) ? fd : ARES_SOCKET_BAD); /* s may be gone now */
}

static void on_due(void *ctx)
{
    ares_drive(ctx, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static struct ares_socket *socket_find(struct ares *a, ares_socket_t fd)
{
    LIST_EACH (link, &a->sockets) {
        struct ares_socket *s = LIST_ITEM(link, struct ares_socket, link);
        if (s->fd == fd)
            return s;
    }
    return NULL;
}

/* c-ares says 0, 0 just before it closes the descriptor. */
static void on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
    struct ares *a = ctx;
    struct ares_socket *s = socket_find(a, fd);
    if (!readable && !writable) {
        if (!s)
            return;
        list_remove(&s->link);
        watch_destroy(s->watch);
        free(s);
        return;
    }
    if (!s) {
        s = memory_take(sizeof(*s));
        *s = (struct ares_socket){.ares = a, .fd = fd};
        s->watch = loop_watch_create(a->loop, "resolve", fd, on_ready, s);
        list_append(&a->sockets, &s->link);
    }
    watch_set(s->watch, (readable ? WATCH_READ : 0) | (writable ? WATCH_WRITE : 0));
}

static void servers_read(struct ares *a)
{
    struct ares_addr_port_node *servers = NULL;
    size_t len = 0;
    a->server_count = 0;
    if (ares_get_servers_ports(a->channel, &servers) != ARES_SUCCESS)
        return;
    for (const struct ares_addr_port_node *s = servers; s; s = s->next) {
        char ip[INET6_ADDRSTRLEN] = "?";
        a->server_count++;
        ares_inet_ntop(s->family, &s->addr, ip, sizeof(ip));
        if (strcmp(ip, "127.0.0.11") == 0)
            a->has_docker_server = true;
        if (len + strlen(ip) + 3 < sizeof(a->servers))
            len += (size_t)snprintf(a->servers + len, sizeof(a->servers) - len, "%s%s",
                                    len ? ", " : "", ip);
    }
    ares_free_data(servers);
}

static int channel_open(struct ares *a, const struct resolver_conf *conf, int flags)
{
    char lookups[] = "b"; /* DNS only: the hosts file is ours */
    char *path = memory_strdup(conf->resolv_conf);
    struct ares_options options = {.flags = flags,
                                   .timeout = ARES_TIMEOUT_MS,
                                   .tries = ARES_TRIES,
                                   .udp_port = (unsigned short)conf->port,
                                   .tcp_port = (unsigned short)conf->port,
                                   .lookups = lookups,
                                   .resolvconf_path = path,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = a};
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                     ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB |
                     (conf->port ? ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT : 0);
    const int failed = ares_init_options(&a->channel, &options, mask);
    free(path);
    if (!failed)
        servers_read(a);
    return failed;
}

struct ares *ares_create(struct loop *l, struct resolver *r,
                         const struct resolver_conf *conf, struct err *e)
{
    struct ares *a = memory_take(sizeof(*a));
    *a = (struct ares){.loop = l, .resolver = r};
    list_init(&a->sockets);
    int failed = channel_open(a, conf, 0);
    if (!failed && a->server_count == 1) {
        /* c-ares 1.18 asks the next server after SERVFAIL, and forgets the word when there is none.
         * With one server there is nobody to ask: its word is the answer. */
        ares_destroy(a->channel);
        failed = channel_open(a, conf, ARES_FLAG_NOCHECKRESP);
    }
    if (failed) {
        err_set(e, "cannot start the resolver: %s", ares_strerror(failed));
        free(a);
        return NULL;
    }
    a->timer = loop_timer_create(l, "resolve", on_due, a);
    return a;
}

void ares_finish(struct ares *a)
{
    if (!a)
        return;
    a->depth++;
    ares_destroy(a->channel);
    timer_destroy(a->timer);
    free(a);
}

const char *ares_servers(const struct ares *a)
{
    return a->servers;
}

bool ares_is_busy(const struct ares *a)
{
    return a->depth > 0;
}

bool ares_has_docker_server(const struct ares *a)
{
    return a->has_docker_server;
}

static size_t addresses_read(const struct ares_addrinfo *info,
                             struct address *ret_addresses, nsec *ret_ttl)
{
    size_t count = 0;
    int least = 1 << 30;
    for (const struct ares_addrinfo_node *n = info->nodes;
         n && count < RESOLVE_MAX_ADDRESSES; n = n->ai_next) {
        struct address *a = &ret_addresses[count];
        if ((size_t)n->ai_addrlen > sizeof(a->to))
            continue;
        *a = (struct address){.len = (socklen_t)n->ai_addrlen};
        memcpy(&a->to, n->ai_addr, (size_t)n->ai_addrlen);
        count++;
        if (n->ai_ttl < least)
            least = n->ai_ttl;
    }
    *ret_ttl = count ? least * NSEC_PER_SEC : 0;
    return count;
}

struct answer answer_of_status(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return (struct answer){.reason = REASON_NO_NAME,
                               .text = "does not exist (NXDOMAIN)"};
    case ARES_ENODATA:
        return (struct answer){.reason = REASON_NO_NAME,
                               .text = "has no address of the kind asked for (NODATA)"};
    case ARES_EBADNAME:
        return (struct answer){.reason = REASON_NO_NAME,
                               .text = "is not a name that DNS can ask for"};
    case ARES_ETIMEOUT:
        return (struct answer){.reason = REASON_DNS_TIMEOUT, .text = ""};
    case ARES_ECONNREFUSED:
        return (struct answer){.reason = REASON_DNS_TIMEOUT,
                               .text = " (each refuses, fails, or is not reachable)"};
    case ARES_ESERVFAIL:
        return (struct answer){.reason = REASON_DNS_ERROR, .text = "SERVFAIL"};
    case ARES_EREFUSED:
        return (struct answer){.reason = REASON_DNS_ERROR, .text = "REFUSED"};
    case ARES_ENOMEM:
        return (struct answer){
            .reason = REASON_DNS_ERROR, .is_ours = true, .text = "out of memory"};
    default:
        return (struct answer){.reason = REASON_DNS_ERROR, .text = ares_strerror(status)};
    }
}

struct late { /* an answer that came inside the question */
    struct lookup *lookup;
    struct answer answer;
    struct address addresses[RESOLVE_MAX_ADDRESSES];
};

static void answer_late(void *ctx)
{
    struct late *late = ctx;
    late->lookup->late = NULL;
    lookup_answer(late->lookup, &late->answer);
    free(late);
}

static void answer_now_or_late(struct lookup *k, const struct answer *answer)
{
    if (!k->is_asking) {
        lookup_answer(k, answer);
        return;
    }
    struct late *late = memory_take(sizeof(*late));
    late->lookup = k;
    late->answer = *answer;
    late->answer.addresses = late->addresses;
    memcpy(late->addresses, answer->addresses,
           answer->count * sizeof(late->addresses[0]));
    k->late = late;
}

static void on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
    struct lookup *k = ctx;
    struct address addresses[RESOLVE_MAX_ADDRESSES];
    (void)timeouts;
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        k->must_ask = true;
        return;
    }
    struct answer answer = {.reason = REASON_NONE};
    if (status == ARES_SUCCESS && info)
        answer.count = addresses_read(info, addresses, &answer.ttl);
    if (answer.count == 0)
        answer = answer_of_status(status == ARES_SUCCESS ? ARES_ENODATA : status);
    answer.addresses = addresses;
    if (info)
        ares_freeaddrinfo(info);
    answer_now_or_late(k, &answer);
}

void ares_ask(struct ares *a, struct lookup *k)
{
    const struct ares_addrinfo_hints hints = {
        .ai_family = k->af, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
    k->must_ask = false;
    k->is_asking = true;
    a->depth++;
    ares_getaddrinfo(a->channel, k->host, NULL, &hints, on_answer, k);
    a->depth--;
    k->is_asking = false;
    if (k->late)
        loop_defer(a->loop, "resolve", answer_late, k->late);
    ares_arm(a);
}

void ares_ask_records(struct ares *a, const char *name, int type,
                      void (*done)(void *ctx, int status, int timeouts,
                                   unsigned char *message, int len),
                      void *ctx)
{
    enum { CLASS_INTERNET = 1 };

    a->depth++;
    ares_query(a->channel, name, CLASS_INTERNET, type, done, ctx);
    a->depth--;
    ares_arm(a);
}
