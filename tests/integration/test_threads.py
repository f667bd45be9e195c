# SPDX-License-Identifier: Apache-2.0
"""Everything that leaves the loop, at once and for a few seconds: rules, queries, lists, pages, saving, reloads, notices.
Means most under ThreadSanitizer (`./dev test threads`); the daemon's end fails the test when a sanitizer spoke."""
import json
import threading
import time
import urllib.parse

from lib.http import request
from lib.wait import wait_until

SECONDS = 6

RULES = """
rules:
  - {record: "x:sum", expr: "sum by (probe) (probe_duration_seconds)"}
  - {alert: Slow, expr: "avg_over_time(probe_duration_seconds[1d]) > 100"}
  - {alert: Up, expr: "probe_success{probe='web0'} == 1", labels: {severity: critical}}
  - {alert: Sums, expr: "x:sum > 100 or rate(probe_success[5m]) > 5"}
"""
PATHS = ("/metrics", "/api/v1/labels", "/api/v1/label/probe/values", "/api/probes", "/api/v1/rules", "/api/v1/alerts",
         "/api/v1/series?" + urllib.parse.urlencode({"match[]": '{__name__=~".+"}'}),
         "/api/v1/query?" + urllib.parse.urlencode({"query": "sum by (probe) (rate(probe_success[1m]))"}),
         "/api/v1/query?" + urllib.parse.urlencode({"query": "count({__name__=~\".+\"})"}))


def config(nginx, stub, probes):
    asked = [{"name": f"web{i}", "http": nginx.url(), "interval": "200ms", "timeout": "190ms", "fall": 1, "rise": 1,
              "severity": "none"} for i in range(probes)]
    return (f"probes: {json.dumps(asked)}\nreceivers: {{hook: {{webhook: {{url: '{stub.url}/hook'}}}}}}\n"
            f"notify: {{critical: hook, warning: hook}}\n{RULES}")


def keep_asking(daemon, paths, until, failures):
    while time.monotonic() < until:
        for path in paths:
            answer = request(daemon.url(path), headers={"Accept-Encoding": "gzip"})
            if answer.status != 200:
                failures.append((path, answer.status))


def test_all_threads_at_once(healthd, nginx, notify_stub):
    server = nginx()
    daemon = healthd(config(server, notify_stub, 10))
    daemon.wait_health("web0", "up")
    until, failures = time.monotonic() + SECONDS, []
    clients = [threading.Thread(target=keep_asking, args=(daemon, PATHS[i::2], until, failures)) for i in range(2)]
    for client in clients:
        client.start()
    reloads = 0
    while any(client.is_alive() for client in clients):
        daemon.write(config(server, notify_stub, 10 + reloads % 2))
        assert daemon.post("/-/reload").status == 200
        reloads += 1
        clients[0].join(0.5)
    assert not failures
    wait_until(lambda: [one for one in notify_stub.log if one.vendor == "webhook"], 20, "a notice")
    daemon.stop()
