# SPDX-License-Identifier: Apache-2.0
"""The mongodb probe against a wire-level server that is not ours (lib.mongodb), and against a real one when
HEALTHD_TEST_MONGODB_URI names it."""
import json
import os
from pathlib import Path

import pytest

from lib import mongodb_documents as documents
from lib.metrics import Page
from lib.mongodb import HARM, ITERATIONS, Hostile, Mongo, User, failure, users_of_script
from lib.probe import probe, refused
from lib.wait import free_port, wait_until

SCRIPT = Path(__file__).parents[2] / "examples" / "privileges" / "mongodb.js"
USERS = {"healthd": User("secret")}

# The names that surveyed dashboards and rules query, which a member of a set shows.
NAMES = """
mongodb_up mongodb_connections mongodb_ss_connections mongodb_op_counters_total mongodb_ss_opcounters
mongodb_mongod_replset_my_state mongodb_mongod_replset_member_replication_lag mongodb_mongod_replset_member_ping_ms
mongodb_mongod_replset_member_election_date mongodb_mongod_replset_member_last_heartbeat
mongodb_mongod_replset_number_of_members mongodb_mongod_replset_oplog_head_timestamp
mongodb_mongod_replset_oplog_tail_timestamp mongodb_mongod_metrics_document_total mongodb_ss_metrics_document
mongodb_mongod_metrics_query_executor_total mongodb_instance_uptime_seconds mongodb_mongod_instance_uptime_seconds
mongodb_mongod_metrics_cursor_open mongodb_ss_metrics_cursor_open mongodb_mongod_metrics_cursor_timed_out_total
mongodb_mongod_global_lock_current_queue mongodb_mongod_op_counters_repl_total mongodb_ss_opcountersRepl mongodb_memory
mongodb_mongod_op_latencies_ops_total mongodb_mongod_op_latencies_latency_total mongodb_extra_info_page_faults_total
mongodb_mongod_metrics_ttl_deleted_documents_total mongodb_asserts_total mongodb_network_bytes_total mongodb_version_info
mongodb_mongod_wiredtiger_cache_bytes mongodb_mongod_wiredtiger_cache_max_bytes
mongodb_mongod_wiredtiger_cache_bytes_total mongodb_mongod_wiredtiger_cache_pages
mongodb_mongod_wiredtiger_concurrent_transactions_available_tickets
mongodb_mongod_wiredtiger_concurrent_transactions_out_tickets
mongodb_mongod_wiredtiger_concurrent_transactions_total_tickets mongodb_mongod_wiredtiger_transactions_total
mongodb_mongod_wiredtiger_log_bytes_total mongodb_mongod_wiredtiger_log_operations_total
mongodb_mongod_wiredtiger_log_records_total mongodb_mongod_wiredtiger_session_open_cursors_total
mongodb_mongod_wiredtiger_session_open_sessions_total mongodb_ss_wt_cache_bytes_currently_in_the_cache
mongodb_ss_wt_cache_maximum_bytes_configured mongodb_ss_wt_concurrentTransactions_available
mongodb_ss_wt_concurrentTransactions_out mongodb_rs_members_state mongodb_rs_members_health
mongodb_rs_members_optimeDate mongodb_rs_members_pingMs mongodb_members_state mongodb_members_health
mongodb_members_optimeDate mongodb_members_pingMs mongodb_members_uptime mongodb_dbstats_collections
mongodb_dbstats_objects mongodb_dbstats_dataSize mongodb_dbstats_storageSize mongodb_dbstats_indexes
mongodb_dbstats_indexSize mongodb_dbstats_fsUsedSize mongodb_dbstats_fsTotalSize
mongodb_mongod_replset_member_health mongodb_mongod_replset_member_optime_date mongodb_replset_my_state
mongodb_op_counters_repl_total mongodb_mongod_connections mongodb_ss_mem_resident mongodb_ss_mem_virtual
mongodb_ss_asserts mongodb_ss_globalLock_currentQueue mongodb_ss_metrics_cursor_timedOut mongodb_ss_opLatencies_latency
""".split()


