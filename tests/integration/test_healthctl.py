# SPDX-License-Identifier: Apache-2.0
"""healthctl against real targets and a real healthd: what it says, where, and how it ends."""
import json
import os
import pty
import re
import subprocess
import time

import pytest

from lib.healthd import program
from lib.wait import free_port, slowness, wait_until

NO_DAEMON = {"HEALTHD_SOCKET": "/nowhere/healthd.sock"}
ESCAPE = "\033["


def on_terminal(*arguments, env=None):
    """What healthctl prints when stdout is a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment = {**base, "TERM": "xterm", "COLUMNS": "100", "LC_ALL": "C.UTF-8", **(env or {})}
    done = subprocess.Popen([program("HEALTHCTL_BIN"), *map(str, arguments)], stdout=theirs,
                            stderr=subprocess.PIPE, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    done.communicate(timeout=30)
    return shown.decode().replace("\r\n", "\n"), done.returncode


# ---- probe ----

def test_probe_http_that_is_up(healthctl, nginx):
    done = healthctl("probe", "http", nginx().url("/"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("up  http http://127.0.0.1:")
    for phase in ("connect", "wait", "transfer"):
        assert re.search(rf"^  {phase} +[\d.]+ (ms|us)$", done.stdout, re.M), done.stdout
    assert ESCAPE not in done.stdout
    assert done.stderr == ""


def test_probe_is_drawn_on_a_terminal(nginx):
    url = nginx().url("/")
    shown, code = on_terminal("probe", "http", url)
    assert code == 0
    assert "█" in shown and ESCAPE + "32m" in shown
    shown, code = on_terminal("probe", "http", url, env={"NO_COLOR": "1"})
    assert "█" in shown and ESCAPE not in shown
    shown, code = on_terminal("probe", "http", url, "--color=never", env={"LC_ALL": "C"})
    assert "=" in shown and "█" not in shown and ESCAPE not in shown


@pytest.mark.parametrize("arguments, code, reason", [
    (["--expect", "status == 200", "--should", "timing.total < 10s"], 0, ""),
    (["--expect", "status == 201"], 1, "expect"),
    (["--should", "timing.total < 1us"], 0, "too_slow"),
    (["--valid-status-codes", "404"], 1, "status"),
    (["--fail-if-body-matches-regexp", "hel+o"], 1, "body"),
    (["--timeout", "2s", "--method", "POST", "--body", "x", "--valid-status-codes", "200"], 0, ""),
])
def test_probe_options_come_from_the_type(healthctl, nginx, arguments, code, reason):
    done = healthctl("probe", "http", nginx().url("/"), "--format", "json", *arguments)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["reason"]) == (code, reason), done.stdout + done.stderr
    assert answer["exit_code"] == code
    assert answer["phases_seconds"]["connect"] > 0


def test_probe_exit_codes(healthctl, badpeer):
    refused = healthctl("probe", "tcp", f"127.0.0.1:{free_port()}")
    assert refused.returncode == 4 and "refused" in refused.stdout
    silent = healthctl("probe", "http", f"http://127.0.0.1:{badpeer('accept_silent').port}/",
                       "--timeout", "300ms")
    assert silent.returncode == 4 and "timeout" in silent.stdout, silent.stdout
    garbage = healthctl("probe", "http", f"http://127.0.0.1:{badpeer('bad_status').port}/",
                        "--timeout", "1s")
    assert garbage.returncode == 1, garbage.stdout


def test_probe_tls_shows_the_certificate(healthctl, nginx, certs):
    server = nginx(cert=certs.server)
    done = healthctl("probe", "tls", f"localhost:{server.port}", "--tls-config.ca-file", certs.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^  tls +TLS 1\.[23]$", done.stdout, re.M), done.stdout
    assert re.search(r"^  certificate +CN=\S+.*, issued by CN=", done.stdout, re.M)
    assert re.search(r"^  expires +\d{4}-\d\d-\d\d .*\(in ", done.stdout, re.M)
    untrusted = healthctl("probe", "tls", f"localhost:{server.port}")
    assert untrusted.returncode == 1 and "tls_untrusted" in untrusted.stdout


def test_probe_of_every_address_lists_them(healthctl, nginx):
    done = healthctl("probe", "http", f"http://localhost:{nginx().port}/", "--resolve", "all",
                     "--preferred-ip-protocol", "ip4")
    assert re.search(r"^Items$\n  HEALTH  ITEM .*\n(.*\n)*  up +127\.0\.0\.1", done.stdout, re.M), done.stdout


def test_probe_prints_samples(healthctl, nginx):
    done = healthctl("probe", "http", nginx().url("/"), "--format", "prometheus")
    assert "probe_success 1\n" in done.stdout
    assert all(re.match(r"# (HELP|TYPE) |[a-z_]+(\{.*\})? \S+$", line)
               for line in done.stdout.splitlines())


def test_probe_by_module(healthctl, nginx, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text("modules: {http_404: {prober: http, timeout: 2s, http: {valid_status_codes: [404]}}}\n")
    server = nginx("return 404;")
    ask = ["probe", "--config", config, "--module"]
    assert healthctl(*ask, "http_404", server.url("/")).returncode == 0
    unknown = healthctl(*ask, "http_40", server.url("/"))
    assert unknown.returncode == 2 and "did you mean 'http_404'?" in unknown.stderr
    assert healthctl(*ask, "http_404").returncode == 2


def test_secrets_stay_out_of_arguments_and_output(healthctl, nginx):
    url = nginx("return 200 $http_authorization;").url("/")
    refused = healthctl("probe", "http", url, "--bearer-token", "hunter2hunter2")
    assert refused.returncode == 2
    assert "${env:NAME}" in refused.stderr and "hunter2" not in refused.stderr
    done = healthctl("probe", "http", url, "--bearer-token-env", "SECRET", "-v", "--expect",
                     'body == "Bearer hunter2hunter2"', env={"SECRET": "hunter2hunter2"})
    assert done.returncode == 0, done.stdout
    assert "[redacted]" in done.stdout and "hunter2" not in done.stdout + done.stderr


def test_terminal_is_not_steered_by_a_peer(nginx):
    url = nginx("return 200 '\\033[2Jgotcha';".encode().decode("unicode_escape")).url("/")
    shown, _ = on_terminal("probe", "http", url, "-v", "--color", "never")
    assert "gotcha" in shown and ESCAPE not in shown


@pytest.mark.parametrize("arguments, says", [
    ([], "healthctl COMMAND"),
    (["statos"], "did you mean 'status'?"),
    (["probe"], "TYPE is missing"),
    (["probe", "htp", "x"], "did you mean http?"),
    (["probe", "http", "x", "--metod", "GET"], "did you mean --method?"),
    (["probe", "http", "x", "--timeout", "5"], "'5' has no unit"),
    (["probe", "http", "x", "--expect", "statos == 200"], "--expect"),
    (["probe", "--now", "a", "http"], "stands alone"),
    (["probe", "http", "x", "--bearer-token-env", "SURELY_NOT_SET"], "SURELY_NOT_SET"),
    (["explain"], "PROBE is missing"),
    (["status", "--format", "yaml"], "--format is text or json"),
    (["help", "statos"], "no command 'statos'"),
])
def test_usage_says_what_to_do(healthctl, arguments, says):
    done = healthctl(*arguments)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stdout == ""


# ---- validate ----

def test_validate_counts(healthctl, tmp_path):
    good = tmp_path / "good.yml"
    good.write_text("probes:\n  - {name: a, http: 'http://x/'}\n  - {name: b, tcp: 'x:1'}\n"
                    "modules: {m: {prober: http}}\nflows: [{name: f, steps: [{use: a}]}]\n")
    done = healthctl("validate", good)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"{good} is valid: 2 probes, 1 module, 1 flow"
    assert "nobody is told" in done.stdout  # which is easily forgotten, and found out at the wrong time
    good.write_text(good.read_text() + "receivers: {w: {webhook: {url: 'http://x/'}}}\nnotify: w\n")
    assert "nobody" not in healthctl("validate", good).stdout


def test_validate_says_all_faults_with_carets(healthctl, tmp_path):
    text = "probes:\n  - {name: a, htp: 'http://x/'}\n  - {name: b, tcp: 'x:1', interval: 5}\n"
    bad = tmp_path / "bad.yml"
    bad.write_text(text)
    good = tmp_path / "good.yml"
    good.write_text("probes: [{name: a, tcp: 'x:1'}]\n")
    done = healthctl("validate", bad, good)
    assert done.returncode == 2
    assert f"{bad}:2:15: error:" in done.stderr and f"{bad}:3:37: error:" in done.stderr
    assert "did you mean 'http'?" in done.stderr and "^" in done.stderr
    assert done.stdout.startswith(f"{good} is valid: 1 probe\n")
    machine = healthctl("validate", "-", "--format", "json", text=text)
    faults = json.loads(machine.stdout)["files"][0]["faults"]
    assert machine.returncode == 2
    assert [(fault["line"], fault["severity"]) for fault in faults] == [(2, "error"), (3, "error")]
    assert healthctl("validate", tmp_path / "none.yml").returncode == 2


def test_validate_run_asks_every_probe(healthctl, nginx, tmp_path):
    config = tmp_path / "healthd.yml"
    url = nginx().url("/")
    config.write_text("probes:\n" + "".join(
        f"  - {{name: web{i}, http: '{url}'}}\n" for i in range(100)))
    done = healthctl("validate", "--run", config)
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"^  up +web", done.stdout, re.M)) == 100
    config.write_text(config.read_text() + f"  - {{name: dead, tcp: '127.0.0.1:{free_port()}'}}\n")
    done = healthctl("validate", "--run", "--format", "json", config)
    assert done.returncode == 1
    assert json.loads(done.stdout)["files"][0]["runs"][0]["probe"] == "dead"


# ---- with a daemon ----

@pytest.fixture
def watching(healthd, nginx):
    """A healthd with one probe that is up and one that is down, and its nginx."""
    server = nginx()
    daemon = healthd(f"""
