# SPDX-License-Identifier: Apache-2.0
"""The status page in a real browser: one look says what is wrong, since when and who was told; it is live, and can be used
without a mouse, in the dark, on a phone, and without trusting what targets say."""
import json

import pytest
from selenium.webdriver.common.keys import Keys

from lib.browser import browsing
from lib.http import request
from lib.verdicts import PAST, bars, past_of, put_past
from lib.wait import stays, wait_until
from lib.web import Web

TOKEN = "the-tests-may-act"
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=2</script>"
VIEWS = ("#/", "#/probe/orders-db", "#/alerts", "#/flows", "#/machine", "#/query")


@pytest.fixture(scope="module")
def browser():
    with browsing() as one:
        yield one


@pytest.fixture
def shop(healthd, badpeer, notify_stub):
    """A stack of which one database fails: (healthd, the peers by name)."""
    peers = {name: badpeer("ok") for name in ("shop-web", "shop-api", "orders-db", "cache")}
    component = {"shop-web": "web", "shop-api": "web", "orders-db": "data", "cache": "data"}
    keys = {
        "site": "shop-prod",
        "defaults": {"interval": "500ms", "retry_interval": "100ms", "timeout": "400ms"},
        "receivers": {"oncall": {"pagerduty": {"routing_key": "k" * 32, "url": notify_stub.url}},
                      "chat": {"slack": {"webhook_url": f"{notify_stub.url}/services/T0/B0/x"}}},
        "notify": {"critical": ["oncall", "chat"], "warning": ["chat"]},
        "probes": [{"name": name, "severity": "critical", "labels": {"component": component[name]},
                    **({"tcp": f"127.0.0.1:{peer.port}"} if component[name] == "data" else
                       {"http": peer.url(), "should": ["timing.total < 300ms"]})} for name, peer in peers.items()]
                  + [{"name": "host", "host": {}, "severity": "none", "labels": {"component": "machine"}}],
        "flows": [{"name": "checkout", "schedule": "1s", "steps": [
            {"name": "front", "http": peers["shop-web"].url()}, {"name": "paid", "tcp": f"127.0.0.1:{peers['orders-db'].port}"}]}],
    }
    config = "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())
    return healthd(config + 'web: {listen: ["127.0.0.1:0"], act_token: ' + TOKEN + "}\n"), peers


def until_paged(daemon, name="orders-db"):
    def told():
        alerts = [a for a in daemon.get("/api/alerts").json() if a["labels"].get("probe") == name and a["state"] == "firing"]
        return [t for a in alerts for t in a["told"] if t["delivery"] and t["delivery"]["state"] == "done"]

    return wait_until(told, 30, f"somebody to be told of {name}")


def give_token(browser):
    browser.wait_text("Token", "dialog")
    browser.press(TOKEN, Keys.ENTER)


# ---- a look ----

def test_one_look(shop, browser):
    daemon, peers = shop
    daemon.wait_health("shop-web", "up")
    browser.look_like()
    browser.open(daemon.url())
    browser.wait_text("Everything is up", "h1")
    peers["orders-db"].close()
    browser.wait_text("orders-db is down", "h1")  # live: nobody has loaded anything again
    until_paged(daemon)
    card = browser.wait_text("told", ".card")
    assert "down for" in card and "refuses" in card and "oncall" in card and "chat" in card
    assert browser.text(".group h2").startswith("data")  # the worst group comes first
    assert "orders-db is down" in browser.driver.title
    browser.open(daemon.url() + "#/alerts")
    assert "refuses" in browser.wait_text("told", ".card.is-down")  # what was found, not only that something was
    assert browser.complaints() == []


@pytest.mark.parametrize("screen, theme", [("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")])
def test_every_view_for_everybody(shop, browser, screen, theme):
    """Nothing in the console, nothing that axe finds, nothing wider than the screen; pictures for people."""
    daemon, peers = shop
    daemon.wait_health("orders-db", "up")
    peers["orders-db"].close()
    daemon.wait_health("orders-db", "down")
    until_paged(daemon)
    faults = []
    browser.look_like(screen, theme)
    for view in VIEWS:
        browser.open(daemon.url() + view)
        browser.wait(lambda: browser.run("return document.querySelector('main h1') !== null"), "a headline")
        browser.wait(lambda: browser.run("return !document.querySelector('main').innerText.includes('Asking …')"), "figures")
        if browser.is_too_wide():
            faults.append(f"{view} is wider than the {screen}")
        if screen == "desktop" or view == "#/":
            faults += [f"{view}: {fault}" for fault in browser.violations()]
        browser.shoot(view.strip("#/").replace("/", "-") or "overview", screen, theme)
    assert not faults, "\n".join(faults)
    assert browser.complaints() == []


