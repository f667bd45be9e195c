# SPDX-License-Identifier: Apache-2.0
"""healthctl's commands about alerts, against a stand-in that answers as healthd's API does: what they
send, what they show, and how they end."""
import json
import os
import signal
import subprocess
import urllib.parse

import pytest

from lib.healthd import program
from lib.standin import StandIn
from lib.wait import wait_until

ALERT = {
    "key": "ab" * 20, "fingerprint": "0123456789abcdef", "alertname": "ProbeDown",
    "state": "firing", "severity": "critical", "unknown": False,
    "since": "2026-11-27T03:00:00.000Z", "value": "1", "rule": "pack:probes/probes/ProbeDown",
    "expr": "probe_state == 3", "labels": {"alertname": "ProbeDown", "probe": "payload"},
    "annotations": {"summary": "payload is down"}, "found": "10.0.0.5:3000: connection refused", "held": None,
    "told": [{"receiver": "oncall", "lane": "x", "route": "{}", "was_told": True,
              "last_told": "2026-11-27T03:00:05.000Z", "next_flush": None}], "ack": None}
HELD = {**ALERT, "alertname": "Slow", "severity": "warning", "fingerprint": "1" * 16,
        "labels": {"alertname": "Slow", "probe": "shop"}, "told": [],
        "held": {"by": "silence 4f2a91c0 by ana until 15:00 UTC: migration", "kind": "silenced",
                 "until": "2026-11-27T15:00:00.000Z"}}
ENDED = {**ALERT, "alertname": "Old", "state": "resolved", "told": []}


@pytest.fixture
def ask(tmp_path, request):
    """ask(answers, *words): a completed process, with .asked: what healthctl sent."""
    def make(answers, *words, env=None):
        standin = StandIn(tmp_path / "standin.sock", answers)
        try:
            done = subprocess.run(
                [program("HEALTHCTL_BIN"), *words], capture_output=True, text=True, timeout=60,
                check=False, env={**os.environ, "HEALTHD_SOCKET": standin.path, "USER": "ana",
                                  "LC_ALL": "C.UTF-8", **(env or {})})
        finally:
            standin.close()
            os.unlink(standin.path)
        done.asked = standin.asked
        return done
    return make


# ---- alerts ----

def test_alerts_says_who_was_told_and_why_not(ask):
    done = ask({"GET /api/alerts": [HELD, ENDED, ALERT]}, "alerts")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["STATE", "SEVERITY", "ALERT", "OF", "SINCE", "TOLD", "WHAT"]
    assert lines[1].split()[:4] == ["firing", "critical", "ProbeDown", "payload"]
    assert "oncall" in lines[1] and "payload is down: 10.0.0.5:3000: connection refused" in lines[1]
    assert "held: silence 4f2a91c0 by ana" in lines[2]
    assert "Old" not in done.stdout


def test_alerts_in_full_for_one_and_as_json(ask):
    done = ask({"GET /api/alerts": [HELD, ALERT]}, "alerts", "payload")
    assert "probe_state == 3" in done.stdout and "Slow" not in done.stdout
    assert "found" in done.stdout and "10.0.0.5:3000: connection refused" in done.stdout
    done = ask({"GET /api/alerts": [HELD, ALERT]}, "alerts", "--format", "json", "Slow")
    assert [a["alertname"] for a in json.loads(done.stdout)["alerts"]] == ["Slow"]
    done = ask({"GET /api/alerts": [ALERT]}, "alerts", "nothing")
    assert done.returncode == 2 and "no alert is called 'nothing'" in done.stderr


def test_nobody_is_said_to_know_what_did_not_arrive(ask):
    def told(receiver, **delivery):
        return {**ALERT["told"][0], "receiver": receiver, "delivery": {"attempts": 2, "last_error": "HTTP 400", **delivery}}
    alert = {**ALERT, "told": [told("oncall", state="dead"), told("chat", state="done"), told("mail", state="pending")]}
    line = ask({"GET /api/alerts": [alert]}, "alerts", env={"COLUMNS": "200"}).stdout.splitlines()[1]
    assert "chat; not delivered to oncall, mail" in line
    whole = ask({"GET /api/alerts": [alert]}, "alerts", "payload", env={"COLUMNS": "200"}).stdout
    assert "given up: HTTP 400" in whole and "tried 2 times: HTTP 400" in whole and "delivered" in whole
    alert["told"][0]["instead"] = [{"receiver": "hook", "state": "done"}, {"receiver": "late", "state": "pending"}]
    line = ask({"GET /api/alerts": [alert]}, "alerts", env={"COLUMNS": "200"}).stdout.splitlines()[1]
    assert "hook (in place of oncall), chat; not delivered to oncall, mail" in line and "late" not in line
    nobody = {**ALERT, "told": [told("oncall", state="pending", attempts=0, last_error="")]}
    assert "not delivered to oncall" in ask({"GET /api/alerts": [nobody]}, "alerts").stdout


