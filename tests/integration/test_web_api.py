# SPDX-License-Identifier: Apache-2.0
"""The API as its document says it, who may use it and how often, and the line that every act leaves."""
import base64
import json
import shutil
import subprocess

import pytest

from lib.http import request
from lib.npm import node_modules
from lib.wait import wait_until

VALIDATE = """
const parser = require("@apidevtools/swagger-parser");
parser.validate(process.argv[1]).then(
  api => console.log(Object.keys(api.paths).length),
  error => { console.error(String(error)); process.exit(1); });
"""
EVERYTHING = """
modules: {http_2xx: {prober: http}}
probes:
  - {name: site, http: "%s", interval: 200ms}
  - {name: nightly, heartbeat: {every: 1h, token: "beat-of-my-own"}}
receivers: {chat: {webhook: {url: "%s"}}}
route: {receiver: chat}
"""
# What a request to a path needs to be answered with 200: by name of the parameter.
VALUES = {"probe": "site", "name": "site", "alert": "nothing", "target": None, "module": "http_2xx",
          "query": "up", "start": "1", "end": "2", "step": "1", "match[]": "up", "hash": "none", "file": "none",
          "kind": "start", "token": "beat-of-my-own", "time": "1"}


def tcp(**options):
    """A web section with one TCP listener that has these attributes, and a Unix socket."""
    extra = options.pop("web", {})
    return "web: " + json.dumps(dict(extra, listen=[dict(options, address="127.0.0.1:0"), "unix:%s"])) + "\n"


@pytest.fixture
def start(healthd, tmp_path):
    """A healthd with this configuration; its Unix socket is at daemon.socket."""
    def begin(web, more="", **options):
        socket = tmp_path / "api.sock"
        daemon = healthd(web.replace("%s", str(socket)) + more, **options)
        daemon.socket = socket
        if not daemon.url_base:
            daemon.url_base = wait_until(lambda: [line["address"] for line in daemon.logs(event="listening")
                                                  if line["address"].startswith("http")])[0].rstrip("/")
        return daemon
    return begin


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def act(daemon, token=None, path="/-/reload", **options):
    return request(daemon.url(path), "POST", bearer(token) if token else None, **options)


# ---- the document ----



def test_the_document_is_valid_openapi(healthd, tmp_path):
    answer = healthd().get("/api/openapi.json")
    file = tmp_path / "openapi.json"
    file.write_text(answer.text)
    modules = node_modules("openapi")
    done = subprocess.run([shutil.which("node"), "-e", VALIDATE, str(file)], cwd=modules.parent, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(answer.json()["paths"]) > 30


def test_the_document_says_everything(healthd):
    api = healthd().get("/api/openapi.json").json()
    seen = set()
    for path, operations in api["paths"].items():
        segments = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for method, operation in operations.items():
            where = f"{method} {path}"
            in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert in_path == segments, where
            assert operation["operationId"] not in seen and operation["summary"], where
            seen.add(operation["operationId"])
            assert operation["x-right"] in ("read", "act", "own"), where
            assert "200" in operation["responses"] and "403" in operation["responses"], where
            if operation["x-right"] == "act":
                assert {"401", "429"} <= set(operation["responses"]), where
    ack = api["paths"]["/api/acks"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert ack["required"] == ["alert"] and "comment" in ack["properties"]
    assert set(api["components"]["securitySchemes"]) == {"bearer", "basic"}


def asked(path, operation, site):
    query = []
    for parameter in operation["parameters"]:
        value = VALUES.get(parameter["name"], None) if parameter["name"] != "target" else site
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], "nightly" if "heartbeat/{name}" in path else value)
        elif parameter["required"] or (parameter["name"] in ("match[]", "token") and value):
            query.append(f"{parameter['name']}={value}")
    return path + ("?" + "&".join(query) if query else "")


def required_are_there(schema, value, where):
    if schema.get("type") == "array":
        for item in value:
            required_are_there(schema["items"], item, where)
    elif schema.get("type") == "object":
        kinds = {"string": str, "object": (dict, list), "array": list, "boolean": bool, "integer": int}
        assert set(schema.get("required", ())) <= set(value), where
        for name, field in schema["properties"].items():
            if value.get(name) is not None:
                assert isinstance(value[name], kinds[field["type"]]), (where, name)


def stream_head(daemon):
    import http.client
    host, _, port = daemon.address.rpartition(":")
    client = http.client.HTTPConnection(host, int(port), timeout=20)
    client.request("GET", "/api/stream")
    answer = client.getresponse()
    client.close()
    return answer.status, answer.headers["content-type"]