site: shop-test
probes:
  - {{name: payload, http: "{server.url('/')}", interval: 1s, timeout: 500ms}}
  - {{name: orders-db, tcp: "127.0.0.1:{free_port()}", interval: 1s, timeout: 500ms, fall: 1}}
""")
    wait_until(lambda: json.loads(daemon.get("/api/status").text)["probes"][1]["health"] == "down",
               10, "orders-db to be down")
    return daemon, server


def test_status(healthctl, watching):
    daemon, _ = watching
    done = healthctl("status", "--socket", daemon.socket)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"healthd \d\S* at shop-test, generation 1: 2 probes, 1 down, 1 up$", lines[0])
    assert [line.split()[:2] for line in lines[1:]] == [
        ["HEALTH", "PROBE"], ["down", "orders-db"], ["up", "payload"]]
    assert "refused" in lines[2]
    machine = healthctl("status", "--format=json", env={"HEALTHD_SOCKET": str(daemon.socket)})
    assert json.loads(machine.stdout)["site"] == "shop-test"
    assert healthctl("status", "--address", daemon.address).returncode == 1


def test_explain(healthctl, watching):
    daemon, server = watching
    at = ["--socket", daemon.socket]
    server.stop()
    wait_until(lambda: json.loads(daemon.get("/api/probes/payload").text)["last_bad"], 10,
               "a bad run of payload")
    done = healthctl("explain", "payload", *at)
    assert done.returncode == 0, done.stderr
    assert re.search(r"LAST GOOD +LAST BAD", done.stdout)
    assert re.search(r"reason +refused", done.stdout)
    timing = healthctl("explain", "payload", "--timing", *at)
    assert re.search(r"seen within 1 s, confirmed down within", timing.stdout)
    near = healthctl("explain", "paylod", *at)
    assert near.returncode == 2 and "did you mean 'payload'?" in near.stderr


def test_explain_tells_each_phase_of_a_single_run_once(healthctl, watching):
    daemon, _ = watching
    done = healthctl("explain", "payload", "--socket", daemon.socket)
    assert "Last good run (there was no bad one)" in done.stdout, done.stdout
    for phase in ("connect", "wait"):
        assert len(re.findall(rf"^ *{phase} ", done.stdout, re.M)) == 1, done.stdout


def test_what_is_not_confirmed_is_not_unknown(healthctl, healthd):
    daemon = healthd(f"""
