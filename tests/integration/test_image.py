# SPDX-License-Identifier: Apache-2.0
"""packaging/Dockerfile as it is: built on a base that debootstrap makes, without a network, and started as installing.md says;
and the files of the arm64 image by packaging/arm64.sh, whose program qemu runs. Minutes, most of them the compiler's."""
import json
import re
import shutil
import subprocess

import pytest

from lib.composed import ROOT, tar_of
from lib.debian import answer, bootstrap, inside
from lib.process import Process
from lib.wait import wait_until

RUN = ("--read-only", "--cap-drop", "ALL", "--tmpfs", "/run/healthd:uid=65534,gid=65534,mode=755", "--memory", "64m",
       "-v", "healthd-image-state:/var/lib/healthd")


def build_packages():
    """So that `./dev install build` in the Dockerfile finds what it looks for."""
    return re.findall(r"^build +(\S+)", (ROOT / "dev").read_text(), re.M)


@pytest.fixture(name="debian", scope="module")
def _debian(tmp_path_factory):
    folder = tmp_path_factory.mktemp("debian")
    bootstrap(folder, *build_packages())
    return folder


@pytest.fixture(name="base")
def _base(engine, debian):
    engine.docker("import", "-", "base:12", data=tar_of(debian), timeout=300)
    return "base:12"


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_dockerfile(engine, base):
    engine.docker("build", "--network", "none", "--build-arg", f"BASE={base}", "-f", ROOT / "packaging/Dockerfile", "-t", "healthd:built",
                  ROOT, timeout=2400)
    about = json.loads(engine.docker("image", "inspect", "healthd:built").stdout)[0]
    print(f"image: {about['Size'] / 1e6:.2f} MB")
    assert about["Size"] <= 25e6
    assert about["Config"]["User"] == "65534:65534" and about["Config"]["StopSignal"] == "SIGTERM"

    engine.docker("run", "-d", "--name", "built", *RUN, "healthd:built")
    wait_until(lambda: engine.inspect("built")["State"]["Health"]["Status"] == "healthy", 90,
               lambda: engine.docker("logs", "built").stderr.decode())
    for program in ("healthd", "healthctl"):
        assert engine.docker("exec", "built", f"/usr/bin/{program}", "--version").stdout.startswith(program.encode() + b" ")
    assert b"host" in engine.docker("exec", "built", "/usr/bin/healthctl", "status", check=False).stdout
    assert engine.docker("exec", "built", "/bin/sh", "-c", "exit 0", check=False).returncode != 0, "the image has a shell"
    engine.docker("stop", "built")
    assert engine.inspect("built")["State"]["ExitCode"] == 0


# ---- arm64 ----

def copy_sources(to):
    names = answer("git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_arm64(debian, tmp_path):
    copy_sources(debian / "src")
    shutil.copy("/etc/resolv.conf", debian / "etc/resolv.conf")
    answer(*inside(debian, "/src/packaging/arm64.sh", "/image"), timeout=2400)
    image = debian / "image"
    assert "AArch64" in answer("readelf", "-h", image / "usr/bin/healthd")
    files = {path.stat().st_ino: path.stat().st_size for path in image.rglob("*") if path.is_file()}
    print(f"image: {sum(files.values()) / 1e6:.2f} MB")
    assert sum(files.values()) <= 25e6

    shutil.copy(debian / "usr/bin/qemu-aarch64-static", image / "qemu")
    for program in ("healthd", "healthctl"):
        assert answer(*inside(image, "/qemu", f"/usr/bin/{program}", "--version")).startswith(f"{program} ")
    assert "is valid" in answer(*inside(image, "/qemu", "/usr/bin/healthctl", "validate", "/etc/healthd/healthd.yml"))
    serve(image, tmp_path)


def serve(image, folder):
    """With the image's own configuration, at another port."""
    config = image / "etc/healthd/healthd.yml"
    config.write_text(config.read_text().replace('":9990"', '"127.0.0.1:0"'))
    daemon = Process(inside(image, "/qemu", "/usr/bin/healthd"), folder, "healthd")
    healthcheck = inside(image, "/qemu", "/usr/bin/healthctl", "healthcheck")
    daemon.wait_ready(lambda: subprocess.run(healthcheck, capture_output=True, timeout=60, check=False).returncode == 0, 60)
    daemon.signal(15)
    assert daemon.wait(20) == 0, daemon.tail()
