# SPDX-License-Identifier: Apache-2.0
"""The http probe against real nginx: what it asks, follows, judges and measures."""
import gzip
import http.server
import json
import threading

import pytest

from lib.probe import probe, refused

FIXTURE_LOCATIONS = """
    location = / { return 200 'hello\\n'; }
    location = /moved { return 302 /; }
    location = /far { return 302 http://localhost:$server_port/; }
    location = /loop { return 302 /loop; }
    location = /nowhere { return 302 ''; }
    location = /dead { return 302 http://127.0.0.1:1/; }
    location = /down { return 503 'sorry\\n'; }
    location = /empty { return 204; }
    location = /tag { add_header X-Tag blue; add_header X-Tag red; return 200 'x'; }
    location = /echo { return 200 '$http_host|$http_user_agent|$http_accept_encoding|$http_x_a|$request_method'; }
"""


class Recorder:
    """An HTTP/1.1 server that keeps what it was asked, and answers as `answers` say."""

    def __init__(self, answers=None):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                outer.requests.append((self.command, self.path, self.headers, body))
                status, headers, text = (answers or {}).get(self.path, (200, {}, b"ok"))
                self.send_response(status)
                for name, value in headers.items():
                    for one in value if isinstance(value, list) else [value]:
                        self.send_header(name, one)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def recorder(request):
    def make(answers=None):
        server = Recorder(answers)
        request.addfinalizer(server.stop)
        return server
    return make


@pytest.fixture
def web(nginx):
    return nginx(FIXTURE_LOCATIONS)


def phases(outcome):
    return {labels["phase"]: value
            for labels, value in outcome.page.select("probe_http_duration_seconds")}


def test_up(web):
    o = probe("http", web.url(), expect=["status == 200", "body == 'hello\\n'", "version == '1.1'",
                                         "headers['Content-Type'].contains('text')",
                                         "body_size == 6B", "timing.total < 5s"])
    assert o.health == "up", o
    assert o.address == web.address
    page = o.page
    assert page.value("probe_success") == 1
    assert page.value("probe_http_status_code") == 200
    assert page.value("probe_http_version") == 1.1
    assert page.value("probe_http_content_length") == 6
    assert page.value("probe_http_uncompressed_body_length") == 6
    assert page.value("probe_http_redirects") == 0
    assert page.value("probe_http_ssl") == 0
    assert page.value("probe_failed_due_to_regex") == 0
    assert page.value("probe_ip_protocol") == 4
    assert page.value("probe_ip_addr_hash") == 3668918509
    assert not page.select("probe_ssl_earliest_cert_expiry")
    assert set(phases(o)) == {"resolve", "connect", "tls", "processing", "transfer"}
    assert phases(o)["tls"] == 0 and phases(o)["processing"] > 0
    assert o.traced("status") == ["200, HTTP/1.1"] and o.traced("body") == ["hello\n"]


def test_request_is_plain(web):
    o = probe("http", {"url": web.url("/echo"), "headers": {"X-A": "b"}})
    host, agent, encoding, mine, method = o.traced("body")[0].split("|")
    assert host == web.address and agent.startswith("healthd/")
    assert (encoding, mine, method) == ("", "b", "GET")


def test_statuses(web):
    o = probe("http", web.url("/down"))
    assert (o.health, o.reason) == ("down", "status")
    assert o.detail == f"expected status 200 to 299, got 503 from {web.address}"
    assert probe("http", {"url": web.url("/down"), "valid_status_codes": [503]}).health == "up"
    o = probe("http", web.url("/empty"))
    assert o.health == "up" and o.page.value("probe_http_content_length") == 0


def test_must_fail(web):
    assert probe("http", {"url": web.url("/down"), "must_fail": True}).health == "up"
    o = probe("http", {"url": web.url("/"), "must_fail": True})
    assert o.health == "down" and "expected a failure, got status 200" in o.detail


