# SPDX-License-Identifier: Apache-2.0
"""Memory of one healthd that shows the machine, PostgreSQL and Redis and alerts for them, beside the sum of those of the six
programs it replaces that Debian has, in one run: each shows its page as often. MongoDB's exporter is not packaged; the
sum is without it, which is to healthd's disadvantage."""
import json
import time

from lib.http import request
from lib.postgres import Postgres, PostgresExporter
from lib.redis import Redis, RedisExporter
from lib.servers import Alertmanager, Blackbox, NodeExporter
from measure import healthd, judge, memory_kb

SCRAPES = 60
WANTED = 1 / 6


def config(postgres, redis):
    probes = [{"name": "host", "host": {}}, {"name": "db", "postgres": postgres.url(query="sslmode=disable")},
              {"name": "cache", "redis": redis.url()}, {"name": "web", "tcp": redis.address},
              {"name": "containers", "containers": {"docker": "none"}},
              {"name": "cms", "mongodb": "mongodb://127.0.0.1:9/admin"}]
    return "probes: " + json.dumps([{**probe, "interval": "1s", "timeout": "900ms"} for probe in probes]) + "\n"


def base_url(program):
    return program.url if isinstance(program, Alertmanager) else f"http://127.0.0.1:{program.port}"


def resident(pid):
    return memory_kb(pid)["Rss"] / 1024


def run(folder, rounds):
    folder.mkdir(parents=True, exist_ok=True)
    postgres, redis = Postgres(folder / "postgres"), Redis(folder / "redis")
    ours = healthd(folder / "healthd", config(postgres, redis))
    theirs = {"node_exporter": NodeExporter(folder / "node"),
              "postgres_exporter": PostgresExporter(folder / "pg", postgres),
              "redis_exporter": RedisExporter(folder / "rx", redis), "blackbox_exporter": Blackbox(folder / "bb", {"modules": {"tcp": {"prober": "tcp"}}}),
              "alertmanager": Alertmanager(folder / "am")}
    for _ in range(SCRAPES):
        request(ours.url("/metrics"), timeout=10)
        for program in theirs.values():
            request(base_url(program) + "/metrics", timeout=10)
        time.sleep(1)
    used, sums = resident(ours.pid), {name: resident(program.process.pid) for name, program in theirs.items()}
    print(f"  healthd {used:.1f} MB; " + ", ".join(f"{name} {value:.1f}" for name, value in sums.items()) +
          f": {sum(sums.values()):.1f} MB")
    longest, slow = ours.metric("healthd_loop_callback_seconds") * 1000, ours.metric("healthd_loop_slow_callbacks_total")
    print(f"  longest callback {longest:.2f} ms, over 5 ms: {slow:.0f}")
    for part in (ours, *theirs.values(), postgres, redis):
        part.stop()
    return judge("RSS of one beside the five, share", used / sum(sums.values()), WANTED)
