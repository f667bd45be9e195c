/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serverStatus says of the storage engine: cache, transactions, journal, tickets. Called by mongodb_server.c. A
 * server with another engine has none of it.
 */
#include "probes/mongodb.h"

static const struct mongodb_row wiredtiger_rows[] = {
    {"wiredTiger.cache.bytes currently in the cache", MONGODB_WT_CACHE_BYTES, "total",
     MONGODB_SS_WT_BYTES, NULL},
    {"wiredTiger.cache.tracked dirty bytes in the cache", MONGODB_WT_CACHE_BYTES, "dirty",
     MONGODB_SS_WT_DIRTY, NULL},
    {"wiredTiger.cache.tracked bytes belonging to internal pages in the cache",
     MONGODB_WT_CACHE_BYTES, "internal_pages", MONGODB_SS_WT_INTERNAL, NULL},
    {"wiredTiger.cache.tracked bytes belonging to leaf pages in the cache",
     MONGODB_WT_CACHE_BYTES, "leaf_pages", MONGODB_SS_WT_LEAF, NULL},
    {"wiredTiger.cache.maximum bytes configured", MONGODB_WT_CACHE_MAX, NULL,
     MONGODB_SS_WT_MAX, NULL},
    {"wiredTiger.cache.bytes read into cache", MONGODB_WT_CACHE_BYTES_TOTAL, "read",
     MONGODB_SS_WT_READ_BYTES, NULL},
    {"wiredTiger.cache.bytes written from cache", MONGODB_WT_CACHE_BYTES_TOTAL, "written",
     MONGODB_SS_WT_WRITTEN_BYTES, NULL},
    {"wiredTiger.cache.modified pages evicted", MONGODB_WT_CACHE_EVICTED, "modified",
     MONGODB_SS_WT_EVICTED_MODIFIED, NULL},
    {"wiredTiger.cache.unmodified pages evicted", MONGODB_WT_CACHE_EVICTED, "unmodified",
     MONGODB_SS_WT_EVICTED_UNMODIFIED, NULL},
    {"wiredTiger.cache.percentage overhead", MONGODB_WT_CACHE_OVERHEAD, NULL,
     MONGODB_SS_WT_OVERHEAD, NULL},
    {"wiredTiger.cache.pages currently held in the cache", MONGODB_WT_CACHE_PAGES,
     "total", MONGODB_SS_WT_PAGES, NULL},
    {"wiredTiger.cache.tracked dirty pages in the cache", MONGODB_WT_CACHE_PAGES, "dirty",
     MONGODB_SS_WT_PAGES_DIRTY, NULL},
    {"wiredTiger.cache.pages read into cache", MONGODB_WT_CACHE_PAGES_TOTAL, "read",
     MONGODB_SS_WT_PAGES_READ, NULL},
    {"wiredTiger.cache.pages written from cache", MONGODB_WT_CACHE_PAGES_TOTAL, "written",
     MONGODB_SS_WT_PAGES_WRITTEN, NULL},
    {"wiredTiger.block-manager.blocks read", MONGODB_WT_BLOCKS, "read",
     MONGODB_SS_WT_BLOCKS_READ, NULL},
    {"wiredTiger.block-manager.mapped blocks read", MONGODB_WT_BLOCKS, "read_mapped",
     MONGODB_SS_WT_BLOCKS_MAPPED, NULL},
    {"wiredTiger.block-manager.blocks pre-loaded", MONGODB_WT_BLOCKS, "pre_loaded",
     MONGODB_SS_WT_BLOCKS_PRE, NULL},
    {"wiredTiger.block-manager.blocks written", MONGODB_WT_BLOCKS, "written",
     MONGODB_SS_WT_BLOCKS_WRITTEN, NULL},
    {"wiredTiger.block-manager.bytes read", MONGODB_WT_BLOCK_BYTES, "read",
     MONGODB_SS_WT_BLOCK_BYTES_READ, NULL},
    {"wiredTiger.block-manager.mapped bytes read", MONGODB_WT_BLOCK_BYTES, "read_mapped",
     MONGODB_SS_WT_BLOCK_BYTES_MAPPED, NULL},
    {"wiredTiger.block-manager.bytes written", MONGODB_WT_BLOCK_BYTES, "written",
     MONGODB_SS_WT_BLOCK_BYTES_WRITTEN, NULL},
    {"wiredTiger.transaction.transaction begins", MONGODB_WT_TRANSACTIONS, "begins",
     MONGODB_SS_WT_BEGINS, NULL},
    {"wiredTiger.transaction.transaction checkpoints", MONGODB_WT_TRANSACTIONS,
     "checkpoints", MONGODB_SS_WT_CHECKPOINTS, NULL},
    {"wiredTiger.transaction.transactions committed", MONGODB_WT_TRANSACTIONS,
     "committed", MONGODB_SS_WT_COMMITTED, NULL},
    {"wiredTiger.transaction.transactions rolled back", MONGODB_WT_TRANSACTIONS,
     "rolledback", MONGODB_SS_WT_ROLLED_BACK, NULL},
    {"wiredTiger.transaction.transaction checkpoint min time (msecs)",
     MONGODB_WT_CHECKPOINT_MILLIS, "min", MONGODB_SS_WT_CHECKPOINT_MIN, NULL},
    {"wiredTiger.transaction.transaction checkpoint max time (msecs)",
     MONGODB_WT_CHECKPOINT_MILLIS, "max", MONGODB_SS_WT_CHECKPOINT_MAX, NULL},
    {"wiredTiger.transaction.transaction checkpoint total time (msecs)",
     MONGODB_WT_CHECKPOINT_TOTAL, NULL, MONGODB_SS_WT_CHECKPOINT_TOTAL, NULL},
    {"wiredTiger.transaction.transaction checkpoint currently running",
     MONGODB_WT_CHECKPOINT_RUNNING, NULL, MONGODB_SS_WT_CHECKPOINT_RUNNING, NULL},
    {"wiredTiger.log.log bytes of payload data", MONGODB_WT_LOG_BYTES, "payload",
     MONGODB_SS_WT_LOG_PAYLOAD, NULL},
    {"wiredTiger.log.log bytes written", MONGODB_WT_LOG_BYTES, "written",
     MONGODB_SS_WT_LOG_WRITTEN, NULL},
    {"wiredTiger.log.log bytes written", MONGODB_WT_LOG_BYTES, "unwritten",
     MONGODB_NO_FAMILY, NULL},
    {"wiredTiger.log.log read operations", MONGODB_WT_LOG_OPERATIONS, "read",
     MONGODB_SS_WT_LOG_READ_OPS, NULL},
    {"wiredTiger.log.log write operations", MONGODB_WT_LOG_OPERATIONS, "write",
     MONGODB_SS_WT_LOG_WRITE_OPS, NULL},
    {"wiredTiger.log.log scan operations", MONGODB_WT_LOG_OPERATIONS, "scan",
     MONGODB_SS_WT_LOG_SCAN_OPS, NULL},
    {"wiredTiger.log.log scan records requiring two reads", MONGODB_WT_LOG_OPERATIONS,
     "scan_double", MONGODB_SS_WT_LOG_SCAN_DOUBLE, NULL},
    {"wiredTiger.log.log sync operations", MONGODB_WT_LOG_OPERATIONS, "sync",
     MONGODB_SS_WT_LOG_SYNC_OPS, NULL},
    {"wiredTiger.log.log sync_dir operations", MONGODB_WT_LOG_OPERATIONS, "sync_dir",
     MONGODB_SS_WT_LOG_SYNC_DIR, NULL},
    {"wiredTiger.log.log flush operations", MONGODB_WT_LOG_OPERATIONS, "flush",
     MONGODB_SS_WT_LOG_FLUSH_OPS, NULL},
    {"wiredTiger.log.log records compressed", MONGODB_WT_LOG_RECORDS, "compressed",
     MONGODB_SS_WT_LOG_COMPRESSED, NULL},
    {"wiredTiger.log.log records not compressed", MONGODB_WT_LOG_RECORDS, "uncompressed",
     MONGODB_SS_WT_LOG_PLAIN, NULL},
    {"wiredTiger.log.records processed by log scan", MONGODB_WT_LOG_SCANNED, NULL,
     MONGODB_SS_WT_LOG_SCANNED, NULL},
    {"wiredTiger.session.open cursor count", MONGODB_WT_CURSORS, NULL,
     MONGODB_SS_WT_CURSORS, NULL},
    {"wiredTiger.session.open session count", MONGODB_WT_SESSIONS, NULL,
     MONGODB_SS_WT_SESSIONS, NULL},
};

