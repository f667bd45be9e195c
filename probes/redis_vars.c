/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations and limits may name of a Redis server. Called by expressions after the answer is there; they read
 * INFO's text and the keys that were measured, and ask nothing.
 */
#include <string.h>

#include "probes/redis.h"

static bool info_text(struct run *run, const char *name, struct value *ret_value,
                      struct err *why)
{
    struct bytes text;

    if (!redis_info_field(run_state(run), name, &text))
        return err_set(why, "INFO did not tell %s", name);
    *ret_value = value_text(text);
    return true;
}

static bool info_number(struct run *run, const char *name, double *ret_number,
                        struct err *why)
{
    return redis_info_number(run_state(run), name, ret_number) ||
           err_set(why, "INFO did not tell %s as a number", name);
}

static bool info_value(struct run *run, const char *name, enum value_type type,
                       struct value *ret_value, struct err *why)
{
    double number;

    if (!info_number(run, name, &number, why))
        return false;
    if (type == VALUE_DURATION)
        *ret_value = value_duration(nsec_from_sec(number));
    else
        *ret_value = (struct value){.type = type, .number = number};
    return true;
}

static bool get_role(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    return info_text(run, "role", ret_value, why);
}

static bool get_version(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    return info_text(run, "valkey_version", ret_value, why) ||
           info_text(run, "redis_version", ret_value, why);
}

static bool get_mode(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    return info_text(run, "redis_mode", ret_value, why) ||
           info_text(run, "server_mode", ret_value, why);
}

static bool get_clients(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    return info_value(run, "connected_clients", VALUE_NUMBER, ret_value, why);
}

static bool get_blocked(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    return info_value(run, "blocked_clients", VALUE_NUMBER, ret_value, why);
}

static bool get_replicas(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    return info_value(run, "connected_slaves", VALUE_NUMBER, ret_value, why);
}

static bool get_memory(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    return info_value(run, "used_memory", VALUE_SIZE, ret_value, why);
}

static bool get_uptime(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    return info_value(run, "uptime_in_seconds", VALUE_DURATION, ret_value, why);
}

static bool get_share(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    double used, most;

    if (!info_number(run, "used_memory", &used, why) ||
        !info_number(run, "maxmemory", &most, why))
        return false;
    if (most <= 0)
        return err_set(why, "the server has no `maxmemory` to have a share of");
    *ret_value = (struct value){.type = VALUE_PERCENT, .number = 100 * used / most};
    return true;
}

static bool get_ping(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct redis_state *state = run_state(run);

    if (!state->is_up)
        return err_set(why, "PING was not answered");
    *ret_value = value_duration(state->ping);
    return true;
}

/* Of a replica: since when its master is silent. Of a master: the same of the replica that is worst off. */
static bool get_lag(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct redis_state *state = run_state(run);
    double lag, worst = -1;
    struct bytes text;

    if (redis_info_field(state, "master_link_status", &text)) {
        if (!bytes_is(text, "up"))
            return err_set(why, "the link to the master is down");
        return info_value(run, "master_last_io_seconds_ago", VALUE_DURATION, ret_value,
                          why);
    }
    for (int i = 0; i < REDIS_MAX_KEYS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "slave%d", i);
        if (!redis_info_field(state, name, &text))
            break;
        if (bytes_to_double(redis_info_part(text, "lag"), &lag) && lag > worst)
            worst = lag;
    }
    if (worst < 0)
        return err_set(why, "no replica is connected");
    *ret_value = value_duration(nsec_from_sec(worst));
    return true;
}

static bool get_link(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    if (!info_text(run, "master_link_status", ret_value, why))
        return err_set(why, "this is no replica: INFO tells no master_link_status");
    *ret_value = value_bool(bytes_is(ret_value->text, "up"));
    return true;
}

static bool get_masters_ok(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    const struct redis_state *state = run_state(run);
    double masters;

    if (!redis_info_number(state, "sentinel_masters", &masters))
        return err_set(why, "this is no sentinel");
    *ret_value = value_bool(state->masters > 0 && state->masters == state->masters_ok);
    return true;
}

/* ---- maps ---- */

static bool info_lookup(const void *map, struct bytes key, struct arena *arena,
                        struct value *ret_value)
{
    const struct redis_state *state = map;
    struct bytes text;

    if (!redis_info_field(state, arena_strndup(arena, key.ptr, key.len), &text))
        return false;
    *ret_value = value_text(text);
    return true;
}

static bool get_info(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value =
        (struct value){.type = VALUE_MAP, .lookup = info_lookup, .map = run_state(run)};
    return true;
}

/* By "jobs", or "db1=jobs" for one that is listed with its database. */
static const struct redis_measured *find_key(const struct redis_state *state,
                                             struct arena *arena, struct bytes key)
{
    for (const struct redis_measured *m = state->measured; m; m = m->next) {
        const char *full =
            arena_printf(arena, "db%lld=%s", (long long)m->key->database, m->key->name);
        if (bytes_is(key, m->key->name) || bytes_is(key, full))
            return m;
    }
    return NULL;
}

static bool length_lookup(const void *map, struct bytes key, struct arena *arena,
                          struct value *ret_value)
{
    const struct redis_measured *m = find_key(map, arena, key);

    if (!m || !m->has_length)
        return false;
    *ret_value = value_number(m->length);
    return true;
}

