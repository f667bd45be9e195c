# SPDX-License-Identifier: Apache-2.0
"""Commands beside healthd, and Debian's monitoring-plugins against real servers."""
import json
import socket
from pathlib import Path

import pytest

from lib.composed import may_raise_priority
from lib.wait import stays, wait_until

QUICK = "defaults: {interval: 1s, retry_interval: 1s, fall: 1, rise: 1, timeout: 900ms}\nprobes:\n"


@pytest.fixture
def ask(healthctl, tmp_path):
    """ask("exec: …", "expect: [...]"): the verdict of one run, and its page."""

    def one(options, *more, env=None):
        config = tmp_path / "c.yml"
        config.write_text("probes:\n  - {name: x, timeout: 2s, " + ", ".join([options, *more]) + "}\n")
        done = healthctl("validate", "--run", config, "--format", "json", env=env)
        runs = json.loads(done.stdout)["files"][0].get("runs")
        assert runs, done.stdout + done.stderr
        return runs[0]

    return one


@pytest.mark.parametrize("options, health, reason, words", [
    ("exec: 'true'", "up", "", ""),
    ("exec: 'false'", "down", "failed", "false ended with exit status 1"),
    ("exec: {command: 'false', valid_exit_codes: [0, 1]}", "up", "", ""),
    ("exec: {command: [sh, -c, 'echo first; echo second; exit 7']}", "down", "failed",
     'exit status 7: "first"'),
    ("exec: {command: [sh, -c, 'echo why >&2; exit 7']}", "down", "failed", '"why"'),
    ("exec: {command: 'echo a | grep -q a && exit 3', shell: true}", "down", "failed",
     "exit status 3"),
    ("exec: {command: 'echo a | grep b'}", "up", "", ""),  # no shell: words of echo
    ("exec: no-such-command", "down", "failed", "No such file or directory; looked for in"),
    ("exec: /etc/passwd", "down", "failed", "Permission denied"),
    ("exec: {command: 'true', working_directory: /no/such}", "down", "failed", "No such file"),
    ("exec: {command: [sh, -c, 'kill -SEGV $$']}", "down", "failed", "signal 11"),
    ("exec: {command: 'yes', max_output: 64KiB}", "down", "too_large", "`max_output`"),
    ("exec: {command: [sh, -c, 'echo W; exit 1'], format: nagios}", "degraded", "unhealthy",
     'the plugin warns: "W"'),
    ("exec: {command: [sh, -c, 'echo C; exit 2'], format: nagios}", "down", "unhealthy",
     'critical: "C"'),
    ("exec: {command: [sh, -c, 'echo U; exit 3'], format: nagios}", "unknown", "failed",
     'does not know: "U"'),
    ("exec: {command: [sh, -c, 'exit 4'], format: nagios}", "down", "failed", "0 to 3"),
])
def test_ends_and_what_they_mean(ask, options, health, reason, words):
    run = ask(options)
    assert (run["health"], run["reason"]) == (health, reason), run
    assert words in run["detail"] and bool(run["detail"]) == bool(words), run


def test_expectations(ask):
    plugin = "exec: {command: [sh, -c, 'echo \"fine|t=20ms n=3c\"'], format: nagios}"
    assert ask(plugin, "expect: ['perf[\"t\"] < 0.5', 'perf.n == 3', 'exit_code == 0']")["health"] == "up"
    run = ask(plugin, "expect: ['perf[\"t\"] < 0.01']")
    assert run["reason"] == "expect" and "0.02" in run["detail"]
    assert ask(plugin, "expect: ['perf.missing < 1']")["reason"] == "expect_error"
    assert ask("exec: {command: [echo, '{\"queue\": 7}']}", "expect: ['json.queue < 10', 'stdout.contains(\"queue\")']")["health"] == "up"


def test_environment_and_descriptors_are_its_own(ask, tmp_path):
    out = tmp_path / "out"
    script = f"{{ env; echo FDS $(ls /proc/self/fd | tr '\\n' ' '); pwd; cat; }} > {out}"
    run = ask(f"exec: {{command: \"{script}\", shell: true, working_directory: /usr, "
              "env: {GREETING: 'a secret word'}}", env={"LEAKED": "x"})
    assert run["health"] == "up", run
    text = out.read_text()
    lines = text.split("\n")
    assert "GREETING=a secret word" in lines and "LEAKED" not in text
    names = {line.split("=")[0] for line in lines if "=" in line}
    assert names <= {"GREETING", "PATH", "LANG", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}
    assert "FDS 0 1 2 3\n" in text  # 3 is ls reading the folder
    assert lines[-2] == "/usr"