def test_a_probe(shop, browser):
    daemon, peers = shop
    daemon.wait_health("orders-db", "up")
    peers["orders-db"].close()
    daemon.wait_health("orders-db", "down")
    browser.look_like()
    browser.open(daemon.url() + "#/probe/orders-db")
    browser.wait_text("It is down")
    for words in ("Last good run", "Last bad run", "Connect", "component", "data", "Availability", "timeout"):
        browser.wait_text(words)
    browser.wait_text("refuses", ".list")
    assert "Run now" in browser.text()
    browser.press("r")
    give_token(browser)
    browser.wait_text("It ran: down", ".toast")
    deployed = request(daemon.url("/api/deploys"), "POST", headers={"Authorization": f"Bearer {TOKEN}"},
                       body=json.dumps({"what": "shop", "release": "2026.11"}).encode())
    assert deployed.status == 200
    browser.open(daemon.url() + "#/probe/orders-db")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.chart-flag').length") == 1, "the deployment's mark")
    assert browser.run("return sessionStorage.length") == 1 and browser.run("return localStorage.length") == 0
    assert browser.complaints() == []


DRAWN = "return document.querySelector('.strip .cell-down').getAttribute('d')"
COUNT_READING = """const fetchIt = window.fetch.bind(window), clock = Date.now.bind(Date); window.read = window.ahead = 0;
window.fetch = (...asked) => { if (String(asked[0]).includes("api/overview")) window.read++; return fetchIt(...asked); };
Date.now = () => clock() + window.ahead * 1000;"""


def test_bars(healthd, badpeer, browser, tmp_path):
    """Of days before healthd was started; read again after a reload, and every five minutes, which the stream does not tell of."""
    probe = f'probes: [{{name: db, tcp: "127.0.0.1:{badpeer("ok").port}", interval: 500ms, timeout: 400ms}}]\n'
    state = f"state: {{path: {tmp_path}/state}}\n"
    daemon = healthd(probe + state)
    daemon.wait_health("db", "up")
    daemon.stop()
    put_past(tmp_path / "state", "db")
    daemon = healthd(probe + state)
    wait_until(lambda: past_of(bars(daemon, "db")) == PAST, 10, "the bars of the days before")
    browser.look_like()
    browser.open(daemon.url())
    drawn = browser.wait(lambda: browser.run(DRAWN), "what was down five hours ago to be drawn")
    daemon.reload("probes: []\n" + state)
    browser.wait_text("Nothing is watched yet", "h1")
    daemon.reload(probe + state)
    browser.wait(lambda: browser.run(DRAWN) == drawn, "the same bars again")
    browser.run(COUNT_READING)
    stays(lambda: browser.run("window.ahead = 200; return window.read") == 0, 1, "nothing read again")  # two runs are told of
    browser.run("window.ahead = 301")
    browser.wait(lambda: browser.run("return window.read") > 0, "the bars to be read again")
    assert browser.complaints() == []


def test_flows_the_machine_and_queries(shop, browser):
    daemon, _ = shop
    daemon.wait_health("host", "up")
    browser.look_like()
    browser.open(daemon.url() + "#/flows")
    browser.wait_text("checkout")
    browser.wait_text("front", ".steps")
    browser.press("g", "m")
    browser.wait_text("Memory")
    browser.wait_text("Disks")
    browser.press("/")
    browser.wait(lambda: browser.focused() == "PromQL expression", "the query box to have the focus")
    browser.replace("count by (type) (probe_success)")
    browser.press(Keys.ENTER)
    browser.wait_text('{type="tcp"}', ".list")
    browser.replace("rate(")
    browser.press(Keys.ENTER)
    browser.wait_text("parse", ".trouble")
    assert browser.complaints()[0].count("400") == 1  # the browser's own line of the refused query


def test_containers(healthd, engine, browser):
    engine.run("plain", "--memory", "64m")
    engine.run("broken", command=("sh", "-c", "exit 3"))
    daemon = healthd(f'probes: [{{name: containers, containers: {{docker: "{engine.address}"}}, interval: 500ms, timeout: 450ms}}]\n')
    daemon.wait_health("containers", "down")
    browser.look_like()
    browser.open(daemon.url() + "#/machine")
    table = browser.wait_text("broken", ".list")
    assert table.index("broken") < table.index("plain") and "exit" in table  # what is not well comes first
    browser.wait_text("of 64.0 MiB", ".list", 25)
    assert browser.violations() == [] and browser.complaints() == []
    browser.shoot("containers", "desktop", "light")


