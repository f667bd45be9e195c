#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads release binaries with readelf: what the build promises is in them.

    hardening.py BINARY...
"""
import re
import subprocess
import sys

from tree import Faults


def readelf(option, path):
    return subprocess.run(["readelf", "--wide", option, path], capture_output=True, text=True,
                          check=True).stdout


def check(path, faults):
    header = readelf("--file-header", path)
    segments = readelf("--program-headers", path)
    dynamic = readelf("--dynamic", path)
    symbols = readelf("--dyn-syms", path)
    promises = [
        ("position-independent (PIE)", re.search(r"Type:\s+DYN", header)),
        ("read-only relocations (RELRO)", "GNU_RELRO" in segments),
        ("bound at start (BIND_NOW)", re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic)),
        ("no executable stack", re.search(r"GNU_STACK\s+(\S+\s+){5}RW\s", segments)),
        ("stack protector", "__stack_chk_fail" in symbols),
        ("checked libc calls (FORTIFY)", re.search(r"__\w+_chk\b", symbols)),
        ("no library path of the build machine", not re.search(r"\((RPATH|RUNPATH)\)", dynamic)),
    ]
    for name, kept in promises:
        if not kept:
            faults.add(path, 0, f"is not {name}" if " " not in name else f"lacks: {name}")


def main():
    faults = Faults()
    for path in sys.argv[1:]:
        check(path, faults)
    faults.finish(f"{len(sys.argv) - 1} binaries are hardened")


if __name__ == "__main__":
    main()
