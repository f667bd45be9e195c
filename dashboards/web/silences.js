// SPDX-License-Identifier: Apache-2.0
// Silences that hold, are to come, or ended lately; ending one, making one.

import { endSilence, silence } from "./acts.js";
import { tell } from "./dialog.js";
import { h, wide } from "./dom.js";
import { now } from "./model.js";
import { mayAct } from "./token.js";
import { clock, exact } from "./words.js";

const ORDER = { active: 0, pending: 1, expired: 2 };
const SHOWN_MAX = 30;

export function silenceTable(silences, again) {
  const sorted = [...silences].sort((a, b) => (ORDER[a.state] ?? 2) - (ORDER[b.state] ?? 2) || (b.ends || "").localeCompare(a.ends || ""));
  const end = (id) => () => endSilence(id).then(again).catch((error) => tell(error.message));
  const make = mayAct() ? h("button", { type: "button", onclick: () => silence("").then(again).catch((error) => tell(error.message)) }, "New silence") : null;
  const row = (s) => h("tr", { class: s.state === "expired" ? "quiet" : null },
    h("td", { class: "tight" }, s.state), h("th", { scope: "row", class: "mono" }, s.matchers),
    h("td", { class: "tight", title: exact(s.ends) }, `${s.state === "expired" ? "ended" : "until"} ${clock(s.ends, now())}`),
    h("td", null, s.comment, " ", h("span", { class: "quiet" }, s.creator)),
    h("td", { class: "tight" }, mayAct() && s.state !== "expired" ? h("button", { type: "button", onclick: end(s.id), "aria-label": `End the silence of ${s.matchers}` }, "End") : null));
  return h("section", { class: "silences" }, h("div", { class: "section-head" }, h("h2", null, "Silences"), make),
    sorted.length ? wide("Silences", h("table", { class: "list" },
      h("thead", null, h("tr", null, ["State", "What", "Until", "Why", ""].map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))))),
      h("tbody", null, sorted.slice(0, SHOWN_MAX).map(row)))) : h("p", { class: "quiet" }, "None."));
}
