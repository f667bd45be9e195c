# SPDX-License-Identifier: Apache-2.0
"""Alerting as a whole: a real target dies, a healthd watches, receivers are told; and what the API says of it."""
import json
import time
import urllib.parse

import pytest

from lib.http import request
from lib.wait import stays, wait_until

LABELS = {"workflow_id": "checkout", "node_id": "payload", "component": "shop", "environment": "test"}


def config(stub, nginx, **more):
    """A critical and a warning probe of one nginx; PagerDuty for the one, Slack and a webhook for both."""
    keys = {
        "site": "it",
        "probes": [
            {"name": "payload", "http": nginx.url(), "interval": "500ms", "timeout": "400ms", "fall": 1, "rise": 1,
             "labels": {**LABELS, "task_id": "t-1"}},
            {"name": "side", "tcp": nginx.address, "interval": "500ms", "timeout": "400ms", "fall": 1, "rise": 1,
             "severity": "warning"}],
        "rules": [
            {"alert": "Down", "expr": "probe_state == 3 and on (probe) probe_info{severity=\"critical\"}",
             "labels": {"severity": "critical"},
             "annotations": {"summary": "{{ $labels.probe }} is down"}},
            {"alert": "Side", "expr": "probe_state{probe=\"side\"} == 3", "labels": {"severity": "warning"}}],
        "packs": {"probes": False, "healthd": False},
        "receivers": {
            "oncall": {"pagerduty": {"routing_key": "0" * 32, "url": stub.url}},
            "chat": {"slack": {"webhook_url": stub.url + "/services/T0/B0/x"}},
            "hook": {"webhook": {"url": stub.url + "/hook"}}},
        "route": {"receiver": "hook", "group_by": ["alertname", "probe"], "group_wait": "0s", "group_interval": "1s",
                  "routes": [{"matchers": ['severity="critical"'], "receiver": ["oncall", "chat", "hook"],
                              "group_wait": "0s", "group_interval": "1s"}]},
        **more}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


def same_state(daemon):
    return f"state: {{path: {daemon.folder}/state}}\n"


def requests_of(stub, vendor, action=None):
    return [one for one in stub.log if one.vendor == vendor and action in (None, one.action)]


def wait_requests(stub, vendor, action=None, count=1):
    return wait_until(lambda: len(found := requests_of(stub, vendor, action)) >= count and found, 20,
                      f"{count} {action or ''} of {vendor}")


def open_pages(stub):
    return sum(one["state"] != "resolved" for one in stub.pagerduty.alerts.values())


@pytest.fixture
def watched(healthd, nginx, notify_stub):
    """A healthd that has seen its two probes up, the nginx behind them, and the receivers."""
    server = nginx()
    daemon = healthd(config(notify_stub, server))
    daemon.wait_health("payload", "up")
    daemon.wait_health("side", "up")
    return daemon, server, notify_stub


def test_a_death_pages_with_the_labels_and_a_return_ends_it(watched):
    daemon, server, stub = watched
    server.kill()
    (page, *_) = wait_requests(stub, "pagerduty", "trigger")
    payload = page.json()["payload"]
    assert payload["severity"] == "critical" and "payload" in payload["summary"]
    shown = json.dumps(page.json())
    for name, value in LABELS.items():
        assert value in shown, f"{name} is not in the page: {shown}"
    (hook, *_) = [one for one in wait_requests(stub, "webhook", "firing", 2)
                  if one.json()["commonLabels"]["alertname"] == "Down"]
    labels = hook.json()["alerts"][0]["labels"]
    assert {name: labels[name] for name in LABELS} == LABELS
    wait_requests(stub, "slack")
    assert len(requests_of(stub, "pagerduty", "trigger")) == 1, "the warning does not page"
    lines = {line["alert"]: line for line in daemon.logs(event="alert.firing")}
    down = lines["Down"]
    assert (down["level"], down["severity"], down["probe"]) == ("error", "critical", "payload")
    assert down["msg"] == "Down of payload fires: payload is down"
    assert LABELS.items() <= down["labels"].items() and down["labels"]["alertname"] == "Down"
    assert lines["Side"]["level"] == "warning"

    server.start()
    (end, *_) = wait_requests(stub, "pagerduty", "resolve")
    assert end.lane == page.lane
    (over, *_) = daemon.logs(event="alert.resolved", alert="Down")
    assert (over["level"], over["msg"]) == ("info", "Down of payload is over") and "why" not in over
    wait_requests(stub, "webhook", "resolved", 2)
    assert open_pages(stub) == 0


