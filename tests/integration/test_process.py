# SPDX-License-Identifier: Apache-2.0
"""healthd as a process: its end, its signals, its duties as PID 1 and towards systemd."""
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from lib.process import descendants, running
from lib.wait import slowness, stays, wait_until

HANGING = ("never_accept", "accept_silent", "tls_stall", "drip_body", "drip_head")


def hanging_config(badpeer):
    """Probes of every kind that hang, and a module to hang with on demand."""
    probes = []
    for name in HANGING:
        peer = badpeer(name)
        for kind, target in (("http", peer.url()), ("tls", f"127.0.0.1:{peer.port}"), ("tcp", {
                "address": f"127.0.0.1:{peer.port}", "query_response": [{"expect": "never"}]})):
            probes.append({"name": f"{kind}-{name}", kind: target, "timeout": "60s", "interval": "60s"})
    probes.append({"name": "silent-name", "tcp": "silent.test:1", "timeout": "60s", "interval": "60s"})
    return (f"probes: {json.dumps(probes)}\nmodules: {{m: {{prober: http, timeout: 60s}}}}\n"
            'web: {listen: ["127.0.0.1:0"], request_timeout: 60s}\n'), peer


def ask_and_be_left(daemon, peer):
    with contextlib.suppress(OSError, http.client.HTTPException):
        daemon.probe(peer.url(), "m")


def test_it_stops_within_two_seconds_whatever_hangs(healthd, badpeer, dns):
    config, peer = hanging_config(badpeer)
    server = dns({}, default="SILENT")
    daemon = healthd(config, resolv_conf=server.resolv_conf())
    on_demand = threading.Thread(target=ask_and_be_left, args=(daemon, peer), daemon=True)
    on_demand.start()
    dribbler = socket.create_connection(daemon.address.split(":"))
    dribbler.sendall(b"GET / HT")
    # All that hang, and the one on demand; what drips is no TLS, and says so at once.
    wait_until(lambda: daemon.value("healthd_runs_active") >= 3 * len(HANGING) - 2 + 1)
    started = time.monotonic()
    daemon.process.signal(signal.SIGTERM)
    assert daemon.process.wait() == 0
    assert time.monotonic() - started < 2 * slowness()
    daemon.ended = True
    assert daemon.logs(event="stopping", trigger="SIGTERM")
    on_demand.join(10)
    dribbler.close()


def test_it_stops_on_ctrl_c(healthd):
    daemon = healthd()
    daemon.process.signal(signal.SIGINT)
    assert daemon.process.wait() == 0
    daemon.ended = True
    assert not daemon.socket.exists()


def test_it_serves_no_more_while_it_stops(healthd, badpeer):
    daemon = healthd(f"probes: [{{name: a, tls: '127.0.0.1:{badpeer('tls_stall').port}'}}]\n")
    address = daemon.address.split(":")
    daemon.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_a_rotated_log_is_opened_again(healthd, badpeer, tmp_path):
    log, old = tmp_path / "probes.log", tmp_path / "probes.log.1"
    daemon = healthd(
        f"probes: [{{name: a, http: '{badpeer('ok').url()}', interval: 200ms, results: all}}]\n"
        f"exporters: {{prometheus: {{}}, json_log: {{to: {log}}}}}\n")
    wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= 2)
    log.rename(old)
    before = len(old.read_text().splitlines())
    wait_until(lambda: len(old.read_text().splitlines()) > before)
    daemon.process.signal(signal.SIGUSR1)
    wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= 2)
    lines = [json.loads(line) for path in (old, log) for line in path.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1)), "a line was lost"


