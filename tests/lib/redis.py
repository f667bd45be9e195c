# SPDX-License-Identifier: Apache-2.0
"""Real Redis servers and sentinels, and Debian's redis_exporter, each in a scratch folder and not as root."""
import contextlib
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

from lib.http import request
from lib.process import Process
from lib.scratch import clear, scratch
from lib.servers import START_TRIES
from lib.wait import free_port, wait_until

PRIVILEGES = Path(__file__).resolve().parents[2] / "examples/privileges"
PASSWORD = "s3cret-of-the-tests"


def as_nobody(argv):
    """The command, as a user who owns nothing; who is not root stays who he is."""
    if os.geteuid():
        return argv
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL", *argv]


def example_acl(name="redis"):
    """The users of examples/privileges/<name>.acl, with the tests' password."""
    return (PRIVILEGES / f"{name}.acl").read_text().replace("CHANGE-ME", PASSWORD)


class Redis:
    """One server on a loopback port.

    options   lines of its configuration
    cert      a Cert: TLS only
    acl       text of its ACL file
    sentinel  True: a sentinel
    """

    def __init__(self, folder, *options, cert=None, acl=None, sentinel=False, ready=True):
        self.folder = scratch("redis", for_nobody=True)
        self.logs = Path(folder)
        self.cert, self.sentinel = cert, sentinel
        self.options = ["save \"\"", *options]
        self.socket = self.folder / "redis.sock"
        if acl:
            (self.folder / "users.acl").write_text(acl)
            self.options.append(f"aclfile {self.folder}/users.acl")
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            try:
                self.start(ready)
                return
            except AssertionError:
                if not left or "Address already in use" not in self.process.tail():
                    self.stop()
                    raise

    def start(self, ready=True):
        """Starts it, or starts it again on the same port."""
        config = self.folder / "redis.conf"
        lines = ["bind 127.0.0.1", f"dir {self.folder}", *self.options]
        if self.cert:
            for name, path in (("cert", self.cert.cert), ("key", self.cert.key)):
                shutil.copy(path, self.folder / f"{name}.pem")
            lines += ["port 0", f"tls-port {self.port}", f"tls-cert-file {self.folder}/cert.pem",
                      f"tls-key-file {self.folder}/key.pem", "tls-auth-clients no"]
        else:
            lines += [f"port {self.port}"]
        if not self.sentinel:
            lines += [f"unixsocket {self.socket}", "unixsocketperm 777"]
        config.write_text("\n".join(lines) + "\n")
        if not os.geteuid():
            for path in self.folder.iterdir():
                shutil.chown(path, "nobody", "nogroup")
        self.process = Process(as_nobody(["/usr/bin/redis-server", str(config),
                                          *(["--sentinel"] if self.sentinel else [])]),
                               self.logs, "redis")
        if ready:
            self.process.wait_ready(self.is_open)

    def is_open(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def ask(self, *words, password=None, user=None, database=None):
        """What redis-cli says of a command."""
        argv = ["/usr/bin/redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "--no-auth-warning"]
        if self.cert:
            argv += ["--tls", "--insecure"]
        if password:
            argv += ["-a", password, *(["--user", user] if user else [])]
        if database is not None:
            argv += ["-n", str(database)]
        return subprocess.run([*argv, *map(str, words)], capture_output=True, text=True, timeout=10).stdout.strip()

    def wait_info(self, *wanted, deadline=20.0):
        """Polls until INFO has all these lines."""
        wait_until(lambda: set(wanted) <= set(self.ask("INFO").split()), deadline, f"Redis to say {wanted}")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, user="", password="", database="", scheme=None, host="127.0.0.1"):
        login = f"{user}:{password}@" if password else ""
        scheme = scheme or ("rediss" if self.cert else "redis")
        return f"{scheme}://{login}{host}:{self.port}{database and '/' + str(database)}"

    def hang(self):
        self.process.hang()

    def resume(self):
        self.process.resume()

    def kill(self):
        self.process.kill()

    def stop(self):
        self.process.stop()
        clear(self.folder)


class RedisExporter:
    """Debian's redis_exporter, asking one server."""

    def __init__(self, folder, server, *arguments):
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            self.process = Process(
                ["/usr/bin/prometheus-redis-exporter", "-redis.addr", server.url(),
                 "-web.listen-address", f"127.0.0.1:{self.port}", *arguments], folder, "redis_exporter")
            try:
                self.process.wait_ready(lambda: request(self.url("/health")).status == 200)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def url(self, path="/metrics"):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path="/metrics"):
        return request(self.url(path))

    def stop(self):
        self.process.stop()


# ---- servers that mean harm ----

class Hostile:
    """Answers PING well, and INFO with something that never ends or cannot be."""

    def __init__(self, head, again):
        self.head, self.again = head, again
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.recv(4096)
                client.sendall(b"+PONG\r\n")
                client.recv(4096)
                client.sendall(b"+OK\r\n" + self.head)
                for _ in range(20000):
                    client.sendall(self.again)

    def close(self):
        self.listener.close()


HARM = {  # how its answer begins, how it goes on, and what the probe says of it
    "gigabyte": (b"$1073741824\r\n", b"x" * 4096, "a text of 1 GiB"),
    "elements": (b"*2147483647\r\n", b"$-1\r\n" * 800, "lists of more than"),
    "nested": (b"", b"*1\r\n" * 1000, "lists in lists"),
    "line": (b"+", b"x" * 4096, "a line of more than 64 KiB"),
    "sum": (b"*262144\r\n", b"$65534\r\n" + b"x" * 65534 + b"\r\n", "16 MiB of text"),
}
