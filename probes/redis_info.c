/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INFO and what goes with it: the server's fields as samples, its limits from CONFIG GET, slow commands, latency spikes,
 * and CLUSTER INFO of a cluster's node. Called when PING was answered. Keeps INFO's text for expectations.
 */
#include <string.h>

#include "probes/redis.h"

#define INFO_MAX_SPIKES 50

/* ---- the text of INFO ---- */

/* The next "name:value"; passes over headings and empty lines. */
static bool info_line(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value)
{
    struct bytes line;

    while (bytes_line(rest, &line) || (rest->len && bytes_token(rest, '\n', &line))) {
        const ptrdiff_t colon = bytes_find_byte(line, ':');
        if (colon <= 0 || line.ptr[0] == '#')
            continue;
        *ret_name = bytes_slice(line, 0, (size_t)colon);
        *ret_value = bytes_slice(line, (size_t)colon + 1, line.len);
        return true;
    }
    return false;
}

/* Once: INFO has some 200 lines, and twenty of them are asked for by name. */
static void keep_lines(struct run *run, struct bytes text)
{
    struct redis_state *state = run_state(run);
    struct bytes rest = text;
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '\n';
    struct redis_line *lines = arena_alloc(run_arena(run), most * sizeof(*lines));
    state->lines = lines;
    while (info_line(&rest, &lines->name, &lines->value))
        lines++;
    state->line_count = (size_t)(lines - state->lines);
}

bool redis_info_field(const struct redis_state *state, const char *name,
                      struct bytes *ret_value)
{
    const size_t len = strlen(name);

    for (size_t i = 0; i < state->line_count; i++) {
        const struct redis_line *line = &state->lines[i];
        if (line->name.len == len && !memcmp(line->name.ptr, name, len)) {
            *ret_value = line->value;
            return true;
        }
    }
    return false;
}

bool redis_info_number(const struct redis_state *state, const char *name,
                       double *ret_number)
{
    struct bytes value;

    return redis_info_field(state, name, &value) && bytes_to_double(value, ret_number);
}

bool redis_info_pair(struct bytes *rest, struct bytes *ret_name, struct bytes *ret_value)
{
    struct bytes pair;

    if (!bytes_token(rest, ',', &pair))
        return false;
    const ptrdiff_t equals = bytes_find_byte(pair, '=');
    *ret_name = bytes_slice(pair, 0, equals >= 0 ? (size_t)equals : pair.len);
    *ret_value = bytes_slice(pair, equals >= 0 ? (size_t)equals + 1 : pair.len, pair.len);
    return true;
}

struct bytes redis_info_part(struct bytes list, const char *name)
{
    struct bytes key, value;

    while (redis_info_pair(&list, &key, &value)) {
        if (bytes_is(key, name))
            return value;
    }
    return (struct bytes){0};
}

/* ---- samples ---- */

static bool value_read(struct bytes text, double *ret_number)
{
    if (bytes_is(text, "ok") || bytes_is(text, "true")) {
        *ret_number = 1;
        return true;
    }
    if (bytes_is(text, "err") || bytes_is(text, "fail") || bytes_is(text, "false")) {
        *ret_number = 0;
        return true;
    }
    if (bytes_ends(text, "%"))
        text.len--;
    return bytes_to_double(text, ret_number);
}

static void add_line(struct run *run, struct bytes name, struct bytes value)
{
    const struct redis_field *field = redis_field_find(name.ptr, name.len);
    double number;

    if (field && value_read(value, &number))
        run_sample(run, &field->metric, number * field->scale);
    else if (!field)
        redis_stats_line(run, name, value);
}

static const char *field_text(struct run *run, const char *name)
{
    struct bytes value;

    if (!redis_info_field(run_state(run), name, &value))
        return "";
    return arena_strndup(run_arena(run), value.ptr, value.len);
}

/* Valkey has called it server_mode since its version 8. */
static const char *mode_text(struct run *run)
{
    const char *text = field_text(run, "redis_mode");

    return text[0] ? text : field_text(run, "server_mode");
}

