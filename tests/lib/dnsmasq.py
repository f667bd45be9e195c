# SPDX-License-Identifier: Apache-2.0
"""Debian's dnsmasq on a loopback port, answering for the zone `test` and for nothing else."""
import socket
from pathlib import Path

from lib.process import Process
from lib.servers import START_TRIES
from lib.wait import free_port

# A SOA as bytes: ns.test. host.test. 2026112701 1 2 3 4.
SOA = "026e73047465737400" "04686f7374047465737400" "78c406bd" "00000001" "00000002" "00000003" "00000004"

CONFIG = """
no-resolv
no-hosts
port={port}
listen-address=127.0.0.1
bind-interfaces
local=/test/
address=/shop.test/10.0.0.9
address=/six.test/2001:db8::1
mx-host=mail.test,mx1.test,10
txt-record=txt.test,"v=spf1 -all","x \\"y\\""
srv-host=_x._tcp.test,shop.test,5555,1,2
cname=www.test,shop.test
ptr-record=9.0.0.10.in-addr.arpa,shop.test
caa-record=caa.test,0,issue,ca.test
naptr-record=phone.test,10,20,U,SIP+D2U,"",sip.test
dns-rr=soa.test,6,{soa}
dns-rr=odd.test,65280,abcd
"""


class Dnsmasq:
    """`address` is host:port, for UDP and TCP."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(START_TRIES)):
            self.port = free_port()
            (self.folder / "dnsmasq.conf").write_text(CONFIG.format(port=self.port, soa=SOA))
            self.process = Process(["/usr/sbin/dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file=",
                                    "--log-facility=-", "-C", self.folder / "dnsmasq.conf"], self.folder, "dnsmasq")
            try:
                self.process.wait_ready(self._is_open)
                return
            except AssertionError:
                if not left or "in use" not in self.process.tail():
                    raise

    def _is_open(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.process.stop()
