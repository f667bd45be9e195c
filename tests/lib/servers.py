# SPDX-License-Identifier: Apache-2.0
"""Real servers from Debian's packages: nginx, Prometheus, blackbox_exporter."""
import json
import os
import signal
import socket
import subprocess
import urllib.parse
from pathlib import Path

from lib.http import request
from lib.process import Process
from lib.wait import free_port, wait_until

START_TRIES = 5

NGINX_CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 2048; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    {http}
    server {{
        listen 127.0.0.1:{port}{flags};
        server_name localhost;
        {tls}
        {server}
    }}
}}
"""


def open_port(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


class Nginx:
    """One nginx with one server block on a loopback port of its own.

    server, http   lines for the server and the http block
    cert           a Cert: serves TLS with it
    http2          speaks HTTP/2 too (by ALPN with a cert, by prior knowledge without)
    client_ca      demands a client certificate signed by this file
    """

    def __init__(self, folder, server="return 200 'hello\\n';", http="", cert=None, http2=False,
                 client_ca=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tls = cert is not None
        self._parts = dict(
            folder=self.folder, server=server, http=http,
            user="user root;" if os.geteuid() == 0 else "",
            flags=(" ssl" if cert else "") + (" http2" if http2 else ""),
            tls=self._tls_lines(cert, client_ca))
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            try:
                self.start()
                return
            except AssertionError:
                if not left or "Address already in use" not in self.process.tail():
                    raise

    @staticmethod
    def _tls_lines(cert, client_ca):
        if not cert:
            return ""
        lines = f"ssl_certificate {cert.cert}; ssl_certificate_key {cert.key};"
        if client_ca:
            lines += f" ssl_client_certificate {client_ca}; ssl_verify_client on;"
        return lines

    def start(self):
        """Starts it, or starts it again on the same port."""
        config = self.folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(port=self.port, **self._parts))
        self.process = Process(["/usr/sbin/nginx", "-p", self.folder, "-c", config, "-e",
                                self.folder / "error.log"], self.folder, "nginx")
        self.process.wait_ready(lambda: open_port(self.port))

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def hang(self):
        self.process.hang()

    def resume(self):
        self.process.resume()

    def configure(self, server=None, cert=None):
        """Puts other lines into the server block, or another certificate, and waits until new workers have them."""
        if server is not None:
            self._parts["server"] = server
        if cert:
            self._parts["tls"] = self._tls_lines(cert, None)
        (self.folder / "nginx.conf").write_text(
            NGINX_CONFIG.format(port=self.port, **self._parts))
        before = self.workers()
        self.process.signal(signal.SIGHUP)
        wait_until(lambda: self.workers() and not before & self.workers(), what="nginx to reload")

    def workers(self):
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return set(path.read_text().split())

    def url(self, path="/", host=None):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host or ('localhost' if self.tls else '127.0.0.1')}:{self.port}{path}"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def access_log(self):
        path = self.folder / "access.log"
        return path.read_text().splitlines() if path.exists() else []


class Alertmanager:
    """Debian's Alertmanager on a loopback port, alone, telling nobody. `url`; `alerts()` are those that it has."""

    CONFIG = "route: {receiver: none}\nreceivers: [{name: none}]\n"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager.yml").write_text(self.CONFIG)
        for left in reversed(range(START_TRIES)):
            self.url = f"http://127.0.0.1:{free_port()}"
            self.process = Process(
                ["/usr/bin/prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml",
                 f"--storage.path={self.folder}/data", f"--web.listen-address={self.url[7:]}",
                 "--cluster.listen-address=", "--log.level=warn"], self.folder, "alertmanager")
            try:
                self.process.wait_ready(lambda: request(self.url + "/-/ready").status == 200, deadline=30)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def alerts(self):
        return request(self.url + "/api/v2/alerts").json()

    def stop(self):
        self.process.stop()


class Prometheus:
    """A Prometheus on a loopback port. `config` is YAML text or what json.dumps takes."""

    def __init__(self, folder, config, arguments=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write(config)
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            self.process = Process(
                ["/usr/bin/prometheus", *arguments, f"--config.file={self.folder}/prometheus.yml",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle",
                 "--log.level=warn"], self.folder, "prometheus")
            try:
                self.process.wait_ready(lambda: self.get("/-/ready").status == 200, deadline=30)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def write(self, config):
        text = config if isinstance(config, str) else json.dumps(config)
        (self.folder / "prometheus.yml").write_text(text)

    def reload(self, config):
        self.write(config)
        answer = request(self.url("/-/reload"), "POST")
        assert answer.status == 200, answer

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path):
        return request(self.url(path))

    def api(self, path, **parameters):
        answer = self.get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}").json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr):
        """The instant vector as a list of (labels, value)."""
        data = self.api("query", query=expr)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def wait_query(self, expr, wanted=None, deadline=20.0):
        """Polls until the query has a result, all of it with the value `wanted` if given."""

        def answered():
            result = self.query(expr)
            good = result and (wanted is None or all(value == wanted for _, value in result))
            if not good:
                raise LookupError(result)
            return result

        return wait_until(answered, deadline, f"Prometheus: {expr} to be {wanted}")

    def targets(self):
        return self.api("targets")["activeTargets"]

    def wait_up(self, deadline=20.0):
        """Polls until every target was scraped well; fails with what its last scrape said."""

        def up():
            found = self.targets()
            sick = [(t["scrapeUrl"], t["health"], t["lastError"]) for t in found
                    if t["health"] != "up"]
            if not found or sick:
                raise LookupError(sick or "no targets yet")
            return found

        return wait_until(up, deadline, "Prometheus: every target to be up")

    def stop(self):
        self.process.stop()


class Blackbox:
    """Debian's blackbox_exporter. `config` is YAML text or what json.dumps takes."""

    def __init__(self, folder, config):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        text = config if isinstance(config, str) else json.dumps(config)
        (self.folder / "blackbox.yml").write_text(text)
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            self.process = Process(
                ["/usr/bin/prometheus-blackbox-exporter",
                 f"--config.file={self.folder}/blackbox.yml",
                 f"--web.listen-address=127.0.0.1:{self.port}"], self.folder, "blackbox")
            try:
                self.process.wait_ready(lambda: self.get("/-/healthy").status == 200)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path):
        return request(self.url(path))

    def probe(self, target, module, **parameters):
        parameters.update(target=target, module=module)
        return self.get(f"/probe?{urllib.parse.urlencode(parameters)}")

    def stop(self):
        self.process.stop()


def promtool(*arguments, text=None):
    """Runs promtool; fails with its words unless it is content."""
    done = subprocess.run(["/usr/bin/promtool", *map(str, arguments)], input=text,
                          capture_output=True, text=True)
    assert done.returncode == 0, f"promtool {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class NodeExporter:
    """Debian's node_exporter, on this machine."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            self.process = Process(
                ["/usr/bin/prometheus-node-exporter", "--no-collector.systemd",
                 f"--collector.textfile.directory={self.folder}",
                 f"--web.listen-address=127.0.0.1:{self.port}"], self.folder, "node_exporter")
            try:
                self.process.wait_ready(lambda: self.get("/").status == 200)
                return
            except AssertionError:
                if not left or "address already in use" not in self.process.tail():
                    raise

    def get(self, path):
        return request(f"http://127.0.0.1:{self.port}{path}")

    def stop(self):
        self.process.stop()
