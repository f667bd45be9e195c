# SPDX-License-Identifier: Apache-2.0
"""The machine shown once a second: CPU a scrape of healthd's host probe and of Debian's node_exporter, each alone on a core.

healthd collects on its own and its page is fetched as often, so a figure holds one collection and one page of it.
"""
import time

from lib.http import request
from lib.wait import free_port
from measure import Program, healthd, ratio

SCRAPES, WARM_UP = 15, 3
WANTED = 4.0
CONFIG = """
probes:
  - {name: host, host: {}, interval: 1s, timeout: 900ms}
"""


def process_cpu_seconds(pid):
    """Of all its threads, also those that have ended, in nanoseconds: clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def scrape_every_second(program, path, count):
    for _ in range(count):
        at = time.monotonic()
        assert request(program.url(path), headers={"Accept-Encoding": "gzip"}).status == 200
        time.sleep(max(0, 1 - (time.monotonic() - at)))


def cpu_a_scrape(program, path):
    scrape_every_second(program, path, WARM_UP)
    before = process_cpu_seconds(program.pid)
    scrape_every_second(program, path, SCRAPES)
    return (process_cpu_seconds(program.pid) - before) / SCRAPES * 1e3


def run(folder, rounds):
    figures = {"healthd": [], "node_exporter": []}
    for number in range(min(rounds, 3)):
        ours = healthd(folder / f"healthd-{number}", CONFIG)
        figures["healthd"].append(cpu_a_scrape(ours, "/metrics/host"))
        ours.stop()
        port = free_port()
        theirs = Program(folder, f"node-{number}", ["/usr/bin/prometheus-node-exporter", "--no-collector.systemd",
                                                    f"--web.listen-address=127.0.0.1:{port}"], port, ready="/")
        figures["node_exporter"].append(cpu_a_scrape(theirs, "/metrics"))
        theirs.stop()
    return ratio("host, CPU ms a scrape at one a second", figures["healthd"], figures["node_exporter"], WANTED)
