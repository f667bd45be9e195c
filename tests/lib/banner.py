# SPDX-License-Identifier: Apache-2.0
"""A TCP server that follows a script, for dialogues that no daemon of ours should have to speak.

    Banner([b"220 hello\\r\\n", "^EHLO (.*)", b"250 hello ${1}\\r\\n", TLS], cert=certs.server)

Bytes are sent, with ${1} from the last line that was read; a text is a regular expression that the
client's next line must match, or the connection ends; TLS begins TLS. After the script the server
waits for the client to go; with `closes` it goes first.
"""
import contextlib
import re
import socket
import ssl
import threading

TLS = object()


class Banner:
    def __init__(self, script, cert=None, closes=False):
        self.script = script
        self.closes = closes
        self.lines = []  # what clients sent, in order
        self.seen = 0
        self._context = None
        if cert:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(cert.cert, cert.key)
        self._clients = set()
        self._open(0)

    def _open(self, port):
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(self._listener,), daemon=True)
        self._thread.start()

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def _run(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.seen += 1
            self._clients.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        client.settimeout(30)
        with contextlib.suppress(OSError):
            client = self._follow(client)
            while not self.closes and client.recv(4096):
                pass
        with contextlib.suppress(OSError):
            client.close()
        self._clients.discard(client)

    def _follow(self, client):
        found = None
        for step in self.script:
            if step is TLS:
                client = self._context.wrap_socket(client, server_side=True)
            elif isinstance(step, bytes):
                client.sendall(re.sub(rb"\$\{1\}", lambda _: found[1].encode(), step))
            else:
                found = re.search(step, self._line(client))
                if not found:
                    raise OSError("not what the script says")
        return client

    def _line(self, client):
        line = b""
        while not line.endswith(b"\n"):
            byte = client.recv(1)
            if not byte:
                raise OSError("the client went")
            line += byte
        text = line.decode().rstrip("\r\n")
        self.lines.append(text)
        return text

    def kill(self):
        """Closes the port and every connection; `start` opens it again."""
        self.close()

    def start(self):
        self._open(self.port)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        for client in list(self._clients):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
