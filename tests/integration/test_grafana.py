# SPDX-License-Identifier: Apache-2.0
"""Every panel of dashboards/grafana shows something, and the same, whether Grafana asks a Prometheus that scrapes healthd as
dashboards/prometheus says, or healthd itself: a real host, containers, PostgreSQL and Redis, a stand-in of MongoDB, a flow."""
import json
import math
import re
import time
import urllib.parse
from pathlib import Path

import pytest
import yaml

from lib.mongodb import Mongo, User
from lib.postgres import Postgres
from lib.redis import Redis
from lib.servers import promtool
from lib.wait import wait_until

ROOT = Path(__file__).parents[2]
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "dashboards/grafana").glob("*.json"))}
SCRAPE = ROOT / "dashboards/prometheus"
WINDOW, OWN_WINDOW, STEP = 8, 16, 1  # seconds that are compared

# Shows nothing here, and why. What shows something nevertheless fails, so that this list stays short and true.
EMPTY = {
    ("postgres", "What could not be asked"): "all could",
    ("mongodb", "What could not be asked"): "all could",
    ("mongodb", "Time of an operation"): "the stand-in's counters do not move",
    ("redis", "Link to the master"): "the server is a master",
}
# Shows something where the machine has it: pressure and block I/O of cgroups, disks, file systems that fill, sensors.
BY_MACHINE = {("containers", title) for title in ("Waiting", "Read", "Written", "Throttled", "Received", "Sent")} | {
    ("host", title) for title in ("Full in", "Pressure", "Read and written", "Busy", "Time of a request", "Received", "Sent",
                                  "Errors and drops", "Disks", "Inodes", "Fullest disk", "Sent again", "Collectors that failed")}
# Asked of both, and not compared, because each has its own: rules, and the slope of numbers that hardly move.
INCOMPARABLE = {("overview", "Alerts"), ("delivery", "Alerts"), ("host", "Full in")}


def config(postgres, redis, mongo, site, secure, ca, gone, engine, stub):
    each, servers = {"interval": "1s", "timeout": "900ms"}, {"interval": "3s", "timeout": "3s"}
    keys = {
        "probes": [
            {"name": "host", "host": {}, **each},
            {"name": "containers", "containers": {"docker": engine.address}, **each},
            {"name": "db", "postgres": postgres.url(query="sslmode=disable"), **servers},
            {"name": "cache", "redis": redis.url(), **servers},
            {"name": "cms", "mongodb": mongo.uri("healthd:secret@"), **servers},
            {"name": "shop", "http": {"url": secure.url(), "tls_config": {"ca_file": ca}}, **each},
            {"name": "gone", "tcp": gone.address, **each, "fall": 1}],
        "flows": [{"name": "order", "schedule": "1s", "vars": {"base": site.url()},
                   "steps": [{"name": "front", "http": "${base}"}]}],
        "receivers": {"hook": {"webhook": {"url": stub.url + "/hook"}}},
        "route": {"receiver": "hook", "group_wait": "0s"}}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