def test_a_notice_says_where_it_comes_from_and_links_the_runbook(healthd, nginx, notify_stub):
    server = nginx()
    daemon = healthd(config(notify_stub, server, packs={"healthd": False}, rules=[], site="shop-prod",
                            labels={"region": "eu"},
                            web={"listen": ["127.0.0.1:0"], "external_url": "https://hd.example.com/"}))
    daemon.wait_health("payload", "up")
    server.kill()
    (page, *_) = wait_requests(notify_stub, "pagerduty", "trigger")
    shown = page.json()
    assert "https://hd.example.com/runbooks/ProbeDown" in [link["href"] for link in shown["links"]], shown
    assert shown["client_url"] == "https://hd.example.com/"
    assert "shop-prod" in json.dumps(shown) and "region" in json.dumps(shown)
    (hook, *_) = wait_requests(notify_stub, "webhook", "firing")
    annotations = hook.json()["alerts"][0]["annotations"]
    assert annotations["runbook_url"] == "https://hd.example.com/runbooks/ProbeDown"
    runbook = daemon.get("/runbooks/ProbeDown")
    assert runbook.status == 200 and "<h1>ProbeDown</h1>" in runbook.body.decode()


def test_a_crash_between_page_and_end_loses_neither(healthd, nginx, notify_stub):
    server = nginx()
    text = config(notify_stub, server)
    daemon = healthd(text)
    daemon.wait_health("payload", "up")
    server.kill()
    wait_requests(notify_stub, "pagerduty", "trigger")
    # Until that is on disk a page may come twice, with one key.
    daemon.wait_log(event="notify.delivered", receiver="oncall")
    daemon.wait_value(0, "healthd_store_commits_waiting")
    daemon.kill()
    again = healthd(text + same_state(daemon))
    again.wait_health("payload", "down")
    stays(lambda: len(requests_of(notify_stub, "pagerduty", "trigger")) == 1, 2, "no second page")
    server.start()
    wait_requests(notify_stub, "pagerduty", "resolve")
    assert len(requests_of(notify_stub, "pagerduty", "trigger")) == 1
    assert open_pages(notify_stub) == 0


def test_what_died_while_healthd_was_away_is_told_at_once(healthd, nginx, notify_stub):
    server = nginx()
    text = config(notify_stub, server)
    daemon = healthd(text)
    daemon.wait_health("payload", "up")
    # On disk by then: it is read back through the same queue.
    wait_until(lambda: daemon.get("/api/probes/payload/history").json()["changes"], 20, "the change to up")
    daemon.kill()
    server.kill()
    healthd(text + same_state(daemon))
    # Not after the two minutes that are for what was never up.
    wait_until(lambda: open_pages(notify_stub) == 1, 30, "the page to have come")


def test_killed_while_the_receiver_is_away_it_pages_afterwards(healthd, nginx, notify_stub):
    server = nginx()
    text = config(notify_stub, server)
    daemon = healthd(text)
    daemon.wait_health("payload", "up")
    notify_stub.script("status:503", vendor="pagerduty")
    server.kill()
    wait_requests(notify_stub, "pagerduty")
    daemon.kill()
    notify_stub.forget()
    healthd(text + same_state(daemon))
    wait_until(lambda: open_pages(notify_stub) == 1, 30, "the page to have come")


def api(daemon, path, **parameters):
    return daemon.get(f"{path}?{urllib.parse.urlencode(parameters)}").json()


def act(daemon, path, method="POST", **body):
    """Over the Unix socket; the answer's JSON."""
    answer = request("http://localhost" + path, method, unix=daemon.socket, body=json.dumps(body).encode(),
                     headers={"Content-Type": "application/json"})
    assert answer.status == 200, answer
    return answer.json()


def firing(daemon, name):
    return next((one for one in api(daemon, "/api/alerts") if one["alertname"] == name and one["state"] == "firing"),
                None)


def test_what_people_do(watched):
    daemon, server, stub = watched
    silence = act(daemon, "/api/silences", matchers="payload", duration="1h", comment="migration", creator="ana")["id"]
    server.kill()
    held = wait_until(lambda: firing(daemon, "Down"), what="Down to fire")
    held = wait_until(lambda: (one := firing(daemon, "Down"))["held"] and one, what="it to be held")
    assert held["held"]["kind"] == "silenced" and "ana" in held["held"]["by"]
    assert not requests_of(stub, "pagerduty", "trigger")
    act(daemon, f"/api/silences/{silence}", "DELETE")
    wait_requests(stub, "pagerduty", "trigger")

    act(daemon, "/api/acks", alert="Down", comment="mine", who="ana")
    wait_requests(stub, "pagerduty", "acknowledge")
    assert firing(daemon, "Down")["ack"]["who"] == "ana"
    act(daemon, "/api/acks/Down", "DELETE")
    assert firing(daemon, "Down")["ack"] is None
    assert daemon.logs(event="act", path="/api/acks"), "who did what is logged"

    deploy = act(daemon, "/api/deploys", what="payload", release="a1b2c3", who="ci")["id"]
    act(daemon, f"/api/deploys/{deploy}/end")
    assert api(daemon, "/api/deploys")[-1]["release"] == "a1b2c3"
    assert {one["name"] for one in api(daemon, "/api/receivers")} == {"oncall", "chat", "hook"}
    assert act(daemon, "/api/receivers/hook/test")["outcome"] == "ok"


