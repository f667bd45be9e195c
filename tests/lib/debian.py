# SPDX-License-Identifier: Apache-2.0
"""A Debian 12 in a folder, from where this machine takes its own packages; and commands that run in it. Needs root."""
import shutil
import subprocess

from lib.wait import slowness

# An engine would have given these.
INSIDE = """set -e
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
exec chroot "$@"
"""
# What packages start when they are installed, they do not start there.
POLICY = "#!/bin/sh\nexit 101\n"


def answer(*command, timeout=900):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout * slowness(), check=False)
    assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def sources():
    """(address, suite) of Debian's packages, as apt has them here."""
    told = answer("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages", "Origin: Debian")
    return sorted({tuple(line.split()) for line in told.splitlines()})


def mirror():
    return next(address for address, suite in sources() if suite == "bookworm")


def bootstrap(folder, *packages):
    include = [f"--include={','.join(packages)}"] if packages else []
    answer("debootstrap", "--variant=minbase", *include, "bookworm", folder, mirror())


def inside(folder, *command):
    """A command line for one that runs in the folder."""
    return ["unshare", "--mount", "sh", "-c", INSIDE, "sh", str(folder), *command]


def install(folder, *packages):
    """By its own apt, with fixes of security that debootstrap does not see."""
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    lines = [f"deb {address} {suite} main" for address, suite in sources()]
    (folder / "etc/apt/sources.list").write_text("\n".join([*lines, ""]))
    policy = folder / "usr/sbin/policy-rc.d"
    policy.write_text(POLICY)
    policy.chmod(0o755)
    answer(*inside(folder, "apt-get", "-qq", "update"))
    answer(*inside(folder, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "--no-install-recommends",
                   "-o", "Dpkg::Options::=--force-unsafe-io", "install", *packages))
    answer(*inside(folder, "apt-get", "clean"))
    policy.unlink()
