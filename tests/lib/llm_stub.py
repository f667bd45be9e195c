# SPDX-License-Identifier: Apache-2.0
"""The APIs of OpenAI, Anthropic and Ollama on loopback, as strict as the vendors' pages are: a request that they would
refuse is answered as they do. Tests say what is wrong with the account; .asked has what came."""
import http.server
import itertools
import json
import threading

OPENAI_KEY, ANTHROPIC_KEY, MODEL = "sk-proj-0123456789abcdef", "sk-ant-0123456789abcdef", "small-1"


def openai_error(message, kind, code=None):
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic_error(kind, message):
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


OPENAI_FAULTS = {
    "quota": (429, openai_error("You exceeded your current quota, please check your plan and billing details.",
                                "insufficient_quota", "insufficient_quota"), {}),
    "rate": (429, openai_error("Rate limit reached for requests", "requests", "rate_limit_exceeded"),
             {"Retry-After": "20", "x-ratelimit-remaining-requests": "0", "x-ratelimit-limit-requests": "60"}),
    "balance": (402, openai_error("Insufficient Balance", "unknown_error", "invalid_request_error"), {}),
    "region": (403, openai_error("Country, region, or territory not supported", "request_forbidden",
                                 "unsupported_country_region_territory"), {}),
    "busy": (503, openai_error("The engine is currently overloaded", "server_error"), {}),
    "broken": (500, openai_error("The server had an error", "server_error"), {}),
    "moved": (308, {}, {"Location": "http://127.0.0.1:9/v1"}),
}
ANTHROPIC_FAULTS = {
    "quota": (400, anthropic_error("invalid_request_error",
                                   "Your credit balance is too low to access the Anthropic API."), {}),
    "rate": (429, anthropic_error("rate_limit_error", "This request would exceed your rate limit."),
             {"retry-after": "20", "anthropic-ratelimit-requests-remaining": "0"}),
    "balance": (402, anthropic_error("billing_error", "There is an issue with your billing"), {}),
    "region": (403, anthropic_error("permission_error", "Your API key lacks a permission"), {}),
    "busy": (529, anthropic_error("overloaded_error", "Overloaded"), {}),
    "broken": (500, anthropic_error("api_error", "Internal server error"), {}),
}


def endless(piece):
    while True:
        yield piece


# Streams that no vendor means: what a broken one, or what stands before it, sends after "200 OK".
BROKEN_STREAMS = {
    "garbage": lambda events: [b"data: {\"choices\": [oops\n\n"],
    "page": lambda events: [b"<html><body>Sign in to the guest network</body></html>\n"],
    "no_stream": lambda events: [b'{"id": "chatcmpl-1", "object": "chat.completion", "choices": []}'],
    "no_answer": lambda events: events[-1:],
    "endless": lambda events: endless(next(event for event in events if b'"ok"' in event)),
    "endless_comment": lambda events: endless(b": still here\n" * 100),
    "endless_line": lambda events: endless(b"data: " + b"x" * 4096),
    "half": lambda events: [events[0], events[1][:12]],
    "binary": lambda events: [bytes(range(256)) * 8],
    "split": lambda events: [bytes([byte]) for event in events for byte in event],
}