def test_who_was_told_instead_is_known(healthd, nginx, notify_stub):
    server = nginx()
    notify_stub.script("status:400", vendor="pagerduty")
    daemon = healthd(config(notify_stub, server, fallback=["hook"]))
    daemon.wait_health("payload", "up")
    server.kill()

    def oncall():
        told = [one for alert in api(daemon, "/api/alerts") if alert["alertname"] == "Down" for one in alert["told"]]
        return next((one for one in told if one["receiver"] == "oncall" and one.get("instead", [{}])[0].get("state") == "done"), None)
    told = wait_until(oncall, 20, "hook to be told in the place of oncall")
    assert told["delivery"]["state"] == "dead" and told["instead"] == [{"receiver": "hook", "state": "done"}]


def test_last_night_can_be_asked_after_a_restart(healthd, healthctl, nginx, notify_stub, monkeypatch):
    server = nginx()
    text = config(notify_stub, server)
    daemon = healthd(text)
    daemon.wait_health("payload", "up")
    server.kill()

    def history(**parameters):
        return api(daemon, "/api/alerts/history", **parameters)
    wait_until(lambda: {"fired", "delivered"} <= {one["event"] for one in history()}, 20, "both in the history")
    daemon.stop()
    daemon = healthd(text + same_state(daemon))
    rows = history()
    (fired, *_) = [one for one in rows if one["event"] == "fired" and one["alert"] == "Down"]
    assert fired["labels"]["probe"] == "payload" and fired["at"].endswith("Z")
    assert [one["id"] for one in rows] == sorted((one["id"] for one in rows), reverse=True)
    assert history(limit=1, before=fired["id"] + 1) == [fired]
    assert daemon.get("/api/alerts/history?limit=0").status == 400
    monkeypatch.setenv("HEALTHD_SOCKET", str(daemon.socket))
    said = healthctl("alerts", "--history")
    assert said.returncode == 0 and all(word in said.stdout for word in ("fired", "delivered (trigger)", "Down payload", "oncall")), said
    listed = json.loads(healthctl("alerts", "payload", "--history", "--format", "json").stdout)["history"]
    assert fired in listed and listed[0]["id"] < listed[-1]["id"]


def test_acting_needs_the_right(watched):
    daemon, *_ = watched
    for method, path in (("POST", "/api/silences"), ("DELETE", "/api/silences/x"), ("POST", "/api/drills"),
                         ("POST", "/api/outbox/1/drop"), ("POST", "/api/acks")):
        answer = request(daemon.url(path), method, body=b"{}")
        assert answer.status == 403, (path, answer)


def test_a_drill_pages_and_is_marked(watched):
    daemon, _, stub = watched
    act(daemon, "/api/drills", probe="payload", duration="2s")
    (page, *_) = wait_requests(stub, "pagerduty", "trigger")
    assert "DRILL" in page.json()["payload"]["summary"]
    wait_requests(stub, "pagerduty", "resolve")
    assert daemon.probes()["payload"]["health"] == "up"


