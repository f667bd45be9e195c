// SPDX-License-Identifier: Apache-2.0
// Containers: each as its probe found it, with what it uses of its limits.

import { get, query } from "./api.js";
import { h, link, probeRoute, wide } from "./dom.js";
import { gauge } from "./gauge.js";
import { healthIcon } from "./icons.js";
import { sortedItems } from "./items.js";
import { model } from "./model.js";
import { bytes, span } from "./words.js";

const FIGURES = {
  memory: 'container_memory_working_set_bytes{name!=""}', limit: 'container_spec_memory_limit_bytes{name!=""} > 0',
  cpu: 'sum by (name) (rate(container_cpu_usage_seconds_total{name!=""}[2m]))', started: 'time() - container_start_time_seconds{name!=""}',
};

async function figures() {
  const byName = new Map();
  await Promise.all(Object.entries(FIGURES).map(async ([column, expression]) => {
    for (const series of await query(expression).catch(() => [])) {
      const name = series.metric.name;
      if (!byName.has(name)) byName.set(name, {});
      byName.get(name)[column] = Number(series.value[1]);
    }
  }));
  return byName;
}

function row(item, found) {
  const f = found.get(item.key) || {};
  return h("tr", null,
    h("td", { class: "tight" }, healthIcon(item.health, ""), ` ${item.health}`), h("th", { scope: "row" }, item.key),
    h("td", null, item.detail || ""),
    h("td", { class: "number" }, Number.isFinite(f.cpu) ? `${(f.cpu * 100).toFixed(1)} %` : "–"),
    h("td", { class: "number" }, Number.isFinite(f.memory) ? bytes(f.memory) : "–"),
    h("td", { class: "number" }, f.limit && Number.isFinite(f.memory) ? [gauge(f.memory / f.limit), `${Math.round((f.memory / f.limit) * 100)} % of ${bytes(f.limit)}`] : "–"),
    h("td", { class: "number" }, Number.isFinite(f.started) ? span(f.started) : "–"));
}

export async function loadContainers() {
  const probes = [...model.probes.values()].filter((probe) => probe.type === "containers");
  if (!probes.length) return null;
  const found = await figures();
  const explained = await Promise.all(probes.map((probe) => get(`api/probes/${encodeURIComponent(probe.name)}`)));
  return explained.map((probe) => h("section", null, h("h2", null, "Containers ", link(probeRoute(probe.name), null, probe.name)),
    probe.last_run && probe.last_run.items.length ? wide(`Containers ${probe.name}`, h("table", { class: "list" },
      h("thead", null, h("tr", null, ["Health", "Container", "Why"].map((name) => h("th", { scope: "col" }, name)),
        ["Processor", "Memory", "Of its limit", "Running for"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", null, sortedItems(probe.last_run).map((item) => row(item, found)))))
      : h("p", { class: "quiet" }, (probe.last && probe.last.detail) || "None is known yet.")));
}
