/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serverStatus and buildInfo: which of their fields are shown, under both names. Called by mongodb_collect.c. What a
 * server does not have is not there.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/session.h"
#include "probes/mongodb.h"

static const struct mongodb_row server_rows[] = {
    {"uptime", MONGODB_INSTANCE_UPTIME, NULL, MONGODB_SS_UPTIME, NULL},
    {"uptime", MONGODB_MONGOD_UPTIME, NULL, MONGODB_NO_FAMILY, NULL},
    {"connections.current", MONGODB_CONNECTIONS, "current", MONGODB_SS_CONNECTIONS,
     "current"},
    {"connections.current", MONGODB_MONGOD_CONNECTIONS, "current", MONGODB_NO_FAMILY,
     NULL},
    {"connections.available", MONGODB_CONNECTIONS, "available", MONGODB_SS_CONNECTIONS,
     "available"},
    {"connections.available", MONGODB_MONGOD_CONNECTIONS, "available", MONGODB_NO_FAMILY,
     NULL},
    {"connections.active", MONGODB_CONNECTIONS, "active", MONGODB_SS_CONNECTIONS,
     "active"},
    {"connections.active", MONGODB_MONGOD_CONNECTIONS, "active", MONGODB_NO_FAMILY, NULL},
    {"connections.totalCreated", MONGODB_CONNECTIONS_CREATED, NULL,
     MONGODB_SS_CONNECTIONS, "totalCreated"},
    {"connections.totalCreated", MONGODB_NO_FAMILY, NULL, MONGODB_SS_CONNECTIONS_CREATED,
     NULL},
    {"opcounters.insert", MONGODB_OP_COUNTERS, "insert", MONGODB_SS_OPCOUNTERS, "insert"},
    {"opcounters.query", MONGODB_OP_COUNTERS, "query", MONGODB_SS_OPCOUNTERS, "query"},
    {"opcounters.update", MONGODB_OP_COUNTERS, "update", MONGODB_SS_OPCOUNTERS, "update"},
    {"opcounters.delete", MONGODB_OP_COUNTERS, "delete", MONGODB_SS_OPCOUNTERS, "delete"},
    {"opcounters.getmore", MONGODB_OP_COUNTERS, "getmore", MONGODB_SS_OPCOUNTERS,
     "getmore"},
    {"opcounters.command", MONGODB_OP_COUNTERS, "command", MONGODB_SS_OPCOUNTERS,
     "command"},
    {"opcountersRepl.insert", MONGODB_OP_COUNTERS_REPL, "insert",
     MONGODB_SS_OPCOUNTERS_REPL, "insert"},
    {"opcountersRepl.insert", MONGODB_OP_COUNTERS_REPL_OLD, "insert", MONGODB_NO_FAMILY,
     NULL},
    {"opcountersRepl.query", MONGODB_OP_COUNTERS_REPL, "query",
     MONGODB_SS_OPCOUNTERS_REPL, "query"},
    {"opcountersRepl.query", MONGODB_OP_COUNTERS_REPL_OLD, "query", MONGODB_NO_FAMILY,
     NULL},
    {"opcountersRepl.update", MONGODB_OP_COUNTERS_REPL, "update",
     MONGODB_SS_OPCOUNTERS_REPL, "update"},
    {"opcountersRepl.update", MONGODB_OP_COUNTERS_REPL_OLD, "update", MONGODB_NO_FAMILY,
     NULL},
    {"opcountersRepl.delete", MONGODB_OP_COUNTERS_REPL, "delete",
     MONGODB_SS_OPCOUNTERS_REPL, "delete"},
    {"opcountersRepl.delete", MONGODB_OP_COUNTERS_REPL_OLD, "delete", MONGODB_NO_FAMILY,
     NULL},
    {"opcountersRepl.getmore", MONGODB_OP_COUNTERS_REPL, "getmore",
     MONGODB_SS_OPCOUNTERS_REPL, "getmore"},
    {"opcountersRepl.getmore", MONGODB_OP_COUNTERS_REPL_OLD, "getmore", MONGODB_NO_FAMILY,
     NULL},
    {"opcountersRepl.command", MONGODB_OP_COUNTERS_REPL, "command",
     MONGODB_SS_OPCOUNTERS_REPL, "command"},
    {"opcountersRepl.command", MONGODB_OP_COUNTERS_REPL_OLD, "command", MONGODB_NO_FAMILY,
     NULL},
    {"asserts.regular", MONGODB_ASSERTS, "regular", MONGODB_SS_ASSERTS, "regular"},
    {"asserts.warning", MONGODB_ASSERTS, "warning", MONGODB_SS_ASSERTS, "warning"},
    {"asserts.msg", MONGODB_ASSERTS, "msg", MONGODB_SS_ASSERTS, "msg"},
    {"asserts.user", MONGODB_ASSERTS, "user", MONGODB_SS_ASSERTS, "user"},
    {"asserts.rollovers", MONGODB_ASSERTS, "rollovers", MONGODB_SS_ASSERTS, "rollovers"},
    {"asserts.tripwire", MONGODB_ASSERTS, "tripwire", MONGODB_SS_ASSERTS, "tripwire"},
    {"mem.resident", MONGODB_MEMORY, "resident", MONGODB_SS_MEM_RESIDENT, NULL},
    {"mem.virtual", MONGODB_MEMORY, "virtual", MONGODB_SS_MEM_VIRTUAL, NULL},
    {"network.bytesIn", MONGODB_NETWORK_BYTES, "in_bytes", MONGODB_SS_NET_IN, NULL},
    {"network.bytesOut", MONGODB_NETWORK_BYTES, "out_bytes", MONGODB_SS_NET_OUT, NULL},
    {"network.numRequests", MONGODB_NETWORK_REQUESTS, NULL, MONGODB_SS_NET_REQUESTS,
     NULL},
    {"extra_info.page_faults", MONGODB_PAGE_FAULTS, NULL, MONGODB_SS_PAGE_FAULTS, NULL},
    {"globalLock.activeClients.total", MONGODB_NO_FAMILY, NULL, MONGODB_SS_CLIENTS_TOTAL,
     NULL},
    {"globalLock.activeClients.readers", MONGODB_LOCK_CLIENT, "reader",
     MONGODB_SS_CLIENTS_READERS, NULL},
    {"globalLock.activeClients.writers", MONGODB_LOCK_CLIENT, "writer",
     MONGODB_SS_CLIENTS_WRITERS, NULL},
    {"globalLock.currentQueue.readers", MONGODB_LOCK_QUEUE, "reader", MONGODB_SS_QUEUE,
     "readers"},
    {"globalLock.currentQueue.writers", MONGODB_LOCK_QUEUE, "writer", MONGODB_SS_QUEUE,
     "writers"},
    {"globalLock.currentQueue.total", MONGODB_LOCK_QUEUE, "total", MONGODB_SS_QUEUE,
     "total"},
    {"globalLock.totalTime", MONGODB_LOCK_TOTAL, NULL, MONGODB_SS_LOCK_TOTAL, NULL},
    {"metrics.cursor.open.total", MONGODB_CURSOR_OPEN, "total", MONGODB_SS_CURSOR_OPEN,
     "total"},
    {"metrics.cursor.open.pinned", MONGODB_CURSOR_OPEN, "pinned", MONGODB_SS_CURSOR_OPEN,
     "pinned"},
    {"metrics.cursor.open.noTimeout", MONGODB_CURSOR_OPEN, "noTimeout",
     MONGODB_SS_CURSOR_OPEN, "noTimeout"},
    {"metrics.cursor.timedOut", MONGODB_CURSOR_TIMED_OUT, NULL,
     MONGODB_SS_CURSOR_TIMED_OUT, NULL},
    {"metrics.document.inserted", MONGODB_DOCUMENT, "inserted", MONGODB_SS_DOCUMENT,
     "inserted"},
    {"metrics.document.updated", MONGODB_DOCUMENT, "updated", MONGODB_SS_DOCUMENT,
     "updated"},
    {"metrics.document.deleted", MONGODB_DOCUMENT, "deleted", MONGODB_SS_DOCUMENT,
     "deleted"},
    {"metrics.document.returned", MONGODB_DOCUMENT, "returned", MONGODB_SS_DOCUMENT,
     "returned"},
    {"metrics.queryExecutor.scanned", MONGODB_QUERY_EXECUTOR, "scanned",
     MONGODB_SS_SCANNED, NULL},
    {"metrics.queryExecutor.scannedObjects", MONGODB_QUERY_EXECUTOR, "scanned_objects",
     MONGODB_SS_SCANNED_OBJECTS, NULL},
    {"metrics.operation.scanAndOrder", MONGODB_OPERATION, "scan_and_order",
     MONGODB_SS_SCAN_AND_ORDER, NULL},
    {"metrics.operation.writeConflicts", MONGODB_OPERATION, "write_conflicts",
     MONGODB_SS_WRITE_CONFLICTS, NULL},
    {"metrics.record.moves", MONGODB_RECORD_MOVES, NULL, MONGODB_NO_FAMILY, NULL},
    {"metrics.ttl.deletedDocuments", MONGODB_TTL_DELETED, NULL, MONGODB_SS_TTL_DELETED,
     NULL},
    {"metrics.ttl.passes", MONGODB_TTL_PASSES, NULL, MONGODB_SS_TTL_PASSES, NULL},
    {"metrics.getLastError.wtime.num", MONGODB_GLE_NUM, NULL, MONGODB_SS_GLE_NUM, NULL},
    {"metrics.getLastError.wtime.totalMillis", MONGODB_GLE_MILLIS, NULL,
     MONGODB_SS_GLE_MILLIS, NULL},
    {"metrics.getLastError.wtimeouts", MONGODB_GLE_TIMEOUTS, NULL,
     MONGODB_SS_GLE_TIMEOUTS, NULL},
    {"metrics.repl.apply.ops", MONGODB_REPL_APPLY_OPS, NULL, MONGODB_SS_APPLY_OPS, NULL},
    {"metrics.repl.apply.batches.num", MONGODB_REPL_APPLY_NUM, NULL, MONGODB_SS_APPLY_NUM,
     NULL},
    {"metrics.repl.apply.batches.totalMillis", MONGODB_REPL_APPLY_MILLIS, NULL,
     MONGODB_SS_APPLY_MILLIS, NULL},
    {"metrics.repl.buffer.count", MONGODB_REPL_BUFFER_COUNT, NULL,
     MONGODB_SS_BUFFER_COUNT, NULL},
    {"metrics.repl.buffer.maxSizeBytes", MONGODB_REPL_BUFFER_MAX, NULL,
     MONGODB_SS_BUFFER_MAX, NULL},
    {"metrics.repl.buffer.sizeBytes", MONGODB_REPL_BUFFER_SIZE, NULL,
     MONGODB_SS_BUFFER_SIZE, NULL},
    {"metrics.repl.network.bytes", MONGODB_REPL_NET_BYTES, NULL, MONGODB_SS_REPL_BYTES,
     NULL},
    {"metrics.repl.network.ops", MONGODB_REPL_NET_OPS, NULL, MONGODB_SS_REPL_OPS, NULL},
    {"metrics.repl.network.getmores.num", MONGODB_REPL_NET_GETMORES, NULL,
     MONGODB_SS_REPL_GETMORES, NULL},
    {"metrics.repl.network.getmores.totalMillis", MONGODB_REPL_NET_GETMORES_MILLIS, NULL,
     MONGODB_SS_REPL_GETMORES_MILLIS, NULL},
    {"metrics.repl.network.readersCreated", MONGODB_REPL_NET_READERS, NULL,
     MONGODB_SS_REPL_READERS, NULL},
    {"opLatencies.reads.latency", MONGODB_LATENCY, "read", MONGODB_SS_LATENCY, "reads"},
    {"opLatencies.reads.ops", MONGODB_LATENCY_OPS, "read", MONGODB_SS_LATENCY_OPS,
     "reads"},
    {"opLatencies.writes.latency", MONGODB_LATENCY, "write", MONGODB_SS_LATENCY,
     "writes"},
    {"opLatencies.writes.ops", MONGODB_LATENCY_OPS, "write", MONGODB_SS_LATENCY_OPS,
     "writes"},
    {"opLatencies.commands.latency", MONGODB_LATENCY, "command", MONGODB_SS_LATENCY,
     "commands"},
    {"opLatencies.commands.ops", MONGODB_LATENCY_OPS, "command", MONGODB_SS_LATENCY_OPS,
     "commands"},
    {"transactions.currentOpen", MONGODB_NO_FAMILY, NULL, MONGODB_SS_TXN_OPEN, NULL},
    {"transactions.currentActive", MONGODB_NO_FAMILY, NULL, MONGODB_SS_TXN_ACTIVE, NULL},
    {"transactions.totalCommitted", MONGODB_NO_FAMILY, NULL, MONGODB_SS_TXN_COMMITTED,
     NULL},
    {"transactions.totalAborted", MONGODB_NO_FAMILY, NULL, MONGODB_SS_TXN_ABORTED, NULL},
};

