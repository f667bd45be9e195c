# SPDX-License-Identifier: Apache-2.0
"""Programs of the npm registry, in the versions that tests/npm/<name>/package-lock.json pins.

They are installed once, by `npm ci`, into ${XDG_CACHE_HOME:-/var/cache}/healthd-tests/npm; no script of theirs runs
while that is done. Lock files hold checksums and no addresses: the registry is the one that npm is set up with.
"""
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lib.cache import cache, locked

PINNED = Path(__file__).resolve().parent.parent / "npm"
INSTALL_SECONDS = 300


def install(source, folder):
    """Beside it first, so that a folder which is there is whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, scratch)
        done = subprocess.run(["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit",
                               "--no-fund", "--loglevel=error"], cwd=scratch, capture_output=True, text=True,
                              timeout=INSTALL_SECONDS)
        assert done.returncode == 0, f"npm ci of {source.name}:\n{done.stdout}{done.stderr}"
        folder.mkdir(exist_ok=True)
        os.rename(Path(scratch) / "node_modules", folder / "node_modules")


def node_modules(name):
    """The folder `node_modules` of what tests/npm/<name> pins."""
    source = PINNED / name
    pinned = (source / "package-lock.json").read_bytes()
    folder = cache() / "npm" / f"{name}-{hashlib.sha256(pinned).hexdigest()[:16]}"
    modules = folder / "node_modules"  # the name by which programs in it find each other
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not modules.is_dir():
        with locked(folder.parent / f"{name}.lock"):
            if not modules.is_dir():
                install(source, folder)
    return modules
