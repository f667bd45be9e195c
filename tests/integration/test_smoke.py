# SPDX-License-Identifier: Apache-2.0
"""healthctl smoke: flows against a web application that answers as the test says; reports read by other programs."""
import json
import re
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree

import pytest

from lib import healthd as under_test
from lib.wait import wait_until
from lib.web import Web


@pytest.fixture
def web():
    app = Web({"GET /": "fine", "GET /login": {"token": "t0k3n-of-the-day", "n": 4},
               "GET /use": lambda request: (200 if request.headers["Authorization"] == "Bearer t0k3n-of-the-day"
                                            else 401, {"state": "done"}),
               "DELETE /use": "gone"})
    yield app
    app.close()


@pytest.fixture
def smoke(healthctl, tmp_path):
    """smoke(text, *words): a flow's file, and the answer."""
    def run(text, *words, **options):
        path = tmp_path / "flow.yml"
        path.write_text(text)
        return healthctl("smoke", str(path), *words, **options)
    return run


def test_more_flows_than_are_run_are_refused(smoke):
    flows = [{"name": f"f{i}", "steps": [{"name": "s", "tcp": "127.0.0.1:1"}]} for i in range(1001)]
    answer = smoke(json.dumps({"flows": flows}))
    assert answer.returncode == 2 and "more than 1000 flows" in answer.stderr, answer


def flow(web, steps, **keys):
    return json.dumps({"vars": {"base": web.url}, "steps": steps, **keys})


LOGIN = {"name": "login", "http": "${base}/login", "capture": {"token": {"expr": "json.token", "secret": True},
                                                               "n": "json.n"}}
USE = {"name": "use", "http": {"url": "${base}/use", "headers": {"authorization": "Bearer ${token}"}},
       "when": "vars.n > 3", "expect": ["json.state == 'done'"]}


def states(answer):
    return {step["step"]: step["state"] for step in json.loads(answer.stdout)["flows"][0]["steps"]}


