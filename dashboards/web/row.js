// SPDX-License-Identifier: Apache-2.0
// One probe in the overview: made once, then changed in place as runs come in.

import { bars, drawBars } from "./bars.js";
import { h, probeRoute, setText } from "./dom.js";
import { healthIcon, setHealthIcon } from "./icons.js";
import { now } from "./model.js";
import { drawSpark, spark } from "./spark.js";
import { exact, milliseconds, percent, since, turningWords, unconfirmedWords } from "./words.js";

function itemWords(items) {
  const bad = items[3] + items[2];
  const all = items.reduce((sum, n) => sum + n, 0);
  return bad ? `${bad} of ${all} not well` : `${all} well`;
}

function stateWords(probe) {
  const turning = turningWords(probe);
  if (probe.health === "unknown") return unconfirmedWords(probe.at, probe.last, turning);
  const span = probe.since ? ` ${since(probe.since, now())}` : "";
  return `${probe.health}${span}${turning && `; ${turning}`}`;
}

function saying(probe) {
  const isWell = probe.health === "up" && (!probe.last || probe.last === "up");
  if (isWell) return probe.items ? itemWords(probe.items) : "";
  if (probe.unknown_since) return `could not be asked for ${since(probe.unknown_since, now())}: ${probe.detail || ""}`;
  return probe.detail || probe.reason || "";
}

// Copied for each row: that takes a fraction of the time of making one.
const MOLD = h("li", { class: "row" },
  h("span", { class: "cell-name" }, healthIcon("unknown"), h("a", { class: "name" }), h("span", { class: "type" })),
  h("span", { class: "cell-state" }, h("span", { class: "state" }), h("span", { class: "saying" })),
  h("span", { class: "cell-spark" }, spark(), h("span", { class: "figure" })),
  h("span", { class: "cell-avail" }, bars(), h("span", { class: "figure" })));

export class Row {
  constructor(probe, window) {
    this.element = MOLD.cloneNode(true);
    const [name, state, latency, availability] = this.element.children;
    [this.icon, this.name, this.type] = name.children;
    [this.state, this.detail] = state.children;
    [this.line, this.ms] = latency.children;
    [this.strip, this.ratio] = availability.children;
    this.name.href = probeRoute(probe.name);
    this.name.textContent = probe.name;
    this.type.textContent = probe.type;
    this.update(probe, window);
  }

  update(probe, window) {
    this.probe = probe;
    setHealthIcon(this.icon, probe.health);
    this.element.dataset.health = probe.health;
    setText(this.ms, probe.last && probe.last !== "down" && probe.last !== "unknown" ? milliseconds(probe.ms) : "–");
    this.drawLatency();
    this.drawAvailability(window);
    this.tick();
  }

  drawLatency() {
    const drawn = this.probe.spark.join();
    if (drawn === this.drawnLatency) return;
    this.drawnLatency = drawn;
    drawSpark(this.line, this.probe.spark);
  }

  drawAvailability(window) {
    const data = this.probe.windows[window], drawn = window + JSON.stringify(data);
    if (drawn === this.drawnAvailability) return;
    this.drawnAvailability = drawn;
    drawBars(this.strip, window, data, now());
    setText(this.ratio, percent(data.ratio));
  }

  // Time goes on also when nothing happens.
  tick() {
    setText(this.state, stateWords(this.probe));
    setText(this.detail, saying(this.probe));
    if (this.probe.since === this.since) return;
    this.since = this.probe.since;
    this.state.title = this.since ? `since ${exact(this.since)}` : "";
  }
}
