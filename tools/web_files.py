#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The status page as C: web_files.py OUTPUT DEPFILE FOLDER writes the tables of collector/page_file.h. Run by the build.

Every file of FOLDER is compressed and served below an address that has the hash of all of them, so that it may be kept
for ever; index.html, which is asked for each time, gets that hash and a line for each script to be loaded at once."""
import gzip
import hashlib
import os
import sys

from embed import literal

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
BYTES_MAX = 150 * 1000  # of all of them, compressed


def read_all(folder):
    files = {}
    for name in sorted(os.listdir(folder)):
        if os.path.splitext(name)[1] in TYPES:
            with open(os.path.join(folder, name), "rb") as file:
                files[name] = file.read()
    return files


def fill_in(index, files, digest):
    scripts = "\n".join(f'<link rel="modulepreload" href="page/{digest}/{name}">'
                        for name in files if name.endswith(".js"))
    return index.decode().replace("@PRELOAD@", scripts).replace("@HASH@", digest).encode()


def main():
    output, depfile, folder = sys.argv[1:]
    files = read_all(folder)
    joined = b"".join(name.encode() + b"\0" + data + b"\0" for name, data in files.items())
    digest = hashlib.sha256(joined).hexdigest()[:16]
    files["index.html"] = fill_in(files["index.html"], files, digest)
    packed = {name: gzip.compress(data, 9, mtime=0) for name, data in files.items()}
    total = sum(map(len, packed.values()))
    if total > BYTES_MAX:
        sys.exit(f"{folder}: {total} bytes compressed, and the status page has {BYTES_MAX}")
    text = "/* Made by tools/web_files.py. */\n#include \"collector/page_file.h\"\n\n"
    rows = ""
    for number, (name, data) in enumerate(packed.items()):
        text += f"static const unsigned char file_{number}[] = {{\n{literal(data)}}};\n\n"
        rows += (f'    {{"{name}", "{TYPES[os.path.splitext(name)[1]]}",\n'
                 f"     {{(const char *)file_{number}, sizeof(file_{number})}}}},\n")
    text += f"const struct page_file page_files[] = {{\n{rows}    {{0}},\n}};\n"
    text += f'const char page_files_hash[] = "{digest}";\n'
    with open(output, "w", encoding="ascii") as file:
        file.write(text)
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(f"{output}: {folder} " + " ".join(os.path.join(folder, name) for name in files) + "\n")


if __name__ == "__main__":
    main()
