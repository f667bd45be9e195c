# SPDX-License-Identifier: Apache-2.0
"""docs/tour.md is run as it stands, block by block, up to the page at a stand-in of PagerDuty."""
import pytest

from lib.notify_stub import NotifyStub
from lib.pages import Scratch, blocks
from lib.wait import free_port

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def tour(tmp_path):
    stub = NotifyStub()
    here = [(port, str(free_port())) for port in ("8080", "9990")]
    here += [("/tmp/healthd-tour", str(tmp_path / "healthd")),
             ('"${env:PAGERDUTY_KEY}"}', f'"${{env:PAGERDUTY_KEY}}", url: "{stub.url}"}}')]
    one = Scratch(tmp_path, here, PAGERDUTY_KEY=KEY)
    one.stub = stub
    yield one
    for name in ("healthd.pid", "server.pid"):
        one.shell(f"[ ! -e {name} ] || kill $(cat {name}) 2>/dev/null || true")
    stub.close()


def test_the_tour(tour):
    steps = blocks("docs/tour.md")
    assert len([step for step in steps if step.mark in ("run", "write", "wait")]) > 10
    for step in steps:
        tour.take(step)
    did = [(one.action, one.json()["payload"]["summary"]) for one in tour.stub.log if one.vendor == "pagerduty"]
    assert any(action == "trigger" and "TEST" in said for action, said in did), did
    assert any(action == "trigger" and "shop" in said for action, said in did), did
    assert [action for action, _ in did].count("change") == 2, did
