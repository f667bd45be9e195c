// SPDX-License-Identifier: Apache-2.0
// Silences that hold, are to come, or ended lately; ending one, making one.

import { endSilence, silence } from "./acts.js";
import { tell } from "./dialog.js";
import { h } from "./dom.js";
import { now } from "./model.js";
import { table } from "./table.js";
import { mayAct } from "./token.js";
import { clock, exact } from "./words.js";

const ORDER = { active: 0, pending: 1, expired: 2 };
const SHOWN_MAX = 30;

export function silenceTable(silences, again) {
  const sorted = [...silences].sort((a, b) => (ORDER[a.state] ?? 2) - (ORDER[b.state] ?? 2) || (b.ends || "").localeCompare(a.ends || ""));
  const end = (id) => () => endSilence(id).then(again).catch((error) => tell(error.message));
  const make = mayAct() ? h("button", { type: "button", onclick: () => silence("").then(again).catch((error) => tell(error.message)) }, "New silence") : null;
  const row = (s) => [s.state, s.matchers,
    h("span", { title: exact(s.ends) }, `${s.state === "expired" ? "ended" : "until"} ${clock(s.ends, now())}`),
    [s.comment, " ", h("span", { class: "quiet" }, s.creator)],
    mayAct() && s.state !== "expired" ? h("button", { type: "button", onclick: end(s.id), "aria-label": `End the silence of ${s.matchers}` }, "End") : null];
  return h("section", { class: "silences" }, h("div", { class: "section-head" }, h("h2", null, "Silences"), make), sorted.length
    ? table("Silences", [["State", "tight"], ["What", "mono"], ["Until", "tight"], ["Why", "long"], ["", "tight"]], sorted.slice(0, SHOWN_MAX).map(row), 1)
    : h("p", { class: "quiet" }, "None."));
}
