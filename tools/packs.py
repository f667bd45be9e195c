#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bundled rules keep their promises: each has a summary, a description, a runbook page that is
there, a test in which it fires and one in which it does not, and names only families that healthd
has. Every runbook page belongs to a rule or a limit. Run at the source root."""
import os
import re

from tree import Faults, read, tracked

PACKS = "alerts/packs/*.yml"
COMMON = "alerts/packs/probes.yml"
TESTS = "alerts/packs/tests/*.test.yml"
RUNBOOKS = "docs/runbooks/"
SECTIONS = ["## Meaning", "## First look", "## Causes", "## Fix"]
ALERT = re.compile(r"^\s*- alert: (\w+)$", re.M)
EXPR = re.compile(r"^\s*expr: (?:\|\n((?:\s{10,}.*\n)+)|(.*)\n)", re.M)
FAMILY = re.compile(r"\b(?:healthd|probe|flow)_[a-z0-9_]+\b")
LITERAL = re.compile(r'"((?:healthd|probe|flow)_[a-z0-9_]+)"')
LIMIT = re.compile(r'\.alert = "(\w+)"')
PROMQL = {"last_over_time", "group_left", "group_right"}
FRAME = ("collector/*.[ch]", "lib/core/*.[ch]")
CODE = FRAME + ("alerts/*.[ch]", "exporters/*.[ch]", "lib/*.[ch]", "probes/*.[ch]")
TESTED = re.compile(r"alertname: (\w+)[,}\n]\s*exp_alerts: ?(\[\])?")


def rules(text):
    """(alert, its text, line) of each rule of a pack."""
    found = list(ALERT.finditer(text))
    for match, after in zip(found, found[1:] + [None]):
        end = after.start() if after else len(text)
        yield match[1], text[match.start():end], text.count("\n", 0, match.start()) + 1


def families_of_code(patterns=CODE):
    names = set()
    for path in tracked(*patterns):
        names.update(LITERAL.findall(read(path)))
    return names


def check_rule(path, alert, text, line, known, faults):
    for key in ("summary", "description"):
        if not re.search(rf"^\s*{key}: \S", text, re.M):
            faults.add(path, line, f"{alert} has no {key}")
    page = f"{RUNBOOKS}{alert}.md"
    link = f"runbook_url: /runbooks/{alert}"
    if f"{link}\n" not in text:
        faults.add(path, line, f"{alert} has no {link}")
    elif not os.path.exists(page):
        faults.add(path, line, f"{alert} has no page {page}")
    for found in EXPR.finditer(text):
        for name in FAMILY.findall(found[1] or found[2]):
            if name not in known:
                faults.add(path, line, f"{alert} reads {name}, which no code of ours makes")


def check_common(path, alert, text, line, frame, faults):
    """A rule for every probe knows none in particular: a new type must not change it."""
    for found in EXPR.finditer(text):
        expr = found[1] or found[2]
        names = set(re.findall(r"\b[a-z]+_[a-z0-9_]+\b(?!\()", re.sub(r'"[^"]*"', "", expr)))
        for name in sorted(names - frame - PROMQL):
            faults.add(path, line, f"{alert} reads {name}, which not every probe has: what a type's own rules tell "
                       "of is said by its `pack` (lib/core/probe.h)")
        if re.search(r"\btype\s*[=!]", expr):
            faults.add(path, line, f"{alert} asks for a probe type: say it by the type's `pack` (lib/core/probe.h)")


def check_own_packs(faults):
    """`.pack` of a probe type is a pack that is there."""
    for path in tracked("probes/*.c"):
        for name in re.findall(r'^\s*\.pack = "(\w+)",$', read(path), re.M):
            if not os.path.exists(f"alerts/packs/{name}.yml"):
                faults.add(path, 1, f"its `pack` is '{name}', and there is no alerts/packs/{name}.yml")


def alerts_of_limits():
    """What `limits:` of the probe types become."""
    names = set()
    for path in tracked("probes/*.c"):
        names.update(LIMIT.findall(read(path)))
    return names


def check_runbook(page, alerts, faults):
    text = read(page)
    alert = os.path.splitext(os.path.basename(page))[0]
    if alert not in alerts:
        faults.add(page, 1, f"there is no bundled rule and no limit {alert}")
    if not text.startswith(f"# {alert}\n"):
        faults.add(page, 1, f"begins with '# {alert}'")
    places = [text.find(section) for section in SECTIONS]
    if -1 in places or places != sorted(places):
        faults.add(page, 1, "has the sections " + ", ".join(SECTIONS))


def main():
    faults = Faults()
    frame, known = families_of_code(FRAME), families_of_code()
    alerts = {}
    for path in tracked(PACKS):
        if path.startswith("alerts/packs/tests/"):
            continue
        for alert, text, line in rules(read(path)):
            alerts.setdefault(alert, (path, line))
            check_rule(path, alert, text, line, known, faults)
            if path == COMMON:
                check_common(path, alert, text, line, frame, faults)
    check_own_packs(faults)
    fires, quiet = set(), set()
    for path in tracked(TESTS):
        for found in TESTED.finditer(read(path)):
            (quiet if found[2] else fires).add(found[1])
        for name in re.findall(r'ALERTS\{alertname="(\w+)"', read(path)):
            quiet.add(name)
    for alert, (path, line) in alerts.items():
        if alert not in fires:
            faults.add(path, line, f"no test under alerts/packs/tests sees {alert} fire")
        if alert not in quiet:
            faults.add(path, line, f"no test under alerts/packs/tests sees {alert} quiet")
    named = alerts.keys() | alerts_of_limits()
    for page in tracked(RUNBOOKS + "*.md"):
        check_runbook(page, named, faults)
    faults.finish(f"{len(alerts)} bundled alerts have texts, runbooks, tests and real families")


if __name__ == "__main__":
    main()
