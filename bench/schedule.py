# SPDX-License-Identifier: Apache-2.0
"""Probes on a schedule of one second: healthd beside Prometheus and blackbox_exporter; and 2,000 targets."""
import json
import time

from lib.certs import Authority
from lib.wait import free_port
from measure import CONTESTANT_CORE, Program, Target, healthd, judge, median, precise_cpu_seconds, ratio, spread

WARM_UP, WINDOW = 6, 8


def config(target, count):
    probes = [{"name": f"t{i:04d}", "interval": "1s", "timeout": "900ms",
               "http": {"url": f"http://127.0.0.1:{target.http}/?{i}"}} for i in range(count)]
    return "probes: " + json.dumps(probes) + "\nexporters: {prometheus: {}}\n"


def prometheus_config(target, peer_port, count):
    return json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "900ms"}, "scrape_configs": [
        {"job_name": "probes", "metrics_path": "/probe", "params": {"module": ["http"]},
         "static_configs": [{"targets": [f"http://127.0.0.1:{target.http}/?{i}" for i in range(count)]}],
         "relabel_configs": [{"source_labels": ["__address__"], "target_label": "__param_target"},
                             {"source_labels": ["__param_target"], "target_label": "instance"},
                             {"target_label": "__address__", "replacement": f"127.0.0.1:{peer_port}"}]}]})


def windows(programs, rounds):
    """CPU percent of a core of each window, all programs together."""
    time.sleep(WARM_UP)
    found = []
    for _ in range(rounds):
        before = sum(precise_cpu_seconds(p.pid) for p in programs)
        start = time.monotonic()
        time.sleep(WINDOW)
        spent = sum(precise_cpu_seconds(p.pid) for p in programs) - before
        found.append(100 * spent / (time.monotonic() - start))
    return found


def ours_alone(folder, target, rounds, count):
    program = healthd(folder / f"healthd-{count}", config(target, count))
    percent = windows([program], rounds)
    missed = program.metric("healthd_missed_slots_total") + program.metric("healthd_runs_skipped_total")
    rate = program.metric("healthd_runs_total")
    program.stop()
    return percent, missed, rate


def theirs_alone(folder, target, rounds, count):
    (folder / "blackbox.yml").write_text(json.dumps({"modules": {"http": {
        "prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4"}}}}))
    port, prometheus_port = free_port(), free_port()
    peer = Program(folder, "blackbox", ["/usr/bin/prometheus-blackbox-exporter",
                                        f"--config.file={folder}/blackbox.yml",
                                        f"--web.listen-address=127.0.0.1:{port}"], port)
    (folder / "prometheus.yml").write_text(prometheus_config(target, port, count))
    prometheus = Program(folder, "prometheus", [
        "/usr/bin/prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{prometheus_port}", "--log.level=warn"], prometheus_port)
    percent = windows([peer, prometheus], rounds)
    for program in (prometheus, peer):
        program.stop()
    return percent


def run(folder, rounds):
    rounds = min(rounds, 3)
    target = Target(folder / "nginx", Authority(folder / "ca").issue())
    ours, missed_slots, _ = ours_alone(folder, target, rounds, 100)
    theirs = theirs_alone(folder, target, rounds, 100)
    missed = ratio("100 HTTP probes a second, CPU % of a core", ours, theirs, 10.0)
    missed += judge("100 HTTP probes a second", median(ours), 1.5, " %")
    missed += judge("slots missed or skipped of these", missed_slots, 0)
    many, missed_slots, runs = ours_alone(folder, target, rounds, 2000)
    print(f"  2,000 targets at 1 s on core {CONTESTANT_CORE}: {spread(many)} % of a core, {runs:.0f} runs")
    missed += judge("slots missed or skipped of 2,000 targets", missed_slots, 0)
    target.stop()
    return missed
