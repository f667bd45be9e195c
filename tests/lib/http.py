# SPDX-License-Identifier: Apache-2.0
"""A client that shares no code with healthd: one request, one connection, no redirects."""
import gzip
import http.client
import json
import socket
import ssl
from urllib.parse import urlsplit


class Response:
    """Status, headers (lower-case names) and body of one answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def text(self):
        body = self.body
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return body.decode()

    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def tls_context(ca=None, client=None):
    """A context that trusts `ca` (a file; None: nobody is checked) and shows `client`."""
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    if not ca:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client:
        context.load_cert_chain(client.cert, client.key)
    return context


def request(url, method="GET", headers=None, body=None, unix=None, ca=None, client=None,
            timeout=20):
    """Asks `url`; over the Unix socket `unix` when given (then the URL's host is not used)."""
    parts = urlsplit(url)
    if unix:
        connection = UnixConnection(unix, timeout)
    elif parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout, context=tls_context(ca, client))
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()
