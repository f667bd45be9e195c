# SPDX-License-Identifier: Apache-2.0
"""A healthd that only says what a test gave it, on a Unix socket: for healthctl's own tests."""
import http.server
import json
import socketserver
import threading


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class StandIn:
    """answers: {"GET /api/alerts": value or (status, value)}; what came is in .asked, as (method,
    path, body)."""

    def __init__(self, path, answers):
        self.path, self.answers, self.asked = str(path), answers, []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length)
                owner.asked.append((self.command, self.path, json.loads(text) if text else None))
                value = owner.answers.get(f"{self.command} {self.path.split('?')[0]}",
                                          (404, {"error": "there is no such path"}))
                status, value = value if isinstance(value, tuple) else (200, value)
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = answer

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        self.server = _Server(self.path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