static void add_instance(struct run *run)
{
    static const char *const beyond[] = {"process_id", "master_replid", "valkey_version",
                                         "valkey_release_stage", "availability_zone"};
    const struct metric *metric = &redis_families[REDIS_INSTANCE];
    const char *values[METRIC_MAX_LABELS];
    struct pair pairs[ARRAY_LEN(beyond)];
    struct labels more = {0};
    size_t count = 0;
    struct err e;

    for (size_t i = 0; metric->labels[i]; i++)
        values[i] = strcmp(metric->labels[i], "redis_mode") == 0
                        ? mode_text(run)
                        : field_text(run, metric->labels[i]);
    for (size_t i = 0; i < ARRAY_LEN(beyond); i++) {
        const char *text = field_text(run, beyond[i]);
        if (text[0])
            pairs[count++] = (struct pair){beyond[i], text};
    }
    if (labels_from_pairs(run_arena(run), &(struct pairs){pairs, count}, &more, &e))
        run_sample_labelled(run, metric, values, more, 1);
    const char *host = field_text(run, "master_host");
    if (host[0])
        redis_sample(run, REDIS_REPLICA_INFO,
                     (const char *const[]){host, field_text(run, "master_port"),
                                           field_text(run, "slave_read_only")},
                     1);
}

static void add_derived(struct run *run)
{
    const struct redis_state *state = run_state(run);
    double number;

    if (redis_info_number(state, "uptime_in_seconds", &number))
        redis_sample(run, REDIS_START_TIME, NULL,
                     (double)(int64_t)(wall_to_sec(run_wall(run)) - number));
    if (redis_info_number(state, "mem_fragmentation_ratio", &number))
        redis_sample(run, REDIS_FRAGMENTATION, NULL, number);
}

/* INFO leaves empty databases out; ours stays, with no keys. */
static void add_own_database(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    const char *name = redis_database_name(run, conf->selected);
    struct bytes value;

    if (redis_info_field(run_state(run), name, &value) ||
        !redis_info_field(run_state(run), "cluster_enabled", &value))
        return;
    redis_sample(run, REDIS_DB_KEYS, &name, 0);
    redis_sample(run, REDIS_DB_EXPIRING, &name, 0);
}

/* ---- answers ---- */

static void on_config(struct run *run, const struct resp_value *value, void *ctx)
{
    const enum redis_family *family = ctx;
    double number;

    if (value->kind != RESP_LIST) {
        redis_part_failed(run, REDIS_PART_CONFIG, value);
        return;
    }
    redis_part_enter(run, REDIS_PART_CONFIG);
    if (value->count == 2 && resp_number(value->items[1], &number))
        redis_sample(run, *family, NULL, number);
}

static void on_slowlog_length(struct run *run, const struct resp_value *value, void *ctx)
{
    if (value->kind != RESP_NUMBER) {
        redis_part_failed(run, REDIS_PART_SLOWLOG, value);
        return;
    }
    redis_part_enter(run, REDIS_PART_SLOWLOG);
    redis_sample(run, REDIS_SLOWLOG_LENGTH, NULL, (double)value->number);
}

/* One entry: [id, time, microseconds, [words], …]. */
static void on_slowlog_entry(struct run *run, const struct resp_value *value, void *ctx)
{
    double id = 0, took = 0;

    if (value->kind != RESP_LIST) {
        redis_part_failed(run, REDIS_PART_SLOWLOG, value);
        return;
    }
    const struct resp_value *entry = value->count ? value->items[0] : NULL;
    if (entry && entry->count >= 3) {
        resp_number(entry->items[0], &id);
        resp_number(entry->items[2], &took);
    }
    redis_part_enter(run, REDIS_PART_SLOWLOG);
    redis_sample(run, REDIS_SLOWLOG_LAST, NULL, id);
    redis_sample(run, REDIS_SLOWLOG_TIME, NULL, took / 1e6);
}

