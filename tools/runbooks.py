#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The runbooks of the bundled rules as C: runbooks.py OUTPUT DEPFILE FOLDER PACK.yml... writes the
table `runbooks` of alerts/runbook.h, one entry for each alert that a pack names and FOLDER has a
page of: the page as it is written, and as HTML. Run by the build."""
import os
import re
import sys

import markdown

from embed import literal

ALERT = re.compile(r"^\s*- alert: (\w+)$", re.M)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def linked(html, names):
    """A page names others as plain words; a word that is a page becomes a link."""
    pattern = re.compile(r"\b(" + "|".join(names) + r")\b(?![^<]*</(?:h1|code|pre)>)")
    return pattern.sub(r'<a href="/runbooks/\1">\1</a>', html)


def main():
    output, depfile, folder, packs = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    alerts = sorted({name for path in packs for name in ALERT.findall(read(path))})
    pages = {name: os.path.join(folder, name + ".md") for name in alerts}
    pages = {name: path for name, path in pages.items() if os.path.exists(path)}
    text = "/* Made by tools/runbooks.py. */\n#include \"alerts/runbook.h\"\n\n"
    rows = ""
    for number, (name, path) in enumerate(pages.items()):
        source = read(path)
        html = markdown.markdown(source, extensions=["fenced_code", "tables"])
        for kind, data in (("text", source), ("html", linked(html, pages))):
            text += f"static const unsigned char {kind}_{number}[] = {{\n"
            text += f"{literal(data.encode())}}};\n\n"
        rows += f'    {{"{name}",\n'
        for kind in ("text", "html"):
            rows += f"     {{(const char *){kind}_{number}, sizeof({kind}_{number})}},\n"
        rows += "    },\n"
    text += f"const struct runbook runbooks[] = {{\n{rows}    {{0}},\n}};\n"
    with open(output, "w", encoding="ascii") as file:
        file.write(text)
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(f"{output}: " + " ".join(pages.values()) + "\n")


if __name__ == "__main__":
    main()