@pytest.fixture
def mongo(request):
    """mongo(…): see lib.mongodb.Mongo."""

    def make(**kwargs):
        server = Mongo(**kwargs)
        request.addfinalizer(server.stop)
        return server

    return make


def ask(server, credentials="healthd:secret@", path="", options="", timeout=5, expect=(), should=(), **conf):
    return probe("mongodb", {"uri": server.uri(credentials, path, options), **conf}, timeout=timeout, expect=expect,
                 should=should)


# ---- logging in ----

@pytest.mark.parametrize("mechanisms", [("SCRAM-SHA-1", "SCRAM-SHA-256"), ("SCRAM-SHA-1",), ("SCRAM-SHA-256",)])
def test_a_user_logs_in_by_the_strongest_mechanism(mongo, mechanisms):
    server = mongo(users={"healthd": User("p@ss:w/rd", mechanisms=mechanisms)})
    outcome = ask(server, "healthd:p%40ss%3Aw%2Frd@", collect=["none"])
    assert outcome.health == "up", outcome
    assert server.logins == [("healthd", mechanisms[-1])]


def test_logins_as_configured(mongo):
    server = mongo(users={"app": User("geheim", database="shop"), "old": User("x" * 8, mechanisms=("SCRAM-SHA-1",))},
                   legacy=True)
    ok = [("app:geheim@", "shop", ""), ("app:geheim@", "", "authSource=shop"), ("app:geheim@", "shop", "authMechanism="
          "SCRAM-SHA-1"), ("old:xxxxxxxx@", "", ""), ("old:xxxxxxxx@", "shop", "authSource=admin")]
    for credentials, path, options in ok:
        outcome = ask(server, credentials, path, options, collect=["none"])
        assert outcome.health == "up", (credentials, path, options, outcome)
    rows = probe("mongodb", {"uri": server.uri(), "username": "app", "password": "geheim", "auth_source": "shop",
                             "collect": ["none"]})
    assert rows.health == "up", rows


def test_a_wrong_password_is_said_and_shown_nowhere(mongo):
    server = mongo(users=USERS)
    for credentials, options in (("healthd:wrongest@", ""), ("nobody:wrongest@", ""), ("healthd:wrongest@",
                                 "authSource=other")):
        outcome = ask(server, credentials, options=options)
        assert (outcome.health, outcome.reason) == ("down", "auth"), outcome
        assert "AuthenticationFailed (18)" in outcome.detail and "authSource" in outcome.detail
        assert "wrongest" not in json.dumps(outcome.__dict__, default=str)


def test_mechanisms_that_are_not_spoken(mongo):
    server = mongo(users=USERS)
    said = refused("mongodb", {"uri": server.uri("u:hushhush@", options="authMechanism=MONGODB-AWS")})
    assert "MONGODB-AWS is not spoken by healthd" in said and "hushhush" not in said
    outcome = ask(server, options="authMechanism=PLAIN")
    assert (outcome.reason, "TLS" in outcome.detail) == ("not_tls", True), outcome
    server.answers["saslStart"] = failure(334, "MechanismUnavailable", "not enabled")
    assert "does not offer the mechanism" in ask(server).detail


def test_a_password_that_would_be_changed_is_not_sent(mongo):
    server = mongo(users={"healthd": User("\u00aa")})
    outcome = ask(server, "healthd:%C2%AA@", options="authMechanism=SCRAM-SHA-256")
    assert (outcome.reason, "U+00AA" in outcome.detail) == ("auth", True), outcome
    assert not server.asked("saslStart")


# ---- connection strings ----

