# SPDX-License-Identifier: Apache-2.0
"""What MongoDB servers answer, from the fields that its manual documents: written by hand, cut to what anybody reads."""
import datetime

from bson import Int64, Timestamp
from bson.objectid import ObjectId

NOW = datetime.datetime(2026, 11, 27, 4, 0, 0)
VERSIONS = {"4.4": ("4.4.29", 9), "6.0": ("6.0.18", 17), "7.0": ("7.0.14", 21), "8.0": ("8.0.4", 25)}


def hello(version="7.0", role="standalone", set_name="rs0", me="127.0.0.1:27017", primary=None, hosts=None):
    doc = {"topologyVersion": {"processId": ObjectId(), "counter": Int64(6)}}
    if role == "mongos":
        doc.update(isWritablePrimary=True, msg="isdbgrid")
    elif role == "standalone":
        doc.update(isWritablePrimary=True)
    else:
        doc.update(hosts=hosts or [me], setName=set_name, setVersion=3, me=me,
                   isWritablePrimary=role == "primary", secondary=role == "secondary")
        if role == "primary":
            primary = me
        if primary:
            doc["primary"] = primary
        if role == "arbiter":
            doc["arbiterOnly"] = True
    doc.update(maxBsonObjectSize=16777216, maxMessageSizeBytes=48000000, maxWriteBatchSize=100000,
               localTime=NOW, logicalSessionTimeoutMinutes=30, connectionId=17, minWireVersion=0,
               maxWireVersion=VERSIONS[version][1], readOnly=False, ok=1.0)
    return doc


def build_info(version="7.0", enterprise=False, percona=False):
    doc = {"version": VERSIONS[version][0], "gitVersion": "0" * 40,
           "modules": ["enterprise"] if enterprise else [], "storageEngines": ["devnull", "wiredTiger"]}
    if percona:
        doc["psmdbVersion"] = VERSIONS[version][0] + "-9"
    return doc


TICKETS = {"read": {"out": 1, "available": 127, "totalTickets": 128},
           "write": {"out": 2, "available": 126, "totalTickets": 128}}

WIREDTIGER = {
    "uri": "statistics:",
    "block-manager": {"blocks pre-loaded": 11, "blocks read": 12, "blocks written": 13,
                      "bytes read": 14000, "bytes written": 15000, "mapped blocks read": 16,
                      "mapped bytes read": 17000},
    "cache": {"bytes currently in the cache": 700 << 20, "bytes read into cache": Int64(5 << 32),
              "bytes written from cache": Int64(6 << 32), "maximum bytes configured": 1000 << 20,
              "modified pages evicted": 21, "unmodified pages evicted": 22, "percentage overhead": 8,
              "pages currently held in the cache": 23, "pages read into cache": 24,
              "pages written from cache": 25, "tracked bytes belonging to internal pages in the cache": 26,
              "tracked bytes belonging to leaf pages in the cache": 27,
              "tracked dirty bytes in the cache": 50 << 20, "tracked dirty pages in the cache": 28},
    "log": {"log bytes of payload data": 31, "log bytes written": 32, "log flush operations": 33,
            "log read operations": 34, "log records compressed": 35, "log records not compressed": 36,
            "log scan operations": 37, "log scan records requiring two reads": 38,
            "log sync operations": 39, "log sync_dir operations": 40, "log write operations": 41,
            "records processed by log scan": 42},
    "session": {"open cursor count": 43, "open session count": 44},
    "transaction": {"transaction begins": 51, "transaction checkpoint currently running": 0,
                    "transaction checkpoint max time (msecs)": 52, "transaction checkpoint min time (msecs)": 3,
                    "transaction checkpoint total time (msecs)": 53, "transaction checkpoints": 54,
                    "transactions committed": 55, "transactions rolled back": 56},
}


