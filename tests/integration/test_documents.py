# SPDX-License-Identifier: Apache-2.0
"""What pages show works: configurations load, queries parse, options are there, and commands do what is promised, in a
scratch folder beside a real healthd."""
import importlib
import json
import os
import re
import shlex
import subprocess
import urllib.parse

import pytest

from lib.healthd import Healthd, healthctl, program
from lib.llm_stub import MODEL, OPENAI_KEY, LlmStub
from lib.mcp import McpServer
from lib.pages import ROOT, Scratch, blocks, pages
from lib.postgres import PASSWORD, Postgres
from lib.redis import Redis
from lib.wait import wait_until
from lib.web import Web

BLOCKS = [block for page in pages() for block in blocks(page) if not page.startswith("docs/reference/")]
SHELL = ("sh", "console")
# A query in quotes, as an operand of `healthctl query`.
QUERY = re.compile(r"healthctl query '([^']+)'|healthctl query \"([^\"$]+)\"")
CALL = re.compile(r"(?<![\w/.-])(?:/usr/bin/)?healthctl ([^|;&)`#\n]*)")
OPTION = re.compile(r"^  (?:-\w, )?(--(?:\[no-\])?[\w-]+)", re.M)


# ---- configurations ----

def of_healthd(block):
    is_file = block.mark == "write" and re.search("(healthd|smoke).yml$", block.value)
    return block.language == "yaml" and (not block.mark or is_file)


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

def test_queries_are_answered(healthd, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT / "tools")
    dashboards = importlib.import_module("dashboards")
    known = dashboards.families() | {"EXPR"}  # the reader's
    asked = [(block, line.split(" #")[0].strip()) for block in BLOCKS if block.language == "promql"
             for line in block.text.splitlines() if line.strip() and not line.startswith("#")]
    asked += [(page, found[1] or found[2]) for page in pages() for found in QUERY.finditer((ROOT / page).read_text())]
    assert len(asked) > 50
    daemon = healthd("probes: []")
    for place, expr in asked:
        answer = daemon.get("/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
        assert answer.status == 200, (place, expr, answer.text)
        assert dashboards.names_of(expr) <= known, (place, expr, dashboards.names_of(expr) - known)


# ---- metrics ----

def test_every_family_that_is_shown_is_in_the_reference(healthd):
    told = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/reference/metrics.md").read_text(), re.M))
    step = {"name": "a", "tcp": "127.0.0.1:1"}
    keys = {"probes": [step], "flows": [{"name": "f", "schedule": "1s", "steps": [step]}],
            "receivers": {"hook": {"webhook": "http://127.0.0.1:1/"}}, "notify": "hook"}
    daemon = healthd("".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items()))
    shown = wait_until(lambda: "flow_step_success" in (page := daemon.get("/metrics").text) and page, 30, "a flow's end")
    families = set(re.findall(r"^# TYPE (\w+) ", shown, re.M))
    assert len(families) > 70 and families <= told, families - told


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


# The shop that pages speak of: what it answers, what asks it, and programs that stand in for what is not here.
ANSWERS = {"GET /health": "fine", "POST /page": "taken", "GET /": "fine", "GET /version": {"commit": "a1b2c3"}, "POST /login": {"token": "t-0815-4711"},
           "POST /workflows": {"id": "7"}, "GET /workflows/7": {"state": "done"}, "DELETE /workflows/7": "gone"}
CONFIG = """
site: shop
probes:
  - {name: orders-db, tcp: "ADDRESS"}
  - {name: cache, tcp: "ADDRESS"}
  - {name: shop, http: "http://ADDRESS/health", labels: {component: shop}}
  - {name: nightly-backup, heartbeat: {cron: "0 3 * * *", grace: 20m, token: "backup-0815"}}
flows:
  - name: checkout
    vars: {release: null}
    steps: [{name: version, http: "http://ADDRESS/version", expect: [json.commit == vars.release]}]
web: {listen: ["127.0.0.1:0", "unix:SOCKET"], events_token: "events-0815"}
"""
# What a page's shop has besides.
MORE_CONFIG = {"docs/alerting.md": """
receivers:
  oncall: {webhook: {url: "http://ADDRESS/page"}}
  chat: {slack: {webhook_url: "http://ADDRESS/services/T0/B0/gone"}}
notify: {critical: [oncall, chat], warning: chat}
"""}
# /etc/healthd/healthd.yml is the shop's, where no file is named.
HEALTHCTL = """
case "$1:$*" in
*.yml*) ;;
wait:*|smoke:*|deploy:*|baseline:*|route:*) command=$1; shift; set -- "$command" --config CONFIG "$@" ;;
esac
exec HEALTHCTL "$@"
"""
# `docker compose exec SERVICE healthctl …` runs it; anything else works, and is written down.
DOCKER = """
echo "$@" >>docker.log
case "$*" in
*healthctl*) while [ "${1##*/}" != healthctl ]; do shift; done; shift; exec healthctl "$@" ;;
esac
"""


