#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files and functions that a reader can hold in mind. Run at the source root.

Files: median 250 lines, nine of ten 350, none above 400. Functions: 50 lines, three levels deep.
Tables are data, not functions: they are not counted. Tests tell stories as tables of cases: up to 600
lines a file and 150 a function.
"""
import re
import statistics

from tree import Faults, read, tracked

MEDIAN_MAX, P90_MAX, FILE_MAX, TEST_FILE_MAX = 250, 350, 400, 600
FUNCTION_MAX, TEST_FUNCTION_MAX = 50, 150
DEPTH_MAX = 3
INDENT = 4
BRANCH = re.compile(r"^( +)(?:\} else )?(?:if|for|while|switch|do|LIST_EACH|HASH_ITER)\b.*\{$")
NAME = re.compile(r"([A-Za-z_]\w*)\(")


def functions(lines):
    """(name, first line, last line) of each: in our layout a body stands between a line that is
    only "{" and one that is only "}"."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            head = start - 1
            while head > 1 and lines[head - 1].startswith((" ", "\t")):
                head -= 1
            name = NAME.search(lines[head - 1])
            yield (name[1] if name else "?"), start, number
            start = None


def check_functions(path, lines, limit, faults):
    for name, start, end in functions(lines):
        length = end - start - 1
        if length > limit:
            faults.add(path, start, f"{name}() has {length} lines, above {limit}: give a "
                                    "part of it a name")
        for number in range(start, end):
            branch = BRANCH.match(lines[number])
            if branch and len(branch[1]) // INDENT > DEPTH_MAX:
                faults.add(path, number + 1, f"{name}() goes {len(branch[1]) // INDENT} levels "
                                             f"deep: at most {DEPTH_MAX}; return early")
                break


def check_file_sizes(sizes, faults):
    """sizes: lines by path, of the code that is not tests."""
    counts = sorted(sizes.values())
    if len(counts) < 10:
        return
    median = statistics.median(counts)
    p90 = counts[len(counts) * 9 // 10]
    largest = sorted(sizes, key=sizes.get, reverse=True)[:5]
    names = ", ".join(f"{path} ({sizes[path]})" for path in largest)
    if median > MEDIAN_MAX:
        faults.add(largest[0], 1, f"the median file has {median:.0f} lines, above {MEDIAN_MAX}")
    if p90 > P90_MAX:
        faults.add(largest[0], 1, f"one file in ten has more than {p90} lines, above {P90_MAX}: {names}")


def main():
    faults = Faults()
    sizes = {}
    count = 0
    for path in tracked("*.c", "*.h"):
        lines = read(path).split("\n")
        is_test = path.startswith("tests/")
        limit = TEST_FILE_MAX if is_test else FILE_MAX
        if len(lines) - 1 > limit:
            faults.add(path, limit, f"{len(lines) - 1} lines, above {limit}: split it by noun")
        if path.endswith(".c"):
            check_functions(path, lines, TEST_FUNCTION_MAX if is_test else FUNCTION_MAX, faults)
            count += 1
            if not is_test:
                sizes[path] = len(lines) - 1
    check_file_sizes(sizes, faults)
    faults.finish(f"{count} C files have readable sizes")


if __name__ == "__main__":
    main()