def test_what_is_well_again_and_kept_for_a_while_says_so(ask):
    kept = {**ALERT, "ends_at": "2126-11-27T03:02:00.000Z"}
    for words in (["alerts"], ["alerts", "payload"]):
        said = ask({"GET /api/alerts": [kept]}, *words).stdout
        assert "well again, and over in" in said
    assert "connection refused" not in ask({"GET /api/alerts": [kept]}, "alerts").stdout


def test_no_alert_is_no_failure(ask):
    done = ask({"GET /api/alerts": [ENDED]}, "alerts")
    assert (done.returncode, done.stdout) == (0, "no alert fires\n")
    assert "Old" in ask({"GET /api/alerts": [ENDED]}, "alerts", "--all").stdout


# ---- silence, ack, drill ----

def test_silence_sends_words_as_they_are(ask):
    answers = {"POST /api/silences": {"id": "4f2a91c0"}}
    for words in (["silence", "payload", "30m", "it", "is", "moved"],
                  ["silence", "add", "payload", "30m", "it is moved"]):
        done = ask(answers, *words)
        assert done.returncode == 0, done.stderr
        assert done.asked == [("POST", "/api/silences", {
            "matchers": "payload", "duration": "30m", "comment": "it is moved",
            "creator": "ana"})]
        assert "4f2a91c0" in done.stdout
    done = ask(answers, "silence", "payload", "30m", "why", "--as", "bob", env={"SUDO_USER": "eve"})
    assert done.asked[0][2]["creator"] == "bob"


@pytest.mark.parametrize("words, why", [
    (["payload", "30", "why"], "30"),
    (["payload", "0s", "why"], "more than nothing"),
    (["payload", "30m"], "needs TARGET DURATION REASON"),
    (["expire"], "needs ID"),
    (["list", "x"], "one word too many"),
])
def test_silences_that_cannot_be_are_not_sent(ask, words, why):
    done = ask({}, "silence", *words)
    assert done.returncode == 2 and why in done.stderr and not done.asked


def test_what_healthd_refuses_is_said(ask):
    done = ask({"POST /api/silences": (400, {"error": "there is no probe and no alert named 'x'"})},
               "silence", "x", "1h", "why")
    assert done.returncode == 2 and "no probe and no alert named 'x'" in done.stderr
    assert done.stdout == ""


def test_silences_are_listed_and_ended(ask):
    silence = {"id": "4f2a91c0", "matchers": '{probe="payload"}', "creator": "ana",
               "comment": "moved", "state": "active", "starts": "2026-11-27T03:00:00.000Z",
               "ends": "2126-11-27T03:00:00.000Z"}
    past = {**silence, "id": "00000000", "state": "expired"}
    done = ask({"GET /api/silences": [silence, past]}, "silence")
    assert "4f2a91c0" in done.stdout and "00000000" not in done.stdout
    done = ask({"GET /api/silences": [silence, past]}, "silence", "list", "--all", "--format=json")
    assert [s["id"] for s in json.loads(done.stdout)["silences"]] == ["4f2a91c0", "00000000"]
    done = ask({"DELETE /api/silences/4f2a91c0": {"id": "4f2a91c0"}}, "silence", "expire", "4f2a91c0")
    assert done.returncode == 0 and done.asked == [("DELETE", "/api/silences/4f2a91c0", None)]


def test_ack_takes_and_gives_back(ask):
    answers = {"POST /api/acks": {"acknowledged": ["ab"], "until": "2026-11-27T07:00:00.000Z"},
               "DELETE /api/acks/orders%2Fdb": {"cleared": ["ab"]}}
    done = ask(answers, "ack", "orders-db", "failing", "over")
    assert done.asked == [("POST", "/api/acks", {"alert": "orders-db", "comment": "failing over",
                                                 "who": "ana"})]
    assert "orders-db is yours (1 alert)" in done.stdout
    assert ask(answers, "ack", "x", "--for", "8h").asked[0][2]["duration"] == "8h"
    done = ask(answers, "ack", "--clear", "orders/db")
    assert done.returncode == 0, done.stderr


