# SPDX-License-Identifier: Apache-2.0
"""A page of 10k and 100k series: healthd's beside the Go client's, fetched by one wrk connection."""
import os
import subprocess

from lib.wait import free_port
from measure import BUILD, ROOT, Load, Program, healthd, ratio

SECONDS = 5
SIZES = (10_000, 100_000)
WANTED = {"plain": 40.0, "gzip": 12.0}
HEADERS = {"plain": (), "gzip": ("Accept-Encoding: gzip",)}


def go_page(folder):
    """Debian's Go and client_golang, built without any network."""
    binary = folder / "go-page"
    subprocess.run(["go", "build", "-o", binary, ROOT / "bench/go/page.go"], check=True,
                   env=dict(os.environ, GOPATH="/usr/share/gocode", GO111MODULE="off", GOFLAGS="",
                            GOCACHE=str(folder / "go-cache"), HOME=str(folder)))
    return binary


def run(folder, rounds):
    binary = go_page(folder)
    missed = 0
    for size in SIZES:
        ours = healthd(folder / f"healthd-{size}", "probes: []", binary=BUILD / "bench/loaded", arguments=[size])
        port = free_port()
        theirs = Program(folder, "go", [binary, f"127.0.0.1:{port}", size], port, ready="/metrics")
        for form, headers in HEADERS.items():
            figures = {ours: [], theirs: []}
            for _ in range(min(rounds, 3)):
                for program in (ours, theirs):
                    figures[program].append(Load(program.url("/metrics"), 1, SECONDS, headers).p50_ms)
            missed += ratio(f"{size} series {form}, p50 ms", figures[ours], figures[theirs],
                            WANTED[form] if size == 100_000 else 1.0)
        for program in (ours, theirs):
            program.stop()
    return missed
