# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes a healthd that watches a real nginx and a TCP banner."""
import gzip
import subprocess
from collections import namedtuple

import pytest

from lib.banner import Banner
from lib.metrics import Page
from lib.wait import wait_until

CONFIG = """
labels: {{environment: staging}}
defaults: {{interval: 500ms, retry_interval: 200ms, timeout: 400ms}}
probes:
  - name: shop
    http: "{http}"
    labels: {{component: web, workflow_id: checkout, node_id: front, team: payments}}
  - name: shop-tls
    http: {{url: "{https}", tls_config: {{ca_file: "{ca}"}}}}
  - name: mail
    tcp: {{address: "{banner}", query_response: [{{expect: "^220 "}}, {{send: QUIT}}]}}
  - {{name: cert, tls: {{address: "localhost:{port}", tls_config: {{ca_file: "{ca}"}}}}}}
modules:
  http_2xx: {{prober: http, timeout: 2s}}
  tcp_connect: {{prober: tcp, timeout: 2s}}
exporters: {{prometheus: {{openmetrics: {openmetrics}}}, json_log: {{to: stdout, results: changes}}}}
"""
LABELS = {"workflow_id": "checkout", "node_id": "front", "component": "web",
          "environment": "staging", "team": "payments"}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
# Names that are as those of other exporters, or chosen on purpose; promtool would name them otherwise.
COMPATIBLE = {
    "probe_duration_histogram_seconds metric name should not include type 'histogram'",
}
Stage = namedtuple("Stage", "site tls banner daemon")


@pytest.fixture
def stage(request, nginx, certs, healthd):
    """stage(openmetrics=False): nginx twice, a banner, and a healthd that watches them."""

    def make(openmetrics=False):
        site = nginx()
        tls = nginx(cert=certs.server, http2=True)
        banner = Banner([b"220 mail.test ready\r\n"])
        request.addfinalizer(banner.close)
        daemon = healthd(CONFIG.format(
            http=site.url(), https=tls.url(), port=tls.port, ca=certs.path, banner=banner.target,
            openmetrics="true" if openmetrics else "false"))
        for name in ("shop", "shop-tls", "mail", "cert"):
            daemon.wait_health(name, "up")
        return Stage(site, tls, banner, daemon)

    return make


