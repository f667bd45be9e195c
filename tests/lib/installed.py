# SPDX-License-Identifier: Apache-2.0
"""This machine as it would be with a package more: a copy-on-write view of / in a mount namespace of its own. dpkg runs there
as it does anywhere, with the packages of this machine for dependencies, and nothing of it is left. What this machine itself
has of a healthd is not in it, nor is the environment of the tests. Needs root."""
import os
import subprocess

from lib.process import Process

MOUNTS = """set -e
mount -t tmpfs scratch "$1"
mkdir "$1/upper" "$1/work" "$1/whole"
mount -t overlay view -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/whole"
for folder in proc sys dev; do mount --rbind "/$folder" "$1/whole/$folder"; done
mount -t tmpfs run "$1/whole/run"
rm -rf "$1/whole/etc/healthd" "$1/whole/var/lib/healthd"
echo ready
exec sleep 1000
"""
ENVIRONMENT = ("env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
               "DEBIAN_FRONTEND=noninteractive")


class Installed:
    """`run("dpkg", "-i", …)` is one answer, `argv(…)` a command line for a process that stays."""

    def __init__(self, folder):
        assert os.geteuid() == 0, "packages are installed by root: run these tests as root"
        folder.mkdir()
        self.root = folder / "view" / "whole"
        self.root.parent.mkdir()
        self.process = Process(["unshare", "--mount", "sh", "-c", MOUNTS, "sh", str(self.root.parent)], folder, "view")
        self.process.wait_ready(lambda: "ready" in self.process.out.read_text(), 20)

    def argv(self, *command, user="root"):
        inside = ["nsenter", "--target", str(self.process.pid), "--mount", "chroot", str(self.root)]
        becoming = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return inside + becoming + [*ENVIRONMENT, *(str(word) for word in command)]

    def run(self, *command, user="root", data=None, check=True):
        done = subprocess.run(self.argv(*command, user=user), input=data, capture_output=True, text=True, timeout=60, check=False)
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def write(self, path, text):
        self.run("tee", path, data=text)

    def stop(self):
        self.process.kill()
