# SPDX-License-Identifier: Apache-2.0
"""Servers of the Model Context Protocol: the reference one from npm, and a strict one of our own that can be broken.

The strict one holds a client to the specification (headers, session, order of messages) and keeps what was wrong in
`faults`. It speaks the revisions with sessions, or (`stateless`) 2026-07-28 alone. Run as a program it talks over its
standard input and output instead: python3 mcp.py '{"tools": …}'.
"""
import http.server
import json
import sys
import threading
import time
import uuid

OFFERED = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
STATELESS = "2026-07-28"
META = "io.modelcontextprotocol/"


def tool(name, properties=None, required=(), description="A tool.", **more):
    return {"name": name, "description": description,
            "inputSchema": {"type": "object", "properties": properties or {}, "required": list(required)}, **more}


SEARCH = tool("search", {"query": {"type": "string", "description": "what for"},
                         "limit": {"type": "integer", "default": 10}}, ["query"])
CLOCK = tool("clock", outputSchema={"type": "object", "required": ["hour"],
                                    "properties": {"hour": {"type": "integer"}}})


class Refused(Exception):
    """An error of JSON-RPC."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {"code": code, "message": message, **({"data": data} if data else {})}


class Server:
    """What is answered, whatever the way. `results`: {"search": result of its call, or a function of the arguments}."""

    def __init__(self, tools=(SEARCH, CLOCK), page=0, revision=None, results=None, stateless=False, asks=()):
        self.tools, self.page, self.revision, self.stateless = list(tools), page, revision, stateless
        self.results, self.asks = results or {}, list(asks)
        self.calls, self.faults, self.replies = [], [], []
        self.capabilities = {"tools": {"listChanged": True}}

    def fault(self, text):
        self.faults.append(text)

    def initialize(self, params):
        if self.stateless:
            raise Refused(-32022, "Unsupported protocol version",
                          {"supported": [STATELESS], "requested": params["protocolVersion"]})
        if params["clientInfo"]["name"] != "healthd" or params["capabilities"] != {}:
            self.fault(f"initialize: {params}")
        asked = params["protocolVersion"]
        return {"protocolVersion": self.revision or (asked if asked in OFFERED else OFFERED[0]),
                "capabilities": self.capabilities, "serverInfo": {"name": "strict", "version": "1.2"},
                "instructions": "Search, then read the clock."}

    def discover(self, params):
        if not self.stateless:
            raise Refused(-32601, "Method not found")
        return {"resultType": "complete", "supportedVersions": [STATELESS], "capabilities": self.capabilities,
                "_meta": {META + "serverInfo": {"name": "stateless", "version": "2.0"}}, "ttlMs": 0,
                "cacheScope": "public"}

    def list(self, params):
        start = int(params.get("cursor", "page-0").removeprefix("page-"))
        end = start + self.page if self.page else len(self.tools)
        more = {"nextCursor": f"page-{end}"} if end < len(self.tools) else {}
        return {"tools": self.tools[start:end], **more}

    def call(self, params):
        self.calls.append((params["name"], params["arguments"]))
        if params["name"] not in [one["name"] for one in self.tools]:
            raise Refused(-32602, f"Unknown tool: {params['name']}")
        result = self.results.get(params["name"], lambda arguments: {
            "content": [{"type": "text", "text": json.dumps(arguments)}]})
        return result(params["arguments"]) if callable(result) else result

    def answer(self, message):
        """The response to a request; None to anything else."""
        if message.get("jsonrpc") != "2.0":
            self.fault(f"no JSON-RPC 2.0: {message}")
        if "method" not in message:
            self.replies.append(message)
            return None
        if "id" not in message:
            return None
        params = message.get("params", {})
        if self.stateless and message["method"] != "initialize" and \
                params.get("_meta", {}).get(META + "protocolVersion") != STATELESS:
            self.fault(f"no _meta: {message}")
        doing = {"initialize": self.initialize, "server/discover": self.discover, "tools/list": self.list,
                 "tools/call": self.call}.get(message["method"])
        response = {"jsonrpc": "2.0", "id": message["id"]}
        try:
            if not doing:
                raise Refused(-32601, "Method not found")
            return {**response, "result": doing(params)}
        except Refused as refused:
            return {**response, "error": refused.error}

    def beside(self, message):
        """What is sent before the response: a notification, and what the test wants to ask the client."""
        yield {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "busy"}}
        for number, method in enumerate(self.asks):
            yield {"jsonrpc": "2.0", "id": f"ask-{number}", "method": method}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=None, kind="application/json", **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if text:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refuse(self, status, text):
        self.send(status, {"jsonrpc": "2.0", "error": {"code": -32000, "message": text}, "id": None})

    def is_known(self, method):
        """The session's header is there and right; else the answer is sent."""
        web, id = self.server.owner, self.headers.get("Mcp-Session-Id")
        if web.stateless or not web.has_sessions or method == "initialize":
            return True
        if id is None:
            web.fault(f"{method} without a session")
            self.refuse(400, "Bad Request: Mcp-Session-Id header is required")
        elif id not in web.sessions:
            self.refuse(404, "Session not found")
        return id in web.sessions

    def hold_to_headers(self, message):
        web, method = self.server.owner, message.get("method", "a reply")
        accept = self.headers.get("Accept", "")
        if "application/json" not in accept or "text/event-stream" not in accept:
            web.fault(f"{method}: Accept: {accept}")
        if self.headers.get("Content-Type") != "application/json":
            web.fault(f"{method}: Content-Type: {self.headers.get('Content-Type')}")
        spoken = self.headers.get("MCP-Protocol-Version")
        if method == "a reply" and spoken is None:
            return  # to what was asked before a revision was agreed on
        if method != "initialize" and spoken != (STATELESS if web.stateless else web.revision or OFFERED[0]):
            web.fault(f"{method}: MCP-Protocol-Version: {spoken}")
        if web.stateless and method != "initialize" and self.headers.get("Mcp-Method") != method:
            web.fault(f"{method}: Mcp-Method: {self.headers.get('Mcp-Method')}")

    def do_POST(self):
        web = self.server.owner
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        method = message.get("method", "reply")
        web.asked.append((method, dict(self.headers)))
        if web.redirect and self.path == "/mcp":
            self.send(307, Location=web.redirect)
            return
        self.hold_to_headers(message)
        if method in web.wire:
            web.wire[method](self, message)
            return
        if not self.is_known(method):
            return
        response = web.answer(message)
        if response is None:
            self.send(202)
            return
        headers = {}
        if method == "initialize" and "result" in response and web.has_sessions:
            headers["Mcp_Session_Id"] = str(uuid.uuid4())
            web.sessions.add(headers["Mcp_Session_Id"])
        if web.is_stream:
            self.stream([*web.beside(message), response], **headers)
        else:
            self.send(400 if "error" in response and web.stateless else 200, response, **headers)

    def stream(self, messages, **headers):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for message in messages:
            text = message if isinstance(message, str) else f"event: message\ndata: {json.dumps(message)}\n\n"
            self.wfile.write(text.encode())
        self.close_connection = True

    def do_GET(self):
        web = self.server.owner
        web.asked.append(("GET", dict(self.headers)))
        if "GET" in web.wire:
            web.wire["GET"](self, None)
        else:
            self.send(405)

    def do_DELETE(self):
        web = self.server.owner
        web.asked.append(("DELETE", dict(self.headers)))
        if "DELETE" in web.wire:
            web.wire["DELETE"](self, None)
            return
        if not self.is_known("DELETE"):
            return
        web.sessions.discard(self.headers["Mcp-Session-Id"])
        self.send(200)


