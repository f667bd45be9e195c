# SPDX-License-Identifier: Apache-2.0
"""The Debian package under a real systemd, and the probes of the machine and its containers on a kernel with cgroup v2 and
pressure: in a virtual machine (lib.vm). Each test leaves the service so that the next can start it. Minutes, most of them
qemu's where there is no KVM."""
import json
import re
import subprocess
from pathlib import Path

import pytest

from lib.engine import APPLETS
from lib.metrics import Page
from lib.node_families import differences, families_of
from lib.vm import Machine
from lib.vm_disk import disk
from lib.wait import wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(2400)]

CONFIG = "/etc/healthd/healthd.yml"
DROP_IN = "/etc/systemd/system/healthd.service.d/test.conf"
INSTALLING = Path(__file__).resolve().parents[2] / "docs/installing.md"
PROBES = """probes:
  - {name: host, host: {}, interval: 1s, timeout: 900ms}
  - {name: root, disk: /, interval: 1s, timeout: 900ms}
  - {name: cache, redis: "127.0.0.1", interval: 1s, timeout: 900ms}
  - {name: cache-process, process: {cgroup: redis-server.service}, interval: 1s, timeout: 900ms}
"""
WRONG = "probes:\n  - {name: host, hots: {}}\n"
# They begin by themselves, and as slowly as the machine is.
PATIENCE = 240


@pytest.fixture(name="machine", scope="module")
def _machine(deb):
    depends = subprocess.run(["dpkg-deb", "--field", deb, "Depends"], capture_output=True, text=True, check=True).stdout
    machine = Machine(disk(*(one.split()[0] for one in depends.split(","))), [deb, "/bin/busybox"])
    print(f"{machine.process.name}: {machine.text('uname', '-r')}, {machine.text('systemctl', '--version').splitlines()[0]}")
    yield machine
    machine.stop()


class Service:
    """healthd in the machine."""

    def __init__(self, machine, deb):
        self.machine = machine
        self.deb = f"/files/{deb.name}"

    def install(self):
        return self.machine.run("dpkg", "--install", self.deb, timeout=PATIENCE)

    def systemctl(self, *words, check=True):
        return self.machine.run("systemctl", *words, check=check, timeout=PATIENCE)

    def start(self, config=PROBES, drop_in=None):
        """Anew, with nothing left of another test's wishes."""
        self.systemctl("stop", "healthd")
        self.machine.run("rm", "-rf", str(Path(DROP_IN).parent))
        if drop_in:
            self.machine.run("mkdir", "-p", str(Path(DROP_IN).parent))
            self.machine.write(DROP_IN, drop_in)
        self.systemctl("daemon-reload")
        self.systemctl("reset-failed", "healthd", check=False)
        self.machine.write(CONFIG, config)
        self.systemctl("start", "healthd")

    def about(self, *properties):
        told = self.machine.unit("healthd", *properties)
        return told[properties[0]] if len(properties) == 1 else told

    def pid(self):
        return self.about("MainPID")

    def get(self, path):
        return self.machine.run("busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:9990{path}").stdout

    def page(self):
        return Page(self.get("/metrics"))

    def probes(self):
        return {one["name"]: one for one in json.loads(self.get("/api/probes"))["probes"]}

    def wait_health(self, **wanted):
        """name=health of each; `_` for `-`."""
        def seen():
            found = self.probes()
            told = {name: found[name.replace("_", "-")]["health"] for name in wanted}
            return told == wanted or told

        wait_until(lambda: seen() is True, PATIENCE, lambda: f"{wanted}; seen: {self.probes()}")

    def journal(self):
        """What systemd and healthd said since it was started last."""
        since = self.about("InvocationID")
        return self.machine.text("journalctl", "--no-pager", "-o", "cat", f"_SYSTEMD_INVOCATION_ID={since}", "+",
                                 f"INVOCATION_ID={since}", "+", f"USER_INVOCATION_ID={since}")


@pytest.fixture(name="service")
def _service(machine, deb):
    service = Service(machine, deb)
    if machine.run("systemctl", "cat", "healthd", check=False).returncode:
        service.install()
    return service


# ---- the unit ----

