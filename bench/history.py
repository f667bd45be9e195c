# SPDX-License-Identifier: Apache-2.0
"""History: memory of 10,000 series over 6 h at 15 s, and the cost of a sample. Limits, not a peer: they are of one process."""
import subprocess

from measure import BUILD, CONTESTANT_CORE, pinned

KINDS = ("constant", "counter", "gauge", "duration", "noise", "mix")
WANTED_MB, WANTED_CALLBACK_MS = 40.0, 5.0


def run(_folder, _rounds):
    missed = 0
    print(f"{'kind':9} {'RSS MB':>7} {'B/sample':>9} {'append ns':>10} {'view ms':>8} {'decode ns':>10} {'worst ms':>9}")
    for kind in KINDS:
        line = subprocess.run(pinned(CONTESTANT_CORE, [BUILD / "bench/history", kind]), check=True,
                              capture_output=True, text=True).stdout.split()
        rss, per_sample, append, view, decode, worst = map(float, line[1:])
        counts = kind == "mix"
        is_met = not counts or (rss <= WANTED_MB and worst <= WANTED_CALLBACK_MS)
        missed += not is_met
        print(f"{kind:9} {rss:7.1f} {per_sample:9.2f} {append:10.0f} {view:8.2f} {decode:10.1f} {worst:9.2f}"
              + ("" if not counts else f"   wanted: {WANTED_MB} MB, {WANTED_CALLBACK_MS} ms"
                 + ("" if is_met else "  MISSED")))
    return missed + run_rollup()


def run_rollup():
    """A week of five-minute points of 300 series."""
    line = subprocess.run(pinned(CONTESTANT_CORE, [BUILD / "bench/rollup"]), check=True, capture_output=True,
                          text=True).stdout.split()
    per_day, whole, append, worst, evaluate, view = map(float, line)
    is_met = worst <= WANTED_CALLBACK_MS
    print(f"rollups of 300 series over 7 days: {per_day / 1024:.1f} KiB a series and day, {whole / 1e6:.1f} MB with samples; "
          f"{append:.0f} ns a sample, at most {worst:.2f} ms for 300 on the loop; avg_over_time(x[7d]) of all in "
          f"{evaluate:.1f} ms, view {view:.2f} ms" + ("" if is_met else f"   wanted: {WANTED_CALLBACK_MS} ms  MISSED"))
    return not is_met
