# SPDX-License-Identifier: Apache-2.0
"""When probes run, and when what they find is believed: seen in the log's own times."""
import json
from datetime import datetime

import pytest

from lib.banner import Banner
from lib.wait import slowness, stays, wait_until

JITTER = 0.06  # seconds a start may be off its slot here, with sanitizers and two busy cores


def config(probes):
    return "probes: " + json.dumps(probes) + "\n"


def runs(daemon, name):
    """Every run of a probe that logs all its results: when it started (s), and the line."""
    lines = [line for line in daemon.logs(probe=name) if "duration_ms" in line]  # not what an alert of it says
    ends = [datetime.fromisoformat(line["ts"].replace("Z", "+00:00")).timestamp() for line in lines]
    return [(end - line["duration_ms"] / 1000, line) for end, line in zip(ends, lines)]


def longest_in_slots(found, interval):
    """How many runs in a row were good and came an interval after the one before, within a half of it."""
    longest = now = 0
    for (before, _), (start, line) in zip(found, found[1:]):
        now = now + 1 if abs(start - before - interval) < interval / 2 and line["health"] == "up" else 0
        longest = max(longest, now)
    return longest


@pytest.fixture
def banner(request):
    """banner(script, …): see lib.banner.Banner."""

    def make(*args, **kwargs):
        made = Banner(*args, **kwargs)
        request.addfinalizer(made.close)
        return made

    return make


def test_fall_rise_and_the_retry_interval(healthd, banner):
    server = banner([b"220 hi\r\n"])
    daemon = healthd(config([{"name": "a", "interval": "1h", "retry_interval": "200ms", "fall": 4,
                              "rise": 3, "results": "all", "tcp": server.target}]))
    daemon.wait_health("a", "up")
    assert len(runs(daemon, "a")) == 1, "the first good run confirms"
    server.kill()
    daemon.run_now("a")
    daemon.wait_health("a", "down")  # by retries, as the next slot is in an hour
    server.start()
    daemon.run_now("a")
    daemon.wait_health("a", "up")
    found = runs(daemon, "a")
    story = [(line["health"], line["state"]) for _, line in found]
    first = story.index(("down", "up"))
    assert story[first:first + 4] == [("down", "up")] * 3 + [("down", "down")]
    back = next(n for n in range(first, len(story)) if story[n][0] == "up")
    assert story[back:back + 3] == [("up", "down")] * 2 + [("up", "up")]
    steps = [found[n + 1][0] - found[n][0] for start in (first, back) for n in range(start, start + 2)]
    assert min(steps) > 0.2 - JITTER, "no retry comes early"
    changes = [line["state"] for _, line in found if line["event"] == "probe changed"]
    assert changes == ["up", "down", "up"]


def test_the_last_good_run_of_who_is_asked_seldom_is_the_last_one(healthd, banner):
    daemon = healthd(config([{"name": "a", "interval": "1h", "tcp": banner([b"220 hi\r\n"]).target}]))
    daemon.wait_health("a", "up")
    for _ in range(3):
        assert daemon.post("/api/run/a").status == 200
    told = daemon.get("/api/probes/a").json()
    assert told["last_good"]["seq"] == told["last_run"]["seq"] and told["last_good"]["trace"]


def test_one_bad_run_is_no_change(healthd, nginx):
    site = nginx("return 200;")
    daemon = healthd(config([{"name": "a", "interval": "300ms", "retry_interval": "250ms", "fall": 3,
                              "results": "all", "http": site.url()}]))
    daemon.wait_health("a", "up")
    site.configure("return 500;")
    daemon.wait_log(probe="a", health="down")
    site.configure("return 200;")
    before = len(runs(daemon, "a"))
    wait_until(lambda: len(runs(daemon, "a")) > before + 3)
    changes = [line["state"] for _, line in runs(daemon, "a") if line["event"] == "probe changed"]
    assert changes == ["up"]


def test_slots_do_not_drift(healthd, badpeer):
    peer = badpeer("ok")
    daemon = healthd(config([{"name": f"p{n}", "interval": "250ms", "results": "all",
                              "http": peer.url()} for n in range(8)]))
    wait_until(lambda: all(len(runs(daemon, f"p{n}")) >= 9 for n in range(8)), 20)
    for n in range(8):
        starts = [start for start, _ in runs(daemon, f"p{n}")][1:]  # the first is spread
        assert len(starts) - 1 == round((starts[-1] - starts[0]) / 0.25), "a slot was missed"
        # A busy machine makes single starts late; those that were not tell whether the slots themselves move.
        late = [start - 0.25 * slot for slot, start in enumerate(starts)]
        half = len(late) // 2
        assert abs(min(late[half:]) - min(late[:half])) < JITTER * slowness(), late
    assert len({round(runs(daemon, f"p{n}")[-1][0] % 0.25, 2) for n in range(8)}) > 2, "one herd"


