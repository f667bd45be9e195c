# SPDX-License-Identifier: Apache-2.0
"""What the meta tests share: the repository's files, and a list of faults."""
import fnmatch
import os
import subprocess
import sys


def tracked(*patterns):
    """Our files that match: what git would commit, or, outside a repository, all there are."""
    done = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        files = done.stdout.splitlines()
    else:
        files = [os.path.relpath(os.path.join(folder, name))
                 for folder, _, names in os.walk(".") for name in names]
    return sorted({name for name in files if os.path.isfile(name)
                   and any(fnmatch.fnmatch(name, pattern) for pattern in patterns)})


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Faults:
    """Collects "file:line: what is wrong: what the rule is", and ends the program with them."""

    def __init__(self):
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path}:{line}: {text}")

    def finish(self, summary):
        for line in self.lines:
            print(line)
        if self.lines:
            print(f"{len(self.lines)} faults")
            sys.exit(1)
        print(summary)