probes:
  - {{name: slow-to-judge, tcp: "127.0.0.1:{free_port()}", interval: 60s, retry_interval: 60s, timeout: 500ms, fall: 3}}
""")
    at = ["--socket", daemon.socket]
    probe = wait_until(lambda: [p for p in daemon.probes().values() if p["last"]], 10, "a first run")[0]
    assert (probe["health"], probe["turning"], probe["streak"], probe["needed"]) == ("unknown", "down", 1, 3)
    status = healthctl("status", *at)
    assert status.returncode == 0 and "1 unconfirmed" in status.stdout and "unknown" not in status.stdout, status.stdout
    assert "not yet confirmed: down in 1 of 3 runs: " in status.stdout
    explained = healthctl("explain", "slow-to-judge", *at).stdout
    assert explained.startswith("slow-to-judge is not yet confirmed"), explained
    assert re.search(r"not yet confirmed +down in 1 of 3 runs$", explained, re.M), explained


def test_rules_are_those_of_the_healthd_that_answers(healthctl, watching):
    daemon, _ = watching
    at = {"HEALTHD_SOCKET": str(daemon.socket)}
    done = healthctl("rules", env=at)
    assert done.returncode == 0, done.stderr
    assert re.match(rf"/\S+\.yml, which the healthd at unix:{daemon.socket} reads, is valid: ", done.stdout), done.stdout
    alone = healthctl("rules", "--format", "json", env=NO_DAEMON)
    assert json.loads(alone.stdout)["files"][0]["valid"] is True
    said = healthctl("rules", env=NO_DAEMON).stdout
    assert said.startswith("/etc/healthd/healthd.yml is valid") or "no healthd answers" in said, said
    assert "did you mean 'show'?" in healthctl("rules", "list", env=NO_DAEMON).stderr


def test_query_names_the_nearest_word(healthctl, watching):
    daemon, _ = watching
    done = healthctl("query", "probe_sucess == 0", "--socket", daemon.socket)
    assert "nothing matches" in done.stdout and "did you mean probe_success?" in done.stdout, done.stdout
    empty = healthctl("query", "probe_success > 7", "--socket", daemon.socket).stdout
    assert "nothing matches" in empty and "there is no" not in empty


def test_probe_now(healthctl, watching):
    daemon, _ = watching
    done = healthctl("probe", "--now", "payload", "--socket", daemon.socket)
    assert done.returncode == 0 and done.stdout.startswith("up  payload in "), done.stderr
    down = healthctl("probe", "--now", "orders-db", "--socket", daemon.socket, "--format", "json")
    assert down.returncode == 4
    assert json.loads(down.stdout)["last_run"]["reason"] == "refused"


def test_reload(healthctl, watching):
    daemon, _ = watching
    at = ["--socket", daemon.socket]
    assert "has not changed" in healthctl("reload", *at).stdout
    daemon.write("probes: [{name: other, tcp: '127.0.0.1:1'}]\n")
    done = healthctl("reload", *at)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "generation 2 is in force" in done.stdout or "has not changed" in done.stdout
    daemon.write("probes: [{name: other, tpc: '127.0.0.1:1'}]\n")
    rejected = healthctl("reload", *at)
    assert rejected.returncode == 2 and rejected.stdout == ""
    assert "^" in rejected.stderr and "stays in force" in rejected.stderr
    assert "The last reload was rejected" in healthctl("status", *at).stdout


def test_acting_over_tcp_needs_a_token(healthctl, watching):
    daemon, _ = watching
    done = healthctl("reload", "--address", daemon.url_base)
    assert done.returncode == 4
    assert "HEALTHCTL_TOKEN" in done.stderr


def test_a_token_lets_act_over_tls(healthctl, healthd, certs, tmp_path):
    daemon = healthd("web:\n  act_token: ${env:ACT}\n  listen:\n"
                     f"    - {{address: '127.0.0.1:0', cert_file: {certs.server.cert}, "
                     f"key_file: {certs.server.key}}}\n"
                     f"    - unix:{tmp_path}/s.sock\n",
                     env={"ACT": "letmein-please"}, ready=False)
    daemon.wait_log(event="listening")
    address = next(line["address"] for line in daemon.logs(event="listening")
                   if line["address"].startswith("https:"))
    at = ["--address", address.replace("127.0.0.1", "localhost")]
    trust = {"SSL_CERT_FILE": str(certs.path)}
    token = tmp_path / "token"
    token.write_text("letmein-please\n")
    done = healthctl("reload", *at, "--token-file", token, env=trust)
    assert done.returncode == 0, done.stderr
    done = healthctl("reload", *at, env={**trust, "HEALTHCTL_TOKEN": "letmein-please"})
    assert done.returncode == 0, done.stderr
    wrong = healthctl("reload", *at, env={**trust, "HEALTHCTL_TOKEN": "letmein-not"})
    assert wrong.returncode == 4 and "letmein" not in wrong.stderr
    untrusted = healthctl("status", *at)
    assert untrusted.returncode == 4 and "certificate" in untrusted.stderr
    missing = healthctl("reload", *at, "--token-file", tmp_path / "none")
    assert missing.returncode == 2 and "cannot be read" in missing.stderr


def test_healthcheck(healthctl, watching):
    daemon, _ = watching
    done = healthctl("healthcheck", "--socket", daemon.socket)
    assert (done.returncode, done.stdout) == (0, "healthd is healthy.\n")
    daemon.stop()
    assert healthctl("healthcheck", "--socket", daemon.socket).returncode == 1


def test_healthcheck_waits_three_seconds_at_most(healthctl, badpeer):
    began = time.monotonic()
    done = healthctl("healthcheck", "--address", f"127.0.0.1:{badpeer('accept_silent').port}")
    assert done.returncode == 1 and "no healthd answers" in done.stderr
    assert 2.5 < time.monotonic() - began < 4.5 * slowness()


@pytest.mark.parametrize("command", [["status"], ["explain", "x"], ["reload"], ["probe", "--now", "x"]])
def test_without_a_daemon(healthctl, command):
    done = healthctl(*command, env=NO_DAEMON)
    assert (done.returncode, done.stdout) == (4, "")
    assert "/nowhere/healthd.sock: No such file or directory" in done.stderr
    assert "healthd --config FILE" in done.stderr and "--socket" in done.stderr


# ---- completion and manual ----

def completed(shell_words, env):
    """What bash offers for these words, through the script that we print."""
    script = subprocess.run([program("HEALTHCTL_BIN"), "completion", "bash"], capture_output=True,
                            text=True, check=True).stdout
    words = " ".join(f"'{word}'" for word in shell_words)
    ask = (f"{script}\nhealthctl() {{ '{program('HEALTHCTL_BIN')}' \"$@\"; }}\n"
           f"COMP_WORDS=({words}); COMP_CWORD={len(shell_words) - 1}\n"
           f"_healthctl healthctl '{shell_words[-1]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "--norc", "-c", ask], capture_output=True, text=True,
                          env=dict(os.environ, **env), timeout=20)
    return done.stdout.split()


def test_bash_completes(watching, tmp_path):
    daemon, _ = watching
    env = {"HEALTHD_SOCKET": str(daemon.socket)}
    assert completed(["healthctl", "sta"], env) == ["status"]
    assert completed(["healthctl", "explain", ""], env) == ["payload", "orders-db"]
    assert completed(["healthctl", "probe", "tcp", "--query"], env) == ["--query-response"]
    (tmp_path / "one.yml").write_text("")
    assert completed(["healthctl", "validate", f"{tmp_path}/o"], env) == [f"{tmp_path}/one.yml"]


def test_completion_without_a_daemon_is_quiet(healthctl):
    done = healthctl("complete", "--", "explain", "", env=NO_DAEMON)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_manual_has_every_command(healthctl):
    manual = healthctl("--man").stdout
    names = re.findall(r"^  ([a-z]+) ", healthctl("--help").stdout.split("Exit codes")[0], re.M)
    assert len(names) >= 8
    for name in names:
        if name != "healthctl":
            assert f".SS \\fB{name}\\fR" in manual
