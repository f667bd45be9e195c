# SPDX-License-Identifier: Apache-2.0
"""What vendors accept, as strictly as they say, and what they make of it. Used by lib.notify_stub. Each vendor has
`answer(request)`, which returns (status, content type, body) and changes its state; `faults` collects what a vendor
would have refused, for tests that allow none."""
import hashlib
import hmac
import json
import re
import threading

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


def is_json(content_type):
    return (content_type or "").split(";")[0].strip() == JSON


def text_of(value, limit, least=1):
    return isinstance(value, str) and least <= len(value) <= limit


class Vendor:
    def __init__(self):
        self.faults = []
        self.lock = threading.Lock()

    def answer(self, request):
        with self.lock:
            status, kind, body, faults = self.judge(request)
            self.faults += faults
            return status, kind, body


class PagerDuty(Vendor):
    """Events API v2: /v2/enqueue and /v2/change/enqueue. `alerts`: dedup key to state and number of triggers."""

    SEVERITIES = {"critical", "error", "warning", "info"}
    KNOWN = {"routing_key", "event_action", "dedup_key", "client", "client_url", "payload", "links", "images"}
    PAYLOAD = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
    # A change event opens nothing: it has no action, key, client or severity.
    CHANGE, CHANGE_PAYLOAD = {"routing_key", "payload", "links", "images"}, {"summary", "source", "timestamp",
                                                                            "custom_details"}

    def __init__(self):
        super().__init__()
        self.alerts, self.changes = {}, []

    @staticmethod
    def refusal(errors, status="invalid event", message="Event object is invalid"):
        body = json.dumps({"status": status, "message": message, "errors": errors})
        return 400, JSON, body, [f"pagerduty: {e}" for e in errors]

    def payload_faults(self, event, is_change):
        payload = event.get("payload")
        if not isinstance(payload, dict):
            return ["'payload' is missing or blank"]
        faults = [f"'payload.{k}' is not known" for k in payload
                  if k not in (self.CHANGE_PAYLOAD if is_change else self.PAYLOAD)]
        if not text_of(payload.get("summary"), 1024):
            faults.append("'payload.summary' must be 1 to 1024 characters")
        if "timestamp" in payload and not re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", payload["timestamp"]):
            faults.append("'payload.timestamp' is invalid")
        if not isinstance(payload.get("custom_details", {}), (dict, str)):
            faults.append("'payload.custom_details' is invalid")
        if is_change:
            return faults
        if not text_of(payload.get("source"), 5000):
            faults.append("'payload.source' is missing or blank")
        if payload.get("severity") not in self.SEVERITIES:
            faults.append("'payload.severity' is invalid (must be one of: critical, warning, error or info)")
        return faults

    def event_faults(self, event, is_change):
        faults = [f"'{k}' is not known" for k in event if k not in (self.CHANGE if is_change else self.KNOWN)]
        if not text_of(event.get("routing_key"), 32, 32):
            faults.append("Length of 'routing_key' is incorrect (should be 32 characters)")
        for link in event.get("links", []):
            if not isinstance(link, dict) or not str(link.get("href", "")).startswith(("http://", "https://")):
                faults.append("'links' is invalid")
        if is_change:
            return faults + self.payload_faults(event, True)
        action = event.get("event_action")
        if action not in ("trigger", "acknowledge", "resolve"):
            faults.append("'event_action' is invalid")
        if action != "trigger" and not event.get("dedup_key"):
            faults.append("'dedup_key' is missing or blank")
        if not text_of(event.get("dedup_key", "x"), 255):
            faults.append("'dedup_key' must be at most 255 characters")
        if action == "trigger" or "payload" in event:
            faults += self.payload_faults(event, False)
        return faults

    def judge(self, request):
        is_change = "/change/" in request.path
        if len(request.body) > 512 * 1024:
            return 413, TEXT, "", ["pagerduty: larger than 512 KB"]
        try:
            event = json.loads(request.body)
        except ValueError:
            return self.refusal(["JSON parse error"], "Unrecognized object", "Event object format is unrecognized")
        faults = self.event_faults(event, is_change) if isinstance(event, dict) else ["no object"]
        if not is_json(request.headers.get("content-type")):
            faults.append("the Content-Type is not application/json")
        if faults:
            return self.refusal(faults)
        if is_change:
            self.changes.append(event)
            return 202, JSON, json.dumps({"status": "success", "message": "Change event processed"}), []
        key = event.get("dedup_key") or hashlib.sha1(request.body).hexdigest()
        self.apply(key, event["event_action"])
        return 202, JSON, json.dumps({"status": "success", "message": "Event processed", "dedup_key": key}), []

    def apply(self, key, action):
        alert = self.alerts.setdefault(key, {"state": "none", "triggers": 0, "opened": 0})
        if action == "trigger":
            alert["triggers"] += 1
            if alert["state"] in ("none", "resolved"):
                alert["opened"] += 1
                alert["state"] = "triggered"
        elif alert["state"] in ("triggered", "acknowledged"):
            alert["state"] = {"acknowledge": "acknowledged", "resolve": "resolved"}[action]

    def state(self):
        return {"alerts": self.alerts, "changes": len(self.changes)}


