# SPDX-License-Identifier: Apache-2.0
"""Health over gRPC: the official servers for Node and Python, what gets it wrong, and the same module in blackbox_exporter."""
import json

import pytest

from lib.grpc import GrpcCore, GrpcFaults, GrpcServer
from lib.healthd import Healthd
from lib.metrics import Page
from lib.probe import probe, refused
from lib.servers import Blackbox, Nginx
from lib.wait import free_port

SERVICES = {"": "SERVING", "shop.v1.Orders": "SERVING", "shop.v1.Mail": "NOT_SERVING", "shop.v1.Cart": "UNKNOWN"}
# What each fault of grpc_faults.js is: the status that a client would have, the reason, a part of the sentence.
FAULTS = {
    "good": (0, "", ""), "unknown_fields": (0, "", ""),
    "no_status": (2, "protocol", "without a gRPC status"),
    "trailers_without_status": (2, "protocol", "without a gRPC status"),
    "only_trailers": (8, "status", "RESOURCE_EXHAUSTED: too many €"),
    "status_text": (2, "protocol", 'sent "fine"'), "status_beyond": (99, "status", "gRPC status 99"),
    "no_message": (13, "protocol", "got 0 bytes"), "empty_message": (0, "unhealthy", "it is UNKNOWN"),
    "future": (0, "unhealthy", "it is 9"), "service_unknown": (0, "unhealthy", "it is SERVICE_UNKNOWN"),
    "compressed": (13, "protocol", "not compressed"), "cut_message": (13, "protocol", "of 9 bytes, got 2"),
    "two_messages": (13, "protocol", "7 bytes behind it"), "bad_message": (13, "protocol", "no HealthCheckResponse"),
    "huge": (14, "too_large", "65,536"), "endless": (14, "too_large", "65,536"),
    "html": (2, "protocol", '"text/html": it is no gRPC server'),
    "bad_gateway": (14, "status", "HTTP status 502"), "not_allowed": (7, "status", "HTTP status 403"),
    "denied": (7, "forbidden", "not for you"), "unavailable": (14, "unhealthy", "starting"),
    "gave_up": (4, "timeout", "DEADLINE_EXCEEDED"), "refused": (14, "closed", "without an answer"),
    "broken_off": (2, "protocol", "without a gRPC status"), "goaway": (14, "closed", "without an answer"),
    "half": (4, "timeout", "connected after"),
}


