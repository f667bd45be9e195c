// SPDX-License-Identifier: Apache-2.0
// Starts the page, and shows the view that the address names.

import { AlertsView } from "./alerts.js";
import { ApiError } from "./api.js";
import { byId, h, put } from "./dom.js";
import { FlowsView } from "./flows.js";
import { makeHeader, markPlace } from "./header.js";
import { listenToKeys } from "./keys.js";
import { MachineView } from "./machine.js";
import { model, refresh, refreshMe, subscribe } from "./model.js";
import { Overview } from "./overview.js";
import { ProbeView } from "./probe.js";
import { QueryView } from "./query.js";
import { keepUp } from "./stream.js";
import { prepareTimes } from "./words.js";
import { askEntry } from "./token.js";

const VIEWS = [
  [/^#\/$/, () => new Overview()],
  [/^#\/probe\/(.+)$/, (name) => new ProbeView(name)],
  [/^#\/alerts$/, () => new AlertsView()],
  [/^#\/flows$/, () => new FlowsView()],
  [/^#\/machine$/, () => new MachineView()],
  [/^#\/query(?:\?q=(.*))?$/, (text) => new QueryView(text)],
];

let view = null;

function nowhere() {
  return { element: h("div", null, h("h1", { tabindex: "-1" }, "There is no such page"),
    h("p", null, h("a", { href: "#/" }, "Overview"))) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that somebody typed
  }
}

function make(route) {
  for (const [pattern, create] of VIEWS) {
    const match = route.match(pattern);
    if (match) return create(...match.slice(1).map((part) => part && decode(part)));
  }
  return nowhere();
}

function show() {
  const route = location.hash || "#/";
  const isFirst = !view;
  if (view && view.close) view.close();
  view = make(route);
  put(byId("main"), view.element);
  markPlace(route.split("?")[0]);
  if (isFirst) return;
  scrollTo(0, 0);
  const title = byId("main").querySelector("h1");
  (title || byId("main")).focus({ preventScroll: true });
}

// Spoken by screen readers: what turned, in a sentence.
function say(change) {
  if (!change.turned || !change.turned.length) return;
  put(byId("said"), change.turned.slice(0, 5).map((probe) => `${probe.name} is ${probe.health}. `));
}

function skip(event) {
  event.preventDefault();
  byId("main").focus();
}

async function begin() {
  for (;;) {
    try {
      await refresh();
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) {
        await askEntry();
        continue;
      }
      put(byId("main"), h("div", { class: "alone" }, h("h1", null, "healthd does not answer"), h("p", null, error.message),
        h("p", { class: "quiet" }, "It is asked again every few seconds.")));
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

async function start() {
  byId("skip").addEventListener("click", skip);
  const begun = begin(); // the request goes out first
  makeHeader();
  prepareTimes();
  await begun;
  show();
  addEventListener("hashchange", show);
  subscribe(say);
  listenToKeys();
  document.body.dataset.ready = "true";
  performance.mark("ready");
  refreshMe().catch(() => { model.me = null; });
  keepUp(askEntry);
}

start();