def test_an_applications_own_connection_string(mongo):
    server = mongo(users=USERS, role="primary")
    outcome = ask(server, path="shop", options="authSource=admin&replicaSet=rs0&retryWrites=true&w=majority&appName=x"
                  "&maxPoolSize=20&readPreference=primary", collect=["none"])
    assert outcome.health == "up", outcome
    assert outcome.traced("uri") == ["options that healthd has no use for: retryWrites, w, appName, maxPoolSize"]


@pytest.mark.parametrize("uri, why", [
    ("mongodb://user:pa/ss@host/db", "write it as %2F"),
    ("mongodb://user:pa:ss@host/db", "write it as %3A or %40"),
    ("mongodb://user:p%zz@host/", "write a '%' as %25"),
    ("mongodb://user@host/", "without a password"),
    ("mongodb:///db", "there is no host"),
    ("mongodb://host:0/", "no valid port"),
    ("mongodb://host:99999/", "no valid port"),
    ("mongodb://host/?tls=maybe", "expected true or false"),
    ("mongodb://host/?tls=true&ssl=false", "say different things"),
    ("mongodb://host/?readPreference=fastest", "it knows primary"),
    ("mongodb://a,b/?directConnection=true", "several hosts"),
    ("mongodb+srv://host:27017/", "no port"),
    ("mongodb+srv://a,b/", "one name"),
    ("postgres://host/db", "neither mongodb://"),
    ("mongodb://host/?tlsCertificateKeyFilePassword=x", "without a password"),
])
def test_faults_of_connection_strings(uri, why):
    said = refused("mongodb", {"uri": uri})
    assert why in said, said
    assert "pa/ss" not in said and "pa:ss" not in said


def test_a_unix_socket(mongo, tmp_path):
    path = tmp_path / "mongodb-27017.sock"
    mongo(socket_path=path)
    outcome = probe("mongodb", f"mongodb://{str(path).replace('/', '%2F')}/")
    assert outcome.health == "up", outcome


# ---- sets ----

def test_the_member_that_an_application_would_use(mongo):
    second = mongo(role="secondary", users=USERS)
    first = mongo(role="primary", users=USERS)
    second.primary = first.address
    closed = f"127.0.0.1:{free_port()}"
    uri = f"mongodb://healthd:secret@{closed},{second.address},{first.address}/?replicaSet=rs0"
    outcome = probe("mongodb", {"uri": uri}, expect=['role == "primary"'])
    assert outcome.health == "up", outcome
    assert first.logins and not second.logins
    # Named alone it is asked for the primary of its set too, as drivers do.
    alone = probe("mongodb", {"uri": second.uri("healthd:secret@", options="replicaSet=rs0")},
                  expect=['role == "primary"'])
    assert alone.health == "up", alone
    direct = ask(second, options="directConnection=true", expect=['role == "secondary"'])
    assert direct.health == "up", direct
    near = probe("mongodb", {"uri": uri + "&readPreference=secondaryPreferred"}, expect=['role == "secondary"'])
    assert near.health == "up", near


def test_a_set_without_a_primary(mongo):
    one, two = mongo(role="secondary"), mongo(role="other")
    outcome = probe("mongodb", f"mongodb://{one.address},{two.address}/?replicaSet=rs0")
    assert (outcome.health, outcome.reason) == ("down", "unhealthy"), outcome
    assert f"{one.address} is a secondary of rs0, and knows of no primary; {two.address} is neither" in outcome.detail
    alone = probe("mongodb", one.uri())
    assert (alone.health, alone.reason) == ("degraded", "unhealthy"), alone
    assert "no primary" in alone.detail


def test_hosts_that_are_silent_leave_time_for_the_others(mongo, badpeer):
    deaf, mute, good = badpeer("never_accept"), mongo(role="primary"), mongo(role="primary")
    mute.answers["hello"] = "silence"
    outcome = probe("mongodb", f"mongodb://127.0.0.1:{deaf.port},{mute.address},{good.address}/?replicaSet=rs0", timeout=6)
    assert outcome.health == "up", outcome
    assert outcome.address == good.address
    gone = probe("mongodb", f"mongodb://127.0.0.1:{deaf.port},{mute.address}/", timeout=2)
    assert (gone.health, gone.reason) == ("down", "timeout"), gone


