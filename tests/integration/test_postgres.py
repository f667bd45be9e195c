# SPDX-License-Identifier: Apache-2.0
"""The postgres probe beside real servers, as the role of examples/privileges: logging in, TLS, poolers, standbys, what can be
refused and what can go wrong, servers that mean harm, and Debian's postgres_exporter on the same server."""
import os
import re
import signal
import threading

import pytest

from lib.badpeer import names
from lib.meeting import judge, meet
from lib.metrics import Page
from lib.postgres import PASSWORD, Hostile, PgBouncer, Postgres, PostgresExporter, wait_rows
from lib.postgres_families import WANTED
from lib.probe import probe, refused
from lib.wait import slowness, wait_until

SHOP = """
CREATE TABLE orders (id serial PRIMARY KEY, status text, total numeric, paid boolean);
INSERT INTO orders (status, total, paid) SELECT CASE WHEN n % 3 = 0 THEN 'open' ELSE 'done' END, n, n % 2 = 0
  FROM generate_series(1, 30) AS n;
CREATE TABLE secrets (value text);
GRANT SELECT ON orders TO healthd;
ANALYZE orders;
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server with two databases; tests leave it as it is."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), "wal_level = logical")
    server.ask("CREATE DATABASE shop")
    server.ask(SHOP, database="shop")
    server.ask("SELECT pg_create_physical_replication_slot('spare', true)")
    yield server
    server.stop()


@pytest.fixture
def postgres(start):
    return lambda *args, **kwargs: start(Postgres, *args, **kwargs)


def ask(url, timeout=10, **conf):
    return probe("postgres", {"url": url, **conf}, timeout=timeout * slowness())


def test_a_server_in_order(shared):
    found = probe("postgres", {"url": shared.url(query="application_name=x&schema=public&pgbouncer=true")}, timeout=20, expect=[
        "rows.size() == 1", "value == 1", 'version.startsWith("15.")', "!is_replica", "replication_lag == 0s",
        "connections >= 0", "connections_limit == 37", "connections_used < 50%", "database_size > 1MiB", "xid_age < 1000000",
        "login_time < 5s", "query_time < 5s", "idle_in_transaction == 0s"])
    assert (found.health, found.detail) == ("up", "")
    page = found.page
    assert found.traced("url") == ["left out what PostgreSQL's library does not know: schema, pgbouncer"]
    assert page.value("pg_up") == 1 and page.value("pg_exporter_last_scrape_error") == 0
    assert {value for _, value in page.select("pg_scrape_collector_success")} == {1}
    for name, wanted in (("pg_settings_max_connections", 40), ("pg_settings_shared_buffers_bytes", 16 << 20),
                         ("pg_replication_is_replica", 0), ("pg_settings_autovacuum", 1),
                         ("pg_settings_checkpoint_timeout_seconds", 300)):
        assert page.value(name) == wanted, name
    assert page.value("pg_replication_slots_slot_is_active", slot_name="spare", slot_type="physical") == 0
    assert len(page.select("pg_locks_count")) == 9 * 4
    assert page.value("pg_database_size_bytes", datname="shop") > 1 << 20
    assert page.value("pg_stat_user_tables_n_live_tup", datname="shop", schemaname="public", relname="orders") > 0
    assert page.value("pg_stat_user_tables_table_size_bytes", datname="shop", schemaname="public", relname="orders") > 0
    assert page.value("pg_stat_bgwriter_checkpoints_timed") == page.value("pg_stat_bgwriter_checkpoints_timed_total")


@pytest.mark.parametrize("conf", [
    lambda server: {"url": server.url(scheme="postgresql+asyncpg")},
    lambda server: {"url": "jdbc:" + server.url(scheme="postgresql")},
    lambda server: {"url": f"host=127.0.0.1 port={server.port} user=healthd password='{PASSWORD}' dbname=shop"},
    lambda server: {"host": "127.0.0.1", "port": server.port, "user": "healthd", "password": PASSWORD, "database": "shop"},
    lambda server: {"url": f"postgres://healthd:{PASSWORD}@/shop?host={server.folder}&port={server.port}"},
    lambda server: {"host": str(server.folder), "port": server.port, "user": "healthd", "password": PASSWORD,
                    "database": "shop"},
    lambda server: {"url": server.url(host=f"127.0.0.1:1,127.0.0.1", query="target_session_attrs=read-only")},
], ids=["asyncpg", "jdbc", "pairs", "rows", "socket", "socket row", "hosts"])
def test_every_way_to_name_it(shared, conf):
    found = probe("postgres", {**conf(shared), "collectors": ["server"]}, timeout=10)
    assert found.health == "up", found


@pytest.mark.parametrize("conf, words", [
    ({"url": "mysql://db"}, "starts with postgres://"),
    ({"url": "postgres://u:pa/ss@db"}, "is written %2F"),
    ({"url": "postgres://db:99999/x"}, "1 to 65535"),
    ({"url": "postgres://db", "exclude": ["wall"]}, "did you mean 'wal'"),
    ({"url": "postgres://db", "queries": [{"name": "x-y", "query": "SELECT 1"}]}, "cannot be the name of a metric"),
    ({"url": "postgres://db", "queries": [{"name": "x"}]}, "query"),
])
def test_what_is_refused_when_it_loads(conf, words):
    said = refused("postgres", conf)
    assert words in said and "pa/ss" not in said


@pytest.mark.parametrize("change, reason, words", [
    ({"password": "wrong-password-x"}, "auth", "password authentication failed"),
    ({"user": "nobody-here"}, "auth", "password authentication failed"),
    ({"database": "nonesuch"}, "database", 'database "nonesuch" does not exist'),
    ({"query": "SELECT * FROM nonesuch"}, "status", "nonesuch"),
    ({"query": "CREATE TABLE x ()"}, "status", "read-only"),
    ({"query": "SELECT pg_read_file('/etc/passwd')"}, "forbidden", "permission denied"),
    ({"query": "COPY (SELECT 1) TO STDOUT"}, "protocol", "COPY"),
    ({"query": "SELECT 1; SELECT 2"}, "status", "multiple commands"),
    ({"sslmode": "require"}, "not_tls", "does not support SSL"),
])
def test_what_a_server_refuses(shared, change, reason, words):
    found = ask(shared.url(), **change)
    assert (found.health, found.reason) == ("down", reason) and words in found.detail, found
    assert "wrong-password-x" not in found.detail and PASSWORD not in found.detail
    assert found.page.value("pg_up") == 0


def test_a_name_that_does_not_exist(shared, dns, healthd):
    server = dns({"other.test": {"A": ["127.0.0.1"]}})
    daemon = healthd(f"probes: [{{name: db, postgres: '{shared.url(host='db.test')}', interval: 1h}}]", resolv_conf=server.resolv_conf())
    wait_until(lambda: daemon.probes()["db"]["last"], 15, "a run")
    run = daemon.explain("db")["last_run"]
    assert (run["health"], run["reason"]) == ("down", "dns_no_name"), run


def test_own_questions_become_metrics(shared):
    found = probe("postgres", {"url": shared.url(database="shop"), "collectors": ["server"], "queries": [
        {"name": "orders", "query": "SELECT status, count(*) AS count, sum(total) AS euros FROM orders GROUP BY 1",
         "labels": ["status"], "help": "Orders"},
        {"name": "orders_unpaid", "query": "SELECT count(*) FROM orders WHERE NOT paid", "kind": "gauge"},
        {"name": "too_many", "query": "SELECT id, total FROM orders", "labels": ["id"], "max_rows": 3},
        {"name": "denied", "query": "SELECT count(*) FROM secrets"},
        {"name": "slow", "query": "SELECT 1, pg_sleep(60)"}]}, timeout=3,
        expect=["queries.orders_unpaid[0].count == 15", 'queries.orders.exists(row, row.status == "open")'])
    assert found.health == "up", found
    page = found.page
    assert page.value("orders_count", status="open") == 10 and page.value("orders_euros", status="done") == 300
    assert page.value("orders_unpaid") == 15
    assert len(page.select("too_many")) == 3
    success = {labels["collector"]: value for labels, value in page.select("pg_scrape_collector_success")}
    assert success["custom orders"] == 1 and success["custom too_many"] == success["custom denied"] == success["custom slow"] == 0
    assert "permission denied for table secrets" in found.traced("custom denied")[0]
    assert "27 left out" in found.traced("custom too_many")[0]
    assert page.value("pg_up") == 1 and page.value("pg_exporter_last_scrape_error") == 1


def test_expectations_on_rows(shared):
    question = {"url": shared.url(database="shop"), "collectors": ["server"],
                "query": "SELECT status, count(*)::int AS count FROM orders GROUP BY 1 ORDER BY 1"}
    found = probe("postgres", question, timeout=10, expect=["rows.size() == 2", 'rows[1].status == "open"'], should=["rows[1].count < 5"])
    assert (found.health, found.reason) == ("degraded", "expect") and "10" in found.detail, found


def test_what_a_bare_role_may_not_see(shared):
    shared.ask(f"CREATE ROLE bare LOGIN PASSWORD '{PASSWORD}'")
    shared.ask("REVOKE EXECUTE ON FUNCTION pg_stat_get_archiver() FROM PUBLIC")
    found = ask(shared.url("bare"))
    shared.ask("GRANT EXECUTE ON FUNCTION pg_stat_get_archiver() TO PUBLIC")
    assert found.health == "up", found
    failed = {labels["collector"] for labels, value in found.page.select("pg_scrape_collector_success") if value == 0}
    assert {"wal", "stat_archiver"} <= failed and "stat_database" not in failed
    assert "permission denied" in found.traced("wal")[0]
    assert found.page.value("pg_stat_database_xact_commit", datname="shop") > 0


def test_tls(postgres, certs):
    server = postgres(cert=certs.server)
    trusted = {"tls_config": {"ca_file": certs.path}, "collectors": ["server"]}
    found = ask(server.url(host="localhost"), **trusted)
    assert found.health == "up", found
    assert found.page.value("probe_ssl_earliest_cert_expiry") == certs.server.not_after.timestamp()
    text = {"tls_config": {"ca": open(certs.path).read()}, "collectors": ["server"]}
    assert ask(server.url(host="localhost"), **text).health == "up"
    found = ask(server.url(host="localhost", query="sslmode=verify-full"))
    assert (found.health, found.reason) == ("down", "tls_untrusted") and "is not trusted" in found.detail, found
    found = ask(server.url(host="127.0.0.2"), **trusted)
    assert found.reason == "refused"


@pytest.mark.parametrize("leaf, reason, words", [
    (dict(first_day=-9, last_day=-2), "tls_expired", "expired on"),
    (dict(sans=("DNS:elsewhere.test",)), "tls_name", "elsewhere.test"),
], ids=["expired", "name"])
def test_certificates_that_are_wrong(postgres, certs, leaf, reason, words):
    server = postgres(cert=certs.issue(**leaf), privileges=False)
    found = ask(server.url("postgres", host="localhost"), tls_config={"ca_file": certs.path})
    assert (found.health, found.reason) == ("down", reason) and words in found.detail, found
    assert ask(server.url("postgres", host="localhost"), tls_config={"insecure_skip_verify": True},
               collectors=["server"]).health == "up"


def test_client_certificates(postgres, certs):
    server = postgres(cert=certs.server, client_ca=certs.path)
    server.ask("CREATE ROLE certified LOGIN; GRANT pg_monitor TO certified")
    client = certs.issue("certified", (), usage="clientAuth")
    tls = {"ca_file": certs.path, "cert_file": client.cert, "key_file": client.key}
    url = server.url("certified", password="", host="localhost")
    found = ask(url, tls_config=tls, collectors=["server"])
    assert found.health == "up", found
    texts = {"ca_file": certs.path, "cert": open(client.cert).read(), "key": open(client.key).read()}
    assert ask(url, tls_config=texts, collectors=["server"]).health == "up"
    found = ask(url, tls_config={"ca_file": certs.path})
    assert (found.health, found.reason) == ("down", "tls_client"), found


def test_a_pooler_in_transaction_mode(shared, start):
    pooler = start(PgBouncer, shared)
    found = ask(pooler.url("sslmode=disable"), queries=[{"name": "limit", "query": "SELECT current_setting('statement_timeout') = '30s'"}],
                databases=[])
    assert found.health == "up", found
    assert found.traced("pooler")
    assert {value for labels, value in found.page.select("pg_scrape_collector_success")} == {1}
    assert found.page.value("limit") == 0  # the transaction's own
    assert ask(pooler.url("sslmode=disable"), query="CREATE TABLE x ()").reason == "status"


def test_a_connection_is_kept_and_made_again(postgres, healthd):
    server = postgres()
    daemon = healthd(f"probes: [{{name: db, postgres: {{url: '{server.url()}', databases: []}}, interval: 1h, timeout: 10s}}]")
    wait_until(lambda: daemon.probes()["db"]["last"], 20, "a run")
    mine = "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE usename = 'healthd'"
    first = server.ask(mine)
    run = daemon.run_now("db")
    assert run["health"] == "up" and server.ask(mine) == first and "," not in first
    assert server.ask("SELECT application_name FROM pg_stat_activity WHERE usename = 'healthd'") == "healthd"
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'healthd'")
    run = daemon.run_now("db")
    assert run["health"] == "up", run
    assert server.ask(mine) not in ("", first)
    server.process.kill()
    run = daemon.run_now("db")
    assert (run["health"], run["reason"]) == ("down", "refused"), run
    server.start()
    assert daemon.run_now("db")["health"] == "up"


def test_a_server_that_is_stopped(postgres, healthd):
    server = postgres()
    daemon = healthd(f"probes: [{{name: db, postgres: {{url: '{server.url()}', databases: []}}, interval: 1h, timeout: 2s}}]")
    wait_until(lambda: daemon.probes()["db"]["last"], 20, "a run")
    server.hang()
    for worker in server.workers():
        os.kill(int(worker), signal.SIGSTOP)
    kept = daemon.run_now("db")
    assert (kept["health"], kept["reason"]) == ("down", "timeout") and "kept" in kept["detail"], kept
    fresh = daemon.run_now("db")
    assert (fresh["health"], fresh["reason"]) == ("down", "timeout"), fresh
    for worker in server.workers():
        os.kill(int(worker), signal.SIGCONT)
    server.resume()
    wait_until(lambda: daemon.run_now("db")["health"] == "up", 20, "an answer, once it has caught up")


def test_a_server_that_dies_while_it_answers(postgres):
    server = postgres(privileges=False)
    killer = threading.Timer(1, server.process.kill)
    killer.start()
    found = ask(server.url("postgres"), query="SELECT pg_sleep(60)", timeout=20)
    assert (found.health, found.reason) in (("down", "closed"), ("down", "reset"), ("down", "unhealthy")), found


def test_what_is_answered_in_time_stays(shared):
    found = probe("postgres", {"url": shared.url(), "collectors": ["server"], "queries": [
        {"name": "slow", "query": "SELECT pg_sleep(60)"}, {"name": "after", "query": "SELECT 1"}]}, timeout=2)
    assert found.health == "up" and found.seconds < 2 + 8 * slowness(), found
    assert found.page.value("pg_replication_is_replica") == 0
    assert found.page.value("pg_scrape_collector_success", collector="custom slow") == 0


def test_no_connection_is_free(postgres):
    server = postgres("max_connections = 5", "superuser_reserved_connections = 3", "max_wal_senders = 0")
    held = [server.session("SELECT 1") for _ in range(2)]
    wait_rows(server, "SELECT count(*) = 3 FROM pg_stat_activity WHERE backend_type = 'client backend'")
    found = ask(server.url())
    assert (found.health, found.reason) == ("down", "full"), found
    for client in held:
        client.kill()


def test_a_standby(postgres):
    primary = postgres()
    standby = postgres(standby_of=primary)
    wait_rows(primary, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
    found = ask(standby.url(), collectors=["server", "stat_bgwriter", "replication_slots", "stat_replication"])
    assert found.health == "up" and found.page.value("pg_replication_is_replica") == 1, found
    found = ask(primary.url(), collectors=["stat_replication"])
    [(labels, lag)] = found.page.select("pg_stat_replication_pg_wal_lsn_diff")
    assert labels["state"] == "streaming" and labels["client_addr"] == "127.0.0.1" and lag >= 0
    both = f"postgresql://healthd:{PASSWORD}@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/postgres"
    for attrs, wanted in (("standby", 1), ("primary", 0), ("prefer-standby", 1)):
        found = ask(f"{both}?target_session_attrs={attrs}", collectors=["server"])
        assert found.health == "up" and found.page.value("pg_replication_is_replica") == wanted, (attrs, found)
    found = ask(standby.url(query="target_session_attrs=primary"))
    assert (found.health, found.reason) == ("down", "status"), found


# ---- servers that mean harm ----

HARM = {
    "many_rounds": ("protocol", "rounds of SCRAM"),
    "many_rounds_in_pieces": ("protocol", "rounds of SCRAM"),
    "wrong_signature": ("auth", "signature"),
    "huge_auth": ("protocol", "authentication request"),
    "endless_parameters": ("too_large", "the login did not end"),
    "huge_notice": ("too_large", "the login did not end"),
    "huge_row": ("too_large", "larger than 4 MiB"),
    "endless_rows": (("too_large", "timeout"), ""),  # which comes first depends on the machine
    "never_answers": ("timeout", "no answer from"),
    "goes_after_login": ("closed", "closed the connection"),
    "nonsense": ("protocol", ""),
}


def test_hostile_servers(healthd, start, request):
    peers = {}
    for harm in HARM:
        peers[harm] = Hostile(harm)
        request.addfinalizer(peers[harm].stop)
    daemon = meet(healthd, peers, lambda peer: {"postgres": {"url": peer.url()}}, timeout=3)
    judge(daemon, {harm: reason for harm, (reason, _) in HARM.items()}, timeout=3)
    for harm, (_, words) in HARM.items():
        assert words in daemon.explain(harm)["last_run"]["detail"], harm
    assert daemon.value("process_resident_memory_bytes") < 1 << 30  # AddressSanitizer keeps what was freed


# What the probe finds at each peer that speaks anything but PostgreSQL.
CUT = ("reset", "closed")
PEERS = {
    **dict.fromkeys(names(), ("protocol", *CUT)),
    **dict.fromkeys(["never_accept", "accept_silent", "tls_stall"], ("timeout",)),
    **dict.fromkeys(["close_on_accept", "reset_on_accept", "reset_after_request", "close_after_request", "tls_reset"], CUT),
}


def test_bad_peers(healthd, badpeer):
    peers = {name: badpeer(name) for name in names()}
    judge(meet(healthd, peers, lambda peer: {"postgres": {"url": f"postgres://u:{PASSWORD}@127.0.0.1:{peer.port}/x"}}), PEERS)


# ---- beside postgres_exporter ----

# Debian's 0.11 has these; newer ones (0.20) have not, or by another name.
GONE = re.compile(r"pg_(exporter_user_queries_load_error|static|settings_pg_stat_statements.*|replication_slot_.*"
                  r"|stat_replication_(?!pg_).*|stat_database_(sessions|conflicts_|checksum_|session_time|active_time|idle_in_).*)$")
# What a session of our own has set for itself.
OF_SESSION = {"pg_settings_statement_timeout_seconds", "pg_settings_lock_timeout_seconds",
              "pg_settings_default_transaction_read_only", "pg_settings_idle_in_transaction_session_timeout_seconds",
              "pg_settings_extra_float_digits"}
def labels_of(page, name):
    return set().union(*(labels for labels, _ in page.select(name))) - {"server"}


def test_beside_postgres_exporter(shared, start, capsys):
    exporter = start(PostgresExporter, shared)
    theirs = Page(exporter.get().text)
    assert theirs.value("pg_up") == 1
    ours = ask(shared.url()).page
    families = [name for name in theirs.types if name.startswith("pg_")]
    missing = [name for name in families if name not in ours.types and name not in OF_SESSION]
    types = [f"{name}: theirs {theirs.types[name]}, ours {ours.types[name]}" for name in families
             if name in ours.types and ours.types[name] != theirs.types[name]]
    labels = [f"{name}: theirs {sorted(labels_of(theirs, name))}, ours {sorted(labels_of(ours, name))}" for name in families
              if name in ours.types and not labels_of(theirs, name) <= labels_of(ours, name)]
    with capsys.disabled():
        print(f"\nbeside postgres_exporter: {len(families)} of its families, missing {missing or 'none'}, types "
              f"{types or 'the same'}, labels {labels or 'the same'}; beyond it {len(set(ours.types) - set(theirs.types))}")
    assert [name for name in WANTED if name not in ours.types] == []
    assert [name for name in missing if not GONE.match(name)] == []
    assert [line for line in labels if not GONE.match(line.split(":")[0])] == []
    differ = [name for name in families if name.startswith("pg_settings_") and name in ours.types and name not in OF_SESSION
              and theirs.select(name)[0][1] != ours.select(name)[0][1]]
    assert differ == []
