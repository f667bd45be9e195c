# SPDX-License-Identifier: Apache-2.0
"""The dns probe: the same modules in blackbox_exporter and in healthd, asked of one dnsmasq; and what is healthd's own."""
import json
import socket
import threading

import pytest

from lib.badpeer import names
from lib.dnsmasq import Dnsmasq
from lib.healthd import Healthd
from lib.meeting import judge, meet
from lib.metrics import Page
from lib.probe import probe, refused
from lib.servers import Blackbox
from lib.wait import free_port, slowness


def dns(name, kind="A", **options):
    return {"prober": "dns", "timeout": "2s", "dns": {"preferred_ip_protocol": "ip4", "query_name": name, "query_type": kind,
                                                      **options}}


MODULES = {
    "a": dns("shop.test"), "aaaa": dns("six.test", "AAAA"), "mx": dns("mail.test", "MX"), "txt": dns("txt.test", "TXT"),
    "srv": dns("_x._tcp.test", "SRV"), "cname": dns("www.test"), "caa": dns("caa.test", "CAA"), "naptr": dns("phone.test", "NAPTR"),
    "ptr": dns("9.0.0.10.in-addr.arpa", "PTR"), "soa": dns("soa.test", "SOA"), "no_soa": dns("shop.test", "SOA"),
    "any": {"prober": "dns", "timeout": "2s", "dns": {"preferred_ip_protocol": "ip4", "query_name": "shop.test"}},
    "nxdomain": dns("gone.test"), "nxdomain_good": dns("gone.test", valid_rcodes=["NXDOMAIN"]), "refused": dns("example.com"),
    "refused_good": dns("example.com", valid_rcodes=["NOERROR", "REFUSED"]), "tcp": dns("shop.test", transport_protocol="tcp"),
    "no_recursion": dns("shop.test", recursion_desired=False), "chaos": dns("version.bind", "TXT", query_class="CH"),
    "matches": dns("shop.test", validate_answer_rrs={"fail_if_matches_regexp": [r"10\.0\.0\.9"]}),
    "matches_not": dns("shop.test", validate_answer_rrs={"fail_if_matches_regexp": [r"10\.0\.0\.8"]}),
    "text": dns("shop.test", validate_answer_rrs={"fail_if_not_matches_regexp": ["^shop\\.test\\.\t0\tIN\tA\t10\\.0\\.0\\.9$"]}),
    "text_mx": dns("mail.test", "MX", validate_answer_rrs={"fail_if_not_matches_regexp": ["\tIN\tMX\t10 mx1\\.test\\.$"]}),
    "text_txt": dns("txt.test", "TXT", validate_answer_rrs={"fail_if_not_matches_regexp": ["\t\"v=spf1 -all\" \"x \\\\\"y\\\\\"\"$"]}),
    "text_srv": dns("_x._tcp.test", "SRV", validate_answer_rrs={"fail_if_not_matches_regexp": ["\t1 2 5555 shop\\.test\\.$"]}),
    "text_soa": dns("soa.test", "SOA", validate_answer_rrs={"fail_if_not_matches_regexp": ["\tns\\.test\\. host\\.test\\. 2026"]}),
    "text_caa": dns("caa.test", "CAA", validate_answer_rrs={"fail_if_not_matches_regexp": ["\t0 issue \"ca\\.test\"$"]}),
    "text_naptr": dns("phone.test", "NAPTR", validate_answer_rrs={
        "fail_if_not_matches_regexp": ["\t10 20 \"U\" \"SIP\\+D2U\" \"\" sip\\.test\\.$"]}),
    "all_match": dns("www.test", validate_answer_rrs={"fail_if_all_match_regexp": ["shop"]}),
    "all_match_not": dns("www.test", validate_answer_rrs={"fail_if_all_match_regexp": ["CNAME"]}),
    "none_matches": dns("www.test", validate_answer_rrs={"fail_if_none_matches_regexp": ["CNAME"]}),
    "none_matches_not": dns("www.test", validate_answer_rrs={"fail_if_none_matches_regexp": ["MX"]}),
    "empty_not": dns("gone.test", valid_rcodes=["NXDOMAIN"], validate_answer_rrs={"fail_if_not_matches_regexp": ["."]}),
    "empty_none": dns("gone.test", valid_rcodes=["NXDOMAIN"], validate_answer_rrs={"fail_if_none_matches_regexp": ["."]}),
    "authority": dns("shop.test", validate_authority_rrs={"fail_if_not_matches_regexp": ["."]}),
    "additional": dns("shop.test", validate_additional_rrs={"fail_if_matches_regexp": ["."]}),
    "quick": dict(dns("shop.test"), timeout="400ms"),
    "source": dns("shop.test", source_ip_address="127.0.0.1"),
}
CASES = [(module, "{server}") for module in MODULES if module != "quick"] + [
    ("a", "{dead}"), ("tcp", "{dead}"), ("a", "nobody.invalid"), ("quick", "{silent}"), ("a", "localhost:{port}")]
