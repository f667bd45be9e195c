# SPDX-License-Identifier: Apache-2.0
"""What `healthctl init` writes, beside the stack it was written for, on a real engine: as it was written, with the secrets that
it names and nothing else; every probe is up, and its smoke test is green. The stack is tests/data/compose/express-fastapi.yml."""
import json
import re
import shutil

import pytest
import yaml

from lib.composed import ROOT, Composed, fit_for_this_machine, load_healthd, load_postgres, load_redis
from lib.engine import IMAGE
from lib.image import image_of
from lib.postgres import BIN
from lib.wait import wait_until

STACK = ROOT / "tests/data/compose/express-fastapi.yml"
SECRETS = {"slack_url": "http://127.0.0.1:9/services/T0/B0/xyz", "healthd_db_password": "of-healthd-alone",
           "healthd_cache_password": "cachepass1"}
ROLE = (ROOT / "examples/privileges/postgres.sql").read_text().replace("CHANGE-ME", SECRETS["healthd_db_password"])
START_DB = 'printf %s "$POSTGRES_PASSWORD" >/tmp/password && POSTGRES_PASSWORD_FILE=/tmp/password exec sh /start.sh'
# The application: one image, which is asked at the ports that its services have.
APP = """worker_processes 1; daemon off; pid /tmp/nginx.pid; error_log stderr; events {} http { access_log off;
client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
server { listen 4000; listen 8000; location = /healthz { return 200 'ok'; } location / { return 404; } } }
"""
COMMANDS = {"node": "exec sleep 1000", "npx": "exit 0", "curl": 'exec wget -q -O - "$2"'}


def load_app(engine, folder):
    named = {}
    for name, line in COMMANDS.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        named[f"bin/{name}"] = path
    engine.load("app:1", image_of("/usr/sbin/nginx", texts={"app.conf": APP}, named=named, applets=("sh", "sleep", "wget")),
                'ENV PATH="/usr/sbin:/bin"', 'CMD ["nginx", "-p", "/tmp", "-c", "/app.conf"]')


def load_stack(engine, folder):
    """Under the names that the compose file has."""
    load_app(engine, folder)
    load_postgres(engine, "postgres:16-alpine", f'ENV PATH="{BIN}:/bin"', "ENV PGHOST=/tmp", f"CMD {json.dumps(['sh', '-c', START_DB])}",
                  texts={"role.sql": ROLE, "docker-entrypoint-initdb.d/role.sh": 'psql -q -U "$POSTGRES_USER" -d postgres -f /role.sql'})
    load_redis(engine, "redis:latest")
    engine.docker("tag", IMAGE, "prodrigestivill/postgres-backup-local:16")
    load_healthd(engine, folder)


def fit_for_old_compose(text):
    """Debian's docker-compose has no `name:`; and no port of the machine's may be taken by a test."""
    text = re.sub(r"^name:.*\n", "", text, flags=re.M).replace('"127.0.0.1:4000:4000"', '"127.0.0.1::4000"')
    text = text.replace('"5432:5432"', '"127.0.0.1::5432"')
    return re.sub(r"^( +)image: prodrigestivill.*\n", r"\g<0>\1command: sleep 1000\n", text, flags=re.M)


@pytest.fixture(name="stack")
def _stack(engine, healthctl, tmp_path):
    load_stack(engine, tmp_path)
    folder = tmp_path / "orders"
    for name in ("api", "ml"):
        (folder / name).mkdir(parents=True)
        (folder / name / "Dockerfile").write_text("FROM app:1\n")
    for parent in (*tmp_path.parents[:2], tmp_path, folder):
        parent.chmod(0o755)
    shutil.copy(STACK, folder / "docker-compose.yml")
    done = healthctl("init", folder / "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    stack = Composed(engine, folder, ["docker-compose.yml", "healthd.compose.yml"], {"COMPOSE_PROJECT_NAME": "orders"})
    for name in yaml.safe_load((folder / "healthd.compose.yml").read_text())["secrets"]:
        stack.secret(name, SECRETS.get(name, f"token-of-{name}"))
    stack.change("docker-compose.yml", fit_for_old_compose)
    stack.change("healthd.compose.yml", fit_for_this_machine)
    # The former compose joins the words of a container's name by another character.
    stack.change("healthd/healthd.yml", lambda text: text.replace("orders-worker-", "orders_worker_"))
    try:
        yield stack
    finally:
        print(stack.logs())
        stack.down()


def probes(stack):
    return {one["name"]: one for one in stack.get("/api/probes").json()["probes"]}


@pytest.mark.full
@pytest.mark.timeout(600)
def test_what_init_writes_watches_the_stack(stack):
    stack.compose("up", "-d", timeout=300)
    stack.wait_healthy()
    token = (stack.folder / "secrets/healthd_db-backup_token").read_text()
    asked = ("wget", "-qO-", "--header", f"Authorization: Bearer {token}", "http://healthd:9990/api/heartbeat/db-backup")
    stack.compose("exec", "-T", "db-backup", *asked)  # as the comment in healthd.yml says
    expected = {one["name"] for one in yaml.safe_load((stack.folder / "healthd/healthd.yml").read_text())["probes"]}
    wait_until(lambda: {one["health"] for one in probes(stack).values()} == {"up"}, 120,
               lambda: [(name, one["health"], one["last"]) for name, one in probes(stack).items()])
    assert set(probes(stack)) == expected

    done = stack.compose("exec", "-T", "healthd", "/usr/bin/healthctl", "smoke", "/etc/healthd/smoke.yml", "--wait", "60s", check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    done = stack.compose("exec", "-T", "healthd", "/usr/bin/healthctl", "status", check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert stack.inspect("healthd")["HostConfig"]["ReadonlyRootfs"] and not stack.inspect("healthd")["RestartCount"]
