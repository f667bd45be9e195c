# SPDX-License-Identifier: Apache-2.0
"""A configuration is replaced whole or not at all, by every way that asks for it."""
import concurrent.futures
import contextlib
import json
import os
import socket
from datetime import datetime
from pathlib import Path

import pytest

from lib.http import request
from lib.wait import stays, wait_until

TIMES = "interval: 1h, retry_interval: 1h"


def probe(name, target, more=TIMES):
    return f"  - {{name: {name}, tcp: \"{target}\", {more}}}\n"


def config(*probes, more=""):
    return "probes:\n" + "".join(probes) + more


@pytest.fixture
def target(badpeer):
    return f"127.0.0.1:{badpeer('accept_silent').port}"


def wait_names(daemon, *names):
    wait_until(lambda: set(daemon.probes()) == set(names), what=f"the probes to be {names}")


def generation(daemon):
    return daemon.get("/api/status").json()["generation"]


def replace(daemon, text):
    new = daemon.folder / "new.yml"
    kept, daemon.config = daemon.config, new
    daemon.write(text)
    daemon.config = kept
    os.rename(new, kept)


WAYS = {
    "signal": lambda daemon, text: daemon.hup(text),
    "socket": lambda daemon, text: daemon.reload(text),
    "written": lambda daemon, text: daemon.write(text),
    "renamed over": replace,
}


@pytest.mark.parametrize("way", WAYS)
def test_another_configuration_is_taken(healthd, target, way):
    daemon = healthd(config(probe("a", target)))
    WAYS[way](daemon, config(probe("b", target)))
    wait_names(daemon, "b")
    assert daemon.logs(event="config accepted")
    wait_until(lambda: {labels["probe"] for labels, _ in daemon.page().select("probe_state")} == {"b"})
    WAYS[way](daemon, config(probe("c", target)))
    wait_names(daemon, "c")


def start_linked(healthd, tmp_path, text, link):
    """A healthd whose configuration is a link: of the file itself, or of its folder (Kubernetes)."""
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "healthd.yml").write_text(text.replace("NAME", version))
    place = tmp_path / "etc"
    place.mkdir()
    if link == "file":
        (place / "healthd.yml").symlink_to(tmp_path / "one" / "healthd.yml")
    else:
        (place / "data").symlink_to(tmp_path / "one")
        (place / "healthd.yml").symlink_to("data/healthd.yml")
    return healthd(arguments=("--config", str(place / "healthd.yml"))), place


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_that_leads_elsewhere_is_followed(healthd, target, tmp_path, link):
    text = config(probe("NAME", target)) + (
        f'web: {{listen: ["127.0.0.1:0", "unix:{tmp_path}/s"]}}\nstate: {{path: {tmp_path}/state}}\n')
    daemon, place = start_linked(healthd, tmp_path, text, link)
    wait_names(daemon, "one")
    new = place / "new"
    if link == "file":
        new.symlink_to(tmp_path / "two" / "healthd.yml")
        os.rename(new, place / "healthd.yml")
    else:
        new.symlink_to(tmp_path / "two")
        os.rename(new, place / "data")
    wait_names(daemon, "two")


def test_an_included_file_is_watched(healthd, target, tmp_path):
    more = tmp_path / "more.yml"
    more.write_text(config(probe("b", target)))
    daemon = healthd(config(probe("a", target), more=f"probe_files: [{more}]\n"))
    wait_names(daemon, "a", "b")
    more.write_text(config(probe("c", target)))
    wait_names(daemon, "a", "c")


def test_an_included_file_that_is_mended_is_noticed(healthd, target, tmp_path):
    more = tmp_path / "more.yml"
    more.write_text("probes: [oops")
    daemon = healthd(config(probe("a", target)))
    daemon.write(config(probe("b", target), more=f"probe_files: [{more}]\n"))
    daemon.wait_log(event="config rejected")
    more.write_text(config(probe("c", target)))
    wait_names(daemon, "b", "c")


@pytest.mark.parametrize("pattern", ["*.yml", "*/probes.y?ml"])
def test_a_file_that_comes_to_match_is_noticed(healthd, target, tmp_path, pattern):
    daemon = healthd(config(probe("a", target), more=f'probe_files: "{tmp_path}/{pattern}"\n'))
    new = tmp_path / pattern.replace("*", "new").replace("?", "a")
    new.parent.mkdir(exist_ok=True)
    new.write_text(config(probe("b", target)))
    wait_names(daemon, "a", "b")
    new.unlink()
    wait_names(daemon, "a")


def test_a_folder_that_is_never_quiet_keeps_nothing_back(healthd, target, tmp_path):
    daemon = healthd(config(probe("a", target)))

    def write():
        (daemon.folder / "noise").write_text("x")
        return set(daemon.probes()) == {"b"}
    daemon.write(config(probe("b", target)))
    wait_until(write, 20, "the new probe")