def scrape_config(name, daemon):
    """A file that people copy, faster, with the rules that it says one may give."""
    text = (SCRAPE / name).read_text()
    assert "healthd:9990" in text
    conf = yaml.safe_load(text.replace("healthd:9990", daemon.address))
    for one in conf["scrape_configs"]:
        one.pop("scrape_interval", None)
    conf["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    conf["rule_files"] = [str(ROOT / "alerts/packs/probes.yml")]
    return conf


class Asker:
    """Asks one data source as Grafana does."""

    def __init__(self, get, own):
        self.get, self.own = get, own

    def api(self, path, **parameters):
        answer = self.get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        data = answer.json()
        assert data["status"] == "success", (parameters, data)
        return data["data"]

    def spans(self, expr, end):
        """{labels: (least, most)} of the last seconds; without the instance that is healthd's own."""
        found = {}
        start = end - (OWN_WINDOW if is_own(expr) else WINDOW)
        for one in self.api("query_range", query=expr, start=start, end=end, step=STEP)["result"]:
            labels = frozenset(item for item in one["metric"].items() if item != ("instance", self.own))
            values = [float(value) for _, value in one["values"]]
            found[labels] = (min(values), max(values))
        return found


def is_own(expr):
    """About what healthd looks at every 15 s, and not at each run."""
    return re.search(r"\b(healthd|process|flow)_(?!container)", expr)


def filled_in(text, **chosen):
    """With Grafana's variables as it fills them in when all is chosen. Ranges are short: healthd knows the seconds before the
    first scrape, and Prometheus does not."""
    span = "1m" if is_own(text) else "20s"
    known = {"__rate_interval": span, "__range": span, **chosen}
    text = re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], ".*"), text)
    return re.sub(r"\[\d+[mh]\]", f"[{span}]", text)


def panels():
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield name, panel


def meets(one, other, slack):
    """Whether two spans of values have one in common, or nearly."""
    room = slack * (max(map(abs, (*one, *other))) + 1e-9)
    return one[0] <= other[1] + room and other[0] <= one[1] + room


def slack_of(expr):
    """Rates of few events jump. Those of healthd's own numbers have its start in them, which Prometheus has not seen."""
    if "rate(" in expr or "increase(" in expr:
        return math.inf if is_own(expr) else 0.5
    return 0.25


def differences(expr, here, there):
    is_filtered = re.search(r"rate\(.*> 0\)", expr)  # what hardly moves is there at one time and not at another
    for labels in () if is_filtered else here.keys() ^ there.keys():
        yield f"only {'healthd' if labels in here else 'Prometheus'} has {sorted(labels)}"
    for labels in here.keys() & there.keys():
        if not meets(here[labels], there[labels], slack_of(expr)):
            yield f"{sorted(labels)}: healthd {here[labels]}, Prometheus {there[labels]}"


@pytest.fixture
def sources(start, nginx, certs, healthd, prometheus, engine, notify_stub, request):
    """(healthd, a Prometheus of its pages, a Prometheus of its whole page), asked as Grafana does, with some history."""
    postgres, redis = start(Postgres), start(Redis, "maxmemory 64mb")
    mongo = Mongo(users={"healthd": User("secret")}, role="primary")
    request.addfinalizer(mongo.stop)
    postgres.ask("CREATE TABLE orders (id int)")
    postgres.ask("SELECT pg_create_physical_replication_slot('standby', true)")
    redis.ask("SET", "key", "value")
    engine.run("busy", "--memory", "64m", "--cpus", "0.05", command=("sh", "-c", "while true; do :; done"))
    engine.run("broken", command=("sh", "-c", "exit 3"))
    gone = nginx()
    daemon = healthd(config(postgres, redis, mongo, nginx(), nginx(cert=certs.server), str(certs.path), gone, engine, notify_stub))
    daemon.wait_health("gone", "up")
    gone.kill()  # who was up once is told of at once
    server, whole = (prometheus(scrape_config(name, daemon)) for name in ("prometheus.yml", "whole-page.yml"))
    server.wait_up(30)
    whole.wait_up(30)
    here, *others = (Asker(one.get, daemon.address) for one in (daemon, server, whole))

    def has_history():
        redis.ask("GET", "key")
        return all(here.api("query", query=f"count_over_time({name}[1m]) > 1")["result"]
                   for name in ("flow_runs_total", "healthd_deliveries_total"))

    wait_until(has_history, 50, "two looks of healthd at itself")
    for one in (server, whole):
        one.wait_query('ALERTS{alertstate="firing",probe="gone"}', deadline=40)
    return here, *others


