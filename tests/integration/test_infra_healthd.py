# SPDX-License-Identifier: Apache-2.0
"""The healthd fixture judges as it should, shown on a stand-in that is not healthd."""
import os

import pytest

from lib.healthd import Healthd, run_healthd

STAND_IN = '''#!/usr/bin/python3
import http.server, json, os, signal, sys
how = os.environ.get("STAND_IN", "")

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/-/ready": b"ready", "/metrics": b"toy 3\\n",
                "/resolv": open("/etc/resolv.conf", "rb").read()}.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        print(json.dumps({"event": "request", "path": self.path}), flush=True)

if how == "dies":
    sys.exit("cannot: the port is taken")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
def end(*_):
    if how == "leaks":
        print("==1==ERROR: LeakSanitizer: detected memory leaks", file=sys.stderr, flush=True)
    os._exit(3 if how == "fails" else 0)
signal.signal(signal.SIGTERM, end)
address = "http://127.0.0.1:%d" % server.server_port
print(json.dumps({"event": "listening", "address": address}), file=sys.stderr, flush=True)
server.serve_forever()
'''


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """stand_in(how): a Healthd whose program is the one above."""
    path = tmp_path / "stand-in"
    path.write_text(STAND_IN)
    path.chmod(0o755)
    monkeypatch.setenv("HEALTHD_BIN", str(path))

    def make(how="", **kwargs):
        return Healthd(tmp_path / "hd", "", env={"STAND_IN": how}, **kwargs)

    return make


def test_starts_answers_and_stops(stand_in):
    daemon = stand_in()
    assert daemon.get("/-/ready").text == "ready"
    assert daemon.value("toy") == 3
    assert daemon.wait_log(event="request", path="/metrics")
    assert "state: {path: " in daemon.config.read_text()
    daemon.stop()


def test_sees_its_own_resolver(stand_in):
    daemon = stand_in(resolv_conf="nameserver 127.0.0.77\n")
    assert daemon.get("/resolv").text == "nameserver 127.0.0.77\n"
    daemon.write_resolv_conf("nameserver 127.0.0.78\n")
    assert daemon.get("/resolv").text == "nameserver 127.0.0.78\n"
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        assert "127.0.0.7" not in file.read()
    daemon.stop()


@pytest.mark.parametrize("how, words", [
    ("leaks", "a sanitizer reported"),
    ("fails", "ended with 3"),
])
def test_a_bad_end_is_a_failure(stand_in, how, words):
    daemon = stand_in(how)
    with pytest.raises(AssertionError, match=words):
        daemon.stop()


def test_an_early_end_is_a_failure(stand_in):
    daemon = stand_in()
    daemon.process.kill()
    with pytest.raises(AssertionError, match="had ended before it was stopped"):
        daemon.stop()


def test_a_failed_start_says_why(stand_in):
    with pytest.raises(AssertionError, match="cannot: the port is taken"):
        stand_in("dies")


def test_a_missing_program_says_what_to_do(monkeypatch):
    monkeypatch.delenv("HEALTHD_BIN", raising=False)
    with pytest.raises(AssertionError, match="./dev test integration"):
        run_healthd("--version")
    monkeypatch.setenv("HEALTHD_BIN", os.devnull)
    with pytest.raises(AssertionError, match="build it first"):
        run_healthd("--version")
