/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection words from a URL or from libpq's key=value form. Called by probes that ask PostgreSQL, when configuration
 * loads. What a parameter means to another driver is looked up in pg_words.c. Connects to nobody.
 */
#include "lib/core/pg_url.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/hex.h"
#include "lib/core/pg_words.h"

/* %41 is A; a % that is not followed by two digits is one, as people paste passwords. False for %00. */
static bool decode(struct arena *arena, struct bytes text, const char **ret_text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (hex_percent(text, i, &c))
            i += 2;
        out[len++] = c;
    }
    if (memchr(out, '\0', len))
        return false;
    *ret_text = out;
    return true;
}

static bool parse_port(struct bytes text, int *ret_port)
{
    uint64_t port;

    if (!bytes_to_u64(text, &port) || port == 0 || port > 65535)
        return false;
    *ret_port = (int)port;
    return true;
}

/* One of "a:1,b,[::1]:2". */
static bool add_host(struct pg_reader *r, struct bytes text, struct err *e)
{
    struct bytes name = text, port = {0};
    ptrdiff_t at = -1;

    if (text.len && text.ptr[0] == '[') {
        at = bytes_find_byte(text, ']');
        if (at < 0)
            return err_set(e, "a host starts with '[' and has no ']'");
        name = bytes_slice(text, 1, (size_t)at);
        port = bytes_slice(text, (size_t)at + 1, text.len);
        if (port.len && port.ptr[0] != ':')
            return err_set(e, "after an address in brackets comes ':' and a port");
    } else if (!bytes_starts(text, "/") && !bytes_starts(text, "%2F") &&
               !bytes_starts(text, "%2f")) {
        at = bytes_find_byte(text, ':');
        if (at >= 0) {
            name = bytes_slice(text, 0, (size_t)at);
            port = bytes_slice(text, (size_t)at, text.len);
        }
    }
    const char *decoded;
    if (!decode(r->arena, name, &decoded))
        return err_set(e, "the host holds a zero byte");
    return pg_reader_host(r, decoded, bytes_slice(port, 1, port.len), e);
}

bool pg_reader_host(struct pg_reader *r, const char *name, struct bytes port,
                    struct err *e)
{
    struct pg_words *w = r->words;
    int number = 0;

    if (port.len && !parse_port(port, &number))
        return err_set(e,
                       "the port is no number from 1 to 65535; a '/', '?', '#' or '@' in "
                       "the password is written %%2F, %%3F, %%23, %%40");
    if (w->host_count == PG_MAX_HOSTS)
        return err_set(e, "more than %d hosts", PG_MAX_HOSTS);
    w->hosts[w->host_count++] = (struct pg_host){name, "", number};
    return true;
}

static bool read_hosts(struct pg_reader *r, struct bytes text, struct err *e)
{
    struct bytes host;

    while (bytes_token(&text, ',', &host)) {
        if (host.len && !add_host(r, host, e))
            return false;
    }
    return true;
}

static bool read_login(struct pg_reader *r, struct bytes text, struct err *e)
{
    const ptrdiff_t colon = bytes_find_byte(text, ':');
    const size_t end = colon < 0 ? text.len : (size_t)colon;

    if (!decode(r->arena, bytes_slice(text, 0, end), &r->words->user))
        return err_set(e, "the user holds a zero byte");
    if (colon >= 0 &&
        !decode(r->arena, bytes_slice(text, end + 1, text.len), &r->words->password))
        return err_set(e, "the password holds a zero byte");
    return true;
}

static bool read_query(struct pg_reader *r, struct bytes text, struct err *e)
{
    struct bytes pair;

    while (bytes_token(&text, '&', &pair)) {
        const ptrdiff_t at = bytes_find_byte(pair, '=');
        const size_t end = at < 0 ? pair.len : (size_t)at;
        const char *name, *value;
        if (!pair.len)
            continue;
        if (!decode(r->arena, bytes_slice(pair, 0, end), &name) ||
            !decode(r->arena, bytes_slice(pair, end + (at >= 0), pair.len), &value))
            return err_set(e, "a parameter holds a zero byte");
        if (!pg_reader_word(r, name, value, e))
            return false;
    }
    return true;
}

static ptrdiff_t find_last(struct bytes text, char c)
{
    for (size_t i = text.len; i > 0; i--) {
        if (text.ptr[i - 1] == c)
            return (ptrdiff_t)i - 1;
    }
    return -1;
}

static size_t find_any(struct bytes text, const char *set)
{
    size_t i = 0;
    while (i < text.len && !strchr(set, text.ptr[i]))
        i++;
    return i;
}

