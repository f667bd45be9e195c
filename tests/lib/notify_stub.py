# SPDX-License-Identifier: Apache-2.0
"""PagerDuty, Slack and webhooks in one server that does as it is told, on 127.0.0.1.

In a test: `stub.script("429:3", times=2, vendor="pagerduty")`, `stub.log`, `stub.pagerduty.alerts`. From another
process (`python3 -m lib.notify_stub [PORT]` prints its URL):

    PUT /_script    [{"match": {"vendor": …, "action": …, "lane": …}, "do": MODE, "times": N}]; [] forgets all
    GET /_log       requests in order of arrival; DELETE /_log forgets them
    GET /_state     what each vendor has made of them, and its faults

MODE is what happens to a request that matches, the next N times (without `times`: always):
    ok              the vendor's own answer                 close          the end, before anything is answered
    status:N        that status, nothing accepted           ok_then_close  accepted, and closed without an answer
    429, 429:S      too many, Retry-After: S                half           accepted, half of the answer, the end
    delay:S         the vendor's answer, S seconds later    drip           accepted, the answer byte by byte
    redirect        302 to another server                   reset          a reset in place of an answer
    huge            200 and a body without end              nonsense       bytes that are no HTTP
"""
import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lib.notify_vendors import PagerDuty, SlackApi, SlackWebhook, Webhook

HUGE_BYTES = 4 << 20
ENDS_CONNECTION = {"close", "ok_then_close", "half", "reset", "nonsense", "huge"}
ACCEPTS = {"ok", "ok_then_close", "half", "drip", "delay"}


class Request:
    """One request as it came: `path`, `headers` (lower-case names), `body`; whom it is for, and what it is about."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.body = method, path, body
        self.headers = {name.lower(): value for name, value in headers}
        self.vendor = self.vendor_name()
        parsed = self.json()
        self.action, self.lane = self.subject(parsed if isinstance(parsed, dict) else {})

    def vendor_name(self):
        if self.path in ("/v2/enqueue", "/v2/change/enqueue"):
            return "pagerduty"
        if self.path.startswith("/services/"):
            return "slack"
        return "slack_api" if self.path.startswith("/api/chat.") else "webhook"

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def subject(self, body):
        if self.vendor == "pagerduty":
            return body.get("event_action", "change"), body.get("dedup_key", "")
        if self.vendor == "slack_api":
            return self.path.rsplit("/", 1)[1], body.get("thread_ts") or body.get("ts") or ""
        return body.get("status", ""), body.get("groupKey", "")

    def shown(self):
        return {"vendor": self.vendor, "action": self.action, "lane": self.lane, "path": self.path,
                "headers": self.headers, "body": self.body.decode("utf-8", "replace"), "time": self.time,
                "did": self.did}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(self.command, self.path, self.headers.items(), self.rfile.read(length))
        if request.path.startswith("/_"):
            self.reply(*self.server.stub.control(request))
        else:
            self.perform(request)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_any

    def perform(self, request):
        mode, _, value = self.server.stub.record(request).partition(":")
        answer = self.server.stub.answer(request) if mode in ACCEPTS else None
        if mode in ENDS_CONNECTION:
            self.close_connection = True
        if mode in ("ok", "delay"):
            self.server.stub.stopping.wait(float(value or 0))
            self.reply(*answer)
        elif mode == "status":
            self.reply(int(value), "text/plain", "")
        elif mode == "429":
            self.reply(429, "application/json", json.dumps({"retry_after": 1, "ok": False, "error": "rate_limited"}),
                       [("Retry-After", value)] if value else [])
        elif mode == "redirect":
            self.reply(302, "text/plain", "", [("Location", "http://127.0.0.1:9/elsewhere")])
        elif mode in ("half", "drip"):
            self.drip(*answer, is_half=mode == "half")
        elif mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif mode == "huge":
            self.huge()
        elif mode == "nonsense":
            self.wfile.write(b"220 what do you want?\r\n\r\n")

    def reply(self, status, kind, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def drip(self, status, kind, body, is_half):
        data = (f"HTTP/1.1 {status} Fine\r\nContent-Type: {kind}\r\nContent-Length: {max(len(body), 2)}\r\n\r\n"
                f"{body or '  '}").encode()
        if is_half:
            self.wfile.write(data[:-(max(len(body), 2) // 2 + 1)])
            return
        for i in range(len(data)):
            self.wfile.write(data[i:i + 1])
            self.server.stub.stopping.wait(0.002)

    def huge(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        try:
            for _ in range(HUGE_BYTES // 4096):
                self.wfile.write(b"x" * 4096)
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a peer that went away


class NotifyStub:
    """Listens at once; `url` is its address. `strict` is for the test's end: nothing may have been refused."""

    def __init__(self, port=0, signature_key=None, strict=True, host="127.0.0.1"):
        self.strict = strict
        self.pagerduty, self.slack, self.slack_api = PagerDuty(), SlackWebhook(), SlackApi()
        self.webhook = Webhook(signature_key)
        self.log, self.rules, self.lock = [], [], threading.Lock()
        self.stopping = threading.Event()
        self.server = Server((host, port), Handler)
        self.server.stub = self
        self.port = self.server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def script(self, do, times=None, **match):
        """The next `times` requests that match (vendor=, action=, lane=) get this; later rules follow earlier."""
        with self.lock:
            self.rules.append({"match": match, "do": do, "times": times})

    def forget(self):
        with self.lock:
            self.rules.clear()

    def record(self, request):
        """Keeps it, and says what to do with it."""
        with self.lock:
            request.time, request.did = time.time(), self.mode_of(request)
            self.log.append(request)
            return request.did

    def mode_of(self, request):
        for rule in self.rules:
            if rule["times"] != 0 and all(getattr(request, k) == v for k, v in rule["match"].items()):
                if rule["times"]:
                    rule["times"] -= 1
                return rule["do"]
        return "ok"

    def vendors(self):
        return {"pagerduty": self.pagerduty, "slack": self.slack, "slack_api": self.slack_api,
                "webhook": self.webhook}

    def answer(self, request):
        return self.vendors()[request.vendor].answer(request)

    def faults(self):
        return [fault for vendor in self.vendors().values() for fault in vendor.faults]

    def state(self):
        return {**{name: vendor.state() for name, vendor in self.vendors().items()}, "faults": self.faults()}

    def control(self, request):
        kind = "application/json"
        if request.path == "/_script" and request.method == "PUT":
            with self.lock:
                new = [{"match": {}, "times": None, **rule} for rule in json.loads(request.body)]
                self.rules = self.rules + new if new else []
            return 200, kind, "{}"
        if request.path == "/_log" and request.method == "DELETE":
            with self.lock:
                self.log.clear()
            return 200, kind, "{}"
        if request.path == "/_log":
            with self.lock:
                return 200, kind, json.dumps([r.shown() for r in self.log])
        if request.path == "/_state":
            return 200, kind, json.dumps(self.state())
        return 404, kind, "{}"

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        if self.strict:
            assert not self.faults(), f"vendors refused: {self.faults()}"


if __name__ == "__main__":
    stub = NotifyStub(int(sys.argv[1]) if len(sys.argv) > 1 else 0, strict=False)
    print(stub.url, flush=True)
    stub.thread.join()
