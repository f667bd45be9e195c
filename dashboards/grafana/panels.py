# SPDX-License-Identifier: Apache-2.0
"""The words that the tables of dashboards are written in: one function a kind of panel.

    kind(title, unit, text, query, …, more=…)

A query is PromQL, or (PromQL, legend). `{@}` and `{@,more}` in it stand for the matchers of the dashboard's variables.
More:
    limits={"warn": …, "bad": …}   where values change their colour; low=True: below, instead of above
    words="health"                 what numbers mean: see WORDS in make.py
    runbooks=["ProbeDown"]         pages of docs/runbooks that the panel links
    click="probe"                  a click opens that probe's dashboard; "alert": that alert's runbook
    nothing="none"                 what is shown when the query finds nothing
    hide=["job"], value="age"      of a table: columns that are left out, and the name of its last one
    stacked=True, size=(w, h), min=…, max=…, decimals=…
"""


def panel(kind, title, unit, text, *queries, **more):
    queries = [(one, "") if isinstance(one, str) else one for one in queries]
    return {"kind": kind, "title": title, "unit": unit, "text": text, "queries": queries, **more}


def stat(*words, **more):
    """One number."""
    return panel("stat", *words, **more)


def series(*words, **more):
    """Lines over time."""
    return panel("series", *words, **more)


def states(*words, **more):
    """Coloured bars over time, one a series."""
    return panel("states", *words, **more)


def table(*words, **more):
    """A row for each series, now."""
    return panel("table", *words, **more)


def bars(*words, **more):
    """A bar for each series, now."""
    return panel("bars", *words, **more)