def test_expectations(web):
    o = probe("http", web.url(), expect=["status == 201"])
    assert (o.health, o.reason) == ("down", "expect") and "status is 200" in o.detail
    o = probe("http", web.url(), should=["status == 201"])
    assert o.health == "degraded"
    o = probe("http", web.url(), expect=["json.a == 1"])
    assert (o.health, o.reason) == ("down", "expect_error") and "no JSON" in o.detail


def test_body_rules(web):
    o = probe("http", {"url": web.url(), "fail_if_body_matches_regexp": ["hel+o"]})
    assert (o.reason, o.page.value("probe_failed_due_to_regex")) == ("body", 1)
    o = probe("http", {"url": web.url(), "fail_if_body_not_matches_regexp": ["hello$"]})
    assert o.reason == "body", "RE2's $ is only the very end"
    assert probe("http", {"url": web.url(), "fail_if_body_not_matches_regexp": ["^hello\n$"]}).health == "up"


def test_header_rules(web):
    rule = {"header": "x-tag", "regexp": "red"}
    o = probe("http", {"url": web.url("/tag"), "fail_if_header_matches": [rule]})
    assert (o.reason, o.page.value("probe_failed_due_to_regex")) == ("header", 1)
    assert probe("http", {"url": web.url("/tag"), "fail_if_header_not_matches": [rule]}).health == "up"
    assert probe("http", {"url": web.url(), "fail_if_header_not_matches": [rule]}).reason == "header"


# ---- redirects ----

def test_redirects(web):
    o = probe("http", web.url("/moved"), expect=["redirects == 1", f"url == '{web.url('/')}'"])
    assert o.health == "up", o
    assert o.page.value("probe_http_redirects") == 1
    assert o.page.value("probe_http_status_code") == 200


def test_redirect_loop(web):
    o = probe("http", web.url("/loop"))
    assert (o.health, o.reason) == ("down", "redirect")
    assert o.page.value("probe_http_redirects") == 11
    assert o.page.value("probe_http_status_code") == 302
    assert o.page.value("probe_http_uncompressed_body_length") == 0


def test_redirect_not_followed(web):
    conf = {"url": web.url("/moved"), "follow_redirects": False}
    o = probe("http", conf)
    assert (o.reason, o.page.value("probe_http_redirects")) == ("status", 1)
    assert probe("http", {**conf, "valid_status_codes": [302]}).health == "up"
    old = {"url": web.url("/moved"), "no_follow_redirects": True, "valid_status_codes": [302]}
    assert probe("http", old).health == "up"


def test_redirect_to_the_dead(web):
    o = probe("http", web.url("/dead"))
    assert (o.health, o.reason) == ("down", "refused")
    for family, value in (("status_code", 0), ("version", 0), ("content_length", 0), ("redirects", 1)):
        assert o.page.value(f"probe_http_{family}") == value


def test_methods_over_redirects(recorder):
    server = recorder({"/307": (307, {"Location": "/end"}, b""), "/302": (302, {"Location": "/end"}, b"")})
    probe("http", {"url": server.url("/307"), "method": "POST", "body": "data"})
    probe("http", {"url": server.url("/302"), "method": "POST", "body": "data"})
    asked = [(method, path, body) for method, path, _, body in server.requests]
    assert asked == [("POST", "/307", b"data"), ("POST", "/end", b"data"),
                     ("POST", "/302", b"data"), ("GET", "/end", b"")]


def test_credentials_stay_at_home(recorder):
    other = recorder()
    home = recorder({"/away": (302, {"Location": f"http://localhost:{other.port}/"}, b""),
                     "/near": (302, {"Location": "/end"}, b"")})
    auth = {"basic_auth": {"username": "me", "password": "secret-word"}, "headers": {"X-Api-Key": "k-e-y"}}
    probe("http", {"url": home.url("/away"), **auth})
    probe("http", {"url": home.url("/near"), **auth})
    assert home.requests[0][2]["Authorization"] == "Basic bWU6c2VjcmV0LXdvcmQ="
    assert home.requests[-1][1] == "/end" and home.requests[-1][2]["Authorization"]
    assert other.requests[0][2]["Authorization"] is None
    assert other.requests[0][2]["X-Api-Key"] is None