struct ticket { /* of reads or writes, in one of the places where servers have had them */
    const char *member;
    enum mongodb_family compat, raw;
};
static const struct ticket tickets[] = {
    {"available", MONGODB_WT_TICKETS_AVAILABLE, MONGODB_SS_WT_TICKETS_AVAILABLE},
    {"out", MONGODB_WT_TICKETS_OUT, MONGODB_SS_WT_TICKETS_OUT},
    {"totalTickets", MONGODB_WT_TICKETS_TOTAL, MONGODB_SS_WT_TICKETS_TOTAL},
};

/* Before 7.0 in wiredTiger.concurrentTransactions, then in queues.execution. */
static void show_tickets(struct run *run, const struct mongodb_doc *doc, const char *kind)
{
    struct arena *arena = run_arena(run);
    double number;

    for (size_t i = 0; i < ARRAY_LEN(tickets); i++) {
        const struct ticket *t = &tickets[i];
        const char *former = arena_printf(
            arena, "wiredTiger.concurrentTransactions.%s.%s", kind, t->member);
        const char *now = arena_printf(arena, "queues.execution.%s.%s", kind, t->member);
        if (!mongodb_number(doc, former, &number) && !mongodb_number(doc, now, &number))
            continue;
        mongodb_sample(run, t->compat, kind, number);
        mongodb_sample(run, t->raw, kind, number);
    }
}

void mongodb_wiredtiger(struct run *run, const struct mongodb_doc *doc)
{
    mongodb_rows(run, doc, wiredtiger_rows, ARRAY_LEN(wiredtiger_rows));
    show_tickets(run, doc, "read");
    show_tickets(run, doc, "write");
}
