# SPDX-License-Identifier: Apache-2.0
"""E-mail to a real mail server: TLS, login, what it refuses, and what arrives."""
import pytest

from lib.notify import alert, notice, notify
from lib.smtpd import PASSWORD, USER, Mailbox, Silent

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server's, of TLS from the first byte


@pytest.fixture
def mailbox(request, certs):
    """mailbox(tls=…, auth=…, cert=…): see lib.smtpd.Mailbox."""

    def make(cert=None, **kwargs):
        box = Mailbox(cert or certs.server, **kwargs)
        request.addfinalizer(box.close)
        return box

    return make


@pytest.fixture
def send(certs):
    def run(box, one=None, *, conf=None, **options):
        whole = {"smarthost": box.address, "from": "healthd <hd@example.com>", "to": ["ops@example.com"],
                 "username": USER, "password": PASSWORD, **(conf or {})}
        return notify({"email": {k: v for k, v in whole.items() if v is not None}}, one,
                      env={"SSL_CERT_FILE": certs.path}, **options)

    return run


def test_a_mail_arrives(mailbox, send):
    box = mailbox()
    conf = {"to": ["ops@example.com", "J\u00f6rg \"J\" <joerg@example.com>"], "hello": "hd1.example.com"}
    assert send(box, conf=conf).outcome == "ok"
    (mail,) = box.mails
    assert (mail.sender, mail.recipients) == ("hd@example.com", ["ops@example.com", "joerg@example.com"])
    assert mail.over_tls and mail.login == USER and mail.helo == "hd1.example.com"
    message = mail.message
    assert message["Subject"] == "[FIRING] ProbeDown orders-db (payload, checkout): connection refused by 10.0.0.5:5432"
    assert message["From"] == "healthd <hd@example.com>" and "joerg@example.com" in message["To"]
    assert message["Importance"] == "high" and message["Auto-Submitted"] == "auto-generated"
    assert message["X-Healthd-Fingerprint"] == "0123456789abcdef" and message["Date"]
    assert message["Message-ID"].startswith("<812.") and message["Message-ID"].endswith("@shop-prod>")
    assert message["References"] == message["In-Reply-To"] != message["Message-ID"]
    (alternative,) = message.iter_parts()
    assert [p.get_content_type() for p in alternative.iter_parts()] == ["text/plain", "text/html"]
    text, html = mail.part("plain"), mail.part("html")
    for words in ("connection refused by 10.0.0.5:5432", "threshold == 0", "\u2588", "workflow_id=checkout",
                  "https://runbooks.example.com/db", "healthctl ack orders-db", "40 s after deploy a1b2c3",
                  "Also failing", "orders-db is down"):
        assert words in text and words in html, words
    assert "color-scheme" in html and "<script" not in html


def test_all_tries_of_a_notice_have_one_message_id(mailbox, send):
    box = mailbox()
    one = notice()
    box.rules.closes_after_dot = True
    judged = send(box, one)
    assert (judged.outcome, judged.never_arrived) == ("retry", False)
    box.rules.closes_after_dot = False
    assert send(box, one, number=2, doubt="yes", late=7200).outcome == "ok"
    first, second = (m.message["Message-ID"] for m in box.mails)
    assert first == second
    assert "(re-sent)" in box.mails[1].part("plain") and "Delayed 2 h" in box.mails[1].part("html")


def test_a_thread_is_one_thread(mailbox, send):
    box = mailbox()
    for number, kind in enumerate(["trigger", "reminder", "resolve"], 1):
        assert send(box, notice(kind, id=f"{number:016x}")).outcome == "ok"
    assert len({m.message["Message-ID"] for m in box.mails}) == 3
    assert len({m.message["References"] for m in box.mails}) == 1
    assert box.mails[2].message["Subject"].startswith("[RESOLVED] ProbeDown") and not box.mails[2].message["Importance"]


def test_no_label_becomes_a_header(mailbox, send):
    box = mailbox()
    nasty = "x\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script> \u00e4\u00f6 " + "\U0001f600" * 500
    one = notice(title=nasty, site=nasty, severity=nasty, dedup_key=nasty, reason=nasty,
                 alerts=[alert(labels={"alertname": nasty}, annotations={"summary": nasty}, detail=nasty)])
    assert send(box, one).outcome == "ok"
    (mail,) = box.mails
    assert mail.message["Bcc"] is None and mail.recipients == ["ops@example.com"]
    assert mail.message["Subject"].startswith("[FIRING] x Bcc: evil@example.com <script>")
    assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 998
    assert "<script>" not in mail.part("html") and "&lt;script&gt;" in mail.part("html")


def test_a_degraded_mail_is_short_text(mailbox, send):
    box = mailbox()
    assert send(box, degraded="yes").outcome == "ok"
    assert box.mails[0].message.get_body(("html",)) is None
    assert len(box.mails[0].part("plain")) <= 2048


