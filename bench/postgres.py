# SPDX-License-Identifier: Apache-2.0
"""CPU of showing one PostgreSQL server: healthd asks it every second on its kept connection, with history, rules and all
else, and its page of that probe is taken as often; beside postgres_exporter's scrape of the same server."""
import json
import time

from lib.http import request
from lib.postgres import Postgres, PostgresExporter
from measure import healthd, precise_cpu_seconds, ratio

SECONDS = 12
WANTED = 4.0


def load(server):
    """Two databases with some tables each, so that there is something to show."""
    server.ask("CREATE DATABASE shop")
    for database in ("postgres", "shop"):
        server.ask("".join(f"CREATE TABLE t{n} AS SELECT generate_series(1, 100) AS id;" for n in range(20)), database=database)


def cost(pid, url):
    """CPU microseconds of a program for each second in which the page is taken once."""
    before, begun = precise_cpu_seconds(pid), time.monotonic()
    for number in range(SECONDS):
        assert "pg_up" in request(url, timeout=10).text
        time.sleep(max(0, begun + number + 1 - time.monotonic()))
    return (precise_cpu_seconds(pid) - before) / SECONDS * 1e6


def run(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    server = Postgres(folder / "postgres")
    load(server)
    theirs = PostgresExporter(folder / "exporter", server)
    probes = json.dumps([{"name": "db", "interval": "1s", "timeout": "1s", "postgres": {"url": server.url(query="sslmode=disable"),
                                                                                        "databases": []}}])
    ours = healthd(folder / "healthd", f"probes: {probes}\n")
    pages = {"ours": (ours.pid, ours.url("/metrics/db")), "theirs": (theirs.process.pid, f"http://127.0.0.1:{theirs.port}/metrics")}
    time.sleep(3)
    figures = {name: [] for name in pages}
    for _ in range(rounds):
        for name, page in pages.items():
            figures[name].append(cost(*page))
    missed = ratio("CPU µs a scrape", figures["ours"], figures["theirs"], WANTED)
    for part in (ours, theirs, server):
        part.stop()
    return missed
