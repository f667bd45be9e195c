# SPDX-License-Identifier: Apache-2.0
"""What pages show works: configurations load, queries parse, options are there, and commands do what is promised, in a
scratch folder beside a real healthd."""
import os
import re
import shlex
import subprocess
import urllib.parse

import pytest

from lib.healthd import Healthd, healthctl
from lib.llm_stub import LlmStub
from lib.mcp import McpServer
from lib.pages import ROOT, Scratch, blocks, pages
from lib.wait import free_port
from lib.web import Web

BLOCKS = [block for page in pages() for block in blocks(page) if not page.startswith("docs/reference/")]
SHELL = ("sh", "console")
# A query in quotes, as an operand of `healthctl query`.
QUERY = re.compile(r"healthctl query '([^']+)'|healthctl query \"([^\"$]+)\"")
CALL = re.compile(r"(?<![\w/.-])(?:/usr/bin/)?healthctl ([^|;&)`#\n]*)")
OPTION = re.compile(r"^  (?:-\w, )?(--(?:\[no-\])?[\w-]+)", re.M)


# ---- configurations ----

def of_healthd(block):
    return block.language == "yaml" and block.mark in (None, "write")


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS if of_healthd(block)}))
def test_configurations_are_accepted(page, tmp_path):
    for block in filter(of_healthd, blocks(page)):
        text = block.text
        if not re.search(r"^(probes|steps|flows|modules|module_files):", text, re.M):
            text += "probes: []\n"
        (tmp_path / "healthd.yml").write_text(text)
        done = healthctl("validate", "--without-secrets", tmp_path / "healthd.yml")
        assert done.returncode == 0, (block, done.stderr)


# ---- queries ----

def test_queries_are_answered(healthd):
    asked = [(block, line.split(" #")[0].strip()) for block in BLOCKS if block.language == "promql"
             for line in block.text.splitlines() if line.strip()]
    asked += [(page, found[1] or found[2]) for page in pages() for found in QUERY.finditer((ROOT / page).read_text())]
    assert len(asked) > 50
    daemon = healthd("probes: []")
    for place, expr in asked:
        answer = daemon.get("/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
        assert answer.status == 200, (place, expr, answer.text)


# ---- options ----

def calls():
    """(place, the words after `healthctl`) of every command line on a page."""
    for page in pages():
        text = (ROOT / page).read_text()
        codes = [found[1] for found in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", text)]
        codes += [block.text.replace("\\\n", " ") for block in blocks(page)]
        for code in codes:
            for found in CALL.finditer(re.sub(r"(^|\s)#.*", "", code)):
                yield page, found[0].strip(), words_of(found[1])


def words_of(text):
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return words[:words.index("--")] if "--" in words else words


@pytest.fixture(scope="module")
def options():
    """options(command, type): those that its help names."""
    known = {}

    def of(*words):
        if words not in known:
            done = healthctl("help", *words)
            known[words] = set(OPTION.findall(done.stdout)) if done.returncode == 0 else None
        return known[words]

    return of


def unknown_options(words, options):
    """Those that the command's help does not name; None: there is no such command."""
    known = options(words[0])
    if known is None:
        return None
    if words[0] == "probe" and len(words) > 1:
        known = known | (options("probe", words[1]) or set())
    known = known | {"--color", "--format", "--help"} | {f"--{one[7:]}" for one in known if one.startswith("--[no-]")}
    used = {re.match(r"--[a-z0-9-]+", word)[0] for word in words if re.match(r"--[a-z]", word)}
    # A secret's option says where the secret is.
    return {one for one in used if one not in known and re.sub(r"-(env|file)$", "", one) not in known}


def test_commands_have_the_options_that_pages_use(options):
    all_calls = [call for call in calls() if call[2] and re.match(r"[a-z]", call[2][0])]
    assert len(all_calls) > 300
    found = [(page, line, unknown_options(words, options)) for page, line, words in all_calls]
    wrong = [f"{page}: `{line}`: {what or 'no such command'}" for page, line, what in found if what != set()]
    assert not wrong, "\n".join(wrong)


# ---- commands ----

def test_commands_are_the_shell_s():
    parsed = {block: subprocess.run(["sh", "-n"], input=block.text, capture_output=True, text=True).stderr
              for block in BLOCKS if block.language == "sh"}
    wrong = {block: why for block, why in parsed.items() if why}
    assert not wrong, wrong
