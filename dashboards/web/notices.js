// SPDX-License-Identifier: Apache-2.0
// The outbox: every notice with how far it came; and the receivers, with how they do.

import { outboxAct } from "./acts.js";
import { tell } from "./dialog.js";
import { h } from "./dom.js";
import { healthIcon } from "./icons.js";
import { now } from "./model.js";
import { table } from "./table.js";
import { mayAct } from "./token.js";
import { clock, exact, seconds, since } from "./words.js";

const SHOWN_MAX = 50;
const HEALTH = { pending: "degraded", sending: "degraded", done: "up", dead: "down", merged: "up" };
const WORDS = { pending: "waits", sending: "is sent now", done: "delivered", dead: "given up", merged: "part of another" };

function later(at) {
  return at && seconds(at) > now() ? clock(at, now()) : "soon";
}

function stateWords(row) {
  if (row.state === "pending" && row.attempts > 0) return `tried ${row.attempts} times, again ${later(row.next_at)}`;
  if (row.state === "done" && row.in_doubt) return "delivered, perhaps twice";
  return WORDS[row.state] || row.state;
}

function healthOf(row) {
  return row.state === "pending" && row.attempts > 0 ? "down" : HEALTH[row.state] || "unknown";
}

export function noticeTable(outbox, again) {
  const rows = [...outbox].sort((a, b) => b.id - a.id);
  const act = (id, verb) => () => outboxAct(id, verb).then(again).catch((error) => tell(error.message));
  const acts = (row) => (mayAct() && (row.state === "dead" || row.state === "pending")
    ? [h("button", { type: "button", onclick: act(row.id, "retry"), "aria-label": `Send notice ${row.id} again` }, "Send"), " ",
      h("button", { type: "button", onclick: act(row.id, "drop"), "aria-label": `Give notice ${row.id} up` }, "Drop")] : null);
  const row = (r) => [r.id, [r.title || r.kind, h("span", { class: "quiet" }, ` ${r.kind}`)], r.receiver,
    h("span", { title: exact(r.made) }, clock(r.made, now())),
    [healthIcon(healthOf(r), ""), ` ${stateWords(r)}`, r.last_error && r.state !== "done" ? h("span", { class: "quiet" }, `: ${r.last_error}`) : null],
    acts(r)];
  return h("section", null, h("h2", null, "Notices"), rows.length
    ? table("Notices", [["No.", "tight number quiet"], ["Of what"], ["To", "tight"], ["Made", "tight"], ["State", "long"], ["", "tight"]], rows.slice(0, SHOWN_MAX).map(row), 1)
    : h("p", { class: "quiet" }, "None was sent lately."));
}

function receiverState(r) {
  if (r.misconfigured) return ["down", `refuses our credentials: ${r.last_error}`];
  if (r.circuit_until && seconds(r.circuit_until) > now()) return ["down", `does not answer, asked again ${clock(r.circuit_until, now())}: ${r.last_error}`];
  if (r.failures > 0) return ["down", `failed ${r.failures} times in a row: ${r.last_error}`];
  if (r.paused_until && seconds(r.paused_until) > now()) return ["degraded", `asked us to wait until ${clock(r.paused_until, now())}`];
  if (r.last_success) return ["up", `took a notice ${since(r.last_success, now())} ago`];
  return ["unknown", "has not been told anything yet"];
}

export function receiverTable(receivers) {
  if (!receivers.length) return null;
  const row = (r) => {
    const [health, words] = receiverState(r);
    return [[r.name, h("span", { class: "quiet" }, ` ${r.type}`)], [healthIcon(health, ""), ` ${words}`], r.delivered, r.pending, r.dead];
  };
  return h("section", null, h("h2", null, "Receivers"),
    table("Receivers", [["Receiver"], ["State", "long"], ["Delivered", "tight number"], ["Waiting", "tight number"], ["Given up", "tight number"]], receivers.map(row), 0));
}
