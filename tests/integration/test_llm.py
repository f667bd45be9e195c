# SPDX-License-Identifier: Apache-2.0
"""The llm probe beside the vendors' APIs: what their refusals mean, what a stream tells, and a budget that holds."""
import json
import os
import sqlite3

import pytest

from lib.llm_stub import ANTHROPIC_KEY, MODEL, OPENAI_KEY, LlmStub
from lib.probe import probe, refused
from lib.wait import wait_until

KEYS = {"openai": OPENAI_KEY, "anthropic": ANTHROPIC_KEY, "ollama": ""}
VENDORS = list(KEYS)


@pytest.fixture
def stub():
    """At the end nothing that was sent may have been invalid."""
    one = LlmStub()
    yield one
    one.close()
    assert not one.refused


def conf(stub, vendor="openai", **more):
    base = stub.url if vendor == "ollama" else f"{stub.url}/v1"
    return {"base_url": base, "provider": vendor, "model": MODEL, "key": KEYS[vendor], **more}


def complete(stub, vendor="openai", **more):
    return conf(stub, vendor, level="complete", **more)


# ---- key and model ----

@pytest.mark.parametrize("vendor", VENDORS)
def test_key_and_model_are_proved_without_a_token(stub, vendor):
    found = probe("llm", conf(stub, vendor), expect=[f"model == '{MODEL}'", f"provider == '{vendor}'", "status == 200"])
    assert found.health == "up", found
    assert found.page.value("llm_probe_up") == 1
    assert found.page.value("llm_probe_info", provider=vendor, model=MODEL) == 1
    assert [method for method, *_ in stub.asked] == ["GET"]


def test_any_model_will_do_when_none_is_named(stub):
    found = probe("llm", conf(stub, model=""), expect=["models == 2"])
    assert found.health == "up", found


def test_a_server_without_entries_of_models_is_asked_for_its_list(stub):
    stub.has_entries = False
    assert probe("llm", conf(stub)).health == "up"
    assert [path for _, path, *_ in stub.asked] == [f"/v1/models/{MODEL}", "/v1/models"]
    found = probe("llm", conf(stub, model="huge-9"))
    assert found.reason == "model_missing" and "it lists 2 others" in found.detail


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("level", ["key", "complete"])
def test_a_model_that_is_not_there(stub, vendor, level):
    found = probe("llm", conf(stub, vendor, model="gone/9 b", level=level))
    assert (found.health, found.reason) == ("down", "model_missing"), found
    assert '"gone/9 b"' in found.detail
    assert found.page.value("llm_probe_refused", reason="model_missing") == 1


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("level", ["key", "complete"])
def test_a_wrong_key_is_said_and_not_shown(stub, vendor, level):
    wrong = "sk-wrong-0123456789-abcdefghij"
    found = probe("llm", conf(stub, vendor, key=wrong, level=level))
    assert (found.health, found.reason) == ("down", "invalid_key"), found
    assert "did not accept the key (status 401" in found.detail
    shown = str(vars(found)) + found.page.text
    assert wrong not in shown and wrong[-8:] not in shown


def test_no_key_where_one_is_wanted(stub):
    found = probe("llm", conf(stub, key=""))
    assert found.reason == "invalid_key" and "none is given as `key`" in found.detail


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("level", ["key", "complete"])
@pytest.mark.parametrize("fault, reason, says", [
    ("quota", "no_credit", "no credit or quota left"), ("balance", "no_credit", "status 402"),
    ("rate", "rate_limited", "it asks to wait 20 s"), ("busy", "overloaded", "is overloaded"),
    ("region", "forbidden", "status 403"), ("broken", "status", "status 500"),
])
def test_refusals_are_told_apart(stub, vendor, level, fault, reason, says):
    stub.fault = fault
    found = probe("llm", conf(stub, vendor, level=level))
    assert (found.health, found.reason) == ("down", reason), found
    assert says in found.detail, found.detail
    assert found.page.value("llm_probe_up") == 0
    if fault == "rate":
        assert found.page.value("llm_probe_retry_after_seconds") == 20
        assert found.page.value("llm_probe_ratelimit_remaining", kind="requests") == 0
    if level == "complete":
        assert found.page.value("llm_probe_tokens_total") == 0, "what is refused costs nothing"


