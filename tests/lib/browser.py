# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium without a screen, as a person would use it: keys, what is shown, how it looks, what is wrong with it."""
import base64
import contextlib
import json
import os
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from lib.healthd import program
from lib.npm import node_modules
from lib.scratch import clear, scratch
from lib.wait import wait_until

SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
TALLEST = 2400
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-gpu",
             "--force-prefers-reduced-motion", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--lang=en-GB", "--no-proxy-server")


def screenshots():
    """The folder of the build that pictures go to, for people to look at."""
    folder = Path(program("HEALTHD_BIN")).resolve().parents[1] / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


class Browser:
    def __init__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.folder = scratch("browser")
        service = Service("/usr/bin/chromedriver", env=dict(os.environ, TMPDIR=str(self.folder)))
        self.driver = webdriver.Chrome(service=service, options=options)

    def close(self):
        self.driver.quit()
        clear(self.folder)

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def look_like(self, screen="desktop", theme="light"):
        width, height = SCREENS[screen]
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=screen == "phone")
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def open(self, url):
        """A page of its own, until it says that it is ready."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # of another page, whose healthd may have ended
        self.driver.get(url)
        self.wait(lambda: self.run("return document.body.dataset.ready === 'true'"), "the page to be ready", 30)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, predicate, what, deadline=15.0):
        def safe():
            try:
                return predicate()
            except WebDriverException as error:  # what was found is gone already
                raise LookupError(str(error)) from error

        return wait_until(safe, deadline, what)

    # ---- what is shown ----

    def text(self, selector="main"):
        """As a person reads it; "" when there is nothing like that."""
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0].text if found else ""

    def wait_text(self, words, selector="main", deadline=15.0):
        def shown():
            text = self.text(selector)
            if words not in text:
                raise LookupError(text)
            return text

        return self.wait(shown, f"{selector} to say {words!r}", deadline)

    def focused(self):
        return self.run("const e = document.activeElement; return e.getAttribute('aria-label') || e.innerText || e.id || e.tagName")

    # ---- the keyboard ----

    def press(self, *keys):
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def replace(self, text):
        """Types over all that the field has."""
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(text).perform()

    # ---- what is wrong with it ----

    def complaints(self):
        """What the console has, of warnings and errors, since the last call."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]

    def violations(self):
        """What axe finds wrong for people with disabilities."""
        self.run((node_modules("axe") / "axe-core/axe.min.js").read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then(r => done(r.violations), e => done([{id: String(e), nodes: []}]))")
        return [f"{one['id']}: {node.get('target')} {node.get('failureSummary', '')}" for one in found
                for node in one["nodes"] or [{}]]

    def is_too_wide(self):
        return self.run("return document.documentElement.scrollWidth > innerWidth")

    def shoot(self, name, screen, theme):
        """A picture of the whole page; its path."""
        width, height = SCREENS[screen]
        tall = min(max(height, self.run("return document.documentElement.scrollHeight")), TALLEST)
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=tall, deviceScaleFactor=1, mobile=screen == "phone")
        path = screenshots() / f"{name}-{screen}-{theme}.png"
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"]))
        self.look_like(screen, theme)
        return path


@contextlib.contextmanager
def browsing():
    browser = Browser()
    try:
        yield browser
    finally:
        browser.close()


def timing(browser):
    """Milliseconds from the request to a page that shows everything."""
    return json.loads(browser.run(
        "return JSON.stringify(performance.getEntriesByName('ready')[0].startTime)"))
