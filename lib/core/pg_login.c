/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting and logging in, on a thread of its own: libpq computes keys and handshakes where it is called. Started by
 * pg.c. Touches its struct pg_login alone, and ends soon after that is unwanted or its deadline passed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/core/pg_impl.h"

#define LOOK_EVERY_MSEC 20 /* at is_unwanted */
#define NAP_MSEC 2         /* for the rest of a message that came in pieces */

struct
try {
    struct pg_login *l;
    const struct pg_attempt *attempt;
    PGconn *conn;
    PostgresPollingStatusType wants;
    struct mono connect_by; /* the next address is tried then */
    struct mono phase_since;
    size_t received;
    char whom[320];
};

static void ignore_notice(void *ctx, const char *message)
{
    (void)ctx, (void)message;
}

static void name_whom(struct try *t)
{
    const struct pg_attempt *a = t->attempt;
    char text[ADDRESS_TEXT_SIZE];

    if (a->to.len)
        snprintf(t->whom, sizeof(t->whom), "%s", address_format(&a->to, text));
    else
        snprintf(t->whom, sizeof(t->whom), "%.250s/.s.PGSQL.%d", a->host, a->port);
}

static enum phase phase_of(const PGconn *conn)
{
    switch (PQstatus(conn)) {
    case CONNECTION_NEEDED:
    case CONNECTION_STARTED:
        return PHASE_CONNECT;
    case CONNECTION_SSL_STARTUP:
    case CONNECTION_GSS_STARTUP:
        return PHASE_TLS;
    default:
        return PHASE_WAIT;
    }
}

static void note_phase(struct try *t)
{
    struct pg_login *l = t->l;
    const struct mono now = mono_read();
    const enum phase before = (enum phase)atomic_load(&l->at);

    l->took[before] += mono_since(now, t->phase_since);
    t->phase_since = now;
    atomic_store(&l->at, (int)phase_of(t->conn));
}

static bool start(struct try *t, const char *attrs)
{
    const struct pg_login *l = t->l;
    const struct pg_attempt *a = t->attempt;
    const char *keys[PG_MAX_KEYS + 5], *values[PG_MAX_KEYS + 5];
    char port[16];
    size_t n = l->key_count;

    memcpy(keys, l->keys, n * sizeof(*keys));
    memcpy(values, l->values, n * sizeof(*values));
    snprintf(port, sizeof(port), "%d", a->port);
    keys[n] = "host";
    values[n++] = a->address && l->server_name[0] ? l->server_name : a->host;
    keys[n] = "port";
    values[n++] = port;
    keys[n] = "target_session_attrs";
    values[n++] = attrs;
    if (a->address) {
        keys[n] = "hostaddr";
        values[n++] = a->address;
    }
    keys[n] = values[n] = NULL;
    t->conn = PQconnectStartParams(keys, values, 0);
    if (!t->conn) {
        pg_trouble_set(&t->l->why, REASON_SELF, true, "no memory for a connection");
        return false;
    }
    PQsetNoticeProcessor(t->conn, ignore_notice, NULL);
    PQsetErrorVerbosity(t->conn, PQERRORS_VERBOSE);
    t->wants = PGRES_POLLING_WRITING;
    return PQstatus(t->conn) != CONNECTION_BAD;
}

static void nap(void)
{
    const struct timespec span = {.tv_nsec = NAP_MSEC * NSEC_PER_MSEC};
    nanosleep(&span, NULL);
}

/* True while there is time; says why when there is none. */
static bool has_time(struct try *t)
{
    struct pg_login *l = t->l;
    const struct mono now = mono_read();

    if (atomic_load(&l->is_unwanted)) {
        pg_trouble_set(&l->why, REASON_SELF, true, "given up");
        return false;
    }
    if (mono_reached(now, l->deadline) ||
        (phase_of(t->conn) == PHASE_CONNECT && mono_reached(now, t->connect_by))) {
        pg_trouble_set(&l->why, REASON_TIMEOUT, false,
                       phase_of(t->conn) == PHASE_CONNECT
                           ? "no connection to %s in its share of the timeout: is a "
                             "firewall dropping it?"
                           : "%s took the connection, and the login did not end",
                       t->whom);
        return false;
    }
    return true;
}

