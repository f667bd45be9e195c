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
from lib.postgres import Postgres
from lib.redis import Redis
from lib.servers import Nginx
from lib.wait import SLOWNESS, wait_until

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

    def smoke(self, *words, **environment):
        """The example's answer, under the stack's own name server; `steps` are those of its report that were asked."""
        report = self.folder / "report.json"
        argv = [program("HEALTHCTL_BIN"), "smoke", EXAMPLE / "smoke.yml", "--report", f"json={report}", *words]
        began = time.monotonic()
        done = subprocess.run(in_own_resolver(list(map(str, argv)), self.folder / "resolv.conf"), text=True,
                              capture_output=True, timeout=60 * SLOWNESS,
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
    assert done.steps == dict.fromkeys(done.steps, "passed") and set(STEPS) <= set(done.steps), done.steps
    assert done.seconds < GREEN_SECONDS * SLOWNESS, done.stdout
    left = request(stack.node_red.url("/smoke/orders/none"))
    assert left.status == 404
    assert sorted(key for key in stack.redis.ask("KEYS", "*").split() if not key.startswith("healthd:")) == \
        [key for key in keys if not key.startswith("healthd:")]
    assert OPENAI_KEY not in done.stdout + done.stderr + (stack.folder / "report.json").read_text()
    assert not stack.llm.refused, "what healthd sends is as the vendor wants it"


# ---- red ----

@contextlib.contextmanager
def stopped_database(stack):
    stack.db.process.stop()
    yield {}
    stack.db.start()


@contextlib.contextmanager
def wrong_password(stack):
    stack.db.ask("ALTER ROLE healthd PASSWORD 'another'")
    yield {}
    stack.db.ask(f"ALTER ROLE healthd PASSWORD '{stack.db.url().split(':')[2].split('@')[0]}'")


@contextlib.contextmanager
def full_queue(stack):
    stack.redis.ask("CONFIG", "SET", "maxmemory", "1mb", "maxmemory-policy", "noeviction")
    yield {}
    stack.redis.ask("CONFIG", "SET", "maxmemory", "0")


@contextlib.contextmanager
def revoked_key(stack):
    yield {"LLM_KEY": "sk-proj-revoked-last-night"}


@contextlib.contextmanager
def overload(stack):
    stack.llm.fault = "busy"
    yield {}
    stack.llm.fault = None


def another_release(*change):
    """The reference server, rebuilt with one change, on the same port."""
    @contextlib.contextmanager
    def of(stack):
        folder = stack.folder / f"release-{len(list(stack.folder.glob('release-*')))}"
        stack.mcp.stop()
        stack.mcp.start(changed_program(folder, *change))
        yield {}
        stack.mcp.stop()
        stack.mcp.start(mcp_program())
    return of


def other_flows(change):
    """The workflow, deployed anew with one change."""
    @contextlib.contextmanager
    def of(stack):
        flows = copy.deepcopy(FLOWS)
        change({node["id"]: node for node in flows}, flows)
        stack.node_red.deploy(flows)
        wait_until(lambda: request(stack.node_red.url("/smoke/alive")).status == 200, 20, "the flows to be deployed")
        yield {}
        stack.node_red.deploy(FLOWS)
    return of


def without_worker(nodes, _):
    nodes["work"]["wires"] = [[]]


def with_a_pause(nodes, flows):
    flows.append({**nodes["work"], "id": "pause", "timeout": "8", "timeoutUnits": "seconds", "wires": [["take"]]})
    nodes["start-in"]["wires"] = [["pause"]]


def without_removal(nodes, _):
    nodes["remove"]["func"] = "msg.statusCode = 500; msg.payload = 'the archive is read-only'; return msg;"


@contextlib.contextmanager
def expired_certificate(stack):
    stack.front.configure(cert=stack.expired)
    yield {}
    stack.front.configure(cert=stack.cert)


@contextlib.contextmanager
def wrong_dns(stack):
    stack.dns.zone["redis"] = "NXDOMAIN"
    yield {}
    stack.dns.zone["redis"] = {"A": ["127.0.0.1"]}


SABOTAGES = [
    # what is broken, how; exit code, the steps that fail, what is said
    ("stopped database", stopped_database, 4, {"database"}, ["refused"]),
    ("wrong password", wrong_password, 1, {"database"}, ["password"]),
    ("full queue", full_queue, 1, {"queue"}, ["memory"]),
    ("revoked key", revoked_key, 1, {"model"}, ["key"]),
    ("overload", overload, 1, {"model"}, ["overloaded"]),
    ("renamed tool", another_release("tools/echo.js", 'name = "echo"', 'name = "say"'), 1, {"tools"}, ["echo"]),
    ("schema drift", another_release("tools/echo.js", "message: z.string()", "text: z.string()"), 1, {"tools"},
     ["differs from"]),
    ("stuck workflow", other_flows(without_worker), 3, {"done"}, ["running"]),
    ("slow step", other_flows(with_a_pause), 4, {"start"}, ["within 2 s"]),
    ("expired certificate", expired_certificate, 1, {"front door"}, ["expired"]),
    ("wrong DNS", wrong_dns, 4, {"queue", "jobs"}, ["redis"]),
    ("failing teardown", other_flows(without_removal), 6, {"clean up"}, ["passed, but not cleaned up"]),
]


@pytest.mark.parametrize("sabotage, code, failing, words", [row[1:] for row in SABOTAGES], ids=[row[0] for row in SABOTAGES])
def test_what_is_broken_is_said(stack, sabotage, code, failing, words):
    with contextlib.ExitStack() as mending:
        environment = mending.enter_context(sabotage(stack))
        done = stack.smoke(**{"SMOKE_DEADLINE": f"{6 * SLOWNESS:.0f}s", **environment})
    print(done.stdout)
    assert done.returncode == code, done.stdout + done.stderr
    assert {name for name, state in done.steps.items() if state == "failed"} - {"what it stands on"} == failing, done.steps
    for word in words:
        assert word in done.stdout, done.stdout
