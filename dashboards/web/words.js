// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people say them. Times are shown in the reader's zone; `exact` has the date and the zone.

const FORMATS = {
  time: { hour: "2-digit", minute: "2-digit" },
  dayOfMonth: { day: "numeric", month: "short" },
  weekdayTime: { weekday: "short", hour: "2-digit", minute: "2-digit" },
  exact: { dateStyle: "medium", timeStyle: "long" },
};
const formatters = {};

// Making one takes a hundred times as long as using it.
function format(name, date) {
  formatters[name] ||= new Intl.DateTimeFormat([], FORMATS[name]);
  return formatters[name].format(date);
}

// A page's first formatter takes a browser 20 ms: for when there is something to wait for anyway.
export function prepareTimes() {
  format("time", 0);
}

const MINUTE = 60, HOUR = 3600, DAY = 86400;

export function seconds(at) {
  return at ? Date.parse(at) / 1000 : NaN;
}

// "12 s", "3 min", "2 h 10 min", "4 d 3 h"
export function span(s) {
  if (!(s >= 0)) s = 0;
  if (s < MINUTE) return `${Math.floor(s)} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  if (s < DAY) {
    const minutes = Math.floor((s % HOUR) / MINUTE);
    return `${Math.floor(s / HOUR)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  const hours = Math.floor((s % DAY) / HOUR);
  return `${Math.floor(s / DAY)} d${hours && s < 10 * DAY ? ` ${hours} h` : ""}`;
}

// Of the configuration, where half a second is a usual length.
export function setting(s) {
  if (s < 1) return milliseconds(s * 1000);
  return s < MINUTE ? `${Number(s.toFixed(2))} s` : span(s);
}

export function since(at, now) {
  return span(now - seconds(at));
}

export function clock(at, now) {
  const date = new Date(at);
  const isNear = Math.abs(now - date / 1000) < 20 * HOUR;
  return isNear ? format("time", date) : `${format("dayOfMonth", date)} ${format("time", date)}`;
}

export function exact(at) {
  return format("exact", new Date(at));
}

// A point of an axis or a cell that is so many seconds wide.
export function rough(second, width) {
  const date = new Date(second * 1000);
  if (width >= DAY) return format("dayOfMonth", date);
  return width >= HOUR ? format("weekdayTime", date) : format("time", date);
}

export function milliseconds(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toPrecision(3)} s`;
}

// Never rounded up to 100: a minute of outage in a month is to be seen.
export function percent(ratio) {
  if (ratio === null || ratio === undefined || Number.isNaN(ratio)) return "–";
  if (ratio >= 1) return "100 %";
  const digits = ratio >= 0.99 ? 2 : 1;
  return `${(Math.floor(ratio * 10 ** (digits + 2)) / 10 ** digits).toFixed(digits)} %`;
}

const STEPS = ["", "k", "M", "G", "T", "P"];

// A number with at most four digits: 1.5k, 12.3M
export function short(value) {
  if (!Number.isFinite(value)) return String(value);
  let size = Math.abs(value), step = 0;
  while (size >= 1000 && step < STEPS.length - 1) { size /= 1000; step++; }
  const text = size >= 100 || size === Math.floor(size) ? size.toFixed(0) : size.toPrecision(3);
  const shown = step ? text : size < 0.001 && size > 0 ? size.toExponential(1) : String(Number(text));
  return (value < 0 ? "−" : "") + shown + STEPS[step];
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (value >= 1024 && step < units.length - 1) { value /= 1024; step++; }
  return `${step && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

export function count(number, one, many) {
  return `${number} ${number === 1 ? one : many || `${one}s`}`;
}

export function list(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

// What the last runs found, when that is not confirmed yet; "" when nothing is turning.
export function turningWords(probe) {
  return probe.turning ? `not yet confirmed: ${probe.turning} in ${probe.streak} of ${probe.needed} runs` : "";
}

// Of a probe of which nothing is confirmed: unknown is only what healthd could not ask.
export function unconfirmedWords(hasRun, last, turning) {
  if (!hasRun) return "not asked yet";
  if (turning) return turning;
  return last === "unknown" ? "could not be asked" : "not yet confirmed";
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
