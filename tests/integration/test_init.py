# SPDX-License-Identifier: Apache-2.0
"""healthctl init and coverage: five compose files of different style become configurations that are accepted, without a
password of theirs in them; and what nobody watches is said."""
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/data/compose"
STACKS = sorted(DATA.glob("*.yml"))
PASSWORDS = ["s3cr3t-mongo", "not-for-others", "hunter2-secret", "cachepass1", "old-secret", "env-file-secret", "token=abc"]
WRITTEN = ["healthd/docker-proxy-nginx.conf", "healthd/docker-proxy.conf", "healthd/healthd.yml", "healthd/smoke.yml",
           "healthd.compose.yml"]


def read(path):
    return yaml.safe_load(path.read_text())


def written(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(name="made", params=STACKS, ids=lambda path: path.stem)
def _made(request, healthctl, tmp_path):
    done = healthctl("init", request.param, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    return request.param, tmp_path / "out", done.stdout


def test_what_is_written_is_accepted(healthctl, made):
    _, out, _ = made
    assert written(out) == sorted(WRITTEN)
    done = healthctl("validate", "--without-secrets", out / "healthd/healthd.yml", out / "healthd/smoke.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_service_has_a_probe_or_says_why_not(made):
    stack, out, _ = made
    text = (out / "healthd/healthd.yml").read_text()
    config = yaml.safe_load(text)
    names = {probe["name"] for probe in config["probes"]}
    required = str([probe["containers"] for probe in config["probes"] if "containers" in probe])
    for name in read_services(stack):
        assert name in names or f"-{name}-" in required or f"# {name} is left out" in text


def read_services(stack):
    return list(read(stack)["services"])


def test_no_password_is_copied(made):
    _, out, said = made
    for text in [said] + [path.read_text() for path in out.rglob("*") if path.is_file()]:
        for password in PASSWORDS:
            assert password not in text


def test_healthd_stands_in_the_networks_of_what_it_asks(made):
    stack, out, _ = made
    ours, theirs = read(out / "healthd.compose.yml"), read(stack)
    service = ours["services"]["healthd"]
    known = set(theirs.get("networks", {})) | {"default", "healthd-docker-api"}
    assert set(service["networks"]) <= known
    assert set(service["secrets"]) == set(ours["secrets"])
    for name in ours["secrets"]:
        used = (out / "healthd/healthd.yml").read_text()
        assert f"/run/secrets/{name}" in used


def test_with_its_secrets_it_is_accepted_as_it_is(healthctl, made, tmp_path):
    _, out, _ = made
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in read(out / "healthd.compose.yml")["secrets"]:
        (secrets / name).write_text("https://hooks.example.com/x" if name.endswith("_url") else "a-password-of-ours")
    for path in (out / "healthd/healthd.yml", out / "healthd/smoke.yml"):
        path.write_text(path.read_text().replace("/run/secrets/", f"{secrets}/"))
        done = healthctl("validate", path)
        assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("stack", ["next-payload", "express-fastapi", "node-red", "old"])
def test_compose_takes_the_services(healthctl, tmp_path, stack):
    """Debian's docker-compose knows no `name:`, and no env_file that is a mapping."""
    text = (DATA / f"{stack}.yml").read_text()
    (tmp_path / "compose.yml").write_text("".join(line for line in text.splitlines(True) if not line.startswith("name:")))
    for folder in ("api", "ml"):
        (tmp_path / folder).mkdir()
    assert healthctl("init", tmp_path / "compose.yml").returncode == 0
    done = subprocess.run(["docker-compose", "-f", "compose.yml", "-f", "healthd.compose.yml", "config"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert set(services) == set(read_services(tmp_path / "compose.yml")) | {"healthd", "healthd-docker-proxy"}


def test_healthd_may_do_what_the_packaged_one_may():
    """One is generated and the other one is a file: neither may drift."""
    packaged = read(ROOT / "packaging/compose/healthd.compose.yml")["services"]
    source = (ROOT / "healthctl/init_block.c").read_text()
    for service in packaged.values():
        for key, value in service.items():
            if isinstance(value, str) and key != "image":
                assert f"{key}: {value}" in source.replace('\\"', '"') or f'{key}: "{value}"' in source.replace('\\"', '"')
        for volume in service["volumes"]:
            assert volume in source


@pytest.mark.parametrize("name", ["healthd/healthd.yml", "healthd/smoke.yml", "healthd.compose.yml"])
def test_text_is_as_kept(healthctl, tmp_path, name):
    done = healthctl("init", DATA / "express-fastapi.yml", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    kept = DATA / "express-fastapi" / name
    if os.environ.get("GOLDEN_RECORD"):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text((tmp_path / name).read_text())
    assert (tmp_path / name).read_text() == kept.read_text()


def test_files_that_are_there_stay(healthctl, tmp_path):
    mine = tmp_path / "healthd/healthd.yml"
    mine.parent.mkdir()
    mine.write_text("mine")
    arguments = ["init", DATA / "old.yml", "--out", tmp_path]
    done = healthctl(*arguments)
    assert done.returncode == 2
    assert "healthd.yml is there already" in done.stderr and "--force" in done.stderr
    assert mine.read_text() == "mine" and written(tmp_path) == ["healthd/healthd.yml"]
    assert healthctl(*arguments, "--force").returncode == 0
    assert "probes:" in mine.read_text()


def test_warnings(healthctl, tmp_path):
    done = healthctl("init", DATA / "express-fastapi.yml", "--out", tmp_path, "--format", "json")
    said = json.loads(done.stdout)
    assert [(w["service"], w["text"].split(";")[0].split(":")[0]) for w in said["warnings"]] == [
        ("api", "it has no healthcheck with a URL"),
        ("db", "port 5432 is published to everybody who reaches this machine"),
        ("cache", "redis has no tag but latest"),
    ]
    elsewhere = healthctl("init", DATA / "old.yml", "--out", tmp_path / "x").stdout
    assert "deadman" in elsewhere and f"beside {DATA}/old.yml" in elsewhere
    (tmp_path / "compose.yml").write_text((DATA / "old.yml").read_text())
    assert "beside" not in healthctl("init", tmp_path / "compose.yml", "--force").stdout


def test_a_stack_of_several_files(healthctl, tmp_path):
    """What is included, and extended, is read from its own folder, with its own .env."""
    files = {
        "compose.yml": """
include: [infra/compose.yml, {path: [tools.yml]}, "https://github.com/acme/more.git"]
services: {web: {extends: {file: common/base.yml, service: base}, depends_on: [db]}}
""",
        "infra/compose.yml": "services: {db: {image: 'postgres:${PG}', ports: ['5433:5432']}, migrate: {image: x}, "
                             "app: {build: ., depends_on: {migrate: {condition: service_completed_successfully}}}}",
        "infra/.env": "PG=16",
        "tools.yml": "services: {cache: {image: 'redis:7'}}",
        "common/base.yml": "services: {base: {image: 'acme/web:2', env_file: web.env}}",
        "common/web.env": "PORT=3000",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = healthctl("init", tmp_path / "compose.yml")
    assert done.returncode == 0, done.stderr
    assert "github.com/acme" in done.stderr and "docker compose config" in done.stderr
    text = (tmp_path / "healthd/healthd.yml").read_text()
    probes = {probe["name"]: probe for probe in yaml.safe_load(text)["probes"]}
    assert {"web", "db", "cache"} <= set(probes) and "# migrate is left out" in text
    assert probes["web"]["http"]["url"] == "http://web:3000/" and probes["web"]["depends_on"] == ["db"]
    assert "# postgres:16." in text and '"127.0.0.1:5433:5432"' in text
    done = healthctl("coverage", tmp_path / "compose.yml")
    assert all(f"  {name} " in done.stdout for name in ("web", "db", "migrate", "app", "cache")), done.stdout


@pytest.mark.parametrize("text, why", [
    ("include: [compose.yml]\nservices: {a: {image: x}}", "themselves"),
    ("include: [no.yml]\nservices: {a: {image: x}}", "no.yml"),
    ("services: {a: {image: x, ports: !reset []}}", "docker compose config"),
    ("include: [{env_file: x}]\nservices: {a: {image: x}}", "has no `path`"),
    ("services: {a: {extends: {service: b}}}", "'b', which is not there"),
    ("services: {a: {extends: {service: b, file: no.yml}}}", "no.yml"),
    ("services: [", "error"),
    ("a: 1", "no `services:`"),
    ("services: {}", "names no service"),
    ("services: &a {x: *a}", "error"),
    ("services: {a: {image: x, depends_on: [a]}}", "depends on itself"),
])
def test_what_is_no_compose_file_is_said(healthctl, tmp_path, text, why):
    path = tmp_path / "compose.yml"
    path.write_text(text)
    for command in ["init", "coverage"]:
        done = healthctl(command, path)
        assert done.returncode == 2 and why in done.stderr, done.stderr
    assert written(tmp_path) == ["compose.yml"]


# ---- the dead man's switch ----

def deadman_of(out):
    return read(out / "healthd/healthd.yml")["notify"].get("deadman")


def test_deadman_by_flag(healthctl, tmp_path):
    url = "https://hc.example.com/ping/1234"
    done = healthctl("init", DATA / "old.yml", "--out", tmp_path, "--deadman", url)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secrets/deadman_url").read_text() == url
    assert deadman_of(tmp_path)["url"] == "${file:/run/secrets/deadman_url}"
    assert url not in done.stdout


def test_deadman_is_asked_for_at_a_terminal(tmp_path):
    ours, theirs = pty.openpty()
    with subprocess.Popen([os.environ["HEALTHCTL_BIN"], "init", str(DATA / "old.yml"), "--out", str(tmp_path)],
                          stdin=theirs, stderr=theirs, stdout=subprocess.PIPE) as process:
        os.write(ours, b"https://hc.example.com/ping/5678\n")
        process.communicate(timeout=30)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0
    assert (tmp_path / "secrets/deadman_url").read_text() == "https://hc.example.com/ping/5678"


def test_a_deadman_that_is_no_url_is_refused(healthctl, tmp_path):
    done = healthctl("init", DATA / "old.yml", "--out", tmp_path, "--deadman", "hc.example.com")
    assert done.returncode == 2 and "https://" in done.stderr
    assert written(tmp_path) == []


# ---- coverage ----

def coverage_of(healthctl, stack, config):
    done = healthctl("coverage", stack, "--config", config, "--format", "json")
    return done.returncode, json.loads(done.stdout)


def kinds(said):
    return [(gap["kind"], gap["of"]) for gap in said["uncovered"]]


def test_what_init_writes_covers_every_service(healthctl, made):
    stack, out, _ = made
    _, said = coverage_of(healthctl, stack, out / "healthd/healthd.yml")
    assert [service for service in said["services"] if not service["covered"]] == []
    assert not [gap for gap in said["uncovered"] if gap["kind"] in ("service", "receiver")]


def test_gaps_are_named_one_by_one(healthctl, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text("receivers: {hook: {webhook: {url: \"http://hook.example.com/\"}}}\n"
                      "notify: {critical: [hook]}\n"
                      "probes:\n"
                      "  - {name: orders, postgres: \"postgresql://healthd@127.0.0.1:5432/shop\", severity: warning}\n"
                      "  - {name: api, http: \"http://127.0.0.1:4000/\", severity: critical}\n")
    code, said = coverage_of(healthctl, DATA / "express-fastapi.yml", config)
    assert code == 1
    assert {s["service"]: s["probes"] for s in said["services"] if s["covered"]} == {
        "api": "api", "db": "orders", "migrate": ""}
    assert kinds(said) == [("service", "ml"), ("service", "worker"), ("service", "cache"), ("service", "db-backup"),
                           ("receiver", "orders"), ("backup", ""), ("deadman", ""), ("published", "db")]


def test_a_receiver_whose_floor_is_above_is_no_receiver(healthctl, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text("receivers: {hook: {webhook: {url: \"http://hook.example.com/\"}, severity_floor: critical}}\n"
                      "notify: hook\n"
                      "probes:\n"
                      "  - {name: orders, postgres: \"postgresql://healthd@127.0.0.1:5432/shop\", severity: warning}\n"
                      "  - {name: api, http: \"http://127.0.0.1:4000/\", severity: critical}\n")
    _, said = coverage_of(healthctl, DATA / "express-fastapi.yml", config)
    (gap,) = [gap for gap in said["uncovered"] if gap["kind"] == "receiver"]
    assert gap["of"] == "orders" and "warning, is below the severity_floor of 'hook', critical" in json.dumps(gap)


def test_nothing_is_uncovered(healthctl, tmp_path):
    stack = tmp_path / "compose.yml"
    stack.write_text("services:\n  db: {image: \"postgres:16\"}\n  web: {image: \"a:1\", expose: [80]}\n"
                     "  backup: {image: \"b:1\"}\n")
    done = healthctl("init", stack, "--deadman", "https://hc.example.com/ping/1")
    assert done.returncode == 0, done.stderr
    done = healthctl("coverage", stack)     # finds healthd/healthd.yml beside it
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing of" in done.stdout


def test_the_production_stack_is_covered(healthctl):
    folder = ROOT / "packaging/compose"
    _, said = coverage_of(healthctl, folder / "docker-compose.prod.yml", folder / "healthd/healthd.yml")
    assert not [gap for gap in said["uncovered"] if gap["kind"] in ("service", "receiver", "deadman", "published")]


# ---- validate --without-secrets ----

def test_validate_without_secrets(healthctl, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text("probes:\n  - {name: a, redis: {url: \"redis://a\", password: \"${file:/run/secrets/not-here}\"}}\n")
    assert healthctl("validate", config).returncode == 2
    done = healthctl("validate", "--without-secrets", config)
    assert done.returncode == 0 and done.stderr.count("not-here") >= 1 and "note" in done.stderr
    assert healthctl("validate", "--without-secrets", "--run", config).returncode == 2


def test_what_stands_in_is_fit_for_its_place(healthctl, tmp_path):
    config = tmp_path / "healthd.yml"
    config.write_text("""
probes:
  - {name: a, mongodb: "${env:NO_MONGODB_URI}"}
  - {name: b, queue: "${env:NO_REDIS_URL}"}
  - {name: c, queue: {url: "${env:NO_DATABASE_URL}", table: jobs}}
receivers:
  d: {pagerduty: {routing_key: "${file:/run/secrets/no_pagerduty_key}"}}
  e: {slack: {webhook_url: "${env:NO_SLACK_WEBHOOK_URL}"}}
web:
  tokens:
    - {name: one, token: "${file:/run/secrets/no_one}"}
    - {name: two, token: "${file:/run/secrets/no_two}"}
""")
    done = healthctl("validate", "--without-secrets", config)
    assert done.returncode == 0, done.stderr
