# SPDX-License-Identifier: Apache-2.0
"""The queue probe beside a real PostgreSQL, as the role of examples/privileges: tables and NOTIFY, workers that answer and
workers that do not, what is refused, and that no row is left, also by a healthd that is killed."""
import json
import re
import subprocess
import threading

import pytest

from lib.postgres import PASSWORD, PRIVILEGES, Hostile, PgBouncer, Postgres
from lib.probe import probe, probe_once_path
from lib.wait import slowness, wait_until

SHOP = """
CREATE TABLE jobs (id serial PRIMARY KEY, payload jsonb NOT NULL, status text NOT NULL DEFAULT 'new' CHECK (status <> 'bad'),
                   created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE results (id serial PRIMARY KEY, job_id integer NOT NULL);
CREATE TABLE closed (id serial PRIMARY KEY, message text);
CREATE TABLE limited (id serial PRIMARY KEY, message text);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the queue is closed'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON limited FOR EACH ROW EXECUTE FUNCTION refuse();
GRANT SELECT, INSERT, DELETE ON jobs, limited TO healthd_queue;
GRANT USAGE ON SEQUENCE jobs_id_seq, limited_id_seq TO healthd_queue;
GRANT SELECT, DELETE ON results TO healthd_queue;
"""
JOB = {"table": "jobs", "field": "payload", "message": '{"type": "ping", "id": "${tag}"}'}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """One server with the example's role and table; each test leaves the tables empty."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), privileges=False)
    server.ask((PRIVILEGES / "postgres-queue.sql").read_text().replace("CHANGE-ME", PASSWORD))
    server.ask(SHOP)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _nothing_is_left(postgres):
    yield
    left = rows(postgres)
    postgres.ask("TRUNCATE jobs, results, closed, limited, healthd_queue")
    assert left == "0"


def rows(server):
    """Rows of healthd's, in all tables."""
    return server.ask("SELECT (SELECT count(*) FROM jobs WHERE payload::text LIKE '%healthd:%') + "
                      "(SELECT count(*) FROM healthd_queue) + (SELECT count(*) FROM results) + (SELECT count(*) FROM limited)")


def ask(server, timeout=8, expect=(), **conf):
    return probe("queue", {"url": server.url("healthd_queue"), **conf}, timeout=timeout * slowness(), expect=expect)


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
        self.join(30)
        assert not self.is_alive() and not self.fault, self.fault


# ---- round trips of its own ----


@pytest.mark.parametrize("conf, kind", [({}, "notify"), ({"notify": "orders"}, "notify"), ({"table": "healthd_queue"}, "table"),
                                        ({"table": "public.healthd_queue", "own": "public.healthd_queue"}, "table")])
def test_a_message_goes_through(postgres, conf, kind):
    found = ask(postgres, expect=["roundtrip < 5s"], **conf)
    assert (found.health, found.detail) == ("up", ""), found
    assert found.page.value("queue_up") == 1 and found.page.value("queue_info", kind=kind) == 1
    if kind == "notify":
        assert found.page.value("queue_notify_usage_ratio") == 0


def test_the_applications_table_is_measured(postgres):
    postgres.ask("INSERT INTO jobs (payload, status, created_at) SELECT '{}', CASE WHEN n < 4 THEN 'new' ELSE 'failed' END, "
                 "now() - n * interval '1 hour' FROM generate_series(1, 5) AS n")
    found = ask(postgres, table="jobs", waiting="status = 'new'", failed="status = 'failed'", created="created_at",
                expect=["depth == 3", "failed == 2", "oldest_age > 2h", "oldest_age < 4h"])
    assert found.health == "up", found
    assert found.page.value("queue_depth", state="waiting") == 3
    assert postgres.ask("SELECT count(*) FROM jobs") == "5"
    found = ask(postgres, table="closed")
    assert found.health == "up" and found.page.value("queue_measured") == 0
    found = ask(postgres, table="nonesuch")
    assert (found.health, found.reason) == ("down", "no_queue") and "nonesuch" in found.detail


