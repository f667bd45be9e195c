# SPDX-License-Identifier: Apache-2.0
"""gRPC servers on loopback ports: the official one for Node with its health service, and one that gets it wrong."""
import json

from lib.npm import node_modules
from lib.script import ScriptServer
from lib.wait import wait_until


class GrpcServer(ScriptServer):
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


class GrpcCore(ScriptServer):
    """The C++ core, below Python: its health service knows "" and what `services` says."""

    def __init__(self, folder, services=None, cert=None, compression=None):
        conf = {"services": services, "compression": compression}
        if cert:
            conf.update(cert=str(cert.cert), key=str(cert.key))
        super().__init__(folder, "grpc-core", "grpc_core.py", json.dumps(conf))


class GrpcFaults(ScriptServer):
    """Wrong in one way a service name; FAULTS of test_grpc.py has them all."""

    def __init__(self, folder):
        super().__init__(folder, "grpc-faults", "grpc_faults.js")