/* Events: [name, when, milliseconds, worst]. */
static void on_latency(struct run *run, const struct resp_value *value, void *ctx)
{
    double when, took;

    if (value->kind != RESP_LIST) {
        redis_part_failed(run, REDIS_PART_LATENCY, value);
        return;
    }
    redis_part_enter(run, REDIS_PART_LATENCY);
    for (size_t i = 0; i < value->count && i < INFO_MAX_SPIKES; i++) {
        const struct resp_value *event = value->items[i];
        if (event->count < 3 || !resp_number(event->items[1], &when) ||
            !resp_number(event->items[2], &took))
            continue;
        const struct bytes name = resp_text(event->items[0]);
        const char *label = arena_strndup(run_arena(run), name.ptr, name.len);
        redis_sample(run, REDIS_SPIKE_LAST, &label, when);
        redis_sample(run, REDIS_SPIKE_TIME, &label, took / 1e3);
    }
}

static void on_cluster(struct run *run, const struct resp_value *value, void *ctx)
{
    if (value->kind != RESP_TEXT) {
        redis_part_failed(run, REDIS_PART_CLUSTER, value);
        return;
    }
    struct bytes rest = value->text, name, text;
    redis_part_enter(run, REDIS_PART_CLUSTER);
    while (info_line(&rest, &name, &text))
        add_line(run, name, text);
}

/* One by one: before Redis 7 there was no other way. Never `*`: that tells passwords. */
static void ask_config(struct run *run)
{
    static const struct {
        const char *name;
        enum redis_family family;
    } wanted[] = {{"maxclients", REDIS_CONFIG_CLIENTS},
                  {"maxmemory", REDIS_CONFIG_MEMORY},
                  {"io-threads", REDIS_CONFIG_THREADS}};

    if (!redis_part_begin(run, REDIS_PART_CONFIG))
        return;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        redis_ask_text(run, on_config, (void *)(uintptr_t)&wanted[i].family, "CONFIG GET",
                       wanted[i].name);
}

static bool is_field(struct run *run, const char *name, const char *expected)
{
    struct bytes value;

    return redis_info_field(run_state(run), name, &value) && bytes_is(value, expected);
}

/* What a server knows depends on its kind, which INFO tells. */
static void ask_more(struct run *run)
{
    if (!strcmp(mode_text(run), "sentinel")) {
        redis_sentinel_ask(run);
        return;
    }
    ask_config(run);
    if (redis_part_begin(run, REDIS_PART_SLOWLOG)) {
        redis_ask_text(run, on_slowlog_length, NULL, "SLOWLOG LEN", NULL);
        redis_ask_text(run, on_slowlog_entry, NULL, "SLOWLOG GET 1", NULL);
    }
    if (redis_part_begin(run, REDIS_PART_LATENCY))
        redis_ask_text(run, on_latency, NULL, "LATENCY LATEST", NULL);
    if (is_field(run, "cluster_enabled", "1") &&
        redis_part_begin(run, REDIS_PART_CLUSTER))
        redis_ask_text(run, on_cluster, NULL, "CLUSTER INFO", NULL);
    redis_keys_ask(run);
    redis_scan_ask(run);
}

static void on_info(struct run *run, const struct resp_value *value, void *ctx)
{
    const struct redis_state *state = run_state(run);

    if (value->kind == RESP_TEXT) {
        keep_lines(run, value->text);
        redis_part_enter(run, REDIS_PART_INFO);
        for (size_t i = 0; i < state->line_count; i++)
            add_line(run, state->lines[i].name, state->lines[i].value);
        add_instance(run);
        add_derived(run);
        add_own_database(run);
    } else {
        redis_part_failed(run, REDIS_PART_INFO, value);
    }
    ask_more(run);
}

void redis_info_ask(struct run *run)
{
    if (redis_part_begin(run, REDIS_PART_INFO))
        redis_ask_text(run, on_info, NULL, "INFO all", NULL);
    else
        ask_more(run);
}
