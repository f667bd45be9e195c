// SPDX-License-Identifier: Apache-2.0
// Containers: each as its probe found it, with what it uses of its limits.

import { get, query } from "./api.js";
import { h, link, probeRoute } from "./dom.js";
import { gauge } from "./gauge.js";
import { healthIcon } from "./icons.js";
import { sortedItems } from "./items.js";
import { model } from "./model.js";
import { table } from "./table.js";
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

const COLUMNS = [["Health", "tight"], ["Container"], ["Why", "long"], ["Processor", "number"], ["Memory", "number"], ["Of its limit", "number"], ["Running for", "number"]];

function row(item, found) {
  const f = found.get(item.key) || {};
  return [[healthIcon(item.health, ""), ` ${item.health}`], item.key, item.detail,
    Number.isFinite(f.cpu) ? `${(f.cpu * 100).toFixed(1)} %` : "–",
    Number.isFinite(f.memory) ? bytes(f.memory) : "–",
    f.limit && Number.isFinite(f.memory) ? [gauge(f.memory / f.limit), `${Math.round((f.memory / f.limit) * 100)} % of ${bytes(f.limit)}`] : "–",
    Number.isFinite(f.started) ? span(f.started) : "–"];
}

export async function loadContainers() {
  const probes = [...model.probes.values()].filter((probe) => probe.type === "containers");
  if (!probes.length) return null;
  const found = await figures();
  const explained = await Promise.all(probes.map((probe) => get(`api/probes/${encodeURIComponent(probe.name)}`)));
  return explained.map((probe) => h("section", null, h("h2", null, "Containers ", link(probeRoute(probe.name), null, probe.name)),
    probe.last_run && probe.last_run.items.length
      ? table(`Containers ${probe.name}`, COLUMNS, sortedItems(probe.last_run).map((item) => row(item, found)), 1)
      : h("p", { class: "quiet" }, (probe.last && probe.last.detail) || "None is known yet.")));
}
