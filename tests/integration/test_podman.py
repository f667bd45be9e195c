# SPDX-License-Identifier: Apache-2.0
"""The containers and log probes beside a real Podman: how containers live and end, pods, what they use and print. What it
answered here is kept in tests/unit and tests/loopback, which need none."""
import json
import os
from pathlib import Path

import pytest

from lib.http import request
from lib.servers import Nginx
from lib.wait import free_port, wait_until

PROXY = Path(__file__).parents[2] / "examples/privileges/docker-proxy.conf"

# Podman is installed for `./dev test --full` only.
pytestmark = pytest.mark.full

SHOP = ("--label", "io.podman.compose.project=shop", "--label", "com.docker.compose.service=web")
SELDOM = "interval: 1h, retry_interval: 1s"
# Ends in good order when it is told to.
POLITE = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done")


def config(podman, rows="", more=""):
    return f'probes: [{{name: containers, containers: {{docker: "{podman.address}"{rows}}}, {SELDOM}{more}}}]'


def items(run):
    return {item["key"]: item for item in run["items"]}


def wait_item(daemon, name, wanted, part="", ask=False):
    """Until a run found the container so, one that nobody asked for unless `ask`; the item."""

    def is_so():
        run = daemon.run_now("containers") if ask else daemon.explain("containers")["last_run"]
        found = items(run).get(name, {"health": "not known yet"}) if run else {"health": "not run yet"}
        if found["health"] != wanted or part not in found.get("detail", ""):
            raise LookupError(found)
        return found

    return wait_until(is_so, 20, f"{name} to be {wanted}")


def wait_events(daemon):
    wait_until(lambda: daemon.run_now("containers") and daemon.value("healthd_container_events_up") == 1)


def test_every_way_to_live_and_end_is_seen(podman, healthd):
    # Interval `disable`: no timer of systemd, which this machine need not have.
    podman.run("healthy", "--health-cmd", "true", "--health-interval", "disable")
    podman.run("ill", "--health-cmd", "false", "--health-interval", "disable", "--health-retries", "1")
    podman.run("plain", "--memory", "64m", *SHOP)
    podman.run("done", command=("true",))
    podman.run("broken", command=("sh", "-c", "exit 3"))
    daemon = healthd(config(podman))
    wait_events(daemon)
    podman.check("healthy")
    podman.check("ill")
    wait_item(daemon, "ill", "down", "health check fails", ask=True)
    wait_item(daemon, "healthy", "up")
    podman.run("hungry", "--memory", "16m", command=("sh", "-c", "head -c 100000000 /dev/zero | tail"))
    podman.run("loop", "--restart", "on-failure:3", command=("sh", "-c", "sleep 0.5; exit 2"))
    podman.podman("pause", "plain")
    wait_item(daemon, "hungry", "down", "killed for want of memory")
    wait_item(daemon, "plain", "degraded", "paused")
    wait_item(daemon, "loop", "down", "exit code 2")
    # Three; the first may come before it is known.
    wait_until(lambda: daemon.value("healthd_container_restarts_total", name="loop") >= 2, 20)
    found = items(daemon.run_now("containers"))
    assert found["done"]["health"] == "up"
    assert found["broken"]["detail"].endswith("exit code 3")
    assert found["hungry"]["reason"] == "out_of_memory", found["hungry"]
    page = daemon.page()
    for name in ("healthy", "ill", "plain", "done", "broken", "hungry", "loop"):
        said = podman.inspect(name)
        state = said["State"]
        assert page.value("healthd_container_state", name=name, state=state["Status"]) == 1, state
        image = page.value("healthd_container_image_info", name=name, image=said["ImageName"],
                           digest=f"sha256:{said['Image']}")
        assert image == 1, said
        if state["Health"]["Status"] and state["Running"]:
            assert page.value("healthd_container_health", name=name, health=state["Health"]["Status"]) == 1, state
        if state["Status"] == "exited":
            assert page.value("healthd_container_exit_code", name=name) == state["ExitCode"], state
    assert page.value("healthd_container_oom_kills_total", name="hungry") >= 1
    assert page.value("healthd_container_oom_kills_total", name="broken") == 0
    assert page.value("healthd_container_state", name="plain", state="paused", project="shop", service="web") == 1


