// SPDX-License-Identifier: Apache-2.0
// The last good and the last bad run side by side, on one scale: where the time went, what was seen, what was said.

import { h, svg } from "./dom.js";
import { healthIcon } from "./icons.js";
import { clock, exact, milliseconds, since } from "./words.js";

const PHASES = {
  resolve: "Find the address", connect: "Connect", tls: "TLS handshake", wait: "Wait for the answer", transfer: "Read the answer",
};
const ROW = 22, WIDTH = 100;

function phaseRows(run) {
  let at = 0;
  const rows = [];
  for (const [name, words] of Object.entries(PHASES)) {
    const took = (run.phases_seconds[name] || 0) * 1000;
    if (!took) continue;
    rows.push({ name, words, at, took });
    at += took;
  }
  return rows;
}

function bar(row, scale, isLast) {
  const x = (row.at / scale) * WIDTH, width = Math.max((row.took / scale) * WIDTH, 0.6);
  return svg("svg", { class: "phase-bar", viewBox: `0 0 ${WIDTH} ${ROW}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: `phase-${row.name}${isLast ? " is-stuck" : ""}`, x: Math.min(x, WIDTH - 0.6), y: 5, width, height: ROW - 10 }));
}

function waterfall(run, scale) {
  const rows = phaseRows(run);
  if (!rows.length) return h("p", { class: "quiet" }, `The whole run took ${milliseconds(run.duration_seconds * 1000)}.`);
  const isBad = run.health === "down";
  return h("table", { class: "phases" },
    h("thead", { class: "unseen" }, h("tr", null, h("th", { scope: "col" }, "Phase"), h("th", { scope: "col" }, "When"), h("th", { scope: "col" }, "Took"))),
    h("tbody", null, rows.map((row, i) => h("tr", null,
      h("th", { scope: "row" }, row.words), h("td", { class: "bar-cell" }, bar(row, scale, isBad && i === rows.length - 1)),
      h("td", { class: "number" }, milliseconds(row.took))))),
    h("tfoot", null, h("tr", null, h("th", { scope: "row" }, "In all"), h("td"), h("td", { class: "number" }, milliseconds(run.duration_seconds * 1000)))));
}

function trace(run) {
  if (!run.trace.length) return null;
  return h("details", { class: "trace" }, h("summary", null, "What was seen"),
    h("dl", null, run.trace.map((line) => [h("dt", null, line.key), h("dd", { class: "mono" }, line.text)])));
}

function column(title, run, scale, now) {
  if (!run) {
    return h("section", { class: "run" }, h("h3", { class: "quiet" }, title),
      h("p", { class: "quiet" }, "None since healthd was started."));
  }
  return h("section", { class: "run" },
    h("h3", null, healthIcon(run.health), ` ${title} `,
      h("span", { class: "quiet", title: exact(run.started) }, `${clock(run.started, now)}, ${since(run.started, now)} ago`)),
    run.detail ? h("p", { class: "detail" }, run.detail) : null,
    run.address ? h("p", { class: "quiet mono" }, run.address) : null,
    waterfall(run, scale), trace(run));
}

export function runs(explained, now) {
  const { last_good: good, last_bad: bad } = explained;
  const total = (run) => (run ? Math.max(run.duration_seconds, Object.values(run.phases_seconds).reduce((a, b) => a + b, 0)) * 1000 : 0);
  const scale = Math.max(total(good), total(bad), 0.001);
  return h("div", { class: "runs" }, column("Last good run", good, scale, now), column("Last bad run", bad, scale, now));
}