def test_it_is_active_when_it_serves_and_is_shut_in(machine, service):
    service.start()
    about = service.about("Type", "ActiveState", "SubState", "NotifyAccess", "User", "NRestarts", "MemoryMax", "TasksMax")
    assert about == {"Type": "notify", "ActiveState": "active", "SubState": "running", "NotifyAccess": "main", "User": "healthd",
                     "NRestarts": "0", "MemoryMax": str(128 << 20), "TasksMax": "64"}
    said = service.journal()
    assert said.index('"event":"listening"') < said.index("Started healthd.service"), said
    status = machine.text("cat", f"/proc/{service.pid()}/status")
    uid = machine.text("id", "-u", "healthd")
    assert re.search(rf"^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$", status, re.M), status
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status, status
    assert machine.text("cat", f"/proc/{service.pid()}/oom_score_adj") == "-500"
    mounts = machine.text("cat", f"/proc/{service.pid()}/mountinfo")
    assert re.search(r" / / ro,", mounts) and re.search(r" /var/lib/healthd rw,", mounts), mounts
    print(machine.text("systemd-analyze", "security", "--no-pager", "healthd").splitlines()[-1])
    service.wait_health(host="up", root="up", cache="up", cache_process="up")
    assert "4 probes, 4 up" in machine.text("healthctl", "status")


def test_a_reload_with_a_fault_fails_and_says_why(machine, service):
    service.start()
    pid = service.pid()
    machine.write(CONFIG, PROBES + "  - {name: more, tcp: \"127.0.0.1:6379\", interval: 1s}\n")
    service.systemctl("reload", "healthd")
    service.wait_health(more="up")
    machine.write(CONFIG, WRONG)
    assert service.systemctl("reload", "healthd", check=False).returncode == 1
    assert "healthd.yml:2:18: error: 'hots' is no probe type" in service.journal()
    assert service.about("ActiveState") == "active" and service.pid() == pid
    assert "more" in service.probes()
    assert "The last reload was rejected" in machine.run("healthctl", "status", check=False).stdout
    # Without a socket nobody may ask it: it is told by signal.
    service.start(PROBES + 'web: {listen: ["127.0.0.1:9990"]}\n')
    service.systemctl("reload", "healthd")


def test_a_start_with_a_fault_is_not_tried_again(machine, service):
    service.start()
    machine.write(CONFIG, WRONG)
    assert service.systemctl("restart", "healthd", check=False).returncode == 1
    # Where it would be tried again it is `activating (auto-restart)` now.
    assert service.about("ActiveState", "NRestarts", "ExecMainStatus") == {
        "ActiveState": "failed", "NRestarts": "0", "ExecMainStatus": "2"}
    assert "did you mean 'host'?" in service.journal()


def test_one_that_hangs_is_started_again(machine, service):
    service.start()
    pid = service.pid()
    service.systemctl("kill", "--kill-whom=main", "--signal=STOP", "healthd")
    wait_until(lambda: service.pid() not in ("0", pid) and service.about("ActiveState") == "active", 60 + PATIENCE,
               lambda: f"systemd to end it: {service.journal()}")
    assert service.about("NRestarts") == "1"
    said = machine.text("journalctl", "--no-pager", "-o", "cat", "-u", "healthd", "-n", "100")
    assert "Watchdog timeout" in said and "Failed with result 'watchdog'" in said, said
    service.wait_health(cache="up")


def test_it_stops_in_order_and_keeps_what_it_knew(machine, service):
    service.start()
    machine.run("healthctl", "silence", "cache", "2h", "kept over a restart")
    service.systemctl("stop", "healthd")
    assert service.about("ActiveState", "Result", "ExecMainCode", "ExecMainStatus") == {
        "ActiveState": "inactive", "Result": "success", "ExecMainCode": "1", "ExecMainStatus": "0"}
    said = service.journal()
    assert '"event":"stopping"' in said and "Killing" not in said, said
    service.systemctl("start", "healthd")
    assert "kept over a restart" in machine.text("healthctl", "silence", "list")
    assert machine.text("stat", "-c", "%U %a", "/var/lib/healthd") == "healthd 700"


def test_what_installing_says_of_drop_ins_works(machine, service):
    credential, rights = re.findall(r"```ini\n(.*?)```", INSTALLING.read_text(), re.S)
    config = PROBES + '  - {name: ping, icmp: "127.0.0.1", interval: 1s}\n'
    service.start(config)
    wait_until(lambda: "AmbientCapabilities=CAP_NET_RAW" in machine.run("healthctl", "explain", "ping", check=False).stdout, PATIENCE,
               "the probe to say what it needs")
    service.start(config, rights)
    service.wait_health(ping="up")

    machine.run("install", "-D", "-m", "600", "/dev/stdin", "/etc/healthd/secrets/pagerduty", data="0123456789abcdef0123456789abcdef")
    key = re.search(r"\$\{file:\S+\}", credential)[0]
    service.start(config + f'receivers:\n  oncall: {{pagerduty: {{routing_key: "{key}"}}}}\n', credential)
    service.systemctl("reload", "healthd")
    service.wait_health(cache="up")


