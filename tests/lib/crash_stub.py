# SPDX-License-Identifier: Apache-2.0
"""The receivers of the crash suite: an HTTP server that misbehaves as told and remembers what it accepted."""
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_SECONDS = 0.6      # longer than the client's patience

# What a receiver does with a request, by weight. `drop`: it has accepted, and the client never learns it.
MOODS = {
    "calm": {"ok": 1},
    "a": {"ok": 60, "fail": 15, "drop": 15, "reset": 10},
    "b": {"ok": 60, "throttle": 10, "drop": 10, "fail": 10, "hang": 10},
    "c": {"ok": 60, "drop": 20, "fail": 20},
}


class Accepted:
    """One request that the receiver took: event `first` to `event` of its lane, under `key`."""

    def __init__(self, receiver, body):
        self.receiver = receiver
        self.key, self.lane = body["key"], body["lane"]
        self.event, self.first = body["event"], body["first"]
        self.again = body["again"]  # it says that it may be a repeat


class CrashStub:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.accepted = []
        self.script = []            # what the next requests get, before moods rule
        self.is_calm = False
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                stub.answer(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass                # clients are killed: their connections end anyhow

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def choose(self, receiver):
        if self.script:
            return self.script.pop(0)
        moods = MOODS["calm" if self.is_calm else receiver]
        return self.random.choices(list(moods), moods.values())[0]

    def answer(self, request):
        receiver = request.path.strip("/")
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        with self.lock:
            mood = self.choose(receiver)
            if mood in ("ok", "drop"):
                self.accepted.append(Accepted(receiver, body))
        if mood == "hang":
            time.sleep(HANG_SECONDS)    # the receiver's own slowness, which nobody waits for
        if mood in ("drop", "reset", "hang"):
            request.close_connection = True
            return
        request.send_response({"ok": 200, "fail": 500, "throttle": 429}[mood])
        if mood == "throttle":
            request.send_header("Retry-After", "1")
        request.send_header("Content-Length", "0")
        request.end_headers()


def verdict_of(accepted, committed):
    """What of `committed` events, of each receiver, was lost, came out of order, came under two keys, or came again
    without saying so."""
    faults = []
    for receiver in "abc":
        told, last, keys = set(), {}, {}
        for one in (one for one in accepted if one.receiver == receiver):
            lanes = range(one.first, one.event + 1, 5)
            if not one.again and not told.isdisjoint(lanes):
                faults.append(f"{receiver}: {one.event} comes again as if it were new")
            told.update(lanes)
            if one.event < last.get(one.lane, -1):
                faults.append(f"{receiver}: {one.event} after {last[one.lane]}")
            last[one.lane] = one.event
            if keys.setdefault(one.event, one.key) != one.key:
                faults.append(f"{receiver}: {one.event} under {keys[one.event]} and {one.key}")
        lost = sorted(set(range(committed)) - told)
        if lost:
            faults.append(f"{receiver}: lost {lost[:20]}")
        if told - set(range(committed)):
            faults.append(f"{receiver}: told of what was never committed")
    return faults
