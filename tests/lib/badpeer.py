#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that misbehave, one behaviour a name.

In a test: `peer = BadPeer("drip")`, then `peer.port`, `peer.seen` (connections so far) and
`peer.close()`. By hand: `tests/lib/badpeer.py drip [PORT]`; `tests/lib/badpeer.py` lists them.
"""
import asyncio
import contextlib
import os
import select
import socket
import ssl
import struct
import sys
import threading
import zlib

BEHAVIOURS = {}
DRIP_SECONDS = 0.2
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def behaviour(function):
    BEHAVIOURS[function.__name__] = function
    return function


def reset(writer):
    """Ends the connection with a RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def forever():
    await asyncio.Event().wait()


async def read_request(reader):
    """What the client sends first: a request's head, or whatever comes in one piece."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = await reader.read(65536)
        if not piece:
            break
        data += piece
        if not data[:3].isalpha():
            break
    return data


async def pour(reader, writer, make):
    """Writes make(n) for n = 0, 1, 2 … until the client goes, which inside TLS no write tells."""
    gone = asyncio.ensure_future(reader.read(-1))
    n = 0
    try:
        while not gone.done():
            writer.write(make(n))
            await writer.drain()
            await asyncio.sleep(0)
            n += 1
    finally:
        gone.cancel()


async def drip(writer, data):
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


# ---- before HTTP ----

@behaviour
async def accept_silent(reader, writer):
    """Accepts, reads everything, says nothing."""
    while await reader.read(65536):
        pass
    await forever()


@behaviour
async def reset_on_accept(reader, writer):
    """Resets as soon as it has accepted."""
    reset(writer)


@behaviour
async def close_on_accept(reader, writer):
    """Closes, in order, as soon as it has accepted."""


@behaviour
async def reset_after_request(reader, writer):
    """Reads the request, then resets."""
    await read_request(reader)
    reset(writer)


@behaviour
async def close_after_request(reader, writer):
    """Reads the request, then closes without an answer."""
    await read_request(reader)


@behaviour
async def garbage(reader, writer):
    """Speaks no protocol: bytes that are not text, then waits."""
    writer.write(bytes(range(256)) * 4)
    await writer.drain()
    await forever()


@behaviour
async def endless_garbage(reader, writer):
    """Never stops sending bytes without a line end."""
    await pour(reader, writer, lambda n: b"\x00\xff\x80A" * 4096)


# ---- TLS ----

@behaviour
async def tls_stall(reader, writer):
    """Takes the ClientHello and never answers it."""
    await reader.read(65536)
    await forever()


@behaviour
async def tls_half_hello(reader, writer):
    """Answers the ClientHello with the head of a ServerHello that never comes whole."""
    await reader.read(65536)
    writer.write(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"\x11" * 20)
    await writer.drain()
    await forever()


@behaviour
async def tls_garbage(reader, writer):
    """Answers the ClientHello with bytes that are no TLS record, then waits."""
    await reader.read(65536)
    writer.write(b"\xde\xad\xbe\xef" * 64)
    await writer.drain()
    await forever()


@behaviour
async def tls_alert(reader, writer):
    """Refuses every ClientHello with a fatal handshake_failure."""
    await reader.read(65536)
    writer.write(b"\x15\x03\x03\x00\x02\x02\x28")
    await writer.drain()


@behaviour
async def tls_reset(reader, writer):
    """Resets in the middle of the handshake."""
    await reader.read(65536)
    reset(writer)


@behaviour
async def tls_plain_answer(reader, writer):
    """Answers a ClientHello as web servers do on a plain port: with an HTTP error."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


# ---- HTTP ----

@behaviour
async def ok(reader, writer):
    """Answers well: what the others are compared with."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 6\r\nConnection: close\r\n\r\nhello\n")
    await writer.drain()


@behaviour
async def drip_head(reader, writer):
    """An answer's head, one byte every 200 ms."""
    await read_request(reader)
    await drip(writer, HEAD + b"X-Slow: " + b"y" * 100000)


@behaviour
async def drip_body(reader, writer):
    """A prompt head, then a body of one byte every 200 ms."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    await drip(writer, b"z" * 100000)


@behaviour
async def half_head(reader, writer):
    """Closes in the middle of the head."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Le")
    await writer.drain()


@behaviour
async def half_answer(reader, writer):
    """Announces 1000 bytes, sends 10, closes."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n" + b"0123456789")
    await writer.drain()


@behaviour
async def half_answer_reset(reader, writer):
    """Announces 1000 bytes, sends 10, resets."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n" + b"0123456789")
    await writer.drain()
    await asyncio.sleep(0.05)
    reset(writer)


@behaviour
async def half_answer_silent(reader, writer):
    """Announces 1000 bytes, sends 10, and keeps the connection open."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n" + b"0123456789")
    await writer.drain()
    await forever()


@behaviour
async def lying_length(reader, writer):
    """Announces 5 bytes and sends 1000."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 5\r\n\r\n" + b"x" * 1000)
    await writer.drain()


