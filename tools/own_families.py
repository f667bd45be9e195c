#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The families that healthd itself makes, as a C table: each `struct metric` in the code of frame, collector, alerts and
exporters, by its name, with its labels where they are written beside it. For who says that a rule reads a name that
nothing makes. Called by the build: own_families.py OUTPUT DEPFILE SOURCE_ROOT."""
import glob
import os
import re
import sys

CODE = ("alerts/*.c", "collector/*.c", "exporters/*.c", "lib/core/*.c")
NAME = r'"([a-z][a-z0-9]*(?:_[a-z0-9]+)+)"'
# .name = "x" of an initialiser that says a kind as well, or the first argument of a macro that makes one.
PLAIN = re.compile(r"\.name\s*=\s*" + NAME + r"\s*,\s*(?:\.family[^,]*,\s*)?\.kind\s*=([^{}]*(?:\{[^{}]*\})?)")
BARE = re.compile(r"struct metric \w+\s*=\s*\{\s*\.name\s*=\s*" + NAME + r"\s*,([^{}]*(?:\{[^{}]*\})?)")
MACRO = re.compile(r"\b[A-Z][A-Z_]+\(\s*" + NAME + r"\s*,\s*\"")
PARTS = ("_bucket", "_sum", "_count")
LABELS = re.compile(r"\.labels\s*=\s*\{([^{}]*)\}")
# What history.h's callers write beside what is declared; labels: none of their own.
SYNTHETIC = {"up": [], "scrape_duration_seconds": [], "scrape_samples_scraped": [], "ALERTS": None, "ALERTS_FOR_STATE": None}


def labels_of(text):
    found = LABELS.search(text)
    return re.findall(r'"(\w+)"', found[1]) if found else []


def families(sources):
    """name → its labels, or None when they are not known."""
    found = dict(SYNTHETIC)
    for path in sources:
        with open(path, encoding="utf-8") as file:
            text = re.sub(r'"\s*\n\s*"', "", file.read())
        if "struct metric" not in text:
            continue
        for match in list(PLAIN.finditer(text)) + list(BARE.finditer(text)):
            if "METRIC_HISTOGRAM" in match[2]:
                found.update({match[1] + part: labels_of(match[2]) + ["le"] for part in PARTS})
            else:
                found[match[1]] = labels_of(match[2])
        for match in MACRO.finditer(text):
            found[match[1]] = None
    return found


def row(name, labels):
    listed = ", ".join(f'"{label}"' for label in labels or [])
    return f'    {{"{name}", {"false" if labels is None else "true"}, {{{listed or "NULL"}}}}},\n'


def main():
    output, depfile, root = sys.argv[1:]
    sources = sorted(path for pattern in CODE for path in glob.glob(os.path.join(root, pattern)))
    rows = "".join(row(name, labels) for name, labels in sorted(families(sources).items()))
    with open(output, "w", encoding="utf-8") as file:
        file.write("/* Made by tools/own_families.py. */\n#include \"lib/config/own_family.h\"\n\n"
                   f"const struct own_family own_families[] = {{\n{rows}    {{NULL, false, {{NULL}}}},\n}};\n")
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(f"{os.path.basename(output)}: " + " ".join(sources) + "\n")


if __name__ == "__main__":
    main()
