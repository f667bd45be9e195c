# SPDX-License-Identifier: Apache-2.0
"""What blackbox_exporter and healthd are both asked: modules in blackbox.yml's syntax, and targets.

A target is a text with the names that the stage provides: {site}, {tls}, {banner} … Each case is
(module, target); `MODULES` is the whole blackbox.yml, and is loaded as it is by both.
"""
GZIP = {"Accept-Encoding": "gzip"}

SITE = """
    location / { return 200 'hello world\\n'; }
    location /empty { return 200; }
    location /missing { return 404 'nothing here'; }
    location /teapot { return 418; }
    location /nothing { return 204; }
    location /broken { return 503 'sorry'; }
    location /json { default_type application/json; return 200 '{"ok": true, "n": 3}'; }
    location /redirect { return 302 /; }
    location /twice { return 301 /redirect; }
    location /loop { return 302 /loop; }
    location /to-tls { return 302 TLS_URL; }
    location /to-dead { return 302 http://127.0.0.1:DEAD/; }
    location /no-location { return 302; }
    location /headers { add_header X-Version 1.2.3; add_header X-Twice a; add_header X-Twice b;
                        return 200 'ok'; }
    location /dated { add_header Last-Modified "Thu, 01 Jan 2015 00:00:00 GMT"; return 200 'old'; }
    location /packed { gzip on; gzip_min_length 1; gzip_types text/plain; alias FILES/; }
    location /echo { return 200 "$request_method $http_host $http_x_ask $content_length"; }
    location /private { auth_basic closed; auth_basic_user_file FILES/users; alias FILES/; }
"""

CA = {"ca_file": "{ca}"}
INSECURE = {"insecure_skip_verify": True}


def http(**options):
    return {"prober": "http", "timeout": "2s", "http": dict({"preferred_ip_protocol": "ip4"}, **options)}


def tcp(steps=None, **options):
    if steps:
        options["query_response"] = steps
    return {"prober": "tcp", "timeout": "2s", "tcp": dict({"preferred_ip_protocol": "ip4"}, **options)}


MODULES = {
    "http": http(),
    "plain": {"prober": "http"},
    "quick": {"prober": "http", "timeout": "300ms", "http": {"preferred_ip_protocol": "ip4"}},
    "any_status": http(valid_status_codes=[200, 302, 404, 418]),
    "no_follow": http(follow_redirects=False),
    "no_follow_ok": http(follow_redirects=False, valid_status_codes=[302]),
    "old_no_follow": http(no_follow_redirects=True),
    "body_bad": http(fail_if_body_matches_regexp=["hello"]),
    "body_good": http(fail_if_body_not_matches_regexp=["^hello", "(?i)WORLD"]),
    "body_dollar": http(fail_if_body_not_matches_regexp=["world$"]),
    "body_404": http(valid_status_codes=[404], fail_if_body_matches_regexp=["here"]),
    "header_bad": http(fail_if_header_matches=[{"header": "X-Version", "regexp": r"^1\."}]),
    "header_good": http(fail_if_header_not_matches=[{"header": "x-version", "regexp": r"^1\.2"}]),
    "header_absent": http(fail_if_header_not_matches=[{"header": "X-Gone", "regexp": ".*"}]),
    "header_optional": http(fail_if_header_not_matches=[
        {"header": "X-Gone", "regexp": ".*", "allow_missing": True}]),
    "header_one_matches": http(fail_if_header_matches=[{"header": "X-Twice", "regexp": "b"}]),
    "not_ssl": http(fail_if_ssl=True, tls_config=INSECURE),
    "ssl_only": http(fail_if_not_ssl=True, tls_config=INSECURE),
    "trusted": http(tls_config=CA),
    "http1": http(tls_config=CA, enable_http2=False),
    "want_http2": http(tls_config=CA, valid_http_versions=["HTTP/2.0"]),
    "want_http1": http(tls_config=CA, valid_http_versions=["HTTP/1.1"]),
    "insecure": http(tls_config=INSECURE),
    "old_tls": http(tls_config=dict(CA, max_version="TLS12")),
    "other_name": http(tls_config=dict(CA, server_name="elsewhere.test")),
    "right_password": http(basic_auth={"username": "eve", "password": "s3cret"}),
    "wrong_password": http(basic_auth={"username": "eve", "password": "guess"}),
    "bearer": http(authorization={"type": "Bearer", "credentials": "abc"},
                   fail_if_body_not_matches_regexp=["."]),
    "head": http(method="HEAD"),
    "post": http(method="POST", body="a=1&b=2", headers={"Content-Type": "text/x", "X-Ask": "why"},
                 fail_if_body_not_matches_regexp=["^POST .* why 7$"]),
    "empty_post": http(method="POST", fail_if_body_not_matches_regexp=["^POST \\S+  0$"]),
    "host_echo": http(fail_if_body_not_matches_regexp=["GET www.test"]),
    "host": http(headers={"Host": "shop.test"}, fail_if_body_not_matches_regexp=["GET shop.test"]),
    "gzip": http(headers=GZIP, compression="gzip", fail_if_body_not_matches_regexp=["squeezed"]),
    "gzip_raw": http(headers=GZIP),
    "identity": http(compression="identity"),
    "small": http(body_size_limit="5B"),
    "small_regex": http(body_size_limit="5B", fail_if_body_not_matches_regexp=["world"]),
    "fits": http(body_size_limit="1KB"),
    "connect": tcp(),
    "smtp": tcp([{"expect": "^220 (\\S+)"}, {"send": "EHLO ${1}"}, {"expect": "^250 OK"}]),
    "no_match": tcp([{"expect": "^230 "}]),
    "starttls": tcp([{"expect": "^220"}, {"send": "STARTTLS"}, {"expect": "^220"}, {"starttls": True},
                     {"send": "EHLO again"}, {"expect": "^250"}],
                    tls_config=dict(CA, server_name="localhost")),
    "tcp_tls": tcp(tls=True, tls_config=CA),
    "tcp_tls_insecure": tcp(tls=True, tls_config=INSECURE),
    "quick_tcp": {"prober": "tcp", "timeout": "300ms", "tcp": {"preferred_ip_protocol": "ip4"}},
}

