# SPDX-License-Identifier: Apache-2.0
"""What tests make or fetch once and keep: below ${XDG_CACHE_HOME:-/var/cache}/healthd-tests."""
import contextlib
import fcntl
import os
from pathlib import Path


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "healthd-tests"


@contextlib.contextmanager
def locked(path):
    """One test process makes it; others wait for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