def scrape_config(stage):
    """All three ways: the whole page, a page for each probe, and /probe."""
    whole = {"job_name": "whole", "static_configs": [{"targets": [stage.daemon.address]}]}
    each = {"job_name": "each", "http_sd_configs": [{"url": stage.daemon.url("/sd")}]}
    on_demand = {
        "job_name": "on-demand", "metrics_path": "/probe", "params": {"module": ["http_2xx"]},
        "static_configs": [{"targets": [stage.site.url()]}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": stage.daemon.address}]}
    return {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [whole, each, on_demand]}


FAMILIES = {
    "whole": [
        "probe_success", "probe_duration_seconds", "probe_state", "probe_ip_protocol",
        "probe_dns_lookup_time_seconds", "probe_http_status_code", "probe_http_duration_seconds",
        "probe_http_version", "probe_ssl_earliest_cert_expiry", "probe_tls_version_info",
        "probe_failed_due_to_regex", "probe_duration_histogram_seconds_bucket",
        "healthd_build_info", "healthd_loop_lag_seconds", "healthd_runs_total",
        "process_cpu_seconds_total", "process_resident_memory_bytes"],
    "on-demand": ["probe_success", "probe_http_status_code", "probe_http_duration_seconds"],
}


@pytest.mark.parametrize("openmetrics", [False, True], ids=["text", "openmetrics"])
def test_prometheus_scrapes_all_three_ways(stage, prometheus, openmetrics):
    here = stage(openmetrics)
    server = prometheus(scrape_config(here))
    server.wait_up()
    for job, families in FAMILIES.items():
        for family in families:
            assert server.wait_query(f'{family}{{job="{job}"}}'), family
    assert {labels["probe"]: value for labels, value in server.query(
        'probe_success{job="whole"}')} == dict.fromkeys(["shop", "shop-tls", "mail", "cert"], 1)
    labels, _ = server.query('probe_success{probe="shop",job="whole"}')[0]
    assert labels.items() >= LABELS.items() and labels["type"] == "http"
    labels, value = server.query('probe_success{job="on-demand"}')[0]
    assert value == 1 and labels["instance"] == here.site.url()
    assert server.query('probe_http_version{job="whole",probe="shop-tls"}')[0][1] == 2


def test_each_probe_is_a_target_of_its_own(stage, prometheus):
    here = stage()
    server = prometheus(scrape_config(here))
    server.wait_up()
    wanted = {"shop": ("blackbox", here.site.address), "mail": ("blackbox", here.banner.target),
              "shop-tls": ("blackbox", f"localhost:{here.tls.port}"),
              "cert": ("blackbox", f"localhost:{here.tls.port}")}
    found = {labels["probe"]: (labels["job"], labels["instance"])
             for labels, value in server.wait_query('up{probe!=""}', 1)}
    assert found == wanted
    labels, value = server.wait_query(
        f'probe_success{{job="blackbox",instance="{here.site.address}"}}')[0]
    assert value == 1 and "exported_probe" not in labels and "exported_job" not in labels


def test_the_page_passes_promtool(stage):
    text = stage().daemon.get("/metrics").text
    done = subprocess.run(["/usr/bin/promtool", "check", "metrics"], input=text,
                          capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    assert set(filter(None, (done.stdout + done.stderr).split("\n"))) <= COMPATIBLE


def test_a_page_of_one_probe_does_not_name_it(stage):
    daemon = stage().daemon
    page = daemon.page("/metrics/shop")
    assert page.value("probe_success") == 1
    assert not [labels for _, labels in page.series if "probe" in dict(labels)]
    assert daemon.get("/metrics/nobody").status == 404


def test_death_and_recovery_of_nginx(stage, prometheus):
    here = stage()
    server = prometheus(scrape_config(here))
    server.wait_query('probe_success{job="whole",probe="shop"}', 1)
    here.site.kill()
    server.wait_query('probe_success{job="whole",probe="shop"}', 0)
    failure, value = server.wait_query('probe_failure_info{job="whole",probe="shop"}', 1)[0]
    assert failure["reason"] == "refused"
    line = here.daemon.wait_log(event="probe changed", probe="shop", state="down")
    assert line.items() >= dict(LABELS, health="down", reason="refused", level="error").items()
    assert here.site.address in line["detail"]
    server.wait_query('probe_state{job="whole",probe="shop"}', 3)

    here.site.start()
    server.wait_query('probe_success{job="whole",probe="shop"}', 1)
    line = here.daemon.wait_log(event="probe changed", probe="shop", state="up", count=2)
    assert line.items() >= dict(LABELS, health="up", level="info").items()
    assert "reason" not in line
    wait_until(lambda: not here.daemon.page().select("probe_failure_info", probe="shop"))
    changes = here.daemon.logs(event="probe changed", probe="shop")
    assert [change["state"] for change in changes] == ["up", "down", "up"]


@pytest.mark.parametrize("accept, is_openmetrics", [
    (None, False),
    ("*/*", False),
    ("text/plain", False),
    (OPENMETRICS, True),
    (OPENMETRICS + ",text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
    ("text/plain;q=1," + OPENMETRICS + ";q=0.5", False),
])
def test_the_format_is_what_the_scraper_prefers(stage, accept, is_openmetrics):
    answer = stage(True).daemon.get("/metrics", headers={"Accept": accept} if accept else {})
    wanted = OPENMETRICS if is_openmetrics else "text/plain; version=0.0.4"
    assert answer.headers["content-type"] == wanted + "; charset=utf-8"
    assert answer.text.endswith("\n# EOF\n") == is_openmetrics


def test_openmetrics_is_opt_in(stage):
    answer = stage().daemon.get("/metrics", headers={"Accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/shop", "/probe"])
def test_pages_are_compressed_when_asked(stage, path):
    here = stage()
    query = f"?target={here.site.address}&module=http_2xx" if path == "/probe" else ""
    plain = here.daemon.get(path + query)
    packed = here.daemon.get(path + query, headers={"Accept-Encoding": "gzip"})
    refused = here.daemon.get(path + query, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip" and len(packed.body) < len(plain.body)
    assert "content-encoding" not in plain.headers and "content-encoding" not in refused.headers
    assert set(Page(packed.text).series) == set(Page(plain.text).series)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_pages_are_compressed_as_hard_as_configured(healthd, level):
    daemon = healthd(f"exporters: {{prometheus: {{compression_level: {level}}}}}\n")
    answer = daemon.get("/metrics", headers={"Accept-Encoding": "gzip"})
    assert answer.headers.get("content-encoding") == ("gzip" if level else None)
    page = gzip.decompress(answer.body) if level else answer.body
    assert b"healthd_build_info" in page
    if level:
        assert answer.body[8] == {1: 4, 9: 2}[level], "the header says how hard (RFC 1952: XFL)"