def test_a_key_is_not_taken_along_to_where_a_redirect_leads(stub):
    stub.fault = "moved"
    found = probe("llm", conf(stub))
    assert found.reason == "redirect" and "final address" in found.detail
    assert len(stub.asked) == 1


# ---- completions ----

@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("broken", [None, "split"])
def test_a_completion_tells_tokens_and_the_time_to_the_first(stub, vendor, broken):
    stub.first_token, stub.broken = 0.2, broken
    found = probe("llm", complete(stub, vendor), expect=[
        "tokens == 10", "ttft >= 200ms", "text == 'ok'", "tokens_today == 10", "budget_left == 1990",
        "finish_reason in ['length', 'max_tokens']"], should=["ttft < 5s"])
    assert found.health == "up", found
    assert 0.2 <= found.page.value("llm_ttft_seconds") < 5
    assert found.page.value("llm_probe_tokens_total") == 10
    assert found.page.value("llm_probe_budget_remaining_tokens") == 1990
    body, = stub.completions()
    assert body["model"] == MODEL and body["messages"] == [{"role": "user", "content": "Say ok."}]


def test_what_limits_have_left_is_told_and_can_be_expected(stub):
    found = probe("llm", complete(stub), expect=["remaining.tokens > 40000"])
    assert found.reason == "expect" and "remaining.tokens is 39999" in found.detail
    assert found.page.value("llm_probe_ratelimit_remaining", kind="tokens") == 39999
    assert found.page.value("llm_probe_ratelimit_limit", kind="tokens") == 40000
    missing = probe("llm", complete(stub), expect=["remaining.requests > 1"])
    assert missing.reason == "expect_error" and "do not tell how many requests" in missing.detail


@pytest.mark.parametrize("vendor, code, reason", [
    ("openai", "server_overloaded", "overloaded"), ("openai", "insufficient_quota", "no_credit"),
    ("anthropic", "overloaded_error", "overloaded"), ("anthropic", "rate_limit_error", "rate_limited")])
def test_a_refusal_half_way(stub, vendor, code, reason):
    stub.stream_error = code
    found = probe("llm", complete(stub, vendor))
    assert (found.health, found.reason) == ("down", reason), found


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("broken, reasons", [
    ("garbage", ["protocol"]), ("page", ["protocol"]), ("no_stream", ["protocol", "closed"]), ("binary", ["protocol"]),
    ("endless", ["too_large"]), ("endless_comment", ["too_large", "protocol"]), ("endless_line", ["too_large"]),
    ("half", ["closed"])])
def test_streams_that_no_vendor_means(stub, vendor, broken, reasons):
    stub.broken = broken
    found = probe("llm", complete(stub, vendor), timeout=10)
    assert found.health == "down" and found.reason in reasons, found
    assert found.seconds < 8 and len(found.detail) < 600
    assert found.page.value("llm_probe_tokens_total") >= 70, "what nobody told counts as taken"


def test_an_end_without_an_answer(stub):
    stub.broken = "no_answer"
    found = probe("llm", complete(stub))
    assert found.reason == "protocol" and "without an answer" in found.detail


@pytest.mark.parametrize("cut, waits_for", [(0, "the first token"), (2, "the end of the stream")])
def test_a_stream_that_hangs(stub, cut, waits_for):
    stub.cut, stub.is_hanging = cut, True
    found = probe("llm", complete(stub), timeout=1)
    assert (found.health, found.reason) == ("down", "timeout"), found
    assert waits_for in found.detail
    assert found.page.value("llm_probe_tokens_total") == 72


def test_a_stream_that_is_broken_off(stub):
    stub.cut = 2
    assert probe("llm", complete(stub)).reason == "closed"


def test_configurations_that_cannot_be(stub):
    for wrong, says in [({"provider": "openai", "level": "complete"}, "needs a `model`"), ({}, "whom to ask"),
                        ({"base_url": "https://u:p@x/v1"}, "give `key`"), ({"base_url": "ftp://x/"}, "http and https"),
                        ({"provider": "openai", "model": "m", "level": "complete", "daily_tokens": 20}, "at least")]:
        assert says in refused("llm", wrong), wrong


