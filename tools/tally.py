#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a layer's tests did, for `./dev test`: prints "PASSED FAILED SKIPPED".

    tally.py meson LOG.json...    logs of `meson test` (a line a test program)
    tally.py pytest REPORT.xml    a JUnit file of pytest
    tally.py failed REPORT.xml    what failed in it, a line each as pytest takes it, instead of counts

A test program that speaks TAP counts once per line it reported. One that ends badly without
having reported a failed line (a crash, a leak, a sanitizer's report, a timeout) counts as one
failure more. The lines of what failed go to stderr. A log that is missing counts as one failure:
whoever was to write it did not come so far.
"""
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

TAP_LINE = re.compile(r"^(not )?ok\b(.*)$")


def tally_tap(test):
    """Passed, failed and skipped lines of one TAP program, and what it said of the failed."""
    passed = failed = skipped = 0
    said = []
    telling = False
    for line in test.get("stdout", "").splitlines():
        found = TAP_LINE.match(line)
        if found:
            telling = bool(found[1])
            if "# SKIP" in found[2].upper():
                skipped += 1
            elif found[1]:
                failed += 1
            else:
                passed += 1
        if telling:
            said.append(line)
    return passed, failed, skipped, said


def tally_meson(paths):
    total = [0, 0, 0]
    for path in paths:
        if not os.path.exists(path):
            print(f"tally: meson left no log at {path}", file=sys.stderr)
            total[1] += 1
            continue
        with open(path, encoding="utf-8") as log:
            tests = [json.loads(line) for line in log if line.strip()]
        for test in tests:
            passed, failed, skipped, said = tally_tap(test)
            fine = test["result"] in ("OK", "EXPECTEDFAIL")
            if test["result"] == "SKIP":
                skipped = max(skipped, 1)
            elif fine and not passed + failed + skipped:
                passed = 1
            elif not fine and not failed:
                failed = 1
            if failed:
                print(f"tally: {test['name']}: {test['result']}", *said, sep="\n  ", file=sys.stderr)
            total = [a + b for a, b in zip(total, (passed, failed, skipped))]
    return total


def tally_pytest(path):
    if not os.path.exists(path):
        print(f"tally: pytest left no report at {path}", file=sys.stderr)
        return [0, 1, 0]
    total = [0, 0, 0]
    for suite in xml.parse(path).getroot().iter("testsuite"):
        tests, skipped = int(suite.get("tests")), int(suite.get("skipped"))
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        total = [a + b for a, b in zip(total, (max(tests - skipped - failed, 0), failed, skipped))]
    return total


def failed_names(path):
    """`tests/integration/test_x.py::test_y[case]`; classname is the module's path with dots, without `tests`."""
    if not os.path.exists(path):
        return []
    return [f"tests/{case.get('classname').replace('.', '/')}.py::{case.get('name')}"
            for case in xml.parse(path).getroot().iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None]


def main():
    kind, paths = sys.argv[1], sys.argv[2:]
    if kind == "failed":
        print(*failed_names(paths[0]), sep="\n")
        return
    print(*(tally_meson(paths) if kind == "meson" else tally_pytest(paths[0])))


if __name__ == "__main__":
    main()