def test_another_set_is_said(mongo):
    server = mongo(role="primary")
    outcome = ask(server, "", options="replicaSet=orders")
    assert outcome.reason == "expect" and "replicaSet=orders asks for another" in outcome.detail


def test_an_arbiter_and_a_mongos(mongo):
    arbiter = mongo(role="arbiter", users=USERS, primary="x:1")
    assert ask(arbiter, expect=['role == "arbiter"']).health == "up"
    router = mongo(role="mongos")
    outcome = ask(router, "")
    assert outcome.health == "up", outcome
    assert outcome.page.value("mongodb_up", cluster_role="mongos") == 1


def test_srv_records_name_the_hosts(mongo, healthd, dns):
    server = mongo(role="primary", users=USERS)
    zone = {"_mongodb._tcp.cluster.shop.test": {"SRV": [(0, 1, server.port, "m0.shop.test")]},
            "m0.shop.test": {"A": ["127.0.0.1"]},
            "cluster.shop.test": {"TXT": ["authSource=admin&replicaSet=rs0"]},
            "_mongodb._tcp.stray.shop.test": {"SRV": [(0, 1, server.port, "m0.evil.test")]},
            "m0.evil.test": {"A": ["127.0.0.1"]},
            "_mongodb._tcp.odd.shop.test": {"SRV": [(0, 1, server.port, "m0.shop.test")]},
            "odd.shop.test": {"TXT": ["tlsInsecure=true"]},
            "other.shop.test": {"A": ["127.0.0.1"]}}
    name = dns(zone)
    uri = "mongodb+srv://healthd:secret@{}.shop.test/orders?tls=false"
    probes = [{"name": one, "interval": "1h", "mongodb": uri.format(one)} for one in ("cluster", "stray", "odd", "gone")]
    daemon = healthd("probes: " + json.dumps(probes), resolv_conf=name.resolv_conf())
    wait_until(lambda: all(one["last"] for one in daemon.probes().values()), 20, "every probe to have run")
    found = {one: daemon.explain(one)["last_run"] for one in ("cluster", "stray", "odd", "gone")}
    assert found["cluster"]["health"] == "up", found["cluster"]
    assert server.logins == [("healthd", "SCRAM-SHA-256")]
    assert "m0.evil.test" in found["stray"]["detail"] and "not of its domain" in found["stray"]["detail"]
    assert "may have authSource, replicaSet and loadBalanced" in found["odd"]["detail"], found["odd"]
    assert (found["gone"]["health"], found["gone"]["reason"]) == ("down", "dns_no_name"), found["gone"]


# ---- numbers ----

def test_every_name_that_dashboards_query_is_there(mongo):
    outcome = ask(mongo(users=USERS, role="primary"))
    there = {name for name, _ in outcome.page.series}
    assert not [name for name in NAMES if name not in there]


@pytest.mark.parametrize("version", ["4.4", "6.0", "7.0", "8.0"])
def test_numbers_of_each_version(mongo, version):
    page = ask(mongo(users=USERS, role="primary", version=version)).page
    value = page.value
    assert value("mongodb_connections", state="current") == value("mongodb_ss_connections", conn_type="current") == 25
    assert value("mongodb_op_counters_total", type="getmore") == 125
    assert value("mongodb_ss_opcountersRepl", legacy_op_type="insert") == 131
    assert value("mongodb_memory", type="resident") == 512
    assert value("mongodb_mongod_op_latencies_latency_total", type="command") == 115
    assert value("mongodb_ss_wt_cache_bytes_currently_in_the_cache", cl_role="mongod", rs_nm="rs0") == 700 << 20
    assert value("mongodb_mongod_wiredtiger_concurrent_transactions_out_tickets", type="write") == 2
    assert value("mongodb_ss_wt_concurrentTransactions_available", txn_rw="read") == 127
    assert value("mongodb_version_info", mongodb=documents.VERSIONS[version][0], edition="Community") == 1
    assert value("mongodb_mongod_replset_member_replication_lag", name="mongo2:27017", set="rs0") == 7
    assert value("mongodb_rs_members_state", member_idx="mongo1:27017", member_state="SECONDARY") == 2
    assert value("mongodb_mongod_replset_oplog_head_timestamp") - \
        value("mongodb_mongod_replset_oplog_tail_timestamp") == 86400
    assert value("mongodb_dbstats_avgObjSize", database="shop") == 250.5
    assert page.types["mongodb_op_counters_total"] == "counter" and page.types["mongodb_ss_opcounters"] == "untyped"
    for group in ("server", "replica", "oplog", "databases"):
        assert value("mongodb_scrape_collector_success", collector=group) == 1


