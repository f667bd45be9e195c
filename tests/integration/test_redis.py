# SPDX-License-Identifier: Apache-2.0
"""The redis probe beside real servers: logging in, what can be refused, what can go wrong, streams, sentinels, and
Debian's redis_exporter on the same server."""
import json
import socket
import threading
import time

import pytest

from lib.badpeer import names
from lib.meeting import judge, meet
from lib.metrics import Page
from lib.probe import probe, refused
from lib.redis import HARM, PASSWORD, Hostile, Redis, RedisExporter, example_acl
from lib.wait import slowness, wait_until

DEFAULT_OFF = f"user default off\n{example_acl()}user bare on >{PASSWORD} resetkeys -@all +ping\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One plain server with keys of every kind; tests leave it as it is."""
    server = Redis(tmp_path_factory.mktemp("redis"), "maxmemory 100mb", "latency-monitor-threshold 1",
                   "enable-debug-command yes")
    for command in (["RPUSH", "jobs", "a", "b", "c"], ["SADD", "people", "x", "y"], ["ZADD", "rank", "1", "a"],
                    ["HSET", "card", "f", "1", "g", "2"], ["SET", "counter", "42"], ["SET", "word", "hello"],
                    ["XADD", "orders", "1-1", "n", "1"], ["XADD", "orders", "2000-1", "n", "2"],
                    ["XADD", "orders", "3000-1", "n", "3"], ["XGROUP", "CREATE", "orders", "ship", "0"],
                    ["XREADGROUP", "GROUP", "ship", "worker", "COUNT", "1", "STREAMS", "orders", ">"],
                    ["GET", "nothing"], ["INCR", "word"], ["DEBUG", "SLEEP", "0.02"], ["LOLWUT", "VERSION", "1"]):
        server.ask(*command)
    for number in range(25):
        server.ask("RPUSH", f"q:{number}:wait", *range(number + 1), database=2)
    yield server
    server.stop()


@pytest.fixture
def redis(start):
    return lambda *args, **kwargs: start(Redis, *args, **kwargs)


def test_a_server_in_order(shared):
    found = probe("redis", shared.url(), expect=[
        'role == "master"', 'version.startsWith("7.")', 'mode == "standalone"', "ping < 1s", "uptime >= 0s",
        "connected_clients >= 1", "blocked_clients == 0", "used_memory < 100MiB", "memory_share < 50%", "replicas == 0",
        'info["maxmemory_policy"] == "noeviction"'])
    assert (found.health, found.detail) == ("up", "")
    page = found.page
    for name, value in (("redis_up", 1), ("redis_memory_max_bytes", 100 << 20), ("redis_db_keys_expiring", 0),
                        ("redis_slowlog_length", 1)):
        assert {value} == {found for _, found in page.select(name)}, name
    assert page.value("redis_memory_fragmentation_ratio") == page.value("redis_mem_fragmentation_ratio")
    assert page.value("redis_errors_total", err="ERR") >= 1
    assert page.value("redis_latency_spike_duration_seconds", event_name="command") >= 0.02
    assert abs(page.value("redis_start_time_seconds") + page.value("redis_uptime_in_seconds") - time.time()) < 5
    [(labels, value)] = page.select("redis_instance_info")
    assert value == 1 and labels["role"] == "master" and labels["tcp_port"] == str(shared.port)


@pytest.mark.parametrize("conf", [
    lambda server: {"url": server.url(scheme="valkey")},
    lambda server: {"url": server.address},
    lambda server: {"host": "127.0.0.1", "port": server.port},
    lambda server: {"url": f"unix://{server.socket}"},
    lambda server: {"url": f"redis+socket://{server.socket}?db=1"},
    lambda server: {"unix": str(server.socket)},
], ids=["valkey", "address", "host", "unix", "socket", "row"])
def test_every_way_to_name_it(shared, conf):
    assert probe("redis", conf(shared)).health == "up"


