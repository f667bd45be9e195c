# SPDX-License-Identifier: Apache-2.0
"""Rules: CPU of one evaluation of 1,000 rules over 10,000 series, and how long the loop is held at a time when one rule fires
5,000 alerts at once, or 1,000 probes go down, and when they end. Limits, not peers: they are of one process."""
import os
import statistics
import subprocess

from measure import BUILD, CONTESTANT_CORE, judge, pinned

WANTED_MS = 50.0
STORM_WANTED_MS = 5.0
STORMS = {"webhook": (5000, "one notice of all"), "slack": (5000, "a group each"), "pagerduty": (5000, "a lane each"),
          "digest": (5000, "a critical digest"), "probes": (1000, "a probe each")}


def storm(how):
    """The longest callback of each phase. The loop goes before all else where that may be: what others do is no hold."""
    above = ["/usr/bin/chrt", "-R", "-r", "20"] if os.geteuid() == 0 else []
    alerts, what = STORMS[how]
    lines = subprocess.run([*above, BUILD / "bench/storm", str(alerts), how], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    held = {phase: float(ms) for phase, ms, *_ in map(str.split, lines)}
    print(f"  {alerts} alerts at once, {what:17} " +
          ", ".join(f"{phase} {held[phase]:.1f}" for phase in held) + " ms at most")
    return max(held.values())


def run(_folder, _rounds):
    lines = subprocess.run(pinned(CONTESTANT_CORE, [BUILD / "bench/rules"]), check=True, capture_output=True,
                           text=True).stdout.splitlines()
    rounds = [tuple(map(float, line.split())) for line in lines[1:]]  # the first makes the match lists
    cpu = [r[0] for r in rounds]
    median = statistics.median(cpu)
    is_met = median <= WANTED_MS
    print(f"1,000 rules over 10,000 series: {median:.1f} ms CPU an evaluation ({min(cpu):.1f}-{max(cpu):.1f}), "
          f"on the loop at most {max(r[1] for r in rounds):.2f} ms at a time, {rounds[0][2]:.0f} elements"
          f"   wanted: {WANTED_MS} ms" + ("" if is_met else "  MISSED"))
    worst = max(storm(how) for how in STORMS)
    return judge("ms the loop is held at a time in a storm", worst, STORM_WANTED_MS) or not is_met
