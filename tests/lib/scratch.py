# SPDX-License-Identifier: Apache-2.0
"""Folders outside of pytest's own, which are root's alone and whose names are long: a socket's path may have 107 bytes. Each
is named after the process that made it: what a run that was killed left behind, the next run removes."""
import contextlib
import os
import re
import shutil
import signal
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


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: not any(map(running, pids)), 10, "processes to end")


def clear_groups(name):
    """The control groups of a link's containers, with what still runs in them."""
    for tree in (*Path("/sys/fs/cgroup").glob(f"*/{name}"), Path("/sys/fs/cgroup", name)):
        end([pid for procs in tree.glob("**/cgroup.procs") for pid in procs.read_text().split()])
        for group in sorted(tree.glob("**/"), reverse=True):
            tool("rmdir", str(group))


def keepers(folder):
    """Processes that were told of the folder: an engine's shims outlive it."""
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"{folder}/".encode() in words.read_bytes():
                yield words.parent.name


def clear(folder):
    """Unmounts what is mounted in it, removes its links, and itself."""
    for mount in reversed(Path("/proc/mounts").read_text().splitlines()):
        where = mount.split()[1]
        if where.startswith(f"{folder}/"):
            tool("umount", "-l", where)
    if (folder / LINKS).exists():
        for name in (folder / LINKS).read_text().split():
            clear_groups(name)
            tool("ip", "link", "del", name)
    wait_until(lambda: not shutil.rmtree(folder, ignore_errors=True) and not folder.exists(), 10, f"{folder} to go")


def sweep():
    """Clears the folders of processes that are no more."""
    for folder in Path(tempfile.gettempdir()).glob("hd-*"):
        made_by = MADE_BY.match(folder.name)
        if made_by and not running(made_by[1]):
            end(list(keepers(folder)))
            clear(folder)
