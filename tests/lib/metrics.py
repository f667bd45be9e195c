# SPDX-License-Identifier: Apache-2.0
"""Reads a metrics page into series, strictly: what it cannot read is a failure."""
import re

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: (-?\d+))?(?: # .*)?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')
ESCAPES = {"n": "\n", "\\": "\\", '"': '"'}


def unescape(text):
    return re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], text)


class Page:
    """One scrape: `types`, `helps` by family, `series` as (name, labels) → value."""

    def __init__(self, text):
        self.text = text
        self.types, self.helps, self.series = {}, {}, {}
        assert text.endswith("\n"), "the page's last line does not end"
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                self._line(line)
            except (AssertionError, KeyError, ValueError) as error:
                raise AssertionError(f"line {number} of the page: {line!r}: {error}") from error

    def _line(self, line):
        if line.startswith(("# TYPE ", "# HELP ")):
            _, word, name, rest = (line + " ").split(" ", 3)
            into = self.types if word == "TYPE" else self.helps
            assert name not in into, f"a second {word} of {name}"
            into[name] = rest[:-1]
        elif line and not line.startswith("#"):
            name, labels, value = self._sample(line)
            key = (name, frozenset(labels.items()))
            assert key not in self.series, "the series is there twice"
            self.series[key] = value

    @staticmethod
    def _sample(line):
        found = SAMPLE.match(line)
        assert found, "not a sample"
        labels, text, at = {}, found[2] or "", 0
        while at < len(text):
            label = LABEL.match(text, at)
            assert label, f"not a label: {text[at:]!r}"
            assert label[1] not in labels, f"label {label[1]} is there twice"
            labels[label[1]] = unescape(label[2])
            at = label.end()
        return found[1], labels, float(found[3])

    def select(self, name, /, **labels):
        """Every (labels, value) of a family's series that carry these labels."""
        wanted = set(labels.items())
        return [(dict(key[1]), value) for key, value in self.series.items()
                if key[0] == name and wanted <= key[1]]

    def value(self, name, /, **labels):
        """The value of the only series that matches."""
        found = self.select(name, **labels)
        assert len(found) == 1, f"{name}{labels}: {len(found)} series match: {found[:5]}"
        return found[0][1]
