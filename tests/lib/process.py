# SPDX-License-Identifier: Apache-2.0
"""A program under test, or beside it: started in its own group, logged to files, stopped."""
import ctypes
import os
import signal
import subprocess
from pathlib import Path

from lib.wait import slowness, wait_until

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


# Every program started, in order: what a test leaves behind is ended for it, and a failed
# test's report shows what its programs said.
STARTED = []


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid):
    found = []
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        found += [child, *descendants(child)]
    return found


def state_of(pid):
    """The kernel's letter for a process: R, S, T (stopped) …; X for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def running(pid):
    """False for a process that is gone, or dead and not yet waited for."""
    return state_of(pid) not in "ZX"


class Process:
    """One running program. `out` and `err` are the files it writes to."""

    def __init__(self, argv, folder, name=None, env=None, stdin=subprocess.DEVNULL):
        self.argv = [str(word) for word in argv]
        self.name = name or Path(self.argv[0]).name
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.out = folder / f"{self.name}.out"
        self.err = folder / f"{self.name}.err"
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.popen = subprocess.Popen(
                self.argv, cwd=folder, stdin=stdin, stdout=out, stderr=err,
                env=dict(os.environ, **(env or {})),
                start_new_session=True, preexec_fn=die_with_parent)
        STARTED.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        os.kill(self.pid, number)

    def hang(self):
        """Stops it as a hung server: it keeps its sockets and says nothing more once this returns."""
        os.killpg(self.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(self.pid) == "T", what=f"{self.name} to be stopped")

    def resume(self):
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self):
        """Ends it and all it started, at once; their sockets are closed when this returns."""
        family = descendants(self.pid)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        wait_until(lambda: not any(map(running, family)), what=f"{self.name}'s children to end")

    def stop(self, deadline=5.0):
        """Asks it to end, insists after the deadline; the exit code, negative for a signal."""
        if self.alive():
            self.resume()
            self.signal(signal.SIGTERM)
            try:
                self.popen.wait(deadline * slowness())
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        return self.popen.returncode

    def wait(self, deadline=10.0):
        """The exit code of a program that ends by itself."""
        return self.popen.wait(deadline * slowness())

    def wait_ready(self, ready, deadline=20.0):
        """Polls `ready`; fails at once, with its last words, when the program has ended."""

        def ready_or_dead():
            return not self.alive() or ready()

        wait_until(ready_or_dead, deadline, f"{self.name} to be ready ({self.tail()})")
        assert self.alive(), f"{self.name} ended with {self.popen.returncode}: {self.tail()}"

    def tail(self, lines=15):
        """The end of what it wrote, for a failure's report."""
        text = ""
        for path in (self.out, self.err):
            said = path.read_text(errors="replace").splitlines()[-lines:]
            text += "".join(f"\n  {path.name}: {line}" for line in said)
        return text or "it wrote nothing"
