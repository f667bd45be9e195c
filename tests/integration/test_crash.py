# SPDX-License-Identifier: Apache-2.0
"""Nothing that was committed is lost: the sender is killed at any moment, its receivers fail, throttle, hang
and drop, its disk fills. What arrived is compared with what was committed."""
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from lib.crash_stub import CrashStub, verdict_of
from lib.healthd import program
from lib.process import Process
from lib.wait import slowness, wait_until

EVENTS = 10**9
SITES = ["before_commit", "after_commit", "before_sending", "before_send", "after_send", "mid_done"]


def sender():
    """Beside the healthd that is tested."""
    path = Path(program("HEALTHD_BIN")).parent.parent / "tests" / "crash" / "courier_crash"
    assert os.access(path, os.X_OK), f"{path} is not there: build it first"
    return path


@pytest.fixture
def stub(request):
    seed = int(os.environ.get("HEALTHD_CRASH_SEED", random.randrange(10**6)))
    print(f"HEALTHD_CRASH_SEED={seed}")
    one = CrashStub(seed)
    request.addfinalizer(one.close)
    return one


def start(folder, stub, events, failpoint=""):
    folder.mkdir(parents=True, exist_ok=True)
    env = {"HEALTHD_FAILPOINT": failpoint} if failpoint else {}
    return Process([sender(), folder, stub.url, events], folder, env=env)


def drain(folder, stub, at_least=0):
    """Receivers behave, and what still waits arrives. Returns how many events were committed."""
    stub.is_calm = True
    one = start(folder, stub, at_least)
    assert one.popen.wait(60 * slowness()) == 0, one.tail(20)
    return committed_in(folder)


def committed_in(folder):
    with sqlite3.connect(folder / "alerts.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM outbox WHERE state IN (0, 1, 3)").fetchone() == (0,)
        row = db.execute("SELECT value FROM fact WHERE kind = 8 AND key = 'committed'").fetchone()
    return int(row[0]) if row else 0


def kill_at_random(folder, stub, cycles):
    for _ in range(cycles):
        one = start(folder, stub, EVENTS)
        life = stub.random.uniform(0.05, 0.35) * slowness()
        end = time.monotonic() + life
        while time.monotonic() < end and one.alive():
            time.sleep(0.01)        # a moment to be killed at, not a condition
        assert one.alive(), one.tail(20)
        one.signal(signal.SIGKILL)
        one.popen.wait()


def killed(tmp_path, stub, cycles):
    folder = tmp_path / "state"
    kill_at_random(folder, stub, cycles)
    committed = drain(folder, stub)
    duplicates = len(stub.accepted) - len({(one.receiver, one.key) for one in stub.accepted})
    print(f"{cycles} kills, {committed} events, {len(stub.accepted)} accepted, {duplicates} twice")
    assert committed > cycles
    assert verdict_of(stub.accepted, committed) == []


def test_nothing_is_lost_by_being_killed(tmp_path, stub):
    killed(tmp_path, stub, 100)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_nothing_is_lost_by_being_killed_a_thousand_times(tmp_path, stub):
    killed(tmp_path, stub, 1000)


@pytest.mark.parametrize("answer", ["ok", "fail", "drop"])
@pytest.mark.parametrize("site", SITES)
def test_every_place_may_be_the_last(tmp_path, stub, site, answer):
    stub.is_calm = True
    deaths = 0
    for visit in (1, 2, 5):
        folder = tmp_path / f"visit{visit}"
        stub.accepted.clear()
        stub.script = [answer] * 3
        one = start(folder, stub, 6, f"{site}:{visit}")
        deaths += one.popen.wait(60 * slowness()) == -signal.SIGKILL
        stub.script = []
        assert drain(folder, stub, at_least=6) == 6
        assert verdict_of(stub.accepted, 6) == []
    assert deaths == 3


def test_nothing_leaves_before_its_sending_is_on_disk(tmp_path, stub):
    """The disk takes its time to note that a sending begins, and the process dies before it has: had the notice left
    meanwhile, its repeat would come as if it were new."""
    stub.is_calm = True
    for visit in (1, 3):
        folder = tmp_path / f"visit{visit}"
        stub.accepted.clear()
        one = start(folder, stub, 6, f"before_sending:{visit}:500")
        assert one.popen.wait(60 * slowness()) == -signal.SIGKILL
        assert drain(folder, stub, at_least=6) == 6
        assert verdict_of(stub.accepted, 6) == []


def fill(path):
    """Takes all that is left of its file system."""
    with open(path, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_holds_up_nobody(tmp_path, stub, request):
    stub.is_calm = True
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=True)
    request.addfinalizer(lambda: subprocess.run(["umount", "-l", folder], check=True))
    logs = tmp_path / "logs"
    one = Process([sender(), folder, stub.url, EVENTS], logs)
    request.addfinalizer(one.kill)
    wait_until(lambda: len(stub.accepted) > 30, what="events that arrive")
    filler = folder / "filler"
    fill(filler)
    wait_until(lambda: not (folder / "alerts.db.reserve").exists(), 30, "the reserve is given back")
    fill(filler)
    wait_until(lambda: "notice not on disk" in one.err.read_text(), 30, "notices are said")
    seen = len(stub.accepted)
    wait_until(lambda: len(stub.accepted) > seen + 30, 30, "events that arrive without a disk")
    assert one.alive()
    assert "store fault" in one.err.read_text()
    filler.unlink()
    wait_until(lambda: "store works again" in one.err.read_text(), 30, "the disk is used again")
    one.signal(signal.SIGKILL)
    one.popen.wait()
    committed = drain(folder, stub)
    assert verdict_of([a for a in stub.accepted if a.event < committed], committed) == []
