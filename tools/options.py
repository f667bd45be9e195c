#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An option that can be set does something: the field that each row of an option table fills is read
somewhere. Hidden rows may be there for compatibility alone. Run at the source root."""
import re
from collections import Counter

from tree import Faults, read, tracked

ROW = re.compile(r'OPT_ROW_\w+\(\s*"([\w.]+)",\s*([\w.\[\]]+),')
FIELD = re.compile(r"(?:->|\.)(\w+)\b(?!\s*=[^=])")
NEXT = re.compile(r"\n\s*(?:OPT_ROW|\{0\})")


def rows(text):
    """(option, field, line) of every row that is not hidden."""
    for found in ROW.finditer(text):
        end = NEXT.search(text, found.end())
        if "OPT_HIDDEN" not in text[found.start():end.start() if end else len(text)]:
            field = re.split(r"[.\[]", found[2])
            yield found[1], field[0] if len(field) == 1 else field[-1].rstrip("]"), \
                text.count("\n", 0, found.start()) + 1


def main():
    faults = Faults()
    texts = {path: read(path) for path in tracked("alerts/*.c", "collector/*.c", "exporters/*.c",
                                                  "healthctl/*.c", "lib/*.c", "probes/*.c")}
    read_fields = Counter()
    for text in texts.values():
        read_fields.update(FIELD.findall(ROW.sub("", text)))
    count = 0
    for path, text in texts.items():
        for option, field, line in rows(text):
            count += 1
            # Nodes and lists are read where they stand in the file, by their key.
            if not read_fields[field] and not any(f'"{option}"' in ROW.sub("", other)
                                                  for other in texts.values()):
                faults.add(path, line, f"'{option}' fills {field}, which nothing reads")
    faults.finish(f"{count} options are read")


if __name__ == "__main__":
    main()