EXAMPLE_VARIABLES = {"SLACK_WEBHOOK_URL": "http://127.0.0.1/services/T0/B0/x", "SLACK_BOT_TOKEN": "xoxb-0815",
                     "DATABASE_URL": "postgres://127.0.0.1/shop"}


@pytest.fixture
def shop(tmp_path, request):
    """The folder of somebody who follows a page, beside a healthd that watches a small shop."""
    web, model, tools = Web(ANSWERS), LlmStub(), McpServer()
    for one in (web, model, tools):
        request.addfinalizer(one.close)
    address = web.url.removeprefix("http://")
    socket = tmp_path / "healthd" / "healthd.sock"
    config = CONFIG + MORE_CONFIG.get(request.node.callspec.params["page"], "")
    daemon = Healthd(tmp_path / "healthd", config.replace("ADDRESS", address).replace("SOCKET", str(socket)))
    request.addfinalizer(daemon.stop)
    folder = tmp_path / "page"
    for made in ("lib/grafana", "lib/shop", "etc/grafana/provisioning/datasources", "etc/grafana/provisioning/dashboards"):
        (folder / made).mkdir(parents=True)
    example_with_secrets(folder)
    here = [("http://gateway:8080", web.url), ("cache:6379", address), ("https://example.com", web.url),
            ("http://litellm:4000", model.url), ("--model small", f"--model {MODEL}"),
            ("http://mcp:9000/mcp", tools.url), ("https://healthd.example.com", daemon.url("")), ("http://127.0.0.1:9990", daemon.url("")),
            ("/run/healthd/healthd.sock", str(socket)), ("/var/lib/", f"{folder}/lib/"), ("/etc/grafana", f"{folder}/etc/grafana"),
            ("dashboards/grafana/", f"{ROOT}/dashboards/grafana/"), ("--for 10s", "--for 1s")]
    own = HEALTHCTL.replace("CONFIG", str(daemon.config)).replace("HEALTHCTL", program("HEALTHCTL_BIN"))
    programs = {"healthctl": own, "docker": DOCKER, "ssh": 'shift; exec "$@"', "systemctl": "true", "logger": "true"}
    return Scratch(folder, here, programs, HEALTHD_SOCKET=str(socket), SHA="a1b2c3", EVENTS_TOKEN="events-0815", BACKUP_TOKEN="backup-0815",
                   LLM_KEY=OPENAI_KEY, **EXAMPLE_VARIABLES)


def example_with_secrets(folder):
    """examples/alerting.yml as a page's commands name it, with files for its secrets."""
    text = (ROOT / "examples/alerting.yml").read_text()
    (folder / "examples").mkdir()
    (folder / "secrets").mkdir()
    for name in re.findall(r"file:/run/secrets/(\w+)", text):
        (folder / "secrets" / name).write_text("http://127.0.0.1/" if name.endswith("url") else "0" * 32)
    (folder / "examples/alerting.yml").write_text(text.replace("/run/secrets", str(folder / "secrets")))


# Pages whose commands go on with the files of another page.
FILES_OF = {"docs/deploying.md": "docs/flows.md"}
RUNNABLE = sorted({block.page for block in BLOCKS if block.mark == "run"} - {"docs/tour.md"})


@pytest.mark.parametrize("page", RUNNABLE)
def test_commands_do_what_is_promised(page, shop):
    written = [block for of in {page, FILES_OF.get(page, page)} for block in blocks(of) if block.mark == "write"]
    for block in written + blocks(page):
        shop.take(block)


# ---- runbooks ----

def said_in_runbooks(program_name):
    """Command lines of runbooks that begin with this program, without what follows a pipe or a #."""
    for page in pages():
        if page.startswith("docs/runbooks/"):
            for block in blocks(page):
                for line in block.text.splitlines():
                    if line.startswith(program_name + " "):
                        yield page, line


def test_psql_of_runbooks(tmp_path):
    server = Postgres(tmp_path)
    try:
        environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "postgres", "PGPASSWORD": PASSWORD}
        lines = list(said_in_runbooks("psql"))
        assert len(lines) > 8
        for page, line in lines:
            done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
            assert done.returncode == 0 and "ERROR" not in done.stderr, (page, line, done.stderr)
    finally:
        server.stop()


def test_redis_cli_of_runbooks(tmp_path):
    """Names in capitals are the reader's: a command that is right says that there is no such key."""
    server = Redis(tmp_path)
    try:
        lines = [(page, line) for page, line in said_in_runbooks("redis-cli") if not re.search(" (-h|-p|--cluster) | CLUSTER ", line)]
        assert len(lines) > 10
        for page, line in lines:
            asked = f"redis-cli -p {server.port} {line.removeprefix('redis-cli ').split('|')[0]}"
            done = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, (page, line, done.stderr)
            assert "ERR" not in done.stdout or "no such key" in done.stdout, (page, line, done.stdout)
    finally:
        server.stop()
