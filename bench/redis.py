# SPDX-License-Identifier: Apache-2.0
"""CPU of asking one Redis server and showing what it said: healthd's /probe beside redis_exporter's scrape. Both connect
anew, ask and render each time; what healthd keeps between the runs of a schedule is left out, and printed for itself."""
import json
import time

from lib.http import request
from lib.redis import Redis, RedisExporter
from measure import healthd, precise_cpu_seconds, ratio

TIMES, EVERY, SECONDS = 200, 1, 5
WANTED = 4.0


def cost(pid, url):
    """CPU microseconds of a program for each time the page is taken, some hundred times."""
    before = precise_cpu_seconds(pid)
    for _ in range(TIMES):
        assert "redis_up 1" in request(url).text
    return (precise_cpu_seconds(pid) - before) / TIMES * 1e6


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
    module = json.dumps({"redis": {"prober": "redis", "timeout": "5s"}})
    probes = json.dumps([{"name": "cache", "interval": f"{EVERY:.0f}s", "redis": server.url()}])
    ours = healthd(folder / "healthd", f"modules: {module}\nprobes: {probes}\n")
    pages = {"ours": (ours.pid, ours.url(f"/probe?module=redis&target={server.url()}")),
             "theirs": (theirs.process.pid, theirs.url())}
    figures = {name: [] for name in pages}
    for _ in range(rounds):
        for name, page in pages.items():
            figures[name].append(cost(*page))
    before = precise_cpu_seconds(ours.pid)
    time.sleep(SECONDS)
    each = (precise_cpu_seconds(ours.pid) - before) / (SECONDS / EVERY) * 1e6
    print(f"  on a schedule, with history and rules and all else that healthd does: {each:.0f} µs a run, once a second")
    missed = ratio("CPU µs a scrape", figures["ours"], figures["theirs"], WANTED)
    for part in (ours, theirs, server):
        part.stop()
    return missed
