# SPDX-License-Identifier: Apache-2.0
"""Fixtures: each starts real parts for one test, in the test's own folder, and stops them."""
import itertools
import os
import signal

import pytest

from lib import healthd as under_test
from lib import process
from lib.badpeer import BadPeer
from lib.certs import TestCerts
from lib.composed import make_deb
from lib.dnsd import DnsServer
from lib.engine import Engine
from lib.notify_stub import NotifyStub
from lib.podman import Podman
from lib.scratch import sweep
from lib.servers import Alertmanager, Blackbox, Nginx, Prometheus


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="also tests that take minutes")


def pytest_configure(config):
    """Who runs the tests in the background ignores Ctrl-C, and so would all that they start and press it for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        sweep()


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(autouse=True, scope="session")
def _state_home(tmp_path_factory):
    """What is told no state directory keeps its state here, not in that of a healthd of this machine."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Certificates by what is right or wrong with them; `certs.path` is what to trust."""
    return TestCerts(tmp_path_factory.mktemp("certs"))


@pytest.fixture(autouse=True)
def _leftovers(request):
    """Shows what a failed test's programs said, and ends what the test left running."""
    before = len(process.STARTED)
    yield
    mine = process.STARTED[before:]
    for one in mine:
        if one.alive():
            one.kill()
    del process.STARTED[before:]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for one in process.STARTED:
            report.sections.append((f"{one.name} ({one.pid}) said", one.tail(30)))


@pytest.fixture
def start(request, tmp_path):
    """start(kind, …) makes a part in a folder of its own; the test's end stops it."""
    numbers = itertools.count(1)

    def make(kind, *args, **kwargs):
        part = kind(tmp_path / f"{kind.__name__.lower()}{next(numbers)}", *args, **kwargs)
        request.addfinalizer(part.stop)
        return part

    return make


@pytest.fixture
def nginx(start):
    """nginx("location …", cert=…, http2=…, client_ca=…): see lib.servers.Nginx."""
    return lambda *args, **kwargs: start(Nginx, *args, **kwargs)


@pytest.fixture
def prometheus(start):
    """prometheus(config): see lib.servers.Prometheus."""
    return lambda *args, **kwargs: start(Prometheus, *args, **kwargs)


@pytest.fixture
def blackbox(start):
    """blackbox(config): Debian's blackbox_exporter."""
    return lambda *args, **kwargs: start(Blackbox, *args, **kwargs)


@pytest.fixture
def alertmanager(start):
    """alertmanager(): Debian's, see lib.servers.Alertmanager."""
    return lambda *args, **kwargs: start(Alertmanager, *args, **kwargs)


@pytest.fixture(scope="session")
def shared_engine():
    """The session's Docker Engine: see lib.engine. Tests ask for `engine`."""
    engine = Engine()
    yield engine
    engine.stop()


@pytest.fixture
def engine(shared_engine):
    """A Docker Engine without containers; those that the test made are removed at its end."""
    yield shared_engine
    shared_engine.remove_all()


@pytest.fixture(scope="session")
def shared_podman():
    """The session's Podman: see lib.podman. Tests ask for `podman`."""
    podman = Podman()
    yield podman
    podman.stop()


@pytest.fixture
def podman(shared_podman):
    """A Podman without containers; those that the test made are removed at its end."""
    yield shared_podman
    shared_podman.remove_all()


@pytest.fixture(scope="session")
def deb(tmp_path_factory):
    """healthd as a Debian package."""
    return make_deb(tmp_path_factory.mktemp("deb"))


@pytest.fixture
def notify_stub(request):
    """PagerDuty, Slack and webhooks, as strict as the vendors: see lib.notify_stub. At the test's end nothing may have
    been refused, unless the test sets `strict` to False."""
    stub = NotifyStub()
    request.addfinalizer(stub.close)
    return stub


@pytest.fixture
def badpeer(request):
    """badpeer("drip_body", cert=…): see lib.badpeer."""

    def make(*args, **kwargs):
        peer = BadPeer(*args, **kwargs)
        request.addfinalizer(peer.close)
        return peer

    return make


@pytest.fixture
def dns(request):
    """dns({"app.test": {"A": ["127.0.0.2"]}}): see lib.dnsd."""

    def make(*args, **kwargs):
        server = DnsServer(*args, **kwargs)
        request.addfinalizer(server.close)
        return server

    return make


@pytest.fixture
def healthd(request, tmp_path):
    """healthd("probes: …"): see lib.healthd.Healthd. It is stopped, and must stop well, at the
    test's end unless the test has stopped or killed it itself."""
    numbers = itertools.count(1)

    def make(*args, **kwargs):
        daemon = under_test.Healthd(tmp_path / f"hd{next(numbers)}", *args, **kwargs)
        request.addfinalizer(lambda: daemon.ended or daemon.stop())
        return daemon

    return make


@pytest.fixture
def run_healthd():
    """run_healthd("--version"): one answer, as a completed process."""
    return under_test.run_healthd


@pytest.fixture
def healthctl():
    """healthctl("validate", path): one answer, as a completed process."""
    return under_test.healthctl
