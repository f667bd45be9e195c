# SPDX-License-Identifier: Apache-2.0
"""Pings: the same modules in blackbox_exporter and in healthd on loopback; and, in a network of its own, the unprivileged
socket, what is not allowed, and hosts that are not there."""
import json
import os
import subprocess

import pytest

from lib.healthd import Healthd, assert_sane, program
from lib.metrics import Page
from lib.probe import probe, refused
from lib.servers import Blackbox
from lib.wait import slowness


def icmp(**options):
    return {"prober": "icmp", "timeout": "2s", "icmp": {"preferred_ip_protocol": "ip4", **options}}


MODULES = {
    "plain": icmp(), "default": {"prober": "icmp"}, "six": icmp(preferred_ip_protocol="ip6"),
    "small": icmp(payload_size=8), "large": icmp(payload_size=4000), "whole": icmp(dont_fragment=True),
    "hops": icmp(ttl=9), "source": icmp(source_ip_address="127.0.0.1"),
    "no_fallback": icmp(preferred_ip_protocol="ip6", ip_protocol_fallback=False),
}
# A row that Debian's exporter does not know yet.
NEWER = {"hops"}
CASES = [(module, target) for module in sorted(set(MODULES) - NEWER) for target in ("127.0.0.1", "localhost")
         if module != "no_fallback"] + [
    ("plain", "127.8.9.1"), ("six", "::1"), ("large", "::1"), ("plain", "nobody.invalid"), ("no_fallback", "127.0.0.1")]
TIMES = {"probe_icmp_duration_seconds", "probe_duration_seconds", "probe_dns_lookup_time_seconds"}
OURS = {"probe_failure_info", "probe_timeout_seconds"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("icmp")
    known = {name: module for name, module in MODULES.items() if name not in NEWER}
    blackbox = Blackbox(folder / "blackbox", {"modules": known})
    healthd = Healthd(folder / "healthd", "modules: " + json.dumps(MODULES) + "\n")
    yield blackbox, healthd
    healthd.stop()
    blackbox.stop()


def page_of(text):
    """Values but for times, of which the zero ones count; types."""
    page = Page(text)
    values = {key: (value == 0) if key[0] == "probe_icmp_duration_seconds" else value
              for key, value in page.series.items() if key[0] not in OURS | TIMES or key[0] == "probe_icmp_duration_seconds"}
    # How long a literal took to be found is a matter of the clock.
    values = {key: value for key, value in values.items() if ("phase", "resolve") not in key[1]}
    return values, {name: kind for name, kind in page.types.items() if name not in OURS}


@pytest.mark.parametrize("module, target", CASES)
def test_same_answer_as_blackbox_exporter(stage, module, target):
    theirs, ours = [page_of(one.probe(target, module).text) for one in stage]
    assert ours == theirs


def test_time_to_live_of_a_module(stage):
    assert Page(stage[1].probe("127.0.0.1", "hops").text).value("probe_success") == 1


def test_several_requests():
    found = probe("icmp", {"address": "127.0.0.1", "count": 4, "packet_interval": "20ms"},
                  expect=["loss == 0%", "rtt < 1s", "hop_limit > 0"])
    assert found.health == "up", found.detail
    assert found.page.value("probe_icmp_packets_sent") == found.page.value("probe_icmp_packets_received") == 4


@pytest.mark.parametrize("conf, words", [
    ({"address": ""}, "nobody to ping"), ({"address": "http://x"}, "is no host"),
    ({"address": "x", "source_ip_address": "y"}, "no IP address"), ({"address": "x", "ttl": 256}, "255"),
])
def test_what_is_refused_when_it_loads(conf, words):
    assert words in refused("icmp", conf)


class Network:
    """A network namespace with loopback, a wire that nobody answers on, and a route that leads nowhere."""

    SETUP = """set -e
        ip link set lo up; ip link add wire type veth peer name end; ip link set end up
        ip link set wire up arp off; ip addr add 10.9.9.1/24 dev wire
        ip route add unreachable 10.8.0.0/24; ip link set lo mtu 1500
        echo "$RANGE" > /proc/sys/net/ipv4/ping_group_range; exec "$@"
    """

    def __init__(self, is_allowed):
        self.range = "0 2147483647" if is_allowed else "1 0"

    def ping(self, *arguments, user="nobody"):
        """What healthctl says as JSON, without any capability."""
        as_user = ["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups", "--inh-caps=-all"]
        done = subprocess.run(["unshare", "--net", "sh", "-c", self.SETUP, "sh", *as_user, program("HEALTHCTL_BIN"), "probe",
                               "icmp", *arguments, "--format", "json", "--verbose"], capture_output=True, text=True,
                              timeout=20 * slowness(), env=dict(os.environ, RANGE=self.range))
        assert_sane(done.stderr, "healthctl")
        return json.loads(done.stdout)


@pytest.fixture(params=[True, False], ids=["allowed", "forbidden"])
def network(request):
    if os.geteuid():
        pytest.skip("a network of one's own that is somebody else's takes root")
    return Network(request.param)


def test_unprivileged_sockets_and_their_limits(network):
    found = network.ping("127.0.0.1")
    if network.range.startswith("1"):
        assert (found["health"], found["reason"]) == ("unknown", "self"), found
        assert "net.ipv4.ping_group_range" in found["detail"] and "CAP_NET_RAW" in found["detail"]
        return
    assert found["health"] == "up" and "unprivileged" in json.dumps(found["trace"]), found
    assert network.ping("::1")["health"] == "up"
    silent = network.ping("10.9.9.9", "--timeout", "400ms")
    assert (silent["health"], silent["reason"]) == ("down", "timeout"), silent
    lost = network.ping("10.9.9.9", "--timeout", "900ms", "--count", "3", "--packet-interval", "50ms")
    assert (lost["health"], lost["reason"]) == ("down", "timeout") and "none of 3" in lost["detail"], lost
    nowhere = network.ping("10.8.0.1")
    assert (nowhere["health"], nowhere["reason"]) == ("down", "unreachable"), nowhere
    whole = network.ping("127.0.0.1", "--payload-size", "3000", "--dont-fragment")
    assert (whole["health"], whole["reason"]) == ("down", "unreachable") and "too long" in whole["detail"], whole
    assert network.ping("127.0.0.1", "--payload-size", "3000")["health"] == "up"
