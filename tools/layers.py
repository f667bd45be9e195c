#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include to the tables of docs/architecture.md. Run at the source root."""
import fnmatch
import re
from collections import namedtuple

from tree import Faults, read, tracked

RULES = "docs/architecture.md"
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
DIRECTIVE = re.compile(r"^\s*#\s*[a-z]+")
CODE = re.compile(r"`([^`]+)`")
Layer = namedtuple("Layer", "files allowed")
Library = namedtuple("Library", "headers name places")

# Headers of the C library, POSIX and Linux.
SYSTEM = """
    arpa/* assert.h complex.h ctype.h dirent.h dlfcn.h endian.h errno.h execinfo.h fcntl.h fenv.h
    float.h fnmatch.h ftw.h getopt.h glob.h grp.h ifaddrs.h inttypes.h iso646.h langinfo.h limits.h
    libgen.h link.h linux/* locale.h malloc.h math.h mntent.h net/* netdb.h netinet/* poll.h pthread.h pwd.h
    sanitizer/* sched.h semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h
    stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h strings.h sys/* syslog.h
    termios.h threads.h time.h uchar.h unistd.h utime.h wchar.h wctype.h
""".split()

OWN, SYSTEM_OR_LIBRARY, OURS = range(3)
RANK_NAMES = ["its own header", "a system's or library's header", "one of ours"]


def table(text, name):
    """Rows of the table after the comment `name`, as lists of cells."""
    start = text.find(f"<!-- {name}:")
    end = text.find("<!-- end -->", start)
    assert 0 <= start < end, f"{RULES}: no table between '<!-- {name}: …' and '<!-- end -->'"
    rows = [line.strip("| \n").split("|") for line in text[start:end].splitlines()
            if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def matches(path, pattern):
    """A pattern ending in / is a folder; another is a glob that stays in its folder."""
    if pattern.endswith("/"):
        return path.startswith(pattern)
    return path.count("/") == pattern.count("/") and fnmatch.fnmatch(path, pattern)


def layer_matches(path, pattern):
    return path.startswith(pattern) if pattern.endswith("/") else fnmatch.fnmatch(path, pattern)


def read_rules():
    text = read(RULES)
    layers = [Layer(CODE.findall(files), CODE.findall(allowed))
              for files, allowed in table(text, "layers")]
    libraries = [Library(CODE.findall(headers), name, CODE.findall(places))
                 for headers, name, places in table(text, "libraries")]
    return layers, libraries


def includes(path):
    """(line, bracket, header) of each include line."""
    found = [(number, INCLUDE.match(line)) for number, line in enumerate(read(path).split("\n"), 1)]
    return [(number, one[1], one[2]) for number, one in found if one]


def includes_at_top(path):
    """The includes before the first #if or #define among them: later ones have their reasons."""
    top = []
    for number, line in enumerate(read(path).split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            top.append((number, found[1], found[2]))
        elif top and DIRECTIVE.match(line):
            break
    return top


def stem(path):
    return path.rpartition(".")[0]


def check_layer(path, line, header, layers, faults):
    layer = next((one for one in layers if any(layer_matches(path, f) for f in one.files)), None)
    if not layer:
        faults.add(path, line, f"no row of {RULES} says what this file may include")
    elif "/" in header and not any(layer_matches(header, place) for place in layer.allowed):
        faults.add(path, line, f'"{header}": {" ".join(layer.files)} may include only '
                               f'{" ".join(layer.allowed)} ({RULES})')


def check_plugin(path, line, header, faults):
    folder = path.partition("/")[0]
    if folder not in ("probes", "exporters") or not header.startswith(folder + "/"):
        return
    if stem(path) == f"{folder}/registry":
        return
    mine, theirs = (stem(name).rpartition("/")[2].split("_")[0] for name in (path, header))
    if mine != theirs:
        faults.add(path, line, f'"{header}": no plugin knows another; what two need belongs '
                               "into lib/core")


def check_library(path, line, header, libraries, faults):
    library = next((one for one in libraries
                    if any(fnmatch.fnmatch(header, known) for known in one.headers)), None)
    if not library:
        faults.add(path, line, f"<{header}> is in no row of the libraries in {RULES}: name the "
                               "one file that may use it")
    elif not any(matches(path, place) for place in library.places):
        faults.add(path, line, f"<{header}>: {library.name} is used only in "
                               f'{" ".join(library.places)} ({RULES})')


def check_order(path, faults):
    """The own header is the first one, from the file's own folder: buf.h of buf_number.c."""
    worst = OWN
    folder = path.rpartition("/")[0]
    for index, (line, bracket, header) in enumerate(includes_at_top(path)):
        if bracket == "<":
            rank = SYSTEM_OR_LIBRARY
        else:
            rank = OWN if index == 0 and header.rpartition("/")[0] == folder else OURS
        if rank < worst:
            faults.add(path, line, f"{RANK_NAMES[rank]} after {RANK_NAMES[worst]}: the order is "
                                   "own, system, library, ours")
            return
        worst = rank


def is_system(header):
    return any(fnmatch.fnmatch(header, known) for known in SYSTEM)


def check_file(path, layers, libraries, faults):
    lines = includes(path)
    for line, bracket, header in lines:
        if bracket == "<":
            if not is_system(header):
                check_library(path, line, header, libraries, faults)
            continue
        check_layer(path, line, header, layers, faults)
        check_plugin(path, line, header, faults)
    check_order(path, faults)
    return [header for _, bracket, header in lines if bracket == '"']


def find_cycle(graph):
    """A list of headers that include each other in a ring, or None."""
    done = set()

    def walk(node, way):
        if node in way:
            return way[way.index(node):] + [node]
        if node in done:
            return None
        for following in graph.get(node, ()):
            ring = walk(following, way + [node])
            if ring:
                return ring
        done.add(node)
        return None

    return next(filter(None, (walk(node, []) for node in graph)), None)


def main():
    layers, libraries = read_rules()
    faults = Faults()
    graph = {path: check_file(path, layers, libraries, faults) for path in tracked("*.c", "*.h")}
    ring = find_cycle(graph)
    if ring:
        faults.add(ring[0], 1, "headers include each other: " + " → ".join(ring))
    faults.finish(f"{len(graph)} files keep to {RULES}")


if __name__ == "__main__":
    main()
