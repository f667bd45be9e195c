# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for tests, made with the openssl command line."""
import subprocess
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from pathlib import Path

# `cert` holds the leaf and what the server should send after it; `key` is not encrypted.
Cert = namedtuple("Cert", "cert key not_after")

CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = healthd test
[ca]
default_ca = authority
[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
[anything]
commonName = supplied
"""


def openssl(*arguments, cwd):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"
    return done.stdout


class Authority:
    """Signs certificates into its folder. `path` is what a client is told to trust."""

    def __init__(self, folder, name="healthd test CA", parent=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        (self.folder / "openssl.cnf").write_text(CONFIG)
        (self.folder / "index.txt").write_text("")
        self.path = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self.parent = parent
        if parent:
            made = parent._sign(name, ["basicConstraints=critical,CA:true",
                                       "keyUsage=critical,keyCertSign,cRLSign"], -1, 3650)
            self.path.write_bytes(Path(made.cert).read_bytes())
            self.key.write_bytes(Path(made.key).read_bytes())
        else:
            openssl("req", "-config", "openssl.cnf", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", "3650",
                    "-addext", "basicConstraints=critical,CA:true",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                    "-keyout", "ca.key", "-out", "ca.pem", cwd=self.folder)

    def _sign(self, name, extensions, first_day, last_day):
        stem = f"{len(list(self.folder.glob('*.ext')))}"
        now = datetime.now(timezone.utc)
        start, end = now + timedelta(days=first_day), now + timedelta(days=last_day)
        (self.folder / f"{stem}.ext").write_text("\n".join(extensions) + "\n")
        openssl("req", "-config", "openssl.cnf", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{stem}.key", "-out", f"{stem}.csr", cwd=self.folder)
        openssl("ca", "-config", "openssl.cnf", "-batch", "-notext", "-cert", "ca.pem",
                "-keyfile", "ca.key", "-in", f"{stem}.csr", "-out", f"{stem}.pem",
                "-extfile", f"{stem}.ext", "-startdate", start.strftime("%Y%m%d%H%M%SZ"),
                "-enddate", end.strftime("%Y%m%d%H%M%SZ"), cwd=self.folder)
        return Cert(str(self.folder / f"{stem}.pem"), str(self.folder / f"{stem}.key"),
                    end.replace(microsecond=0))

    def issue(self, name="localhost", sans=("DNS:localhost", "IP:127.0.0.1", "IP:::1"),
              first_day=-1.0, last_day=30.0, usage="serverAuth", chain=True):
        """A leaf valid from `first_day` to `last_day`, counted from now. With `chain`, an
        intermediate authority's own certificate follows the leaf."""
        extensions = ["basicConstraints=CA:false", f"extendedKeyUsage={usage}"]
        if sans:
            extensions.append("subjectAltName=" + ",".join(sans))
        made = self._sign(name, extensions, first_day, last_day)
        if chain and self.parent:
            with open(made.cert, "ab") as file:
                file.write(self.path.read_bytes())
        return made

    def intermediate(self, name="healthd test intermediate"):
        """An authority signed by this one."""
        count = len(list(self.folder.glob("sub*")))
        return Authority(self.folder / f"sub{count}", name, parent=self)


class TestCerts:
    """The certificates that most tests want, each made when first asked for."""

    __test__ = False

    def __init__(self, folder):
        self.authority = Authority(Path(folder) / "ca")
        self.path = str(self.authority.path)
        self._made = {}

    def _once(self, name, make):
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def issue(self, *args, **kwargs):
        return self.authority.issue(*args, **kwargs)

    @property
    def server(self):
        return self._once("server", self.authority.issue)

    @property
    def client(self):
        return self._once("client", lambda: self.issue("test client", (), usage="clientAuth"))

    @property
    def expired(self):
        return self._once("expired", lambda: self.issue(first_day=-30, last_day=-1))

    @property
    def not_yet_valid(self):
        return self._once("not_yet_valid", lambda: self.issue(first_day=2, last_day=30))

    @property
    def wrong_name(self):
        return self._once("wrong_name", lambda: self.issue("elsewhere.test", ["DNS:elsewhere.test"]))

    @property
    def untrusted(self):
        """Signed well, by an authority that nobody here trusts."""
        other = lambda: Authority(self.authority.folder / "other", "unknown CA").issue()
        return self._once("untrusted", other)

    @property
    def self_signed(self):
        def make():
            folder = self.authority.folder
            openssl("req", "-config", "openssl.cnf", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "30",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", "self.key", "-out", "self.pem", cwd=folder)
            end = (datetime.now(timezone.utc) + timedelta(days=30)).replace(microsecond=0)
            return Cert(str(folder / "self.pem"), str(folder / "self.key"), end)
        return self._once("self_signed", make)

    @property
    def chained(self):
        """By an intermediate authority, which the server sends along."""
        return self._once("chained", lambda: self._intermediate.issue())

    @property
    def unchained(self):
        """By an intermediate authority that the server forgets to send."""
        return self._once("unchained", lambda: self._intermediate.issue(chain=False))

    @property
    def _intermediate(self):
        return self._once("intermediate", self.authority.intermediate)