/* What follows "scheme://". */
static bool read_url(struct pg_reader *r, struct bytes text, struct err *e)
{
    const size_t fragment = find_any(text, "#");
    text = bytes_slice(text, 0, fragment);
    const size_t end = find_any(text, "/?");
    struct bytes authority = bytes_slice(text, 0, end);
    struct bytes rest = bytes_slice(text, end, text.len);
    const ptrdiff_t at = find_last(authority, '@');

    if (at >= 0 && !read_login(r, bytes_slice(authority, 0, (size_t)at), e))
        return false;
    if (!read_hosts(r, bytes_slice(authority, (size_t)(at + 1), authority.len), e))
        return false;
    if (bytes_starts(rest, "/")) {
        const size_t query = find_any(rest, "?");
        if (!decode(r->arena, bytes_slice(rest, 1, query), &r->words->database))
            return err_set(e, "the database holds a zero byte");
        rest = bytes_slice(rest, query, rest.len);
    }
    return read_query(r, bytes_slice(rest, 1, rest.len), e);
}

/* ---- key=value ---- */

static void skip_blanks(struct bytes *text)
{
    while (text->len && strchr(" \t\r\n", text->ptr[0]))
        *text = bytes_slice(*text, 1, text->len);
}

/* A value as libpq writes it: up to a blank, or in quotes, with \ before what is meant literally. */
static bool take_value(struct arena *arena, struct bytes *text, const char **ret_value)
{
    const bool is_quoted = bytes_starts(*text, "'");
    char *out = arena_alloc(arena, text->len + 1);
    size_t len = 0, i = is_quoted;

    for (; i < text->len; i++) {
        char c = text->ptr[i];
        if (is_quoted ? c == '\'' : strchr(" \t\r\n", c) != NULL)
            break;
        if (c == '\\' && i + 1 < text->len)
            c = text->ptr[++i];
        out[len++] = c;
    }
    if (is_quoted && i == text->len)
        return false;
    *text = bytes_slice(*text, i + is_quoted, text->len);
    *ret_value = out;
    return true;
}

static bool read_pairs(struct pg_reader *r, struct bytes text, struct err *e)
{
    for (skip_blanks(&text); text.len; skip_blanks(&text)) {
        const size_t end = find_any(text, "= \t\r\n");
        const char *name = arena_strndup(r->arena, text.ptr, end), *value;
        text = bytes_slice(text, end, text.len);
        skip_blanks(&text);
        if (!bytes_starts(text, "="))
            return err_set(e, "expected key=value pairs: there is no '=' after a key");
        text = bytes_slice(text, 1, text.len);
        skip_blanks(&text);
        if (!take_value(r->arena, &text, &value))
            return err_set(e, "a value in quotes has no end");
        if (!pg_reader_word(r, name, value, e))
            return false;
    }
    return true;
}

/* ---- */

static bool is_scheme(struct bytes scheme)
{
    static const char *const known[] = {"postgres", "postgresql",  "pgsql",
                                        "postgis",  "timescaledb", "timescale"};

    scheme = bytes_slice(scheme, 0, find_any(scheme, "+"));
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (bytes_is_nocase(scheme, known[i]))
            return true;
    }
    return false;
}

static bool read_any(struct pg_reader *r, struct bytes text, struct err *e)
{
    const ptrdiff_t scheme_end = bytes_find(text, bytes_of("://"));
    const ptrdiff_t equals = bytes_find_byte(text, '=');

    if (scheme_end < 0 || (equals >= 0 && equals < scheme_end))
        return equals >= 0 && find_any(text, "/?") > (size_t)equals
                   ? read_pairs(r, text, e)
                   : read_url(r, text, e);
    struct bytes scheme = bytes_slice(text, 0, (size_t)scheme_end);
    if (bytes_starts(scheme, "jdbc:"))
        scheme = bytes_slice(scheme, strlen("jdbc:"), scheme.len);
    if (!is_scheme(scheme))
        return err_set(e, "expected a URL that starts with postgres:// or postgresql://");
    return read_url(r, bytes_slice(text, (size_t)scheme_end + 3, text.len), e);
}

bool pg_words_parse(struct arena *arena, const char *text, struct pg_words *ret_words,
                    struct err *e)
{
    struct pg_words words = {.user = "", .password = "", .database = "", .dropped = ""};
    struct pg_reader reader = {.arena = arena, .words = &words};

    if (strlen(text) > PG_MAX_URL_BYTES)
        return err_set(e, "longer than %d bytes", PG_MAX_URL_BYTES);
    if (!read_any(&reader, bytes_trim(bytes_of(text)), e) || !pg_reader_end(&reader, e))
        return false;
    *ret_words = words;
    return true;
}