# ---- the package ----

def test_update_and_removal_take_the_service_along(machine, service):
    service.start()
    pid = service.pid()
    service.install()
    assert service.pid() not in ("0", pid) and service.about("ActiveState") == "active", "an update serves"
    machine.write(CONFIG, WRONG)
    assert "it does not start" in service.install().stderr, "an update of one that cannot start is whole all the same"
    machine.write(CONFIG, PROBES)
    service.systemctl("start", "healthd")
    machine.run("dpkg", "--remove", "healthd", timeout=PATIENCE)
    assert machine.run("pidof", "healthd", check=False).returncode == 1
    assert service.about("LoadState") == "not-found"
    machine.run("rm", CONFIG)
    assert f"write {CONFIG}" in service.install().stdout
    assert machine.text("systemctl", "is-enabled", "healthd") == "enabled"
    service.systemctl("disable", "healthd")
    machine.run("dpkg", "--remove", "healthd", timeout=PATIENCE)
    service.install()
    assert machine.run("systemctl", "is-enabled", "healthd", check=False).stdout == "disabled\n"
    machine.run("dpkg", "--purge", "healthd", timeout=PATIENCE)
    assert machine.run("id", "healthd", check=False).returncode == 1


# ---- the machine ----

PRESSURE = [f"node_pressure_{what}_seconds_total" for what in ("cpu_waiting", "io_stalled", "io_waiting", "memory_stalled",
                                                               "memory_waiting")]


def of_node(text):
    """Debian's also asks systemd, which by default it does not."""
    return {name: found for name, found in families_of(text).items() if not name.startswith("node_systemd_")}


def test_the_host_is_shown_as_node_exporter_shows_it(machine, service):
    service.start()
    service.wait_health(host="up")

    def theirs():
        return machine.run("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:9100/metrics").stdout

    first, ours = theirs(), None

    def same():
        nonlocal ours
        ours = service.get("/metrics")
        found = list(differences(of_node(first), of_node(ours)))
        assert not found, "\n".join(found)
        return True

    wait_until(same, 20, "the host probe to show what node_exporter shows")
    # What only grows is between two of theirs. Ours may be a second older than the page.
    seen = Page(ours).value("node_time_seconds")
    wait_until(lambda: service.page().value("node_time_seconds") > seen + 1, PATIENCE, "another run")
    page, last = service.page(), Page(theirs())
    for name in (*PRESSURE, "node_context_switches_total", "node_forks_total", "node_intr_total", "node_vmstat_pgfault"):
        before, now, after = (round(one.value(name), 6) for one in (Page(first), page, last))  # of microseconds
        assert before <= now <= after, name
    assert page.value(PRESSURE[0]) > 0, "a machine that boots waits for its CPU"
    for collector in ("pressure", "timex", "filesystem", "netdev"):
        assert page.value("node_scrape_collector_success", collector=collector) == 1, collector
    for name in ("node_memory_MemTotal_bytes", "node_boot_time_seconds", "node_timex_sync_status"):
        assert page.value(name) == last.value(name), name
    assert page.value("node_filesystem_readonly", mountpoint="/") == 0, "that healthd itself may not write does not matter"


# ---- its containers ----

IMAGE = "test/busybox:1"
EATS = "head -c 100000000 /dev/zero | tail"
FAMILIES = """container_cpu_usage_seconds_total container_cpu_user_seconds_total container_cpu_system_seconds_total
container_memory_usage_bytes container_memory_working_set_bytes container_memory_rss container_memory_cache
container_memory_mapped_file container_memory_max_usage_bytes container_memory_failcnt container_memory_failures_total
container_oom_events_total container_spec_memory_limit_bytes container_spec_memory_swap_limit_bytes container_spec_cpu_period
container_spec_cpu_shares container_threads container_threads_max container_start_time_seconds container_last_seen
container_network_receive_bytes_total container_network_transmit_bytes_total container_pressure_cpu_waiting_seconds_total
container_pressure_memory_waiting_seconds_total container_pressure_io_waiting_seconds_total""".split()


class Docker:
    """The machine's own engine, with one image."""

    def __init__(self, machine):
        self.machine = machine
        links = "; ".join(f"ln -s busybox /image/bin/{one}" for one in APPLETS)
        machine.run("sh", "-ec", f"rm -rf /image; mkdir -p /image/bin /image/tmp; cp /files/busybox /image/bin; {links}; "
                    f"tar -C /image -c . | docker import - {IMAGE}", timeout=PATIENCE)

    def ask(self, *words, **options):
        return self.machine.text("docker", *words, timeout=PATIENCE, **options)

    def run(self, name, *options, script):
        return self.ask("run", "-d", "--name", name, *options, IMAGE, "sh", "-c", script).splitlines()[-1]


