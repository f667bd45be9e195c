# SPDX-License-Identifier: Apache-2.0
"""What `healthctl smoke` adds to the servers' own time: 20 steps against servers that hold each answer for a known while, its
memory, and how soon after exec the first packet leaves. Nothing of healthctl's own is believed: the servers' clocks count."""
import json
import re
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

from lib.certs import TestCerts
from lib.postgres import Postgres
from lib.redis import Redis
from lib.servers import Nginx
from measure import BUILD, judge, spread

HEALTHCTL = BUILD / "healthctl/healthctl"
HOLD_SECONDS = 0.010
SEQUENTIAL, GROUPS, GROUP = 12, 2, 4  # 20 steps; a chain of 14 answers
OVER_MS, RSS_MB, FIRST_PACKET_MS = 30, 18, 20
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"ok\": true}"


class Holder:
    """Answers each request HOLD_SECONDS after it came. `held`: how long it really was, by path; `first`: when somebody
    first connected; `most`: MB of memory that the process `pid` had at its highest when it last asked. (What wait4 tells
    would be Python's own memory, from which it was forked.)"""

    def __init__(self):
        self.begin()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def begin(self):
        self.held, self.first, self.most, self.pid = {}, None, 0, None

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.first is None:
                self.first = time.monotonic()
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        with client:
            while head := client.recv(8192):
                came = time.monotonic()
                if self.pid:
                    status = Path(f"/proc/{self.pid}/status").read_text()
                    self.most = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
                time.sleep(max(HOLD_SECONDS - (time.monotonic() - came), 0))
                self.held[head.split(b" ", 2)[1].decode()] = time.monotonic() - came
                client.sendall(ANSWER)

    def chain(self):
        """Seconds of the slowest way through the flow: every step of its own, and the slowest of each group."""
        assert len(self.held) == SEQUENTIAL + GROUPS * GROUP, self.held
        alone = sum(self.held[f"/s{n}"] for n in range(SEQUENTIAL))
        return alone + sum(max(self.held[f"/g{g}-{n}"] for n in range(GROUP)) for g in range(GROUPS))

    def stop(self):
        self.listener.close()


def step(url, name):
    return {"name": name, "http": f"{url}/{name}", "expect": ["json.ok"], "capture": {name.replace("-", "_"): "json.ok"}}


def flow(url):
    groups = [{"name": f"group{g}", "parallel": [step(url, f"g{g}-{n}") for n in range(GROUP)]} for g in range(GROUPS)]
    return {"steps": [*groups, *(step(url, f"s{n}") for n in range(SEQUENTIAL))]}


def write(path, document):
    path.write_text(json.dumps(document))
    return path


def smoke(path, holder):
    """One run against the holder: when it began (just before exec), and seconds."""
    holder.begin()
    began = time.monotonic()
    process = subprocess.Popen([HEALTHCTL, "smoke", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    holder.pid = process.pid
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return began, time.monotonic() - began


def mixed(folder, holder):
    """A step of each kind that brings a library of its own: TLS with the system's trust beside it, libpq, hiredis."""
    certs = TestCerts(folder / "certs")
    parts = [Nginx(folder / "nginx", cert=certs.server), Postgres(folder / "postgres"), Redis(folder / "redis")]
    web, database, cache = parts
    return parts, {"steps": [{"http": {"url": web.url(), "tls_config": {"ca_file": certs.path}}},
                             {"postgres": database.url(query="sslmode=disable")}, {"redis": cache.url()},
                             {"queue": cache.url()}, {"tcp": cache.address}, step(holder.url, "last")]}


def run(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    holder = Holder()
    path = write(folder / "twenty.yml", flow(holder.url))
    over, first, memory = [], [], []
    for _ in range(4 * rounds):
        began, seconds = smoke(path, holder)
        over.append((seconds - holder.chain()) * 1000)
        first.append((holder.first - began) * 1000)
        memory.append(holder.most)
    parts, document = mixed(folder, holder)
    path = write(folder / "mixed.yml", document)
    most = [smoke(path, holder) and holder.most for _ in range(rounds)]
    for part in [*parts, holder]:
        part.stop()
    print(f"  ms over {SEQUENTIAL + GROUPS} answers in a row: {spread(over)}; to the first packet: {spread(first)}")
    print(f"  MB: {spread(memory)}; with TLS, PostgreSQL and Redis: {spread(most)}")
    return (judge("20 steps, over the slowest chain of answers", statistics.median(over), OVER_MS, " ms") +
            judge("exec to the first packet", statistics.median(first), FIRST_PACKET_MS, " ms") +
            judge("RSS of 20 HTTP steps", statistics.median(memory), RSS_MB, " MB") +
            judge("RSS with TLS, PostgreSQL and Redis", statistics.median(most), RSS_MB, " MB"))
