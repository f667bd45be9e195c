/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a redis probe: the URL that an application has, who logs in, and which keys are looked at. Called
 * when a configuration loads, and for each run of one with variables. Never connects.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/redis_url.h"
#include "probes/redis.h"

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

static bool read_url(struct redis_conf *conf, struct arena *arena, struct err *e)
{
    struct redis_url url;

    if (!redis_url_parse(arena, conf->url, &url, e))
        return false;
    conf->host = url.host;
    conf->unix_path = url.unix_path;
    conf->user = url.user;
    conf->pass = url.password;
    conf->port = url.port;
    conf->is_tls = url.is_tls;
    conf->selected = url.database;
    return true;
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
