# SPDX-License-Identifier: Apache-2.0
"""A web application on loopback that answers as a test says, and remembers what it was asked."""
import http.server
import json
import threading


class Web:
    """answers: {"GET /path": value, (status, value) or a function of the request that gives one}. A value that is
    no text is sent as JSON. What came is in .asked, as Request."""

    class Request:
        def __init__(self, method, path, headers, body):
            self.method, self.path, self.headers, self.body = method, path, headers, body

        def __repr__(self):
            return f"{self.method} {self.path}"

    def __init__(self, answers):
        self.answers, self.asked = answers, []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Web.Request(self.command, self.path, self.headers, body)
                owner.asked.append(request)
                value = owner.answers.get(f"{self.command} {self.path.split('?')[0]}", (404, "nothing is here"))
                value = value(request) if callable(value) else value
                status, value = value if isinstance(value, tuple) else (200, value)
                text = value if isinstance(value, str) else json.dumps(value)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_DELETE = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def paths(self):
        return [f"{one.method} {one.path}" for one in self.asked]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