TIMES = {"probe_dns_duration_seconds", "probe_duration_seconds", "probe_dns_lookup_time_seconds"}
OURS = {"probe_failure_info", "probe_timeout_seconds"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dns")
    server = Dnsmasq(folder / "dnsmasq")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    blackbox = Blackbox(folder / "blackbox", {"modules": MODULES})
    healthd = Healthd(folder / "healthd", f"module_files: [{folder}/blackbox/blackbox.yml]\n")
    yield {"server": server.address, "port": server.port, "dead": f"127.0.0.1:{free_port()}",
           "silent": f"127.0.0.1:{silent.getsockname()[1]}", "blackbox": blackbox, "healthd": healthd}
    healthd.stop()
    blackbox.stop()
    silent.close()
    server.stop()


def page_of(text):
    """Families that both have, without the times; types of all."""
    page = Page(text)
    kept = {key: value for key, value in page.series.items() if key[0] not in TIMES | OURS}
    phases = {key for key in page.series if key[0] in TIMES}
    return kept, phases, {name: kind for name, kind in page.types.items() if name not in OURS}


@pytest.mark.parametrize("module, target", CASES)
def test_same_answer_as_blackbox_exporter(stage, module, target):
    target = target.format(**stage)
    theirs, ours = [page_of(stage[name].probe(target, module).text) for name in ("blackbox", "healthd")]
    assert ours == theirs


def test_phases_are_where_the_time_went(stage):
    page = Page(stage["healthd"].probe(stage["silent"], "quick").text)
    assert page.value("probe_dns_duration_seconds", phase="request") >= 0.3
    assert page.value("probe_dns_duration_seconds", phase="connect") < 0.1
    assert page.value("probe_failure_info", reason="timeout") == 1


# ---- healthd's own ----


def test_expectations(stage):
    found = probe("dns", {"server": stage["server"], "query_name": "shop.test"}, expect=[
        'rcode == "NOERROR"', 'answers.exists(x, x == "10.0.0.9")', "size(answers) == 1", "ttl == 0s", "!truncated",
        'records[0].startsWith("shop.test.")', "size(authority) == 0"])
    assert found.health == "up", found.detail
    found = probe("dns", {"server": stage["server"], "query_name": "soa.test", "query_type": "SOA"},
                  expect=["serial == 2026112701"])
    assert found.health == "up", found.detail
    found = probe("dns", {"server": stage["server"], "query_name": "odd.test", "query_type": "TYPE65280"},
                  expect=['answers[0] == "\\\\# 2 abcd"'])
    assert found.health == "up", found.detail


def test_a_module_that_asks_for_the_target(stage, healthd):
    daemon = healthd("modules: " + json.dumps({"names": {"prober": "dns", "dns": {"server": stage["server"]}}}))
    for name, success in (("shop.test", 1), ("www.test", 1), ("gone.test", 0)):
        assert Page(daemon.probe(name, "names").text).value("probe_success") == success


@pytest.mark.parametrize("conf, words", [
    ({"server": "x"}, "no name to ask for"),
    ({"server": "x", "query_name": "a..b"}, "is no domain name"),
    ({"server": "x", "query_name": "a", "query_type": "aaaa"}, "no type of records"),
    ({"server": "x", "query_name": "a", "query_class": "XX"}, "no class"),
    ({"server": "x", "query_name": "a", "valid_rcodes": ["FINE"]}, "no code of an answer"),
    ({"server": "x", "query_name": "a", "dns_over_tls": True}, "goes over TCP"),
    ({"server": "a:b:c", "query_name": "a"}, "too many colons"),
])
def test_what_is_refused_when_it_loads(conf, words):
    assert words in refused("dns", conf)


def test_over_tls(certs, badpeer):
    """A server that speaks TLS and no DNS: the handshake is judged, and then the answer."""
    peer = badpeer("garbage", cert=certs.server)
    conf = {"server": f"localhost:{peer.port}", "query_name": "a.test", "transport_protocol": "tcp", "dns_over_tls": True}
    found = probe("dns", dict(conf, tls_config={"ca_file": certs.path}), timeout=0.7)
    assert found.reason == "timeout" and "connected after" in found.detail, found  # its first bytes are a great length
    assert probe("dns", conf).reason == "tls_untrusted"


@pytest.mark.parametrize("answers, reason", [
    ([b"\0\0"], "timeout"),                                              # too short to be anybody's
    ([b"\x12\x34\x80\0\0\0\0\0\0\0\0\0"], "timeout"),                      # another id
    ([lambda id: id + b"\x01\0\0\0\0\0\0\0\0\0"], "timeout"),              # a query
    ([lambda id: id + b"\x80\0\0\1\0\0\0\0\0\0\x03two\0\0\1\0\1"], "timeout"),  # for another name
    ([b"\xff\xff\x80\0", lambda id: id + b"\x80\0\0\0\0\0\0\0\0\0"], None),  # then the right one
    ([lambda id: id + b"\x80\0\0\1\xff\xff\0\0\0\0"], "protocol"),         # half a message
    ([lambda id: id + b"\x80\2\0\0\0\0\0\0\0\0"], "status"),               # SERVFAIL
], ids=["short", "id", "query", "name", "late", "half", "servfail"])
def test_forged_and_broken_datagrams(answers, reason):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer():
        query, client = server.recvfrom(600)
        for one in answers:
            server.sendto(one if isinstance(one, bytes) else one(query[:2]), client)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    found = probe("dns", {"server": "127.0.0.1:%d" % server.getsockname()[1], "query_name": "one"}, timeout=0.5)
    assert (found.health, found.reason) == (("down", reason) if reason else ("up", "")), found
    assert found.seconds < 3 * slowness()
    thread.join(5)
    server.close()


# Over TCP every peer is met: the first two bytes are taken for a length.
SILENT = dict.fromkeys(["never_accept", "accept_silent", "tls_stall", "tls_garbage", "tls_half_hello", "drip_body", "drip_head",
                        "half_answer_silent", "huge_length", "garbage", "endless_body", "endless_chunks", "endless_continue",
                        "endless_garbage", "endless_headers"], "timeout")  # or they never get to the end of such a length
RESET = dict.fromkeys(["reset_on_accept", "reset_after_request", "half_answer_reset", "tls_reset"], "reset")
PEERS = {**dict.fromkeys(names(), "closed"), **SILENT, **RESET, "gzip_bomb": "protocol",
         "close_on_accept": ("closed", "reset")}  # what we say to one who has closed may come back as a reset


def test_every_bad_peer(healthd, badpeer):
    peers = {name: badpeer(name) for name in names()}
    judge(meet(healthd, peers, lambda peer: {"dns": {
        "server": f"127.0.0.1:{peer.port}", "query_name": "a.test", "transport_protocol": "tcp"}}), PEERS)
