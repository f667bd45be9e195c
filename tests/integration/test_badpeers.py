# SPDX-License-Identifier: Apache-2.0
"""Every network probe meets every bad peer: the right reason, in time, and healthd lives on."""
import pytest

from lib.badpeer import names
from lib.meeting import judge, meet

# What each probe finds at each peer; several words where the kernel decides which comes first.
CUT = ("reset", "closed")
SILENT = dict.fromkeys(["never_accept", "accept_silent", "tls_stall"], "timeout")
HTTP = {
    **SILENT,
    "ok": "", "lying_length": "",
    "reset_on_accept": "reset", "close_on_accept": CUT,
    "reset_after_request": "reset", "close_after_request": "closed", "half_head": "closed",
    "half_answer": "closed", "half_answer_reset": "reset", "half_answer_silent": "timeout",
    "drip_head": "timeout", "drip_body": "timeout",
    "garbage": "protocol", "endless_garbage": "protocol", "two_lengths": "protocol",
    "bad_chunk": "protocol", "bad_status": "protocol", "nul_header": "protocol",
    "huge_length": "too_large", "endless_body": "too_large", "endless_chunks": "too_large",
    "gzip_bomb": "too_large", "huge_header": "too_large", "endless_headers": "too_large",
    "endless_continue": "too_large", "bad_gzip": "body",
    "redirect_loop": "redirect", "redirect_file": "redirect",
    "tls_half_hello": "is_tls", "tls_alert": "is_tls", "tls_garbage": "protocol",
    "tls_reset": "reset", "tls_plain_answer": "status",
}
# Inside TLS, the head of another TLS session is just no HTTP.
HTTPS = {**HTTP, "tls_half_hello": "protocol", "tls_alert": "protocol"}
# Who answers a ClientHello with plain text and goes may reset before that is read.
TLS = {
    **dict.fromkeys(names(), ("not_tls", *CUT)),
    **SILENT, "tls_half_hello": "timeout", "tls_garbage": "not_tls", "tls_alert": "tls_handshake",
    "tls_reset": "reset", "reset_on_accept": "reset", "reset_after_request": "reset",
    "close_on_accept": CUT, "close_after_request": CUT,
}
# Lines come and none is right; then the peer goes, or does not.
TCP = {
    **dict.fromkeys(names(), "body"),
    **SILENT,
    **dict.fromkeys(["garbage", "drip_head", "drip_body", "half_answer_silent", "endless_continue",
                     "endless_headers", "endless_chunks", "tls_half_hello", "tls_garbage"], "timeout"),
    **dict.fromkeys(["endless_garbage", "endless_body", "huge_length", "huge_header", "gzip_bomb"],
                    "too_large"),
    "reset_on_accept": "reset", "close_on_accept": CUT, "reset_after_request": "reset",
    "close_after_request": "closed", "half_answer_reset": "reset", "tls_reset": "reset",
    # The peer closes after the first bytes it reads: what it had not read yet makes that a reset.
    "tls_alert": ("body", "reset"),
}

# What is no message of its protocol is said after the first bytes, whoever sent them.
MONGODB = {
    **dict.fromkeys(names(), "protocol"), **SILENT,
    "tls_alert": "is_tls", "tls_reset": "reset", "reset_on_accept": "reset", "close_on_accept": CUT,
    "reset_after_request": "reset", "close_after_request": "closed", "drip_head": ("protocol", "timeout"),
}
# Whoever speaks HTTP has still said no word of the protocol.
# What is no list of models is no API; a refused or cut stream has its own tests beside the stub.
LLM = {**HTTP, **dict.fromkeys(["ok", "lying_length"], "protocol")}
MCP = {**HTTP, **dict.fromkeys(["ok", "lying_length", "bad_gzip"], "protocol")}
# Whatever is no HTTP/2 is said to be that, unless its sender is gone before it is read.
GRPC = {
    **dict.fromkeys(names(), ("protocol", *CUT)), **SILENT, "drip_head": "timeout",
    "tls_reset": "reset", "reset_on_accept": "reset", "close_on_accept": CUT,
    "reset_after_request": "reset", "close_after_request": CUT,
}
# Inside TLS without ALPN it is HTTP/1 that is spoken, which no answer makes right.
GRPCS = {
    **dict.fromkeys(names(), "protocol"),
    **{name: reason for name, reason in HTTPS.items() if reason in ("timeout", "reset", "closed", CUT)},
    **dict.fromkeys(["half_head", "half_answer", "half_answer_reset", "drip_body"], "protocol"),
}
# What has a head of HTTP is refused by its status; what has none is not waited for to end.
WEBSOCKET = {
    **dict.fromkeys(names(), "status"), **SILENT,
    **dict.fromkeys(["garbage", "endless_garbage", "tls_garbage", "bad_status"], "protocol"),
    "tls_half_hello": "is_tls", "tls_alert": "is_tls",
    **dict.fromkeys(["drip_head"], "timeout"), **dict.fromkeys(["huge_header", "endless_headers"], "too_large"),
    **dict.fromkeys(["redirect_loop", "redirect_file"], "redirect"), "half_head": "closed",
    "tls_reset": "reset", "reset_on_accept": "reset", "close_on_accept": CUT,
    "reset_after_request": "reset", "close_after_request": "closed",
}


