// SPDX-License-Identifier: Apache-2.0
// What the health was over time: a strip, and the changes in words, newest first.

import { h, svg } from "./dom.js";
import { healthIcon } from "./icons.js";
import { table } from "./table.js";
import { clock, exact, seconds, span } from "./words.js";

const LISTED_MAX = 40;
const WIDTH = 1000, HEIGHT = 26;

// [{from, to, health, change}], oldest first; the changes of history come in either order.
function spells(history, to) {
  const changes = [...history.changes].sort((a, b) => seconds(a.at) - seconds(b.at));
  return changes.map((change, i) => ({
    from: seconds(change.at), to: i + 1 < changes.length ? seconds(changes[i + 1].at) : to, health: change.health, change,
  }));
}

export function badSpans(history, from, to) {
  return spells(history, to).filter((s) => s.health !== "up" && s.to > from)
    .map((s) => ({ from: Math.max(s.from, from), to: s.to, kind: s.health }));
}

// Where something was known at all: hours with figures, joined; and since the first change that memory has.
function knownSpans(history, from, to) {
  const spans = [];
  for (const [start, up, degraded, down] of history.hours) {
    const known = up + degraded + down, end = Math.min(start + 3600, to);
    if (known === 0 || end < from) continue;
    const last = spans[spans.length - 1];
    if (last && last.to >= start) last.to = end;
    else spans.push({ from: Math.max(Math.max(start, end - known), from), to: end }); // of a first hour the end is known
  }
  const known = history.since ? seconds(history.since) : NaN;
  if (known > to - 3600) spans.push({ from: Math.max(known, from), to });
  return spans.map((s) => ({ from: s.from, to: Math.min(s.to, to), kind: "up" }));
}

export function strip(history, from, to) {
  const x = (t) => ((Math.max(t, from) - from) / (to - from)) * WIDTH;
  const bad = badSpans(history, from, to);
  const rects = [{ from, to, kind: "none" }, ...knownSpans(history, from, to), ...bad].map((s) =>
    svg("rect", { class: `cell-${s.kind}`, x: x(s.from), width: Math.max(x(s.to) - x(s.from), s.kind === "up" ? 0 : 2), height: HEIGHT }));
  const downFor = bad.filter((s) => s.kind === "down").reduce((sum, s) => sum + s.to - s.from, 0);
  return h("div", { class: "timeline" },
    svg("svg", { class: "timeline-strip", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": downFor ? `down for ${span(downFor)} of ${span(to - from)}` : `not down in ${span(to - from)}` }, rects),
    h("div", { class: "timeline-ends quiet" }, h("span", null, clock(from * 1000, to)), h("span", null, "now")));
}

export function changeTable(history, from, to) {
  const rows = spells(history, to).filter((s) => s.to >= from).reverse();
  if (!rows.length) return h("p", { class: "quiet" }, "No change in this time.");
  const more = rows.length - LISTED_MAX;
  return [table("Changes", [["Became", "tight"], ["When", "tight"], ["For", "tight"], ["Why", "long"]], rows.slice(0, LISTED_MAX).map((s) => [
    [healthIcon(s.health, ""), ` ${s.health}`],
    h("span", { title: exact(s.from * 1000) }, clock(s.from * 1000, to)),
    span(s.to - s.from),
    s.change.detail || s.change.reason])),
  more > 0 ? h("p", { class: "quiet" }, `and ${more} before that`) : null];
}
