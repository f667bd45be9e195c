# SPDX-License-Identifier: Apache-2.0
"""The disk that lib.vm boots: a Debian 12 with systemd and its own kernel, Docker, Redis and node_exporter, and whatever else a
caller wants installed. It is made once, of the packages of this machine's mirror, and kept (lib.cache); nothing writes to it
afterwards. Needs root, and minutes."""
import hashlib
import shutil
import tempfile
from pathlib import Path

from lib.cache import cache, locked
from lib.debian import answer, bootstrap, inside, install

PACKAGES = ("systemd-sysv", "dbus", "udev", "linux-image-cloud-amd64", "initramfs-tools", "busybox-static", "qemu-guest-agent",
            "docker.io", "apparmor", "redis-server", "prometheus-node-exporter")
NETWORK = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n"
# There is no network to fetch from, and nothing is to begin by itself while a test measures.
UNWANTED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer")
SIZE = "3G"  # sparse


def settle(root):
    (root / "etc/hostname").write_text("vm\n")
    (root / "etc/systemd/network/80-all.network").write_text(NETWORK)
    answer(*inside(root, "systemctl", "enable", "systemd-networkd"))
    answer(*inside(root, "systemctl", "mask", *UNWANTED))


def make(folder, packages):
    """Beside it first, so that a folder which is there is whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        scratch = Path(scratch)
        root, done = scratch / "root", scratch / "done"
        bootstrap(root)
        install(root, *packages)
        settle(root)
        done.mkdir()
        answer("mkfs.ext4", "-q", "-d", root, done / "disk", SIZE)
        for name in ("vmlinuz", "initrd.img"):
            shutil.copy(next((root / "boot").glob(f"{name}-*")), done / name)
        done.rename(folder)


def forget_others(folder):
    for other in folder.parent.glob("vm-*"):
        if other.is_dir() and other != folder:
            shutil.rmtree(other)


def disk(*further):
    """The folder with `disk`, `vmlinuz` and `initrd.img`; further: names of packages."""
    packages = sorted({*PACKAGES, *further})
    recipe = "\n".join([*packages, Path(__file__).read_text()])
    folder = cache() / f"vm-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    with locked(cache() / "vm.lock"):
        if not folder.is_dir():
            make(folder, packages)
            forget_others(folder)
    return folder
