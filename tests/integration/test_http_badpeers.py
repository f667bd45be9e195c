# SPDX-License-Identifier: Apache-2.0
"""The http probe against every server that misbehaves: the right reason, in time."""
import pytest

from lib.badpeer import names
from lib.meeting import TIMEOUT, in_time
from lib.probe import probe

REASONS = {
    "never_accept": "timeout",
    "accept_silent": "timeout",
    "reset_on_accept": "reset",
    "close_on_accept": "reset closed",     # closed with our request unread, which TCP says by a reset
    "reset_after_request": "reset",
    "close_after_request": "closed",
    "garbage": "protocol",
    "endless_garbage": "protocol",
    "tls_stall": "timeout",
    "tls_half_hello": "timeout",
    "tls_garbage": "not_tls",
    "tls_alert": "tls_handshake",
    "tls_reset": "reset",
    "tls_plain_answer": "not_tls",
    "ok": "",
    "drip_head": "timeout",
    "drip_body": "timeout",
    "half_head": "closed",
    "half_answer": "closed",
    "half_answer_reset": "reset",
    "half_answer_silent": "timeout",
    "lying_length": "",                    # what is beyond the announced length is nobody's
    "two_lengths": "protocol",
    "huge_length": "too_large",
    "endless_body": "too_large",
    "endless_chunks": "too_large",
    "bad_chunk": "protocol",
    "gzip_bomb": "too_large",
    "bad_gzip": "body",
    "huge_header": "too_large",
    "endless_headers": "too_large",
    "endless_continue": "too_large",
    "bad_status": "protocol",
    "nul_header": "protocol",
    "redirect_loop": "redirect",
    "redirect_file": "redirect",
}


@pytest.mark.parametrize("name", sorted(REASONS))
def test_bad_peer(badpeer, name):
    peer = badpeer(name)
    conf = {"url": peer.url()}
    if name.startswith("tls_"):
        conf["url"] = conf["url"].replace("http:", "https:")
    if "gzip" in name:
        conf["compression"] = "gzip"
    o = in_time(lambda: probe("http", conf, timeout=TIMEOUT), REASONS[name].split())
    assert o.reason in REASONS[name].split() or o.reason == REASONS[name] == "", o
    assert o.health == ("down" if REASONS[name] else "up"), o
    if o.reason and o.reason != "redirect":
        assert str(peer.port) in o.detail, "the sentence names the address"


def test_every_bad_peer_is_met():
    assert set(names()) == set(REASONS)
