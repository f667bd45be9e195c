# SPDX-License-Identifier: Apache-2.0
"""What the sections share: programs pinned to a core, their CPU and memory, wrk, and the verdict line."""
import os
import re
import statistics
import subprocess
from pathlib import Path

from lib.process import Process
from lib.wait import free_port
from lib.http import request

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("HEALTHD_BIN", ROOT / "build-bench/collector/healthd")).resolve().parents[1]
HEALTHD = BUILD / "collector/healthd"
CONTESTANT_CORE, OTHER_CORE = "1", "0"
TICK = os.sysconf("SC_CLK_TCK")


def pinned(core, argv):
    return ["/usr/bin/taskset", "-c", core, *map(str, argv)]


def cpu_seconds(pid):
    """User and system time of a process and its threads, in 10 ms steps."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def precise_cpu_seconds(pid):
    """The same from the scheduler's own nanoseconds, all threads that live."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_kb(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = dict(re.findall(r"^(\w+): +(\d+) kB", rollup, re.M))
    return {name: int(found[name]) for name in ("Rss", "Pss", "Anonymous")}


def nginx_config(folder, http_port, https_port, cert):
    return f"""
worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
{'user root;' if os.geteuid() == 0 else ''}
events {{ worker_connections 8192; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{http_port} backlog=4096; location / {{ return 200 'ok\\n'; }} }}
  server {{ listen 127.0.0.1:{https_port} ssl backlog=4096; ssl_certificate {cert.cert};
    ssl_certificate_key {cert.key}; ssl_session_cache off; ssl_session_tickets off;
    location / {{ return 200 'ok\\n'; }} }} }}
"""


class Target:
    """One nginx worker on the other core: plain and TLS."""

    def __init__(self, folder, cert):
        folder.mkdir(parents=True, exist_ok=True)
        self.http, self.https = free_port(), free_port()
        (folder / "nginx.conf").write_text(nginx_config(folder, self.http, self.https, cert))
        self.process = Process(
            pinned(OTHER_CORE, ["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf",
                                "-g", "daemon off;"]), folder, "nginx")
        self.process.wait_ready(lambda: request(f"http://127.0.0.1:{self.http}/").status == 200)

    def stop(self):
        self.process.stop()


class Program:
    """A contestant on its core, with an HTTP port."""

    def __init__(self, folder, name, argv, port, ready="/-/healthy", core=CONTESTANT_CORE):
        self.port = port
        self.process = Process(pinned(core, argv) if core else [str(a) for a in argv], folder, name)
        self.process.wait_ready(lambda: request(self.url(ready)).status == 200)

    @property
    def pid(self):
        return self.process.pid

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def metric(self, name):
        for line in request(self.url("/metrics")).text.splitlines():
            if line.startswith(name) and line[len(name)] in " {":
                return float(line.split()[-1])
        raise KeyError(name)

    def stop(self):
        self.process.stop()


def healthd(folder, config, core=CONTESTANT_CORE, binary=HEALTHD, arguments=(), more=""):
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "healthd.yml").write_text(
        config + f"\nweb: {{listen: ['127.0.0.1:{port}']{', ' * bool(more)}{more}}}\nstate: {{path: '{folder}/state'}}\n")
    argv = [binary, "--config", folder / "healthd.yml"] if binary == HEALTHD else \
        [binary, folder / "healthd.yml", *arguments]
    return Program(folder, "healthd", argv, port, core=core)


class Load:
    """What one wrk run saw."""

    def __init__(self, url, connections, seconds, headers=()):
        argv = ["/usr/bin/wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "20s"]
        for header in headers:
            argv += ["-H", header]
        text = subprocess.run(pinned(OTHER_CORE, [*argv, url]), capture_output=True, text=True,
                              check=True).stdout
        self.requests = int(re.search(r"(\d+) requests in", text).group(1))
        self.bad = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
        self.p50_ms = milliseconds(re.search(r"^ +50% +(\S+)", text, re.M).group(1))
        self.p99_ms = milliseconds(re.search(r"^ +99% +(\S+)", text, re.M).group(1))
        errors = re.search(r"Socket errors:.*", text)
        assert not errors and self.requests, text


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{median(values):.4g} ({min(values):.4g}–{max(values):.4g})"


def judge(what, value, limit, unit="", at_most=True):
    """Prints the figure against its limit; 1 when it is missed."""
    met = value <= limit if at_most else value >= limit
    sign = "≤" if at_most else "≥"
    print(f"  {'met   ' if met else 'MISSED'} {what}: {value:.4g}{unit} (wanted {sign} {limit:.4g}{unit})",
          flush=True)
    return 0 if met else 1


def ratio(what, ours, theirs, wanted):
    """ours and theirs: figures of paired rounds; wanted: how many times smaller ours must be."""
    ratios = [b / a for a, b in zip(ours, theirs)]
    print(f"  {what}: ours {spread(ours)}, theirs {spread(theirs)}, theirs/ours {spread(ratios)}")
    return judge(f"{what}, times smaller", median(ratios), wanted, "×", at_most=False)

