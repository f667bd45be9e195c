# SPDX-License-Identifier: Apache-2.0
"""The scrape probe beside real exporters and servers: what it takes, what it refuses, and when series end."""
import gzip
import http.server
import threading

import pytest

from lib.badpeer import names
from lib.meeting import TIMEOUT, in_time
from lib.metrics import Page
from lib.nodered import NodeRed
from lib.probe import probe, refused
from lib.servers import NodeExporter
from lib.wait import wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
HISTOGRAM = ("# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
             'took_seconds_bucket{le="1.0"} 2 # {trace_id="x"} 0.5\ntook_seconds_bucket{le="+Inf"} 3\n'
             "took_seconds_sum 4\ntook_seconds_count 3\n# EOF\n")


class MetricsServer:
    """Serves `page`, which a test may change: text, or (status, headers, bytes). Keeps the headers it was asked with."""

    def __init__(self, page=""):
        self.page, self.asked = page, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.path, self.headers))
                answer = outer.page(self.path) if callable(outer.page) else outer.page
                if isinstance(answer, str):
                    answer = (200, {"Content-Type": "text/plain; version=0.0.4"}, answer.encode())
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="", host="127.0.0.1"):
        return f"http://{host}:{self.server.server_port}{path}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve(request):
    def make(page=""):
        server = MetricsServer(page)
        request.addfinalizer(server.stop)
        return server
    return make


def test_a_real_exporters_page_is_taken_whole(start):
    exporter = start(NodeExporter)
    url = f"http://127.0.0.1:{exporter.port}"
    theirs = Page(exporter.get("/metrics").text)
    found = probe("scrape", url, expect=['sample["node_load1"] >= 0', "samples > 300", "body_size > 10KiB",
                                         'sample["node_exporter_build_info"] == 1'])
    assert found.health == "up", found
    kinds = {name: kind for name, kind in theirs.types.items()}
    for name, labels in theirs.series:
        kept = frozenset((key, value) for key, value in labels if value)
        assert (name, kept) in found.page.series, (name, labels)
    for name, kind in kinds.items():
        assert found.page.types[name] == kind, name
        assert found.page.helps.get(name) == theirs.helps.get(name), name
    assert found.page.value("scrape_samples_read") == found.page.value("scrape_samples_post_metric_relabeling") > 300


def test_its_families_are_healthds(start, healthd, healthctl):
    exporter = start(NodeExporter)
    daemon = healthd("labels: {environment: test}\nprobes:\n"
                     f"  - {{name: node, scrape: {{url: \"http://127.0.0.1:{exporter.port}\", "
                     "keep: ['^node_(load1|cpu_seconds_total|uname_info)$', '^go_gc_duration']}, interval: 1s}\n"
                     "  - {name: host, host: {}, interval: 1s}\n")
    daemon.wait_health("node", "up")
    daemon.wait_value(1, "node_scrape_collector_success", collector="cpu")
    page = daemon.page()
    assert page.select("node_cpu_seconds_total", probe="node", environment="test", cpu="0", mode="idle")
    assert len(page.select("node_load1")) == 2, "the host's own and the scraped one"
    assert page.types["go_gc_duration_seconds"] == "summary"
    assert page.value("go_gc_duration_seconds_count", probe="node") >= 0
    assert not page.select("node_memory_MemTotal_bytes", probe="node")
    found = daemon.get("/api/v1/query?query=node_load1{job=\"scrape\"}").json()["data"]["result"]
    assert len(found) == 1 and found[0]["metric"]["instance"] == f"127.0.0.1:{exporter.port}", found


def test_series_end_with_the_page_and_with_the_server(serve, healthd):
    server = serve("a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 3\n")
    daemon = healthd(f"probes:\n  - {{name: app, scrape: \"{server.url()}\", interval: 200ms, retry_interval: 200ms, "
                     "fall: 1, timeout: 1s}\n")
    daemon.wait_value(3, "b", x="2")
    server.page = "a 5\nb{x=\"1\"} 2\n"
    daemon.wait_value(5, "a")
    assert not daemon.page().select("b", x="2")
    server.page = (500, {}, b"a 1\n")
    daemon.wait_health("app", "down")
    page = daemon.page()
    assert not page.select("a") and not page.select("b")
    assert page.value("scrape_samples_read", probe="app") == 0
    assert daemon.get("/api/v1/query?query=a").json()["data"]["result"] == []
    assert "expected status 200" in str(daemon.explain("app"))


