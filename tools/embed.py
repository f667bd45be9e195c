#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bundled rules as C: embed.py OUTPUT INPUT.yml... writes the table `packs` of alerts/pack.h, one
entry a file, named as the file. Run by the build."""
import os
import sys

WIDTH = 20


def literal(data):
    lines = [data[at:at + WIDTH] for at in range(0, len(data), WIDTH)]
    return ",\n".join("    " + ", ".join(str(byte) for byte in line) for line in lines)


def main():
    output, inputs = sys.argv[1], sorted(sys.argv[2:])
    text = "/* Made by tools/embed.py. */\n#include \"alerts/pack.h\"\n\n"
    rows = ""
    for number, path in enumerate(inputs):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.splitext(os.path.basename(path))[0]
        text += f"static const unsigned char text_{number}[] = {{\n{literal(data)}}};\n\n"
        rows += f'    {{"{name}", {{(const char *)text_{number}, sizeof(text_{number})}}}},\n'
    text += f"const struct pack packs[] = {{\n{rows}    {{0}},\n}};\n"
    with open(output, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    main()
