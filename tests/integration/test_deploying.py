# SPDX-License-Identifier: Apache-2.0
"""healthctl wait, deploy and baseline: what stands between `docker compose up -d` and a release that is known to work."""
import json
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

from lib import healthd as under_test
from lib.standin import StandIn
from lib.wait import wait_until
from lib.web import Web


@pytest.fixture
def web():
    app = Web({"GET /": "fine", "GET /version": {"commit": "a1b2c3"}})
    yield app
    app.close()


def config(tmp_path, **keys):
    path = tmp_path / "stack.yml"
    path.write_text(json.dumps(keys))
    return str(path)


def probe(web, name, path="/", **keys):
    return {"name": name, "http": web.url + path, **keys}


def after(count, answer="ready"):
    """503 until it was asked `count` times."""
    left = iter(range(count))
    return lambda _: (503, "booting") if next(left, None) is not None else answer


# ---- wait ----

def test_wait_returns_when_all_are_ready(healthctl, web, tmp_path):
    web.answers["GET /slow"] = after(3)
    stack = config(tmp_path, probes=[probe(web, "fast"), probe(web, "slow", "/slow"),
                                     {"name": "backup", "heartbeat": {"every": "1h"}}])
    done = healthctl("wait", stack, "--timeout", "20s", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["ready"] is True
    assert {one["target"]: one["tries"] for one in answer["targets"]} == {"fast": 1, "slow": 4}


def test_wait_says_what_is_not_ready_and_why(healthctl, web, tmp_path):
    web.answers["GET /boot"] = (503, "booting")
    stack = config(tmp_path, probes=[probe(web, "fast"), probe(web, "boot", "/boot"),
                                     {"name": "gone", "tcp": "127.0.0.1:1"}])
    done = healthctl("wait", stack, "--timeout", "700ms")
    assert done.returncode == 3
    assert "not ready after" in done.stdout and "1 of 3 are" in done.stdout
    lines = {line.split()[1]: line for line in done.stdout.splitlines() if line.strip().startswith(("yes", "no "))}
    assert "503" in lines["boot"] and "refuses" in lines["gone"]
    named = healthctl("wait", stack, "fast", "--timeout", "5s")
    assert named.returncode == 0 and "1 of 1" in named.stdout


def test_wait_ends_in_time_when_something_hangs(healthctl, web, tmp_path):
    web.answers["GET /hang"] = lambda _: (time.sleep(60), "late")[1]
    stack = config(tmp_path, probes=[probe(web, "hang", "/hang", timeout="50s", interval="1m")])
    done = healthctl("wait", stack, "--timeout", "500ms")
    assert done.returncode == 3 and "deadline of 5" in done.stdout, done.stdout


def test_wait_for_a_while_is_not_taken_in_by_a_crash_loop(healthctl, web, tmp_path):
    answers = iter(["up", (503, "crashed"), (503, "starting"), "up"])
    web.answers["GET /"] = lambda _: next(answers, "up")
    stack = config(tmp_path, probes=[probe(web, "web")])
    done = healthctl("wait", stack, "--for", "1500ms", "--timeout", "30s", "--format", "json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["steady_seconds"] >= 1.5
    assert len(web.asked) >= 6, "the first answer, two that failed, and those that count"
    flapping = iter(range(1000))
    web.answers["GET /"] = lambda _: (200 if next(flapping) % 2 else 503, "now and then")
    done = healthctl("wait", stack, "--for", "2s", "--timeout", "3s")
    assert done.returncode == 3 and "of the 2 s" in done.stdout, done.stdout


def test_wait_for_a_flow_and_what_is_wrong_with_the_words(healthctl, web, tmp_path):
    web.answers["GET /version"] = after(2, {"commit": "new"})
    stack = config(tmp_path, vars={"release": None}, steps=[{
        "name": "release", "http": web.url + "/version", "expect": ["json.commit == vars.release"]}])
    assert healthctl("wait", stack).returncode == 2, "a variable is missing"
    done = healthctl("wait", stack, "--var", "release=new", "--timeout", "20s")
    assert done.returncode == 0 and "release" in done.stdout, done.stdout + done.stderr
    asked = len(web.asked)
    for words, said in ((["--for", "5s", "--timeout", "2s"], "shorter"), (["relaese"], "no probe or flow"),
                        (["--timeout", "soon"], "--timeout")):
        wrong = healthctl("wait", stack, *words)
        assert wrong.returncode == 2 and said in wrong.stderr, wrong.stderr
    pushed = config(tmp_path, probes=[{"name": "backup", "heartbeat": {"every": "1h"}}])
    assert healthctl("wait", pushed).returncode == 2
    assert "healthctl status" in healthctl("wait", pushed, "backup").stderr
    assert len(web.asked) == asked


def test_ctrl_c_ends_a_wait(web, tmp_path):
    web.answers["GET /"] = (503, "never")
    stack = config(tmp_path, probes=[probe(web, "web")])
    with subprocess.Popen([under_test.program("HEALTHCTL_BIN"), "wait", stack], text=True,
                          stdout=subprocess.PIPE) as process:
        wait_until(lambda: web.asked, 10, "the first try")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert "stopped by hand" in process.stdout.read()


# ---- deploy ----

@pytest.fixture
def standin(tmp_path, monkeypatch):
    """A healthd that hears of deployments."""
    healthd = StandIn(tmp_path / "standin.sock", {"POST /api/deploys": {"id": "d1"},
                                                  "POST /api/deploys/d1/end": {"id": "d1"}})
    monkeypatch.setenv("HEALTHD_SOCKET", healthd.path)
    monkeypatch.setenv("USER", "ana")
    yield healthd
    healthd.close()


@pytest.fixture
def deploy(healthctl, tmp_path, standin):
    """deploy(flow, *flags, command=…): runs it; .ran and .rolled_back say what was run, .end what healthd heard last."""
    def run(flow, *flags, command="true"):
        ran, back = tmp_path / "ran", tmp_path / "rolled-back"
        for mark in (ran, back):
            mark.unlink(missing_ok=True)
        path = tmp_path / "flow.yml"
        path.write_text(flow if isinstance(flow, str) else json.dumps(flow))
        done = healthctl("deploy", "--smoke", str(path), *flags, "--on-fail",
                         f'echo "$HEALTHCTL_DEPLOY $HEALTHCTL_RELEASE $HEALTHCTL_EXIT $HEALTHCTL_WHY" > {back}',
                         "--", "sh", "-c", f"touch {ran}; {command}")
        done.ran, done.rolled_back = ran.exists(), back.exists() and back.read_text().strip()
        done.end = standin.asked[-1][2] if standin.asked else None
        return done
    return run


def step(web, path="/", **keys):
    return {"name": "step", "http": web.url + path, **keys}


def test_a_deployment_that_passes(deploy, web, standin):
    done = deploy({"vars": {"release": None}, "steps": [
        step(web, "/version", expect=["json.commit == vars.release"])]}, "--release", "a1b2c3", "--what", "shop",
        command="echo pulled")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.ran and done.rolled_back is False
    assert standin.asked == [("POST", "/api/deploys", {"what": "shop", "release": "a1b2c3", "who": "ana"}),
                             ("POST", "/api/deploys/d1/end", {"failed": False})]
    assert done.stdout.startswith("pulled\n") and "1 of 1 steps passed" in done.stdout
    assert "deploy d1 passed" in done.stdout


@pytest.mark.parametrize("code, steps", [
    (1, lambda web: [step(web, "/version", expect=["json.commit == 'other'"])]),
    (3, lambda web: [step(web, "/version", expect=["json.commit == 'other'"])]),
    (4, lambda web: [{"name": "step", "tcp": "127.0.0.1:1"}])])
def test_what_the_release_is_to_blame_for_runs_on_fail(deploy, web, code, steps):
    wait = "600ms" if code == 3 else "0s"
    done = deploy({"name": "shop", "steps": steps(web)}, "--wait", wait, "--release", "a1b2c3")
    assert done.returncode == code, done.stdout + done.stderr
    assert done.rolled_back.startswith(f"d1 a1b2c3 {code} shop, step: ")
    assert done.end["failed"] is True and done.end["why"].startswith("shop, step: ")
    assert f"failed ({code})" in done.stderr and "--on-fail runs" in done.stderr


def test_a_fault_of_the_configuration_starts_nothing(deploy, web, standin, healthctl, tmp_path):
    for flow, flags in (("steps: [{name: a, nothing: x}]", ()), ({"steps": [step(web, expect=["json.a +"])]}, ()),
                        ({"vars": {"release": None}, "steps": [step(web, "/${release}")]}, ()),
                        ({"steps": [step(web)]}, ("--wait", "soon")), ({"steps": [step(web)]}, ("--report", "x=y")),
                        ({"steps": [step(web)]}, ("--var", "x"))):
        done = deploy(flow, *flags)
        assert done.returncode == 2, (flow, flags, done.stdout + done.stderr)
        assert not done.ran and not done.rolled_back and not standin.asked and not web.asked
    assert healthctl("deploy", "--smoke", str(tmp_path / "no.yml"), "--", "touch", str(tmp_path / "ran")).returncode == 2
    assert healthctl("deploy", "mark", "--smoke", "x").returncode == 2
    assert not (tmp_path / "ran").exists() and not standin.asked


def test_what_could_not_be_asked_is_not_rolled_back(deploy, tmp_path):
    servers = tmp_path / "resolv.conf"
    servers.write_text("nameserver 127.66.66.66\noptions timeout:1 attempts:1\n")  # nobody is there
    done = deploy({"resolver": {"resolv_conf": str(servers)}, "steps": [
        {"name": "step", "tcp": "db.example:5432"}]}, "--wait", "0s")
    assert done.returncode == 5, done.stdout + done.stderr
    assert done.ran and done.rolled_back is False
    assert done.end["failed"] is False and done.end["why"] and "could not be proved" in done.stdout


def test_a_teardown_that_fails_is_not_rolled_back(deploy, web):
    done = deploy({"steps": [step(web)], "finally": [{"name": "clean", "http": web.url + "/none"}]}, "--wait", "0s")
    assert done.returncode == 6 and done.ran and done.rolled_back is False
    assert done.end["failed"] is False and "clean" in done.end["why"]


def test_a_command_that_fails_is_told_as_such(deploy, web, healthctl):
    done = deploy({"steps": [step(web)]}, command="echo half; exit 17")
    assert done.returncode == 1 and not web.asked
    assert "the command failed: sh exited with 17" in done.stderr
    assert done.end == {"failed": True, "why": "sh exited with 17"}
    assert done.rolled_back == "d1  1 sh exited with 17"
    done = healthctl("deploy", "--on-fail", "true", "--", "/nowhere/at-all")
    assert done.returncode == 2 and "--on-fail runs" not in done.stderr


def test_on_fail_that_fails_is_told_and_the_exit_code_stays(healthctl, web, standin, tmp_path):
    flow = config(tmp_path, steps=[step(web, "/none")])
    done = healthctl("deploy", "--smoke", flow, "--wait", "0s", "--on-fail", "echo back; exit 9", "--format", "json",
                     "--report", f"junit={tmp_path}/out.xml", "--", "echo", "up")
    assert done.returncode == 1 and "it exited with 9" in done.stderr
    assert "up\n" in done.stderr and "back\n" in done.stderr, "standard output is the report's"
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "failed" and answer["exit_code"] == 1 and answer["id"] == "d1"
    assert answer["command"] == {"status": 0, "started": True} and answer["on_fail"] == {"status": 9}
    assert answer["smoke"]["flows"][0]["failed_steps"] == 1
    assert standin.asked[-1][2]["why"].endswith("--on-fail exited with 9")
    assert ElementTree.parse(tmp_path / "out.xml").getroot().get("failures") == "1"


def test_without_a_flow_the_probes_of_what_is_deployed_have_to_be_ready(healthctl, web, standin, tmp_path):
    web.answers["GET /shop"] = after(2)
    stack = config(tmp_path, probes=[probe(web, "front", "/shop", labels={"component": "shop"}),
                                     probe(web, "other", "/never")])
    done = healthctl("deploy", "--config", stack, "--what", "shop", "--wait", "20s", "--format", "json", "--", "true")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["wait"]["ready"] is True and [one["target"] for one in answer["wait"]["targets"]] == ["front"]
    done = healthctl("deploy", "--config", stack, "--wait", "500ms", "--", "true")
    assert done.returncode == 3 and standin.asked[-1][2]["why"].startswith("other: ")
    done = healthctl("deploy", "--config", stack, "--what", "shpo", "--wait", "1s", "--", "touch", str(tmp_path / "ran"))
    assert done.returncode == 2 and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("moment", ["command", "smoke"])
def test_ctrl_c_ends_a_deployment_as_failed(web, standin, tmp_path, moment):
    web.answers["GET /"] = (503, "never")
    flow = config(tmp_path, steps=[step(web)], **{"finally": [{"name": "clean", "http": web.url + "/version"}]})
    started = tmp_path / "started"
    command = f"touch {started}; exec sleep 60" if moment == "command" else "true"
    with subprocess.Popen([under_test.program("HEALTHCTL_BIN"), "deploy", "--smoke", flow, "--on-fail",
                           f"touch {tmp_path}/back", "--", "sh", "-c", command],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        wait_until(started.exists if moment == "command" else lambda: web.asked, 20, "it to be under way")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert standin.asked[-1][2] == {"failed": True, "why": "stopped by hand" if moment == "command" else
                                    standin.asked[-1][2]["why"]}
    assert not (tmp_path / "back").exists()
    assert [one.path for one in web.asked][-1:] == ([] if moment == "command" else ["/version"])


# ---- baselines ----

ORDERS = {"orders": [{"id": "a1", "total": 12.5, "paid": True}], "by_day": {"2026-11-27": {"count": 1}}, "next": None}


@pytest.fixture
def shop(web, tmp_path):
    """A flow of three steps whose answers have shapes; the file's name."""
    web.answers.update({"GET /orders": ORDERS, "GET /login": {"token": "t0k3n-of-the-day"}})
    return config(tmp_path, name="shop", steps=[
        {"name": "login", "http": web.url + "/login", "capture": {"token": {"expr": "json.token", "secret": True}}},
        {"name": "data", "parallel": [{"name": "orders", "http": {
            "url": web.url + "/orders", "headers": {"authorization": "Bearer ${token}"}}},
            {"name": "page", "http": web.url + "/"}]}])


@pytest.fixture
def baseline(healthctl, shop, tmp_path):
    path = tmp_path / "good.json"
    done = healthctl("baseline", "record", shop, "--repeat", "6", "--output", str(path), "--release", "a1b2c3")
    assert done.returncode == 0, done.stdout + done.stderr
    return path


@pytest.fixture
def against(healthctl, shop, baseline):
    """against(*words): smoke beside the baseline, with .verdicts by step and .all."""
    def run(*words):
        done = healthctl("smoke", shop, "--against", str(baseline), "--format", "json", *words)
        answer = json.loads(done.stdout)["against"]
        done.all, done.steps = answer["verdict"], {one["step"]: one for one in answer["steps"]}
        done.verdicts = {name: one["verdict"] for name, one in done.steps.items()}
        return done
    return run


def test_a_baseline_is_readable_and_has_no_values(healthctl, baseline, shop, web):
    text = baseline.read_text()
    kept = json.loads(text)
    assert kept["healthctl_baseline"] == 1 and kept["release"] == "a1b2c3"
    answers = {one["step"]: one for one in kept["flows"][0]["answers"]}
    assert kept["flows"][0]["runs"] == 6 and set(answers) == {"login", "data/orders", "data/page"}
    for one in answers.values():
        assert len(one["seconds"]["total"]["samples"]) == 6
        assert one["seconds"]["total"]["p95"] == max(one["seconds"]["total"]["samples"])
    shape = answers["data/orders"]["shapes"]["json"]
    assert shape["required"] == ["orders", "by_day", "next"] or set(shape["required"]) == set(ORDERS)
    assert shape["properties"]["orders"]["items"]["properties"]["total"] == {"type": "number"}
    assert shape["properties"]["by_day"]["additionalProperties"]["properties"] == {"count": {"type": "number"}}
    for value in ("t0k3n", "a1\"", "12.5", "2026-11-27\":"):
        assert value not in text, value
    shown = healthctl("baseline", "show", str(baseline))
    assert shown.returncode == 0 and "data/orders" in shown.stdout and "a1b2c3" in shown.stdout


def test_the_same(against):
    done = wait_until(lambda: (found := against("--repeat", "3")).all == "same" and found)
    assert done.returncode == 0, done.stdout
    assert set(done.verdicts.values()) == {"same"}
    assert done.steps["login"]["fresh_samples"] == 3 and done.steps["login"]["recorded_samples"] == 6


AT_ANY_SPEED = ("--tolerance", "100000%")


def test_slower(against, web, healthctl, shop, baseline):
    web.answers["GET /orders"] = lambda _: (time.sleep(0.4), ORDERS)[1]
    # On a busy machine what is not meant may be slower once, too.
    done = wait_until(lambda: (found := against("--repeat", "2")).verdicts["login"] == found.verdicts["data/page"] == "same" and found)
    assert done.returncode == 0 and done.all == "slower", done.stdout
    assert done.verdicts == {"login": "same", "data/orders": "slower", "data/page": "same"}
    assert "total: p95 " in done.steps["data/orders"]["why"] and "wait: p95" in done.steps["data/orders"]["why"]
    assert against("--fail-slower").returncode == 1, "of one run, too, when it is clear"
    assert against(*AT_ANY_SPEED).all == "same"
    done = healthctl("smoke", shop, "--against", str(baseline), "--format", "github")
    assert done.returncode == 0 and "::warning title=shop%3A data/orders is slower::total" in done.stdout


def test_changed(against, web, healthctl, shop, baseline, tmp_path):
    web.answers["GET /orders"] = {**ORDERS, "orders": [{"id": 1, "paid": True}], "more": 1}
    done = against(*AT_ANY_SPEED)
    assert done.returncode == 1 and done.all == "changed"
    assert done.verdicts == {"login": "same", "data/orders": "changed", "data/page": "same"}
    assert done.steps["data/orders"]["why"] == ("json.orders[].id: was string, is number; "
                                                "json.orders[].total is gone")
    assert done.steps["data/orders"]["note"] == "json.more is new"
    web.answers["GET /orders"] = {**ORDERS, "more": 1, "orders": []}
    assert against(*AT_ANY_SPEED).all == "same", "a key more breaks no reader, and an empty list has no shape"
    web.answers["GET /orders"] = "no JSON"
    report = tmp_path / "out.xml"
    done = healthctl("smoke", shop, "--against", str(baseline), "--report", f"junit={report}", "--report",
                     f"tap={tmp_path}/out.tap", "--report", f"nagios={tmp_path}/out.nagios")
    assert done.returncode == 1 and "3 of 3 steps passed" in done.stdout
    assert "json is not there any more" in done.stdout and ": changed\n" in done.stdout
    root = ElementTree.parse(report).getroot()
    assert (root.get("tests"), root.get("failures")) == ("6", "1")
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["data/orders"] and len(root.findall("testsuite")) == 2
    assert "not ok 5 - shop: data/orders beside the baseline: changed" in (tmp_path / "out.tap").read_text()
    assert "data/orders: changed: json is not there" in (tmp_path / "out.nagios").read_text()


def test_broken(against, web):
    web.answers["GET /login"] = (500, {"error": "x"})
    done = against("--repeat", "3")
    assert done.returncode == 1 and done.all == "broken"
    assert done.verdicts == {"login": "broken", "data/orders": "broken", "data/page": "same"}
    assert "500" in done.steps["login"]["why"] and "token" in done.steps["data/orders"]["why"]


def test_what_is_in_one_of_the_two_only(healthctl, web, baseline, tmp_path):
    flow = config(tmp_path, name="shop", steps=[step(web)])
    done = healthctl("smoke", flow, "--against", str(baseline))
    assert done.returncode == 0 and "it is not in the baseline" in done.stdout
    other = config(tmp_path, name="other", steps=[step(web)])
    web.asked.clear()
    for words in (["--against", str(baseline)], ["--against", str(tmp_path / "none.json")], ["--fail-slower"],
                  ["--against", other], ["--against", str(baseline), "--tolerance", "much"]):
        done = healthctl("smoke", other, *words)
        assert done.returncode == 2 and not web.asked, (words, done.stdout + done.stderr)


def test_nothing_is_recorded_of_a_flow_that_fails(healthctl, shop, web, baseline):
    before = baseline.read_text()
    web.answers["GET /"] = (500, "no")
    done = healthctl("baseline", "record", shop, "--output", str(baseline))
    assert done.returncode == 1 and "nothing was recorded" in done.stderr
    assert baseline.read_text() == before and list(baseline.parent.glob("*.new")) == []


def test_a_deployment_is_compared_too(deploy, shop, baseline, web):
    web.answers["GET /orders"] = {"orders": "none"}
    with open(shop, encoding="utf-8") as flow:
        done = deploy(flow.read(), "--against", str(baseline))
    assert done.returncode == 1 and "data/orders is changed: json.orders: was array" in done.end["why"]
    assert done.rolled_back.startswith("d1  1 shop, data/orders is changed")


# ---- the mark ----

VERSION = "default_type application/json; return 200 '{\"commit\": \"%s\"}';"


@pytest.fixture
def stack(healthd, nginx, notify_stub, tmp_path, monkeypatch):
    """A real nginx that serves a release, a healthd that watches it and pages, and a flow that asks for the release."""
    server = nginx(VERSION % "old")
    daemon = healthd("".join(f"{key}: {json.dumps(value)}\n" for key, value in {
        "site": "it",
        "probes": [{"name": "shop", "http": server.url(), "interval": "500ms", "timeout": "400ms", "fall": 1, "rise": 1,
                    "labels": {"component": "shop"}}],
        "packs": {"probes": False, "healthd": False},
        "rules": [{"alert": "Down", "expr": "probe_state == 3", "labels": {"severity": "critical"},
                   "annotations": {"summary": "{{ $labels.probe }} is down"}}],
        "receivers": {"oncall": {"pagerduty": {"routing_key": "0" * 32, "url": notify_stub.url}}},
        "notify": {"critical": ["oncall"]}}.items()))
    daemon.wait_value(1, "probe_success", probe="shop")
    monkeypatch.setenv("HEALTHD_SOCKET", str(daemon.socket))
    flow = tmp_path / "smoke.yml"
    flow.write_text(json.dumps({"vars": {"release": None}, "steps": [
        {"name": "release", "http": server.url(), "expect": ["json.commit == vars.release"]}]}))
    return daemon, server, notify_stub, str(flow)


def put(server, release):
    """A command that deploys it."""
    conf = server.folder / "nginx.conf"
    return ["sh", "-c", f"""sed -i 's/"commit": "[^"]*"/"commit": "{release}"/' {conf} && kill -HUP {server.process.pid}"""]


def changes(stub, count):
    wait_until(lambda: len(stub.pagerduty.changes) >= count, 20, f"{count} change events")
    return [one["payload"] for one in stub.pagerduty.changes]


def test_a_deployment_leaves_its_mark(stack, healthctl):
    daemon, server, stub, flow = stack
    done = healthctl("deploy", "--what", "shop", "--release", "a1b2c3", "--as", "ci", "--smoke", flow, "--wait", "20s",
                     "--", *put(server, "a1b2c3"))
    assert done.returncode == 0, done.stdout + done.stderr
    began, ended = changes(stub, 2)
    assert began["summary"] == "deploy a1b2c3 of shop began" and ended["summary"] == "deploy a1b2c3 of shop ended"
    assert ended["custom_details"]["labels"].items() >= {"release": "a1b2c3", "what": "shop", "outcome": "passed",
                                                        "who": "ci"}.items()
    assert ended["timestamp"] >= began["timestamp"] and ended["source"] == "it"
    (line,) = daemon.logs(event="deploy.ended")
    assert (line["release"], line["what"], line["who"], line["outcome"]) == ("a1b2c3", "shop", "ci", "passed")
    assert daemon.logs(event="deploy.began")[0]["deploy"] == line["deploy"]
    marks = {"what": "shop", "release": "a1b2c3"}
    assert abs(daemon.value("healthd_deploy_timestamp_seconds", **marks) - time.time()) < 60
    assert daemon.value("healthd_deploy_success", **marks) == 1
    assert daemon.value("healthd_deploys_total", outcome="passed") == 1
    assert daemon.value("healthd_deploys_under_way") == 0

    healthctl("deploy", "mark", "--what", "shop", "--release", "d4e5f6")
    page = daemon.page()
    assert [labels["release"] for labels, _ in page.select("healthd_deploy_success", what="shop")] == ["d4e5f6"]


def test_a_release_that_is_wrong_is_taken_back(stack, healthctl):
    daemon, server, stub, flow = stack
    script = server.folder / "back.sh"
    script.write_text(put(server, "old")[2])
    done = healthctl("deploy", "--what", "shop", "--release", "a1b2c3", "--smoke", flow, "--wait", "1s", "--on-fail",
                     f"sh {script}", "--", *put(server, "wrong"))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "wrong" in done.stdout and "--on-fail failed" not in done.stderr
    wait_until(lambda: healthctl("smoke", flow, "--var", "release=old").returncode == 0, 20, "the old release to be back")
    _, ended = changes(stub, 2)
    assert ended["summary"].startswith("deploy a1b2c3 of shop failed: ") and "release" in ended["summary"]
    assert daemon.value("healthd_deploy_success", what="shop", release="a1b2c3") == 0
    line = daemon.wait_log(event="deploy.ended")
    assert line["level"] == "warning" and line["outcome"] == "failed" and "json.commit" in line["why"]
    assert json.loads(daemon.get("/api/deploys").text)[-1]["why"] == line["why"]

    server.kill()  # later, for another reason: a failed deployment holds nothing any more
    (page, *_) = wait_until(lambda: [one.json() for one in stub.log if one.action == "trigger"], 20, "the page")
    assert "after deploy a1b2c3 of shop" in page["payload"]["custom_details"]["Last deploy"]
