# SPDX-License-Identifier: Apache-2.0
"""Lists of series, label names and label values over 50,000 series in the history: how long one takes, and what the loop
does at a time meanwhile, by healthd's own clock."""
import json
import time
import urllib.parse
import urllib.request

from lib.wait import free_port, wait_until
from measure import BUILD, Program, judge

SERIES = 50_000
EVERY = urllib.parse.quote('{__name__=~".+"}')
LISTS = (("series of one metric", "/api/v1/series?match[]=bench_requests_in_flight"),
         ("every series", f"/api/v1/series?match[]={EVERY}"),
         ("label names", "/api/v1/labels"),
         ("values of a label, 50", "/api/v1/label/path/values"),
         ("values of a label, 50,000", "/api/v1/label/shard/values"))


def ask(program, path):
    with urllib.request.urlopen(program.url(path), timeout=60) as answer:
        return len(json.load(answer)["data"])


def run(folder, rounds):
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
    slow = program.metric("healthd_loop_slow_callbacks_total") - before
    program.stop()
    said = {line for line in program.process.err.read_text().splitlines() if "slow callback" in line}
    for line in sorted(said)[:5]:
        print("   ", line)
    return judge("callbacks over 5 ms while listing", slow, 0)
