# SPDX-License-Identifier: Apache-2.0
"""The same questions to a real blackbox_exporter and to healthd's /probe: the same answers.

The module file is blackbox_exporter's, loaded unchanged by both. What differs on purpose is in the
tables of this file, and nowhere else.
"""
import json
import subprocess
from urllib.parse import urlencode

import pytest

from lib.badpeer import BadPeer
from lib.banner import TLS, Banner
from lib.blackbox_cases import CASES, MODULES, NEWER, NEWER_CASES, SITE
from lib.healthd import Healthd
from lib.http import request
from lib.metrics import Page
from lib.servers import Blackbox, Nginx
from lib.wait import free_port

# Families whose values are times: their series are compared, and which of them are zero.
TIMES = {"probe_duration_seconds", "probe_dns_lookup_time_seconds", "probe_http_duration_seconds"}
# Families that only one has: newer than Debian's 0.23, or healthd's own.
OURS = {"probe_timeout_seconds", "probe_tls_cipher_info", "probe_failure_info",
        "probe_failed_due_to_bytes"}
# Labels that 0.23 has not yet.
NEW_LABELS = {"probe_ssl_last_chain_info": {"serialnumber"}}
# Where healthd answers differently on purpose: the family, and why.
DIFFERENT = {
    # A body that is not in the wanted encoding was read all the same, and is counted.
    ("gzip", "{site}/"): "probe_http_uncompressed_body_length",
    # An Accept-Encoding of one's own is undone too, so that rules see the text.
    ("gzip_raw", "{site}/packed/large.txt"): "probe_http_uncompressed_body_length",
    # Bytes that are no HTTP do not end the phase that waits for an answer.
    ("http", "{garbage}"): "probe_http_duration_seconds",
}


def page_of(text):
    """The page in comparable form: {family: {labels: value}}, and types."""
    page = Page(text)
    families = {}
    for (name, labels), value in page.series.items():
        if name in OURS:
            continue
        dropped = NEW_LABELS.get(name, set())
        kept = tuple(sorted((key, text) for key, text in labels if key not in dropped))
        families.setdefault(name, {})[kept] = (value == 0) if name in TIMES else value
    # How long a phase of nothing took is a matter of the clock.
    for name in TIMES - {"probe_http_duration_seconds"}:
        families[name] = dict.fromkeys(families.get(name, {}), "any")
    for labels in families.get("probe_http_duration_seconds", {}):
        if dict(labels)["phase"] == "resolve":
            families["probe_http_duration_seconds"][labels] = "any"
    return families, {name: kind for name, kind in page.types.items() if name not in OURS}


class Stage:
    """Everything that is asked, and both who ask."""

    def __init__(self, folder, certs):
        self.parts = []
        files = folder / "files"
        files.mkdir()
        (files / "large.txt").write_text("squeezed " * 500)
        password = subprocess.run(["openssl", "passwd", "-apr1", "s3cret"], capture_output=True,
                                  text=True, check=True).stdout
        (files / "users").write_text(f"eve:{password}")
        dead = free_port()
        self.tls = self.keep(Nginx(folder / "tls", "return 200 'hello over tls\\n';",
                                   cert=certs.server, http2=True))
        site = SITE.replace("TLS_URL", self.tls.url()).replace("DEAD", str(dead))
        self.site = self.keep(Nginx(folder / "site", site.replace("FILES", str(files))))
        self.names = {
            "site": self.site.url(""), "bare": self.site.address,
            "missing_slash": self.site.url(""), "port": self.site.port,
            "tls": self.tls.url(""), "ca": certs.path,
            "tls_at_plain": f"https://{self.site.address}/", "site_tcp": self.site.address,
            "dead": f"http://127.0.0.1:{dead}/", "dead_tcp": f"127.0.0.1:{dead}",
        }
        for name in ("expired", "wrong_name", "self_signed", "chained"):
            peer = self.keep(BadPeer("ok", cert=getattr(certs, name)))
            self.names[name] = peer.url(host="localhost")
            self.names[name + "_tcp"] = f"localhost:{peer.port}"
        for name, behaviour in (("silent_url", "accept_silent"), ("drip_body", "drip_body"),
                                ("never_url", "never_accept"), ("half_answer", "half_answer"),
                                ("endless_chunks_cut", "bad_chunk"), ("garbage", "garbage")):
            peer = self.keep(BadPeer(behaviour))
            self.names[name] = peer.url()
            if behaviour == "never_accept":
                self.names["never"] = f"127.0.0.1:{peer.port}"
        self.banners(certs)
        self.start(folder)

    def banners(self, certs):
        hello = [b"junk\r\n", b"220 mail.test ready\r\n", "^EHLO (.*)", b"250-hello ${1}\r\n250 OK\r\n"]
        redis = ["^PING", b"+PONG\r\n"]
        starttls = [b"220 hi\r\n", "^STARTTLS", b"220 go\r\n", TLS, "^EHLO", b"250 again\r\n"]
        for name, banner in (("banner", Banner(hello)), ("redis", Banner(redis)),
                             ("closing", Banner([b"220 bye\r\n"], closes=True)),
                             ("starttls", Banner(starttls, cert=certs.server))):
            self.names[name] = self.keep(banner).target
        self.names["tls_tcp"] = f"localhost:{self.tls.port}"

    def start(self, folder):
        text = json.dumps({"modules": MODULES}).replace("{ca}", self.names["ca"])
        self.blackbox = self.keep(Blackbox(folder / "blackbox", text))
        self.healthd = self.keep(Healthd(
            folder / "healthd", f"module_files: [{self.blackbox.folder}/blackbox.yml]\n"
            f"modules: {json.dumps(NEWER)}\n"))

    def keep(self, part):
        self.parts.append(part)
        return part

    def ask_both(self, parameters, headers=None):
        path = "/probe?" + urlencode(parameters)
        return [request(url, headers=headers) for url in
                (self.blackbox.url(path), self.healthd.url(path))]

    def stop(self):
        for part in reversed(self.parts):
            part.stop() if hasattr(part, "stop") else part.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, certs):
    made = Stage(tmp_path_factory.mktemp("parity"), certs)
    yield made
    made.stop()