def test_polls_where_the_stream_does_not_come_through(shop, browser):
    daemon, _ = shop
    daemon.wait_health("orders-db", "up")
    browser.look_like()
    browser.devtools("Network.enable")
    browser.devtools("Network.setBlockedURLs", urls=["*/api/stream"])
    try:
        browser.open(daemon.url())
        browser.wait_text("Every 10 s", ".connection")
        browser.wait_text("Everything is up", "h1")
    finally:
        browser.devtools("Network.setBlockedURLs", urls=[])


# ---- the keyboard ----

def test_acknowledge_and_silence_by_keyboard(shop, browser, notify_stub):
    daemon, peers = shop
    daemon.wait_health("orders-db", "up")
    peers["orders-db"].close()
    until_paged(daemon)
    browser.look_like()
    browser.open(daemon.url())
    browser.run("sessionStorage.clear()")
    browser.press("g", "a")
    browser.wait_text("orders-db is down", ".alert")
    browser.press("j")
    browser.wait(lambda: "orders-db is down" in browser.focused(), "the alert to be chosen")
    browser.press("a")
    give_token(browser)
    browser.wait_text("Take orders-db", "dialog")
    browser.press("looking at it", Keys.TAB, Keys.TAB, "eve", Keys.ENTER)
    browser.wait_text("eve has it until", ".alert")
    [ack] = [a["ack"] for a in daemon.get("/api/alerts").json() if a["ack"]]
    assert (ack["who"], ack["comment"]) == ("eve", "looking at it")
    browser.press("s")
    browser.wait_text("Silence", "dialog")
    browser.press(Keys.TAB, Keys.TAB, "a new disk comes", Keys.ENTER)
    browser.wait_text("a new disk comes", ".silences")
    [silence] = daemon.get("/api/silences").json()
    assert (silence["state"], silence["creator"]) == ("active", "eve") and "orders-db" in silence["matchers"]
    browser.wait_text("Held: silence", ".alert")
    browser.run("document.querySelector('.silences tbody button').focus()")
    browser.press(Keys.ENTER)
    browser.wait_text("expired", ".silences")
    assert browser.complaints() == []


def test_a_wrong_token_is_refused_in_words(shop, browser):
    daemon, _ = shop
    daemon.wait_health("orders-db", "up")
    browser.look_like()
    browser.open(daemon.url() + "#/probe/cache")
    browser.run("sessionStorage.clear()")
    browser.wait_text("Run now")
    browser.press("r")
    browser.wait_text("Token", "dialog")
    browser.press("guess", Keys.ENTER)
    browser.wait_text("does not let you act", "dialog")
    browser.press(Keys.ESCAPE)
    browser.wait(lambda: browser.text("dialog") == "", "the dialog to close")
    assert browser.run("return sessionStorage.length") == 0


def test_a_token_with_a_name(healthd, browser):
    """One lets look, another act: a wrong one does not take away what was there, and a good one names its bearer."""
    tokens = "[{name: desk, token: look-only}, {name: eve, token: eve-acts, rights: act}]"
    daemon = healthd('probes: [{name: lone, tcp: "127.0.0.1:1"}]\n'
                     f'web: {{listen: [{{address: "127.0.0.1:0", rights: none}}], tokens: {tokens}}}\n', ready=False)
    url = "http://" + wait_until(lambda: daemon.logs(event="listening")[0]["address"].rpartition("://")[2], 20, "a listener")
    browser.look_like()
    browser.driver.get(url + "/#/probe/lone")
    browser.wait_text("Who are you", "dialog")
    browser.press("look-only", Keys.ENTER)
    browser.wait_text("Silence", ".buttons")
    browser.press("s")
    browser.wait_text("right to act", "dialog")
    browser.press("look-only", Keys.ENTER)
    browser.wait_text("does not let you act", "dialog")
    assert browser.run("return sessionStorage.getItem('healthd-token')") == "look-only"
    browser.replace("eve-acts")
    browser.press(Keys.ENTER)
    browser.wait_text("What it matches", "dialog")
    assert browser.run("return document.querySelector('dialog [name=who]').value") == "eve"
    browser.press(Keys.ESCAPE)


def test_skip_link_and_arrows(shop, browser):
    daemon, _ = shop
    daemon.wait_health("orders-db", "up")
    browser.look_like()
    browser.open(daemon.url())
    browser.press(Keys.TAB)
    assert browser.focused() == "Skip to the content"
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    name = browser.focused()
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    browser.press(Keys.ENTER)
    browser.wait_text(name, "h1")