def test_drill_and_receivers(ask):
    done = ask({"POST /api/drills": {"id": "1"}}, "drill", "payload", "--for", "1m")
    assert done.asked == [("POST", "/api/drills", {"probe": "payload", "duration": "1m"})]
    good = {"name": "chat", "type": "slack", "pending": 0, "dead": 0, "failures": 0,
            "delivered": 3, "last_error": "", "last_success": "2026-11-27T03:00:00.000Z"}
    done = ask({"GET /api/receivers": [good]}, "receiver")
    assert done.returncode == 0 and "chat" in done.stdout
    bad = {**good, "failures": 3, "last_error": "HTTP 403 invalid_token"}
    done = ask({"GET /api/receivers": [bad]}, "receiver", "list")
    assert done.returncode == 1 and "invalid_token" in done.stdout
    path = "POST /api/receivers/chat/test"
    taken = {"outcome": "ok", "why": "", "warning": ""}
    assert ask({path: taken}, "receiver", "test", "chat").returncode == 0
    refused = {"outcome": "config", "why": "HTTP 403 invalid_token", "warning": ""}
    done = ask({path: refused}, "receiver", "test", "chat")
    assert done.returncode == 1 and "invalid_token" in done.stdout


def test_outbox(ask):
    row = {"id": 812, "receiver": "oncall", "lane": "x", "kind": "trigger", "state": "pending",
           "title": "ProbeDown payload", "last_error": "timeout", "attempts": 2,
           "made": "2026-11-27T03:00:00.000Z", "next_at": None}
    done = ask({"GET /api/outbox": [row, {**row, "id": 1, "state": "done"}]}, "outbox")
    assert done.returncode == 0
    assert "812" in done.stdout and "timeout" in done.stdout and "done" not in done.stdout
    done = ask({"GET /api/outbox": [{**row, "state": "dead"}]}, "outbox")
    assert done.returncode == 1 and "could not be delivered" in done.stdout
    for verb in ("retry", "drop"):
        done = ask({f"POST /api/outbox/812/{verb}": {"id": 812}}, "outbox", verb, "812")
        assert done.returncode == 0, done.stderr


# ---- query ----

def test_query_now(ask):
    data = {"resultType": "vector", "result": [
        {"metric": {"__name__": "up", "probe": "a"}, "value": [1, "1"]},
        {"metric": {}, "value": [1, "NaN"]}]}
    done = ask({"GET /api/v1/query": {"status": "success", "data": data}}, "query", 'up{a="b"} + 1')
    assert urllib.parse.parse_qs(done.asked[0][1].split("?")[1]) == {"query": ['up{a="b"} + 1']}
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["SERIES", "VALUE"], ['up{probe="a"}', "1"], ["{}", "NaN"]]
    done = ask({"GET /api/v1/query": {"status": "success", "data": data}}, "query", "x",
               "--format=json")
    assert json.loads(done.stdout) == data


def test_query_that_is_wrong(ask):
    done = ask({"GET /api/v1/query": (400, {"status": "error", "errorType": "bad_data",
                                            "error": "1:4: a value was expected"})},
               "query", "up +")
    assert done.returncode == 2 and "1:4: a value was expected" in done.stderr


def test_query_over_a_span_is_drawn(ask):
    values = [[at, str(at % 600)] for at in range(1000, 4600, 60)]
    data = {"resultType": "matrix", "result": [{"metric": {"__name__": "m"}, "values": values}]}
    answers = {"GET /api/v1/query_range": {"status": "success", "data": data}}
    done = ask(answers, "query", "m", "--start", "1000", "--end", "4600", "--step", "60s")
    sent = urllib.parse.parse_qs(done.asked[0][1].split("?")[1])
    assert (sent["start"], sent["end"], sent["step"]) == (["1000.000"], ["4600.000"], ["60.000"])
    lines = done.stdout.splitlines()
    assert lines[0] == "m"
    assert len(lines) == 10 and all("│" in line for line in lines[1:9])
    assert any("\u2801" <= letter <= "\u28ff" for letter in lines[4])
    assert lines[9].split() == ["1970-01-01", "00:16", "1970-01-01", "01:16", "UTC"]
    assert ask(answers, "query", "m", "--start", "1h").returncode == 0
    for words in (["--start", "soon"], ["--start", "1h", "--end", "2h"], ["--step", "0s"],
                  ["--start", "30d", "--step", "1s"]):
        done = ask(answers, "query", "m", *words)
        assert done.returncode == 2 and not done.asked, words