def test_cookies(recorder):
    server = recorder({"/login": (302, {"Location": "/home", "Set-Cookie": ["sid=1; Path=/", "gone=1; Max-Age=0"]},
                                  b"")})
    probe("http", {"url": server.url("/login"), "cookies": {"lang": "en"}})
    assert [headers["Cookie"] for _, _, headers, _ in server.requests] == ["lang=en", "lang=en; sid=1"]


# ---- requests ----

def test_authorization(recorder, tmp_path):
    server = recorder()
    token = tmp_path / "token"
    token.write_text("from-file\n")
    for conf, sent in (
            ({"bearer_token": "abcdef"}, "Bearer abcdef"),
            ({"bearer_token_file": str(token)}, "Bearer from-file"),
            ({"authorization": {"type": "Token", "credentials": "xyz123"}}, "Token xyz123"),
            ({"basic_auth": {"username": "u", "password_file": str(token)}}, "Basic dTpmcm9tLWZpbGU="),
            ({"http_headers": {"Authorization": {"secrets": ["Custom zzz"]}}}, "Custom zzz")):
        assert probe("http", {"url": server.url(), **conf}).health == "up"
        assert server.requests[-1][2]["Authorization"] == sent
    o = probe("http", {"url": server.url(), "bearer_token_file": str(tmp_path / "none")})
    assert (o.health, o.reason) == ("unknown", "config") and "none" in o.detail


def test_aws_signature(recorder):
    server = recorder()
    aws = {"region": "eu-west-1", "service": "s3", "access_key": "AKID", "secret_key": "very-secret"}
    assert probe("http", {"url": server.url(), "aws_sigv4": aws}).health == "up"
    sent = server.requests[-1][2]["Authorization"]
    assert sent.startswith("AWS4-HMAC-SHA256 Credential=AKID/") and "/eu-west-1/s3/aws4_request" in sent
    for name in sent.split("SignedHeaders=")[1].split(",")[0].split(";"):
        assert server.requests[-1][2][name], f"{name} is signed but was not sent"


def test_bodies(recorder, tmp_path):
    server = recorder()
    file = tmp_path / "body"
    file.write_text("from file")
    probe("http", {"url": server.url(), "method": "PUT", "body": "plain"})
    probe("http", {"url": server.url(), "method": "POST", "body_file": str(file)})
    probe("http", {"url": server.url(), "json": {"a": [1, "2", True, None], "b": {"c": "x\"y"}}})
    probe("http", {"url": server.url(), "method": "POST"})
    probe("http", {"url": server.url(), "method": "HEAD"})
    (put, post, sent_json, empty, head) = server.requests
    assert (put[0], put[3]) == ("PUT", b"plain") and put[2]["Content-Type"] is None
    assert post[3] == b"from file"
    assert sent_json[0] == "POST" and sent_json[2]["Content-Type"] == "application/json"
    assert json.loads(sent_json[3]) == {"a": [1, "2", True, None], "b": {"c": "x\"y"}}
    assert empty[2]["Content-Length"] == "0" and empty[2]["Content-Type"] is None
    assert head[0] == "HEAD" and head[2]["Accept-Encoding"] is None


def test_compression(recorder):
    text = b"hello world\n" * 500
    server = recorder({"/gz": (200, {"Content-Encoding": "gzip"}, gzip.compress(text)),
                       "/plain": (200, {}, text),
                       "/cut": (200, {"Content-Encoding": "gzip"}, gzip.compress(text)[:30]),
                       "/bad": (200, {"Content-Encoding": "gzip"}, b"this is no gzip")})
    o = probe("http", {"url": server.url("/gz"), "compression": "gzip",
                       "fail_if_body_not_matches_regexp": ["hello"]})
    assert o.health == "up" and o.page.value("probe_http_uncompressed_body_length") == len(text)
    o = probe("http", {"url": server.url("/gz"), "headers": {"Accept-Encoding": "gzip"}}, expect=["body.contains('world')"])
    assert o.health == "up"
    assert probe("http", {"url": server.url("/plain"), "compression": "gzip"}).reason == "body"
    o = probe("http", {"url": server.url("/bad"), "compression": "gzip", "fail_if_body_not_matches_regexp": ["x"]})
    assert (o.reason, o.page.value("probe_failed_due_to_regex")) == ("body", 1)


