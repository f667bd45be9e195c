# SPDX-License-Identifier: Apache-2.0
"""Heartbeats: who may send pings, what is late, failed or too long, and what a restart remembers."""
import json
import os
import signal
import subprocess
import time

import pytest

from lib.http import request
from lib.wait import wait_until

TOKEN = "tok-5f0e9c2b7d"
QUICK = """
defaults: {interval: 1s, retry_interval: 1s, fall: 1, rise: 1}
probes:
"""


def heartbeats(hd):
    return {one["name"]: one for one in hd.get("/api/heartbeats").json()["heartbeats"]}


def ping(hd, path, **options):
    return hd.post(f"/api/heartbeat/{path}", **options)


def firing(hd):
    alerts = hd.get("/api/v1/alerts").json()["data"]["alerts"]
    return {(one["labels"]["alertname"], one["labels"]["probe"]) for one in alerts
            if one["state"] == "firing"}


def test_who_may_ping(healthd):
    hd = healthd(QUICK + f"""
  - {{name: secret, heartbeat: {{every: 1h, token: "{TOKEN}"}}}}
  - {{name: open, heartbeat: {{every: 1h}}}}
""")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    cases = [  # path, options, over the socket?, status
        ("secret", {}, False, 403),
        ("secret?token=wrong", {}, False, 403),
        (f"secret?token={TOKEN}x", {}, False, 403),
        (f"secret?token={TOKEN}", {}, False, 200),
        ("secret/start", {"headers": bearer}, False, 200),
        ("secret/0", {"headers": bearer, "method": "POST"}, False, 200),
        ("secret", {"headers": bearer, "method": "HEAD"}, False, 200),
        ("open", {}, False, 403),
        (f"open?token={TOKEN}", {}, False, 403),
        ("open", {}, True, 200),
        ("secret", {}, True, 200),
        ("nobody", {}, False, 403),  # strangers do not learn which there are
        ("nobody", {}, True, 404),
        ("open/maybe", {}, True, 400),
        ("open/256", {}, True, 400),
        ("open/0?duration=soon", {}, True, 400),
    ]
    for path, options, over_socket, status in cases:
        if over_socket:
            options = dict(options, unix=hd.socket)
        answer = request(hd.url(f"/api/heartbeat/{path}"), **options)
        assert answer.status == status, (path, options, answer)
    assert "/api/heartbeats lists them" in ping(hd, "nobody").text
    assert "say" in ping(hd, "open/maybe").text
    assert TOKEN not in hd.stderr() + hd.get("/metrics").text + hd.get("/api/probes").text
    assert TOKEN not in hd.get("/api/heartbeats").text


def test_a_listener_with_a_password_takes_tokens(healthd, tmp_path):
    hd = healthd(QUICK + f"""
  - {{name: job, heartbeat: {{every: 1h, token: "{TOKEN}"}}}}
web:
  listen:
    - {{address: "127.0.0.1:0", username: admin, password: "very secret"}}
    - {{address: "unix:{tmp_path}/s.sock"}}
""", ready=False)
    hd.wait_log(event="ready")
    address = hd.logs(event="listening")[0]["address"]
    assert request(f"{address}/api/heartbeats").status == 401
    assert request(f"{address}/api/heartbeat/job").status == 403
    assert request(f"{address}/api/heartbeat/job?token={TOKEN}").status == 200


def test_late_then_well(healthd):
    hd = healthd(QUICK + """
  - {name: job, heartbeat: {every: 1s, grace: 1s}, severity: critical}
""")
    job = hd.wait_health("job", "down")  # never pinged counts as late
    assert job["last"]["reason"] == "late"
    assert "it has never come since it was configured" in job["last"]["detail"]
    wait_until(lambda: firing(hd) == {("HeartbeatLate", "job")}, 15, "HeartbeatLate alone")
    assert hd.value("heartbeat_late", probe="job") == 1
    assert ping(hd, "job").status == 200
    job = hd.wait_health("job", "up")
    assert hd.value("heartbeat_pings_total", probe="job", kind="success") == 1
    assert hd.value("heartbeat_last_success_timestamp_seconds",
                    probe="job") == pytest.approx(time.time(), abs=10)
    job = hd.wait_health("job", "down")
    assert "last came" in job["last"]["detail"]


