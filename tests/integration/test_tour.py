# SPDX-License-Identifier: Apache-2.0
"""docs/tour.md is run as it stands, block by block; the configurations of docs/migrating.md load."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from lib.healthd import program
from lib.notify_stub import NotifyStub
from lib.wait import SLOWNESS, free_port, wait_until

DOCS = Path(__file__).resolve().parents[2] / "docs"
STEP = re.compile(r"^<!-- (run|run: \d+|write: \S+|wait: [^\n]+) -->\n(?:```\w+\n(.*?)^```$)?", re.M | re.S)
OURS = re.compile(r"^<!-- healthd -->\n```yaml\n(.*?)^```$", re.M | re.S)
KEY = "0123456789abcdef0123456789abcdef"


class Tour:
    """Blocks in one folder, with the programs on the path, on ports that are free."""

    def __init__(self, folder, stub):
        self.folder, self.stub = folder, stub
        self.ports = {"8080": str(free_port()), "9990": str(free_port())}
        programs = folder / "bin"
        programs.mkdir()
        for name in ("healthd", "healthctl"):
            (programs / name).symlink_to(program(f"{name.upper()}_BIN"))
        self.environment = {**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "PAGERDUTY_KEY": KEY, "NO_COLOR": "1",
                            "HEALTHD_SOCKET": str(folder / "healthd.sock")}

    def here(self, text):
        for port, free in self.ports.items():
            text = text.replace(port, free)
        text = text.replace("/tmp/healthd-tour", str(self.folder / "healthd"))
        return text.replace('"${env:PAGERDUTY_KEY}"}', f'"${{env:PAGERDUTY_KEY}}", url: "{self.stub.url}"}}')

    def shell(self, text):
        return subprocess.run(["sh", "-ec", self.here(text)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60 * SLOWNESS)

    def take(self, kind, text):
        word, _, value = kind.partition(": ")
        if word == "write":
            (self.folder / value).write_text(self.here(text))
        elif word == "wait":
            wait_until(lambda: self.shell(value).returncode == 0, 30, value)
        else:
            done = self.shell(text)
            assert done.returncode == int(value or 0), (text, done.stdout, done.stderr)

    def stop(self):
        for name in ("healthd.pid", "server.pid"):
            self.shell(f"[ ! -e {name} ] || kill $(cat {name}) 2>/dev/null || true")


@pytest.fixture
def tour(tmp_path):
    stub = NotifyStub()
    one = Tour(tmp_path, stub)
    yield one
    one.stop()
    stub.close()


def test_the_tour(tour):
    text = (DOCS / "tour.md").read_text()
    steps = STEP.findall(text)
    assert len(steps) > 10 and text.count("<!-- run") + text.count("<!-- w") == len(steps)
    for kind, block in steps:
        tour.take(kind, block)
    did = [(one.action, one.json()["payload"]["summary"]) for one in tour.stub.log if one.vendor == "pagerduty"]
    assert any(action == "trigger" and "TEST" in said for action, said in did), did
    assert any(action == "trigger" and "shop" in said for action, said in did), did
    assert [action for action, _ in did].count("change") == 2, did


def test_configurations_of_the_page_on_migrating_load(tmp_path):
    blocks = OURS.findall((DOCS / "migrating.md").read_text())
    assert len(blocks) >= 7
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yml"
        path.write_text(block)
        environment = {**os.environ, "DATABASE_URL": "postgres://u@db/shop", "PD_KEY": KEY, "SLACK_URL": "https://hooks.slack.com/services/T/B/x"}
        done = subprocess.run([program("HEALTHCTL_BIN"), "validate", path], env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, (block, done.stderr)
