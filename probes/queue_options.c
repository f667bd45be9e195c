/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a queue probe: the URL that an application has, which queue, and what it takes for a message to have
 * arrived. Called when a configuration loads, and for each run of one with variables. Never connects.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/core/conn.h"
#include "probes/queue.h"

#define REDIS_OWN "healthd:queue"
#define POSTGRES_OWN "healthd_queue"
#define CHANNEL_MAX_BYTES 63 /* PostgreSQL's NAMEDATALEN less one */
#define NAME_MAX_BYTES 512

static const struct opt_choice ends[] = {
    {"left", QUEUE_LEFT, "LPUSH: for workers that take with RPOP, BRPOP or BLMOVE"},
    {"right", QUEUE_RIGHT, "RPUSH: for workers that take with LPOP or BLPOP"},
    {0}};

static const char *const rows[QUEUE_KIND_COUNT] = {
    [QUEUE_LIST] = "list",   [QUEUE_STREAM] = "stream", [QUEUE_BULLMQ] = "bullmq",
    [QUEUE_TABLE] = "table", [QUEUE_NOTIFY] = "notify",
};

static bool is_postgres(const char *url)
{
    return !redis_url_has_scheme(url) &&
           (strstr(url, "postgres") != NULL || strstr(url, "dbname=") != NULL ||
            strstr(url, "host=") != NULL);
}

static bool find_kind(struct queue_conf *conf, struct err *e)
{
    int found = -1;

    for (int kind = 0; kind < QUEUE_KIND_COUNT; kind++) {
        if (!conf->names[kind][0])
            continue;
        if (found >= 0)
            return err_set(e, "there is a `%s` and a `%s`: a probe looks at one queue",
                           rows[found], rows[kind]);
        if (strlen(conf->names[kind]) > NAME_MAX_BYTES)
            return err_set(e, "'%s' is longer than %d bytes", rows[kind], NAME_MAX_BYTES);
        found = kind;
    }
    if (found < 0)
        conf->kind = conf->is_postgres ? QUEUE_NOTIFY : QUEUE_LIST;
    else
        conf->kind = (enum queue_kind_id)found;
    conf->name = found < 0 ? "" : conf->names[found];
    if (queue_kind_of(conf)->is_postgres == conf->is_postgres)
        return true;
    return err_set(e, "a `%s` is in %s, and the `url` is of %s", rows[conf->kind],
                   conf->is_postgres ? "Redis" : "PostgreSQL",
                   conf->is_postgres ? "PostgreSQL" : "Redis");
}

static bool read_redis(struct queue_conf *conf, struct arena *arena, struct err *e)
{
    uint64_t database;

    if (!redis_url_parse(arena, conf->url.value, &conf->redis, e))
        return err_wrap(e, "'url'");
    if (conf->username[0])
        conf->redis.user = conf->username;
    if (conf->password.value[0])
        conf->redis.password = conf->password.value;
    if (conf->redis.user && !conf->redis.password)
        return err_set(e, "there is a `username`, but no `password`");
    if (!conf->database[0])
        return true;
    if (!bytes_to_u64(bytes_of(conf->database), &database) || database > INT32_MAX)
        return err_set(e, "'database': Redis has numbers from 0 on, not '%.40s'",
                       conf->database);
    conf->redis.database = (int64_t)database;
    return true;
}

static bool read_postgres(struct queue_conf *conf, struct arena *arena, struct err *e)
{
    if (!pg_words_parse(arena, conf->url.value, &conf->words, e))
        return err_wrap(e, "'url'");
    if (conf->username[0])
        conf->words.user = conf->username;
    if (conf->password.value[0])
        conf->words.password = conf->password.value;
    if (conf->database[0])
        conf->words.database = conf->database;
    return true;
}

static bool read_url(struct queue_conf *conf, struct arena *arena, struct err *e)
{
    conf->is_postgres = is_postgres(conf->url.value);
    if (!conf->url.value[0])
        return err_set(e, "there is no `url`: give the application's REDIS_URL or "
                          "DATABASE_URL");
    return conf->is_postgres ? read_postgres(conf, arena, e) : read_redis(conf, arena, e);
}

