# SPDX-License-Identifier: Apache-2.0
"""One probe run by tests/lib/probe_once.c: its verdict, its samples, how long it took."""
import json
import os
import subprocess
import time
from pathlib import Path

from lib.healthd import assert_sane, program
from lib.metrics import Page


def probe_once_path():
    """Beside the healthd that is tested."""
    path = Path(program("HEALTHD_BIN")).parent.parent / "tests" / "probe_once"
    assert os.access(path, os.X_OK), f"{path} is not there: build it first"
    return path


class Outcome:
    """`health`, `reason`, `detail`, `items` … of the verdict; `page` of the samples."""

    def __init__(self, text, seconds):
        verdict, _, page = text.partition("\n")
        self.__dict__.update(json.loads(verdict))
        self.items = {item["key"]: item for item in self.items}
        self.page = Page(page)
        self.seconds = seconds

    def traced(self, key):
        return [text for name, text in self.trace if name == key]

    def __repr__(self):
        return f"{self.health} {self.reason}: {self.detail}"


def probe(kind, conf, *, timeout=5, expect=(), should=(), operand=None, env=None, under=()):
    """conf: a dict of the type's options, or one text for its shorthand; under: words before the command."""
    argv = [*under, probe_once_path(), "--timeout", f"{timeout:g}s"]
    for option, texts in (("--expect", expect), ("--should", should)):
        for text in texts:
            argv += [option, text]
    if operand:
        argv += ["--operand", operand]
    started = time.monotonic()
    done = subprocess.run([*argv, kind, json.dumps(conf)], capture_output=True, text=True,
                          timeout=timeout + 30, env={**os.environ, **(env or {})})
    seconds = time.monotonic() - started
    assert_sane(done.stderr, "probe_once")
    assert done.returncode in (0, 1), f"probe_once {kind} {conf}: {done.stderr}"
    return Outcome(done.stdout, seconds)


def refused(kind, conf):
    """Why a configuration is not accepted."""
    done = subprocess.run([probe_once_path(), kind, json.dumps(conf)], capture_output=True,
                          text=True, timeout=30)
    assert_sane(done.stderr, "probe_once")
    assert done.returncode == 2, f"{conf} was accepted: {done.stdout[:500]}"
    return done.stderr
