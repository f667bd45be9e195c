# SPDX-License-Identifier: Apache-2.0
"""The mcp probe beside the reference server from npm, and beside a strict one that is broken in every way we know."""
import copy
import json
import os
import sys
import time
from pathlib import Path

import pytest

from lib import mcp
from lib.mcp import CLOCK, SEARCH, McpServer, tool
from lib.mcp_everything import Everything, program
from lib.probe import probe, refused
from lib.process import running
from lib.wait import wait_until

STDIO = [sys.executable, "-m", "lib.mcp"]
TESTS = str(Path(mcp.__file__).parent.parent)
NODE_PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    server = Everything(tmp_path_factory.mktemp("everything"))
    yield server
    server.stop()


@pytest.fixture
def strict(request):
    """strict(…): an McpServer; at the test's end it has no fault to find, and no session is left."""
    def make(**options):
        server = McpServer(**options)

        def end():
            server.close()
            assert not server.faults, server.faults
        request.addfinalizer(end)
        return server
    return make


def stdio(**scenario):
    return {"command": [*STDIO, json.dumps(scenario)], "working_directory": TESTS}


def text(said):
    return {"content": [{"type": "text", "text": said}]}


# ---- the reference server ----

def test_the_reference_server_over_http(everything):
    found = probe("mcp", {"url": everything.url, "tools": ["echo", "get-sum"],
                          "call": {"tool": "echo", "arguments": {"message": "h\u00e4llo"}}},
                  expect=['text == "Echo: h\u00e4llo"', "!is_error", 'server.name.contains("everything")',
                          'protocol == "2025-11-25"', "tools.size() > 5", '"echo" in tools', "call_time > 0s",
                          "has(capabilities.tools)", "instructions.size() > 10", "schema_sha256.size() == 64",
                          'schema["echo"].required[0] == "message"'])
    assert found.health == "up", found
    assert found.page.value("mcp_tools") > 5
    assert found.page.value("mcp_call_error") == 0
    assert all(found.page.value("mcp_step_duration_seconds", step=step) > 0 for step in ("initialize", "list", "call"))
    wait_until(lambda: "session termination request" in everything.said(), what="the session to be ended")


@pytest.mark.parametrize("call, expect, health, words", [
    ({"tool": "get-sum", "arguments": {"a": 2, "b": 40}}, ['text.contains("42")'], "up", ""),
    ({"tool": "get-structured-content", "arguments": {"location": "New York"}},
     ["structured.temperature > -60", "json.temperature == structured.temperature"], "up", ""),
    ({"tool": "get-sum", "arguments": {"a": "x", "b": 1}}, [], "down", "tool 'get-sum' reports an error"),
    ({"tool": "get-sum", "arguments": {"a": "x", "b": 1}, "may_fail": True}, ["is_error"], "up", ""),
    ({"tool": "get-summ"}, [], "down", "the nearest is 'get-sum'"),
])
def test_its_tools(everything, call, expect, health, words):
    found = probe("mcp", {"url": everything.url, "call": call}, expect=expect)
    assert found.health == health and words in found.detail and bool(found.detail) == bool(words), found


def test_the_reference_server_over_stdio():
    found = probe("mcp", {"command": ["node", str(program()), "stdio"], "path": NODE_PATH, "tools": ["echo"],
                          "call": {"tool": "echo", "arguments": {"message": "line\nbreak"}}},
                  expect=['text == "Echo: line\\nbreak"', 'server.name.contains("everything")'], timeout=20)
    assert found.health == "up", found
    assert found.page.value("mcp_tools") > 5


# ---- the protocol ----

@pytest.mark.parametrize("options, protocol", [
    ({}, "2025-11-25"), ({"is_stream": True}, "2025-11-25"), ({"has_sessions": False}, "2025-11-25"),
    ({"is_stream": True, "asks": ["ping", "roots/list", "sampling/createMessage"]}, "2025-11-25"),
    ({"page": 1}, "2025-11-25"), ({"revision": "2025-03-26"}, "2025-03-26"),
    ({"revision": "2024-11-05"}, "2024-11-05"), ({"stateless": True}, "2026-07-28"),
    ({"stateless": True, "is_stream": True, "page": 1}, "2026-07-28"),
])
def test_a_strict_server_finds_no_fault(strict, options, protocol):
    server = strict(results={"search": {**text("found 3"), "structuredContent": {"n": 3}}}, **options)
    found = probe("mcp", {"url": server.url, "tools": ["clock"],
                          "call": {"tool": "search", "arguments": {"query": "a", "limit": 3, "deep": {"x": [1, True]}}}},
                  expect=[f'protocol == "{protocol}"', "structured.n == 3", 'tools.size() == 2'])
    assert found.health == "up", found
    assert server.calls == [("search", {"query": "a", "limit": 3, "deep": {"x": [1, True]}})]
    wait_until(lambda: not server.sessions, what="the session to be ended")
    if options.get("asks"):
        wait_until(lambda: len(server.replies) >= 3, what="the server's requests to be answered")
        replies = {reply["id"]: reply for reply in server.replies}
        assert replies["ask-0"]["result"] == {}
        assert replies["ask-1"]["error"]["code"] == replies["ask-2"]["error"]["code"] == -32601


