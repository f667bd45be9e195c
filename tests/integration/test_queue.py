# SPDX-License-Identifier: Apache-2.0
"""The queue probe beside a real Redis, as the users of examples/privileges: round trips, workers that answer and workers that
do not, queues that are full, and that nothing is left behind, also by a healthd that is killed."""
import json
import re
import subprocess
import threading

import pytest

from lib.badpeer import names
from lib.bullmq import BullMq
from lib.healthd import healthctl
from lib.meeting import judge, meet
from lib.probe import probe, probe_once_path, refused
from lib.redis import PASSWORD, Redis, example_acl
from lib.wait import wait_until

USERS = f"user default on nopass ~* &* +@all\n{example_acl('redis-queue')}user bare on >{PASSWORD} -@all +ping\n"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    """One server with the example's users; each test has keys of its own, and leaves none of healthd's."""
    server = Redis(tmp_path_factory.mktemp("redis"), acl=USERS)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _nothing_is_left(redis):
    yield
    left = redis.ask("KEYS", "healthd:*")
    redis.ask("FLUSHALL")
    assert left == ""


class Worker(threading.Thread):
    """Does something once, beside the probe; its fault is the test's."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act, self.fault = act, None
        self.start()

    def run(self):
        try:
            self.act()
        except Exception as fault:  # pylint: disable=broad-exception-caught
            self.fault = fault

    def done(self):
        self.join(20)
        assert not self.is_alive() and not self.fault, self.fault


def tag_in(text):
    return re.search(r"healthd:once:[0-9a-f-]{36}", text).group()


# ---- round trips of its own ----


@pytest.mark.parametrize("conf", [
    lambda server: server.url("healthd-queue", PASSWORD),
    lambda server: {"url": server.url("healthd-queue", PASSWORD, 1)},
    lambda server: {"url": server.url(), "username": "healthd-queue", "password": PASSWORD},
    lambda server: {"url": f"unix://healthd-queue:{PASSWORD}@{server.socket}"},
    lambda server: {"url": server.url("healthd-queue", PASSWORD), "own": "healthd:queue:shop", "push": "right"},
    lambda server: {"url": server.url("healthd-queue", PASSWORD), "stream": "orders"},
], ids=["url", "database", "rows", "unix", "own", "stream"])
def test_a_message_goes_through(redis, conf):
    found = probe("queue", conf(redis), expect=["roundtrip < 2s", 'tag.startsWith("healthd:once:")'])
    assert (found.health, found.detail) == ("up", ""), found
    assert found.page.value("queue_up") == 1 and 0 < found.page.value("queue_roundtrip_seconds") < 2
    assert redis.ask("DBSIZE", database=1) == "0"


def test_the_applications_list_is_measured_and_left_alone(redis):
    redis.ask("RPUSH", "jobs", "a", "b", "c")
    found = probe("queue", {"url": redis.url(), "list": "jobs"}, expect=["depth == 3"])
    assert found.health == "up", found
    assert found.page.value("queue_depth", state="waiting") == 3
    assert found.page.value("queue_info", kind="list", queue="jobs") == 1
    assert redis.ask("LRANGE", "jobs", 0, -1).split() == ["a", "b", "c"]
    redis.ask("DEL", "jobs")


def test_a_stream_and_its_group_are_measured(redis):
    for number in range(1, 4):
        redis.ask("XADD", "orders", f"{number}-1", "n", number)
    redis.ask("XGROUP", "CREATE", "orders", "ship", "0")
    redis.ask("XREADGROUP", "GROUP", "ship", "worker", "COUNT", 1, "STREAMS", "orders", ">")
    conf = {"url": redis.url(), "stream": "orders", "group": "ship"}
    found = probe("queue", conf, expect=["depth == 2", "active == 1", "oldest_age > 1d", "oldest_active > 1d", "workers == 1"])
    assert found.health == "up", found
    found = probe("queue", {"url": redis.url(), "stream": "orders"}, expect=["depth == 3", "oldest_age > 1d"])
    assert found.health == "up", found
    redis.ask("XREADGROUP", "GROUP", "ship", "worker", "STREAMS", "orders", ">")
    assert probe("queue", conf, expect=["depth == 0", "active == 3", "oldest_age == 0s"]).health == "up"
    found = probe("queue", {**conf, "group": "nobody"})
    assert (found.health, found.reason) == ("down", "no_queue") and "no group nobody" in found.detail
    assert redis.ask("XLEN", "orders") == "3"
    redis.ask("DEL", "orders")


def test_what_may_not_be_measured_is_not_down(redis):
    found = probe("queue", {"url": redis.url("healthd-queue", PASSWORD), "list": "jobs"})
    assert found.health == "up" and found.page.value("queue_measured") == 0


# ---- answered by the application ----


def test_a_worker_takes_it_from_the_list(redis):
    worker = Worker(lambda: redis.ask("BRPOP", "jobs", 8))
    found = probe("queue", {"url": redis.url("healthd-queue-jobs", PASSWORD), "list": "jobs", "answered": "4s"}, timeout=8)
    worker.done()
    assert found.health == "up" and found.page.value("queue_roundtrip_seconds") < 4, found
    assert redis.ask("EXISTS", "jobs") == "0"


@pytest.mark.parametrize("reply", [["SET", "{key}", "done well"], ["LPUSH", "{key}", "done well"]], ids=["string", "list"])
def test_a_worker_replies(redis, reply):
    def work():
        tag = json.loads(redis.ask("BRPOP", "jobs", 8).split("\n")[1])["id"]
        redis.ask(*(word.replace("{key}", f"reply:{tag}") for word in reply))

    worker = Worker(work)
    found = probe("queue", {"url": redis.url("healthd-queue-jobs", PASSWORD), "list": "jobs", "answered": "6s",
                            "message": '{"type": "ping", "id": "${tag}"}', "reply": "reply:${tag}"}, timeout=10,
                  expect=['reply == "done well"'])
    worker.done()
    assert found.health == "up", found
    assert redis.ask("KEYS", "reply:*") == "" and redis.ask("EXISTS", "jobs") == "0"


def test_a_group_acknowledges(redis):
    redis.ask("XGROUP", "CREATE", "orders", "ship", "$", "MKSTREAM")

    def work():
        said = redis.ask("XREADGROUP", "GROUP", "ship", "w", "COUNT", 1, "BLOCK", 8000, "STREAMS", "orders", ">")
        assert "kind\nping" in said
        redis.ask("XACK", "orders", "ship", re.search(r"\d{13}-\d+", said).group())

    worker = Worker(work)
    found = probe("queue", {"url": redis.url("healthd-queue-orders", PASSWORD), "stream": "orders", "group": "ship",
                            "fields": {"kind": "ping"}, "answered": "6s"}, timeout=10)
    worker.done()
    assert found.health == "up", found
    assert redis.ask("XLEN", "orders") == "0" and redis.ask("XPENDING", "orders", "ship").split("\n")[0] == "0"
    redis.ask("DEL", "orders")


def test_nobody_works(redis):
    url = redis.url("healthd-queue-jobs", PASSWORD)
    found = probe("queue", {"url": url, "list": "jobs", "answered": "300ms"})
    assert (found.health, found.reason) == ("down", "late"), found
    assert found.detail.startswith("nobody took the message from jobs within 0.3s")
    assert found.page.value("queue_up") == 0 and redis.ask("EXISTS", "jobs") == "0"
    redis.ask("XGROUP", "CREATE", "orders", "ship", "$", "MKSTREAM")
    conf = {"url": redis.url("healthd-queue-orders", PASSWORD), "stream": "orders", "group": "ship", "answered": "300ms"}
    assert "nobody of group ship asked" in probe("queue", conf).detail
    assert redis.ask("XLEN", "orders") == "0"
    # Handed to somebody who hangs: it is taken from that list, too.
    worker = Worker(lambda: redis.ask("XREADGROUP", "GROUP", "ship", "w", "BLOCK", 8000, "STREAMS", "orders", ">"))
    found = probe("queue", {**conf, "answered": "2s"}, timeout=6)
    worker.done()
    assert (found.health, found.reason) == ("down", "late") and "was handed the entry" in found.detail, found
    assert redis.ask("XLEN", "orders") == "0" and redis.ask("XPENDING", "orders", "ship").split("\n")[0] == "0"
    redis.ask("DEL", "orders")


def test_taken_and_never_answered(redis):
    conf = {"url": redis.url("healthd-queue-jobs", PASSWORD), "list": "jobs", "answered": "1s", "reply": "reply:${tag}"}
    taken = []
    worker = Worker(lambda: taken.append(redis.ask("BRPOP", "jobs", 8)))
    found = probe("queue", conf, timeout=2)
    worker.done()
    assert (found.health, found.reason) == ("down", "late") and "was taken from jobs, but there was no reply" in found.detail
    # The reply comes after all: a later run removes it.
    redis.ask("SET", f"reply:{tag_in(taken[0])}", "late")

    def is_swept():
        probe("queue", {**conf, "answered": "50ms"}, timeout=0.5)
        return redis.ask("KEYS", "reply:*") == "" and redis.ask("KEYS", "healthd:*") == ""

    wait_until(is_swept, 15, "the late reply to be removed")


# ---- what goes wrong ----


@pytest.mark.parametrize("setup, conf, reason, words", [
    ([], {"username": "bare", "password": PASSWORD}, "forbidden", "redis-queue.acl"),
    ([], {"username": "healthd-queue", "password": "wrong"}, "auth", "is `password` right"),
    ([["SET", "jobs", "x"]], {"list": "jobs", "answered": "1s"}, "rejected", "WRONGTYPE"),
    ([["RPUSH", "jobs", "a", "b"]], {"list": "jobs", "answered": "1s", "max_length": 2}, "queue_full", "nothing was put in"),
    ([], {"stream": "gone", "reply": "reply:${tag}", "answered": "1s"}, "no_queue", "no stream gone"),
    ([], {"url": "redis://127.0.0.1:1"}, "refused", "nothing listens"),
    ([], {"database": "99"}, "database", "databases"),
], ids=["forbidden", "password", "type", "length", "stream", "refused", "database"])
def test_what_is_said_of_it(redis, setup, conf, reason, words):
    for command in setup:
        redis.ask(*command)
    found = probe("queue", {"url": redis.url(), **conf})
    assert (found.health, found.reason) == ("down", reason) and words in found.detail, found
    assert PASSWORD not in found.detail
    redis.ask("DEL", "jobs")


@pytest.mark.parametrize("kind", [{}, {"stream": "orders"}, {"list": "jobs", "answered": "1s"}], ids=["list", "stream", "answered"])
def test_a_redis_that_is_full(start, kind):
    full = start(Redis, "maxmemory 1kb", "maxmemory-policy noeviction")
    found = probe("queue", {"url": full.url(), **kind})
    assert (found.health, found.reason) == ("down", "queue_full") and "maxmemory" in found.detail, found
    assert full.ask("DBSIZE") == "0"


def test_a_replica_takes_nothing(redis, start):
    replica = start(Redis, f"replicaof 127.0.0.1 {redis.port}")
    replica.wait_info("master_link_status:up")
    found = probe("queue", replica.url())
    assert (found.health, found.reason) == ("down", "status") and "master's address" in found.detail


def test_tls(start, certs):
    server = start(Redis, cert=certs.server)
    url = server.url(host="localhost")
    assert probe("queue", {"url": url, "tls_config": {"ca_file": certs.path}}, expect=["tls.verified"]).health == "up"
    assert probe("queue", url).reason == "tls_untrusted"


@pytest.mark.parametrize("conf, words", [
    ({"url": "http://cache"}, "is not Redis"),
    ({}, "url"),
    ({"url": "redis://cache", "table": "jobs"}, "a `table` is in PostgreSQL"),
    ({"url": "postgres://db/x", "list": "jobs"}, "a `list` is in Redis"),
    ({"url": "redis://cache", "list": "a", "stream": "b"}, "looks at one queue"),
    ({"url": "redis://cache", "answered": "1s"}, "needs the application's queue"),
    ({"url": "redis://cache", "stream": "x", "answered": "1s"}, "needs the `group`"),
    ({"url": "redis://cache", "list": "x", "answered": "1s", "message": "ping"}, "needs ${tag}"),
    ({"url": "redis://cache", "list": "x", "reply": "y"}, "no `answered`"),
    ({"url": "redis://cache", "bullmq": "x", "answered": "1s"}, "means nothing with `bullmq`"),
    ({"url": "postgres://db/x", "notify": "x", "answered": "1s"}, "the channel on which"),
])
def test_what_is_refused_when_it_loads(conf, words):
    assert words in refused("queue", conf)


def test_a_timeout_that_is_too_short_is_said(redis):
    found = probe("queue", {"url": redis.url(), "list": "jobs", "answered": "10s"}, timeout=5)
    assert (found.health, found.reason) == ("unknown", "config") and "`timeout` of 12s" in found.detail


# Whatever a peer says or does is no Redis.
PEERS = {**dict.fromkeys(names(), ("protocol", "timeout", "closed", "reset", "is_tls")),
         **dict.fromkeys(["never_accept", "accept_silent", "tls_stall"], "timeout")}


def test_every_bad_peer(healthd, badpeer):
    peers = {name: badpeer(name) for name in names()}
    judge(meet(healthd, peers, lambda peer: {"queue": f"redis://127.0.0.1:{peer.port}"}), PEERS)


# ---- nothing is left ----


def asking(conf, timeout):
    """A probe that is under way."""
    return subprocess.Popen([probe_once_path(), "--timeout", f"{timeout}s", "queue", json.dumps(conf)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kind, size", [
    ({"list": "jobs"}, ["LLEN", "jobs"]),
    ({"stream": "orders", "group": "ship"}, ["XLEN", "orders"]),
], ids=["list", "stream"])
def test_a_later_run_removes_what_a_killed_one_left(redis, kind, size):
    redis.ask("RPUSH", "jobs", "theirs")
    redis.ask("XGROUP", "CREATE", "orders", "ship", "$", "MKSTREAM")
    redis.ask("XADD", "orders", "*", "n", "theirs")
    conf = {"url": redis.url(), "answered": "1s", **kind}
    killed = asking(conf, 1.5)
    wait_until(lambda: redis.ask(*size) == "2", what="the message to be in the queue")
    killed.kill()
    killed.wait()
    assert redis.ask(*size) == "2"
    # Too young to be anybody's leftover, the next run leaves it; a little later it is gone.
    wait_until(lambda: probe("queue", {**conf, "answered": "50ms"}, timeout=0.5) and redis.ask(*size) == "1", 15,
               "the leftover to be removed")
    wait_until(lambda: redis.ask("KEYS", "healthd:*") == "", what="the ledger to be empty")
    assert "theirs" in redis.ask("LRANGE", "jobs", 0, -1) and "theirs" in redis.ask("XRANGE", "orders", "-", "+")
    redis.ask("DEL", "jobs", "orders")


def calls(redis, command):
    """How often the server was asked that since CONFIG RESETSTAT."""
    found = re.search(rf"cmdstat_{command}:calls=(\d+)", redis.ask("INFO", "commandstats"))
    return int(found.group(1)) if found else 0


@pytest.mark.parametrize("kind, command", [
    ({"list": "jobs"}, "lpush"),
    ({"stream": "orders", "group": "ship"}, "xadd"),
], ids=["list", "stream"])
def test_what_cannot_be_written_down_is_not_put_in(redis, kind, command):
    redis.ask("XGROUP", "CREATE", "orders", "ship", "$", "MKSTREAM")
    redis.ask("ACL", "SETUSER", "forgetful", "on", f">{PASSWORD}", "~*", "+@all", "-hset")
    redis.ask("CONFIG", "RESETSTAT")
    found = probe("queue", {"url": redis.url("forgetful", PASSWORD), "answered": "500ms", **kind}, timeout=2)
    assert (found.health, found.reason) == ("down", "forbidden") and "HSET healthd:queue:once:out" in found.detail, found
    assert calls(redis, command) == 0


def test_a_list_is_searched_no_more_once_the_message_is_taken(redis):
    worker = Worker(lambda: redis.ask("BRPOP", "jobs", 15))
    wait_until(lambda: "blocked_clients:1" in redis.ask("INFO", "clients"), what="the worker to wait")
    redis.ask("CONFIG", "RESETSTAT")
    found = probe("queue", {"url": redis.url(), "list": "jobs", "answered": "500ms", "reply": "reply:${tag}"}, timeout=3)
    worker.done()
    assert (found.health, found.reason) == ("down", "late") and "was taken" in found.detail, found
    assert (calls(redis, "lpos"), calls(redis, "lrem")) == (1, 0) and calls(redis, "type") > 1
    redis.ask("DEL", "healthd:queue:once:out")  # a later reply would have been found by it


def test_keys_of_its_own_end_by_themselves(redis):
    # A user who may put in and not take out leaves what a kill between the two would.
    redis.ask("ACL", "SETUSER", "pusher", "on", f">{PASSWORD}", "~healthd:queue:*", "+ping", "+multi", "+exec", "+lpush", "+pexpire")
    found = probe("queue", redis.url("pusher", PASSWORD), timeout=0.5)
    assert (found.health, found.reason) == ("down", "forbidden") and "RPOP" in found.detail, found
    assert redis.ask("KEYS", "healthd:*").startswith("healthd:queue:once:")
    wait_until(lambda: redis.ask("KEYS", "healthd:*") == "", 10, "the key to end")


def test_a_server_that_hangs_meanwhile(redis):
    conf = {"url": redis.url(), "list": "jobs", "answered": "1500ms"}
    running = asking(conf, 2)
    wait_until(lambda: redis.ask("LLEN", "jobs") == "1", what="the message to be in the queue")
    redis.hang()
    out, _ = running.communicate(timeout=20)
    redis.resume()
    verdict = json.loads(out.split("\n", 1)[0])
    assert (verdict["health"], verdict["reason"]) == ("down", "timeout"), verdict
    assert "the message was put in" in verdict["detail"]
    wait_until(lambda: probe("queue", {**conf, "answered": "50ms"}, timeout=0.5) and redis.ask("EXISTS", "jobs") == "0"
               and redis.ask("KEYS", "healthd:*") == "", 15, "all to be removed")


def test_a_daemon_that_stops_meanwhile(redis, healthd):
    daemon = healthd("probes: " + json.dumps([{"name": "work", "interval": "1h", "timeout": "4s", "queue": {
        "url": redis.url(), "list": "jobs", "answered": "3s"}}]))
    wait_until(lambda: redis.ask("LLEN", "jobs") == "1", what="the message to be in the queue")
    daemon.stop()
    wait_until(lambda: redis.ask("EXISTS", "jobs") == "0" and redis.ask("KEYS", "healthd:*") == "", 5, "all to be removed")


# ---- in a flow ----

FLOW = """
flows:
  - name: orders
    vars: {{order: A-17}}
    steps:
      - name: put
        queue: {{url: "{url}", list: jobs, answered: 8s, message: '{{"id": "${{tag}}", "order": "${{order}}"}}', reply: "reply:${{tag}}"}}
        timeout: 12s
        capture: {{said: reply}}
        expect: ['reply == "shipped A-17"']