def served(page):
    return {name: page.value("probe_grpc_healthcheck_response", serving_status=name)
            for name in ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = GrpcServer(tmp_path_factory.mktemp("grpc"), SERVICES)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    made = GrpcFaults(tmp_path_factory.mktemp("faults"))
    yield made
    made.stop()


def test_serving(server):
    found = probe("grpc", server.address, expect=['status == "SERVING"', 'code == "OK"',
                                                  'metadata["x-server"] == "orders-1"'])
    assert found.health == "up", found
    page = found.page
    assert page.value("probe_grpc_status_code") == 0 and page.value("probe_grpc_ssl") == 0
    assert served(page) == {"SERVING": 1, "UNKNOWN": 0, "NOT_SERVING": 0, "SERVICE_UNKNOWN": 0}
    assert 0 < page.value("probe_grpc_duration_seconds", phase="check") < found.seconds
    assert page.value("probe_ip_protocol") == 4


@pytest.mark.parametrize("service, code, word, part", [
    ("shop.v1.Orders", 0, "", ""),
    ("shop.v1.Mail", 0, "unhealthy", "to be SERVING, it is NOT_SERVING"),
    ("shop.v1.Cart", 0, "unhealthy", "it is UNKNOWN"),
    ("shop.v1.Gone", 5, "status", 'knows no health of the service "shop.v1.Gone"'),
])
def test_service(server, service, code, word, part):
    found = probe("grpc", {"target": server.address, "service": service})
    assert (found.health == "up", found.reason) == (not word, word), found
    assert part in found.detail and bool(found.detail) == bool(part), found
    assert found.page.value("probe_grpc_status_code") == code
    answers = served(found.page)
    assert sum(answers.values()) == (code == 0), "without an answer none is 1"


def test_a_server_without_health_service(start):
    server = start(GrpcServer)
    found = probe("grpc", server.address)
    assert found.reason == "protocol" and "has no health service" in found.detail, found
    assert found.page.value("probe_grpc_status_code") == 12


def test_status_changes(start):
    server = start(GrpcServer, {"": "SERVING"})
    assert probe("grpc", server.address).health == "up"
    server.set("", "NOT_SERVING")
    assert probe("grpc", server.address).reason == "unhealthy"


def test_metadata_and_deadline(start):
    server = start(GrpcServer, {"": "SERVING"}, token="s3cret-token")
    conf = {"target": server.address, "metadata": {"authorization": "Bearer s3cret-token", "x-tag": ["a", "b"]},
            "authority": "orders.test"}
    assert probe("grpc", conf, timeout=3).health == "up"
    call = server.calls(1)[0]
    assert call["tags"] in (["a", "b"], ["a, b"]) and call["host"] == "orders.test"
    assert call["metadata"]["user-agent"].startswith("healthd/")
    assert 0 < call["left_ms"] <= 3000, "the deadline goes with the call"
    found = probe("grpc", {**conf, "metadata": {"authorization": "Bearer guessed-wrong"}})
    assert found.reason == "auth" and "no such token" in found.detail
    assert "guessed-wrong" not in found.detail + json.dumps(found.trace)


def test_no_answer_in_time(start):
    server = start(GrpcServer, {"": "SERVING"}, silent=True)
    found = probe("grpc", server.address, timeout=0.5)
    assert found.reason == "timeout" and found.page.value("probe_grpc_status_code") == 4, found


def test_unix_socket(start, tmp_path):
    server = start(GrpcServer, {"": "SERVING"}, listen=f"unix:{tmp_path}/grpc.sock")
    assert server.process.alive()
    found = probe("grpc", f"unix:{tmp_path}/grpc.sock")
    assert found.health == "up", found
    assert probe("grpc", f"unix:{tmp_path}/none.sock").reason == "unreachable"


def test_tls(start, certs):
    server = start(GrpcServer, {"": "SERVING"}, cert=certs.server)
    target = f"localhost:{server.port}"
    found = probe("grpc", {"target": target, "tls": True, "tls_config": {"ca_file": certs.path}},
                  expect=["tls.expires_in > 1d"])
    assert found.health == "up", found
    assert found.page.value("probe_grpc_ssl") == 1
    assert found.page.value("probe_ssl_earliest_cert_expiry") > 1.7e9
    assert found.page.value("probe_tls_version_info", version="TLS 1.3") == 1
    assert probe("grpc", {"target": f"https://{target}", "tls_config": {"ca_file": certs.path}}).health == "up"
    stranger = probe("grpc", {"target": target, "tls": True})
    assert stranger.reason == "tls_untrusted" and stranger.page.value("probe_grpc_status_code") == 14
    assert probe("grpc", {"target": target, "tls": True, "tls_config": {"insecure_skip_verify": True}}).health == "up"
    named = probe("grpc", {"target": target, "tls": True, "authority": "elsewhere.test",
                           "tls_config": {"ca_file": certs.path}})
    assert named.reason == "tls_name", named
    plain = probe("grpc", target)
    assert plain.reason in ("closed", "reset"), plain


def test_client_certificate(start, certs):
    server = start(GrpcServer, {"": "SERVING"}, cert=certs.server, client_ca=certs.path)
    conf = {"target": f"localhost:{server.port}", "tls": True, "tls_config": {"ca_file": certs.path}}
    refused_us = probe("grpc", conf)
    assert refused_us.health == "down" and refused_us.reason in ("tls_client", "reset", "closed"), refused_us
    conf["tls_config"].update(cert_file=str(certs.client.cert), key_file=str(certs.client.key))
    assert probe("grpc", conf).health == "up"


def test_https_without_http2(start, certs):
    server = start(Nginx, cert=certs.server)
    found = probe("grpc", {"target": f"https://localhost:{server.port}", "tls_config": {"ca_file": certs.path}})
    assert found.reason == "protocol" and "HTTP/1" in found.detail, found


def test_nobody_there():
    found = probe("grpc", f"127.0.0.1:{free_port()}")
    assert found.reason == "refused" and found.page.value("probe_grpc_status_code") == 14
    unknown = probe("grpc", "no-such-name.invalid:1")
    assert unknown.page.value("probe_grpc_status_code") == 0
    assert not [key for key in unknown.page.series if "check" in str(key) and "duration" in key[0]]


def test_the_core_of_other_languages(start, certs):
    """C++, Python, Ruby and C# share it; it compresses when it is told to."""
    server = start(GrpcCore, SERVICES, compression="Gzip")
    assert probe("grpc", server.address).health == "up"
    assert probe("grpc", {"target": server.address, "service": "shop.v1.Mail"}).reason == "unhealthy"
    found = probe("grpc", {"target": server.address, "service": "shop.v1.Gone"})
    assert found.reason == "status" and "unknown service ä" in found.detail, found
    bare = start(GrpcCore)
    assert "has no health service" in probe("grpc", bare.address).detail
    tls = start(GrpcCore, SERVICES, cert=certs.server)
    assert probe("grpc", {"target": f"localhost:{tls.port}", "tls": True,
                          "tls_config": {"ca_file": certs.path}}).health == "up"


@pytest.mark.parametrize("name", FAULTS)
def test_fault(faults, name):
    code, word, part = FAULTS[name]
    found = probe("grpc", {"target": faults.address, "service": name}, timeout=0.5 if name == "half" else 5)
    assert (found.reason, found.health == "up") == (word, not word), found
    assert part in found.detail
    assert found.page.value("probe_grpc_status_code") == code


@pytest.mark.parametrize("conf, part", [
    ({"target": "ftp://orders:1"}, "expected host:port"),
    ({"target": "unix:here"}, "expected unix:/path"),
    ({"target": "h:1", "metadata": {"Grpc": "x"}}, "small letters"),
    ({"target": "h:1", "metadata": {"grpc-timeout": "1S"}}, "gRPC's own"),
    ({"target": "h:1", "source_ip_address": "here"}, "no IP address"),
    ({"target": "h:1", "service": "x" * 1025}, "service"),
])
def test_refused_configurations(conf, part):
    assert part in refused("grpc", conf)


# ---- beside blackbox_exporter ----

def grpc(**options):
    return {"prober": "grpc", "timeout": "3s", "grpc": {"preferred_ip_protocol": "ip4", **options}}


# What Debian's 0.23 does not have, or healthd alone has.
OURS = {"probe_timeout_seconds", "probe_failure_info", "probe_tls_cipher_info",
        "probe_ssl_last_chain_info", "probe_ssl_last_chain_expiry_timestamp_seconds"}
# 0.23 says of a call without TLS that its certificate ended in 1970, which newer ones do not.
NO_CERTIFICATE = ("probe_ssl_earliest_cert_expiry", frozenset())
TIMES = {"probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_grpc_duration_seconds"}
CASES = [("all", "{plain}"), ("orders", "{plain}"), ("mail", "{plain}"), ("cart", "{plain}"), ("gone", "{plain}"),
         ("all", "http://{plain}"), ("all", "{bare}"), ("all", "{dead}"), ("all", "no-such-name.invalid:1"),
         ("tls", "{tls}"), ("tls", "https://{tls}"), ("untrusted", "{tls}"), ("insecure", "{tls}"), ("tls", "{plain}")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory, certs, server):
    folder = tmp_path_factory.mktemp("stage")
    ca = {"ca_file": certs.path}
    modules = {"all": grpc(), "orders": grpc(service="shop.v1.Orders"), "mail": grpc(service="shop.v1.Mail"),
               "cart": grpc(service="shop.v1.Cart"), "gone": grpc(service="shop.v1.Gone"),
               "tls": grpc(tls=True, tls_config=ca), "untrusted": grpc(tls=True),
               "insecure": grpc(tls=True, tls_config={"insecure_skip_verify": True})}
    tls = GrpcServer(folder / "tls", {"": "SERVING"}, cert=certs.server)
    bare = GrpcServer(folder / "bare")
    blackbox = Blackbox(folder / "blackbox", {"modules": modules})
    healthd = Healthd(folder / "healthd", "modules: " + json.dumps(modules) + "\n")
    names = {"plain": server.address, "bare": bare.address, "tls": f"localhost:{tls.port}",
             "dead": f"127.0.0.1:{free_port()}"}
    yield blackbox, healthd, names
    for part in (healthd, blackbox, bare, tls):
        part.stop()


def page_of(text):
    page = Page(text)
    values = {(name, labels): "some time" if name in TIMES else value
              for (name, labels), value in page.series.items() if name not in OURS}
    types = {name: kind for name, kind in page.types.items() if name not in OURS}
    if values.get(NO_CERTIFICATE) == 0:
        del values[NO_CERTIFICATE], types[NO_CERTIFICATE[0]]
    return values, types


@pytest.mark.parametrize("module, target", CASES)
def test_same_answer_as_blackbox_exporter(stage, module, target):
    *both, names = stage
    theirs, ours = [page_of(one.probe(target.format(**names), module).text) for one in both]
    for their, our in zip(theirs, ours):
        different = [f"{key}: blackbox {their.get(key)}, healthd {our.get(key)}"
                     for key in sorted(their.keys() | our.keys()) if their.get(key) != our.get(key)]
        assert not different
