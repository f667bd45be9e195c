# SPDX-License-Identifier: Apache-2.0
"""From the death of a target until somebody is told: nginx is killed, a webhook waits. healthd by polling and with
`watch: true`, beside Debian's Prometheus and Alertmanager at their fastest settings, all asked every second."""
import contextlib
import http.server
import json
import os
import random
import statistics
import threading
import time

from lib.http import request
from lib.process import Process
from lib.servers import Nginx, Prometheus
from lib.wait import free_port, wait_until
from measure import HEALTHD, Program, judge

KILLS = 20
POLLING_MEDIAN, POLLING_WORST, WATCHING_MEDIAN = 0.55, 1.1, 0.020


class Ear(http.server.ThreadingHTTPServer):
    """A webhook that notes when each notice has come, and what it says."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Listener)
        self.heard = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def when(self, status, since):
        return next((at for at, said in list(self.heard) if at >= since and said == status), None)


class Listener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        at = time.monotonic()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        for status in {alert["status"] for alert in json.loads(body)["alerts"]}:
            self.server.heard.append((at, status))

    def log_message(self, *_):
        pass


def healthd_config(folder, port, target, ear, watch):
    return json.dumps({
        "probes": [{"name": "nginx", "http" if not watch else "tcp": target, "interval": "1s", "fall": 1,
                    "rise": 1, "timeout": "900ms", "watch": watch, "severity": "critical"}],
        "rules": [{"alert": "Down", "expr": "probe_state == 3", "labels": {"severity": "critical"}}],
        "packs": {"probes": False},
        "receivers": {"ear": {"webhook": {"url": ear.url}}},
        "route": {"receiver": "ear", "group_by": ["alertname", "probe"], "group_wait": "0s",
                  "group_interval": "1s", "repeat_interval": "1h"},
        "web": {"listen": [f"127.0.0.1:{port}"]}, "state": {"path": f"{folder}/state"}})


@contextlib.contextmanager
def healthd(folder, nginx, ear, watch):
    folder.mkdir()
    port = free_port()
    target = nginx.address if watch else nginx.url("/metrics")
    (folder / "healthd.json").write_text(healthd_config(folder, port, target, ear, watch))
    program = Program(folder, "healthd", [HEALTHD, "--config", folder / "healthd.json"], port, core=None)
    try:
        yield lambda: program.metric("probe_state") == 1
    finally:
        program.stop()


@contextlib.contextmanager
def prometheus(folder, nginx, ear):
    folder.mkdir()
    port = free_port()
    (folder / "am.yml").write_text(json.dumps({
        "route": {"receiver": "ear", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
        "receivers": [{"name": "ear", "webhook_configs": [{"url": ear.url}]}]}))
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [
        {"alert": "Down", "expr": "up{job=\"nginx\"} == 0"}]}]}))
    manager = Process(["/usr/bin/prometheus-alertmanager", f"--config.file={folder}/am.yml",
                       f"--storage.path={folder}/am", f"--web.listen-address=127.0.0.1:{port}",
                       "--cluster.listen-address="], folder, "alertmanager")
    manager.wait_ready(lambda: request(f"http://127.0.0.1:{port}/-/ready").status == 200)
    server = Prometheus(folder / "p", {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "900ms"},
        "rule_files": [f"{folder}/rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]},
        "scrape_configs": [{"job_name": "nginx", "static_configs": [{"targets": [nginx.address]}]}]})
    try:
        yield lambda: [value for _, value in server.query('up{job="nginx"}')] == [1]
    finally:
        server.stop()
        manager.stop()


def kill_and_wait(nginx, ear, is_up, pause):
    """Seconds from the kill until the notice; then all is well again."""
    wait_until(is_up, 30, "the target to be seen up")
    time.sleep(pause)
    since = time.monotonic()
    nginx.kill()
    told = wait_until(lambda: ear.when("firing", since), 30, "the page")
    nginx.start()
    wait_until(lambda: ear.when("resolved", since), 60, "the end of it")
    return told - since


def measured_fsync(folder):
    """Median seconds of one small write and fsync where healthd keeps its state."""
    took = []
    fd = os.open(folder / "sync", os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(50):
        os.pwrite(fd, os.urandom(4096), 0)
        began = time.monotonic()
        os.fsync(fd)
        took.append(time.monotonic() - began)
    os.close(fd)
    return statistics.median(took)


def measure(name, contestant, nginx, ear, kills):
    dice = random.Random(1)  # whole intervals, so that no phase of them is preferred
    with contestant as is_up:
        took = [kill_and_wait(nginx, ear, is_up, dice.uniform(1, 3)) for _ in range(kills)]
    print(f"  {name:28} median {statistics.median(took) * 1000:7.1f} ms   worst {max(took) * 1000:7.1f} ms",
          flush=True)
    return statistics.median(took), max(took)


def run(folder, rounds):
    kills = KILLS if rounds >= 5 else 4 * rounds
    page = folder / "page"
    page.mkdir()
    (page / "metrics").write_text("a 1\n")
    nginx = Nginx(folder / "nginx", f"root {page};")
    ear = Ear()
    sync = measured_fsync(folder)
    print(f"  one fsync takes {sync * 1000:.2f} ms here")
    polling = measure("healthd, polling", healthd(folder / "polling", nginx, ear, False), nginx, ear, kills)
    watching = measure("healthd, watch: true", healthd(folder / "watching", nginx, ear, True), nginx, ear, kills)
    peer = measure("Prometheus and Alertmanager", prometheus(folder / "peer", nginx, ear), nginx, ear, kills)
    nginx.stop()
    ear.shutdown()
    print(f"  polling: {peer[0] / polling[0]:.1f} times as fast in the median, {peer[1] / polling[1]:.1f} at the worst; "
          f"watching: {peer[0] / watching[0]:.0f} and {peer[1] / watching[1]:.0f}")
    return (judge("page by polling, median", polling[0], POLLING_MEDIAN, " s")
            + judge("page by polling, worst", polling[1], POLLING_WORST, " s")
            + judge("page by watching, median", watching[0], WATCHING_MEDIAN + sync, " s"))
