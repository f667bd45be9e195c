# SPDX-License-Identifier: Apache-2.0
"""examples/node-red/smoke.yml beside the real servers that it is written for: green when all is well, and red with the
right step, sentence and exit code for each way in which such a stack breaks."""
import contextlib
import copy
import json
import subprocess
import time
from pathlib import Path

import pytest

from lib.bullmq import BullMq
from lib.dnsd import DnsServer
from lib.healthd import assert_sane, in_own_resolver, program
from lib.http import request
from lib.llm_stub import MODEL, OPENAI_KEY, LlmStub
from lib.mcp_everything import Everything, changed_program
from lib.mcp_everything import program as mcp_program
from lib.nodered import NodeRed
from lib.postgres import PASSWORD, Postgres
from lib.redis import Redis
from lib.servers import Nginx
from lib.wait import slowness, wait_until

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/node-red"
FLOWS = json.loads((EXAMPLE / "flows.json").read_text())
GREEN_SECONDS = 5
NAMES = ("db", "redis", "litellm", "mcp", "node-red", "shop.test")
STEPS = ("database", "queue", "jobs", "model", "tools", "front door", "start", "done", "clean up")


class Stack:
    """The servers, by the names that compose would give them, and where the flow is told of them."""

    def __init__(self, folder, certs):
        self.folder, self.ending = folder, contextlib.ExitStack()
        self.cert = certs.issue("shop.test", ["DNS:shop.test"])
        self.expired = certs.issue("shop.test", ["DNS:shop.test"], first_day=-30, last_day=-1)
        self.ca = certs.path

    def start(self):
        self.dns = self.with_end(DnsServer({name: {"A": ["127.0.0.1"]} for name in NAMES}), "close")
        (self.folder / "resolv.conf").write_text(self.dns.resolv_conf())
        self.db = self.with_end(Postgres(self.folder / "postgres"))
        self.redis = self.with_end(Redis(self.folder / "redis"))
        self.redis.ask("XADD", "orders", "*", "item", "first")
        BullMq(self.folder / "bullmq", "bullmq", self.redis, queue="mails", add=[[{}, {}]]).stop()
        self.llm = self.with_end(LlmStub(), "close")
        self.mcp = self.with_end(Everything(self.folder / "mcp"))
        self.node_red = self.with_end(NodeRed(self.folder / "node-red", FLOWS, "/smoke/alive"))
        self.front = self.with_end(Nginx(self.folder / "nginx", f"location / {{ proxy_pass {self.node_red.url()}; }}",
                                         cert=self.cert))
        self.environment = {
            "DATABASE_URL": self.db.url(host="db"), "REDIS_URL": f"redis://redis:{self.redis.port}",
            "LLM_URL": f"http://litellm:{self.llm.server.server_port}/v1", "LLM_MODEL": MODEL, "LLM_KEY": OPENAI_KEY,
            "MCP_URL": f"http://mcp:{self.mcp.port}/mcp", "MCP_LOCK": str(self.folder / "mcp.lock"),
            "NODE_RED_URL": f"http://node-red:{self.node_red.port}",
            "PUBLIC_URL": f"https://shop.test:{self.front.port}", "PUBLIC_CA": self.ca}

    def with_end(self, part, end="stop"):
        self.ending.callback(getattr(part, end))
        return part

    def deploy(self, flows):
        self.node_red.deploy(flows)
        wait_until(lambda: request(self.node_red.url("/smoke/alive")).status == 200, 20, "the flows to be served")

    def smoke(self, *words, **environment):
        """The example's answer, under the stack's own name server; `steps` are those of its report that were asked."""
        report = self.folder / "report.json"
        argv = [program("HEALTHCTL_BIN"), "smoke", EXAMPLE / "smoke.yml", "--report", f"json={report}", *words]
        began = time.monotonic()
        done = subprocess.run(in_own_resolver(list(map(str, argv)), self.folder / "resolv.conf"), text=True,
                              capture_output=True, timeout=60 * slowness(),
                              env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **self.environment, **environment})
        done.seconds = time.monotonic() - began
        assert_sane(done.stderr, "healthctl")
        done.steps = {step["step"].rpartition("/")[2]: step["state"]
                      for step in json.loads(report.read_text())["flows"][0]["steps"]}
        return done


