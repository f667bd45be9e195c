// SPDX-License-Identifier: Apache-2.0
// Who was told of an alert, who was not, and why: one line for each receiver.

import { h } from "./dom.js";
import { clock, exact, list, seconds } from "./words.js";

// [class, words] of what became of the last notice.
function outcome(told, now) {
  const d = told.delivery;
  if (d && d.state === "dead") {
    const others = (told.instead || []).filter((one) => one.state === "done").map((one) => one.receiver);
    const took = others.length ? `; ${list(others)} told in its place` : "";
    return [others.length ? "is-degraded" : "is-down", `given up after ${d.attempts} tries: ${d.last_error}${took}`];
  }
  if (d && (d.state === "pending" || d.state === "sending")) {
    const again = d.next_at && seconds(d.next_at) > now ? `, again ${clock(d.next_at, now)}` : ", tried again soon";
    if (d.attempts > 0) return ["is-down", `not delivered: ${d.last_error || "no answer"}${again}`];
    return ["is-degraded", "on its way"];
  }
  if (told.was_told) return ["is-up", `told ${clock(told.last_told, now)}${d && d.in_doubt ? ", perhaps twice" : ""}`];
  if (told.next_flush) return ["is-degraded", `is told ${clock(told.next_flush, now)}`];
  return ["is-unknown", "not told"];
}

function toldLine(told, now) {
  const [kind, words] = outcome(told, now);
  const title = told.delivery && told.delivery.made ? `notice ${told.delivery.id} of ${exact(told.delivery.made)}` : null;
  return h("li", { class: `told ${kind}`, title }, h("b", null, told.receiver), " ", words);
}

// What is well again, and told as over when it has stayed so for a while.
export function endingWords(alert, now) {
  return alert.state === "firing" && alert.ends_at ? `; well again, over ${clock(alert.ends_at, now)} if it stays so` : "";
}

function leftOutLine(one) {
  return h("li", { class: "told is-unknown" }, h("b", null, one.receiver), ` is not told: it is ${one.why}`);
}

export function toldList(alert, now) {
  if (!alert.left_out.length && !alert.told.length && alert.state === "firing") {
    return h("p", { class: "alarm" }, "Nobody is told of this: no receiver takes it. Add one to ", h("code", null, "notify:"), ".");
  }
  const lines = [...alert.told.map((told) => toldLine(told, now)), ...alert.left_out.map(leftOutLine)];
  if (alert.held) lines.push(h("li", { class: "told is-unknown" }, `Held: ${alert.held.by || alert.held.kind}`));
  if (alert.ack) {
    const why = alert.ack.comment ? ` “${alert.ack.comment}”` : "";
    lines.push(h("li", { class: "told is-up" }, `${alert.ack.who} has it until ${clock(alert.ack.until, now)}${why}`));
  }
  return h("ul", { class: "tolds" }, lines);
}
