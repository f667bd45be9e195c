# SPDX-License-Identifier: Apache-2.0
"""One healthd in a container, as nobody and with nothing but read-only mounts, beside PostgreSQL, Redis and others in
containers of a real Docker Engine: it reports all of them under load, pages for what was stopped, not for what was made anew."""
import json
import os
import subprocess

import pytest

from lib.healthd import program
from lib.http import request
from lib.image import image_of
from lib.metrics import Page
from lib.notify_stub import NotifyStub
from lib.postgres import BIN, PASSWORD, PRIVILEGES, example_privileges
from lib.redis import example_acl
from lib.wait import wait_until

NETWORK = "shop"
SHARE = f"/usr/share/postgresql/{BIN.parent.name}"
START_POSTGRES = f"""set -e
echo {PASSWORD} > /tmp/password
{BIN}/initdb -D /data/db -U postgres -A scram-sha-256 --no-sync -E UTF8 --locale=C --pwfile /tmp/password
echo 'host all all all scram-sha-256' >> /data/db/pg_hba.conf
exec {BIN}/postgres -D /data/db -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off -c shared_buffers=16MB
"""
NGINX = """user root; worker_processes 1; daemon off; pid /tmp/nginx.pid; error_log stderr;
events {} http { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; include /etc/nginx/docker-proxy.conf; }
"""
# What the issue grants healthd: another user, no capability, nothing to write to but its state.
LEAST = ("--user", "65534:65534", "--cap-drop", "ALL", "--read-only", "--security-opt", "no-new-privileges",
         "--tmpfs", "/var/lib/healthd:uid=65534,gid=65534,mode=700", "--tmpfs", "/run:uid=65534,mode=755")
NAMES = {"orders-db", "cache", "docker-proxy", "worker", "healthd"}


def compose(service):
    return ("--label", "com.docker.compose.project=shop", "--label", f"com.docker.compose.service={service}")


def configuration(stub):
    keys = {
        "site": "stack",
        "probes": [
            {"name": "host", "host": {"root": "/host"}, "interval": "2s", "timeout": "1900ms"},
            {"name": "containers", "containers": {"docker": "http://docker-proxy:2375", "root": "/host"},
             "severity": "critical", "interval": "2s", "timeout": "1900ms"},
            {"name": "orders-db", "interval": "2s", "timeout": "1900ms", "postgres":
             "postgresql://healthd:${file:/run/secrets/database}@orders-db:5432/postgres?sslmode=disable"},
            {"name": "cache", "interval": "2s", "timeout": "1900ms", "retry_interval": "2s",
             "redis": "redis://healthd:${file:/run/secrets/cache}@cache:6379"}],
        "receivers": {"oncall": {"pagerduty": {"routing_key": "${file:/run/secrets/pager}", "url": stub.url}}},
        "notify": {"critical": ["oncall"]},
        "web": {"listen": ["0.0.0.0:9990"]},
        "state": {"path": "/var/lib/healthd"}}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


def load_images(engine):
    engine.load("stack/postgres:1", image_of(
        *(BIN / name for name in ("postgres", "initdb")), BIN.parent / "lib", SHARE, "/usr/share/zoneinfo/UTC",
        leave_out=("bitcode", "llvmjit", ".pl", "/man/", "/locale/"), texts={"start.sh": START_POSTGRES}),
        'CMD ["sh", "/start.sh"]', "USER 65534")
    engine.load("stack/redis:1", image_of("/usr/bin/redis-server", texts={"users.acl": example_acl()}), "USER 65534", 'CMD '
                '["/usr/bin/redis-server", "--save", "", "--protected-mode", "no", "--aclfile", "/users.acl", "--dir", "/tmp"]')
    engine.load("stack/nginx:1", image_of(
        "/usr/sbin/nginx", texts={"etc/nginx/nginx.conf": NGINX},
        named={"etc/nginx/docker-proxy.conf": PRIVILEGES / "docker-proxy.conf"}),
        'CMD ["/usr/sbin/nginx", "-p", "/tmp", "-c", "/etc/nginx/nginx.conf"]')
    engine.load("stack/healthd:1", image_of("/etc/ssl/certs/ca-certificates.crt",
                                            named={"bin/healthd": program("HEALTHD_BIN")}),
                'CMD ["/bin/healthd", "--config", "/etc/healthd/healthd.yml"]')