def test_a_log_that_cannot_be_opened_again_is_said(healthd, badpeer, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    daemon = healthd(
        f"probes: [{{name: a, http: '{badpeer('ok').url()}', interval: 200ms, results: all}}]\n"
        f"exporters: {{prometheus: {{}}, json_log: {{to: {folder}/a.log}}}}\n")
    wait_until((folder / "a.log").exists)
    folder.rename(tmp_path / "gone")
    daemon.process.signal(signal.SIGUSR1)
    assert daemon.wait_log(event="log not reopened")["why"]
    before = len((tmp_path / "gone" / "a.log").read_text())
    wait_until(lambda: len((tmp_path / "gone" / "a.log").read_text()) > before)


# ---- PID 1 ----

@pytest.fixture
def as_init(healthd):
    """healthd as the first process of a PID namespace; (daemon, its outermost process's id)."""

    def make(config=""):
        daemon = healthd(config, under=("unshare", "--pid", "--fork", "--kill-child"))
        init = int(Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text())
        return daemon, init

    return make


def test_as_init_it_reaps_orphans(as_init):
    daemon, init = as_init()
    before = set(descendants(init))
    subprocess.run(["nsenter", "--target", str(init), "--pid", "sh", "-c",
                    "for n in 1 2 3 4 5; do (exec true) & done; (sleep 0.2 &)"], check=True, timeout=20)
    wait_until(lambda: set(descendants(init)) == before, what="the orphans to be reaped")
    assert daemon.get("/-/ready").status == 200
    os.kill(init, signal.SIGTERM)
    assert daemon.process.wait() == 0
    daemon.ended = True


def test_as_init_it_ends_as_healthd_ends(as_init):
    daemon, init = as_init()
    inner = int(descendants(init)[0])
    os.kill(inner, signal.SIGKILL)
    assert daemon.process.wait() == 128 + signal.SIGKILL
    daemon.ended = True
    assert not running(init)


def test_as_init_it_passes_signals_on(as_init):
    daemon, init = as_init("labels: {environment: a}\n")
    daemon.write("labels: {environment: b}\n")
    os.kill(init, signal.SIGHUP)
    daemon.wait_log(event="config accepted", trigger="SIGHUP")
    os.kill(init, signal.SIGTERM)
    assert daemon.process.wait() == 0
    daemon.ended = True


# ---- systemd ----

@pytest.fixture
def notify(tmp_path):
    """(environment, what was said so far) of a stand-in for systemd."""
    path = tmp_path / "notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.setblocking(False)
    said = []

    def heard():
        while True:
            try:
                said.append(listener.recv(4096).decode())
            except BlockingIOError:
                return said

    yield {"NOTIFY_SOCKET": str(path)}, heard
    listener.close()


def test_systemd_is_told_of_readiness_and_the_end(healthd, notify):
    environment, heard = notify
    daemon = healthd(env=environment)
    wait_until(lambda: "READY=1" in heard()[:1])
    assert "WATCHDOG=1" not in heard()
    daemon.stop()
    assert heard()[-1] == "STOPPING=1"


def test_the_watchdog_is_fed_in_time(healthd, notify):
    environment, heard = notify
    daemon = healthd(env=dict(environment, WATCHDOG_USEC="400000"))
    wait_until(lambda: heard().count("WATCHDOG=1") >= 3, 3)
    daemon.process.hang()
    count = heard().count("WATCHDOG=1")
    stays(lambda: heard().count("WATCHDOG=1") == count, 0.6, "nobody feeding it")
    daemon.process.resume()
    wait_until(lambda: heard().count("WATCHDOG=1") > count)


def test_another_processes_watchdog_is_left_alone(healthd, notify):
    environment, heard = notify
    healthd(env=dict(environment, WATCHDOG_USEC="100000", WATCHDOG_PID="1"))
    wait_until(lambda: "READY=1" in heard())
    assert "WATCHDOG=1" not in heard()


def test_an_abstract_notify_socket(healthd):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(f"\0healthd-test-{os.getpid()}")
    listener.settimeout(20)
    healthd(env={"NOTIFY_SOCKET": f"@healthd-test-{os.getpid()}"})
    assert listener.recv(100) == b"READY=1"
    listener.close()