@pytest.mark.parametrize("conf, words", [
    ({"url": "http://cache"}, "is not Redis"),
    ({"url": "redis://cache/x"}, "is no database"),
    ({"url": "unix://"}, "no path"),
    ({"url": "cache", "username": "x"}, "no `password`"),
    ({"url": "cache", "keys": ["db1="]}, "name is empty"),
    ({"url": "cache", "keys": ["x" * 1100]}, "longer than 1024"),
])
def test_what_is_refused_when_it_loads(conf, words):
    assert words in refused("redis", conf)


def test_keys_of_every_kind(shared):
    found = probe("redis", {"url": shared.url(), "keys": [
        "jobs", "people", "rank", "card", "counter", "word", "orders", "gone", "db2=q:3:wait"], "stream_consumers": True},
        expect=['length["jobs"] == 3', 'length["gone"] == 0', 'length["db2=q:3:wait"] == 4', 'lag["orders"] == 2',
                'pending["orders"] == 1'])
    assert found.health == "up", found.detail
    sizes = {(labels["db"], labels["key"]): value for labels, value in found.page.select("redis_key_size")}
    assert sizes == {("db0", "jobs"): 3, ("db0", "people"): 2, ("db0", "rank"): 1, ("db0", "card"): 2, ("db0", "counter"): 2,
                     ("db0", "word"): 5, ("db0", "orders"): 3, ("db0", "gone"): 0, ("db2", "q:3:wait"): 4}
    assert found.page.select("redis_key_value") == [({"db": "db0", "key": "counter"}, 42)]
    stream = {"db": "db0", "stream": "orders"}
    for name, value in (("length", 3), ("groups", 1), ("first_entry_id", 1), ("last_generated_id", 3000),
                        ("entries_added_total", 3)):
        assert found.page.value(f"redis_stream_{name}", **stream) == value
    for name, value in (("lag", 2), ("messages_pending", 1), ("consumers", 1), ("entries_read", 1), ("last_delivered_id", 1)):
        assert found.page.value(f"redis_stream_group_{name}", group="ship", **stream) == value
    assert found.page.value("redis_stream_group_consumer_messages_pending", consumer="worker", group="ship", **stream) == 1


def test_keys_by_pattern(shared):
    found = probe("redis", {"url": shared.url(), "patterns": ["db2=q:*:wait"], "count_keys": ["db2=*", "c*"]})
    assert found.health == "up"
    sizes = {labels["key"]: value for labels, value in found.page.select("redis_key_size", db="db2")}
    assert sizes == {f"q:{number}:wait": number + 1 for number in range(25)}
    counts = {(labels["db"], labels["key"]): value for labels, value in found.page.select("redis_keys_count")}
    assert counts == {("db2", "q:*:wait"): 25, ("db2", "*"): 25, ("db0", "c*"): 2}
    assert {value for _, value in found.page.select("redis_keys_scan_complete")} == {1}


def test_a_search_ends_at_its_limit(redis):
    server = redis("enable-debug-command yes")
    server.ask("DEBUG", "POPULATE", "50000")
    found = probe("redis", {"url": server.url(), "count_keys": ["key:*"], "scan_keys": 5000, "patterns": ["key:1*"]})
    assert found.health == "up"
    assert found.page.value("redis_keys_scan_complete", key="key:*") == 0
    assert 4000 < found.page.value("redis_keys_count", key="key:*") < 7000
    assert len(found.page.select("redis_key_size")) == 500


def test_commands_by_a_list(shared):
    found = probe("redis", {"url": shared.url(), "commands": ["info", "ping"]})
    assert {labels["cmd"] for labels, _ in found.page.select("redis_commands_total")} == {"info", "ping"}


