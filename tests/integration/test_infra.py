# SPDX-License-Identifier: Apache-2.0
"""The parts that the other tests lean on do what they say, seen with other clients."""
import errno
import socket
import ssl
import subprocess
import time

import pytest

from lib.badpeer import names
from lib.healthd import in_own_resolver
from lib.http import request, tls_context
from lib.metrics import Page
from lib.servers import promtool
from lib.wait import slowness, wait_until


def curl(*arguments):
    return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "10", *arguments],
                          capture_output=True, text=True)


# ---- waiting ----

def test_wait_until_returns_the_first_true_value():
    answers = iter([None, 0, "yes", "later"])
    assert wait_until(lambda: next(answers)) == "yes"


def test_wait_until_says_what_it_saw_last():
    with pytest.raises(AssertionError, match=r"the door: not within 0.05 s; last seen: \[\]"):
        wait_until(list, 0.05, "the door")


def test_wait_until_waits_longer_on_a_busy_machine(monkeypatch):
    monkeypatch.delenv("HEALTHD_TEST_SLOWNESS", raising=False)
    loads = iter(["9.00 1 1 1/99 7", "0.00 1 1 90/99 7"])
    monkeypatch.setattr("lib.wait.Path.read_text", lambda _: next(loads, "0.01 1 1 1/99 7"))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert [slowness() for _ in range(3)] == [4.5, 5.0, 1.0]


def test_wait_until_takes_an_error_as_not_yet():
    answers = iter(["not a number", "7"])
    assert wait_until(lambda: int(next(answers))) == 7


# ---- nginx ----

def test_nginx_serves(nginx):
    site = nginx("location /a { return 200 'first'; }")
    assert curl(site.url("/a")).stdout == "first"
    assert request(site.url("/b")).status == 404
    wait_until(lambda: len(site.access_log()) == 2)


def test_nginx_takes_another_configuration(nginx):
    site = nginx("return 200 one;")
    site.configure("return 503 two;")
    assert request(site.url()).status == 503


def test_nginx_dies_and_comes_back_on_its_port(nginx):
    site = nginx()
    site.kill()
    with pytest.raises(ConnectionRefusedError):
        request(site.url())
    site.start()
    assert request(site.url()).text == "hello\n"


def test_nginx_hangs_and_resumes(nginx):
    site = nginx()
    site.hang()
    with pytest.raises(TimeoutError):
        request(site.url(), timeout=0.3)
    site.resume()
    assert request(site.url()).status == 200


@pytest.mark.parametrize("http2, version", [(True, "2"), (False, "1.1")])
def test_nginx_speaks_tls(nginx, certs, http2, version):
    site = nginx(cert=certs.server, http2=http2)
    done = curl("--cacert", certs.path, "--write-out", "%{http_version}", "--output", "/dev/null",
                site.url())
    assert done.stdout == version, done.stderr


def test_nginx_demands_a_client_certificate(nginx, certs):
    site = nginx(cert=certs.server, client_ca=certs.path)
    assert request(site.url(), ca=certs.path).status == 400
    assert request(site.url(), ca=certs.path, client=certs.client).status == 200


# ---- certificates ----

@pytest.mark.parametrize("kind, code", [
    ("server", None),
    ("chained", None),
    ("expired", 10),
    ("not_yet_valid", 9),
    ("self_signed", 18),
    ("untrusted", 20),
    ("unchained", 20),
    ("wrong_name", 62),
])
def test_certificates_are_wrong_in_one_way_each(badpeer, certs, kind, code):
    peer = badpeer("ok", cert=getattr(certs, kind))
    try:
        assert request(peer.url(host="localhost"), ca=certs.path).text == "hello\n"
        verdict = None
    except ssl.SSLCertVerificationError as error:
        verdict = error.verify_code
    assert verdict == code


# ---- Prometheus and blackbox_exporter ----

def test_prometheus_scrapes_itself_and_nginx(nginx, prometheus):
    site = nginx("location /metrics { return 200 'toy_total 7\\n'; }")
    server = prometheus({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "toy", "static_configs": [{"targets": [site.address]}]}]})
    server.wait_up()
    labels, value = server.wait_query("toy_total")[0]
    assert value == 7 and labels["job"] == "toy" and labels["instance"] == site.address
    site.kill()
    server.wait_query("up", wanted=0)


def test_prometheus_page_is_read_as_promtool_reads_it(prometheus):
    text = prometheus({}).get("/metrics").text
    promtool("check", "metrics", text=text)
    page = Page(text)
    assert page.value("prometheus_ready") == 1
    assert page.types["prometheus_ready"] == "gauge"


@pytest.mark.parametrize("text", [
    "a 1",
    "a 1\na 2\n",
    'a{b="1",b="2"} 1\n',
    "a{b=1} 1\n",
    "# TYPE a gauge\n# TYPE a gauge\n",
    "a one\n",
])
def test_page_refuses(text):
    with pytest.raises(AssertionError):
        Page(text)


def test_page_reads_escapes():
    assert Page('a{b="x\\n\\"\\\\,}"} +Inf\n').select("a") == [({"b": 'x\n"\\,}'}, float("inf"))]


def test_blackbox_probes_nginx(nginx, blackbox):
    site = nginx("return 404 none;")
    exporter = blackbox({"modules": {"web": {"prober": "http"}}})
    page = Page(exporter.probe(site.url(), "web").text)
    assert page.value("probe_success") == 0
    assert page.value("probe_http_status_code") == 404


# ---- bad peers ----