def test_steps_hand_values_on_and_the_target_is_told_which_asking_it_is(web, smoke):
    answer = smoke(flow(web, [LOGIN, USE], **{"finally": [{"name": "clean", "http": {
        "url": "${base}/use", "method": "DELETE"}}]}), "--format", "json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    report = json.loads(answer.stdout)["flows"][0]
    assert web.paths() == ["GET /login", "GET /use", "DELETE /use"]
    assert "t0k3n-of-the-day" not in answer.stdout
    tasks = [step["probes"][0]["task_id"] for step in report["steps"]]
    assert [one.headers["X-Request-Id"] for one in web.asked] == tasks and len(set(tasks)) == 3
    for one, task in zip(web.asked, tasks):
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", one.headers["traceparent"])
        assert one.headers["traceparent"][3:35] == task.replace("-", "")


def test_what_fails_is_said_with_what_came_and_how_to_ask_again(web, smoke):
    web.answers["GET /use"] = {"state": "stuck"}
    answer = smoke(flow(web, [LOGIN, USE, {"name": "after", "http": "${base}/"}]))
    assert answer.returncode == 1
    assert "json.state == 'done'" in answer.stdout and 'json.state is "stuck"' in answer.stdout
    assert "--only use" in answer.stdout and "2 of 3 steps passed, 1 failed" in answer.stdout
    again = re.search(r"again\s+healthctl (smoke .*)", answer.stdout)[1].split()
    web.asked.clear()
    assert under_test.healthctl(*again).returncode == 1
    assert web.paths() == ["GET /login", "GET /use"], "what the step needs is asked, and nothing else"


def test_a_step_whose_variable_was_not_captured_is_skipped(web, smoke):
    web.answers["GET /login"] = (500, "broken")
    answer = smoke(flow(web, [LOGIN, USE], **{"finally": [
        {"name": "clean", "http": {"url": "${base}/use?t=${token}", "method": "DELETE"}}]}), "--format", "json")
    assert answer.returncode == 1
    assert states(answer) == {"login": "failed", "use": "skipped", "clean": "skipped"}
    assert web.paths() == ["GET /login"]


def test_only_the_cleaning_up_fails(web, smoke):
    answer = smoke(flow(web, [{"http": "${base}/"}], **{"finally": [{"name": "clean", "http": "${base}/none"}]}))
    assert answer.returncode == 6 and "passed, but not cleaned up" in answer.stdout


def test_a_step_is_tried_until_its_condition_holds(web, smoke):
    counts = iter(["queued", "running", "done"])
    web.answers["GET /job"] = lambda _: {"state": next(counts)}
    answer = smoke(flow(web, [{"name": "job", "http": "${base}/job", "expect": ["json.state == 'done'"],
                               "retry": {"until": "json.state in ['done', 'failed']", "for": "5s",
                                         "backoff": "10ms"}}]), "--format", "json")
    assert answer.returncode == 0
    assert json.loads(answer.stdout)["flows"][0]["steps"][0]["tries"] == 3


def test_parallel_steps_are_asked_at_once(web, smoke):
    both = threading.Barrier(2, timeout=10)
    web.answers["GET /meet"] = lambda _: (both.wait(), "met")[1]
    answer = smoke(flow(web, [{"name": "both", "parallel": [{"name": "a", "http": "${base}/meet"},
                                                            {"name": "b", "http": "${base}/meet"}]}]))
    assert answer.returncode == 0 and "both/a" in answer.stdout


def test_the_deadline_holds_and_the_end_happens(web, smoke):
    silent = Web({})
    try:
        silent.answers["GET /"] = lambda _: (time.sleep(5), "late")[1]
        answer = smoke(json.dumps({"deadline": "300ms", "vars": {"silent": silent.url, "base": web.url}, "steps": [
            {"name": "hangs", "http": "${silent}/"}, {"name": "next", "http": "${base}/"}],
            "finally": [{"name": "clean", "http": "${base}/use?end"}]}), "--format", "json")
        assert answer.returncode == 3
        assert states(answer) == {"hangs": "failed", "next": "skipped", "clean": "failed"}
        assert web.paths() == ["GET /use?end"]
    finally:
        silent.close()


def test_it_waits_for_what_is_not_up_yet(web, smoke):
    times = []
    web.answers["GET /boot"] = lambda _: (times.append(1), (200 if len(times) > 2 else 503, "booting"))[1]
    steps = [{"name": "boot", "http": "${base}/boot"}]
    assert smoke(flow(web, steps), "--wait", "10s").returncode == 0
    web.answers["GET /boot"] = (503, "never")
    answer = smoke(flow(web, steps), "--wait", "600ms")
    assert answer.returncode == 3 and "not ready" in answer.stdout and "tries in" in answer.stdout


def test_ctrl_c_cleans_up_once(web, tmp_path):
    path = tmp_path / "flow.yml"
    web.answers["GET /hang"] = lambda _: (time.sleep(3), "late")[1]
    path.write_text(flow(web, [{"name": "hang", "http": "${base}/hang"}, {"name": "next", "http": "${base}/"}],
                         **{"finally": [{"name": "clean", "http": {"url": "${base}/use", "method": "DELETE"}}]}))
    with subprocess.Popen([under_test.program("HEALTHCTL_BIN"), "smoke", str(path)], text=True, stdout=subprocess.PIPE) as process:
        wait_until(lambda: web.asked, 10, "the first step")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and "stopped by hand" in out
    assert web.paths() == ["GET /hang", "DELETE /use"]


def test_variables_are_given_and_missing_ones_are_said_first(web, smoke):
    text = json.dumps({"vars": {"base": web.url, "release": None},
                       "steps": [{"name": "release", "http": "${base}/?r=${release}"}]})
    answer = smoke(text)
    assert answer.returncode == 2 and "--var release=VALUE" in answer.stderr
    answer = smoke(text, "--var", "relase=1")
    assert answer.returncode == 2 and "did you mean 'release'?" in answer.stderr
    assert not web.asked
    assert smoke(text, "--var", "release=a1b2").returncode == 0
    assert web.paths() == ["GET /?r=a1b2"]


def test_a_dry_run_sends_nothing(web, smoke):
    answer = smoke(flow(web, [LOGIN, USE]), "--dry-run")
    assert answer.returncode == 0 and "needs ${token}" in answer.stdout and not web.asked


def test_junit_and_tap_are_read_by_others(web, smoke, tmp_path):
    web.answers["GET /use"] = (500, 'a "broken" <answer> & more')
    xml, tap = tmp_path / "out.xml", tmp_path / "out.tap"
    answer = smoke(flow(web, [LOGIN, USE, {"name": "skipped", "when": "vars.n > 9", "http": "${base}/"}]),
                   "--report", str(xml), "--report", f"tap={tap}", "--format", "nagios")
    assert answer.returncode == 2, "Nagios' code of critical"
    assert re.match(r"SMOKE CRITICAL - 1 of 3 steps passed, 1 failed, 1 skipped in [\d.]+s \| total=3 failed=1 "
                    r"skipped=1 duration=[\d.]+s\n", answer.stdout)
    suite = ElementTree.parse(xml).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert [case.get("name") for case in suite.iter("testcase")] == ["login", "use", "skipped"]
    assert suite.find(".//failure").get("type") == "status"
    proved = subprocess.run(["prove", "--exec", "cat", str(tap)], capture_output=True, text=True)
    assert "Failed 1/3 subtests" in proved.stdout and "less 1 skipped subtest" in proved.stdout, proved.stdout


def test_a_flow_of_node_red_is_answered_with_what_to_write(smoke):
    answer = smoke(json.dumps([{"id": "a1", "type": "tab"}, {"id": "b2", "z": "a1", "type": "http in", "name": "show",
                                                             "url": "/orders/:id", "method": "get"}]))
    assert answer.returncode == 2
    assert "is a flow of Node-RED" in answer.stderr
    assert '- name: "show"' in answer.stderr and 'url: "http://127.0.0.1:1880/orders/${id}"' in answer.stderr


def test_steps_are_included_and_circles_are_found(web, smoke, tmp_path):
    (tmp_path / "shared.yml").write_text('- {name: shared, http: "${base}/"}\n')
    assert smoke(flow(web, [{"include": "shared.yml"}])).returncode == 0
    (tmp_path / "shared.yml").write_text("- {include: flow.yml}\n")
    answer = smoke(flow(web, [{"include": "shared.yml"}]))
    assert answer.returncode == 2 and "includes itself" in answer.stderr


def test_github_sees_the_line(web, smoke):
    answer = smoke(f'steps:\n  - name: gone\n    http: "{web.url}/none"\n', "--format", "github")
    assert answer.returncode == 1
    assert re.match(r"::error file=\S+flow\.yml,line=2,title=flow%3A gone::expected status", answer.stdout)


# ---- on a schedule ----


def test_a_canary_has_series_a_log_line_and_one_alert(web, healthd, notify_stub):
    config = {"packs": {"probes": False, "healthd": False},
              "receivers": {"hook": {"webhook": {"url": notify_stub.url + "/hook"}}},
              "route": {"receiver": "hook", "group_wait": "0s", "group_interval": "1s"},
              "flows": [{"name": "shop", "schedule": "1s", "severity": "critical", "labels": {"component": "shop"},
                         "vars": {"base": web.url}, "steps": [LOGIN, USE]}]}
    daemon = healthd("".join(f"{key}: {json.dumps(value)}\n" for key, value in config.items()))
    daemon.wait_value(1, "flow_success", flow="shop", component="shop", workflow_id="shop")
    web.answers["GET /use"] = (500, "broken")
    daemon.wait_value(0, "flow_success", flow="shop")
    assert daemon.value("flow_step_success", step="use") == 0
    assert daemon.value("flow_step_success", step="login") == 1
    (notice, *_) = wait_until(lambda: [one for one in notify_stub.log if one.vendor == "webhook"], 40, "the alert")
    labels = notice.json()["alerts"][0]["labels"]
    assert (labels["alertname"], labels["flow"], labels["severity"]) == ("FlowFailed", "shop", "critical")
    (last,) = daemon.get("/api/flows").json()["flows"]
    assert last["last_run"]["result"] == "failed" and last["last_run"]["steps"][1]["state"] == "failed"
    assert daemon.logs(event="flow failed") and "t0k3n-of-the-day" not in daemon.stderr()


def test_a_canary_that_is_taken_away_still_ends_as_it_should(web, healthd):
    web.answers["GET /hang"] = lambda _: (time.sleep(2), "late")[1]
    flows = [{"name": "slow", "schedule": "1s", "vars": {"base": web.url},
              "steps": [{"name": "hang", "http": "${base}/hang"}],
              "finally": [{"name": "clean", "http": {"url": "${base}/use", "method": "DELETE"}}]}]
    daemon = healthd(f"flows: {json.dumps(flows)}\n")
    wait_until(lambda: "GET /hang" in web.paths(), 20, "the first run")
    daemon.reload("labels: {a: b}\n")
    wait_until(lambda: "DELETE /use" in web.paths(), 20, "the end of the flow")
    assert "flow_success" not in daemon.get("/metrics").text
