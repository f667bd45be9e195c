# SPDX-License-Identifier: Apache-2.0
"""Folders outside of pytest's own, which are root's alone and whose names are long: a socket's path may have 107 bytes. Each
is named after the process that made it: what a run that was killed left behind, the next run removes."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from lib.process import running
from lib.wait import wait_until

MADE_BY = re.compile(r"hd-[a-z]+-(\d+)-")
LINKS = "links"  # in a folder: names of the network links that go with it


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def scratch(kind, for_nobody=False):
    """A new folder; with for_nobody it is that user's, when we are root."""
    folder = Path(tempfile.mkdtemp(prefix=f"hd-{kind}-{os.getpid()}-"))
    if for_nobody and not os.geteuid():
        shutil.chown(folder, "nobody", "nogroup")
    return folder


def own_link(folder, name):
    with open(folder / LINKS, "a") as links:
        links.write(name + "\n")


def clear(folder):
    """Unmounts what is mounted in it, removes its links, and itself."""
    for mount in reversed(Path("/proc/mounts").read_text().splitlines()):
        where = mount.split()[1]
        if where.startswith(f"{folder}/"):
            tool("umount", "-l", where)
    if (folder / LINKS).exists():
        for name in (folder / LINKS).read_text().split():
            tool("ip", "link", "del", name)
            for tree in (*Path("/sys/fs/cgroup").glob(f"*/{name}"), Path("/sys/fs/cgroup", name)):
                tool("rmdir", str(tree))
    wait_until(lambda: not shutil.rmtree(folder, ignore_errors=True) and not folder.exists(), 10, f"{folder} to go")


def sweep():
    """Clears the folders of processes that are no more."""
    for folder in Path(tempfile.gettempdir()).glob("hd-*"):
        made_by = MADE_BY.match(folder.name)
        if made_by and not running(made_by[1]):
            clear(folder)
