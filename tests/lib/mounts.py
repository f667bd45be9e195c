# SPDX-License-Identifier: Apache-2.0
"""File systems of a test's own: in memory, bound to another place, or on a loop device. Needs root."""
import contextlib
import ctypes
import os
import subprocess


CLONE_NEWNS = 0x00020000
LIBC = ctypes.CDLL(None, use_errno=True)


def is_possible():
    return os.geteuid() == 0


def call(name, *words):
    if getattr(LIBC, name)(*words) != 0:
        raise OSError(ctypes.get_errno(), name)


@contextlib.contextmanager
def own_namespace():
    """What this thread and its programs mount until the context ends, no other test sees."""
    before, folder = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY), os.open(".", os.O_RDONLY)
    call("unshare", CLONE_NEWNS)
    try:
        subprocess.run(["mount", "--make-rprivate", "/"], check=True, timeout=30)
        yield
    finally:
        call("setns", before, CLONE_NEWNS)
        os.fchdir(folder)
        os.close(before)
        os.close(folder)


@contextlib.contextmanager
def mounted(place, *options):
    """mount(8) with these options at place, until the context ends; False: the kernel does not have it."""
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, timeout=30)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(place)], check=False, timeout=30)


def remount(place, options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True, timeout=30)
