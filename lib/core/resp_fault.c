/* SPDX-License-Identifier: Apache-2.0 */
/* See resp_fault.h: one table of the errors that Redis, Valkey and KeyDB begin with these words. */
#include "lib/core/resp_fault.h"

#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/core/run.h"

static const struct resp_fault faults[] = {
    {"NOAUTH", REASON_AUTH, "give `password`, and `username` for an ACL user"},
    {"WRONGPASS", REASON_AUTH, "is `password` right, and `username` the ACL user's?"},
    {"ERR invalid password", REASON_AUTH, "is `password` right?"},
    {"ERR AUTH <password> called without any password", REASON_AUTH,
     "the server wants none: leave `password` out, or give `username` for an ACL user"},
    {"ERR Client sent AUTH, but no password is set", REASON_AUTH,
     "the server wants none: leave `password` out"},
    {"NOPERM", REASON_FORBIDDEN,
     "allow this user what examples/privileges/redis.acl lists"},
    {"DENIED", REASON_FORBIDDEN,
     "its protected mode takes local connections only: give the server a password, or "
     "`protected-mode no` behind a firewall"},
    {"LOADING", REASON_STARTING, "it reads its data from disk"},
    {"MASTERDOWN", REASON_UNHEALTHY,
     "this replica has lost its master and does not answer with old data"},
    {"MISCONF", REASON_UNHEALTHY,
     "its snapshots fail, so it takes no writes: look at its log, and at the disk"},
    {"OOM", REASON_QUEUE_FULL,
     "its `maxmemory` is used up and its policy evicts nothing: what fills it?"},
    {"READONLY", REASON_STATUS, "this is a replica: give its master's address"},
    {"NOREPLICAS", REASON_UNHEALTHY,
     "fewer replicas are connected than `min-replicas-to-write` asks for"},
    {"MOVED", REASON_REDIRECT,
     "another node of the cluster has this key: give that node's address"},
    {"WRONGTYPE", REASON_REJECTED, "the key holds something of another kind"},
    {"BUSY ", REASON_BUSY, "a script runs for too long: SCRIPT KILL ends it"},
    {"CLUSTERDOWN", REASON_UNHEALTHY, "some slots of the cluster are served by nobody"},
    {"ERR max number of clients", REASON_FULL,
     "`maxclients` is reached: which client opens connections without end?"},
    {"ERR DB index is out of range", REASON_DATABASE,
     "`databases` of the server is smaller than that"},
    {"ERR invalid DB index", REASON_DATABASE, NULL},
    {"ERR SELECT is not allowed in cluster mode", REASON_DATABASE,
     "a cluster has database 0 only"},
};

const struct resp_fault *resp_fault_find(struct bytes error)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        if (bytes_starts(error, faults[i].start))
            return &faults[i];
    }
    return NULL;
}

const char *resp_said(struct run *run, const struct resp_value *value)
{
    switch (value->kind) {
    case RESP_STATUS:
    case RESP_ERROR:
    case RESP_TEXT:
        return run_quoted(run, value->text);
    case RESP_NUMBER:
        return arena_printf(run_arena(run), "%lld", (long long)value->number);
    case RESP_NIL:
        return "nothing";
    case RESP_LIST:
        return "a list";
    }
    return "";
}
