# SPDX-License-Identifier: Apache-2.0
"""A name server over UDP that says what a test wants, and remembers what it was asked.

    dns = DnsServer({"app.test": {"A": ["127.0.0.2"]}, "gone.test": "NXDOMAIN"})
    dns.zone["app.test"] = "SILENT"

A name maps to its records by type (A, AAAA, CNAME, TXT, SRV), to an answer code (NXDOMAIN,
SERVFAIL, REFUSED, FORMERR), or to SILENT. A record type that a name lacks is NODATA. A name that
is not in the zone gets `default`. `ttl` is that of every record.
"""
import random
import socket
import struct
import threading

CODES = {"FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
TYPE_NAMES = {number: name for name, number in TYPES.items()}


def encode_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode_name(packet, at):
    labels = []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), at + 1


def encode_value(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "TXT":
        return bytes([len(value)]) + value.encode()
    if kind == "SRV":
        priority, weight, port, target = value
        return struct.pack("!HHH", priority, weight, port) + encode_name(target)
    return encode_name(value)


class DnsServer:
    """Listens on port 53 of a loopback address of its own (a resolv.conf names no port)."""

    def __init__(self, zone, default="NXDOMAIN", ttl=0, port=53):
        self.zone = dict(zone)
        self.default = default
        self.ttl = ttl
        self.queries = []  # (name, type) in the order they came
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bind(port)
        self._thread = threading.Thread(target=self._run, name="dns", daemon=True)
        self._thread.start()

    def _bind(self, port):
        for _ in range(100):
            self.address = "127.%d.%d.%d" % tuple(random.randint(2, 250) for _ in range(3))
            try:
                self._socket.bind((self.address, port))
            except OSError:
                continue
            self.port = self._socket.getsockname()[1]
            return
        raise AssertionError(f"no loopback address has UDP port {port} free for us")

    def resolv_conf(self, options="timeout:1 attempts:2"):
        """What /etc/resolv.conf has to say for this server to be the only one."""
        return f"nameserver {self.address}\noptions {options}\n"

    def asked(self, name):
        return sum(1 for asked, _ in self.queries if asked == name)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.address, self.port))
        self._thread.join(10)
        self._socket.close()

    def _run(self):
        while True:
            packet, client = self._socket.recvfrom(4096)
            if not packet:
                return
            answer = self._answer(packet)
            if answer:
                self._socket.sendto(answer, client)

    def _answer(self, packet):
        name, end = decode_name(packet, 12)
        number, _ = struct.unpack("!HH", packet[end:end + 4])
        kind = TYPE_NAMES.get(number, str(number))
        self.queries.append((name, kind))
        entry = self.zone.get(name, self.default)
        if entry == "SILENT":
            return None
        code, records = CODES.get(entry, 0) if isinstance(entry, str) else 0, []
        if not code:
            records = [(kind, one) for one in entry.get(kind, [])]
            records = records or [("CNAME", one) for one in entry.get("CNAME", [])]
        body = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", TYPES[k], 1, self.ttl, len(encode_value(k, v))) +
            encode_value(k, v) for k, v in records)
        return (packet[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(records), 0, 0) +
                packet[12:end + 4] + body)
