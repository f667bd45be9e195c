# SPDX-License-Identifier: Apache-2.0
"""The log probe beside files that a real logrotate rotates, and containers of a real Docker Engine."""
import json
import os
import shutil
import subprocess

import pytest

from lib.wait import wait_until

SELDOM = "interval: 1h, retry_interval: 1s"
ROTATIONS = {"renamed": "create 0644 root root", "copied": "copytruncate", "made anew": "nocreate"}


def config(rows, more=""):
    return f"probes: [{{name: app, log: {json.dumps(rows)}, {SELDOM}{more}}}]"


def write(path, *lines):
    with open(path, "a") as file:
        file.writelines(line + "\n" for line in lines)


def lines(daemon, name="log_lines_total", **labels):
    """After a run: how many were counted."""
    daemon.run_now("app")
    return daemon.value(name, **labels)


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "app.log"


def rotate(log, how):
    assert shutil.which("logrotate"), "there is no logrotate: ./dev test meta installs it"
    conf = log.parent.parent / "logrotate.conf"
    conf.write_text(f"{log} {{\n  su root root\n  rotate 5\n  {ROTATIONS[how]}\n}}\n")
    conf.chmod(0o600)
    subprocess.run(["logrotate", "--force", "--state", str(conf) + ".state", str(conf)], check=True, timeout=30)


@pytest.mark.parametrize("how", ROTATIONS)
def test_no_line_is_lost_or_read_twice_when_logrotate_rotates(healthd, log, how):
    write(log, "what was there")
    daemon = healthd(config({"file": str(log), "patterns": {"odd": "[13579]$"}}))
    assert lines(daemon) == 0
    for turn in range(3):
        write(log, *(f"line {number}" for number in range(10)))
        assert lines(daemon) == 10 * turn * 2 + 10
        if how != "copied":  # what is written just before a copy is in the copy alone
            write(log, *(f"line {number}" for number in range(5)))
        rotate(log, how)
        write(log, *(f"line {number}" for number in range(5 if how != "copied" else 10)))
        assert lines(daemon) == 10 * (turn + 1) * 2
    assert daemon.value("log_matches_total", pattern="odd") == (30 if how == "copied" else 27)
    assert daemon.value("log_rotations_total") == 3


def test_a_restart_goes_on_where_it_was(healthd, log, tmp_path):
    text = config({"file": str(log)}) + f"\nstate: {{path: {tmp_path}/state}}"
    write(log, "old")
    daemon = healthd(text)
    lines(daemon)
    write(log, "one", "two")
    assert lines(daemon) == 2
    write(log, "three")
    daemon.stop()
    write(log, "four")
    os.rename(log, f"{log}.1")
    write(log, "five")
    assert lines(healthd(text)) == 3


def test_what_json_lines_say(healthd, log):
    daemon = healthd(config({"file": str(log), "from": "start", "must_exist": False, "fields": {"status": "res.statusCode"},
                             "values": ["ms"], "max_values": 2}))
    assert lines(daemon, "log_messages_total", level="error") == 0
    write(log, *(json.dumps({"level": 30, "res": {"statusCode": status}, "ms": 10}) for status in (200, 200, 404, 500)),
          json.dumps({"level": 50, "msg": "boom"}), "plain WARN text")
    assert lines(daemon) == 6
    page = daemon.page()
    found = {(labels["level"], labels.get("status")): value for labels, value in page.select("log_messages_by_field_total")}
    assert found[("info", "200")] == 2 and found[("info", "404")] == 1 and found[("info", "other")] == 1, found
    assert found[("error", None)] == 1 and found[("warning", None)] == 1, found
    assert page.value("log_messages_total", level="info") == 4 and page.value("log_messages_total", level="fatal") == 0
    assert page.value("log_values_sum_total", field="ms") == 40 and page.value("log_values_total", field="ms") == 4


