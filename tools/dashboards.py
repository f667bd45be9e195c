#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Grafana's dashboards are what dashboards/grafana/make.py makes, Grafana can load them, and they name only families and
runbooks that there are. Run at the source root."""
import json
import os
import re
import sys

from packs import families_of_code
from tree import Faults, read, tracked

FOLDER = "dashboards/grafana"
PAGES = ("tests/golden/host/*.prom", "tests/golden/containers/*.prom")
# Prometheus' own, of rules.
NOT_OURS = {"ALERTS"}
DOCUMENTED = re.compile(r"^\| `([A-Za-z_]\w*)` \| (?:counter|gauge|histogram|summary|untyped) \|", re.M)
SERIES = re.compile(r"^([A-Za-z_]\w*)[{ ]", re.M)
OF_HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")
# What of an expression is no name of a family: texts, matchers, ranges, lists of labels.
ASIDE = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)')
NAME = re.compile(r"\b([A-Za-z_]\w*)\b(?!\s*\()")
WORDS = {"and", "or", "unless", "bool", "group_left", "group_right"}
GRAFANAS = {"__rate_interval", "__range", "__all", "__data", "__field", "__url_time_range"}
UIDS = re.compile(r"^[a-z0-9-]{1,40}$")


def families():
    """Those of the reference, of the code, and those that the kernel names: as pages in tests/golden have them."""
    known = families_of_code() | set(DOCUMENTED.findall(read("docs/reference/metrics.md"))) | NOT_OURS
    known.update(re.findall(r'"(process_\w+)"', read("collector/self.c")))
    for path in tracked(*PAGES):
        known.update(SERIES.findall(read(path)))
    return known


def names_of(expr):
    return set(NAME.findall(ASIDE.sub("", expr))) - WORDS


def check_expr(path, where, expr, known, faults):
    if "{@" in expr:
        faults.add(path, 1, f"{where}: {{@ was left in {expr}")
    for name in names_of(expr):
        if name not in known and OF_HISTOGRAM.sub("", name) not in known:
            faults.add(path, 1, f"{where} reads {name}, which no healthd shows")


def check_panel(path, panel, known, faults):
    where = f"panel '{panel['title']}'"
    if panel["type"] == "row":
        return
    if not panel["description"].endswith("."):
        faults.add(path, 1, f"{where} has no description that ends as a sentence does")
    if not panel["fieldConfig"]["defaults"]["unit"]:
        faults.add(path, 1, f"{where} has no unit")
    if not panel["targets"]:
        faults.add(path, 1, f"{where} asks nothing")
    for target in panel["targets"]:
        check_expr(path, where, target["expr"], known, faults)
    for one in (panel, *panel["targets"]):
        if one["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            faults.add(path, 1, f"{where} asks a data source that nobody chose")
    for link in panel["links"]:
        runbook = link["url"].rpartition("/")[2]
        if not os.path.exists(f"docs/runbooks/{runbook}.md"):
            faults.add(path, 1, f"{where} links the runbook {runbook}, which is not there")


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def check_places(path, panels, faults):
    places = [panel["gridPos"] for panel in panels]
    for number, one in enumerate(places):
        if one["x"] + one["w"] > 24:
            faults.add(path, 1, f"panel '{panels[number]['title']}' is wider than the page")
        for other, panel in zip(places[number + 1:], panels[number + 1:]):
            if overlap(one, other):
                faults.add(path, 1, f"panels '{panels[number]['title']}' and '{panel['title']}' overlap")


def check_board(path, board, known, faults):
    if board["schemaVersion"] < 36 or not board["title"] or not UIDS.match(board["uid"]) or board.get("id") is not None:
        faults.add(path, 1, "has a uid and a title of its own, a schemaVersion, and no id")
    variables = board["templating"]["list"]
    names = {variable["name"] for variable in variables} | GRAFANAS
    for used in set(re.findall(r"\$\{?(\w+)", json.dumps([board["panels"], variables, board["links"]]))) - names:
        faults.add(path, 1, f"uses the variable ${used}, which it has not")
    for variable in variables:
        if variable["type"] == "query":
            family = re.match(r"label_values\((\w+)", variable["definition"])[1]
            check_expr(path, f"variable {variable['name']}", family, known, faults)
    for annotation in board["annotations"]["list"]:
        check_expr(path, f"annotation {annotation['name']}", annotation["expr"], known, faults)
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        faults.add(path, 1, "has two panels of one id")
    for panel in board["panels"]:
        check_panel(path, panel, known, faults)
    check_places(path, board["panels"], faults)


def main():
    sys.dont_write_bytecode = True
    sys.path.insert(0, FOLDER)
    import make
    faults = Faults()
    known = families()
    boards = make.boards()
    panels = 0
    for name, board in boards.items():
        path = f"{FOLDER}/{name}.json"
        if not os.path.exists(path) or read(path) != make.text_of(board):
            faults.add(path, 1, f"is not what {FOLDER}/make.py makes: run it")
        check_board(path, board, known, faults)
        panels += len(board["panels"])
    for path in tracked(f"{FOLDER}/*.json"):
        if os.path.basename(path)[:-5] not in boards:
            faults.add(path, 1, f"{FOLDER}/make.py does not make it")
    if len({board["uid"] for board in boards.values()}) != len(boards):
        faults.add(FOLDER, 1, "two dashboards have one uid")
    faults.finish(f"{len(boards)} dashboards with {panels} panels are as made, and name only what there is")


if __name__ == "__main__":
    main()