def test_expectations(mongo):
    server = mongo(users=USERS, role="primary")
    good = ["connections_used < 1%", "replication_lag == 7s", "oplog_window == 24h", "cache_used == 70%", "members == 3",
            'version.startsWith("7.")', "ping < 5s", "queued == 3", "members_healthy == members"]
    outcome = ask(server, expect=good)
    assert outcome.health == "up", outcome
    outcome = ask(server, should=["replication_lag < 5s"])
    assert outcome.health == "degraded" and "replication_lag is 7 s" in outcome.detail, outcome
    outcome = ask(server, collect=["server"], expect=["oplog_window > 1h"])
    assert (outcome.health, outcome.reason) == ("down", "expect_error"), outcome


def test_what_is_refused_fails_alone(mongo):
    server = mongo(users={"healthd": User("secret", roles=["clusterMonitor@admin"])}, role="primary")
    outcome = ask(server)
    assert outcome.health == "up", outcome
    value = outcome.page.value
    assert value("mongodb_scrape_collector_success", collector="oplog") == 0
    assert value("mongodb_scrape_collector_success", collector="server") == 1
    assert "read on local" in outcome.traced("oplog")[0]
    none = ask(mongo(users={"healthd": User("secret", roles=[])}, role="primary"))
    assert none.health == "up" and none.page.value("mongodb_scrape_collector_success", collector="server") == 0
    assert "clusterMonitor on admin" in none.traced("server")[0]
    assert none.page.value("mongodb_up", cluster_role="mongod") == 1


def test_the_least_privileges_are_enough(mongo):
    users = users_of_script(SCRIPT)
    outcome = ask(mongo(users=users, role="primary"))
    assert outcome.health == "up", outcome
    assert {value for _, value in outcome.page.select("mongodb_scrape_collector_success")} == {1}


def test_databases(mongo):
    server = mongo(databases=[f"db{i}" for i in range(60)])
    outcome = ask(server, "")
    assert len(outcome.page.select("mongodb_dbstats_objects")) == 50
    assert "50 of 60 databases are shown" in outcome.traced("databases")[0]
    named = ask(server, "", databases=["shop"])
    assert [labels["database"] for labels, _ in named.page.select("mongodb_dbstats_objects")] == ["shop"]


def test_a_command_that_takes_too_long_is_limited(mongo):
    server = mongo()
    server.answers["serverStatus"] = failure(50, "MaxTimeMSExpired", "operation exceeded time limit")
    outcome = ask(server, "")
    assert outcome.health == "up" and "longer than the run has time" in outcome.traced("server")[0]
    assert 0 < server.asked("serverStatus")[0]["maxTimeMS"] <= 5000
    server.answers["serverStatus"] = "silence"
    outcome = ask(server, "", timeout=1)
    assert outcome.health == "up", outcome
    assert outcome.page.value("mongodb_scrape_collector_success", collector="server") == 0


# ---- metrics of one's own ----

