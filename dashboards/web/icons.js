// SPDX-License-Identifier: Apache-2.0
// A health is a shape as well as a colour: tick, exclamation, cross, dash.

import { svg } from "./dom.js";

const PATHS = {
  up: "M4.5 8.4l2.4 2.4 4.6-5.2",
  degraded: "M8 4.2v4.6M8 11.4v.3",
  down: "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6",
  unknown: "M5 8h6",
};

export function healthIcon(health, label) {
  const name = label === undefined ? health : label;
  const props = name ? { role: "img", "aria-label": name } : { "aria-hidden": "true" };
  return svg("svg", { class: `icon is-${health}`, viewBox: "0 0 16 16", ...props },
    svg("circle", { cx: 8, cy: 8, r: 8 }), svg("path", { d: PATHS[health] || PATHS.unknown }));
}

export function setHealthIcon(icon, health) {
  if (icon.dataset.health === health) return;
  icon.dataset.health = health;
  icon.setAttribute("class", `icon is-${health}`);
  if (icon.hasAttribute("aria-label")) icon.setAttribute("aria-label", health);
  icon.lastChild.setAttribute("d", PATHS[health] || PATHS.unknown);
}
