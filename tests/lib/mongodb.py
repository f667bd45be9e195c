# SPDX-License-Identifier: Apache-2.0
"""A MongoDB server on the wire: Debian's mockupdb reads and writes the messages (with pymongo's bson), this file says what
a server would: users with SCRAM, roles, documents of lib.mongodb_documents.

    mongo = Mongo(users={"healthd": User("secret", roles=["clusterMonitor@admin"])})
    mongo.uri("healthd:secret@")
    mongo.answers["serverStatus"] = {"ok": 0, "code": 13, …}      or a function of the command
"""
import base64
import contextlib
import errno
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import threading
from pathlib import Path
from types import SimpleNamespace

import mockupdb
from bson import Binary, Timestamp

from lib import mongodb_documents as documents

SALT = b"a salt of twenty-eight bytes"  # libmongoc wants exactly so many
ITERATIONS = {"SCRAM-SHA-1": 10000, "SCRAM-SHA-256": 15000}
OPEN = {"hello", "isMaster", "ismaster", "ping", "saslStart", "saslContinue", "authenticate", "buildInfo"}
MONITOR = {"serverStatus", "replSetGetStatus", "listDatabases", "dbStats", "collStats", "top"}


class User:
    def __init__(self, password, roles=("clusterMonitor@admin", "read@local"), database="admin",
                 mechanisms=("SCRAM-SHA-1", "SCRAM-SHA-256")):
        self.password = password
        self.roles = set(roles)
        self.database = database
        self.mechanisms = mechanisms

    def may(self, command, database):
        if command in MONITOR and "clusterMonitor@admin" in self.roles:
            return True
        return command in ("find", "count", "aggregate", "dbStats", "collStats") and f"read@{database}" in self.roles


def users_of_script(path):
    """The users that a mongosh script of examples/privileges makes, by name."""
    text = Path(path).read_text()
    users = {}
    for name, body in re.findall(r'user:\s*"(\w+)".*?roles:\s*\[(.*?)\]', text, re.S):
        roles = [f"{role}@{db}" for role, db in re.findall(r'role:\s*"(\w+)",\s*db:\s*"(\w+)"', body)]
        users[name] = User("secret", roles)
    return users


def failure(code, name, message):
    return {"ok": 0.0, "errmsg": message, "code": code, "codeName": name}


def receive_or_reset(receive):
    """A client that speaks no TLS is hung up on, as mongod does."""

    def wrapper(sock, length):
        try:
            return receive(sock, length)
        except ssl.SSLError as error:
            raise OSError(errno.ECONNRESET, str(error)) from error

    return wrapper


mockupdb.mock_server_receive = receive_or_reset(mockupdb.mock_server_receive)


