#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the pages say is there, is there: links, files and folders named in `code`, commands of
./dev, files shown whole; that each block of commands is run by a test, or says why not; that
comments cite pages that are; that a function named with its file is in it; that each README.md
of docs/ lists its pages, and README every probe type. Run at the source root."""
import os
import re

from tree import Faults, read, tracked

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"`([^`\n]+)`")
FUNCTION_IN = re.compile(r"`(\w+)`\s+(?:\(|in )`([\w/]+\.[ch])`")
DEV = re.compile(r"\./dev ([a-z]+)")
COMMANDS = re.compile(r"^([a-z |]+)\) (?:\$command|test_layers|install_packages|help)", re.M)
SHOWN = re.compile(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.M | re.S)
BLOCK = re.compile(r"^(?:<!-- ([a-z ]+)(?:: ([^\n]+))? -->\n+)?```(\w*)\n", re.M)
# What becomes of a block is told in tests/lib/pages.py; `yaml` and `promql` are looked at without a word.
COMMANDS_OF = ("sh", "console")
TOLD = ("run", "write", "not run", "file")
LANGUAGES = COMMANDS_OF + ("", "c", "crontab", "ini", "json", "nginx", "promql", "python", "sql", "yaml")
PROBE_TABLE = "| probe type |"
PART = re.compile(r"^<!-- part of: (\S+) -->\n```\w*\n(.*?)^```$", re.M | re.S)
CITED = re.compile(r"\b[\w/]+\.md,? §")
OUR_FOLDERS = ("lib/", "probes/", "exporters/", "alerts/", "collector/", "healthctl/", "tools/",
               "tests/", "docs/", "examples/", "bench/", "changes/", "packaging/", "dashboards/")


def anchors(text):
    """GitHub's: lower case, spaces to hyphens, no punctuation."""
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands():
    words = " ".join(COMMANDS.findall(read("dev"))).replace("|", " ").split()
    return set(words) | {"help"}


def check_links(path, number, line, faults):
    for target, anchor in LINK.findall(line):
        place = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(place):
            faults.add(path, number, f"links to {place}, which is not there")
        elif anchor and place.endswith(".md") and anchor not in anchors(read(place)):
            faults.add(path, number, f"links to #{anchor}, and {place} has no such heading")


def check_code(path, number, line, faults):
    """A path in backquotes that begins with a folder of ours exists; patterns are left alone."""
    for code in CODE.findall(line):
        if code.startswith(OUR_FOLDERS) and not re.search(r"[*<>{}\s…]", code):
            if not os.path.exists(code.split(":")[0]):
                faults.add(path, number, f"names {code}, which is not there")


def check_functions(path, text, faults):
    """`function` (`file`), or `function` in `file`: that file has it, begun at the margin as all are; a table as well."""
    for found in FUNCTION_IN.finditer(text):
        name, place = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        if os.path.exists(place) and not re.search(rf"^(?=\w)[^;{{}}=\n]*\b{name}[(\[]", read(place), re.M):
            faults.add(path, line, f"names {name} in {place}, which has none: follow it to where it went")


def check_shown_files(path, text, faults):
    """A block after <!-- file: NAME --> is that file."""
    for found in SHOWN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if not os.path.exists(found[1]):
            faults.add(path, line, f"shows {found[1]}, which is not there")
        elif read(found[1]) != found[2]:
            faults.add(path, line, f"what it shows is not {found[1]} any more: copy it again")


def check_blocks(path, text, faults):
    """Commands of runbooks are for servers in trouble: tests/integration/test_documents.py reads them, and runs none."""
    for found in BLOCK.finditer(text):
        mark, why, language = found.groups()
        line = text.count("\n", 0, found.end())
        if language not in LANGUAGES:
            faults.add(path, line, f"has a block of '{language}': write one of {', '.join(filter(None, LANGUAGES))}")
        elif mark == "not run" and not why:
            faults.add(path, line, "does not say why this block is not run")
        elif language in COMMANDS_OF and mark not in TOLD and not path.startswith("docs/runbooks/"):
            faults.add(path, line, "no test runs this block: write <!-- run --> before it, or <!-- not run: WHY -->")


