/* SPDX-License-Identifier: Apache-2.0 */
/* See redis_url.h. Called when a configuration loads, and for each run of one with variables. Never connects. */
#include "lib/core/redis_url.h"

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"
#include "lib/core/url.h"

struct scheme {
    const char *name;
    bool is_tls, is_unix;
};

static const struct scheme schemes[] = {
    {"redis", false, false},       {"rediss", true, false},
    {"valkey", false, false},      {"valkeys", true, false},
    {"keydb", false, false},       {"keydbs", true, false},
    {"unix", false, true},         {"redis+unix", false, true},
    {"redis+socket", false, true}, {"redis-socket", false, true},
    {"valkey+unix", false, true},
};

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

static struct bytes scheme_of(const char *text)
{
    const char *end = strstr(text, "://");

    return end ? (struct bytes){text, (size_t)(end - text)} : (struct bytes){0};
}

static const struct scheme *scheme_find(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (bytes_is_nocase(name, schemes[i].name))
            return &schemes[i];
    }
    return NULL;
}

/* "unix://user:pass@/path" has no host: with one, libcurl takes it apart. */
static const char *with_host(struct arena *arena, const char *text)
{
    const char *rest = strstr(text, "://") + 3;
    const size_t before = strcspn(rest, "/");

    return arena_printf(arena, "redis://%.*s%s%s", (int)before, rest,
                        before && rest[before - 1] == '@' ? "localhost"
                        : before                          ? "@localhost"
                                                          : "localhost",
                        rest + before);
}

static bool read_database(struct bytes text, int64_t *ret_database, struct err *e)
{
    uint64_t number;

    if (!bytes_to_u64(text, &number) || number > INT32_MAX)
        return err_set(e, "'%.*s' is no database: expected a number from 0 on",
                       (int)(text.len < 40 ? text.len : 40), text.ptr);
    *ret_database = (int64_t)number;
    return true;
}

/* ?db=1; what else drivers write there is not ours. */
static bool read_query(struct bytes query, int64_t *ret_database, struct err *e)
{
    struct bytes part;

    while (bytes_token(&query, '&', &part)) {
        if (bytes_starts(part, "db=") &&
            !read_database(bytes_slice(part, 3, part.len), ret_database, e))
            return err_wrap(e, "db");
    }
    return true;
}

static bool read_place(struct arena *arena, const struct url *url, bool is_unix,
                       struct redis_url *place, struct err *e)
{
    const char *query = strchr(url->text, '?');
    const char *path = arena_strndup(arena, url->path, strcspn(url->path, "?"));

    if (query && !read_query(bytes_of(query + 1), &place->database, e))
        return false;
    if (is_unix) {
        place->unix_path = path;
        return strlen(path) > 1 ||
               err_set(e, "there is no path: expected unix:///run/redis/redis.sock");
    }
    place->host = url->host;
    place->port = url->port;
    if (strlen(path) > 1 && !read_database(bytes_of(path + 1), &place->database, e))
        return err_wrap(e, "the URL's path");
    return true;
}

bool redis_url_has_scheme(const char *text)
{
    return scheme_find(scheme_of(text)) != NULL;
}

bool redis_url_parse(struct arena *arena, const char *text, struct redis_url *ret_url,
                     struct err *e)
{
    const struct bytes name = scheme_of(text);
    const struct scheme *scheme = name.len ? scheme_find(name) : &schemes[0];
    struct url url;

    if (!scheme)
        return err_set(e,
                       "'%.*s://' is not Redis: expected redis://, rediss:// or unix://",
                       (int)(name.len < 40 ? name.len : 40), name.ptr);
    const char *whole = scheme->is_unix ? with_host(arena, text)
                        : name.len      ? text
                                        : arena_printf(arena, "redis://%s", text);
    if (!url_parse(arena, whole, &url, e))
        return false;
    /* "redis://secret@host", as redis-cli reads it: a word alone is the password. */
    struct redis_url place = {
        .user = given(url.password) ? given(url.username) : NULL,
        .password = given(url.password) ? url.password : given(url.username),
        .is_tls = scheme->is_tls,
    };
    if (!read_place(arena, &url, scheme->is_unix, &place, e))
        return false;
    *ret_url = place;
    return true;
}
