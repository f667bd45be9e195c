# SPDX-License-Identifier: Apache-2.0
"""Servers that are scripts for Node or Python, beside this file."""
import json
import subprocess
import sys
from pathlib import Path

from lib.process import Process

LIB = Path(__file__).resolve().parent


class ScriptServer:
    """A program that says its port on the first line of stdout, and JSON on others."""

    def __init__(self, folder, name, script, *arguments, env=None):
        language = "node" if script.endswith(".js") else sys.executable
        self.process = Process([language, LIB / script, *arguments], folder, name, env=env, stdin=subprocess.PIPE)
        self.process.wait_ready(lambda: self.said())
        self.port = self.said()[0]["port"]
        self.address = f"127.0.0.1:{self.port}"

    def said(self):
        return [json.loads(line) for line in self.process.out.read_text().splitlines(keepends=True)
                if line.endswith("\n")]

    def tell(self, what):
        self.process.popen.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.popen.stdin.flush()

    def stop(self):
        self.process.popen.stdin.close()
        self.process.stop()
