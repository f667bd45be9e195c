/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of INFO that are more than one number: commands, errors, databases, replicas, the master of a replica, and
 * the masters of a sentinel. Called for each line that is no plain field. Never keeps anything.
 */
#include <string.h>

#include "probes/redis.h"

static const char *text_of(struct run *run, struct bytes text)
{
    return arena_strndup(run_arena(run), text.ptr, text.len);
}

static bool part_number(struct bytes list, const char *name, double *ret_number)
{
    return bytes_to_double(redis_info_part(list, name), ret_number);
}

/* A sample of a number in a list, unless it is not there. */
static void add_part(struct run *run, enum redis_family family, const char *const *values,
                     struct bytes list, const char *name, double scale)
{
    double number;

    if (part_number(list, name, &number))
        redis_sample(run, family, values, number * scale);
}

/* True when name is prefix and then a number: db0, slave1, master0. */
static bool is_numbered(struct bytes name, const char *prefix)
{
    uint64_t number;

    return bytes_starts(name, prefix) &&
           bytes_to_u64(bytes_slice(name, strlen(prefix), name.len), &number);
}

/* ---- commands and errors ---- */

static bool is_wanted(const struct redis_conf *conf, const char *command)
{
    for (size_t i = 0; i < conf->commands.count; i++) {
        if (!strcmp(conf->commands.items[i], command))
            return true;
    }
    return !conf->commands.count;
}

/* cmdstat_get:calls=21,usec=175,usec_per_call=8.33,rejected_calls=0,failed_calls=0 */
static void add_command(struct run *run, struct bytes name, struct bytes list)
{
    struct redis_state *state = run_state(run);
    const char *command = text_of(run, bytes_slice(name, strlen("cmdstat_"), name.len));

    if (!is_wanted(run_conf(run), command) || state->command_count == REDIS_MAX_COMMANDS)
        return;
    struct redis_command *c = arena_alloc(run_arena(run), sizeof(*c));
    *c = (struct redis_command){.name = command, .stats = list};
    if (state->last_command)
        state->last_command->next = c;
    else
        state->commands = c;
    state->last_command = c;
    state->command_count++;
    add_part(run, REDIS_COMMANDS, &command, list, "calls", 1);
    add_part(run, REDIS_COMMAND_TIME, &command, list, "usec", 1e-6);
    add_part(run, REDIS_COMMAND_REJECTED, &command, list, "rejected_calls", 1);
    add_part(run, REDIS_COMMAND_FAILED, &command, list, "failed_calls", 1);
}

/* Both sections list the commands in one order: the search begins behind the one found last. */
static const struct redis_command *find_command(struct redis_state *state,
                                                struct bytes name)
{
    const struct redis_command *begin =
        state->found_command ? state->found_command->next : state->commands;

    for (const struct redis_command *c = begin; c; c = c->next) {
        if (bytes_is(name, c->name))
            return state->found_command = c;
    }
    for (const struct redis_command *c = state->commands; c && c != begin; c = c->next) {
        if (bytes_is(name, c->name))
            return state->found_command = c;
    }
    return NULL;
}

/* latency_percentiles_usec_get:p50=1.003,p99=2.007,p99.9=2.007 */
static void add_latency(struct run *run, struct bytes name, struct bytes list)
{
    const struct redis_command *c = find_command(
        run_state(run), bytes_slice(name, strlen("latency_percentiles_usec_"), name.len));
    struct bytes quantile, value;
    double number;

    if (!c)
        return;
    while (redis_info_pair(&list, &quantile, &value)) {
        const char *const values[] = {
            c->name, text_of(run, bytes_slice(quantile, 1, quantile.len))};
        if (bytes_starts(quantile, "p") && bytes_to_double(value, &number))
            run_sample_with(run, &redis_latency, values, number);
    }
    if (part_number(c->stats, "usec", &number))
        run_sample_with(run, &redis_latency_sum, &c->name, number);
    if (part_number(c->stats, "calls", &number))
        run_sample_with(run, &redis_latency_count, &c->name, number);
}

/* errorstat_WRONGTYPE:count=5. What scripts make up as first words is the server's to cap, and it does. */
static void add_error(struct run *run, struct bytes name, struct bytes list)
{
    const char *error = text_of(run, bytes_slice(name, strlen("errorstat_"), name.len));

    add_part(run, REDIS_ERRORS, &error, list, "count", 1);
}