@pytest.mark.parametrize("options", [{}, {"is_stream": True}, {"page": 200}, {"is_stream": True, "asks": ["ping"]}])
def test_lists_that_are_read_beside_the_loop(strict, options):
    many = [tool(f"tool-{n:03}", {f"p{k}": {"type": "string", "description": "d" * 40} for k in range(5)}) for n in range(400)]
    server = strict(tools=[*many, SEARCH], **options)
    found = probe("mcp", {"url": server.url, "call": {"tool": "search", "arguments": {"query": "x" * 100_000}}},
                  expect=["tools.size() == 401", "json.query.size() == 100000"])
    assert found.health == "up", found
    assert "description" not in str(found.page)


def test_a_child_that_says_much_and_goes(tmp_path):
    many = [tool(f"tool-{n:03}", {f"p{k}": {"type": "string", "description": "d" * 40} for k in range(5)}) for n in range(400)]
    script = tmp_path / "server.py"
    script.write_text(f"import sys; sys.path.insert(0, {TESTS!r})\nfrom lib.mcp import *\nserver = Server(tools={many!r})\n"
                      "for line in sys.stdin:\n    message = json.loads(line)\n    response = server.answer(message)\n"
                      "    if response: print(json.dumps(response), flush=True)\n"
                      "    if message['method'] == 'tools/list': sys.exit(4)\n")
    found = probe("mcp", {"command": [sys.executable, str(script)]}, expect=["tools.size() == 400"])
    assert found.health == "up", "its list came whole before it went"
    found = probe("mcp", {"command": [sys.executable, str(script)], "call": {"tool": "tool-001"}})
    assert found.reason == "closed" and "exit status 4 before it answered tools/call" in found.detail, found


def test_the_protocol_may_be_pinned(strict):
    server = strict(revision=None)
    assert probe("mcp", {"url": server.url, "protocol": "2024-11-05"},
                 expect=['protocol == "2024-11-05"']).health in ("up", "down")
    server.faults.clear()  # its header is that of another revision, which this server does not expect
    found = probe("mcp", {"url": server.url, "protocol": "2026-07-28"})
    assert (found.health, found.reason) == ("down", "protocol"), found
    server.faults.clear()


def test_headers_repeat_what_is_called_without_sessions(strict):
    odd = tool("s\u00fcche", {"region": {"type": "string", "x-mcp-header": "Region"}, "n": {"x-mcp-header": "Number"},
                          "evil": {"x-mcp-header": "A: b"}, "not": {"x-mcp-header": "Absent"}})
    server = strict(tools=[odd], stateless=True)
    found = probe("mcp", {"url": server.url, "protocol": "2026-07-28", "call": {
        "tool": "s\u00fcche", "arguments": {"region": " eu", "n": 7, "evil": "x"}}})
    assert found.health == "up", found
    headers = server.asked[-1][1]
    assert headers["Mcp-Name"] == "=?base64?c8O8Y2hl?=" and headers["Mcp-Param-Region"] == "=?base64?IGV1?="
    assert headers["Mcp-Param-Number"] == "7" and sum(name.startswith("Mcp-Param") for name in headers) == 2


def test_inside_tls(strict, nginx, certs):
    server = strict(is_stream=True)
    front = nginx(f"location / {{ proxy_pass {server.url.removesuffix('/mcp')}; }}", cert=certs.server)
    found = probe("mcp", {"url": front.url("/mcp", host="localhost"), "tls_config": {"ca_file": str(certs.path)}},
                  expect=["tls.expires_in > 0s"])
    assert found.health == "up", found
    assert found.page.value("probe_ssl_earliest_cert_expiry") > 0
    found = probe("mcp", {"url": front.url("/mcp", host="localhost")})
    assert found.reason == "tls_untrusted", found


