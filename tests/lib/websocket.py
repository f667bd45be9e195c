# SPDX-License-Identifier: Apache-2.0
"""A WebSocket server on a loopback port: npm's `ws`; websocket_server.js lists its paths."""
import json

from lib.npm import node_modules
from lib.script import ScriptServer


class WebSocketServer(ScriptServer):
    """cert    a Cert: wss          token   the Authorization header that is wanted
    origin  the Origin that is      path    a Unix socket instead of a port
    """

    def __init__(self, folder, cert=None, **conf):
        if cert:
            conf.update(cert=str(cert.cert), key=str(cert.key))
        self.scheme = "wss" if cert else "ws"
        super().__init__(folder, "websocket", "websocket_server.js", json.dumps(conf),
                         env={"NODE_PATH": str(node_modules("websocket"))})

    def url(self, path):
        return f"{self.scheme}://localhost:{self.port}{path}"

    def seen(self, key):
        """What it said of connections: their urls, headers, closed …"""
        return [line[key] for line in self.said() if key in line]
