# SPDX-License-Identifier: Apache-2.0
"""healthctl wait, deploy and baseline: what stands between `docker compose up -d` and a release that is known to work."""
import json
import signal
import subprocess
import threading
import time

import pytest

from lib import healthd as under_test
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
    assert "503" in lines["boot"] and "refused" in lines["gone"]
    named = healthctl("wait", stack, "fast", "--timeout", "5s")
    assert named.returncode == 0 and "1 of 1" in named.stdout


def test_wait_ends_in_time_when_something_hangs(healthctl, web, tmp_path):
    web.answers["GET /hang"] = lambda _: (time.sleep(6), "late")[1]
    stack = config(tmp_path, probes=[probe(web, "hang", "/hang")])
    began = time.monotonic()
    done = healthctl("wait", stack, "--timeout", "500ms")
    assert done.returncode == 3 and "deadline of 5" in done.stdout, done.stdout
    assert time.monotonic() - began < 5


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