def test_body_limit(recorder):
    server = recorder({"/big": (200, {}, b"x" * 5000)})
    o = probe("http", {"url": server.url("/big"), "body_size_limit": "1KB", "fail_if_body_matches_regexp": ["y"]})
    assert (o.health, o.reason) == ("down", "too_large")
    assert o.page.value("probe_http_uncompressed_body_length") == 1024
    assert o.page.value("probe_failed_due_to_regex") == 1
    assert "announced a body of 5,000 bytes; the limit is 1,024" in o.detail


# ---- JSON ----

HEALTHY = {"status": "healthy", "services": {"db": {"status": "healthy"}}}
SICK = {"status": "unhealthy", "services": {"db": {"status": "unhealthy", "error": "refused"}, "cache": "healthy"}}
SLOW = {"status": "degraded", "services": {"mail": {"status": "unhealthy"}}}


def test_health_documents(recorder):
    server = recorder({"/up": (200, {}, json.dumps(HEALTHY).encode()),
                       "/down": (503, {}, json.dumps(SICK).encode()),
                       "/slow": (200, {}, json.dumps(SLOW).encode()),
                       "/none": (200, {}, b"<html>")})
    ask = lambda path: probe("http", {"url": server.url(path), "format": "health"})
    o = ask("/up")
    assert o.health == "up" and o.items["db"]["health"] == "up"
    o = ask("/down")
    assert (o.health, o.reason) == ("down", "unhealthy")
    assert o.detail.endswith("it says of itself that it is unhealthy: db (unhealthy: refused)")
    assert o.items["db"]["health"] == "down" and o.items["cache"]["health"] == "up"
    o = ask("/slow")
    assert (o.health, o.items["mail"]["health"]) == ("degraded", "degraded")
    o = ask("/none")
    assert (o.health, o.reason) == ("down", "body") and "no JSON" in o.detail


def test_cel(recorder):
    server = recorder({"/json": (200, {}, b'{"a": {"b": [1, 2]}}'), "/text": (200, {}, b"no")})
    def ask(path, **conf):
        return probe("http", {"url": server.url(path), **conf})
    assert ask("/json", fail_if_body_json_not_matches_cel="body.a.b[1] == 2").health == "up"
    o = ask("/json", fail_if_body_json_matches_cel="body.a.b[1] == 2")
    assert (o.health, o.page.value("probe_failed_due_to_cel")) == ("down", 1)
    o = ask("/text", fail_if_body_json_matches_cel="body.a == 1")
    assert (o.health, o.page.value("probe_failed_due_to_cel")) == ("down", 1)
    assert not ask("/json").page.select("probe_failed_due_to_cel")


def test_values_of_json(recorder):
    server = recorder({"/": (200, {}, b'{"items": [{"price": 3}], "ok": true}')})
    o = probe("http", server.url(), expect=["json.ok", "json.items[0].price * 2 == 6", "json.items.size() == 1"])
    assert o.health == "up", o


# ---- TLS ----

def tls(ca, **more):
    return {"tls_config": {"ca_file": str(ca), **more}}


@pytest.mark.parametrize("http2, version", [(True, 2), (False, 1.1)])
def test_https(nginx, certs, http2, version):
    server = nginx("ssl_protocols TLSv1.3; return 200 'hello';", cert=certs.server, http2=True)
    o = probe("http", {"url": server.url(), "enable_http2": http2, **tls(certs.path)},
              expect=["tls.expires_in > 1d"])
    assert o.health == "up", o
    page = o.page
    assert page.value("probe_http_version") == version
    assert page.value("probe_http_ssl") == 1
    assert page.value("probe_ssl_earliest_cert_expiry") > 1.7e9
    assert page.value("probe_ssl_last_chain_expiry_timestamp_seconds") > 1.7e9
    assert page.value("probe_tls_version_info", version="TLS 1.3") == 1
    assert page.value("probe_tls_cipher_info") == 1
    info = page.select("probe_ssl_last_chain_info")[0][0]
    assert info["subject"] == "CN=localhost" and "localhost" in info["subjectalternative"]
    assert phases(o)["tls"] > 0
    assert o.traced("certificate")


