// SPDX-License-Identifier: Apache-2.0
// The query box: PromQL over healthd's own history, as a graph and as the values of now.

import { query, queryRange } from "./api.js";
import { Chart } from "./chart.js";
import { deployMarks } from "./deploys.js";
import { h, put } from "./dom.js";
import { now } from "./model.js";
import { RANGES, rangePicker } from "./range.js";
import { table } from "./table.js";
import { count, short } from "./words.js";

const SERIES_MAX = 20, ROWS_MAX = 200, POINTS = 300;
const USUAL = "probe_duration_seconds";
const EXAMPLES = ["probe_duration_seconds", "probe_state == 3", "avg_over_time(probe_success[1h])", "sum by (type) (probe_state == bool 1)", "rate(node_cpu_seconds_total{mode!=\"idle\"}[2m])", "ALERTS"];

const PREFERRED = ["probe", "name", "mountpoint", "device", "cpu", "mode", "type"]; // one of these alone, if it tells them apart

function seriesName(metric) {
  const { __name__: name = "", ...labels } = metric;
  const inner = Object.entries(labels).map(([key, value]) => `${key}="${value}"`).join(", ");
  return inner ? `${name}{${inner}}` : name || "value";
}

// What all series share says nothing about any of them.
function distinctNames(result) {
  const keys = new Set(result.flatMap((series) => Object.keys(series.metric)));
  const telling = [...keys].filter((key) => new Set(result.map((series) => series.metric[key])).size > 1);
  if (result.length < 2 || !telling.length) return result.map((series) => seriesName(series.metric));
  const one = [...PREFERRED, ...telling].find((key) => new Set(result.map((series) => series.metric[key])).size === result.length);
  if (one) return result.map((series) => series.metric[one] || "none");
  return result.map((series) => telling.map((key) => series.metric[key]).filter(Boolean).join(" ") || seriesName(series.metric));
}

function values(result) {
  const rows = result.slice(0, ROWS_MAX), more = result.length - rows.length;
  return [table("Values now", [["Series", "mono long"], ["Now", "number"]], rows.map((series) => [
    seriesName(series.metric), h("span", { title: series.value[1] }, short(Number(series.value[1])))])),
  more > 0 ? h("p", { class: "quiet" }, `and ${more} more`) : null];
}

export class QueryView {
  constructor(text) {
    this.range = "1h";
    this.input = h("input", { id: "query", class: "mono grow", value: text || USUAL, autocomplete: "off", autocapitalize: "off", spellcheck: "false", list: "query-examples", "aria-label": "PromQL expression" });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.chart = new Chart("Query");
    this.values = h("div");
    this.element = h("div", { class: "stack" }, h("h1", { tabindex: "-1" }, "Query"),
      h("form", { class: "query-form", onsubmit: (event) => this.submit(event) }, this.input, h("button", { class: "main" }, "Run"),
        rangePicker(["1h", "6h", "24h"], this.range, (range) => {
          this.range = range;
          this.run();
        })),
      h("datalist", { id: "query-examples" }, EXAMPLES.map((example) => h("option", { value: example }))),
      this.trouble, this.chart.element, this.values);
    this.run();
  }

  close() {
    this.isClosed = true;
    this.chart.close();
  }

  submit(event) {
    event.preventDefault();
    history.replaceState(null, "", `#/query?q=${encodeURIComponent(this.input.value)}`);
    this.run();
  }

  async run() {
    const text = this.input.value.trim(), turn = (this.turn = (this.turn || 0) + 1);
    if (!text) return;
    put(this.trouble);
    const to = now(), from = to - RANGES[this.range][0], step = Math.max(5, Math.ceil((to - from) / POINTS));
    try {
      const [range, instant, marks] = await Promise.all([queryRange(text, from, to, step), query(text), deployMarks()]);
      if (this.isClosed || turn !== this.turn) return;
      this.draw(range, instant, { from, to, marks });
    } catch (error) {
      if (!this.isClosed && turn === this.turn) put(this.trouble, error.message);
    }
  }

  draw(range, instant, frame) {
    const shown = range.result.slice(0, SERIES_MAX), names = distinctNames(shown);
    this.chart.set({ ...frame, series: shown.map((series, i) => ({ name: names[i], points: series.values.map(([t, v]) => [t, Number(v)]) })) });
    const more = range.result.length - shown.length;
    const isVector = Array.isArray(instant) && (instant.length === 0 || typeof instant[0] === "object");
    put(this.values, more > 0 ? h("p", { class: "quiet" }, `${count(more, "series is", "series are")} not drawn.`) : null,
      !isVector ? h("p", { class: "mono" }, String(instant[1])) : instant.length ? values(instant) : h("p", { class: "quiet" }, "No series is like that now."));
  }
}