def test_expectations_and_last_lines(healthd, healthctl, log):
    write(log, "started")
    daemon = healthd(config({"file": str(log), "patterns": {"oom": "Out of memory"}},
                            ", expect: [\"matches.oom == 0\"], should: [\"age < 10m\", \"errors < 3\"]"),
                     env={"APP_TOKEN": "0123456789abcdef"})
    assert daemon.run_now("app")["health"] == "up"
    write(log, "\033[31mOut of memory\033[0m: killed 71")
    run = daemon.run_now("app")
    assert run["health"] == "down" and "matches.oom" in run["detail"], run
    assert run["last_log"] == ["Out of memory: killed 71"]
    assert "Out of memory: killed 71" in healthctl("explain", "app", "--socket", daemon.socket).stdout
    write(log, "ERROR a", "ERROR b", "ERROR c")
    run = daemon.run_now("app")
    assert run["health"] == "degraded" and "errors" in run["detail"], run
    os.utime(log, (1e9, 1e9))
    assert daemon.run_now("app")["health"] == "up", "the age is that of lines, not of the file"


def test_a_missing_file_and_one_that_may_not_be_read(healthd, log):
    daemon = healthd(config({"file": str(log)}))
    run = daemon.run_now("app")
    assert (run["health"], run["reason"]) == ("down", "missing") and str(log) in run["detail"], run
    write(log, "first")
    assert lines(daemon) == 1
    log.chmod(0)
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
                           "--inh-caps=-all", os.environ["HEALTHCTL_BIN"], "probe", "log", str(log)],
                          capture_output=True, text=True, timeout=60)
    assert "permission denied" in done.stdout, (done.stdout, done.stderr)


def test_more_than_a_run_may_read_comes_in_several(healthd, log):
    write(log, "")
    daemon = healthd(config({"file": str(log), "max_read": "64KiB", "max_behind": "1MiB"}))
    lines(daemon)
    write(log, *(f"{number:099}" for number in range(2000)))
    wait_until(lambda: daemon.value("log_lines_total") == 2000 or lines(daemon) and None, 30)
    page = daemon.page()
    assert page.value("log_fell_behind_total") >= 3 and page.value("log_skipped_bytes_total") == 0
    wait_until(lambda: daemon.value("log_behind") == 0 or daemon.run_now("app") and None, 10)
    write(log, *(f"{number:099}" for number in range(20000)))
    daemon.run_now("app")
    assert daemon.value("log_skipped_bytes_total") > 500_000


# Prints what is in one file when there is another.
LOOP = ("sh", "-c", "echo old; while true; do test -e /tmp/go && { rm /tmp/go; cat /tmp/text; }; sleep 0.1; done")


def say(engine, name, *texts):
    words = " ".join(f"'{text}'" for text in texts)
    engine.docker("exec", name, "sh", "-c", f"printf '%s\\n' {words} > /tmp/text; touch /tmp/go")


@pytest.mark.parametrize("options", [(), ("--tty",)])
def test_what_a_container_prints(engine, healthd, options):
    engine.run("web", *options, command=LOOP)
    wait_until(lambda: b"old" in engine.docker("logs", "web").stdout, 20)
    daemon = healthd(config({"container": "web", "docker": engine.address, "patterns": {"bad": "bad"}}))
    assert lines(daemon) == 0
    say(engine, "web", "good", "bad")
    wait_until(lambda: lines(daemon) == 2, 20, "both lines")
    assert daemon.value("log_matches_total", pattern="bad") == 1
    assert lines(daemon) == 2
    engine.remove("web")
    run = daemon.run_now("app")
    assert run["reason"] == "missing" and "no container named 'web'" in run["detail"], run
    engine.run("web", *options, command=LOOP)
    wait_until(lambda: lines(daemon) == 3, 20, "the first line of the new one")
    say(engine, "web", "bad")
    wait_until(lambda: lines(daemon, "log_matches_total", pattern="bad") == 2, 20, "its match")


def test_a_container_is_read_on_after_a_restart(engine, healthd, tmp_path):
    engine.run("web", command=LOOP)
    text = config({"container": "web", "docker": engine.address}) + f"\nstate: {{path: {tmp_path}/state}}"
    wait_until(lambda: b"old" in engine.docker("logs", "web").stdout, 20)
    daemon = healthd(text)
    assert lines(daemon) == 0
    daemon.stop()
    say(engine, "web", "one", "two")
    wait_until(lambda: b"two" in engine.docker("logs", "web").stdout, 20)
    again = healthd(text)
    wait_until(lambda: lines(again) == 2, 20)
