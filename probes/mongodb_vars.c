/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expect and should may say of a MongoDB server, and what `limits:` may name. Called when expectations are judged,
 * at the end of a run. A value that was not found says why.
 */
#include <math.h>

#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/session.h"
#include "probes/mongodb.h"

static const struct mongodb_found *found_of(struct run *run)
{
    static const struct mongodb_found nothing = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
                                                 NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    const struct mongodb_state *state = run_state(run);

    return state->is_planned ? &state->found : &nothing;
}

static bool missing(struct err *why, const char *group)
{
    return err_set(
        why, "the group '%s' was not answered in this run, or has no such number", group);
}

static bool number_of(double number, const char *group, struct value *ret_value,
                      struct err *why)
{
    if (isnan(number))
        return missing(why, group);
    *ret_value = value_number(number);
    return true;
}

static bool share_of(double part, double whole, const char *group,
                     struct value *ret_value, struct err *why)
{
    if (isnan(part) || isnan(whole) || whole <= 0)
        return missing(why, group);
    *ret_value = (struct value){.type = VALUE_PERCENT, .number = 100 * part / whole};
    return true;
}

static bool duration_of(double seconds, const char *group, struct value *ret_value,
                        struct err *why)
{
    if (isnan(seconds))
        return missing(why, group);
    *ret_value = value_duration((nsec)(seconds * (double)NSEC_PER_SEC));
    return true;
}

#define GETTER(name)                                                                \
    static bool name(struct run *run, struct arena *arena, struct value *ret_value, \
                     struct err *why)

GETTER(get_connections)
{
    return number_of(found_of(run)->connections, "server", ret_value, why);
}
GETTER(get_available)
{
    return number_of(found_of(run)->available, "server", ret_value, why);
}
GETTER(get_connections_used)
{
    const struct mongodb_found *f = found_of(run);

    return share_of(f->connections, f->connections + f->available, "server", ret_value,
                    why);
}
GETTER(get_queued)
{
    return number_of(found_of(run)->queued, "server", ret_value, why);
}
GETTER(get_uptime)
{
    return duration_of(found_of(run)->uptime_seconds, "server", ret_value, why);
}
GETTER(get_cache_used)
{
    const struct mongodb_found *f = found_of(run);

    return share_of(f->cache_used, f->cache_max, "server", ret_value, why);
}
GETTER(get_cache_dirty)
{
    const struct mongodb_found *f = found_of(run);

    return share_of(f->cache_dirty, f->cache_max, "server", ret_value, why);
}
GETTER(get_lag)
{
    return duration_of(found_of(run)->lag_seconds, "replica", ret_value, why);
}
GETTER(get_members)
{
    return number_of(found_of(run)->members, "replica", ret_value, why);
}
GETTER(get_healthy_members)
{
    return number_of(found_of(run)->healthy_members, "replica", ret_value, why);
}
GETTER(get_oplog_window)
{
    const struct mongodb_found *f = found_of(run);

    return duration_of(f->oplog_head - f->oplog_tail, "oplog", ret_value, why);
}
GETTER(get_ping)
{
    const struct mongodb_state *state = run_state(run);

    return duration_of(state->is_alive ? state->found.ping_seconds : NAN, "server",
                       ret_value, why);
}
GETTER(get_version)
{
    const struct mongodb_session *kept = run_session(run)->state;

    if (!kept->version[0])
        return missing(why, "server");
    *ret_value = value_text(bytes_of(kept->version));
    return true;
}
GETTER(get_set)
{
    const struct mongodb_state *state = run_state(run);

    if (!state->set)
        return err_set(why, "the server did not answer hello");
    *ret_value = value_text(bytes_of(state->set));
    return true;
}
GETTER(get_primary)
{
    const struct mongodb_state *state = run_state(run);

    if (!state->primary)
        return err_set(why, "the server did not answer hello");
    *ret_value = value_text(bytes_of(state->primary));
    return true;
}
GETTER(get_role)
{
    static const char *const names[] = {
        [ROLE_STANDALONE] = "standalone", [ROLE_PRIMARY] = "primary",
        [ROLE_SECONDARY] = "secondary",   [ROLE_ARBITER] = "arbiter",
        [ROLE_MONGOS] = "mongos",         [ROLE_OTHER] = "other"};
    const struct mongodb_state *state = run_state(run);

    if (!state->is_alive)
        return err_set(why, "the server did not answer a ping");
    *ret_value = value_text(bytes_of(names[state->role]));
    return true;
}
GETTER(get_rows)
{
    const struct mongodb_conf *conf = run_conf(run);
    const struct mongodb_session *kept = run_session(run)->state;

    *ret_value = value_json(
        custom_json(&kept->custom, &conf->metrics, sizeof(struct mongodb_query), arena));
    return true;
}