def test_a_pooler(postgres, start):
    bouncer = start(PgBouncer, postgres)
    url = postgres.url("postgres", port=bouncer.port)
    found = probe("queue", {"url": url, "table": "healthd_queue"}, timeout=8 * slowness())
    assert found.health == "up", found
    found = probe("queue", {"url": url}, timeout=8 * slowness())
    assert (found.health, found.reason) == ("down", "protocol") and "pooler" in found.detail


# ---- answered by the application ----


@pytest.mark.parametrize("how, conf", [
    ("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE status = 'new' LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING 't'", {}),
    ("UPDATE jobs SET status = 'done' WHERE status = 'new' RETURNING 't'", {"done": "status = 'done'"}),
    ("INSERT INTO results (job_id) SELECT id FROM jobs WHERE status = 'new' RETURNING 't'",
     {"reply": "results", "reply_field": "job_id"}),
], ids=["deleted", "done", "reply"])
def test_a_worker_answers(postgres, how, conf):
    worker = Worker(lambda: wait_until(lambda: postgres.ask(how) == "t", 15, "the row"))
    found = ask(postgres, timeout=20, answered="12s", **JOB, **conf)
    worker.done()
    assert found.health == "up" and found.page.value("queue_roundtrip_seconds") > 0, found


def test_a_notice_is_answered(postgres):
    client = subprocess.Popen(["/usr/bin/psql", "-XqtA", "-d", postgres.url("postgres")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)

    def tell(sql):
        client.stdin.write(sql + "\n")
        client.stdin.flush()

    def work():
        for line in client.stdout:
            tag = re.search(r"healthd:once:[0-9a-f-]{36}", line)
            if tag:
                tell(f"NOTIFY done, 'well done, {tag.group()}';")
                return
            tell("SELECT pg_sleep(0.02);")  # psql shows notices behind an answer

    tell("LISTEN orders; SELECT 1;")
    worker = Worker(work)
    found = ask(postgres, timeout=20, notify="orders", answered="12s", reply="done", expect=['reply.startsWith("well done")'])
    client.stdin.close()
    client.wait(10)
    worker.done()
    assert found.health == "up", found


@pytest.mark.parametrize("conf, words", [
    (JOB, "no worker took the row from jobs within 0.3s"),
    ({**JOB, "done": "status = 'done'"}, "no worker was done with the row"),
    ({**JOB, "reply": "results", "reply_field": "job_id"}, "no row for it was written into results"),
    ({"notify": "orders", "reply": "done"}, "not answered on the channel done"),
], ids=["taken", "done", "reply", "notify"])
def test_nobody_works(postgres, conf, words):
    found = ask(postgres, answered="300ms", **conf)
    assert (found.health, found.reason) == ("down", "late") and words in found.detail, found


# ---- what goes wrong ----


@pytest.mark.parametrize("conf, reason, words", [
    ({"password": "wrong"}, "auth", "password authentication failed"),
    ({"database": "nonesuch"}, "database", "does not exist"),
    ({"table": "closed", "answered": "1s"}, "forbidden", "postgres-queue.sql"),
    ({"own": "nonesuch", "table": "jobs"}, "no_queue", "nonesuch"),
    ({**JOB, "answered": "1s", "message": "no json"}, "rejected", "json"),
    ({**JOB, "answered": "1s", "fields": {"status": "bad"}}, "rejected", "breaks a constraint"),
    ({**JOB, "answered": "1s", "field": "nonesuch"}, "config", "which column"),
    ({"table": "limited", "answered": "1s"}, "rejected", "the queue is closed"),
    ({**JOB, "answered": "1s", "max_length": 1, "waiting": "true"}, "queue_full", "nothing was put in"),
], ids=["password", "database", "closed", "own", "json", "check", "column", "trigger", "length"])
def test_what_is_said_of_it(postgres, conf, reason, words):
    if conf.get("max_length"):
        postgres.ask("INSERT INTO jobs (payload) VALUES ('{}')")
    found = ask(postgres, **conf)
    assert (found.health, found.reason) == ("down", reason) and words in found.detail, found
    assert PASSWORD not in found.detail and found.page.value("queue_up") == 0


def test_a_role_that_only_reads(postgres):
    postgres.ask("ALTER ROLE healthd_queue SET default_transaction_read_only = on")
    found = ask(postgres, table="healthd_queue")
    postgres.ask("ALTER ROLE healthd_queue RESET default_transaction_read_only")
    assert found.health == "up", found  # the probe says that it writes


def test_a_row_that_is_locked_is_waited_for(postgres):
    # A migration holds the table: the question ends at its lock's limit, and the run says so.
    client = postgres.session("BEGIN; LOCK TABLE healthd_queue IN ACCESS EXCLUSIVE MODE")
    wait_until(lambda: postgres.ask("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'") != "0", what="the lock")
    found = ask(postgres, table="healthd_queue", timeout=4)
    client.stop()
    postgres.ask("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'AccessExclusiveLock'")
    assert (found.health, found.reason) == ("down", "timeout") and "lock" in found.detail, found


@pytest.mark.parametrize("harm, reasons", [("never_answers", ["timeout"]), ("nonsense", ["protocol"]),
                                           ("goes_after_login", ["closed", "reset"]), ("huge_row", ["too_large", "timeout"])])
def test_hostile_servers(harm, reasons):
    peer = Hostile(harm)
    found = probe("queue", peer.url(), timeout=2)
    peer.stop()
    assert found.health == "down" and found.reason in reasons, found


# ---- nothing is left ----


def test_a_later_run_removes_what_a_killed_one_left(postgres):
    conf = {"url": postgres.url("healthd_queue"), "answered": "1s", **JOB}
    postgres.ask("INSERT INTO jobs (payload) VALUES ('{\"id\": \"theirs\"}')")
    killed = subprocess.Popen([probe_once_path(), "--timeout", "1.5s", "queue", json.dumps(conf)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    wait_until(lambda: rows(postgres) == "1", what="the row to be in the table")
    killed.kill()
    killed.wait()
    killed.stdout.close()
    killed.stderr.close()
    assert rows(postgres) == "1"
    wait_until(lambda: ask(postgres, timeout=0.6, **{**conf, "answered": "50ms"}) and rows(postgres) == "0", 15,
               "the leftover to be removed")
    assert postgres.ask("SELECT count(*) FROM jobs") == "1"


def test_a_daemon_that_stops_meanwhile(postgres, healthd):
    daemon = healthd("probes: " + json.dumps([{"name": "work", "interval": "1h", "timeout": "6s", "queue": {
        "url": postgres.url("healthd_queue"), "answered": "4s", **JOB}}]))
    wait_until(lambda: rows(postgres) == "1", what="the row to be in the table")
    daemon.stop()
    wait_until(lambda: rows(postgres) == "0", 5, "the row to be removed")


def test_kept_connections_are_used_and_reopened(postgres, healthd):
    daemon = healthd("probes: " + json.dumps([{"name": "work", "interval": "1h", "queue": {
        "url": postgres.url("healthd_queue"), "table": "healthd_queue"}}]))
    daemon.wait_health("work", "up")
    pid = "SELECT pid FROM pg_stat_activity WHERE usename = 'healthd_queue'"
    first = postgres.ask(pid)
    assert daemon.run_now("work")["health"] == "up" and postgres.ask(pid) == first
    postgres.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'healthd_queue'")
    assert daemon.run_now("work")["health"] == "up" and postgres.ask(pid) not in ("", first)
    assert daemon.value("queue_up", probe="work") == 1