# ---- the budget ----

def configuration(stub, state, *, interval="1h", flows="", **options):
    """A probe `chat` that completes, on a state directory of its own."""
    return (f"probes: [{{name: chat, interval: {interval}, retry_interval: 100ms, llm: {json.dumps(complete(stub, **options))}}}]\n"
            f"state: {{path: {state}}}\n{flows}\n")


ASK = "flows: [{name: smoke, steps: [{name: ask, use: [chat]}]}]"
CANARY = "flows: [{name: smoke, schedule: 1s, steps: [{name: ask, use: [chat]}]}]"


def rows(state):
    with sqlite3.connect(f"file:{state}/budgets.db?mode=ro", uri=True) as db:
        return {name: counts for name, *counts in db.execute("SELECT name, spent, total FROM budget")}


def smoke(healthctl, path, *words):
    done = healthctl("smoke", "--config", str(path), "--format", "json", *words)
    return done.returncode, json.loads(done.stdout)["flows"][0]["steps"][0]


def test_a_day_has_so_many_tokens_whoever_asks(stub, healthd, healthctl, tmp_path):
    """200 a day. A call takes 72 before it is made and uses 10: none begins beyond 128."""
    state = tmp_path / "state"
    text = configuration(stub, state, flows=ASK, daily_tokens=200)
    daemon = healthd(text)
    daemon.wait_value(10, "llm_probe_tokens_total", probe="chat")
    assert smoke(healthctl, daemon.config, "--repeat", "3")[0] == 0
    wait_until(lambda: rows(state) == {"llm/chat": [40, 40]}, 10, "all of them to count")
    daemon.kill()
    again = healthd(text)
    again.wait_health("chat", "up")
    assert len(stub.completions()) == 4, "one an hour, over restarts"
    assert smoke(healthctl, again.config, "--repeat", "9")[0] == 0
    code, step = smoke(healthctl, again.config)
    assert code == 5 and step["reason"] == "budget", step
    assert "130 of `daily_tokens` (200) are used, and one may need 72" in step["detail"]
    assert len(stub.completions()) == 13 and rows(state) == {"llm/chat": [130, 130]}
    again.run_now("chat")
    again.wait_value(70, "llm_probe_budget_remaining_tokens", probe="chat")


def test_a_probe_goes_on_without_completions_when_the_day_is_spent(stub, healthd, tmp_path):
    daemon = healthd(configuration(stub, tmp_path / "state", interval="200ms", every="1s", daily_tokens=80))
    found = daemon.wait_health("chat", "degraded")
    assert found["last"]["reason"] == "budget"
    assert "key and model are good; no completion was asked: 10 of" in found["last"]["detail"]
    assert len(stub.completions()) == 1
    assert daemon.value("llm_probe_up", probe="chat") == 1
    stub.fault = "quota"
    daemon.wait_health("chat", "down")


def test_canaries_use_the_same_budget(stub, healthd, tmp_path):
    state = tmp_path / "state"
    daemon = healthd(configuration(stub, state, flows=CANARY, daily_tokens=100))
    daemon.wait_value(1, "flow_success", flow="smoke")
    wait_until(lambda: daemon.page().select("flow_runs_total", flow="smoke", result="unknown"), 20, "it to be spent")
    assert daemon.value("flow_success", flow="smoke") == 1, "could not ask says nothing of the provider"
    spent, total = rows(state)["llm/chat"]
    assert spent == total == 10 * len(stub.completions()) <= 40


def test_killed_during_a_call_what_it_took_counts(stub, healthd, tmp_path):
    stub.cut, stub.is_hanging = 2, True
    state = tmp_path / "state"
    daemon = healthd(configuration(stub, state, daily_tokens=200))
    wait_until(stub.completions, 10, "the call")
    daemon.kill()
    assert rows(state) == {"llm/chat": [72, 72]}


