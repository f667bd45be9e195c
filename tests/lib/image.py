# SPDX-License-Identifier: Apache-2.0
"""Container images of programs of this machine: the files, the libraries that they load, and busybox for a shell."""
import io
import re
import subprocess
import tarfile
from pathlib import Path

PASSWD = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
LOADED = re.compile(r"(?:=> )?(/\S+) \(0x")


def libraries(programs):
    """Files that the loader takes for these, by the paths under which it looks."""
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, timeout=30)
    return sorted(set(LOADED.findall(done.stdout)))


def regular_files(paths):
    """The files, and those below the folders."""
    for path in map(Path, paths):
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


class ImageTar:
    """What `docker import` takes. `data()` ends it."""

    def __init__(self):
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", dereference=True)
        self.names = set()

    def folder(self, name, mode=0o755):
        if name in self.names:
            return
        self.names.add(name)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self.tar.addfile(entry)

    def parents(self, name):
        """Folders that nobody names are root's alone."""
        for parent in reversed(list(Path(name).parents)[:-1]):
            self.folder(str(parent))

    def link(self, name, to):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, to
        self.tar.addfile(entry)

    def text(self, name, text):
        self.parents(name)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(text.encode()), 0o644
        self.tar.addfile(entry, io.BytesIO(text.encode()))

    def file(self, path, name=None):
        name = name or str(path).lstrip("/")
        if name not in self.names:
            self.names.add(name)
            self.parents(name)
            self.tar.add(path, name, recursive=False)

    def programs(self, *paths, leave_out=()):
        """Programs, folders and plain files, where they are on this machine, and what the programs load."""
        files = [path for path in regular_files(paths) if not any(word in str(path) for word in leave_out)]
        for path in files:
            self.file(path)
        for path in libraries(path for path in files if path.read_bytes()[:4] == b"\x7fELF"):
            self.file(path)

    def data(self):
        self.tar.close()
        return self.out.getvalue()


def image_of(*paths, leave_out=(), texts=None, named=None, applets=("sh",)):
    """texts: {path: text}; named: {path in the image: file of this machine}."""
    tar = ImageTar()
    for name in ("tmp", "run", "data"):
        tar.folder(name, 0o777)
    for name in ("proc", "sys", "dev", "etc"):
        tar.folder(name)
    tar.file("/bin/busybox", "bin/busybox")
    for name in applets:
        tar.link(f"bin/{name}", "busybox")
    tar.text("etc/passwd", PASSWD)
    tar.text("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    for name, text in (texts or {}).items():
        tar.text(name, text)
    for name, path in (named or {}).items():
        tar.file(path, name)
        for library in libraries([path]):
            tar.file(library)
    tar.programs(*paths, leave_out=leave_out)
    return tar.data()