class McpServer(Server):
    """Over HTTP, on loopback. `wire`: {method: function of (handler, message) that answers instead}."""

    def __init__(self, is_stream=False, has_sessions=True, redirect=None, wire=None, **more):
        super().__init__(**more)
        self.is_stream, self.has_sessions, self.redirect = is_stream, has_sessions, redirect
        self.wire, self.asked, self.sessions = wire or {}, [], set()
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.web.daemon_threads, self.web.owner = True, self
        self.url = f"http://127.0.0.1:{self.web.server_address[1]}/mcp"
        threading.Thread(target=self.web.serve_forever, args=(0.02,), daemon=True).start()

    def methods(self):
        return [method for method, _ in self.asked]

    def close(self):
        self.web.shutdown()
        self.web.server_close()


# ---- over standard input and output ----

def hang(_):
    time.sleep(600)


def talk(scenario):
    """scenario: options of Server, and `says` ({method: lines to write before the response}), `hangs`, `dies` and `huge`
    (a method), `stays`: it ignores the end of its input and SIGTERM."""
    server = Server(**{key: scenario[key] for key in ("tools", "page", "asks", "stateless", "revision")
                       if key in scenario})
    print("strict server is up", file=sys.stderr, flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        method = message.get("method", "a reply")
        if method == scenario.get("hangs"):
            hang(message)
        if method == scenario.get("dies"):
            print("no database: giving up", file=sys.stderr, flush=True)
            sys.exit(3)
        if method == scenario.get("huge"):
            print("x" * 2_000_000, flush=True)
        for said in scenario.get("says", {}).get(method, []):
            print(said, flush=True)
        response = server.answer(message)
        if response is not None:
            for one in [*server.beside(message), response]:
                print(json.dumps(one), flush=True)
    while scenario.get("stays"):
        hang(None)


if __name__ == "__main__":
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    if options.get("stays"):
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    talk(options)
