// SPDX-License-Identifier: Apache-2.0
// Lines over time: axes, thresholds, marks of deployments, spans of bad health, and a readout under the pointer.

import { h, put, svg } from "./dom.js";
import { exact, rough, short } from "./words.js";

const HEIGHT = 210, LEFT = 64, RIGHT = 12, TOP = 12, BOTTOM = 26;
const TIME_STEPS = [60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600];
const READOUT_MAX = 8;
const SHORTEST = 300; // seconds that are shown at least

// What is younger than half of the time is not pressed into a corner.
function shownFrom({ series, from, to }) {
  const first = Math.min(...series.map((s) => (s.points.length ? s.points[0][0] : to)));
  return first > (from + to) / 2 ? Math.max(from, Math.min(first - 60, to - SHORTEST)) : from;
}

function niceStep(top, wanted) {
  const raw = top / wanted, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
}

function extent(data) {
  const values = data.series.flatMap((s) => s.points.map((p) => p[1])).filter((v) => v !== null && Number.isFinite(v));
  const high = Math.max(0, ...values), low = Math.min(0, ...values);
  // A threshold far above what happens would press the line to the ground: then it is only named.
  const shown = data.thresholds.filter((t) => t.value <= high * 3 || values.length === 0);
  return { low, high: Math.max(high, ...shown.map((t) => t.value)) * 1.06 || 1, thresholds: shown };
}

