#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The meta tests find what they are there to find: each is given a small tree with one fault."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Owns a thing, called by the test; never does more than that. */\n"


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.tree = Path(tempfile.mkdtemp(prefix="healthd-tools-"))
        self.addCleanup(shutil.rmtree, self.tree)
        self.write("docs/architecture.md", (ROOT / "docs/architecture.md").read_text())
        self.write("dev", (ROOT / "dev").read_text())

    def write(self, path, text):
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_text(text)

    def run_tool(self, name, *arguments):
        # GIT_DIR: nowhere. The tree is no repository, even if it lies inside one.
        return subprocess.run([sys.executable, str(TOOLS / f"{name}.py"), *arguments],
                              cwd=self.tree, capture_output=True, text=True,
                              env=dict(os.environ, GIT_DIR="/nonexistent"))

    def faulty(self, name, expected, *arguments):
        done = self.run_tool(name, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(expected, done.stdout)

    def fine(self, name, *arguments):
        done = self.run_tool(name, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class Layers(ToolTest):
    CASES = [
        ("lib/base/a.c", '#include "lib/core/run.h"\n', 'lib/base/a.c:3: "lib/core/run.h"'),
        ("lib/core/a.c", '#include "probes/registry.h"\n', "may include only"),
        ("healthctl/a.c", '#include "collector/web.h"\n', "may include only"),
        ("alerts/notify_mail.c", '#include "alerts/outbox.h"\n', "may include only"),
        ("elsewhere/a.c", '#include "lib/base/buf.h"\n', "no row of"),
        ("lib/core/a.c", "#include <uv.h>\n", "libuv is used only in"),
        ("probes/http.c", "#include <curl/curl.h>\n", "libcurl is used only in"),
        ("lib/core/a.c", "#include <glib.h>\n", "is in no row of the libraries"),
        ("probes/tcp.c", '#include "probes/http.h"\n', "no plugin knows another"),
        ("lib/core/a.c", '#include "lib/core/a.h"\n\n#include "lib/base/buf.h"\n#include <stdio.h>\n',
         "the order is own, system, library, ours"),
    ]

    def test_faults(self):
        for path, text, expected in self.CASES:
            with self.subTest(path=path, text=text):
                self.write(path, HEAD + text)
                self.faulty("layers", expected)
                (self.tree / path).unlink()

    def test_cycle(self):
        self.write("lib/core/a.h", HEAD + '#include "lib/core/b.h"\n')
        self.write("lib/core/b.h", HEAD + '#include "lib/core/a.h"\n')
        self.faulty("layers", "lib/core/a.h → lib/core/b.h → lib/core/a.h")

    def test_fine(self):
        self.write("probes/http_body.c", HEAD + '#include "probes/http.h"\n\n#include <stdio.h>\n'
                                                '\n#include "lib/core/run.h"\n')
        self.write("lib/core/loop.c", HEAD + '#include "lib/core/loop.h"\n\n#include <uv.h>\n')
        self.fine("layers")


class Sizes(ToolTest):
    def test_long_function(self):
        self.write("lib/core/a.c", HEAD + "int a(int x,\n      int y)\n{\n" + "    x++;\n" * 51 + "}\n")
        self.faulty("sizes", "lib/core/a.c:5: a() has 51 lines")

    def test_deep_function(self):
        deep = "".join(" " * 4 * level + "if (x) {\n" for level in range(1, 5))
        self.write("lib/core/a.c", HEAD + "int a(int x)\n{\n" + deep + "}\n")
        self.faulty("sizes", "a() goes 4 levels deep")

    def test_table_is_no_function(self):
        self.write("lib/core/a.c", HEAD + "static const int table[] = {\n" + "    1,\n" * 300 + "};\n")
        self.fine("sizes")

    def test_long_file(self):
        self.write("lib/core/a.c", HEAD + "int x;\n" * 400)
        self.faulty("sizes", "402 lines, above 400")

    def test_median(self):
        for number in range(11):
            self.write(f"lib/core/a{number}.c", HEAD + "int x;\n" * 300)
        self.faulty("sizes", "the median file has 302 lines")


class Names(ToolTest):
    CASES = [
        ("lib/core/a.c", "int x;\n", "the first line has to say SPDX"),
        ("lib/core/a.c", HEAD.split("\n")[0] + "\nint x;\n", "opens without a comment"),
        ("lib/core/a.c", HEAD.split("\n")[0] + "\n/* A file. */\n", "says too little"),
        ("lib/core/a.c", HEAD.split("\n")[0] + "\n/* See a.h. */\n", "only says where to look"),
        ("lib/core/a.c", HEAD + 'OPT_INT("check_interval", x, "1", 0, 1, "")\n', "'check_interval'"),
        ("lib/core/a.c", HEAD + 'OPT_ROW_TEXT("job_text", x, "", "")\n', "'job_text'"),
        ("lib/core/a.c", HEAD + "struct monitor {\n", "'monitor'"),
        ("lib/core/incident.c", HEAD, "'incident'"),
        ("docs/a.md", "An incident is closed.\n", "docs/a.md:1: 'incident'"),
        ("docs/a.md", "see /ro" + "ot/main\n", "a place on somebody's machine"),
        ("lib/core/a.c", HEAD + "/* TO" + "DO: more */\n", "finish it"),
        ("oom", "", "oom:1: the root has no such file"),
    ]

    def test_faults(self):
        for path, text, expected in self.CASES:
            with self.subTest(path=path, text=text):
                self.write(path, text)
                self.faulty("names", expected)
                (self.tree / path).unlink()

    def test_fine(self):
        self.write("lib/core/a.c", HEAD + "struct job {\n")
        self.fine("names")


class Docs(ToolTest):
    TALK = HEAD + "static void talk_go(struct run *run)\n{\n    talk_end(run);\n}\n"
    CASES = [
        ("see [there](gone.md)\n", "links to docs/gone.md"),
        ("see [there](#no-such)\n", "has no such heading"),
        ("run `./dev dance`\n", "no command 'dance'"),
        ("`lib/core/gone.c` does it\n", "names lib/core/gone.c"),
        ("by `talk_feed`\n(`lib/core/talk.c`)\n", "docs/a.md:1: names talk_feed in lib/core/talk.c, which has none"),
        ("by `talk_feed` in `lib/core/talk.c`\n", "names talk_feed in lib/core/talk.c"),
        ("`talk_end` (`lib/core/talk.c`) is called there, not defined\n", "names talk_end in"),
        ("<!-- file: lib/core/talk.c -->\n```c\nother\n```\n", "not lib/core/talk.c any more"),
        ("<!-- part of: lib/core/talk.c -->\n```c\nother\n```\n", "no part of lib/core/talk.c any more"),
        ("```c\nother\n```\n", "shows C that nothing compiles"),
        ("```sh\nls\n```\n", "docs/a.md:1: no test runs this block"),
        ("<!-- not run -->\n```sh\nls\n```\n", "does not say why"),
        ("```bash\nls\n```\n", "a block of 'bash'"),
    ]

    def setUp(self):
        super().setUp()
        self.write("docs/architecture.md", "# Architecture\n")
        self.write("lib/core/talk.c", self.TALK)

    def test_faults(self):
        for text, expected in self.CASES:
            with self.subTest(text=text):
                self.write("docs/a.md", text)
                self.faulty("docs", expected)

    def test_probe_table(self):
        rows = "| probe type | of whom |\n|---|---|\n| `tcp`, [`http`](#x) | anything, as `dns` |\n"
        self.write("README.md", "# X\n\n" + rows + "\nmore\n")
        self.write("probes/meson.build", "probes = {\n  'http': [],\n  'tcp': [],\n}\n")
        self.fine("docs")
        self.write("probes/meson.build", "probes = {\n  'http': [],\n  'queue': ['hiredis'],\n}\n")
        self.faulty("docs", "README.md:3: has no row for the probe type 'queue'")
        self.faulty("docs", "the probe type 'tcp', which probes/meson.build does not build")

    def test_index(self):
        self.write("docs/README.md", "[a](architecture.md)\n")
        self.fine("docs")
        self.write("docs/a.md", "# A\n")
        self.faulty("docs", "docs/a.md:1: is not in docs/README.md")
        (self.tree / "docs/a.md").unlink()
        self.write("docs/decisions/README.md", "# Decisions\n")
        self.write("docs/decisions/b.md", "# B\n")
        self.faulty("docs", "docs/decisions/b.md:1: is not in docs/decisions/README.md")

    def test_fine(self):
        self.write("docs/a.md", "# A title, here\n[up](architecture.md) [here](#a-title-here)\n"
                                f"<!-- file: lib/core/talk.c -->\n```c\n{self.TALK}```\n"
                                "<!-- run -->\n```sh\nls\n```\n<!-- not run: no engine -->\n```console\n$ ls\n```\n"
                                "`./dev test` and `lib/core/talk.c`, `talk_go` (`lib/core/talk.c`), `tests/unit/test_<name>.c`\n")
        self.fine("docs")


class Options(ToolTest):
    TABLE = HEAD + 'OPT_ROW_TEXT("site", site, "", "Names it."),\n{0}\n'

    def test_faults(self):
        self.write("lib/config/a.c", self.TABLE)
        self.faulty("options", "lib/config/a.c:3: 'site' fills site, which nothing reads")

    def test_fine(self):
        self.write("lib/config/a.c", self.TABLE)
        self.write("lib/config/b.c", HEAD + "name = top->site;\n")
        self.fine("options")


class Packs(ToolTest):
    RULE = """groups:
  - name: g
    rules:
      - alert: Broken
        expr: probe_state == 3
        annotations:
          summary: "is broken"
          description: "It is."
          runbook_url: /runbooks/Broken
"""
    TEST = """tests:
  - alert_rule_test:
      - {eval_time: 0s, alertname: Broken, exp_alerts: []}
      - eval_time: 1m
        alertname: Broken
        exp_alerts:
          - exp_labels: {}
"""
    PAGE = "# Broken\n\n## Meaning\n\n## First look\n\n## Causes\n\n## Fix\n"
    CASES = [
        ("alerts/packs/p.yml", RULE.replace("summary", "sumary"), "Broken has no summary"),
        ("alerts/packs/p.yml", RULE.replace("/Broken", "/Other"), "has no runbook_url"),
        ("alerts/packs/p.yml", RULE.replace("probe_state", "probe_stat"), "no code of ours makes"),
        ("alerts/packs/tests/p.test.yml", TEST.replace("Broken", "Other"), "sees Broken fire"),
        ("alerts/packs/tests/p.test.yml", TEST.replace("exp_alerts: []", "exp_alerts: [{}]"),
         "sees Broken quiet"),
        ("docs/runbooks/Old.md", PAGE, "there is no bundled rule and no limit Old"),
        ("docs/runbooks/Broken.md", PAGE.replace("## Fix", "## End"), "has the sections"),
        ("alerts/packs/probes.yml", RULE.replace("probe_state", "cache_full"), "which not every probe has"),
        ("alerts/packs/probes.yml", RULE.replace("probe_state", 'probe_state{type="a"}'), "asks for a probe type"),
        ("probes/a.c", HEAD + '    .pack = "gone",\n', "there is no alerts/packs/gone.yml"),
    ]

    def fill(self):
        self.write("alerts/packs/p.yml", self.RULE)
        self.write("alerts/packs/tests/p.test.yml", self.TEST)
        self.write("docs/runbooks/Broken.md", self.PAGE)
        self.write("collector/a.c", HEAD + 'static const char name[] = "probe_state";\n')

    def test_faults(self):
        for path, text, expected in self.CASES:
            with self.subTest(path=path, expected=expected):
                self.fill()
                self.write(path, text)
                self.faulty("packs", expected)
                (self.tree / path).unlink()

    def test_fine(self):
        self.fill()
        self.fine("packs")


class Dashboards(ToolTest):
    BOARD = """from panels import stat
BOARDS = ({"name": "a", "title": "A", "text": "It.", "variables": [("job", "probe_state")], "sections": [("", [
    stat("Down", "short", "Some are.", "count(probe_state{@} == 3)", runbooks=["Broken"])])]},)
"""
    CASES = [
        ("probe_state{", "probe_stat{", "reads probe_stat, which no healthd shows"),
        ('("job", "probe_state")', '("job", "probe_stat")', "variable job reads probe_stat"),
        ("Some are.", "Some", "no description"),
        ('"short"', '""', "no unit"),
        ("Broken", "Other", "links the runbook Other"),
        ("{@}", '{a=~\\"$b\\"}', "uses the variable $b"),
    ]

    def fill(self, board):
        for name in ("make.py", "panels.py"):
            self.write(f"dashboards/grafana/{name}", (ROOT / "dashboards/grafana" / name).read_text())
        self.write("dashboards/grafana/watching.py", board)
        self.write("dashboards/grafana/systems.py", "BOARDS = ()\n")
        self.write("collector/self.c", HEAD)
        self.write("collector/a.c", HEAD + 'static const char *const a[] = {"probe_state", "healthd_deploy_timestamp_seconds"};\n')
        self.write("docs/reference/metrics.md", "")
        self.write("docs/runbooks/Broken.md", "")
        subprocess.run([sys.executable, "-B", str(self.tree / "dashboards/grafana/make.py")], check=True)

    def test_faults(self):
        for before, after, expected in self.CASES:
            with self.subTest(expected=expected):
                self.assertIn(before, self.BOARD)
                self.fill(self.BOARD.replace(before, after))
                self.faulty("dashboards", expected)

    def test_files(self):
        self.fill(self.BOARD)
        self.fine("dashboards")
        self.write("dashboards/grafana/old.json", "{}")
        self.faulty("dashboards", "make.py does not make it")
        self.write("dashboards/grafana/a.json", "{}")
        self.faulty("dashboards", "is not what dashboards/grafana/make.py makes")


class Changes(ToolTest):
    def test_faults(self):
        for text in ("added: it\n", "kind: removed\n\nIt is gone.\n", "kind: added\n\nno stop\n"):
            with self.subTest(text=text):
                self.write("changes/a.md", text)
                self.faulty("changes", "changes/a.md:", "check")

    def test_release(self):
        self.write("CHANGELOG.md", (ROOT / "CHANGELOG.md").read_text().split("<!--")[0] +
                   "<!-- releases: newest first, written by tools/changes.py -->\n")
        self.write("changes/b.md", "kind: fixed\n\nIt works.\n")
        self.write("changes/a.md", "kind: added\n\nIt is there,\nin two lines.\n")
        self.assertIn("### Added\n\n- It is there,\n  in two lines.\n\n### Fixed\n\n- It works.\n",
                      self.fine("changes"))
        self.fine("changes", "release", "1.2.3")
        text = (self.tree / "CHANGELOG.md").read_text()
        self.assertIn("## 1.2.3 (", text)
        self.assertEqual(list((self.tree / "changes").iterdir()), [])


class Tally(ToolTest):
    def tally(self, *tests):
        self.write("log.json", "".join(json.dumps(test) + "\n" for test in tests))
        return self.run_tool("tally", "meson", "log.json").stdout.split()

    def test_meson(self):
        tap = "1..3\nok 1 - a\nnot ok 2 - b\n# why\nok 3 - c # SKIP no\n"
        cases = [
            ([{"name": "t", "result": "FAIL", "stdout": tap}], ["1", "1", "1"]),
            ([{"name": "t", "result": "OK", "stdout": "ok 1 - a\n"}], ["1", "0", "0"]),
            ([{"name": "t", "result": "ERROR", "stdout": "ok 1 - a\n"}], ["1", "1", "0"]),
            ([{"name": "t", "result": "TIMEOUT"}], ["0", "1", "0"]),
            ([{"name": "t", "result": "OK"}], ["1", "0", "0"]),
            ([{"name": "t", "result": "SKIP"}], ["0", "0", "1"]),
            ([], ["0", "0", "0"]),
        ]
        for tests, expected in cases:
            with self.subTest(tests=tests):
                self.assertEqual(self.tally(*tests), expected)

    def test_pytest(self):
        self.write("r.xml", '<testsuites><testsuite tests="9" errors="1" failures="2" skipped="3"/></testsuites>')
        self.assertEqual(self.run_tool("tally", "pytest", "r.xml").stdout.split(), ["3", "3", "3"])
        self.assertEqual(self.run_tool("tally", "pytest", "gone.xml").stdout.split(), ["0", "1", "0"])
        self.assertEqual(self.run_tool("tally", "meson", "gone.json").stdout.split(), ["0", "1", "0"])


class Hardening(ToolTest):
    def test_soft_binary(self):
        self.write("a.c", "int main(void) { return 0; }\n")
        subprocess.run(["gcc", "-no-pie", "-Wl,-z,lazy", "-o", "soft", "a.c"], cwd=self.tree, check=True)
        self.faulty("hardening", "position-independent", "soft")


if __name__ == "__main__":
    unittest.main()