def check_index(pages, faults):
    """Each page of docs/ and docs/decisions/ is in the README.md beside it."""
    for folder in ("docs", "docs/decisions"):
        index = f"{folder}/README.md"
        if not os.path.exists(index):
            continue
        listed = {os.path.normpath(os.path.join(folder, found[1])) for found in LINK.finditer(read(index))}
        for path in pages:
            if os.path.dirname(path) == folder and path != index and path not in listed:
                faults.add(path, 1, f"is not in {index}: put it where a reader needs it")


def check_shown_parts(path, text, faults):
    """A block after <!-- part of: NAME --> stands in that file, and of C no block stands there without."""
    parts = list(PART.finditer(text))
    for found in parts:
        line = text.count("\n", 0, found.start()) + 1
        if not os.path.exists(found[1]):
            faults.add(path, line, f"shows a part of {found[1]}, which is not there")
        elif found[2] not in read(found[1]):
            faults.add(path, line, f"what it shows is no part of {found[1]} any more: copy it again")
    if text.count("```c\n") != sum("```c\n" in found[0] for found in [*parts, *SHOWN.finditer(text)]):
        faults.add(path, 1, "shows C that nothing compiles: show a part of a file (<!-- part of: NAME -->)")


def check_citations(faults):
    """A comment that cites a page by its paragraph cites one of another tree: ours are cited by their headings."""
    for path in tracked("*.[ch]") + tracked("*.py"):
        for number, line in enumerate(read(path).splitlines(), 1):
            found = CITED.search(line)
            if found and path != "tools/docs.py":
                faults.add(path, number, f"cites {found[0]}: say the reason, or a page of docs/ and its heading")


def check_probe_table(faults):
    """README's table of probe types has those of probes/meson.build, each once."""
    if not os.path.exists("README.md") or not os.path.exists("probes/meson.build"):
        return
    built = re.search(r"^probes = \{\n(.*?)^\}", read("probes/meson.build"), re.M | re.S)
    text = read("README.md")
    start = text.find(PROBE_TABLE)
    if start < 0:
        faults.add("README.md", 1, f"has no table that begins '{PROBE_TABLE}'")
        return
    rows = text[start:].split("\n\n")[0].split("\n")[2:]
    told = CODE.findall("\n".join(row.split(" | ")[0] for row in rows))
    line = text.count("\n", 0, start) + 1
    types = set(re.findall(r"^  '(\w+)':", built[1], re.M))
    for name in sorted(types - set(told)):
        faults.add("README.md", line, f"has no row for the probe type '{name}': say in this table whom it asks, and what "
                   "it comes in the place of")
    for name in sorted(name for name in set(told) if name not in types or told.count(name) > 1):
        faults.add("README.md", line, f"tells of the probe type '{name}', " + (
            "twice" if name in types else "which probes/meson.build does not build"))


def main():
    faults = Faults()
    check_citations(faults)
    check_probe_table(faults)
    known = commands()
    pages = [path for path in tracked("*.md") if not path.startswith("changes/")]
    check_index(pages, faults)
    for path in pages:
        rules = False
        check_shown_files(path, read(path), faults)
        check_shown_parts(path, read(path), faults)
        check_blocks(path, read(path), faults)
        check_functions(path, read(path), faults)
        for number, line in enumerate(read(path).split("\n"), 1):
            # The tables of rules name what may come as well.
            rules = (rules or line.endswith("read by tools/layers.py -->")) and line != "<!-- end -->"
            if rules:
                continue
            check_links(path, number, line, faults)
            check_code(path, number, line, faults)
            for command in DEV.findall(line):
                if command not in known:
                    faults.add(path, number, f"./dev has no command '{command}'")
    faults.finish(f"{len(pages)} pages name only what is there")


if __name__ == "__main__":
    main()
