# SPDX-License-Identifier: Apache-2.0
"""Every time zone of the system, read by healthd and by Python's zoneinfo: the same local times."""
import random
import subprocess
import zoneinfo
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from lib.healthd import program

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Northern, southern, half and quarter hours, a half-hour summer, none at all, skipped days, odd laws.
NAMED = """UTC Europe/Berlin Europe/Dublin America/New_York America/St_Johns America/Santiago
    America/Sao_Paulo Australia/Sydney Australia/Lord_Howe Asia/Kolkata Asia/Kathmandu Asia/Tokyo
    Asia/Gaza Asia/Tehran Africa/Casablanca Africa/Cairo Pacific/Apia Pacific/Kiritimati
    Pacific/Chatham Antarctica/Troll Etc/GMT-14""".split()


def ask(zone, questions):
    path = Path(program("HEALTHD_BIN")).parents[1] / "tests" / "zone_once"
    done = subprocess.run([path, zone], input="".join(f"{one}\n" for one in questions),
                          text=True, stdout=subprocess.PIPE, check=True, timeout=60)
    return done.stdout.splitlines()


def utc(seconds):
    return EPOCH + timedelta(seconds=seconds)


def changes(zone, first, last):
    """The instants, to the second, at which the local clock is moved."""
    found = []
    step = timedelta(days=7)
    at = datetime(first, 1, 1, tzinfo=timezone.utc)
    while at.year < last:
        low, high = at, at + step
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(int((high - EPOCH).total_seconds()))
        at += step
    return found


def instants(zone, first=1971, last=2055):
    chosen = [moved + delta for moved in changes(zone, first, last)
              for delta in (-3601, -1, 0, 1, 1799, 3600)]
    chance = random.Random(7)
    return chosen + [chance.randrange(-4 * 10**9, 9 * 10**9) for _ in range(300)]


def expected(zone, seconds):
    local = utc(seconds).astimezone(zone)
    offset = int(local.utcoffset().total_seconds())
    return f"{offset} {local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


@pytest.mark.parametrize("name", NAMED)
def test_instants_read_the_same(name):
    zone = zoneinfo.ZoneInfo(name)
    asked = instants(zone)
    answers = ask(name, [f"at {seconds}" for seconds in asked])
    wrong = [(seconds, got, expected(zone, seconds)) for seconds, got in zip(asked, answers)
             if got != expected(zone, seconds)]
    assert len(answers) == len(asked) and not wrong[:3]


@pytest.mark.parametrize("name", NAMED)
def test_local_times_lead_back(name):
    """A time that came is its first instant; one that was skipped is the instant of the jump."""
    zone = zoneinfo.ZoneInfo(name)
    locals_, expecting = [], []
    for moved in changes(zone, 2000, 2050):
        before = utc(moved - 1).astimezone(zone).replace(tzinfo=None)
        after = utc(moved).astimezone(zone).replace(tzinfo=None)
        for local in (before, after, before + timedelta(seconds=601), after + timedelta(hours=30)):
            first = local.replace(tzinfo=zone, fold=0)
            back = first.astimezone(timezone.utc).astimezone(zone).replace(tzinfo=None)
            skipped = back != local
            locals_.append(local)
            expecting.append(moved if skipped else int((first - EPOCH).total_seconds()))
    answers = ask(name, [f"local {at:%Y %m %d %H %M %S}" for at in locals_])
    wrong = [(str(at), got, want) for at, got, want in zip(locals_, answers, expecting)
             if int(got) != want]
    assert len(answers) == len(locals_) and not wrong[:3]


def test_every_zone_of_the_system_is_read():
    names = sorted(zoneinfo.available_timezones() - {"localtime"})
    asked = [-10**9, 0, 10**9, 1_800_000_000, 4_000_000_000, 8_000_000_000]
    wrong = []
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        got = ask(name, [f"at {seconds}" for seconds in asked])
        if got != [expected(zone, seconds) for seconds in asked]:
            wrong.append((name, got))
    assert len(names) > 400 and not wrong
