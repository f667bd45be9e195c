# SPDX-License-Identifier: Apache-2.0
"""The containers probe beside a real Docker Engine: how containers live and end, by socket, by proxy and without."""
import os
import signal
import subprocess
from pathlib import Path

from lib.http import request
from lib.servers import Nginx
from lib.wait import free_port, wait_until

PROXY = Path(__file__).parents[2] / "examples/privileges/docker-proxy.conf"
COMPOSE = ("--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=web")
# Runs happen when the test asks, or when the engine tells of something.
SELDOM = "interval: 1h, retry_interval: 1s"


def config(engine, rows="", more=""):
    """One probe, `containers`, with further rows of the type and of the probe."""
    return f'probes: [{{name: containers, containers: {{docker: "{engine.address}"{rows}}}, {SELDOM}{more}}}]'


def items(run):
    return {item["key"]: item for item in run["items"]}


def wait_item(daemon, name, wanted, part=""):
    """Until a run that nobody asked for found the container so; the item."""

    def is_so():
        run = daemon.explain("containers")["last_run"]
        found = items(run)[name] if run else {"health": "not known yet"}
        if found["health"] != wanted or part not in found.get("detail", ""):
            raise LookupError(found)
        return found

    return wait_until(is_so, 20, f"{name} to be {wanted}")


def test_every_way_to_live_and_end_is_seen(engine, healthd):
    engine.run("healthy", "--health-cmd", "true", "--health-interval", "0.3s")
    engine.run("ill", "--health-cmd", "false", "--health-interval", "0.3s", "--health-retries", "1")
    engine.run("plain", "--memory", "64m", *COMPOSE)
    engine.run("done", command=("true",))
    engine.run("broken", command=("sh", "-c", "exit 3"))
    daemon = healthd(config(engine))
    wait_item(daemon, "ill", "down", "health check fails")
    wait_item(daemon, "healthy", "up")
    engine.run("hungry", "--memory", "16m", command=("sh", "-c", "head -c 100000000 /dev/zero | tail"))
    engine.run("loop", "--restart", "always", command=("sh", "-c", "sleep 0.2; exit 2"))
    engine.docker("pause", "plain")
    wait_item(daemon, "hungry", "down", "exit code 137")
    wait_item(daemon, "plain", "degraded", "paused")
    wait_item(daemon, "loop", "down", "again and again")
    found = items(daemon.run_now("containers"))
    assert found["done"]["health"] == "up"
    assert found["broken"]["detail"].endswith("exit code 3")
    assert found["hungry"]["reason"] == "out_of_memory", found["hungry"]
    page = daemon.page()
    assert page.value("healthd_container_exit_code", name="broken") == 3
    assert page.value("healthd_container_exit_code", name="hungry") == 137
    assert page.value("healthd_container_oom_kills_total", name="hungry") >= 1
    assert page.value("healthd_container_state", name="plain", state="paused", project="shop") == 1
    wait_until(lambda: daemon.value("healthd_container_restarts_total", name="loop") >= 2, 40)


def test_numbers_are_the_cgroups_and_labels_cadvisors(engine, healthd):
    ident = engine.run("web", "--memory", "64m", "--cpus", "0.5", *COMPOSE, command=(
        "sh", "-c", "while true; do printf 'HTTP/1.0 200 OK\r\n\r\nhello' | nc -l -p 80; done"))
    address = engine.inspect("web")["NetworkSettings"]["IPAddress"]
    assert wait_until(lambda: request(f"http://{address}/").text) == "hello"
    daemon = healthd(config(engine))
    daemon.run_now("containers")
    page = daemon.page()
    labels = {"name": "web", "image": "healthd-test/busybox:1", "id": f"/{engine.bridge}/{ident}",
              "container_label_com_docker_compose_service": "web",
              "container_label_com_docker_compose_project": "shop", "container_label_restartcount": "0"}
    assert page.value("container_spec_memory_limit_bytes", **labels) == 64 << 20
    assert page.value("container_spec_cpu_quota", **labels) == 50000
    assert page.value("container_memory_working_set_bytes", **labels) > 0
    assert page.value("container_network_receive_bytes_total", interface="eth0", **labels) > 100
    assert page.value("container_start_time_seconds", **labels) > 1e9
    assert sum(value for _, value in page.select("container_cpu_usage_seconds_total", name="web")) > 0
    assert page.value("container_last_seen", id="/") > 1e9
    assert page.value("machine_cpu_cores") == os.cpu_count()
    for collector in ("cgroup", "docker", "network"):
        assert page.value("healthd_containers_collector_success", collector=collector) == 1, collector


def test_what_somebody_stops_or_removes_is_seen_at_once(engine, healthd):
    engine.run("web", "--stop-timeout", "1")
    daemon = healthd(config(engine))
    wait_item(daemon, "web", "up")
    wait_until(lambda: daemon.run_now("containers") and
               daemon.value("healthd_container_events_up") == 1)
    engine.docker("stop", "web")
    wait_item(daemon, "web", "down", "stopped by hand")
    engine.docker("start", "web")
    wait_item(daemon, "web", "up")
    engine.docker("kill", "--signal", "HUP", "web")  # ends it, though it need not
    engine.docker("rm", "-f", "web")
    wait_item(daemon, "web", "down", "removed")
    assert daemon.value("healthd_container_state", name="web", state="gone") == 1
    engine.run("web")
    wait_item(daemon, "web", "up")
    assert daemon.value("healthd_container_restarts_total", name="web") == 0


