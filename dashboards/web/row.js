// SPDX-License-Identifier: Apache-2.0
// One probe in the overview: made once, then changed in place as runs come in.

import { availability } from "./bars.js";
import { h, link, probeRoute, put, setText } from "./dom.js";
import { healthIcon, setHealthIcon } from "./icons.js";
import { now } from "./model.js";
import { spark } from "./spark.js";
import { exact, milliseconds, since } from "./words.js";

function itemWords(items) {
  const bad = items[3] + items[2];
  const all = items.reduce((sum, n) => sum + n, 0);
  return bad ? `${bad} of ${all} not well` : `${all} well`;
}

export function stateWords(probe) {
  if (probe.health === "unknown") return probe.at ? "not confirmed yet" : "not asked yet";
  const span = probe.since ? ` ${since(probe.since, now())}` : "";
  const turning = probe.turning ? `, turning ${probe.turning}` : "";
  return `${probe.health}${span}${turning}`;
}

function saying(probe) {
  const isWell = probe.health === "up" && (!probe.last || probe.last === "up");
  if (isWell) return probe.items ? itemWords(probe.items) : "";
  if (probe.unknown_since) return `could not be asked for ${since(probe.unknown_since, now())}: ${probe.detail || ""}`;
  return probe.detail || probe.reason || "";
}

export class Row {
  constructor(probe, window) {
    this.icon = healthIcon(probe.health);
    this.state = h("span", { class: "state" });
    this.detail = h("span", { class: "saying" });
    this.ms = h("span", { class: "figure" });
    this.line = spark(probe.spark);
    this.strip = h("div", { class: "cell-avail" });
    this.element = h("li", { class: "row" },
      h("span", { class: "cell-name" }, this.icon,
        link(probeRoute(probe.name), { class: "name" }, probe.name),
        h("span", { class: "type" }, probe.type)),
      h("span", { class: "cell-state" }, this.state, this.detail),
      h("span", { class: "cell-spark" }, this.line, this.ms),
      this.strip);
    this.setWindow(probe, window);
    this.update(probe);
  }

  setWindow(probe, window) {
    put(this.strip, availability(window, probe.windows[window], now()));
  }

  update(probe) {
    this.probe = probe;
    setHealthIcon(this.icon, probe.health);
    this.element.dataset.health = probe.health;
    this.line.draw(probe.spark);
    setText(this.ms, probe.last && probe.last !== "down" && probe.last !== "unknown" ? milliseconds(probe.ms) : "–");
    this.tick();
  }

  // Time goes on also when nothing happens.
  tick() {
    setText(this.state, stateWords(this.probe));
    setText(this.detail, saying(this.probe));
    if (this.probe.since) this.state.title = `since ${exact(this.probe.since)}`;
  }
}
