# SPDX-License-Identifier: Apache-2.0
"""No secret leaves healthd in any output, in any encoding; a changed one is used at once."""
import base64
import html
import json
import pathlib
import re
import urllib.parse

import pytest

from lib.banner import Banner
from lib.http import request
from lib.wait import wait_until

# Variables that reach options of type secret, or whose names say what they are, or a URL's password.
SECRETS = {
    "PASSWORD": "pa55word&with/odd chars",
    "BEARER": "bearer-token-0123456789",
    "HEADER_KEY": "header-secret-value",
    "QUERY_TOKEN": "query-secret-value",
    "USERINFO": "userinfo-secret",
    "MAIL_PASS": "dialogue-secret",
    "WEB": "listener-bearer-token",
    "GH": "plain-name-header-credential",
}
# What each place answers comes back to us: the server repeats all that it was told.
ECHO = ("return 200 'you said: $http_authorization $http_x_key $request_uri $remote_user';")


def forms(secret):
    """A secret as it is, and as libraries write it in URLs, forms, JSON, HTML and base64."""
    raw = secret.encode()
    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote_plus(secret)
    quoted = json.dumps(secret)[1:-1]
    yield quoted
    yield quoted.replace("/", "\\/")  # PHP
    yield "".join(f"\\u{ord(c):04x}" if c in "&<>" else c for c in quoted)  # Go
    yield html.escape(secret)
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.b64encode(b"eve:" + raw).decode()


@pytest.fixture
def stage(request, nginx, healthd, tmp_path):
    site = nginx(ECHO)
    banner = Banner(["^AUTH (.*)", b"550 I do not know ${1}\r\n"])
    request.addfinalizer(banner.close)
    file = tmp_path / "token"
    file.write_text("file-token-abcdef\n")
    never = ["never"]
    probes = [
        {"name": "basic", "http": {"url": site.url(), "basic_auth": {
            "username": "eve", "password": "${env:PASSWORD}"}, "fail_if_body_not_matches_regexp": never}},
        {"name": "bearer", "http": {"url": site.url(), "bearer_token": "${env:BEARER}",
                                    "fail_if_body_not_matches_regexp": never}},
        {"name": "file", "http": {"url": site.url(), "bearer_token": f"${{file:{file}}}"},
         "results": "all", "expect": ["body.contains('never')"]},
        {"name": "header", "http": {"url": site.url(), "headers": {"X-Key": "${env:HEADER_KEY}"}},
         "expect": ["body == 'never'"]},
        {"name": "plain", "http": {"url": site.url(), "headers": {"Authorization": "Bearer ${env:GH}"}},
         "expect": ["body == 'never'"]},
        {"name": "query", "http": site.url("/?key=${env:QUERY_TOKEN}"), "expect": ["body == 'never'"]},
        {"name": "userinfo", "http": f"http://eve:${{env:USERINFO}}@{site.address}/",
         "should": ["body == 'never'"]},
        {"name": "dialogue", "tcp": {"address": banner.target, "query_response": [
            {"send": "AUTH ${env:MAIL_PASS}"}, {"expect": "^220"}]}},
        {"name": "unreachable", "http": f"http://eve:${{env:USERINFO}}@127.0.0.1:1/?k=${{env:QUERY_TOKEN}}"},
    ]
    for probe in probes:
        probe.update(interval="300ms", timeout="250ms", retry_interval="100ms")
    modules = {"echo": {"prober": "http", "http": {"bearer_token": "${env:BEARER}"}},
               "user": {"prober": "http", "http": {"basic_auth": {
                   "username": "eve", "password": "${env:PASSWORD}"}}}}
    web = {"listen": ["127.0.0.1:0", f"unix:{tmp_path}/s"], "act_token": "${env:WEB}"}
    daemon = healthd(f"probes: {json.dumps(probes)}\nmodules: {json.dumps(modules)}\n"
                     f"web: {json.dumps(web)}\n", env=SECRETS)
    daemon.socket = tmp_path / "s"
    wait_until(lambda: all(one["runs"] >= 4 for one in daemon.probes().values()))
    return daemon, site, file


def outputs(daemon, site):
    """Everything that healthd tells anybody."""
    yield "log", daemon.process.out.read_text()
    yield "own log", daemon.stderr()
    paths = ["/", "/metrics", "/sd", "/health", "/api/status", "/api/probes", "/api/openapi.json"]
    for name in daemon.probes():
        paths += [f"/metrics/{name}", f"/api/probes/{name}"]
    for path in paths:
        yield path, daemon.get(path).text
    for module in ("echo", "user"):
        yield "probe", daemon.probe(site.url(), module).text
        yield "debug", daemon.probe(site.url(), module, debug="true").text
    for name in daemon.probes():
        yield f"run {name}", daemon.post(f"/api/run/{name}").text
    daemon.config.write_text(daemon.config.read_text() + "\nnonsense: ${env:PASSWORD}\n")
    yield "reload", daemon.reload().text
    yield "own log", daemon.stderr()


def test_no_secret_in_any_output(stage):
    daemon, site, _ = stage
    hidden = dict(SECRETS, FILE="file-token-abcdef")
    found = [(where, name, text[max(0, text.index(form) - 80):][:200]) for where, text in outputs(daemon, site)
             for name, secret in hidden.items() for form in forms(secret) if form in text]
    assert not found
    assert "you said" in daemon.get("/api/probes/bearer").text, "what came back is shown"
    assert "[redacted]" in daemon.get("/api/probes/bearer").text


