# SPDX-License-Identifier: Apache-2.0
"""packaging/compose on a real engine: the shipped files, with images that are made of this machine's programs in the place of
those that come from a registry."""
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from lib.cache import locked
from lib.http import request
from lib.image import image_of
from lib.npm import node_modules
from lib.postgres import BIN
from lib.wait import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
SHARE = f"/usr/share/postgresql/{BIN.parent.name}"
PATH = 'ENV PATH="/usr/bin:/bin"'
HEALTH = {"status": "healthy", "timestamp": "2026-01-01T00:00:00Z", "services": {"database": {"status": "healthy"}}}
# What the official image does with its variables and its folder of scripts.
POSTGRES = f"""set -e
export PATH={BIN}:/bin PGHOST=/tmp
initdb -D /data/db -U "$POSTGRES_USER" -A scram-sha-256 --no-sync -E UTF8 --locale=C --pwfile "$POSTGRES_PASSWORD_FILE"
echo 'host all all all scram-sha-256' >> /data/db/pg_hba.conf
sed -i 's/^local.*/local all all trust/' /data/db/pg_hba.conf
set -- postgres -D /data/db -c unix_socket_directories=/tmp -c fsync=off -c shared_buffers=16MB
"$@" -c listen_addresses= & first=$!
until psql -q -U "$POSTGRES_USER" -d postgres -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
psql -q -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE $POSTGRES_DB"
for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
kill -INT $first; wait $first || true
exec "$@" -c listen_addresses='*'
"""
WEB = f"""worker_processes 1; daemon off; pid /tmp/nginx.pid; error_log stderr; events {{}} http {{ access_log off;
client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
server {{ listen 3000; location = /api/health {{ default_type application/json; return 200 '{json.dumps(HEALTH)}'; }}
location / {{ return 200 'shop'; }} }} }}
"""


def release_build():
    build = Path(os.environ.get("HEALTHD_RELEASE_BUILD", ROOT / "build"))
    assert (build / "packaging/programs").exists(), f"{build} has no program of the image: ./dev test meta makes it"
    return build