@pytest.mark.parametrize("kind, reason", [("expired", "tls_expired"), ("not_yet_valid", "tls_expired"),
                                          ("wrong_name", "tls_name"), ("untrusted", "tls_untrusted"),
                                          ("self_signed", "tls_untrusted"), ("unchained", "tls_untrusted")])
def test_bad_certificates(nginx, certs, kind, reason):
    server = nginx(cert=getattr(certs, kind))
    o = probe("http", {"url": server.url(), **tls(certs.path)})
    assert (o.health, o.reason) == ("down", reason), o
    assert o.page.value("probe_http_ssl") == 0 and not o.page.select("probe_ssl_earliest_cert_expiry")
    assert phases(o)["connect"] == 0 and phases(o)["tls"] == 0
    o = probe("http", {"url": server.url(), **tls(certs.path, insecure_skip_verify=True)})
    assert o.health == "up", o


def test_mutual_tls(nginx, certs):
    server = nginx(cert=certs.server, client_ca=certs.path)
    good = tls(certs.path, cert_file=str(certs.client.cert), key_file=str(certs.client.key))
    assert probe("http", {"url": server.url(), **good}).health == "up"
    o = probe("http", {"url": server.url(), **tls(certs.path)})
    assert (o.health, o.reason) == ("down", "status"), "nginx says it with status 400"
    bad = tls(certs.path, cert_file="/nowhere.pem", key_file="/nowhere.key")
    o = probe("http", {"url": server.url(), **bad})
    assert (o.health, o.reason) == ("unknown", "config") and "/nowhere.pem" in o.detail


def test_names_of_tls(nginx, certs):
    server = nginx(cert=certs.server)
    by_address = server.url(host="127.0.0.1")
    assert probe("http", {"url": by_address, **tls(certs.path, server_name="localhost")}).health == "up"
    assert probe("http", {"url": by_address, **tls(certs.path, server_name="shop.test")}).reason == "tls_name"
    o = probe("http", {"url": by_address, "headers": {"Host": "shop.test"}, **tls(certs.path)})
    assert o.reason == "tls_name", "the Host header is the name that is expected"


def test_versions_of_tls(nginx, certs):
    server = nginx("ssl_protocols TLSv1.2; return 200;", cert=certs.server)
    o = probe("http", {"url": server.url(), **tls(certs.path, min_version="TLS13")})
    assert (o.health, o.reason) == ("down", "tls_handshake")
    o = probe("http", {"url": server.url(), **tls(certs.path)})
    assert o.page.value("probe_tls_version_info", version="TLS 1.2") == 1


def test_wrong_scheme(nginx, certs, web):
    secure = nginx(cert=certs.server)
    o = probe("http", web.url().replace("http:", "https:"))
    assert (o.health, o.reason) == ("down", "not_tls"), o
    o = probe("http", secure.url().replace("https:", "http:"))
    assert (o.health, o.reason) == ("down", "status"), "nginx says it with status 400"


def test_ssl_rules(nginx, certs, web):
    secure = nginx(cert=certs.server)
    assert probe("http", {"url": web.url(), "fail_if_not_ssl": True}).reason == "not_tls"
    assert probe("http", {"url": secure.url(), "fail_if_ssl": True, **tls(certs.path)}).reason == "is_tls"
    o = probe("http", {"url": web.url(), "valid_http_versions": ["HTTP/2.0"]})
    assert o.reason == "version"


# ---- the way there ----

def test_connect_to(web):
    o = probe("http", {"url": "http://shop.test:8080/echo", "connect_to": web.address})
    assert o.health == "up" and o.traced("body")[0].startswith("shop.test:8080|"), o
    assert o.address == web.address


