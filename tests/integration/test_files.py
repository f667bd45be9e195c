# SPDX-License-Identifier: Apache-2.0
"""The file probe beside files that gzip, zstd and pg_dump wrote, whole and broken."""
import gzip
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from lib import hung
from lib.mounts import own_namespace
from lib.postgres import BIN, Postgres
from lib.probe import probe, refused
from lib.wait import wait_until

HOUR = 3600
COMPLETE = "PostgreSQL database dump complete"
QUICK = "defaults: {interval: 1s, retry_interval: 1s, fall: 1, rise: 1}\nprobes:\n"
# root without its right to read whatever it likes
ORDINARY = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def packed(program, content, *options):
    return subprocess.run([program, "-c", "-q", *options], input=content, stdout=subprocess.PIPE, check=True,
                          timeout=60).stdout


def put(path, content, age=HOUR):
    """A file that was last written `age` seconds ago."""
    path.write_bytes(content)
    at = time.time() - age
    os.utime(path, (at, at))
    return path


def noise(size):
    return random.Random(1).randbytes(size)


TEXT = b"INSERT INTO orders VALUES (1);\n" * 1000 + b"-- " + COMPLETE.encode() + b"\n"
GZIP, ZSTD = packed("gzip", TEXT), packed("zstd", TEXT, "--check")
EMPTY = packed("gzip", b"")


def flipped(archive, at):
    return archive[:at] + bytes([archive[at] ^ 0x10]) + archive[at + 1:]


ARCHIVES = {
    "gzip": ("a.sql.gz", GZIP, "up", ""),
    "two members": ("a.sql.gz", GZIP + packed("gzip", TEXT), "up", ""),
    "zstd": ("a.sql.zst", ZSTD, "up", ""),
    "two frames": ("a.sql.zst", packed("zstd", TEXT, "--no-check") + ZSTD, "up", ""),
    "plain": ("a.sql", TEXT, "up", ""),
    "gzip by another name": ("a.sql", GZIP, "up", ""),
    "gzip cut": ("a.sql.gz", GZIP[:-5], "down", "is no whole gzip archive: its end is missing"),
    "gzip cut early": ("a.sql.gz", GZIP[:20], "down", "its end is missing"),
    "zstd cut": ("a.sql.zst", ZSTD[:-2], "down", "is no whole zstd archive: its end is missing"),
    "wrong CRC": ("a.sql.gz", flipped(GZIP, len(GZIP) - 7), "down", "its checksum (CRC-32) is not that of its content"),
    "wrong XXH64": ("a.sql.zst", flipped(ZSTD, len(ZSTD) - 1), "down", "its checksum (XXH64) is not that of its content"),
    "something behind it": ("a.sql.gz", GZIP + b"mail from cron", "down", "other bytes stand behind its end"),
    "nothing in it": ("a.sql.gz", EMPTY, "down", "whole gzip archive of nothing: what was to be packed did not come"),
    "an empty file": ("a.sql.gz", b"", "down", "its name says gzip, and it is empty"),
    "no gzip at all": ("a.sql.gz", TEXT, "down", "its name says gzip, and its content is something else"),
    "a dump cut off": ("a.sql.gz", packed("gzip", TEXT[:-60]), "down", f"'{COMPLETE}' does not stand in the last 4096 bytes"),
    "a plain dump cut off": ("a.sql", TEXT[:-60], "down", "was it cut off?"),
    "an empty plain file": ("a.sql", b"", "down", f"is empty, and '{COMPLETE}' has to stand at its end"),
    "xz": ("a.dump", b"\xfd7zXZ\0" + TEXT, "degraded", "a xz archive, which this healthd does not unpack"),
}


@pytest.mark.parametrize("title", ARCHIVES)
def test_an_archive_is_whole_or_not(tmp_path, title):
    name, content, health, says = ARCHIVES[title]
    put(tmp_path / name, content)
    found = probe("file", {"path": f"{tmp_path}/a.*", "tail": COMPLETE})
    assert found.health == health and says in found.detail, found
    assert found.reason == {"up": "", "down": "corrupt", "degraded": "config"}[health]
    if health == "up" and name != "a.sql":
        assert found.page.value("file_intact", path=f"{tmp_path}/a.*") == 1
        assert found.page.value("file_unpacked_bytes") in (len(TEXT), 2 * len(TEXT))
    elif "archive of nothing" not in says and "no whole" in found.detail:
        assert found.page.value("file_intact") == 0


def test_a_dump_of_postgresql_that_failed_is_no_backup(start, tmp_path):
    server = start(Postgres)
    server.ask("CREATE TABLE orders AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i")

    def dump(database, then, path):
        script = f'{BIN}/pg_dump -d "$1" 2>/dev/null | {then} > "$2"'
        subprocess.run(["sh", "-c", script, "sh", server.url("postgres", database=database), path], check=True, timeout=60)
        os.utime(path, (time.time() - HOUR,) * 2)

    conf = {"path": f"{tmp_path}/*", "tail": COMPLETE}
    whole = tmp_path / "1.sql.gz"
    dump("postgres", "gzip", whole)
    found = probe("file", conf, expect=["age < 2h", "size > 100KiB", "intact", "ratio == 1", "unpacked > 500KiB"])
    assert found.health == "up", found
    dump("no_such_database", "gzip", whole)  # fresh, valid, and nothing in it
    assert gzip.decompress(whole.read_bytes()) == b""
    found = probe("file", conf)
    assert found.health == "down" and "archive of nothing" in found.detail, found
    dump("postgres", "head -c 500000 | zstd -q", tmp_path / "1.sql.gz")  # a disk that was full
    whole.rename(tmp_path / "1.sql.zst")
    found = probe("file", conf)
    assert found.health == "down" and "was it cut off?" in found.detail, found


