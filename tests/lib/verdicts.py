# SPDX-License-Identifier: Apache-2.0
"""The status page's bars, and a past for them: rows put into the verdicts.db of a healthd that is not running."""
import contextlib
import sqlite3
import time
from datetime import datetime

CELL_SECONDS = {"24h": 3600, "7d": 6 * 3600, "30d": 86400}
HOUR_MS = 3600_000
PUT = "INSERT OR REPLACE INTO hour (probe, hour, up, degraded, down, runs, failed, total, slowest) VALUES"
# Seconds ago, and of that hour: (up, degraded) ms; the rest it was down.
HOURS = {5 * 3600: (HOUR_MS // 2, 0), 4 * 86400: (HOUR_MS // 4, HOUR_MS // 4), 20 * 86400: (0, HOUR_MS)}
# What the bars show of it, by window and by how long ago: the share it was not down, and the share it was degraded.
PAST = {("24h", 5 * 3600): [0.5, 0], ("7d", 4 * 86400): [0.5, 0.25], ("30d", 20 * 86400): [1, 1]}
RUNS = 100000  # in the hour that is under way: more than any test sees


def put_past(state, probe):
    """`state` is of a healthd that has known the probe, and has stopped."""
    now = int(time.time()) // 3600
    with contextlib.closing(sqlite3.connect(state / "verdicts.db")) as db, db:
        (number,) = db.execute("SELECT id FROM probe WHERE name = ?", [probe]).fetchone()
        for ago, (up, degraded) in HOURS.items():
            db.execute(f"{PUT} (?, ?, ?, ?, ?, 0, 0, 0, 0)", [number, now - ago // 3600, up, degraded, HOUR_MS - up - degraded])
        db.execute(f"{PUT} (?, ?, 1, 0, 0, ?, 0, 0, 0)", [number, now, RUNS])


def bars(daemon, probe):
    """(when, {window: cells, the oldest first}) of one probe, as the status page gets them."""
    overview = daemon.get("/api/overview").json()
    now = datetime.fromisoformat(overview["now"].replace("Z", "+00:00")).timestamp()
    [windows] = [one["windows"] for one in overview["probes"] if one["name"] == probe]
    return now, {name: window["cells"] for name, window in windows.items()}


def past_of(shown):
    """The cells of the hours that put_past puts."""
    now, windows = shown
    return {(window, ago): windows[window][int((now - ago) // CELL_SECONDS[window] - now // CELL_SECONDS[window]) - 1]
            for window, ago in PAST}
