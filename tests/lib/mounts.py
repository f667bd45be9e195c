# SPDX-License-Identifier: Apache-2.0
"""File systems of a test's own: in memory, bound to another place, or on a loop device. Needs root."""
import contextlib
import os
import subprocess


def is_possible():
    return os.geteuid() == 0


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
