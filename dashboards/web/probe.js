// SPDX-License-Identifier: Apache-2.0
// One probe: its verdict in words, its last runs, its latency and its past.

import { runNow, silence } from "./acts.js";
import { get, queryRange } from "./api.js";
import { bars, drawBars, WINDOWS } from "./bars.js";
import { certificate } from "./certificate.js";
import { Chart } from "./chart.js";
import { toldList } from "./delivery.js";
import { deployMarks } from "./deploys.js";
import { tell } from "./dialog.js";
import { h, link, probeRoute, put } from "./dom.js";
import { healthIcon } from "./icons.js";
import { itemTable } from "./items.js";
import { alertsOf, model, now, subscribe } from "./model.js";
import { RANGES, rangePicker } from "./range.js";
import { badSpans, changeTable, strip } from "./timeline.js";
import { mayAct } from "./token.js";
import { runs } from "./waterfall.js";
import { capital, clock, exact, milliseconds, percent, seconds, setting, since, turningWords, unconfirmedWords } from "./words.js";

const POINTS = 240;
const FRESH_MS = 2000; // between two looks at a probe that runs more often

const LIMIT = /^timing\.total\s*<=?\s*([\d.]+)(ms|s)$/;

// What `should` and `expect` allow a run to take, and the timeout.
function thresholds(explained) {
  const found = [];
  for (const kind of ["should", "expect"]) {
    for (const expression of explained[kind]) {
      const match = expression.trim().match(LIMIT);
      if (match) found.push({ value: Number(match[1]) * (match[2] === "s" ? 1000 : 1), label: `${kind} ${expression}`, kind: kind === "should" ? "degraded" : "down" });
    }
  }
  found.push({ value: explained.timing.timeout_seconds * 1000, label: "timeout", kind: "down" });
  return found;
}

function hourSeries(history, from) {
  const hours = history.hours.filter(([start]) => start + 3600 >= from);
  return [{ name: "slowest of the hour", points: hours.map((hour) => [hour[0] + 1800, hour[7]]) },
    { name: "mean", points: hours.map((hour) => [hour[0] + 1800, hour[6]]) }];
}

async function sampleSeries(name, from, to) {
  const step = Math.max(5, Math.ceil((to - from) / POINTS));
  const data = await queryRange(`probe_duration_seconds{probe=${JSON.stringify(name)}}`, from, to, step);
  return data.result.slice(0, 1).map((series) => ({ name: "duration", points: series.values.map(([t, v]) => [t, Number(v) * 1000]) }));
}

function verdict(explained) {
  const { health, last } = explained;
  const turning = turningWords(explained);
  if (health === "unknown") return capital(unconfirmedWords(last, last && last.health, turning));
  const words = { up: "It is up", degraded: "It answers, but not as it should", down: "It is down" }[health];
  return turning ? `${words}; ${turning}` : words;
}

export class ProbeView {
  constructor(name) {
    this.name = name;
    this.range = now() - seconds(model.overview.started) < 3600 ? "1h" : "6h";
    this.head = h("div", { class: "probe-head" });
    this.alerts = h("div");
    this.runs = h("div");
    this.chart = new Chart(`Latency of ${name}`);
    this.past = h("div");
    this.windows = h("div", { class: "windows" });
    this.facts = h("div");
    this.element = h("div", { class: "probe" }, this.head, this.alerts,
      h("section", null, h("div", { class: "section-head" }, h("h2", null, "Latency"), rangePicker(Object.keys(RANGES), this.range, (range) => this.setRange(range))),
        this.chart.element, this.past),
      h("section", null, h("h2", null, "Last runs"), this.runs),
      h("section", null, h("h2", null, "Availability"), this.windows), this.facts);
    put(this.head, h("h1", { tabindex: "-1" }, name));
    this.stop = subscribe((change) => this.onChange(change));
    this.load();
  }

  close() {
    this.isClosed = true;
    this.stop();
    this.chart.close();
    clearTimeout(this.timer);
  }

  async load() {
    const path = `api/probes/${encodeURIComponent(this.name)}`;
    try {
      const [explained, history, marks] = await Promise.all([get(path), get(`${path}/history?days=90`), deployMarks()]);
      if (this.isClosed) return;
      Object.assign(this, { explained, history, marks });
      this.drawHead();
      this.drawRuns();
      this.drawPast();
      this.drawFacts();
      await this.drawLatency();
    } catch (error) {
      if (this.isClosed) return;
      if (error.status === 404) put(this.element, h("h1", { tabindex: "-1" }, `There is no probe ${this.name}`), h("p", null, link("#/", null, "Overview")));
      else put(this.alerts, h("p", { class: "alarm" }, error.message));
    }
  }