@pytest.fixture
def met(healthd, badpeer):
    """met(expected, probe, cert): every peer is met by one healthd, and judged."""

    def check(expected, probe, cert=None):
        peers = {name: badpeer(name, cert=cert) for name in names() if not (cert and name == "never_accept")}
        judge(meet(healthd, peers, probe), {name: expected[name] for name in peers})

    return check


def test_http(met):
    met(HTTP, lambda peer: {"http": {
        "url": peer.url(), "headers": {"Accept-Encoding": "gzip"}}})


def test_http_inside_tls(met, certs):
    probe = lambda peer: {"http": {"url": peer.url(host="localhost"),
                                   "headers": {"Accept-Encoding": "gzip"},
                                   "tls_config": {"ca_file": certs.path}}}
    met(HTTPS, probe, certs.server)


def test_https_at_peers_without_tls(met):
    met(TLS, lambda peer: {"http": f"https://127.0.0.1:{peer.port}/"})


def test_tls(met):
    met(TLS, lambda peer: {"tls": f"127.0.0.1:{peer.port}"})


def test_tcp_that_expects_a_line(met):
    probe = lambda peer: {"tcp": {"address": f"127.0.0.1:{peer.port}", "query_response": [
        {"send": "GET / HTTP/1.1\r\nHost: peer\r\n\r"}, {"expect": "^220 "}]}}
    met(TCP, probe)


def test_mongodb(met):
    met(MONGODB, lambda peer: {"mongodb": f"mongodb://127.0.0.1:{peer.port}/"})


def test_mongodb_inside_tls(met, certs):
    probe = lambda peer: {"mongodb": f"mongodb://u:p@localhost:{peer.port}/?tls=true&tlsCAFile={certs.path}"}
    met(MONGODB, probe, certs.server)


def test_grpc(met):
    met(GRPC, lambda peer: {"grpc": f"127.0.0.1:{peer.port}"})


def test_grpc_inside_tls(met, certs):
    probe = lambda peer: {"grpc": {"target": f"https://localhost:{peer.port}", "tls_config": {"ca_file": certs.path}}}
    met(GRPCS, probe, certs.server)


def test_websocket(met):
    met(WEBSOCKET, lambda peer: {"websocket": f"ws://127.0.0.1:{peer.port}/"})


def test_websocket_inside_tls(met, certs):
    probe = lambda peer: {"websocket": {"url": f"wss://localhost:{peer.port}/", "tls_config": {"ca_file": certs.path}}}
    met(WEBSOCKET, probe, certs.server)


def test_mcp(met):
    met(MCP, lambda peer: {"mcp": {"url": f"http://127.0.0.1:{peer.port}/mcp", "max_size": "64KiB"}})


def test_llm(met):
    met(LLM, lambda peer: {"llm": {"base_url": f"http://127.0.0.1:{peer.port}/v1", "provider": "openai"}})


def test_llm_that_completes(met):
    met(LLM, lambda peer: {"llm": {"base_url": f"http://127.0.0.1:{peer.port}/v1", "provider": "openai",
                                   "model": "small", "level": "complete"}})
