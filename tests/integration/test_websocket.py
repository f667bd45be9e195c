# SPDX-License-Identifier: Apache-2.0
"""A real WebSocket server, npm's `ws`: what the probe says of it, and what it sees of the probe. Faults that no real server
has are in tests/dialogue/websocket.txt."""
import json

import pytest

from lib.metrics import Page
from lib.probe import probe, refused
from lib.servers import Nginx
from lib.wait import free_port, wait_until
from lib.websocket import WebSocketServer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = WebSocketServer(tmp_path_factory.mktemp("websocket"))
    yield made
    made.stop()


def test_upgrade_ping_and_close(start):
    server = start(WebSocketServer)
    found = probe("websocket", server.url("/echo?room=1"), expect=["status == 101", "ping < 2s", "close_code == 1000"])
    assert found.health == "up", found
    wait_until(lambda: server.seen("closed"), 5, "the server to see it close")
    assert server.seen("closed") == [1000] and server.seen("ping") == [1] and not server.seen("error")
    assert server.seen("url") == ["/echo?room=1"]
    headers = server.seen("headers")[0]
    assert headers["host"] == f"localhost:{server.port}" and headers["sec-websocket-version"] == "13"
    assert "sec-websocket-extensions" not in headers and "origin" not in headers
    page = found.page
    assert page.value("probe_websocket_status_code") == 101
    assert page.value("probe_websocket_connection_upgraded") == 1
    assert 0 < page.value("probe_websocket_ping_seconds") < found.seconds
    for phase in ("connect", "processing", "transfer"):
        assert 0 < page.value("probe_websocket_duration_seconds", phase=phase) < found.seconds


@pytest.mark.parametrize("path, conf, expect", [
    ("/echo", {"send": "hello"}, 'message == "hello"'),
    ("/echo", {"send": "h" * 70000, "ping": False}, "message.size() == 70000"),
    ("/echo", {"send": "h" * 200}, "message.size() == 200"),
    ("/greet", {"answer": "^welcome"}, 'message == "welcome to the shop"'),
    ("/greet", {"send": "ö", "answer": "^ö$"}, 'message == "ö"'),
    ("/json", {"json": {"op": "list", "id": 4}, "answer": "answer"}, "json.orders[1] == 8 && json.id == 4"),
    ("/fragments", {"answer": "three"}, 'message == "one two three"'),
    ("/ticks", {"answer": "tick"}, "ping < 2s"),
    ("/binary", {"answer": ""}, "message.size() == 4"),
    ("/large", {"answer": "^x+$"}, "message.size() == 300000"),
    ("/silent", {}, 'subprotocol == ""'),
    ("/silent", {"ping": False, "close_wait": False}, "status == 101"),
    ("/echo", {"query_response": [{"send": "ticket 17"}, {"expect": "ticket (\\d+)", "send": "use ${1}"},
                                  {"expect": "^use 17$"}]}, 'message == "use 17"'),
    ("/echo", {"subprotocols": ["shop.v3", "shop.v2"]}, 'subprotocol == "shop.v2"'),
])
def test_up(server, path, conf, expect):
    found = probe("websocket", {"url": server.url(path), **conf}, expect=[expect])
    assert found.health == "up", found


@pytest.mark.parametrize("path, conf, word, part", [
    ("/ticks", {"answer": "tock"}, "timeout", "expected a message that matches /tock/, the last of"),
    ("/silent", {"send": "hello"}, "timeout", "expected a message"),
    ("/deaf", {}, "timeout", "expected a pong to our ping"),
    ("/deaf", {"ping": False}, "timeout", "expected a close frame after ours"),
    ("/large", {"answer": "x", "max_message": "100KiB"}, "too_large", "more than 102400 bytes"),
    ("/broken", {"send": "hello"}, "unhealthy", '1011 (internal error): "no database"'),
    ("/policy", {"send": "hello"}, "closed", '4401: "who are you"'),
    ("/gone", {}, ("closed", "reset"), "the connection"),
    ("/nowhere", {}, "status", "expected status 101, got 404"),
    ("/echo", {"subprotocols": ["shop.v3"]}, "header", "chose no subprotocol"),
])
def test_down(server, path, conf, word, part):
    found = probe("websocket", {"url": server.url(path), **conf}, timeout=0.6)
    words = word if isinstance(word, tuple) else (word,)  # what a server leaves unread makes its end a reset
    assert found.health == "down" and found.reason in words, found
    assert part in found.detail, found