def test_which_file_is_meant(tmp_path):
    folder = tmp_path / "host/b"
    for day in ("mon", "tue", "wed"):
        (folder / day).mkdir(parents=True)
    put(folder / "mon/shop.gz", GZIP, 50 * HOUR)
    put(folder / "tue/shop.gz", packed("gzip", noise(5000)), 26 * HOUR)
    put(folder / "tue/other", b"x")
    put(folder / "tue/.shop.gz", b"x")
    (folder / "wed/shop.gz").mkdir()
    conf = {"path": "/b/*/s[h]op.g?", "root": f"{tmp_path}/host"}
    found = probe("file", conf, expect=[
        "count == 2 && exists && readable", 'path.endsWith("/tue/shop.gz")', "age > 25h && age < 27h",
        f"previous.size == {len(GZIP)}B", "ratio > 3"])
    assert found.health == "up", found
    assert found.page.value("file_matches", path="/b/*/s[h]op.g?") == 2
    assert found.page.value("file_previous_size_bytes") == len(GZIP)
    assert abs(found.page.value("file_modified_timestamp_seconds") - time.time() + 26 * HOUR) < 60
    # One that is being written is not looked into, and its age counts.
    put(folder / "mon/shop.gz", GZIP[:100], 5)
    found = probe("file", conf, expect=["age < 1h", 'path.endsWith("/tue/shop.gz")', "count == 2"])
    assert found.health == "up" and "mon/shop.gz, 100 bytes so far" in found.traced("coming")[0], found
    found = probe("file", {**conf, "settle": "0s"})
    assert found.health == "down" and "mon/shop.gz is no whole gzip" in found.detail, found
    found = probe("file", {**conf, "path": "/b/*/nothing"})
    assert (found.health, found.reason) == ("down", "missing"), found
    assert found.detail == f"no file matches {tmp_path}/host/b/*/nothing"
    assert found.page.value("file_exists") == 0 and not found.page.select("file_size_bytes")
    found = probe("file", {**conf, "exists": False})
    assert (found.health, found.reason) == ("down", "expect") and "has to be absent" in found.detail, found
    assert probe("file", {"path": f"{tmp_path}/no/file", "exists": False}).health == "up"
    assert probe("file", str(tmp_path)).health == "up"  # a plain path may name a folder


