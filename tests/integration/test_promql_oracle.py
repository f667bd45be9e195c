# SPDX-License-Identifier: Apache-2.0
"""The same expressions over the same series, by Prometheus' own promtool and by healthd: the same answers.

tests/promql/*.test.yml are promtool's unit tests. What 2.42 and 3 do differently is in tests/unit/test_promql_eval.c.
"""
import json
import re
import subprocess
from pathlib import Path

import pytest

from lib.healthd import program

FILES = sorted((Path(__file__).parents[1] / "promql").glob("*.test.yml"))
EXPRESSIONS = re.compile(r"^  - expr: ", re.M)

# One a line: both read them, or both refuse them.
SYNTAX = r"""
up
up{}
up{a="b",}
up{,}
up{a="b" c="d"}
up{a=b}
up{a}
up{a=="b"}
up{a=~"("}
up{a=~"a{2,1}"}
{}
{a=~".*"}
{a=~".+"}
{a=""}
{a!="",b=~".*"}
foo{__name__="bar"}
foo{__name__=~"bar"}
{__name__="bar"}
{on="x",by="y",bool="z",sum="s",group_left="g"}
up[5m]
count_over_time(up[5m])
count_over_time(up[ 5m ])
count_over_time(up[0m])
count_over_time(up[300])
count_over_time(up[-5m])
count_over_time(up[30m1h])
count_over_time(up[1h30m15s10ms])
count_over_time(up[1y2w3d])
count_over_time(up[1.5h])
count_over_time(up[5m)
count_over_time(up[5m][5m])
count_over_time((up)[5m])
count_over_time((up)[5m:])
count_over_time(up[5m:1m])
count_over_time(up[5m:0s])
count_over_time(up[:5m])
count_over_time(up[5m:1m] offset 1m)
count_over_time(up offset 1m [5m])
count_over_time(up offset 1m [5m:])
count_over_time(sum(up)[5m:])
count_over_time(1[5m:])
up offset 5m
up offset -5m
up OFFSET 5m
up offset 5
up offset 5m offset 1m
(up) offset 5m
sum(up) offset 5m
sum(up offset 5m)
up @ 10
up @ -10.5
up @ +1e3
up @ start()
up @ end()
up @ start
up @ Inf
up @ NaN
up @ 5m
up @ 1 @ 2
up @ 1 offset 5m
up offset 5m @ 1
(up) @ 1
sum(up)
sum(up) by (a)
sum by (a) (up)
sum by (a,) (up)
sum by (a) (up) by (b)
sum by a (up)
sum by ("a") (up) by
sum by (a b) (up)
sum by (on, by, sum) (up)
SUM WITHOUT (a) (up)
sum
sum + sum
sum(1)
sum()
sum(up, up)
topk(up)
topk(1, up)
topk("1", up)
topk(scalar(up), up)
topk by (a) (1, up)
quantile(0.9, up) by (a)
count_values("a", up)
count_values(1, up)
stddev(up) + stdvar(up) + group(up)
by
offset + and
and
on
bool
ignoring
start + end
up + up
up +
+ up
- up
--up
+ + 1
! up
up == 1
up = 1
up =~ 1
up => 1
up > bool 1
1 > 2
1 > bool 2
(1 > bool 2) + up
up + bool up
up and up
up AND up OR up UNLESS up
up and 1
1 or up
up and bool up
up + on(a) up
up + on() up
up + on a up
up + on(a) 1
up + on(a,) up
up + ignoring(a) group_left up
up + ignoring(a) group_left(b) up
up + group_left(b) up
up + on(a) group_right(a) up
up + ignoring(a) group_right(a) up
up and on(a) group_left up
up + on(a) bool up
up == bool on(a) up
up atan2 up
up ATAN2 up
up ^ up ^ up
up % 2
up ** 2
1 + 1
1e
1e3
1e+3
0x1f
0xg
0755
0899
.5
5.
1..2
1_000
Inf + inf + iNF + NaN + nan
up + 5
rate(up[5m])
rate(up)
Rate(up[5m])
RATE(up[5m])
rate (up[5m])
rate(up[5m],)
rate()
nothing(up)
time()
time(up)
hour()
hour(up)
hour(up, up)
hour(1)
round(up)
round(up, 5)
round(up, 5, 5)
clamp(up, 1)
vector(1)
vector(up)
scalar(up)
scalar(1)
absent(up)
absent(up[5m])
absent_over_time(up[5m])
absent_over_time(up)
label_replace(up, "a", "b", "c", "d")
label_replace(up, a, "b", "c", "d")
label_join(up, "a", "b")
label_join(up, "a", "b", "c", "d", "e", "f")
label_join(up, "a")
histogram_quantile(0.9, up)
histogram_quantile(up, 0.9)
histogram_quantile(0.9, rate(up[5m]))
quantile_over_time(0.9, up[5m])
predict_linear(up[5m], 60)
predict_linear(60, up[5m])
holt_winters(up[5m], 0.1, 0.1)
up{a="\""}
up{a='\''}
up{a='"'}
up{a="\'"}
up{a=`b\`}
up{a="\d"}
up{a="\x41\101\u00e9\U0001F600\n\t\\"}
up{a="\ud800"}
up{a="é"}
é
up{é="a"}
up{a:b="c"}
a:b:c
:a
up +:a
up{}+:a
a:
1a
a-b
a.b
a$b
up # comment
# comment
(up
up)
((up))
()
up up
up, up
"text"
up[5m] + 1
-up[5m]
-"text"
up > 1 > 2
up > on() vector(1)
3 <= up < 20
-1 ^ 2
""".strip("\n").split("\n")


def promql_once(*files, text=None):
    path = Path(program("HEALTHD_BIN")).parents[1] / "tests" / "promql_once"
    return subprocess.run([path, *files], input=text, text=True, capture_output=True, timeout=120)


def promtool(*arguments):
    return subprocess.run(["/usr/bin/promtool", *map(str, arguments)], text=True,
                          capture_output=True, timeout=120)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.split(".")[0])
def test_both_come_to_the_same(file):
    theirs = promtool("test", "rules", file)
    assert theirs.returncode == 0, theirs.stdout + theirs.stderr
    ours = promql_once(file)
    assert ours.returncode == 0, ours.stdout + ours.stderr


def test_there_are_many():
    assert sum(len(EXPRESSIONS.findall(file.read_text())) for file in FILES) >= 800


def test_both_refuse_the_same(tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text(json.dumps({"groups": [{"name": "g", "rules": [
        {"record": f"r{number}", "expr": text} for number, text in enumerate(SYNTAX)]}]}))
    said = promtool("check", "rules", rules)
    refused = {int(number) for number in re.findall(r'"r(\d+)": could not parse', said.stderr + said.stdout)}
    ours = promql_once(text="\n".join(SYNTAX) + "\n").stdout.splitlines()
    assert len(ours) == len(SYNTAX) and len(refused) > 50
    differ = [(text, "promtool refuses" if number in refused else "promtool reads", answer)
              for number, (text, answer) in enumerate(zip(SYNTAX, ours))
              if (answer != "ok") != (number in refused)]
    assert not differ