def test_a_run_is_measured_and_its_end_is_told(healthd):
    hd = healthd(QUICK + f"""
  - {{name: job, heartbeat: {{every: 1h, token: "{TOKEN}"}}, should: [duration < 10s]}}
""")
    hd.wait_health("job", "up")
    assert ping(hd, "job/start").json()["running"] is True
    wait_until(lambda: hd.value("heartbeat_running", probe="job") == 1)
    body = b"first line\n" * 5000 + f"no space left, {TOKEN}\n".encode()
    said = ping(hd, "job/3", body=body).json()
    assert said["last_exit_status"] == 3 and said["stand"] == "failed" and not said["running"]
    assert said["last_words"].endswith("no space left, [redacted]")
    assert len(said["last_words"]) <= 1500
    job = hd.wait_health("job", "down")
    assert job["last"]["reason"] == "failed"
    assert "failed with exit status 3 after" in job["last"]["detail"]
    wait_until(lambda: firing(hd) == {("HeartbeatFailed", "job")}, 15, "HeartbeatFailed alone")
    assert ping(hd, "job/0?duration=12.5").json()["last_duration_seconds"] == 12.5
    job = hd.wait_health("job", "degraded")
    assert "duration < 10s" in job["last"]["detail"]
    assert ping(hd, "job/success?duration=2s").json()["last_duration_seconds"] == 2
    hd.wait_health("job", "up")


def test_a_run_that_does_not_end(healthd):
    hd = healthd(QUICK + """
  - {name: job, heartbeat: {every: 1h, max_run_time: 1s}}
""")
    ping(hd, "job/start")
    job = hd.wait_health("job", "down")
    assert job["last"]["reason"] == "overrun"
    assert "`max_run_time` is 1 s" in job["last"]["detail"]
    wait_until(lambda: firing(hd) == {("HeartbeatOverrun", "job")}, 15, "HeartbeatOverrun alone")
    ping(hd, "job")
    hd.wait_health("job", "up")


def test_what_was_answered_survives_a_power_cut(healthd, start, tmp_path):
    config = QUICK + f"""
  - {{name: job, heartbeat: {{cron: "@daily", grace: 1h}}}}
  - {{name: never, heartbeat: {{cron: "@daily"}}}}
state: {{path: {tmp_path}/state}}
"""
    hd = healthd(config)
    wait_until(lambda: heartbeats(hd)["never"]["configured"])
    ping(hd, "job/start?run_id=a")
    ping(hd, "job/7?run_id=a", body=b"half of it")
    before = heartbeats(hd)
    hd.kill()
    again = healthd(config)
    after = heartbeats(again)
    for name in ("job", "never"):
        for field in ("configured", "last_ping", "last_start", "last_end", "last_exit_status",
                      "last_words", "due", "stand"):
            assert after[name][field] == before[name][field], (name, field)
    assert after["job"]["last_exit_status"] == 7
    again.wait_health("job", "down")


def test_a_reload_keeps_what_came_unless_the_plan_is_new(healthd):
    hd = healthd(QUICK + """
  - {name: job, heartbeat: {every: 1h, grace: 1s}}
""")
    ping(hd, "job")
    first = heartbeats(hd)["job"]
    hd.reload(QUICK + """
  - {name: job, heartbeat: {every: 1h, grace: 2s}}
""")
    second = heartbeats(hd)["job"]
    assert (second["last_ping"], second["due"]) == (first["last_ping"], first["due"])
    assert second["grace_seconds"] == 2
    hd.reload(QUICK + """
  - {name: job, heartbeat: {every: 1s, grace: 1h}}
""")
    third = heartbeats(hd)["job"]
    assert third["last_ping"] == first["last_ping"]
    assert third["due"] > third["last_ping"]


def test_validate_says_when_it_is_due(healthctl, tmp_path):
    config = tmp_path / "c.yml"
    config.write_text("""
timezone: America/New_York
probes:
  - {name: nightly, heartbeat: "30 2 * * *"}
  - {name: weekly, heartbeat: {cron: "0 9 * * mon", tz: Asia/Tokyo}}
  - {name: often, heartbeat: {every: 15m}}
""")
    done = healthctl("validate", config, "--format", "json")
    assert done.returncode == 0, done.stderr
    ahead = {one["probe"]: one["ahead"] for one in json.loads(done.stdout)["files"][0]["ahead"]}
    assert ahead["nightly"].count("02:30:00 E") == 3
    assert ahead["weekly"].count("09:00:00 JST") == 3
    assert ahead["often"].startswith("due within 15 m")