def test_a_container_made_anew_is_the_same_item_with_another_address(engine, healthd):
    first = engine.run("web", *COMPOSE)
    engine.run("placeholder")
    daemon = healthd(config(engine))
    wait_item(daemon, "web", "up")
    engine.docker("rename", "web", f"{first[:12]}_web")
    second = engine.run("web", *COMPOSE)
    engine.remove(f"{first[:12]}_web")
    assert engine.inspect("web")["NetworkSettings"]["IPAddress"]
    wait_until(lambda: daemon.page().value("container_last_seen", name="web",
                                           id=f"/{engine.bridge}/{second}"))
    found = items(daemon.run_now("containers"))
    assert found["web"]["health"] == "up" and not any("_web" in name for name in found), found


def test_a_stop_is_known_over_a_restart_of_healthd(engine, healthd, tmp_path):
    engine.run("web", "--stop-timeout", "1", command=("sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"))
    text = config(engine, ", old: 0s") + f"\nstate: {{path: {tmp_path}/state}}"
    daemon = healthd(text)
    wait_until(lambda: daemon.run_now("containers") and
               daemon.value("healthd_container_events_up") == 1)
    engine.docker("stop", "web")
    wait_item(daemon, "web", "down", "stopped by hand")
    daemon.stop()
    again = healthd(text)
    wait_item(again, "web", "down", "stopped by hand")


def test_expectations_and_required_names(engine, healthd):
    engine.run("web", "--memory", "64m")
    engine.run("done", command=("true",))
    daemon = healthd(config(engine, ", required: [web, db]",
                            ", expect: [\"memory < 90%\"], should: [\"image.endsWith(':2')\"]"))
    found = items(daemon.run_now("containers"))
    assert found["db"]["detail"] == "there is no container of this name, and `required` says that it must run"
    assert found["web"]["health"] == "degraded" and "image" in found["web"]["detail"]
    engine.run("db")
    wait_item(daemon, "db", "degraded")


def as_nobody(*arguments):
    """healthctl as uid 65534, without groups and capabilities."""
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           "--bounding-set=-all", "--inh-caps=-all", os.environ["HEALTHCTL_BIN"],
                           *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_without_an_engine_nobody_sees_short_ids(engine):
    ident = engine.run("web")
    done = as_nobody("probe", "containers", "none", "--format", "prometheus")
    assert f'name="{ident[:12]}"' in done.stdout, (done.stdout[-2000:], done.stderr)
    assert 'container_network_receive_bytes_total{id="' in done.stdout


def test_a_socket_that_may_not_be_used_says_what_to_do(engine):
    os.chmod(engine.socket, 0o660)
    done = as_nobody("probe", "containers", engine.address)
    group = os.stat(engine.socket).st_gid
    assert f'group_add: ["{group}"]' in done.stdout, done.stdout
    assert done.returncode != 0


def test_a_read_only_proxy_is_enough(engine, healthd, start):
    port = free_port()
    text = PROXY.read_text().replace("/var/run/docker.sock;", f"{engine.socket};")
    os.chmod(engine.socket, 0o666)
    start(Nginx, http=text.replace("listen 2375", f"listen 127.0.0.1:{port}"))
    url = f"http://127.0.0.1:{port}"
    for method, path in (("POST", "/v1.41/containers/create"), ("GET", "/v1.41/containers/web/json"),
                         ("POST", "/v1.41/containers/json"), ("DELETE", "/containers/web")):
        assert request(url + path, method).status == 403, (method, path)
    engine.run("web", "--stop-timeout", "1")
    daemon = healthd(config(engine).replace(engine.address, url))
    wait_until(lambda: daemon.run_now("containers") and
               daemon.value("healthd_container_events_up") == 1)
    engine.docker("stop", "web")
    wait_item(daemon, "web", "down", "stopped by hand")


def test_an_engine_that_hangs_takes_no_numbers_with_it(engine, healthd):
    ident = engine.run("web")
    daemon = healthd(config(engine, more=", timeout: 2s"))
    wait_item(daemon, "web", "up")
    daemon.wait_value(1, "healthd_container_engine_up")

    def engine_up():
        daemon.run_now("containers")
        return daemon.value("healthd_container_engine_up")

    engine.process.signal(signal.SIGSTOP)
    try:
        daemon.reload(config(engine, more=", timeout: 1s"))  # another session: it has to ask
        run = wait_until(lambda: (run := daemon.run_now("containers"))["health"] == "down" and run)
        assert run["reason"] == "timeout" and str(engine.socket) in run["detail"], run
        assert engine_up() == 0
        assert daemon.page().value("container_last_seen", id=f"/{engine.bridge}/{ident}") > 1e9
    finally:
        engine.process.signal(signal.SIGCONT)
    wait_until(lambda: engine_up() == 1)
