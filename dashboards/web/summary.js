// SPDX-License-Identifier: Apache-2.0
// The one look: a sentence in large type, and a card for each thing that is wrong, with since when and who was told.

import { endingWords, toldList } from "./delivery.js";
import { h, link, probeRoute } from "./dom.js";
import { healthIcon } from "./icons.js";
import { alertsOf, firing, isHeld, isUnheard, model, now, rank } from "./model.js";
import { clock, count, exact, list, since } from "./words.js";

const CARDS_MAX = 12;
const NAMES_MAX = 3;

// The most urgent first.
function bad() {
  return [...model.probes.values()].filter((probe) => probe.health === "down" || probe.health === "degraded")
    .sort((a, b) => rank(b) - rank(a) || (b.severity === "critical") - (a.severity === "critical") ||
      (a.since || "").localeCompare(b.since || ""));
}

function named(probes, verb) {
  if (probes.length <= NAMES_MAX) return `${list(probes.map((p) => p.name))} ${probes.length === 1 ? "is" : "are"} ${verb}`;
  return `${probes.length} of ${model.probes.size} are ${verb}`;
}

// [down, down and held, degraded]
function badOnes() {
  const all = bad(), down = all.filter((p) => p.health === "down");
  return [down.filter((p) => !isHeld(p)), down.filter(isHeld), all.filter((p) => p.health === "degraded")];
}

// [health of the whole, sentence]
export function headline() {
  const all = [...model.probes.values()], [down, held, degraded] = badOnes();
  if (down.length) return ["down", named(down, "down")];
  if (held.length) return ["down", `${named(held, "down")}, and held`];
  if (degraded.length) return ["degraded", named(degraded, "degraded")];
  if (!all.length) return ["unknown", "Nothing is watched yet"];
  const open = all.filter((p) => p.health === "unknown");
  if (open.length === all.length) return ["unknown", "Asking for the first time"];
  if (firing().some((alert) => alert.level !== "info" && alert.level !== "none")) return ["degraded", `Up, and ${count(firing().length, "alert fires", "alerts fire")}`];
  if (open.length) return ["unknown", `Up, but ${count(open.length, "probe is", "probes are")} not known`];
  return ["up", "Everything is up"];
}

function subline() {
  const all = [...model.probes.values()];
  if (!all.length) return ["Name what to watch in ", h("code", null, "probes:"), ", or have it written: ", h("code", null, "healthctl init docker-compose.yml"), "."];
  const up = all.filter((p) => p.health === "up").length;
  const unasked = all.filter((p) => p.health === "unknown" || p.unknown_since).length;
  const parts = [`${up} of ${count(all.length, "probe")} up`];
  const [down, held] = badOnes();
  if (down.length && held.length) parts.push(`${named(held, "down")} too, and held`);
  if (unasked) parts.push(`${unasked} not known`);
  const latest = all.map((p) => p.since || "").sort().pop();
  if (latest) parts.push(`last change ${since(latest, now())} ago`);
  return parts.join(" · ");
}

function probeCard(probe) {
  const alerts = alertsOf(probe.name);
  const told = alerts.map((alert) => toldList(alert, now()));
  return h("article", { class: `card is-${probe.health}${isHeld(probe) ? " is-held" : ""}` },
    h("h2", null, healthIcon(probe.health), h("span", null, link(probeRoute(probe.name), null, probe.name), h("span", { class: "quiet" }, ` ${probe.type}`))),
    h("p", { class: "when" }, h("b", null, `${probe.health} for ${since(probe.since, now())}`),
      h("span", { class: "quiet", title: exact(probe.since) }, ` since ${clock(probe.since, now())}`)),
    probe.detail ? h("p", { class: "detail" }, probe.detail) : null,
    told.length ? told : h("p", { class: "quiet" }, "No alert fires yet."));
}

function alertCard(alert) {
  return h("article", { class: `card is-${alert.level === "critical" ? "down" : "degraded"}${alert.held ? " is-held" : ""}` },
    h("h2", null, healthIcon(alert.level === "critical" ? "down" : "degraded", alert.severity),
      link("#/alerts", null, alert.annotations.summary || alert.alertname)),
    h("p", { class: "when" }, h("b", null, `for ${since(alert.since, now())}`),
      h("span", { class: "quiet", title: exact(alert.since) }, ` since ${clock(alert.since, now())}${endingWords(alert, now())}`)),
    toldList(alert, now()));
}

// Alerts that no card of a probe has.
function others(probes) {
  const shown = new Set(probes.map((probe) => probe.name));
  return firing().filter((alert) => !shown.has(alert.labels.probe));
}

function alarms() {
  const unheard = model.alerts.filter(isUnheard);
  const lines = [];
  if (model.overview.receivers === 0) {
    lines.push(["Nobody will be told of anything: the configuration has no ", h("code", null, "receivers:"), "."]);
  } else if (unheard.length) {
    const names = unheard.slice(0, NAMES_MAX).map((alert) => alert.labels.probe || alert.alertname);
    const more = unheard.length > NAMES_MAX ? ` and ${unheard.length - NAMES_MAX} more` : "";
    lines.push([`No receiver takes the alert of ${list(names)}${more}: nobody is told.`]);
  }
  if (model.overview.rejected) lines.push(["The last configuration was rejected; the former one is in force. ", model.overview.rejected]);
  return lines.map((line) => h("p", { class: "alarm" }, line));
}

export function summary() {
  const [health, sentence] = headline();
  const probes = bad();
  const rest = others(probes), isLoud = (alert) => !alert.held;
  const cards = [...probes.filter((probe) => !isHeld(probe)).map(probeCard), ...rest.filter(isLoud).map(alertCard),
    ...probes.filter(isHeld).map(probeCard), ...rest.filter((alert) => alert.held).map(alertCard)];
  const more = cards.length - CARDS_MAX;
  return [
    h("div", { class: `headline is-${health}` }, healthIcon(health, ""),
      h("div", null, h("h1", { tabindex: "-1" }, sentence), h("p", { class: "quiet" }, subline()))),
    alarms(),
    cards.length ? h("section", { class: "cards", "aria-label": "What is wrong" }, cards.slice(0, CARDS_MAX)) : null,
    more > 0 ? h("p", { class: "quiet" }, `and ${more} more, below.`) : null,
  ];
}
