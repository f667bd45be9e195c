# SPDX-License-Identifier: Apache-2.0
"""A configuration or system that is wrong ends healthd with 2, every fault, its place, and a way out."""
import socket

import pytest

from lib.http import request

FAULTS = """\
labels: {environment: test}
probes:
  - name: one
    http: "ftp://example.com/"
  - name: two
    intervall: 5s
    http: "http://localhost/"
  - name: three
    postgress: "localhost"
  - name: four
    tcp: "localhost:80"
    timeout: soon
  - name: five
    http: {url: "http://localhost/", bearer_token: "${file:/nonexistent/token}"}
  - name: six
    http: {url: "http://localhost/"}
    expect: [statuss == 200]
  - name: seven
    tcp: "localhost:80"
  - name: seven
    tcp: "localhost:81"
webb: {listen: ["127.0.0.1:0"]}
"""
PLACES = [
    (4, "ftp"), (6, "interval"), (9, "postgress"), (12, "soon"), (14, "/nonexistent/token"),
    (17, "status"), (20, "seven"), (22, "web"),
]


@pytest.fixture
def refused(run_healthd, tmp_path):
    """refused(config): what healthd says on its way out, with 2."""

    def make(config, *arguments):
        path = tmp_path / "healthd.yml"
        path.write_text(config)
        done = run_healthd("--config", path, *arguments)
        assert done.returncode == 2, done
        assert done.stdout == ""
        return done.stderr

    return make


def working(tmp_path, listen="127.0.0.1:0", more=""):
    return f'web: {{listen: ["{listen}"]}}\nstate: {{path: {tmp_path}/state}}\n{more}'


def test_every_fault_is_said_at_once_with_its_place(refused, tmp_path):
    said = refused(FAULTS)
    for line, word in PLACES:
        found = [text for text in said.split("\n") if f"healthd.yml:{line}:" in text]
        assert found and any(word in text for text in found), f"line {line}: {found}\n{said}"
    assert "    intervall: 5s" in said and "^" in said


@pytest.mark.parametrize("config, words", [
    ("probes: [", ["healthd.yml:2:"]),
    ("probes:\n\t- name: x\n", ["healthd.yml:2:", "tab"]),
    ("probes: {}\n", ["healthd.yml:1:", "list"]),
    ("- a\n", ["mapping"]),
    ("probes: [{tcp: \"a:1\"}]\n", ["name"]),
    ("probes: [{name: x}]\n", ["healthd.yml:1:"]),
    ("probes: [{name: x, tcp: \"a:1\", http: \"b\"}]\n", ["tcp", "http"]),
    ("modules: {m: {prober: unix}}\n", ["unix", "not supported"]),
    ("modules: {m: {prober: http, http: {valid_statuses: [200]}}}\n", ["valid_statuses", "valid_status_codes"]),
    ("module_files: [nowhere.yml]\n", ["nowhere.yml"]),
    ("web: {listen: [\"127.0.0.1:port\"]}\n", ["127.0.0.1:port"]),
    ("web: {listen: [{address: \"127.0.0.1:0\", cert_file: a}]}\n", ["key_file"]),
    ("exporters: {prometheuss: {}}\n", ["prometheus"]),
    ("probes: [{name: x, http: \"${env:NO_SUCH_VARIABLE_HERE}\"}]\n", ["NO_SUCH_VARIABLE_HERE"]),
    ("a: &a [*a, *a]\n", ["healthd.yml:1:"]),
])
def test_a_fault_names_its_place(refused, config, words):
    said = refused(config)
    for word in words:
        assert word in said, said


def test_a_receiver_that_is_at_fault_is_not_missing_as_well(refused):
    said = refused("receivers: {p: {pagerduty: {routing_key: abc}}}\nnotify: {critical: p, warning: [p, q]}\nfallback: [p]\n")
    assert "'routing_key' has 3 characters" in said and "no receiver 'q'" in said and "no receiver 'p'" not in said


def test_a_file_that_is_not_there(run_healthd, tmp_path):
    done = run_healthd("--config", tmp_path / "none.yml")
    assert done.returncode == 2 and "none.yml" in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["stray"], ["--log-level", "loud"]])
def test_usage(run_healthd, arguments):
    assert run_healthd(*arguments).returncode == 2


def test_version_and_help(run_healthd):
    assert run_healthd("--version").stdout.startswith("healthd ")
    assert "--config" in run_healthd("--help").stdout