/* Rows that mean nothing for this kind are mistakes. */
static bool rows_fit(const struct queue_conf *conf, struct err *e)
{
    const struct {
        const char *row;
        bool is_said, fits;
    } uses[] = {
        {"group", conf->group[0], conf->kind == QUEUE_STREAM},
        {"reply_field", conf->reply_field[0], conf->kind == QUEUE_TABLE},
        {"done", conf->done[0], conf->kind == QUEUE_TABLE},
        {"created", conf->created[0], conf->kind == QUEUE_TABLE},
        {"failed", conf->failed[0], conf->kind == QUEUE_TABLE},
        {"fields", conf->fields.count > 0,
         conf->kind == QUEUE_TABLE || conf->kind == QUEUE_STREAM},
        {"answered", conf->answered > 0, conf->kind != QUEUE_BULLMQ},
        {"max_length", conf->max_length > 0,
         conf->kind != QUEUE_BULLMQ && conf->kind != QUEUE_NOTIFY},
    };

    for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
        if (uses[i].is_said && !uses[i].fits)
            return err_set(e, "'%s' means nothing with `%s`", uses[i].row,
                           rows[conf->kind]);
    }
    if (conf->fields.count > QUEUE_MAX_FIELDS)
        return err_set(e, "'fields' has %zu, and %d are taken", conf->fields.count,
                       QUEUE_MAX_FIELDS);
    return true;
}

static bool answer_fits(const struct queue_conf *conf, struct err *e)
{
    if (!queue_is_answered(conf)) {
        return !conf->reply[0] ||
               err_set(e,
                       "there is a `reply`, but no `answered`: how long to wait for it?");
    }
    if (!conf->name[0])
        return err_set(e, "`answered` needs the application's queue: give `list`, "
                          "`stream`, `table` or `notify`");
    if (conf->kind == QUEUE_STREAM && !conf->reply[0] && !conf->group[0])
        return err_set(e, "`answered` needs the `group` that acknowledges, or a `reply`");
    if (conf->kind == QUEUE_NOTIFY && !conf->reply[0])
        return err_set(e,
                       "`answered` needs `reply`: the channel on which the application "
                       "says the tag");
    if (conf->kind == QUEUE_TABLE && conf->reply[0] && !conf->reply_field[0])
        return err_set(e, "`reply` is a table: `reply_field` is its column that has the "
                          "row's id");
    if (conf->kind != QUEUE_TABLE && !strstr(conf->message, "${tag}"))
        return err_set(e, "'message' needs ${tag} somewhere: by it the message is found "
                          "again");
    return true;
}

bool queue_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct queue_conf *conf = ctx;

    if (!read_url(conf, arena, e) || !find_kind(conf, e))
        return false;
    if (!conf->own[0])
        conf->own = conf->is_postgres ? POSTGRES_OWN : REDIS_OWN;
    if (conf->kind == QUEUE_NOTIFY &&
        (strlen(conf->name) > CHANNEL_MAX_BYTES || strlen(conf->own) > CHANNEL_MAX_BYTES))
        return err_set(e, "a channel's name has at most %d bytes", CHANNEL_MAX_BYTES);
    return rows_fit(conf, e) && answer_fits(conf, e);
}

static bool aim_redis(const struct queue_conf *conf, struct dial *ret_dial)
{
    const struct redis_url *redis = &conf->redis;

    ret_dial->host = redis->unix_path ? NULL : redis->host;
    ret_dial->port = redis->port ? redis->port : REDIS_PORT;
    ret_dial->unix_path = redis->unix_path;
    ret_dial->is_tls = redis->is_tls;
    ret_dial->tls = conf->tls;
    return true;
}

bool queue_aim(const void *ctx, struct arena *arena, struct dial *ret_dial, struct err *e)
{
    const struct queue_conf *conf = ctx;
    const struct pg_host *host = &conf->words.hosts[0];
    (void)arena;

    if (!conf->is_postgres)
        return aim_redis(conf, ret_dial);
    if (!conf->words.host_count)
        return err_set(e, "the `url` has no host");
    if (host->name[0] == '/' || host->name[0] == '@')
        ret_dial->unix_path = host->name;
    else
        ret_dial->host = host->name;
    ret_dial->port = host->port;
    return true;
}