@behaviour
async def two_lengths(reader, writer):
    """Announces two different lengths."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello\n")
    await writer.drain()


@behaviour
async def huge_length(reader, writer):
    """Announces nine exabytes and starts to send them."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 9223372036854775807\r\n\r\n")
    await pour(reader, writer, lambda n: b"x" * 65536)


@behaviour
async def endless_body(reader, writer):
    """A body without an announced length or an end."""
    await read_request(reader)
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    await pour(reader, writer, lambda n: b"x" * 65536)


@behaviour
async def endless_chunks(reader, writer):
    """Chunks without end."""
    await read_request(reader)
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    await pour(reader, writer, lambda n: b"1000\r\n" + b"x" * 4096 + b"\r\n")


@behaviour
async def bad_chunk(reader, writer):
    """A chunk whose size is no number."""
    await read_request(reader)
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\nhello\r\n")
    await writer.drain()


@behaviour
async def gzip_bomb(reader, writer):
    """Compressed zeros without end: a gibibyte in a mebibyte."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n")
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    first = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone: costs once
    await pour(reader, writer, lambda n: again if n else first)


@behaviour
async def bad_gzip(reader, writer):
    """Says gzip, sends text."""
    await read_request(reader)
    writer.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nhello\n")
    await writer.drain()


@behaviour
async def huge_header(reader, writer):
    """One header line of a mebibyte."""
    await read_request(reader)
    writer.write(HEAD + b"X-Huge: " + b"h" * (1 << 20) + b"\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@behaviour
async def endless_headers(reader, writer):
    """Header lines without end."""
    await read_request(reader)
    writer.write(HEAD)
    await pour(reader, writer, lambda n: b"X-Number-%d: more\r\n" % n)


@behaviour
async def endless_continue(reader, writer):
    """Interim answers (100 Continue) without end."""
    await read_request(reader)
    await pour(reader, writer, lambda n: b"HTTP/1.1 100 Continue\r\n\r\n" * 64)


@behaviour
async def bad_status(reader, writer):
    """A status line without a status."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 fine\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@behaviour
async def nul_header(reader, writer):
    """A NUL byte inside a header."""
    await read_request(reader)
    writer.write(HEAD + b"X-Nul: a\x00b\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@behaviour
async def redirect_loop(reader, writer):
    """Redirects every request to itself."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n"
                 b"Connection: close\r\n\r\n")
    await writer.drain()


@behaviour
async def redirect_file(reader, writer):
    """Redirects to a file of the prober's own machine."""
    await read_request(reader)
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n"
                 b"Connection: close\r\n\r\n")
    await writer.drain()


# ---- running them ----

def full_listener(address, port):
    """A socket whose backlog is full: connecting to it gets no answer at all."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            filler.connect(listener.getsockname())
        fillers.append(filler)
        if not select.select([], [filler], [], 0.1)[1]:
            return listener, fillers
    raise AssertionError("this kernel accepts beyond the backlog")


class BadPeer:
    """Serves one behaviour on a port of its own, in a thread of its own.

    cert   a Cert: the behaviour is met inside TLS. ssl_options sets attributes of the context.
    """

    def __init__(self, name, port=0, address="127.0.0.1", cert=None, ssl_options=None):
        self.name = name
        self.address = address
        self.tls = cert is not None
        self.seen = 0
        self._held = None
        self._closed = False
        if name == "never_accept":
            self._held = full_listener(address, port)
            self.port = self._held[0].getsockname()[1]
            return
        self._serve = BEHAVIOURS[name]
        self._context = self._tls_context(cert, ssl_options or {})
        self._loop = asyncio.new_event_loop()
        # One that is full of data it never sends must not keep the port busy.
        self._listener = socket.create_server((address, port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._tasks = set()
        self._thread = threading.Thread(target=self._run, name=f"peer-{name}", daemon=True)
        self._thread.start()

    @staticmethod
    def _tls_context(cert, options):
        if not cert:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert.cert, cert.key)
        for name, value in options.items():
            setattr(context, name, value)
        return context

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda loop, context: None)
        self._loop.run_until_complete(asyncio.start_server(
            self._client, sock=self._listener, ssl=self._context))
        self._loop.run_forever()

    async def _client(self, reader, writer):
        self.seen += 1
        self._tasks.add(asyncio.current_task())
        try:
            await self._serve(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()
            self._tasks.discard(asyncio.current_task())

    def url(self, path="/", host="127.0.0.1"):
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

    def close(self):
        if self._closed:
            return
        self._closed = True
        if self._held:
            listener, fillers = self._held
            for sock in [listener, *fillers]:
                sock.close()
            return
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._listener.close()
        self._loop.close()

    async def _finish(self):
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def names():
    """Every behaviour there is."""
    return ["never_accept", *BEHAVIOURS]


def main():
    if len(sys.argv) < 2:
        print("never_accept         Its backlog is full: connecting gets no answer at all.")
        for name, function in BEHAVIOURS.items():
            print(f"{name:20} {function.__doc__.strip()}")
        return
    peer = BadPeer(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(f"{peer.name} at {peer.address}:{peer.port}, process {os.getpid()}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
