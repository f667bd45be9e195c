// SPDX-License-Identifier: Apache-2.0
// How full something is, as a small bar: amber when it is tight, red when it is all but full.

import { svg } from "./dom.js";

const FULL = 0.95, TIGHT = 0.85;

export function gauge(share) {
  const state = share >= FULL ? "is-down" : share >= TIGHT ? "is-degraded" : "is-up";
  return svg("svg", { class: `gauge ${state}`, viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "cell-none", width: 100, height: 8 }), svg("rect", { class: "gauge-fill", width: Math.min(Math.max(share || 0, 0), 1) * 100, height: 8 }));
}