@pytest.mark.parametrize("tls", ["tls", "none"])
def test_other_ways_to_tls(mailbox, send, tls):
    box = mailbox(tls=tls, auth=tls != "none")
    conf = {"tls": tls} if tls == "tls" else {"tls": tls, "username": None, "password": None}
    judged = send(box, conf=conf)
    assert judged.outcome == "ok", judged
    assert box.mails[0].over_tls == (tls == "tls")


@pytest.mark.parametrize("auth", ["plain", "login"])
def test_ways_to_log_in(mailbox, send, auth):
    box = mailbox()
    assert send(box, conf={"auth": auth}).outcome == "ok"
    assert box.mails[0].login == USER


def test_a_wrong_password_is_the_operators(mailbox, send):
    judged = send(mailbox(), conf={"password": "wr0ng-horse"})
    assert judged.outcome == "config" and "does not accept the login: 535" in judged.why, judged
    assert "wr0ng" not in judged.why


def test_without_starttls_nothing_is_sent(mailbox, send):
    box = mailbox(tls="none", auth=False)
    judged = send(box, conf={"username": None, "password": None})
    assert (judged.outcome, judged.never_arrived) == ("config", True)
    assert "STARTTLS" in judged.why and not box.mails


def test_an_untrusted_server_is_told_nothing(mailbox, send, certs):
    box = mailbox(cert=certs.self_signed)
    judged = send(box)
    assert judged.outcome == "config" and not box.mails, judged


@pytest.mark.parametrize("where, answer, outcome, why", [
    ("GREETING", "421 too busy", "retry", "421"),
    ("GREETING", "554 no service for you", "config", "554"),
    ("MAIL", "451 not now", "retry", "451 not now"),
    ("MAIL", "550 not from you", "reject", "550 not from you"),
    ("RCPT", "450 greylisted", "retry", "450 greylisted"),
    ("RCPT", "550 no such user", "reject", "550 no such user"),
    ("DATA", "451 disk full", "retry", "451 disk full"),
    ("DATA", "554 spam", "reject", "554 spam")])
def test_refusals_are_classed(mailbox, send, where, answer, outcome, why):
    box = mailbox()
    box.rules.refuse[where] = answer
    judged = send(box)
    assert judged.outcome == outcome and why in judged.why, judged
    assert judged.never_arrived and not box.mails


def test_one_refused_recipient_keeps_nobody_from_it(mailbox, send):
    box = mailbox()
    box.rules.refuse["RCPT gone@example.com"] = "550 no such user"
    judged = send(box, conf={"to": ["a@example.com", "gone@example.com", "b@example.com"]})
    assert judged.outcome == "ok"
    assert judged.warning == "refused recipients: gone@example.com (550 no such user)"
    assert box.mails[0].recipients == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("answers, outcome", [
    (["220 hi", "250 hello", "250 ok", "250 ok", "354 go", "250 taken"], "ok"),
    (["220 hi", "250 hello", "550 no"], "reject"),
    (["220 hi", "250 hello", "250 ok", "250 ok", "354 go", "554 spam"], "reject"),
    (["220 hi", "250 hello", "250 ok", "250 ok", "354 go"], "retry"),
    (["220 hi", "250 hello"], "retry"), (["220 hi"], "retry"), ([], "retry")])
def test_nobody_waits_for_a_goodbye(start, answers, outcome):
    """After its last answer this server is silent, to QUIT too; libcurl would wait for two minutes."""
    server = start(Silent, answers)
    conf = {"smarthost": server.address, "tls": "none", "from": "a@b.c", "to": "d@e.f"}
    # After a minute notify gives up, long before who waited for the goodbye would have given up.
    judged = notify({"email": conf}, timeout=500 if outcome == "retry" else 110_000)
    assert judged.outcome == outcome, judged


def test_nobody_listens(mailbox, send):
    box = mailbox()
    box.close()
    judged = notify({"email": {"smarthost": "127.0.0.1:9", "from": "a@b.c", "to": "d@e.f"}})
    assert (judged.outcome, judged.never_arrived) == ("retry", True), judged


@pytest.mark.parametrize("peer, outcome", [("accept_silent", "retry"), ("garbage", "retry"), ("endless_garbage", "retry"),
                                           ("close_on_accept", "retry"), ("endless_headers", "retry")])
def test_servers_that_speak_no_smtp(badpeer, peer, outcome):
    bad = badpeer(peer)
    conf = {"smarthost": f"127.0.0.1:{bad.port}", "from": "a@b.c", "to": "d@e.f"}
    judged = notify({"email": conf}, timeout=500)
    assert (judged.outcome, judged.never_arrived) == (outcome, True), judged
