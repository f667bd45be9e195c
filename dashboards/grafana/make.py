#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the Grafana dashboards beside it: <name>.json of every table in watching.py and systems.py, which say all that is
particular. tools/dashboards.py holds the files to it."""
import json
import os
import re

import systems
import watching

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA = 38  # Grafana 10
COLUMNS = 24
# Width and height by kind, in cells of Grafana's grid.
SIZES = {"stat": (4, 4), "series": (12, 8), "states": (24, 8), "table": (24, 8), "bars": (12, 8)}
TYPES = {"stat": "stat", "series": "timeseries", "states": "state-timeline", "table": "table", "bars": "bargauge"}
NOW = {"stat", "table", "bars"}  # kinds that show one moment
GREEN, COLOURS = "green", {"warn": "orange", "bad": "red"}
HEALTH = {"0": ("unknown", "purple"), "1": ("up", "green"), "2": ("degraded", "orange"), "3": ("down", "red")}
YES_NO = {"0": ("no", "red"), "1": ("yes", "green")}
TROUBLE = {"0": ("no", "green"), "1": ("yes", "red")}
WORDS = {"health": HEALTH, "good": YES_NO, "trouble": TROUBLE}


# ---- one panel ----

def thresholds(panel):
    """{"warn": 0.8, "bad": 0.9}: what is above is coloured; with "low" what is below."""
    limits = panel.get("limits", {})
    steps = sorted((limits[word], colour) for word, colour in COLOURS.items() if word in limits)
    if not panel.get("low"):
        named = [(None, GREEN), *steps]
    else:  # each step's colour ends where the next begins
        named = [(None, steps[0][1]), *zip([value for value, _ in steps], [colour for _, colour in steps[1:]] + [GREEN])]
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in named]}


def mappings(panel):
    if "words" not in panel:
        return []
    options = {value: {"text": text, "color": colour, "index": index}
               for index, (value, (text, colour)) in enumerate(WORDS[panel["words"]].items())}
    return [{"type": "value", "options": options}]


def targets(panel, selector):
    now = panel["kind"] in NOW
    for letter, (expr, legend) in zip("ABCDEFGH", panel["queries"]):
        yield {"refId": letter, "datasource": SOURCE, "expr": with_selector(expr, selector), "legendFormat": legend,
               "editorMode": "code", "range": not now, "instant": now,
               "format": "table" if panel["kind"] == "table" else "time_series"}


def with_selector(expr, selector):
    """`{@}` and `{@,more}` become the matchers of the dashboard's variables."""
    return re.sub(r"\{@(,?)", lambda found: "{" + selector + found[1], expr)


def options(panel):
    calculation = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    return {
        "stat": {"reduceOptions": calculation, "colorMode": "background" if "limits" in panel or "words" in panel else "value",
                 "graphMode": "none", "textMode": "auto", "justifyMode": "auto", "orientation": "auto"},
        "series": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                   "tooltip": {"mode": "multi", "sort": "desc"}},
        "states": {"mergeValues": True, "showValue": "never", "alignValue": "left", "rowHeight": 0.8,
                   "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
                   "tooltip": {"mode": "single", "sort": "none"}},
        "table": {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "fields": ""}},
        "bars": {"reduceOptions": calculation, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True,
                 "valueMode": "color", "minVizWidth": 0, "minVizHeight": 10},
    }[panel["kind"]]


def custom(panel):
    """What a kind keeps with its fields."""
    if panel["kind"] == "series":
        dashed = {"thresholdsStyle": {"mode": "dashed" if "limits" in panel else "off"}}
        stacked = {"stacking": {"mode": "normal" if panel.get("stacked") else "none", "group": "A"}}
        return {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 20 if panel.get("stacked") else 5, "showPoints": "never",
                "spanNulls": False, **dashed, **stacked}
    if panel["kind"] == "states":
        return {"fillOpacity": 80, "lineWidth": 0}
    if panel["kind"] == "table":
        return {"align": "auto", "cellOptions": {"type": "auto"}}
    return {}