/* ---- serverStatus ---- */

static void find_server(struct run *run, const struct mongodb_doc *doc)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;

    mongodb_number(doc, "connections.current", &found->connections);
    mongodb_number(doc, "connections.available", &found->available);
    mongodb_number(doc, "connections.active", &found->active);
    mongodb_number(doc, "globalLock.currentQueue.total", &found->queued);
    mongodb_number(doc, "uptime", &found->uptime_seconds);
    mongodb_number(doc, "mem.resident", &found->resident_mib);
    mongodb_number(doc, "wiredTiger.cache.bytes currently in the cache",
                   &found->cache_used);
    mongodb_number(doc, "wiredTiger.cache.maximum bytes configured", &found->cache_max);
    mongodb_number(doc, "wiredTiger.cache.tracked dirty bytes in the cache",
                   &found->cache_dirty);
}

static void ask_server(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(
        run, STEP_COLLECT,
        mongodb_simple(run_arena(run), "serverStatus", "admin", mongodb_limit(run)));
}

static void hear_server(struct run *run, const struct mongodb_task *task,
                        const struct mongodb_doc *doc)
{
    double local_time;

    mongodb_rows(run, doc, server_rows, ARRAY_LEN(server_rows));
    mongodb_wiredtiger(run, doc);
    if (mongodb_number(doc, "localTime", &local_time))
        mongodb_sample(run, MONGODB_INSTANCE_LOCAL_TIME, NULL, local_time / 1000);
    const char *engine = mongodb_text(doc, "storageEngine.name", run_arena(run));
    if (engine[0])
        mongodb_sample(run, MONGODB_STORAGE_ENGINE, engine, 1);
    find_server(run, doc);
}