@pytest.fixture(name="docker")
def _docker(machine):
    docker = Docker(machine)
    yield docker
    names = docker.ask("ps", "-aq").split()
    if names:
        docker.ask("rm", "-f", *names)


def labels_of(ident, name):
    return {"id": f"/system.slice/docker-{ident}.scope", "image": IMAGE, "name": name, "container_label_restartcount": "0"}


def cgroup(machine, ident, file):
    return machine.text("cat", f"/sys/fs/cgroup/system.slice/docker-{ident}.scope/{file}")


def test_containers_of_cgroup_v2_are_shown_as_cadvisor_shows_them(machine, service, docker):
    assert docker.ask("info", "--format", "{{.CgroupDriver}} {{.CgroupVersion}}") == "systemd 2"
    web = docker.run("web", "--memory", "64m", "--cpus", "0.5", "--label", "com.docker.compose.service=web",
                     script="dd if=/dev/zero of=/tmp/f bs=1M count=4 conv=fsync; while :; do :; done")
    hungry = docker.run("hungry", "--memory", "16m", script=f"{EATS}; sleep 100000")
    wait_until(lambda: "oom_kill 1" in cgroup(machine, hungry, "memory.events"), PATIENCE, "the kernel to end `tail`")
    # systemd makes the group: healthd itself has no right on the socket.
    service.start("probes: [{name: containers, containers: {docker: auto}, interval: 2s}]\n",
                  "[Service]\nSupplementaryGroups=docker\n")
    wait_until(lambda: service.page().value("container_oom_events_total", name="hungry") == 1, PATIENCE, "the kill to be counted")
    page = service.page()
    assert page.value("healthd_container_engine_up") == 1
    labels = {**labels_of(web, "web"), "container_label_com_docker_compose_service": "web"}
    missing = [name for name in FAMILIES if not page.select(name, **labels) or not page.select(name, **labels_of(hungry, "hungry"))]
    assert not missing, missing
    assert page.value("container_spec_memory_limit_bytes", **labels) == 64 << 20
    assert page.value("container_spec_cpu_quota", **labels) == 50000
    assert page.value("container_cpu_cfs_throttled_periods_total", **labels) > 0
    assert page.value("container_fs_writes_bytes_total", device="/dev/vda", **labels) >= 4 << 20
    assert page.value("container_memory_max_usage_bytes", name="hungry") == 16 << 20
    assert page.value("container_memory_failcnt", name="hungry") > 0
    assert page.value("healthd_container_oom_kills_total", name="hungry") == 1
    assert page.value("container_cpu_usage_seconds_total", cpu="total", **labels) > 0
    assert page.value("container_pressure_cpu_waiting_seconds_total", **labels) > 0, "it is throttled"
    for collector in ("cgroup", "docker", "network"):
        assert page.value("healthd_containers_collector_success", collector=collector) == 1, collector

    # Without the engine they have short names, and the same numbers.
    service.start("probes: [{name: containers, containers: {docker: none}, interval: 2s}]\n")
    service.wait_health(containers="up")
    page = service.page()
    assert page.value("container_oom_events_total", name=hungry[:12]) == 1
    assert page.value("container_spec_memory_limit_bytes", name=web[:12]) == 64 << 20
    assert page.select("container_network_receive_bytes_total", name=web[:12], interface="eth0")


def test_a_container_that_is_killed_for_memory_is_down_for_that(service, docker):
    service.start("probes: [{name: containers, containers: {docker: auto}, interval: 2s, timeout: 20s}]\n",
                  "[Service]\nSupplementaryGroups=docker\n")
    wait_until(lambda: service.page().value("healthd_container_events_up") == 1, PATIENCE, "events to be followed")
    docker.run("eats", "--memory", "16m", script=f"sleep 5; {EATS}")

    def item():
        run = json.loads(service.get("/api/probes/containers"))["last_run"]
        return next(one for one in run["items"] if one["key"] == "eats")

    found = wait_until(lambda: (one := item())["health"] == "down" and one, PATIENCE, "it to be down")
    print(found, docker.ask("inspect", "--format", "OOMKilled={{.State.OOMKilled}}", "eats"))
    found = wait_until(lambda: (one := item())["reason"] == "out_of_memory" and one, 30, lambda: f"the reason of {item()}")
    assert found["health"] == "down" and "exit code 137" in found["detail"], found