def overrides(panel):
    """A table's colours and words are those of its value: labels that look like numbers are none."""
    if panel["kind"] != "table":
        return []
    properties = [{"id": "mappings", "value": mappings(panel)}]
    if "limits" in panel or "words" in panel:
        properties += [{"id": "thresholds", "value": thresholds(panel)},
                       {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    return [{"matcher": {"id": "byName", "options": panel.get("value", "value")}, "properties": properties}]


def transformations(panel):
    """A table: without the columns that say nothing, and with words for the others."""
    if panel["kind"] != "table":
        return []
    hidden = {name: True for name in ("Time", "__name__", *panel.get("hide", ()))}
    return [{"id": "organize", "options": {"excludeByName": hidden, "indexByName": {},
                                           "renameByName": {"Value": panel.get("value", "value")}}}]


def links(panel):
    return [{"title": f"Runbook: {name}", "url": f"${{healthd}}/runbooks/{name}", "targetBlank": True}
            for name in panel.get("runbooks", ())]


# What a click on a row or a line opens. Tables have their columns in __data, everything else its labels in __field.
def click(panel):
    of = "__data.fields" if panel["kind"] == "table" else "__field.labels"
    places = {
        "probe": ("This probe", f"/d/healthd-probes?var-datasource=${{datasource}}&var-probe=${{{of}.probe}}&${{__url_time_range}}"),
        "alert": ("Runbook", f"${{healthd}}/runbooks/${{{of}.alertname}}"),
    }
    return [{"title": title, "url": url, "targetBlank": what == "alert"}
            for what, (title, url) in places.items() if what == panel.get("click")]


def make_panel(panel, number, place, selector):
    plain = panel["kind"] == "table"
    defaults = {"unit": panel["unit"], "mappings": [] if plain else mappings(panel),
                "thresholds": thresholds({} if plain else panel), "custom": custom(panel),
                "color": {"mode": "thresholds" if panel["kind"] != "series" else "palette-classic"}}
    for key in ("min", "max", "decimals"):
        if key in panel:
            defaults[key] = panel[key]
    if panel["unit"].startswith("percent") and "max" not in panel and not panel.get("stacked"):
        defaults["min"] = 0
    if "click" in panel:
        defaults["links"] = click(panel)
    if "nothing" in panel:
        defaults["noValue"] = panel["nothing"]
    return {"id": number, "type": TYPES[panel["kind"]], "title": panel["title"], "description": panel["text"],
            "datasource": SOURCE, "gridPos": place, "links": links(panel), "targets": list(targets(panel, selector)),
            "fieldConfig": {"defaults": defaults, "overrides": overrides(panel)}, "options": options(panel),
            "transformations": transformations(panel)}


# ---- one dashboard ----

def placed(sections):
    """(panel or row title, place) from the left to the right, and down."""
    y = 0
    for title, panels in sections:
        if title:
            yield title, {"x": 0, "y": y, "w": COLUMNS, "h": 1}
            y += 1
        x = height = 0
        for panel in panels:
            width, tall = panel.get("size", SIZES[panel["kind"]])
            if x + width > COLUMNS:
                x, y, height = 0, y + height, 0
            yield panel, {"x": x, "y": y, "w": width, "h": tall}
            x, height = x + width, max(height, tall)
        y += height


def make_panels(board):
    selector = ",".join(f'{name}=~"${name}"' for name, _ in board["variables"])
    for number, (what, place) in enumerate(placed(board["sections"]), 1):
        if isinstance(what, str):
            yield {"id": number, "type": "row", "title": what, "collapsed": False, "gridPos": place, "panels": []}
        else:
            yield make_panel(what, number, place, selector)


def make_variables(board):
    """The data source, then each label with those of its values that go with what is chosen before, then healthd's address."""
    yield {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "regex": "", "hide": 0,
           "multi": False, "includeAll": False, "refresh": 1, "current": {}, "options": [],
           "description": "A Prometheus that scrapes healthd, or healthd itself"}
    before = []
    for name, family in board["variables"]:
        chosen = "{" + ",".join(before) + "}" if before else ""
        query = f"label_values({family}{chosen}, {name})"
        # ".*": all, and what has no such label: the machine of a healthd that is asked itself has no instance.
        yield {"type": "query", "name": name, "label": name, "datasource": SOURCE, "definition": query, "hide": 0,
               "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "regex": "", "multi": True,
               "includeAll": True, "allValue": ".*", "options": [],
               "current": {"selected": True, "text": ["All"], "value": ["$__all"]}}
        before.append(f'{name}=~"${name}"')
    yield {"type": "textbox", "name": "healthd", "label": "healthd for links", "hide": 0, "query": "http://localhost:9990",
           "description": "healthd's address as your browser reaches it: for links to runbooks and to its page",
           "current": {"text": "http://localhost:9990", "value": "http://localhost:9990"}, "options": []}


DEPLOYS = {"name": "Deploys", "datasource": SOURCE, "enable": True, "hide": False, "iconColor": "blue",
           "expr": "healthd_deploy_timestamp_seconds * 1000", "useValueForTime": True, "step": "60s",
           "titleFormat": "Deploy of {{what}}", "textFormat": "{{release}}"}


def make_board(board):
    return {
        "uid": f"healthd-{board['name']}", "title": f"healthd / {board['title']}", "description": board["text"],
        "tags": ["healthd"], "schemaVersion": SCHEMA, "version": 1, "editable": True, "graphTooltip": 1, "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"}, "timezone": "", "fiscalYearStartMonth": 0, "liveNow": False,
        "annotations": {"list": [DEPLOYS]},
        "links": [{"title": "Dashboards", "type": "dashboards", "tags": ["healthd"], "asDropdown": True, "includeVars": False,
                   "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""},
                  {"title": "healthd's page", "type": "link", "url": "${healthd}/", "targetBlank": True, "tags": [],
                   "asDropdown": False, "includeVars": False, "keepTime": False, "icon": "external link", "tooltip": ""}],
        "templating": {"list": list(make_variables(board))}, "panels": list(make_panels(board))}


def boards():
    """{name: what its file holds}"""
    return {board["name"]: make_board(board) for board in (*watching.BOARDS, *systems.BOARDS)}


def text_of(board):
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def main():
    for name, board in boards().items():
        with open(os.path.join(HERE, f"{name}.json"), "w", encoding="utf-8") as file:
            file.write(text_of(board))


if __name__ == "__main__":
    main()
