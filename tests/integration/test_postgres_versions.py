# SPDX-License-Identifier: Apache-2.0
"""The postgres probe asks each version what that version knows: real servers of those that Debian does not have, as the role of
examples/privileges. The oldest and the newest are always asked, those between them with --full."""
import pytest

from lib.postgres import Postgres, other_version, wait_rows
from lib.postgres_families import WANTED
from lib.probe import probe

BETWEEN = [pytest.param(major, marks=pytest.mark.full) for major in (14, 16, 17)]
# What the server has since 17, and what it counts by another name from there on.
CHECKPOINTER = "pg_stat_checkpointer_num_timed_total"
GONE_BEFORE = {14: {"pg_stat_database_active_time_seconds_total"}}


@pytest.mark.parametrize("major", [13, *BETWEEN, 18])
def test_version(major, start):
    server = start(Postgres, "shared_preload_libraries = 'pg_stat_statements'", programs=other_version(major))
    server.ask("CREATE EXTENSION pg_stat_statements")
    server.ask("CREATE TABLE orders AS SELECT generate_series(1, 100) AS id; ANALYZE orders; CHECKPOINT")
    server.ask("SELECT pg_create_physical_replication_slot('spare', true)")
    of_checkpoints = "num_requested FROM pg_stat_checkpointer" if major >= 17 else "checkpoints_req FROM pg_stat_bgwriter"
    wait_rows(server, f"SELECT 0 < {of_checkpoints}")  # before 15 a process of its own counts, and is behind

    found = probe("postgres", {"url": server.url(), "statements": 5}, timeout=30, expect=[
        f'version.startsWith("{major}.")', "!is_replica", "database_size > 1MiB", "connections >= 0"])
    page = found.page
    assert (found.health, found.detail) == ("up", "")
    refused = [labels["collector"] for labels, value in page.select("pg_scrape_collector_success") if value != 1]
    assert not refused and "ERROR" not in server.process.err.read_text(), (refused, server.process.tail())

    unknown = {name for limit, names in GONE_BEFORE.items() if major < limit for name in names}
    assert not [name for name in WANTED - unknown if name not in page.types]
    assert (CHECKPOINTER in page.types) == (major >= 17)
    assert page.value("pg_stat_bgwriter_checkpoints_req_total") == float(server.ask(f"SELECT {of_checkpoints}"))
    assert page.select("pg_stat_statements_calls_total")
