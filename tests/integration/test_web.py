# SPDX-License-Identifier: Apache-2.0
"""What the listeners serve, to whom, and how little a client can do to them."""
import json
import socket
import ssl
import time

import pytest

from lib.http import request
from lib.wait import slowness, wait_until


def raw(daemon, data, timeout=10):
    """What comes back for these bytes until the server closes or a whole answer is there."""
    with socket.create_connection(daemon.address.split(":"), timeout=timeout) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return client.recv(65536).decode()
        except OSError:  # reset or closed while we were still speaking
            return ""


def web(**options):
    """A web section with one TCP listener that has these attributes, beside limits."""
    limits = {name: options.pop(name) for name in list(options)
              if name in ("max_connections", "max_connections_per_ip", "request_timeout")}
    return f"web: {json.dumps(dict(limits, listen=[dict(options, address='127.0.0.1:0')]))}\n"


def test_health_of_healthd_itself(healthd):
    daemon = healthd()
    for path in ("/-/healthy", "/-/ready"):
        answer = daemon.get(path)
        assert answer.status == 200 and answer.text.startswith("healthd is")


def test_health_of_the_stack(healthd, badpeer):
    gone = badpeer("ok")
    gone.close()
    daemon = healthd("defaults: {interval: 200ms, retry_interval: 100ms}\nprobes:\n"
                     f"  - {{name: a, http: '{badpeer('ok').url()}'}}\n"
                     f"  - {{name: b, http: '{gone.url()}'}}\n")
    daemon.wait_health("b", "down")
    answer = daemon.get("/health")
    body = answer.json()
    assert answer.status == 503 and body["status"] == "unhealthy" and body["timestamp"].endswith("Z")
    assert body["services"]["a"] == {"status": "healthy"}
    assert body["services"]["b"]["status"] == "unhealthy" and "refuse" in body["services"]["b"]["error"]
    assert daemon.get("/-/healthy").status == 200


@pytest.mark.parametrize("others, said", [("", "unknown"), ("  - {name: b, http: 'GONE'}\n", "unhealthy")])
def test_health_is_unknown_before_it_is_confirmed(healthd, badpeer, others, said):
    gone = badpeer("ok")
    gone.close()
    daemon = healthd("defaults: {retry_interval: 100ms}\nprobes:\n"
                     f"  - {{name: well, http: '{badpeer('ok').url()}'}}\n"
                     f"  - {{name: new, http: '{gone.url()}', fall: 100, interval: 1h, retry_interval: 1h}}\n" + others.replace("GONE", gone.url()))
    daemon.wait_health("well", "up")
    answer = wait_until(lambda: (found := daemon.get("/health")).json()["status"] == said and found)
    assert answer.json()["services"]["new"]["status"] == "unknown"
    assert answer.status == (503 if others else 200)


@pytest.mark.parametrize("method, path, status, allow", [
    ("GET", "/nowhere", 404, None),
    ("GET", "/metrics/nobody", 404, None),
    ("GET", "/api/probes/nobody", 404, None),
    ("GET", "/probe?target=x", 404, None),
    ("POST", "/metrics", 405, "GET"),
    ("DELETE", "/", 405, "GET"),
    ("GET", "/-/reload", 405, "POST"),
    ("HEAD", "/metrics", 200, None),
    ("GET", "/%2e%2e/etc/passwd", 404, None),
])
def test_paths_and_methods(healthd, method, path, status, allow):
    answer = request(healthd().url(path), method)
    assert answer.status == status and answer.headers.get("allow") == allow
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_error_of_the_api_is_json(healthd):
    answer = healthd().get("/api/probes/nobody")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["status"] == "error" and "nobody" in answer.json()["error"]


def test_a_body_that_is_too_large(healthd):
    daemon = healthd()
    answer = daemon.post("/-/reload", body=b"x" * (2 << 20))
    assert answer.status == 413
    assert daemon.get("/-/ready").status == 200


def test_headers_that_are_too_large(healthd):
    daemon = healthd()
    assert request(daemon.url("/metrics"), headers={"X-Large": "y" * 60000}).status == 431
    assert daemon.get("/-/ready").status == 200


@pytest.mark.parametrize("data", [
    b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" * 50, b"\0" * 1000,
    b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /-/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /probe?target=%zz&module=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET http://elsewhere/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
], ids=range(9))
def test_garbage_is_survived(healthd, data):
    daemon = healthd("modules: {m: {prober: http}}\n"
                     "web: {listen: ['127.0.0.1:0'], request_timeout: 1s}\n")
    answer = raw(daemon, data)
    assert not answer or answer.startswith("HTTP/1.")
    assert daemon.get("/-/ready").status == 200


# ---- who may enter ----

def test_basic_authentication(healthd):
    daemon = healthd(web(username="eve", password="${env:PASSWORD}"),
                     env={"PASSWORD": "correct horse"}, ready=False)
    url = listening(daemon)
    for header, status in ((None, 401), ("ZXZlOndyb25n", 401), ("ZXZlOmNvcnJlY3QgaG9yc2U=", 200),
                           ("!!!", 401), ("", 401)):
        headers = {} if header is None else {"Authorization": f"Basic {header}"}
        answer = request(url + "/metrics", headers=headers)
        assert answer.status == status
        assert ("www-authenticate" in answer.headers) == (status == 401)


def test_bearer_authentication(healthd):
    daemon = healthd(web(bearer_token="sesame-street"), ready=False)
    url = listening(daemon)
    for token, status in (("", 401), ("sesame", 401), ("sesame-street2", 401), ("sesame-street", 200)):
        assert request(url + "/-/ready", headers={"Authorization": f"Bearer {token}"}).status == status
    assert request(url + "/-/ready").status == 401


