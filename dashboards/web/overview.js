// SPDX-License-Identifier: Apache-2.0
// The overview: the summary, then every probe in groups, the worst group first.

import { WINDOWS } from "./bars.js";
import { byId, h, put, setText } from "./dom.js";
import { model, rank, subscribe } from "./model.js";
import { Row } from "./row.js";
import { summary } from "./summary.js";
import { count } from "./words.js";

const GROUPINGS = { component: "component", workflow_id: "workflow", type: "type" };
const KEPT = { window: "healthd-window", grouping: "healthd-grouping" };

function kept(name, choices) {
  try {
    const value = localStorage.getItem(KEPT[name]);
    return value in choices ? value : null;
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(KEPT[name], value);
  } catch {
    // it is chosen again next time
  }
}

function usualGrouping() {
  const probes = [...model.probes.values()];
  return ["component", "workflow_id"].find((label) => probes.some((p) => p.labels[label])) || "type";
}

function groupOf(probe, grouping) {
  return (grouping === "type" ? probe.type : probe.labels[grouping]) || "other";
}

// [[name, probes], …], the worst first, then as configured.
function groups(grouping, wanted) {
  const found = new Map();
  for (const probe of model.probes.values()) {
    const text = `${probe.name} ${probe.type} ${Object.values(probe.labels).join(" ")} ${probe.health}`.toLowerCase();
    if (!wanted.every((word) => text.includes(word))) continue;
    const name = groupOf(probe, grouping);
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(probe);
  }
  const worst = (probes) => Math.max(...probes.map(rank));
  return [...found].sort((a, b) => worst(b[1]) - worst(a[1]) || (a[0] === "other") - (b[0] === "other"));
}

function groupWords(probes) {
  const bad = probes.filter((p) => p.health === "down").length;
  const degraded = probes.filter((p) => p.health === "degraded").length;
  const parts = [];
  if (bad) parts.push(`${bad} down`);
  if (degraded) parts.push(`${degraded} degraded`);
  return parts.length ? parts.join(", ") : count(probes.length, "probe");
}

function choice(id, label, options, value, onchange) {
  return h("label", { class: "choice", for: id }, `${label} `,
    h("select", { id, onchange: (event) => onchange(event.target.value) },
      Object.entries(options).map(([key, words]) => h("option", { value: key, selected: key === value }, words))));
}

export class Overview {
  constructor() {
    this.rows = new Map();
    this.window = kept("window", WINDOWS) || "24h";
    this.grouping = kept("grouping", GROUPINGS) || usualGrouping();
    this.filter = "";
    this.head = h("div", { class: "summary" });
    this.toolbar = this.tools();
    this.list = h("div", { class: "groups" });
    this.element = h("div", null, this.head, this.toolbar, this.list);
    this.drawSummary();
    this.drawGroups();
    this.stop = subscribe((change) => this.onChange(change));
    this.timer = setInterval(() => this.tick(), 5000);
  }

  close() {
    this.stop();
    clearInterval(this.timer);
  }

  tools() {
    const windows = Object.fromEntries(Object.entries(WINDOWS).map(([key, w]) => [key, w.words]));
    return h("div", { class: "tools" },
      h("label", { class: "choice", for: "filter" }, "Find ",
        h("input", { id: "filter", type: "search", size: 16, autocomplete: "off", placeholder: "name, label, down …",
          oninput: (event) => this.setFilter(event.target.value) })),
      choice("grouping", "Group by", GROUPINGS, this.grouping, (value) => this.setGrouping(value)),
      choice("window", "Availability over", windows, this.window, (value) => this.setWindow(value)));
  }

  setFilter(text) {
    this.filter = text;
    this.drawGroups();
  }

  setGrouping(grouping) {
    this.grouping = grouping;
    keep("grouping", grouping);
    this.drawGroups();
  }

  setWindow(window) {
    this.window = window;
    keep("window", window);
    setText(this.windowName, WINDOWS[window].words);
    for (const [name, row] of this.rows) row.update(model.probes.get(name), window);
  }

  drawSummary() {
    const hadFocus = this.head.contains(document.activeElement) && document.activeElement.getAttribute("href");
    put(this.head, summary());
    if (hadFocus) [...this.head.querySelectorAll("a")].find((a) => a.getAttribute("href") === hadFocus)?.focus();
  }

  drawGroups() {
    const focused = document.activeElement?.closest?.(".row a")?.textContent;
    this.rows = new Map();
    const wanted = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = groups(this.grouping, wanted);
    put(this.list, found.map(([name, probes], i) => this.group(name, probes, i)));
    if (!found.length && wanted.length) put(this.list, h("p", { class: "quiet" }, "No probe is like that."));
    this.toolbar.hidden = !model.probes.size;
    if (focused && this.rows.has(focused)) this.rows.get(focused).element.querySelector("a").focus();
    this.shape = this.shapeNow();
  }

  // What the columns are, for the eye; each cell says it itself to who listens.
  columns() {
    this.windowName = h("span", null, WINDOWS[this.window].words);
    const pair = (...spans) => h("span", { class: "pair", "aria-hidden": "true" }, spans);
    return [pair(h("span", null, "State")), pair(h("span", null, "Last hour"), h("span", null, "Latest run")), pair(this.windowName, h("span", null, "Up"))];
  }

  group(name, probes, place) {
    const id = `group-${place}`;
    const rows = probes.map((probe) => {
      const row = new Row(probe, this.window);
      this.rows.set(probe.name, row);
      return row.element;
    });
    return h("section", { class: "group", "aria-labelledby": id },
      h("div", { class: "columns" }, h("h2", { id }, name, h("span", { class: "quiet" }, ` ${groupWords(probes)}`)), place === 0 ? this.columns() : null),
      h("ul", { class: "rows" }, rows));
  }

  // What decides which rows there are, and where they stand.
  shapeNow() {
    return JSON.stringify([...model.probes.values()].map((p) => [p.name, p.type, groupOf(p, this.grouping), p.health]));
  }

  onChange(change) {
    const ran = change.probes || model.probes.keys();
    if (change.probes?.size !== 0 && this.shapeNow() !== this.shape) this.drawGroups();
    else for (const name of ran) this.rows.get(name)?.update(model.probes.get(name), this.window);
    if (change.probes === null || change.alerts || change.turned?.length) this.drawSummary();
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
    if (!byId("main").contains(document.getSelection()?.anchorNode) || document.getSelection().isCollapsed) this.drawSummary();
  }
}
