# SPDX-License-Identifier: Apache-2.0
"""gRPC servers on loopback ports: the official one for Node with its health service, and one that gets it wrong."""
import json
import subprocess
from pathlib import Path

from lib.npm import node_modules
from lib.process import Process
from lib.wait import wait_until

LIB = Path(__file__).resolve().parent


class NodeServer:
    """A program that says its port on the first line of stdout, and JSON on others."""

    def __init__(self, folder, name, script, *arguments, env=None):
        self.process = Process(["node", LIB / script, *arguments], folder, name, env=env, stdin=subprocess.PIPE)
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


class GrpcServer(NodeServer):
    """services: {name: status}, "" is the server itself; without any there is no health service.

    cert       a Cert: over TLS         client_ca  and only to clients that this file signed
    token      who does not show it as a bearer is not answered
    silent     takes calls and answers none
    listen     "unix:/path" instead of a port
    """

    def __init__(self, folder, services=None, cert=None, **conf):
        conf["services"] = services
        if cert:
            conf.update(cert=str(cert.cert), key=str(cert.key))
        super().__init__(folder, "grpc", "grpc_server.js", json.dumps(conf),
                         env={"NODE_PATH": str(node_modules("grpc"))})

    def set(self, service, status):
        self.tell([service, status])

    def calls(self, count=0):
        """What came with each call, once there are so many."""
        wait_until(lambda: len(self.said()) > count, 5, f"{count} calls")
        return self.said()[1:]


class GrpcFaults(NodeServer):
    """Wrong in one way a service name; FAULTS of test_grpc.py has them all."""

    def __init__(self, folder):
        super().__init__(folder, "grpc-faults", "grpc_faults.js")