# ---- logging in ----


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A server with exactly the users of examples/privileges/redis.acl, and one who may only PING."""
    server = Redis(tmp_path_factory.mktemp("locked"), acl=DEFAULT_OFF)
    yield server
    server.stop()


def test_the_least_privileges_are_enough(locked):
    found = probe("redis", locked.url("healthd", PASSWORD))
    assert found.health == "up"
    parts = {labels["collector"]: value for labels, value in found.page.select("redis_collector_success")}
    assert parts == {"info": 1, "config": 1, "slowlog": 1, "latency": 1}
    denied = {labels["err"] for labels, _ in found.page.select("redis_errors_total")}
    assert "NOPERM" not in denied
    conf = {"url": locked.url("healthd-keys", PASSWORD, 1), "keys": ["jobs", "db0=x"], "patterns": ["*"]}
    found = probe("redis", conf)
    assert found.health == "up"
    assert {value for _, value in found.page.select("redis_collector_success")} == {1}
    assert found.page.value("redis_key_size", db="db1", key="jobs") == 0


@pytest.mark.parametrize("login, reason, words", [
    (("healthd", "wrong"), "auth", "WRONGPASS"),
    (("nobody", PASSWORD), "auth", "WRONGPASS"),
    ((), "auth", "give `password`"),
])
def test_who_is_not_let_in(locked, login, reason, words):
    found = probe("redis", locked.url(*login))
    assert (found.health, found.reason) == ("down", reason) and words in found.detail
    assert PASSWORD not in found.detail and found.page.value("redis_up") == 0


def test_what_a_user_may_not_ask_is_a_part_that_failed(locked):
    found = probe("redis", {"url": locked.url("bare", PASSWORD), "keys": ["jobs"], "patterns": ["*"]})
    assert found.health == "up"
    parts = {labels["collector"]: value for labels, value in found.page.select("redis_collector_success")}
    assert parts == dict.fromkeys(["info", "config", "slowlog", "latency", "keys", "scan"], 0)
    assert "may not" in found.detail or any("NOPERM" in text for _, text in found.trace)


def test_what_was_refused_is_not_asked_each_time(locked, healthd):
    daemon = healthd("probes: " + json.dumps([{"name": "cache", "interval": "1h",
                                               "redis": locked.url("bare", PASSWORD)}]))
    wait_until(lambda: daemon.probes()["cache"]["last"], what="a first run")
    before = Page(probe("redis", locked.url("healthd", PASSWORD)).page.text).value("redis_errors_total", err="NOPERM")
    for _ in range(3):
        assert daemon.run_now("cache")["health"] == "up"
    after = probe("redis", locked.url("healthd", PASSWORD)).page.value("redis_errors_total", err="NOPERM")
    assert after - before < 8, "each run asked again for what it may not have"
    assert daemon.value("redis_collector_success", collector="info") == 0


def test_a_database_that_is_not_there(shared):
    found = probe("redis", shared.url(database=99))
    assert (found.health, found.reason) == ("down", "database")


def test_tls(redis, certs):
    server = redis(cert=certs.server)
    url = server.url(host="localhost")
    assert probe("redis", {"url": url, "tls_config": {"ca_file": certs.path}}, expect=["tls.verified"]).health == "up"
    assert probe("redis", url).reason == "tls_untrusted"
    assert probe("redis", {"url": server.url(scheme="redis")}).reason in ("closed", "reset")


def test_tls_is_asked_of_a_server_without(shared):
    # Redis waits for the end of what it takes for a line.
    found = probe("redis", shared.url(scheme="rediss"), timeout=0.5)
    assert found.reason == "timeout" and "then the TLS handshake did not end" in found.detail, found


def test_a_certificate_that_has_expired(redis, certs):
    server = redis(cert=certs.expired)
    found = probe("redis", {"url": server.url(host="localhost"), "tls_config": {"ca_file": certs.path}})
    assert (found.health, found.reason) == ("down", "tls_expired")


# ---- what goes wrong ----


def test_a_server_that_hangs(redis):
    server = redis()
    server.hang()
    found = probe("redis", server.url(), timeout=0.5)
    assert (found.health, found.reason) == ("down", "timeout") and found.seconds < 3 * slowness()
    assert "PING was not answered" in found.detail
    server.resume()


def test_a_server_that_is_killed_while_it_answers(redis, healthd):
    server = redis("enable-debug-command yes")
    daemon = healthd("probes: " + json.dumps([{"name": "cache", "interval": "1h", "redis": server.url()}]))
    daemon.wait_health("cache", "up")
    stuck = socket.create_connection(("127.0.0.1", server.port))
    stuck.sendall(b"PING\r\n")
    assert stuck.recv(10).startswith(b"+PONG")  # it is a client by now: what it says next is read before what healthd asks
    stuck.sendall(b"DEBUG SLEEP 30\r\n")
    # The kept connection is asked and answers nothing; then its peer is gone, and nobody listens.
    found = []
    asking = threading.Thread(target=lambda: found.append(daemon.run_now("cache")))
    asking.start()
    daemon.wait_value(1, "healthd_runs_active")
    server.kill()
    asking.join(30)
    assert found and found[0]["health"] == "down" and found[0]["reason"] in ("refused", "closed", "reset"), found
    stuck.close()
    assert Page(daemon.get("/metrics").text).select("redis_memory_used_bytes") == []


def test_too_many_clients(redis):
    server = redis("maxclients 1")

    def take_the_place():
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"PING\r\n")
        return client if client.recv(10).startswith(b"+PONG") else client.close()

    with wait_until(take_the_place, what="the only place for a client"):
        for _ in range(10):
            found = probe("redis", server.url())
            assert (found.health, found.reason) == ("down", "full"), found


def test_a_script_that_never_ends(redis):
    server = redis("busy-reply-threshold 50")
    with socket.create_connection(("127.0.0.1", server.port)) as busy:
        busy.sendall(b"EVAL 'while true do end' 0\r\n")
        wait_until(lambda: "BUSY" in server.ask("GET", "x"), what="the script to be too long")
        found = probe("redis", server.url())
        assert (found.health, found.reason) == ("down", "busy") and "SCRIPT KILL" in found.detail
        server.ask("SCRIPT", "KILL")


def test_a_server_that_loads(redis):
    server = redis("enable-debug-command yes")
    server.ask("DEBUG", "POPULATE", "20000")
    server.ask("SAVE")
    server.process.stop()
    server.options += ["key-load-delay 1000", "loading-process-events-interval-bytes 1024"]
    server.start()
    found = wait_until(lambda: (lambda one: one if one.health == "down" else None)(probe("redis", server.url())),
                       what="the server to load")
    assert found.reason == "starting" and "reads its data" in found.detail


def test_a_replica(redis):
    master = redis()
    replica = redis(f"replicaof 127.0.0.1 {master.port}", "repl-ping-replica-period 1")
    replica.wait_info("master_link_status:up")
    found = probe("redis", replica.url(), expect=['role == "slave"', "master_link", "replication_lag < 30s"])
    assert found.health == "up", found.detail
    link = {"master_host": "127.0.0.1", "master_port": str(master.port)}
    assert found.page.value("redis_master_link_up", **link) == 1
    assert found.page.value("redis_slave_info", read_only="1", **link) == 1
    found = probe("redis", master.url(), expect=["replicas == 1", "replication_lag < 30s"])
    assert found.page.value("redis_connected_slave_lag_seconds", slave_state="online", slave_port=str(replica.port)) < 30
    # A replica that hears nothing: its lag grows, and it says so itself.
    master.hang()
    wait_until(lambda: probe("redis", replica.url()).page.value("redis_master_last_io_seconds_ago") >= 2, 15, "a lag")
    master.resume()
    master.kill()
    replica.wait_info("master_link_status:down")
    found = probe("redis", replica.url(), expect=["master_link"])
    assert (found.health, found.reason) == ("down", "expect")
    assert found.page.value("redis_master_link_up", **link) == 0
    replica.ask("CONFIG", "SET", "replica-serve-stale-data", "no")
    found = probe("redis", {"url": replica.url(), "keys": ["jobs"]})
    assert found.page.value("redis_up") == (found.reason != "unhealthy")


def test_a_sentinel(redis):
    master = redis()
    replica = redis(f"replicaof 127.0.0.1 {master.port}")
    sentinel = redis(f"sentinel monitor shop 127.0.0.1 {master.port} 1",
                     "sentinel down-after-milliseconds shop 500", "sentinel failover-timeout shop 60000",
                     acl=f"user default off\n{example_acl('redis-sentinel')}user admin on nopass ~* &* +@all\n", sentinel=True)
    url = sentinel.url("healthd-sentinel", PASSWORD)
    replica.wait_info("master_link_status:up")

    def settled():
        found = probe("redis", url)
        return found if found.page.select("redis_sentinel_master_ok_slaves", master_name="shop") and \
            found.page.value("redis_sentinel_master_ok_slaves") == 1 else None

    found = wait_until(settled, 20, "the sentinel to know the replica")
    page = found.page
    assert found.health == "up" and page.value("redis_sentinel_masters") == 1
    assert page.value("redis_sentinel_master_status", master_name="shop", master_status="ok") == 1
    assert page.value("redis_sentinel_master_ckquorum_status", master_name="shop", message="OK") == 1
    assert page.value("redis_sentinel_master_ok_sentinels") == 1
    assert page.value("redis_sentinel_master_setting_down_after_milliseconds") == 500
    assert {labels["collector"]: value for labels, value in page.select("redis_collector_success")} == \
        {"info": 1, "sentinel": 1}
    master.hang()
    wait_until(lambda: probe("redis", url, expect=["masters_ok"]).reason == "expect", 15, "the master to be missed")
    master.resume()


PLAIN = ("closed", "reset")
# Every peer, by what the probe finds at it: bytes that are no RESP, or an end, or silence.
PEERS = {
    **dict.fromkeys(names(), "protocol"),
    **dict.fromkeys(["never_accept", "accept_silent", "tls_stall"], "timeout"),
    **dict.fromkeys(["reset_on_accept", "close_on_accept", "reset_after_request", "close_after_request"], PLAIN),
    "tls_half_hello": ("protocol", "timeout"), "tls_alert": ("is_tls", *PLAIN), "tls_reset": ("protocol", *PLAIN),
}


def test_every_bad_peer(healthd, badpeer):
    peers = {name: badpeer(name) for name in names()}
    judge(meet(healthd, peers, lambda peer: {"redis": f"127.0.0.1:{peer.port}"}), PEERS)


@pytest.mark.parametrize("name", HARM)
def test_hostile_servers(name):
    head, again, words = HARM[name]
    server = Hostile(head, again)
    found = probe("redis", f"127.0.0.1:{server.port}")
    server.close()
    assert (found.health, found.reason) == ("down", "too_large"), found
    assert words in found.detail and found.seconds < 4 * slowness()


# ---- with healthd around it ----


def test_a_kept_connection_is_watched_and_logs_in_again(redis, healthd):
    server = redis(f"requirepass {PASSWORD}")
    daemon = healthd("probes: " + json.dumps([
        {"name": "cache", "interval": "1h", "fall": 1, "watch": True, "limits": {"memory_used": ["80%", "90%"]},
         "redis": {"url": server.url(), "password": PASSWORD}}]))
    daemon.wait_health("cache", "up")
    for _ in range(3):
        assert daemon.run_now("cache")["health"] == "up"
    assert "total_connections_received:" in server.ask("INFO", password=PASSWORD)
    [(labels, scrapes)] = Page(daemon.get("/metrics").text).select("redis_exporter_scrapes_total")
    assert labels["probe"] == "cache" and scrapes >= 4
    # A password that is changed under the connection is noticed, though that would go on working.
    server.ask("CONFIG", "SET", "requirepass", "another-" + PASSWORD, password=PASSWORD)
    assert daemon.run_now("cache")["reason"] == "auth"
    server.ask("CONFIG", "SET", "requirepass", PASSWORD, password="another-" + PASSWORD)
    assert daemon.run_now("cache")["health"] == "up"
    server.kill()
    daemon.wait_health("cache", "down")
    texts = [daemon.stderr(), json.dumps(daemon.explain("cache")), daemon.get("/metrics").text,
             (daemon.folder / "healthd.out").read_text()]
    assert not any(PASSWORD in text for text in texts)
    assert "RedisMemoryUsed" in json.dumps(daemon.get("/api/v1/rules").json())


# Families of redis_exporter that are about itself, or about a feature that is off there unless asked for.
NOT_OURS = {"redis_exporter_build_info", "redis_exporter_scrape_duration_seconds", "redis_target_scrape_request_errors_total",
            "redis_last_key_groups_scrape_duration_milliseconds"}
# Where newer exporters than Debian's differ from it, and ours goes with them.
NEWER = {"redis_expired_time_cap_reached_total"}
# The rows of the reference that are on by default there.
WANTED = """
redis_up redis_exporter_last_scrape_error redis_exporter_last_scrape_duration_seconds redis_exporter_scrapes_total
redis_memory_used_bytes redis_memory_max_bytes redis_connected_clients redis_blocked_clients redis_db_keys
redis_db_keys_expiring redis_db_avg_ttl_seconds redis_evicted_keys_total redis_expired_keys_total redis_keyspace_hits_total
redis_keyspace_misses_total redis_net_input_bytes_total redis_net_output_bytes_total redis_commands_total
redis_commands_duration_seconds_total redis_commands_rejected_calls_total redis_commands_failed_calls_total
redis_uptime_in_seconds redis_start_time_seconds redis_connected_slaves redis_instance_info redis_commands_processed_total
redis_rejected_connections_total redis_rdb_last_save_timestamp_seconds redis_config_maxclients
redis_total_system_memory_bytes redis_memory_used_rss_bytes redis_mem_fragmentation_ratio redis_memory_fragmentation_ratio
redis_master_repl_offset redis_slowlog_length redis_latest_fork_seconds redis_cpu_sys_seconds_total
redis_cpu_user_seconds_total redis_latency_percentiles_usec
""".split()


def labels_of(page, name):
    """An empty label is none."""
    return {frozenset(key for key, value in labels.items() if value) for labels, _ in page.select(name)}


def test_beside_redis_exporter(shared, start, capsys):
    probe("redis", shared.url())  # both know CONFIG, SLOWLOG and PING then
    ours, theirs = probe("redis", shared.url()).page, Page(start(RedisExporter, shared).get().text)
    named = [name for name in theirs.types if name.startswith("redis_")]
    missing = [name for name in named if name not in ours.types and name not in NOT_OURS]
    types = [f"{name}: theirs {theirs.types[name]}, ours {ours.types[name]}" for name in named
             if name in ours.types and ours.types[name] != theirs.types[name]]
    labels = [f"{name}: theirs {labels_of(theirs, name)}, ours {labels_of(ours, name)}" for name in named
              if name in ours.types and not labels_of(theirs, name) <= labels_of(ours, name)
              and name != "redis_instance_info"]
    with capsys.disabled():
        print(f"\nbeside redis_exporter: {len(named)} of its families, missing {missing or 'none'}, types {types or 'the same'},"
              f" labels {labels or 'the same'}; beyond it {len(set(ours.types) - set(theirs.types))}")
    assert not missing and not labels
    assert [line for line in types if line.split(":")[0] not in NEWER] == []
    assert [name for name in WANTED if name not in ours.types] == []
    [(instance, _)], [(their_instance, _)] = ours.select("redis_instance_info"), theirs.select("redis_instance_info")
    assert {name: instance[name] for name in their_instance} == their_instance
    for name in ("redis_memory_max_bytes", "redis_config_maxclients", "redis_db_keys_expiring", "redis_slowlog_length"):
        assert ours.select(name), name
        for labels, value in ours.select(name):
            assert theirs.value(name, **labels) == value, name
