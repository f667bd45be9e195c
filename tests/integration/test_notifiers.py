# SPDX-License-Identifier: Apache-2.0
"""Notifiers against stubs that are as strict as the vendors, and against a real Alertmanager."""
import json

import pytest

from lib.notify import alert, notice, notify

KEY = "0123456789abcdef0123456789abcdef"
SECRET_PATH = "/services/T0000/B0000/verysecret"
NASTY = 'a"b\\c\r\nBcc: x@y.z\x01 <!channel> & <b> \u00e4\U0001f600 \u202e' + "5" * 5000


def pagerduty(stub):
    return {"pagerduty": {"routing_key": KEY, "url": stub.url}}


def slack(stub):
    return {"slack": {"webhook_url": stub.url + SECRET_PATH}}


def bot(stub, **conf):
    return {"slack": {"bot_token": "xoxb-stub-token-1", "channel": "#ops", "api_url": stub.url + "/api", **conf}}


def webhook(stub, **conf):
    return {"webhook": {"url": stub.url + "/hook/verysecret", **conf}}


RECEIVERS = {"pagerduty": pagerduty, "slack": slack, "slack_api": bot, "webhook": webhook}


@pytest.mark.parametrize("vendor", RECEIVERS)
@pytest.mark.parametrize("kind", ["trigger", "update", "reminder", "resolve", "ack", "test"])
def test_every_kind_is_accepted(notify_stub, vendor, kind):
    assert notify(RECEIVERS[vendor](notify_stub), notice(kind)).outcome == "ok"
    assert [r.vendor for r in notify_stub.log] == [vendor]


@pytest.mark.parametrize("vendor", RECEIVERS)
@pytest.mark.parametrize("degraded", [False, True])
def test_whatever_is_in_it_it_is_accepted(notify_stub, vendor, degraded):
    labels = {"alertname": NASTY, "probe": NASTY, "severity": NASTY, "component": NASTY}
    one = alert(labels=labels, annotations={"summary": NASTY, "description": NASTY}, detail=NASTY, last_log=NASTY,
                threshold=NASTY, hides=[NASTY] * 3, spark=[1e308, -1e308, None, 0] * 15, value="NaN")
    worst = notice(alerts=[one] * 100, common_labels=labels, title=NASTY, reason=NASTY, also=NASTY, ack_hint=NASTY,
                   last_deploy=NASTY, runbook="javascript:" + NASTY, site=NASTY, severity=NASTY, timezone="No/Where")
    options = {"degraded": "yes"} if degraded else {}
    assert notify(RECEIVERS[vendor](notify_stub), worst, **options).outcome == "ok"
    body = notify_stub.log[0].body
    assert b"<!channel>" not in body or vendor not in ("slack", "slack_api")
    if degraded and vendor.startswith("slack"):
        assert len(body) <= 2600


@pytest.mark.parametrize("vendor", RECEIVERS)
def test_an_empty_notice_is_accepted(notify_stub, vendor):
    empty = {"kind": "trigger", "dedup_key": "hd-1"}
    assert notify(RECEIVERS[vendor](notify_stub), empty).outcome == "ok"


@pytest.mark.parametrize("vendor", RECEIVERS)
@pytest.mark.parametrize("mode, outcome, never_arrived", [
    ("status:500", "retry", False), ("status:503", "retry", False), ("429:7", "retry", True), ("429", "retry", True),
    ("status:401", "config", False), ("status:404", "config", False), ("status:413", "reject", False),
    ("redirect", "config", False), ("close", "retry", False), ("ok_then_close", "retry", False),
    ("reset", "retry", False), ("half", "retry", False), ("nonsense", "retry", False), ("drip", "ok", False)])
def test_answers_are_classed(notify_stub, vendor, mode, outcome, never_arrived):
    notify_stub.script(mode)
    judged = notify(RECEIVERS[vendor](notify_stub))
    assert judged.outcome == outcome, judged
    if outcome == "retry":
        assert judged.never_arrived == never_arrived, judged
    if mode == "429:7":
        assert judged.retry_after == 7
    for secret in ("verysecret", KEY, "xoxb-stub"):
        assert secret not in judged.why
    assert "elsewhere" not in judged.why


@pytest.mark.parametrize("vendor, outcome", [("pagerduty", "ok"), ("webhook", "ok"), ("slack", "retry"),
                                             ("slack_api", "retry")])
def test_a_body_without_end(notify_stub, vendor, outcome):
    """What the vendor said by its status counts; where its words count, they did not come."""
    notify_stub.script("huge")
    assert notify(RECEIVERS[vendor](notify_stub)).outcome == outcome


@pytest.mark.parametrize("vendor", RECEIVERS)
def test_a_slow_answer_ends_with_the_timeout(notify_stub, vendor):
    notify_stub.script("delay:30")
    judged = notify(RECEIVERS[vendor](notify_stub), timeout=300)
    assert (judged.outcome, judged.never_arrived) == ("retry", False)


def test_nobody_listens(notify_stub):
    judged = notify({"webhook": {"url": "http://127.0.0.1:9/verysecret"}})
    assert (judged.outcome, judged.never_arrived) == ("retry", True)
    assert "verysecret" not in judged.why


