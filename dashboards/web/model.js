// SPDX-License-Identifier: Apache-2.0
// What is known right now: the overview as it was read, kept up by the stream. Views subscribe; nothing here draws.

import { get } from "./api.js";
import { seconds } from "./words.js";

const LAST_MINUTES = 60;

export const model = {
  overview: null, // everything but probes
  probes: new Map(), // by name, in order of the configuration
  alerts: [],
  firingOf: new Map(), // those of a probe that fire, by its name
  me: null,
  connection: "connecting", // live, polling, offline
  trouble: "", // why it is not live
  skew: 0, // seconds that healthd's clock is ahead of ours
};

const listeners = new Set();

// fn({probes: Set of names or null for all, alerts: bool, connection: bool}); returns how to stop.
export function subscribe(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function tell(change) {
  for (const fn of [...listeners]) fn(change);
}

export function now() {
  return Date.now() / 1000 + model.skew;
}

function takeAlerts(alerts) {
  model.alerts = alerts;
  model.firingOf = new Map();
  for (const alert of firing()) {
    const name = alert.labels.probe || "";
    model.firingOf.set(name, [...alertsOf(name), alert]);
  }
}

// Seconds since the overview was read.
export function age() {
  return now() - seconds(model.overview.now);
}

export async function refresh() {
  const overview = await get("api/overview");
  const { probes, alerts, ...rest } = overview;
  model.overview = rest;
  model.skew = seconds(rest.now) - Date.now() / 1000;
  model.probes = new Map(probes.map((probe) => [probe.name, probe]));
  takeAlerts(alerts);
  tell({ probes: null, alerts: true, connection: true });
}

export async function refreshMe() {
  model.me = await get("api/me");
  tell({ probes: new Set(), me: true });
  return model.me;
}

export function setConnection(connection, trouble = "") {
  if (model.connection === connection && model.trouble === trouble) return;
  model.connection = connection;
  model.trouble = trouble;
  tell({ probes: new Set(), connection: true });
}

export function setAlerts(alerts) {
  takeAlerts(alerts);
  tell({ probes: new Set(), alerts: true });
}

const LETTERS = { up: "u", degraded: "d", down: "x", unknown: "-" };
const RANK = "-udx";

// The last hour's minutes move on, and the newest takes this run.
function moveSpark(probe, brief) {
  const minute = Math.floor(seconds(brief.at) / 60);
  const [values, letters] = probe.spark;
  const before = probe.minute || Math.floor(seconds(model.overview.now) / 60);
  const gone = Math.min(LAST_MINUTES, Math.max(0, minute - before));
  const moved = values.slice(gone).concat(Array(gone).fill(null));
  let worst = letters.slice(gone) + "-".repeat(gone);
  const letter = LETTERS[brief.last] || "-";
  if (letter !== "-") {
    const place = LAST_MINUTES - 1;
    moved[place] = Math.max(moved[place] || 0, brief.ms);
    if (RANK.indexOf(letter) > RANK.indexOf(worst[place])) worst = worst.slice(0, place) + letter;
  }
  probe.minute = Math.max(before, minute);
  probe.spark = [moved, worst];
}

const CHANGING = ["since", "unknown_since", "turning", "streak", "needed", "last", "ms", "at", "reason", "detail", "items"];

// Runs that were published; true when the overview is out of date: a probe is unknown here, or had not run when it was read,
// and the bars of its past come with its first run.
export function takeProbes(briefs) {
  const names = new Set();
  const turned = [];
  let isOutdated = false;
  for (const brief of briefs) {
    const probe = model.probes.get(brief.name);
    isOutdated ||= !probe || Boolean(!probe.at && brief.at);
    if (!probe) continue;
    if (probe.health !== brief.health) turned.push(brief);
    for (const field of CHANGING) delete probe[field];
    Object.assign(probe, brief);
    if (brief.at) moveSpark(probe, brief);
    names.add(brief.name);
  }
  tell({ probes: names, turned });
  return isOutdated;
}

// ---- what views ask ----

const WORST = { down: 3, degraded: 2, unknown: 1, up: 0 };

export function rank(probe) {
  return WORST[probe.health];
}

export function firing() {
  return model.alerts.filter((alert) => alert.state === "firing");
}

export function alertsOf(name) {
  return model.firingOf.get(name) || [];
}

// What is known to people already, or follows from something else: all that fires of it is held.
export function isHeld(probe) {
  const alerts = alertsOf(probe.name);
  return alerts.length > 0 && alerts.every((alert) => alert.held);
}

// Nobody will ever hear of it.
export function isUnheard(alert) {
  return alert.state === "firing" && alert.told.length === 0;
}
