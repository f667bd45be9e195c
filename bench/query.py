# SPDX-License-Identifier: Apache-2.0
"""Queries: CPU of healthd's and Prometheus' query API over the same two hours of 1,000 series, in turn."""
import subprocess
import time
from urllib.parse import quote

from lib.http import request
from lib.wait import free_port, wait_until
from measure import BUILD, CONTESTANT_CORE, Program, healthd, pinned, precise_cpu_seconds, ratio

REPEATS = 40
INSTANT = ("bench_requests_total", "sum(rate(bench_requests_total[5m]))",
           "max by (device) (increase(bench_requests_total[15m]))")
RANGE = ("sum by (instance) (rate(bench_requests_total[5m]))", 'max_over_time(bench_requests_total{device="disk-1"}[10m])')


def prometheus(folder, text):
    data = folder / "data"
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, data], check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("{}\n")
    port = free_port()
    argv = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}"]
    return Program(folder, "prometheus", argv, port, ready="/-/ready", core=CONTESTANT_CORE)


def asked(program, path):
    answer = request(program.url(path))
    assert answer.status == 200, answer.text
    return answer.json()["data"]["result"]


def cost_ms(program, path):
    before = precise_cpu_seconds(program.pid)
    for _ in range(REPEATS):
        request(program.url(path))
    return (precise_cpu_seconds(program.pid) - before) / REPEATS * 1000


def same(ours, theirs):
    def index(result):
        return {tuple(sorted(item["metric"].items())): len(item.get("values", [1])) for item in result}
    return index(ours) == index(theirs)


def run(folder, rounds):
    end = int(time.time()) - 30
    text = folder / "openmetrics.txt"
    history = folder / "healthd/state/history"
    history.parent.mkdir(parents=True)
    with text.open("w") as out:
        subprocess.run(pinned(CONTESTANT_CORE, [BUILD / "bench/querydata", history, end]), stdout=out, check=True)
    ours, theirs = healthd(folder / "healthd", "probes: []"), prometheus(folder, text)
    at = f"&time={end}"
    grid = f"&start={end - 6000}&end={end}&step=60"
    paths = [(f"instant {q}", f"/api/v1/query?query={quote(q)}{at}") for q in INSTANT]
    paths += [(f"range {q}", f"/api/v1/query_range?query={quote(q)}{grid}") for q in RANGE]
    wait_until(lambda: len(asked(ours, paths[0][1])) == 1000, what="the history is back")
    missed = 0
    for name, path in paths:
        assert same(asked(ours, path), asked(theirs, path)), f"{name}: the answers differ"
        figures = {ours: [], theirs: []}
        for _ in range(min(rounds, 3)):
            for program in (ours, theirs):
                figures[program].append(cost_ms(program, path))
        missed += ratio(f"{name}, CPU ms", figures[ours], figures[theirs], 1.0)
    for program in (ours, theirs):
        program.stop()
    return missed