static bool wait_ready(struct try *t)
{
    const struct pg_relay *relay = &t->l->relay;
    struct pollfd fd = {.fd = relay->is_open ? relay->server : PQsocket(t->conn)};

    if (pg_relay_untaken(relay, PQsocket(t->conn)))
        return true;
    fd.events = t->wants == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    return poll(&fd, 1, LOOK_EVERY_MSEC) > 0;
}

static bool is_past_authentication(const PGconn *conn)
{
    switch (PQstatus(conn)) {
    case CONNECTION_BAD:
    case CONNECTION_NEEDED:
    case CONNECTION_STARTED:
    case CONNECTION_MADE:
    case CONNECTION_SSL_STARTUP:
    case CONNECTION_GSS_STARTUP:
    case CONNECTION_AWAITING_RESPONSE:
        return false;
    default:
        return true;
    }
}

/* From where the server may send what is as long as it likes, libpq is given it in portions. */
static bool begin_relay(struct try *t)
{
    struct pg_login *l = t->l;

    if (l->relay.is_open || !is_past_authentication(t->conn) ||
        pg_relay_begin(&l->relay, PQsocket(t->conn)))
        return true;
    pg_trouble_set(&l->why, REASON_SELF, true, "healthd has no descriptor free: %s",
                   strerror(errno));
    return false;
}

static enum pg_guard may_read(struct try *t)
{
    struct pg_login *l = t->l;

    if (!l->relay.is_open)
        return pg_guard(t->conn, &t->received, &l->why);
    if (!pg_relay_untaken(&l->relay, PQsocket(t->conn)))
        t->received += pg_relay_take(&l->relay);
    return pg_guard_amount(t->received, &l->why);
}

/* False when it is over, one way or the other. */
static bool step(struct try *t)
{
    if (!wait_ready(t))
        return true;
    switch (t->wants == PGRES_POLLING_READING ? may_read(t) : PG_GUARD_GO) {
    case PG_GUARD_GO:
        break;
    case PG_GUARD_WAIT:
        nap();
        return true;
    case PG_GUARD_REFUSE:
        return false;
    }
    t->wants = PQconnectPoll(t->conn);
    note_phase(t);
    if (!begin_relay(t))
        return false;
    if (t->l->relay.is_open)
        pg_relay_send(&t->l->relay);
    return t->wants == PGRES_POLLING_READING || t->wants == PGRES_POLLING_WRITING;
}

static void explain(struct try *t)
{
    struct pg_login *l = t->l;
    const char *text = PQerrorMessage(t->conn);

    if (l->why.trouble.reason != REASON_NONE)
        return; /* said already */
    pg_trouble_read(text, t->whom, &l->why);
    l->is_unexplained = strstr(text, "certificate verify failed") != NULL;
}

/* One address, from nothing to a login. */
static bool try_one(struct pg_login *l, const struct pg_attempt *attempt,
                    const char *attrs, struct mono connect_by)
{
    struct try t = {
        .l = l, .attempt = attempt, .connect_by = connect_by, .phase_since = mono_read()};
    bool goes_on = true;

    l->why = (struct pg_trouble){0};
    l->is_unexplained = false;
    l->reached = attempt;
    atomic_store(&l->at, PHASE_CONNECT);
    name_whom(&t);
    if (!start(&t, attrs))
        goes_on = false;
    while (goes_on && has_time(&t))
        goes_on = step(&t);
    if (t.conn && t.wants == PGRES_POLLING_OK && l->why.trouble.reason == REASON_NONE) {
        PQsetnonblocking(t.conn, 1);
        l->conn = t.conn;
        return true;
    }
    if (t.conn)
        explain(&t);
    PQfinish(t.conn);
    pg_relay_end(&l->relay);
    return false;
}

static bool try_all(struct pg_login *l, const char *attrs)
{
    for (size_t i = 0; i < l->attempt_count; i++) {
        const nsec left = mono_since(l->deadline, mono_read());
        const nsec share = left / (nsec)(l->attempt_count - i);
        if (try_one(l, &l->attempts[i], attrs, mono_add(mono_read(), share)))
            return true;
        if (atomic_load(&l->is_unwanted) || mono_reached(mono_read(), l->deadline))
            return false;
    }
    return false;
}

void pg_login_work(void *login)
{
    struct pg_login *l = login;
    const bool is_choosy = !strcmp(l->session_attrs, "prefer-standby");

    if (try_all(l, is_choosy ? "standby" : l->session_attrs) || !is_choosy)
        return;
    if (!atomic_load(&l->is_unwanted))
        try_all(l, "any");
}
