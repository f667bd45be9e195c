// SPDX-License-Identifier: Apache-2.0
// The machine and its containers, from healthd's own metrics; figures are of the last two minutes.

import { query } from "./api.js";
import { loadContainers } from "./containers.js";
import { h, put } from "./dom.js";
import { gauge } from "./gauge.js";
import { table } from "./table.js";
import { bytes, short, span } from "./words.js";

const AGAIN_MS = 10000;
const SPAN = "2m";
const INTERFACES_MAX = 12;

const EXPRESSIONS = {
  cpu: `1 - avg(rate(node_cpu_seconds_total{mode="idle"}[${SPAN}]))`,
  cores: 'count(count by (cpu) (node_cpu_seconds_total))',
  load: "node_load1", total: "node_memory_MemTotal_bytes", available: "node_memory_MemAvailable_bytes",
  swap: "node_memory_SwapTotal_bytes - node_memory_SwapFree_bytes", uptime: "time() - node_boot_time_seconds",
  pressure: ["cpu", "io", "memory"].map((what) => `label_replace(rate(node_pressure_${what}_waiting_seconds_total[${SPAN}]), "of", "${what}", "", "")`).join(" or "),
};
const TABLES = {
  size: "node_filesystem_size_bytes", avail: "node_filesystem_avail_bytes", files: "node_filesystem_files", filesFree: "node_filesystem_files_free",
  received: `rate(node_network_receive_bytes_total[${SPAN}])`, sent: `rate(node_network_transmit_bytes_total[${SPAN}])`,
  read: `rate(node_disk_read_bytes_total[${SPAN}])`, written: `rate(node_disk_written_bytes_total[${SPAN}])`, busy: `rate(node_disk_io_time_seconds_total[${SPAN}])`,
};

// All at once; what cannot be asked is empty.
async function askAll(expressions) {
  const entries = await Promise.all(Object.entries(expressions).map(async ([name, expression]) => [name, await query(expression).catch(() => [])]));
  return Object.fromEntries(entries);
}

function single(result) {
  return result.length ? Math.max(...result.map((series) => Number(series.value[1]))) : NaN;
}

function by(label, results) {
  const rows = new Map();
  for (const [column, result] of Object.entries(results)) {
    for (const series of result) {
      const key = series.metric[label];
      if (!rows.has(key)) rows.set(key, {});
      rows.get(key)[column] = Number(series.value[1]);
    }
  }
  return [...rows].sort((a, b) => a[0].localeCompare(b[0]));
}

function tile(name, value, note, share) {
  return h("div", { class: "tile" }, h("dt", { class: "quiet" }, name), h("dd", null, h("b", null, value), note ? h("span", { class: "quiet" }, ` ${note}`) : null,
    Number.isFinite(share) ? gauge(share) : null));
}

function share(value) {
  return Number.isFinite(value) ? `${Math.round(value * 100)} %` : "–";
}

function tiles(f) {
  const total = single(f.total), used = total - single(f.available), cpu = single(f.cpu), pressure = single(f.pressure), swap = single(f.swap);
  return h("dl", { class: "tiles" },
    tile("Processor", share(cpu), `of ${single(f.cores) || "?"} cores`, cpu),
    tile("Load", short(single(f.load)), "over one minute"),
    tile("Memory", bytes(used), `of ${bytes(total)}`, used / total),
    Number.isFinite(swap) && swap > 0 ? tile("Swap", bytes(swap), "in use") : null,
    Number.isFinite(pressure) ? tile("Waiting", share(pressure), "of the time, for processor, disk or memory", pressure) : null,
    tile("Running for", span(single(f.uptime))));
}

function section(title, [first, ...others], rows) {
  if (!rows.length) return null;
  return h("section", null, h("h2", null, title), table(title, [[first, "mono"], ...others.map((name) => [name, "number"])], rows, 0));
}

function disks(t) {
  return by("mountpoint", { size: t.size, avail: t.avail, files: t.files, filesFree: t.filesFree }).filter(([, r]) => r.size > 0).map(([mount, r]) => {
    const used = 1 - r.avail / r.size;
    return [mount, [gauge(used), ` ${share(used)}`], bytes(r.avail), bytes(r.size), r.files > 0 ? share(1 - r.filesFree / r.files) : "–"];
  });
}

// The busiest first: a machine with containers has an interface for each.
function interfaces(t) {
  const traffic = ([, r]) => (r.received || 0) + (r.sent || 0);
  const all = by("device", { received: t.received, sent: t.sent }).sort((a, b) => traffic(b) - traffic(a));
  return all.slice(0, INTERFACES_MAX).map(([name, r]) => [name, `${bytes(r.received || 0)}/s`, `${bytes(r.sent || 0)}/s`]);
}

function devices(t) {
  return by("device", { read: t.read, written: t.written, busy: t.busy }).map(([name, r]) => [name, `${bytes(r.read || 0)}/s`, `${bytes(r.written || 0)}/s`, share(r.busy)]);
}

export class MachineView {
  constructor() {
    this.host = h("div", null, h("p", { class: "quiet" }, "Asking …"));
    this.containers = h("div");
    this.element = h("div", { class: "stack" }, h("h1", { tabindex: "-1" }, "Machine"), this.host, this.containers);
    this.load();
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }

  close() {
    clearInterval(this.timer);
  }

  async load() {
    const [figures, tables, containers] = await Promise.all([askAll(EXPRESSIONS), askAll(TABLES), loadContainers().catch((error) => h("p", { class: "alarm" }, error.message))]);
    if (!figures.total.length) {
      put(this.host, h("p", { class: "quiet" }, "No probe of type ", h("code", null, "host"), " has run: there are no figures of the machine."));
    } else {
      put(this.host, tiles(figures),
        section("Disks", ["Mounted at", "Used", "Free", "Size", "Inodes"], disks(tables)),
        section("Devices", ["Device", "Read", "Written", "Busy"], devices(tables)),
        section("Network, the busiest interfaces", ["Interface", "Received", "Sent"], interfaces(tables)));
    }
    put(this.containers, containers);
  }
}
