# SPDX-License-Identifier: Apache-2.0
"""Lists of series, label names and label values over 50,000 series in the history, and of rules and alerts when 5,000 fire: how
long one takes, and what the loop does at a time meanwhile, by healthd's own clock."""
import json
import os
import time
import urllib.parse
import urllib.request

from lib.wait import free_port, wait_until
from lib.web import Web
from measure import BUILD, Program, healthd, judge

SERIES = 50_000
EVERY = urllib.parse.quote('{__name__=~".+"}')
LISTS = (("series of one metric", "/api/v1/series?match[]=bench_requests_in_flight"),
         ("every series", f"/api/v1/series?match[]={EVERY}"),
         ("label names", "/api/v1/labels"),
         ("values of a label, 50", "/api/v1/label/path/values"),
         ("values of a label, 50,000", "/api/v1/label/shard/values"))


ALERTS = 5_000
ALERT_LISTS = "/api/v1/rules", "/api/v1/alerts", "/api/alerts"
TILLS = "".join(f'shop_till_closed{{branch="b{n % 97}",till="{n}"}} 1\n' for n in range(ALERTS))


def ask(program, path):
    with urllib.request.urlopen(program.url(path), timeout=60) as answer:
        return len(json.load(answer)["data"])


def series(folder, rounds):
    port = free_port()
    (folder / "healthd.yml").write_text(f"history: {{budget: 256MiB}}\nweb: {{listen: ['127.0.0.1:{port}']}}\n"
                                        f"probes: []\nstate: {{path: '{folder}/state'}}\n")
    program = Program(folder, "loaded", [str(BUILD / "bench/loaded"), str(folder / "healthd.yml"), str(SERIES)], port,
                      core=None)
    wait_until(lambda: program.metric("healthd_history_series") >= SERIES, 60, "the history to be filled")
    before = program.metric("healthd_loop_slow_callbacks_total")
    for name, path in LISTS:
        took = []
        for _ in range(rounds):
            start = time.monotonic()
            count = ask(program, path)
            took.append((time.monotonic() - start) * 1000)
        print(f"  {name:26} {count:6} in {sorted(took)[len(took) // 2]:6.0f} ms")
    return stop(program, before, "series")


def stop(program, before, what):
    slow = program.metric("healthd_loop_slow_callbacks_total") - before
    program.stop()
    said = {line for line in program.process.err.read_text().splitlines() if "slow callback" in line}
    for line in sorted(said)[:5]:
        print("   ", line)
    return judge(f"callbacks over 5 ms while listing {what}", slow, 0)


def alerts(folder, rounds):
    shop = Web({"GET /metrics": TILLS, "POST /hook": ""})
    rule = {"alert": "TillClosed", "expr": "shop_till_closed > 0", "labels": {"severity": "warning"},
            "annotations": {"summary": "Till {{ $labels.till }} of {{ $labels.branch }} is closed."}}
    conf = {"receivers": {"hook": {"webhook": {"url": f"{shop.url}/hook"}}}, "notify": {"warning": ["hook"]},
            "probes": [{"name": "shop", "interval": "5s", "scrape": f"{shop.url}/metrics"}],
            "rules": [{"name": "shop", "interval": "5s", "rules": [rule]}]}
    program = healthd(folder / "alerts", "\n".join(f"{key}: {json.dumps(value)}" for key, value in conf.items()))
    wait_until(lambda: program.metric("healthd_alerts_firing") >= ALERTS, 60, "the alerts to fire")
    # The loop's thread alone is measured, not what else runs here.
    os.sched_setscheduler(program.pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    before = program.metric("healthd_loop_slow_callbacks_total")
    for path in ALERT_LISTS:
        took = []
        for _ in range(10 * rounds):
            start = time.monotonic()
            with urllib.request.urlopen(program.url(path), timeout=60) as answer:
                size = len(answer.read())
            took.append((time.monotonic() - start) * 1000)
        print(f"  {path:26} {size / 1e6:4.1f} MB in {sorted(took)[len(took) // 2]:6.0f} ms")
    missed = stop(program, before, "alerts")
    shop.close()
    return missed


def run(folder, rounds):
    return series(folder, rounds) + alerts(folder, rounds)