def assert_same(theirs, ours):
    found = [f"{name}: blackbox {theirs.get(name)}, healthd {ours.get(name)}"
             for name in sorted(set(theirs) | set(ours)) if theirs.get(name) != ours.get(name)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("module, target", CASES, ids=lambda text: text)
def test_same_answer(stage, module, target):
    answers = stage.ask_both({"module": module, "target": target.format(**stage.names)})
    assert [answer.status for answer in answers] == [200, 200], answers
    (theirs, their_types), (ours, our_types) = [page_of(answer.text) for answer in answers]
    different = DIFFERENT.get((module, target))
    if different:
        # May differ, does not have to: which phases were reached is a race with the peer's end.
        theirs.pop(different)
        ours.pop(different)
    assert_same(theirs, ours)
    assert_same(their_types, our_types)


@pytest.mark.parametrize("module, target, values, labels", NEWER_CASES)
def test_newer_than_debians(stage, module, target, values, labels):
    page = Page(stage.healthd.probe(target.format(**stage.names), module).text)
    assert {name: page.value(name) for name in values} == values
    assert [one for one, _ in page.select("probe_expect_info")] == ([labels] if labels else [])


REFUSALS = [
    ({"target": "{bare}", "module": "nobody"}, None),
    ({"module": "http"}, None),
    ({"target": "", "module": "http"}, None),
    ({}, None),
    ({"module": "nobody"}, "x"),
    ({"target": "{bare}", "module": "http"}, "soon"),
    ({"target": "{bare}", "module": "http"}, "1e"),
    ({"module": "http"}, "soon"),
]


@pytest.mark.parametrize("parameters, timeout", REFUSALS)
def test_same_refusal(stage, parameters, timeout):
    parameters = {name: text.format(**stage.names) for name, text in parameters.items()}
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": timeout} if timeout else {}
    theirs, ours = stage.ask_both(parameters, headers)
    assert ours.status == theirs.status and ours.status >= 400
    assert ours.text[:30] == theirs.text[:30]
    assert ours.headers["content-type"] == theirs.headers["content-type"]


@pytest.mark.parametrize("module, header, least, most", [
    ("quick", None, 0.25, 1.0),    # the module's
    ("http", "0.9", 0.35, 1.2),    # the scrape's, less half a second
    ("quick", "0.4", 0.25, 1.0),   # a scrape's below that is no limit
    ("quick", "10", 0.25, 1.0),    # the smaller one
    ("http", "", 1.9, 3.0),
])
def test_same_timeout(stage, module, header, least, most):
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": header} if header is not None else {}
    for answer in stage.ask_both({"module": module, "target": stage.names["silent_url"]}, headers):
        page = Page(answer.text)
        assert page.value("probe_success") == 0
        assert least <= page.value("probe_duration_seconds") <= most


def test_same_hostname_parameter(stage):
    for answer in stage.ask_both({"module": "host_echo", "hostname": "www.test",
                                  "target": stage.names["site"] + "/echo"}):
        assert Page(answer.text).value("probe_success") == 1


def test_the_target_is_decoded_once_more(stage):
    target = stage.names["site"] + "/%2565cho"  # /%65cho, then /echo
    for answer in stage.ask_both({"module": "http", "target": target}):
        assert Page(answer.text).value("probe_http_status_code") == 200


def test_debug_shows_the_run_the_metrics_and_the_module(stage):
    theirs, ours = stage.ask_both({"module": "body_bad", "target": stage.names["site"],
                                   "debug": "true"})
    for answer in (theirs, ours):
        assert answer.status == 200
        for words in ("Logs for the probe:", "Metrics that would have been returned:",
                      "Module configuration:", "probe_failed_due_to_regex 1",
                      "fail_if_body_matches_regexp"):
            assert words in answer.text


def test_unknown_modules_are_counted(stage):
    before = stage.healthd.value("blackbox_module_unknown_total")
    stage.healthd.probe("x", "nobody")
    assert stage.healthd.value("blackbox_module_unknown_total") == before + 1


def test_plain_text_and_gzip(stage):
    parameters = {"module": "http", "target": stage.names["site"]}
    for answer in stage.ask_both(parameters, {"Accept": "application/openmetrics-text"}):
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for answer in stage.ask_both(parameters, {"Accept-Encoding": "gzip"}):
        assert answer.headers["content-encoding"] == "gzip"
        assert Page(answer.text).value("probe_success") == 1