function linePath(points, x, y) {
  let path = "", isDrawing = false;
  for (const [t, v] of points) {
    if (v === null || !Number.isFinite(v)) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? "L" : "M"}${x(t).toFixed(1)} ${y(v).toFixed(1)}${isDrawing ? "" : "h.01"}`;
    isDrawing = true;
  }
  return path;
}

// data: {series: [{name, points: [[seconds, value or null]]}], from, to, thresholds: [{value, label, kind}],
// marks: [{t, label}], spans: [{from, to, kind}], format}
export class Chart {
  constructor(label) {
    this.label = label;
    this.frame = h("div", { class: "chart-frame" });
    this.readout = h("p", { class: "chart-readout quiet", "aria-hidden": "true" });
    this.legend = h("ul", { class: "legend" });
    this.element = h("figure", { class: "chart" }, this.frame, this.readout, this.legend);
    this.watch = new ResizeObserver(() => this.data && this.draw());
    this.watch.observe(this.frame);
    this.frame.addEventListener("pointermove", (event) => this.point(event));
    this.frame.addEventListener("pointerleave", () => this.unpoint());
  }

  close() {
    this.watch.disconnect();
  }

  set(data) {
    this.data = { thresholds: [], marks: [], spans: [], format: short, ...data };
    this.data.from = shownFrom(this.data);
    this.draw();
  }

  scales() {
    const width = Math.max(260, this.frame.clientWidth || 800);
    const { low, high, thresholds } = extent(this.data);
    const { from, to } = this.data;
    const x = (t) => LEFT + ((t - from) / (to - from || 1)) * (width - LEFT - RIGHT);
    const y = (v) => HEIGHT - BOTTOM - ((v - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
    return { width, low, high, thresholds, x, y };
  }

  draw() {
    const scales = this.scales();
    this.current = scales;
    this.cursor = svg("path", { class: "chart-cursor" });
    put(this.frame, svg("svg", { class: "chart-drawing", width: scales.width, height: HEIGHT, viewBox: `0 0 ${scales.width} ${HEIGHT}`,
      role: "img", "aria-label": this.describe() },
    this.spans(scales), this.grid(scales), this.thresholds(scales), this.marks(scales), this.lines(scales), this.cursor));
    this.drawLegend(scales);
    this.unpoint();
  }

  describe() {
    const { series, format } = this.data;
    const parts = series.slice(0, 3).map((s) => {
      const values = s.points.map((p) => p[1]).filter((v) => v !== null);
      return values.length ? `${s.name}: ${format(values[values.length - 1])} now, ${format(Math.min(...values))} to ${format(Math.max(...values))}`
        : `${s.name}: no values`;
    });
    return `${this.label}. ${parts.join("; ") || "No values"}.`;
  }

  spans({ x, width }) {
    return this.data.spans.map((span) => {
      const from = Math.max(x(span.from), LEFT), to = Math.min(x(span.to), width - RIGHT);
      return to > from ? svg("rect", { class: `chart-span is-${span.kind}`, x: from, y: TOP, width: Math.max(1.5, to - from), height: HEIGHT - TOP - BOTTOM }) : null;
    });
  }

  grid({ width, low, high, x, y }) {
    const parts = [];
    const step = niceStep(high - low, 4);
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      parts.push(svg("path", { class: "chart-grid", d: `M${LEFT} ${y(v).toFixed(1)}H${width - RIGHT}` }),
        svg("text", { class: "chart-text", x: LEFT - 8, y: y(v) + 4, "text-anchor": "end" }, this.data.format(v)));
    }
    const { from, to } = this.data;
    const wanted = Math.max(2, Math.floor(width / 130));
    const pace = TIME_STEPS.find((s) => (to - from) / s <= wanted) || TIME_STEPS[TIME_STEPS.length - 1];
    const zone = new Date(from * 1000).getTimezoneOffset() * 60;
    for (let t = Math.ceil((from - zone) / pace) * pace + zone; t <= to; t += pace) {
      if (x(t) > width - 40) continue;
      parts.push(svg("text", { class: "chart-text", x: x(t), y: HEIGHT - 7, "text-anchor": x(t) < LEFT + 20 ? "start" : "middle" }, rough(t, pace >= 14400 ? pace : Math.min(pace, 3599))));
    }
    return parts;
  }

  thresholds({ width, y, thresholds }) {
    return thresholds.map((t) => [svg("path", { class: `chart-threshold is-${t.kind}`, d: `M${LEFT} ${y(t.value).toFixed(1)}H${width - RIGHT}` }),
      svg("text", { class: `chart-text is-${t.kind}`, x: width - RIGHT - 4, y: y(t.value) - 4, "text-anchor": "end" }, t.label)]);
  }

  marks({ x }) {
    const { from, to } = this.data;
    return this.data.marks.filter((m) => m.t >= from && m.t <= to).map((m) => svg("g", null,
      svg("title", null, m.label), svg("path", { class: "chart-mark", d: `M${x(m.t).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}` }),
      svg("path", { class: "chart-flag", d: `M${x(m.t).toFixed(1)} ${TOP}l8 4l-8 4z` })));
  }

  lines({ x, y }) {
    return this.data.series.map((s, i) => svg("path", { class: `chart-line s${i % 8}`, d: linePath(s.points, x, y) }));
  }

  drawLegend({ thresholds }) {
    const { series, format } = this.data;
    const absent = this.data.thresholds.filter((t) => !thresholds.includes(t));
    const names = series.length > 1 ? series.map((s, i) => h("li", null, h("span", { class: `swatch s${i % 8}`, "aria-hidden": "true" }), s.name)) : [];
    put(this.legend, names, absent.map((t) => h("li", { class: "quiet" }, `${t.label}: ${format(t.value)}, far above`)));
  }

  point(event) {
    const { x } = this.current, { from, to, series, format } = this.data;
    const left = event.clientX - this.frame.getBoundingClientRect().left;
    const span = x(to) - x(from);
    const t = from + ((left - LEFT) / span) * (to - from);
    if (t < from || t > to || !series.length) return this.unpoint();
    this.cursor.setAttribute("d", `M${left.toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}`);
    const near = series.slice(0, READOUT_MAX).map((s) => {
      const best = s.points.reduce((a, p) => (Math.abs(p[0] - t) < Math.abs(a[0] - t) ? p : a), s.points[0] || [0, null]);
      return `${series.length > 1 ? `${s.name} ` : ""}${best[1] === null ? "–" : format(best[1])}`;
    });
    put(this.readout, h("b", null, exact(t * 1000)), " ", near.join(" · "));
    return true;
  }

  unpoint() {
    this.cursor.setAttribute("d", "");
    put(this.readout, "\u00a0");
    return false;
  }
}
