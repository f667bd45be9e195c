# SPDX-License-Identifier: Apache-2.0
"""Events of workflow engines: who may send them, what they become, and that their names cannot fill the memory."""
import json

import pytest

from lib.http import request
from lib.servers import Prometheus
from lib.wait import wait_until

TOKEN = "evt-7b1d90ac55"
CONFIG = """
web:
  listen: ["127.0.0.1:0", "unix:{socket}"]
  events_token: "%s"
""" % TOKEN


@pytest.fixture
def hd(healthd, tmp_path):
    return started(healthd, tmp_path)


def started(healthd, tmp_path, more=""):
    hd = healthd("probes: []\n" + CONFIG.format(socket=tmp_path / "s.sock") + more)
    hd.socket = tmp_path / "s.sock"
    return hd


def send(hd, body, kind="application/json", token=TOKEN, **options):
    headers = {"Content-Type": kind}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return request(hd.url("/api/events"), "POST", headers=headers, body=text, **options)


def event(**more):
    return dict({"workflow_id": "checkout", "node_id": "pay", "task_id": "t1",
                 "status": "success", "duration_ms": 240}, **more)


def test_who_may_send(hd):
    assert send(hd, event()).status == 200
    assert send(hd, event(), token=None).status == 403
    assert send(hd, event(), token=TOKEN + "x").status == 403
    assert request(hd.url(f"/api/events?token={TOKEN}"), "POST", body=json.dumps(event())).status == 200
    assert hd.post("/api/events", body=json.dumps(event())).status == 200  # the socket
    reload = request(hd.url("/-/reload"), "POST", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reload.status == 403  # this token acts nowhere else
    assert request(hd.url("/api/events")).status == 405
    assert TOKEN not in hd.stderr()


def test_an_event_is_a_line_a_counter_and_an_observation(hd):
    for status, took in (("success", 240), ("success", 260), ("failed", 7000)):
        answer = send(hd, event(status=status, duration_ms=took, environment="production",
                                message="card declined" if took == 7000 else None))
        assert answer.json() == {"status": "ok", "accepted": 1, "rejected": 0, "errors": []}
    page = hd.page()
    at = {"workflow_id": "checkout", "node_id": "pay"}
    assert page.value("workflow_task_total", status="success", **at) == 2
    assert page.value("workflow_task_total", status="failed", **at) == 1
    assert page.value("workflow_task_duration_seconds_count", **at) == 3
    assert page.value("workflow_task_duration_seconds_bucket", le="0.25", **at) == 1
    assert page.value("healthd_events_total", result="accepted") == 3
    assert "task_id" not in hd.get("/metrics").text
    line = hd.wait_log(event="workflow task", status="failed")
    assert line["level"] == "warning" and line["msg"] == "card declined"
    assert (line["workflow_id"], line["node_id"], line["task_id"], line["environment"],
            line["duration_ms"]) == ("checkout", "pay", "t1", "production", 7000)


@pytest.mark.parametrize("kind, body, accepted, faults", [
    ("application/json", [event(), event(status="failed")], 2, {}),
    ("application/x-ndjson", "\n".join(json.dumps(event(task_id=n)) for n in range(3)) + "\n", 3, {}),
    ("text/plain", json.dumps(event()) + "\n\n" + json.dumps(event()), 2, {}),
    ("application/x-ndjson", json.dumps(event()) + "\n{bad\n" + json.dumps(event()), 2,
     {2: "no JSON"}),
    ("application/json", [event(), {"status": "x"}, 7, event(duration_ms=-1), event(ts="noon"),
                          event(workflow_id="w" * 129), event(workflow_id=["a"])], 1,
     {2: "'workflow_id' is missing", 3: "JSON object", 4: "'duration_ms'", 5: "'ts'",
      6: "longer than 128", 7: "has to be a text"}),
    ("application/json", "", 0, {1: "no JSON"}),
    ("application/json", event(status=""), 0, {1: "'status' is missing"}),
])
def test_each_is_answered(hd, kind, body, accepted, faults):
    answer = send(hd, body, kind)
    said = answer.json()
    assert answer.status == (200 if accepted else 400)
    assert said["accepted"] == accepted and said["rejected"] == len(faults)
    assert {one["line"] for one in said["errors"]} == set(faults)
    for one in said["errors"]:
        assert faults[one["line"]] in one["error"], one
    assert hd.value("healthd_events_total", result="rejected") == len(faults)


def test_names_without_end_stay_within_bounds(hd):
    lines = "\n".join(json.dumps(event(workflow_id=f"w{n}", node_id=n, status=f"s{n % 40}"))
                      for n in range(5000))
    said = send(hd, lines, "application/x-ndjson").json()
    assert said["accepted"] == 5000
    page = hd.page()
    totals = [dict(labels) for labels, _ in page.select("workflow_task_total")]
    assert len(totals) <= 300 + 17
    assert page.value("healthd_events_overflow_total") > 4000
    assert any(one["workflow_id"] == "_other" and one["status"] == "_other" for one in totals)
    assert sum(value for _, value in page.select("workflow_task_total")) == 5000
    assert hd.get("/-/healthy").status == 200
    too_many = send(hd, lines + "\n" + json.dumps(event()), "application/x-ndjson").json()
    assert too_many["rejected"] == 1 and "at most 5000" in too_many["errors"][0]["error"]
    assert send(hd, b"x" * (1 << 20) + b"y").status == 413


def test_rules_read_them(healthd, tmp_path):
    (tmp_path / "tasks.yml").write_text("""
groups:
  - name: tasks
    interval: 1s
    rules:
      - alert: TaskFailed
        expr: workflow_task_total{status="failed"} > 0
        labels: {severity: warning}
        annotations: {summary: "failed", description: "failed"}
""")
    hd = started(healthd, tmp_path, f"rule_files: [{tmp_path}/tasks.yml]\n")
    send(hd, event(status="failed"))

    def fires():
        alerts = hd.get("/api/v1/alerts").json()["data"]["alerts"]
        return [one for one in alerts if one["labels"]["alertname"] == "TaskFailed"]

    assert wait_until(fires)[0]["labels"]["workflow_id"] == "checkout"


def test_prometheus_keeps_the_tasks_as_exemplars(healthd, tmp_path, start):
    hd = started(healthd, tmp_path, "exporters: {prometheus: {openmetrics: true}}\n")
    send(hd, event(task_id="0199-task"))
    text = hd.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}).text
    assert '# {task_id="0199-task"} 0.24 ' in text
    prometheus = start(Prometheus, {
        "scrape_configs": [{"job_name": "hd", "scrape_interval": "1s",
                            "static_configs": [{"targets": [hd.address]}]}]},
        arguments=["--enable-feature=exemplar-storage"])

    def kept():
        return prometheus.api("query_exemplars", query="workflow_task_duration_seconds_bucket",
                              start="2000-01-01T00:00:00Z", end="2100-01-01T00:00:00Z")

    assert wait_until(kept, 30)[0]["exemplars"][0]["labels"] == {"task_id": "0199-task"}