def test_others_keep_their_slots_while_peers_hang_and_flood(healthd, badpeer, certs):
    good = badpeer("ok")
    probes = [{"name": f"good{n}", "interval": "600ms", "results": "all", "http": good.url()}
              for n in range(4)]
    hanging = ["never_accept", "accept_silent", "tls_stall", "drip_body"] * 3
    for turn, name in enumerate([*hanging, "endless_body", "endless_headers", "garbage", "gzip_bomb"]):
        peer = badpeer(name)
        often = {"interval": "2s", "timeout": "900ms"}  # who is held up by one of them misses a slot
        packed = {"Accept-Encoding": "gzip"}
        probes.append(dict(often, name=f"http{turn}", http={"url": peer.url(), "headers": packed}))
        probes.append(dict(often, name=f"tls{turn}", tls=f"127.0.0.1:{peer.port}"))
    daemon = healthd(config(probes))
    for n in range(4):
        # A busy machine makes single starts late, peers that hold the others up would do so in each of their rounds.
        wait_until(lambda: longest_in_slots(runs(daemon, f"good{n}"), 0.6) >= 8, 20, f"eight runs of good{n} in their slots")


def test_a_run_that_fills_its_interval_is_never_doubled(healthd, badpeer):
    peer = badpeer("accept_silent")
    daemon = healthd(config([{"name": "a", "interval": "200ms", "timeout": "700ms",
                              "retry_interval": "100ms", "http": peer.url()}]))
    wait_until(lambda: peer.seen >= 3)
    stays(lambda: daemon.value("healthd_runs_active") <= 1, 1)
    assert daemon.value("healthd_runs_skipped_total") > 0


def test_a_watched_connection_shows_a_death_at_once(healthd, banner):
    server = banner([])
    daemon = healthd(config([{"name": "a", "interval": "1h", "retry_interval": "200ms", "fall": 2,
                              "watch": True, "results": "all", "tcp": server.target}]))
    daemon.wait_health("a", "up")
    wait_until(lambda: server.seen == 2, what="the watched connection")
    server.kill()
    line = daemon.wait_log(probe="a", state="down")  # the next slot is in an hour
    assert line["reason"] == "refused"
    assert [one["origin"] for _, one in runs(daemon, "a")][1] == "event"


def test_a_watched_connection_whose_address_is_a_secret(healthd, banner):
    server = banner([])
    daemon = healthd(config([{"name": "a", "interval": "1h", "watch": True,
                              "tcp": "${env:WHERE}"}]), env={"WHERE": server.target})
    daemon.wait_health("a", "up")
    wait_until(lambda: server.seen == 2, what="the watched connection")


def test_a_server_that_closes_idle_connections_is_not_flooded(healthd, banner):
    server = banner([], closes=True)
    daemon = healthd(config([{"name": "a", "interval": "1h", "retry_interval": "100ms",
                              "watch": True, "results": "all", "tcp": server.target}]))
    wait_until(lambda: len(runs(daemon, "a")) >= 3)
    wait_until(lambda: server.seen >= 10)
    stays(lambda: server.seen <= 16, 2, "it backs off")  # 7 runs, and a held connection after each
    assert {line["state"] for _, line in runs(daemon, "a")} == {"up"}


def test_watching_what_holds_no_connection_does_nothing(healthd, badpeer):
    peer = badpeer("ok")
    daemon = healthd(config([{"name": "a", "interval": "300ms", "watch": True, "http": peer.url()}]))
    wait_until(lambda: peer.seen >= 3)
    assert "'watch' does nothing: http holds no connection of its own" in daemon.stderr()


def test_expect_and_should_decide_down_and_degraded(healthd, nginx):
    site = nginx("location /slow { return 200 '{\"lag\": 9}'; } location / { return 200 '{\"lag\": 1}'; }")
    common = {"interval": "200ms", "retry_interval": "100ms", "should": ["json.lag < 5"]}
    daemon = healthd(config([
        dict(common, name="fine", http=site.url()),
        dict(common, name="late", http=site.url("/slow")),
        dict(common, name="wrong", http=site.url(), expect=["status == 201"])]))
    daemon.wait_health("fine", "up")
    late = daemon.wait_health("late", "degraded")["last"]
    assert "json.lag < 5" in late["detail"] and "9" in late["detail"]
    wrong = daemon.wait_health("wrong", "down")["last"]
    assert wrong["reason"] == "expect" and "201" in wrong["detail"] and "200" in wrong["detail"]
    page = daemon.page()
    assert page.value("probe_state", probe="late") == 2 and page.value("probe_success", probe="late") == 1
    health = daemon.get("/health")
    services = health.json()["services"]
    assert health.status == 503 and health.json()["status"] == "unhealthy"
    assert [services[name]["status"] for name in ("fine", "late", "wrong")] == [
        "healthy", "degraded", "unhealthy"]
    assert "error" not in services["fine"] and "201" in services["wrong"]["error"]