#define OPT_STRUCT struct queue_conf
const struct opt queue_opts[] = {
    OPT_ROW_SECRET("url", url, NULL,
                   "The application's own REDIS_URL or DATABASE_URL, of whatever client. "
                   "Alone it is asked with a list, or a channel, of healthd's own.",
                   .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("username", username, "", "Who logs in; instead of the URL's."),
    OPT_ROW_SECRET("password", password, "", "The password; instead of the URL's."),
    OPT_ROW_TEXT("database", database, "",
                 "Redis' number or PostgreSQL's name; instead of the URL's."),
    OPT_ROW_SECTION("tls_config", tls, struct tls_conf, tls_opts,
                    "Trust, and our certificate."),
    OPT_ROW_TEXT("list", names[QUEUE_LIST], "",
                 "Key of the application's Redis list: its length is shown."),
    OPT_ROW_TEXT("stream", names[QUEUE_STREAM], "",
                 "Key of its Redis stream: length, and age of the oldest entry; with "
                 "`group` those that the group was not handed."),
    OPT_ROW_TEXT("bullmq", names[QUEUE_BULLMQ], "",
                 "Name of its BullMQ queue. It is looked at, and nothing is put in."),
    OPT_ROW_TEXT(
        "table", names[QUEUE_TABLE], "",
        "Its PostgreSQL table of jobs, as name or schema.name: rows are counted."),
    OPT_ROW_TEXT("notify", names[QUEUE_NOTIFY], "", "The channel of its NOTIFY."),
    OPT_ROW_DURATION(
        "answered", answered, "0s", 0, 3600,
        "The message goes into the application's own queue, and has to be consumed, or "
        "answered, within this time. 0s: healthd puts it into a place of its own, and "
        "takes it out itself. The probe's `timeout` has to be longer."),
    OPT_ROW_TEXT(
        "reply", reply, "",
        "With `answered`: what the application makes when it is done: a key (list, "
        "stream), a table, or a channel. ${tag} in it is the message's.",
        .flags = OPT_LATE),
    OPT_ROW_TEXT("reply_field", reply_field, "",
                 "With `table` and `reply`: its column that has the row's id."),
    OPT_ROW_TEXT("group", group, "",
                 "With `stream`: the consumer group that is measured, and that has to "
                 "acknowledge the entry when there is no `reply`."),
    OPT_ROW_TEXT("message", message, "${tag}",
                 "What is put in. ${tag} becomes healthd:<probe>:<UUID>.",
                 .flags = OPT_LATE, .min = 1, .max = 16384),
    OPT_ROW_TEXT("field", field, "message",
                 "Field of the entry, or column of the row, that has the message."),
    OPT_ROW_PAIRS("fields", fields, OPT_NONE,
                  "Further fields or columns, with their values: {type: ping}.",
                  .flags = OPT_LATE),
    OPT_ROW_CHOICE("push", push, "left", ends, "With `list`: to which end."),
    OPT_ROW_INT("max_length", max_length, "0", 0, QUEUE_MAX_COUNTED,
                "A queue that has so many messages is full: down, and nothing is put in. "
                "0: no such limit.",
                .unit = "messages"),
    OPT_ROW_TEXT(
        "own", own, "",
        "Where healthd's own messages go: a prefix of keys (healthd:queue), a table "
        "or a channel (healthd_queue). It may be the application's table."),
    OPT_ROW_TEXT("id", id, "id", "With `table`: the column that tells rows apart."),
    OPT_ROW_TEXT("waiting", waiting, "true",
                 "With `table`: SQL that is true for a row that waits: status = 'new'."),
    OPT_ROW_TEXT("failed", failed, "",
                 "With `table`: SQL that is true for a row that failed."),
    OPT_ROW_TEXT(
        "done", done, "",
        "With `table` and `answered`: SQL that is true for a row that is done; when "
        "left out the row has to be gone."),
    OPT_ROW_TEXT("created", created, "",
                 "With `table`: the column that tells since when a row waits."),
    OPT_ROW_TEXT("prefix", prefix, "bull", "With `bullmq`: what its keys begin with."),
    {0}};