class Stack:
    """The containers, where they are reached, and who is told."""

    def __init__(self, engine, folder, gateway):
        self.engine = engine
        self.stub = NotifyStub(host=gateway)
        self.folder = folder
        self.secrets = {"database": PASSWORD, "cache": PASSWORD, "pager": "0123456789abcdef0123456789abcdef"}

    def start(self):
        self.run("orders-db", "stack/postgres:1")
        self.run_cache()
        self.run("docker-proxy", "stack/nginx:1", "-v", f"{self.engine.socket}:/var/run/docker.sock")
        self.engine.run("worker", "--network", NETWORK, *compose("worker"))
        wait_until(lambda: self.ask("SELECT 1") == "1", 40, "PostgreSQL to be ready")
        self.ask(example_privileges())
        self.run_healthd()

    def run(self, name, image, *options):
        self.engine.docker("run", "-d", "--name", name, "--network", NETWORK, "--stop-timeout", "2", *compose(name),
                           *options, image)

    def run_cache(self):
        self.run("cache", "stack/redis:1")

    def run_healthd(self):
        for name in ("secrets", "conf"):
            (self.folder / name).mkdir()
        for name, text in self.secrets.items():
            (self.folder / "secrets" / name).write_text(text)
        (self.folder / "conf" / "healthd.yml").write_text(configuration(self.stub))
        os.chmod(self.folder, 0o755)
        environment = ("-e", f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0")
        self.run("healthd", "stack/healthd:1", *LEAST, *environment, "-v", "/:/host:ro",
                 "-v", f"{self.folder}/secrets:/run/secrets:ro", "-v", f"{self.folder}/conf:/etc/healthd:ro")
        wait_until(lambda: self.get("/-/ready").status == 200, 30, "healthd to be ready")

    def address(self, name):
        return self.engine.inspect(name)["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]

    def dsn(self):
        return f"postgresql://postgres:{PASSWORD}@{self.address('orders-db')}/postgres"

    def ask(self, sql):
        done = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", self.dsn()], input=sql, capture_output=True,
                              text=True, timeout=30)
        return done.stdout.strip()

    def get(self, path):
        return request(f"http://{self.address('healthd')}:9990{path}")

    def page(self):
        return Page(self.get("/metrics").text)

    def health(self):
        return {one["name"]: one["health"] for one in self.get("/api/probes").json()["probes"]}

    def wait_health(self, **wanted):
        wait_until(lambda: all(self.health()[name.replace("_", "-")] == health for name, health in wanted.items()) or None, 30,
                   lambda: f"{wanted}; they are {self.health()}")

    def items(self):
        run = self.get("/api/probes/containers").json()["last_run"]
        return {item["key"]: item for item in run["items"]} if run else {}

    def alerts(self):
        """Alerts of the cache that wait or fire."""
        said = self.get("/api/v1/alerts").json()["data"]["alerts"]
        return [one for one in said if "cache" in (one["labels"].get("name"), one["labels"].get("probe"))]

    def pages(self):
        return [one.json()["payload"] for one in self.stub.log if one.vendor == "pagerduty" and one.action == "trigger"]

    def said(self):
        """What healthd wrote."""
        done = self.engine.docker("logs", "healthd")
        return (done.stdout + done.stderr).decode()


@pytest.fixture
def stack(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    load_images(engine)
    gateway = engine.network(NETWORK)
    whole = Stack(engine, folder, gateway)
    try:
        for parent in list(folder.parents)[:2]:
            parent.chmod(0o755)
        whole.start()
        yield whole
    finally:
        print(engine.docker("logs", "healthd", check=False).stdout[-4000:].decode(errors="replace"))
        engine.remove_all()
        engine.docker("network", "rm", NETWORK, check=False)
        whole.stub.close()


def put_under_load(stack):
    """pgbench and redis-benchmark, both while healthd asks."""
    subprocess.run(["pgbench", "-i", "-q", "-s", "1", stack.dsn()], capture_output=True, timeout=30, check=True)
    loads = [subprocess.Popen(["pgbench", "-n", "-c", "2", "-T", "4", stack.dsn()], stdout=subprocess.PIPE, text=True),
             subprocess.Popen(["redis-benchmark", "-h", stack.address("cache"), "-q", "-n", "60000", "-t", "set,get,lpush"],
                              stdout=subprocess.PIPE, text=True)]
    return [load.communicate(timeout=40)[0] for load in loads]


def assert_whole(stack, before):
    """Every part is on the page, and what the load did to it."""
    page = stack.page()
    assert page.value("pg_up") == 1 and page.value("redis_up") == 1
    assert page.value("pg_stat_database_xact_commit", datname="postgres") > before.value(
        "pg_stat_database_xact_commit", datname="postgres") + 100
    assert page.value("redis_commands_processed_total") > before.value("redis_commands_processed_total") + 50_000
    assert page.value("node_memory_MemTotal_bytes") > 1e8
    assert page.select("node_cpu_seconds_total", mode="user") and page.select("node_filesystem_size_bytes")
    for name in NAMES:
        labels = {"name": name, "container_label_com_docker_compose_project": "shop"} if name != "worker" else {"name": name}
        assert page.select("container_memory_working_set_bytes", **labels), f"{name} is not shown"
        assert page.select("container_network_receive_bytes_total", name=name, interface="eth0"), name
    for family in ("healthd_containers_collector_success", "pg_scrape_collector_success"):
        failed = [labels for labels, value in page.select(family) if value != 1]
        assert not failed, (family, failed)
    slow = page.value("healthd_loop_slow_callbacks_total")
    print(f"slow callbacks: {slow}, longest {page.value('healthd_loop_callback_seconds') * 1e3:.1f} ms")


def assert_least(stack):
    """It has what the issue grants and no more, and no password leaves it."""
    about = stack.engine.inspect("healthd")
    pid = about["State"]["Pid"]
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":\t" in line)
    assert status["Uid"].split() == ["65534"] * 4, status["Uid"]
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert about["HostConfig"]["ReadonlyRootfs"] and about["HostConfig"]["NetworkMode"] == NETWORK
    assert not any(mount["RW"] for mount in about["Mounts"]), about["Mounts"]
    shown = json.dumps(about) + stack.said() + stack.get("/metrics").text + stack.get("/api/probes").text
    shown += open(f"/proc/{pid}/cmdline").read()
    for name, secret in stack.secrets.items():
        assert secret not in shown, f"the secret {name} is shown"


def recreate(stack):
    """As `docker compose up --force-recreate` does it."""
    stack.engine.docker("stop", "cache")
    stack.engine.docker("rm", "cache")
    stack.run_cache()


def test_one_healthd_watches_a_whole_stack(stack):
    stack.wait_health(host="up", containers="up", orders_db="up", cache="up")
    before = stack.page()
    done = put_under_load(stack)
    assert "transactions actually processed" in done[0] and "SET" in done[1], done
    wait_until(lambda: stack.page().value("redis_commands_processed_total") >
               before.value("redis_commands_processed_total") + 50_000, 15, "healthd to see the load")
    assert_whole(stack, before)

    first = stack.engine.inspect("cache")["Id"]
    recreate(stack)
    wait_until(lambda: stack.items()["cache"]["health"] == "up" and stack.health()["cache"] == "up" and
               stack.page().select("redis_uptime_in_seconds") and
               not any(first in labels["id"] for labels, _ in stack.page().select("container_last_seen")) or None,
               20, "the new cache to be seen")
    assert not stack.alerts(), "nothing waits to be paged"
    assert not stack.pages()
    assert_least(stack)


@pytest.mark.full
def test_a_stop_by_hand_is_an_alert(stack):
    stack.wait_health(containers="up", cache="up")
    stack.engine.docker("stop", "cache")
    # What somebody stops by hand is held for as long as it may come back, and then paged: tests/scenario/containers.txt
    # has both, on its own clock.
    wait_until(lambda: stack.items()["cache"]["health"] == "down" and stack.alerts(), 40,
               lambda: f"an alert for the cache; it is {stack.items().get('cache')}, alerts {stack.alerts()}")
    assert "stopped by hand" in stack.items()["cache"]["detail"], stack.items()["cache"]
