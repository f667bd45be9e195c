// SPDX-License-Identifier: Apache-2.0
// Asking healthd. The token that allows acting lives in sessionStorage: it ends with the tab, and is sent to nobody else.

const TOKEN = "healthd-token";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function token() {
  try {
    return sessionStorage.getItem(TOKEN) || "";
  } catch {
    return ""; // storage is switched off: the token is asked for each time
  }
}

export function keepToken(value) {
  try {
    if (value) sessionStorage.setItem(TOKEN, value);
    else sessionStorage.removeItem(TOKEN);
  } catch {
    // as above
  }
}

export function headers(extra) {
  const all = { Accept: "application/json", ...extra };
  if (token()) all.Authorization = `Bearer ${token()}`;
  return all;
}

async function read(answer) {
  const text = await answer.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    body = null;
  }
  if (answer.ok) return body;
  throw new ApiError(answer.status, (body && body.error) || text.trim() || `HTTP ${answer.status}`);
}

async function ask(method, path, body) {
  const options = { method, headers: headers(body ? { "Content-Type": "application/json" } : {}), cache: "no-store" };
  if (body) options.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError(0, "healthd does not answer. Is it running, and is the network up?");
  }
  return read(answer);
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body || {});
export const remove = (path) => ask("DELETE", path);

// Prometheus' query API: the result, or an error in its words.
export async function query(expression, time) {
  const at = time ? `&time=${time}` : "";
  return (await get(`api/v1/query?query=${encodeURIComponent(expression)}${at}`)).data.result;
}

// The grid ends now, so that the last value is the newest.
export async function queryRange(expression, from, end, step) {
  const start = end - Math.floor((end - from) / step) * step;
  const span = `start=${start}&end=${end}&step=${step}`;
  return (await get(`api/v1/query_range?query=${encodeURIComponent(expression)}&${span}`)).data;
}
