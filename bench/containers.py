# SPDX-License-Identifier: Apache-2.0
"""CPU of one collection of 50 containers: cgroups of version 2, a process and a network for each, and an engine that
names them. All of healthd counts, less what the same healthd takes without the probe."""
import http.server
import json
import os
import socketserver
import threading
import time

from lib.http import request
from measure import cpu_seconds, healthd, judge, spread

COUNT = 50
SECONDS = 20
WANTED_MS = 10.0

PRESSURE = "some avg10=0.00 avg60=0.12 avg300=0.05 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
FILES = {
    "cpu.stat": "usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\nnr_periods 40\nnr_throttled 5\n"
                "throttled_usec 250000\n",
    "cpu.max": "50000 100000\n", "cpu.weight": "100\n", "cpu.pressure": PRESSURE, "io.pressure": PRESSURE,
    "memory.pressure": PRESSURE, "memory.current": "41943040\n", "memory.peak": "50331648\n",
    "memory.max": "67108864\n", "memory.min": "0\n", "memory.swap.current": "0\n", "memory.swap.max": "max\n",
    "memory.events": "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\noom_group_kill 0\n",
    "io.stat": "254:0 rbytes=1048576 wbytes=4096 rios=16 wios=1 dbytes=0 dios=0\n",
    "pids.current": "11\n", "pids.max": "100\n",
}
# As many fields as a kernel of today writes.
MEMORY_STAT = "".join(f"{name} 12582912\n" for name in (
    "anon", "file", "kernel", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "sock", "vmalloc", "shmem",
    "zswap", "zswapped", "file_mapped", "file_dirty", "file_writeback", "swapcached", "anon_thp", "file_thp",
    "shmem_thp", "inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable", "slab_reclaimable",
    "slab_unreclaimable", "slab", "workingset_refault_anon", "workingset_refault_file", "workingset_activate_anon",
    "pgscan", "pgsteal", "pgfault", "pgmajfault", "pgrefill", "pgactivate", "pgdeactivate", "pglazyfree",
    "thp_fault_alloc", "thp_collapse_alloc"))
NET_DEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 5000 50 0 0 0 0 0 0 5000 50 0 0 0 0 0 0
  eth0: 123456 789 0 0 0 0 0 0 654321 987 0 0 0 0 0 0
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_tree(folder):
    """A machine with COUNT containers, 100 other services and 200 other processes; the containers' ids."""
    ids = [f"{number:064x}" for number in range(COUNT)]
    cgroups, proc = folder / "sys/fs/cgroup", folder / "proc"
    write(cgroups / "cgroup.controllers", "cpu io memory pids\n")
    for number in range(100):
        (cgroups / f"system.slice/service{number}.service").mkdir(parents=True)
    for number, ident in enumerate(ids):
        scope = f"system.slice/docker-{ident}.scope"
        for name, text in {**FILES, "memory.stat": MEMORY_STAT}.items():
            write(cgroups / scope / name, text)
        write(proc / f"{1000 + number}/cgroup", f"0::/{scope}\n")
        write(proc / f"{1000 + number}/stat", "1 (x) S " + "1 " * 30)
        write(proc / f"{1000 + number}/net/dev", NET_DEV)
    for number in range(200):
        write(proc / f"{10 + number}/cgroup", f"0::/system.slice/service{number % 100}.service\n")
    write(proc / "stat", "cpu  1 2 3\nbtime 1795750000\n")
    write(proc / "meminfo", "MemTotal: 2048000 kB\nMemFree: 512000 kB\nSwapTotal: 0 kB\n")
    return ids


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """What of the Docker Engine API is asked for; nothing ever happens in it."""

    daemon_threads = True

    def __init__(self, path, ids):
        listed = [{"Id": ident, "Names": [f"/shop-web-{number}"], "Image": "shop/web:7", "ImageID": "sha256:" + ident,
                   "Created": 1795751000, "State": "running", "Status": "Up 3 minutes (healthy)",
                   "HostConfig": {"NetworkMode": "shop_default"},
                   "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": f"web{number}",
                              **{f"org.opencontainers.image.label{n}": "a text of some length" for n in range(8)}}}
                  for number, ident in enumerate(ids)]
        self.answers = {"_ping": b"OK", "containers/json": json.dumps(listed).encode()}
        super().__init__(str(path), EngineHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class EngineHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.partition("?")[0].removeprefix("/v1.41").strip("/")
        body = self.server.answers.get(name)
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        if body is None:
            self.end_headers()
            self.wfile.flush()
            time.sleep(3600)
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *arguments):
        pass


def cost(pid):
    """CPU milliseconds a second. Threads that have ended count, too."""
    before = cpu_seconds(pid)
    time.sleep(SECONDS)
    return (cpu_seconds(pid) - before) / SECONDS * 1000


def run(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "engine.sock"
    engine = Engine(socket, make_tree(folder / "host"))
    os.chmod(socket, 0o666)
    heartbeat = '{name: beat, tcp: {address: "127.0.0.1:1"}, interval: 1h, severity: none}'
    probe = f'{{name: containers, containers: {{docker: "unix://{socket}", root: {folder}/host}}, interval: 1s, timeout: 1s}}'
    figures = []
    for number in range(rounds):
        used = []
        for name, probes in (("without", [heartbeat]), ("with", [heartbeat, probe])):
            daemon = healthd(folder / f"{name}{number}", f"probes: [{', '.join(probes)}]\n")
            time.sleep(3)
            if name == "with":
                page = request(daemon.url("/metrics")).text
                assert page.count("container_last_seen{") == COUNT, page[-1000:]
            used.append(cost(daemon.pid))
            daemon.stop()
        figures.append(used[1] - used[0])
    engine.shutdown()
    print(f"  CPU ms a collection of {COUNT} containers: {spread(figures)}")
    return judge(f"CPU a collection of {COUNT} containers", sorted(figures)[len(figures) // 2], WANTED_MS, " ms")
