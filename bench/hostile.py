# SPDX-License-Identifier: Apache-2.0
"""How long the loop is held while everybody that is asked means harm: databases with endless, nested and lying answers, HTTP
servers with bombs, a mount that hangs; and how much memory they make it take. And how long it is held by the first page of 5,000 series, the most that `scrape` takes unasked."""
import contextlib
import http.server
import json
import os
import re
import threading
import time
from pathlib import Path

from lib import hung, mongodb, postgres, redis
from lib.badpeer import BadPeer
from measure import healthd, judge

POSTGRES = ("many_rounds", "many_rounds_in_pieces", "wrong_signature", "huge_auth", "endless_parameters", "huge_notice", "huge_row", "endless_rows",
            "never_answers", "nonsense")
HTTP = ("endless_garbage", "endless_body", "huge_header", "endless_headers", "endless_chunks", "gzip_bomb", "drip_body")
PAGE = "".join(f'shop_orders_total{{branch="b{n % 97}",till="{n}"}} {n * 7}\n' for n in range(5000))


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(("# TYPE shop_orders_total counter\n" + PAGE).encode())

    def log_message(self, *_):
        pass


def peers(stack):
    """A probe of each: {name: what it asks}."""
    probes = {}
    for name in POSTGRES:
        server = postgres.Hostile(name)
        stack.callback(server.stop)
        probes[f"postgres {name}"] = {"postgres": {"url": server.url()}}
    for name, (make, _) in mongodb.HARM.items():
        server = mongodb.Hostile(make)
        stack.callback(server.close)
        probes[f"mongodb {name}"] = {"mongodb": f"mongodb://127.0.0.1:{server.port}/"}
    for name, (head, again, _) in redis.HARM.items():
        server = redis.Hostile(head, again)
        stack.callback(server.close)
        probes[f"redis {name}"] = {"redis": f"127.0.0.1:{server.port}"}
    for name in HTTP:
        peer = stack.enter_context(contextlib.closing(BadPeer(name)))
        probes[f"http {name}"] = {"http": peer.url()}
    probes["host"] = {"host": {"mount_timeout": "300ms"}}
    return probes


def pages(stack):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return {"scrape": {"scrape": f"http://127.0.0.1:{server.server_port}/metrics"}}


def most_memory(pid):
    """The most that was ever resident, in MB."""
    return int(re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)[1]) / 1000


def longest_callback(folder, asked, seconds):
    """Milliseconds; and the most memory in MB."""
    probes = [{"name": re.sub("[^a-z0-9]+", "-", name), "interval": "2s", "timeout": "1s", **conf} for name, conf in asked.items()]
    ours = healthd(folder, f"probes: {json.dumps(probes)}\n")
    # The loop's thread alone: neither what else runs here nor healthd's own threads beside it are what is measured.
    os.sched_setscheduler(ours.pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    time.sleep(seconds)
    longest = ours.metric("healthd_loop_callback_seconds") * 1000
    slow, runs = ours.metric("healthd_loop_slow_callbacks_total"), ours.metric("healthd_runs_total")
    memory = most_memory(ours.pid)
    ours.stop()
    print(f"  {len(probes)} probes, {runs:.0f} runs, callbacks over 5 ms: {slow:.0f}")
    for line in sorted({line for line in ours.process.err.read_text().splitlines() if "slow callback" in line})[:12]:
        print("   ", line)
    return longest, memory


def run(folder, rounds):
    with contextlib.ExitStack() as stack:
        if hung.is_possible():
            stack.enter_context(hung.mount(folder / "hung"))
        longest, memory = longest_callback(folder / "healthd", peers(stack), 30)
        missed = judge("longest callback among hostile servers", longest, 5, " ms")
        missed += judge("most memory among hostile servers", memory, 64, " MB")
        first, _ = longest_callback(folder / "pages", pages(stack), 8)
        return missed + judge("longest callback with a first page of 5,000 series", first, 5, " ms")