def test_a_server_without_tools(strict):
    server = strict(tools=())
    server.capabilities = {"prompts": {}}
    found = probe("mcp", server.url, expect=["tools.size() == 0", "!has(capabilities.tools)"])
    assert found.health == "up" and "tools/list" not in server.methods(), found
    found = probe("mcp", {"url": server.url, "tools": ["search"]})
    assert found.reason == "tool_missing" and "none at all" in found.detail


def test_credentials_and_this_askings_name_go_along(strict):
    server = strict(wire={"initialize": lambda handler, message: handler.send(
        401, b"", WWW_Authenticate='Bearer resource_metadata="https://id.test/x"')})
    found = probe("mcp", {"url": server.url, "bearer_token": "t0ken-of-today", "headers": {"X-Team": "ops"}})
    headers = dict(server.asked[0][1])
    assert headers["Authorization"] == "Bearer t0ken-of-today" and headers["X-Team"] == "ops"
    assert found.reason == "auth" and "not accepted" in found.detail and "id.test" in found.detail
    assert "t0ken" not in str(found.__dict__)
    found = probe("mcp", server.url)
    assert found.reason == "auth" and "`bearer_token`" in found.detail


def test_a_path_with_a_slash_more_is_followed(strict):
    server = strict()
    server.redirect = server.url.replace("/mcp", "/mcp/")
    assert probe("mcp", server.url).health == "up"
    server.redirect = "http://127.0.0.1:1/mcp"
    found = probe("mcp", server.url)
    assert found.reason == "redirect" and "127.0.0.1:1/mcp" in found.detail, found


def test_a_session_that_is_forgotten_is_begun_anew_once(strict):
    def forget(handler, message):
        server.sessions.clear()
        if times.pop():
            del server.wire["tools/list"]
        handler.is_known("tools/list")
    server, times = strict(wire={"tools/list": forget}), [True]
    assert probe("mcp", server.url).health == "up"
    assert server.methods().count("initialize") == 2
    server.wire["tools/list"], times = forget, [False, False, False]
    found = probe("mcp", server.url)
    assert found.reason == "status" and "share their sessions" in found.detail, found


