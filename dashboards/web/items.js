// SPDX-License-Identifier: Apache-2.0
// The subjects of a probe that has many: containers, mounts, addresses. Those that are not well come first.

import { h } from "./dom.js";
import { healthIcon } from "./icons.js";
import { table } from "./table.js";

const WORST = { down: 0, degraded: 1, unknown: 2, up: 3 };

export function sortedItems(run) {
  return [...run.items].sort((a, b) => WORST[a.health] - WORST[b.health] || a.key.localeCompare(b.key));
}

export function itemTable(run) {
  if (!run || !run.items.length) return null;
  const row = (item) => [[healthIcon(item.health, ""), ` ${item.health}`], item.key, item.detail || item.reason,
    Object.entries(item.labels).map(([name, value]) => `${name}=${value}`).join(" ")];
  return h("section", null, h("h2", null, "What it looks at"),
    table("What it looks at", [["Health", "tight"], ["What"], ["Why", "long"], ["Labels", "long quiet"]], sortedItems(run).map(row), 1));
}
