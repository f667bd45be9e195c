# SPDX-License-Identifier: Apache-2.0
"""The status page with 200 probes: until it is ready in a browser on this machine, what is sent, and what 100 viewers cost;
and how long it holds the loop with 1,000 probes, by healthd's own clock."""
import contextlib
import json
import re
import selectors
import socket
import subprocess
import threading
import time

from lib.browser import browsing, timing
from lib.http import request
from measure import healthd, judge, median, precise_cpu_seconds

PROBES, INTERVAL = 200, "10s"
VIEWERS = 100
SECONDS = 20
READY_MS, CORE_PERCENT = 300, 2.0
MANY = 1000
SLOW = re.compile(r'"event":"slow callback","callback":"(web|stream|overview)",.*"count":(\d+)')


def configuration(port, count=PROBES):
    kinds = ("web", "api", "data", "agents", "jobs")
    return f"defaults: {{interval: {INTERVAL}}}\nprobes:\n" + "".join(
        f"  - {{name: probe-{i}, tcp: '127.0.0.1:{port}', labels: {{component: {kinds[i % 5]}}}}}\n" for i in range(count))


def listen():
    """Something that takes every connection."""
    server = socket.create_server(("127.0.0.1", 0), backlog=512)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()

    threading.Thread(target=accept, daemon=True).start()
    return server, server.getsockname()[1]


def opened(url, rounds):
    """Milliseconds until the page shows everything: the first time, and the times after."""
    with browsing() as browser:
        browser.look_like()
        found = []
        for _ in range(rounds + 1):
            browser.open(url)
            found.append(timing(browser))
    return found[0], found[1:]


def view(port):
    viewer = socket.create_connection(("127.0.0.1", port))
    viewer.sendall(b"GET /api/stream HTTP/1.1\r\nHost: x\r\n\r\n")
    return viewer


def read_for(readable, seconds):
    """Takes in what comes; how many texts with runs there were."""
    events, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in readable.select(0.2):
            events += key.fileobj.recv(1 << 20).count(b"event: probes")
    return events


def cost(program, count):
    """(percent of a core, events a second for each) with so many viewers."""
    viewers = [view(program.port) for _ in range(count)]
    readable = selectors.DefaultSelector()
    for viewer in viewers:
        readable.register(viewer, selectors.EVENT_READ)
    read_for(readable, 2)  # what comes first is no rule
    before = precise_cpu_seconds(program.pid)
    events = read_for(readable, SECONDS)
    used = (precise_cpu_seconds(program.pid) - before) / SECONDS * 100
    for viewer in viewers:
        viewer.close()
    return used, events / max(count, 1) / SECONDS


def held(folder, port):
    """Callbacks of the page's over 5 ms, with many probes that all fail, viewers, and one who asks for all once a second."""
    config = configuration(1, MANY).replace("tcp:", "severity: critical, tcp:") + \
        f"receivers: {{a: {{webhook: {{url: 'http://127.0.0.1:{port}/'}}}}}}\nnotify: {{critical: [a], warning: [a]}}\n"
    program = healthd(folder, config, core=None, more="max_connections_per_ip: 400")
    subprocess.run(["/usr/bin/chrt", "-f", "-a", "-p", "30", str(program.pid)], check=False)  # what else runs here is no fault
    readable = selectors.DefaultSelector()
    for _ in range(VIEWERS):
        readable.register(view(program.port), selectors.EVENT_READ)
    took = []
    for _ in range(SECONDS * 2):
        start = time.monotonic()
        request(program.url("/api/overview"), headers={"Accept-Encoding": "gzip"})
        took.append((time.monotonic() - start) * 1000)
        read_for(readable, 1)
    program.stop()
    print(f"  overview of {MANY} probes, {len(took)} times: {median(took):.0f} ms, at most {max(took):.0f} ms")
    return sum(int(count) for _, count in SLOW.findall(program.process.err.read_text()))


def run(folder, rounds):
    server, port = listen()
    program = healthd(folder, configuration(port), core=None, more="max_connections_per_ip: 400")
    with server:
        url = program.url("/")
        first, later = opened(url, rounds)
        overview = request(program.url("/api/overview"), headers={"Accept-Encoding": "gzip"})
        print(f"  first time {first:.0f} ms, then {', '.join(f'{ms:.0f}' for ms in later)} ms; overview {len(overview.body) / 1000:.1f} kB "
              f"compressed, {len(json.dumps(overview.json())) / 1000:.0f} kB whole")
        missed = judge("page ready with 200 probes, median", median(later), READY_MS, " ms")
        nobody, _ = cost(program, 0)
        alone, _ = cost(program, 1)
        many, rate = cost(program, VIEWERS)
        program.stop()
        slow = held(folder / "many", port)
    print(f"  {nobody:.2f} % of a core without a viewer, {alone:.2f} % with one, {many:.2f} % with {VIEWERS}; {rate:.2f} events a second each")
    missed += judge(f"what {VIEWERS} viewers cost", many - nobody, CORE_PERCENT, " % of a core")
    return missed + judge(f"callbacks of the page's over 5 ms, {MANY} probes down", slow, 0)
