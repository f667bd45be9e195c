# SPDX-License-Identifier: Apache-2.0
"""Memory of a healthd that watches ten targets, and the time from its start to the first scrape."""
import json
import subprocess
import time

from lib.certs import Authority
from lib.http import request
from lib.wait import free_port, wait_until
from measure import HEALTHD, Target, healthd, judge, median, memory_kb, pinned, spread

STARTS = 11


def config(target, ca):
    http = [{"name": f"http{i}", "interval": "1s", "http": f"http://127.0.0.1:{target.http}/?{i}"} for i in range(6)]
    https = [{"name": f"https{i}", "interval": "1s",
              "http": {"url": f"https://localhost:{target.https}/?{i}", "tls_config": {"ca_file": str(ca)}}}
             for i in range(3)]
    tcp = [{"name": "tcp", "interval": "1s", "tcp": f"127.0.0.1:{target.http}"}]
    return "probes: " + json.dumps(http + https + tcp) + "\n"


def run(folder, rounds):
    authority = Authority(folder / "ca")
    target = Target(folder / "nginx", authority.issue())
    program = healthd(folder / "healthd", config(target, authority.path), core=None)
    wait_until(lambda: program.metric("healthd_runs_total") >= 60, 60, "sixty runs")
    for _ in range(20):
        assert request(program.url("/metrics")).status == 200
    used = memory_kb(program.pid)
    program.stop()
    target.stop()
    return (judge("RSS with 10 probes", used["Rss"] / 1024, 14, " MB") +
            judge("PSS with 10 probes", used["Pss"] / 1024, 7, " MB") +
            judge("anonymous with 10 probes", used["Anonymous"] / 1024, 4, " MB"))


def one_start(folder):
    port = free_port()
    (folder / "start.yml").write_text(
        f"web: {{listen: ['127.0.0.1:{port}']}}\nstate: {{path: '{folder}/state'}}\n")
    start = time.monotonic()
    child = subprocess.Popen(pinned("1", [HEALTHD, "--config", folder / "start.yml"]),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            if request(f"http://127.0.0.1:{port}/metrics").status == 200:
                break
        except OSError:
            assert child.poll() is None and time.monotonic() < start + 10, "healthd does not start"
    took = (time.monotonic() - start) * 1000
    child.terminate()
    child.wait()
    return took


def run_startup(folder, rounds):
    figures = [one_start(folder) for _ in range(STARTS)]
    print(f"  start to first scrape: {spread(figures)} ms")
    return judge("start to the first scrape", median(figures), 30, " ms")
