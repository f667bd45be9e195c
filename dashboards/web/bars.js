// SPDX-License-Identifier: Apache-2.0
// Availability as a strip of cells, oldest first. A cell that was down for a minute is as red as one that was down for an
// hour is full of red: the height of the red says how much.

import { svg } from "./dom.js";
import { percent, rough, span } from "./words.js";

export const WINDOWS = {
  "24h": { cell: 3600, words: "24 hours" },
  "7d": { cell: 6 * 3600, words: "7 days" },
  "30d": { cell: 86400, words: "30 days" },
};

const HEIGHT = 24, GAP = 0.22;
const LEAST = 0.2; // of the height: what happened at all is to be seen

// All cells of one kind as one path: an overview has thousands.
function pathOf(cells, heightOf) {
  let path = "";
  cells.forEach((cell, i) => {
    const tall = heightOf(cell);
    if (tall > 0) path += `M${(i + GAP / 2).toFixed(2)} ${HEIGHT}v-${tall.toFixed(1)}h${(1 - GAP).toFixed(2)}v${tall.toFixed(1)}z`;
  });
  return path;
}

const tall = (share) => (share > 0 ? Math.max(share, LEAST) * HEIGHT : 0);
const KINDS = {
  none: (cell) => (cell === null ? HEIGHT : 0),
  up: (cell) => (cell === null ? 0 : HEIGHT),
  degraded: (cell) => (cell === null || cell === 1 || !cell[1] ? 0 : Math.min(HEIGHT, tall(1 - cell[0]) + tall(cell[1]))),
  down: (cell) => (cell === null || cell === 1 ? 0 : tall(1 - cell[0])),
};

function cellWords(cell, width) {
  if (cell === null) return "nothing known";
  if (cell === 1) return "up";
  const parts = [];
  if (cell[0] < 1) parts.push(`down ${span((1 - cell[0]) * width)}`);
  if (cell[1] > 0) parts.push(`degraded ${span(cell[1] * width)}`);
  return parts.join(", ");
}

// An empty strip, for drawBars.
export function bars() {
  return svg("svg", { class: "strip", preserveAspectRatio: "none", role: "img" },
    svg("title"), Object.keys(KINDS).map((kind) => svg("path", { class: `cell-${kind}` })));
}

export function drawBars(strip, window, data, now) {
  const { cells } = data, { cell: width, words } = WINDOWS[window];
  const [title, ...paths] = strip.children;
  Object.values(KINDS).forEach((heightOf, i) => paths[i].setAttribute("d", pathOf(cells, heightOf)));
  strip.setAttribute("viewBox", `0 0 ${cells.length} ${HEIGHT}`);
  strip.setAttribute("aria-label", `${words}: ${percent(data.ratio)} available`);
  strip.onpointermove = (event) => {
    const box = strip.getBoundingClientRect();
    const i = Math.min(cells.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * cells.length)));
    const start = (Math.floor(now / width) - (cells.length - 1 - i)) * width;
    title.textContent = `${rough(start, width)}: ${cellWords(cells[i], width)}`;
  };
}