def test_custom_metrics(mongo):
    server = mongo(users={"healthd": User("secret", roles=["read@shop"])})
    server.answers["aggregate"] = lambda doc: Mongo._cursor("shop.orders", [
        {"_id": {"status": "open", "vip": True}, "n": 4, "oldest": documents.NOW}, {"_id": {"status": "done"}, "n": 5}])
    server.answers["find"] = lambda doc: Mongo._cursor("shop.jobs", [{"queue": "mail", "depth": 7}] * 3)
    metrics = [
        {"name": "orders_open", "collection": "orders", "count": {"status": "open", "total": {"$gt": 100}}},
        {"name": "orders", "collection": "orders", "labels": ["_id_status", "_id_vip"], "values": ["n", "oldest"],
         "aggregate": [{"$match": {"paid": True}}, {"$group": {"_id": "$status", "n": {"$sum": 1}}}]},
        {"name": "jobs", "collection": "jobs", "find": "{\"state\": \"waiting\"}", "sort": {"created": -1},
         "projection": {"_id": 0}, "labels": ["queue"], "max_rows": 2},
        {"name": "hidden", "database": "other", "collection": "x", "count": {}},
    ]
    outcome = ask(server, path="shop", options="authSource=admin", collect=["none"], metrics=metrics,
                  expect=["rows.orders_open[0].n == 3"])
    assert outcome.health == "up", outcome
    value = outcome.page.value
    assert value("orders_open") == 3
    assert value("orders_n", _id_status="open", _id_vip="true") == 4 and value("orders_n", _id_status="done") == 5
    assert value("orders_oldest", _id_status="open") == 1795752000
    assert value("mongodb_scrape_collector_success", collector="custom jobs") == 0  # two rows with one label
    assert value("mongodb_scrape_collector_success", collector="custom hidden") == 0
    assert "grant the user `read`" in outcome.traced("custom hidden")[0]
    count, = [doc for doc in server.asked("count") if doc["$db"] == "shop"]
    assert count["query"] == {"status": "open", "total": {"$gt": 100}}
    assert server.asked("aggregate")[0]["pipeline"][-1] == {"$limit": 101}
    assert server.asked("find")[0]["limit"] == 3


@pytest.mark.parametrize("question, why", [
    ({"aggregate": [{"$match": {}}, {"$out": "copy"}]}, "$out writes"),
    ({"aggregate": [{"$merge": {"into": "copy"}}]}, "$merge writes"),
    ({"aggregate": [{"$lookup": {"from": "x", "as": "y", "pipeline": [{"$merge": "z"}]}}]}, "$merge writes"),
    ({"aggregate": "[{\"$out\": \"copy\"}]"}, "$out writes"),
    ({"aggregate": "[{\"\\u0024out\": \"copy\"}]"}, "without escapes"),
    ({"find": {"$where": "sleep(1000)"}}, "$where runs JavaScript"),
    ({"count": {"$expr": {"$function": {"body": "f"}}}}, "$function runs JavaScript"),
    ({"aggregate": [{"$changeStream": {}}]}, "never ends"),
    ({"aggregate": {"$match": {}}}, "a list of stages"),
    ({"find": {}, "count": {}}, "one of"),
    ({}, "one of"),
    ({"count": "{not json"}, "no document"),
    ({"count": {}, "sort": {"a": 1}}, "belong to `find`"),
])
def test_custom_metrics_that_may_not_be(question, why):
    said = refused("mongodb", {"uri": "mongo", "metrics": [{"name": "x", "collection": "c", **question}]})
    assert why in said, said


# ---- TLS ----

def test_tls(mongo, certs):
    server = mongo(users=USERS, cert=certs.server)
    uri = f"mongodb://healthd:secret@localhost:{server.port}/?tls=true"
    good = probe("mongodb", {"uri": f"{uri}&tlsCAFile={certs.path}", "collect": ["none"]}, expect=["tls.verified"])
    assert good.health == "up", good
    assert probe("mongodb", uri).reason == "tls_untrusted"
    assert probe("mongodb", f"{uri}&tlsInsecure=true").health == "up"
    plain = probe("mongodb", f"mongodb://localhost:{server.port}/")
    assert plain.health == "down" and plain.reason in ("closed", "reset"), plain  # what it leaves unread makes its end a reset


