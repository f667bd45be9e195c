# SPDX-License-Identifier: Apache-2.0
"""The connectivity gate: a network of its own, in which a probe's target beyond it never answers, and the receiver's host
answers or does not."""
import json
import subprocess
import sys

from lib.http import request
from lib.process import Process
from lib.wait import stays, wait_until

TARGET, RECEIVER = "192.0.2.10", "192.0.2.20"  # TEST-NET-1: to healthd as public as any other address
OWN_NETWORK = 'ip link set lo up && for a in "$@"; do ip addr add $a/32 dev lo || exit 1; done; exec sleep 600'

CATCHER = """
import http.server, sys
class Catcher(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[3], "ab") as out:
            out.write(body + b"\\n")
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Catcher).serve_forever()
"""


def config():
    keys = {
        "probes": [{"name": "shop", "tcp": f"{TARGET}:443", "interval": "500ms", "timeout": "400ms", "fall": 1,
                    "rise": 1, "severity": "critical"}],
        "rules": [{"alert": "Down", "expr": "probe_state == 3", "labels": {"severity": "critical"}}],
        "packs": {"probes": False},
        "receivers": {"hook": {"webhook": {"url": f"http://{RECEIVER}:8080/"}}},
        "route": {"receiver": "hook", "group_by": ["alertname", "probe"], "group_wait": "0s"}}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


class Island:
    """A network of its own with these addresses, a server on each but the target's to catch what is sent there, and a
    healthd, which is asked through its socket."""

    def __init__(self, tmp_path, *addresses):
        self.tmp_path = tmp_path
        self.network = Process(["unshare", "--net", "sh", "-c", OWN_NETWORK, "sh", *addresses], tmp_path, "network")
        wait_until(lambda: all(address in self.run("ip", "addr").stdout for address in addresses), 10, "its addresses")

    def inside(self, *argv):
        return ("nsenter", "--target", str(self.network.pid), "--net", *argv)

    def run(self, *argv):
        return subprocess.run(self.inside(*argv), capture_output=True, text=True, check=False)

    def serve(self, address, port):
        caught = self.tmp_path / f"caught-{address}"
        server = Process(self.inside(sys.executable, "-c", CATCHER, address, str(port), str(caught)), self.tmp_path,
                         f"at-{address}")
        wait_until(lambda: f"{address}:{port}" in self.run("ss", "-ltn").stdout, 10, f"a server at {address}")
        return server

    def watch(self, healthd):
        self.daemon = healthd(config(), ready=False, under=self.inside())
        self.daemon.wait_log(event="probe changed", probe="shop", health="up", deadline=20)

    def alert(self, name):
        alerts = request("http://localhost/api/alerts", unix=self.daemon.socket).json()
        return next((one for one in alerts if one["alertname"] == name and one["state"] == "firing"), None)

    def wait_alert(self, name):
        return wait_until(lambda: self.alert(name), 20, f"{name} to fire")


def target_dies(island, healthd):
    """It was up once, so that no start grace holds its alert, and then its address is gone."""
    server = island.serve(TARGET, 443)
    island.watch(healthd)
    server.kill()
    assert island.run("ip", "addr", "del", f"{TARGET}/32", "dev", "lo").returncode == 0


def test_no_receivers_host_answers_so_what_is_silent_is_held_and_said_why(healthd, healthctl, tmp_path):
    island = Island(tmp_path, TARGET)
    target_dies(island, healthd)
    down = wait_until(lambda: (found := island.alert("Down")) and found["held"] and found, 20, "Down to be held")
    assert down["held"]["kind"] == "connectivity" and RECEIVER in down["held"]["by"], down
    assert not any(one["was_told"] for one in down["told"]), down
    for words in (("alerts", "Down"), ("explain", "shop")):
        shown = healthctl(*words, "--socket", island.daemon.socket).stdout
        assert "cut off" in shown, shown
    # The one alert that is told, as soon as it can be.
    cut_off = island.wait_alert("CutOff")
    assert cut_off["held"] is None and any(one["was_told"] for one in cut_off["told"]), cut_off
    assert island.daemon.logs(event="cut off")
    stays(lambda: not any(one["was_told"] for one in island.alert("Down")["told"]), 2, "nobody told")


def test_the_receivers_host_answers_so_it_is_paged(healthd, tmp_path):
    island = Island(tmp_path, TARGET, RECEIVER)
    island.serve(RECEIVER, 8080)
    target_dies(island, healthd)
    caught = tmp_path / f"caught-{RECEIVER}"
    wait_until(lambda: caught.exists() and '"Down"' in caught.read_text(), 20, "the page of shop")
    assert island.alert("Down")["held"] is None
    assert island.alert("CutOff") is None
    assert not island.daemon.logs(event="cut off")