class Mongo:
    """users: {} needs no login. role, version, set_name, primary, hosts: what hello says. cert: a Cert, for TLS."""

    def __init__(self, users=None, version="7.0", role="standalone", set_name="rs0", primary=None, hosts=None,
                 cert=None, iterations=None, legacy=False, databases=("admin", "local", "shop"), socket_path=None):
        self.users = users or {}
        self.version, self.role, self.set_name = version, role, set_name
        self.primary, self.hosts = primary, hosts
        self.iterations = iterations or ITERATIONS
        self.legacy = legacy
        self.databases = databases
        self.answers = {}
        self.seen = []  # (command, document) in the order they came
        self.logins = []
        self._talks, self._logged_in = {}, {}
        self._db = mockupdb.MockupDB(request_timeout=10 ** 6, ssl=cert is not None,
                                     **({"uds_path": str(socket_path)} if socket_path else {}))
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert.cert, cert.key)
            mockupdb._ssl = SimpleNamespace(
                wrap_socket=lambda sock, certfile, server_side: context.wrap_socket(
                    sock, server_side=True, do_handshake_on_connect=False))  # a failed one ends its own thread only
        self._db.autoresponds(self._respond)
        self._db.run()
        self.port = self._db.port if not socket_path else 0
        self.host = "127.0.0.1"

    def uri(self, credentials="", path="", options=""):
        return f"mongodb://{credentials}127.0.0.1:{self.port}/{path}" + (f"?{options}" if options else "")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        """As MockupDB.stop, without waiting for the second that its accepting thread sleeps."""
        db = self._db
        if db._stopped:
            return
        db._stopped = True
        family, place = (socket.AF_UNIX, db.host) if not self.port else (socket.AF_INET, ("127.0.0.1", self.port))
        with socket.socket(family) as waker, contextlib.suppress(OSError):
            waker.connect(place)
        db._accept_thread.join(10)
        db._listening_sock.close()
        for sock in list(db._server_socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(db._server_threads):
            thread.join(10)

    def asked(self, command):
        return [doc for name, doc in self.seen if name == command]

    # ---- one request ----

    def _respond(self, request):
        command = request.command_name
        doc = dict(request.doc)
        self.seen.append((command, doc))
        answer = self.answers.get(command)
        if callable(answer):
            answer = answer(doc)
        if answer == "hang up":
            request.hangup()
            return True
        if answer == "silence":
            return True
        request.replies(answer if answer is not None else self._answer(command, doc, request.client_port))
        return True

    def _answer(self, command, doc, port):
        database = doc.get("$db")
        user = self._logged_in.get(port)
        if self.users and command not in OPEN and not (user and self.users[user].may(command, database)):
            return failure(13, "Unauthorized", f"not authorized on {database} to execute command {{ {command}: 1 }}"
                           if user else f"command {command} requires authentication")
        method = getattr(self, f"_on_{command}", None)
        return method(doc, port) if method else failure(59, "CommandNotFound", f"no such command: '{command}'")

    def _on_hello(self, doc, port):
        if self.legacy:
            return failure(59, "CommandNotFound", "no such command: 'hello'")
        return self._hello(doc)

    def _on_isMaster(self, doc, port):
        answer = self._hello(doc)
        answer["ismaster"] = answer.pop("isWritablePrimary")
        return answer

    def _hello(self, doc):
        answer = documents.hello(self.version, self.role, self.set_name, self.address, self.primary, self.hosts)
        database, _, name = doc.get("saslSupportedMechs", "").partition(".")
        user = self.users.get(name)
        if user and user.database == database:
            answer["saslSupportedMechs"] = list(user.mechanisms)
        return answer

    def _on_ping(self, doc, port):
        return {"ok": 1.0}

    def _on_buildInfo(self, doc, port):
        return documents.build_info(self.version)

    def _on_serverStatus(self, doc, port):
        return documents.server_status(self.version)

    def _on_replSetGetStatus(self, doc, port):
        if self.role in ("standalone", "mongos"):
            return failure(76, "NoReplicationEnabled", "not running with --replSet")
        return documents.repl_status(set_name=self.set_name)

    def _on_listDatabases(self, doc, port):
        return {"databases": [{"name": name} for name in self.databases], "ok": 1.0}

    def _on_dbStats(self, doc, port):
        return documents.db_stats(doc["$db"])

    def _on_collStats(self, doc, port):
        return documents.coll_stats()

    def _on_find(self, doc, port):
        if doc["find"] == "oplog.rs":
            newest = dict(doc["sort"])["$natural"] == -1
            return self._cursor("local.oplog.rs", [{"ts": Timestamp(1795752000 if newest else 1795665600, 1)}])
        return self._cursor(f"{doc['$db']}.{doc['find']}", [])

    def _on_count(self, doc, port):
        return {"n": 3, "ok": 1.0}

    def _on_aggregate(self, doc, port):
        return self._cursor(f"{doc['$db']}.{doc['aggregate']}", [])

    @staticmethod
    def _cursor(namespace, batch):
        return {"cursor": {"id": 0, "ns": namespace, "firstBatch": batch}, "ok": 1.0}

    # ---- SCRAM, the server's side (RFC 5802) ----

    def _on_saslStart(self, doc, port):
        mechanism = doc["mechanism"]
        if mechanism not in ITERATIONS:
            return failure(334, "MechanismUnavailable", f"Received authentication for mechanism {mechanism} "
                           "which is unknown or not enabled")
        first = bytes(doc["payload"]).decode()[3:]
        fields = dict(part.split("=", 1) for part in first.split(","))
        name = fields["n"].replace("=2C", ",").replace("=3D", "=")
        user = self.users.get(name)
        if not user or user.database != doc["$db"] or mechanism not in user.mechanisms:
            return failure(18, "AuthenticationFailed", "Authentication failed.")
        nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
        count = self.iterations[mechanism]
        challenge = f"r={nonce},s={base64.b64encode(SALT).decode()},i={count}"
        self._talks[port] = [name, mechanism, first, challenge, nonce]
        return {"conversationId": 1, "done": False, "payload": Binary(challenge.encode())}

    def _on_saslContinue(self, doc, port):
        payload = bytes(doc["payload"]).decode()
        if not payload:
            self._logged_in[port] = self._talks[port][0]
            return {"conversationId": 1, "done": True, "payload": Binary(b"")}
        name, mechanism, first, challenge, nonce = self._talks[port]
        digest = hashlib.sha1 if mechanism == "SCRAM-SHA-1" else hashlib.sha256
        password = self.users[name].password
        if mechanism == "SCRAM-SHA-1":
            password = hashlib.md5(f"{name}:mongo:{password}".encode()).hexdigest()
        salted = hashlib.pbkdf2_hmac(digest().name, password.encode(), SALT, min(self.iterations[mechanism], 20000))
        sign = lambda key, text: hmac.new(key, text.encode(), digest).digest()
        client = sign(salted, "Client Key")
        without_proof, _, proof = payload.rpartition(",p=")
        signature = sign(digest(client).digest(), f"{first},{challenge},{without_proof}")
        if bytes(a ^ b for a, b in zip(client, signature)) != base64.b64decode(proof) or f"r={nonce}" not in payload:
            return failure(18, "AuthenticationFailed", "Authentication failed.")
        self.logins.append((name, mechanism))
        self._logged_in[port] = name
        answer = sign(sign(salted, "Server Key"), f"{first},{challenge},{without_proof}")
        return {"conversationId": 1, "done": not self.legacy,
                "payload": Binary(b"v=" + base64.b64encode(answer))}


# ---- servers that mean harm ----

class Hostile:
    """Answers each message with what `make(number of the message)` gives."""

    def __init__(self, make):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(make,), daemon=True).start()

    def _serve(self, make):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                while len(head := client.recv(16, socket.MSG_WAITALL)) == 16:
                    length, number = struct.unpack("<ii", head[:8])
                    client.recv(length - 16, socket.MSG_WAITALL)
                    client.sendall(make(number))

    def close(self):
        self.listener.close()


def op_msg(number, body):
    return struct.pack("<iiiiI", 21 + len(body), 1, number, 2013, 0) + b"\0" + body


def document(elements):
    return struct.pack("<i", len(elements) + 5) + elements + b"\0"


def deep(levels):
    heads = [struct.pack("<i", 5 + 8 * left) + b"\x03a\0" for left in range(levels, 0, -1)]
    return b"".join(heads) + document(b"") + b"\0" * levels


HARM = {  # what is answered to a message of this number, and what the probe says of it
    "a gigabyte": (lambda n: struct.pack("<iiii", 1 << 30, 1, n, 2013) + b"x" * 4096, "too_large"),
    "just above a mebibyte": (lambda n: op_msg(n, document(b"x" * (1 << 20))), "too_large"),
    "100,000 levels": (lambda n: op_msg(n, deep(100_000)), "protocol"),
    "100,000 fields": (lambda n: op_msg(n, document(b"\x10a\0\1\0\0\0" * 100_000)), "protocol"),
    "a text of two gigabytes": (lambda n: op_msg(n, document(b"\x02a\0\xff\xff\xff\x7fabc\0")), "protocol"),
    "no ok": (lambda n: op_msg(n, document(b"")), "protocol"),
}
