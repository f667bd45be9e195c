# SPDX-License-Identifier: Apache-2.0
"""What the status page is made of, without a browser: its files and their headers, the stream of changes and how little a
viewer can do to it, and the health that was."""
import contextlib
import json
import re
import socket
import time
from pathlib import Path

import pytest

from lib.http import request
from lib.verdicts import PAST, RUNS, bars, past_of, put_past
from lib.wait import wait_until

FAST = "defaults: {interval: 300ms, retry_interval: 100ms, timeout: 250ms}\n"
HTML = {"Accept": "text/html,application/xhtml+xml", "Accept-Encoding": "gzip"}
VIEWERS_MAX = 128


class Viewer:
    """Someone who reads /api/stream; `events` has [(name, data)] of what has come."""

    def __init__(self, daemon, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        host, port = daemon.address.split(":")
        self.socket.connect((host, int(port)))
        self.socket.sendall(b"GET /api/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        self.text = ""
        self.ended = False

    def read(self):
        """Takes in what is there; waits for nothing."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            data = self.socket.recv(1 << 20)
            self.ended |= not data
            self.text += data.decode()
        return self.events()

    def status(self):
        wait_until(lambda: self.read() or self.text or self.ended, 10, "an answer")
        return int(self.text.split()[1]) if self.text else 0

    def body(self):
        chunks, rest = "", self.text.partition("\r\n\r\n")[2]
        while "\r\n" in rest:
            size, _, rest = rest.partition("\r\n")
            length = int(size, 16)
            chunks, rest = chunks + rest[:length], rest[length + 2:]
        return chunks

    def events(self):
        found = []
        for block in self.body().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if "data" in fields:
                found.append((fields["event"], json.loads(fields["data"])))
        return found

    def wait(self, name, predicate=lambda data: True, deadline=15):
        return wait_until(lambda: [data for event, data in self.read() if event == name and predicate(data)], deadline, f"event {name}")[-1]

    def close(self):
        self.socket.close()



def connection(daemon, viewer):
    """The kernel's state of healthd's end of it; None: it is gone."""
    mine, theirs = int(daemon.address.split(":")[1]), viewer.socket.getsockname()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state = line.split()[:4]
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (mine, theirs):
            return state
    return None


def two(badpeer, more=""):
    peers = badpeer("ok"), badpeer("ok")
    probes = "".join(f"  - {{name: p{i}, tcp: '127.0.0.1:{peer.port}', severity: critical}}\n" for i, peer in enumerate(peers))
    return FAST + more + "probes:\n" + probes, peers


# ---- files ----

def test_the_page_and_its_files(healthd):
    daemon = healthd()
    page = daemon.get("/", headers=HTML)
    policy = page.headers["content-security-policy"]
    assert page.status == 200 and page.headers["cache-control"] == "no-cache" and "gzip" in page.headers["content-encoding"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src 'self'" in policy
    assert not re.search(r"<script(?![^>]*src)|<style|style=| on\w+=|https?://", page.text)
    files = re.findall(r'(?:href|src)="(page/[^"]+\.\w+)"', page.text)
    assert [Path(name).name for name in files] == ["icon-unknown.svg", "page.css", "page.js"]  # each more is a round trip more
    total = len(page.body)
    for path in sorted(set(files)):
        file = daemon.get("/" + path, headers={"Accept-Encoding": "gzip"})
        assert file.status == 200 and "immutable" in file.headers["cache-control"], path
        assert file.headers["x-content-type-options"] == "nosniff"
        total += len(file.body)
    assert total < 150_000
    again = daemon.get("/", headers=dict(HTML, **{"If-None-Match": page.headers["etag"]}))
    assert again.status == 304 and again.body == b""
    assert daemon.get("/page/0123456789abcdef/page.js").status == 404
    assert daemon.get("/" + files[0].rpartition("/")[0] + "/../../etc/passwd").status == 404
    assert daemon.get("/" + files[-1], headers={"Accept-Encoding": "identity"}).status == 406


def test_words_for_who_asks_for_no_html(healthd, badpeer):
    config, peers = two(badpeer, "site: shop\n")
    daemon = healthd(config)
    peers[1].close()
    daemon.wait_health("p1", "down")
    answer = daemon.get("/", headers={"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("text/plain") and "shop" in answer.text
    assert re.search(r"^up +p0 \(tcp\)$", answer.text, re.M) and re.search(r"^down +p1 \(tcp\): .*refuses", answer.text, re.M)
    assert daemon.get("/metrics").status == daemon.get("/api/openapi.json").status == 200


def test_the_shell_is_open_and_what_it_shows_is_not(healthd):
    daemon = healthd('web: {listen: [{address: "127.0.0.1:0", bearer_token: sesame}]}\n', ready=False)
    url = "http://" + wait_until(lambda: daemon.logs(event="listening")[0]["address"].rpartition("://")[2], 20, "a listener")
    assert request(url + "/", headers=HTML).status == 200
    for path in ("/", "/api/overview", "/api/stream", "/api/me", "/api/probes/x/history"):
        assert request(url + path).status == 401, path
    me = request(url + "/api/me", headers={"Authorization": "Bearer sesame"}).json()
    assert me["may_act"] is False and me["token_would_help"] is False


@pytest.mark.parametrize("origin, status", [(None, 200), ("http://{host}", 200), ("http://evil.example", 403), ("null", 403)])
def test_a_page_of_another_site_may_not_act(healthd, origin, status):
    daemon = healthd('web: {listen: [{address: "127.0.0.1:0", rights: act}]}\n')
    headers = {} if origin is None else {"Origin": origin.format(host=daemon.address)}
    assert request(daemon.url("/-/reload"), "POST", headers=headers).status == status


# ---- the stream ----

def test_what_viewers_are_told(healthd, badpeer):
    config, peers = two(badpeer)
    daemon = healthd(config)
    first, second = Viewer(daemon), Viewer(daemon)
    page = first.wait("hello")["page"]
    assert f"page/{page}/" in daemon.get("/", headers=HTML).text
    assert {"name", "health", "since", "ms", "at"} <= first.wait("probes")[0].keys()
    peers[0].close()
    for viewer in (first, second):
        down = viewer.wait("probes", lambda data: any(p["name"] == "p0" and p["health"] == "down" for p in data))
        assert "refuses" in next(p["detail"] for p in down if p["name"] == "p0")
        alerts = viewer.wait("alerts", lambda data: any(a["state"] == "firing" for a in data))
        assert alerts[0]["labels"]["probe"] == "p0" and alerts[0]["told"] == []
    generation = first.wait("hello")["generation"]
    daemon.reload(config + "site: renamed\n")
    assert first.wait("generation")["generation"] == generation + 1
    first.close()
    second.wait("probes", lambda data: any(p["name"] == "p1" for p in data))
    daemon.stop()  # at once, with a viewer


def test_so_many_viewers_and_no_more(healthd, badpeer):
    config, _ = two(badpeer)
    daemon = healthd(config + "web: {listen: ['127.0.0.1:0'], max_connections_per_ip: 400}\n")
    viewers = [Viewer(daemon) for _ in range(VIEWERS_MAX)]
    assert {viewer.status() for viewer in viewers} == {200}
    late = Viewer(daemon)
    assert late.status() == 503 and "Retry-After: 10" in late.text
    for viewer in viewers:
        viewer.wait("probes")
    for viewer in viewers[:40]:
        viewer.close()

    def let_in():
        one = Viewer(daemon)
        return one.status() == 200 and one

    wait_until(let_in, 10, "a place to be free").wait("hello")


def test_who_does_not_read_is_let_go(healthd, badpeer):
    peer = badpeer("ok")
    probes = "".join(f"  - {{name: probe-with-a-name-that-takes-its-room-{i}, tcp: '127.0.0.1:{peer.port}'}}\n" for i in range(400))
    daemon = healthd("defaults: {interval: 1s, timeout: 900ms}\nweb: {listen: ['127.0.0.1:0'], request_timeout: 2s}\nprobes:\n" + probes)
    slow, quick = Viewer(daemon, receive_buffer=4096), Viewer(daemon)

    def slow_is_gone():
        quick.read()
        return connection(daemon, slow) != "01"  # ESTABLISHED; the slow end itself sees nothing before it reads

    wait_until(slow_is_gone, 40, "the slow reader to be let go")
    before = len(quick.read())
    wait_until(lambda: len(quick.read()) > before, 10, "the quick one to be told more")
    assert daemon.get("/-/ready").status == 200


# ---- what was ----

def test_history_survives_a_restart(healthd, badpeer, tmp_path):
    config, peers = two(badpeer)
    config += f"state: {{path: {tmp_path}/state}}\n"
    daemon = healthd(config)
    daemon.wait_health("p0", "up")
    peers[0].close()
    daemon.wait_health("p0", "down")
    before = daemon.get("/api/probes/p0/history").json()
    assert [c["health"] for c in before["changes"]] == ["down", "up"] and "refuses" in before["changes"][0]["detail"]
    daemon.stop()
    daemon = healthd(config)
    daemon.wait_health("p0", "down")
    after = daemon.get("/api/probes/p0/history?days=1").json()
    assert after["changes"] == before["changes"] and after["since"] == before["changes"][0]["at"]  # no news: it was down before

    [probe] = [p for p in daemon.get("/api/overview").json()["probes"] if p["name"] == "p0"]
    assert probe["since"] == before["changes"][0]["at"]
    daemon.kill()
    (tmp_path / "state" / "verdicts.db").write_bytes(b"ruined" * 1000)
    daemon = healthd(config)  # its loss is no fault
    daemon.wait_log(event="verdict history begins anew")
    daemon.wait_health("p1", "up")
    assert daemon.get("/api/probes/p1/history").json()["kept"] == "file"


def runs_of(daemon, name):
    return sum(hour[4] for hour in daemon.get(f"/api/probes/{name}/history").json()["hours"])


def test_bars_are_there_again_after_a_restart(healthd, badpeer, tmp_path):
    config = two(badpeer)[0] + f"state: {{path: {tmp_path}/state}}\n"
    daemon = healthd(config)
    daemon.wait_health("p0", "up")
    daemon.stop()
    put_past(tmp_path / "state", "p0")
    daemon = healthd(config)
    wait_until(lambda: past_of(bars(daemon, "p0")) == PAST, 10, "the bars of the days before")
    assert past_of(bars(daemon, "p1")) == dict.fromkeys(PAST)
    wait_until(lambda: runs_of(daemon, "p0") > RUNS, 10, "the runs of this hour, by both processes")


def test_bars_of_a_probe_that_was_left_out_for_a_while(healthd, badpeer, tmp_path):
    config, _ = two(badpeer)
    daemon = healthd(config + f"state: {{path: {tmp_path}/state}}\n")
    daemon.wait_health("p0", "up")
    daemon.stop()
    put_past(tmp_path / "state", "p0")
    daemon = healthd(config + f"state: {{path: {tmp_path}/state}}\n")
    wait_until(lambda: past_of(bars(daemon, "p0")) == PAST, 10, "the bars of the days before")
    without = "".join(line for line in config.splitlines(True) if "name: p0" not in line)
    state = f"state: {{path: {tmp_path}/state}}\n"
    assert daemon.reload(without + state).status == 200
    assert list(daemon.probes()) == ["p1"]
    assert daemon.reload(config + state).status == 200
    reloaded = time.time()  # an overview is shown for a second
    wait_until(lambda: (shown := bars(daemon, "p0"))[0] > reloaded and past_of(shown) == PAST, 10, "the bars of the days before, again")
    wait_until(lambda: runs_of(daemon, "p0") > RUNS, 10, "the runs of this hour, from before and since")


def test_history_that_cannot_be(healthd, badpeer):
    daemon = healthd(two(badpeer)[0])
    for path, status, words in (("/api/probes/nobody/history", 404, "no probe"), ("/api/probes/p0/history?days=0", 400, "1 to 90"),
                                ("/api/probes/p0/history?days=91", 400, "1 to 90"), ("/api/probes/p0/history?days=x", 400, "1 to 90")):
        answer = daemon.get(path)
        assert answer.status == status and words in answer.json()["error"]


def test_the_overview_is_made_once_a_second(healthd, badpeer):
    daemon = healthd(two(badpeer)[0])
    daemon.wait_health("p0", "up")
    start = time.monotonic()
    stamps = {daemon.get("/api/overview").json()["now"] for _ in range(20)}
    assert len(stamps) <= 2 + (time.monotonic() - start)
    plain = daemon.get("/api/overview", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and [p["name"] for p in plain.json()["probes"]] == ["p0", "p1"]