class SlackRules:
    """Limits of blocks and texts, as Slack's own SDK states them."""

    @staticmethod
    def block_faults(block):
        kind = block.get("type")
        if kind == "header":
            return [] if text_of(block.get("text", {}).get("text"), 150) else ["header"]
        if kind == "section":
            text = block.get("text", {})
            fits = text.get("type") in ("mrkdwn", "plain_text") and text_of(text.get("text"), 3000)
            return [] if fits or block.get("fields") else [f"section of {len(str(text.get('text')))}"]
        if kind == "context":
            elements = block.get("elements", [])
            fits = 1 <= len(elements) <= 10 and all(text_of(e.get("text"), 2000) for e in elements)
            return [] if fits else ["context"]
        return [f"block '{kind}'"]

    @classmethod
    def message_error(cls, message):
        blocks = list(message.get("blocks", []))
        for attachment in message.get("attachments", []):
            blocks += attachment.get("blocks", [])
        if not message.get("text") and not blocks:
            return "no_text"
        if len(message.get("text", "")) > 40000:
            return "msg_too_long"
        if len(message.get("attachments", [])) > 100:
            return "too_many_attachments"
        if len(blocks) > 50 or any(cls.block_faults(b) for b in blocks):
            return "invalid_blocks"
        return "msg_blocks_too_long" if len(json.dumps(blocks, ensure_ascii=False)) > 13200 else None


class SlackWebhook(Vendor):
    """Incoming webhooks: /services/T…/B…/…. `messages` in order of arrival."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def judge(self, request):
        try:
            message = json.loads(request.body)
        except ValueError:
            return 400, TEXT, "invalid_payload", ["slack: invalid_payload"]
        if not is_json(request.headers.get("content-type")):
            return 400, TEXT, "invalid_payload", ["slack: the Content-Type is not application/json"]
        error = SlackRules.message_error(message)
        if error:
            return 400, TEXT, error, [f"slack: {error}"]
        self.messages.append(message)
        return 200, TEXT, "ok", []

    def state(self):
        return {"messages": len(self.messages)}


class SlackApi(Vendor):
    """chat.postMessage and chat.update, for a bot with `token`. `messages`: ts to the message as it now is."""

    CHANNELS = {"#alerts": "C0ALERTS1", "#ops": "C0OPS1"}

    def __init__(self, token="xoxb-stub-token-1"):
        super().__init__()
        self.token, self.messages, self.clock = token, {}, 1503435956

    def refused(self, error, is_fault=True):
        return 200, JSON, json.dumps({"ok": False, "error": error}), [f"slack api: {error}"] if is_fault else []

    def judge(self, request):
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self.refused("invalid_auth", False)
        try:
            message = json.loads(request.body)
        except ValueError:
            return self.refused("invalid_json")
        if not is_json(request.headers.get("content-type")):
            return self.refused("invalid_post_type")
        error = SlackRules.message_error(message)
        if error:
            return self.refused(error)
        method = request.path.rsplit("/", 1)[1]
        return self.update(message) if method == "chat.update" else self.post(message)

    def post(self, message):
        channel = message.get("channel", "")
        channel = channel if channel in self.CHANNELS.values() else self.CHANNELS.get(channel)
        if not channel:
            return self.refused("channel_not_found", False)
        if "thread_ts" in message and message["thread_ts"] not in self.messages:
            return self.refused("thread_not_found", False)
        self.clock += 1
        ts = f"{self.clock}.000247"
        self.messages[ts] = {**message, "edits": 0}
        return 200, JSON, json.dumps({"ok": True, "channel": channel, "ts": ts}), []

    def update(self, message):
        if message.get("channel") not in self.CHANNELS.values():
            return self.refused("channel_not_found")
        ts = message.get("ts")
        if ts not in self.messages:
            return self.refused("message_not_found", False)
        edits = self.messages[ts]["edits"] + 1
        self.messages[ts] = {**message, "edits": edits}
        return 200, JSON, json.dumps({"ok": True, "channel": message["channel"], "ts": ts}), []

    def state(self):
        return {"messages": len(self.messages)}


class Webhook(Vendor):
    """Any other path. A body with "version" is held to Alertmanager's payload. `seen`: idempotency key to bodies."""

    REQUIRED = ["version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
                "commonAnnotations", "externalURL", "alerts"]
    ALERT = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]

    def __init__(self, key=None):
        super().__init__()
        self.key, self.seen, self.bodies = key, {}, []

    def payload_faults(self, body):
        faults = [f"no '{name}'" for name in self.REQUIRED if name not in body]
        if body.get("status") not in ("firing", "resolved"):
            faults.append(f"status '{body.get('status')}'")
        for alert in body.get("alerts", []):
            faults += [f"an alert has no '{name}'" for name in self.ALERT if name not in alert]
            if not re.fullmatch("[0-9a-f]{16}", alert.get("fingerprint", "")):
                faults.append("fingerprint")
        return faults

    def judge(self, request):
        faults = []
        signature = request.headers.get("x-healthd-signature")
        if self.key:
            digest = hmac.new(self.key.encode(), request.body, hashlib.sha256).hexdigest()
            if signature != f"sha256={digest}":
                faults.append("the signature is not that of the body")
        key = request.headers.get("idempotency-key")
        if not key:
            faults.append("no Idempotency-Key")
        if is_json(request.headers.get("content-type")):
            try:
                body = json.loads(request.body)
                if isinstance(body, dict) and "version" in body:
                    faults += self.payload_faults(body)
            except ValueError as error:
                faults.append(f"no JSON: {error}")
        if faults:
            return 400, TEXT, "; ".join(faults), [f"webhook: {f}" for f in faults]
        self.seen.setdefault(key, []).append(request.body)
        self.bodies.append(request.body)
        return 200, TEXT, "", []

    def state(self):
        return {"keys": {key: len(bodies) for key, bodies in self.seen.items()}}
