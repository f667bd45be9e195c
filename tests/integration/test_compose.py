# SPDX-License-Identifier: Apache-2.0
"""From nothing to a page: the shipped compose stack on a real Docker Engine. It starts, the smoke test is green, a container
dies, PagerDuty and Slack hear of it with the five labels, it is back, both hear of that."""
import json
import re
import subprocess
from pathlib import Path

import pytest

from lib.composed import load_images, production_stack
from lib.notify_stub import NotifyStub
from lib.wait import wait_until

LABELS = {"workflow_id": "checkout", "node_id": "cache", "component": "cache", "environment": "production"}


def quick(text, stub):
    """The shipped configuration, sooner: asked more often, and an end is told after seconds rather than minutes."""
    pack = Path(__file__).resolve().parents[2].joinpath("alerts/packs/probes.yml").read_text()
    down = re.search(r"^ +- alert: ProbeDown\n(?:^ {8,}.*\n)+", pack, re.M)[0].replace("keep_firing_for: 2m", "keep_firing_for: 2s")
    text = text.replace('"${file:/run/secrets/pagerduty_key}"}', f'"${{file:/run/secrets/pagerduty_key}}", url: "{stub.url}"}}')
    return f"{text}\ndefaults: {{interval: 2s, timeout: 1500ms, retry_interval: 1s}}\npacks: {{probes: false}}\nrules:\n{down}"


@pytest.fixture
def stack(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose")
    stub, deadman = NotifyStub(host=engine.host), NotifyStub(host=engine.host, strict=False)
    load_images(engine, folder)
    whole = production_stack(engine, folder / "tree")
    whole.stub = stub
    whole.secret("pagerduty_key", "0123456789abcdef0123456789abcdef")
    whole.secret("slack_url", f"{stub.url}/services/T0/B0/xyz")
    whole.secret("deadman_url", f"{deadman.url}/ping")
    whole.change("healthd/healthd.yml", lambda text: quick(text, stub))
    try:
        whole.compose("up", "-d")
        yield whole
    finally:
        print(whole.logs())
        whole.down()
        deadman.close()
        stub.close()


def told(stack, vendor, words):
    return [one for one in stack.stub.log if one.vendor == vendor and words(one)]


def all_up(stack):
    return {one["health"] for one in stack.get("/api/probes").json()["probes"]} == {"up"}


def about_the_cache(one):
    return '"cache"' in one.body.decode() and b"ProbeDown" in one.body


@pytest.mark.timeout(400)
def test_from_nothing_to_a_page_and_back(stack):
    stack.wait_healthy()
    done = stack.compose("exec", "-T", "healthd", "healthctl", "smoke", "/etc/healthd/smoke.yml", "--wait", "90s",
                         check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    wait_until(lambda: all_up(stack), 60,
               lambda: [(one["name"], one["health"], one["last"]) for one in stack.get("/api/probes").json()["probes"]])
    assert not told(stack, "pagerduty", about_the_cache)

    # It dies by itself, and does not come back.
    cache = stack.container("cache")
    stack.engine.docker("update", "--restart=no", cache)
    subprocess.run(["kill", "-9", str(stack.inspect("cache")["State"]["Pid"])], check=True)
    pages = wait_until(lambda: told(stack, "pagerduty", lambda one: about_the_cache(one) and one.action == "trigger"), 60,
                       "PagerDuty to be told")
    messages = wait_until(lambda: told(stack, "slack", lambda one: b"cache" in one.body), 60, "Slack to be told")
    details = pages[0].json()["payload"]["custom_details"]
    for name, value in LABELS.items():
        assert value in json.dumps(details), (name, details)
        assert value in messages[0].body.decode(), (name, messages[0].body)

    stack.engine.docker("start", cache)
    wait_until(lambda: told(stack, "pagerduty", lambda one: one.action == "resolve"), 60, "PagerDuty to hear of the end")
    wait_until(lambda: told(stack, "slack", lambda one: b"esolved" in one.body), 60, "Slack to hear of the end")
    assert_small_and_shut(stack)


def assert_small_and_shut(stack):
    about = stack.inspect("healthd")
    status = Path(f"/proc/{about['State']['Pid']}/status").read_text()
    assert "CapEff:\t0000000000000000" in status and "Uid:\t65534" in status and about["HostConfig"]["ReadonlyRootfs"]
    assert int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) < 40_000, status
    assert stack.get("/").status == 200
    refused = stack.compose("exec", "-T", "healthd", "/bin/sh", check=False)
    assert refused.returncode != 0, "the image has a shell"
    size = int(stack.engine.docker("image", "inspect", "--format", "{{.Size}}", "compose/healthd:1").stdout)
    print(f"image: {size / 1e6:.2f} MB")
    assert size <= 25e6, "docs/decisions/image-of-one-program.md says what it is made of"


@pytest.mark.full
@pytest.mark.timeout(900)
def test_what_is_stopped_by_hand_is_told_when_it_stays_away(stack):
    """`docker stop` is held as a deployment's stop is, for five minutes; `up --force-recreate` is back before, and told to nobody."""
    stack.wait_healthy()
    wait_until(lambda: all_up(stack), 90, "all probes to be up")
    first = stack.container("cache")
    stack.compose("up", "-d", "--force-recreate", "--no-deps", "-t", "1", "cache")
    assert stack.container("cache") != first
    wait_until(lambda: all_up(stack), 60, "the new cache to be up")
    stack.engine.docker("stop", "-t", "1", stack.container("cache"))
    assert not told(stack, "pagerduty", about_the_cache), "the cache was made anew, and nobody was to hear of it"
    pages = wait_until(lambda: told(stack, "pagerduty", lambda one: about_the_cache(one) and one.action == "trigger"), 420,
                       lambda: f"a page about the cache; alerts: {stack.get('/api/alerts').text}")
    assert b"never came back" in pages[0].body, pages[0].body
