# SPDX-License-Identifier: Apache-2.0
"""The page about a dead container has what it printed last, without secrets: a real Docker Engine, the receivers' stub."""
import json

from lib.wait import wait_until

SECRET = "hunter2-but-longer"
# Until somebody makes the file; what was up before it died pages at once.
DIES = ("sh", "-c", f"echo starting; until test -e /tmp/go; do sleep 0.1; done; rm /tmp/go; printf 'cannot log in with \\033[31m{SECRET}\\033[0m\\n' >&2; "
        "echo 'giving up'; exit 1")


def config(engine, stub, rows=""):
    """Deaths page at once, and the password is one that healthd knows."""
    keys = {
        "probes": [
            {"name": "containers", "containers": {"docker": engine.address}, "interval": "1h",
             "retry_interval": "1s", "severity": "critical"},
            {"name": "db", "http": {"url": "http://127.0.0.1:1/", "headers": {"X-Token": "${env:DB_PASSWORD}"}}, "interval": "1h",
             "severity": "none"}],
        "rules": [{"alert": "Dead", "expr": "probe_item_state == 3", "labels": {"severity": "critical"},
                   "annotations": {"summary": "{{ $labels.name }} is dead"}}],
        "packs": {"probes": False, "healthd": False, "containers": False},
        "receivers": {"oncall": {"pagerduty": {"routing_key": "0" * 32, "url": stub.url}},
                      "chat": {"slack": {"webhook_url": stub.url + "/services/T0/B0/x"}}},
        "route": {"receiver": ["oncall", "chat"], "group_by": ["alertname", "name"], "group_wait": "0s"}}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


def die(engine, name):
    engine.docker("exec", name, "touch", "/tmp/go")


def printed(run, name):
    found = [item for item in run["items"] if item["key"] == name]
    return found[0].get("last_log", []) if found else []


def wait_printed(daemon, name):
    return wait_until(lambda: printed(daemon.explain("containers")["last_run"] or {"items": []}, name), 30,
                      f"last lines of {name}")


def pages(stub):
    return [one.json() for one in stub.log if one.vendor == "pagerduty" and one.action == "trigger"]


def test_the_page_has_the_last_lines_without_the_secret(engine, healthd, healthctl, notify_stub):
    engine.run("web", command=DIES)
    daemon = healthd(config(engine, notify_stub), env={"DB_PASSWORD": SECRET})
    daemon.wait_health("containers", "up")
    daemon.wait_value(1, "healthd_container_engine_up")
    die(engine, "web")
    (page, *_) = wait_until(lambda: pages(notify_stub), 40, "a page")
    (alert,) = page["payload"]["custom_details"]["alerts"]
    assert set(alert["Last log"].split("\n")) == {"starting", "cannot log in with [redacted]", "giving up"}, alert
    assert "exit code 1" in alert["Found"], alert
    wait_until(lambda: [one for one in notify_stub.log if one.vendor == "slack"], 20, "Slack")
    everything = b"".join(one.body for one in notify_stub.log)
    assert SECRET.encode() not in everything
    assert any(b"giving up" in one.body for one in notify_stub.log if one.vendor == "slack")
    shown = healthctl("explain", "containers", "--socket", daemon.socket).stdout
    assert "Last lines of web" in shown and "cannot log in with [redacted]" in shown, shown
    assert SECRET not in shown + daemon.stderr() + daemon.process.out.read_text()


def test_each_death_is_asked_for_once_and_what_restarts_has_its_lines(engine, healthd, notify_stub):
    engine.run("loop", "--restart", "always", command=("sh", "-c", "echo \"life $$ ends\"; sleep 0.3; exit 0"))
    engine.run("quiet", command=("sh", "-c", "exit 3"))
    daemon = healthd(config(engine, notify_stub), env={"DB_PASSWORD": SECRET})
    assert wait_printed(daemon, "loop")[-1].startswith("life")
    run = daemon.run_now("containers")
    assert printed(run, "quiet") == [] and {item["key"] for item in run["items"]} == {"loop", "quiet"}


def test_an_engine_that_keeps_no_logs_says_why_once(engine, healthd, notify_stub):
    engine.run("web", "--log-driver", "none", command=DIES)
    die(engine, "web")
    daemon = healthd(config(engine, notify_stub), env={"DB_PASSWORD": SECRET})
    (line,) = wait_printed(daemon, "web")
    assert line.startswith("(cannot be read: ") and "logging driver" in line, line
    engine.docker("start", "web")
    wait_until(lambda: "up" in {item["health"] for item in daemon.run_now("containers")["items"]}, 20)
    die(engine, "web")
    wait_until(lambda: daemon.run_now("containers")["items"][0]["health"] == "down", 20)
    wait_until(lambda: daemon.run_now("containers")["items"][0].get("last_log") is None, 30,
               "nothing more to be said")