"""


def test_a_step_of_a_flow(redis, tmp_path):
    (tmp_path / "flow.yml").write_text(FLOW.format(url=redis.url()))

    def work():
        job = json.loads(redis.ask("BRPOP", "jobs", 8).split("\n")[1])
        redis.ask("SET", f"reply:{job['id']}", f"shipped {job['order']}")

    worker = Worker(work)
    done = healthctl("smoke", tmp_path / "flow.yml")
    worker.done()
    assert done.returncode == 0, done.stdout + done.stderr
    assert redis.ask("DBSIZE") == "0"


# ---- BullMQ ----


@pytest.mark.parametrize("version", ["bullmq", "bullmq6"])
def test_bullmq(redis, start, version):
    conf = {"url": redis.url("healthd-bullmq", PASSWORD), "bullmq": "mail"}
    found = probe("queue", conf)
    assert (found.health, found.reason) == ("down", "no_queue") and "bull:mail:meta" in found.detail
    start(BullMq, version, redis, queue="mail", add=[
        [{}, {}], [{}, {}], [{}, {"priority": 5}], [{}, {"delay": 3600000}]])
    before = sorted(redis.ask("KEYS", "bull:*").split())
    found = probe("queue", conf, expect=["depth == 2", "prioritized == 1", "delayed == 1", "active == 0", "failed == 0",
                                         "oldest_age < 1m", "overdue == 0s", "!is_paused", "workers == 0", "recent_failures == 0"])
    assert found.health == "up", found
    assert found.page.value("queue_depth", state="waiting") == 2 and found.page.value("queue_workers") == 0
    assert sorted(redis.ask("KEYS", "bull:*").split()) == before, "looking must change nothing"
    start(BullMq, version, redis, queue="mail", worker=True, add=[
        [{"fail": "the mail server said 550"}, {}], [{"hold": 60000}, {}]])

    def is_worked():
        return probe("queue", conf, expect=["active == 1", "failed == 1", "depth == 0", "workers >= 1", "recent_failures == 1",
                                            'failure_reason == "the mail server said 550"', "age(last_failure) < 1m",
                                            "oldest_active < 1m", "completed == 3"]).health == "up"

    wait_until(is_worked, 20, lambda: str(probe("queue", conf).page.text))
    start(BullMq, version, redis, queue="mail", pause=True)
    found = probe("queue", conf, expect=["is_paused"])
    assert found.health == "up" and found.page.value("queue_paused") == 1, found
    redis.ask("FLUSHDB")
