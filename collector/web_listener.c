/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The microhttpd daemon behind each listening socket (web_socket.c), driven from our loop. Owns limits, deadlines and the
 * order of closing; does not know what a path means.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/web_parts.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/whole_file.h"

#define MEMORY_PER_CONNECTION (32u << 10)
#define SEND_BUFFER (192 << 10)
#define IDLE_SECONDS 90u
/* A connection that waits for its next request: longer than any usual scrape interval. */
#define IDLE_DEADLINE (100 * NSEC_PER_SEC)
#define SWEEP_INTERVAL (250 * NSEC_PER_MSEC)
/* microhttpd in epoll mode asks to be called at once for ever when a TLS client stops in the middle of its hello; after
 * this many turns it is called once a millisecond. */
#define IDLE_TURNS 64

static void pump(struct listener *l)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    l->pump_is_wanted = false;
    MHD_run(l->mhd);
    /* A handler suspended its exchange and answered at once: the timer is set for the next turn. */
    if (l->pump_is_wanted)
        return;
    if (MHD_get_timeout(l->mhd, &wait_ms) != MHD_YES) {
        l->idle_turns = 0;
        timer_stop(l->timer);
        return;
    }
    l->idle_turns = wait_ms ? 0 : l->idle_turns + 1;
    if (wait_ms == 0 && l->idle_turns > IDLE_TURNS)
        wait_ms = 1;
    const nsec wait = (nsec)(wait_ms > 60000 ? 60000 : wait_ms) * NSEC_PER_MSEC;
    timer_at(l->timer, mono_add(loop_now(l->web->loop), wait));
}

static void on_ready(void *ctx, int events)
{
    struct listener *l = ctx;
    l->idle_turns = 0;
    pump(l);
}

static void on_timer(void *ctx)
{
    pump(ctx);
}

void listener_pump(struct listener *l)
{
    if (l->pump_is_wanted)
        return;
    l->pump_is_wanted = true;
    timer_at(l->timer, loop_now(l->web->loop));
}

static bool has_left(int fd)
{
    char byte;
    const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 ||
           (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void on_sweep(void *ctx);

static void sweep_by(struct web *w, struct mono at)
{
    if (w->sweep_at.ns && mono_reached(at, w->sweep_at))
        return;
    if (!w->sweep)
        w->sweep = loop_timer_create(w->loop, "web sweep", on_sweep, w);
    timer_at(w->sweep, at);
    w->sweep_at = at;
}

void client_due_in(struct client *c, nsec wait)
{
    struct web *w = c->listener->web;
    c->deadline = mono_add(loop_now(w->loop), wait);
    sweep_by(w, c->deadline);
}

void client_waits(struct client *c)
{
    struct web *w = c->listener->web;
    sweep_by(w, mono_add(loop_now(w->loop), SWEEP_INTERVAL));
}

static void sweep_client(struct client *c, struct mono now)
{
    const bool is_suspended = c->exchange && c->exchange->is_suspended;
    /* A feed that waits has given its client all there is: nobody is late. */
    const bool is_feed = exchange_feed_waits(c->exchange);
    const bool is_late = !is_feed && mono_reached(now, c->deadline);
    if (is_late)
        shutdown(c->fd, SHUT_RDWR);
    if (is_suspended && (is_late || has_left(c->fd)))
        exchange_abandon(c->exchange);
    else if (is_feed && has_left(c->fd))
        exchange_feed_end(c->exchange);
    sweep_by(c->listener->web, is_suspended || is_feed || is_late
                                   ? mono_add(now, SWEEP_INTERVAL)
                                   : c->deadline);
}

static void on_sweep(void *ctx)
{
    struct web *w = ctx;
    const struct mono now = loop_now(w->loop);
    w->sweep_at = (struct mono){0};
    LIST_EACH (at, &w->listeners) {
        struct listener *l = LIST_ITEM(at, struct listener, link);
        LIST_EACH (c, &l->clients)
            sweep_client(LIST_ITEM(c, struct client, link), now);
    }
}

static void client_came(struct listener *l, struct MHD_Connection *connection,
                        void **socket_ctx)
{
    struct client *c = calloc(1, sizeof(*c));
    assert(c);
    c->listener = l;
    c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                ->connect_fd;
    list_append(&l->clients, &c->link);
    l->client_count++;
    *socket_ctx = c;
    client_due_in(c, l->web->request_timeout);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    struct listener *l = ctx;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        client_came(l, connection, socket_ctx);
        return;
    }
    struct client *c = *socket_ctx;
    list_remove(&c->link);
    /* At its limit microhttpd looks away from the listening socket until it is called again. */
    if (l->client_count-- >= l->max_clients)
        listener_pump(l);
    free(c);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *exchange;
    if (!x)
        return;
    client_due_in(x->client, IDLE_DEADLINE);
    exchange_end(x);
    *exchange = NULL;
}

static bool read_pem(const char *path, struct buf *out, struct err *e)
{
    if (whole_file_read(path, out))
        return true;
    return errno == EFBIG
               ? err_set(e, "%s is larger than 256 KiB: is it a PEM file?", path)
               : err_errno(e, errno, "cannot read %s", path);
}

struct pem_files {
    struct buf cert, key, client_ca;
};

static bool read_pems(const struct listen_conf *conf, struct pem_files *pem,
                      struct err *e)
{
    if (!*conf->cert_file)
        return true;
    return read_pem(conf->cert_file, &pem->cert, e) &&
           read_pem(conf->key_file, &pem->key, e) &&
           (!*conf->client_ca_file || read_pem(conf->client_ca_file, &pem->client_ca, e));
}

static bool start_mhd(struct listener *l, const struct pem_files *pem,
                      const struct web_conf *limits, struct err *e)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)buf_text(&pem->cert)},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)buf_text(&pem->key)},
        {pem->client_ca.len ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
         (void *)(uintptr_t)buf_text(&pem->client_ca)},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (pem->cert.len)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    l->mhd = MHD_start_daemon(
        flags, 0, NULL, NULL, web_handle, l, MHD_OPTION_LISTEN_SOCKET, l->fd,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, l, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, l, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        l->unix_path ? 0u : (unsigned)limits->max_connections_per_ip,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (!l->mhd)
        return err_set(e, "cannot serve on %s: %s", l->url,
                       pem->cert.len
                           ? "the certificate and key do not fit together, or are not PEM"
                           : "the HTTP server does not start");
    const int epoll_fd = MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    l->timer = loop_timer_create(l->web->loop, "web", on_timer, l);
    l->watch = loop_watch_create(l->web->loop, "web", epoll_fd, on_ready, l);
    watch_set(l->watch, WATCH_READ);
    return true;
}

