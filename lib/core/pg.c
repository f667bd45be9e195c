/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection from its hosts' names to its end: looks them up, has a thread log in, and takes over what that made. Called
 * by the probes that ask PostgreSQL. Questions are pg_ask.c's.
 */
#include "lib/core/pg.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/pg_impl.h"
#include "lib/core/pool.h"

#define LOOK_EVERY (20 * NSEC_PER_MSEC)

void pg_move(struct pg *pg, enum pg_state next)
{
    switch (pg->state) {
    case PG_RESOLVING:
    case PG_LOGGING_IN:
    case PG_EXPLAINING:
    case PG_IDLE:
    case PG_ASKING:
        pg->state = next;
        break;
    case PG_BROKEN:
        assert(next == PG_BROKEN);
        break;
    }
}

void pg_opened(struct pg *pg, const struct pg_trouble *why)
{
    pg_move(pg, why->trouble.reason == REASON_NONE ? PG_IDLE : PG_BROKEN);
    pg->events->open(pg->ctx, pg, why); /* may end pg */
}

/* ---- the thread's end ---- */

static void on_given_up(void *ctx)
{
    struct pg_login *l = ctx;
    void (*gone)(void *ctx) = l->gone;
    void *gone_ctx = l->gone_ctx;

    PQfinish(l->conn);
    pg_relay_end(&l->relay);
    pg_login_destroy(l);
    if (gone)
        gone(gone_ctx);
}

static void take_over(struct pg *pg, struct pg_login *l)
{
    char text[ADDRESS_TEXT_SIZE];
    const struct pg_attempt *a = l->reached;

    pg->conn = l->conn;
    l->conn = NULL;
    pg->relay = l->relay;
    for (size_t i = 0; i < PHASE_COUNT; i++)
        pg->took[i] = l->took[i];
    if (a) {
        pg->host_name = arena_strdup(pg->arena, a->host);
        pg->address = a->to.len
                          ? arena_strdup(pg->arena, address_format(&a->to, text))
                          : arena_printf(pg->arena, "%s/.s.PGSQL.%d", a->host, a->port);
    }
    SSL *ssl = pg->conn && PQsslInUse(pg->conn) ? PQsslStruct(pg->conn, "OpenSSL") : NULL;
    if (ssl) {
        tls_record_done(ssl);
        pg->peer = tls_peer_read(ssl, pg->arena);
    }
}

static void on_logged_in(void *ctx)
{
    struct pg_login *l = ctx;
    struct pg *pg = l->owner;
    const struct pg_trouble why = l->why;

    pg->job = NULL;
    timer_destroy(pg->timer);
    pg->timer = NULL;
    take_over(pg, l);
    if (!pg->conn && l->is_unexplained && l->reached->to.len) {
        pg_explain(pg);
        return;
    }
    pg_login_destroy(l);
    pg->login = NULL;
    pg_opened(pg, &why);
}

/* Where the thread stands, for whoever asks when the deadline comes. */
static void on_look(void *ctx)
{
    struct pg *pg = ctx;
    const enum phase at = (enum phase)atomic_load(&pg->login->at);

    timer_at(pg->timer, mono_add(loop_now(pg->frame->loop), LOOK_EVERY));
    if (at != pg->shown)
        pg->events->phase(pg->ctx, at);
    pg->shown = at;
}

static void log_in(struct pg *pg)
{
    struct pg_login *l = pg->login;
    struct pg_trouble why = {0};

    pg_move(pg, PG_LOGGING_IN);
    if (!pg_login_fill(l, pg, &why)) {
        pg_opened(pg, &why);
        return;
    }
    l->deadline = pg->conf.deadline;
    pg->shown = PHASE_CONNECT;
    atomic_store(&l->at, PHASE_CONNECT);
    pg->events->phase(pg->ctx, PHASE_CONNECT);
    pg->job = pool_detach(pg->frame->pool, "pg login", pg_login_work, on_logged_in, l);
    if (!pg->job) {
        pg_trouble_set(&why, REASON_SELF, true, "%s", pool_no_thread);
        pg_opened(pg, &why);
        return;
    }
    pg->timer = loop_timer_create(pg->frame->loop, "pg login", on_look, pg);
    timer_at(pg->timer, mono_add(loop_now(pg->frame->loop), LOOK_EVERY));
}

/* ---- names ---- */

static void look_up_next(struct pg *pg);

static bool is_socket(const char *host)
{
    return host[0] == '/' || host[0] == '@';
}

static void add_attempt(struct pg *pg, const struct pg_host *host,
                        const struct address *to)
{
    struct pg_login *l = pg->login;
    char text[ADDRESS_TEXT_SIZE];
    struct address bare;

    if (l->attempt_count == PG_MAX_ATTEMPTS)
        return;
    struct pg_attempt *a = &l->attempts[l->attempt_count++];
    *a = (struct pg_attempt){.host = arena_strdup(l->arena, host->name),
                             .port = host->port};
    if (!to)
        return;
    bare = a->to = *to;
    if (bare.to.sa.sa_family == AF_INET6)
        bare.to.in6.sin6_port = 0;
    else
        bare.to.in.sin_port = 0;
    a->address = arena_strdup(l->arena, address_format(&bare, text));
    if (a->address[0] == '[') /* libpq wants it without brackets */
        a->address = arena_strndup(l->arena, a->address + 1, strlen(a->address) - 2);
}

