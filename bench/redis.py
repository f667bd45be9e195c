# SPDX-License-Identifier: Apache-2.0
"""CPU of asking one Redis server and showing what it said: healthd's probe and page beside redis_exporter's scrape."""
import json
import time

from lib.http import request
from lib.redis import Redis, RedisExporter
from measure import healthd, precise_cpu_seconds, ratio

EVERY, SECONDS = 0.1, 5
WANTED = 4.0


def ask(url, seconds):
    """How often the page was taken in so many seconds, ten times a second."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        assert "redis_up" in request(url).text
        count += 1
        time.sleep(max(0, end - seconds + count * EVERY - time.monotonic()))
    return count


def load(server):
    """Some of everything, so that INFO has its usual length: many commands were called."""
    for number in range(200):
        server.ask("SET", f"key:{number}", number)
    for command in ("GET key:1", "LPUSH l a", "LRANGE l 0 1", "HSET h a 1", "HGETALL h", "SADD s 1", "ZADD z 1 a", "INCR n",
                    "EXPIRE n 1000", "XADD x * a 1", "MGET key:1 key:2", "EXISTS key:1", "TTL n", "DEL key:3", "TYPE l"):
        server.ask(*command.split())


def run(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    server = Redis(folder / "redis")
    load(server)
    theirs = RedisExporter(folder / "exporter", server)
    probes = [{"name": "cache", "interval": f"{EVERY * 1000:.0f}ms", "redis": server.url()}]
    ours = healthd(folder / "healthd", "probes: " + json.dumps(probes) + "\nexporters: {prometheus: {}}\n")
    figures = {"ours": [], "theirs": []}
    for _ in range(rounds):
        for name, pid, url in (("ours", ours.pid, ours.url("/metrics/cache")),
                               ("theirs", theirs.process.pid, theirs.url())):
            before = precise_cpu_seconds(pid)
            count = ask(url, SECONDS)
            figures[name].append((precise_cpu_seconds(pid) - before) / count * 1e6)
    idle_before = precise_cpu_seconds(ours.pid)
    time.sleep(2)
    print(f"  of ours, the probe alone: {(precise_cpu_seconds(ours.pid) - idle_before) / (2 / EVERY) * 1e6:.0f} µs")
    missed = ratio("CPU µs a scrape", figures["ours"], figures["theirs"], WANTED)
    for part in (ours, theirs, server):
        part.stop()
    return missed
