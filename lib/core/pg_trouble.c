/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libpq's and PostgreSQL's messages mean: a reason and a sentence for people. Called by pg_login.c (on its thread)
 * and pg_ask.c. Pure. The codes are those of PostgreSQL's appendix A; they do not depend on the server's language.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/pg_impl.h"

struct code {
    const char *prefix; /* of the SQLSTATE */
    enum reason reason;
    const char *hint;
};

static const struct code codes[] = {
    {"28P01", REASON_AUTH, ""},
    {"28", REASON_AUTH, ""},
    {"3D000", REASON_DATABASE, ""},
    {"42501", REASON_FORBIDDEN,
     "; examples/privileges/postgres.sql makes a role that may see what healthd shows"},
    {"53300", REASON_FULL,
     "; raise max_connections or the role's limit, or find who holds them"},
    {"53", REASON_UNHEALTHY, ""},
    {"57P03", REASON_STARTING, ""}, /* or shutting down, or in recovery */
    {"57P0", REASON_UNHEALTHY, ""}, /* terminated by an administrator, crashed */
    {"57014", REASON_TIMEOUT, ""},
    {"55P03", REASON_TIMEOUT, "; somebody holds a lock on it"},
    {"25006", REASON_STATUS, "; healthd asks read-only"},
    {"08", REASON_PROTOCOL, ""},
    {"58", REASON_UNHEALTHY, ""},
    {"XX", REASON_UNHEALTHY, ""},
    {"", REASON_STATUS, ""},
};

struct phrase { /* libpq's own words */
    const char *text;
    enum reason reason;
    bool is_ours;
};

static const struct phrase phrases[] = {
    {"does not match host name", REASON_TLS_NAME, false},
    {"certificate verify failed", REASON_TLS_UNTRUSTED, false},
    {"root certificate file", REASON_CONFIG, true},
    {"could not read certificate file", REASON_CONFIG, true},
    {"could not load private key file", REASON_CONFIG, true},
    {"private key file", REASON_CONFIG, true},
    {"certificate present, but not private key", REASON_CONFIG, true},
    {"certificate does not match private key", REASON_CONFIG, true},
    {"certificate required", REASON_TLS_CLIENT, false},
    {"alert bad certificate", REASON_TLS_CLIENT, false},
    {"alert unknown ca", REASON_TLS_CLIENT, false},
    {"alert certificate", REASON_TLS_CLIENT, false},
    {"valid client certificate", REASON_TLS_CLIENT, false},
    {"does not support SSL", REASON_NOT_TLS, false},
    {"invalid response to SSL negotiation", REASON_PROTOCOL, false},
    {"unencrypted data after SSL", REASON_PROTOCOL, false},
    {"SSL error", REASON_TLS_HANDSHAKE, false},
    {"SSL SYSCALL error: EOF", REASON_CLOSED, false},
    {"SSL SYSCALL error", REASON_RESET, false},
    {"SSL connection has been closed", REASON_CLOSED, false},
    {"no password supplied", REASON_AUTH, false},
    {"incorrect server signature", REASON_AUTH, false},
    {"channel binding", REASON_AUTH, false},
    {"SCRAM", REASON_PROTOCOL, false},
    {"expected authentication request", REASON_PROTOCOL, false},
    {"lost synchronization", REASON_PROTOCOL, false},
    {"message contents do not agree", REASON_PROTOCOL, false},
    {"authentication method", REASON_PROTOCOL, false},
    {"session is read-only", REASON_STATUS, false},
    {"session is not read-only", REASON_STATUS, false},
    {"server is in hot standby", REASON_STATUS, false},
    {"server is not in hot standby", REASON_STATUS, false},
    {"Connection refused", REASON_REFUSED, false},
    {"Connection reset", REASON_RESET, false},
    {"Broken pipe", REASON_RESET, false},
    {"No route to host", REASON_UNREACHABLE, false},
    {"Network is unreachable", REASON_UNREACHABLE, false},
    {"No such file or directory", REASON_UNREACHABLE, false},
    {"Permission denied", REASON_UNREACHABLE, false},
    {"Connection timed out", REASON_TIMEOUT, false},
    {"server closed the connection", REASON_CLOSED, false},
    {"Too many open files", REASON_SELF, true},
    {"out of memory", REASON_PROTOCOL, false},
    {"invalid sslmode value", REASON_CONFIG, true},
    {"invalid channel_binding", REASON_CONFIG, true},
    {"invalid target_session_attrs", REASON_CONFIG, true},
    {"invalid ", REASON_PROTOCOL, false},
};

void pg_trouble_set(struct pg_trouble *why, enum reason reason, bool is_unknown,
                    const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(why->trouble.detail, sizeof(why->trouble.detail), fmt, args);
    va_end(args);
    why->trouble.reason = reason;
    why->trouble.is_unknown = is_unknown;
}

