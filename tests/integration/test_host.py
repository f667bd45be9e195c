# SPDX-License-Identifier: Apache-2.0
"""The host probe beside Debian's node_exporter, on this machine: families, types and labels."""

import pytest

from lib import hung
from lib.metrics import Page
from lib.node_families import differences, families_of
from lib.probe import probe
from lib.servers import NodeExporter
from lib.wait import wait_until

# The default of mount_exclude, and what other tests mount meanwhile.
OTHER_TESTS = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+|tmp/.+)($|/)"


def page_of_host(healthctl, *options):
    done = healthctl("probe", "host", *options, "--format", "prometheus")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_families_types_and_labels_are_node_exporters(start, healthctl):
    exporter = start(NodeExporter)

    def same():  # mounts and interfaces come and go meanwhile
        theirs = families_of(exporter.get("/metrics").text)
        ours = families_of(page_of_host(healthctl))
        found = list(differences(theirs, ours))
        if found:
            raise LookupError("\n".join(found))
        print("only ours:", *sorted(ours.keys() - theirs.keys()), sep="\n")
        return theirs
    theirs = wait_until(same, 10, "the host probe to show what node_exporter shows")
    assert len(theirs) > 150, "node_exporter shows too little for this to mean anything"


def test_values_that_stand_still_are_the_same(start, healthctl):
    theirs = Page(start(NodeExporter).get("/metrics").text)
    ours = Page(page_of_host(healthctl))
    for name in ("node_memory_MemTotal_bytes", "node_memory_SwapTotal_bytes",
                 "node_boot_time_seconds", "node_filefd_maximum"):
        assert ours.value(name) == theirs.value(name), name
    sizes = theirs.select("node_filesystem_size_bytes")
    assert sizes, "node_exporter shows no filesystem for this to mean anything"
    for labels, size in sizes:
        assert ours.value("node_filesystem_size_bytes", **labels) == size


def test_the_big_page_has_them_without_a_probe_label(healthd):
    daemon = healthd("probes:\n  - {name: host, host: {}, interval: 1s}\n")
    daemon.wait_value(1, "node_scrape_collector_success", collector="meminfo")
    page = daemon.page()
    assert page.select("node_load1") == [({}, page.value("node_load1"))]


def test_a_folder_that_is_not_the_hosts_root_is_noticed(healthctl, tmp_path):
    done = healthctl("probe", "host", "--rootfs", str(tmp_path))
    assert "mount the host's / there" in done.stdout, done.stdout
    page = Page(page_of_host(healthctl, "--rootfs", str(tmp_path)))
    assert not page.select("node_filesystem_size_bytes")
    assert page.value("node_scrape_collector_success", collector="filesystem") == 0
    assert page.value("node_scrape_collector_success", collector="meminfo") == 1


@pytest.fixture
def hung_mount(tmp_path):
    if not hung.is_possible():
        pytest.skip("a hung mount needs root and /dev/fuse")
    with hung.mount(tmp_path / "hung") as place:
        yield place


def test_a_hung_mount_is_said_and_delays_nothing(healthd, hung_mount):
    daemon = healthd("probes:\n"
                     "  - {name: host, host: {mount_timeout: 300ms}, interval: 1s, timeout: 800ms}\n"
                     "  - {name: self, tcp: \"127.0.0.1:1\", severity: none}\n")
    daemon.wait_value(1, "node_filesystem_device_error", mountpoint=hung_mount,
                      device_error="mountpoint timeout")
    page = daemon.page()
    assert page.select("node_filesystem_size_bytes", mountpoint="/")
    assert not page.select("node_filesystem_size_bytes", mountpoint=hung_mount)
    assert page.value("node_scrape_collector_success", collector="filesystem") == 1
    daemon.wait_health("host", "degraded")
    # Later runs do not wait for it again.
    daemon.run_now("host")
    assert daemon.value("probe_duration_seconds", probe="host") < 0.25
    assert "hangs" in str(daemon.explain("host"))


BACKUP = "# HELP backup_last_success_seconds When.\n# TYPE backup_last_success_seconds gauge\n" \
         'backup_last_success_seconds{db="shop"} 1.7e+09\nbackup_files 3\n'


def test_text_files_are_shown_as_node_exporter_does(start, healthctl):
    exporter = start(NodeExporter)
    (exporter.folder / "backup.prom").write_text(BACKUP)
    (exporter.folder / "late.prom").write_text("late 1 1395066363000\n")
    theirs, ours = Page(exporter.get("/metrics").text), Page(page_of_host(healthctl, "--textfile", str(exporter.folder)))
    for name in ("backup_last_success_seconds", "backup_files", "node_textfile_mtime_seconds",
                 "node_textfile_scrape_error"):
        assert ours.select(name) == theirs.select(name) != [], name
        assert ours.types[name] == theirs.types[name]
    assert ours.helps["backup_files"] == theirs.helps["backup_files"]
    assert ours.value("node_textfile_scrape_error") == 1 and not ours.select("late")
    assert ours.value("node_scrape_collector_success", collector="textfile") == 1
    said = probe("host", {"textfile": [str(exporter.folder)]}).traced("textfile")
    assert len(said) == 1 and "late.prom: line 1: a timestamp" in said[0], said


def test_expectations_are_judged_for_each_mount():
    quiet = {"mount_exclude": OTHER_TESTS}
    page = probe("host", {"exclude": ["reboot"], **quiet}, expect=["used <= 100%", "size > 0B"], should=[
        "available >= 0B && uptime > 1s && load >= 0", "memory_available > 0%", "clock_offset < 1h"])
    assert page.health == "up" and page.items["/"]["health"] == "up", page
    found = probe("host", quiet, expect=['mountpoint != "/" || used > 100%'])
    assert found.health == "down" and found.items["/"]["health"] == "down", found
    others = [item for key, item in found.items.items() if key != "/"]
    assert all(item["health"] == "up" for item in others), found.items
    assert "used > 100%" in found.detail


def test_limits_are_rules_that_fire(healthd):
    daemon = healthd("probes:\n"
                     "  - name: host\n    host: {}\n    interval: 500ms\n"
                     "    limits: {disk_used: [0%], memory_available: [100%, 99%], load: [1000], swap_used: [50%],\n"
                     "             inodes_used: [99%], time_to_full: [4h, 1h]}\n")
    daemon.wait_health("host", "up")
    rules = {rule["name"]: rule for group in daemon.get("/api/v1/rules").json()["data"]["groups"]
             for rule in group["rules"]}
    for name in ("HostDiskUsed", "HostMemoryAvailable", "HostLoad", "HostSwapUsed", "HostInodesUsed",
                 "HostTimeToFull"):
        assert name in rules, sorted(rules)

    def pending():
        alerts = daemon.get("/api/v1/alerts").json()["data"]["alerts"]
        found = {(one["labels"]["alertname"], one["labels"].get("mountpoint")): one for one in alerts}
        assert ("HostDiskUsed", "/") in found and ("HostMemoryAvailable", None) in found, found.keys()
        return found
    found = wait_until(pending, 20, "the limits to be over")
    assert not [key for key in found if key[0] in ("HostLoad", "HostInodesUsed", "HostTimeToFull")]
    healthy = [rule for rule in rules.values() if rule["name"].startswith("Host") and rule.get("lastError")]
    assert not healthy, healthy
    query = daemon.get("/api/v1/query?query=node_load5/on(probe)group_left()count%20by(probe)"
                       "(node_cpu_seconds_total{mode=\"idle\"})".replace(" ", "%20")).json()["data"]["result"]
    assert len(query) == 1 and query[0]["metric"]["probe"] == "host", query
