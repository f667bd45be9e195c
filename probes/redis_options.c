/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a redis probe: the URL that an application has, who logs in, and which keys are looked at. Called
 * when a configuration loads, and for each run of one with variables. Never connects.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/url.h"
#include "probes/redis.h"

static const struct {
    const char *scheme;
    bool is_tls, is_unix;
} schemes[] = {
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

static bool read_login(const struct url *url, struct redis_conf *conf)
{
    /* "redis://secret@host", as redis-cli reads it: a word alone is the password. */
    conf->user = given(url->password) ? given(url->username) : NULL;
    conf->pass = given(url->password) ? url->password : given(url->username);
    return true;
}

static bool read_place(struct redis_conf *conf, struct arena *arena,
                       const struct url *url, bool is_unix, struct err *e)
{
    const char *query = strchr(url->text, '?');
    const char *path = arena_strndup(arena, url->path, strcspn(url->path, "?"));

    if (query && !read_query(bytes_of(query + 1), &conf->selected, e))
        return false;
    if (is_unix) {
        conf->unix_path = path;
        return strlen(path) > 1 ||
               err_set(e, "there is no path: expected unix:///run/redis/redis.sock");
    }
    conf->host = url->host;
    conf->port = url->port;
    if (strlen(path) > 1 && !read_database(bytes_of(path + 1), &conf->selected, e))
        return err_wrap(e, "the URL's path");
    return true;
}

static bool read_url(struct redis_conf *conf, struct arena *arena, struct err *e)
{
    const char *end = strstr(conf->url, "://");
    const struct bytes scheme = {end ? conf->url : "redis",
                                 end ? (size_t)(end - conf->url) : strlen("redis")};
    struct url url;

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (!bytes_is_nocase(scheme, schemes[i].scheme))
            continue;
        const char *text = schemes[i].is_unix ? with_host(arena, conf->url)
                           : end              ? conf->url
                                 : arena_printf(arena, "redis://%s", conf->url);
        conf->is_tls = schemes[i].is_tls;
        return url_parse(arena, text, &url, e) && read_login(&url, conf) &&
               read_place(conf, arena, &url, schemes[i].is_unix, e);
    }
    return err_set(e, "'%.*s://' is not Redis: expected redis://, rediss:// or unix://",
                   (int)(scheme.len < 40 ? scheme.len : 40), scheme.ptr);
}

/* "jobs", or "db1=jobs" as redis_exporter's flags have it. */
static bool read_key(const struct redis_conf *conf, const char *text,
                     struct redis_key *ret_key, struct err *e)
{
    struct bytes name = bytes_of(text), database;
    struct redis_key key = {text, conf->selected};
    uint64_t number;

    if (bytes_starts(name, "db") && bytes_token(&name, '=', &database) &&
        bytes_to_u64(bytes_slice(database, 2, database.len), &number)) {
        if (number > INT32_MAX)
            return err_set(e, "'%.40s' has no valid database", text);
        key = (struct redis_key){name.ptr, (int64_t)number};
    }
    if (!key.name || !key.name[0])
        return err_set(e, "a name is empty");
    if (strlen(key.name) > REDIS_MAX_KEY_BYTES)
        return err_set(e, "'%.40s…' is longer than %d bytes", key.name,
                       REDIS_MAX_KEY_BYTES);
    *ret_key = key;
    return true;
}

static bool read_keys(const struct redis_conf *conf, const char *row,
                      const struct texts *texts, struct arena *arena,
                      struct redis_keys *ret_keys, struct err *e)
{
    struct redis_key *keys = arena_alloc(arena, (texts->count + 1) * sizeof(*keys));

    if (texts->count > REDIS_MAX_KEYS)
        return err_set(e, "'%s' has %zu names: at most %d are taken", row, texts->count,
                       REDIS_MAX_KEYS);
    for (size_t i = 0; i < texts->count; i++) {
        if (!read_key(conf, texts->items[i], &keys[i], e))
            return err_wrap(e, "%s", row);
    }
    *ret_keys = (struct redis_keys){keys, texts->count};
    return true;
}

bool redis_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct redis_conf *conf = ctx;

    if (given(conf->url) && !read_url(conf, arena, e))
        return false;
    if (given(conf->username))
        conf->user = conf->username;
    if (given(conf->password.value))
        conf->pass = conf->password.value;
    if (conf->user && !conf->pass)
        return err_set(e, "there is a `username`, but no `password`");
    if (conf->database >= 0)
        conf->selected = conf->database;
    return read_keys(conf, "keys", &conf->keys, arena, &conf->key_list, e) &&
           read_keys(conf, "patterns", &conf->patterns, arena, &conf->pattern_list, e) &&
           read_keys(conf, "count_keys", &conf->count_keys, arena, &conf->count_list, e);
}

bool redis_aim(const void *ctx, struct arena *arena, struct dial *ret_dial, struct err *e)
{
    const struct redis_conf *conf = ctx;

    if (conf->unix_path)
        ret_dial->unix_path = conf->unix_path;
    if (conf->host) {
        ret_dial->host = conf->host;
        ret_dial->port = conf->port ? conf->port : ret_dial->port;
        ret_dial->unix_path = NULL;
    }
    ret_dial->is_tls = ret_dial->is_tls || conf->is_tls;
    return true;
}

#define OPT_STRUCT struct redis_conf
const struct opt redis_opts[] = {
    OPT_ROW_TEXT("url", url, "",
                 "As applications have it: redis://user:password@host:6379/0, rediss:// "
                 "for TLS, unix:///run/redis.sock; also valkey:// and plain host:port.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("username", username, "", "ACL user; that of the URL when left out."),
    OPT_ROW_SECRET("password", password, "",
                   "Sent with AUTH; that of the URL when left out."),
    OPT_ROW_INT("database", database, "-1", -1, INT32_MAX,
                "Database to select; -1 is that of the URL, or 0."),
    OPT_ROW_TEXTS("keys", keys, OPT_NONE,
                  "Keys whose length is shown as redis_key_size; a stream shows its "
                  "groups, too. \"db1=name\" is in another database."),
    OPT_ROW_TEXTS("patterns", patterns, OPT_NONE,
                  "The same for every key that fits a pattern, found with SCAN: "
                  "\"bull:*:wait\"."),
    OPT_ROW_TEXTS("count_keys", count_keys, OPT_NONE,
                  "Patterns of keys that are only counted, as redis_keys_count."),
    OPT_ROW_DURATION("scan_interval", scan_interval, "1m", 1, 86400,
                     "How often keys are looked for by pattern."),
    OPT_ROW_DURATION("scan_time", scan_time, "1s", 0.01, 60,
                     "How long that may take; at most half of the run's timeout."),
    OPT_ROW_INT("scan_keys", scan_keys, "100000", 1000, 1000000000,
                "How many keys are looked at for one pattern.", .unit = "keys"),
    OPT_ROW_BOOL("stream_consumers", stream_consumers, "false",
                 "Also show each consumer of a stream's groups: a series a consumer."),
    OPT_ROW_TEXTS(
        "commands", commands, OPT_NONE,
        "Commands whose calls are counted; all that were called when left out."),
    {0},
};
