// SPDX-License-Identifier: Apache-2.0
// What fires and who was told; silences; notices on their way; how each receiver does.

import { acknowledge, giveBack, silence } from "./acts.js";
import { get } from "./api.js";
import { endingWords, toldList } from "./delivery.js";
import { deployList, deploys } from "./deploys.js";
import { tell } from "./dialog.js";
import { coded, h, link, probeRoute, put } from "./dom.js";
import { healthIcon } from "./icons.js";
import { model, now, refresh, subscribe } from "./model.js";
import { noticeTable, receiverTable } from "./notices.js";
import { silenceTable } from "./silences.js";
import { mayAct } from "./token.js";
import { clock, count, exact, since } from "./words.js";

const AGAIN_MS = 10000;
const ORDER = { firing: 0, pending: 1, resolved: 2 };
const LEVEL = { critical: 0, error: 1, warning: 2, info: 3, none: 4 };
const HIDDEN_LABELS = new Set(["alertname", "probe", "severity"]);

function sorted() {
  return [...model.alerts].sort((a, b) => ORDER[a.state] - ORDER[b.state] || Boolean(a.held) - Boolean(b.held) ||
    LEVEL[a.level] - LEVEL[b.level] || (a.since || "").localeCompare(b.since || ""));
}

function healthOf(alert) {
  if (alert.state === "resolved") return "up";
  if (alert.state === "pending") return "unknown";
  return alert.level === "critical" ? "down" : "degraded";
}

function runbook(alert) {
  const url = alert.annotations.runbook_url || "";
  const isOurs = /^\/runbooks\/\w+$/.test(url), isWeb = /^https?:\/\//.test(url);
  if (!isOurs && !isWeb) return null;
  return h("a", { href: isOurs ? url.slice(1) : url, rel: "noreferrer" }, "What to do");
}

function stateWords(alert) {
  if (alert.state === "resolved") return `resolved ${since(alert.since, now())} ago`;
  return `${alert.state === "pending" ? "true" : alert.severity || "fires"} for ${since(alert.since, now())}`;
}

function tryTo(act) {
  return () => act().then(() => refresh()).catch((error) => tell(error.message));
}

function buttons(alert) {
  if (!mayAct() || alert.state !== "firing") return null;
  const matchers = alert.labels.probe || alert.alertname;
  const ack = alert.ack
    ? h("button", { type: "button", "data-key": "a", onclick: tryTo(() => giveBack(alert)) }, "Give back")
    : h("button", { type: "button", "data-key": "a", onclick: tryTo(() => acknowledge(alert)) }, "Acknowledge");
  return h("p", { class: "buttons" }, ack, h("button", { type: "button", "data-key": "s", onclick: tryTo(() => silence(matchers)) }, "Silence"));
}

// What its probe says, while it is not well.
function found(name) {
  const probe = model.probes.get(name);
  return probe && probe.health !== "up" ? probe.detail : "";
}

function card(alert) {
  const health = healthOf(alert), probe = alert.labels.probe;
  const labels = Object.entries(alert.labels).filter(([name]) => !HIDDEN_LABELS.has(name));
  return h("article", { class: `card alert is-${health}${alert.held ? " is-held" : ""}`, tabindex: "-1", "data-key": alert.key },
    h("h2", null, healthIcon(health, alert.severity), h("span", null, alert.annotations.summary || alert.alertname)),
    h("p", { class: "when" }, h("b", null, stateWords(alert)), h("span", { class: "quiet", title: exact(alert.since) }, ` since ${clock(alert.since, now())}${endingWords(alert, now())}`),
      alert.unknown ? h("span", { class: "quiet" }, "; right now it cannot be told whether it still holds") : null),
    found(probe) ? h("p", { class: "detail" }, found(probe)) : null,
    alert.annotations.description ? h("p", { class: found(probe) ? "quiet" : "detail" }, coded(alert.annotations.description)) : null,
    h("p", { class: "quiet small" }, alert.alertname, probe ? [" · ", link(probeRoute(probe), null, probe)] : null, runbook(alert) ? [" · ", runbook(alert)] : null,
      " · ", link(`#/query?q=${encodeURIComponent(alert.expr.trim())}`, null, "Its query")),
    labels.length ? h("p", { class: "quiet small mono" }, labels.map(([name, value]) => `${name}=${value}`).join(" ")) : null,
    toldList(alert, now()), buttons(alert));
}

function headline(firing) {
  if (!firing.length) return "No alert fires";
  const held = firing.filter((alert) => alert.held).length;
  return count(firing.length, "alert fires", "alerts fire") + (held ? `, ${held} of them held` : "");
}

// What does not fire: a line each.
function line(alert) {
  const probe = alert.labels.probe;
  return h("li", null, h("b", null, alert.annotations.summary || alert.alertname), h("span", { class: "quiet" }, ` ${stateWords(alert)}`),
    probe ? [" · ", link(probeRoute(probe), null, probe)] : null, runbook(alert) ? [" · ", runbook(alert)] : null);
}

function lines(title, alerts) {
  if (!alerts.length) return null;
  return h("section", null, h("h2", null, title), h("ul", { class: "lines" }, alerts.map(line)));
}

export class AlertsView {
  constructor() {
    this.list = h("div", { class: "stack" });
    this.rest = h("div");
    this.element = h("div", null, this.list, this.rest);
    this.draw();
    this.load();
    this.stop = subscribe((change) => {
      if (!change.alerts && !change.me) return;
      this.draw();
      this.load();
    });
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }

  close() {
    this.isClosed = true;
    this.stop();
    clearInterval(this.timer);
  }

  draw() {
    const focused = document.activeElement;
    const key = this.list.contains(focused) ? focused.closest(".alert")?.dataset.key : null;
    const words = focused.tagName === "BUTTON" ? focused.textContent : null;
    const alerts = sorted(), firing = alerts.filter((alert) => alert.state === "firing");
    put(this.list, h("h1", { tabindex: "-1" }, headline(firing)),
      model.overview.receivers === 0 ? h("p", { class: "alarm" }, "Nobody will be told of anything: the configuration has no ", h("code", null, "receivers:"), ".") : null,
      firing.length ? h("div", { class: "cards" }, firing.map(card)) : null,
      lines("Fires if it goes on", alerts.filter((alert) => alert.state === "pending")),
      lines("Ended lately", alerts.filter((alert) => alert.state === "resolved")));
    const again = key && [...this.list.querySelectorAll(".alert")].find((element) => element.dataset.key === key);
    if (again) ([...again.querySelectorAll("button")].find((button) => button.textContent === words) || again).focus();
  }

  async load() {
    try {
      const [silences, outbox, receivers, deployments] = await Promise.all([get("api/silences"), get("api/outbox"), get("api/receivers"), deploys()]);
      if (this.isClosed) return;
      if (this.rest.contains(document.activeElement)) this.keepFocus(() => this.drawRest(silences, outbox, receivers, deployments));
      else this.drawRest(silences, outbox, receivers, deployments);
    } catch (error) {
      if (!this.isClosed) put(this.rest, h("p", { class: "alarm" }, error.message));
    }
  }

  keepFocus(draw) {
    const all = () => [...this.rest.querySelectorAll("button, a")];
    const place = all().indexOf(document.activeElement);
    draw();
    all()[place]?.focus();
  }

  drawRest(silences, outbox, receivers, deployments) {
    const again = () => this.load();
    put(this.rest, silenceTable(silences, again), noticeTable(outbox, again), receiverTable(receivers), deployList(deployments, now()));
  }
}