def test_thousands_of_series_come_and_go_as_one(serve, healthd):
    server = serve("".join(f'orders{{till="{n}"}} {n}\n' for n in range(5000)))
    daemon = healthd(f"probes:\n  - {{name: shop, scrape: \"{server.url()}\", interval: 1s, timeout: 1s}}\n")
    seen = []

    def count():
        result = daemon.get("/api/v1/query?query=count(orders)").json()["data"]["result"]
        seen.append(int(result[0]["value"][1]) if result else 0)
        return seen[-1]
    wait_until(lambda: count() == 5000)
    server.page = "other 1\n"
    wait_until(lambda: count() == 0)
    assert set(seen) == {0, 5000}, seen


def test_openmetrics_gzip_and_what_is_asked(serve):
    packed = gzip.compress(HISTOGRAM.encode())
    server = serve((200, {"Content-Type": OPENMETRICS, "Content-Encoding": "gzip"}, packed))
    found = probe("scrape", {"url": server.url("/prom?x=1"), "bearer_token": "s3cret-token", "headers": {"X-A": "1"}},
                  expect=['sample["took_seconds_bucket{le=\\"1.0\\"}"] == 2', "status == 200"])
    assert found.health == "up", found
    assert found.page.types["took_seconds"] == "histogram"
    assert found.page.value("took_seconds_count") == 3
    assert found.page.value("scrape_body_size_bytes") == len(HISTOGRAM)
    path, headers = server.asked[0]
    assert path == "/prom?x=1"
    assert headers["Authorization"] == "Bearer s3cret-token" and headers["X-A"] == "1"
    assert headers["Accept"].startswith("application/openmetrics-text") and headers["Accept-Encoding"] == "gzip"
    assert 4 < float(headers["X-Prometheus-Scrape-Timeout-Seconds"]) <= 5


def test_redirects_keep_credentials_at_home(serve):
    away = serve("a 1\n")
    server = serve()
    server.page = lambda path: ((307, {"Location": path + "/"}, b"") if not path.endswith("/") else
                                (302, {"Location": away.url("/metrics", host="localhost")}, b""))
    conf = {"url": server.url("/metrics"), "basic_auth": {"username": "u", "password": "p4ssword"}}
    assert probe("scrape", conf).health == "up"
    assert [path for path, _ in server.asked] == ["/metrics", "/metrics/"]
    assert all(headers["Authorization"] for _, headers in server.asked)
    assert away.asked[0][1]["Authorization"] is None
    kept = probe("scrape", {**conf, "follow_redirects": False})
    assert kept.reason == "status" and "307" in kept.detail


def test_what_an_expectation_says(serve):
    server = serve('jobs{queue="mail",state="failed"} 3\njobs{queue="sms",state="failed"} 4\n')
    wrong = probe("scrape", server.url(), expect=['sample["jobs{state=\\"failed\\"}"] < 5'])
    assert wrong.reason == "expect" and "7" in wrong.detail, wrong
    absent = probe("scrape", server.url(), expect=['sample["nothing"] == 0'])
    assert absent.reason == "expect_error" and "nothing" in absent.detail, absent
    late = probe("scrape", server.url(), should=['sample["jobs{queue=\\"mail\\"}"] == 0'])
    assert late.health == "degraded", late


