# SPDX-License-Identifier: Apache-2.0
"""The same tree and the same alerts, routed by healthd and by Alertmanager's own amtool."""
import itertools
import json
import random
import subprocess
from pathlib import Path

import pytest

from lib.healthd import program

TREE = """
route:
  receiver: default
  group_by: [alertname]
  routes:
  - matchers: ['severity="critical"']
    receiver: pager
    continue: true
  - matchers: ['team=~"web|shop"']
    receiver: web
    routes:
    - match: {area: cart}
      receiver: cart
    - match_re: {area: 'pay.*'}
      receiver: pay
      continue: true
    - matchers: ['{area!="",severity!~"info|none"}']
      receiver: rest
  - matchers: [team=db, 'severity=~"warn.*|critical"']
    receiver: dba
  - matchers: ['area=~""']
    receiver: nowhere
    continue: true
  - matchers: ['area=""', 'team!=""']
    receiver: last
"""
VALUES = {"severity": [None, "critical", "warning", "info"],
          "team": [None, "web", "shop", "webshop", "db"],
          "area": [None, "cart", "payment", "other"]}
SIGNS = ["=", "!=", "=~", "!~"]


def receivers_of(tree, found=None):
    found = set() if found is None else found
    if "receiver" in tree:
        found.add(tree["receiver"])
    for child in tree.get("routes", []):
        receivers_of(child, found)
    return found


def label_sets():
    for values in itertools.product(*VALUES.values()):
        yield {name: value for name, value in zip(VALUES, values) if value}


def ours(config, receivers, sets):
    path = Path(program("HEALTHD_BIN")).parents[1] / "tests" / "route_once"
    lines = "".join(",".join(f"{k}={v}" for k, v in one.items()) + "\n" for one in sets)
    done = subprocess.run([path, config, *receivers], input=lines, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def theirs(config, sets):
    found = []
    for one in sets:
        done = subprocess.run(["amtool", "config", "routes", "test", f"--config.file={config}",
                               *(f"{k}={v}" for k, v in one.items())],
                              capture_output=True, text=True, timeout=60, check=True)
        found.append(done.stdout.strip())
    return found


def assert_same(tmp_path, tree_text, receivers, sets):
    our_config, their_config = tmp_path / "ours.yml", tmp_path / "theirs.yml"
    our_config.write_text(tree_text)
    their_config.write_text(tree_text + "receivers: "
                            + json.dumps([{"name": name} for name in receivers]) + "\n")
    got, want = ours(our_config, receivers, sets), theirs(their_config, sets)
    wrong = [(labels, a, b) for labels, a, b in zip(sets, got, want) if a != b]
    assert len(got) == len(sets) and not wrong[:3]


def test_a_tree_by_hand(tmp_path):
    sets = list(label_sets())
    assert len(sets) >= 40
    receivers = ["default", "pager", "web", "cart", "pay", "rest", "dba", "nowhere", "last"]
    assert_same(tmp_path, TREE, receivers, sets)


def chance_matcher(chance):
    name = chance.choice(list(VALUES))
    sign = chance.choice(SIGNS)
    value = chance.choice([v or "" for v in VALUES[name]])
    if "~" in sign:
        value = chance.choice([value + ".*", f"{value}|db", f"({value})?", ".+", ""])
    return f'{name}{sign}"{value}"'


def chance_route(chance, depth):
    route = {"receiver": f"r{chance.randrange(8)}"}
    if depth > 0:
        route["matchers"] = [chance_matcher(chance) for _ in range(chance.randrange(0, 3))]
        route["continue"] = chance.random() < 0.4
    if depth < 3:
        route["routes"] = [chance_route(chance, depth + 1)
                           for _ in range(chance.randrange(0, 4))]
    return route


@pytest.mark.parametrize("seed", range(4))
def test_trees_by_chance(tmp_path, seed):
    chance = random.Random(seed)
    tree = chance_route(chance, 0)
    sets = chance.sample(list(label_sets()), 30)
    assert_same(tmp_path, f"route: {json.dumps(tree)}\n", sorted(receivers_of(tree)), sets)