def test_prometheus_api_answers_as_prometheus(watched):
    daemon, *_ = watched
    now = time.time()
    answer = api(daemon, "/api/v1/query", query='probe_success{probe="payload"}', time=now)
    (one,) = answer["data"]["result"]
    assert answer["status"] == "success" and answer["data"]["resultType"] == "vector"
    assert one["value"][1] == "1" and one["metric"]["component"] == "shop" and "task_id" not in one["metric"]
    rows = wait_until(lambda: api(daemon, "/api/v1/query_range", query="up", start=time.time() - 5, end=time.time(),
                                  step="1s")["data"]["result"], what="a range")
    assert {row["metric"]["probe"] for row in rows} == {"payload", "side"}
    assert "probe" in api(daemon, "/api/v1/labels")["data"]
    assert "payload" in api(daemon, "/api/v1/label/probe/values")["data"]
    assert {"__name__": "up", "probe": "side"}.items() <= api(
        daemon, "/api/v1/series", **{"match[]": 'up{probe="side"}'})["data"][0].items()
    assert api(daemon, "/api/v1/metadata")["data"]["probe_success"][0]["type"] == "gauge"
    groups = api(daemon, "/api/v1/rules")["data"]["groups"]
    assert {rule["name"] for group in groups for rule in group["rules"]} >= {"Down", "Side"}
    for path, parameters, status, kind in (
            ("/api/v1/query", {"query": "up +"}, 400, "bad_data"),
            ("/api/v1/query", {"query": "up", "time": "never"}, 400, "bad_data"),
            ("/api/v1/query_range", {"query": "up", "start": 1, "end": 0, "step": 1}, 400, "bad_data"),
            ("/api/v1/query_range", {"query": "up", "start": 0, "end": 1e6, "step": 1}, 400, "bad_data"),
            ("/api/v1/query", {"query": "up + on(job) up"}, 422, "execution"),
            ("/api/v1/series", {}, 400, "bad_data"),
            *(("/api/v1/series", {"match[]": "up", bound: value}, 400, "bad_data")
              for bound in ("start", "end") for value in ("1e300", "Inf", "NaN", "never"))):
        refused = daemon.get(f"{path}?{urllib.parse.urlencode(parameters)}")
        said = refused.json()
        assert (refused.status, said["status"], said["errorType"]) == (status, "error", kind), (path, said)
    refused = daemon.get("/api/v1/query?" + urllib.parse.urlencode({"query": "increse(up[1m])"})).json()
    assert "1:1: parse error" in refused["error"] and "did you mean increase()?" in refused["error"]


def test_infinities_are_written_as_prometheus_does(healthd):
    values = {"+Inf": "vector(1) / 0", "-Inf": "vector(-1) / 0"}
    rules = [{"alert": "A", "expr": expr, "labels": {"v": value}} for value, expr in values.items()]
    daemon = healthd("probes: []\npacks: {probes: false, healthd: false}\nrules: "
                     + json.dumps([{"name": "g", "interval": "1s", "rules": rules}]) + "\n")
    alerts = wait_until(lambda: len(found := api(daemon, "/api/v1/alerts")["data"]["alerts"]) == 2 and found, 20,
                        "two alerts")
    assert {one["labels"]["v"]: one["value"] for one in alerts} == {value: value for value in values}


def test_a_form_is_as_good_as_a_query(watched):
    daemon, *_ = watched
    answer = request(daemon.url("/api/v1/query"), "POST", body=b"query=up%7Bprobe%3D%22payload%22%7D",
                     headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert [one["metric"]["probe"] for one in answer.json()["data"]["result"]] == ["payload"]


def test_history_survives_a_restart(healthd, nginx, notify_stub):
    server = nginx()
    text = config(notify_stub, server)
    daemon = healthd(text)
    daemon.wait_health("payload", "up")
    first = wait_until(lambda: api(daemon, "/api/v1/query", query='timestamp(up{probe="payload"})')["data"]["result"],
                       what="a first sample")
    began = float(first[0]["value"][1])
    daemon.stop()
    again = healthd(text + same_state(daemon))
    again.wait_health("payload", "up")
    rows = api(again, "/api/v1/query_range", query='up{probe="payload"}', start=began - 1, end=began + 2, step="1s")
    assert rows["data"]["result"], "samples of the first life"


@pytest.mark.parametrize("way", ["reload", "restart"])
def test_a_probe_that_is_taken_out_ends_its_alerts(healthd, nginx, notify_stub, way):
    """At once, though the rule keeps firing for an hour, and what the history still has does not bring them back."""
    server = nginx()

    def write(*probes):
        down = {"alert": "Down", "expr": "probe_state == 3 and on (probe) probe_info{severity=\"critical\"}",
                "labels": {"severity": "critical"}, "keep_firing_for": "1h"}
        return config(notify_stub, server, rules=[down], probes=[
            {"name": name, "tcp": server.address, "interval": "500ms", "timeout": "400ms", "fall": 1, "rise": 1}
            for name in probes])

    daemon = healthd(write("payload", "side"))
    daemon.wait_health("payload", "up")
    daemon.wait_health("side", "up")
    server.kill()
    pages = wait_requests(notify_stub, "pagerduty", "trigger", 2)
    if way == "reload":
        daemon.reload(write("side"))
    else:
        daemon.stop()
        daemon = healthd(write("side") + same_state(daemon))
    (end, *_) = wait_requests(notify_stub, "pagerduty", "resolve")
    assert "payload" in json.dumps([one.json() for one in pages if one.lane == end.lane])
    (over,) = daemon.logs(event="alert.resolved")
    assert over["why"] == "removed"
    stays(lambda: open_pages(notify_stub) == 1 and len(requests_of(notify_stub, "pagerduty", "trigger")) == 2, 3)
