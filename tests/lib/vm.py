# SPDX-License-Identifier: Apache-2.0
"""A virtual machine of qemu's that boots Debian (lib.vm_disk): a kernel with cgroup v2 and pressure, and systemd as PID 1. It
has a network card with nobody behind it; commands go through Debian's qemu-guest-agent over a Unix socket. What it writes
is gone when it stops. With /dev/kvm where that works, and slowly without: it boots in a minute then."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from pathlib import Path

from lib.process import Process
from lib.scratch import clear, scratch
from lib.wait import slowness, wait_until

QEMU = "qemu-system-x86_64"
KERNEL = "root=/dev/vda rw console=ttyS0 net.ifnames=0 psi=1"
# A machine that has /dev/kvm may not be able to use it; it is seen soon.
ACCELERATORS = {"kvm": ("host", 60), "tcg": ("max", 400)}


class Agent:
    """What qemu-guest-agent takes and answers, a line of JSON each."""

    def __init__(self, path):
        self.path = path
        self.socket = None
        self.unread = b""

    def connect(self):
        """It is there when it answers; what it said to another before us is passed over."""
        self.close()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(2)
        self.socket.connect(str(self.path))
        number = time.monotonic_ns() % (1 << 31)
        self.send("guest-sync", id=number)
        while self.receive().get("return") != number:
            pass
        return True

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.unread = None, b""

    def send(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")

    def receive(self):
        while b"\n" not in self.unread:
            more = self.socket.recv(1 << 20)
            assert more, "the agent's port is closed"
            self.unread += more
        line, _, self.unread = self.unread.partition(b"\n")
        return json.loads(line)

    def ask(self, command, **arguments):
        self.socket.settimeout(60 * slowness())
        self.send(command, **arguments)
        told = self.receive()
        assert "return" in told, (command, told)
        return told["return"]


class Machine:
    """A booted machine. `run(…)` is one answer of a command in it; `files` are beside each other in its /files."""

    def __init__(self, disk, files=()):
        assert shutil.which(QEMU), f"there is no {QEMU}: ./dev test --full installs it"
        self.disk = disk
        self.folder = scratch("vm")
        self.agent = Agent(self.folder / "agent")
        with tarfile.open(self.folder / "files", "w") as tar:
            for path in map(Path, files):
                tar.add(path, path.name)
        self.process = None
        try:
            self.boot()
            self.run("mkdir", "/files")
            self.run("tar", "-xf", "/dev/vdb", "-C", "/files")
        except BaseException:
            self.stop()
            raise

    # ---- its life ----

    def argv(self, accelerator):
        cpu, _ = ACCELERATORS[accelerator]
        drive = "if=virtio,format=raw"
        return [QEMU, "-accel", accelerator, "-cpu", cpu, "-m", "1024", "-smp", "2", "-nodefaults", "-display", "none",
                "-kernel", self.disk / "vmlinuz", "-initrd", self.disk / "initrd.img", "-append", KERNEL,
                "-drive", f"file={self.disk / 'disk'},snapshot=on,{drive}",
                "-drive", f"file={self.folder / 'files'},readonly=on,{drive}",
                "-nic", "user,restrict=on,model=virtio-net-pci", "-serial", "stdio", "-device", "virtio-serial",
                "-chardev", f"socket,id=agent,path={self.agent.path},server=on,wait=off",
                "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"]

    def boot(self):
        usable = [name for name in ACCELERATORS if name == "tcg" or os.access("/dev/kvm", os.R_OK | os.W_OK)]
        for accelerator in usable:
            self.process = Process(self.argv(accelerator), self.folder, f"qemu-{accelerator}")
            try:
                self.process.wait_ready(self.agent.connect, ACCELERATORS[accelerator][1])
                break
            except AssertionError:
                if accelerator == usable[-1]:
                    raise
                self.process.kill()
        self.agent.ask("guest-ping")
        self.run("systemctl", "is-system-running", "--wait", check=False, timeout=400)

    def stop(self):
        self.agent.close()
        if self.process:
            self.process.kill()
        clear(self.folder)

    # ---- in it ----

    def run(self, *command, data=None, check=True, timeout=60):
        started = self.agent.ask("guest-exec", path=str(command[0]), arg=[str(word) for word in command[1:]],
                                 **({"input-data": base64.b64encode(data.encode()).decode()} if data is not None else {}),
                                 **{"capture-output": True})

        def ended():
            told = self.agent.ask("guest-exec-status", pid=started["pid"])
            return told["exited"] and told

        told = wait_until(ended, timeout, lambda: f"{command} to end in the machine")
        texts = [base64.b64decode(told.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data")]
        done = subprocess.CompletedProcess(command, told.get("exitcode", -told.get("signal", 0)), *texts)
        assert not check or done.returncode == 0, (command, done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done

    def text(self, *command, **options):
        return self.run(*command, **options).stdout.strip()

    def write(self, path, text):
        self.run("tee", path, data=text)

    def unit(self, name, *properties):
        """What systemd says of a unit."""
        told = self.text("systemctl", "show", name, *(f"--property={one}" for one in properties))
        return dict(line.partition("=")[::2] for line in told.splitlines())