def test_what_one_call_used_beyond_its_take_is_taken_from_then_on(stub, healthctl, tmp_path):
    stub.usage = (100, 50)  # a server that puts a long prompt of its own before it
    path = tmp_path / "flow.yml"
    os.mkdir(tmp_path / "state")
    path.write_text(configuration(stub, tmp_path / "state", flows=ASK, daily_tokens=290))
    assert smoke(healthctl, path)[0] == 0
    code, step = smoke(healthctl, path)
    assert code == 5 and "150 of `daily_tokens` (290) are used, and one may need 150" in step["detail"]
    assert len(stub.completions()) == 1


def test_budgets_have_names(stub, healthctl, tmp_path):
    os.mkdir(tmp_path / "state")
    path = tmp_path / "flow.yml"
    shared = complete(stub, budget="openai", daily_tokens=100)
    path.write_text(json.dumps({"state": {"path": str(tmp_path / "state")}, "steps": [
        {"name": "a", "llm": shared}, {"name": "b", "llm": dict(shared, daily_tokens=81)},
        {"name": "own", "llm": complete(stub, daily_tokens=81)}]}))
    done = healthctl("smoke", str(path), "--format", "json")
    assert {step["step"]: step["state"] for step in json.loads(done.stdout)["flows"][0]["steps"]} == {
        "a": "passed", "b": "unknown", "own": "passed"}
    assert rows(tmp_path / "state") == {"llm/openai": [10, 10], "llm/own": [10, 10]}


def test_without_a_state_directory_the_budget_holds_for_the_process(stub, healthctl, tmp_path):
    path = tmp_path / "flow.yml"
    path.write_text(configuration(stub, tmp_path / "nowhere", flows=ASK, daily_tokens=81))
    for _ in range(2):
        done = healthctl("smoke", "--config", str(path), "--repeat", "2")
        assert done.returncode == 5, done.stdout
    assert len(stub.completions()) == 2 and not (tmp_path / "nowhere").exists()


def test_nothing_is_used_that_cannot_be_counted(stub, healthctl, tmp_path):
    os.makedirs(tmp_path / "state" / "budgets.db")
    path = tmp_path / "flow.yml"
    path.write_text(configuration(stub, tmp_path / "state", flows=ASK))
    code, step = smoke(healthctl, path)
    assert code == 5 and "tokens cannot be counted" in step["detail"] and "budgets.db" in step["detail"], step
    assert not stub.completions()


def test_a_module_would_let_anybody_say_where_the_key_goes(healthctl, tmp_path):
    (tmp_path / "hd.yml").write_text("modules: {chat: {llm: {key: secret-of-somebody}}}\n")
    done = healthctl("validate", tmp_path / "hd.yml")
    assert done.returncode == 2 and "llm" in done.stdout + done.stderr, done.stdout + done.stderr


# ---- over time ----

def test_a_failed_completion_holds_until_one_succeeds(stub, healthd, tmp_path):
    stub.completion_fault = "busy"
    daemon = healthd(configuration(stub, tmp_path / "state", interval="200ms", every="2s"))
    daemon.wait_health("chat", "down")
    held = wait_until(lambda: next((run for run in [daemon.explain("chat")["last_run"]]
                                    if run["detail"].startswith("the last completion failed: ")), None), 15)
    assert held["reason"] == "overloaded", "a good key does not make up for it"
    assert daemon.value("llm_probe_refused", probe="chat", reason="overloaded") == 1
    stub.completion_fault = None
    daemon.wait_health("chat", "up")
    gets = len(stub.asked) - len(stub.completions())
    assert gets >= 2, "after the third failure less often"


def test_who_asks_to_wait_is_left_alone(stub, healthd, tmp_path):
    stub.completion_fault = "rate"
    daemon = healthd(configuration(stub, tmp_path / "state", interval="200ms"))
    daemon.wait_health("chat", "down")
    wait_until(lambda: len(stub.asked) >= 6, 10, "key checks to go on")
    assert len(stub.completions()) == 1


def test_healthctl_asks_by_hand_and_shows_no_key(stub, healthctl):
    done = healthctl("probe", "llm", f"{stub.url}/v1", "--model", MODEL, "--key-env", "LLM_KEY", "--level", "complete",
                     "--expect", "tokens <= 10", "-v", env={"LLM_KEY": OPENAI_KEY, "XDG_STATE_HOME": "/nonexistent"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert OPENAI_KEY not in done.stdout + done.stderr
