# SPDX-License-Identifier: Apache-2.0
"""A gRPC server on Debian's python3-grpcio, as tests/lib/grpc.py starts it: its argument is JSON. Says its port on stdout, and
ends with stdin. Health is answered in bytes, so that nothing but the transport is a library's."""
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

del sys.path[0]  # its grpc.py is another
import grpc

STATUS = {"UNKNOWN": b"", "SERVING": b"\x08\x01", "NOT_SERVING": b"\x08\x02"}
conf = json.loads(sys.argv[1])


def answer(request, context):
    services = {(b"\x0a" + bytes([len(name)]) + name.encode() if name else b""): STATUS[status]
                for name, status in conf["services"].items()}
    if request not in services:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service ä")
    return services[request]


server = grpc.server(ThreadPoolExecutor(2), compression=getattr(grpc.Compression, conf["compression"] or "NoCompression"))
if conf["services"]:
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(answer)})])
if "cert" in conf:
    pair = [(Path(conf["key"]).read_bytes(), Path(conf["cert"]).read_bytes())]
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(pair))
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(json.dumps({"port": port}), flush=True)
sys.stdin.read()
server.stop(None)
