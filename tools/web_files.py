#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The status page as C: web_files.py OUTPUT DEPFILE FOLDER writes the tables of collector/page_file.h. Run by the build.

A browser spends more on asking for a file than on reading it, so all modules are joined into one script (main.js and what
it imports, each in a scope of its own) and all style sheets into one. Both and the pictures are compressed, and served
below an address that has the hash of all of them, so that they may be kept for ever; index.html, which is asked for each
time, gets that hash. A module that nothing imports, and an export that nobody uses, are faults."""
import gzip
import hashlib
import os
import re
import sys

from embed import literal

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
BYTES_MAX = 150 * 1000  # of all of them, compressed
IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)


class Module:
    def __init__(self, name, source):
        self.name = name
        self.imports = [(module, names.split(", ")) for names, module in IMPORT.findall(source)]
        self.exports = EXPORT.findall(source)
        self.body = EXPORT.sub("", IMPORT.sub("", source))
        if odd := re.search(r"^(import|export)\b.*", self.body, re.M):
            sys.exit(f'{name}.js: "{odd[0]}": write import {{ a, b }} from "./file.js"; or export before a function, class or const')

    def joined(self):
        wanted = "".join(f"const {{ {', '.join(names)} }} = {module}_js;\n" for module, names in self.imports)
        given = f"return {{ {', '.join(self.exports)} }};\n" if self.exports else ""
        return f"const {self.name}_js = (() => {{\n{wanted}{self.body}{given}}})();\n"


def in_order(modules, name, done, above=()):
    """Names of modules, each after those it imports."""
    if name in above:
        sys.exit(f"modules import each other: {' -> '.join([*above, name])}")
    if name not in modules:
        sys.exit(f"{above[-1]}.js imports {name}.js, which is not there")
    if name not in done:
        for module, _ in modules[name].imports:
            in_order(modules, module, done, (*above, name))
        done.append(name)
    return done


def find_unused(modules):
    used = {(module, name) for m in modules.values() for module, names in m.imports for name in names}
    there = {(m.name, name) for m in modules.values() for name in m.exports}
    for module, name in sorted(used - there):
        sys.exit(f"{module}.js does not export {name}, which is imported")
    for module, name in sorted(there - used):
        sys.exit(f"{module}.js exports {name}, and nobody imports it")


def join_scripts(sources):
    modules = {name: Module(name, text) for name, text in sources.items()}
    order = in_order(modules, "main", [])
    for name in sorted(modules.keys() - set(order)):
        sys.exit(f"{name}.js is imported by nobody")
    find_unused(modules)
    return "".join(modules[name].joined() for name in order)


def read_all(folder):
    files, scripts, styles = {}, {}, ""
    for name in sorted(os.listdir(folder)):
        stem, kind = os.path.splitext(name)
        if kind not in TYPES:
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        if kind == ".js":
            scripts[stem] = text
        elif kind == ".css":
            styles += text
        else:
            files[name] = text
    return {**files, "page.css": styles, "page.js": join_scripts(scripts)}


def main():
    output, depfile, folder = sys.argv[1:]
    files = read_all(folder)
    joined = "".join(f"{name}\0{text}\0" for name, text in files.items())
    digest = hashlib.sha256(joined.encode()).hexdigest()[:16]
    files["index.html"] = files["index.html"].replace("@HASH@", digest)
    packed = {name: gzip.compress(text.encode(), 9, mtime=0) for name, text in files.items()}
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
        file.write(f"{output}: {folder} " + " ".join(os.path.join(folder, name) for name in sorted(os.listdir(folder))) + "\n")


if __name__ == "__main__":
    main()
