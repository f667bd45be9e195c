// SPDX-License-Identifier: Apache-2.0
// Rows under headings; on a narrow screen each row is a stack of labelled values, so that nothing has to be scrolled for.

import { h } from "./dom.js";

function cell(content, [name, kind], isHead) {
  const props = { class: kind, "data-label": name || null };
  return isHead ? h("th", { scope: "row", ...props }, content) : h("td", props, content);
}

// columns: [[heading, classes], …]; rows: [[what is in a cell], …]; head: the column that names its row, if any does.
export function table(label, columns, rows, head = null) {
  const heading = ([name, kind]) => (name ? h("th", { scope: "col", class: kind }, name) : h("td"));
  return h("div", { class: "wide", role: "region", "aria-label": label, tabindex: "0" }, h("table", { class: "list" },
    h("thead", null, h("tr", null, columns.map(heading))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((content, i) => cell(content, columns[i], i === head)))))));
}