static const struct code *code_of(const char *sqlstate)
{
    const struct code *code = codes;

    while (strncmp(sqlstate, code->prefix, strlen(code->prefix)) != 0)
        code++;
    return code;
}

static bool is_code(struct bytes text)
{
    for (size_t i = 0; i < 5; i++) {
        const char c = i < text.len ? text.ptr[i] : ' ';
        if (!isdigit((unsigned char)c) && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return text.len > 7 && text.ptr[5] == ':' && text.ptr[6] == ' ';
}

/* "FATAL:  28P01: password authentication failed…": whatever FATAL is in the server's language. */
static bool find_code(struct bytes text, struct bytes *ret_code, struct bytes *ret_rest)
{
    for (size_t at = 0; at + 10 < text.len; at++) {
        const struct bytes rest = bytes_slice(text, at + 3, text.len);
        if (strncmp(text.ptr + at, ":  ", 3) != 0 || !is_code(rest))
            continue;
        *ret_code = bytes_slice(rest, 0, 5);
        *ret_rest = bytes_slice(rest, 7, rest.len);
        return true;
    }
    return false;
}

/* One line, without what cannot be printed: the server may speak any encoding, and anything but PostgreSQL. */
static void first_line(struct bytes text, char *ret_line, size_t size)
{
    size_t len = 0;

    text = bytes_cut(text, size - 1);
    while (text.len && text.ptr[0] != '\n') {
        const size_t whole = bytes_utf8(text);
        const bool is_shown = whole && (unsigned char)text.ptr[0] >= ' ';
        const size_t taken = whole ? whole : 1;
        memcpy(ret_line + len, is_shown ? text.ptr : "?", is_shown ? whole : 1);
        len += is_shown ? whole : 1;
        text = bytes_slice(text, taken, text.len);
    }
    ret_line[len] = '\0';
}

#define LINE_MAX 300

static void read_code(struct bytes code, struct bytes said, const char *whom,
                      struct pg_trouble *why)
{
    char line[LINE_MAX];

    first_line(said, line, sizeof(line));
    memcpy(why->sqlstate, code.ptr, 5);
    const struct code *row = code_of(why->sqlstate);
    const bool wants_certificate = strstr(line, "client certificate") != NULL;
    pg_trouble_set(why, wants_certificate ? REASON_TLS_CLIENT : row->reason, false,
                   "%.100s says: %s%s", whom, line, row->hint);
}

/* libpq puts who it asked before what came of it: 'connection to server at "…", port 1 failed: '. */
static struct bytes without_preamble(struct bytes text)
{
    const struct bytes mark = bytes_of(" failed: ");
    const ptrdiff_t at =
        bytes_starts(text, "connection to server") ? bytes_find(text, mark) : -1;
    return at < 0 ? text : bytes_slice(text, (size_t)at + mark.len, text.len);
}

/* The last line counts: with sslmode=prefer the first is of an attempt that was given up. */
static struct bytes last_line(struct bytes text)
{
    struct bytes last = {0}, line;

    while (bytes_token(&text, '\n', &line)) {
        if (bytes_trim(line).len && line.ptr[0] != '\t')
            last = line;
    }
    return last;
}

static const char *hint_of(enum reason reason)
{
    switch (reason) {
    case REASON_REFUSED:
        return ": nothing listens there";
    case REASON_PROTOCOL:
        return ": is it PostgreSQL?";
    case REASON_NOT_TLS:
        return ": sslmode=disable or prefer asks it without";
    default:
        return "";
    }
}

void pg_trouble_read(const char *text, const char *whom, struct pg_trouble *ret_why)
{
    const struct bytes all = bytes_of(text);
    struct bytes code, said;
    char line[LINE_MAX];

    if (find_code(all, &code, &said)) {
        read_code(code, said, whom, ret_why);
        return;
    }
    first_line(without_preamble(last_line(all)), line, sizeof(line));
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
        const struct phrase *p = &phrases[i];
        if (!strstr(text, p->text))
            continue;
        pg_trouble_set(ret_why, p->reason, p->is_ours, "%.100s: %s%s", whom, line,
                       hint_of(p->reason));
        return;
    }
    pg_trouble_set(ret_why, REASON_PROTOCOL, false, "%.100s: %s", whom,
                   line[0] ? line : "the connection failed without a word");
}

void pg_trouble_result(const PGresult *result, struct pg_trouble *ret_why)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (code && strlen(code) == 5 && said)
        read_code(bytes_of(code), bytes_of(said), "the server", ret_why);
    else
        pg_trouble_read(PQresultErrorMessage(result), "the server", ret_why);
}
