# SPDX-License-Identifier: Apache-2.0
"""The disk probe on file systems of its own: in memory, bound, read-only, and on a loop device."""
import os
import subprocess

import pytest

from lib.mounts import is_possible, mounted, own_namespace, remount
from lib.probe import probe, refused

MIB = 1 << 20


@pytest.fixture
def namespace():
    if not is_possible():
        pytest.skip("mounts need root")
    with own_namespace():
        yield


@pytest.fixture
def ram(tmp_path, namespace):
    with mounted(tmp_path / "ram", "-t", "tmpfs", "-o", "size=16m,nr_inodes=100", "ramdisk") as is_there:
        assert is_there
        yield tmp_path / "ram"


def test_how_full_it_is(ram):
    (ram / "half").write_bytes(b"x" * 8 * MIB)
    for number in range(48):
        (ram / str(number)).touch()
    found = probe("disk", {"path": str(ram), "mount": True}, expect=[
        "size == 16MiB && free == 8MiB && available == 8MiB", "used == 50%", "inodes_used >= 50%",
        f'device == "ramdisk" && fstype == "tmpfs" && mountpoint == "{ram}"', "is_mount_point && !readonly"])
    assert found.health == "up", found
    page = found.page
    assert page.value("disk_size_bytes", path=str(ram)) == 16 * MIB
    assert page.value("disk_free_bytes") == page.value("disk_available_bytes") == 8 * MIB
    assert page.value("disk_inodes") == 100 and page.value("disk_inodes_free") == 50
    assert page.value("disk_info", device="ramdisk", fstype="tmpfs", mountpoint=str(ram)) == 1
    assert page.value("disk_mount_point") == 1 and page.value("disk_readonly") == 0
    found = probe("disk", str(ram), expect=["used < 40%"])
    assert found.health == "down" and "used is 50%" in found.detail, found


def test_a_path_below_and_a_root(ram):
    (ram / "data/deep").mkdir(parents=True)
    found = probe("disk", f"{ram}/data/deep", expect=["size == 16MiB", "!is_mount_point"])
    assert found.health == "up", found
    found = probe("disk", {"path": "/data", "root": f"{ram}/"}, expect=["size == 16MiB"])
    assert found.health == "up" and found.page.value("disk_size_bytes", path="/data") == 16 * MIB, found


def test_a_missing_mount_is_noticed(ram):
    folder = ram / "data"
    folder.mkdir()
    found = probe("disk", {"path": str(folder), "mount": True})
    assert (found.health, found.reason) == ("down", "missing"), found
    assert f"expected a mount point at {folder}, and it is a folder of the file system at {ram} (ramdisk, tmpfs)" in found.detail
    assert not found.page.select("disk_size_bytes"), "the numbers of another file system"
    with mounted(folder, "--bind", str(ram)) as is_there:
        assert is_there
        found = probe("disk", {"path": str(folder), "mount": True})
        assert found.health == "up", "a bind mount of the same file system is one"
    found = probe("disk", f"{ram}/none")
    assert (found.health, found.reason) == ("down", "missing"), found


def test_read_only(ram):
    remount(ram, "ro")
    found = probe("disk", str(ram))
    assert (found.health, found.reason) == ("down", "forbidden") and "is read-only" in found.detail, found
    assert found.page.value("disk_readonly") == 1
    assert probe("disk", {"path": str(ram), "writable": False}, expect=["readonly"]).health == "up"
    remount(ram, "rw")
    (ram / "seen").mkdir()
    with mounted(ram / "seen", "--bind", str(ram)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(ram / "seen")], check=True, timeout=30)
        found = probe("disk", str(ram / "seen"))
        assert found.health == "up", "only healthd's own mount is read-only"


def test_what_is_kept_for_root_is_used(tmp_path, namespace):
    image = tmp_path / "image"
    with open(image, "wb") as file:
        file.truncate(32 * MIB)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-m", "20", str(image)], check=True, timeout=60)
    with mounted(tmp_path / "ext4", "-o", "loop", str(image)) as is_there:
        if not is_there:
            pytest.skip("this kernel has no loop device")
        found = probe("disk", {"path": f"{tmp_path}/ext4", "mount": True}, expect=["free - available > 4MiB", "used > 20%"])
        assert found.health == "up", found


def test_what_cannot_be_seen_is_unknown(ram):
    closed = ram / "closed"
    (closed / "data").mkdir(parents=True)
    os.chown(closed, 65534, 65534)
    closed.chmod(0o700)
    found = probe("disk", f"{closed}/data", under=("setpriv", "--bounding-set", "-dac_override,-dac_read_search"))
    assert found.health == "unknown" and "Permission denied" in found.detail, found
    assert "must be an absolute path" in refused("disk", "data")
