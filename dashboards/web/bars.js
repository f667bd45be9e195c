// SPDX-License-Identifier: Apache-2.0
// Availability as a strip of cells, oldest first. A cell that was down for a minute is as red as one that was down for an
// hour is full of red: the height of the red says how much.

import { h, svg } from "./dom.js";
import { percent, span } from "./words.js";

export const WINDOWS = {
  "24h": { cell: 3600, words: "24 hours" },
  "7d": { cell: 6 * 3600, words: "7 days" },
  "30d": { cell: 86400, words: "30 days" },
};

const HEIGHT = 24, GAP = 0.22;
const LEAST = 0.2; // of the height: what happened at all is to be seen

function cellRects(cell, i) {
  const at = { x: i + GAP / 2, width: 1 - GAP, rx: 0.12, ry: 1.5 };
  if (cell === null) return [svg("rect", { ...at, class: "cell-none", y: 0, height: HEIGHT })];
  if (cell === 1) return [svg("rect", { ...at, class: "cell-up", y: 0, height: HEIGHT })];
  const down = 1 - cell[0], degraded = cell[1];
  const rects = [svg("rect", { ...at, class: "cell-up", y: 0, height: HEIGHT })];
  const tall = (share) => (share > 0 ? Math.max(share, LEAST) * HEIGHT : 0);
  const amber = Math.min(HEIGHT, tall(down) + tall(degraded)), red = tall(down);
  if (degraded > 0) rects.push(svg("rect", { ...at, class: "cell-degraded", y: HEIGHT - amber, height: amber }));
  if (down > 0) rects.push(svg("rect", { ...at, class: "cell-down", y: HEIGHT - red, height: red }));
  return rects;
}

function cellWords(cell, width) {
  if (cell === null) return "nothing known";
  if (cell === 1) return "up";
  const parts = [];
  if (cell[0] < 1) parts.push(`down ${span((1 - cell[0]) * width)}`);
  if (cell[1] > 0) parts.push(`degraded ${span(cell[1] * width)}`);
  return parts.join(", ");
}

// When the cell that ends `back` cells before now's began.
function cellTime(window, back, now) {
  const width = WINDOWS[window].cell;
  const start = new Date((Math.floor(now / width) - back) * width * 1000);
  const options = width < 86400 ? { weekday: "short", hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  return start.toLocaleString([], options);
}

export function bars(window, data, now) {
  const cells = data.cells;
  const groups = cells.map((cell, i) => svg("g", null,
    svg("title", null, `${cellTime(window, cells.length - 1 - i, now)}: ${cellWords(cell, WINDOWS[window].cell)}`),
    cellRects(cell, i)));
  return svg("svg", {
    class: "strip", viewBox: `0 0 ${cells.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${WINDOWS[window].words}: ${percent(data.ratio)} available`,
  }, groups);
}

// A strip with its figure, for one window.
export function availability(window, data, now) {
  return h("div", { class: "avail" }, bars(window, data, now), h("span", { class: "figure" }, percent(data.ratio)));
}
