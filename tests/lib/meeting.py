# SPDX-License-Identifier: Apache-2.0
"""Probes that meet every bad peer at once: the right reason, within the deadline."""
import json

from lib.wait import slowness, wait_until

TIMEOUT = 1.0
LATE = 0.1  # how far past its timeout a verdict may come


def meet(healthd, peers, probe_of, timeout=TIMEOUT):
    """A healthd whose probes have the names of their peers, and have asked each once. probe_of(peer): {type: conf}."""
    daemon = healthd("probes: " + json.dumps([
        dict(probe_of(peer), name=name, interval="1h", timeout=f"{timeout}s") for name, peer in peers.items()]))
    wait_until(lambda: all(one["last"] for one in daemon.probes().values()), 20, "every peer to have been met")
    return daemon


class Late(AssertionError):
    """Nothing is said of the probe: the machine may have had no time for it, or for its peer."""


def is_late(seconds, reason, wanted, timeout=TIMEOUT):
    return seconds > timeout + LATE * slowness() or (reason == "timeout" and "timeout" not in wanted)


def in_time(ask, wanted):
    """What a probe with this timeout finds, asked again while that comes late. wanted: the reasons it may have."""
    def found_in_time():
        found = ask()
        if is_late(found.duration_ms / 1000, found.reason, wanted):
            raise Late(f"{found} after {found.duration_ms} ms")
        return found

    return wait_until(found_in_time, 5, f"{wanted} in time")


def judge_one(name, verdict, reasons, timeout):
    said = f"{name}: {verdict['health']} {verdict['reason']} ({verdict['detail']}) after {verdict['duration_seconds']:.3f} s, not {reasons}"
    if is_late(verdict["duration_seconds"], verdict["reason"], reasons, timeout):
        raise Late(said)
    assert verdict["reason"] in reasons and verdict["health"] == ("down" if reasons[0] else "up"), said
    return True


def judge(daemon, wanted, timeout=TIMEOUT):
    """wanted: {peer: its reason, or several; "" is up}. All at once on a busy machine, where peers that flood keep the others
    from answering, one may have been late: it is asked again, alone, until it is in time."""
    wrong = []
    for name, reasons in wanted.items():
        reasons = reasons if isinstance(reasons, tuple) else (reasons,)
        try:
            try:
                judge_one(name, daemon.explain(name)["last_run"], reasons, timeout)
            except Late:
                wait_until(lambda: judge_one(name, daemon.run_now(name), reasons, timeout), 5 * timeout)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