@pytest.mark.parametrize("conf, page, health, reason, words", [
    ({}, "<!DOCTYPE html>\n", "down", "body", "did not answer with metrics: line 1"),
    ({}, "a 1\nb{ 2\n", "down", "body", "line 2: column 4"),
    ({"sample_limit": 1}, "a 1\nb 1\n", "degraded", "too_large", "`sample_limit`"),
    ({"label_value_length_limit": 4}, 'a{b="12345"} 1\n', "degraded", "too_large", "5 bytes"),
    ({"body_size_limit": "1KiB"}, "# " + "x" * 2000, "degraded", "too_large", "`body_size_limit`"),
])
def test_pages_that_are_not_taken(serve, conf, page, health, reason, words):
    server = serve(page)
    found = probe("scrape", {"url": server.url(), **conf})
    assert (found.health, found.reason) == (health, reason) and words in found.detail, found
    assert not found.page.select("a")


def test_a_large_page_is_read_beside_the_loop(serve):
    server = serve("".join(f'big{{shard="{i}",zone="a"}} {i}\n' for i in range(9000)))
    found = probe("scrape", {"url": server.url(), "sample_limit": 10000}, expect=["samples == 9000", 'sample["big{shard=\\"8999\\"}"] == 8999'])
    assert found.health == "up", found


def test_tls_and_passwords(nginx, certs, tmp_path):
    web = nginx("location = /metrics { auth_basic x; auth_basic_user_file " + f"{tmp_path}/users; root {tmp_path};" + "}", cert=certs.server)
    (tmp_path / "metrics").write_text("a 1\n")
    (tmp_path / "users").write_text("u:{PLAIN}r1ght-word\n")
    conf = {"url": web.url("/metrics"), "tls_config": {"ca_file": str(certs.path)}}
    allowed = probe("scrape", {**conf, "basic_auth": {"username": "u", "password": "r1ght-word"}},
                    expect=["tls.expires_in > 1m"])
    assert allowed.health == "up", allowed
    denied = probe("scrape", {**conf, "basic_auth": {"username": "u", "password": "0ther-word"}})
    assert denied.reason == "auth" and "0ther-word" not in str(vars(denied)), denied
    assert probe("scrape", web.url("/metrics")).reason == "tls_untrusted"


def test_faults_are_the_configurations():
    assert "keep one of them" in refused("scrape", {"url": "h", "host": "g"})
    assert "drop" in refused("scrape", {"url": "h", "drop": ["("]})
    assert "keep_where: a" in refused("scrape", {"url": "h", "keep_where": {"a": "("}})


REASONS = {"lying_length": "body", "ok": "body", "redirect_file": "redirect", "redirect_loop": "redirect",
           "huge_length": "too_large", "endless_body": "too_large", "endless_chunks": "too_large",
           "gzip_bomb": "too_large"}


@pytest.mark.parametrize("name", sorted(names()))
def test_bad_peer(badpeer, name):
    peer = badpeer(name)
    url = peer.url().replace("http:", "https:") if name.startswith("tls_") else peer.url()
    found = in_time(lambda: probe("scrape", {"url": url, "body_size_limit": "1MiB"}, timeout=TIMEOUT), REASONS.get(name, "timeout"))
    assert found.health == ("degraded" if REASONS.get(name) == "too_large" else "down"), found
    assert found.reason == REASONS.get(name, found.reason) != "", found


def test_a_real_node_red(start, healthd):
    red = start(NodeRed)
    for kind in ("web", "web", "phone"):
        red.order(kind)
    daemon = healthd("labels: {component: flows}\nprobes:\n"
                     f"  - {{name: node-red, scrape: \"{red.url('/metrics')}\", interval: 300ms, retry_interval: 300ms, "
                     "fall: 1, timeout: 2s, should: ['sample[\"flow_heap_bytes\"] < 2147483648']}\n")
    daemon.wait_value(2, "flow_orders_total", kind="web", exported_job="shop", component="flows", probe="node-red")
    red.order("web")
    daemon.wait_value(3, "flow_orders_total", kind="web")
    page = daemon.page()
    assert page.types["flow_orders_total"] == "counter" and page.value("flow_orders_total", kind="phone") == 1
    assert page.helps["flow_orders_total"].startswith("Orders taken")
    red.process.kill()
    daemon.wait_health("node-red", "down")
    assert not daemon.page().select("flow_orders_total")
    red.start()
    daemon.wait_health("node-red", "up")
