# SPDX-License-Identifier: Apache-2.0
"""Receivers on one host that trust it differently: connections are kept for the next notice, but never one that was made
with another `tls_config:`."""
import json

import pytest


@pytest.fixture
def ask(healthd, nginx, certs):
    """ask(name, …): tells one receiver after the other, on one TLS server; what became of each."""
    server = nginx("return 200 'ok';", cert=certs.server)

    def make(*names):
        url = server.url()
        tls = {"lax": {"insecure_skip_verify": True}, "strict": {}, "trusting": {"ca_file": certs.path},
               "named": {"ca_file": certs.path, "server_name": "elsewhere.example"},
               "lax_too": {"insecure_skip_verify": True}}
        receivers = {name: {"webhook": {"url": url, "tls_config": tls[name]}} for name in names}
        daemon = healthd(f"receivers: {json.dumps(receivers)}\n")
        return [daemon.post(f"/api/receivers/{name}/test").json() for name in names], server

    return make


@pytest.mark.parametrize("first", ("lax", "trusting"))
@pytest.mark.parametrize("second", ("strict", "named"))
def test_a_connection_is_not_used_by_who_would_not_have_made_it(ask, first, second):
    (good, bad), _ = ask(first, second)
    assert good["outcome"] == "ok", good
    assert bad["outcome"] != "ok" and "certificate" in bad["why"], bad


def test_equal_tls_shares_one(ask):
    answers, server = ask("lax", "lax_too")
    assert [one["outcome"] for one in answers] == ["ok", "ok"]
