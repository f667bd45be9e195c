# SPDX-License-Identifier: Apache-2.0
"""The reference server of the Model Context Protocol, in the version that tests/npm/mcp pins."""
import socket

from lib.npm import node_modules
from lib.process import Process
from lib.wait import free_port


def program():
    return node_modules("mcp") / "@modelcontextprotocol/server-everything/dist/index.js"


class Everything:
    """Over streamable HTTP, on a loopback port."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.process = Process(["node", program(), "streamableHttp"], folder, "mcp", env={"PORT": str(self.port)})
        self.process.wait_ready(self.listens, 30)

    def listens(self):
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    def said(self):
        return self.process.out.read_text() + self.process.err.read_text()

    def stop(self):
        self.process.stop()