def compared(here, there, whole, board, panel, end):
    """What is wrong with a panel."""
    where = (board, panel["title"])
    shown = False
    for target in panel["targets"]:
        expr = filled_in(target["expr"])
        one, other = here.spans(expr, end), there.spans(expr, end)
        shown = shown or bool(one or other)
        if where in INCOMPARABLE:
            continue
        yield from (f"{where}: {expr}: {what}" for what in differences(expr, one, other))
        if one and other and not whole.spans(expr, end):
            yield f"{where}: {expr}: shows nothing from the whole page"
    if where in EMPTY and shown:
        yield f"{where} shows something, though {EMPTY[where]}"
    if not shown and where not in EMPTY and where not in BY_MACHINE:
        yield f"{where} shows nothing: {[target['expr'] for target in panel['targets']]}"
    if not shown and where in EMPTY and "noValue" not in panel["fieldConfig"]["defaults"]:
        yield f"{where} does not say what it means that it shows nothing"


def test_every_panel_shows_the_same_from_both(sources):
    here, there, whole = sources
    end = time.time()
    wrong = [fault for board, panel in panels() for fault in compared(here, there, whole, board, panel, end)]
    assert not wrong, "\n".join(wrong)
    assert_variables(here, there)
    assert_one_can_be_chosen(here)
    assert_one_can_be_chosen(there)


def assert_variables(here, there):
    """What can be chosen is what there is."""
    for name, board in BOARDS.items():
        for variable in board["templating"]["list"]:
            if variable["type"] != "query":
                continue
            found = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"])
            selector, label = filled_in(found[1]), found[2]
            one, other = ({value for value in source.api(f"label/{label}/values", **{"match[]": selector}) if value != source.own}
                          for source in (here, there))
            assert one == other, f"{name}: ${variable['name']}: healthd {one}, Prometheus {other}"
            assert one or label == "instance", f"{name}: ${variable['name']} has nothing to choose"
    (mark,) = BOARDS["overview"]["annotations"]["list"]
    for source in (here, there):
        source.api("query_range", query=mark["expr"], start=time.time() - 60, end=time.time(), step=15)


def assert_one_can_be_chosen(source):
    """With a value of each variable in place of all."""
    for board, family in (("postgres", "pg_connections"), ("mongodb", "mongodb_up"), ("redis", "redis_up")):
        (one,) = source.api("query", query=family)["result"]
        query = BOARDS[board]["panels"][0]["targets"][0]["expr"]
        chosen = {name: one["metric"][name] for name in ("job", "instance", "probe")}
        assert source.api("query", query=filled_in(query, **chosen))["result"]
        assert not source.api("query", query=filled_in(query, **{**chosen, "probe": "another"}))["result"]


@pytest.mark.parametrize("path", sorted(SCRAPE.glob("*.yml")), ids=lambda path: path.stem)
def test_prometheus_reads_the_scrape_files(path):
    promtool("check", "config", path)


def test_the_compose_stack_scrapes_in_the_same_way():
    here, there = (yaml.safe_load(path.read_text())["scrape_configs"]
                   for path in (SCRAPE / "prometheus.yml", ROOT / "packaging/compose/prometheus/prometheus.yml"))
    assert [one.get("metric_relabel_configs") for one in here] == [one.get("metric_relabel_configs") for one in there]


def test_provisioning_names_sources_of_the_type_that_dashboards_choose_from():
    folder = ROOT / "dashboards/grafana/provisioning"
    sources = yaml.safe_load((folder / "datasources/healthd.yml").read_text())["datasources"]
    assert {one["type"] for one in sources} == {"prometheus"} and len({one["uid"] for one in sources}) == len(sources)
    assert sum(one.get("isDefault", False) for one in sources) == 1
    for board in BOARDS.values():
        (variable,) = [one for one in board["templating"]["list"] if one["type"] == "datasource"]
        assert variable["query"] == "prometheus"
    (provider,) = yaml.safe_load((folder / "dashboards/healthd.yml").read_text())["providers"]
    assert provider["type"] == "file" and provider["options"]["path"]