def test_every_path_that_reads_answers_as_described(start, badpeer):
    site = badpeer("ok").url()
    daemon = start(tcp(rights="act"), EVERYTHING % (site, site))
    daemon.wait_health("site", "up")
    wrong = []
    for path, operations in daemon.get("/api/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        operation = operations["get"]
        if path == "/api/stream":
            status, media = stream_head(daemon)
        else:
            answer = daemon.get(asked(path, operation, site))
            status, media = answer.status, answer.headers["content-type"]
        described = operation["responses"].get(str(status))
        if not described or media.partition(";")[0] not in described["content"]:
            wrong.append((path, status, media))
        elif status == 200 and media == "application/json":
            required_are_there(described["content"]["application/json"].get("schema", {}), answer.json(), path)
        if status != 200 and "{hash}" not in path and path != "/runbooks/{name}":
            wrong.append((path, status, answer.text))
    assert not wrong


# ---- tokens ----

TOKENS = {"tokens": [{"name": "ci", "token": "${env:CI}", "rights": "act"},
                     {"name": "wall", "token": "${env:WALL}"},
                     {"name": "engine", "token": "${env:ENGINE}", "rights": "events"}]}
SECRETS = {"CI": "secret-of-ci", "WALL": "secret-of-wall", "ENGINE": "secret-of-engine", "OLD": "secret-of-old"}


@pytest.mark.parametrize("token, read, acts, events", [
    (None, 401, 401, 403), ("secret-of-c", 401, 401, 403), ("secret-of-ci", 200, 200, 200),
    ("secret-of-wall", 200, 403, 403), ("secret-of-engine", 401, 401, 200), ("secret-of-old", 200, 200, 200),
])
def test_a_token_lets_one_do_what_it_says(start, token, read, acts, events):
    web = tcp(rights="none", web=dict(TOKENS, act_token="${env:OLD}"))
    daemon = start(web, env=SECRETS, ready=False)
    headers = bearer(token) if token else {}
    assert request(daemon.url("/api/status"), headers=headers).status == read
    assert act(daemon, token).status == acts
    event = json.dumps({"task_id": "t", "state": "started", "workflow_id": "w"}).encode()
    assert (request(daemon.url("/api/events"), "POST", headers, event).status == 403) == (events == 403)


def test_a_token_that_reads_does_not_act_where_nobody_acts(start):
    daemon = start(tcp(web=TOKENS), env=SECRETS)
    answer = act(daemon, "secret-of-wall")
    assert answer.status == 403 and "token wall only lets you look" in answer.text
    assert daemon.get("/api/me", headers=bearer("secret-of-ci")).json() == {
        "who": "token ci", "may_act": True, "token_would_help": True}


def test_a_rotated_token_counts_without_a_reload(start, tmp_path):
    files = {name: tmp_path / name for name in ("ci", "door")}
    for name, file in files.items():
        file.write_text(f"first-secret-of-{name}\n")
    web = tcp(bearer_token=f"${{file:{files['door']}}}",
              web={"tokens": [{"name": "ci", "token": f"${{file:{files['ci']}}}", "rights": "act"}]})
    daemon = start(web, ready=False)
    wait_until(lambda: act(daemon, "first-secret-of-ci").status == 200)
    for name, file in files.items():
        file.write_text(f"second-secret-of-{name}\n")
    wait_until(lambda: act(daemon, "second-secret-of-ci").status == 200, 20)
    assert act(daemon, "first-secret-of-ci").status == 401
    assert daemon.get("/metrics", headers=bearer("second-secret-of-door")).status == 200
    assert daemon.get("/metrics", headers=bearer("first-secret-of-door")).status == 401


@pytest.mark.parametrize("tokens, fault", [
    ([{"name": "a", "token": ""}], "its 'token' is empty"),
    ([{"name": "a", "token": "x-1234"}, {"name": "a", "token": "y-1234"}], "an earlier one has the same name"),
    ([{"name": "a", "token": "x-1234"}, {"name": "b", "token": "x-1234"}], "an earlier one has the same secret"),
    ([{"name": "act_token", "token": "x-1234"}], "that name is taken"),
    ([{"name": "a"}], "token"),
    ([{"name": "a", "token": "x-1234", "rights": "all"}], "rights"),
])
def test_tokens_that_cannot_be_meant(start, tokens, fault):
    daemon = start(tcp())
    before = daemon.config.read_text()
    daemon.config.write_text(tcp(web={"tokens": tokens}).replace("%s", str(daemon.socket)) +
                             before.partition("\n")[2])
    answer = daemon.post("/-/reload")
    assert answer.status == 500 and fault in answer.text and "x-1234" not in answer.text


# ---- how often ----

def test_acts_are_limited_by_address_and_the_socket_is_not(start):
    daemon = start(tcp(rights="act", web={"limits": {"acts": 3}}))
    assert [act(daemon).status for _ in range(4)] == [200, 200, 200, 429]
    answer = act(daemon)
    assert 1 <= int(answer.headers["retry-after"]) <= 20 and "acts: …" in answer.text
    assert all(daemon.post("/-/reload").status == 200 for _ in range(5))
    assert daemon.get("/metrics").status == 200


def test_expensive_reads_are_limited(start, badpeer):
    site = badpeer("ok").url()
    daemon = start(tcp(web={"limits": {"probes": 2, "queries": 2}}), EVERYTHING % (site, site))
    assert [daemon.probe(site, "http_2xx").status for _ in range(3)] == [200, 200, 429]
    answers = [daemon.get("/api/v1/query_range?query=up&start=1&end=2&step=1") for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert answers[2].json()["status"] == "error" and int(answers[2].headers["retry-after"]) >= 1
    assert all(daemon.get("/metrics").status == 200 for _ in range(5))


def test_no_limit(start):
    daemon = start(tcp(rights="act", web={"limits": {"acts": 0, "refusals": 0}}))
    assert all(act(daemon).status == 200 for _ in range(130))


def test_guessing_is_limited(start):
    daemon = start(tcp(username="eve", password="${env:PASSWORD}", web=dict(TOKENS, limits={"refusals": 20})),
                   env=dict(SECRETS, PASSWORD="correct horse"), ready=False)
    basic = {"Authorization": "Basic " + base64.b64encode(b"eve:correct horse").decode()}
    assert request(daemon.url("/api/status"), headers=basic).status == 200
    answers = [act(daemon, "wrong").status for _ in range(40)]
    assert answers[:20] == [401] * 20 and 429 in answers
    assert act(daemon, "secret-of-ci").status == 429, "nor is a right one looked at"
    assert daemon.get("/api/status").status == 401, "who shows nothing guesses nothing"
    scrapes = [request(daemon.url("/metrics"), headers=headers).status for headers in (bearer("wrong"), basic) * 4]
    assert scrapes == [401, 200] * 4, "a scraper on this machine is never limited"
    wait_until(lambda: act(daemon, "secret-of-ci").status == 200, 40)


# ---- who did what ----

def test_every_act_leaves_a_line(start, badpeer):
    site = badpeer("ok").url()
    daemon = start(tcp(web=TOKENS), EVERYTHING % (site, site), env=SECRETS)
    body = json.dumps({"matchers": "site", "duration": "1h", "creator": "eve", "comment": "x"}).encode()
    assert act(daemon, "secret-of-ci", "/api/silences", body=body).status == 200
    line = daemon.wait_log(event="act", path="/api/silences")
    assert (line["outcome"], line["what"], line["who"], line["as"], line["status"]) == \
        ("done", "site", "token ci", "eve", 200)
    assert line["from"].startswith("127.0.0.1:") and line["listener"].startswith("http://127.0.0.1")
    assert daemon.post("/api/run/site").status == 200
    line = daemon.wait_log(event="act", path="/api/run/site")
    assert line["who"].startswith("uid ") and line["what"] == "site" and line["listener"] == f"unix:{daemon.socket}"


def test_refused_and_failed_acts_leave_one_too(start):
    daemon = start(tcp(web=dict(TOKENS, limits={"acts": 4})), env=SECRETS)
    assert act(daemon).status == 403
    line = daemon.wait_log(event="act", status=403)
    assert (line["outcome"], line["level"]) == ("refused", "warning") and line["who"] == line["from"]
    assert act(daemon, "secret-of-wall").status == 403
    assert daemon.wait_log(event="act", who="token wall")["outcome"] == "refused"
    assert act(daemon, "secret-of-ci", "/api/acks", body=b'{"alert": "none"}').status == 404
    line = daemon.wait_log(event="act", status=404)
    assert (line["outcome"], line["what"]) == ("failed", "none")
    assert act(daemon, "secret-of-ci").status == 200
    assert {act(daemon, "secret-of-ci").status for _ in range(20)} == {429}
    daemon.wait_log(event="act", status=429)
    assert daemon.get("/-/ready").status == 200
    assert len(daemon.logs(event="act", status=429)) <= 7, "a flood of requests is none of lines"
    assert "secret-of" not in daemon.stderr()
