// SPDX-License-Identifier: Apache-2.0
// How far back one looks: a row of buttons, one of them pressed.

import { h } from "./dom.js";

export const RANGES = { "1h": [3600, "1 h"], "6h": [6 * 3600, "6 h"], "24h": [86400, "24 h"], "7d": [7 * 86400, "7 d"], "90d": [90 * 86400, "90 d"] };

export function rangePicker(keys, chosen, onChoose) {
  const group = h("div", { class: "ranges", role: "group", "aria-label": "How far back" });
  const buttons = keys.map((key) => h("button", {
    type: "button", "aria-pressed": String(key === chosen),
    onclick: () => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.range === key));
      onChoose(key);
    },
    "data-range": key,
  }, RANGES[key][1]));
  group.append(...buttons);
  return group;
}
