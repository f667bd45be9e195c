# SPDX-License-Identifier: Apache-2.0
"""CPU of one probe on demand: healthd's /probe beside blackbox_exporter's, rounds in turn."""
import json

from lib.certs import Authority
from lib.wait import free_port
from measure import Load, Program, Target, healthd, median, precise_cpu_seconds, ratio, spread

CONNECTIONS, SECONDS = 64, 3
WANTED = {"http": 4.0, "https": 1.2, "tcp": 2.0}


def modules(ca):
    return {"modules": {
        "http": {"prober": "http", "timeout": "5s",
                 "http": {"preferred_ip_protocol": "ip4", "enable_http2": False,
                          "tls_config": {"ca_file": str(ca)}}},
        "tcp": {"prober": "tcp", "timeout": "5s", "tcp": {"preferred_ip_protocol": "ip4"}}}}


def cost(program, url):
    """CPU microseconds a request, and requests a second."""
    before = precise_cpu_seconds(program.pid)
    load = Load(url, CONNECTIONS, SECONDS)
    assert not load.bad, f"{load.bad} answers were not 200"
    return (precise_cpu_seconds(program.pid) - before) / load.requests * 1e6


def run(folder, rounds):
    authority = Authority(folder / "ca")
    cert = authority.issue()
    target = Target(folder / "nginx", cert)
    config = json.dumps(modules(authority.path))
    (folder / "blackbox.yml").write_text(config)
    port = free_port()
    peer = Program(folder, "blackbox", ["/usr/bin/prometheus-blackbox-exporter",
                                        f"--config.file={folder}/blackbox.yml",
                                        f"--web.listen-address=127.0.0.1:{port}"], port)
    ours = healthd(folder / "healthd", config[1:-1].replace('"modules":', "modules:", 1))
    targets = {"http": f"module=http&target=http://127.0.0.1:{target.http}/",
               "https": f"module=http&target=https://127.0.0.1:{target.https}/",
               "tcp": f"module=tcp&target=127.0.0.1:{target.http}"}
    missed = 0
    for kind, query in targets.items():
        figures = {ours: [], peer: []}
        for _ in range(rounds):
            for program in (ours, peer):
                figures[program].append(cost(program, program.url(f"/probe?{query}")))
        missed += ratio(f"{kind}, CPU µs a probe", figures[ours], figures[peer], WANTED[kind])
    server = [cost(ours, ours.url("/-/healthy")) for _ in range(rounds)]
    print(f"  of ours, the web server's share (an answer without a probe): {spread(server)} µs,"
          f" {median(server):.0f} µs of each probe above")
    for program in (ours, peer, target):
        program.stop()
    return missed
