# SPDX-License-Identifier: Apache-2.0
"""Notices, and sending one to one receiver by tests/lib/notify_once.c."""
import json
import os
import subprocess
import time
from pathlib import Path

from lib.healthd import assert_sane, program

SECOND = 10**9


def notify_once_path():
    """Beside the healthd that is tested."""
    path = Path(program("HEALTHD_BIN")).parent.parent / "tests" / "notify_once"
    assert os.access(path, os.X_OK), f"{path} is not there: build it first"
    return path


def alert(**changes):
    now = time.time_ns()
    whole = {"key": "a1", "fingerprint": "0123456789abcdef", "is_firing": True,
             "labels": {"alertname": "ProbeDown", "probe": "orders-db", "severity": "critical",
                        "component": "payload", "workflow_id": "checkout"},
             "annotations": {"summary": "orders-db is down"}, "since": now - 300 * SECOND, "ended": 0, "value": "0",
             "threshold": "== 0", "spark": [1, 1, None, 0], "detail": "connection refused by 10.0.0.5:5432",
             "hides": ["cache"], "expr": "probe_success == 0"}
    return {**whole, **changes}


def notice(kind="trigger", **changes):
    """A notice about one critical alert, as the outbox keeps it."""
    now = time.time_ns()
    ended = {"is_firing": False, "ended": now - SECOND} if kind == "resolve" else {}
    one = alert(**ended)
    whole = {"id": "000000000000032c", "kind": kind, "receiver": "oncall", "lane": "a1",
             "dedup_key": "hd-0123456789012345678901234567890123456789", "site": "shop-prod",
             "group_key": '{}/{severity="critical"}:{alertname="ProbeDown"}', "severity": "critical",
             "reason": "first notification", "group_labels": {"alertname": "ProbeDown"},
             "common_labels": one["labels"], "common_annotations": one["annotations"],
             "title": "ProbeDown orders-db (payload, checkout)", "external_url": "http://healthd:9990",
             "runbook": "https://runbooks.example.com/db", "last_deploy": "40 s after deploy a1b2c3 of shop",
             "also": "also failing: cache", "ack_hint": "healthctl ack orders-db", "timezone": "Europe/Berlin",
             "made": now, "first_since": one["since"], "alerts": [one]}
    return {**whole, **changes}


class Judgement:
    """`outcome`, `why`, `retry_after`, `never_arrived`, `remote`, `warning`."""

    def __init__(self, text):
        self.__dict__.update(json.loads(text))

    def __repr__(self):
        return f"{self.outcome}: {self.why}"


def notify(receiver, one=None, *, env=None, **options):
    """receiver: {type: conf}. Options: remote=, number=, late=, timeout= (ms), degraded=, doubt=."""
    argv = [notify_once_path()]
    for name, value in options.items():
        argv += [f"--{name}", str(value)]
    done = subprocess.run([*argv, json.dumps(receiver)], input=json.dumps(one or notice()),
                          capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})})
    assert_sane(done.stderr, "notify_once")
    assert done.returncode == 0, f"notify_once {receiver}: {done.stderr}"
    return Judgement(done.stdout)
