#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The changelog, from fragments. Run at the source root.

    changes.py                 prints what the next release brings
    changes.py check           holds the fragments to their form
    changes.py release X.Y.Z   moves them into CHANGELOG.md as that release, dated today

A fragment is changes/<slug>.md: the first line `kind: added`, `kind: changed` or `kind: fixed`,
an empty line, then one sentence or more for the people who run healthd.
"""
import datetime
import os
import re
import sys

from tree import Faults, read, tracked

KINDS = ["added", "changed", "fixed"]
CHANGELOG = "CHANGELOG.md"
MARK = "<!-- releases: newest first, written by tools/changes.py -->\n"
FRAGMENT = re.compile(r"\Akind: (\w+)\n\n(.+)\Z", re.S)
VERSION = re.compile(r"\d+\.\d+\.\d+")


def fragments(faults):
    """(kind, text, path) of each, in the order of KINDS, then of names."""
    found = []
    for path in tracked("changes/*.md"):
        if path == "changes/README.md":
            continue
        match = FRAGMENT.match(read(path))
        if not match or match[1] not in KINDS:
            faults.add(path, 1, f"begins with 'kind: {'|'.join(KINDS)}', an empty line, then the text")
        elif not match[2].strip().endswith((".", ":", "`", ")")):
            faults.add(path, 3, "is made of sentences: ends with a full stop")
        else:
            found.append((match[1], match[2].strip(), path))
    return sorted(found, key=lambda one: (KINDS.index(one[0]), one[2]))


def render(found):
    text = ""
    for kind in KINDS:
        items = [item for item in found if item[0] == kind]
        if items:
            text += f"\n### {kind.capitalize()}\n\n"
            text += "".join("- " + body.replace("\n", "\n  ") + "\n" for _, body, _ in items)
    return re.sub(r"(?m)^ +$", "", text)


def release(version, found):
    assert VERSION.fullmatch(version), f"{version!r} is no version like 1.2.3"
    assert found, "there is no fragment to release"
    text = read(CHANGELOG)
    assert MARK in text, f"{CHANGELOG} has no line {MARK!r}"
    entry = f"\n## {version} ({datetime.date.today().isoformat()})\n{render(found)}"
    with open(CHANGELOG, "w", encoding="utf-8") as file:
        file.write(text.replace(MARK, MARK + entry))
    for _, _, path in found:
        os.unlink(path)


def main():
    faults = Faults()
    found = fragments(faults)
    command = sys.argv[1] if len(sys.argv) > 1 else "show"
    if command == "check" or faults.lines:
        faults.finish(f"{len(found)} fragments are well formed")
    elif command == "release":
        release(sys.argv[2], found)
    else:
        print("## Unreleased\n" + render(found), end="")


if __name__ == "__main__":
    main()