def test_a_port_in_use(refused, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refused(working(tmp_path, address))
    assert address in said and "in use" in said


def test_an_address_that_is_not_ours(refused, tmp_path):
    assert "192.0.2.1" in refused(working(tmp_path, "192.0.2.1:9990"))


def test_a_state_folder_that_cannot_be_written(refused, tmp_path):
    (tmp_path / "file").write_text("")
    said = refused(f'web: {{listen: ["127.0.0.1:0"]}}\nstate: {{path: {tmp_path}/file/state}}\n')
    assert f"{tmp_path}/file" in said and "state" in said


def test_a_log_file_that_cannot_be_written(refused, tmp_path):
    said = refused(working(tmp_path, more="exporters: {json_log: {to: /nonexistent/x.log}}\n"))
    assert "/nonexistent/x.log" in said


def test_a_certificate_that_is_not_there(refused, tmp_path):
    said = refused(f"web: {{listen: [{{address: '127.0.0.1:0', cert_file: /nonexistent/c.pem, "
                   f"key_file: /nonexistent/k.pem}}]}}\nstate: {{path: {tmp_path}/state}}\n")
    assert "/nonexistent/c.pem" in said


def test_a_certificate_and_another_key(refused, certs, tmp_path):
    said = refused(f"web: {{listen: [{{address: '127.0.0.1:0', cert_file: {certs.server.cert}, "
                   f"key_file: {certs.expired.key}}}]}}\nstate: {{path: {tmp_path}/state}}\n")
    assert "key" in said


def test_a_state_folder_in_use(healthd, refused):
    daemon = healthd()
    said = refused(f'web: {{listen: ["127.0.0.1:0"]}}\nstate: {{path: {daemon.folder}/state}}\n')
    assert f"{daemon.folder}/state" in said and "another healthd" in said


def test_a_socket_in_use_is_kept_and_a_dead_one_replaced(healthd, refused, tmp_path):
    daemon = healthd()
    said = refused(working(tmp_path, f"unix:{daemon.socket}"))
    assert "another process" in said
    daemon.kill()
    again = healthd(f'web: {{listen: ["127.0.0.1:0", "unix:{daemon.socket}"]}}\n')
    assert request("http://localhost/-/ready", unix=daemon.socket).status == 200
    again.stop()
    assert not daemon.socket.exists()


def test_what_is_printed_is_read_back_the_same(run_healthd, tmp_path):
    path = tmp_path / "a.yml"
    path.write_text(working(tmp_path, more="probes: [{name: a, tcp: 'localhost:1', interval: 3s}]\n"))
    first = run_healthd("--config", path, "--print-config")
    assert first.returncode == 0 and "interval: 3s" in first.stdout
    path.write_text(first.stdout)
    second = run_healthd("--config", path, "--print-config")
    assert second.stdout == first.stdout, second.stderr


EIGHT = """\
timezone: Mars/Base
probes:
  - {name: a, http: "http://localhost/", interval: 15, expect: [status = 200], depends_on: [nope]}
  - name: b
    htp: {url: "http://localhost/", metod: GET}
rules:
  - {alert: A, expr: "up ==", active: ofice}
time_intervals: [{name: office, time_intervals: [{weekdays: [monday]}]}]
receivers: {chat: {webhook: {url: "http://127.0.0.1:1/", max_wait: 5}}}
notify: {critical: chta, warning: chat}
"""
EIGHT_SAID = [(1, "Mars/Base"), (3, "no unit"), (3, "write =="), (3, "nope"), (5, "no probe type"), (5, "metod"),
              (7, "expected here"), (7, "ofice"), (9, "max_wait"), (10, "chta")]


def test_faults_come_all_at_once_in_the_order_of_the_file(refused):
    said = refused(EIGHT)
    lines = [line for line in said.split("\n") if ": error: " in line]
    for line, (number, words) in zip(lines, EIGHT_SAID):
        assert f"healthd.yml:{number}:" in line and words in line, said
    assert len(lines) == len(EIGHT_SAID), said
    for hint in ("'http'", "'office'", "'chat'"):
        assert f"hint: did you mean {hint}?" in said, said


def test_a_rule_that_waits_in_vain_is_no_fault_and_is_told_of(healthctl, tmp_path):
    path = tmp_path / "healthd.yml"
    path.write_text(working(tmp_path, more="""\
probes: [{name: w, tcp: "localhost:1"}]
rules:
  - {alert: A, expr: "probe_sucess == 0"}
  - {alert: B, expr: 'up{prob="w"} == 0'}
  - {alert: C, expr: 'probe_success{probe="w"} == 0'}
"""))
    done = healthctl("validate", path)
    assert done.returncode == 0, done.stderr
    assert "healthd.yml:5:23: warning: nothing here makes 'probe_sucess'" in done.stderr
    assert "hint: did you mean probe_success?" in done.stderr
    assert "healthd.yml:6:26: warning: 'up' has no label 'prob'" in done.stderr and "hint: did you mean probe?" in done.stderr
    assert done.stderr.count("warning:") == 2, done.stderr