/* ---- buildInfo: once a connection ---- */

static void ask_build(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(run, STEP_COLLECT,
                mongodb_simple(run_arena(run), "buildInfo", "admin", mongodb_limit(run)));
}

static bool has_module(const struct mongodb_doc *doc, const char *name,
                       struct arena *arena)
{
    for (size_t i = 0; i < mongodb_count(doc, "modules"); i++) {
        if (!strcmp(mongodb_text(doc, arena_printf(arena, "modules.%zu", i), arena),
                    name))
            return true;
    }
    return false;
}

static void show_version(struct run *run)
{
    const struct mongodb_session *kept = run_session(run)->state;

    run_sample_with(run, &mongodb_families[MONGODB_VERSION_INFO],
                    (const char *const[]){kept->version, kept->edition, kept->vendor}, 1);
}

static void hear_build(struct run *run, const struct mongodb_task *task,
                       const struct mongodb_doc *doc)
{
    struct arena *arena = run_arena(run);
    struct mongodb_session *kept = run_session(run)->state;
    const bool is_percona = mongodb_find(doc, "psmdbVersion") != NULL;

    snprintf(kept->version, sizeof(kept->version), "%.60s",
             mongodb_text(doc, "version", arena));
    snprintf(kept->edition, sizeof(kept->edition), "%s",
             has_module(doc, "enterprise", arena) ? "Enterprise" : "Community");
    snprintf(kept->vendor, sizeof(kept->vendor), "%s",
             is_percona ? "Percona" : "MongoDB");
    show_version(run);
}

void mongodb_plan_server(struct run *run)
{
    const struct mongodb_session *kept = run_session(run)->state;

    mongodb_add_task(run, (struct mongodb_task){.ask = ask_server,
                                                .answer = hear_server,
                                                .group = GROUP_SERVER});
    if (!run_is_kept(run) || !kept->version[0])
        mongodb_add_task(run, (struct mongodb_task){.ask = ask_build,
                                                    .answer = hear_build,
                                                    .group = GROUP_SERVER});
    else
        show_version(run);
}
