# SPDX-License-Identifier: Apache-2.0
"""A real Podman (Debian's), one a test session: in a scratch folder, with locks, events and storage of its own. Containers
have a network with a loopback only, because Debian's Podman comes without what makes more. Runs as root; where that cannot
be, tests fail and say so."""
import json
import os
import shutil
import subprocess

from lib.engine import BUSYBOX, IMAGE, image_tar
from lib.process import Process
from lib.scratch import clear, scratch, tool

# Limits as they are: raising them, as Podman does unless told, takes CAP_SYS_RESOURCE. The journal and the timers of
# systemd need a systemd.
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "{folder}/tmp"
"""
STORAGE_CONF = """\
[storage]
driver = "vfs"
graphroot = "{folder}/data"
runroot = "{folder}/run"
"""


class Podman:
    """`address` is what a probe's `docker` row takes."""

    def __init__(self):
        assert os.geteuid() == 0, "these containers need root: run these tests as root"
        for program in ("podman", "runc", "ip", "nsenter"):
            assert shutil.which(program), f"there is no {program}: ./dev install full test"
        assert BUSYBOX.exists(), "there is no /bin/busybox: ./dev test meta installs busybox-static"
        self.folder = scratch("podman")
        self.socket = self.folder / "podman.sock"
        self.address = f"unix://{self.socket}"
        self.environment = {}
        for name, text in (("CONTAINERS_CONF", CONTAINERS_CONF), ("CONTAINERS_STORAGE_CONF", STORAGE_CONF)):
            path = self.folder / name
            path.write_text(text.format(folder=self.folder))
            self.environment[name] = str(path)
        self.podman("import", "-", IMAGE, data=image_tar())
        self.process = self.serve(self.socket)

    def serve(self, socket):
        """Answers at the socket; containers do without, and so does `podman`."""
        process = Process(["podman", "system", "service", "--time=0", f"unix://{socket}"], self.folder,
                          f"podman-{socket.name}", env=self.environment)
        process.wait_ready(socket.exists, 30)
        return process

    def podman(self, *arguments, data=None, check=True, timeout=60):
        done = subprocess.run(["podman", *map(str, arguments)], input=data, cwd=self.folder, capture_output=True,
                              timeout=timeout, env=dict(os.environ, **self.environment))
        assert not check or done.returncode == 0, (arguments, done.stdout.decode()[-3000:], done.stderr.decode())
        return done.stdout.decode().strip()

    def run(self, name, *options, command=("sleep", "1000"), image=IMAGE):
        """Starts a container of the test image; its id."""
        return self.podman("run", "-d", "--name", name, *options, image, *command).splitlines()[-1]

    def pod(self, name):
        """A pod whose infra container is the test image, too; its id."""
        return self.podman("pod", "create", "--name", name, "--infra-image", IMAGE, "--infra-command",
                           "sleep 100000")

    def inspect(self, name):
        return json.loads(self.podman("inspect", name))[0]

    def stats(self, name):
        return json.loads(self.podman("stats", "--no-stream", "--format", "json", name))[0]

    def check(self, name):
        """Runs the health check once, as a timer of systemd would."""
        self.podman("healthcheck", "run", name, check=False)

    def connect(self, name):
        """Gives a container's network a device eth0 whose other end is this machine's."""
        pid = str(self.inspect(name)["State"]["Pid"])
        done = tool("ip", "link", "add", f"hdp{pid}", "type", "veth", "peer", "name", "eth0", "netns", pid)
        assert done.returncode == 0, done.stderr
        tool("ip", "link", "set", f"hdp{pid}", "up")
        for words in (("link", "set", "eth0", "up"), ("addr", "add", "10.215.0.2/30", "dev", "eth0")):
            done = tool("nsenter", "-t", pid, "-n", "ip", *words)
            assert done.returncode == 0, done.stderr

    def remove(self, *names):
        self.podman("rm", "-f", "-t", "0", *names, check=False)

    def remove_all(self):
        self.podman("unpause", "-a", check=False)
        self.podman("pod", "rm", "-f", "-a", "-t", "0", check=False)
        self.podman("rm", "-f", "-a", "-t", "0", check=False)

    def stop(self):
        self.remove_all()
        self.process.stop(10)
        clear(self.folder)