def listening(daemon):
    return wait_until(lambda: daemon.logs(event="listening"))[0]["address"]


def test_tls(healthd, certs):
    daemon = healthd(web(cert_file=certs.chained.cert, key_file=certs.chained.key))
    port = daemon.url_base.rpartition(":")[2]
    answer = request(f"https://localhost:{port}/-/ready", ca=certs.path)
    assert answer.status == 200 and daemon.url_base.startswith("https://")
    assert raw_status(daemon, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") != "200"
    assert daemon.get("/sd").json() == []


def raw_status(daemon, data):
    words = raw(daemon, data).split(" ")
    return words[1] if len(words) > 1 else ""


def test_a_client_certificate_is_demanded(healthd, certs):
    daemon = healthd(web(cert_file=certs.server.cert, key_file=certs.server.key,
                         client_ca_file=certs.path), ready=False)
    url = f"https://localhost:{listening(daemon).rpartition(':')[2]}/metrics"
    assert request(url, ca=certs.path, client=certs.client).status == 200
    for client in (None, certs.untrusted, certs.self_signed, certs.server):
        try:
            answer = request(url, ca=certs.path, client=client)
        except (ssl.SSLError, OSError):
            continue
        assert answer.status in (401, 403), client
    assert request(url, ca=certs.path, client=certs.client).status == 200


def test_a_tls_client_that_stalls_holds_nobody_up(healthd, certs):
    daemon = healthd(web(cert_file=certs.server.cert, key_file=certs.server.key,
                         request_timeout="1s"))
    with socket.create_connection(daemon.address.split(":")) as silent, \
            socket.create_connection(daemon.address.split(":")) as half:
        half.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01")
        assert daemon.get("/-/ready").status == 200
        for client in (silent, half):
            client.settimeout(5 * slowness())
            assert client.recv(100) in (b"", b"\x15\x03\x01\x00\x02\x02\x32")


# ---- limits ----

def closed(client):
    client.settimeout(0.001)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_ip"])
def test_connections_are_limited(healthd, limit):
    daemon = healthd(f"web: {{listen: ['127.0.0.1:0'], {limit}: 5}}\n")
    clients = [socket.create_connection(daemon.address.split(":")) for _ in range(12)]
    is_by_ip = limit.endswith("ip")
    for client in clients[: None if is_by_ip else 5]:
        client.sendall(b"G")  # who says nothing is not accepted at first, and takes nobody's place
    if is_by_ip:
        wait_until(lambda: sum(map(closed, clients)) == 7)
    else:
        with pytest.raises(TimeoutError):
            daemon.get("/-/ready", timeout=0.5)
    for client in clients:
        client.close()
    assert wait_until(lambda: daemon.get("/-/ready", timeout=2)).status == 200


def test_a_client_that_dribbles_is_cut_off_and_holds_nobody_up(healthd):
    daemon = healthd("web: {listen: ['127.0.0.1:0'], request_timeout: 1s}\n")
    with socket.create_connection(daemon.address.split(":")) as client:
        started = time.monotonic()
        data = iter(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 100000)

        def cut_off():
            try:
                client.send(bytes([next(data)]))
            except OSError:
                return True
            assert daemon.get("/-/ready").status == 200
            return closed(client)

        wait_until(cut_off, 5)
        assert 0.8 < time.monotonic() - started < 2.5 * slowness()
    assert daemon.value("healthd_loop_callback_seconds") < 0.25 * slowness()


def test_a_client_that_does_not_read_is_cut_off(healthd):
    daemon = healthd("web: {listen: ['127.0.0.1:0'], request_timeout: 1s}\n")
    host, port = daemon.address.split(":")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((host, int(port)))
        client.setblocking(False)
        asked = b"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100

        def cut_off():
            try:
                client.send(asked)
            except BlockingIOError:  # healthd has so many answers to write that it reads no more questions
                assert daemon.get("/-/ready").status == 200
                return False
            except OSError:
                return True

        wait_until(cut_off, 10, "a client that reads nothing to be cut off")


def test_a_probe_is_cancelled_when_its_client_goes(healthd, badpeer):
    peer = badpeer("accept_silent")
    daemon = healthd("modules: {m: {prober: http, timeout: 60s}}\n")
    with socket.create_connection(daemon.address.split(":")) as client:
        client.sendall(f"GET /probe?module=m&target={peer.url()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_until(lambda: daemon.value("healthd_runs_active") == 1)
    wait_until(lambda: daemon.value("healthd_runs_active") == 0)


@pytest.mark.parametrize("digits, mode", [(None, 0o660), (600, 0o600), (666, 0o666)])
def test_the_sockets_permissions(healthd, tmp_path, digits, mode):
    path = tmp_path / "s"
    entry = {"address": f"unix:{path}"}
    if digits:
        entry["socket_mode"] = digits
    healthd(f"web: {json.dumps({'listen': ['127.0.0.1:0', entry]})}\n")
    assert path.stat().st_mode & 0o777 == mode


def test_a_socket_that_may_only_read(healthd, tmp_path):
    path = tmp_path / "s"
    entry = {"address": f"unix:{path}", "rights": "read"}
    healthd(f"web: {json.dumps({'listen': ['127.0.0.1:0', entry]})}\n")
    assert request("http://x/-/reload", "POST", unix=path).status == 403
    assert request("http://x/metrics", unix=path).status == 200
