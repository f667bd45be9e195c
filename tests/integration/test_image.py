# SPDX-License-Identifier: Apache-2.0
"""packaging/Dockerfile as it is: built on a base that debootstrap makes, without a network, and started as installing.md says.
Minutes, most of them the compiler's."""
import json
import re
import subprocess

import pytest

from lib.composed import ROOT, tar_of
from lib.wait import wait_until

RUN = ("--read-only", "--cap-drop", "ALL", "--tmpfs", "/run/healthd:uid=65534,gid=65534,mode=755", "--memory", "64m",
       "-v", "healthd-image-state:/var/lib/healthd")


def mirror():
    """Where this machine takes Debian from."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"], capture_output=True, text=True, check=True)
    return next(line.split()[0] for line in done.stdout.splitlines() if line.endswith(" bookworm"))


def build_packages():
    """So that `./dev install build` in the Dockerfile finds what it looks for."""
    return re.findall(r"^build +(\S+)", (ROOT / "dev").read_text(), re.M)


@pytest.fixture(name="base")
def _base(engine, tmp_path):
    folder = tmp_path / "debian"
    done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={','.join(build_packages())}", "bookworm", folder, mirror()],
                          capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    engine.docker("import", "-", "base:12", data=tar_of(folder), timeout=300)
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