# ---- deploy ----

DEPLOYS = {"POST /api/deploys": {"id": "d1"}, "POST /api/deploys/d1/end": {"id": "d1"}}


@pytest.mark.parametrize("code", [0, 7])
def test_deploy_ends_as_its_command(ask, code):
    done = ask(DEPLOYS, "deploy", "--what", "shop", "--release", "r1", "--", "sh", "-c",
               f"echo out; exit {code}")
    assert done.returncode == code
    assert done.stdout == "out\n"
    assert done.asked == [
        ("POST", "/api/deploys", {"what": "shop", "release": "r1", "who": "ana"}),
        ("POST", "/api/deploys/d1/end", {"failed": True, "why": f"sh exited with {code}"} if code else
         {"failed": False})]


def test_deploy_of_what_cannot_be_started_has_failed(ask):
    done = ask(DEPLOYS, "deploy", "--", "/nowhere/at-all")
    assert done.returncode == 127 and "/nowhere/at-all" in done.stderr
    assert done.asked[-1][2]["failed"] is True and "/nowhere/at-all" in done.asked[-1][2]["why"]


def test_deploy_goes_on_without_healthd(healthctl, tmp_path):
    done = healthctl("deploy", "--socket", tmp_path / "none.sock", "--", "sh", "-c", "exit 3")
    assert done.returncode == 3 and "does not know of this deployment" in done.stderr


def test_deploy_that_is_wrong_runs_nothing(ask, tmp_path):
    done = ask({"POST /api/deploys": (400, {"error": "'(' is no matcher"})}, "deploy", "--matchers",
               "a=~(", "--", "touch", tmp_path / "ran")
    assert done.returncode == 2 and not (tmp_path / "ran").exists()


def test_deploy_mark(ask):
    done = ask(DEPLOYS, "deploy", "mark", "--release", "r1")
    assert done.returncode == 0 and "d1" in done.stdout
    assert [a[1] for a in done.asked] == ["/api/deploys", "/api/deploys/d1/end"]


def test_deploy_passes_signals_on_and_still_says_the_end(tmp_path):
    standin = StandIn(tmp_path / "standin.sock", DEPLOYS)
    try:
        ready = tmp_path / "ready"
        running = subprocess.Popen(
            [program("HEALTHCTL_BIN"), "deploy", "--", "sh", "-c",
             f"trap 'exit 9' TERM; touch {ready}; while :; do sleep 0.05; done"],
            env={**os.environ, "HEALTHD_SOCKET": standin.path})
        wait_until(ready.exists)
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 9
        assert standin.asked[-1][2] == {"failed": True, "why": "stopped by hand"}
    finally:
        standin.close()


# ---- route ----

CONFIG = """
site: test
labels: {environment: production}
receivers:
  oncall: {webhook: {url: "http://127.0.0.1:1/"}}
  chat: {webhook: {url: "http://127.0.0.1:1/"}}
notify: {critical: [oncall, chat], warning: [chat]}
"""


@pytest.mark.parametrize("labels, told", [
    (["severity=critical"], "oncall,chat"), (["severity=warning", "probe=x"], "chat")])
def test_route_test_says_who_is_told(healthctl, tmp_path, labels, told):
    config = tmp_path / "healthd.yml"
    config.write_text(CONFIG)
    done = healthctl("route", "test", "-c", config, *labels, "--expect", told)
    assert done.returncode == 0, done.stderr
    assert f"told: {told}" in done.stdout
    done = healthctl("route", "test", "-c", config, *labels, "--expect", "nobody-else")
    assert done.returncode == 1
    done = healthctl("route", "test", "-c", config, *labels, "--format=json")
    assert ",".join(json.loads(done.stdout)["receivers"]) == told
    assert healthctl("route", "test", "-c", config, "severity").returncode == 2
    assert "oncall, chat" in healthctl("route", "show", "-c", config).stdout


FLOORS = CONFIG.replace('oncall: {webhook: {url: "http://127.0.0.1:1/"}}',
                        'oncall: {webhook: {url: "http://127.0.0.1:1/"}, severity_floor: critical}').replace(
    "notify: {critical: [oncall, chat], warning: [chat]}", "route: {receiver: [oncall, chat]}")


