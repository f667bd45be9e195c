# SPDX-License-Identifier: Apache-2.0
"""The process probe beside real processes, and under a /proc that hides them."""
import json
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from lib.wait import wait_until

QUICK = "defaults: {interval: 1s, retry_interval: 1s, fall: 1, rise: 1}\nprobes:\n"


@pytest.fixture
def worker(tmp_path, request):
    """worker(…): a process of a program whose name nothing else has; ends with the test."""
    name = f"hdw{uuid.uuid4().hex[:8]}"
    program = tmp_path / name
    shutil.copy(shutil.which("sleep"), program)

    def start(*words):
        one = subprocess.Popen([program, *(words or ["300"])])
        request.addfinalizer(lambda: (one.kill(), one.wait()))
        return one

    start.program = name
    return start


def test_it_runs_it_ends_it_comes_back(healthd, worker):
    hd = healthd(QUICK + f"""
  - {{name: w, process: {worker.program}}}
  - {{name: none, process: {{name: {worker.program}, exists: false}}}}
  - {{name: two, process: {{name: {worker.program}, min: 2, max: 2}}}}
""")
    down = hd.wait_health("w", "down")["last"]
    assert down["reason"] == "stopped"
    assert f"no process has name '{worker.program}' (of " in down["detail"]
    hd.wait_health("none", "up")
    first = worker()
    hd.wait_health("w", "up")
    found = hd.wait_health("none", "down")["last"]
    assert found["reason"] == "expect" and f"at most 0 may: {first.pid}" in found["detail"]
    assert "and 2 have to" in hd.wait_health("two", "down")["last"]["detail"]
    second = worker()
    hd.wait_health("two", "up")
    third = worker()
    assert "at most 2 may" in hd.wait_health("two", "down")["last"]["detail"]
    for one in (first, second, third):
        one.send_signal(signal.SIGKILL)  # and nobody waits for them: zombies do not run
    dead = hd.wait_health("w", "down")["last"]
    assert "3 that matched ended, and nobody has waited for it" in dead["detail"]


def test_each_condition(healthd, worker, tmp_path):
    one = worker("299.5")
    pid_file = tmp_path / "w.pid"
    pid_file.write_text(f"{one.pid}\n")
    (tmp_path / "gone.pid").write_text("4194304\n")
    (tmp_path / "odd.pid").write_text("soon\n")
    user = Path(f"/proc/{one.pid}").owner()
    cgroup = Path(f"/proc/{one.pid}/cgroup").read_text().strip().split("\n")[-1].split(":", 2)[2]
    name = worker.program
    hd = healthd(QUICK + f"""
  - {{name: cmdline, process: {{cmdline: "{name} 299[.]5$"}}}}
  - {{name: other-cmdline, process: {{name: {name}, cmdline: "nothing like it"}}}}
  - {{name: pid, process: {{pid_file: {pid_file}}}}}
  - {{name: pid-gone, process: {{pid_file: {tmp_path}/gone.pid}}}}
  - {{name: pid-odd, process: {{pid_file: {tmp_path}/odd.pid}}}}
  - {{name: pid-none, process: {{pid_file: {tmp_path}/none.pid}}}}
  - {{name: pid-other, process: {{name: no-such-name, pid_file: {pid_file}}}}}
  - {{name: user, process: {{name: {name}, user: {user}}}}}
  - {{name: uid, process: {{name: {name}, user: "54321"}}}}
  - {{name: nobody-knows, process: {{name: {name}, user: no-such-user}}}}
  - {{name: cgroup, process: {{name: {name}, cgroup: "{cgroup}"}}}}
  - {{name: other-cgroup, process: {{name: {name}, cgroup: no.such.service}}}}
  - {{name: variables, process: {name}, expect: [count == 1, age < 1h, memory < 1GiB, open_fds > 0, threads == 1]}}
""")
    for probe in ("cmdline", "pid", "user", "cgroup" if cgroup != "/" else "pid", "variables"):
        hd.wait_health(probe, "up")
    for probe in ("other-cmdline", "pid-gone", "pid-other", "uid", "other-cgroup"):
        assert hd.wait_health(probe, "down")["last"]["reason"] == "stopped"
    assert "holds no number" in hd.wait_health("pid-odd", "down")["last"]["detail"]
    assert "No such file" in hd.wait_health("pid-none", "down")["last"]["detail"]
    last = wait_until(lambda: hd.probes()["nobody-knows"]["last"])
    assert last["health"] == "unknown" and "has no user 'no-such-user'" in last["detail"]


def test_what_they_use(healthd, worker):
    first, second = worker(), worker()
    hd = healthd(QUICK + f"  - {{name: w, process: {worker.program}}}\n")
    hd.wait_health("w", "up")
    page = hd.page()
    at = {"groupname": "w", "probe": "w"}
    assert page.value("namedprocess_namegroup_num_procs", **at) == 2
    assert page.value("namedprocess_namegroup_num_threads", **at) == 2
    assert page.value("namedprocess_namegroup_states", state="Sleeping", **at) == 2
    resident = sum(int(Path(f"/proc/{one.pid}/statm").read_text().split()[1]) for one in (first, second))
    shown = page.value("namedprocess_namegroup_memory_bytes", memtype="resident", **at)
    assert shown == pytest.approx(resident * os.sysconf("SC_PAGESIZE"), rel=0.5)
    fds = sum(len(os.listdir(f"/proc/{one.pid}/fd")) for one in (first, second))
    assert page.value("namedprocess_namegroup_open_filedesc", **at) == fds
    assert 0 < page.value("namedprocess_namegroup_worst_fd_ratio", **at) < 1
    started = page.value("namedprocess_namegroup_oldest_start_time_seconds", **at)
    assert abs(started - Path(f"/proc/{first.pid}").stat().st_mtime) < 60


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a /proc of its own")
def test_a_proc_that_hides_is_said(worker, tmp_path):
    worker()
    config = tmp_path / "c.yml"
    config.write_text(f"probes:\n  - {{name: w, process: {worker.program}}}\n"
                      f"  - {{name: none, process: {{name: {worker.program}, exists: false}}}}\n")
    config.chmod(0o644)
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    script = ("mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 "
              '--clear-groups "$0" validate --run "$1" --format json')
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, os.environ["HEALTHCTL_BIN"],
                           str(config)], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    runs = json.loads(done.stdout)["files"][0]["runs"]
    assert len(runs) == 2, done.stdout
    for run in runs:
        assert run["health"] == "unknown", (run, done.stderr)
        assert "hides processes of other users" in run["detail"] and "hidepid" in run["detail"]


@pytest.mark.parametrize("options, words", [
    ("{}", "say which processes"),
    ("{name: x, min: 3, max: 2}", "less than `min`"),
    ('{cmdline: "("}', "cmdline"),
])
def test_faults(healthctl, tmp_path, options, words):
    config = tmp_path / "c.yml"
    config.write_text(f"probes:\n  - {{name: p, process: {options}}}\n")
    done = healthctl("validate", config)
    assert done.returncode == 2 and words in done.stderr
