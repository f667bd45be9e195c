#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files as C: embed.py [--table HEADER STRUCT NAME] OUTPUT INPUT... writes a table, one entry a file, named as the
file: `packs` of alerts/pack.h when no other is named. Run by the build."""
import os
import sys

WIDTH = 20


def literal(data):
    lines = [data[at:at + WIDTH] for at in range(0, len(data), WIDTH)]
    return ",\n".join("    " + ", ".join(str(byte) for byte in line) for line in lines)


def main():
    arguments = sys.argv[1:]
    header, struct, table = "alerts/pack.h", "pack", "packs"
    if arguments[0] == "--table":
        header, struct, table = arguments[1:4]
        arguments = arguments[4:]
    output, inputs = arguments[0], sorted(arguments[1:])
    text = f"/* Made by tools/embed.py. */\n#include \"{header}\"\n\n"
    rows = ""
    for number, path in enumerate(inputs):
        with open(path, "rb") as file:
            data = file.read()
        name = os.path.splitext(os.path.basename(path))[0]
        text += f"static const unsigned char text_{number}[] = {{\n{literal(data)}}};\n\n"
        rows += f'    {{"{name}", {{(const char *)text_{number}, sizeof(text_{number})}}}},\n'
    text += f"const struct {struct} {table}[] = {{\n{rows}    {{0}},\n}};\n"
    with open(output, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    main()