@pytest.mark.parametrize("severity, told, left_out", [
    ("critical", "oncall,chat", False), ("page", "oncall,chat", False), ("sev1", "oncall,chat", False),
    ("warning", "chat", True), ("info", "chat", True)])
def test_route_test_leaves_out_whose_floor_is_above(healthctl, tmp_path, severity, told, left_out):
    config = tmp_path / "healthd.yml"
    config.write_text(FLOORS)
    done = healthctl("route", "test", "-c", config, f"severity={severity}", "--expect", told)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("not oncall: it is below its severity_floor, critical" in done.stdout) == left_out
    done = healthctl("route", "test", "-c", config, f"severity={severity}", "--format=json")
    assert [one["receiver"] for one in json.loads(done.stdout)["left_out"]] == ["oncall"] * left_out


def test_alerts_names_the_floor_as_the_reason(ask):
    left_out = [{"receiver": "oncall", "why": "below its severity_floor, critical"}]
    nobody = {**ALERT, "severity": "warning", "told": [], "left_out": left_out}
    wide = {"COLUMNS": "250"}
    line = ask({"GET /api/alerts": [nobody]}, "alerts", env=wide).stdout.splitlines()[1]
    assert "nobody: not oncall: it is below its severity_floor, critical" in line
    whole = ask({"GET /api/alerts": [{**ALERT, "left_out": left_out}]}, "alerts", "payload", env=wide).stdout
    assert "left out" in whole and "not oncall: it is below its severity_floor, critical" in whole


def test_nobody_below_the_floor_is_a_warning(healthctl, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text(FLOORS.replace("[oncall, chat]", "oncall") + """
rules:
  - {alert: Slow, expr: up == 0, labels: {severity: warning}}
  - {alert: Odd, expr: up == 0, labels: {severity: sev1}}
""")
    said = healthctl("validate", config)
    words = said.stdout + said.stderr
    assert "nobody is told of alerts with severity warning" in words
    assert "the severity 'sev1' of the alert 'Odd' is not known, and counts as critical" in words
    assert "severity sev1" not in words


# ---- rules ----

RULES = """
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 1m
    labels: {severity: critical}
    annotations: {summary: "{{ $labels.job }} is down"}
  - {record: "job:up:sum", expr: sum by (job) (up)}
"""
TESTS = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- name: down
  input_series: [{series: 'up{job="a"}', values: '0 0 0'}]
  alert_rule_test:
  - eval_time: 2m
    alertname: Down
    exp_alerts: [{exp_labels: {job: a, severity: critical}, exp_annotations: {summary: WHAT}}]
"""


def test_rules_check_and_show(healthctl, tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES)
    done = healthctl("rules", "check", rules)
    assert done.returncode == 0, done.stderr
    assert "1 alerting and 1 recording rule in 1 group" in done.stdout
    shown = json.loads(healthctl("rules", "show", "-c", rules, "Do*", "--format=json").stdout)["rules"]
    assert [(r["name"], r["expr"], r["for_seconds"], r["line"]) for r in shown] == [
        ("Down", "up == 0", 60, 5)]
    assert shown[0]["labels"] == {"severity": "critical"}
    assert healthctl("rules", "show", "-c", rules, "Up*").returncode == 2
    bad = tmp_path / "bad.yml"
    bad.write_text(RULES.replace("up == 0", "up =="))
    done = healthctl("rules", "check", rules, bad)
    assert done.returncode == 2
    assert f"{bad}:6:" in done.stderr and "rules.yml is valid" in done.stdout


def test_rules_test_runs_promtools_files(healthctl, tmp_path):
    (tmp_path / "rules.yml").write_text(RULES)
    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text(TESTS.replace("WHAT", "a is down"))
    bad.write_text(TESTS.replace("WHAT", "b is down"))
    done = healthctl("rules", "test", good)
    assert done.returncode == 0 and "1 of 1 test pass" in done.stdout, done.stderr
    done = healthctl("rules", "test", good, bad)
    assert done.returncode == 1
    assert "expected" in done.stdout and 'summary="a is down"' in done.stdout
    assert healthctl("rules", "test", tmp_path / "none.yml").returncode == 2
    assert healthctl("rules", "test", good, "--run", "nothing").returncode == 2
    files = json.loads(healthctl("rules", "test", bad, "--format=json").stdout)["files"]
    assert files[0]["tests"][0]["failures"][0]["what"] == "Down"
