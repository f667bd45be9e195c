#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The runbooks of the bundled rules and of limits as C: runbooks.py OUTPUT DEPFILE FOLDER writes the table `runbooks` of
alerts/runbook.h, one entry for each page of FOLDER: as it is written, and as HTML. Run by the build; tools/packs.py
sees to it that there is no page too many or too few."""
import os
import re
import sys

import markdown

from embed import literal


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def linked(html, names):
    """A page names others as plain words; a word that is a page becomes a link."""
    pattern = re.compile(r"\b(" + "|".join(names) + r")\b(?![^<]*</(?:h1|code|pre)>)")
    return pattern.sub(r'<a href="/runbooks/\1">\1</a>', html)


def main():
    output, depfile, folder = sys.argv[1:4]
    names = sorted(name.removesuffix(".md") for name in os.listdir(folder) if name.endswith(".md"))
    pages = {name: os.path.join(folder, name + ".md") for name in names}
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
        file.write(f"{output}: {folder} " + " ".join(pages.values()) + "\n")


if __name__ == "__main__":
    main()
