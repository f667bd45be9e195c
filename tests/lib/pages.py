# SPDX-License-Identifier: Apache-2.0
"""Fenced blocks of Markdown pages, and a scratch folder in which they are run as they stand.

An HTML comment before a block says what becomes of it:
    <!-- run -->            run by sh -e; <!-- run: 3 --> exits with 3. Of a `console` block each line after `$ ` is run, and
                            prints the lines below it, where `…` stands for any text
    <!-- write: NAME -->    the block is that file
    <!-- wait: COMMAND -->  (no block) goes on when the command exits with 0
    <!-- not run: WHY -->   is not run, and why
    <!-- file: NAME -->     the block is that file of the repository (tools/docs.py looks)
A `yaml` block without one is a configuration of healthd, whole."""
import os
import re
import subprocess
from pathlib import Path

from lib.healthd import program
from lib.wait import slowness, wait_until

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?:<!-- ([a-z ]+)(?:: ([^\n]+))? -->\n+)?```(\w*)\n(.*?)^```$"
                   r"|^<!-- (wait): ([^\n]+) -->$", re.M | re.S)


class Block:
    def __init__(self, page, found, line):
        self.page, self.line = page, line
        self.mark, self.value, self.language, self.text = found.group(1, 2, 3, 4)
        if found[5]:
            self.mark, self.value, self.text = found[5], found[6], ""

    def __repr__(self):
        return f"{self.page}:{self.line}"


def blocks(page):
    """The blocks of a page of the repository, in order."""
    text = (ROOT / page).read_text()
    return [Block(page, found, text.count("\n", 0, found.start()) + 1) for found in BLOCK.finditer(text)]


def pages():
    """Every page that people read, by its path."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def is_like(promised, printed):
    """Whether the text is the promised one, where … stands for any, and blanks at ends of lines do not count."""
    tidy = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch(".*".join(re.escape(part) for part in promised.strip().split("…")), tidy, re.S) is not None


class Scratch:
    """A folder with healthd and healthctl on the path. `here`: (text, text in its place) of every block, in order.
    `programs`: {name: script} of what stands in for programs that are not to be had."""

    def __init__(self, folder, here=(), programs=None, **environment):
        self.folder, self.pairs = folder, list(here)
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name in ("healthd", "healthctl"):
            (bin_folder / name).symlink_to(program(f"{name.upper()}_BIN"))
        for name, script in (programs or {}).items():
            (bin_folder / name).unlink(missing_ok=True)
            (bin_folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (bin_folder / name).chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_folder}:/usr/bin:/bin", "NO_COLOR": "1",
                            "HEALTHD_SOCKET": str(folder / "healthd.sock"), **environment}

    def here(self, text):
        for before, after in self.pairs:
            text = text.replace(before, after)
        return text

    def shell(self, text):
        return subprocess.run(["sh", "-ec", self.here(text)], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60 * slowness())

    def run(self, block):
        done = self.shell(block.text)
        assert done.returncode == int(block.value or 0), (block, block.text, done.stdout, done.stderr)

    def talk(self, block):
        """A `console` block: commands after `$ `, each with what it prints."""
        for turn in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
            command, _, promised = turn.partition("\n")
            done = self.shell(command)
            assert is_like(self.here(promised), done.stdout + done.stderr), (block, command, promised, done.stdout, done.stderr)

    def take(self, block):
        if block.mark == "write":
            (self.folder / block.value).write_text(self.here(block.text))
            (self.folder / block.value).chmod(0o755)
        elif block.mark == "wait":
            wait_until(lambda: self.shell(block.value).returncode == 0, 30, f"{block}: {block.value}")
        elif block.mark == "run" and block.language == "console":
            self.talk(block)
        elif block.mark == "run":
            self.run(block)