# What Debian's blackbox_exporter 0.23 does not know yet, with what a newer one says.
NEWER = {
    "labels": tcp([{"expect": "^220 (\\S+) (\\w+)",
                    "labels": [{"name": "host", "value": "${1}"}, {"name": "word", "value": "${2}"}]}]),
    "bytes": tcp([{"send": "PING"}, {"expect_bytes": "+PONG\r\n"}]),
    "wrong_bytes": tcp([{"send": "PING"}, {"expect_bytes": "+GONG\r\n"}]),
}
NEWER_CASES = [
    ("labels", "{banner}", {"probe_success": 1}, {"host": "mail.test", "word": "ready"}),
    ("bytes", "{redis}", {"probe_success": 1, "probe_failed_due_to_bytes": 0}, None),
    ("wrong_bytes", "{redis}", {"probe_success": 0, "probe_failed_due_to_bytes": 1}, None),
]

CASES = [
    *[("http", "{site}" + path) for path in (
        "/", "/empty", "/missing", "/nothing", "/broken", "/json", "/redirect", "/twice", "/loop",
        "/to-dead", "/no-location", "/headers", "/dated", "/packed/large.txt")],
    ("plain", "{site}/"), ("plain", "{bare}"), ("plain", "localhost:{port}"),
    ("http", "http://no-such-name.invalid/"), ("http", "{dead}"), ("http", "{missing_slash}"),
    ("any_status", "{site}/missing"), ("any_status", "{site}/teapot"), ("any_status", "{site}/broken"),
    ("no_follow", "{site}/redirect"), ("no_follow_ok", "{site}/redirect"),
    ("old_no_follow", "{site}/redirect"),
    ("body_bad", "{site}/"), ("body_bad", "{site}/json"), ("body_good", "{site}/"),
    ("body_good", "{site}/json"), ("body_dollar", "{site}/"), ("body_404", "{site}/missing"),
    ("body_bad", "{site}/missing"),
    ("header_bad", "{site}/headers"), ("header_bad", "{site}/"), ("header_good", "{site}/headers"),
    ("header_absent", "{site}/headers"), ("header_optional", "{site}/headers"),
    ("header_one_matches", "{site}/headers"),
    ("not_ssl", "{site}/"), ("not_ssl", "{tls}/"), ("ssl_only", "{site}/"), ("ssl_only", "{tls}/"),
    ("not_ssl", "{site}/to-tls"),
    ("trusted", "{tls}/"), ("trusted", "{expired}"), ("trusted", "{wrong_name}"), ("http", "{tls}/"),
    ("trusted", "{chained}"), ("trusted", "{site}/to-tls"), ("trusted", "{tls_at_plain}"),
    ("http1", "{tls}/"), ("want_http2", "{tls}/"), ("want_http1", "{tls}/"), ("want_http2", "{site}/"),
    ("insecure", "{expired}"), ("insecure", "{self_signed}"), ("old_tls", "{tls}/"),
    ("other_name", "{wrong_name}"), ("other_name", "{tls}/"),
    ("right_password", "{site}/private/large.txt"), ("wrong_password", "{site}/private/large.txt"),
    ("bearer", "{site}/echo"),
    ("head", "{site}/"), ("head", "{site}/packed/large.txt"), ("post", "{site}/echo"),
    ("empty_post", "{site}/echo"), ("host", "{site}/echo"),
    ("gzip", "{site}/packed/large.txt"), ("gzip", "{site}/"), ("gzip_raw", "{site}/packed/large.txt"),
    ("identity", "{site}/"), ("small", "{site}/"), ("small_regex", "{site}/"), ("fits", "{site}/"),
    ("small", "{site}/empty"),
    ("quick", "{silent_url}"), ("quick", "{drip_body}"), ("quick", "{never_url}"),
    ("http", "{half_answer}"), ("http", "{endless_chunks_cut}"), ("http", "{garbage}"),
    ("connect", "{banner}"), ("connect", "{dead_tcp}"), ("connect", "no-such-name.invalid:1"),
    ("connect", "127.0.0.1"), ("quick_tcp", "{never}"),
    ("smtp", "{banner}"), ("no_match", "{banner}"), ("no_match", "{closing}"), ("starttls", "{starttls}"),
    ("tcp_tls", "{tls_tcp}"), ("tcp_tls", "{expired_tcp}"), ("tcp_tls_insecure", "{expired_tcp}"),
    ("tcp_tls", "{site_tcp}"),
]