class LlmStub:
    """What a test may say of the account: fault, a name of the tables above, for everything that is asked;
    completion_fault, for completions alone; stream_error, a refusal after the stream has begun; usage, (input, output)
    tokens; first_token, seconds before it; cut, how many events come before the stream is broken off; is_hanging, it is
    not even broken off then; broken, a name of BROKEN_STREAMS; has_entries, whether /v1/models/<id> is there.

    asked has what came; refused what the vendor's own checks did not take: a fault of the test or of the probe."""

    def __init__(self):
        self.fault = self.completion_fault = self.stream_error = self.cut = self.broken = None
        self.first_token, self.usage, self.has_entries, self.is_hanging = 0, (9, 1), True, False
        self.asked, self.refused = [], []
        self.released = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.asked.append(("GET", self.path, self.headers, None))
                self.send(*owner.get(self.path, self.headers))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                owner.asked.append(("POST", self.path, self.headers, body))
                answer = owner.post(self.path, self.headers, body)
                if isinstance(answer, tuple):
                    self.send(*answer)
                else:
                    self.stream(answer, "application/x-ndjson" if self.path == "/api/chat" else "text/event-stream")

            def send(self, status, document, headers):
                text = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def stream(self, pieces, kind):
                self.send_response(200)
                for name, value in (("Content-Type", kind), ("Transfer-Encoding", "chunked"),
                                    ("x-ratelimit-remaining-tokens", "39999"), ("x-ratelimit-limit-tokens", "40000")):
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = True
                if owner.broken:
                    pieces = BROKEN_STREAMS[owner.broken](pieces)
                owner.released.wait(owner.first_token)
                try:
                    for piece in itertools.islice(pieces, owner.cut):
                        if owner.released.is_set():
                            return
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    if owner.is_hanging:
                        owner.released.wait()
                    elif owner.cut is None:
                        self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    pass  # whoever asked has heard enough

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def completions(self):
        return [body for method, _, _, body in self.asked if method == "POST"]

    # ---- who may ask ----

    def refuse(self, headers, fault):
        """The answer to a request that is refused whatever it asks, or None."""
        if "x-api-key" in headers:
            if headers["x-api-key"] != ANTHROPIC_KEY:
                return 401, anthropic_error("authentication_error", "invalid x-api-key"), {}
            if headers.get("anthropic-version") != "2023-06-01":
                return 400, anthropic_error("invalid_request_error", "anthropic-version: header is required"), {}
            return ANTHROPIC_FAULTS.get(fault)
        key = headers.get("Authorization", "")
        if key != f"Bearer {OPENAI_KEY}":
            return 401, openai_error(f"Incorrect API key provided: {key[-12:]}. You can find your API key at …",
                                     "invalid_request_error", "invalid_api_key"), {}
        return OPENAI_FAULTS.get(fault)

    @staticmethod
    def missing(headers, model):
        if "x-api-key" in headers:
            return 404, anthropic_error("not_found_error", f"model: {model}"), {}
        return 404, openai_error(f"The model `{model}` does not exist or you do not have access to it.",
                                 "invalid_request_error", "model_not_found"), {}

    # ---- what is asked ----

    def get(self, path, headers):
        if path == "/api/tags":
            return 200, {"models": [{"name": f"{MODEL}:latest", "model": f"{MODEL}:latest"}]}, {}
        refused = self.refuse(headers, self.fault)
        if refused:
            return refused
        entry = {"id": MODEL, "object": "model", "type": "model"}
        if path == "/v1/models":
            return 200, {"object": "list", "data": [entry, {"id": "other"}]}, {}
        if not path.startswith("/v1/models/") or not self.has_entries:
            return 404, {"detail": "Not Found"}, {}
        if path != f"/v1/models/{MODEL}":
            return self.missing(headers, path.rpartition("/")[2])
        return 200, entry, {"x-ratelimit-remaining-requests": "59", "x-ratelimit-limit-requests": "60"}

    def post(self, path, headers, body):
        if path == "/api/chat":
            if not isinstance(body.get("options", {}).get("num_predict"), int):
                return self.invalid(headers, "options.num_predict is not an integer")
            if body["model"] != MODEL:
                return 404, {"error": f"model '{body['model']}' not found"}, {}
            return self.ollama_events()
        refused = self.refuse(headers, self.completion_fault or self.fault)
        if refused:
            return refused
        if body["model"] != MODEL:
            return self.missing(headers, body["model"])
        if headers["Content-Type"] != "application/json" or body.get("stream") is not True:
            return self.invalid(headers, "no JSON, or no stream is asked for")
        if not isinstance(body.get("max_tokens"), int) or body["messages"][0]["role"] != "user":
            return self.invalid(headers, "max_tokens: field required; messages: the first is the user's")
        if path == "/v1/messages":
            extra = set(body) - {"model", "messages", "max_tokens", "stream"}
            return self.invalid(headers, f"{extra}: extra inputs are not permitted") if extra else self.anthropic_events()
        if path != "/v1/chat/completions" or body["stream_options"] != {"include_usage": True}:
            return self.invalid(headers, f"no such path, or no usage is asked for: {path}")
        return self.openai_events()

    def invalid(self, headers, why):
        self.refused.append(why)
        return 400, (anthropic_error if "x-api-key" in headers else openai_error)("invalid_request_error", why), {}

    # ---- streams ----

    def openai_events(self):
        def chunk(choices, usage=None):
            return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": choices, "usage": usage}
        events = [chunk([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]),
                  chunk([{"index": 0, "delta": {"content": "ok"}, "finish_reason": None}]),
                  chunk([{"index": 0, "delta": {}, "finish_reason": "length"}]),
                  chunk([], {"prompt_tokens": self.usage[0], "completion_tokens": self.usage[1],
                             "total_tokens": sum(self.usage)})]
        if self.stream_error:
            events[1:] = [openai_error("The server is overloaded", "server_error", self.stream_error)]
        return [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]

    def anthropic_events(self):
        events = [{"type": "message_start", "message": {"id": "msg_1", "usage": {
                      "input_tokens": self.usage[0], "output_tokens": 1}}},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                  {"type": "ping"},
                  {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ok"}},
                  {"type": "content_block_stop", "index": 0},
                  {"type": "message_delta", "delta": {"stop_reason": "max_tokens"},
                   "usage": {"output_tokens": self.usage[1]}},
                  {"type": "message_stop"}]
        if self.stream_error:
            events[3:] = [anthropic_error(self.stream_error, "Overloaded")]
        return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]

    def ollama_events(self):
        events = [{"model": MODEL, "message": {"role": "assistant", "content": "ok"}, "done": False},
                  {"model": MODEL, "message": {"role": "assistant", "content": ""}, "done": True,
                   "done_reason": "length", "prompt_eval_count": self.usage[0], "eval_count": self.usage[1]}]
        return [json.dumps(event).encode() + b"\n" for event in events]