def ask(peer, timeout=1.5, limit=300000):
    """What a naive client gets: the bytes, and how it ended (eof, reset, silence, flood)."""
    data = b""
    end = time.monotonic() + timeout
    try:
        with socket.create_connection((peer.address, peer.port), timeout=timeout) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: peer\r\n\r\n")
            while len(data) < limit:
                client.settimeout(max(end - time.monotonic(), 0.001))
                piece = client.recv(65536)
                if not piece:
                    return data, "eof"
                data += piece
    except TimeoutError:
        return data, "silence"
    except OSError as error:
        assert error.errno in (errno.ECONNRESET, errno.EPIPE), error
        return data, "reset"
    return data, "flood"


EXPECTED = {
    "never_accept": (b"", "silence"),
    "accept_silent": (b"", "silence"),
    "reset_on_accept": (b"", "reset"),
    "close_on_accept": (b"", ("eof", "reset")),
    "reset_after_request": (b"", "reset"),
    "close_after_request": (b"", "eof"),
    "garbage": (b"\x00\x01\x02", "silence"),
    "endless_garbage": (b"\x00\xff\x80A", "flood"),
    "tls_stall": (b"", "silence"),
    "tls_half_hello": (b"\x16\x03\x03", "silence"),
    "tls_garbage": (b"\xde\xad", "silence"),
    "tls_alert": (b"\x15\x03\x03", "eof"),
    "tls_reset": (b"", "reset"),
    "tls_plain_answer": (b"HTTP/1.1 400", "eof"),
    "ok": (b"HTTP/1.1 200 OK", "eof"),
    "drip_head": (b"HTTP/", "silence"),
    "drip_body": (b"HTTP/1.1 200 OK", "silence"),
    "half_head": (b"HTTP/1.1 200 OK", "eof"),
    "half_answer": (b"HTTP/1.1 200 OK", "eof"),
    "half_answer_reset": (b"HTTP/1.1 200 OK", "reset"),
    "half_answer_silent": (b"HTTP/1.1 200 OK", "silence"),
    "lying_length": (b"HTTP/1.1 200 OK", "eof"),
    "two_lengths": (b"HTTP/1.1 200 OK", "eof"),
    "huge_length": (b"HTTP/1.1 200 OK", "flood"),
    "endless_body": (b"HTTP/1.1 200 OK", "flood"),
    "endless_chunks": (b"HTTP/1.1 200 OK", "flood"),
    "bad_chunk": (b"HTTP/1.1 200 OK", "eof"),
    "gzip_bomb": (b"HTTP/1.1 200 OK", ("flood", "silence")),
    "bad_gzip": (b"HTTP/1.1 200 OK", "eof"),
    "huge_header": (b"HTTP/1.1 200 OK", "flood"),
    "endless_headers": (b"HTTP/1.1 200 OK", "flood"),
    "endless_continue": (b"HTTP/1.1 100 Continue", "flood"),
    "bad_status": (b"HTTP/1.1 fine", "eof"),
    "nul_header": (b"HTTP/1.1 200 OK", "eof"),
    "redirect_loop": (b"HTTP/1.1 302", "eof"),
    "redirect_file": (b"HTTP/1.1 302", "eof"),
}


def test_every_bad_peer_is_expected_here():
    assert set(EXPECTED) == set(names())


@pytest.mark.parametrize("name", names())
def test_bad_peer(badpeer, name):
    start, ends = EXPECTED[name]
    data, end = ask(badpeer(name))
    assert data.startswith(start) and (start or not data), data[:100]
    assert end in (ends if isinstance(ends, tuple) else (ends,)), data[:100]


def test_bad_peer_closes_with_clients_inside(badpeer):
    peer = badpeer("accept_silent")
    clients = [socket.create_connection((peer.address, peer.port)) for _ in range(20)]
    wait_until(lambda: peer.seen == 20)
    for client in clients:
        client.close()


def test_bad_peer_inside_tls(badpeer, certs):
    peer = badpeer("half_answer", cert=certs.server)
    context = tls_context(certs.path)
    with socket.create_connection((peer.address, peer.port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: peer\r\n\r\n")
            assert b"Content-Length: 1000" in client.recv(65536)


# ---- names ----

@pytest.fixture
def resolve(tmp_path):
    """resolve(server, name): what the C library finds when it has only this server."""

    def ask_libc(server, name):
        path = tmp_path / "resolv.conf"
        path.write_text(server.resolv_conf())
        done = subprocess.run(in_own_resolver(["getent", "ahostsv4", name], path),
                              capture_output=True, text=True, timeout=30)
        return done.stdout.split()[0] if done.stdout else None

    return ask_libc


def test_dns_answers_and_changes(dns, resolve):
    server = dns({"app.test": {"A": ["127.0.0.9"]}, "gone.test": "NXDOMAIN",
                  "odd.test": {"TXT": ["x"]}, "alias.test": {"CNAME": ["app.test"]}})
    assert resolve(server, "app.test") == "127.0.0.9"
    assert resolve(server, "gone.test") is None
    assert resolve(server, "odd.test") is None
    server.zone["app.test"] = {"A": ["127.0.0.10"]}
    assert resolve(server, "app.test") == "127.0.0.10"
    assert server.asked("gone.test") and ("app.test", "A") in server.queries


def test_dns_is_silent(dns, resolve):
    server = dns({"slow.test": "SILENT"})
    started = time.monotonic()
    assert resolve(server, "slow.test") is None
    assert time.monotonic() - started > 1