@pytest.fixture(autouse=True)
def _leftovers():
    """In the place of conftest's: what a sabotage starts anew lives as long as the stack."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory, certs):
    made = Stack(tmp_path_factory.mktemp("stack"), certs)
    with made.ending:
        made.start()
        first = made.smoke("--accept")
        assert first.returncode == 0, first.stdout + first.stderr
        yield made


# ---- green ----

def test_it_is_green_at_once_and_leaves_nothing(stack):
    keys = sorted(stack.redis.ask("KEYS", "*").split())
    done = stack.smoke()
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(done.steps.values()) <= {"passed", "degraded"} and set(STEPS) <= set(done.steps), done.steps
    assert done.seconds < GREEN_SECONDS * slowness(), done.stdout
    assert sorted(key for key in stack.redis.ask("KEYS", "*").split() if not key.startswith("healthd:")) == \
        [key for key in keys if not key.startswith("healthd:")]
    assert OPENAI_KEY not in done.stdout + done.stderr + (stack.folder / "report.json").read_text()
    assert not stack.llm.refused, "what healthd sends is as the vendor wants it"


# ---- red: each breaks the stack, and gives what puts it right again ----

def stopped_database(stack):
    stack.db.process.stop()
    return stack.db.start


def wrong_password(stack):
    stack.db.ask("ALTER ROLE healthd PASSWORD 'another'")
    return lambda: stack.db.ask(f"ALTER ROLE healthd PASSWORD '{PASSWORD}'")


def full_queue(stack):
    stack.redis.ask("CONFIG", "SET", "maxmemory", "1mb", "maxmemory-policy", "noeviction")
    return lambda: stack.redis.ask("CONFIG", "SET", "maxmemory", "0")


def revoked_key(stack):
    stack.environment["LLM_KEY"] = "sk-proj-revoked-last-night"
    return lambda: stack.environment.update(LLM_KEY=OPENAI_KEY)


def overload(stack):
    stack.llm.fault = "busy"
    return lambda: setattr(stack.llm, "fault", None)


def another_release(*change):
    """The reference server with one change, on the same port."""
    def of(stack):
        folder = stack.folder / f"release-{len(list(stack.folder.glob('release-*')))}"
        stack.mcp.stop()
        stack.mcp.start(changed_program(folder, *change))
        return lambda: (stack.mcp.stop(), stack.mcp.start(mcp_program()))
    return of


def other_flows(change):
    """The workflow with one change."""
    def of(stack):
        flows = copy.deepcopy(FLOWS)
        change({node["id"]: node for node in flows}, flows)
        stack.deploy(flows)
        return lambda: stack.deploy(FLOWS)
    return of


def without_worker(nodes, _):
    nodes["work"]["wires"] = [[]]


def with_a_pause(nodes, flows):
    flows.append({**nodes["work"], "id": "pause", "timeout": "8", "timeoutUnits": "seconds", "wires": [["take"]]})
    nodes["start-in"]["wires"] = [["pause"]]


def without_removal(nodes, _):
    nodes["remove"]["func"] = "msg.statusCode = 500; msg.payload = 'the archive is read-only'; return msg;"


def expired_certificate(stack):
    stack.front.configure(cert=stack.expired)
    return lambda: stack.front.configure(cert=stack.cert)


def wrong_dns(stack):
    stack.dns.zone["redis"] = "NXDOMAIN"
    return lambda: stack.dns.zone.update(redis={"A": ["127.0.0.1"]})


SABOTAGES = [
    # what is broken, how; exit code, the steps that fail, what is said
    ("stopped database", stopped_database, 4, {"database"}, ["Connection refused: nothing listens there"]),
    ("wrong password", wrong_password, 1, {"database"}, ['password authentication failed for user "healthd"']),
    ("full queue", full_queue, 1, {"queue"}, ["`maxmemory` is used up"]),
    ("revoked key", revoked_key, 1, {"model"}, ["did not accept the key (status 401, invalid_api_key)"]),
    ("overload", overload, 1, {"model"}, ["is overloaded (status 503, server_error)"]),
    ("renamed tool", another_release("tools/echo.js", 'name = "echo"', 'name = "say"'), 1, {"tools"},
     ["tool 'echo' is now called 'say'"]),
    ("schema drift", another_release("tools/echo.js", "message: z.string()", "text: z.string()"), 1, {"tools"},
     ["tool 'echo': parameter 'message' is gone; tool 'echo': parameter 'text' is new and required"]),
    ("stuck workflow", other_flows(without_worker), 3, {"done"},
     ['json.state is "running"', "no time for another before the deadline", "not ready: 8 of 9 steps passed"]),
    ("slow step", other_flows(with_a_pause), 4, {"start"}, ["no answer from", "within 2 s", "waited for the first byte"]),
    ("expired certificate", expired_certificate, 1, {"front door"}, ["the certificate of shop.test expired on"]),
    ("wrong DNS", wrong_dns, 4, {"queue", "jobs"}, ["redis does not exist (NXDOMAIN)"]),
    ("failing teardown", other_flows(without_removal), 6, {"clean up"},
     ["passed, but not cleaned up", f"again  healthctl smoke {EXAMPLE}/smoke.yml\n"]),
]


@pytest.mark.parametrize("sabotage, code, failing, words", [row[1:] for row in SABOTAGES], ids=[row[0] for row in SABOTAGES])
def test_what_is_broken_is_said(stack, sabotage, code, failing, words):
    mend = sabotage(stack)
    try:
        done = stack.smoke(SMOKE_DEADLINE=f"{6 * slowness():.0f}s")
    finally:
        mend()
    assert done.returncode == code, done.stdout + done.stderr
    assert {name for name, state in done.steps.items() if state == "failed"} == failing, done.steps
    for word in words:
        assert word in done.stdout, done.stdout
