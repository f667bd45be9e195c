#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/dialogue/mongodb.txt: OP_MSG is binary, so its stories are told here, with Debian's bson."""
import struct
from pathlib import Path

import bson
from bson import Binary, Int64, Timestamp

OP_MSG, OP_REPLY, OP_COMPRESSED = 2013, 1, 2012
HELLO = {"isWritablePrimary": True, "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0}
SET = {**HELLO, "setName": "rs0", "isWritablePrimary": False, "secondary": True}
OK = {"ok": 1.0}
DENIED = {"ok": 0.0, "errmsg": "not authorized on admin", "code": 13, "codeName": "Unauthorized"}
QUIET = "mongodb: {uri: \"mongo:27017\", collect: [none]}"
USER = "mongodb: {uri: \"mongodb://app:wrong@mongo/shop?retryWrites=true\", collect: [none]}"


def message(number, doc, flags=0, operation=OP_MSG, body=None, tail=b""):
    body = b"\0" + bson.encode(doc) if body is None else body
    rest = struct.pack("<I", flags) + body + tail
    return struct.pack("<iiii", 16 + len(rest), 7, number, operation) + rest


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def with_checksum(number, doc, wrong=0):
    whole = message(number, doc, flags=1, tail=b"\0\0\0\0")[:-4]
    return whole + struct.pack("<I", crc32c(whole) ^ wrong)


def nested(depth):
    doc = {"a": 1}
    for _ in range(depth):
        doc = {"a": doc}
    return doc


class Story:
    def __init__(self, title, conf=QUIET):
        self.lines = [f"--- {title}", conf, "==="]
        self.number = 0

    def ask(self, command):
        self.number += 1
        self.lines.append(f"? {command}")
        return self

    def answer(self, doc):
        return self.raw(message(self.number, doc))

    def raw(self, data):
        self.lines.append("x " + data.hex())
        return self

    def line(self, text):
        self.lines.append(text)
        return self

    def up(self, *samples):
        self.lines += ["! up", *(f". {sample}" for sample in samples)]
        return self


def begin(title, conf=QUIET, hello=None):
    return Story(title, conf).ask("hello").answer(hello or HELLO)


def first_answers():
    """What may come instead of an answer to hello."""
    hello = bson.encode(HELLO)
    yield "a web server", b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol the server is a web server: it answered in HTTP"
    yield "a TLS alert", b"\x15\x03\x01\x00\x02\x02\x46", ("is_tls the server answered with a TLS alert: it wants "
                                                        "TLS, and `tls` is off")
    yield "another protocol", b"220 mail.example.com ESMTP ready\r\n", "protocol the server does not speak MongoDB's~"
    yield "a gigabyte announced", struct.pack("<iiii", 1 << 30, 7, 1, OP_MSG), (
        "too_large the server announces an answer of 1073741824 bytes; healthd reads at most 1048576")
    yield "a length below that of a header", struct.pack("<iiii", 3, 7, 1, OP_MSG), "protocol the server does not~"
    yield "a negative length", struct.pack("<iiii", -1, 7, 1, OP_MSG), "too_large the server announces~"
    yield "an answer to another question", message(9, HELLO), "protocol the server answered another question~"
    yield "an answer in the old form", message(1, HELLO, operation=OP_REPLY), (
        "version the server answered in a form older than OP_MSG~")
    yield "a compressed answer", message(1, HELLO, operation=OP_COMPRESSED), "protocol the server compressed~"
    yield "more to come", message(1, HELLO, flags=2), "protocol the server announces more messages~"
    yield "a flag that is not known", message(1, HELLO, flags=4), "protocol the server sent a message with flags~"
    yield "a wrong checksum", with_checksum(1, HELLO, wrong=1), "protocol the server sent a message whose checksum~"
    yield "two bodies", message(1, None, body=b"\0" + hello + b"\0" + hello), "protocol the server sent a message with~"
    yield "a section of an unknown kind", message(1, None, body=b"\x07" + hello), "protocol the server sent a section~"
    yield "no body", message(1, None, body=b"\1" + struct.pack("<I", 8) + b"abc\0"), (
        "protocol the server sent a message without a body")
    yield "a document longer than its message", message(1, None, body=b"\0" + struct.pack("<i", 999) + b"\0" * 8), (
        "protocol the server sent a section of 999 bytes~")
    yield "a document of negative length", message(1, None, body=b"\0" + struct.pack("<i", -5) + b"\0" * 8), (
        "protocol the server sent a section of~")
    yield "a text that goes beyond its document", message(
        1, None, body=b"\0" + struct.pack("<i", 20) + b"\x02a\0" + struct.pack("<i", 500) + b"x" * 8 + b"\0"), (
        "protocol the server sent a document that is malformed~")
    yield "a type that there is not", message(1, None, body=b"\0" + struct.pack("<i", 9) + b"\x63a\0x\0"), (
        "protocol the server sent a document that is malformed~")
    yield "documents in documents in documents", message(1, nested(40)), (
        "protocol the server sent a document that is nested deeper than 24 levels")


def stories():
    yield begin("a server alone").ask("ping").answer(OK).up("mongodb_up 1").line('= role == "standalone" && set == ""')
    yield Story("a checksum that is right").ask("hello").raw(with_checksum(1, HELLO)).ask("ping").answer(OK).up()
    yield (Story("before 4.4.2").ask("hello")
           .answer({"ok": 0.0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command: 'hello'"})
           .ask("isMaster").answer({"ismaster": True, "maxWireVersion": 8, "minWireVersion": 0, "ok": 1.0})
           .ask("ping").answer(OK).up())
    for title, data, answer in first_answers():
        yield Story(title).ask("hello").raw(data).line(f"! down {answer}")
    yield Story("hangs up at hello").ask("hello").line("* eof").line(
        "! down closed the server closed the connection at the first word: it wants TLS (tls=true), takes no more "
        "connections, or is older than MongoDB 3.6")
    yield Story("is silent").ask("hello").line("* expire").line("! down timeout~")
    yield begin("too old", hello={**HELLO, "maxWireVersion": 5}).line(
        "! down version the server speaks wire version 5 at most, and healthd needs 6 (MongoDB 3.6)")
    yield begin("too new", hello={**HELLO, "minWireVersion": 99, "maxWireVersion": 99}).line(
        "! down version the server speaks wire version 99 at least~")
    yield begin("a secondary", hello={**SET, "primary": "a:1"}).ask("ping").answer(OK).up().line(
        '= role == "secondary" && set == "rs0" && primary == "a:1"')
    yield begin("a set without a primary", hello=SET).ask("ping").answer(OK).line(
        "! degraded unhealthy it answers and is a secondary of rs0, but the set has no primary: nothing can be written")
    yield begin("recovering", hello={**SET, "secondary": False, "primary": "a:1"}).line(
        "! down starting script is neither primary nor secondary (starting, recovering, or removed)")
    wanted = 'mongodb: {uri: "mongodb://a/?replicaSet=%s", collect: [none]}'
    yield begin("another set", wanted % "rs1", {**SET, "primary": "a:1"}).line(
        "! down expect script is a member of the set rs0, and replicaSet=rs1 asks for another")
    yield begin("no set", wanted % "rs1").line("! down expect script is a member of no set~")
    yield begin("a secondary where the primary is wanted", wanted % "rs0", SET).line(
        "! down unhealthy script is a secondary of rs0, and knows of no primary")
    yield begin("a secondary that will do", wanted % "rs0&readPreference=secondaryPreferred", {
        **SET, "primary": "b:1"}).ask("ping").answer(OK).up()
    yield (begin("a user that is not known", USER, {**HELLO, "saslSupportedMechs": ["SCRAM-SHA-256"]})
           .ask("saslStart").answer({"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed",
                                     "errmsg": "Authentication failed."})
           .line('! down auth the login of "app" in database shop was refused: AuthenticationFailed (18) '
                 '"Authentication failed."; wrong password, or another authSource?'))
    yield (begin("a mechanism that it does not have", USER).ask("SCRAM-SHA-1")
           .answer({"ok": 0.0, "code": 334, "codeName": "MechanismUnavailable", "errmsg": "no"})
           .line("! down auth the server does not offer the mechanism~"))
    yield (begin("a challenge for somebody else", USER).ask("saslStart")
           .answer({"conversationId": 1, "done": False, "payload": Binary(b"r=abc,s=AAAA,i=4096"), "ok": 1.0})
           .line("! down auth the server answered another client's nonce"))
    server = 'mongodb: {uri: "mongo", collect: [server]}'
    status = {"connections": {"current": 4, "available": 6}, "opcounters": {"insert": Int64(1 << 40)},
              "wiredTiger": {"cache": {"bytes currently in the cache": 30, "maximum bytes configured": 40}},
              "uptime": 3600.0, "ok": 1.0}
    yield (begin("serverStatus", server).ask("ping").answer(OK).ask("serverStatus").answer(status)
           .ask("buildInfo").answer({"version": "7.0.14", "ok": 1.0})
           .up("mongodb_connections 4", "mongodb_ss_connections 6", "mongodb_op_counters_total 1.09951e+12",
               "mongodb_scrape_collector_success 1", "mongodb_version_info 1")
           .line('= connections_used == 40% && cache_used == 75% && uptime == 1h && version == "7.0.14"'))
    yield (begin("not allowed to see serverStatus", server).ask("ping").answer(OK).ask("serverStatus").answer(DENIED)
           .ask("buildInfo").answer({"version": "7.0.14", "ok": 1.0})
           .up("mongodb_up 1", "mongodb_scrape_collector_success 0"))
    yield (begin("a serverStatus without end", server).ask("ping").answer(OK).ask("serverStatus")
           .answer({"a": nested(30), "ok": 1.0}).ask("buildInfo").answer({"version": "7.0.14", "ok": 1.0})
           .up("mongodb_scrape_collector_success 0"))
    yield (begin("the oplog", 'mongodb: {uri: "mongo", collect: [oplog]}', {**SET, "primary": "a:1"})
           .ask("ping").answer(OK)
           .ask("$natural").answer({"cursor": {"firstBatch": [{"ts": Timestamp(7200, 1)}], "id": 0}, "ok": 1.0})
           .ask("$natural").answer({"cursor": {"firstBatch": [{"ts": Timestamp(3600, 1)}], "id": 0}, "ok": 1.0})
           .ask("collStats").answer({"count": 5, "size": 6, "ok": 1.0})
           .up("mongodb_mongod_replset_oplog_head_timestamp 7200").line("= oplog_window == 1h"))
    count = ('mongodb: {uri: "mongodb://mongo/shop", collect: [none], metrics: [{name: open, collection: orders, '
             'count: {status: open}}]}')
    yield (begin("a count", count).ask("ping").answer(OK).ask("orders").answer({"n": 12, "ok": 1.0}).up("open 12")
           .line("= rows.open[0].n == 12"))
    yield (begin("a count that is not allowed", count).ask("ping").answer(OK).ask("count").answer(DENIED)
           .up("mongodb_scrape_collector_success 0"))
    found = ('mongodb: {uri: mongo, collect: [none], metrics: [{name: jobs, database: q, collection: jobs, labels: [_id], '
             'aggregate: [{$group: {_id: $state, n: {$sum: 1}}}]}]}')
    yield (begin("an aggregate", found).ask("ping").answer(OK).ask("$group")
           .answer({"cursor": {"firstBatch": [{"_id": "waiting", "n": 3}, {"_id": "done", "n": 4}], "id": 0}, "ok": 1.0})
           .up("jobs 3", "jobs 4"))


def main():
    text = ["# mongodb: written by tests/dialogue/mongodb.py, which tells the stories."]
    for story in stories():
        text += story.lines
    Path(__file__).with_name("mongodb.txt").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