/* ---- databases and replication ---- */

/* db0:keys=1,expires=0,avg_ttl=0 */
static void add_database(struct run *run, struct bytes name, struct bytes list)
{
    const char *database = text_of(run, name);

    add_part(run, REDIS_DB_KEYS, &database, list, "keys", 1);
    add_part(run, REDIS_DB_EXPIRING, &database, list, "expires", 1);
    add_part(run, REDIS_DB_CACHED, &database, list, "cached_keys", 1);
    add_part(run, REDIS_DB_TTL, &database, list, "avg_ttl", 1e-3);
}

/* slave0:ip=10.0.0.2,port=6379,state=online,offset=1751844676,lag=0 */
static void add_replica(struct run *run, struct bytes list)
{
    const char *const values[] = {text_of(run, redis_info_part(list, "ip")),
                                  text_of(run, redis_info_part(list, "port")),
                                  text_of(run, redis_info_part(list, "state"))};

    add_part(run, REDIS_REPLICA_OFFSET, values, list, "offset", 1);
    add_part(run, REDIS_REPLICA_LAG, values, list, "lag", 1);
}

/* Fields of a replica about its master. KeyDB with several has master_host, then master_1_host and so on. */
static bool add_master(struct run *run, struct bytes name, struct bytes value)
{
    static const struct {
        const char *field;
        enum redis_family family;
    } fields[] = {{"link_status", REDIS_MASTER_LINK},
                  {"last_io_seconds_ago", REDIS_MASTER_IO},
                  {"sync_in_progress", REDIS_MASTER_SYNC}};
    struct redis_state *state = run_state(run);
    struct bytes rest = bytes_slice(name, strlen("master_"), name.len), number;
    double seconds = 0;

    if (rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9')
        bytes_token(&rest, '_', &number);
    if (bytes_is(rest, "host"))
        state->master[0] = text_of(run, value);
    else if (bytes_is(rest, "port"))
        state->master[1] = text_of(run, value);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!bytes_is(rest, fields[i].field))
            continue;
        if (fields[i].family == REDIS_MASTER_LINK)
            seconds = bytes_is(value, "up");
        else if (!bytes_to_double(value, &seconds))
            return true;
        redis_sample(run, fields[i].family, state->master, seconds);
        return true;
    }
    return false;
}

/* ---- sentinel ---- */

/* master0:name=shop,status=ok,address=10.0.0.1:6379,slaves=1,sentinels=3 */
static void add_watched(struct run *run, struct bytes list)
{
    struct redis_state *state = run_state(run);
    const struct bytes status = redis_info_part(list, "status");
    const char *const values[] = {text_of(run, redis_info_part(list, "name")),
                                  text_of(run, redis_info_part(list, "address")),
                                  text_of(run, status)};
    const bool is_ok = bytes_is(status, "ok");

    state->masters++;
    state->masters_ok += is_ok;
    redis_sample(run, REDIS_SENTINEL_STATUS, values, is_ok);
    add_part(run, REDIS_SENTINEL_REPLICAS, values, list, "slaves", 1);
    add_part(run, REDIS_SENTINEL_SENTINELS, values, list, "sentinels", 1);
}

bool redis_stats_line(struct run *run, struct bytes name, struct bytes value)
{
    struct redis_state *state = run_state(run);
    double number;

    if (bytes_starts(name, "cmdstat_"))
        add_command(run, name, value);
    else if (bytes_starts(name, "latency_percentiles_usec_"))
        add_latency(run, name, value);
    else if (bytes_starts(name, "errorstat_"))
        add_error(run, name, value);
    else if (is_numbered(name, "db"))
        add_database(run, name, value);
    else if (is_numbered(name, "slave"))
        add_replica(run, value);
    else if (is_numbered(name, "master"))
        add_watched(run, value);
    else if (bytes_starts(name, "master_"))
        return add_master(run, name, value);
    else if (bytes_is(name, "slave_repl_offset") && bytes_to_double(value, &number))
        redis_sample(run, REDIS_REPLICA_REPL, state->master, number);
    else
        return false;
    return true;
}