def seconds(text):
    """'1.5s' as podman stats says it, to seconds."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
    number = text.rstrip("hmsuµ")
    return float(number) * units[text[len(number):]]


def megabytes(text):
    number = text.rstrip("kMGB")
    return float(number) * {"B": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1e3}[text[len(number):]]


def test_numbers_are_those_of_podman_stats(podman, healthd):
    busy = ("sh", "-c", "i=0; while test $i -lt 200000; do i=$((i+1)); done; sleep 1000")
    ident = podman.run("web", "--memory", "64m", "--cpus", "0.5", *SHOP, command=busy)
    podman.connect("web")
    daemon = healthd(config(podman))
    labels = {"name": "web", "image": podman.inspect("web")["ImageName"], "id": f"/libpod_parent/libpod-{ident}",
              "container_label_com_docker_compose_service": "web", "container_label_restartcount": "0"}

    def used():
        daemon.run_now("containers")
        return sum(value for _, value in daemon.page().select("container_cpu_usage_seconds_total", name="web"))

    before = wait_until(lambda: (now := used()) > 0.1 and now == used() and now, 60, "its work to be over")
    said = podman.stats("web")
    page = daemon.page()
    assert abs(before - seconds(said["cpu_time"])) < 0.1, (before, said)
    used, limit = (megabytes(part.strip()) for part in said["mem_usage"].split("/"))
    assert page.value("container_spec_memory_limit_bytes", **labels) == 64 << 20
    assert limit == pytest.approx(67.11, abs=0.01)
    assert page.value("container_memory_usage_bytes", **labels) / 1e6 == pytest.approx(used, abs=1)
    assert page.value("container_spec_cpu_quota", **labels) == 50000
    assert page.value("container_threads", **labels) == int(said["pids"])
    assert page.value("container_network_receive_bytes_total", interface="eth0", **labels) >= 0
    # Its first process is older than what Podman calls its start.
    created, started = (int(podman.podman("inspect", "--format", f"{{{{.{what}.Unix}}}}", "web"))
                        for what in ("Created", "State.StartedAt"))
    assert created - 1 <= page.value("container_start_time_seconds", **labels) <= started + 1
    for collector in ("cgroup", "docker", "network"):
        assert page.value("healthd_containers_collector_success", collector=collector) == 1, collector


def test_a_pod_is_its_containers_and_their_network_is_counted_once(podman, healthd):
    pod = podman.pod("shop")
    web = podman.run("shop-web", "--pod", "shop", "--memory", "64m")
    podman.run("shop-db", "--pod", "shop")
    podman.connect("shop-web")
    daemon = healthd(config(podman))
    found = items(daemon.run_now("containers"))
    infra = f"{pod[:12]}-infra"
    assert set(found) == {infra, "shop-web", "shop-db"} and all(one["health"] == "up" for one in found.values())
    page = daemon.page()
    assert page.value("container_spec_memory_limit_bytes", name="shop-web",
                      id=f"/libpod_parent/{pod}/libpod-{web}") == 64 << 20
    # Of another Podman, beside which tests may run, there are short ids.
    names = {labels["name"] for labels, _ in page.select("container_network_receive_bytes_total")}
    assert names & set(found) == {infra}, names
    assert not [labels for labels, _ in page.select("container_last_seen") if labels["id"].endswith(f"/{pod}")]
    podman.podman("pod", "stop", "-t", "1", "shop")
    wait_item(daemon, "shop-web", "down")


def test_what_somebody_stops_or_removes_is_told_from_what_ends(podman, healthd):
    for name in ("web", "job"):
        podman.run(name, command=POLITE)
    podman.run("cache")
    daemon = healthd(config(podman))
    wait_events(daemon)
    for _ in range(3):
        podman.podman("stop", "web")
        wait_item(daemon, "web", "down", "stopped by hand")
        podman.podman("start", "web")
        wait_item(daemon, "web", "up")
    podman.podman("restart", "-t", "1", "web")
    podman.podman("kill", "web")
    wait_item(daemon, "web", "down", "stopped by hand")
    podman.podman("start", "web")
    podman.podman("exec", "job", "kill", "-TERM", "1")
    wait_until(lambda: daemon.run_now("containers") and daemon.value(
        "healthd_container_exit_code", name="job") == 0, 20)
    assert items(daemon.run_now("containers"))["job"]["health"] == "up"  # it is done
    podman.podman("rm", "-f", "-t", "1", "cache")
    wait_item(daemon, "cache", "down", "removed")
    podman.run("cache")
    wait_item(daemon, "cache", "up")
    page = daemon.page()
    for name in ("web", "cache", "job"):
        assert page.value("healthd_container_restarts_total", name=name) == 0, name


def test_a_read_only_proxy_is_enough(podman, healthd, start):
    port = free_port()
    text = PROXY.read_text().replace("/var/run/docker.sock;", f"{podman.socket};")
    os.chmod(podman.folder, 0o755)
    os.chmod(podman.socket, 0o666)
    start(Nginx, http=text.replace("listen 2375", f"listen 127.0.0.1:{port}"))
    url = f"http://127.0.0.1:{port}"
    for method, path in (("POST", "/v4.3.1/libpod/containers/create"), ("GET", "/v4.3.1/libpod/containers/web/json"),
                         ("POST", "/v4.3.1/libpod/containers/json"), ("DELETE", "/v4.3.1/libpod/containers/web")):
        assert request(url + path, method).status == 403, (method, path)
    podman.run("web", "--health-cmd", "true", "--health-interval", "disable")
    podman.check("web")
    daemon = healthd(config(podman).replace(podman.address, url))
    wait_events(daemon)
    assert daemon.value("healthd_container_health", name="web", health="healthy") == 1
    podman.podman("stop", "-t", "1", "web")
    wait_item(daemon, "web", "down", "stopped by hand")


def test_what_happens_while_the_service_is_away_is_told_later(podman, healthd):
    socket = podman.folder / "away.sock"
    service = podman.serve(socket)
    podman.run("web", command=POLITE)
    podman.run("db")
    daemon = healthd(config(podman).replace(podman.address, f"unix://{socket}"))
    wait_events(daemon)
    service.stop(10)
    socket.unlink(missing_ok=True)
    wait_until(lambda: daemon.run_now("containers") and daemon.value("healthd_container_engine_up") == 0, 20)
    podman.podman("stop", "web")
    podman.serve(socket)
    wait_item(daemon, "web", "down", "stopped by hand", ask=True)
    assert items(daemon.run_now("containers"))["db"]["health"] == "up"
    assert daemon.value("healthd_container_engine_up") == 1


def test_a_rootless_podman_is_found(podman, healthd, tmp_path):
    if any(Path(path).exists() for path in ("/run/docker.sock", "/run/podman/podman.sock")):
        pytest.skip("an engine of this machine comes first")
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman/podman.sock").symlink_to(podman.socket)
    podman.run("web")
    daemon = healthd(config(podman).replace(podman.address, "auto"), env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert items(daemon.run_now("containers"))["web"]["health"] == "up"
    assert daemon.value("healthd_container_engine_up") == 1


def pages(stub):
    return [one.json()["payload"]["summary"] for one in stub.log if one.vendor == "pagerduty" and one.action == "trigger"]


def test_what_is_made_anew_pages_nobody_and_a_crash_does(podman, healthd, notify_stub):
    keys = {
        "probes": [{"name": "containers", "containers": {"docker": podman.address}, "interval": "1h",
                    "retry_interval": "1s", "severity": "critical"}],
        "rules": [{"alert": "Dead", "expr": "probe_item_state == 3", "labels": {"severity": "critical"},
                   "annotations": {"summary": "{{ $labels.name }} is dead"}}],
        "packs": {"probes": False, "healthd": False, "containers": False},
        "receivers": {"oncall": {"pagerduty": {"routing_key": "0" * 32, "url": notify_stub.url}}},
        "route": {"receiver": "oncall", "group_by": ["alertname", "name"], "group_wait": "0s"}}
    for name in ("web", "db"):
        podman.run(name, command=("sh", "-c", "echo starting; until test -e /tmp/go; do sleep 0.1; done; echo giving up; exit 1"))
    daemon = healthd("".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items()))
    wait_events(daemon)
    podman.podman("rm", "-f", "-t", "1", "web")
    wait_item(daemon, "web", "down", "removed")
    podman.podman("exec", "db", "touch", "/tmp/go")
    (said, *_) = wait_until(lambda: pages(notify_stub), 40, "a page")
    assert "db is dead" in said, said
    podman.run("web")
    wait_item(daemon, "web", "up")
    assert not [one for one in pages(notify_stub) if "web" in one]
    last = items(daemon.explain("containers")["last_run"])["db"]["last_log"]
    assert last == ["starting", "giving up"], last


# Prints what is in one file when there is another.
LOOP = ("sh", "-c", "echo old; while true; do test -e /tmp/go && { rm /tmp/go; cat /tmp/text; }; sleep 0.1; done")


def say(podman, name, *texts):
    words = " ".join(f"'{text}'" for text in texts)
    podman.podman("exec", name, "sh", "-c", f"printf '%s\\n' {words} > /tmp/text; touch /tmp/go")


@pytest.mark.parametrize("options", [(), ("--tty",)])
def test_what_a_container_prints_is_counted_once(podman, healthd, options):
    podman.run("web", *options, command=LOOP)
    wait_until(lambda: "old" in podman.podman("logs", "web"), 20)
    daemon = healthd(f'probes: [{{name: app, log: {{container: web, docker: "{podman.address}", '
                     f'patterns: {{bad: bad}}}}, {SELDOM}}}]')

    def lines(family="log_lines_total", **labels):
        daemon.run_now("app")
        return daemon.value(family, **labels)

    assert lines() == 0
    # Podman 4 stamps whole seconds: runs come within one, and lines come after they were asked for.
    for count in range(1, 7):
        say(podman, "web", f"good {count}", "bad")
        wait_until(lambda: lines() == 2 * count, 20, f"{2 * count} lines")  # pylint: disable=cell-var-from-loop
    assert lines() == 12 and lines("log_matches_total", pattern="bad") == 6
    say(podman, "web", "x" * 9000 + " bad")
    wait_until(lambda: lines() == 13, 20, "the long one")
    assert lines("log_matches_total", pattern="bad") == 7
    podman.remove("web")
    run = daemon.run_now("app")
    assert run["reason"] == "missing" and "no container named 'web'" in run["detail"], run


def test_what_is_printed_in_pieces_is_one_line(podman, healthd):
    podman.run("web", command=("sh", "-c", "printf one; sleep 1.2; printf ' two'; sleep 1.2; echo ' three'; sleep 1000"))
    wait_until(lambda: "three" in podman.podman("logs", "web"), 20)
    daemon = healthd(f'probes: [{{name: app, log: {{container: web, docker: "{podman.address}", from: start, '
                     f'patterns: {{whole: "^one two three$"}}}}, {SELDOM}}}]')
    daemon.run_now("app")
    assert daemon.value("log_lines_total") == 1
    assert daemon.value("log_matches_total", pattern="whole") == 1
