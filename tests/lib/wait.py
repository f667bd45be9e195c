# SPDX-License-Identifier: Apache-2.0
"""The one place where a test waits. Everything else polls through here, with a deadline."""
import os
import random
import socket
import time
from pathlib import Path

POLL_SECONDS = 0.02

SLOWEST = 5.0


def slowness():
    """How much longer than on an idle machine something may take now: as many times as a CPU is wanted at once.
    HEALTHD_TEST_SLOWNESS comes on top, for machines and builds that are slow by themselves."""
    load, _, _, running, _ = Path("/proc/loadavg").read_text().split()
    wanting = max(float(load), int(running.split("/")[0])) / os.cpu_count()
    return float(os.environ.get("HEALTHD_TEST_SLOWNESS", "1")) * min(max(wanting, 1.0), SLOWEST)


def wait_until(predicate, deadline=10.0, what=None):
    """Returns the predicate's first true value.

    An exception of the predicate counts as "not yet". After `deadline` seconds the test fails
    with what was waited for and what the predicate said last; on a busy machine after more.
    """
    began = time.monotonic()
    while True:
        try:
            last = predicate()
            if last:
                return last
        except (OSError, AssertionError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() - began > deadline * slowness():
            name = (what() if callable(what) else what) or getattr(predicate, "__name__", "the condition")
            raise AssertionError(f"{name}: not within {deadline} s; last seen: {last!r}")
        time.sleep(POLL_SECONDS)


def stays(predicate, seconds, what=None):
    """Fails when the predicate stops being true within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert predicate(), f"{what or 'the condition'} did not stay true for {seconds} s"
        time.sleep(POLL_SECONDS)


def free_port(address="127.0.0.1"):
    """A port for a server that cannot be told to pick one itself.

    Below the range the kernel hands to outgoing connections, and random, so that tests side by
    side rarely meet; whoever starts the server tries again when they do.
    """
    for _ in range(100):
        port = random.randint(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port found in 100 tries")