  // Runs come often; what is read again is kept to one look every two seconds.
  onChange(change) {
    if (change.me && this.explained) this.drawHead();
    if (change.alerts && this.explained) this.drawAlerts();
    const isMine = change.probes === null || change.probes.has(this.name);
    if (!isMine || this.timer || !this.explained) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.load();
    }, FRESH_MS);
  }

  setRange(range) {
    this.range = range;
    if (!this.history) return;
    this.drawPast();
    this.drawLatency().catch((error) => tell(error.message));
  }

  drawHead() {
    const p = this.explained, last = p.last;
    const shown = model.probes.get(this.name);
    const from = (shown && shown.since) || p.since;
    const hasFocus = this.head.contains(document.activeElement) && document.activeElement.tagName;
    const run = mayAct() ? h("button", { type: "button", "data-key": "r", onclick: (event) => this.run(event.currentTarget) }, "Run now") : null;
    const quiet = mayAct() ? h("button", { type: "button", "data-key": "s", onclick: () => silence(this.name) }, "Silence") : null;
    put(this.head,
      h("div", { class: `headline is-${p.health}` }, healthIcon(p.health, ""),
        h("div", { class: "grow" },
          h("h1", { tabindex: "-1" }, this.name, h("span", { class: "type" }, ` ${p.type}`)),
          h("p", { class: "verdict" }, h("b", null, verdict(p)), from ? h("span", { class: "quiet", title: exact(from) }, ` for ${since(from, now())}, since ${clock(from, now())}`) : null),
          last && last.detail ? h("p", { class: "detail" }, last.detail) : null,
          h("p", { class: "quiet" }, last ? `Last run ${clock(last.started, now())}, took ${milliseconds(last.duration_seconds * 1000)}. ` : "",
            `Asked every ${setting(p.timing.interval_seconds)}; ${p.timing.fall} bad runs in a row make it down, ${p.timing.rise} good ones up.`)),
        h("div", { class: "buttons" }, run, quiet)));
    if (hasFocus) this.head.querySelector(hasFocus === "BUTTON" ? "button" : "h1")?.focus({ preventScroll: true });
    this.drawAlerts();
  }

  drawAlerts() {
    put(this.alerts, alertsOf(this.name).map((alert) => h("div", { class: "told-of" },
      h("h2", null, link("#/alerts", null, alert.alertname), h("span", { class: "quiet" }, ` fires for ${since(alert.since, now())}`)), toldList(alert, now()))));
  }

  async run(button) {
    button.disabled = true;
    try {
      const explained = await runNow(this.name);
      if (explained) {
        tell(`It ran: ${explained.last_run.health}${explained.last_run.detail ? `, ${explained.last_run.detail}` : ""}.`);
        await this.load();
      }
    } catch (error) {
      tell(error.message);
    }
    button.disabled = false;
  }

  drawRuns() {
    const open = [...this.runs.querySelectorAll("details")].map((d) => d.open);
    put(this.runs, runs(this.explained, now()));
    [...this.runs.querySelectorAll("details")].forEach((d, i) => { d.open = Boolean(open[i]); });
  }

  async drawLatency() {
    const length = RANGES[this.range][0], to = now(), from = to - length;
    const series = length <= RANGES["6h"][0] ? await sampleSeries(this.name, from, to) : hourSeries(this.history, from);
    if (this.isClosed) return;
    this.chart.set({ series, from, to, thresholds: thresholds(this.explained), marks: this.marks, spans: badSpans(this.history, from, to), format: milliseconds });
  }

  drawPast() {
    const to = now(), from = to - RANGES[this.range][0];
    put(this.past, strip(this.history, from, to), changeTable(this.history, from, to));
    put(this.windows, Object.entries(WINDOWS).map(([key, window]) => {
      const strip = bars(), data = this.history.windows[key];
      drawBars(strip, key, data, to);
      return h("div", { class: "window" }, h("span", { class: "quiet" }, window.words), strip, h("b", null, percent(data.ratio)));
    }));
  }

  drawFacts() {
    const p = this.explained;
    const needs = p.depends_on.map((name) => link(probeRoute(name), null, name));
    const conditions = [...p.expect.map((text) => ["expect", text]), ...p.should.map((text) => ["should", text])];
    const rows = [...Object.entries(p.labels), ["severity", p.severity], ["timeout", setting(p.timing.timeout_seconds)],
      ...conditions].map(([name, value]) => [h("dt", null, name), h("dd", { class: "mono" }, value)]);
    put(this.facts, itemTable(p.last_run),
      h("section", null, h("h2", null, "About it"), h("dl", { class: "facts" }, rows,
        needs.length ? [h("dt", null, "depends on"), h("dd", null, needs.map((a, i) => [i ? ", " : "", a]))] : null), this.certificateBox ||= h("div")));
    certificate(this.name).then((found) => put(this.certificateBox, found)).catch(() => put(this.certificateBox));
  }
}

