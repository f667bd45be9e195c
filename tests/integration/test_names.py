# SPDX-License-Identifier: Apache-2.0
"""What a name server's answers, and its silence, mean for the probes that need it."""
import json

import pytest

from lib.wait import stays, wait_until

KINDS = {
    "http": lambda name, port: {"http": f"http://{name}:{port}/"},
    "tcp": lambda name, port: {"tcp": f"{name}:{port}"},
    "tls": lambda name, port: {"tls": f"{name}:{port}"},
}
TIMES = {"interval": "300ms", "timeout": "250ms", "retry_interval": "100ms"}


@pytest.fixture
def watch(healthd):
    """watch(server, {name: probe}): a healthd whose only name server is that one."""

    def make(server, probes, times=TIMES, more=""):
        config = "probes: " + json.dumps([dict(times, **probe, name=name)
                                          for name, probe in probes.items()])
        return healthd(config + more, resolv_conf=server.resolv_conf())

    return make


def each_kind(name, port=9):
    return {kind: make(name, port) for kind, make in KINDS.items()}


def wait_reasons(daemon, health, reason):
    """Polls until the last run of every probe says this."""

    def said():
        last = {name: (probe["last"] or {}) for name, probe in daemon.probes().items()}
        if any((one.get("health"), one.get("reason")) != (health, reason) for one in last.values()):
            raise LookupError(last)
        return last

    return wait_until(said, 15, f"every probe to be {health} with {reason}")


def test_a_name_that_does_not_exist_is_down(watch, dns):
    daemon = watch(dns({}), each_kind("gone.test"))
    last = wait_reasons(daemon, "down", "dns_no_name")
    assert all("gone.test" in one["detail"] for one in last.values())
    for kind in KINDS:
        daemon.wait_health(kind, "down")


def test_a_name_without_addresses_is_down(watch, dns):
    server = dns({"text.test": {"TXT": ["x"]}})
    wait_reasons(watch(server, each_kind("text.test")), "down", "dns_no_name")


@pytest.mark.parametrize("answer, reason", [("SILENT", "dns_timeout"), ("SERVFAIL", "dns_error"),
                                            ("REFUSED", "dns_error")])
def test_a_dead_resolver_is_nobodys_fault(watch, dns, answer, reason):
    server = dns({}, default=answer)
    daemon = watch(server, each_kind("app.test"))
    wait_reasons(daemon, "unknown", reason)
    stays(lambda: all(probe["health"] == "unknown" for probe in daemon.probes().values()), 1)
    page = daemon.page()
    assert not page.select("probe_success") and len(page.select("probe_state")) == len(KINDS)
    health = daemon.get("/health")
    assert health.status == 200 and health.json()["services"]["tcp"]["status"] == "unknown"


@pytest.mark.parametrize("answer, reason", [("SILENT", "dns_timeout"), ("SERVFAIL", "dns_error")])
def test_what_fails_alone_is_down(watch, dns, badpeer, answer, reason):
    peer = badpeer("ok")
    server = dns({"app.test": answer, "fine.test": {"A": ["127.0.0.1"]}})
    probes = dict(each_kind("app.test"), fine={"http": f"http://fine.test:{peer.port}/"})
    daemon = watch(server, probes)
    for kind in KINDS:
        daemon.wait_health(kind, "down")
        assert daemon.probes()[kind]["last"]["reason"] == reason
    assert daemon.probes()["fine"]["health"] == "up"


def test_what_is_unknown_keeps_what_was_known(watch, dns, badpeer):
    peer = badpeer("ok")
    server = dns({"app.test": {"A": ["127.0.0.1"]}})
    daemon = watch(server, {"app": {"http": f"http://app.test:{peer.port}/"}},
                   more="\nresolver: {max_ttl: 0s}\n")
    daemon.wait_health("app", "up")
    server.zone["app.test"] = "SILENT"
    wait_reasons(daemon, "unknown", "dns_timeout")
    assert daemon.probes()["app"]["health"] == "up"
    assert daemon.value("probe_success") == 1
    assert daemon.wait_log(probe="app", health="unknown")["level"] == "warning"
    server.zone["app.test"] = {"A": ["127.0.0.1"]}
    wait_reasons(daemon, "up", "")


def test_a_target_that_moves_is_followed(watch, dns, badpeer):
    first = badpeer("ok", address="127.0.0.2")
    second = badpeer("ok", address="127.0.0.3", port=first.port)
    server = dns({"app.test": {"A": ["127.0.0.2"]}})
    probes = each_kind("app.test", first.port)
    del probes["tls"]
    daemon = watch(server, probes)
    for kind in probes:
        daemon.wait_health(kind, "up")
        assert daemon.explain(kind)["last_run"]["address"] == f"127.0.0.2:{first.port}"
    server.zone["app.test"] = {"A": ["127.0.0.3"]}
    first.close()
    for kind in probes:
        wait_until(lambda k=kind: daemon.explain(k)["last_run"]["address"] ==
                   f"127.0.0.3:{second.port}", 10, f"{kind} to follow")
        daemon.wait_health(kind, "up")


def test_a_container_that_is_gone_is_down(watch, dns, badpeer):
    peer = badpeer("ok")
    server = dns({"app.test": {"A": ["127.0.0.1"]}})
    daemon = watch(server, {"app": {"http": f"http://app.test:{peer.port}/"}},
                   more="\nresolver: {max_ttl: 500ms}\n")
    daemon.wait_health("app", "up")
    del server.zone["app.test"]
    assert daemon.wait_health("app", "down")["last"]["reason"] == "dns_no_name"


def test_another_resolv_conf_is_seen(healthd, dns, badpeer):
    peer = badpeer("ok")
    wrong, right = dns({}, default="SERVFAIL"), dns({"app.test": {"A": ["127.0.0.1"]}})
    probe = {"name": "app", "http": f"http://app.test:{peer.port}/", **TIMES}
    daemon = healthd("probes: " + json.dumps([probe]), resolv_conf=wrong.resolv_conf())
    wait_reasons(daemon, "unknown", "dns_error")
    daemon.write_resolv_conf(right.resolv_conf())
    daemon.wait_health("app", "up")


def test_the_systems_resolver(watch, dns, badpeer):
    peer = badpeer("ok")
    server = dns({"app.test": {"A": ["127.0.0.1"]}})
    times = {"interval": "1s", "timeout": "900ms"}
    daemon = watch(server, {"app": {"http": f"http://app.test:{peer.port}/"},
                            "gone": {"tcp": "gone.test:9"}}, times, "\nresolver: system\n")
    daemon.wait_health("app", "up")
    wait_until(lambda: daemon.probes()["gone"]["last"]["reason"] == "dns_no_name")
