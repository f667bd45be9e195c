/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at what a server says during the login before libpq does: libpq would compute as many SCRAM rounds as a server
 * asks for (RFC 5802 §5.1, `i=`), for minutes, and keep whatever it is sent. Called by pg_login.c. Takes nothing out of
 * the socket.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/core/pg_impl.h"

#define LOGIN_MAX_BYTES (1u << 20)
#define AUTH_MAX_BYTES 2000 /* libpq refuses longer ones itself */
#define AUTH_SASL_CONTINUE 11
#define PEEK_BYTES 8192

static uint32_t read_u32(struct bytes b, size_t at)
{
    const unsigned char *p = (const unsigned char *)b.ptr + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* r=…,s=…,i=4096 */
static bool is_affordable(struct bytes message, struct pg_trouble *why)
{
    struct bytes part;
    uint64_t rounds = 0;

    while (bytes_token(&message, ',', &part)) {
        if (!bytes_starts(part, "i="))
            continue;
        const bool is_number = bytes_to_u64(bytes_slice(part, 2, part.len), &rounds);
        if (is_number && rounds <= PG_MAX_SCRAM_ITERATIONS)
            return true;
        pg_trouble_set(
            why, REASON_PROTOCOL, false,
            "the server asks for %.*s rounds of SCRAM; at most %d are computed",
            (int)(part.len - 2 > 20 ? 20 : part.len - 2), part.ptr + 2,
            PG_MAX_SCRAM_ITERATIONS);
        return false;
    }
    return true; /* libpq says what is wrong with it */
}

enum pg_guard pg_guard_judge(struct bytes waiting, struct pg_trouble *ret_why)
{
    while (waiting.len) {
        if (waiting.ptr[0] != 'R')
            return PG_GUARD_GO;
        if (waiting.len < 5)
            return PG_GUARD_WAIT;
        const size_t len = read_u32(waiting, 1);
        if (len < 8 || len > AUTH_MAX_BYTES)
            return PG_GUARD_GO;
        if (waiting.len < len + 1)
            return PG_GUARD_WAIT;
        if (read_u32(waiting, 5) == AUTH_SASL_CONTINUE &&
            !is_affordable(bytes_slice(waiting, 9, len + 1), ret_why))
            return PG_GUARD_REFUSE;
        waiting = bytes_slice(waiting, len + 1, waiting.len);
    }
    return PG_GUARD_GO;
}

static ssize_t peek(PGconn *conn, char *buf, size_t size)
{
    if (PQsslInUse(conn))
        return tls_peek(PQsslStruct(conn, "OpenSSL"), buf, size);
    return recv(PQsocket(conn), buf, size, MSG_PEEK | MSG_DONTWAIT);
}

static size_t waiting_bytes(const PGconn *conn)
{
    int waiting = 0;
    return ioctl(PQsocket(conn), FIONREAD, &waiting) == 0 && waiting > 0 ? (size_t)waiting
                                                                         : 0;
}

enum pg_guard pg_guard_amount(size_t received, struct pg_trouble *ret_why)
{
    if (received <= LOGIN_MAX_BYTES)
        return PG_GUARD_GO;
    pg_trouble_set(ret_why, REASON_TOO_LARGE, false,
                   "the server sent more than %u bytes and the login did not end",
                   LOGIN_MAX_BYTES);
    return PG_GUARD_REFUSE;
}

enum pg_guard pg_guard(PGconn *conn, size_t *received, struct pg_trouble *ret_why)
{
    char waiting[PEEK_BYTES];

    *received += waiting_bytes(conn);
    if (pg_guard_amount(*received, ret_why) == PG_GUARD_REFUSE)
        return PG_GUARD_REFUSE;
    if (PQstatus(conn) != CONNECTION_AWAITING_RESPONSE)
        return PG_GUARD_GO;
    const ssize_t len = peek(conn, waiting, sizeof(waiting));
    if (len <= 0)
        return PG_GUARD_GO;
    return pg_guard_judge((struct bytes){waiting, (size_t)len}, ret_why);
}