# ---- a kept connection ----

def mongodb_up(text):
    return Page(text).value("mongodb_up", cluster_role="mongod", probe="db")


def test_one_connection_and_one_login(mongo, healthd):
    server = mongo(users=USERS, role="primary")
    daemon = healthd("probes: " + json.dumps([{"name": "db", "interval": "1s",
                                               "mongodb": server.uri("healthd:secret@")}]))
    wait_until(lambda: len(server.asked("ping")) >= 4, 20, "four runs")
    assert len(server.logins) == 1
    hellos = server.asked("hello")
    assert "client" in hellos[0] and not any("client" in doc for doc in hellos[1:])
    assert len(server.asked("listDatabases")) == len(server.asked("buildInfo")) == 1
    page = daemon.get("/metrics").text
    assert mongodb_up(page) == 1
    assert "mongodb_dbstats_objects" in page and "mongodb_mongod_replset_oplog_head_timestamp" in page
    assert "healthd:secret" not in page
    # Who is gone is down, and the series of whether it is up goes on.
    server.stop()
    wait_until(lambda: daemon.probes()["db"]["last"]["health"] == "down", 20, "the stop to be seen")
    wait_until(lambda: mongodb_up(daemon.get("/metrics").text) == 0, 10, "mongodb_up 0")


def test_a_member_that_steps_down_is_left(mongo, healthd):
    one, two = mongo(role="primary"), mongo(role="secondary")
    daemon = healthd("probes: " + json.dumps([{"name": "db", "interval": "1s", "mongodb": {
        "uri": f"mongodb://{one.address},{two.address}/?replicaSet=rs0", "collect": ["none"]}}]))
    wait_until(lambda: len(one.asked("ping")) >= 2, 20, "the first to be asked")
    one.role, two.role = "secondary", "primary"
    wait_until(lambda: len(two.asked("ping")) >= 2, 20, "the second to be asked")
    assert daemon.probes()["db"]["last"]["health"] == "up"


# ---- hostile servers ----

def test_two_million_iterations_are_refused(mongo):
    server = mongo(users=USERS, iterations=dict.fromkeys(ITERATIONS, 2_000_000))
    outcome = ask(server)
    assert (outcome.health, outcome.reason) == ("down", "auth"), outcome
    assert "asks for 2000000 iterations of SCRAM-SHA-256, and healthd computes at most 200000" in outcome.detail
    assert not server.asked("saslContinue")


def test_a_server_that_does_not_know_the_password(mongo):
    server = mongo(users=USERS)
    server.answers["saslContinue"] = {"conversationId": 1, "done": True, "payload": b"v=" + b"A" * 43 + b"="}
    outcome = ask(server)
    assert outcome.reason == "auth" and "does not prove that it knows the password" in outcome.detail
    assert not server.asked("ping")


@pytest.mark.parametrize("name", HARM)
def test_hostile_answers(request, name):
    make, reason = HARM[name]
    peer = Hostile(make)
    request.addfinalizer(peer.close)
    outcome = probe("mongodb", f"mongodb://127.0.0.1:{peer.port}/", timeout=3)
    assert (outcome.health, outcome.reason) == ("down", reason), (name, outcome)
    assert outcome.seconds < 3


# ---- a real one ----

@pytest.mark.skipif(not os.environ.get("HEALTHD_TEST_MONGODB_URI"), reason="HEALTHD_TEST_MONGODB_URI names no server")
def test_a_real_server():
    outcome = probe("mongodb", {"uri": os.environ["HEALTHD_TEST_MONGODB_URI"]})
    assert outcome.health == "up", outcome
    assert outcome.page.value("mongodb_scrape_collector_success", collector="server") == 1