def test_pagerduty_follows_one_alert(notify_stub):
    for kind in ("trigger", "trigger", "update", "ack", "resolve", "resolve"):
        assert notify(pagerduty(notify_stub), notice(kind)).outcome == "ok"
    (one,) = notify_stub.pagerduty.alerts.values()
    assert one == {"state": "resolved", "triggers": 3, "opened": 1}
    event = notify_stub.log[0].json()
    assert event["payload"]["summary"] == "ProbeDown orders-db (payload, checkout): orders-db is down: connection refused by 10.0.0.5:5432"
    assert event["payload"]["component"] == "payload"
    assert event["links"][0] == {"href": "https://runbooks.example.com/db", "text": "Runbook"}
    assert event["payload"]["custom_details"]["alerts"][0]["Found"] == "connection refused by 10.0.0.5:5432"


def test_pagerduty_takes_deployments_as_changes(notify_stub):
    assert notify(pagerduty(notify_stub), notice("deploy", title="deploy a1b2c3 of shop")).outcome == "ok"
    assert notify_stub.log[0].path == "/v2/change/enqueue"
    assert notify_stub.pagerduty.alerts == {} and len(notify_stub.pagerduty.changes) == 1


def test_a_bot_keeps_one_message(notify_stub):
    remote = ""
    said = []
    for number, kind in enumerate(["trigger", "update", "resolve", "trigger"], 1):
        outcome = "anew"
        while outcome == "anew":
            judged = notify(bot(notify_stub), notice(kind, id=f"{number:016x}"), remote=remote)
            outcome, remote = judged.outcome, judged.remote
            said.append(notify_stub.log[-1].action)
        assert outcome == "ok"
    assert said == ["chat.postMessage", "chat.update", "chat.postMessage", "chat.update", "chat.postMessage",
                    "chat.postMessage"]
    messages = list(notify_stub.slack_api.messages.values())
    assert [m.get("thread_ts") is not None for m in messages] == [False, True, True, False]
    assert messages[0]["edits"] == 2 and messages[0]["text"].startswith("[RESOLVED]")
    assert messages[1]["reply_broadcast"] and "reply_broadcast" not in messages[2]


def test_a_bot_whose_message_is_gone_posts_anew(notify_stub):
    gone = json.dumps({"channel": "C0OPS1", "ts": "1.2"})
    judged = notify(bot(notify_stub), notice("update"), remote=gone)
    assert (judged.outcome, judged.remote) == ("anew", "")
    judged = notify(bot(notify_stub), notice("update"), remote=judged.remote)
    assert judged.outcome == "ok" and json.loads(judged.remote)["ts"]


@pytest.mark.parametrize("conf, why", [({"bot_token": "xoxb-of-another-1"}, "Slack says invalid_auth"),
                                       ({"channel": "#nowhere"}, "Slack says channel_not_found")])
def test_a_bot_that_may_not(notify_stub, conf, why):
    judged = notify(bot(notify_stub, **conf))
    assert (judged.outcome, judged.why) == ("config", why)


def test_webhooks_are_signed_and_carry_their_headers(notify_stub):
    notify_stub.webhook.key = "k" * 20
    conf = {"signature_key": "k" * 20, "headers": {"X-Team": "shop"}, "username": "u", "password": "p4ssw0rd"}
    assert notify(webhook(notify_stub, **conf)).outcome == "ok"
    headers = notify_stub.log[0].headers
    assert headers["x-team"] == "shop" and headers["authorization"].startswith("Basic ")
    assert headers["idempotency-key"].startswith("812-")


def test_tries_of_one_notice_have_one_key(notify_stub):
    one = notice()
    notify_stub.script("ok_then_close", times=1)
    assert notify(webhook(notify_stub), one).outcome == "retry"
    assert notify(webhook(notify_stub), one, number=2, doubt="yes").outcome == "ok"
    assert list(notify_stub.webhook.state()["keys"].values()) == [2]


def test_a_body_of_the_users_own(notify_stub):
    body = '{"t": "${title}", "s": "${label.severity}", "x": "${annotation.summary}", "all": ${payload}}'
    one = notice(title=NASTY, common_labels={"severity": NASTY})
    assert notify(webhook(notify_stub, body=body), one).outcome == "ok"
    sent = notify_stub.log[0].json()
    assert sent["x"] == "orders-db is down" and sent["all"]["version"] == "4"
    assert sent["s"] == NASTY and "\n" not in sent["t"]


def test_a_body_that_is_no_json(notify_stub):
    conf = {"body": "${status}: ${title}\n${text}", "content_type": "text/plain"}
    assert notify(webhook(notify_stub, **conf), late=11520, doubt="yes").outcome == "ok"
    text = notify_stub.log[0].body.decode()
    assert text.startswith("firing: ProbeDown orders-db (payload, checkout)\n")
    assert "Delayed 3 h 12 m: receiver unreachable." in text and "(re-sent)" in text


def test_a_real_alertmanager_takes_a_push(alertmanager):
    server = alertmanager()
    receiver = {"alertmanager": {"url": server.url}}
    one = notice(alerts=[alert(), alert(labels={"alertname": NASTY, "probe": "x"}, fingerprint="00000000000000ff")])
    assert notify(receiver, one).outcome == "ok"
    found = {a["labels"]["alertname"]: a for a in server.alerts()}
    assert found["ProbeDown"]["status"]["state"] == "active"
    assert found["ProbeDown"]["annotations"]["summary"] == "orders-db is down"
    assert NASTY in found
    assert notify(receiver, notice("resolve")).outcome == "ok"
    assert "ProbeDown" not in {a["labels"]["alertname"] for a in server.alerts()}


def test_a_real_alertmanager_refuses(alertmanager):
    server = alertmanager()
    judged = notify({"alertmanager": server.url}, notice(alerts=[alert(labels={"no-label": "x"})]))
    assert judged.outcome == "reject" and "no-label" in judged.why
    assert notify({"alertmanager": server.url + "/elsewhere"}).outcome == "config"
