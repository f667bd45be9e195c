# SPDX-License-Identifier: Apache-2.0
"""Rules: CPU of one evaluation of 1,000 rules over 10,000 series. A limit, not a peer: it is of one process."""
import statistics
import subprocess

from measure import BUILD, CONTESTANT_CORE, pinned

WANTED_MS = 50.0


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
    return not is_met