def test_folders_of_before_are_not_watched_any_more(healthd, target, tmp_path):
    daemon = healthd(config(probe("a", target)))

    def watches():
        found = 0
        for info in Path(f"/proc/{daemon.process.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):  # a client that is gone by now
                found += info.read_text().count("inotify wd:")
        return found
    before = watches()
    for number in range(3):
        more = tmp_path / str(number) / "more.yml"
        more.parent.mkdir()
        more.write_text(config(probe(f"b{number}", target)))
        daemon.write(config(probe("a", target), more=f"probe_files: [{more}]\n"))
        wait_names(daemon, "a", f"b{number}")
        assert watches() == before + 1


@pytest.mark.parametrize("way", WAYS)
def test_a_bad_file_keeps_the_old_generation_and_says_why(healthd, target, way):
    daemon = healthd(config(probe("a", target)))
    before = generation(daemon)
    WAYS[way](daemon, config(probe("a", target), probe("b", target, "intervall: 3s")))
    line = daemon.wait_log(event="config rejected")
    assert "intervall" in line["why"] and "healthd.yml:3:" in line["why"]
    assert set(daemon.probes()) == {"a"} and generation(daemon) == before
    assert daemon.value("healthd_config_last_reload_successful") == 0
    status = daemon.get("/api/status").json()
    assert status["last_reload_ok"] is False and "intervall" in status["last_reload_text"]
    WAYS[way](daemon, config(probe("c", target)))
    wait_names(daemon, "c")
    daemon.wait_value(1, "healthd_config_last_reload_successful")


def test_the_answer_of_a_reload(healthd, target):
    daemon = healthd(config(probe("a", target)))
    bad = daemon.reload(config(probe("a", "nonsense")))
    assert bad.status == 500 and "healthd.yml:2:" in bad.text and "former" in bad.text
    good = daemon.reload(config(probe("b", target)))
    assert good.status == 200 and "accepted" in good.text
    number = generation(daemon)
    same = daemon.reload()
    assert same.status == 200 and "not changed" in same.text and generation(daemon) == number


def test_a_port_in_use_rejects_the_whole(healthd, target):
    daemon = healthd(config(probe("a", target)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f'["127.0.0.1:{taken.getsockname()[1]}", "unix:{daemon.socket}"]'
        answer = daemon.reload(config(probe("b", target), more=f"web: {{listen: {listen}}}\n"))
    assert answer.status == 500 and "in use" in answer.text
    assert set(daemon.probes()) == {"a"}
    assert daemon.post("/api/run/a").status == 200


def test_a_listener_comes_and_goes(healthd, target, tmp_path):
    daemon = healthd(config(probe("a", target)))
    extra = tmp_path / "extra.sock"
    more = f'web: {{listen: ["127.0.0.1:0", "unix:{daemon.socket}", "unix:{extra}"]}}\n'
    assert daemon.reload(config(probe("a", target), more=more)).status == 200
    assert request("http://x/-/ready", unix=extra).status == 200
    assert daemon.reload(config(probe("a", target))).status == 200
    wait_until(lambda: not extra.exists())
    assert daemon.get("/-/ready").status == 200


def test_a_listener_changes_its_terms_and_keeps_its_place(healthd, target):
    daemon = healthd(config(probe("a", target)))
    terms = '{{address: "127.0.0.1:0", bearer_token: {0}}}, {{address: "unix:{1}", socket_mode: {2}}}'
    for token, mode in (("first-token", 600), ("second-token", 666)):
        listen = terms.format(token, daemon.socket, mode)
        daemon.hup(config(probe("a", target), more=f"web: {{listen: [{listen}]}}\n"))
        wait_until(lambda t=token: daemon.get(
            "/-/ready", headers={"Authorization": f"Bearer {t}"}).status == 200 and
            daemon.get("/-/ready").status == 401)
        assert daemon.socket.stat().st_mode & 0o777 == int(str(mode), 8)
        assert request("http://x/-/ready", unix=daemon.socket).status == 200
    bad = f'web: {{listen: ["unix:{daemon.socket}", "192.0.2.1:1"]}}\n'
    assert daemon.reload(config(probe("a", target), more=bad)).status == 500
    assert request("http://x/-/ready", unix=daemon.socket).status == 200


def test_reloading_over_tcp_needs_the_token(healthd, target):
    more = 'web: {listen: ["127.0.0.1:0"], act_token: "${env:TOKEN}"}\n'
    daemon = healthd(config(probe("a", target), more=more), env={"TOKEN": "open-sesame"})
    url = daemon.url("/-/reload")
    assert request(url, "POST").status == 403
    assert request(url, "POST", {"Authorization": "Bearer wrong"}).status == 403
    assert request(url, "POST", {"Authorization": "Bearer open-sesame"}).status == 200
    assert request(url, "GET", {"Authorization": "Bearer open-sesame"}).status == 405
    assert request(daemon.url("/api/run/a"), "POST").status == 403


def test_without_a_token_tcp_never_acts(healthd, target):
    daemon = healthd(config(probe("a", target)))
    for token in ("", "Bearer ", "Bearer x"):
        assert request(daemon.url("/-/reload"), "POST", {"Authorization": token}).status == 403


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_an_unchanged_probe_keeps_state_session_and_slot(healthd, target):
    times = "interval: 500ms, retry_interval: 500ms"
    daemon = healthd(config(probe("kept", target, times), probe("changed", target, times)))
    before = {name: daemon.wait_health(name, "up") for name in ("kept", "changed")}
    # The runs that confirm a state are tries between the slots: the grid is seen when they are over.
    first = daemon.explain("kept")["last_run"]["seq"]
    wait_until(lambda: daemon.explain("kept")["last_run"]["seq"] >= first + 2)
    run = daemon.explain("kept")["last_run"]
    slot, seq = seconds(run["due"]), run["seq"]
    other = times + ", labels: {component: x}"
    assert daemon.reload(config(probe("added", target, times), probe("changed", target, other),
                                probe("kept", target, times))).status == 200
    kept = daemon.probes()["kept"]
    assert kept["since"] == before["kept"]["since"] and kept["runs"] >= before["kept"]["runs"]
    assert daemon.explain("kept")["last_run"]["seq"] >= seq
    wait_until(lambda: daemon.explain("kept")["last_run"]["seq"] >= seq + 3)
    moved = (seconds(daemon.explain("kept")["last_run"]["due"]) - slot) % 0.5
    assert min(moved, 0.5 - moved) < 0.02, "the grid moved"
    assert daemon.wait_health("changed", "up")["since"] > before["changed"]["since"]
    daemon.wait_health("added", "up")


def test_a_down_probe_stays_down_over_a_reload(healthd, target, badpeer):
    dead = badpeer("ok")
    dead.close()
    times = "interval: 200ms, retry_interval: 100ms"
    daemon = healthd(config(probe("a", f"127.0.0.1:{dead.port}", times)))
    since = daemon.wait_health("a", "down")["since"]
    daemon.reload(config(probe("a", f"127.0.0.1:{dead.port}", times), probe("b", target)))
    assert daemon.probes()["a"]["since"] == since
    stays(lambda: daemon.probes()["a"]["health"] == "down", 0.5)
    assert len(daemon.logs(event="probe changed", probe="a")) == 1


def test_reloading_in_the_middle_of_runs(healthd, badpeer):
    hung = f"127.0.0.1:{badpeer('tls_stall').port}"
    texts = [config(*(f"  - {{name: p{n}, tls: \"{hung}\", interval: 300ms, labels: {{node_id: n{turn}}}}}\n"
                      for n in range(20))) for turn in range(2)]
    daemon = healthd(texts[0])
    for turn in range(1, 20):
        assert daemon.reload(texts[turn % 2]).status == 200
    wait_until(lambda: daemon.value("healthd_runs_total") > 20)


def test_lists_that_are_printed_meanwhile(healthd):
    """Slice by slice, and compressed: what stays is in it once, in order; what goes may be left out."""
    names = [f"p{i:04}" for i in range(600)]

    def beats(some):
        return "probes: " + json.dumps([{"name": name, "heartbeat": {"every": "1h"}} for name in some]) + "\n"

    def ask(path):
        answer = request(daemon.url(path), headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        return [one["name"] for one in answer.json()["probes"]]

    daemon = healthd(beats(names))
    stay = names[::2]
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        assert ask("/api/probes") == ask("/api/status") == names
        lists = [clients.submit(ask, path) for path in ("/api/probes", "/api/status") * 8]
        daemon.hup(beats(stay))
        for one in (each.result() for each in lists):
            assert one == sorted(set(one)) and set(stay) <= set(one) <= set(names)
    wait_until(lambda: ask("/api/probes") == stay, what="half of the probes to be gone")


def test_a_file_mounted_by_itself_is_said(healthd, target, tmp_path):
    script = 'for last; do :; done; mount --bind "$last" "$last" && exec "$@"'
    daemon = healthd(config(probe("a", target)),
                     under=("unshare", "--mount", "sh", "-c", script, "sh"))
    line = daemon.wait_log(event="file is a bind mount")
    assert line["path"] == str(daemon.config) and "SIGHUP" in line["hint"]


def test_an_exporter_that_cannot_open_loses_nothing(healthd, target):
    daemon = healthd(config(probe("a", target)))
    wait_until(lambda: daemon.probes()["a"]["health"] == "up", what="a to be up")
    other = config(probe("a", target, "interval: 2h, retry_interval: 1h"), probe("b", target),
                   more="exporters: {json_log: {to: /nowhere/at/all.log}}\n")
    answer = daemon.reload(other)
    assert answer.status == 500 and "/nowhere/at/all.log" in answer.text
    kept = daemon.explain("a")
    assert kept["health"] == "up" and kept["timing"]["interval_seconds"] == 3600
    assert set(daemon.probes()) == {"a"}


def test_what_only_a_restart_applies_is_said(healthd, target):
    daemon = healthd(config(probe("a", target)))
    daemon.reload(config(probe("a", target), more="resolver: {max_ttl: 1s}\n"))
    said = wait_until(lambda: daemon.logs(event="change not applied"))
    assert said[0]["option"] == "resolver" and "restart" in said[0]["hint"]