def test_what_healthd_may_not_read_is_said(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("files of others need root")
    theirs = put(tmp_path / "theirs.gz", GZIP)
    theirs.chmod(0o600)
    os.chown(theirs, 65534, 65534)
    found = probe("file", str(theirs), under=ORDINARY, expect=["!readable", "size > 10B"])
    assert (found.health, found.reason) == ("degraded", "forbidden"), found
    assert "give healthd's user r on it" in found.detail
    assert probe("file", {"path": str(theirs), "integrity": False}, under=ORDINARY).health == "up"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    put(closed / "a.gz", GZIP)
    os.chown(closed, 65534, 65534)
    found = probe("file", f"{closed}/*.gz", under=ORDINARY)
    assert found.health == "unknown" and f"{closed}: Permission denied" in found.detail, found


def test_bombs_and_windows_are_capped(tmp_path):
    bomb = tmp_path / "bomb.zst"
    subprocess.run(f"head -c 512M /dev/zero | zstd -q > {bomb}", shell=True, check=True, timeout=60)
    put(bomb, bomb.read_bytes())
    assert bomb.stat().st_size < 1 << 20
    found = probe("file", {"path": str(bomb), "max_unpacked": "100MiB"})
    assert (found.health, found.reason) == ("degraded", "too_large") and "`max_unpacked`" in found.detail, found
    found = probe("file", {"path": str(bomb), "read_time": "50ms"})
    assert found.health == "up" and found.seconds < 5, found
    assert found.page.value("file_read_bytes") < found.page.value("file_size_bytes")
    assert not found.page.select("file_intact")
    wide = put(tmp_path / "wide.zst", packed("zstd", noise(1 << 20) * 20, "--long=27"))
    assert probe("file", {"path": str(wide), "read_time": "4s"}).health == "up"
    found = probe("file", {"path": str(wide), "max_window": "1MiB"})
    assert found.reason == "too_large" and "a window of more than 1 MiB" in found.detail, found


def read_by(daemon):
    """Bytes that it has read from anywhere so far."""
    io = Path(f"/proc/{daemon.process.pid}/io").read_text()
    return int(io.split("rchar:")[1].split()[0])


def test_a_large_archive_is_read_in_slices_and_once(healthd, tmp_path):
    path = put(tmp_path / "large.gz", packed("gzip", noise(32 << 20), "-1"), 2 * HOUR)
    daemon = healthd(QUICK + f"  - {{name: large, file: {{path: {path}, read_time: 10ms}}, interval: 200ms}}\n")
    size = path.stat().st_size
    seen = set()

    def is_read():
        seen.add(daemon.value("file_read_bytes", probe="large"))
        return daemon.value("file_intact", probe="large") == 1

    wait_until(is_read, 30, "the archive to be read to its end")
    assert any(0 < read < size for read in seen), seen
    daemon.wait_health("large", "up")
    before = read_by(daemon)
    for _ in range(3):
        daemon.run_now("large")
    assert read_by(daemon) - before < size / 2
    put(path, flipped(path.read_bytes(), size // 2), HOUR)
    assert daemon.wait_health("large", "down", 30)["last"]["reason"] == "corrupt"
    assert daemon.value("file_intact", probe="large") == 0


def test_the_size_before_is_known_after_a_restart(healthd, tmp_path):
    path = put(tmp_path / "shop.gz", packed("gzip", noise(20000)), 30 * HOUR)
    config = QUICK + (f"  - {{name: shop, file: {path}, expect: [ratio > 0.5]}}\n"
                      f"state: {{path: {tmp_path}/state}}\n")
    daemon = healthd(config)
    daemon.wait_health("shop", "up")
    assert not daemon.page().select("file_previous_size_bytes")
    daemon.stop()
    put(path, GZIP, 6 * HOUR)  # a night later, in the same place
    daemon = healthd(config)
    last = daemon.wait_health("shop", "down")["last"]
    assert last["reason"] == "expect" and "ratio > 0.5: ratio is 0.0" in last["detail"], last
    assert daemon.value("file_previous_size_bytes", probe="shop") > 20000
    put(path, packed("gzip", noise(300)), 4 * HOUR)
    daemon.wait_health("shop", "up")


def test_a_hung_mount_delays_nothing(healthd, tmp_path):
    if not hung.is_possible():
        pytest.skip("a hung mount needs root and /dev/fuse")
    put(tmp_path / "a.gz", GZIP)
    with own_namespace(), hung.mount(tmp_path / "hung") as place:
        lasting = QUICK + (f"  - {{name: stuck, file: \"{place}/*.gz\", timeout: 500ms}}\n"
                           f"  - {{name: disk, disk: {{path: {place}, mount: true}}, timeout: 500ms}}\n"
                           f"  - {{name: other, file: \"{tmp_path}/*.gz\", timeout: 500ms}}\n")
        daemon = healthd(lasting + f"  - {{name: gone, disk: {place}, timeout: 500ms}}\n")
        daemon.wait_health("other", "up")
        for name in ("stuck", "disk"):
            last = daemon.wait_health(name, "down")["last"]
            assert last["reason"] == "hung", last
            daemon.wait_log(probe=name, reason="hung")
            first = daemon.logs(probe=name, reason="hung")[0]["detail"]
            assert "within 500 ms; its file system hangs: is its server or disk there?" in first, first
            wait_until(lambda: "has not answered for" in daemon.run_now(name)["detail"], 5, "it to be said at once")
        assert daemon.value("probe_duration_seconds", probe="stuck") < 0.4
        threads = len(os.listdir(f"/proc/{daemon.process.pid}/task"))
        for _ in range(3):
            daemon.run_now("stuck")
        assert len(os.listdir(f"/proc/{daemon.process.pid}/task")) <= threads
        daemon.wait_health("gone", "down")
        daemon.reload(lasting)  # a probe may go while its thread is out
        assert "gone" not in daemon.probes()
    daemon.wait_health("stuck", "down")  # nothing is mounted there now
    wait_until(lambda: daemon.run_now("stuck")["reason"] == "missing", 10, "the thread to be back")
    wait_until(lambda: daemon.run_now("disk")["reason"] == "missing", 10, "the thread to be back")


def test_limits_are_rules_and_faults_are_said(healthd, tmp_path):
    path = put(tmp_path / "a.gz", GZIP, 30 * HOUR)
    daemon = healthd(QUICK + f"  - name: a\n    file: {path}\n    limits: {{age: [26h, 50h], size: [1KiB], ratio: [50%]}}\n")
    daemon.wait_health("a", "up")
    rules = {rule["name"] for group in daemon.get("/api/v1/rules").json()["data"]["groups"] for rule in group["rules"]}
    assert {"FileAge", "FileSize", "FileRatio", "FileShrank", "DiskFull"} <= rules
    wait_until(lambda: any(alert["labels"]["alertname"] == "FileAge" and alert["state"] == "firing"
                           for alert in daemon.get("/api/v1/alerts").json()["data"]["alerts"]), 30, "FileAge to fire")
    assert "must be an absolute path" in refused("file", "backup/*.gz")
    assert "cannot look into xz" in refused("file", {"path": "/b/*.xz", "tail": "x"})
    assert "more than 32 parts" in refused("file", "/a" * 40)
