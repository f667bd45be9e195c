// SPDX-License-Identifier: Apache-2.0
// The subjects of a probe that has many: containers, mounts, addresses. Those that are not well come first.

import { h, wide } from "./dom.js";
import { healthIcon } from "./icons.js";

const WORST = { down: 0, degraded: 1, unknown: 2, up: 3 };

export function sortedItems(run) {
  return [...run.items].sort((a, b) => WORST[a.health] - WORST[b.health] || a.key.localeCompare(b.key));
}

export function itemTable(run) {
  if (!run || !run.items.length) return null;
  const row = (item) => h("tr", null,
    h("td", { class: "tight" }, healthIcon(item.health, ""), ` ${item.health}`), h("th", { scope: "row" }, item.key),
    h("td", null, item.detail || item.reason || ""),
    h("td", { class: "quiet" }, Object.entries(item.labels).map(([name, value]) => `${name}=${value}`).join(" ")));
  return h("section", null, h("h2", null, "What it looks at"), wide("What it looks at", h("table", { class: "list" },
    h("thead", null, h("tr", null, ["Health", "What", "Why", "Labels"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", null, sortedItems(run).map(row)))));
}
