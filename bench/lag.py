# SPDX-License-Identifier: Apache-2.0
"""The loop's lag while everything goes wrong at once: a resolver that is dead, a TLS peer that stalls, a page of
100,000 series being scraped, and a client that dribbles a byte a second at the listener."""
import contextlib
import json
import socket
import threading
import time

from lib.badpeer import BadPeer
from lib.healthd import in_own_resolver
from lib.wait import free_port, wait_until
from measure import BUILD, Load, Program, judge

SECONDS = 20


def config(dead_dns, stalling, port, folder):
    probes = [{"name": f"dead{i}", "interval": "1s", "timeout": "900ms", "http": f"http://name{i}.test/"}
              for i in range(20)]
    probes += [{"name": f"stall{i}", "interval": "1s", "timeout": "900ms", "http": f"https://127.0.0.1:{stalling}/"}
               for i in range(20)]
    return (f"probes: {json.dumps(probes)}\nweb: {{listen: ['127.0.0.1:{port}']}}\n"
            f"state: {{path: '{folder}/state'}}\n")


def dribble(port, stop):
    with socket.create_connection(("127.0.0.1", port)) as client:
        for byte in b"GET /metrics HTTP/1.1\r\nHost: " + b"x" * 100:
            if stop.wait(1):
                return
            try:
                client.send(bytes([byte]))
            except OSError:
                return


def run(folder, rounds):
    dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dead.bind(("127.0.0.53", 53))
    port = free_port()
    with contextlib.closing(BadPeer("tls_stall")) as peer:
        (folder / "healthd.yml").write_text(config(dead, peer.port, port, folder))
        (folder / "resolv.conf").write_text("nameserver 127.0.0.53\n")
        argv = in_own_resolver([str(BUILD / "bench/loaded"), str(folder / "healthd.yml"), "100000"],
                               folder / "resolv.conf")
        program = Program(folder, "loaded", argv, port, core=None)
        wait_until(lambda: program.metric("healthd_series") >= 100_000, 30, "the page to be filled")
        stop = threading.Event()
        client = threading.Thread(target=dribble, args=(port, stop))
        client.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            Load(program.url("/metrics"), 1, 2)
            Load(program.url("/metrics"), 1, 2, ("Accept-Encoding: gzip",))
        stop.set()
        client.join()
        worst = {name: program.metric(f"healthd_loop_{name}_seconds") * 1000 for name in ("lag", "callback")}
        slow = program.metric("healthd_loop_slow_callbacks_total")
        program.stop()
        said = {line for line in program.process.err.read_text().splitlines() if "slow callback" in line}
    dead.close()
    print(f"  longest callback {worst['callback']:.2f} ms, callbacks over 5 ms: {slow:.0f}")
    for line in sorted(said)[:5]:
        print("   ", line)
    return judge("loop lag, all at once", worst["lag"], 5, " ms")

