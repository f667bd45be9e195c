#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What every file says at its top, and words that mean one thing. Run at the source root.

- Each source file has its licence line; each C file then says in a comment what it owns: more than "See x.h".
- Names that people write (options, types, files) avoid the words that other tools use for other
  things: check, monitor, service, incident, job.
- No file names a machine of ours, and none is left unfinished.
"""
import os
import re

from tree import Faults, read, tracked

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCES = ("*.c", "*.h", "*.py", "*.sh", "*meson.build", "meson_options.txt", "dev", ".ci/run",
           ".clang-format", ".clang-tidy")
PROSE = ("*.md", "*.yml", "*.yaml", "*.json")
HEAD_COMMENT = re.compile(r"\A/\* " + re.escape(SPDX) + r" \*/\n(?:/\*|//)")
SEE_HEADER = re.compile(r"\b(\w+\.h)\b")
SEE_ALONE = re.compile(r"\W*See \w+\.h\W*\Z")
HEAD_WORDS_MIN, TEST_HEAD_WORDS_MIN = 8, 3

BANNED_NAME = re.compile(r"(?:^|_)(?:checks?|monitors?|services?|incidents?)(?:_|$)")
# In the code, a job is what the pool computes; nobody outside meets the word but as a label.
BANNED_OUTSIDE = re.compile(BANNED_NAME.pattern + r"|(?:^|_)jobs?(?:_|$)")
# Words that a format of somebody else fixes, or that design allows: /health, the label job.
ALLOWED_NAMES = {"services", "job", "job_name"}
# AWS' own word for what a request is signed for; a line of a health document; gRPC's; `rules check`, promtool's word.
ALLOWED_IN = {"healthctl/cmd_rules": {"check"}, "probes/http": {"service", "http_service"},
              "probes/grpc": {"service"}}
DECLARED = re.compile(r"^\s*(?:struct|enum|union)\s+(\w+)\s*\{")
OPTION = re.compile(r'\bOPT_[A-Z0-9_]+\(\s*"([a-z0-9_]+)"')
METRIC = re.compile(r'\.name\s*=\s*"([a-z0-9_]+)"')
BANNED_PROSE = re.compile(r"\bincidents?\b", re.I)

MACHINE_PATH = re.compile(r"/root/|/home/(?!you\b)[a-z]+/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MYSELF = "tools/names.py"
# What a visitor sees first: nothing lands there by mistake. What starts with a dot sets up a tool.
ROOT = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "dev", "meson.build", "meson_options.txt"}


def first_lines(text, count):
    return "\n".join(text.split("\n")[:count])


def check_heads(faults):
    for path in tracked(*SOURCES):
        text = read(path)
        if SPDX not in first_lines(text, 2) and text.strip():
            faults.add(path, 1, f"the first line has to say {SPDX}")
        elif path.endswith((".c", ".h")):
            check_comment(path, text, faults)


def check_comment(path, text, faults):
    if not HEAD_COMMENT.match(text):
        faults.add(path, 2, "opens without a comment: what it owns, who calls it, what it never does")
        return
    comment = text.split("*/", 2)[1]
    if SEE_ALONE.match(comment):
        faults.add(path, 2, "its opening comment only says where to look: say what this file owns, who calls it, what it "
                            "never does")
        return
    named = SEE_HEADER.search(comment)
    if named and os.path.exists(os.path.join(os.path.dirname(path), named[1])):
        return  # one noun, described once
    least = TEST_HEAD_WORDS_MIN if path.startswith("tests/") else HEAD_WORDS_MIN
    if len(re.findall(r"\w+", comment)) < least:
        faults.add(path, 2, "its opening comment says too little: what it owns, who calls it, "
                            "what it never does")


def banned(name, path, pattern=BANNED_NAME):
    allowed = ALLOWED_NAMES | next((names for start, names in ALLOWED_IN.items()
                                    if path.startswith(start)), set())
    return name not in allowed and pattern.search(name)


def check_names(faults):
    for path in tracked("*.c", "*.h"):
        if path.startswith("tests/"):
            continue
        stem = path.rpartition("/")[2].rpartition(".")[0]
        if banned(stem, path):
            faults.add(path, 1, f"'{stem}' has a word that is not used here (docs/architecture.md, Words)")
        for number, line in enumerate(read(path).split("\n"), 1):
            for pattern in (DECLARED, OPTION, METRIC):
                words = BANNED_NAME if pattern is DECLARED else BANNED_OUTSIDE
                for name in pattern.findall(line):
                    if banned(name, path, words):
                        faults.add(path, number, f"'{name}' has a word that is not used here "
                                                 "(docs/architecture.md, Words)")


def check_text(faults):
    for path in tracked("*"):
        if path == MYSELF or path in ("LICENSE",) or path.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(read(path).split("\n"), 1):
            found = MACHINE_PATH.search(line)
            if found:
                faults.add(path, number, f"'{found[0]}' is a place on somebody's machine")
            found = UNFINISHED.search(line)
            if found and not path.startswith("tests/"):
                faults.add(path, number, f"{found[0]}: finish it, or file an issue")
            # The list of banned words has to name it.
            if path.endswith(".md") and "monitor" not in line and BANNED_PROSE.search(line):
                faults.add(path, number, "'incident' is not a word here: say alert or notice")


def check_root(faults):
    for path in tracked("*"):
        if "/" not in path and path not in ROOT and not path.startswith("."):
            faults.add(path, 1, "the root has no such file: it belongs into a folder, or into ROOT of " + MYSELF)


def main():
    faults = Faults()
    check_root(faults)
    check_heads(faults)
    check_names(faults)
    check_text(faults)
    faults.finish("heads, names and words are in order")


if __name__ == "__main__":
    main()