def test_it_is_not_spared_when_memory_is_short(healthctl, tmp_path):
    """Only who has CAP_SYS_RESOURCE can make healthd spared; for anybody else there is nothing to give up."""
    out, config = tmp_path / "out", tmp_path / "c.yml"
    config.write_text(f"probes: [{{name: x, exec: {{command: 'sleep 0.1; cat /proc/self/oom_score_adj > {out}', shell: true}}}}]\n")
    own = Path("/proc/self/oom_score_adj")
    before = own.read_text()
    try:
        if may_raise_priority():
            own.write_text("-100")
        healthctl("validate", "--run", config)
    finally:
        own.write_text(before)
    assert int(out.read_text()) >= 0


def test_a_group_is_killed_at_the_deadline_and_the_loop_goes_on(healthd, tmp_path):
    pids = tmp_path / "pids"
    script = f"sleep 300 & echo $! >> {pids}; trap '' TERM; echo begun; sleep 300"
    hd = healthd(QUICK + f"""
  - {{name: hangs, timeout: 400ms, exec: {{command: "{script}", shell: true}}}}
  - {{name: quick, exec: 'true'}}
""")
    job = hd.wait_health("hangs", "down")
    assert job["last"]["reason"] == "timeout"
    assert "had written 6 bytes and not ended; it was killed" in job["last"]["detail"]
    first = int(pids.read_text().split()[0])
    wait_until(lambda: not Path(f"/proc/{first}").exists(), 5, "the grandchild to be gone")
    hd.wait_health("quick", "up")
    stays(lambda: hd.probes()["quick"]["health"] == "up", 2)
    assert hd.probes()["hangs"]["skipped"] == 0


def test_what_a_command_leaves_behind_is_ended(ask, tmp_path):
    pid = tmp_path / "pid"
    run = ask(f"exec: {{command: \"sleep 300 & echo $! > {pid}; echo done\", shell: true}}")
    assert run["health"] == "up" and run["duration_seconds"] < 1.5
    wait_until(lambda: not Path(f"/proc/{int(pid.read_text())}").exists())


def test_stopping_ends_commands(healthd, tmp_path):
    pid = tmp_path / "pid"
    hd = healthd("probes:\n" + f"  - {{name: x, timeout: 60s, interval: 60s, exec: {{command: \"echo $$ > {pid}; exec sleep 300\", shell: true}}}}\n")
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    hd.stop()
    wait_until(lambda: not Path(f"/proc/{int(pid.read_text())}").exists())


def test_real_plugins(healthd, nginx):
    web = nginx("location / { return 200 'hello'; }")
    port = web.port if hasattr(web, "port") else int(web.url().split(":")[-1].strip("/"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hd = healthd(QUICK + f"""
  - {{name: tcp, exec: {{command: "check_tcp -H 127.0.0.1 -p {port}", format: nagios}}}}
  - {{name: http, exec: {{command: [check_http, -I, 127.0.0.1, -p, "{port}", -w, "1", -c, "2"], format: nagios}}}}
  - {{name: closed, exec: {{command: "check_tcp -H 127.0.0.1 -p {closed.getsockname()[1]}", format: nagios}}}}
  - {{name: procs, exec: {{command: "check_procs -w 1: -c 1:100000", format: nagios}}}}
  - {{name: many, exec: {{command: "check_procs -w 0:0", format: nagios}}}}
  - {{name: misused, exec: {{command: "check_tcp --nonsense", format: nagios}}}}
  - {{name: users, exec: {{command: "check_users -w 1000 -c 2000", format: nagios}}}}
""")
        for name in ("tcp", "http", "procs", "users"):
            hd.wait_health(name, "up")
        assert hd.wait_health("closed", "down")["last"]["reason"] == "unhealthy"
        assert "PROCS WARNING" in hd.wait_health("many", "degraded")["last"]["detail"]
        wait_until(lambda: hd.probes()["misused"]["last"]["health"] == "unknown")
    page = hd.page()
    assert 0 < page.value("exec_perfdata", probe="tcp", label="time", unit="seconds") < 1
    assert page.value("exec_perfdata_limit", probe="http", label="time", limit="warning_above") == 1
    assert page.value("exec_perfdata_limit", probe="http", label="time", limit="critical_above") == 2
    assert page.value("exec_perfdata", probe="http", label="size", unit="bytes") > 5
    assert page.value("exec_perfdata", probe="procs", label="procs") >= 1
    assert page.value("exec_exit_status", probe="closed") == 2


def test_commands_are_no_modules(healthctl, tmp_path):
    config = tmp_path / "c.yml"
    config.write_text("modules:\n  run: {prober: exec, exec: {command: 'true'}}\n")
    done = healthctl("validate", config)
    assert done.returncode == 2 and "cannot be a module" in done.stderr
