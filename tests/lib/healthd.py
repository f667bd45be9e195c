# SPDX-License-Identifier: Apache-2.0
"""healthd under test, and healthctl."""
import json
import os
import re
import signal
import subprocess
import urllib.parse
from pathlib import Path

from lib.http import request
from lib.metrics import Page
from lib.process import Process
from lib.wait import slowness, wait_until

SANITIZER_SAYS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|ThreadSanitizer")


def program(variable):
    path = os.environ.get(variable)
    assert path, f"{variable} names no program: run the tests with ./dev test integration"
    assert os.access(path, os.X_OK), f"{variable}: {path} is not there: build it first"
    return path


def assert_sane(text, name):
    found = SANITIZER_SAYS.search(text)
    assert not found, f"{name}: a sanitizer reported:\n{text[max(0, found.start() - 200):][:6000]}"


def in_own_resolver(argv, resolv_conf):
    """The command, run where /etc/resolv.conf is another file; nothing else sees it."""
    script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-c", script, "sh", str(resolv_conf), *argv]


class Healthd:
    """A running healthd on a random loopback port and a Unix socket, state in `folder`.

    config        YAML text; `web` and `state` are added unless it has its own
    arguments     more words for its command line
    resolv_conf   text of the resolv.conf that this healthd sees; `write_resolv_conf` changes it
    ready         False: returns without waiting for /-/ready
    under         words before its command line, such as unshare and its options
    """

    def __init__(self, folder, config="", arguments=(), env=None, resolv_conf=None, ready=True,
                 under=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ended = False
        self.socket = self.folder / "healthd.sock"
        self.config = self.folder / "healthd.yml"
        self.write(config)
        argv = [*under, program("HEALTHD_BIN"), "--config", str(self.config), *arguments]
        if resolv_conf is not None:
            self.write_resolv_conf(resolv_conf)
            argv = in_own_resolver(argv, self.folder / "resolv.conf")
        self.process = Process(argv, self.folder, "healthd", env)
        self.url_base = None
        if ready:
            self.wait_ready()

    # ---- its files ----

    def write(self, config):
        """The configuration file; healthd sees it at its next reload."""
        if not re.search(r"^web:", config, re.M):
            config += f'\nweb: {{listen: ["127.0.0.1:0", "unix:{self.socket}"]}}\n'
        if not re.search(r"^state:", config, re.M):
            config += f"\nstate: {{path: {self.folder}/state}}\n"
        self.config.write_text(config)

    def write_resolv_conf(self, text):
        (self.folder / "resolv.conf").write_text(text)

    # ---- what it says ----

    def stderr(self):
        return self.process.err.read_text(errors="replace")

    def logs(self, **fields):
        """Its JSON lines, from both streams, that have these fields."""
        streams = (self.process.out, self.process.err)
        whole = [line for path in streams
                 for line in path.read_text(errors="replace").split("\n")[:-1]]
        lines = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in lines
                if all(line.get(name) == value for name, value in fields.items())]

    def wait_log(self, deadline=10.0, count=1, **fields):
        """Polls until `count` lines have these fields; the last of them."""

        def logged():
            found = self.logs(**fields)
            return found[-1] if len(found) >= count else None

        return wait_until(logged, deadline, f"healthd to log {fields} {count} times")

    # ---- HTTP ----

    def wait_ready(self, deadline=20.0):
        def ready():
            addresses = [line["address"] for line in self.logs(event="listening")
                         if not line["address"].startswith("unix:")]
            if not addresses:
                return False
            scheme, _, rest = addresses[0].rpartition("://")
            self.url_base = f"{scheme or 'http'}://{rest}".rstrip("/")
            return self.get("/-/ready").status == 200

        self.process.wait_ready(ready, deadline)

    def url(self, path="/"):
        return self.url_base + path

    @property
    def address(self):
        """host:port of its first TCP listener."""
        return self.url_base.rpartition("://")[2]

    def get(self, path, **options):
        return request(self.url(path), **options)

    def post(self, path, **options):
        """Over the Unix socket, which may act."""
        return request("http://localhost" + path, "POST", unix=self.socket, **options)

    def page(self, path="/metrics", **options):
        answer = self.get(path, **options)
        assert answer.status == 200, answer
        return Page(answer.text)

    def value(self, name, /, **labels):
        return self.page().value(name, **labels)

    def wait_value(self, wanted, name, /, deadline=15.0, **labels):
        """Polls /metrics until the one series that matches has this value."""
        return wait_until(lambda: self.value(name, **labels) == wanted or None, deadline,
                          f"{name}{labels} to be {wanted}")

    def probe(self, target, module, headers=None, **parameters):
        """/probe, as Prometheus asks a blackbox_exporter."""
        parameters.update(target=target, module=module)
        return self.get(f"/probe?{urllib.parse.urlencode(parameters)}", headers=headers)

    def probes(self):
        """Every probe in short, by name."""
        return {probe["name"]: probe for probe in self.get("/api/probes").json()["probes"]}

    def explain(self, name):
        """One probe with its last runs."""
        return self.get(f"/api/probes/{urllib.parse.quote(name)}").json()

    def run_now(self, name):
        """Runs a probe and returns what that run found."""
        answer = self.post(f"/api/run/{urllib.parse.quote(name)}")
        assert answer.status == 200, answer
        return answer.json()["last_run"]

    def wait_health(self, name, wanted, deadline=15.0):
        """Polls until the probe's confirmed health is `wanted`; the probe in short."""

        def is_so():
            probe = self.probes()[name]
            if probe["health"] != wanted:
                raise LookupError((probe["health"], probe["last"]))
            return probe

        return wait_until(is_so, deadline, f"{name} to be {wanted}")

    # ---- its life ----

    def reload(self, config=None):
        """Asks for a reload over the socket, with another configuration if given."""
        if config is not None:
            self.write(config)
        return self.post("/-/reload")

    def hup(self, config=None):
        if config is not None:
            self.write(config)
        self.process.signal(signal.SIGHUP)

    def stop(self, deadline=10.0):
        """Ends it; it has to end by itself, well, and without a sanitizer's report."""
        self.ended = True
        alive = self.process.alive()
        code = self.process.stop(deadline)
        assert_sane(self.stderr(), "healthd")
        assert alive, f"healthd had ended before it was stopped, with {code}: {self.process.tail()}"
        assert code == 0, f"healthd ended with {code}: {self.process.tail()}"

    def kill(self):
        """Ends it as a power cut does, on purpose."""
        self.ended = True
        self.process.kill()


def run_healthd(*arguments, deadline=20.0, env=None):
    """Runs healthd for one answer (a bad configuration, --version); the completed process."""
    done = subprocess.run([program("HEALTHD_BIN"), *map(str, arguments)], capture_output=True,
                          text=True, timeout=deadline * slowness(), env=dict(os.environ, **(env or {})))
    assert_sane(done.stderr, "healthd")
    return done


def healthctl(*arguments, deadline=30.0, env=None, text=None, cwd=None):
    """Runs healthctl; the completed process."""
    done = subprocess.run([program("HEALTHCTL_BIN"), *map(str, arguments)], capture_output=True,
                          text=True, timeout=deadline * slowness(), input=text, cwd=cwd,
                          env=dict(os.environ, **(env or {})))
    assert_sane(done.stderr, "healthctl")
    return done