def server_status(version="7.0", connections=25, available=51175, wiredtiger=True):
    doc = {
        "host": "mongo", "version": VERSIONS[version][0], "process": "mongod", "pid": Int64(1),
        "uptime": 86412.0, "uptimeMillis": Int64(86412000), "localTime": NOW,
        "asserts": {"regular": 1, "warning": 2, "msg": 3, "user": 4, "tripwire": 5, "rollovers": 6},
        "connections": {"current": connections, "available": available, "totalCreated": 977,
                        "rejected": 0, "active": 7, "threaded": 25, "exhaustIsMaster": 1},
        "electionMetrics": {"stepUpCmd": {"called": Int64(0), "successful": Int64(0)}},
        "extra_info": {"note": "fields vary by platform", "page_faults": 61},
        "globalLock": {"totalTime": Int64(86412000000), "currentQueue": {"total": 3, "readers": 1, "writers": 2},
                       "activeClients": {"total": 9, "readers": 4, "writers": 5}},
        "mem": {"bits": 64, "resident": 512, "virtual": 2048, "supported": True},
        "metrics": {
            "commands": {"find": {"failed": Int64(0), "total": Int64(9000)}},
            "cursor": {"timedOut": Int64(62), "open": {"noTimeout": 1, "pinned": 2, "total": 12}},
            "document": {"deleted": Int64(71), "inserted": Int64(72), "returned": Int64(73), "updated": Int64(74)},
            "getLastError": {"wtime": {"num": 75, "totalMillis": 76}, "wtimeouts": Int64(77)},
            "operation": {"scanAndOrder": Int64(78), "writeConflicts": Int64(79)},
            "queryExecutor": {"scanned": Int64(80), "scannedObjects": Int64(81)},
            "record": {"moves": Int64(82)},
            "repl": {"apply": {"batches": {"num": 83, "totalMillis": 84}, "ops": Int64(85)},
                     "buffer": {"count": Int64(86), "maxSizeBytes": Int64(268435456), "sizeBytes": Int64(87)},
                     "network": {"bytes": Int64(88), "getmores": {"num": 89, "totalMillis": 90},
                                 "ops": Int64(91), "readersCreated": Int64(92)}},
            "ttl": {"deletedDocuments": Int64(93), "passes": Int64(94)}},
        "network": {"bytesIn": Int64(101), "bytesOut": Int64(102), "numRequests": Int64(103)},
        "opLatencies": {"reads": {"latency": Int64(111), "ops": Int64(112)},
                        "writes": {"latency": Int64(113), "ops": Int64(114)},
                        "commands": {"latency": Int64(115), "ops": Int64(116)}},
        "opcounters": {"insert": 121, "query": 122, "update": 123, "delete": 124, "getmore": 125, "command": 126},
        "opcountersRepl": {"insert": 131, "query": 132, "update": 133, "delete": 134, "getmore": 135,
                           "command": 136},
        "storageEngine": {"name": "wiredTiger", "supportsCommittedReads": True, "persistent": True},
        "transactions": {"currentActive": Int64(1), "currentOpen": Int64(2), "totalAborted": Int64(3),
                         "totalCommitted": Int64(4)},
        "ok": 1.0,
    }
    if wiredtiger:
        doc["wiredTiger"] = {**WIREDTIGER}
        if version in ("4.4", "6.0"):
            doc["wiredTiger"]["concurrentTransactions"] = TICKETS
    if version in ("7.0", "8.0"):
        doc["queues"] = {"execution": TICKETS}
    return doc


STATES = {"PRIMARY": 1, "SECONDARY": 2, "RECOVERING": 3, "ARBITER": 7, "DOWN": 8}


def member(number, state, behind=0, me=False, health=1):
    doc = {"_id": number, "name": f"mongo{number}:27017", "health": float(health), "state": STATES[state],
           "stateStr": state, "uptime": 86400 + number, "pingMs": Int64(number), "configVersion": 3, "configTerm": 5}
    if state != "ARBITER":
        when = NOW - datetime.timedelta(seconds=behind)
        doc["optime"] = {"ts": Timestamp(int((when - datetime.datetime(1970, 1, 1)).total_seconds()), 1),
                         "t": Int64(5)}
        doc["optimeDate"] = when
    if state == "PRIMARY":
        doc["electionDate"] = NOW - datetime.timedelta(hours=3)
    if me:
        doc["self"] = True
    else:
        doc.update(lastHeartbeat=NOW, lastHeartbeatRecv=NOW)
    return doc


def repl_status(members=None, set_name="rs0"):
    members = members or [member(0, "PRIMARY", me=True), member(1, "SECONDARY", 2), member(2, "SECONDARY", 7)]
    mine = next((m for m in members if m.get("self")), members[0])
    return {"set": set_name, "date": NOW, "myState": mine["state"], "term": Int64(5),
            "heartbeatIntervalMillis": Int64(2000), "majorityVoteCount": 2, "members": members, "ok": 1.0}


def db_stats(name, scale=1):
    return {"db": name, "collections": 3, "views": 1, "objects": 4000, "avgObjSize": 250.5, "dataSize": 1002000.0,
            "storageSize": 512000.0, "indexes": 5, "indexSize": 81920.0, "totalSize": 593920.0,
            "scaleFactor": float(scale), "fsUsedSize": 7e9, "fsTotalSize": 5e10, "ok": 1.0}


def coll_stats():
    return {"ns": "local.oplog.rs", "size": 90000, "count": 321, "storageSize": 45000, "capped": True,
            "maxSize": Int64(1 << 30), "ok": 1.0}