def test_unix_socket(recorder, tmp_path, nginx):
    path = tmp_path / "web.sock"
    nginx(http=f"server {{ listen unix:{path}; return 200 'by socket'; }}")
    o = probe("http", {"url": "http://docker/x", "unix_path": str(path)}, expect=["body == 'by socket'"])
    assert o.health == "up" and o.address == str(path), o
    assert not o.page.select("probe_ip_protocol")
    o = probe("http", {"url": "http://docker/x", "unix_path": str(tmp_path / "none.sock")})
    assert (o.health, o.reason) == ("down", "unreachable") and "none.sock" in o.detail


def test_source_address(recorder, nginx):
    server = nginx("return 200 '$remote_addr';")
    o = probe("http", {"url": server.url(), "source_ip_address": "127.0.0.9"}, expect=["body == '127.0.0.9'"])
    assert o.health == "up", o
    o = probe("http", {"url": server.url(), "source_ip_address": "192.0.2.1"})
    assert (o.health, o.reason) == ("unknown", "config") and "192.0.2.1" in o.detail


def test_proxy(recorder, web):
    proxy = recorder({"http://shop.test/x": (200, {}, b"by proxy")})
    conf = {"url": "http://shop.test/x", "proxy_url": proxy.url()}
    o = probe("http", conf, expect=["body == 'by proxy'"])
    assert o.health == "up", o
    assert proxy.requests[0][1] == "http://shop.test/x"
    direct = {"url": web.url(), "proxy_url": proxy.url(), "no_proxy": "127.0.0.0/8"}
    assert probe("http", direct, expect=["body == 'hello\\n'"]).health == "up"
    o = probe("http", {"url": web.url(), "proxy_url": "http://127.0.0.1:1"})
    assert (o.health, o.reason) == ("down", "proxy"), o


def test_environment_does_not_redirect(web):
    env = {"http_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    assert probe("http", web.url(), env=env).health == "up"
    o = probe("http", {"url": web.url(), "proxy_from_environment": True}, env=env)
    assert (o.health, o.reason) == ("down", "proxy")


def test_every_address(web):
    o = probe("http", {"url": web.url(host="localhost"), "resolve": "all"})
    assert set(o.items) and o.items[web.address]["health"] == "up"
    if len(o.items) > 1:
        assert o.health == "down" and o.detail.startswith(f"1 of {len(o.items)} addresses: ")


def test_unresolvable():
    o = probe("http", "http://no-such-host.invalid/")
    assert o.health in ("down", "unknown") and o.reason.startswith("dns_")
    assert set(phases(o)) == {"resolve"}
    assert o.page.value("probe_ip_protocol") == 0 and o.page.value("probe_ip_addr_hash") == 0


def test_operand(web):
    o = probe("http", {"valid_status_codes": [503]}, operand=f"{web.address}/down")
    assert o.health == "up", o


# ---- configuration ----

@pytest.mark.parametrize("conf, says", [
    ({"url": "ftp://a.test/"}, "http and https"),
    ({"url": "http://a b/"}, "no URL"),
    ({"url": ""}, "empty"),
    ({"url": "http://a.test", "enable_http3": True}, "HTTP/3 is not supported"),
    ({"url": "http://a.test", "oauth2": {"client_id": "x"}}, "oauth2 is not supported yet"),
    ({"url": "http://a.test", "bearer_token": "x", "basic_auth": {"username": "u"}}, "exclude each other"),
    ({"url": "http://a.test", "body": "x", "json": {}}, "keep one of them"),
    ({"url": "http://a.test", "fail_if_body_matches_regexp": ["("]}, "fail_if_body_matches_regexp"),
    ({"url": "http://a.test", "fail_if_body_json_matches_cel": "nonsense.x"}, "nonsense"),
    ({"url": "http://a.test", "http_headers": {"A": {"value": "x"}}}, "values, secrets and files"),
    ({"url": "http://a.test", "metod": "GET"}, "method"),
    ({"url": "http://a.test", "body_size_limit": 100}, "body_size_limit"),
    ({"url": "http://a.test", "source_ip_address": "a.test"}, "no IP address"),
])
def test_refused_configuration(conf, says):
    assert says in refused("http", conf)