def test_a_stream_that_breaks_is_taken_up_again(strict):
    def begin(handler, message):
        handler.stream(["id: 41\nretry: 20\ndata: \n\n"])
        rest.append({"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [SEARCH]}})

    def go_on(handler, _):
        assert handler.headers["Last-Event-ID"] == "41"
        handler.stream(rest)
    rest, server = [], strict(wire={"tools/list": begin, "GET": go_on})
    assert probe("mcp", server.url, expect=["tools.size() == 1"]).health == "up"
    server.wire = {"tools/list": lambda handler, message: handler.stream([": nothing\n\n"])}
    found = probe("mcp", server.url)
    assert found.reason == "closed" and "without the answer to tools/list" in found.detail, found


# ---- faults ----

def garbage(handler, message):
    handler.send(200, b"<html>It works!</html>")


def huge(handler, message):
    handler.send(200, b"[" + b'"x",' * 400_000 + b'"x"]')


def huge_stream(handler, message):
    handler.stream([f"data: {'x' * 2_000_000}\n\n"])


def chatty(handler, message):
    handler.stream([{"jsonrpc": "2.0", "method": "notifications/progress"}] * 3000)


def endless(handler, message):
    handler.send(200, {"jsonrpc": "2.0", "id": message["id"], "result": {"tools": [SEARCH], "nextCursor": str(time.time())}})


def answers(result):
    return lambda handler, message: handler.send(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})


def errors(code, status=200):
    return lambda handler, message: handler.send(
        status, {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": "no luck"}})


@pytest.mark.parametrize("method, how, reason, words", [
    ("initialize", garbage, "protocol", "<html>It works!"),
    ("initialize", lambda handler, _: handler.send(404, b"Not Found"), "status", "Most servers have /mcp"),
    ("initialize", lambda handler, _: handler.send(405, b""), "status", "as of 2024"),
    ("initialize", lambda handler, _: handler.send(403, b"no"), "forbidden", "403"),
    ("initialize", lambda handler, _: handler.send(503, b"later"), "status", '503: "later"'),
    ("initialize", lambda handler, _: handler.send(202), "protocol", "as if it were no request"),
    ("initialize", answers({"protocolVersion": "1999-01-01", "capabilities": {}}), "version", "1999-01-01"),
    ("initialize", answers({"protocolVersion": "2025-06-18"}), "protocol", "`capabilities`"),
    ("initialize", answers([1]), "protocol", "no object"),
    ("notifications/initialized", lambda handler, _: handler.refuse(400, "Server not initialized"), "status",
     "not initialized"),
    ("tools/list", garbage, "protocol", "tools/list"),
    ("tools/list", lambda handler, _: handler.send(200, {"jsonrpc": "2.0", "id": 99, "result": {}}), "protocol",
     "without the response"),
    ("tools/list", huge, "too_large", "`max_size`"),
    ("tools/list", huge_stream, "too_large", "`max_size`"),
    ("tools/list", chatty, "too_large", "2000 messages"),
    ("tools/list", endless, "too_large", "100 pages"),
    ("tools/list", errors(-32603), "protocol", 'error -32603 ("no luck")'),
    ("tools/list", errors(-32603, 500), "protocol", 'error -32603 ("no luck")'),
    ("tools/list", answers({"tools": "none"}), "protocol", "a list `tools`"),
    ("tools/list", answers({"tools": [{"name": "x"}]}), "protocol", "`inputSchema`"),
    ("tools/list", answers({"tools": [tool(f"t{n}") for n in range(1200)]}), "too_large", "`max_tools`"),
    ("tools/call", errors(-32602), "failed", "refused the call of tool 'clock'"),
    ("tools/call", answers({"content": [{"type": "text", "text": "disk on fire"}], "isError": True}), "failed",
     '"disk on fire"'),
    ("tools/call", answers({"content": []}), "body", "`structuredContent`"),
    ("tools/call", answers({"content": [], "structuredContent": {"hour": "noon"}}), "body",
     'structured.hour is string, the schema says "integer"'),
    ("tools/call", answers({"content": [], "structuredContent": {}}), "body", "'hour', which is required"),
    ("tools/call", answers({"resultType": "input_required", "inputRequests": {}}), "failed", "asks for input"),
    ("tools/call", answers({"contents": []}), "protocol", "a list `content`"),
])
def test_faults(strict, method, how, reason, words):
    server = strict(wire={method: how})
    found = probe("mcp", {"url": server.url, "call": {"tool": "clock"}})
    assert (found.health, found.reason) == ("down", reason), found
    assert words in found.detail, found


@pytest.mark.parametrize("method", ["initialize", "tools/list", "tools/call", "DELETE"])
def test_a_server_that_hangs(strict, method):
    server = strict(wire={method: lambda handler, _: time.sleep(20)})
    found = probe("mcp", {"url": server.url, "call": {"tool": "search"}}, timeout=1)
    if method == "DELETE":
        assert found.health == "up" and found.page.value("probe_duration_seconds") < 0.9, found
    else:
        assert found.reason == "timeout" and f"no answer to {method}" in found.detail, found
        assert method == "initialize" or server.methods()[-1] == "DELETE"
    assert found.seconds < 6


# ---- the lock ----

@pytest.fixture
def locked(strict, healthctl, tmp_path):
    """A server, and locked(tools, …): the verdict after its tools became those."""
    server, lock = strict(), tmp_path / "mcp.lock"
    done = healthctl("probe", "mcp", server.url, "--lock", str(lock), "--accept")
    assert done.returncode == 0, done.stdout + done.stderr

    def become(*tools, **options):
        server.tools = list(tools)
        return probe("mcp", {"url": server.url, "lock": str(lock), **options})
    become.lock, become.server = lock, server
    return become


def changed(one, **properties):
    other = copy.deepcopy(one)
    other["inputSchema"]["properties"].update(properties)
    return other


def test_what_is_accepted_is_right(locked):
    written = json.loads(locked.lock.read_text())
    assert written["healthd_mcp_lock"] == 1 and set(written["tools"]) == {"search", "clock"}
    assert "description" not in written["tools"]["search"]["input"]["properties"]["query"]
    assert locked(CLOCK, SEARCH).health == "up", "in another order"
    other = changed(SEARCH, query={"type": "string", "description": "in other words"})
    other["description"] = "In other words."
    found = locked(other, CLOCK)
    assert found.health == "up" and found.page.value("mcp_schema_changes", kind="changed") == 0, found
    found = locked(other, CLOCK, lock_descriptions=True)
    assert found.health == "degraded" and "'search' describes itself in other words" in found.detail, found


@pytest.mark.parametrize("tools, health, words", [
    ([SEARCH], "down", "tool 'clock' is gone"),
    ([SEARCH, CLOCK, tool("extra", {"a": {}})], "degraded", "tool 'extra' is new"),
    ([{**SEARCH, "name": "find"}, CLOCK], "down", "tool 'search' is now called 'find'"),
    ([changed(SEARCH, limit={"type": "string", "default": 10}), CLOCK], "down",
     "tool 'search': parameter 'limit' has type \"string\", it was \"integer\""),
    ([changed(SEARCH, page={"type": "integer"}), CLOCK], "degraded", "parameter 'page' is new"),
    ([tool("search", {"query": {"type": "string"}}, ["query"]), CLOCK], "down", "parameter 'limit' is gone"),
    ([tool("search", SEARCH["inputSchema"]["properties"], ["query", "limit"]), CLOCK], "down",
     "parameter 'limit' is required now"),
    ([SEARCH, tool("clock")], "down", "tool 'clock' no longer has a schema of what it returns"),
])
def test_drift_is_told_in_words(locked, tools, health, words):
    found = locked(*tools)
    assert (found.health, found.reason) == (health, "schema_drift"), found
    assert words in found.detail and "mcp.lock" in found.detail, found
    allowed = locked(*tools, allow_additions=True)
    assert allowed.health == ("up" if health == "degraded" else "down"), allowed


@pytest.mark.parametrize("content, words", [(None, "is not there yet"), ("a pipe", "is no file of"), ("{", "no JSON"), ("{}", "no lock of tools"),
                                            ('{"healthd_mcp_lock": 1, "tools": {"x": {}}}', "'x' has no `input`")])
def test_a_lock_that_cannot_be_read_is_our_fault(locked, content, words):
    if content in (None, "a pipe"):
        locked.lock.unlink()
    if content == "a pipe":
        os.mkfifo(locked.lock)
    elif content is not None:
        locked.lock.write_text(content)
    found = locked(SEARCH, CLOCK)
    assert (found.health, found.reason) == ("unknown", "config") and words in found.detail, found


def test_a_lock_that_is_written_meanwhile_counts(locked, healthd):
    daemon = healthd(f"probes:\n  - {{name: tools, mcp: {{url: \"{locked.server.url}\", lock: \"{locked.lock}\"}}, "
                     "interval: 200ms, retry_interval: 200ms, fall: 1, rise: 1, timeout: 5s}\n")
    accepted = locked.lock.read_text()
    daemon.wait_health("tools", "up")
    for text, health in [('{"healthd_mcp_lock": 1, "tools": {}}', "degraded"), (accepted, "up")]:
        fresh = locked.lock.with_name("fresh")
        fresh.write_text(text)
        fresh.rename(locked.lock)
        daemon.wait_health("tools", health)


# ---- over standard input and output ----

def test_a_child_is_talked_with_and_let_go(tmp_path):
    found = probe("mcp", {**stdio(page=1, asks=["ping", "roots/list"]), "tools": ["clock"],
                          "call": {"tool": "search", "arguments": {"query": "x"}}},
                  expect=['json.query == "x"', "tools.size() == 2"])
    assert found.health == "up", found
    assert probe("mcp", stdio(stateless=True), expect=['protocol == "2026-07-28"']).health == "up"


@pytest.mark.parametrize("conf, health, reason, words", [
    (stdio(dies="tools/list"), "down", "closed", "no database: giving up"),
    (stdio(says={"tools/list": ["Listening on 8080"]}), "degraded", "protocol", '"Listening on 8080"'),
    (stdio(huge="initialize"), "down", "too_large", "`max_size`"),
    ({"command": "no-such-server"}, "down", "failed", "looked for in"),
    ({"command": ["sh", "-c", "exit 7"]}, "down", "closed", "exit status 7 before it answered initialize"),
    ({"command": "yes"}, "down", "too_large", "more than 2000 messages"),
])
def test_children_that_are_broken(conf, health, reason, words):
    found = probe("mcp", conf)
    assert (found.health, found.reason) == (health, reason), found
    assert words in found.detail, found


def test_a_child_that_hangs_or_stays_is_killed_with_its_group(tmp_path):
    pids = tmp_path / "pids"
    for scenario, health in (({"hangs": "tools/list"}, "down"), ({"stays": True}, "up")):
        script = f"echo $$ >> {pids}; sleep 600 & echo $! >> {pids}; exec {' '.join(STDIO)} '{json.dumps(scenario)}'"
        found = probe("mcp", {"command": ["sh", "-c", script], "working_directory": TESTS}, timeout=2)
        assert found.health == health, found
        if health == "down":
            assert found.reason == "timeout" and "no answer to tools/list" in found.detail
            assert "strict server is up" in found.detail, found
    assert not any(running(int(pid)) for pid in pids.read_text().split())


def test_a_childs_environment_is_its_own(tmp_path):
    out = tmp_path / "out"
    found = probe("mcp", {"command": ["sh", "-c", f"env > {out}; ls /proc/self/fd >> {out}; exit 1"],
                          "env": {"TOKEN": "a secret word"}}, env={"LEAKED": "x"})
    said = out.read_text()
    assert "TOKEN=a secret word" in said and "LEAKED" not in said
    assert said.split("\n")[-5:] == ["0", "1", "2", "3", ""], said
    assert "a secret word" not in str(found.__dict__)


# ---- in healthd, in a flow ----

def test_healthd_watches_a_server(strict, healthd, tmp_path):
    server = strict()
    daemon = healthd(f"probes:\n  - {{name: tools, mcp: {{url: \"{server.url}\", tools: [search]}}, interval: 200ms, "
                     "retry_interval: 200ms, fall: 1, rise: 1, timeout: 1s}\n")
    daemon.wait_health("tools", "up")
    assert daemon.page().value("mcp_tools", probe="tools") == 2
    server.tools = [{**SEARCH, "name": "find"}, CLOCK]
    daemon.wait_health("tools", "down")
    assert daemon.page().value("probe_failure_info", probe="tools", reason="tool_missing") == 1
    server.tools = [SEARCH]
    daemon.wait_health("tools", "up")
    wait_until(lambda: len(server.sessions) <= 1, what="sessions to be ended")


@pytest.mark.parametrize("scenario", [{"hangs": "initialize"}, {"stays": True}])
def test_healthd_ends_with_its_children(healthd, tmp_path, scenario):
    pids = tmp_path / "pids"
    script = f"echo $$ >> {pids}; exec {' '.join(STDIO)} '{json.dumps(scenario)}'"
    conf = {"command": ["sh", "-c", script], "working_directory": TESTS}
    daemon = healthd("probes: " + json.dumps([{"name": "child", "mcp": conf, "interval": "60s", "timeout": "20s"}]))
    wait_until(lambda: pids.read_text().strip(), what="the child to start")
    daemon.stop()
    wait_until(lambda: not any(running(int(pid)) for pid in pids.read_text().split()), what="the child to be gone")


def test_a_flow_locks_and_captures(strict, healthctl, tmp_path):
    server = strict(results={"search": lambda arguments: text(json.dumps({"id": "n-" + arguments["query"]}))})
    flow = tmp_path / "smoke.yml"
    flow.write_text(json.dumps({"vars": {"word": "seven"}, "steps": [
        {"name": "find", "mcp": {"url": server.url, "lock": str(tmp_path / "mcp.lock"),
                                 "call": {"tool": "search", "arguments": {"query": "${word}"}}},
         "capture": {"id": "json.id"}},
        {"name": "again", "mcp": {"url": server.url, "call": {"tool": "search", "arguments": {"query": "${id}"}}},
         "expect": ['json.id == "n-n-seven"']}]}))
    done = healthctl("smoke", str(flow))
    assert done.returncode == 2 and "--accept" in done.stdout, done.stdout
    assert healthctl("smoke", str(flow), "--accept").returncode == 0
    assert len(server.asked[-1][1]["X-Request-Id"]) == 36 and server.asked[-1][1]["traceparent"].startswith("00-")
    assert healthctl("smoke", str(flow)).returncode == 0
    server.tools = [changed(SEARCH, query={"type": "integer"}), CLOCK]
    done = healthctl("smoke", str(flow))
    assert done.returncode == 1 and "parameter 'query' has type" in done.stdout, done.stdout


@pytest.mark.parametrize("conf, words", [
    ({}, "`url: http://…/mcp`, or `command:`"),
    ({"url": "http://x", "command": "y"}, "keep one of them"),
    ({"url": "ftp://x"}, "over http and https"),
    ({"command": "x", "bearer_token": "abcdefgh"}, "by `env`"),
    ({"url": "http://x", "env": {"A": "b"}}, "are for `command`"),
    ({"command": "'x"}, "has no partner"),
    ({"url": "http://x", "call": {}}, "tool"),
    ({"url": "http://x", "call": {"tool": "a", "arguments": [1]}}, "is a mapping"),
    ({"url": "http://x", "allow_additions": True}, "name its file"),
])
def test_configurations_that_are_refused(conf, words):
    assert words in refused("mcp", conf)