static void on_resolved(void *ctx, const struct resolution *r)
{
    struct pg *pg = ctx;
    const struct pg_host *host = &pg->words.hosts[pg->host];

    pg->query = NULL;
    pg->events->resolved(pg->ctx, r->took, r->count ? &r->addresses[0] : NULL);
    for (size_t i = 0; i < r->count; i++)
        add_attempt(pg, host, &r->addresses[i]);
    if (r->reason != REASON_NONE && pg->lookup.reason == REASON_NONE) {
        pg->lookup.reason = r->reason;
        pg->lookup.is_unknown = r->is_unknown;
        snprintf(pg->lookup.detail, sizeof(pg->lookup.detail), "%s", r->detail);
    }
    pg->host++;
    look_up_next(pg);
}

static void look_up_next(struct pg *pg)
{
    struct address literal;

    while (pg->host < pg->words.host_count) {
        const struct pg_host *host = &pg->words.hosts[pg->host];
        const char *at = host->address[0] ? host->address : host->name;
        if (is_socket(host->name)) {
            add_attempt(pg, host, NULL);
        } else if (host->address[0] && address_parse(at, host->port, &literal)) {
            add_attempt(pg, host, &literal);
        } else {
            pg->query =
                resolve(pg->frame->resolver, at, host->port, IP_ANY, on_resolved, pg);
            return; /* on_resolved goes on, or has gone on */
        }
        pg->host++;
    }
    if (pg->login->attempt_count) {
        log_in(pg);
        return;
    }
    const struct pg_trouble why = {.trouble = pg->lookup};
    pg_opened(pg, &why);
}

static void begin(void *ctx)
{
    struct pg *pg = ctx;

    pg->events->phase(pg->ctx, PHASE_RESOLVE);
    look_up_next(pg);
}

/* ---- from outside ---- */

static void copy_words(struct pg *pg, const struct pg_words *from)
{
    struct pg_words *w = &pg->words;

    *w = *from;
    w->user = arena_strdup(pg->arena, from->user);
    w->password = arena_strdup(pg->arena, from->password);
    w->database = arena_strdup(pg->arena, from->database);
    for (size_t i = 0; i < w->word_count; i++) {
        w->words[i].key = arena_strdup(pg->arena, from->words[i].key);
        w->words[i].value = arena_strdup(pg->arena, from->words[i].value);
    }
    for (size_t i = 0; i < w->host_count; i++) {
        w->hosts[i].name = arena_strdup(pg->arena, from->hosts[i].name);
        w->hosts[i].address = arena_strdup(pg->arena, from->hosts[i].address);
    }
    if (!w->host_count)
        w->hosts[w->host_count++] = (struct pg_host){"/var/run/postgresql", "", PG_PORT};
}

static void copy_tls(struct pg *pg, const struct tls_conf *from)
{
    struct tls_conf *to = &pg->tls;

    *to = *from;
    to->ca = arena_strdup(pg->arena, from->ca);
    to->ca_file = arena_strdup(pg->arena, from->ca_file);
    to->cert = arena_strdup(pg->arena, from->cert);
    to->cert_file = arena_strdup(pg->arena, from->cert_file);
    to->key.value = arena_strdup(pg->arena, from->key.value);
    to->key_file = arena_strdup(pg->arena, from->key_file);
    to->server_name = arena_strdup(pg->arena, from->server_name);
    to->alpn = (struct texts){0};
}

struct pg *pg_open(struct frame *f, const struct pg_conf *conf,
                   const struct pg_events *events, void *ctx)
{
    struct arena *arena = arena_create(0), *thread_arena = arena_create(0);
    struct pg *pg = arena_alloc(arena, sizeof(*pg));

    *pg = (struct pg){.frame = f,
                      .arena = arena,
                      .conf = *conf,
                      .events = events,
                      .ctx = ctx,
                      .address = "",
                      .host_name = ""};
    copy_words(pg, conf->words);
    copy_tls(pg, conf->tls);
    pg->conf.words = &pg->words;
    pg->conf.tls = &pg->tls;
    pg->conf.database = arena_strdup(arena, conf->database);
    pg->login = arena_alloc(thread_arena, sizeof(*pg->login));
    pg->login->arena = thread_arena;
    pg->login->owner = pg;
    loop_defer(f->loop, "pg", begin, pg);
    return pg;
}

void pg_drain(struct pg *pg, void (*gone)(void *ctx), void *ctx)
{
    if (!pg) {
        if (gone)
            gone(ctx);
        return;
    }
    struct pg_login *l = pg->login;
    struct job *job = pg->job;

    loop_forget(pg->frame->loop, pg);
    query_cancel(pg->query);
    timer_destroy(pg->timer);
    conn_close(pg->explaining);
    pg_ask_stop(pg);
    PQfinish(pg->conn);
    pg_relay_end(&pg->relay);
    arena_destroy(pg->arena);
    if (job) {
        l->gone = gone;
        l->gone_ctx = ctx;
        atomic_store(&l->is_unwanted, true);
        job_abandon(job, on_given_up);
        return;
    }
    pg_login_destroy(l);
    if (gone)
        gone(ctx);
}

void pg_close(struct pg *pg)
{
    pg_drain(pg, NULL, NULL);
}

bool pg_is_open(const struct pg *pg)
{
    return pg && pg->state == PG_IDLE;
}

const char *pg_address(const struct pg *pg)
{
    return pg->address;
}

const char *pg_host(const struct pg *pg)
{
    return pg->host_name;
}

nsec pg_phase_took(const struct pg *pg, enum phase phase)
{
    return pg->took[phase];
}

const struct tls_peer *pg_peer(const struct pg *pg)
{
    return pg->peer;
}

int pg_server_version(const struct pg *pg)
{
    return pg->conn ? PQserverVersion(pg->conn) : 0;
}

const char *pg_parameter(const struct pg *pg, const char *name)
{
    const char *value = pg->conn ? PQparameterStatus(pg->conn, name) : NULL;
    return value ? value : "";
}