def make_deb(folder):
    """The Debian package of the release build."""
    build = release_build()
    with locked(build / "deb.lock"):  # one ninja at a time
        done = subprocess.run([PACKAGING / "deb.sh", folder], env={**os.environ, "BUILD": str(build)}, capture_output=True,
                              text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Path(done.stdout.strip().splitlines()[-1])


def healthd_rootfs(folder):
    """The files of our image, by the script that the Dockerfile calls."""
    subprocess.run([PACKAGING / "rootfs.sh", release_build() / "packaging/programs", folder / "image"], check=True,
                   capture_output=True, timeout=60)
    return folder / "image"


def healthd_changes():
    """What the last stage of the Dockerfile says of the image; `docker import` does not know STOPSIGNAL."""
    last = (PACKAGING / "Dockerfile").read_text().split("FROM scratch\n")[1]
    return re.findall(r"^(?:USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT) .*$", last, re.M)


def tar_of(folder):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(folder, ".")
    return out.getvalue()


def load_postgres(engine, image, *changes, texts=None):
    engine.load(image, image_of(
        *(BIN / name for name in ("postgres", "initdb", "psql", "pg_isready")), BIN.parent / "lib", SHARE, "/usr/share/zoneinfo/UTC",
        leave_out=("bitcode", "llvmjit", ".pl", "/man/", "/locale/"), texts={"start.sh": POSTGRES, **(texts or {})},
        applets=("sh", "sed", "cat", "sleep")), "USER 65534", *changes)


def load_redis(engine, image):
    """As the official image: whoever is in its network may connect."""
    engine.load(image, image_of("/usr/bin/redis-server"), "USER 65534", PATH,
                """ENTRYPOINT ["/bin/sh", "-c", "exec \\"$@\\" --protected-mode no --dir /tmp", "--"]""")


def load_healthd(engine, folder):
    """Ours, and the nginx that stands before the engine's socket."""
    engine.load("compose/nginx:1", image_of("/usr/sbin/nginx"), """CMD ["/usr/sbin/nginx", "-p", "/tmp", "-g", "daemon off;"]""")
    engine.load("compose/healthd:1", tar_of(healthd_rootfs(folder)), *healthd_changes())


def load_images(engine, folder):
    """Those of the production stack."""
    modules = node_modules("mcp")
    everything = modules / "@modelcontextprotocol/server-everything/dist/index.js"
    load_postgres(engine, "compose/postgres:1", PATH, 'CMD ["sh", "/start.sh"]')
    load_redis(engine, "compose/redis:1")
    engine.load("compose/web:1", image_of("/usr/sbin/nginx", texts={"web.conf": WEB}), "USER 65534",
                'CMD ["/usr/sbin/nginx", "-p", "/tmp", "-c", "/web.conf"]')
    engine.load("compose/mcp:1", image_of("/usr/bin/node", modules), "USER 65534",
                f'CMD ["/usr/bin/node", "{everything}", "streamableHttp"]')
    engine.load("compose/prometheus:1", image_of("/usr/bin/prometheus", texts={"prometheus/.keep": ""}), 'ENTRYPOINT ["/usr/bin/prometheus"]')
    load_healthd(engine, folder)


def root_is_shared():
    """Whether a container's mount of / can follow what is mounted later: the optional fields of proc_pid_mountinfo(5)."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if fields[4] == "/":
            return any(field.startswith(("shared:", "master:")) for field in fields[6:fields.index("-")])
    return False


def may_raise_priority():
    """CAP_SYS_RESOURCE is bit 24: without it nobody here is spared when memory is short."""
    mask = re.search(r"^CapEff:\t(\w+)", Path("/proc/self/status").read_text(), re.M)[1]
    return bool(int(mask, 16) >> 24 & 1)


def fit_for_this_machine(text):
    """The tests may run in a container themselves, where two things that a machine allows are not to be had."""
    if not root_is_shared():
        text = text.replace(":ro,rslave", ":ro")
    return text if may_raise_priority() else re.sub(r"^ *oom_score_adj:.*\n", "", text, flags=re.M)


class Composed:
    """The compose files of a folder, on an engine, with our image in HEALTHD_IMAGE and nginx in PROXY_IMAGE."""

    def __init__(self, engine, folder, files, environment):
        self.engine, self.folder = engine, folder
        self.words = [word for name in files for word in ("-f", name)]
        self.environment = {**os.environ, "HEALTHD_IMAGE": "compose/healthd:1", "PROXY_IMAGE": "compose/nginx:1",
                            "DOCKER_HOST": engine.address, "DOCKER_SOCKET": str(engine.socket),
                            "HEALTHD_ADDRESS": f"127.0.0.1:{free_port()}", **environment}

    def change(self, name, fn):
        path = self.folder / name
        path.write_text(fn(path.read_text()))

    def secret(self, name, text):
        (self.folder / "secrets").mkdir(exist_ok=True)
        (self.folder / "secrets" / name).write_text(text)

    def compose(self, *arguments, check=True, timeout=180):
        done = subprocess.run(["docker-compose", *self.words, *arguments], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def container(self, service):
        return self.compose("ps", "-q", service).stdout.strip()

    def inspect(self, service):
        return self.engine.inspect(self.container(service))

    def get(self, path):
        address = next(iter(self.inspect("healthd")["NetworkSettings"]["Networks"].values()))["IPAddress"]
        return request(f"http://{address}:9990{path}")

    def wait_healthy(self):
        """By Docker's own HEALTHCHECK."""
        wait_until(lambda: self.inspect("healthd")["State"]["Health"]["Status"] == "healthy", 60,
                   lambda: f"healthd's container to be healthy:\n{self.logs()}")

    def logs(self):
        done = self.engine.docker("logs", "--tail", "60", self.container("healthd"), check=False)
        return (done.stdout + done.stderr).decode(errors="replace")

    def down(self):
        self.compose("down", "-v", "-t", "2", check=False)


def production_stack(engine, folder):
    """A copy of packaging/compose in `folder`: `change(name, fn)` edits a file of it before `up`."""
    copy = folder / "packaging" / "compose"
    shutil.copytree(PACKAGING / "compose", copy)
    shutil.copytree(ROOT / "examples", folder / "examples")
    for parent in (*folder.parents[:2], folder):
        parent.chmod(0o755)
    subprocess.run([copy / "secrets.sh"], check=True, capture_output=True)
    images = {f"{name.upper()}_IMAGE": f"compose/{name}:1" for name in ("postgres", "redis", "web", "mcp", "prometheus")}
    stack = Composed(engine, copy, ["docker-compose.prod.yml"],
                     {**images, "PROXY_ADDRESS": f"127.0.0.1:{free_port()}", "COMPOSE_PROJECT_NAME": "shop"})
    stack.change("docker-compose.prod.yml", fit_for_this_machine)
    return stack