def test_secrets_are_used(stage):
    daemon, site, _ = stage
    answer = daemon.probe(site.url(), "user")
    assert answer.status == 200
    assert any("- eve [" in line for line in site.access_log())
    assert any("key=query-secret-value" in line for line in site.access_log())


def test_no_secret_in_the_printed_configuration(run_healthd, tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("probes: [{name: a, http: {url: 'http://eve:${env:USERINFO}@localhost/', "
                    "bearer_token: '${env:BEARER}'}}, {name: b, http: {url: 'http://b/', "
                    "bearer_token: plain-text-secret, headers: {X-Api-Key: plain-api-key}}}]\n")
    done = run_healthd("--config", path, "--print-config", env=SECRETS)
    for secret in (SECRETS["USERINFO"], SECRETS["BEARER"], "plain-text-secret",
                   "plain-api-key"):
        assert secret not in done.stdout + done.stderr


def test_a_rotated_secret_is_picked_up(nginx, healthd, tmp_path):
    site = nginx("if ($http_authorization != 'Bearer second-token') { return 401; } return 200;")
    file = tmp_path / "token"
    file.write_text("first-token\n")
    daemon = healthd("probes: " + json.dumps([
        {"name": name, "interval": "300ms", "retry_interval": "100ms", "http": dict(
            {"url": site.url()}, **how)} for name, how in (
                ("secret", {"bearer_token": f"${{file:{file}}}"}),
                ("option", {"bearer_token_file": str(file)}))]) + "\n")
    for name in ("secret", "option"):
        assert daemon.wait_health(name, "down")["last"]["reason"] == "auth"
    new = tmp_path / "new"
    new.write_text("second-token\n")
    new.rename(file)
    for name in ("secret", "option"):
        daemon.wait_health(name, "up", 15)
    for text in (daemon.get("/api/probes/secret").text, daemon.stderr()):
        assert "first-token" not in text and "second-token" not in text


def test_a_secret_file_that_vanishes_keeps_its_value(nginx, healthd, tmp_path):
    site = nginx("if ($http_authorization != 'Bearer the-token') { return 401; } return 200;")
    file = tmp_path / "token"
    file.write_text("the-token\n")
    daemon = healthd("probes: " + json.dumps([
        {"name": "a", "interval": "300ms", "http": {
            "url": site.url(), "bearer_token": f"${{file:{file}}}"}}]) + "\n")
    daemon.wait_health("a", "up")
    file.unlink()
    daemon.wait_value(1, "healthd_secret_files_failed")
    runs = daemon.probes()["a"]["runs"]
    wait_until(lambda: daemon.probes()["a"]["runs"] > runs + 2)
    assert daemon.probes()["a"]["last"]["health"] == "up"


def test_the_act_token_is_not_told(healthd):
    daemon = healthd("web: {listen: ['127.0.0.1:0'], act_token: '${env:WEB}'}\n", env=SECRETS)
    url = daemon.url("/-/reload")
    answers = [request(url, "POST", {"Authorization": f"Bearer {token}"}).text
               for token in ("wrong", SECRETS["WEB"])]
    assert SECRETS["WEB"] not in "".join(answers) + daemon.stderr()


WRITTEN = "s3cret-word"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def options_of(schema):
    """The options in the table of a probe type."""
    tables = [schema]
    while tables:
        one = tables.pop()
        if "properties" in one:
            return one["properties"]
        tables += one.get("anyOf", [])
    return {}


def takes_text(option):
    return any(one.get("$ref") in ("#/$defs/text", "#/$defs/texts") for one in option.get("anyOf", []))


def test_no_password_of_any_option(healthd, healthctl, tmp_path):
    """Each option of each probe type that takes text, given a URL with a password: what is refused does not show it,
    and neither does what runs. Names are asked for where nobody answers."""
    schema = json.loads((ROOT / "docs/reference/healthd.schema.json").read_text())
    kinds = schema["properties"]["probes"]["anyOf"][0]["items"]["properties"]
    nowhere = tmp_path / "resolv.conf"
    nowhere.write_text("nameserver 127.66.66.66\noptions timeout:1 attempts:1\n")
    lines = [f"resolver: {{resolv_conf: {nowhere}}}", "probes:"]
    for kind, schema in kinds.items():
        for name, option in options_of(schema).items():
            for written in (f"http://eve:{WRITTEN}@127.0.0.1:1/", f"eve:{WRITTEN}@127.0.0.1:1"):
                if takes_text(option) and kind not in ("host", "containers"):  # they ask this machine
                    probe = {"name": f"p{len(lines)}", "interval": "1s", kind: {name: written}}
                    lines.append("  - " + json.dumps(probe))
    assert len(lines) > 100
    path = tmp_path / "all.yml"
    refused = {0}
    while refused:  # it shows the first twenty
        path.write_text("\n".join(lines) + "\n")
        said = healthctl("validate", path)
        assert WRITTEN not in said.stdout + said.stderr
        refused = {int(line) for line in re.findall(r"all\.yml:(\d+):", said.stderr + said.stdout)}
        lines = [line for at, line in enumerate(lines, 1) if at not in refused]
    assert len(lines) > 40
    daemon = healthd("\n".join(lines) + "\n")
    wait_until(lambda: all(one["runs"] >= 1 for one in daemon.probes().values()))
    said = daemon.process.out.read_text() + daemon.stderr() + daemon.get("/metrics").text + daemon.get("/health").text
    said += "".join(daemon.get(f"/api/probes/{name}").text for name in daemon.probes())
    assert not [said[max(0, found.start() - 300):found.end() + 100] for found in re.finditer(WRITTEN, said)]