const struct var mongodb_vars[] = {
    {"ping", VALUE_DURATION, "Time from ping to pong.", get_ping},
    {"role", VALUE_TEXT,
     "What the server is: standalone, primary, secondary, arbiter, mongos or other.",
     get_role},
    {"version", VALUE_TEXT, "The server's version.", get_version},
    {"set", VALUE_TEXT, "Name of the replica set; empty when it is in none.", get_set},
    {"primary", VALUE_TEXT, "Who is primary, as host:port; empty when nobody is.",
     get_primary},
    {"connections", VALUE_NUMBER, "Connections to the server.", get_connections},
    {"connections_available", VALUE_NUMBER, "Connections that it would still take.",
     get_available},
    {"connections_used", VALUE_PERCENT, "Share of the connections that it takes.",
     get_connections_used},
    {"queued", VALUE_NUMBER, "Operations that wait for a lock.", get_queued},
    {"uptime", VALUE_DURATION, "Time since the server started.", get_uptime},
    {"cache_used", VALUE_PERCENT, "Share of the storage engine's cache in use.",
     get_cache_used},
    {"cache_dirty", VALUE_PERCENT, "Share of the cache that is not on disk yet.",
     get_cache_dirty},
    {"replication_lag", VALUE_DURATION,
     "How far the farthest secondary is behind the primary.", get_lag},
    {"members", VALUE_NUMBER, "Members of the set.", get_members},
    {"members_healthy", VALUE_NUMBER, "Members of the set that this one reaches.",
     get_healthy_members},
    {"oplog_window", VALUE_DURATION, "Time that the oplog reaches back.",
     get_oplog_window},
    {"rows", VALUE_JSON,
     "What custom metrics were answered last: rows.orders_open[0].n < 100.", get_rows},
    {0}};

#define CONNECTIONS_USED                                                 \
    "sum by (probe) (mongodb_connections{$probe, state=\"current\"}) / " \
    "sum by (probe) (mongodb_connections{$probe, state=~\"current|available\"})"
#define CACHE_SHARE(type)                                                        \
    "sum by (probe) (mongodb_mongod_wiredtiger_cache_bytes{$probe, type=\"" type \
    "\"}) / "                                                                    \
    "sum by (probe) (mongodb_mongod_wiredtiger_cache_max_bytes{$probe})"
#define RUNBOOK(name) "/runbooks/" name

const struct limit mongodb_limits[] = {
    {.name = "connections_used",
     .alert = "MongodbConnectionsUsed",
     .expr = CONNECTIONS_USED,
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = 2 * 60 * NSEC_PER_SEC,
     .summary = "{{ $labels.probe }} has {{ $value | humanizePercentage }} of its "
                "connections in use",
     .runbook = RUNBOOK("MongodbConnectionsHigh"),
     .doc = "Share of the connections that the server takes."},
    {.name = "replication_lag",
     .alert = "MongodbReplicationLag",
     .expr = "max by (probe) (mongodb_mongod_replset_member_replication_lag{$probe})",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 60 * NSEC_PER_SEC,
     .summary = "a member of {{ $labels.probe }} is {{ $value | humanizeDuration }} "
                "behind the primary",
     .runbook = RUNBOOK("MongodbMemberBehind"),
     .doc = "How far the farthest secondary is behind the primary."},
    {.name = "oplog_window",
     .alert = "MongodbOplogWindow",
     .expr = "min by (probe) (mongodb_mongod_replset_oplog_head_timestamp{$probe} - "
             "mongodb_mongod_replset_oplog_tail_timestamp{$probe})",
     .unit = LIMIT_DURATION,
     .side = LIMIT_BELOW,
     .release = 0.1,
     .hold_for = 5 * 60 * NSEC_PER_SEC,
     .summary = "the oplog of {{ $labels.probe }} reaches back {{ $value | "
                "humanizeDuration }}",
     .runbook = RUNBOOK("MongodbOplogShort"),
     .doc = "Time that the oplog reaches back: a member that is away for longer has to "
            "copy everything."},
    {.name = "cache_used",
     .alert = "MongodbCacheUsed",
     .expr = CACHE_SHARE("total"),
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 5 * 60 * NSEC_PER_SEC,
     .summary = "the cache of {{ $labels.probe }} is {{ $value | humanizePercentage }} "
                "full",
     .runbook = RUNBOOK("MongodbCachePressure"),
     .doc = "Share of the storage engine's cache in use; about 80% is what it keeps to."},
    {.name = "cache_dirty",
     .alert = "MongodbCacheDirty",
     .expr = CACHE_SHARE("dirty"),
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 5 * 60 * NSEC_PER_SEC,
     .summary = "{{ $value | humanizePercentage }} of the cache of {{ $labels.probe }} "
                "waits to be written",
     .runbook = RUNBOOK("MongodbCachePressure"),
     .doc =
         "Share of the cache that is not on disk yet; above 20% writers have to help."},
    {0}};
