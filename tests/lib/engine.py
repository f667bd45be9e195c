# SPDX-License-Identifier: Apache-2.0
"""A real Docker Engine (Debian's docker.io), one a test session: in a scratch folder, with a bridge of its own, no
iptables rules, and an image made of Debian's static busybox. Runs as root; where that cannot be, tests fail and say so."""
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from lib.process import Process
from lib.scratch import clear, own_link, scratch, tool

IMAGE = "healthd-test/busybox:1"
BUSYBOX = Path("/bin/busybox")
APPLETS = ("sh", "sleep", "cat", "echo", "true", "false", "nc", "head", "tail", "test", "touch", "rm",
           "kill", "printf", "wget")
# Networks of the tests' own engines: 10.213.N.0/24.
NETWORKS = range(1, 250)


def image_tar():
    """The one image: busybox and links to it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for name in APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for folder in ("tmp", "proc", "sys", "dev", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(entry)
    return out.getvalue()


class Engine:
    """dockerd on a socket of its own. `address` is what a probe's `docker` row takes, `host` where containers find this machine."""

    def __init__(self):
        assert os.geteuid() == 0, "a Docker Engine needs root: run these tests as root"
        for program in ("dockerd", "docker", "ip"):
            assert shutil.which(program), f"there is no {program}: ./dev test meta installs it"
        assert BUSYBOX.exists(), "there is no /bin/busybox: ./dev test meta installs busybox-static"
        self.folder = scratch("engine")
        self.folder.chmod(0o755)
        self.socket = self.folder / "docker.sock"
        self.address = f"unix://{self.socket}"
        self.bridge = None
        self.process = None
        self.make_bridge()
        self.start()
        self.docker("import", "-", IMAGE, data=image_tar())

    def make_bridge(self):
        start = os.getpid() % len(NETWORKS)
        for number in (*NETWORKS[start:], *NETWORKS[:start]):
            name = f"hdt{number}"
            if tool("ip", "link", "add", name, "type", "bridge").returncode:
                continue
            self.bridge, self.host = name, f"10.213.{number}.1"
            own_link(self.folder, name)
            tool("ip", "addr", "add", f"10.213.{number}.1/24", "dev", name)
            tool("ip", "link", "set", name, "up")
            return
        raise AssertionError("no bridge can be made: " +
                             tool("ip", "link", "add", "hdt0", "type", "bridge").stderr)

    def start(self):
        self.process = Process(
            ["dockerd", "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"),
             "--pidfile", str(self.folder / "pid"), "--host", self.address, "--storage-driver", "vfs",
             "--bridge", self.bridge, "--cgroup-parent", f"/{self.bridge}", "--iptables=false",
             "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false", "--shutdown-timeout", "2"],
            self.folder, "dockerd")
        self.process.wait_ready(lambda: self.docker("version", check=False).returncode == 0, 60)

    def docker(self, *arguments, data=None, check=True, timeout=60):
        done = subprocess.run(["docker", "--host", self.address, *map(str, arguments)], input=data,
                              capture_output=True, timeout=timeout)
        assert not check or done.returncode == 0, (arguments, done.stdout.decode()[-3000:], done.stderr.decode())
        return done

    def run(self, name, *options, command=("sleep", "1000")):
        """Starts a container of the test image; its id."""
        done = self.docker("run", "-d", "--name", name, *options, IMAGE, *command)
        return done.stdout.decode().strip().splitlines()[-1]

    def load(self, image, tar, *changes):
        """An image of a tar; changes: lines of a Dockerfile."""
        words = [word for change in changes for word in ("--change", change)]
        self.docker("import", *words, "-", image, data=tar)

    def network(self, name):
        """Makes a network of its own with Docker's DNS; its gateway, an address of this machine."""
        number = self.bridge.removeprefix("hdt")
        self.docker("network", "create", "--subnet", f"10.214.{number}.0/24", "--opt",
                    f"com.docker.network.bridge.name=hdn{number}", name)
        return f"10.214.{number}.1"

    def inspect(self, name):
        return json.loads(self.docker("inspect", name).stdout)[0]

    def remove(self, *names):
        self.docker("rm", "-f", *names, check=False)

    def remove_all(self):
        ids = self.docker("ps", "-aq").stdout.decode().split()
        if ids:
            self.remove(*ids)

    def stop(self):
        if self.process and self.process.alive():
            self.remove_all()
            self.docker("network", "prune", "--force", check=False)
            self.process.stop(30)
        clear(self.folder)