# ---- what must not be overlooked, and must not be believed ----

def test_nobody_is_told(healthd, badpeer, browser):
    gone = badpeer("ok")
    gone.close()
    probe = f'{{name: lonely, tcp: "127.0.0.1:{gone.port}", severity: critical, interval: 500ms, retry_interval: 100ms, timeout: 300ms}}'
    daemon = healthd(f"probes: [{probe}]\n")
    daemon.wait_health("lonely", "down")
    browser.look_like()
    browser.open(daemon.url())
    assert "no receivers" in browser.wait_text("Nobody will be told", ".alarm")
    browser.wait_text("no receiver takes it", ".card")


def test_what_is_held_does_not_shout(shop, browser):
    """A database that fails, and one that is known to: the second is silenced, told apart, and comes last."""
    daemon, peers = shop
    daemon.wait_health("orders-db", "up")
    daemon.wait_health("cache", "up")
    silence = request(daemon.url("/api/silences"), "POST", headers={"Authorization": f"Bearer {TOKEN}"}, body=json.dumps(
        {"matchers": "cache", "duration": "1h", "comment": "it moves", "creator": "eve"}).encode())
    assert silence.status == 200
    for name in ("cache", "orders-db"):
        peers[name].close()
        daemon.wait_health(name, "down")
    until_paged(daemon)
    browser.look_like()
    browser.open(daemon.url())
    browser.wait_text("orders-db is down", "h1")
    browser.wait_text("cache is down too, and held", ".headline")
    cards = browser.run("return [...document.querySelectorAll('.card h2')].map(e => e.innerText)")
    assert cards[0].startswith("orders-db") and cards[-1].startswith("cache")
    assert "it moves" in browser.text(".card.is-held")
    assert browser.violations() == []
    browser.open(daemon.url() + "#/alerts")
    browser.wait_text("1 of them held", "h1")
    browser.wait_text("cache is down", ".alert.is-held")


def test_with_nothing_to_show(healthd, browser):
    daemon = healthd("probes: []\n")
    browser.look_like()
    for view, words in (("#/", "Nothing is watched yet"), ("#/alerts", "No alert fires"), ("#/flows", "Flows"), ("#/machine", "Machine"),
                        ("#/probe/nobody", "There is no probe nobody"), ("#/nowhere", "There is no such page")):
        browser.open(daemon.url() + view)
        browser.wait_text(words, "h1")
        assert browser.violations() == [], view
    assert all("404" in line for line in browser.complaints())  # the browser's own line of the probe that is not there


def test_a_token_is_kept_while_the_tab_is(healthd, browser):
    daemon = healthd('probes: []\nweb: {listen: [{address: "127.0.0.1:0", bearer_token: sesame}]}\n', ready=False)
    url = "http://" + wait_until(lambda: daemon.logs(event="listening")[0]["address"].rpartition("://")[2], 20, "a listener")
    browser.look_like()
    browser.driver.get(url + "/")
    browser.wait_text("Who are you", "dialog")
    browser.press("sesame", Keys.ENTER)
    browser.wait_text("Nothing is watched yet", "h1")
    browser.driver.refresh()
    browser.wait_text("Nothing is watched yet", "h1")
    assert browser.text("dialog") == ""


def test_nothing_that_a_target_says_is_markup(healthd, request, browser):
    web = Web({"GET /": (500, HOSTILE)})
    request.addfinalizer(web.close)
    probe = {"name": "hostile", "http": {"url": web.url + "/"}, "interval": "500ms", "retry_interval": "100ms", "timeout": "400ms",
             "expect": ["body == 'well'"], "labels": {"component": HOSTILE, "team": "\"><svg onload=window.hacked=3>"}}
    daemon = healthd(f"site: {json.dumps(HOSTILE)}\nprobes: [{json.dumps(probe)}]\n")
    daemon.wait_health("hostile", "down")
    browser.look_like()
    for view in ("#/", "#/probe/hostile", "#/alerts", "#/query?q=" + "%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D4%3E",
                 "#/probe/%3Cscript%3Ewindow.hacked=5%3C/script%3E"):
        browser.open(daemon.url() + view)
        browser.wait_text(HOSTILE[:20], ".bar")
        browser.wait(lambda: browser.run("return document.querySelector('main h1') !== null"), "a headline")
        assert browser.run("return [window.hacked, document.querySelectorAll('main img, main script').length]") == [None, 0], view
    browser.open(daemon.url() + "#/probe/hostile")
    browser.wait_text("<svg onload", ".facts")
