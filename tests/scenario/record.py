#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts what receivers heard into the stories, as what they should have heard: to be read before it is committed.

tests/scenario/record.py PROGRAM FILE...
"""
import os
import re
import subprocess
import sys


def heard_by_line(program, path):
    """Of each tale, by the line it begins at, what was heard."""
    said = subprocess.run([program, path], env=dict(os.environ, SCENARIO_SHOW="1"), capture_output=True,
                          text=True, check=False).stdout
    found, lines = {}, []
    for line in said.splitlines():
        tale = re.match(r"(?:not )?ok \d+ - [^:]+:(\d+) ", line)
        if tale:
            found[int(tale[1])], lines = lines, []
        elif line.startswith("#     "):
            lines.append(line[6:].rstrip())
    return found


def without_expectations(lines):
    inside = False
    for number, line in enumerate(lines, 1):
        if line and not line.startswith(" "):
            inside = line.strip() == "expect"
        if not inside:
            yield number, line


def record(program, path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    heard, parts, current = heard_by_line(program, path), [], None
    for number, line in without_expectations(lines):
        if line.startswith("tale "):
            parts.append([])
            current = number
        elif not parts:
            parts.append([])
        parts[-1].append((current, line))
    out = []
    for part in parts:
        text = "\n".join(line for _, line in part).rstrip()
        out.append(text)
        if part[0][0]:
            out[-1] += "\nexpect\n" + "\n".join(f"    {line}" for line in heard[part[0][0]])
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n\n".join(out) + "\n")


for name in sys.argv[2:]:
    record(sys.argv[1], name)