static bool lag_lookup(const void *map, struct bytes key, struct arena *arena,
                       struct value *ret_value)
{
    const struct redis_measured *m = find_key(map, arena, key);

    if (!m || !m->has_lag)
        return false;
    *ret_value = value_number(m->lag);
    return true;
}

static bool pending_lookup(const void *map, struct bytes key, struct arena *arena,
                           struct value *ret_value)
{
    const struct redis_measured *m = find_key(map, arena, key);

    if (!m || !m->is_stream)
        return false;
    *ret_value = value_number(m->pending);
    return true;
}

static bool get_lengths(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value =
        (struct value){.type = VALUE_MAP, .lookup = length_lookup, .map = run_state(run)};
    return true;
}

static bool get_lags(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    *ret_value =
        (struct value){.type = VALUE_MAP, .lookup = lag_lookup, .map = run_state(run)};
    return true;
}

static bool get_pending(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value = (struct value){
        .type = VALUE_MAP, .lookup = pending_lookup, .map = run_state(run)};
    return true;
}

const struct var redis_vars[] = {
    {"role", VALUE_TEXT, "\"master\", \"slave\" or \"sentinel\".", get_role},
    {"version", VALUE_TEXT, "The server's version: \"7.0.15\".", get_version},
    {"mode", VALUE_TEXT, "\"standalone\", \"cluster\" or \"sentinel\".", get_mode},
    {"ping", VALUE_DURATION, "From PING to its answer.", get_ping},
    {"uptime", VALUE_DURATION, "Since the server started.", get_uptime},
    {"connected_clients", VALUE_NUMBER, "Clients, replicas not counted.", get_clients},
    {"blocked_clients", VALUE_NUMBER, "Clients that wait in a blocking command.",
     get_blocked},
    {"used_memory", VALUE_SIZE, "Memory in use: used_memory < 500MiB.", get_memory},
    {"memory_share", VALUE_PERCENT,
     "Memory in use of `maxmemory`; an error when the server has no such limit.",
     get_share},
    {"replicas", VALUE_NUMBER, "Replicas that are connected.", get_replicas},
    {"replication_lag", VALUE_DURATION,
     "Of a replica: how long its master has been silent. Of a master: how long its worst "
     "replica has.",
     get_lag},
    {"master_link", VALUE_BOOL, "Of a replica: whether it is connected to its master.",
     get_link},
    {"masters_ok", VALUE_BOOL,
     "Of a sentinel: whether it finds every master that it watches well.",
     get_masters_ok},
    {"length", VALUE_MAP, "Lengths of the keys of `keys`: length[\"jobs\"] < 1000.",
     get_lengths},
    {"lag", VALUE_MAP,
     "Of a stream of `keys`: what its slowest group was not handed yet: lag[\"orders\"].",
     get_lags},
    {"pending", VALUE_MAP,
     "Of a stream of `keys`: what a group was handed and has not acknowledged, of the "
     "group with the most.",
     get_pending},
    {"info", VALUE_MAP, "Any field of INFO as text: info[\"aof_enabled\"] == \"1\".",
     get_info},
    {0},
};

const struct limit redis_limits[] = {
    {.name = "memory_used",
     .alert = "RedisMemoryUsed",
     .expr = "redis_memory_used_bytes{$probe} / (redis_memory_max_bytes{$probe} > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }} uses {{ $value | humanizePercentage }} of its "
                "maxmemory",
     .runbook = "/runbooks/RedisMemoryFull",
     .doc = "Memory in use of `maxmemory`. Nothing when the server has no such limit."},
    {.name = "clients_used",
     .alert = "RedisClientsUsed",
     .expr = "redis_connected_clients{$probe} / redis_config_maxclients{$probe}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }} has {{ $value | humanizePercentage }} of the clients "
         "that it takes",
     .runbook = "/runbooks/RedisRejectsClients",
     .doc = "Clients of `maxclients`."},
    {.name = "replication_lag",
     .alert = "RedisReplicationLag",
     .expr = "max by (probe) (redis_master_last_io_seconds_ago{$probe} >= 0 or "
             "redis_connected_slave_lag_seconds{$probe})",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.2,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "replication of {{ $labels.probe }} has been silent for {{ $value | "
                "humanizeDuration }}",
     .runbook = "/runbooks/RedisReplicationBroken",
     .doc = "How long a replica's master, or a master's worst replica, has been silent."},
    {.name = "queue_length",
     .alert = "RedisQueueLength",
     .expr = "redis_key_size{$probe}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "{{ $labels.key }} of {{ $labels.probe }} has {{ $value }} elements",
     .runbook = "/runbooks/RedisQueueStuck",
     .doc = "Elements of each key of `keys` and `patterns`."},
    {.name = "stream_lag",
     .alert = "RedisStreamLag",
     .expr = "redis_stream_group_lag{$probe}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }}: group {{ $labels.group }} of {{ $labels.stream }} is "
         "{{ $value }} entries behind",
     .runbook = "/runbooks/RedisQueueStuck",
     .doc = "Entries that a consumer group was not handed yet."},
    {.name = "stream_pending",
     .alert = "RedisStreamPending",
     .expr = "redis_stream_group_messages_pending{$probe}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }}: group {{ $labels.group }} of {{ $labels.stream }} has not "
         "acknowledged {{ $value }} entries",
     .runbook = "/runbooks/RedisQueueStuck",
     .doc = "Entries that a consumer group has not acknowledged."},
    {0},
};