@pytest.mark.parametrize("options, words", [
    ("{}", "say when it is expected"),
    ('{cron: "0 3 * *"}', "has 4 of the five fields"),
    ('{cron: "0 3 * * *", every: 1h}', "two answers to one question"),
    ('{cron: "0 3 30 2 *"}', "is never due"),
    ('{cron: "0 3 * * *", tz: Europe/Belin}', "Europe/Berlin"),
])
def test_faults_of_a_schedule(healthctl, tmp_path, options, words):
    config = tmp_path / "c.yml"
    config.write_text(f"probes:\n  - {{name: job, heartbeat: {options}}}\n")
    done = healthctl("validate", config)
    assert done.returncode == 2 and words in done.stderr + done.stdout, done


# ---- healthctl run ----

def run_job(hd, healthctl, *words, options=(), **more):
    return healthctl("run", "--socket", hd.socket, *options, "job", "--", *words, **more)


def test_run_tells_how_a_command_went(healthd, healthctl):
    hd = healthd(QUICK + "\n  - {name: job, heartbeat: {every: 1h}}\n")
    done = run_job(hd, healthctl, "sh", "-c", "cat; echo out; echo err >&2; exit 3", text="in\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, "in\nout\n", "err\n")
    job = heartbeats(hd)["job"]
    assert (job["last_exit_status"], job["last_words"], job["running"]) == (3, "", False)
    assert job["last_duration_seconds"] > 0 and job["last_start"]
    done = run_job(hd, healthctl, "sh", "-c", "seq 1 3000; echo last >&2", options=["--output"])
    assert done.returncode == 0 and done.stdout.endswith("2999\n3000\n") and done.stderr == "last\n"
    words = heartbeats(hd)["job"]["last_words"]
    assert words.endswith("3000\nlast") and len(words) <= 1500 and words[0] != "\n"
    done = run_job(hd, healthctl, "/no/such/command")
    assert done.returncode == 127 and "No such file" in done.stderr
    assert heartbeats(hd)["job"]["last_exit_status"] == 127


def test_run_passes_signals_on(healthd, tmp_path):
    hd = healthd(QUICK + "\n  - {name: job, heartbeat: {every: 1h}}\n")
    script = "trap 'echo ended; exit 9' TERM; echo ready; while :; do sleep 0.1; done"
    run = subprocess.Popen([os.environ["HEALTHCTL_BIN"], "run", "--socket", hd.socket, "job", "--",
                            "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ready\n"
    assert heartbeats(hd)["job"]["running"]
    run.send_signal(signal.SIGTERM)
    assert run.communicate(timeout=20)[0] == "ended\n" and run.returncode == 9
    assert heartbeats(hd)["job"]["last_exit_status"] == 9


def test_run_from_elsewhere_has_a_token_from_a_file(healthd, healthctl, tmp_path):
    hd = healthd(QUICK + f"\n  - {{name: job, heartbeat: {{every: 1h, token: {TOKEN}}}}}\n")
    (tmp_path / "token").write_text(TOKEN + "\n")
    done = healthctl("run", "--address", hd.url_base, "--token-file", tmp_path / "token", "job",
                     "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert heartbeats(hd)["job"]["last_exit_status"] == 0
    done = healthctl("run", "--address", hd.url_base, "job", "true",
                     env={"HEALTHCTL_TOKEN": "wrong-token"})
    assert done.returncode == 0 and "the token is not this heartbeat's" in done.stderr
    assert "wrong-token" not in done.stderr


def test_run_waits_for_a_healthd_that_comes_back(healthd, healthctl, tmp_path):
    config = QUICK + f"""
  - {{name: job, heartbeat: {{every: 1h}}}}
web: {{listen: ["127.0.0.1:0", "unix:{tmp_path}/s.sock"]}}
state: {{path: {tmp_path}/state}}
"""
    run = subprocess.Popen([os.environ["HEALTHCTL_BIN"], "run", "--socket", f"{tmp_path}/s.sock",
                            "job", "--", "sh", "-c", "echo ran; exit 5"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "ran\n"
    hd = healthd(config, ready=False)
    out, said = run.communicate(timeout=60)
    assert run.returncode == 5
    assert "the command runs all the same" in said and "ended with 5" not in said
    hd.wait_ready()
    assert heartbeats(hd)["job"]["last_exit_status"] == 5