static bool listener_start(struct listener *l, const struct listener *former,
                           const struct listen_conf *conf, const struct web_conf *limits,
                           struct err *e)
{
    struct pem_files pem = {BUF_MAX(256 << 10), BUF_MAX(256 << 10), BUF_MAX(256 << 10)};
    bool ok =
        read_pems(conf, &pem, e) && listener_bind(l, former, conf, pem.cert.len > 0, e);
    /* One send takes what the socket has room for: the bound keeps a page of megabytes from holding the loop. */
    setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
    if (ok && listen(l->fd, 511) != 0)
        ok = err_errno(e, errno, "cannot listen on %s", conf->address);
    ok = ok && start_mhd(l, &pem, limits, e);
    buf_finish(&pem.cert);
    if (pem.key.ptr)
        explicit_bzero(pem.key.ptr, pem.key.len);
    buf_finish(&pem.key);
    buf_finish(&pem.client_ca);
    return ok;
}

struct listener *listener_open(struct web *w, const struct listener *former,
                               const struct listen_conf *conf,
                               const struct web_conf *limits, const char *key,
                               struct err *e)
{
    struct listener *l = calloc(1, sizeof(*l));
    assert(l);
    l->web = w;
    l->fd = -1;
    l->key = memory_strdup(key);
    l->username = memory_strdup(conf->username);
    l->password = memory_strdup(conf->password.value);
    l->bearer = memory_strdup(conf->bearer_token.value);
    l->may_read = strcmp(conf->rights, "none") != 0;
    l->may_act = !strcmp(conf->rights, "act") ||
                 (!*conf->rights && !strncmp(conf->address, "unix:", 5));
    list_init(&l->clients);
    l->address = memory_strdup(conf->address);
    l->max_clients = (unsigned)limits->max_connections;
    l->wants_client_cert = *conf->client_ca_file;
    if (!listener_start(l, former, conf, limits, e)) {
        listener_close(l);
        return NULL;
    }
    pump(l);
    log_info(EV("listening"), STR("address", l->url));
    return l;
}

/* microhttpd aborts the process when it is stopped with a connection suspended. */
static void resume_all(struct listener *l)
{
    LIST_EACH (at, &l->clients) {
        struct client *c = LIST_ITEM(at, struct client, link);
        if (c->exchange && c->exchange->is_suspended)
            exchange_abandon(c->exchange);
        else if (exchange_feed_waits(c->exchange))
            exchange_feed_end(c->exchange);
    }
    MHD_run(l->mhd);
}

void listener_quiet(struct listener *l)
{
    if (l->mhd && !l->is_quiet)
        MHD_quiesce_daemon(l->mhd); /* fd is ours again */
    l->is_quiet = true;
}

void listener_close(struct listener *l)
{
    watch_destroy(l->watch);
    if (l->mhd) {
        listener_quiet(l);
        resume_all(l);
        MHD_stop_daemon(l->mhd);
    }
    if (l->fd >= 0)
        close(l->fd);
    timer_destroy(l->timer);
    if (l->unix_path && !l->has_borrowed)
        unlink(l->unix_path);
    explicit_bzero(l->password, strlen(l->password));
    explicit_bzero(l->bearer, strlen(l->bearer));
    free(l->key);
    free(l->address);
    free(l->url);
    free(l->unix_path);
    free(l->username);
    free(l->password);
    free(l->bearer);
    free(l);
}
