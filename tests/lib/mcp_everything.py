# SPDX-License-Identifier: Apache-2.0
"""The reference server of the Model Context Protocol, in the version that tests/npm/mcp pins."""
import shutil
import socket
from pathlib import Path

from lib.npm import node_modules
from lib.process import Process
from lib.wait import free_port


def program():
    return node_modules("mcp") / "@modelcontextprotocol/server-everything/dist/index.js"


def changed_program(folder, file, old, new):
    """A copy of it, in which `old` in dist/<file> is `new`: the release that somebody makes next."""
    package = program().parents[1]
    copy = Path(folder) / "package"
    shutil.copytree(package, copy)
    (copy / "node_modules").symlink_to(package.parents[1])
    path = copy / "dist" / file
    text = path.read_text()
    assert old in text, f"{file} of the pinned version has no {old!r}"
    path.write_text(text.replace(old, new))
    return copy / "dist/index.js"


class Everything:
    """Over streamable HTTP, on a loopback port."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.start(program())

    def start(self, path):
        """Starts it, or another of its releases, on the same port."""
        self.process = Process(["node", path, "streamableHttp"], self.folder, "mcp", env={"PORT": str(self.port)})
        self.process.wait_ready(self.listens, 30)

    def listens(self):
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    def said(self):
        return self.process.out.read_text() + self.process.err.read_text()

    def stop(self):
        self.process.stop()
