# SPDX-License-Identifier: Apache-2.0
"""The Debian package: what it holds, what its scripts do when dpkg runs them, and that its unit's own commands make a healthd
that serves. The package is made of the release build, and installed into a view of this machine that nobody else sees."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.composed import PACKAGING
from lib.installed import Installed
from lib.process import Process
from lib.wait import wait_until

SCRIPTS = ("postinst", "prerm", "postrm")
UNIT = "lib/systemd/system/healthd.service"
# `systemd-analyze security` counts from 0 to 10, and its threshold in tenths; what is left is said in the unit.
EXPOSURE = 19


def answer(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(name="unpacked", scope="module")
def _unpacked(deb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    answer("dpkg-deb", "--raw-extract", deb, folder)
    return folder


@pytest.fixture(name="machine")
def _machine(deb, tmp_path):
    machine = Installed(tmp_path / "machine")
    # Documentation has its own triggers, of which nothing here asks.
    machine.install = lambda: machine.run("dpkg", "--no-triggers", "--install", deb)
    machine.install()
    yield machine
    machine.stop()


def unit_lines(text, key):
    return re.findall(rf"^{key}=(.*)$", text, re.M)


# ---- what it holds ----

def test_control(deb):
    fields = dict(re.findall(r"^(\S+): (.*)$", answer("dpkg-deb", "--field", deb), re.M))
    version = re.search(r"version: '(.*)'", (PACKAGING.parent / "meson.build").read_text())[1]
    assert fields["Package"] == "healthd" and fields["Version"] == version
    assert fields["Architecture"] == answer("dpkg", "--print-architecture").strip()
    depends = {word.split()[0] for word in fields["Depends"].split(", ")}
    assert {"adduser", "ca-certificates", "tzdata", "libc6", "libcurl4", "libpq5", "libsqlite3-0"} <= depends
    assert deb.name == f"healthd_{version}_{fields['Architecture']}.deb"


def test_files(unpacked):
    for name in ("usr/bin/healthd", "usr/bin/healthctl"):
        assert os.access(unpacked / name, os.X_OK)
        assert ".debug_info" not in answer("readelf", "-SW", unpacked / name)
    for name in ("usr/share/man/man1/healthctl.1.gz", "usr/share/man/man5/healthd.yml.5.gz", UNIT,
                 "usr/share/bash-completion/completions/healthctl", "usr/share/doc/healthd/copyright",
                 "usr/share/doc/healthd/examples/cron-backup", "usr/share/doc/healthd/examples/privileges/postgres.sql"):
        assert (unpacked / name).stat().st_size, name
    assert not (unpacked / "etc").exists(), "a configuration that pages nobody would be taken for one that does"
    answer("bash", "-n", unpacked / "usr/share/bash-completion/completions/healthctl")


def test_whose_files(deb):
    """Root's, and nobody else's to write: dpkg-deb shows mode and owner first."""
    for line in answer("dpkg-deb", "--contents", deb).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root" and mode[5] == mode[8] == "-" and "s" not in mode, line


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_one_for_any_shell(unpacked, name):
    path = unpacked / "DEBIAN" / name
    assert os.access(path, os.X_OK)
    answer("sh", "-n", path)
    if shutil.which("shellcheck"):
        answer("shellcheck", path)


# ---- what systemd thinks of its unit ----

def test_unit_is_understood_and_shut(machine):
    done = machine.run("systemd-analyze", "verify", "--man=no", "healthd.service")
    assert not done.stdout + done.stderr, done.stderr
    machine.run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", f"/{UNIT}")


# ---- its life ----

def test_from_installing_to_purging(machine, unpacked):
    assert machine.run("stat", "-c", "%U %G %a", "/etc/healthd").stdout == "root healthd 750\n"
    user = machine.run("getent", "passwd", "healthd").stdout.strip().split(":")
    assert user[5:] == ["/var/lib/healthd", "/usr/sbin/nologin"]

    example = (unpacked / "usr/share/doc/healthd/examples/healthd.yml").read_text()
    machine.write("/etc/healthd/healthd.yml", example + 'web: {listen: ["127.0.0.1:0", "unix:/var/lib/healthd/healthd.sock"]}\n')
    machine.run("install", "-d", "-o", "healthd", "-g", "healthd", "-m", "700", "/var/lib/healthd")  # StateDirectory=
    serve_by_the_unit(machine, (unpacked / UNIT).read_text())

    machine.install()  # an update
    assert "probes:" in machine.run("cat", "/etc/healthd/healthd.yml").stdout
    machine.run("dpkg", "--no-triggers", "--remove", "healthd")
    machine.run("test", "-s", "/var/lib/healthd/alerts.db")
    machine.run("dpkg", "--no-triggers", "--purge", "healthd")
    assert machine.run("test", "-e", "/var/lib/healthd", check=False).returncode == 1
    assert machine.run("getent", "passwd", "healthd", check=False).returncode == 2
    assert "probes:" in machine.run("cat", "/etc/healthd/healthd.yml").stdout, "what people wrote is theirs"


def serve_by_the_unit(machine, unit):
    """Its own commands, as its own user, with its own environment."""
    environment = ["env", *unit_lines(unit, "Environment")]
    user = unit_lines(unit, "User")[0]
    machine.run(*environment, "healthctl", "validate", "/etc/healthd/healthd.yml", user=user)
    argv = machine.argv(*environment, *unit_lines(unit, "ExecStart")[0].split(), user=user)
    daemon = Process(argv, machine.root.parent.parent / "healthd", "healthd")
    daemon.wait_ready(lambda: machine.run(*environment, "healthctl", "healthcheck", user=user, check=False).returncode == 0)
    said = wait_until(lambda: machine.run(*environment, "healthctl", "status", user=user, check=False).stdout, 10, "a status")
    assert "website" in said and "certificate" in said
    assert Path(f"/proc/{daemon.pid}/comm").read_text() == "healthd\n"
    daemon.signal(15)
    assert daemon.wait(10) == 0, daemon.tail()