def test_credentials_and_origin(start):
    server = start(WebSocketServer, token="Basic ZXZlOnMzY3JldC0xMg==", origin="https://shop.test")
    conf = {"url": server.url("/echo"), "origin": "https://shop.test",
            "basic_auth": {"username": "eve", "password": "s3cret-12"}, "headers": {"X-Tenant": ["a", "b"]}}
    assert probe("websocket", conf).health == "up"
    assert server.seen("headers")[0]["x-tenant"] == "a, b"
    assert probe("websocket", {**conf, "origin": ""}).reason == "forbidden"
    wrong = probe("websocket", {**conf, "basic_auth": {"username": "eve", "password": "guessed-it"}})
    assert wrong.reason == "auth" and "guessed-it" not in wrong.detail + json.dumps(wrong.trace), wrong
    url = server.url("/echo").replace("//", "//eve:s3cret-12@")
    found = probe("websocket", {"url": url, "origin": "https://shop.test"})
    assert found.health == "up" and "s3cret-12" not in json.dumps(found.trace), found


def test_bearer_token(start):
    server = start(WebSocketServer, token="Bearer ticket-for-one")
    assert probe("websocket", {"url": server.url("/echo"), "bearer_token": "ticket-for-one"}).health == "up"
    assert probe("websocket", {"url": server.url("/echo"), "authorization": {
        "credentials": "ticket-for-one"}}).health == "up"


def test_tls(start, certs):
    server = start(WebSocketServer, cert=certs.server)
    conf = {"url": server.url("/echo"), "send": "hello", "tls_config": {"ca_file": certs.path}}
    found = probe("websocket", conf, expect=["tls.expires_in > 1d"])
    assert found.health == "up", found
    assert found.page.value("probe_ssl_earliest_cert_expiry") > 1.7e9
    assert probe("websocket", server.url("/echo")).reason == "tls_untrusted"
    assert probe("websocket", {**conf, "headers": {"Host": "elsewhere.test"}}).reason == "tls_name"
    plain = probe("websocket", server.url("/echo").replace("wss", "ws"))
    assert plain.health == "down" and plain.reason == "closed", plain


def test_unix_socket(start, tmp_path):
    server = start(WebSocketServer, path=str(tmp_path / "ws.sock"))
    assert server.process.alive()
    found = probe("websocket", {"url": "ws://chat.test/echo", "unix": str(tmp_path / "ws.sock"), "send": "hello"})
    assert found.health == "up", found
    assert server.seen("headers")[0]["host"] == "chat.test"


def test_through_a_proxy_that_passes_it_on(start, server):
    proxy = start(Nginx, f"""location / {{
        proxy_pass http://localhost:{server.port}; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; }}""")
    assert probe("websocket", {"url": f"ws://{proxy.address}/echo", "send": "hello"}).health == "up"
    naive = start(Nginx, f"location / {{ proxy_pass http://localhost:{server.port}; }}")
    found = probe("websocket", f"ws://{naive.address}/echo")
    assert found.reason == "status" and "expected status 101, got 200" in found.detail, found


def test_nobody_there():
    found = probe("websocket", f"ws://127.0.0.1:{free_port()}/")
    assert found.reason == "refused" and found.page.value("probe_websocket_connection_upgraded") == 0, found


def test_module(server, healthd):
    daemon = healthd("modules: {chat: {prober: websocket, timeout: 3s, websocket: {query_response: "
                     "[{send: hello}, {expect: '^hello$'}]}}}")
    page = Page(daemon.probe(server.url("/echo"), "chat").text)
    assert page.value("probe_success") == 1 and page.value("probe_websocket_failed_due_to_regex") == 0
    assert Page(daemon.probe(server.url("/broken"), "chat").text).value("probe_success") == 0


@pytest.mark.parametrize("conf, part", [
    ({"url": "ftp://h/"}, "over ws and wss"),
    ({"url": "ws://h/", "send": "a", "json": {}}, "keep one"),
    ({"url": "ws://h/", "answer": "("}, "answer"),
    ({"url": "ws://h/", "send": "a", "query_response": [{"send": "a"}]}, "write them there"),
    ({"url": "ws://h/", "query_response": [{}]}, "step 1 does nothing"),
    ({"url": "ws://h/", "headers": {"Upgrade": "x"}}, "part of the handshake"),
    ({"url": "ws://h/", "subprotocols": ["a b"]}, "no name of one"),
    ({"url": "ws://h/", "bearer_token": "a", "basic_auth": {"username": "b"}}, "exclude each other"),
])
def test_refused_configurations(conf, part):
    assert part in refused("websocket", conf)
